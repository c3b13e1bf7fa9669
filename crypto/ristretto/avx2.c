/* Four elements at a time: GF(2^255-19) in radix 2^25.5, ten limbs of 26 and 25 bits by turns, one
 * element per 64-bit lane, with the 32-bit products of AVX2. A product of two limbs of 25 bits
 * counts twice.
 *
 * Tight: even limbs below 2^26, odd ones below 2^25 + 2^17. Loose: limbs below 2^63. A product's
 * limbs are below 2^59.1 at even places, 2^58.4 at odd ones.
 */
#include "crypto/cpu.h"
#include "crypto/ristretto_backend.h"

#ifdef __AVX2__

#include <immintrin.h>
#include <sodium.h>
#include <string.h>

#define LANES 4
#define LIMBS 10
#define EVEN  ((UINT64_C(1) << 26) - 1)
#define ODD   ((UINT64_C(1) << 25) - 1)

#define INLINE   static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
/* Unrolled here, because gcc 12 leaves arrays that a loop walks over in memory. */
#define EACH_LIMB(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
#define MASK(i)      ((i) % 2 == 0 ? EVEN : ODD)
#define BITS(i)      ((i) % 2 == 0 ? 26 : 25)

typedef __m256i vec;
typedef __m256i lanes;

struct fe {
    vec limb[LIMBS];
};

struct loose {
    vec limb[LIMBS];
};

/* A factor of many products, and 19 times it. */
struct fixed {
    struct fe once;
    struct fe times19;
};

#define FE_WORDS(w0, w1, w2, w3)                                                                   \
    {                                                                                              \
        (w0) & EVEN, (w0) >> 26 & ODD, ((w0) >> 51 | (w1) << 13) & EVEN, (w1) >> 13 & ODD,         \
            (w1) >> 38, (w2)&ODD, (w2) >> 25 & EVEN, ((w2) >> 51 | (w3) << 13) & ODD,              \
            (w3) >> 12 & EVEN, (w3) >> 38                                                          \
    }

#define ALL(x)     _mm256_set1_epi64x((long long)(x))
#define ADD(a, b)  _mm256_add_epi64(a, b)
#define SUB(a, b)  _mm256_sub_epi64(a, b)
#define AND(a, b)  _mm256_and_si256(a, b)
#define OR(a, b)   _mm256_or_si256(a, b)
#define XOR(a, b)  _mm256_xor_si256(a, b)
#define DOWN(a, n) _mm256_srli_epi64(a, n)
#define UP(a, n)   _mm256_slli_epi64(a, n)
#define MUL(a, b)  _mm256_mul_epu32(a, b)
#define TWICE(a)   ADD(a, a)

/* 2^35 * p, limb by limb: more than any product, so that one can be taken from it. */
#define RAISE(i) ALL(((UINT64_C(1) << BITS(i)) - ((i) == 0 ? 19 : 1)) << 35)

INLINE vec times19(vec a)
{
    return ADD(ADD(UP(a, 4), TWICE(a)), a);
}

INLINE lanes lanes_and(lanes a, lanes b)
{
    return AND(a, b);
}

INLINE lanes lanes_or(lanes a, lanes b)
{
    return OR(a, b);
}

INLINE lanes lanes_xor(lanes a, lanes b)
{
    return XOR(a, b);
}

INLINE lanes lanes_not(lanes a)
{
    return XOR(a, ALL(-1));
}

INLINE lanes lanes_all(uint64_t bit)
{
    return ALL(0 - bit);
}

INLINE lanes lanes_each(const uint64_t bits[LANES])
{
    return SUB(ALL(0), _mm256_loadu_si256((const __m256i *)bits));
}

INLINE unsigned lanes_bits(lanes a)
{
    return (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(a));
}

INLINE void loose_from(struct loose *out, const struct fe *a)
{
#define X(i) out->limb[i] = a->limb[i];
    EACH_LIMB(X)
#undef X
}

INLINE void loose_add(struct loose *out, const struct loose *a, const struct loose *b)
{
#define X(i) out->limb[i] = ADD(a->limb[i], b->limb[i]);
    EACH_LIMB(X)
#undef X
}

INLINE void loose_take(struct loose *out, const struct loose *raised, const struct loose *b)
{
#define X(i) out->limb[i] = SUB(raised->limb[i], b->limb[i]);
    EACH_LIMB(X)
#undef X
}

