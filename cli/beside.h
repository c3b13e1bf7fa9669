/* beside.h - becomes another program of this installation: one that lies beside this one, or in a
 * directory of PATH. Errors: SYM_NOT_FOUND, SYM_IO. */
#ifndef SYM_CLI_BESIDE_H
#define SYM_CLI_BESIDE_H

#include "crypto/bytes.h"

/* Replaces this process; returns only when that fails. program: a name without a directory. */
SYM_MUST enum sym_err sym_beside_exec(const char *program, char *const argv[],
                                      struct sym_fault *fault);

#endif
