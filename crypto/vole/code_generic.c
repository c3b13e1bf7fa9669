/* The code in plain C (16-byte vectors, which the compiler maps to what there is). Coefficients and
 * indices are public, so looking sums up by them is constant time in the data. */
#include "crypto/vole/code_indices.h"

#include <string.h>

#define GROUP  8u
#define WINDOW 4u

/* Groups whose coefficients are drawn at once, two blocks each. */
#define DRAWN 64u

#define SALT_FIRST    1u
#define SALT_DIAGONAL 5u
#define SALT_SECOND   2u

typedef uint64_t element __attribute__((vector_size(16), aligned(16), may_alias));

/* All sums of four elements: sums[h][s] of those elements 4h + i for which bit i of s is set. So a
 * row of eight coefficients is two look-ups. */
struct sums {
    element of[2][16];
};

static inline void make_sums(struct sums *s, const element x[GROUP])
{
    for (unsigned h = 0; h < 2; h++) {
        s->of[h][0] = (element){0, 0};
        for (unsigned i = 0; i < 4; i++) {
            for (unsigned j = 0; j < 1u << i; j++) {
                s->of[h][(1u << i) + j] = s->of[h][j] ^ x[4 * h + i];
            }
        }
    }
}

static inline element look_up(const struct sums *s, uint64_t row)
{
    return s->of[0][row & 15] ^ s->of[1][row >> 4 & 15];
}

/* Row i of the matrix in a coefficient word. */
static inline uint64_t row_of(uint64_t word, unsigned i)
{
    return word >> (8 * (GROUP - 1 - i)) & 0xff;
}

/* What is carried from group to group, and what one of them leaves. */
struct work {
    element carry[WINDOW][GROUP];
    element y[GROUP];
    struct sums sums;
};

/* One group: y replaces x, carry moves on. */
static inline void convolve_group(element x[GROUP], struct work *w, const uint64_t c[4])
{
    for (unsigned i = 0; i < GROUP; i++) {
        w->y[i] = x[i] ^ w->carry[0][i];
    }
    make_sums(&w->sums, w->y);
    for (unsigned i = 0; i < GROUP; i++) {
        uint64_t triangle = (row_of(c[0], i) & ((1u << i) - 1)) | 1u << i;
        w->y[i] = look_up(&w->sums, triangle);
    }
    make_sums(&w->sums, w->y);
    for (unsigned i = 0; i < GROUP; i++) {
        for (unsigned k = 0; k + 1 < WINDOW; k++) {
            w->carry[k][i] = w->carry[k + 1][i] ^ look_up(&w->sums, row_of(c[k + 1], i));
        }
        w->carry[WINDOW - 1][i] = w->y[i];
        x[i] = w->y[i];
    }
}

static void convolve(const struct sym_vole_kernel *with, struct sym_block *x,
                     const struct sym_block keys[SYM_AES_ROUND_KEYS], size_t m, unsigned salt)
{
    struct work work;
    memset(work.carry, 0, sizeof work.carry);
    struct sym_block drawn[2 * DRAWN];
    for (size_t g = 0; g < m / GROUP; g++) {
        if (g % DRAWN == 0) {
            with->counter(drawn, keys, SYM_CODE_SALT(salt) + 2 * g, 2 * DRAWN);
        }
        const struct sym_block *c = &drawn[2 * (g % DRAWN)];
        const uint64_t words[4] = {c[0].low, c[0].high, c[1].low, c[1].high};
        convolve_group((element *)(x + GROUP * g), &work, words);
    }
    element *start = (element *)x;
    for (unsigned k = 0; k < WINDOW; k++) {
        for (unsigned i = 0; i < GROUP; i++) {
            start[GROUP * k + i] ^= work.carry[k][i];
        }
    }
    sym_wipe(&work, sizeof work);
}

