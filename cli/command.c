#include "cli/command.h"

#include "cli/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct sym_command *const commands[] = {
#define SYM_COMMAND_ROW(name) &sym_cmd_##name,
    SYM_COMMAND_LIST(SYM_COMMAND_ROW)
#undef SYM_COMMAND_ROW
};

static const struct sym_option help_option[] = {
    {.name = "help", .help = "show this help"},
    {0},
};
static const struct sym_option dir_option[] = {
    {.name = "dir", .argument = "DIR", .help = "the node's directory; default: $SYMBOLON_DIR"},
    {0},
};
static const struct sym_option node_options[] = {
    {.name = "as",
     .argument = "NAME|FILE",
     .help = "the user who asks; default: $SYMBOLON_USER, else the only key in DIR/users"},
    {.name = "wait",
     .argument = "SECONDS",
     .help = "how long to wait for each answer of the node; default: 10"},
    {0},
};
static const struct sym_option json_option[] = {
    {.name = "json", .help = "print JSON for programs"},
    {0},
};

const struct sym_command *sym_command_at(size_t at)
{
    return at < sizeof commands / sizeof *commands ? commands[at] : NULL;
}

void sym_command_options(struct sym_args *args, const struct sym_command *command)
{
    sym_args_know(args, command->options);
    sym_args_know(args, (command->takes & SYM_TAKES_JSON) != 0 ? json_option : NULL);
    sym_args_know(args, (command->takes & SYM_TAKES_DIR) != 0 ? dir_option : NULL);
    bool asks = (command->takes & SYM_TAKES_NODE) == SYM_TAKES_NODE;
    sym_args_know(args, asks ? node_options : NULL);
    sym_args_know(args, help_option);
}

void sym_command_shared_options(struct sym_args *args)
{
    sym_args_know(args, json_option);
    sym_args_know(args, dir_option);
    sym_args_know(args, node_options);
    sym_args_know(args, help_option);
}

/* True when name is exactly these words, joined by single spaces. */
static bool is_named(const char *name, char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(words[i]);
        if (strncmp(name, words[i], len) != 0 || name[len] != (i + 1 < n ? ' ' : '\0')) {
            return false;
        }
        name += len + 1;
    }
    return n > 0;
}

const struct sym_command *sym_command_find(size_t *n_words, char *const *words, size_t n)
{
    for (size_t taken = n < 2 ? n : 2; taken > 0; taken--) {
        for (size_t i = 0; sym_command_at(i) != NULL; i++) {
            if (is_named(sym_command_at(i)->name, words, taken)) {
                *n_words = taken;
                return sym_command_at(i);
            }
        }
    }
    return NULL;
}

enum sym_exit sym_exit_of(enum sym_err err)
{
    if (err == SYM_OK) {
        return SYM_EXIT_DONE;
    }
    if (err == SYM_DENIED || err == SYM_HELD) {
        return SYM_EXIT_DENIED;
    }
    return err == SYM_UNREACHABLE || err == SYM_TIMEOUT ? SYM_EXIT_UNREACHABLE : SYM_EXIT_FAILED;
}

/* What was typed, or read from a file, must not write to the terminal by itself. */
static void print_harmless(const char *text)
{
    char shown[SYM_FORMAT_TEXT_BYTES(SYM_FAULT_BYTES)];
    sym_format_text(shown, sizeof shown, sym_span_text(text));
    (void)fputs(shown, stderr);
}

enum sym_exit sym_command_failed(const struct sym_fault *fault)
{
    (void)fflush(stdout);
    (void)fputs("symbolon: ", stderr);
    print_harmless(fault->text);
    (void)fputc('\n', stderr);
    return sym_exit_of(fault->err);
}

enum sym_exit sym_command_printed(enum sym_err err)
{
    struct sym_fault fault;
    if (err == SYM_OK) {
        return SYM_EXIT_DONE;
    }
    fault.err = sym_fail(&fault, err, "the answer %s", sym_err_text(err));
    return sym_command_failed(&fault);
}

void sym_command_print_usage(FILE *to, const struct sym_command *command)
{
    size_t ways = sizeof command->usage / sizeof *command->usage;
    for (size_t i = 0; i < ways && (i == 0 || command->usage[i] != NULL); i++) {
        const char *rest = command->usage[i] != NULL ? command->usage[i] : "";
        (void)fprintf(to, "%s symbolon %s%s%s\n", i == 0 ? "usage:" : "      ", command->name,
                      *rest != '\0' ? " " : "", rest);
    }
}

enum sym_exit sym_command_usage(const struct sym_call *call, const char *format, ...)
{
    char text[SYM_FAULT_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)fprintf(stderr, "symbolon: %s: ", call->command->name);
    print_harmless(text);
    (void)fputc('\n', stderr);
    sym_command_print_usage(stderr, call->command);
    return SYM_EXIT_USAGE;
}
