#include "crypto/cpu.h"
#include "crypto/sha256/sha_avx512.h"
#include "crypto/sha256/sha_ni.h"
#include "crypto/vole/code.h"
#include "crypto/vole/code_vaes512.h"
#include "crypto/vole/kernel_table.h"

#ifdef __x86_64__

#include "crypto/vole/wide.h"

static void expand_key(struct sym_block keys[SYM_AES_ROUND_KEYS], const uint8_t key[16])
{
    sym_vole_kernel_aesni.expand_key(keys, key);
}

static void counter(struct sym_block *out, const struct sym_block keys[SYM_AES_ROUND_KEYS],
                    uint64_t start, size_t n)
{
    struct wide_keys k;
    __m512i x[WIDE_AT_ONCE];
    size_t at = 0;
    wide_keys_init(&k, keys);
    for (; at + WIDE_BLOCKS <= n; at += WIDE_BLOCKS) {
        wide_counter(x, &k, start + at);
        for (unsigned i = 0; i < WIDE_AT_ONCE; i++) {
            wide_store(out + at + WIDE * i, x[i]);
        }
    }
    if (at < n) {
        struct sym_block last[WIDE_BLOCKS];
        wide_counter(x, &k, start + at);
        memcpy(last, x, sizeof last);
        memcpy(out + at, last, (n - at) * sizeof *out);
        sym_wipe(last, sizeof last);
    }
}

static inline size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

static struct sym_block add_up(__m512i x)
{
    struct sym_block part[WIDE];
    wide_store(part, x);
    return sym_block_add(sym_block_add(part[0], part[1]), sym_block_add(part[2], part[3]));
}

/* Registers of four nodes that are under way at once; each gives two. */
#define NODES 4u

/* The children of 16 nodes, those under each key by themselves. */
static inline void children(__m512i left[NODES], __m512i right[NODES],
                            const struct sym_block keys[2][SYM_AES_ROUND_KEYS],
                            const __m512i node[NODES])
{
    for (unsigned i = 0; i < NODES; i++) {
        left[i] = wide_add(node[i], wide_same(keys[0][0]));
        right[i] = wide_add(node[i], wide_same(keys[1][0]));
    }
    for (unsigned r = 1; r < SYM_AES_ROUND_KEYS - 1; r++) {
        const __m512i k0 = wide_same(keys[0][r]);
        const __m512i k1 = wide_same(keys[1][r]);
        for (unsigned i = 0; i < NODES; i++) {
            left[i] = _mm512_aesenc_epi128(left[i], k0);
            right[i] = _mm512_aesenc_epi128(right[i], k1);
        }
    }
    const __m512i k0 = wide_same(keys[0][SYM_AES_ROUND_KEYS - 1]);
    const __m512i k1 = wide_same(keys[1][SYM_AES_ROUND_KEYS - 1]);
    for (unsigned i = 0; i < NODES; i++) {
        left[i] = wide_add(_mm512_aesenclast_epi128(left[i], k0), node[i]);
        right[i] = wide_add(_mm512_aesenclast_epi128(right[i], k1), node[i]);
    }
}

/* Left and right children alternate in out. */
static inline __m512i zip_first(__m512i left, __m512i right)
{
    const __m512i order = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
    return _mm512_permutex2var_epi64(left, order, right);
}

static inline __m512i zip_second(__m512i left, __m512i right)
{
    const __m512i order = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    return _mm512_permutex2var_epi64(left, order, right);
}

/* The last nodes of a level, fewer than 16. */
static void grow_last(struct sym_block *out, __m512i total[2],
                      const struct sym_block keys[2][SYM_AES_ROUND_KEYS],
                      const struct sym_block *in, size_t n)
{
    __m512i node[NODES];
    __m512i left[NODES];
    __m512i right[NODES];
    struct sym_block both[2 * WIDE * NODES];
    for (size_t i = 0; i < NODES; i++) {
        size_t some = n > WIDE * i ? at_most(n - WIDE * i, WIDE) : 0;
        node[i] = _mm512_maskz_loadu_epi64(wide_mask(some), in + WIDE * i);
    }
    children(left, right, keys, node);
    for (size_t i = 0; i < NODES; i++) {
        size_t some = n > WIDE * i ? at_most(n - WIDE * i, WIDE) : 0;
        total[0] = wide_add(total[0], _mm512_maskz_mov_epi64(wide_mask(some), left[i]));
        total[1] = wide_add(total[1], _mm512_maskz_mov_epi64(wide_mask(some), right[i]));
        wide_store(both + 2 * WIDE * i, zip_first(left[i], right[i]));
        wide_store(both + 2 * WIDE * i + WIDE, zip_second(left[i], right[i]));
    }
    memcpy(out, both, 2 * n * sizeof *out);
}

