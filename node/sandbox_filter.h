/* sandbox_filter.h - the seccomp allow-list of the sandbox: which system calls gate and core may
 * make, with which arguments. For sandbox.c, which says when; sandbox_calls.c has the tables and is
 * the only user of libseccomp.
 */
#ifndef SYM_NODE_SANDBOX_FILTER_H
#define SYM_NODE_SANDBOX_FILTER_H

#include "node/sandbox.h"

/* From now on every thread of this process makes the calls of its role and no others; there is no
 * way back. SYM_NO_MEMORY; SYM_UNSUPPORTED: the kernel or the container takes no filters. */
SYM_MUST enum sym_err sym_sandbox_filter(enum sym_sandbox_role role, struct sym_fault *fault);

#endif
