/* ifma.h - eight elements at a time: GF(2^255-19) in radix 2^52, one element per 64-bit lane, with
 * the 52-bit multiply-add of AVX-512 (Gueron and Krasnov 2016). A product's low half takes the low
 * 52 bits at limb k, its high half what is above, at limb k+1; it looks at no bit of a factor above
 * the lowest 52, so that a carried limb that only enters products needs no mask.
 *
 * The field of two backends, which differ in how a product's high limbs come down to its low ones,
 * times 2^260 modulo p: with FOLD_BY_WHOLE_PRODUCTS by products of 64 bits, which AMD's processors
 * do as fast as a multiply-add; otherwise by more multiply-adds, as Intel's take three steps for
 * such a product.
 *
 * Tight: four limbs below 2^52, the highest below 2^48. A factor (field.h): the same, but for bits
 * above the lowest 52 of the four. A product's limbs are below FOLDED * 2^52, the highest below
 * 2^56; raised they are below twice as much and 2^59. Loose: limbs below 2^64, the highest below
 * 2^62.
 */
#ifndef SYM_CRYPTO_RISTRETTO_IFMA_H
#define SYM_CRYPTO_RISTRETTO_IFMA_H

#include "crypto/cpu.h"
#include "crypto/ristretto_backend.h"

#include <string.h>

#ifndef SYM_IFMA_EMULATED
#include <immintrin.h>
#endif

#define LANES 8
#define LIMBS 5
#define LIMB  ((UINT64_C(1) << 52) - 1)
#define TOP   ((UINT64_C(1) << 47) - 1)

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

/* A factor times 1, 2^52, 2^104, 2^156 and 2^208: a product with it needs hardly any folding. */
struct fixed {
    struct fe shifted[LIMBS];
};

