/* result.h - the result of an exchange: fetched from the node whole, then written. That of a joint
 * tabulation is a release (tabulate/show.h).
 *
 * Record ids are exact in CSV and JSON; the table shows them as text from elsewhere is shown.
 * Errors: those of client.h and file.h, SYM_NOT_FOUND (there is no result), SYM_BAD_FORMAT. The
 * fault is a complete line.
 */
#ifndef SYM_CLI_RESULT_H
#define SYM_CLI_RESULT_H

#include "cli/client.h"
#include "cli/target.h"

/* Fetches the result of this exchange and writes it. */
SYM_MUST enum sym_err sym_result_show(const struct sym_target *target, struct sym_client *client,
                                      struct sym_span id, struct sym_fault *fault);

#endif
