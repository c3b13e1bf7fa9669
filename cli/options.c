#include "cli/options.h"

#include "cli/format.h"
#include "cli/nearest.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

#define FIRST_VALUE 256 /* getopt_long's val of known[0]: above every character */
#define HELP_LETTER 'h'

void sym_args_know(struct sym_args *args, const struct sym_option *table)
{
    for (; table != NULL && table->name != NULL; table++) {
        assert(args->n_known < SYM_OPTIONS_MAX);
        args->known[args->n_known++] = table;
    }
}

static const struct sym_option *known_by_name(const struct sym_args *args, const char *name)
{
    for (size_t i = 0; i < args->n_known; i++) {
        if (strcmp(args->known[i]->name, name) == 0) {
            return args->known[i];
        }
    }
    return NULL;
}

static void fill_long_options(struct option out[SYM_OPTIONS_MAX + 1], const struct sym_args *args)
{
    for (size_t i = 0; i < args->n_known; i++) {
        out[i] =
            (struct option){.name = args->known[i]->name,
                            .has_arg = args->known[i]->argument ? required_argument : no_argument,
                            .val = FIRST_VALUE + (int)i};
    }
    out[args->n_known] = (struct option){0};
}

static enum sym_err refuse_unknown(const struct sym_args *args, const char *word,
                                   struct sym_fault *fault)
{
    struct sym_nearest nearest = sym_nearest(word + strspn(word, "-")); /* all have the dashes */
    for (size_t i = 0; i < args->n_known; i++) {
        sym_nearest_try(&nearest, args->known[i]->name, args->known[i]->name);
    }
    char shown[SYM_FAULT_BYTES];
    sym_format_text(shown, sizeof shown, sym_span_text(word));
    if (nearest.best == NULL) {
        return sym_fail(fault, SYM_BAD_VALUE, "%s: there is no such option", shown);
    }
    return sym_fail(fault, SYM_BAD_VALUE, "%s: there is no such option; did you mean --%s?", shown,
                    nearest.best);
}

/* What getopt_long returned '?' or ':' for. */
static enum sym_err refuse(const struct sym_args *args, int code, char **argv,
                           struct sym_fault *fault)
{
    size_t at = optopt >= FIRST_VALUE ? (size_t)(optopt - FIRST_VALUE) : SYM_OPTIONS_MAX;
    if (code == ':' && at < args->n_known) {
        return sym_fail(fault, SYM_BAD_VALUE, "--%s: needs a value: --%s %s", args->known[at]->name,
                        args->known[at]->name, args->known[at]->argument);
    }
    if (at < args->n_known) {
        return sym_fail(fault, SYM_BAD_VALUE, "--%s: takes no value", args->known[at]->name);
    }
    if (optopt != 0) {
        char letter[SYM_FORMAT_TEXT_BYTES(1)];
        uint8_t byte = (uint8_t)optopt;
        sym_format_text(letter, sizeof letter, sym_span(&byte, 1));
        return sym_fail(fault, SYM_BAD_VALUE,
                        "-%s: there is no such option; options are written out, such as --help",
                        letter);
    }
    return refuse_unknown(args, argv[optind - 1], fault);
}

static enum sym_err take(struct sym_args *args, const struct sym_option *option, const char *value,
                         struct sym_fault *fault)
{
    if (!option->many && sym_args_has(args, option->name)) {
        return sym_fail(fault, SYM_BAD_VALUE, "--%s: was given twice", option->name);
    }
    if (args->n_given == SYM_GIVEN_MAX) {
        return sym_fail(fault, SYM_LIMIT, "--%s: more than %u options at once", option->name,
                        SYM_GIVEN_MAX);
    }
    args->given[args->n_given++] = (struct sym_given){.option = option, .value = value};
    return SYM_OK;
}

static bool is_name(const char *word, const char *name)
{
    size_t len = strlen(name);
    return strncmp(word, "--", 2) == 0 && strncmp(word + 2, name, len) == 0 &&
           (word[2 + len] == '\0' || word[2 + len] == '=');
}

static bool is_known(const struct sym_args *args, const char *word)
{
    for (size_t i = 0; i < args->n_known; i++) {
        if (is_name(word, args->known[i]->name)) {
            return true;
        }
    }
    return false;
}

/* getopt_long takes the beginning of a name for the name, and the next option for a value that is
 * missing: what is sent, or erased, because of a slip of the finger cannot be taken back. */
