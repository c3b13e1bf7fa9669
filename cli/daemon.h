/* daemon.h - runs symbolond in place of this program, for what only the holder of the node's keys
 * can do. Errors: SYM_NOT_FOUND, SYM_IO, SYM_TOO_LONG. */
#ifndef SYM_CLI_DAEMON_H
#define SYM_CLI_DAEMON_H

#include "crypto/bytes.h"

#define SYM_DAEMON_ARGS_MAX 32u

/* The command line of symbolond, which speaks as symbolon then; values are borrowed. */
struct sym_daemon {
    const char *args[SYM_DAEMON_ARGS_MAX + 1];
    size_t n;
};

/* Empty: arguments are added to it. */
struct sym_daemon sym_daemon(void);
void sym_daemon_flag(struct sym_daemon *d, const char *flag);
/* A flag with its value; nothing when value is NULL. */
void sym_daemon_option(struct sym_daemon *d, const char *flag, const char *value);

/* Replaces this process; returns only when that fails. symbolond is looked for beside this program,
 * then in PATH. */
SYM_MUST enum sym_err sym_daemon_exec(const struct sym_daemon *d, struct sym_fault *fault);

#endif
