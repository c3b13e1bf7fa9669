#include "crypto/cpu.h"
#include "crypto/mask_kernel.h"

#ifdef __x86_64__

#include <immintrin.h>

#define ROUNDS   14
#define EIGHT(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7)

/* A round key, four times. */
static inline __m512i spread(const uint8_t *round_key)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)round_key));
}

/* Numbers of four blocks, where the lower half of each will be zero. */
static inline __m512i numbers(uint64_t block)
{
    long long b = (long long)block;
    return _mm512_set_epi64(b + 3, 0, b + 2, 0, b + 1, 0, b, 0);
}

/* Counters are big-endian. Bytes of the lower halves stay where they are: zeros. */
static inline __m512i counters(__m512i numbered)
{
    const __m512i order =
        _mm512_broadcast_i32x4(_mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 4, 3, 2, 1, 0));
    return _mm512_shuffle_epi8(numbered, order);
}

static inline __m512i sum(__m512i cells, __m512i words, bool subtracts)
{
    return subtracts ? _mm512_sub_epi64(cells, words) : _mm512_add_epi64(cells, words);
}

static inline void put(uint64_t *cells, __m512i words, bool subtracts)
{
    _mm512_storeu_si512(cells, sum(_mm512_loadu_si512(cells), words, subtracts));
}

static inline __m512i four_blocks(__m512i numbered, const uint8_t *schedule)
{
    __m512i s = _mm512_xor_si512(counters(numbered), spread(schedule));
    for (unsigned round = 1; round < ROUNDS; round++) {
        s = _mm512_aesenc_epi128(s, spread(schedule + 16 * round));
    }
    return _mm512_aesenclast_epi128(s, spread(schedule + 16 * ROUNDS));
}

/* Eight times four blocks, because a round takes as long as several that do not wait for each
 * other.
 */
static inline __attribute__((always_inline)) void apply(uint64_t *cells, size_t n, uint64_t block,
                                                        const uint8_t *schedule, bool subtracts)
{
    const __m512i four = _mm512_sub_epi64(numbers(4), numbers(0));
    __m512i at = numbers(block);
    for (; n >= 64; n -= 64, cells += 64) {
        __m512i key = spread(schedule);
#define START(i)                                                                                   \
    __m512i s##i = _mm512_xor_si512(counters(at), key);                                            \
    at = _mm512_add_epi64(at, four);
        EIGHT(START)
        for (unsigned round = 1; round < ROUNDS; round++) {
            key = spread(schedule + 16 * round);
#define ROUND(i) s##i = _mm512_aesenc_epi128(s##i, key);
            EIGHT(ROUND)
        }
        key = spread(schedule + 16 * ROUNDS);
#define END(i) put(cells + 8 * (i), _mm512_aesenclast_epi128(s##i, key), subtracts);
        EIGHT(END)
    }
    while (n > 0) {
        size_t here = n < 8 ? n : 8;
        __mmask8 lanes = (__mmask8)((1u << here) - 1u);
        __m512i was = _mm512_maskz_loadu_epi64(lanes, cells);
        __m512i words = four_blocks(at, schedule);
        _mm512_mask_storeu_epi64(cells, lanes, sum(was, words, subtracts));
        at = _mm512_add_epi64(at, four);
        cells += here;
        n -= here;
    }
}

static void add(uint64_t *cells, size_t n, uint64_t block,
                const uint8_t schedule[SYM_MASK_SCHEDULE_BYTES])
{
    apply(cells, n, block, schedule, false);
}

static void subtract(uint64_t *cells, size_t n, uint64_t block,
                     const uint8_t schedule[SYM_MASK_SCHEDULE_BYTES])
{
    apply(cells, n, block, schedule, true);
}

static void expand(uint8_t schedule[SYM_MASK_SCHEDULE_BYTES], const uint8_t key[SYM_MASK_KEY_BYTES])
{
    sym_mask_aesni.expand(schedule, key);
}

const struct sym_mask_kernel sym_mask_vaes = {
    .name = "vaes",
    .wants = SYM_CPU_AES | SYM_CPU_AVX2 | SYM_CPU_VAES | SYM_CPU_AVX512F | SYM_CPU_AVX512BW,
    .expand = expand,
    .add = add,
    .subtract = subtract,
};

#endif
