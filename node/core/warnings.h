/* warnings.h - what `status` tells an operator to look after, as lines with their remedy.
 *
 * Nothing here allocates or fails; the most pressing come first, and what is beyond
 * SYM_WARNINGS_MAX is left out.
 */
#ifndef SYM_NODE_CORE_WARNINGS_H
#define SYM_NODE_CORE_WARNINGS_H

#include "crypto/bytes.h"
#include "proto/limits.h"

struct sym_core;

struct sym_warnings {
    char text[SYM_WARNINGS_MAX][SYM_FAULT_TEXT_MAX + 1];
    struct sym_span spans[SYM_WARNINGS_MAX]; /* of text */
    size_t n;
};

/* Fills *w, which must stay where it is. */
void sym_warnings_collect(struct sym_warnings *w, const struct sym_core *core);

#endif
