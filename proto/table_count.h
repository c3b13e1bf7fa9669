/* table_count.h - the counts of an overlap table: how many tags lie on exactly each combination of
 * lists.
 *
 * All lists are walked at once, from the smallest tag to the largest, one row a step, and no branch
 * depends on a tag: the time is that of so many rows, whatever they have in common. The first
 * answer after the last row would tell it otherwise, also where noise is added to the counts.
 */
#ifndef SYM_PROTO_TABLE_COUNT_H
#define SYM_PROTO_TABLE_COUNT_H

#include "proto/limits.h"

#include <stdint.h>

/* Rows of SYM_TABLE_TAG_BYTES, strictly ascending. */
struct sym_table_counted {
    const uint8_t *rows;
    uint32_t n;
};

/* Adds to cells, of which there are 2^n - 1: cell c - 1 counts tags on exactly the lists whose bits
 * are set in c. n is at most SYM_TABLE_LISTS_MAX. */
void sym_table_count(uint64_t *cells, const struct sym_table_counted *lists, uint32_t n);

#endif