INLINE void loose_raise(struct loose *out, const struct loose *a)
{
#define X(i) out->limb[i] = ADD(a->limb[i], RAISE(i));
    EACH_LIMB(X)
#undef X
}

#define CARRY(i, j)                                                                                \
    r##j = ADD(r##j, DOWN(r##i, BITS(i)));                                                         \
    r##i = AND(r##i, ALL(MASK(i)));

INLINE void fe_carry(struct fe *out, const struct loose *a)
{
#define X(i) vec r##i = a->limb[i];
    EACH_LIMB(X)
#undef X
    /* two chains at once, of which each overtakes the other's start */
    CARRY(0, 1)
    CARRY(4, 5)
    CARRY(1, 2)
    CARRY(5, 6)
    CARRY(2, 3)
    CARRY(6, 7) CARRY(3, 4) CARRY(7, 8) CARRY(4, 5) CARRY(8, 9) r0 = ADD(r0, times19(DOWN(r9, 25)));
    r9 = AND(r9, ALL(ODD));
    CARRY(0, 1)
#define X(i) out->limb[i] = r##i;
    EACH_LIMB(X)
#undef X
}

INLINE void fe_carry_factor(struct fe *out, const struct loose *a)
{
    fe_carry(out, a);
}

INLINE void fe_settle(struct fe *out, const struct fe *a)
{
    *out = *a;
}

#define FIVE(a, b, c, d, e, f, g, h, i, j)                                                         \
    ADD(ADD(ADD(MUL(a, b), MUL(c, d)), ADD(MUL(e, f), MUL(g, h))), MUL(i, j))
#define SIX(a, b, c, d, e, f, g, h, i, j, k, l) ADD(FIVE(a, b, c, d, e, f, g, h, i, j), MUL(k, l))
#define TEN(a, b, c, d, e, f, g, h, i, j, ...)                                                     \
    ADD(FIVE(a, b, c, d, e, f, g, h, i, j), FIVE(__VA_ARGS__))

/* a is the factor as it is, d twice its odd limbs; b the other factor, n 19 times it. */
INLINE void multiply_by(struct loose *out, const struct fe *a, const struct fe *b,
                        const struct fe *n)
{
#define X(i) const vec a##i = a->limb[i], b##i = b->limb[i];
    EACH_LIMB(X)
#undef X
    const vec n1 = n->limb[1], n2 = n->limb[2], n3 = n->limb[3], n4 = n->limb[4], n5 = n->limb[5],
              n6 = n->limb[6], n7 = n->limb[7], n8 = n->limb[8], n9 = n->limb[9];
    const vec d1 = TWICE(a1), d3 = TWICE(a3), d5 = TWICE(a5), d7 = TWICE(a7), d9 = TWICE(a9);
    out->limb[0] =
        TEN(a0, b0, d1, n9, a2, n8, d3, n7, a4, n6, d5, n5, a6, n4, d7, n3, a8, n2, d9, n1);
    out->limb[1] =
        TEN(a0, b1, a1, b0, a2, n9, a3, n8, a4, n7, a5, n6, a6, n5, a7, n4, a8, n3, a9, n2);
    out->limb[2] =
        TEN(a0, b2, d1, b1, a2, b0, d3, n9, a4, n8, d5, n7, a6, n6, d7, n5, a8, n4, d9, n3);
    out->limb[3] =
        TEN(a0, b3, a1, b2, a2, b1, a3, b0, a4, n9, a5, n8, a6, n7, a7, n6, a8, n5, a9, n4);
    out->limb[4] =
        TEN(a0, b4, d1, b3, a2, b2, d3, b1, a4, b0, d5, n9, a6, n8, d7, n7, a8, n6, d9, n5);
    out->limb[5] =
        TEN(a0, b5, a1, b4, a2, b3, a3, b2, a4, b1, a5, b0, a6, n9, a7, n8, a8, n7, a9, n6);
    out->limb[6] =
        TEN(a0, b6, d1, b5, a2, b4, d3, b3, a4, b2, d5, b1, a6, b0, d7, n9, a8, n8, d9, n7);
    out->limb[7] =
        TEN(a0, b7, a1, b6, a2, b5, a3, b4, a4, b3, a5, b2, a6, b1, a7, b0, a8, n9, a9, n8);
    out->limb[8] =
        TEN(a0, b8, d1, b7, a2, b6, d3, b5, a4, b4, d5, b3, a6, b2, d7, b1, a8, b0, d9, n9);
    out->limb[9] =
        TEN(a0, b9, a1, b8, a2, b7, a3, b6, a4, b5, a5, b4, a6, b3, a7, b2, a8, b1, a9, b0);
}

