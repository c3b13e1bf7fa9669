#include "crypto/sha256/sha_avx512.h"

#ifdef __x86_64__

#include "crypto/sha256/sha_ni.h"

#include <immintrin.h>

/* For so few that are left over the SHA instructions are quicker. */
#define FEW 13u

/* One word of each message. */
typedef __m512i word;

#define WORD_BITS       32
#define ROUND_CONSTANTS sym_sha_round
#define ADD(x, y)       _mm512_add_epi32(x, y)
#define ROTATE(x, n)    _mm512_ror_epi32(x, n)
#define SHIFT(x, n)     _mm512_srli_epi32(x, n)
#define ALL(x)          _mm512_set1_epi32((int)(x))
/* Truth tables: x ^ y ^ z, x ? y : z, and what two of three say. */
#define XOR3(x, y, z)     _mm512_ternarylogic_epi32(x, y, z, 0x96)
#define CHOOSE(x, y, z)   _mm512_ternarylogic_epi32(x, y, z, 0xca)
#define MAJORITY(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0xe8)
#include "crypto/sha256/sha_rounds.h"

/* Rows to columns: within quarters of the registers first, then the quarters. */
static inline __attribute__((always_inline)) void transpose(word w[16])
{
    word x[16];
#pragma GCC unroll 8
    for (unsigned i = 0; i < 16; i += 2) {
        x[i] = _mm512_unpacklo_epi32(w[i], w[i + 1]);
        x[i + 1] = _mm512_unpackhi_epi32(w[i], w[i + 1]);
    }
#pragma GCC unroll 4
    for (unsigned i = 0; i < 16; i += 4) {
        w[i] = _mm512_unpacklo_epi64(x[i], x[i + 2]);
        w[i + 1] = _mm512_unpackhi_epi64(x[i], x[i + 2]);
        w[i + 2] = _mm512_unpacklo_epi64(x[i + 1], x[i + 3]);
        w[i + 3] = _mm512_unpackhi_epi64(x[i + 1], x[i + 3]);
    }
#pragma GCC unroll 4
    for (unsigned i = 0; i < 4; i++) {
        const word low = _mm512_shuffle_i32x4(w[i], w[i + 4], 0x88);
        const word low_odd = _mm512_shuffle_i32x4(w[i], w[i + 4], 0xdd);
        const word high = _mm512_shuffle_i32x4(w[i + 8], w[i + 12], 0x88);
        const word high_odd = _mm512_shuffle_i32x4(w[i + 8], w[i + 12], 0xdd);
        x[i] = _mm512_shuffle_i32x4(low, high, 0x88);
        x[i + 4] = _mm512_shuffle_i32x4(low_odd, high_odd, 0x88);
        x[i + 8] = _mm512_shuffle_i32x4(low, high, 0xdd);
        x[i + 12] = _mm512_shuffle_i32x4(low_odd, high_odd, 0xdd);
    }
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++) {
        w[i] = x[i];
    }
}

/* Reverses the bytes of each word, as a shuffle. */
static inline word big_endian(void)
{
    return _mm512_broadcast_i32x4(
        _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

static inline __attribute__((always_inline)) void
load_blocks(word w[16], const uint8_t *const blocks[SYM_SHA_WIDE], size_t at)
{
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++) {
        w[i] = _mm512_shuffle_epi8(_mm512_loadu_si512(blocks[i] + at), big_endian());
    }
    transpose(w);
}

void sym_sha_avx512_compress_wide(uint32_t states[SYM_SHA_WIDE][SYM_SHA_STATE],
                                  const uint8_t *const blocks[SYM_SHA_WIDE], size_t n)
{
    word s[SYM_SHA_STATE];
    word w[16];
    const word step = _mm512_set_epi32(120, 112, 104, 96, 88, 80, 72, 64, 56, 48, 40, 32, 24, 16, 8,
                                       0); /* from a word of one state to that of the next */
    for (unsigned i = 0; i < SYM_SHA_STATE; i++) {
        s[i] = _mm512_i32gather_epi32(step, (const void *)(states[0] + i), 4);
    }
    for (size_t at = 0; at < n * SYM_SHA_BLOCK; at += SYM_SHA_BLOCK) {
        load_blocks(w, blocks, at);
        compress(s, w);
    }
    for (unsigned i = 0; i < SYM_SHA_STATE; i++) {
        _mm512_i32scatter_epi32((void *)(states[0] + i), step, s[i], 4);
    }
    sym_wipe(w, sizeof w);
}

/* At most sixteen; what lanes hold that are too many is not written. */
static inline __attribute__((always_inline)) void finish_some(uint8_t (*out)[SYM_SHA_BYTES],
                                                              const uint32_t state[SYM_SHA_STATE],
                                                              const uint8_t (*tails)[SYM_SHA_BLOCK],
                                                              size_t n, word w[16], word s[16])
{
    const uint8_t *blocks[SYM_SHA_WIDE];
    for (size_t i = 0; i < SYM_SHA_WIDE; i++) {
        blocks[i] = tails[i < n ? i : n - 1];
    }
    load_blocks(w, blocks, 0);
    for (unsigned i = 0; i < 16; i++) {
        s[i] = i < SYM_SHA_STATE ? _mm512_set1_epi32((int)state[i]) : _mm512_setzero_si512();
    }
    compress(s, w);
    transpose(s);
    for (size_t i = 0; i < n; i++) {
        _mm256_storeu_si256((__m256i *)(void *)out[i],
                            _mm512_castsi512_si256(_mm512_shuffle_epi8(s[i], big_endian())));
    }
}

void sym_sha_avx512_finish(uint8_t (*out)[SYM_SHA_BYTES], const uint32_t state[SYM_SHA_STATE],
                           const uint8_t (*tails)[SYM_SHA_BLOCK], size_t n)
{
    word w[16];
    word s[16];
    size_t at = 0;
    for (size_t some = 0; n - at > FEW; at += some) {
        some = n - at < SYM_SHA_WIDE ? n - at : SYM_SHA_WIDE;
        finish_some(out + at, state, tails + at, some, w, s);
    }
    sym_wipe(w, sizeof w);
    sym_wipe(s, sizeof s);
    sym_sha_ni_finish(out + at, state, tails + at, n - at);
}

#else
typedef int sym_sha_avx512_is_of_x86;
#endif
