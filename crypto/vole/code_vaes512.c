#include "crypto/vole/code_vaes512.h"

#ifdef __x86_64__

#include "crypto/vole/wide.h"

/* Eight elements bit by bit: byte j of quadword q of half h holds bit j of byte 8h + q of each of
 * them. So GF2P8AFFINEQB multiplies them all by one 8x8 matrix. */
struct slices {
    __m512i half[2];
};

#define GROUP  8u
#define WINDOW 4u

/* Groups whose coefficients are drawn at once, two blocks each; and whose diagonal is. */
#define DRAWN       64u
#define DRAWN_THETA 16u

#define SALT_FIRST    1u
#define SALT_DIAGONAL 5u
#define SALT_SECOND   2u

/* Bytes of eight elements, the last first, so that they are the rows of matrices. */
static const _Alignas(64) uint8_t gather_low[64] = {
    112, 96,  80, 64, 48, 32, 16, 0, 113, 97,  81, 65, 49, 33, 17, 1,
    114, 98,  82, 66, 50, 34, 18, 2, 115, 99,  83, 67, 51, 35, 19, 3,
    116, 100, 84, 68, 52, 36, 20, 4, 117, 101, 85, 69, 53, 37, 21, 5,
    118, 102, 86, 70, 54, 38, 22, 6, 119, 103, 87, 71, 55, 39, 23, 7};
static const _Alignas(64) uint8_t gather_high[64] = {
    120, 104, 88, 72, 56, 40, 24, 8,  121, 105, 89, 73, 57, 41, 25, 9,
    122, 106, 90, 74, 58, 42, 26, 10, 123, 107, 91, 75, 59, 43, 27, 11,
    124, 108, 92, 76, 60, 44, 28, 12, 125, 109, 93, 77, 61, 45, 29, 13,
    126, 110, 94, 78, 62, 46, 30, 14, 127, 111, 95, 79, 63, 47, 31, 15};
/* And back: the bytes of the first four elements, and of the others. */
static const _Alignas(64) uint8_t ungather_low[64] = {
    0, 8,  16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120,
    1, 9,  17, 25, 33, 41, 49, 57, 65, 73, 81, 89, 97, 105, 113, 121,
    2, 10, 18, 26, 34, 42, 50, 58, 66, 74, 82, 90, 98, 106, 114, 122,
    3, 11, 19, 27, 35, 43, 51, 59, 67, 75, 83, 91, 99, 107, 115, 123};
static const _Alignas(64) uint8_t ungather_high[64] = {
    4, 12, 20, 28, 36, 44, 52, 60, 68, 76, 84, 92, 100, 108, 116, 124,
    5, 13, 21, 29, 37, 45, 53, 61, 69, 77, 85, 93, 101, 109, 117, 125,
    6, 14, 22, 30, 38, 46, 54, 62, 70, 78, 86, 94, 102, 110, 118, 126,
    7, 15, 23, 31, 39, 47, 55, 63, 71, 79, 87, 95, 103, 111, 119, 127};
static const _Alignas(64) uint8_t reverse_quadwords[64] = {
    7,  6,  5,  4,  3,  2,  1,  0,  15, 14, 13, 12, 11, 10, 9,  8,  7,  6,  5,  4,  3,  2,
    1,  0,  15, 14, 13, 12, 11, 10, 9,  8,  7,  6,  5,  4,  3,  2,  1,  0,  15, 14, 13, 12,
    11, 10, 9,  8,  7,  6,  5,  4,  3,  2,  1,  0,  15, 14, 13, 12, 11, 10, 9,  8};

static inline __m512i transpose(__m512i matrices)
{
    const __m512i units = _mm512_set1_epi64((long long)0x8040201008040201u);
    return _mm512_gf2p8affine_epi64_epi8(units, matrices, 0);
}

static inline struct slices slice(__m512i low, __m512i high)
{
    __m512i a = _mm512_permutex2var_epi8(low, wide_load(gather_low), high);
    __m512i b = _mm512_permutex2var_epi8(low, wide_load(gather_high), high);
    return (struct slices){{transpose(a), transpose(b)}};
}

static inline void unslice(__m512i *low, __m512i *high, struct slices s)
{
    const __m512i reverse = wide_load(reverse_quadwords);
    __m512i a = transpose(_mm512_shuffle_epi8(s.half[0], reverse));
    __m512i b = transpose(_mm512_shuffle_epi8(s.half[1], reverse));
    *low = _mm512_permutex2var_epi8(a, wide_load(ungather_low), b);
    *high = _mm512_permutex2var_epi8(a, wide_load(ungather_high), b);
}

static inline __m512i affine(__m512i x, uint64_t matrix)
{
    return _mm512_gf2p8affine_epi64_epi8(x, _mm512_set1_epi64((long long)matrix), 0);
}

/* One group: returns y, and carry moves on. */
static inline struct slices convolve(struct slices x, struct slices carry[WINDOW],
                                     const uint64_t c[4])
{
    const uint64_t triangle = (c[0] & 0x000103070f1f3f7fu) | 0x0102040810204080u;
    struct slices y;
    for (unsigned h = 0; h < 2; h++) {
        y.half[h] = affine(wide_add(x.half[h], carry[0].half[h]), triangle);
        for (unsigned k = 0; k + 1 < WINDOW; k++) {
            carry[k].half[h] = wide_add(carry[k + 1].half[h], affine(y.half[h], c[k + 1]));
        }
        carry[WINDOW - 1].half[h] = y.half[h];
    }
    return y;
}

/* At most two vectors go through together: they share coefficients, and neither waits for the
 * other. */
#define VECTORS 2u

