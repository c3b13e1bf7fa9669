/* options.h - what stood on the command line: long options by name, then operands.
 *
 * A command's options are tables; getopt_long does the walking and nothing else knows of it. A
 * single option given twice is refused, so that no value is lost in silence. Names and values
 * borrow from argv and the tables.
 * Errors: SYM_BAD_VALUE, SYM_LIMIT; the fault is a complete sentence.
 */
#ifndef SYM_CLI_OPTIONS_H
#define SYM_CLI_OPTIONS_H

#include "crypto/bytes.h"

struct sym_option {
    const char *name;     /* without its dashes; NULL ends a table */
    const char *argument; /* as help shows it, "a|b" where only some words are right; NULL: none */
    const char *help;
    bool many; /* may be repeated */
};

#define SYM_OPTIONS_MAX 96u  /* that one command knows */
#define SYM_GIVEN_MAX   128u /* on one command line */

struct sym_given {
    const struct sym_option *option;
    const char *value; /* NULL for an option without argument */
};

struct sym_args {
    const struct sym_option *known[SYM_OPTIONS_MAX];
    size_t n_known;
    struct sym_given given[SYM_GIVEN_MAX];
    size_t n_given;
    char **operands;
    size_t n_operands;
};

/* Adds the options of a table (NULL: none) to those that args understands. */
void sym_args_know(struct sym_args *args, const struct sym_option *table);

/* Parses argv[1] onwards; options and operands may stand in any order, "--" ends the options.
 * Reorders argv. */
SYM_MUST enum sym_err sym_args_parse(struct sym_args *args, int argc, char **argv,
                                     struct sym_fault *fault);

/* The index of the first operand of argv, argc when there is none: only options that stand before
 * it are looked at. */
SYM_MUST enum sym_err sym_args_first_operand(int *at, const struct sym_args *known, int argc,
                                             char **argv, struct sym_fault *fault);

bool sym_args_knows(const struct sym_args *args, const char *name);
/* These ask for options that args knows. */
bool sym_args_has(const struct sym_args *args, const char *name);
/* NULL when it was not given. */
const char *sym_args_value(const struct sym_args *args, const char *name);
/* The values of a repeatable option in their order; returns their number, at most max. */
size_t sym_args_values(const char **out, size_t max, const struct sym_args *args, const char *name);
/* A whole number from least to most; *out is left alone when the option was not given. */
SYM_MUST enum sym_err sym_args_number(uint64_t *out, const struct sym_args *args, const char *name,
                                      uint64_t least, uint64_t most, struct sym_fault *fault);

/* Digits only, no sign, from least to most. */
SYM_MUST enum sym_err sym_number_parse(uint64_t *out, const char *text, uint64_t least,
                                       uint64_t most);

#endif
