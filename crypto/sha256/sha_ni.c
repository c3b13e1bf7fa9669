#include "crypto/sha256/sha_ni.h"

#ifdef __x86_64__

#include <immintrin.h>

/* One message alone waits for each instruction; two fill the pipeline and fit into the registers.
 */
#define LANES SYM_SHA_PAIR

/* The state as the instructions want it: A, B, E, F and C, D, G, H, from the top. */
struct halves {
    __m128i abef;
    __m128i cdgh;
};

static inline struct halves split(const uint32_t state[SYM_SHA_STATE])
{
    return (struct halves){
        _mm_set_epi32((int)state[0], (int)state[1], (int)state[4], (int)state[5]),
        _mm_set_epi32((int)state[2], (int)state[3], (int)state[6], (int)state[7])};
}

/* Reverses the bytes of each word. */
static inline __m128i swap_words(__m128i x)
{
    return _mm_shuffle_epi8(x, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

static inline __m128i reverse(__m128i x)
{
    return _mm_shuffle_epi8(x, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

/* Four rounds and four words of the schedule, for each of n messages. */
#define FOUR_ROUNDS(r)                                                                             \
    do {                                                                                           \
        const __m128i k = _mm_loadu_si128((const __m128i *)(sym_sha_round + 4 * (r)));             \
        for (int i = 0; i < n; i++) {                                                              \
            __m128i *w = words[i];                                                                 \
            __m128i t = _mm_add_epi32(w[(r) % 4], k);                                              \
            s[i].cdgh = _mm_sha256rnds2_epu32(s[i].cdgh, s[i].abef, t);                            \
            s[i].abef = _mm_sha256rnds2_epu32(s[i].abef, s[i].cdgh, _mm_shuffle_epi32(t, 0x0e));   \
            if ((r) < 12) {                                                                        \
                __m128i x = _mm_sha256msg1_epu32(w[(r) % 4], w[((r) + 1) % 4]);                    \
                x = _mm_add_epi32(x, _mm_alignr_epi8(w[((r) + 3) % 4], w[((r) + 2) % 4], 4));      \
                w[(r) % 4] = _mm_sha256msg2_epu32(x, w[((r) + 3) % 4]);                            \
            }                                                                                      \
        }                                                                                          \
    } while (0)

static inline __attribute__((always_inline)) void rounds(struct halves *s, __m128i (*words)[4],
                                                         const int n)
{
    struct halves before[LANES];
    for (int i = 0; i < n; i++) {
        before[i] = s[i];
    }
    FOUR_ROUNDS(0);
    FOUR_ROUNDS(1);
    FOUR_ROUNDS(2);
    FOUR_ROUNDS(3);
    FOUR_ROUNDS(4);
    FOUR_ROUNDS(5);
    FOUR_ROUNDS(6);
    FOUR_ROUNDS(7);
    FOUR_ROUNDS(8);
    FOUR_ROUNDS(9);
    FOUR_ROUNDS(10);
    FOUR_ROUNDS(11);
    FOUR_ROUNDS(12);
    FOUR_ROUNDS(13);
    FOUR_ROUNDS(14);
    FOUR_ROUNDS(15);
    for (int i = 0; i < n; i++) {
        s[i].abef = _mm_add_epi32(s[i].abef, before[i].abef);
        s[i].cdgh = _mm_add_epi32(s[i].cdgh, before[i].cdgh);
    }
}

static inline void load_block(__m128i words[4], const uint8_t block[SYM_SHA_BLOCK])
{
    for (int i = 0; i < 4; i++) {
        words[i] = swap_words(_mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i)));
    }
}

static inline void join(uint32_t state[SYM_SHA_STATE], struct halves s)
{
    /* D C B A and H G F E, from the top */
    __m128i low = _mm_shuffle_epi32(_mm_unpackhi_epi64(s.cdgh, s.abef), 0x1b);
    __m128i high = _mm_shuffle_epi32(_mm_unpacklo_epi64(s.cdgh, s.abef), 0x1b);
    _mm_storeu_si128((__m128i *)state, low);
    _mm_storeu_si128((__m128i *)(state + 4), high);
}

void sym_sha_ni_compress(uint32_t state[SYM_SHA_STATE], const uint8_t *blocks, size_t n)
{
    struct halves s = split(state);
    for (; n > 0; n--, blocks += SYM_SHA_BLOCK) {
        __m128i words[1][4];
        load_block(words[0], blocks);
        rounds(&s, words, 1);
    }
    join(state, s);
}

void sym_sha_ni_compress_pair(uint32_t states[SYM_SHA_PAIR][SYM_SHA_STATE],
                              const uint8_t *const blocks[SYM_SHA_PAIR], size_t n)
{
    struct halves s[LANES] = {split(states[0]), split(states[1])};
    for (size_t at = 0; at < n; at++) {
        __m128i words[LANES][4];
        load_block(words[0], blocks[0] + at * SYM_SHA_BLOCK);
        load_block(words[1], blocks[1] + at * SYM_SHA_BLOCK);
        rounds(s, words, LANES);
    }
    join(states[0], s[0]);
    join(states[1], s[1]);
}

static inline void store_hash(uint8_t out[SYM_SHA_BYTES], struct halves s)
{
    __m128i *to = (__m128i *)(void *)out;
    _mm_storeu_si128(to, reverse(_mm_unpackhi_epi64(s.cdgh, s.abef)));
    _mm_storeu_si128(to + 1, reverse(_mm_unpacklo_epi64(s.cdgh, s.abef)));
}

void sym_sha_ni_finish(uint8_t (*out)[SYM_SHA_BYTES], const uint32_t state[SYM_SHA_STATE],
                       const uint8_t (*tails)[SYM_SHA_BLOCK], size_t n)
{
    const struct halves start = split(state);
    size_t at = 0;
    for (; at + LANES <= n; at += LANES) {
        struct halves s[LANES] = {start, start};
        __m128i words[LANES][4];
        for (size_t i = 0; i < LANES; i++) {
            load_block(words[i], tails[at + i]);
        }
        rounds(s, words, LANES);
        for (size_t i = 0; i < LANES; i++) {
            store_hash(out[at + i], s[i]);
        }
    }
    for (; at < n; at++) {
        struct halves s = start;
        __m128i words[1][4];
        load_block(words[0], tails[at]);
        rounds(&s, words, 1);
        store_hash(out[at], s);
    }
}

#else
typedef int sym_sha_ni_is_of_x86;
#endif
