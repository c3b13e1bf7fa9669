/* nearest.h - which of the right words was meant by a mistyped one. Pure, allocates nothing. */
#ifndef SYM_CLI_NEAREST_H
#define SYM_CLI_NEAREST_H

#include <stddef.h>

struct sym_nearest {
    const char *typed;
    const char *best; /* NULL while nothing is close enough */
    size_t distance;  /* of best */
};

/* typed is borrowed. */
struct sym_nearest sym_nearest(const char *typed);

/* Compares with spelling; best becomes meaning when no word tried before was closer. */
void sym_nearest_try(struct sym_nearest *n, const char *spelling, const char *meaning);

#endif
