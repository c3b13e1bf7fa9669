#include "crypto/laplace_kernel.h"

#ifdef __x86_64__

#include <immintrin.h>

#define FOUR(f) f(0) f(1) f(2) f(3)

_Static_assert(SYM_LAPLACE_LANES == 4 * 4, "four vectors of four draws");

/* Numbers of 64 bits without a sign, where a comparison takes them for numbers with one. */
static inline __m256i shifted(__m256i v)
{
    return _mm256_xor_si256(v, _mm256_set1_epi64x(INT64_MIN));
}

/* The draws at 2 at and behind it, as lower words, shifted, and upper words; in the order 0, 2, 1,
 * 3. */
static inline void take(__m256i *low, __m256i *high, const uint64_t *drawn)
{
    __m256i a = _mm256_loadu_si256((const void *)drawn);
    __m256i b = _mm256_loadu_si256((const void *)(drawn + 4));
    __m256i l = _mm256_unpacklo_epi64(a, b);
    __m256i h = _mm256_unpackhi_epi64(a, b);
    *low = shifted(_mm256_or_si256(_mm256_srli_epi64(l, 1), _mm256_slli_epi64(h, 63)));
    *high = _mm256_srli_epi64(h, 1);
}

static inline void give(uint64_t *above, __m256i counts)
{
    _mm256_storeu_si256((void *)above, _mm256_permute4x64_epi64(counts, 0xd8));
}

void sym_laplace_above_avx2(uint64_t *above, const uint64_t *drawn, size_t n,
                            const struct sym_threshold *thresholds, size_t count)
{
    for (size_t at = 0; at < n; at += SYM_LAPLACE_LANES) {
#define START(i)                                                                                   \
    __m256i low##i;                                                                                \
    __m256i high##i;                                                                               \
    __m256i counts##i = _mm256_setzero_si256();                                                    \
    take(&low##i, &high##i, drawn + 2 * (at + 4 * (i)));
        FOUR(START)
        for (size_t k = 0; k < count; k++) {
            const __m256i low = shifted(_mm256_set1_epi64x((long long)thresholds[k].low));
            const __m256i high = _mm256_set1_epi64x((long long)thresholds[k].high);
            /* What is true is -1. */
#define COMPARE(i)                                                                                 \
    counts##i = _mm256_sub_epi64(                                                                  \
        counts##i, _mm256_or_si256(_mm256_cmpgt_epi64(high, high##i),                              \
                                   _mm256_and_si256(_mm256_cmpeq_epi64(high, high##i),             \
                                                    _mm256_cmpgt_epi64(low, low##i))));
            FOUR(COMPARE)
        }
#define END(i) give(above + at + 4 * (i), counts##i);
        FOUR(END)
    }
}

#endif
