/* Eight elements at a time: GF(2^255-19) in radix 2^51, one element per 64-bit lane, with the
 * 52-bit multiply-add of AVX-512 (Gueron and Krasnov 2016). A product's low half takes the low 52
 * bits at limb k, its high half what is above, which at limb k+1 counts twice.
 *
 * Tight: limbs below 2^51 + 2^17. Loose: limbs below 2^62. A product's are below 2^57.
 */
#include "crypto/cpu.h"
#include "crypto/ristretto_backend.h"

#include <sodium.h>
#include <string.h>

#if defined __AVX512IFMA__ || defined SYM_IFMA_EMULATED

#ifndef SYM_IFMA_EMULATED
#include <immintrin.h>
#endif

#define LANES 8
#define LIMBS 5
#define LIMB  ((UINT64_C(1) << 51) - 1)

#ifndef INLINE
#define INLINE static inline __attribute__((always_inline))
#endif
#define NOINLINE static __attribute__((noinline))
/* gcc 12 leaves arrays that a loop walks over in memory: unrolled here, more than twice as fast. */
#define EACH_LIMB(X) X(0) X(1) X(2) X(3) X(4)

typedef __m512i vec;
typedef __mmask8 lanes;

struct fe {
    vec limb[LIMBS];
};

struct loose {
    vec limb[LIMBS];
};

/* A factor times 1, 2^51, 2^102, 2^153 and 2^204: a product with it needs hardly any folding. */
struct fixed {
    struct fe shifted[LIMBS];
};

#define FE_WORDS(w0, w1, w2, w3)                                                                   \
    {                                                                                              \
        (w0) & LIMB, ((w0) >> 51 | (w1) << 13) & LIMB, ((w1) >> 38 | (w2) << 26) & LIMB,           \
            ((w2) >> 25 | (w3) << 39) & LIMB, (w3) >> 12                                           \
    }

#define ALL(x)      _mm512_set1_epi64((long long)(x))
#define ZERO        _mm512_setzero_si512()
#define ADD(a, b)   _mm512_add_epi64(a, b)
#define SUB(a, b)   _mm512_sub_epi64(a, b)
#define AND(a, b)   _mm512_and_si512(a, b)
#define OR(a, b)    _mm512_or_si512(a, b)
#define DOWN(a, n)  _mm512_srli_epi64(a, n)
#define UP(a, n)    _mm512_slli_epi64(a, n)
#define LO(c, a, b) _mm512_madd52lo_epu64(c, a, b)
#define HI(c, a, b) _mm512_madd52hi_epu64(c, a, b)
#define TWICE(a)    ADD(a, a)

/* 2^9 * p, limb by limb: more than any product, so that one can be taken from it. */
#define RAISE_LOW     ALL((UINT64_C(1) << 60) - UINT64_C(19) * 512)
#define RAISE         ALL((UINT64_C(1) << 60) - 512)
#define RAISE_HALF    ALL((UINT64_C(1) << 59) - 256)
#define RAISE_QUARTER ALL((UINT64_C(1) << 58) - 128)

INLINE lanes lanes_and(lanes a, lanes b)
{
    return (lanes)(a & b);
}

INLINE lanes lanes_or(lanes a, lanes b)
{
    return (lanes)(a | b);
}

INLINE lanes lanes_xor(lanes a, lanes b)
{
    return (lanes)(a ^ b);
}

INLINE lanes lanes_not(lanes a)
{
    return (lanes)~a;
}

INLINE lanes lanes_all(uint64_t bit)
{
    return (lanes)(0 - bit);
}

INLINE unsigned lanes_bits(lanes a)
{
    return a;
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
#define X(i) out->limb[i] = ADD(a->limb[i], i == 0 ? RAISE_LOW : RAISE);
    EACH_LIMB(X)
#undef X
}

INLINE void fe_carry(struct fe *out, const struct loose *a)
{
    const vec mask = ALL(LIMB);
#define X(i) vec c##i = DOWN(a->limb[i], 51), m##i = AND(a->limb[i], mask);
    EACH_LIMB(X)
#undef X
    out->limb[0] = LO(m0, c4, ALL(19));
    out->limb[1] = ADD(m1, c0);
    out->limb[2] = ADD(m2, c1);
    out->limb[3] = ADD(m3, c2);
    out->limb[4] = ADD(m4, c3);
}

/* What 19 * x, of limb 5 + i brought down to limb i, has above 52 bits; high counts twice at limb
 * i + 1. x may be wider than the 52 bits that a product looks at. */
#define FOLD(high, x) ((high) = LO(HI(high, x, nineteen), DOWN(x, 52), nineteen))

