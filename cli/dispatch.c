#include "cli/dispatch.h"

#include "cli/help.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_DEFAULT_S 10u
#define WAIT_MAX_S     3600u

static const struct sym_option version_option[] = {
    {.name = "version", .help = "show the version"},
    {0},
};

/* The operands stand first in the usage: the one after those that were given. */
static enum sym_exit operand_missing(const struct sym_call *call)
{
    const char *word = call->command->usage[0];
    for (size_t i = 0; i < call->args.n_operands; i++) {
        word += strcspn(word, " \n");
        word += strspn(word, " \n");
    }
    return sym_command_usage(call, "%.*s is missing", (int)strcspn(word, " \n"), word);
}

static enum sym_exit check_operands(const struct sym_call *call)
{
    const struct sym_command *command = call->command;
    if (call->args.n_operands < command->min_operands) {
        return operand_missing(call);
    }
    if (call->args.n_operands > command->max_operands) {
        return sym_command_usage(call, "\"%s\" is too much",
                                 call->args.operands[command->max_operands]);
    }
    return SYM_EXIT_DONE;
}

/* The shared options that need more than a look. */
static enum sym_exit check_shared(struct sym_call *call)
{
    const char *without_node = call->command->without_node;
    if ((call->command->takes & SYM_TAKES_DIR) == 0 ||
        (without_node != NULL && sym_args_has(&call->args, without_node))) {
        return SYM_EXIT_DONE;
    }
    const char *given = sym_args_value(&call->args, "dir");
    call->dir = given != NULL ? given : getenv("SYMBOLON_DIR");
    if (call->dir == NULL || *call->dir == '\0') {
        return sym_command_usage(call, "which node? Give --dir DIR, or set SYMBOLON_DIR");
    }
    uint64_t wait_s = WAIT_DEFAULT_S;
    struct sym_fault fault;
    if ((call->command->takes & SYM_TAKES_NODE) == SYM_TAKES_NODE &&
        sym_args_number(&wait_s, &call->args, "wait", 1, WAIT_MAX_S, &fault) != SYM_OK) {
        return sym_command_usage(call, "%s", fault.text);
    }
    call->wait_ms = (unsigned)wait_s * 1000u;
    return SYM_EXIT_DONE;
}

static enum sym_exit run(const struct sym_command *command, int argc, char **argv)
{
    struct sym_call call = {.command = command, .argv = argv};
    struct sym_fault fault;
    sym_command_options(&call.args, command);
    if (sym_args_parse(&call.args, argc, argv, &fault) != SYM_OK) {
        return sym_command_usage(&call, "%s", fault.text);
    }
    if (sym_args_has(&call.args, "help")) {
        sym_help_command(stdout, command);
        return SYM_EXIT_DONE;
    }
    enum sym_exit code = check_operands(&call);
    if (code == SYM_EXIT_DONE) {
        code = check_shared(&call);
    }
    return code == SYM_EXIT_DONE ? command->run(&call) : code;
}

/* Without a command: --help, --version, or nothing. */
static enum sym_exit run_without_command(struct sym_args *args, int argc, char **argv)
{
    struct sym_fault fault;
    char *version[] = {(char[]){"version"}, NULL};
    if (sym_args_parse(args, argc, argv, &fault) != SYM_OK) {
        (void)sym_command_failed(&fault);
        return SYM_EXIT_USAGE;
    }
    if (sym_args_has(args, "help")) {
        sym_help_all(stdout);
        return SYM_EXIT_DONE;
    }
    if (sym_args_has(args, "version")) {
        return run(&sym_cmd_version, 1, version);
    }
    (void)fprintf(stderr, "symbolon: no command was given; \"symbolon help\" lists them\n");
    return SYM_EXIT_USAGE;
}

static enum sym_exit dispatch(int argc, char **argv)
{
    struct sym_args leading = {0};
    sym_command_shared_options(&leading);
    sym_args_know(&leading, version_option);
    struct sym_fault fault;
    int at = 0;
    if (sym_args_first_operand(&at, &leading, argc, argv, &fault) != SYM_OK) {
        (void)sym_command_failed(&fault);
        return SYM_EXIT_USAGE;
    }
    if (at == argc) {
        return run_without_command(&leading, argc, argv);
    }
    size_t n_words = 0;
    const struct sym_command *command = sym_command_find(&n_words, argv + at, (size_t)(argc - at));
    if (command == NULL) {
        bool help = argc - at == 2 && strcmp(argv[at + 1], "--help") == 0;
        if (help && sym_help_is_group(argv[at])) {
            sym_help_group(stdout, argv[at]);
            return SYM_EXIT_DONE;
        }
        return sym_help_unknown(argv + at, (size_t)(argc - at));
    }
    /* Options may stand before the command, too: what is left is one list. */
    memmove(argv + at, argv + at + n_words, ((size_t)(argc - at) - n_words + 1) * sizeof *argv);
    return run(command, argc - (int)n_words, argv);
}

enum sym_exit sym_dispatch(int argc, char **argv)
{
    enum sym_exit code = dispatch(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        (void)fprintf(stderr, "symbolon: standard output: %s\n", strerror(errno));
        return code == SYM_EXIT_DONE ? SYM_EXIT_FAILED : code;
    }
    return code;
}
