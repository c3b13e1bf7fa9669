#include "proto/table_count.h"

#include "crypto/bytes.h"
#include "proto/table.h"

#include <stdbool.h>

/* A tag as two numbers that compare as its bytes do. */
struct tag {
    uint64_t high;
    uint64_t low;
};

/* The next row of a list. */
struct head {
    struct tag tag;
    uint64_t is_there; /* 0 or 1 */
};

static void advance(struct head *head, const struct sym_table_counted *list, uint32_t at)
{
    const uint8_t *row = list->rows + (size_t)at * SYM_TABLE_TAG_BYTES;
    head->is_there = at < list->n;
    if (at < list->n) {
        head->tag = (struct tag){sym_get_u64(row), sym_get_u64(row + 8)};
    }
}

static uint64_t is_less(struct tag a, struct tag b)
{
    return (uint64_t)(a.high < b.high) | ((uint64_t)(a.high == b.high) & (uint64_t)(a.low < b.low));
}

static uint32_t is_same(struct tag a, struct tag b)
{
    return (uint32_t)(a.high == b.high) & (uint32_t)(a.low == b.low);
}

/* The first list with the smallest tag. */
static uint32_t least_of(const struct head *heads, uint32_t n)
{
    struct tag least = {0, 0};
    uint64_t found = 0;
    uint64_t place = 0;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t by = heads[i].is_there & (is_less(heads[i].tag, least) | (found ^ 1));
        uint64_t mask = 0 - by;
        least.high ^= (least.high ^ heads[i].tag.high) & mask;
        least.low ^= (least.low ^ heads[i].tag.low) & mask;
        place ^= (place ^ i) & mask;
        found |= by;
    }
    return (uint32_t)place;
}

void sym_table_count(uint64_t *cells, const struct sym_table_counted *lists, uint32_t n)
{
    struct head heads[SYM_TABLE_LISTS_MAX];
    uint32_t at[SYM_TABLE_LISTS_MAX] = {0};
    struct tag last = {0, 0};
    uint32_t cell = 0; /* of the tag before; 0: none */
    uint64_t left = 0;
    for (uint32_t i = 0; i < n; i++) {
        heads[i].tag = last;
        advance(&heads[i], &lists[i], 0);
        left += lists[i].n;
    }
    for (; left > 0; left--) {
        uint32_t i = least_of(heads, n);
        uint32_t some = (uint32_t)(cell != 0);
        uint32_t same = is_same(heads[i].tag, last) & some;
        cells[cell - some] += some & (same ^ 1u);
        cell = (cell & (0u - same)) | 1u << i;
        last = heads[i].tag;
        advance(&heads[i], &lists[i], ++at[i]);
    }
    if (cell != 0) {
        cells[cell - 1]++;
    }
}
