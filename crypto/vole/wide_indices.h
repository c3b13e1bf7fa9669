/* wide_indices.h - the indices of code_indices.h, sixteen at a time; for spread_vaes512 and
 * gather_vaes512. Public. */
#ifndef SYM_CRYPTO_VOLE_WIDE_INDICES_H
#define SYM_CRYPTO_VOLE_WIDE_INDICES_H

#include "crypto/vole/code_indices.h"
#include "crypto/vole/wide.h"

#define WIDE_STRIPES (SYM_CODE_WEIGHT - SYM_CODE_UNIFORM)

/* floor(words * range / 2^32) */
static inline __m512i scaled(__m512i words, __m512i range)
{
    const __m512i even = _mm512_srli_epi64(_mm512_mul_epu32(words, range), 32);
    const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(words, 32), range);
    return _mm512_mask_blend_epi32(0xaaaa, even, odd);
}

/* Counter of word 64 j of the outputs of group b. */
static inline uint64_t row_counter(size_t b, unsigned j)
{
    return SYM_CODE_SALT(SYM_CODE_SALT_INDICES) +
           SYM_CODE_GRAIN / 4 * (SYM_CODE_WEIGHT * (uint64_t)b + j);
}

#endif
