/* R's search: S's list is sorted, so it passes the buckets one after the other, and a small open
 * hash table of one bucket at a time answers. */
#include "crypto/vole/match.h"

/* Candidates that agree in 12 bytes wait here until the other 4 of R's own masks have come from
 * memory. */
#define WAITING 32u

struct waiting {
    size_t n;
    struct candidate {
        uint32_t number;
        uint64_t rest; /* of S's mask, as in memory */
    } of[WAITING];
};

/* A slot has the number of a record in its bucket plus one; 0 is empty. */
typedef uint32_t slot;

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
    return slots_for(largest) * sizeof(slot);
}

/* Masks are uniform, and their low bits in high are not those that chose the bucket. */
static void fill_table(struct sym_match_search *s, uint32_t bucket)
{
    slot *table = s->table;
    const struct sym_match_record *r = s->records + s->offsets[bucket];
    const uint32_t n = s->offsets[bucket + 1] - s->offsets[bucket];
    const size_t slots = slots_for(n);
    memset(table, 0, slots * sizeof *table);
    s->table_mask = (uint32_t)slots - 1;
    s->bucket = bucket;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = (uint32_t)r[i].high & s->table_mask;
        while (table[at] != 0) {
            at = (at + 1) & s->table_mask;
        }
        table[at] = i + 1;
    }
}

static void settle(uint32_t *found, size_t *n_found, const struct sym_match_search *s,
                   struct waiting *waiting)
{
    for (size_t i = 0; i < waiting->n; i++) {
        const uint32_t number = waiting->of[i].number;
        if (s->masks[number].high == waiting->of[i].rest) {
            found[(*n_found)++] = s->index == NULL ? number : s->index[number];
        }
    }
    waiting->n = 0;
}

/* Lets all of R's masks wait that agree as far as their records tell. */
static void look_up(uint32_t *found, size_t *n_found, const struct sym_match_search *s,
                    uint64_t high, uint64_t rest, struct waiting *waiting)
{
    const slot *table = s->table;
    const struct sym_match_record *bucket = s->records + s->offsets[s->bucket];
    const uint32_t low_top = (uint32_t)(__builtin_bswap64(rest) >> 32);
    for (uint32_t at = (uint32_t)high & s->table_mask; table[at] != 0;
         at = (at + 1) & s->table_mask) {
        const struct sym_match_record *r = &bucket[table[at] - 1];
        if (r->high != high || (uint32_t)(r->low >> 32) != low_top) {
            continue;
        }
        const uint32_t number = (uint32_t)r->low;
        __builtin_prefetch(&s->masks[number]);
        if (s->index != NULL) {
            __builtin_prefetch(&s->index[number]);
        }
        waiting->of[waiting->n++] = (struct candidate){number, rest};
        if (waiting->n == WAITING) {
            settle(found, n_found, s, waiting);
        }
    }
}

/* Does a mask follow the one before? */
static bool ascends(const struct sym_match_search *s, uint64_t high, uint64_t rest)
{
    uint64_t last = __builtin_bswap64(s->last.low);
    if (last != high) {
        return last < high;
    }
    return __builtin_bswap64(s->last.high) < __builtin_bswap64(rest);
}

enum sym_err sym_match_next(uint32_t *found, size_t *n_found, struct sym_match_search *s,
                            const uint8_t *list, size_t n)
{
    struct waiting waiting = {.n = 0};
    *n_found = 0;
    if (n > s->left) {
        return SYM_TRAILING;
    }
    s->left -= n;
    for (size_t i = 0; i < n; i++) {
        const struct sym_block mask = sym_block_load(list + i * SYM_VOLE_MASK_BYTES);
        const uint64_t high = __builtin_bswap64(mask.low);
        const uint32_t bucket = s->bits == 0 ? 0 : (uint32_t)(high >> (64 - s->bits));
        if (s->started && !ascends(s, high, mask.high)) {
            *n_found = 0;
            return SYM_BAD_FORMAT;
        }
        if (!s->started || bucket != s->bucket) {
            fill_table(s, bucket);
        }
        s->started = true;
        s->last = mask;
        look_up(found, n_found, s, high, mask.high, &waiting);
    }
    settle(found, n_found, s, &waiting);
    return SYM_OK;
}