/* out = a * b, or 2^9 * p more */
INLINE void multiply_from(struct loose *out, bool raised, const struct fe *a, const struct fe *b)
{
    const vec nineteen = ALL(19);
    const vec low = raised ? RAISE_LOW : ZERO;
    const vec high = raised ? RAISE_HALF : ZERO; /* counts twice, at the next limb */
    const vec a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3], a4 = a->limb[4];
    const vec b0 = b->limb[0], b1 = b->limb[1], b2 = b->limb[2], b3 = b->limb[3], b4 = b->limb[4];
    vec h0, h1, h2, h3, h4, h5, h6, h7, h8, l0, l1, l2, l3, l4, l5, l6, l7, l8, l9;

    h8 = HI(ZERO, a4, b4);
    l9 = TWICE(h8); /* below 2^52 */
    h7 = HI(HI(ZERO, a3, b4), a4, b3);
    h6 = HI(HI(HI(ZERO, a2, b4), a3, b3), a4, b2);
    h5 = HI(HI(HI(HI(ZERO, a1, b4), a2, b3), a3, b2), a4, b1);
    h4 = HI(HI(HI(HI(HI(ZERO, a0, b4), a1, b3), a2, b2), a3, b1), a4, b0);
    h4 = HI(h4, l9, nineteen);
    l8 = LO(TWICE(h7), a4, b4);
    l7 = LO(LO(TWICE(h6), a3, b4), a4, b3);
    l6 = LO(LO(LO(TWICE(h5), a2, b4), a3, b3), a4, b2);
    l5 = LO(LO(LO(LO(TWICE(h4), a1, b4), a2, b3), a3, b2), a4, b1);

    h0 = HI(high, a0, b0);
    h1 = HI(HI(high, a0, b1), a1, b0);
    h2 = HI(HI(HI(high, a0, b2), a1, b1), a2, b0);
    h3 = HI(HI(HI(HI(high, a0, b3), a1, b2), a2, b1), a3, b0);
    FOLD(h0, l5);
    FOLD(h1, l6);
    FOLD(h2, l7);
    FOLD(h3, l8);
    l0 = LO(LO(low, a0, b0), l5, nineteen);
    l1 = LO(LO(LO(TWICE(h0), a0, b1), a1, b0), l6, nineteen);
    l2 = LO(LO(LO(LO(TWICE(h1), a0, b2), a1, b1), a2, b0), l7, nineteen);
    l3 = LO(LO(LO(LO(LO(TWICE(h2), a0, b3), a1, b2), a2, b1), a3, b0), l8, nineteen);
    l4 = LO(LO(LO(LO(LO(LO(TWICE(h3), a0, b4), a1, b3), a2, b2), a3, b1), a4, b0), l9, nineteen);
    out->limb[0] = l0;
    out->limb[1] = l1;
    out->limb[2] = l2;
    out->limb[3] = l3;
    out->limb[4] = l4;
}

/* out = a^2, or 2^9 * p more: products of two limbs are counted twice, and twice again above the 52
 * bits */
INLINE void square_from(struct loose *out, bool raised, const struct fe *a)
{
    const vec nineteen = ALL(19);
    const vec low = raised ? RAISE_LOW : ZERO;
    const vec high = raised ? RAISE_HALF : ZERO; /* counts twice, at the next limb */
    const vec cross = raised ? RAISE_QUARTER : ZERO;
    const vec a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3], a4 = a->limb[4];
    vec h0, h1, h2, h3, h4, h5, h6, h7, h8, l0, l1, l2, l3, l4, l5, l6, l7, l8, l9;

    h8 = HI(ZERO, a4, a4);
    l9 = TWICE(h8); /* below 2^52 */
    h7 = TWICE(HI(ZERO, a3, a4));
    h6 = HI(TWICE(HI(ZERO, a2, a4)), a3, a3);
    h5 = TWICE(HI(HI(ZERO, a1, a4), a2, a3));
    h4 = HI(TWICE(HI(HI(ZERO, a0, a4), a1, a3)), a2, a2);
    h4 = HI(h4, l9, nineteen);
    l8 = LO(TWICE(h7), a4, a4);
    l7 = TWICE(LO(h6, a3, a4));
    l6 = LO(TWICE(LO(h5, a2, a4)), a3, a3);
    l5 = TWICE(LO(LO(h4, a1, a4), a2, a3));

    h0 = HI(high, a0, a0);
    h1 = TWICE(HI(cross, a0, a1));
    h2 = HI(TWICE(HI(cross, a0, a2)), a1, a1);
    h3 = TWICE(HI(HI(cross, a0, a3), a1, a2));
    FOLD(h0, l5);
    FOLD(h1, l6);
    FOLD(h2, l7);
    FOLD(h3, l8);
    l0 = LO(LO(low, a0, a0), l5, nineteen);
    l1 = LO(TWICE(LO(h0, a0, a1)), l6, nineteen);
    l2 = LO(LO(TWICE(LO(h1, a0, a2)), a1, a1), l7, nineteen);
    l3 = LO(TWICE(LO(LO(h2, a0, a3), a1, a2)), l8, nineteen);
    l4 = LO(LO(TWICE(LO(LO(h3, a0, a4), a1, a3)), a2, a2), l9, nineteen);
    out->limb[0] = l0;
    out->limb[1] = l1;
    out->limb[2] = l2;
    out->limb[3] = l3;
    out->limb[4] = l4;
}

