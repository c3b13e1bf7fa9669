#include "cli/help.h"
#include "proto/version.h"

static enum sym_exit run_help(const struct sym_call *call)
{
    char *const *words = call->args.operands;
    size_t n = call->args.n_operands;
    size_t n_words = 0;
    const struct sym_command *command = sym_command_find(&n_words, words, n);
    if (n == 0) {
        sym_help_all(stdout);
    } else if (command != NULL && n_words == n) {
        sym_help_command(stdout, command);
    } else if (n == 1 && sym_help_is_group(words[0])) {
        sym_help_group(stdout, words[0]);
    } else {
        return sym_help_unknown(words, n);
    }
    return SYM_EXIT_DONE;
}

const struct sym_command sym_cmd_help = {
    .name = "help",
    .summary = "list the commands, or explain one",
    .usage = {"[COMMAND]"},
    .example = "help log verify",
    .max_operands = 2,
    .run = run_help,
};

static enum sym_exit run_version(const struct sym_call *call)
{
    (void)call;
    (void)printf("symbolon %s\n", SYM_VERSION);
    return SYM_EXIT_DONE;
}

const struct sym_command sym_cmd_version = {
    .name = "version",
    .summary = "show the version of this program",
    .usage = {""},
    .run = run_version,
};
