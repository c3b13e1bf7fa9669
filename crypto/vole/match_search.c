/* R's search: S's list is sorted, so it passes the buckets one after the other. The records of one
 * bucket at a time are put in the order of their next bits: a mask of S can only be among the few
 * where its own bits lead. Whether it is there is as good as random, so nothing branches on that
 * before many have been looked for. */
#include "crypto/vole/match.h"

/* Masks that may be there wait here until all of the bucket, or this many, are looked at; and
 * records that agree in 12 bytes until the other 4 of R's own masks have come from memory. */
#define WAITING 64u
/* Records behind one place that are looked at without a branch: seldom are there more. */
#define LOOK 4u

/* A mask of S that may be there. */
struct candidate {
    uint64_t high;
    uint64_t rest; /* as in memory */
    uint32_t place;
};

/* A record that agrees with it as far as it tells. */
struct pending {
    uint32_t number;
    uint64_t rest;
};

struct waiting {
    size_t candidates;
    size_t pending;
    struct candidate candidate[WAITING + 1]; /* one more is written than counted */
    struct pending of[WAITING];
};

/* The bits that choose a place in a bucket of n: one record or fewer in each. */
static uint32_t place_bits(uint32_t n)
{
    uint32_t bits = 1;
    while (((uint64_t)1 << bits) < n) {
        bits++;
    }
    return bits;
}

/* Where places begin, one more, and one to count with; then the records. */
static size_t starts_bytes(uint32_t bits)
{
    const size_t bytes = (((size_t)1 << bits) + 2) * sizeof(uint32_t);
    return (bytes + 63) / 64 * 64;
}

size_t sym_match_search_bytes(const uint32_t *offsets, uint32_t bits)
{
    uint32_t largest = sym_match_largest(offsets, bits);
    return starts_bytes(place_bits(largest)) +
           ((size_t)largest + LOOK) * sizeof(struct sym_match_record);
}

static inline uint32_t *starts_of(const struct sym_match_search *s)
{
    return s->table;
}

static inline struct sym_match_record *sorted_of(const struct sym_match_search *s)
{
    return (struct sym_match_record *)(void *)((uint8_t *)s->table + starts_bytes(s->place_bits));
}

static inline uint32_t place_of(const struct sym_match_search *s, uint64_t high)
{
    return (uint32_t)(high << s->bits >> (64 - s->place_bits));
}

static void fill_table(struct sym_match_search *s, uint32_t bucket)
{
    const struct sym_match_record *r = s->records + s->offsets[bucket];
    const uint32_t n = s->offsets[bucket + 1] - s->offsets[bucket];
    s->bucket = bucket;
    s->place_bits = place_bits(n);
    uint32_t *starts = starts_of(s);
    struct sym_match_record *sorted = sorted_of(s);
    const uint32_t places = 1u << s->place_bits;
    memset(starts, 0, starts_bytes(s->place_bits));
    for (uint32_t i = 0; i < n; i++) {
        starts[place_of(s, r[i].high) + 2]++;
    }
    for (uint32_t p = 2; p <= places; p++) {
        starts[p] += starts[p - 1];
    }
    for (uint32_t i = 0; i < n; i++) {
        sorted[starts[place_of(s, r[i].high) + 1]++] = r[i];
    }
    memset(sorted + n, 0, LOOK * sizeof *sorted);
}

/* No when none of the records there has these first 8 bytes. */
static inline bool may_be_there(const struct sym_match_search *s, uint64_t high, uint32_t place)
{
    const uint32_t *start = starts_of(s) + place;
    const struct sym_match_record *r = sorted_of(s) + start[0];
    bool may = start[1] - start[0] > LOOK;
    for (unsigned i = 0; i < LOOK; i++) {
        may |= r[i].high == high;
    }
    return may;
}

static void settle(uint32_t *found, size_t *n_found, const struct sym_match_search *s,
                   struct waiting *w)
{
    for (size_t i = 0; i < w->pending; i++) {
        const uint32_t number = w->of[i].number;
        if (s->masks[number].high == w->of[i].rest) {
            found[(*n_found)++] = s->index == NULL ? number : s->index[number];
        }
    }
    w->pending = 0;
}

/* Looks the candidates up among the records where they lead. */
static void look_up(uint32_t *found, size_t *n_found, const struct sym_match_search *s,
                    struct waiting *w)
{
    for (size_t i = 0; i < w->candidates; i++) {
        const struct candidate *c = &w->candidate[i];
        const uint32_t *start = starts_of(s) + c->place;
        const uint32_t low_top = (uint32_t)(__builtin_bswap64(c->rest) >> 32);
        for (uint32_t at = start[0]; at < start[1]; at++) {
            const struct sym_match_record *r = sorted_of(s) + at;
            const uint32_t number = (uint32_t)r->low;
            if (r->high != c->high || (uint32_t)(r->low >> 32) != low_top) {
                continue;
            }
            __builtin_prefetch(&s->masks[number]);
            if (s->index != NULL) {
                __builtin_prefetch(&s->index[number]);
            }
            w->of[w->pending++] = (struct pending){number, c->rest};
            if (w->pending == WAITING) {
                settle(found, n_found, s, w);
            }
        }
    }
    w->candidates = 0;
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
    struct waiting w;
    w.candidates = 0;
    w.pending = 0;
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
            look_up(found, n_found, s, &w);
            fill_table(s, bucket);
        }
        s->started = true;
        s->last = mask;
        const uint32_t place = place_of(s, high);
        w.candidate[w.candidates] = (struct candidate){high, mask.high, place};
        w.candidates += may_be_there(s, high, place);
        if (w.candidates == WAITING) {
            look_up(found, n_found, s, &w);
        }
    }
    look_up(found, n_found, s, &w);
    settle(found, n_found, s, &w);
    return SYM_OK;
}