static enum sym_err check_written(const struct sym_args *args, int code, char **argv,
                                  struct sym_fault *fault)
{
    if (code < FIRST_VALUE) {
        return SYM_OK;
    }
    const struct sym_option *option = args->known[code - FIRST_VALUE];
    bool apart = optarg != NULL && optarg == argv[optind - 1];
    const char *word = argv[optind - (apart ? 2 : 1)];
    char shown[SYM_FAULT_BYTES];
    if (!is_name(word, option->name)) {
        sym_format_text(shown, sizeof shown, sym_span(word, strcspn(word, "=")));
        return sym_fail(fault, SYM_BAD_VALUE, "%s: there is no such option; did you mean --%s?",
                        shown, option->name);
    }
    return apart && is_known(args, optarg)
               ? sym_fail(fault, SYM_BAD_VALUE, "--%s: needs a value: --%s %s", option->name,
                          option->name, option->argument)
               : SYM_OK;
}

/* -h is the one short option: people try it first. */
static const struct sym_option *option_of(const struct sym_args *args, int code)
{
    return code == HELP_LETTER ? known_by_name(args, "help") : args->known[code - FIRST_VALUE];
}

enum sym_err sym_args_parse(struct sym_args *args, int argc, char **argv, struct sym_fault *fault)
{
    struct option options[SYM_OPTIONS_MAX + 1];
    fill_long_options(options, args);
    optind = 0; /* start afresh, a GNU extension */
    opterr = 0;
    int code;
    while ((code = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        if (code == '?' || code == ':') {
            return refuse(args, code, argv, fault);
        }
        const struct sym_option *option = option_of(args, code);
        if (option == NULL) {
            return sym_fail(fault, SYM_BAD_VALUE, "-%c: there is no such option", code);
        }
        enum sym_err err = check_written(args, code, argv, fault);
        err = err == SYM_OK ? take(args, option, optarg, fault) : err;
        if (err != SYM_OK) {
            return err;
        }
    }
    args->operands = argv + optind;
    args->n_operands = (size_t)(argc - optind);
    return SYM_OK;
}

enum sym_err sym_args_first_operand(int *at, const struct sym_args *known, int argc, char **argv,
                                    struct sym_fault *fault)
{
    struct option options[SYM_OPTIONS_MAX + 1];
    fill_long_options(options, known);
    optind = 0;
    opterr = 0;
    int code;
    while ((code = getopt_long(argc, argv, "+:h", options, NULL)) != -1) {
        if (code == '?' || code == ':') {
            return refuse(known, code, argv, fault);
        }
        enum sym_err err = check_written(known, code, argv, fault);
        if (err != SYM_OK) {
            return err;
        }
    }
    *at = optind;
    return SYM_OK;
}

static const struct sym_given *find(const struct sym_args *args, const char *name)
{
    assert(known_by_name(args, name) != NULL);
    for (size_t i = 0; i < args->n_given; i++) {
        if (strcmp(args->given[i].option->name, name) == 0) {
            return &args->given[i];
        }
    }
    return NULL;
}

bool sym_args_knows(const struct sym_args *args, const char *name)
{
    return known_by_name(args, name) != NULL;
}

bool sym_args_has(const struct sym_args *args, const char *name)
{
    return find(args, name) != NULL;
}

const char *sym_args_value(const struct sym_args *args, const char *name)
{
    const struct sym_given *given = find(args, name);
    return given != NULL ? given->value : NULL;
}

size_t sym_args_values(const char **out, size_t max, const struct sym_args *args, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < args->n_given && n < max; i++) {
        if (strcmp(args->given[i].option->name, name) == 0) {
            out[n++] = args->given[i].value;
        }
    }
    return n;
}

enum sym_err sym_number_parse(uint64_t *out, const char *text, uint64_t least, uint64_t most)
{
    uint64_t n = 0;
    if (*text == '\0') {
        return SYM_BAD_VALUE;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return SYM_BAD_VALUE;
        }
        uint64_t digit = (uint64_t)(*text - '0');
        if (n > (UINT64_MAX - digit) / 10) {
            return SYM_BAD_VALUE;
        }
        n = 10 * n + digit;
    }
    if (n < least || n > most) {
        return SYM_BAD_VALUE;
    }
    *out = n;
    return SYM_OK;
}

enum sym_err sym_args_number(uint64_t *out, const struct sym_args *args, const char *name,
                             uint64_t least, uint64_t most, struct sym_fault *fault)
{
    const char *text = sym_args_value(args, name);
    if (text == NULL || sym_number_parse(out, text, least, most) == SYM_OK) {
        return SYM_OK;
    }
    char shown[SYM_FAULT_BYTES];
    sym_format_text(shown, sizeof shown, sym_span_text(text));
    return sym_fail(fault, SYM_BAD_VALUE, "--%s: \"%s\" is not a whole number from %llu to %llu",
                    name, shown, (unsigned long long)least, (unsigned long long)most);
}