static void grow(struct sym_block *out, struct sym_block sums[2],
                 const struct sym_block keys[2][SYM_AES_ROUND_KEYS], const struct sym_block *in,
                 size_t n)
{
    __m512i total[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
    size_t at = 0;
    for (; at + WIDE * NODES <= n; at += WIDE * NODES) {
        __m512i node[NODES];
        __m512i left[NODES];
        __m512i right[NODES];
        for (size_t i = 0; i < NODES; i++) {
            node[i] = wide_load(in + at + WIDE * i);
        }
        children(left, right, keys, node);
        for (size_t i = 0; i < NODES; i++) {
            struct sym_block *to = out + 2 * (at + WIDE * i);
            total[0] = wide_add(total[0], left[i]);
            total[1] = wide_add(total[1], right[i]);
            wide_store(to, zip_first(left[i], right[i]));
            wide_store(to + WIDE, zip_second(left[i], right[i]));
        }
    }
    if (at < n) {
        grow_last(out + 2 * at, total, keys, in + at, n - at);
    }
    sums[0] = add_up(total[0]);
    sums[1] = add_up(total[1]);
}

static struct sym_block multiply(struct sym_block a, struct sym_block b)
{
    return sym_vole_kernel_aesni.multiply(a, b);
}

/* Interleaved parts of a sum, by registers of four. */
#define PARTS 8u

/* Horner in chi^32 for 32 interleaved parts; what does not fill them all is the start. */
static struct sym_block sum(const struct sym_block *z, size_t n, struct sym_block chi)
{
    struct sym_block powers[WIDE * PARTS];
    __m512i part[PARTS];
    powers[0] = chi;
    for (unsigned i = 1; i < WIDE * PARTS; i++) {
        powers[i] = multiply(powers[i - 1], chi);
    }
    const __m512i step = wide_same(powers[WIDE * PARTS - 1]);
    size_t at = n - n % (WIDE * PARTS);
    for (size_t i = 0; i < PARTS; i++) {
        part[i] = at + WIDE * i < n ? wide_load(z + at + WIDE * i) : _mm512_setzero_si512();
    }
    for (; at > 0; at -= WIDE * PARTS) {
        const struct sym_block *from = z + at - WIDE * PARTS;
        for (size_t i = 0; i < PARTS; i++) {
            part[i] = wide_add(wide_multiply(part[i], step), wide_load(from + WIDE * i));
        }
    }
    __m512i total = _mm512_setzero_si512();
    for (size_t i = 0; i < PARTS; i++) {
        total = wide_add(total, wide_multiply(part[i], wide_load(powers + WIDE * i)));
    }
    return add_up(total);
}

/* Block j of four rows. */
static inline __m512i load_rows(const struct sym_block *at, size_t k)
{
    __m512i x = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)at));
    x = _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)(at + k)), 1);
    x = _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)(at + 2 * k)), 2);
    return _mm512_inserti32x4(x, _mm_loadu_si128((const __m128i *)(at + 3 * k)), 3);
}

static void hash_rows(struct sym_block *out, const struct sym_block *rows, size_t n, size_t k,
                      struct sym_block chi)
{
    const __m512i step = wide_same(chi);
    for (size_t r = 0; r < n; r += 16) {
        __m512i a[4];
        for (size_t i = 0; i < 4; i++) {
            a[i] = load_rows(rows + (r + WIDE * i) * k, k);
        }
        for (size_t j = 1; j < k; j++) {
            for (size_t i = 0; i < 4; i++) {
                a[i] = wide_add(wide_multiply(a[i], step),
                                load_rows(rows + (r + WIDE * i) * k + j, k));
            }
        }
        for (size_t i = 0; i < 4; i++) {
            wide_store(out + r + WIDE * i, a[i]);
        }
    }
}