INLINE void fe_multiply(struct loose *out, const struct fe *a, const struct fe *b)
{
    struct fe n;
    const vec nineteen = ALL(19);
#define X(i) n.limb[i] = MUL(b->limb[i], nineteen);
    EACH_LIMB(X)
#undef X
    multiply_by(out, a, b, &n);
}

INLINE void fe_multiply_raised(struct loose *out, const struct fe *a, const struct fe *b)
{
    fe_multiply(out, a, b);
    loose_raise(out, out);
}

NOINLINE void fixed_prepare(struct fixed *out, const struct fe *a)
{
    out->once = *a;
#define X(i) out->times19.limb[i] = MUL(a->limb[i], ALL(19));
    EACH_LIMB(X)
#undef X
}

INLINE void fe_multiply_fixed(struct loose *out, const struct fe *a, const struct fixed *b)
{
    multiply_by(out, a, &b->once, &b->times19);
}

/* d is twice a, n 19 times, m 38 times. */
INLINE void fe_square(struct loose *out, const struct fe *a)
{
#define X(i) const vec a##i = a->limb[i];
    EACH_LIMB(X)
#undef X
    const vec d0 = TWICE(a0), d1 = TWICE(a1), d2 = TWICE(a2), d3 = TWICE(a3), d4 = TWICE(a4),
              d5 = TWICE(a5), d6 = TWICE(a6), d7 = TWICE(a7), d8 = TWICE(a8);
    const vec n6 = MUL(a6, ALL(19)), n8 = MUL(a8, ALL(19));
    const vec m5 = MUL(a5, ALL(38)), m7 = MUL(a7, ALL(38)), m9 = MUL(a9, ALL(38));
    const vec n7 = MUL(a7, ALL(19)), n9 = MUL(a9, ALL(19));
    out->limb[0] = SIX(a0, a0, d1, m9, d2, n8, d3, m7, d4, n6, a5, m5);
    out->limb[1] = FIVE(d0, a1, d2, n9, d3, n8, d4, n7, d5, n6);
    out->limb[2] = SIX(d0, a2, d1, a1, d3, m9, d4, n8, d5, m7, a6, n6);
    out->limb[3] = FIVE(d0, a3, d1, a2, d4, n9, d5, n8, d6, n7);
    out->limb[4] = SIX(d0, a4, d1, d3, a2, a2, d5, m9, d6, n8, a7, m7);
    out->limb[5] = FIVE(d0, a5, d1, a4, d2, a3, d6, n9, d7, n8);
    out->limb[6] = SIX(d0, a6, d1, d5, d2, a4, d3, a3, d7, m9, a8, n8);
    out->limb[7] = FIVE(d0, a7, d1, a6, d2, a5, d3, a4, d8, n9);
    out->limb[8] = SIX(d0, a8, d1, d7, d2, a6, d3, d5, a4, a4, a9, m9);
    out->limb[9] = FIVE(d0, a9, d1, a8, d2, a7, d3, a6, d4, a5);
}

INLINE void fe_square_raised(struct loose *out, const struct fe *a)
{
    fe_square(out, a);
    loose_raise(out, out);
}

INLINE void fe_multiply_add_small(struct loose *out, const struct loose *c, const struct fe *a,
                                  uint32_t k)
{
    const vec factor = ALL(k);
#define X(i) out->limb[i] = ADD(c->limb[i], MUL(a->limb[i], factor));
    EACH_LIMB(X)
#undef X
}

INLINE void fe_constant(struct fe *out, const uint64_t k[LIMBS])
{
#define X(i) out->limb[i] = ALL(k[i]);
    EACH_LIMB(X)
#undef X
}

INLINE void fe_select(struct fe *out, lanes which, const struct fe *clear, const struct fe *set)
{
#define X(i) out->limb[i] = _mm256_blendv_epi8(clear->limb[i], set->limb[i], which);
    EACH_LIMB(X)
#undef X
}

#define OVER(i) over = DOWN(ADD(r##i, over), BITS(i));
#define RIPPLE                                                                                     \
    CARRY(0, 1)                                                                                    \
    CARRY(1, 2) CARRY(2, 3) CARRY(3, 4) CARRY(4, 5) CARRY(5, 6) CARRY(6, 7) CARRY(7, 8) CARRY(8, 9)

