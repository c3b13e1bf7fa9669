/* runs.h - what the commands do that need large libraries: Unicode tables, telephone numbers of all
 * countries, linear algebra, the page that draws, HTTP.
 *
 * Those take three times as long to load as all the rest. So symbolon is linked without them, and
 * becomes symbolon-full, which has every command, where one of these is given (elsewhere.c).
 */
#ifndef SYM_CLI_RUNS_H
#define SYM_CLI_RUNS_H

#include "cli/command.h"

enum sym_exit sym_import_run(const struct sym_call *call);
/* dataset forget, of a name and an id that were looked at. */
enum sym_exit sym_forget_run(const struct sym_call *call);
enum sym_exit sym_explain_run(const struct sym_call *call);
enum sym_exit sym_estimate_run(const struct sym_call *call);
enum sym_exit sym_report_run(const struct sym_call *call);
enum sym_exit sym_ui_run(const struct sym_call *call);

#endif
