/* runs.h - the commands that read what users write: files, and single values.
 *
 * The libraries that this takes (Unicode tables, telephone numbers of all countries) need three
 * times as long to load as all the rest. So they are in a program of their own, symbolon-import,
 * which knows every command; symbolon becomes it where one of these is given (elsewhere.c).
 */
#ifndef SYM_CLI_RUNS_H
#define SYM_CLI_RUNS_H

#include "cli/command.h"

enum sym_exit sym_import_run(const struct sym_call *call);
enum sym_exit sym_explain_run(const struct sym_call *call);

#endif
