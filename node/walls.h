/* walls.h - what a process says of its sandbox to who asks for `status`. */
#ifndef SYM_NODE_WALLS_H
#define SYM_NODE_WALLS_H

#include "node/sandbox.h"
#include "proto/control.h"

/* The row of the process that calls; borrows name. */
struct sym_process_row sym_walls_row(const char *name, const struct sym_sandbox_state *state);

#endif
