/* rundir.h - the run directory: a short path for the sockets of one running node.
 *
 * A path of a socket holds 108 bytes and a node's directory may lie deep, so the sockets lie in a
 * new directory of mode 0700 below $RUNTIME_DIRECTORY (systemd), $XDG_RUNTIME_DIR or /tmp, the
 * first that will do (last $XDG_RUNTIME_DIR of a login, which ends before the node does); DIR/run
 * is a link to it. It goes at a clean end; after a crash the next start removes it, unless it is
 * locked: then it is in use, by the node that this directory is a copy of. The caller holds the
 * lock of the node's directory.
 * Errors: those of disk.h, with the line in fault.
 */
#ifndef SYM_NODE_SUPERVISOR_RUNDIR_H
#define SYM_NODE_SUPERVISOR_RUNDIR_H

#include "node/supervisor/directory.h"

/* Leaves room for "/link-18446744073709551615" in the 108 bytes of a socket's address, terminators
 * included. */
#define SYM_RUNDIR_BYTES 82u

struct sym_rundir {
    int lock;                    /* held on the directory while the node runs */
    char path[SYM_RUNDIR_BYTES]; /* empty: none */
};

/* Makes the directory, and the link to it; removes what a node that ended badly has left. */
SYM_MUST enum sym_err sym_rundir_new(struct sym_rundir *r, const struct sym_directory *d,
                                     struct sym_fault *fault);
/* False when somebody has removed the directory, or this socket in it. */
bool sym_rundir_is_there(const struct sym_rundir *r, const char *socket);
/* Removes it with the sockets in it, and the link. What is no socket is left alone, and then the
 * directory, too. An empty one is fine. */
void sym_rundir_remove(struct sym_rundir *r, const struct sym_directory *d);

#endif