INLINE void fe_multiply(struct loose *out, const struct fe *a, const struct fe *b)
{
    multiply_from(out, false, a, b);
}

INLINE void fe_multiply_raised(struct loose *out, const struct fe *a, const struct fe *b)
{
    multiply_from(out, true, a, b);
}

INLINE void fe_square(struct loose *out, const struct fe *a)
{
    square_from(out, false, a);
}

INLINE void fe_square_raised(struct loose *out, const struct fe *a)
{
    square_from(out, true, a);
}

NOINLINE void fixed_prepare(struct fixed *out, const struct fe *a)
{
    out->shifted[0] = *a;
    for (size_t i = 1; i < LIMBS; i++) {
        const struct fe *before = &out->shifted[i - 1];
        struct loose next;
        next.limb[0] = before->limb[4];
        next.limb[0] = ADD(next.limb[0], TWICE(ADD(next.limb[0], UP(next.limb[0], 3)))); /* x 19 */
        next.limb[1] = before->limb[0];
        next.limb[2] = before->limb[1];
        next.limb[3] = before->limb[2];
        next.limb[4] = before->limb[3];
        fe_carry(&out->shifted[i], &next);
    }
}

#define COLUMN(op, start, k)                                                                       \
    op(op(op(op(op(start, a0, v[0].limb[k]), a1, v[1].limb[k]), a2, v[2].limb[k]), a3,             \
          v[3].limb[k]),                                                                           \
       a4, v[4].limb[k])

INLINE void fe_multiply_fixed(struct loose *out, const struct fe *a, const struct fixed *b)
{
    const struct fe *v = b->shifted;
    const vec a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3], a4 = a->limb[4];
    vec h4 = COLUMN(HI, ZERO, 4); /* times 2^256, which is 38 */
    vec h0 = COLUMN(HI, ZERO, 0);
    vec h1 = COLUMN(HI, ZERO, 1);
    vec h2 = COLUMN(HI, ZERO, 2);
    vec h3 = COLUMN(HI, ZERO, 3);
    h0 = LO(HI(h0, h4, ALL(38)), DOWN(h4, 52), ALL(38));
    out->limb[0] = LO(COLUMN(LO, ZERO, 0), h4, ALL(38));
    out->limb[1] = COLUMN(LO, TWICE(h0), 1);
    out->limb[2] = COLUMN(LO, TWICE(h1), 2);
    out->limb[3] = COLUMN(LO, TWICE(h2), 3);
    out->limb[4] = COLUMN(LO, TWICE(h3), 4);
}

INLINE void fe_multiply_add_small(struct loose *out, const struct loose *c, const struct fe *a,
                                  uint32_t k)
{
    const vec factor = ALL(k);
#define X(i) vec h##i = HI(ZERO, a->limb[i], factor);
    EACH_LIMB(X)
#undef X
    out->limb[0] = LO(LO(c->limb[0], a->limb[0], factor), h4, ALL(2 * 19));
    out->limb[1] = LO(LO(c->limb[1], h0, ALL(2)), a->limb[1], factor);
    out->limb[2] = LO(LO(c->limb[2], h1, ALL(2)), a->limb[2], factor);
    out->limb[3] = LO(LO(c->limb[3], h2, ALL(2)), a->limb[3], factor);
    out->limb[4] = LO(LO(c->limb[4], h3, ALL(2)), a->limb[4], factor);
}

INLINE void fe_constant(struct fe *out, const uint64_t k[LIMBS])
{
#define X(i) out->limb[i] = ALL(k[i]);
    EACH_LIMB(X)
#undef X
}

INLINE void fe_select(struct fe *out, lanes which, const struct fe *clear, const struct fe *set)
{
#define X(i) out->limb[i] = _mm512_mask_mov_epi64(clear->limb[i], which, set->limb[i]);
    EACH_LIMB(X)
#undef X
}

#define RIPPLE(i, j)                                                                               \
    r##j = ADD(r##j, DOWN(r##i, 51));                                                              \
    r##i = AND(r##i, mask);