void sym_code_accumulate_generic(const struct sym_vole_kernel *with, struct sym_block *x,
                                 const struct sym_block keys[SYM_AES_ROUND_KEYS], size_t m)
{
    struct sym_block theta[2 * DRAWN];
    convolve(with, x, keys, m, SALT_FIRST);
    for (size_t p = 0; p < m; p++) {
        if (p % (2 * DRAWN) == 0) {
            with->counter(theta, keys, SYM_CODE_SALT(SALT_DIAGONAL) + p, 2 * DRAWN);
        }
        x[p] = with->multiply(x[p], theta[p % (2 * DRAWN)]);
    }
    convolve(with, x, keys, m, SALT_SECOND);
}

void sym_code_accumulate_pairs_generic(const struct sym_vole_kernel *with, struct sym_block *pairs,
                                       struct sym_block *w, struct sym_block *u,
                                       const struct sym_block keys[SYM_AES_ROUND_KEYS], size_t m)
{
    sym_code_accumulate_generic(with, w, keys, m);
    sym_code_accumulate_generic(with, u, keys, m);
    for (size_t i = 0; i < m; i++) {
        pairs[2 * i] = w[i];
        pairs[2 * i + 1] = u[i];
    }
}

/* Asks for the blocks that the output adds up that comes so many later. */
#define AHEAD 16u

static inline void ask(const uint8_t *y, size_t stride, const uint32_t indices[SYM_CODE_INDICES],
                       size_t output)
{
    for (unsigned j = 0; output < SYM_CODE_GRAIN && j < SYM_CODE_WEIGHT; j++) {
        __builtin_prefetch(y + stride * indices[j * SYM_CODE_GRAIN + output], 0, 2);
    }
}

void sym_code_spread_generic(const struct sym_vole_kernel *with, struct sym_block *out,
                             const struct sym_block keys[SYM_AES_ROUND_KEYS],
                             const struct sym_block *y, size_t m, size_t first, size_t n)
{
    const element *from = (const element *)y;
    for (size_t at = first; at < first + n; at += SYM_CODE_GRAIN) {
        uint32_t indices[SYM_CODE_INDICES];
        sym_code_draw_indices(indices, with, keys, m, at / SYM_CODE_GRAIN);
        size_t some = first + n - at < SYM_CODE_GRAIN ? first + n - at : SYM_CODE_GRAIN;
        for (size_t o = 0; o < some; o++) {
            element *to = (element *)(out + at + o);
            ask((const uint8_t *)y, sizeof *y, indices, o + AHEAD);
            element sum = *to;
            for (unsigned j = 0; j < SYM_CODE_WEIGHT; j++) {
                sum ^= from[indices[j * SYM_CODE_GRAIN + o]];
            }
            *to = sum;
        }
    }
}

void sym_code_spread_pairs_generic(const struct sym_vole_kernel *with, struct sym_block *w,
                                   struct sym_block *u,
                                   const struct sym_block keys[SYM_AES_ROUND_KEYS],
                                   const struct sym_block *pairs, size_t m, size_t first, size_t n)
{
    const element *from = (const element *)pairs;
    for (size_t at = first; at < first + n; at += SYM_CODE_GRAIN) {
        uint32_t indices[SYM_CODE_INDICES];
        sym_code_draw_indices(indices, with, keys, m, at / SYM_CODE_GRAIN);
        size_t some = first + n - at < SYM_CODE_GRAIN ? first + n - at : SYM_CODE_GRAIN;
        for (size_t o = 0; o < some; o++) {
            element *to_w = (element *)(w + at + o);
            ask((const uint8_t *)pairs, 2 * sizeof *pairs, indices, o + AHEAD);
            element *to_u = (element *)(u + at + o);
            element sum_w = *to_w;
            element sum_u = *to_u;
            for (unsigned j = 0; j < SYM_CODE_WEIGHT; j++) {
                const element *pair = from + 2 * (size_t)indices[j * SYM_CODE_GRAIN + o];
                sum_w ^= pair[0];
                sum_u ^= pair[1];
            }
            *to_w = sum_w;
            *to_u = sum_u;
        }
    }
}