#define FE_WORDS(w0, w1, w2, w3)                                                                   \
    {                                                                                              \
        (w0) & LIMB, ((w0) >> 52 | (w1) << 12) & LIMB, ((w1) >> 40 | (w2) << 24) & LIMB,           \
            ((w2) >> 28 | (w3) << 36) & LIMB, (w3) >> 16                                           \
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

/* 2^260 modulo p: what a limb counts that is five limbs too high. */
#define FOLD 608

/* 2^11 * p, limb by limb, each more than a product's, so that one can be taken from it. */
#ifdef FOLD_BY_WHOLE_PRODUCTS
#define FOLDED UINT64_C(768)
#else
#define FOLDED UINT64_C(64)
#endif
#define RAISE_LOW      ALL((FOLDED << 52) - UINT64_C(19) * 2048)
#define RAISE          ALL((FOLDED << 52) - FOLDED)
#define RAISE_TOP      ALL((UINT64_C(1) << 58) - FOLDED)
#define HALF_RAISE     ALL((FOLDED << 51) - FOLDED / 2)
#define HALF_RAISE_TOP ALL((UINT64_C(1) << 57) - FOLDED / 2)

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

INLINE lanes lanes_each(const uint64_t bits[LANES])
{
    const vec each = _mm512_loadu_si512(bits);
    return _mm512_test_epi64_mask(each, each);
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
#define X(i) out->limb[i] = ADD(a->limb[i], i == 0 ? RAISE_LOW : i == 4 ? RAISE_TOP : RAISE);
    EACH_LIMB(X)
#undef X
}

/* What is above 2^255 comes down first: then one ripple upwards ends in a limb that has room. */
INLINE void fe_carry_factor(struct fe *out, const struct loose *a)
{
    vec r0 = LO(a->limb[0], DOWN(a->limb[4], 47), ALL(19));
    vec r1 = ADD(a->limb[1], DOWN(r0, 52));
    vec r2 = ADD(a->limb[2], DOWN(r1, 52));
    vec r3 = ADD(a->limb[3], DOWN(r2, 52));
    out->limb[0] = r0;
    out->limb[1] = r1;
    out->limb[2] = r2;
    out->limb[3] = r3;
    out->limb[4] = ADD(AND(a->limb[4], ALL(TOP)), DOWN(r3, 52));
}

INLINE void fe_settle(struct fe *out, const struct fe *a)
{
    const vec mask = ALL(LIMB);
#define X(i) out->limb[i] = i < 4 ? AND(a->limb[i], mask) : a->limb[i];
    EACH_LIMB(X)
#undef X
}

INLINE void fe_carry(struct fe *out, const struct loose *a)
{
    fe_carry_factor(out, a);
    fe_settle(out, out);
}

/* A product of two factors before its high limbs come down: each limb adds up at most nine halves.
 */
struct wide {
    vec limb[2 * LIMBS];
};

#ifdef FOLD_BY_WHOLE_PRODUCTS

/* The compiler would make shifts and sums of a product with a known number. */
INLINE vec unknown(vec a)
{
#ifndef SYM_IFMA_EMULATED
    __asm__("" : "+v"(a));
#endif
    return a;
}

#define BRING_DOWN(i, high) out->limb[i] = ADD(c[i], _mm512_mullo_epi64(high, fold))
#define CARRIED(i)          ADD(AND(c[i], ALL(LIMB)), DOWN(c[(i)-1], 52))

/* Limbs 5 to 7 first lose what is above 2^52 to the next one: then none is above 1.2 * 2^52, and
 * its product with 608 below 730 * 2^52. */
INLINE void fold_down(struct loose *out, const struct wide *from)
{
    const vec *c = from->limb;
    const vec fold = unknown(ALL(FOLD));
    BRING_DOWN(0, AND(c[5], ALL(LIMB)));
    BRING_DOWN(1, CARRIED(6));
    BRING_DOWN(2, CARRIED(7));
    BRING_DOWN(3, ADD(c[8], DOWN(c[7], 52)));
    BRING_DOWN(4, c[9]);
}

#else

/* Brings c, which counts five limbs above low and may have up to 63 bits, down to low and high. */
#define BRING_DOWN(low, high, c)                                                                   \
    (high) = LO(HI(high, c, fold), DOWN(c, 52), fold);                                             \
    (low) = LO(low, c, fold);

INLINE void fold_down(struct loose *out, const struct wide *from)
{
    const vec *c = from->limb;
    const vec fold = ALL(FOLD);
    const vec c5 = HI(c[5], c[9], fold);
    vec c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3], c4 = c[4];
    BRING_DOWN(c0, c1, c5)
    BRING_DOWN(c1, c2, c[6])
    BRING_DOWN(c2, c3, c[7])
    BRING_DOWN(c3, c4, c[8])
    out->limb[0] = c0;
    out->limb[1] = c1;
    out->limb[2] = c2;
    out->limb[3] = c3;
    out->limb[4] = LO(c4, c[9], fold);
}

#endif

