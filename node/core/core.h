/* core.h - the data process: owns the data directory, the data keys and the identity, log and
 * cosigning keys, and has no network.
 */
#ifndef SYM_NODE_CORE_CORE_H
#define SYM_NODE_CORE_CORE_H

struct sym_core_start {
    int leash;           /* to the supervisor */
    const char *dir;     /* data directory, absolute */
    const char *run_dir; /* short runtime directory, absolute */
};

/* Runs in the forked child, after sym_sandbox_prepare was NOT yet called, until told to stop;
 * returns the exit code. Waits for SYM_LEASH_CORE_KEYS first. */
int sym_core_main(const struct sym_core_start *start);

#endif
