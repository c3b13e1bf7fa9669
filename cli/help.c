#include "cli/help.h"

#include "cli/format.h"
#include "cli/nearest.h"

#include <string.h>

#define NAME_COLUMNS   18
#define OPTION_COLUMNS 28

static void print_row(FILE *to, const struct sym_command *command)
{
    (void)fprintf(to, "  %-*s%s\n", NAME_COLUMNS, command->name, command->summary);
}

void sym_help_all(FILE *to)
{
    (void)fprintf(to, "Symbolon: private data exchange between organisations.\n\n"
                      "usage: symbolon COMMAND [OPTION]... [OPERAND]...\n\n");
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        print_row(to, sym_command_at(i));
    }
    (void)fprintf(to, "\n\"symbolon COMMAND --help\" tells more; symbolon(1) is the manual.\n");
}

static bool starts_with_word(const char *name, const char *word)
{
    size_t len = strlen(word);
    return strncmp(name, word, len) == 0 && name[len] == ' ';
}

bool sym_help_is_group(const char *word)
{
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        if (starts_with_word(sym_command_at(i)->name, word)) {
            return true;
        }
    }
    return false;
}

void sym_help_group(FILE *to, const char *word)
{
    (void)fprintf(to, "commands:\n");
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        if (starts_with_word(sym_command_at(i)->name, word)) {
            print_row(to, sym_command_at(i));
        }
    }
    (void)fprintf(to, "\n\"symbolon %s COMMAND --help\" tells more.\n", word);
}

static void print_option(FILE *to, const struct sym_option *option)
{
    const char *argument = option->argument != NULL ? option->argument : "";
    const char *space = option->argument != NULL ? " " : "";
    int printed = fprintf(to, "  --%s%s%s", option->name, space, argument);
    if (printed >= OPTION_COLUMNS) {
        (void)fputc('\n', to);
        printed = 0;
    }
    (void)fprintf(to, "%*s%s\n", OPTION_COLUMNS - printed, "", option->help);
}

void sym_help_command(FILE *to, const struct sym_command *command)
{
    struct sym_args all = {0};
    sym_command_options(&all, command);
    sym_command_print_usage(to, command);
    (void)fprintf(to, "\n%s\n\n", command->summary);
    for (size_t i = 0; i < all.n_known; i++) {
        print_option(to, all.known[i]);
    }
    if (command->notes != NULL) {
        (void)fputc('\n', to);
        for (const char *const *line = command->notes; *line != NULL; line++) {
            (void)fprintf(to, "%s\n", *line);
        }
    }
    if (command->example != NULL) {
        (void)fprintf(to, "\nexample: symbolon %s\n", command->example);
    }
}

enum sym_exit sym_help_unknown(char *const *words, size_t n)
{
    char typed[128];
    n = n > 1 && words[1][0] == '-' ? 1 : n; /* an option is no part of the name */
    if (n == 1 && sym_help_is_group(words[0])) {
        (void)fprintf(stderr, "symbolon: %s: is not a command by itself\n", words[0]);
        sym_help_group(stderr, words[0]);
        return SYM_EXIT_USAGE;
    }
    (void)snprintf(typed, sizeof typed, n > 1 ? "%s %s" : "%s", words[0], n > 1 ? words[1] : "");
    struct sym_nearest both = sym_nearest(typed);
    struct sym_nearest first = sym_nearest(words[0]);
    for (size_t i = 0; sym_command_at(i) != NULL; i++) {
        sym_nearest_try(&both, sym_command_at(i)->name, sym_command_at(i)->name);
        sym_nearest_try(&first, sym_command_at(i)->name, sym_command_at(i)->name);
    }
    const char *meant = both.best != NULL ? both.best : first.best;
    char shown[SYM_FORMAT_TEXT_BYTES(sizeof typed)];
    sym_format_text(shown, sizeof shown, sym_span_text(typed));
    (void)fprintf(stderr, "symbolon: %s: there is no such command; ", shown);
    if (meant != NULL) {
        (void)fprintf(stderr, "did you mean \"symbolon %s\"?\n", meant);
    } else {
        (void)fprintf(stderr, "\"symbolon help\" lists them\n");
    }
    return SYM_EXIT_USAGE;
}