/* out = a * b, or 2^11 * p more */
INLINE void multiply_from(struct loose *out, bool raised, const struct fe *a, const struct fe *b)
{
    const vec low = raised ? RAISE_LOW : ZERO;
    const vec rest = raised ? RAISE : ZERO;
    const vec top = raised ? RAISE_TOP : ZERO;
    const vec a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3], a4 = a->limb[4];
    const vec b0 = b->limb[0], b1 = b->limb[1], b2 = b->limb[2], b3 = b->limb[3], b4 = b->limb[4];
    vec c0, c1, c2, c3, c4, c5, c6, c7, c8, c9;

    c9 = HI(ZERO, a4, b4);
    c8 = LO(HI(HI(ZERO, a3, b4), a4, b3), a4, b4);
    c7 = LO(LO(HI(HI(HI(ZERO, a2, b4), a3, b3), a4, b2), a3, b4), a4, b3);
    c6 = HI(HI(HI(HI(ZERO, a1, b4), a2, b3), a3, b2), a4, b1);
    c6 = LO(LO(LO(c6, a2, b4), a3, b3), a4, b2);
    c5 = HI(HI(HI(HI(HI(ZERO, a0, b4), a1, b3), a2, b2), a3, b1), a4, b0);
    c5 = LO(LO(LO(LO(c5, a1, b4), a2, b3), a3, b2), a4, b1);
    c0 = LO(low, a0, b0);
    c1 = LO(LO(HI(rest, a0, b0), a0, b1), a1, b0);
    c2 = LO(LO(LO(HI(HI(rest, a0, b1), a1, b0), a0, b2), a1, b1), a2, b0);
    c3 = HI(HI(HI(rest, a0, b2), a1, b1), a2, b0);
    c3 = LO(LO(LO(LO(c3, a0, b3), a1, b2), a2, b1), a3, b0);
    c4 = HI(HI(HI(HI(top, a0, b3), a1, b2), a2, b1), a3, b0);
    c4 = LO(LO(LO(LO(LO(c4, a0, b4), a1, b3), a2, b2), a3, b1), a4, b0);
    const struct wide wide = {{c0, c1, c2, c3, c4, c5, c6, c7, c8, c9}};
    fold_down(out, &wide);
}

/* out = a^2, or 2^11 * p more: products of two limbs count twice, by way of the sum or, with the
 * highest limb, which has room, of the factor. */
INLINE void square_from(struct loose *out, bool raised, const struct fe *a)
{
    const vec low = raised ? RAISE_LOW : ZERO;
    const vec half = raised ? HALF_RAISE : ZERO;
    const vec half_top = raised ? HALF_RAISE_TOP : ZERO;
    const vec a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3], a4 = a->limb[4];
    const vec d4 = TWICE(a4);
    vec c0, c1, c2, c3, c4, c5, c6, c7, c8, c9;

    c9 = HI(ZERO, a4, a4);
    c8 = LO(HI(ZERO, a3, d4), a4, a4);
    c7 = LO(HI(HI(ZERO, a3, a3), a2, d4), a3, d4);
    c6 = LO(HI(LO(TWICE(HI(ZERO, a2, a3)), a3, a3), a1, d4), a2, d4);
    c5 = TWICE(LO(HI(ZERO, a1, a3), a2, a3));
    c5 = LO(HI(HI(c5, a2, a2), a0, d4), a1, d4);
    c0 = LO(low, a0, a0);
    c1 = HI(TWICE(LO(half, a0, a1)), a0, a0);
    c2 = LO(TWICE(LO(HI(half, a0, a1), a0, a2)), a1, a1);
    c3 = HI(TWICE(LO(LO(HI(half, a0, a2), a0, a3), a1, a2)), a1, a1);
    c4 = TWICE(LO(HI(HI(half_top, a0, a3), a1, a2), a1, a3));
    c4 = LO(LO(c4, a2, a2), a0, d4);
    const struct wide wide = {{c0, c1, c2, c3, c4, c5, c6, c7, c8, c9}};
    fold_down(out, &wide);
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
    const vec fold = ALL(FOLD);
    out->shifted[0] = *a;
    for (size_t i = 1; i < LIMBS; i++) {
        const struct fe *before = &out->shifted[i - 1];
        struct loose next;
        next.limb[0] = LO(ZERO, before->limb[4], fold);
        next.limb[1] = HI(before->limb[0], before->limb[4], fold);
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
    const vec fold = ALL(FOLD);
    const struct fe *v = b->shifted;
    const vec a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3], a4 = a->limb[4];
    vec over = COLUMN(HI, ZERO, 4); /* below 2^51 */
    vec c1 = COLUMN(HI, ZERO, 0);
    vec c2 = COLUMN(HI, ZERO, 1);
    vec c3 = COLUMN(HI, ZERO, 2);
    vec c4 = COLUMN(HI, ZERO, 3);
    out->limb[0] = LO(COLUMN(LO, ZERO, 0), over, fold);
    out->limb[1] = HI(COLUMN(LO, c1, 1), over, fold);
    out->limb[2] = COLUMN(LO, c2, 2);
    out->limb[3] = COLUMN(LO, c3, 3);
    out->limb[4] = COLUMN(LO, c4, 4);
}