static void shift(struct sym_block *v, struct sym_block delta, const uint8_t *a, size_t n)
{
    const __m512i d = wide_same(delta);
    for (size_t at = 0; at < n; at += WIDE) {
        __mmask8 there = wide_mask(at_most(n - at, WIDE));
        __m512i x = _mm512_maskz_loadu_epi64(there, a + at * SYM_BLOCK_BYTES);
        __m512i old = _mm512_maskz_loadu_epi64(there, v + at);
        _mm512_mask_storeu_epi64(v + at, there, wide_add(old, wide_multiply(d, x)));
    }
}

static void dense(struct sym_block *out, const struct sym_block *items, size_t n,
                  const struct sym_block p[SYM_VOLE_DENSE], const struct sym_block *delta)
{
    const __m512i places = _mm512_set_epi64(13, 12, 9, 8, 5, 4, 1, 0);
    const __m512i values = _mm512_set_epi64(15, 14, 11, 10, 7, 6, 3, 2);
    const __m512i column[SYM_VOLE_DENSE] = {wide_same(p[0]), wide_same(p[1]), wide_same(p[2])};
    const __m512i d = delta == NULL ? _mm512_setzero_si512() : wide_same(*delta);
    for (size_t at = 0; at < n; at += WIDE) {
        size_t some = at_most(n - at, WIDE);
        __mmask8 there = wide_mask(some);
        __m512i a = _mm512_maskz_loadu_epi64(wide_mask(at_most(2 * some, WIDE)), items + 2 * at);
        __m512i b = _mm512_maskz_loadu_epi64(wide_mask(some > 2 ? 2 * some - WIDE : 0),
                                             items + 2 * at + WIDE);
        __m512i eta = _mm512_permutex2var_epi64(a, places, b);
        __m512i x = wide_add(wide_multiply(column[2], eta), column[1]);
        x = wide_add(wide_multiply(x, eta), column[0]);
        x = wide_multiply(x, eta);
        if (delta != NULL) {
            x = wide_add(x, wide_multiply(d, _mm512_permutex2var_epi64(a, values, b)));
        }
        x = wide_add(x, _mm512_maskz_loadu_epi64(there, out + at));
        _mm512_mask_storeu_epi64(out + at, there, x);
    }
}

#define NEEDED                                                                                     \
    (SYM_CPU_AES | SYM_CPU_PCLMUL | SYM_CPU_AVX2 | SYM_CPU_SHA | SYM_CPU_GFNI | SYM_CPU_VAES |     \
     SYM_CPU_VPCLMULQDQ | SYM_CPU_AVX512F | SYM_CPU_AVX512DQ | SYM_CPU_AVX512BW |                  \
     SYM_CPU_AVX512VL | SYM_CPU_AVX512VBMI)

#define COMMON                                                                                     \
    .expand_key = expand_key, .counter = counter, .grow = grow, .multiply = multiply, .sum = sum,  \
    .hash_rows = hash_rows, .shift = shift, .dense = dense,                                        \
    .accumulate = sym_code_vaes512_accumulate,                                                     \
    .accumulate_pairs = sym_code_vaes512_accumulate_pairs, .compress = sym_sha_ni_compress,        \
    .finish = sym_sha_avx512_finish

const struct sym_vole_kernel sym_vole_kernel_vaes512_amd = {
    .name = "vaes512-amd",
    .needs = NEEDED | SYM_CPU_AMD,
    COMMON,
    .spread = sym_code_vaes512_gather,
    .spread_pairs = sym_code_vaes512_gather_pairs,
};

const struct sym_vole_kernel sym_vole_kernel_vaes512 = {
    .name = "vaes512",
    .needs = NEEDED,
    COMMON,
    .spread = sym_code_vaes512_spread,
    .spread_pairs = sym_code_vaes512_spread_pairs,
    .spread_bytes = SYM_CODE_SCRATCH_BYTES,
};

#else
typedef int sym_vole_kernel_vaes512_is_of_x86;
#endif
