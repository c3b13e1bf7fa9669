/* gate.h - the network process: owns every network socket and the TLS key, and nothing else.
 *
 * It gives up its rights (node/sandbox.h), learns its key and address from the supervisor, listens,
 * enters the sandbox, and only then hears core, and after core's CONFIGURE its peers. It ends when
 * it is told to, when core is gone, and when its leash ends.
 */
#ifndef SYM_NODE_GATE_GATE_H
#define SYM_NODE_GATE_GATE_H

/* The control pair, which core binds in the run directory. Gate's working directory is that
 * directory. */
#define SYM_GATE_URL "ipc://gate"

struct sym_gate_start {
    int leash;           /* to the supervisor (node/leash.h) */
    const char *run_dir; /* absolute */
};

/* Runs in the forked child, with one thread and nothing secret in memory; returns the exit code. */
int sym_gate_main(const struct sym_gate_start *start);

#endif
