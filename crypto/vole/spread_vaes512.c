#include "crypto/vole/code_vaes512.h"

#ifdef __x86_64__

#include "crypto/vole/wide_indices.h"

/* What outputs add up lies anywhere in y, which is larger than the second cache: where the third is
 * slow, blocks that are fetched one by one come several times slower than from there. So y is taken
 * in eleven parts, its stripes, each of which stays in that cache while all outputs of a panel add
 * up what they need of it. One of every output's striped indices lies in each part; those that may
 * be anywhere are sorted by parts beforehand.
 *
 * Index floor(rho m / 2^32) goes to part floor(11 rho / 2^32). Where m is no multiple of 11 it may
 * lie up to eleven blocks behind the stripe of that number, which is of no matter. */
#define PARTS WIDE_STRIPES

/* Groups of 64 outputs in a panel, and those after which it turns from stripes to other indices, so
 * that sums stay in the first cache. */
#define PANEL SYM_CODE_PANEL
#define STRIP 16u

/* An index of the part, and the output of the strip that adds it up. */
struct other {
    uint16_t index;
    uint16_t output;
};

/* Of a full batch. */
#define MOST_OUTPUTS 359424u

#define DRAWN      (SYM_CODE_UNIFORM * SYM_CODE_GRAIN)
#define OTHERS_MAX (PANEL * DRAWN / PARTS + 4 * DRAWN)

_Static_assert(MOST_OUTPUTS / PARTS + PARTS + 1 <= UINT16_MAX, "so has an index of a part");

struct panel {
    _Alignas(64) struct sym_block sums[2 * PANEL * SYM_CODE_GRAIN];
    struct other others[PARTS][OTHERS_MAX];
    uint32_t ends[PANEL / STRIP][PARTS]; /* of what strips have of them */
};

_Static_assert(sizeof(struct panel) <= SYM_CODE_SCRATCH_BYTES, "the scratch is large enough");

/* Sorts the indices of group b that may be anywhere. */
static inline void sort_others(struct other *ends[PARTS], const struct wide_keys *keys, size_t m,
                               size_t b, size_t first_output)
{
    const __m512i range = _mm512_set1_epi64((long long)m);
    const __m512i parts = _mm512_set1_epi64(PARTS);
    const __m512i stripe = _mm512_set1_epi32((int)(m / PARTS));
    const __m512i count = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    for (unsigned at = 0; at < DRAWN; at += 4 * WIDE_BLOCKS) {
        __m512i x[WIDE_AT_ONCE];
        _Alignas(64) uint32_t part[4 * WIDE_BLOCKS];
        _Alignas(64) uint32_t other[4 * WIDE_BLOCKS];
        wide_counter(x, keys, row_counter(b, 0) + at / 4);
        for (unsigned i = 0; i < WIDE_AT_ONCE; i++) {
            const unsigned output = (unsigned)first_output + (at + 16 * i) % SYM_CODE_GRAIN;
            const __m512i k = scaled(x[i], parts);
            const __m512i o = _mm512_add_epi32(count, _mm512_set1_epi32((int)output));
            const __m512i in_part =
                _mm512_sub_epi32(scaled(x[i], range), _mm512_mullo_epi32(k, stripe));
            wide_store(part + 16 * i, k);
            wide_store(other + 16 * i, _mm512_or_si512(in_part, _mm512_slli_epi32(o, 16)));
        }
        for (unsigned i = 0; i < 4 * WIDE_BLOCKS; i++) {
            struct other *to = ends[part[i]];
            memcpy(to, &other[i], sizeof *to);
            ends[part[i]] = to + 1;
        }
    }
}

/* Sorts those of as many groups as there are, and as fit; returns the number of groups. */
static size_t sort_panel(struct panel *p, const struct wide_keys *keys, size_t m,
                         size_t first_group, size_t groups)
{
    struct other *ends[PARTS];
    for (unsigned k = 0; k < PARTS; k++) {
        ends[k] = p->others[k];
    }
    for (size_t g = 0; g < groups; g++) {
        uint32_t most = 0;
        sort_others(ends, keys, m, first_group + g, SYM_CODE_GRAIN * (g % STRIP));
        for (unsigned k = 0; k < PARTS; k++) {
            const uint32_t end = (uint32_t)(ends[k] - p->others[k]);
            p->ends[g / STRIP][k] = end;
            most = end > most ? end : most;
        }
        if (most + DRAWN > OTHERS_MAX) {
            return g + 1;
        }
    }
    return groups;
}

static inline __attribute__((always_inline)) void add_one(struct sym_block *sums,
                                                          const struct sym_block *part,
                                                          const unsigned vectors, size_t output,
                                                          size_t index)
{
    if (vectors == 1) {
        __m128i *sum = (__m128i *)(sums + output);
        _mm_store_si128(sum, _mm_xor_si128(_mm_load_si128(sum),
                                           _mm_loadu_si128((const __m128i *)(part + index))));
    } else {
        __m256i *sum = (__m256i *)(sums + 2 * output);
        _mm256_store_si256(
            sum, _mm256_xor_si256(_mm256_load_si256(sum),
                                  _mm256_loadu_si256((const __m256i *)(part + 2 * index))));
    }
}

