#include "node/walls.h"

#include <unistd.h>

struct sym_process_row sym_walls_row(const char *name, const struct sym_sandbox_state *state)
{
    return (struct sym_process_row){.name = sym_span_text(name),
                                    .pid = (uint32_t)getpid(),
                                    .seccomp = state->seccomp,
                                    .no_new_privs = state->no_new_privs,
                                    .not_dumpable = state->not_dumpable,
                                    .no_core = state->no_core,
                                    .no_capabilities = state->no_capabilities,
                                    .own_network = state->own_network,
                                    .landlock = state->landlock,
                                    .own_root = state->own_root};
}
