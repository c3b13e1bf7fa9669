/* program.h - symbolond as a function: reads the command line, hardens the process, and runs a
 * node, makes one, or rotates its keys.
 */
#ifndef SYM_NODE_SUPERVISOR_PROGRAM_H
#define SYM_NODE_SUPERVISOR_PROGRAM_H

/* argv ends in NULL and is reordered. Returns the exit code: 0 done, 1 failed, 2 usage. */
int sym_program_main(int argc, char **argv);

#endif
