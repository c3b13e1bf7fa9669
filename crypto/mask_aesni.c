#include "crypto/cpu.h"
#include "crypto/mask_kernel.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#define ROUNDS   14
#define EIGHT(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7)

static void store(uint8_t *out, __m128i value)
{
    _mm_storeu_si128((void *)out, value);
}

static __m128i load(const uint8_t *in)
{
    return _mm_loadu_si128((const void *)in);
}

/* FIPS 197, section 5.2: every word of a round key is the one eight before it, changed by the word
 * before it: a sum of prefixes within the half, and of one word that was substituted. */
static __m128i next_half(__m128i half, __m128i substituted)
{
    half = _mm_xor_si128(half, _mm_slli_si128(half, 4));
    half = _mm_xor_si128(half, _mm_slli_si128(half, 8));
    return _mm_xor_si128(half, substituted);
}

/* Substituted and rotated, with the round's constant; or substituted only. */
#define WITH_CONSTANT(half, constant)                                                              \
    _mm_shuffle_epi32(_mm_aeskeygenassist_si128(half, constant), 0xff)
#define WITHOUT(half) _mm_shuffle_epi32(_mm_aeskeygenassist_si128(half, 0), 0xaa)

#define PAIR(at, constant)                                                                         \
    even = next_half(even, WITH_CONSTANT(odd, constant));                                          \
    store(schedule + 16 * (at), even);                                                             \
    odd = next_half(odd, WITHOUT(even));                                                           \
    store(schedule + 16 * ((at) + 1), odd);

static void expand(uint8_t schedule[SYM_MASK_SCHEDULE_BYTES], const uint8_t key[SYM_MASK_KEY_BYTES])
{
    __m128i even = load(key);
    __m128i odd = load(key + 16);
    store(schedule, even);
    store(schedule + 16, odd);
    PAIR(2, 0x01)
    PAIR(4, 0x02)
    PAIR(6, 0x04)
    PAIR(8, 0x08)
    PAIR(10, 0x10)
    PAIR(12, 0x20)
    even = next_half(even, WITH_CONSTANT(odd, 0x40));
    store(schedule + 16 * ROUNDS, even);
}

/* The counter is big-endian and far below 2^64: its upper half stays zero. */
static inline __m128i first_round(uint64_t block, __m128i key)
{
    return _mm_xor_si128(_mm_set_epi64x((long long)__builtin_bswap64(block), 0), key);
}

static inline void put(uint64_t *cells, __m128i words, bool subtracts)
{
    __m128i was = _mm_loadu_si128((const void *)cells);
    _mm_storeu_si128((void *)cells,
                     subtracts ? _mm_sub_epi64(was, words) : _mm_add_epi64(was, words));
}

static inline __m128i one_block(uint64_t block, const uint8_t *schedule)
{
    __m128i s = first_round(block, load(schedule));
    for (unsigned round = 1; round < ROUNDS; round++) {
        s = _mm_aesenc_si128(s, load(schedule + 16 * round));
    }
    return _mm_aesenclast_si128(s, load(schedule + 16 * ROUNDS));
}

/* Eight blocks at once, because one round takes as long as several that do not wait for each other.
 */
static inline __attribute__((always_inline)) void apply(uint64_t *cells, size_t n, uint64_t block,
                                                        const uint8_t *schedule, bool subtracts)
{
    for (; n >= 16; n -= 16, cells += 16, block += 8) {
        __m128i key = load(schedule);
#define START(i) __m128i s##i = first_round(block + (i), key);
        EIGHT(START)
        for (unsigned round = 1; round < ROUNDS; round++) {
            key = load(schedule + 16 * round);
#define ROUND(i) s##i = _mm_aesenc_si128(s##i, key);
            EIGHT(ROUND)
        }
        key = load(schedule + 16 * ROUNDS);
#define END(i) put(cells + 2 * (i), _mm_aesenclast_si128(s##i, key), subtracts);
        EIGHT(END)
    }
    for (; n >= 2; n -= 2, cells += 2, block++) {
        put(cells, one_block(block, schedule), subtracts);
    }
    if (n > 0) {
        uint64_t word = (uint64_t)_mm_cvtsi128_si64(one_block(block, schedule));
        cells[0] += subtracts ? 0u - word : word;
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

const struct sym_mask_kernel sym_mask_aesni = {
    .name = "aesni",
    .wants = SYM_CPU_AES | SYM_CPU_AVX2,
    .expand = expand,
    .add = add,
    .subtract = subtract,
};

#endif
