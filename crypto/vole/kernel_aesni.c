#include "crypto/cpu.h"
#include "crypto/sha256/sha_ni.h"
#include "crypto/sha256/sha_portable.h"
#include "crypto/vole/kernel_table.h"

#ifdef __x86_64__

#include <immintrin.h>

/* Blocks under way at once. */
#define AT_ONCE 8u
#define PARENTS 4u

static inline __m128i load(const struct sym_block *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

static inline void store(struct sym_block *p, __m128i v)
{
    _mm_storeu_si128((__m128i *)p, v);
}

#define NEXT_KEY(r, constant)                                                                      \
    do {                                                                                           \
        __m128i t = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(k, constant), 0xff);               \
        k = _mm_xor_si128(k, _mm_slli_si128(k, 4));                                                \
        k = _mm_xor_si128(k, _mm_slli_si128(k, 8));                                                \
        k = _mm_xor_si128(k, t);                                                                   \
        store(&keys[r], k);                                                                        \
    } while (0)

static void expand_key(struct sym_block keys[SYM_AES_ROUND_KEYS], const uint8_t key[16])
{
    __m128i k = _mm_loadu_si128((const __m128i *)(const void *)key);
    store(&keys[0], k);
    NEXT_KEY(1, 0x01);
    NEXT_KEY(2, 0x02);
    NEXT_KEY(3, 0x04);
    NEXT_KEY(4, 0x08);
    NEXT_KEY(5, 0x10);
    NEXT_KEY(6, 0x20);
    NEXT_KEY(7, 0x40);
    NEXT_KEY(8, 0x80);
    NEXT_KEY(9, 0x1b);
    NEXT_KEY(10, 0x36);
}

static inline void encrypt(__m128i x[AT_ONCE], const struct sym_block keys[SYM_AES_ROUND_KEYS])
{
    __m128i k = load(&keys[0]);
    for (unsigned i = 0; i < AT_ONCE; i++) {
        x[i] = _mm_xor_si128(x[i], k);
    }
    for (unsigned r = 1; r < SYM_AES_ROUND_KEYS - 1; r++) {
        k = load(&keys[r]);
        for (unsigned i = 0; i < AT_ONCE; i++) {
            x[i] = _mm_aesenc_si128(x[i], k);
        }
    }
    k = load(&keys[SYM_AES_ROUND_KEYS - 1]);
    for (unsigned i = 0; i < AT_ONCE; i++) {
        x[i] = _mm_aesenclast_si128(x[i], k);
    }
}

static void counter(struct sym_block *out, const struct sym_block keys[SYM_AES_ROUND_KEYS],
                    uint64_t start, size_t n)
{
    for (size_t at = 0; at < n; at += AT_ONCE) {
        __m128i x[AT_ONCE];
        size_t some = n - at < AT_ONCE ? n - at : AT_ONCE;
        for (size_t i = 0; i < AT_ONCE; i++) {
            x[i] = _mm_set_epi64x(0, (long long)(start + at + i));
        }
        encrypt(x, keys);
        for (size_t i = 0; i < some; i++) {
            store(out + at + i, x[i]);
        }
    }
}

/* The children of some (at most PARENTS) nodes; what they add to the sums. */
static inline void grow_some(struct sym_block *out, __m128i sums[2],
                             const struct sym_block keys[2][SYM_AES_ROUND_KEYS],
                             const struct sym_block *in, size_t some)
{
    __m128i node[PARENTS];
    __m128i x[2 * PARENTS];
    for (size_t i = 0; i < PARENTS; i++) {
        node[i] = load(&in[i < some ? i : 0]);
    }
    for (size_t b = 0; b < 2; b++) {
        for (size_t i = 0; i < PARENTS; i++) {
            x[b * PARENTS + i] = _mm_xor_si128(node[i], load(&keys[b][0]));
        }
    }
    for (unsigned r = 1; r < SYM_AES_ROUND_KEYS - 1; r++) {
        const __m128i k[2] = {load(&keys[0][r]), load(&keys[1][r])};
        for (size_t i = 0; i < 2 * PARENTS; i++) {
            x[i] = _mm_aesenc_si128(x[i], k[i / PARENTS]);
        }
    }
    const __m128i last[2] = {load(&keys[0][SYM_AES_ROUND_KEYS - 1]),
                             load(&keys[1][SYM_AES_ROUND_KEYS - 1])};
    for (size_t i = 0; i < 2 * PARENTS; i++) {
        x[i] = _mm_xor_si128(_mm_aesenclast_si128(x[i], last[i / PARENTS]), node[i % PARENTS]);
    }
    for (size_t i = 0; i < some; i++) {
        for (size_t b = 0; b < 2; b++) {
            store(&out[2 * i + b], x[b * PARENTS + i]);
            sums[b] = _mm_xor_si128(sums[b], x[b * PARENTS + i]);
        }
    }
}

