#include "crypto/vole/sha_avx512.h"

#ifdef __x86_64__

#include "crypto/vole/sha_ni.h"

#include <immintrin.h>

/* Sixteen messages, one in each lane. The instructions for SHA-256 take two at a time and are
 * slower: this has rotations and functions of three words in one instruction each. */
#define LANES 16u
#define WORDS 16u
/* For fewer the others are quicker. */
#define FEW 13u

static inline __m512i add(__m512i a, __m512i b)
{
    return _mm512_add_epi32(a, b);
}

#define XOR3 0x96
#define SIGMA(x, a, b, c)                                                                          \
    _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, a), _mm512_ror_epi32(x, b),                      \
                              _mm512_ror_epi32(x, c), XOR3)
#define SIGMA_SHIFT(x, a, b, c)                                                                    \
    _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, a), _mm512_ror_epi32(x, b),                      \
                              _mm512_srli_epi32(x, c), XOR3)
#define CHOOSE(e, f, g)   _mm512_ternarylogic_epi32(e, f, g, 0xca)
#define MAJORITY(a, b, c) _mm512_ternarylogic_epi32(a, b, c, 0xe8)

/* Rows become columns. */
static inline __attribute__((always_inline)) void transpose(__m512i x[LANES])
{
    __m512i t[LANES];
    for (unsigned i = 0; i < LANES; i += 2) {
        t[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
    }
    for (unsigned i = 0; i < LANES; i += 4) {
        x[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        x[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        x[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        x[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (unsigned i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(x[i], x[4 + i], 0x88);
        t[4 + i] = _mm512_shuffle_i32x4(x[i], x[4 + i], 0xdd);
        t[8 + i] = _mm512_shuffle_i32x4(x[8 + i], x[12 + i], 0x88);
        t[12 + i] = _mm512_shuffle_i32x4(x[8 + i], x[12 + i], 0xdd);
    }
    for (unsigned i = 0; i < 4; i++) {
        x[i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0x88);
        x[8 + i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0xdd);
        x[4 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0x88);
        x[12 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0xdd);
    }
}

/* Reverses the bytes of each word. */
static inline __m512i swap_words(__m512i x)
{
    return _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11,
                                                                      4, 5, 6, 7, 0, 1, 2, 3)));
}

/* s += what the rounds make of it. */
static inline __attribute__((always_inline)) void rounds(__m512i s[SYM_SHA_STATE], __m512i w[WORDS])
{
    __m512i a = s[0], b = s[1], c = s[2], d = s[3];
    __m512i e = s[4], f = s[5], g = s[6], h = s[7];
#pragma GCC unroll 16
    for (unsigned t = 0; t < 64; t++) {
        if (t >= WORDS) {
            const __m512i late = w[(t - 2) % WORDS];
            const __m512i early = w[(t - 15) % WORDS];
            w[t % WORDS] = add(add(w[t % WORDS], SIGMA_SHIFT(late, 17, 19, 10)),
                               add(w[(t - 7) % WORDS], SIGMA_SHIFT(early, 7, 18, 3)));
        }
        const __m512i key = _mm512_set1_epi32((int)sym_sha_round[t]);
        const __m512i one =
            add(add(add(h, add(w[t % WORDS], key)), CHOOSE(e, f, g)), SIGMA(e, 6, 11, 25));
        const __m512i two = add(SIGMA(a, 2, 13, 22), MAJORITY(a, b, c));
        h = g;
        g = f;
        f = e;
        e = add(d, one);
        d = c;
        c = b;
        b = a;
        a = add(one, two);
    }
    const __m512i after[SYM_SHA_STATE] = {a, b, c, d, e, f, g, h};
    for (unsigned i = 0; i < SYM_SHA_STATE; i++) {
        s[i] = add(s[i], after[i]);
    }
}

/* At most LANES of them; what lanes have that are too many is not written. */
static inline __attribute__((always_inline)) void
finish_some(uint8_t (*out)[SYM_SHA_BYTES], const uint32_t state[SYM_SHA_STATE],
            const uint8_t (*tails)[SYM_SHA_BLOCK], size_t n, __m512i w[WORDS], __m512i s[LANES])
{
    for (size_t i = 0; i < LANES; i++) {
        w[i] = swap_words(_mm512_loadu_si512(tails[i < n ? i : n - 1]));
    }
    transpose(w);
    for (unsigned i = 0; i < SYM_SHA_STATE; i++) {
        s[i] = _mm512_set1_epi32((int)state[i]);
    }
    rounds(s, w);
    for (unsigned i = SYM_SHA_STATE; i < LANES; i++) {
        s[i] = _mm512_setzero_si512();
    }
    transpose(s);
    for (size_t i = 0; i < n; i++) {
        _mm256_storeu_si256((__m256i *)(void *)out[i], _mm512_castsi512_si256(swap_words(s[i])));
    }
}

void sym_sha_avx512_finish(uint8_t (*out)[SYM_SHA_BYTES], const uint32_t state[SYM_SHA_STATE],
                           const uint8_t (*tails)[SYM_SHA_BLOCK], size_t n)
{
    __m512i w[WORDS];
    __m512i s[LANES];
    size_t at = 0;
    for (size_t some = 0; n - at > FEW; at += some) {
        some = n - at < LANES ? n - at : LANES;
        finish_some(out + at, state, tails + at, some, w, s);
    }
    sym_wipe(w, sizeof w);
    sym_wipe(s, sizeof s);
    sym_sha_ni_finish(out + at, state, tails + at, n - at);
}

#else
typedef int sym_sha_avx512_is_of_x86;
#endif
