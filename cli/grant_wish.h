/* grant_wish.h - the words of `symbolon grant` as a grant: its operands, its limits, and what does
 * not go together. Errors: SYM_BAD_VALUE and those of options.h; the fault names the option.
 */
#ifndef SYM_CLI_GRANT_WISH_H
#define SYM_CLI_GRANT_WISH_H

#include "cli/options.h"
#include "proto/grant.h"

/* The three operands ALIAS DATASET KIND, which name a grant; borrowed from args. */
SYM_MUST enum sym_err sym_grant_names_read(struct sym_span *alias, struct sym_span *dataset,
                                           uint32_t *kind, const struct sym_args *args,
                                           struct sym_fault *fault);
/* Those and all options; *g is zeroed. Days are counted from now on. */
SYM_MUST enum sym_err sym_grant_wish_read(struct sym_grant *g, const struct sym_args *args,
                                          struct sym_fault *fault);
/* With vole the shortest list that may come counts as too long. */
bool sym_grant_shuts_out_vole(const struct sym_grant *g);

#endif
