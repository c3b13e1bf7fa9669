/* question.h - a joint tabulation as the options of the command line ask for it: dimensions with
 * their code lists, levels, bounds; and its exact bytes.
 *
 * Errors: SYM_BAD_VALUE, SYM_LIMIT (too many cells: the fault says how many and what to narrow),
 * SYM_NO_MEMORY; the fault is a complete sentence.
 */
#ifndef SYM_CLI_TABULATE_QUESTION_H
#define SYM_CLI_TABULATE_QUESTION_H

#include "cli/options.h"
#include "cli/tabulate/levels.h"
#include "proto/cube.h"

/* The options that make a question. */
#define SYM_QUESTION_OPTIONS                                                                       \
    {.name = "by",                                                                                 \
     .argument = "DIMENSION,...",                                                                  \
     .help = "what is counted by; see symbolon-tabulate(7)"},                                      \
        {.name = "levels",                                                                         \
         .argument = "LEVEL/LEVEL...",                                                             \
         .help = "each a list of some dimensions, counted by itself: country/country,year"},       \
        {.name = "only",                                                                           \
         .argument = "DIMENSION=CODE,...",                                                         \
         .help = "these codes only; once for each dimension",                                      \
         .many = true},                                                                            \
        {.name = "from",                                                                           \
         .argument = "PERIOD",                                                                     \
         .help = "2019, 2019-Q2 or 2019-06; default: this calendar year and the four before"},     \
        {.name = "to", .argument = "PERIOD", .help = "up to the end of it"},                       \
        {.name = "epsilon",                                                                        \
         .argument = "E",                                                                          \
         .help = "privacy budget to spend: more is less noise; default: 1"},                       \
        {.name = "unit",                                                                           \
         .argument = "incidents|persons",                                                          \
         .help = "what is counted; default: incidents"},                                           \
        {.name = "persons-max",                                                                    \
         .argument = "P",                                                                          \
         .help = "an incident counts for at most so many persons; with --unit persons"},           \
    {                                                                                              \
        .name = "cells-per-incident", .argument = "K",                                             \
        .help = "an incident counts in at most so many cells of a level; default: 1"               \
    }

/* As usage lines show them. */
#define SYM_QUESTION_USAGE                                                                         \
    "           [--by DIMENSION,...] [--levels LEVEL/LEVEL...] [--only DIMENSION=CODE,...]...\n"   \
    "           [--from PERIOD] [--to PERIOD] [--epsilon E] [--unit incidents|persons]\n"          \
    "           [--persons-max P] [--cells-per-incident K]\n"

struct sym_question {
    struct sym_tab_query query;
    struct sym_tab_dimension dimensions[SYM_TAB_DIMENSIONS_MAX];
    struct sym_codes codes[SYM_TAB_DIMENSIONS_MAX];
    struct sym_levels levels;
    struct sym_periods periods;
    struct sym_cube *cube;
    uint8_t *bytes;
    struct sym_span exact; /* of bytes */
};

/* From the options; now_s for the default of the period. out is zero-initialised; clear it in every
 * case. */
SYM_MUST enum sym_err sym_question_read(struct sym_question *out, enum sym_tab_shape shape,
                                        const struct sym_args *args, uint64_t now_s,
                                        struct sym_fault *fault);
void sym_question_clear(struct sym_question *q);

#endif