INLINE void fe_multiply_add_small(struct loose *out, const struct loose *c, const struct fe *a,
                                  uint32_t k)
{
    const vec factor = ALL(k);
    vec over = HI(ZERO, a->limb[4], factor);
    out->limb[0] = LO(LO(c->limb[0], a->limb[0], factor), over, ALL(FOLD));
    out->limb[1] = LO(HI(c->limb[1], a->limb[0], factor), a->limb[1], factor);
    out->limb[2] = LO(HI(c->limb[2], a->limb[1], factor), a->limb[2], factor);
    out->limb[3] = LO(HI(c->limb[3], a->limb[2], factor), a->limb[3], factor);
    out->limb[4] = LO(HI(c->limb[4], a->limb[3], factor), a->limb[4], factor);
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
    do {                                                                                           \
        r##j = ADD(r##j, DOWN(r##i, 52));                                                          \
        r##i = AND(r##i, mask);                                                                    \
    } while (0)

INLINE void fe_freeze(struct fe *out, const struct fe *a)
{
    const vec mask = ALL(LIMB);
    vec r0 = a->limb[0], r1 = a->limb[1], r2 = a->limb[2], r3 = a->limb[3], r4 = a->limb[4];
    r0 = LO(r0, DOWN(r4, 47), ALL(19));
    r4 = AND(r4, ALL(TOP));
    RIPPLE(0, 1);
    RIPPLE(1, 2);
    RIPPLE(2, 3);
    RIPPLE(3, 4);
    /* p or more exactly when 19 more reaches bit 255 */
    vec over = DOWN(ADD(r0, ALL(19)), 52);
    over = DOWN(ADD(r1, over), 52);
    over = DOWN(ADD(r2, over), 52);
    over = DOWN(ADD(r3, over), 52);
    over = DOWN(ADD(r4, over), 47);
    r0 = LO(r0, over, ALL(19));
    RIPPLE(0, 1);
    RIPPLE(1, 2);
    RIPPLE(2, 3);
    RIPPLE(3, 4);
    out->limb[0] = r0;
    out->limb[1] = r1;
    out->limb[2] = r2;
    out->limb[3] = r3;
    out->limb[4] = AND(r4, ALL(TOP));
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
    out->limb[1] = AND(OR(DOWN(w0, 52), UP(w1, 12)), mask);
    out->limb[2] = AND(OR(DOWN(w1, 40), UP(w2, 24)), mask);
    out->limb[3] = AND(OR(DOWN(w2, 28), UP(w3, 36)), mask);
    out->limb[4] = AND(DOWN(w3, 16), ALL(TOP));
    return _mm512_test_epi64_mask(w3, ALL(UINT64_C(1) << 63));
}

INLINE void frozen_store(uint8_t *bytes, const struct fe *a)
{
    uint64_t words[4][LANES];
    _mm512_storeu_si512(words[0], OR(a->limb[0], UP(a->limb[1], 52)));
    _mm512_storeu_si512(words[1], OR(DOWN(a->limb[1], 12), UP(a->limb[2], 40)));
    _mm512_storeu_si512(words[2], OR(DOWN(a->limb[2], 24), UP(a->limb[3], 28)));
    _mm512_storeu_si512(words[3], OR(DOWN(a->limb[3], 36), UP(a->limb[4], 16)));
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

#define SYM_IFMA_WANTS (SYM_CPU_AVX512F | SYM_CPU_AVX512DQ | SYM_CPU_AVX512IFMA)

#endif