static inline void coefficients(uint64_t c[4], const struct sym_block *drawn, size_t g)
{
    memcpy(c, drawn + 2 * (g % DRAWN), 4 * sizeof *c);
}

/* The first convolution, which leaves its results sliced. */
static inline __attribute__((always_inline)) void first_pass(struct sym_block *const x[VECTORS],
                                                             const unsigned n,
                                                             const struct wide_keys *keys, size_t m)
{
    struct slices carry[VECTORS][WINDOW];
    struct sym_block drawn[2 * DRAWN];
    memset(carry, 0, sizeof carry);
    for (size_t g = 0; g < m / GROUP; g++) {
        uint64_t c[4];
        if (g % DRAWN == 0) {
            wide_draw(drawn, keys, SYM_CODE_SALT(SALT_FIRST) + 2 * g, 2 * DRAWN);
        }
        coefficients(c, drawn, g);
        for (unsigned v = 0; v < n; v++) {
            struct sym_block *at = x[v] + GROUP * g;
            struct slices y = convolve(slice(wide_load(at), wide_load(at + WIDE)), carry[v], c);
            wide_store(at, y.half[0]);
            wide_store(at + WIDE, y.half[1]);
        }
    }
    for (unsigned v = 0; v < n; v++) {
        for (unsigned k = 0; k < 2 * WINDOW; k++) {
            struct sym_block *at = x[v] + WIDE * k;
            wide_store(at, wide_add(wide_load(at), carry[v][k / 2].half[k % 2]));
        }
    }
    sym_wipe(carry, sizeof carry);
}

/* Puts a group of results where they belong: in place, or side by side. */
static inline __attribute__((always_inline)) void put(struct sym_block *pairs,
                                                      struct sym_block *const x[VECTORS],
                                                      const unsigned n, size_t g,
                                                      const struct slices y[VECTORS])
{
    __m512i e[VECTORS][2];
    for (unsigned v = 0; v < n; v++) {
        unslice(&e[v][0], &e[v][1], y[v]);
    }
    for (unsigned h = 0; h < 2; h++) {
        if (n == 1) {
            wide_store(x[0] + GROUP * g + WIDE * h, e[0][h]);
            continue;
        }
        struct sym_block *to = pairs + 2 * (GROUP * g + WIDE * h);
        const __m512i first = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
        const __m512i second = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
        wide_store(to, _mm512_permutex2var_epi64(e[0][h], first, e[1][h]));
        wide_store(to + WIDE, _mm512_permutex2var_epi64(e[0][h], second, e[1][h]));
    }
}

/* One group of one vector times its part of the diagonal. */
static inline struct slices scale(const struct sym_block *at, const struct sym_block *theta)
{
    __m512i low;
    __m512i high;
    unslice(&low, &high, (struct slices){{wide_load(at), wide_load(at + WIDE)}});
    low = wide_multiply(low, wide_load(theta));
    high = wide_multiply(high, wide_load(theta + WIDE));
    return slice(low, high);
}

/* The diagonal and the second convolution, with their results unsliced. */
static inline __attribute__((always_inline)) void
second_pass(struct sym_block *pairs, struct sym_block *const x[VECTORS], const unsigned n,
            const struct wide_keys *keys, size_t m)
{
    struct slices carry[VECTORS][WINDOW];
    struct slices start[WINDOW][VECTORS]; /* the first groups, for the carries of the last */
    struct sym_block drawn[2 * DRAWN];
    struct sym_block theta[GROUP * DRAWN_THETA];
    memset(carry, 0, sizeof carry);
    for (size_t g = 0; g < m / GROUP; g++) {
        uint64_t c[4];
        struct slices y[VECTORS];
        if (g % DRAWN == 0) {
            wide_draw(drawn, keys, SYM_CODE_SALT(SALT_SECOND) + 2 * g, 2 * DRAWN);
        }
        if (g % DRAWN_THETA == 0) {
            wide_draw(theta, keys, SYM_CODE_SALT(SALT_DIAGONAL) + GROUP * g, GROUP * DRAWN_THETA);
        }
        coefficients(c, drawn, g);
        for (unsigned v = 0; v < n; v++) {
            struct slices s = scale(x[v] + GROUP * g, theta + GROUP * (g % DRAWN_THETA));
            y[v] = convolve(s, carry[v], c);
            if (g < WINDOW) {
                start[g][v] = y[v];
            }
        }
        put(pairs, x, n, g, y);
    }
    for (unsigned k = 0; k < WINDOW; k++) {
        for (unsigned v = 0; v < n; v++) {
            for (unsigned h = 0; h < 2; h++) {
                start[k][v].half[h] = wide_add(start[k][v].half[h], carry[v][k].half[h]);
            }
        }
        put(pairs, x, n, k, start[k]);
    }
    sym_wipe(carry, sizeof carry);
    sym_wipe(start, sizeof start);
}

void sym_code_vaes512_accumulate(struct sym_block *x,
                                 const struct sym_block keys[SYM_AES_ROUND_KEYS], size_t m)
{
    struct sym_block *const vectors[VECTORS] = {x, NULL};
    struct wide_keys k;
    wide_keys_init(&k, keys);
    first_pass(vectors, 1, &k, m);
    second_pass(NULL, vectors, 1, &k, m);
}

void sym_code_vaes512_accumulate_pairs(struct sym_block *pairs, struct sym_block *w,
                                       struct sym_block *u,
                                       const struct sym_block keys[SYM_AES_ROUND_KEYS], size_t m)
{
    struct sym_block *const vectors[VECTORS] = {w, u};
    struct wide_keys k;
    wide_keys_init(&k, keys);
    first_pass(vectors, 2, &k, m);
    second_pass(pairs, vectors, 2, &k, m);
}

#else
typedef int sym_code_vaes512_is_of_x86;
#endif
