/* levels.h - which blocks of cells a question asks for: those of a preset, or those of --levels.
 *
 * A level is a set of places of dimensions in the question, ascending. Pure.
 * Errors: SYM_BAD_VALUE; the fault is a complete sentence.
 */
#ifndef SYM_CLI_TABULATE_LEVELS_H
#define SYM_CLI_TABULATE_LEVELS_H

#include "cli/tabulate/codes.h"
#include "proto/tabulation.h"

/* What --by is where it was not given; NULL: it must be. */
const char *sym_levels_default_by(enum sym_tab_shape shape);

struct sym_levels {
    struct sym_tab_level levels[SYM_TAB_LEVELS_MAX]; /* of members: not to be copied */
    uint8_t members[SYM_TAB_LEVELS_MAX][SYM_TAB_DIMENSIONS_MAX];
    size_t n;
};

/* Of a question with these n dimensions. text: of --levels, or NULL: those of the preset. out is
 * zero-initialised. */
SYM_MUST enum sym_err sym_levels_make(struct sym_levels *out,
                                      const struct sym_tab_dimension *dimensions, size_t n,
                                      enum sym_tab_shape shape, const char *text,
                                      struct sym_fault *fault);

#endif
