/* R's search: S's list is sorted, so it passes the buckets one after the other, and a small open
 * hash table of one bucket at a time answers. */
#include "crypto/vole/match.h"

struct slot {
    uint64_t high;
    uint32_t record; /* its number in the bucket plus one; 0 for an empty slot */
};

/* Slots for a bucket of n: a power of two, at most half full. */
static size_t slots_for(uint32_t n)
{
    size_t slots = 64;
    while (slots < 2 * ((size_t)n + 1)) {
        slots *= 2;
    }
    return slots;
}

size_t sym_match_search_bytes(const uint32_t *offsets, uint32_t bits)
{
    uint32_t largest = 0;
    for (size_t b = 0; b < (size_t)1 << bits; b++) {
        uint32_t n = offsets[b + 1] - offsets[b];
        largest = n > largest ? n : largest;
    }
    return slots_for(largest) * sizeof(struct slot);
}

/* Masks are uniform, and their low bits in high are not those that chose the bucket. */
static void fill_table(struct sym_match_search *s, uint32_t bucket)
{
    struct slot *table = s->table;
    const struct sym_match_record *r = s->records + s->offsets[bucket];
    const uint32_t n = s->offsets[bucket + 1] - s->offsets[bucket];
    const size_t slots = slots_for(n);
    memset(table, 0, slots * sizeof *table);
    s->table_mask = (uint32_t)slots - 1;
    s->bucket = bucket;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = (uint32_t)r[i].high & s->table_mask;
        while (table[at].record != 0) {
            at = (at + 1) & s->table_mask;
        }
        table[at] = (struct slot){r[i].high, i + 1};
    }
}

/* Looks one mask up; true with its number when R has it. */
static bool look_up(uint32_t *number, const struct sym_match_search *s, uint64_t high,
                    struct sym_block mask)
{
    const struct slot *table = s->table;
    const struct sym_match_record *bucket = s->records + s->offsets[s->bucket];
    for (uint32_t at = (uint32_t)high & s->table_mask; table[at].record != 0;
         at = (at + 1) & s->table_mask) {
        if (table[at].high != high) {
            continue;
        }
        *number = (uint32_t)bucket[table[at].record - 1].low;
        if (s->masks[*number].high == mask.high) {
            return true;
        }
    }
    return false;
}

static bool ascends(const struct sym_match_search *s, struct sym_block mask)
{
    uint64_t a = __builtin_bswap64(s->last.low);
    uint64_t b = __builtin_bswap64(mask.low);
    if (a != b) {
        return a < b;
    }
    return __builtin_bswap64(s->last.high) < __builtin_bswap64(mask.high);
}

enum sym_err sym_match_next(uint32_t *found, size_t *n_found, struct sym_match_search *s,
                            const uint8_t *list, size_t n)
{
    *n_found = 0;
    if (n > s->left) {
        return SYM_TRAILING;
    }
    s->left -= n;
    for (size_t i = 0; i < n; i++) {
        const struct sym_block mask = sym_block_load(list + i * SYM_VOLE_MASK_BYTES);
        const uint64_t high = __builtin_bswap64(mask.low);
        const uint32_t bucket = s->bits == 0 ? 0 : (uint32_t)(high >> (64 - s->bits));
        uint32_t number = 0;
        if (s->started && !ascends(s, mask)) {
            *n_found = 0;
            return SYM_BAD_FORMAT;
        }
        if (!s->started || bucket != s->bucket) {
            fill_table(s, bucket);
        }
        s->started = true;
        s->last = mask;
        if (look_up(&number, s, high, mask)) {
            found[(*n_found)++] = s->index == NULL ? number : s->index[number];
        }
    }
    return SYM_OK;
}
