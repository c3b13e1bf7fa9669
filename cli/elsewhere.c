#include "cli/beside.h"
#include "cli/runs.h"

#include <stdlib.h>
#include <string.h>

#define PROGRAM "symbolon-full"

/* Becomes the program that has this command; argv is what is left without the command's name. */
static enum sym_exit run_there(const struct sym_call *call)
{
    size_t n = 1;
    struct sym_fault fault;
    while (call->argv[n] != NULL) {
        n++;
    }
    char **argv = calloc(n + 2, sizeof *argv);
    char *name = strdup(call->command->name);
    if (argv == NULL || name == NULL) {
        free(argv);
        free(name);
        return sym_command_printed(SYM_NO_MEMORY);
    }
    argv[0] = call->argv[0];
    argv[1] = name;
    memcpy(argv + 2, call->argv + 1, (n - 1) * sizeof *argv);
    fault.err = sym_beside_exec(PROGRAM, argv, &fault);
    free(argv);
    free(name);
    return sym_command_failed(&fault);
}

enum sym_exit sym_import_run(const struct sym_call *call)
{
    return run_there(call);
}

enum sym_exit sym_forget_run(const struct sym_call *call)
{
    return run_there(call);
}

enum sym_exit sym_explain_run(const struct sym_call *call)
{
    return run_there(call);
}

enum sym_exit sym_estimate_run(const struct sym_call *call)
{
    return run_there(call);
}

enum sym_exit sym_report_run(const struct sym_call *call)
{
    return run_there(call);
}

enum sym_exit sym_ui_run(const struct sym_call *call)
{
    return run_there(call);
}