/* The indices of two groups, from b on, in stripe k. */
static inline void draw_stripe(uint32_t indices[2 * SYM_CODE_GRAIN], const struct wide_keys *keys,
                               size_t m, size_t b, unsigned k)
{
    const __m512i count = _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0);
    const __m512i range = _mm512_set1_epi64((long long)(m / PARTS));
    __m512i x[WIDE_AT_ONCE];
    for (unsigned i = 0; i < WIDE_AT_ONCE; i++) {
        const uint64_t start =
            row_counter(b + i / 4, SYM_CODE_UNIFORM + k) + (uint64_t)WIDE * (i % 4);
        x[i] = _mm512_add_epi64(wide_same((struct sym_block){start, 0}), count);
    }
    wide_encrypt(x, keys);
    for (unsigned i = 0; i < WIDE_AT_ONCE; i++) {
        wide_store(indices + 16 * i, scaled(x[i], range));
    }
}

/* What the outputs of a panel add up of part k. */
static inline __attribute__((always_inline)) void
add_part(struct sym_block *sums, const struct panel *p, const struct wide_keys *keys,
         const struct sym_block *y, const unsigned vectors, size_t m, size_t first_group,
         size_t groups, unsigned k)
{
    const struct sym_block *part = y + vectors * (k * (m / PARTS));
    const struct other *next = p->others[k];
    for (size_t i = 0; i < vectors * (m / PARTS + PARTS); i += WIDE) {
        _mm_prefetch((const char *)(part + i), _MM_HINT_T1);
    }
    for (size_t g = 0; g < groups; g += 2) {
        _Alignas(64) uint32_t indices[2 * SYM_CODE_GRAIN];
        draw_stripe(indices, keys, m, first_group + g, k);
        for (size_t o = 0; o < 2 * SYM_CODE_GRAIN; o++) {
            add_one(sums, part, vectors, SYM_CODE_GRAIN * g + o, indices[o]);
        }
        if ((g + 2) % STRIP == 0 || g + 2 >= groups) {
            const struct other *end = p->others[k] + p->ends[g / STRIP][k];
            const size_t first = SYM_CODE_GRAIN * (g / STRIP * STRIP);
            for (; next < end; next++) {
                add_one(sums, part, vectors, first + next->output, next->index);
            }
        }
    }
}

/* Outputs at … at + n - 1 of w, or of w and u, into the panel, and back, which leaves nothing. */
static inline __attribute__((always_inline)) void load(struct panel *p, const struct sym_block *w,
                                                       const struct sym_block *u,
                                                       const unsigned vectors, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        p->sums[vectors * i] = w[i];
        if (vectors == 2) {
            p->sums[2 * i + 1] = u[i];
        }
    }
}

static inline __attribute__((always_inline)) void
store(struct sym_block *w, struct sym_block *u, struct panel *p, const unsigned vectors, size_t n)
{
    size_t some = 0;
    for (size_t at = 0; at < n; at += some) {
        some = n - at < SYM_CODE_GRAIN ? n - at : SYM_CODE_GRAIN;
        struct sym_block *from = p->sums + vectors * at;
        for (size_t i = 0; i < some; i++) {
            w[at + i] = from[vectors * i];
            if (vectors == 2) {
                u[at + i] = from[2 * i + 1];
            }
        }
        sym_wipe(from, vectors * some * sizeof *from);
    }
}

static inline __attribute__((always_inline)) void
spread_far(struct sym_block *w, struct sym_block *u, const unsigned vectors,
           const struct sym_block keys[SYM_AES_ROUND_KEYS], const struct sym_block *y, size_t m,
           size_t first, size_t n, void *scratch)
{
    struct panel *p = scratch;
    struct wide_keys k;
    wide_keys_init(&k, keys);
    for (size_t at = first, some = 0; at < first + n; at += some) {
        const size_t left = first + n - at;
        const size_t first_group = at / SYM_CODE_GRAIN;
        const size_t all = (left + SYM_CODE_GRAIN - 1) / SYM_CODE_GRAIN;
        const size_t groups = sort_panel(p, &k, m, first_group, all < PANEL ? all : PANEL);
        some = left < SYM_CODE_GRAIN * groups ? left : SYM_CODE_GRAIN * groups;
        /* One vector that fills its groups is its own panel. */
        const bool in_place = vectors == 1 && some == SYM_CODE_GRAIN * groups && groups % 2 == 0;
        struct sym_block *sums = in_place ? w + at : p->sums;
        if (!in_place) {
            load(p, w + at, u + at, vectors, some);
        }
        for (unsigned part = 0; part < PARTS; part++) {
            add_part(sums, p, &k, y, vectors, m, first_group, groups, part);
        }
        if (!in_place) {
            store(w + at, u + at, p, vectors, some);
        }
    }
}

void sym_code_vaes512_spread(struct sym_block *out, const struct sym_block keys[SYM_AES_ROUND_KEYS],
                             const struct sym_block *y, size_t m, size_t first, size_t n,
                             void *scratch)
{
    if (m * sizeof *y < SYM_CODE_NEAR_BYTES) {
        sym_code_vaes512_gather(out, keys, y, m, first, n, scratch);
    } else {
        spread_far(out, out, 1, keys, y, m, first, n, scratch);
    }
}

void sym_code_vaes512_spread_pairs(struct sym_block *w, struct sym_block *u,
                                   const struct sym_block keys[SYM_AES_ROUND_KEYS],
                                   const struct sym_block *pairs, size_t m, size_t first, size_t n,
                                   void *scratch)
{
    if (m * 2 * sizeof *pairs < SYM_CODE_NEAR_BYTES) {
        sym_code_vaes512_gather_pairs(w, u, keys, pairs, m, first, n, scratch);
    } else {
        spread_far(w, u, 2, keys, pairs, m, first, n, scratch);
    }
}

#else
typedef int sym_spread_vaes512_is_of_x86;
#endif