INLINE void fe_freeze(struct fe *out, const struct fe *a)
{
#define X(i) vec r##i = a->limb[i];
    EACH_LIMB(X)
#undef X
    RIPPLE
    r0 = ADD(r0, times19(DOWN(r9, 25)));
    r9 = AND(r9, ALL(ODD));
    /* p or more exactly when 19 more reaches bit 255 */
    vec over = ALL(19);
    EACH_LIMB(OVER)
    r0 = ADD(r0, times19(over));
    RIPPLE
    r9 = AND(r9, ALL(ODD));
#define X(i) out->limb[i] = r##i;
    EACH_LIMB(X)
#undef X
}

INLINE vec is_zero(vec a)
{
    return _mm256_cmpeq_epi64(a, _mm256_setzero_si256());
}

INLINE lanes frozen_is_odd(const struct fe *a)
{
    return SUB(_mm256_setzero_si256(), AND(a->limb[0], ALL(1)));
}

INLINE lanes frozen_is_zero(const struct fe *a)
{
    vec any = a->limb[0];
#define X(i) any = OR(any, a->limb[i]);
    EACH_LIMB(X)
#undef X
    return is_zero(any);
}

/* Do the limbs agree, one by one? */
INLINE lanes fe_is_same(const struct fe *a, const struct fe *b)
{
    vec any = _mm256_setzero_si256();
#define X(i) any = OR(any, XOR(a->limb[i], b->limb[i]));
    EACH_LIMB(X)
#undef X
    return is_zero(any);
}

INLINE lanes fe_load(struct fe *out, const uint8_t *bytes, size_t stride)
{
    uint64_t words[4][LANES];
    for (size_t lane = 0; lane < LANES; lane++) {
        for (size_t word = 0; word < 4; word++) {
            memcpy(&words[word][lane], bytes + lane * stride + 8 * word, 8);
        }
    }
    vec w0, w1, w2, w3;
    memcpy(&w0, words[0], sizeof w0);
    memcpy(&w1, words[1], sizeof w1);
    memcpy(&w2, words[2], sizeof w2);
    memcpy(&w3, words[3], sizeof w3);
    const vec even = ALL(EVEN);
    const vec odd = ALL(ODD);
    out->limb[0] = AND(w0, even);
    out->limb[1] = AND(DOWN(w0, 26), odd);
    out->limb[2] = AND(OR(DOWN(w0, 51), UP(w1, 13)), even);
    out->limb[3] = AND(DOWN(w1, 13), odd);
    out->limb[4] = DOWN(w1, 38);
    out->limb[5] = AND(w2, odd);
    out->limb[6] = AND(DOWN(w2, 25), even);
    out->limb[7] = AND(OR(DOWN(w2, 51), UP(w3, 13)), odd);
    out->limb[8] = AND(DOWN(w3, 12), even);
    out->limb[9] = AND(DOWN(w3, 38), odd);
    return SUB(_mm256_setzero_si256(), DOWN(w3, 63));
}

INLINE void frozen_store(uint8_t *bytes, const struct fe *a)
{
    uint64_t words[4][LANES];
    vec w0 = OR(OR(a->limb[0], UP(a->limb[1], 26)), UP(a->limb[2], 51));
    vec w1 = OR(OR(DOWN(a->limb[2], 13), UP(a->limb[3], 13)), UP(a->limb[4], 38));
    vec w2 = OR(OR(a->limb[5], UP(a->limb[6], 25)), UP(a->limb[7], 51));
    vec w3 = OR(OR(DOWN(a->limb[7], 13), UP(a->limb[8], 12)), UP(a->limb[9], 38));
    memcpy(words[0], &w0, sizeof w0);
    memcpy(words[1], &w1, sizeof w1);
    memcpy(words[2], &w2, sizeof w2);
    memcpy(words[3], &w3, sizeof w3);
    for (size_t lane = 0; lane < LANES; lane++) {
        for (size_t word = 0; word < 4; word++) {
            memcpy(bytes + 32 * lane + 8 * word, &words[word][lane], 8);
        }
    }
}

INLINE void wipe_registers(void)
{
    _mm256_zeroall();
}

static bool is_usable(void)
{
    return sym_cpu_has(sym_cpu_features(), SYM_CPU_AVX2);
}

#define BACKEND        sym_ristretto_avx2
#define BACKEND_NAME   "avx2"
#define BACKEND_SHA512 sym_sha512_avx2
#include "crypto/ristretto/batch.h"

#else

typedef int sym_ristretto_without_avx2; /* an empty file is no C */

#endif
