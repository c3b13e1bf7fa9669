/* child.h - one of the two processes that a supervisor runs: started before any key is read, held
 * by a leash, reaped when it ends.
 *
 * A child dies with its supervisor, whatever happens to that. Errors: SYM_LIMIT, SYM_NO_MEMORY,
 * SYM_IO, with the line in fault.
 */
#ifndef SYM_NODE_SUPERVISOR_CHILD_H
#define SYM_NODE_SUPERVISOR_CHILD_H

#include "crypto/result.h"

#include <stdbool.h>
#include <sys/types.h>

#define SYM_CHILD_END_BYTES 48u

struct sym_child {
    const char *name; /* "core" */
    pid_t pid;        /* 0: not running */
    int leash;        /* -1: closed */
};
#define SYM_CHILD_NONE                                                                             \
    {                                                                                              \
        .leash = -1                                                                                \
    }

/* Runs in the child; returns its exit code. */
typedef int sym_child_fn(int leash, const void *context);

/* Forks, with one thread and nothing secret in memory. The child keeps standard error (also as its
 * standard output), its leash and the descriptor keep (-1: none), and ignores what a terminal or a
 * service manager sends to all: only the supervisor tells it to stop. */
SYM_MUST enum sym_err sym_child_start(struct sym_child *c, const char *name, int keep,
                                      sym_child_fn *fn, const void *context,
                                      struct sym_fault *fault);

/* Has it ended? Then its leash is closed, and how says "exit code 1" or "signal KILL". */
bool sym_child_reap(struct sym_child *c, char how[SYM_CHILD_END_BYTES], bool *cleanly);
/* One that does not run is fine. */
void sym_child_kill(const struct sym_child *c);

#endif
