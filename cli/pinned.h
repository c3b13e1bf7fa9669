/* pinned.h - is there a peer of this name? For commands that would otherwise ask a person about
 * nobody, or find nothing and say so. */
#ifndef SYM_CLI_PINNED_H
#define SYM_CLI_PINNED_H

#include "cli/client.h"

/* SYM_NOT_FOUND: none that is pinned has this alias. */
SYM_MUST enum sym_err sym_pinned_check(struct sym_client *client, const char *alias,
                                       struct sym_fault *fault);

#endif
