/* wide.h - four blocks in a register of 512 bits: multiplication in F and AES-128. For the files of
 * the kernel vaes512 only, which are compiled for AVX-512, VAES and VPCLMULQDQ. */
#ifndef SYM_CRYPTO_VOLE_WIDE_H
#define SYM_CRYPTO_VOLE_WIDE_H

#include "crypto/vole/kernel_table.h"

#include <immintrin.h>

#define WIDE 4u

static inline __m512i wide_load(const void *p)
{
    return _mm512_loadu_si512(p);
}

static inline void wide_store(void *p, __m512i v)
{
    _mm512_storeu_si512(p, v);
}

static inline __m512i wide_add(__m512i a, __m512i b)
{
    return _mm512_xor_si512(a, b);
}

/* The same block four times. */
static inline __m512i wide_same(struct sym_block b)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)&b));
}

/* Bits for the first n < 4 blocks, two each. */
static inline __mmask8 wide_mask(size_t n)
{
    return (__mmask8)((1u << (2 * n)) - 1);
}

/* Element by element. What is above X^128 is folded with X^7 + X^2 + X + 1, twice 64 bits. */
static inline __m512i wide_multiply(__m512i a, __m512i b)
{
    const __m512i tail = _mm512_broadcast_i32x4(_mm_set_epi64x(0, 0x87));
    __m512i low = _mm512_clmulepi64_epi128(a, b, 0x00);
    __m512i high = _mm512_clmulepi64_epi128(a, b, 0x11);
    __m512i middle =
        wide_add(_mm512_clmulepi64_epi128(a, b, 0x01), _mm512_clmulepi64_epi128(a, b, 0x10));
    low = wide_add(low, _mm512_bslli_epi128(middle, 8));
    high = wide_add(high, _mm512_bsrli_epi128(middle, 8));
    __m512i folded = _mm512_clmulepi64_epi128(high, tail, 0x01);
    low = wide_add(low, _mm512_bslli_epi128(folded, 8));
    high = wide_add(high, _mm512_bsrli_epi128(folded, 8));
    return wide_add(low, _mm512_clmulepi64_epi128(high, tail, 0x00));
}

/* Round keys, each four times. */
struct wide_keys {
    __m512i of[SYM_AES_ROUND_KEYS];
};

static inline void wide_keys_init(struct wide_keys *k,
                                  const struct sym_block keys[SYM_AES_ROUND_KEYS])
{
    for (unsigned r = 0; r < SYM_AES_ROUND_KEYS; r++) {
        k->of[r] = wide_same(keys[r]);
    }
}

/* Registers that are under way at once: their latency times their throughput. */
#define WIDE_AT_ONCE 8u
#define WIDE_BLOCKS  (WIDE * WIDE_AT_ONCE)

static inline void wide_encrypt(__m512i x[WIDE_AT_ONCE], const struct wide_keys *k)
{
    for (unsigned i = 0; i < WIDE_AT_ONCE; i++) {
        x[i] = wide_add(x[i], k->of[0]);
    }
    for (unsigned r = 1; r < SYM_AES_ROUND_KEYS - 1; r++) {
        for (unsigned i = 0; i < WIDE_AT_ONCE; i++) {
            x[i] = _mm512_aesenc_epi128(x[i], k->of[r]);
        }
    }
    for (unsigned i = 0; i < WIDE_AT_ONCE; i++) {
        x[i] = _mm512_aesenclast_epi128(x[i], k->of[SYM_AES_ROUND_KEYS - 1]);
    }
}

/* The next WIDE_BLOCKS blocks of a stream. */
static inline void wide_counter(__m512i x[WIDE_AT_ONCE], const struct wide_keys *k, uint64_t start)
{
    const __m512i four = _mm512_broadcast_i32x4(_mm_set_epi64x(0, WIDE));
    __m512i next = _mm512_add_epi64(wide_same((struct sym_block){start, 0}),
                                    _mm512_set_epi64(0, 3, 0, 2, 0, 1, 0, 0));
    for (unsigned i = 0; i < WIDE_AT_ONCE; i++) {
        x[i] = next;
        next = _mm512_add_epi64(next, four);
    }
    wide_encrypt(x, k);
}

/* The next n blocks, a multiple of WIDE_BLOCKS. */
static inline void wide_draw(struct sym_block *out, const struct wide_keys *keys, uint64_t start,
                             size_t n)
{
    for (size_t at = 0; at < n; at += WIDE_BLOCKS) {
        __m512i x[WIDE_AT_ONCE];
        wide_counter(x, keys, start + at);
        for (unsigned i = 0; i < WIDE_AT_ONCE; i++) {
            wide_store(out + at + WIDE * i, x[i]);
        }
    }
}

#endif
