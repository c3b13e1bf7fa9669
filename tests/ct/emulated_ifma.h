/* emulated_ifma.h - the few AVX-512 instructions that crypto/ristretto/ifma.h names, lane by lane
 * in plain C, so that the same source runs under valgrind, which knows none of them. Included
 * before that file, on the command line, in the variant `ct` alone. Takes no branch on a lane. */
#ifndef SYM_TESTS_CT_EMULATED_IFMA_H
#define SYM_TESTS_CT_EMULATED_IFMA_H

#define SYM_IFMA_EMULATED

#include <stdint.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wpsabi" /* nothing here is called from elsewhere */
typedef uint64_t __m512i __attribute__((vector_size(64)));
typedef uint8_t __mmask8;

#define INLINE            static __attribute__((noinline, unused))
#define EMULATED          static inline __attribute__((always_inline, unused))
#define EMULATED_LOW52(x) ((x) & ((UINT64_C(1) << 52) - 1))

__extension__ typedef unsigned __int128 emulated_product;

EMULATED __m512i _mm512_set1_epi64(long long x)
{
    uint64_t u = (uint64_t)x;
    return (__m512i){u, u, u, u, u, u, u, u};
}

#define _mm512_setzero_si512()   _mm512_set1_epi64(0)
#define _mm512_add_epi64(a, b)   ((a) + (b))
#define _mm512_sub_epi64(a, b)   ((a) - (b))
#define _mm512_mullo_epi64(a, b) ((a) * (b))
#define _mm512_and_si512(a, b)   ((a) & (b))
#define _mm512_or_si512(a, b)    ((a) | (b))
#define _mm512_xor_si512(a, b)   ((a) ^ (b))
#define _mm512_srli_epi64(a, n)  ((a) >> (n))
#define _mm512_slli_epi64(a, n)  ((a) << (n))

EMULATED __m512i _mm512_madd52lo_epu64(__m512i c, __m512i a, __m512i b)
{
    for (int i = 0; i < 8; i++) {
        emulated_product p = (emulated_product)EMULATED_LOW52(a[i]) * EMULATED_LOW52(b[i]);
        c[i] += EMULATED_LOW52((uint64_t)p);
    }
    return c;
}

EMULATED __m512i _mm512_madd52hi_epu64(__m512i c, __m512i a, __m512i b)
{
    for (int i = 0; i < 8; i++) {
        emulated_product p = (emulated_product)EMULATED_LOW52(a[i]) * EMULATED_LOW52(b[i]);
        c[i] += (uint64_t)(p >> 52);
    }
    return c;
}

EMULATED __m512i _mm512_mask_mov_epi64(__m512i clear, __mmask8 which, __m512i set)
{
    for (int i = 0; i < 8; i++) {
        uint64_t mask = 0 - (uint64_t)(which >> i & 1);
        clear[i] ^= (clear[i] ^ set[i]) & mask;
    }
    return clear;
}

/* Where a and b have no bit in common. */
EMULATED __mmask8 _mm512_testn_epi64_mask(__m512i a, __m512i b)
{
    unsigned bits = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t common = a[i] & b[i];
        bits |= (unsigned)(~(common | (0 - common)) >> 63) << i;
    }
    return (__mmask8)bits;
}

EMULATED __mmask8 _mm512_test_epi64_mask(__m512i a, __m512i b)
{
    return (__mmask8)~_mm512_testn_epi64_mask(a, b);
}

EMULATED __m512i _mm512_loadu_si512(const void *from)
{
    __m512i out;
    memcpy(&out, from, sizeof out);
    return out;
}

EMULATED void _mm512_storeu_si512(void *to, __m512i a)
{
    memcpy(to, &a, sizeof a);
}

#endif
