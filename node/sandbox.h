/* sandbox.h - what the two processes of a node give up before they meet a peer.
 *
 * gate (network, no files) and core (files, no network) each call prepare early, with one thread
 * and nothing secret in memory, and enter when their libraries are initialised, before the first
 * byte of a peer. From then on the process is held by up to four walls, none of which it can
 * take down again:
 *   1. a seccomp allow-list (both): calls that are not listed fail with EPERM;
 *   2. no capability, no new privileges, not dumpable, no core file (both);
 *   3. core: an own, empty network namespace; gate: a root directory that is the run directory;
 *   4. Landlock (both): core reaches the data and run directories and its own /proc entry, gate
 *      no file at all; neither binds a TCP port, core connects none, no signal leaves.
 * Walls 1 and 2 hold or the call fails. Walls 3 and 4 depend on what kernel and container allow;
 * struct sym_sandbox_state says what was granted, and their absence is not an error.
 *
 * What the caller must know:
 *   - Threads are started after enter: it refuses to run with more than one, because
 *     capabilities and Landlock belong to a thread, not to a process.
 *   - Core neither inherits nor opens a network socket: enter looks at every descriptor.
 *   - Gate cannot bind or listen after enter, nor bind a port below 1024 after prepare: the
 *     supervisor or gate opens listeners before.
 *   - Core binds every nanomsg socket, and cannot connect: a stale socket file is unlinked by the
 *     caller before nn_bind, whose own check for one needs connect(2).
 *   - Gate's working directory is the run directory, and in most cases also its root: it
 *     addresses core as "ipc://NAME".
 *   - Nothing can be loaded any more: no dlopen, so no pthread_exit or pthread_cancel
 *     (glibc loads libgcc_s for them), no name service, no time zone file.
 *   - As root both lose the power to read files of other owners: the data directory must belong
 *     to the user who starts the node. Limits (RLIMIT_NOFILE, RLIMIT_MEMLOCK) are raised before
 *     prepare.
 *   - In a user namespace files and peers of other users show up as user 65534.
 *
 * The test-only macro SYM_SANDBOX_OPEN (sanitizers, valgrind, coverage) leaves out seccomp,
 * Landlock and the own root; the state says so. A release is built without it.
 *
 * Nothing is allocated for the caller. Errors: SYM_DENIED, SYM_UNSUPPORTED, SYM_WRONG_STATE,
 * SYM_NOT_FOUND, SYM_NO_MEMORY, each with its text in *fault (which may be NULL).
 */
#ifndef SYM_NODE_SANDBOX_H
#define SYM_NODE_SANDBOX_H

#include "crypto/result.h"

#include <stdbool.h>

enum sym_sandbox_role { SYM_SANDBOX_GATE, SYM_SANDBOX_CORE };

/* What holds. Read back from the kernel where it can be asked, for `symbolon status`. */
struct sym_sandbox_state {
    bool seccomp;         /* the allow-list is installed on every thread */
    bool no_new_privs;    /* no exec can gain rights */
    bool not_dumpable;    /* no core dump, no ptrace or /proc/PID/mem by the same user */
    bool no_core;         /* RLIMIT_CORE is 0 and cannot be raised */
    bool no_capabilities; /* permitted, effective and inheritable sets are empty */
    bool own_network;     /* core: an empty network namespace; always false for gate */
    bool own_root;        /* gate: / is the run directory; always false for core */
    bool landlock;        /* files, TCP ports and signals are restricted, as far as landlock_abi */
    int landlock_abi;     /* version offered by the kernel; 0: none. TCP needs 4, signals 6 */
};

/* Early, with one thread, before secrets are read. Sets *state. Resets nothing on failure: the
 * process should exit. SYM_DENIED or SYM_UNSUPPORTED when wall 2 cannot be built. */
SYM_MUST enum sym_err sym_sandbox_prepare(struct sym_sandbox_state *state,
                                          enum sym_sandbox_role role, struct sym_fault *fault);

/* Last, with one thread, after sym_sandbox_prepare with the same state and role. data_dir
 * is used for core only and may be NULL for gate; both must exist. Updates *state.
 * SYM_WRONG_STATE: not prepared, a second thread runs, or core holds a network socket.
 * SYM_NOT_FOUND: a directory cannot be opened. SYM_UNSUPPORTED: the kernel has no seccomp filters.
 * After a failure the process must exit: some walls may stand already. */
SYM_MUST enum sym_err sym_sandbox_enter(struct sym_sandbox_state *state, enum sym_sandbox_role role,
                                        const char *data_dir, const char *run_dir,
                                        struct sym_fault *fault);

#endif
