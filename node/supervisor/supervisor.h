/* supervisor.h - runs a node: starts core and gate, hands out the keys, resolves names, and stops
 * the one when the other ends.
 *
 *     directory checks, lock, run directory
 *     fork core and gate                     before any key is read: gate never has one in memory
 *     open node.keys                         a prompt, and a second of Argon2id
 *     CORE_KEYS ->     core opens its store
 *                 <- LISTEN
 *     GATE_START ->    gate listens, and says so to core
 *                 <- READY
 *     "ready listening=… dir=…"
 *
 * The lock of the directory is held by core, too: it holds until nobody can write to the store,
 * even when the supervisor is killed. Afterwards the supervisor holds no key. Errors: whatever
 * ended the node, with the line in fault; SYM_OK after SIGTERM, SIGINT, SIGQUIT.
 */
#ifndef SYM_NODE_SUPERVISOR_SUPERVISOR_H
#define SYM_NODE_SUPERVISOR_SUPERVISOR_H

#include "node/supervisor/passphrase.h"

/* How long core and gate may take to stop, together. */
#define SYM_STOP_MS 10000u

/* listen: where connections are taken, or NULL for what the setting says. from->cancel is a
 * signalfd for SIGTERM, SIGINT, SIGQUIT and SIGCHLD, which are blocked. Returns when both processes
 * have ended. */
SYM_MUST enum sym_err sym_supervisor_run(const char *dir, const char *listen,
                                         const struct sym_secret_source *from,
                                         struct sym_fault *fault);

#endif