static void grow(struct sym_block *out, struct sym_block sums[2],
                 const struct sym_block keys[2][SYM_AES_ROUND_KEYS], const struct sym_block *in,
                 size_t n)
{
    __m128i total[2] = {_mm_setzero_si128(), _mm_setzero_si128()};
    size_t at = 0;
    for (; at + PARENTS <= n; at += PARENTS) {
        grow_some(out + 2 * at, total, keys, in + at, PARENTS);
    }
    if (at < n) {
        grow_some(out + 2 * at, total, keys, in + at, n - at);
    }
    store(&sums[0], total[0]);
    store(&sums[1], total[1]);
}

/* X^128 = X^7 + X^2 + X + 1: what is above is multiplied by that, twice 64 bits. */
static inline __m128i multiply_128(__m128i a, __m128i b)
{
    const __m128i tail = _mm_set_epi64x(0, 0x87);
    __m128i low = _mm_clmulepi64_si128(a, b, 0x00);
    __m128i high = _mm_clmulepi64_si128(a, b, 0x11);
    __m128i middle =
        _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01), _mm_clmulepi64_si128(a, b, 0x10));
    low = _mm_xor_si128(low, _mm_slli_si128(middle, 8));
    high = _mm_xor_si128(high, _mm_srli_si128(middle, 8));
    __m128i folded = _mm_clmulepi64_si128(high, tail, 0x01);
    low = _mm_xor_si128(low, _mm_slli_si128(folded, 8));
    high = _mm_xor_si128(high, _mm_srli_si128(folded, 8));
    return _mm_xor_si128(low, _mm_clmulepi64_si128(high, tail, 0x00));
}

static inline struct sym_block multiply(struct sym_block a, struct sym_block b)
{
    struct sym_block product;
    store(&product, multiply_128(load(&a), load(&b)));
    return product;
}

#include "crypto/vole/field_ops.h"

static void accumulate(struct sym_block *x, const struct sym_block keys[SYM_AES_ROUND_KEYS],
                       size_t m)
{
    sym_code_accumulate_generic(&sym_vole_kernel_aesni, x, keys, m);
}

static void accumulate_pairs(struct sym_block *pairs, struct sym_block *w, struct sym_block *u,
                             const struct sym_block keys[SYM_AES_ROUND_KEYS], size_t m)
{
    sym_code_accumulate_pairs_generic(&sym_vole_kernel_aesni, pairs, w, u, keys, m);
}

static void spread(struct sym_block *out, const struct sym_block keys[SYM_AES_ROUND_KEYS],
                   const struct sym_block *y, size_t m, size_t first, size_t n, void *scratch)
{
    (void)scratch;
    sym_code_spread_generic(&sym_vole_kernel_aesni, out, keys, y, m, first, n);
}

static void spread_pairs(struct sym_block *w, struct sym_block *u,
                         const struct sym_block keys[SYM_AES_ROUND_KEYS],
                         const struct sym_block *pairs, size_t m, size_t first, size_t n,
                         void *scratch)
{
    (void)scratch;
    sym_code_spread_pairs_generic(&sym_vole_kernel_aesni, w, u, keys, pairs, m, first, n);
}

#define NEEDED (SYM_CPU_AES | SYM_CPU_PCLMUL | SYM_CPU_AVX2)

#define COMMON                                                                                     \
    .expand_key = expand_key, .counter = counter, .grow = grow, .multiply = field_multiply,        \
    .sum = field_sum, .hash_rows = field_hash_rows, .shift = field_shift, .dense = field_dense,    \
    .accumulate = accumulate, .accumulate_pairs = accumulate_pairs, .spread = spread,              \
    .spread_pairs = spread_pairs

const struct sym_vole_kernel sym_vole_kernel_aesni = {
    .name = "aesni",
    .needs = NEEDED | SYM_CPU_SHA,
    COMMON,
    .compress = sym_sha_ni_compress,
    .finish = sym_sha_ni_finish,
};

const struct sym_vole_kernel sym_vole_kernel_aesni_nosha = {
    .name = "aesni-nosha",
    .needs = NEEDED,
    COMMON,
    .compress = sym_sha_portable_compress,
    .finish = sym_sha_avx2_finish,
};

#else
typedef int sym_vole_kernel_aesni_is_of_x86;
#endif