INLINE void fe_freeze(struct fe *out, const struct fe *a)
{
    const vec mask = ALL(LIMB);
    vec r0 = a->limb[0], r1 = a->limb[1], r2 = a->limb[2], r3 = a->limb[3], r4 = a->limb[4];
    RIPPLE(0, 1) RIPPLE(1, 2) RIPPLE(2, 3) RIPPLE(3, 4) r0 = LO(r0, DOWN(r4, 51), ALL(19));
    r4 = AND(r4, mask);
    /* p or more exactly when 19 more reaches bit 255 */
    vec over = DOWN(ADD(r0, ALL(19)), 51);
    over = DOWN(ADD(r1, over), 51);
    over = DOWN(ADD(r2, over), 51);
    over = DOWN(ADD(r3, over), 51);
    over = DOWN(ADD(r4, over), 51);
    r0 = LO(r0, over, ALL(19));
    RIPPLE(0, 1) RIPPLE(1, 2) RIPPLE(2, 3) RIPPLE(3, 4) out->limb[0] = r0;
    out->limb[1] = r1;
    out->limb[2] = r2;
    out->limb[3] = r3;
    out->limb[4] = AND(r4, mask);
}

INLINE lanes frozen_is_odd(const struct fe *a)
{
    return _mm512_test_epi64_mask(a->limb[0], ALL(1));
}

INLINE lanes frozen_is_zero(const struct fe *a)
{
    vec any = OR(OR(OR(a->limb[0], a->limb[1]), OR(a->limb[2], a->limb[3])), a->limb[4]);
    return _mm512_testn_epi64_mask(any, any);
}

/* Do the limbs agree, one by one? */
INLINE lanes fe_is_same(const struct fe *a, const struct fe *b)
{
#define X(i) vec d##i = _mm512_xor_si512(a->limb[i], b->limb[i]);
    EACH_LIMB(X)
#undef X
    vec any = OR(OR(OR(d0, d1), OR(d2, d3)), d4);
    return _mm512_testn_epi64_mask(any, any);
}

INLINE lanes fe_load(struct fe *out, const uint8_t *bytes, size_t stride)
{
    const vec mask = ALL(LIMB);
    uint64_t words[4][LANES];
    for (size_t lane = 0; lane < LANES; lane++) {
        for (size_t word = 0; word < 4; word++) {
            memcpy(&words[word][lane], bytes + lane * stride + 8 * word, 8);
        }
    }
    vec w0 = _mm512_loadu_si512(words[0]);
    vec w1 = _mm512_loadu_si512(words[1]);
    vec w2 = _mm512_loadu_si512(words[2]);
    vec w3 = _mm512_loadu_si512(words[3]);
    out->limb[0] = AND(w0, mask);
    out->limb[1] = AND(OR(DOWN(w0, 51), UP(w1, 13)), mask);
    out->limb[2] = AND(OR(DOWN(w1, 38), UP(w2, 26)), mask);
    out->limb[3] = AND(OR(DOWN(w2, 25), UP(w3, 39)), mask);
    out->limb[4] = AND(DOWN(w3, 12), mask);
    return _mm512_test_epi64_mask(w3, ALL(UINT64_C(1) << 63));
}

INLINE void frozen_store(uint8_t *bytes, const struct fe *a)
{
    uint64_t words[4][LANES];
    _mm512_storeu_si512(words[0], OR(a->limb[0], UP(a->limb[1], 51)));
    _mm512_storeu_si512(words[1], OR(DOWN(a->limb[1], 13), UP(a->limb[2], 38)));
    _mm512_storeu_si512(words[2], OR(DOWN(a->limb[2], 26), UP(a->limb[3], 25)));
    _mm512_storeu_si512(words[3], OR(DOWN(a->limb[3], 39), UP(a->limb[4], 12)));
    for (size_t lane = 0; lane < LANES; lane++) {
        for (size_t word = 0; word < 4; word++) {
            memcpy(bytes + 32 * lane + 8 * word, &words[word][lane], 8);
        }
    }
}

INLINE void wipe_registers(void)
{
#ifndef SYM_IFMA_EMULATED
#define X(n) __asm__ volatile("vpxorq %%zmm" #n ", %%zmm" #n ", %%zmm" #n ::: "xmm" #n);
    X(0)
    X(1)
    X(2)
    X(3)
    X(4)
    X(5)
    X(6)
    X(7)
    X(8)
    X(9)
    X(10)
    X(11)
    X(12)
    X(13)
    X(14)
    X(15)
    X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
#undef X
#endif
}

static bool is_usable(void)
{
#ifdef SYM_IFMA_EMULATED
    return true;
#else
    return sym_cpu_has(sym_cpu_features(), SYM_CPU_AVX512F | SYM_CPU_AVX512DQ | SYM_CPU_AVX512IFMA);
#endif
}

#define BACKEND      sym_ristretto_ifma
#define BACKEND_NAME "ifma"
#include "crypto/ristretto/batch.h"

#define X25519 sym_x25519_ifma
#include "crypto/ristretto/x25519.h"

#else

typedef int sym_ristretto_without_ifma; /* an empty file is no C */

#endif
