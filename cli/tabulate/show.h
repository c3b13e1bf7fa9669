/* show.h - fetches counts per cell and writes them where the options say: a release that the node
 * holds, or a preview of what it would contribute.
 *
 * Errors: those of view.h, population.h and target.h; the fault is a complete line.
 */
#ifndef SYM_CLI_TABULATE_SHOW_H
#define SYM_CLI_TABULATE_SHOW_H

#include "cli/client.h"
#include "cli/target.h"

/* The release of this exchange, asked for here or elsewhere; again: it answered an earlier one, and
 * this one has spent nothing. */
SYM_MUST enum sym_err sym_release_show(const struct sym_target *target, bool again,
                                       struct sym_client *client, struct sym_span exchange,
                                       struct sym_fault *fault);
SYM_MUST enum sym_err sym_preview_show(const struct sym_target *target, struct sym_client *client,
                                       const struct sym_tabulate_start *start,
                                       struct sym_fault *fault);

#endif
