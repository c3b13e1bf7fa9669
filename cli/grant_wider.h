/* grant_wider.h - what a grant allows that the one which it replaces did not: who repeats a grant
 * with one more limit may have left out another. */
#ifndef SYM_CLI_GRANT_WIDER_H
#define SYM_CLI_GRANT_WIDER_H

#include "proto/grant.h"

/* "any purpose (was aml,cft), 100 a day (was 3)"; empty: nothing is wider. Cut off where it does
 * not fit, which the longest does not come to. */
#define SYM_GRANT_WIDER_BYTES 2048u
void sym_grant_wider_text(char out[SYM_GRANT_WIDER_BYTES], const struct sym_grant *now,
                          const struct sym_grant *before);

#endif
