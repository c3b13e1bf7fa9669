#include "proto/sorted.h"

#include <string.h>

/* Fewer items than this are inserted one by one. */
#define FEW 32u
/* The lengths of digests and elements, of which there are most, and of a digest with its place:
 * with these as constants, moving an item is a few instructions. */
#define USUAL  32u
#define PLACED 36u

int sym_sorted_compare(const uint8_t *a, const uint8_t *b, size_t len)
{
    uint64_t head_a = sym_get_u64(a);
    uint64_t head_b = sym_get_u64(b);
    if (head_a != head_b) {
        return head_a < head_b ? -1 : 1;
    }
    for (size_t i = sizeof head_a; i < len; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

static inline __attribute__((always_inline)) void insert_each(uint8_t *items, size_t n, size_t len)
{
    uint8_t moving[SYM_SORTED_BYTES_MAX];
    for (size_t i = 1; i < n; i++) {
        size_t to = i;
        while (to > 0 && sym_sorted_compare(items + i * len, items + (to - 1) * len, len) < 0) {
            to--;
        }
        if (to < i) {
            memcpy(moving, items + i * len, len);
            memmove(items + (to + 1) * len, items + to * len, (i - to) * len);
            memcpy(items + to * len, moving, len);
        }
    }
}

static inline __attribute__((always_inline)) void swap(uint8_t *a, uint8_t *b, size_t len)
{
    uint8_t kept[SYM_SORTED_BYTES_MAX];
    memcpy(kept, a, len);
    memcpy(a, b, len);
    memcpy(b, kept, len);
}

/* Splits by the byte at depth. Every swap brings an item to the part it belongs to. */
static inline __attribute__((always_inline)) void
split(size_t starts[SYM_SORTED_PARTS + 1], uint8_t *items, size_t n, size_t len, size_t depth)
{
    size_t next[SYM_SORTED_PARTS];
    memset(starts, 0, (SYM_SORTED_PARTS + 1) * sizeof *starts);
    for (size_t i = 0; i < n; i++) {
        starts[items[i * len + depth] + 1u]++;
    }
    for (size_t p = 0; p < SYM_SORTED_PARTS; p++) {
        starts[p + 1] += starts[p];
        next[p] = starts[p];
    }
    for (size_t p = 0; p < SYM_SORTED_PARTS; p++) {
        while (next[p] < starts[p + 1]) {
            uint8_t *item = items + next[p] * len;
            uint8_t home = item[depth];
            if (home == p) {
                next[p]++;
            } else {
                swap(item, items + next[home]++ * len, len);
            }
        }
    }
}

void sym_sorted_split(size_t starts[SYM_SORTED_PARTS + 1], uint8_t *items, size_t n, size_t len)
{
    if (len == USUAL) {
        split(starts, items, n, USUAL, 0);
    } else {
        split(starts, items, n, len, 0);
    }
}

static void sort_usual(uint8_t *items, size_t n, size_t depth)
{
    size_t starts[SYM_SORTED_PARTS + 1];
    if (n < FEW) {
        insert_each(items, n, USUAL);
        return;
    }
    split(starts, items, n, USUAL, depth);
    for (size_t p = 0; depth + 1 < USUAL && p < SYM_SORTED_PARTS; p++) {
        sort_usual(items + starts[p] * USUAL, starts[p + 1] - starts[p], depth + 1);
    }
}

static void sort_from(uint8_t *items, size_t n, size_t len, size_t depth)
{
    size_t starts[SYM_SORTED_PARTS + 1];
    if (n < FEW) {
        insert_each(items, n, len);
        return;
    }
    split(starts, items, n, len, depth);
    for (size_t p = 0; depth + 1 < len && p < SYM_SORTED_PARTS; p++) {
        sort_from(items + starts[p] * len, starts[p + 1] - starts[p], len, depth + 1);
    }
}

void sym_sorted_sort(uint8_t *items, size_t n, size_t len)
{
    if (len == USUAL) {
        sort_usual(items, n, 0);
    } else {
        sort_from(items, n, len, 0);
    }
}

void sym_sorted_count(uint32_t counts[SYM_SORTED_PARTS], const uint8_t *items, size_t n, size_t len)
{
    for (size_t i = 0; i < n; i++) {
        counts[items[i * len]]++;
    }
}

void sym_sorted_places(size_t starts[SYM_SORTED_PARTS + 1], uint32_t (*counts)[SYM_SORTED_PARTS],
                       size_t pieces)
{
    size_t next = 0;
    for (size_t p = 0; p < SYM_SORTED_PARTS; p++) {
        starts[p] = next;
        for (size_t k = 0; k < pieces; k++) {
            const uint32_t some = counts[k][p];
            counts[k][p] = (uint32_t)next;
            next += some;
        }
    }
    starts[SYM_SORTED_PARTS] = next;
}

static inline __attribute__((always_inline)) void
move_each(uint8_t *out, uint32_t *places, const uint8_t *items, size_t n, size_t len)
{
    for (size_t i = 0; i < n; i++) {
        memcpy(out + (size_t)places[items[i * len]]++ * len, items + i * len, len);
    }
}

void sym_sorted_move(uint8_t *out, uint32_t places[SYM_SORTED_PARTS], const uint8_t *items,
                     size_t n, size_t len)
{
    if (len == USUAL) {
        move_each(out, places, items, n, USUAL);
    } else if (len == PLACED) {
        move_each(out, places, items, n, PLACED);
    } else {
        move_each(out, places, items, n, len);
    }
}

#define FINE_BITS 12u

/* By counting on the bits behind the first byte, as many as give a place to each item; the few of
 * one place are inserted. */
static inline __attribute__((always_inline)) void part(uint8_t *out, const uint8_t *items, size_t n,
                                                       size_t len)
{
    uint32_t ends[1u << FINE_BITS] = {0};
    unsigned bits = 1;
    while (bits < FINE_BITS && (size_t)1 << bits < n) {
        bits++;
    }
    for (size_t i = 0; i < n; i++) {
        ends[sym_get_u64(items + i * len) << 8 >> (64 - bits)]++;
    }
    for (size_t k = 0, next = 0; k < (size_t)1 << bits; k++) {
        const uint32_t some = ends[k];
        ends[k] = (uint32_t)next;
        next += some;
    }
    for (size_t i = 0; i < n; i++) {
        const uint8_t *item = items + i * len;
        memcpy(out + (size_t)ends[sym_get_u64(item) << 8 >> (64 - bits)]++ * len, item, len);
    }
    for (size_t k = 0, first = 0; k < (size_t)1 << bits; first = ends[k++]) {
        sort_from(out + first * len, ends[k] - first, len, 1);
    }
}

void sym_sorted_part(uint8_t *out, const uint8_t *items, size_t n, size_t len)
{
    if (len == USUAL) {
        part(out, items, n, USUAL);
    } else if (len == PLACED) {
        part(out, items, n, PLACED);
    } else {
        part(out, items, n, len);
    }
}

/* A range, at most n items, that holds the first item not before wanted, unless all are: found by
 * doubling steps away from where that item would be if all were spread evenly. */
static void narrow(size_t *low, size_t *high, const uint8_t *items, size_t n, size_t len,
                   const uint8_t *wanted)
{
    size_t guess = (size_t)(((sym_get_u64(wanted) >> 32) * (uint64_t)n) >> 32);
    size_t step = 1;
    *low = 0;
    *high = n;
    if (sym_sorted_compare(items + guess * len, wanted, len) < 0) {
        for (*low = guess + 1; step < n - guess; step *= 2) {
            if (sym_sorted_compare(items + (guess + step) * len, wanted, len) >= 0) {
                *high = guess + step + 1;
                return;
            }
            *low = guess + step + 1;
        }
    } else {
        for (*high = guess + 1; step <= guess; step *= 2) {
            if (sym_sorted_compare(items + (guess - step) * len, wanted, len) < 0) {
                *low = guess - step + 1;
                return;
            }
            *high = guess - step + 1;
        }
    }
}

bool sym_sorted_has(const uint8_t *items, size_t n, size_t len, const uint8_t *wanted)
{
    size_t low = 0;
    size_t high = 0;
    if (n == 0) {
        return false;
    }
    narrow(&low, &high, items, n, len, wanted);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sym_sorted_compare(items + middle * len, wanted, len) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < n && sym_sorted_compare(items + low * len, wanted, len) == 0;
}

/* About as many buckets as items, but 2 at least: a shift by 64 is none. */
static unsigned index_bits(size_t n)
{
    unsigned bits = 1;
    while (bits < 31 && (size_t)1 << bits < n) {
        bits++;
    }
    return bits;
}

size_t sym_sorted_index_room(size_t n)
{
    return ((size_t)1 << index_bits(n)) + 1;
}

void sym_sorted_index_make(struct sym_sorted_index *out, uint32_t *starts, const uint8_t *items,
                           size_t n, size_t len)
{
    unsigned bits = index_bits(n);
    size_t bucket = 0;
    *out =
        (struct sym_sorted_index){.items = items, .len = len, .starts = starts, .shift = 64 - bits};
    for (size_t i = 0; i < n; i++) {
        size_t here = (size_t)(sym_get_u64(items + i * len) >> out->shift);
        while (bucket <= here) {
            starts[bucket++] = (uint32_t)i;
        }
    }
    while (bucket <= (size_t)1 << bits) {
        starts[bucket++] = (uint32_t)n;
    }
}

static bool bucket_has(const struct sym_sorted_index *index, const uint32_t *bucket,
                       const uint8_t *wanted)
{
    for (uint32_t i = bucket[0]; i < bucket[1]; i++) {
        if (sym_sorted_compare(index->items + i * index->len, wanted, index->len) == 0) {
            return true;
        }
    }
    return false;
}

void sym_sorted_index_has(bool has[SYM_SORTED_WANTED_MAX], const struct sym_sorted_index *index,
                          const uint8_t *wanted, size_t n)
{
    const uint32_t *buckets[SYM_SORTED_WANTED_MAX];
    for (size_t i = 0; i < n; i++) {
        buckets[i] = index->starts + (sym_get_u64(wanted + i * index->len) >> index->shift);
        __builtin_prefetch(buckets[i]);
    }
    for (size_t i = 0; i < n; i++) {
        __builtin_prefetch(index->items + *buckets[i] * index->len);
    }
    for (size_t i = 0; i < n; i++) {
        has[i] = bucket_has(index, buckets[i], wanted + i * index->len);
    }
}

size_t sym_sorted_break(const uint8_t *items, size_t n, size_t len, bool strictly)
{
    for (size_t i = 1; i < n; i++) {
        int order = sym_sorted_compare(items + (i - 1) * len, items + i * len, len);
        if (order > 0 || (strictly && order == 0)) {
            return i;
        }
    }
    return n;
}
