/* dispatch.h - the whole program: finds the command, parses its options, runs it. */
#ifndef SYM_CLI_DISPATCH_H
#define SYM_CLI_DISPATCH_H

#include "cli/command.h"

/* argv ends in NULL and is reordered. Prints to standard output and standard error; a failure to
 * write the former is a failure of the command. */
enum sym_exit sym_dispatch(int argc, char **argv);

#endif
