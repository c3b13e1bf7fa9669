/* field.h - what the curve needs of a field, for every backend of crypto/ristretto.
 *
 * A template, not an interface: a backend defines a field, then its name, and includes batch.h,
 * which includes the rest; so the curve is compiled once for each field, with that file's
 * instructions. All functions are static. A field works on LANES elements of GF(2^255-19) at a
 * time, one in each lane, and provides:
 *
 *   INLINE, NOINLINE      how to declare a static function
 *   struct fe             tight: LIMBS arrays of LANES words of 64 bits; may enter a product
 *   struct loose          a sum or product whose carries are due
 *   lanes                 a set of lanes, with lanes_and, _or, _xor, _not; lanes_all(bit): all or
 *                         none; lanes_each(bits): those whose word is 1, not 0; lanes_bits: bit i
 *                         for lane i
 *   FE_WORDS(w0…w3)       initialises an array of LIMBS words from four little-endian words below p
 *   fe_constant           that constant in all lanes
 *   fe_multiply, _square  a product; the variants _raised give a multiple of p more, from which
 *                         loose_take can take any product or tight value
 *   fe_multiply_add_small c + k * a for a product c and k below 2^18
 *   struct fixed          a factor of many products: fixed_prepare, fe_multiply_fixed
 *   loose_from, _add, _take, _raise
 *                         at most four products may be added up, or two raised ones
 *   fe_carry              makes tight
 *   fe_carry_factor       the same for less, but a factor comes out: it may enter products and
 *                         fe_select alone, before fe_settle makes it tight
 *   fe_select             lane by lane one of two, without a branch
 *   fe_freeze             the canonical value in canonical limbs, called frozen
 *   frozen_is_odd, frozen_is_zero, fe_is_same (limb by limb)
 *   fe_load               32 bytes for each lane, stride apart, as they are; the result says where
 *                         bit 255, which is left out, was set
 *   frozen_store          32 bytes for each lane, one after another
 *   wipe_registers        overwrites the registers that may hold lanes
 *
 * No function branches on, or computes an address from, what a lane holds. Outputs may be inputs.
 */
#ifndef SYM_CRYPTO_RISTRETTO_FIELD_H
#define SYM_CRYPTO_RISTRETTO_FIELD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* As many groups go through an exponentiation together, so that one's latency hides behind
 * another's. */
#define ABREAST 4u

/* Elements that share an inversion. */
#define BATCH 256u

/* Constants of RFC 9496 section 4.1, and two of the Montgomery curve: A and the scale of its map.
 */
static const uint64_t k_one[LIMBS] =
    FE_WORDS(UINT64_C(0x0000000000000001), UINT64_C(0x0000000000000000),
             UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000000));
static const uint64_t k_d[LIMBS] =
    FE_WORDS(UINT64_C(0x75eb4dca135978a3), UINT64_C(0x00700a4d4141d8ab),
             UINT64_C(0x8cc740797779e898), UINT64_C(0x52036cee2b6ffe73));
static const uint64_t k_d_twice[LIMBS] =
    FE_WORDS(UINT64_C(0xebd69b9426b2f159), UINT64_C(0x00e0149a8283b156),
             UINT64_C(0x198e80f2eef3d130), UINT64_C(0x2406d9dc56dffce7));
static const uint64_t k_sqrt_m1[LIMBS] =
    FE_WORDS(UINT64_C(0xc4ee1b274a0ea0b0), UINT64_C(0x2f431806ad2fe478),
             UINT64_C(0x2b4d00993dfbd7a7), UINT64_C(0x2b8324804fc1df0b));
static const uint64_t k_sqrt_ad_minus_one[LIMBS] =
    FE_WORDS(UINT64_C(0x7e97f6a0497b2e1b), UINT64_C(0xaf9d8e0c1b7854bd),
             UINT64_C(0x0f3cfcc931f5d1fd), UINT64_C(0x376931bf2b8348ac));
static const uint64_t k_invsqrt_a_minus_d[LIMBS] =
    FE_WORDS(UINT64_C(0x99c8fdaa805d40ea), UINT64_C(0x9d2f16175a4172be),
             UINT64_C(0x16c27b91fe01d840), UINT64_C(0x786c8905cfaffca2));
static const uint64_t k_one_minus_d_squared[LIMBS] =
    FE_WORDS(UINT64_C(0xe27c09c1945fc176), UINT64_C(0x2c81a138cd5e350f),
             UINT64_C(0x9994abddbe70dfe4), UINT64_C(0x029072a8b2b3e0d7));
static const uint64_t k_d_minus_one_squared[LIMBS] =
    FE_WORDS(UINT64_C(0x31ad5aaa44ed4d20), UINT64_C(0xd29e4a2cb01e1999),
             UINT64_C(0x4cdcd32f529b4eeb), UINT64_C(0x5968b37af66c2241));
static const uint64_t k_sqrt_m486664[LIMBS] =
    FE_WORDS(UINT64_C(0xcc6e04aaff457e06), UINT64_C(0xc5a1d3d14b7d1a82),
             UINT64_C(0xd27b08dc03fc4f7e), UINT64_C(0x0f26edf460a006bb));
static const uint64_t k_two_a[LIMBS] =
    FE_WORDS(UINT64_C(0x00000000000eda0c), UINT64_C(0x0000000000000000),
             UINT64_C(0x0000000000000000), UINT64_C(0x0000000000000000));

NOINLINE void fe_mul(struct fe *out, const struct fe *a, const struct fe *b)
{
    struct loose product;
    fe_multiply(&product, a, b);
    fe_carry(out, &product);
}

INLINE void fe_sqr(struct fe *out, const struct fe *a)
{
    struct loose product;
    fe_square(&product, a);
    fe_carry(out, &product);
}

INLINE void fe_mul_constant(struct fe *out, const struct fe *a, const uint64_t k[LIMBS])
{
    struct fe factor;
    fe_constant(&factor, k);
    fe_mul(out, a, &factor);
}

INLINE void fe_add(struct fe *out, const struct fe *a, const struct fe *b)
{
    struct loose left;
    struct loose right;
    loose_from(&left, a);
    loose_from(&right, b);
    loose_add(&left, &left, &right);
    fe_carry(out, &left);
}

INLINE void fe_sub(struct fe *out, const struct fe *a, const struct fe *b)
{
    struct loose left;
    struct loose right;
    loose_from(&left, a);
    loose_from(&right, b);
    loose_raise(&left, &left);
    loose_take(&left, &left, &right);
    fe_carry(out, &left);
}

INLINE void fe_zero(struct fe *out)
{
    static const uint64_t zero[LIMBS] = {0};
    fe_constant(out, zero);
}

INLINE void fe_one(struct fe *out)
{
    fe_constant(out, k_one);
}

INLINE void fe_negate(struct fe *out, const struct fe *a)
{
    struct fe zero;
    fe_zero(&zero);
    fe_sub(out, &zero, a);
}

/* RFC 9496 calls a value negative when it is odd. */
INLINE lanes fe_is_negative(const struct fe *a)
{
    struct fe frozen;
    fe_freeze(&frozen, a);
    return frozen_is_odd(&frozen);
}

INLINE lanes fe_is_zero(const struct fe *a)
{
    struct fe frozen;
    fe_freeze(&frozen, a);
    return frozen_is_zero(&frozen);
}

INLINE lanes fe_is_equal(const struct fe *a, const struct fe *b)
{
    struct fe difference;
    fe_sub(&difference, a, b);
    return fe_is_zero(&difference);
}

INLINE void fe_negate_where(struct fe *a, lanes which)
{
    struct fe negative;
    fe_negate(&negative, a);
    fe_select(a, which, a, &negative);
}

/* x[g] become factors. */
INLINE void square_times(struct fe *x, size_t n, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        for (size_t g = 0; g < n; g++) {
            struct loose square;
            fe_square(&square, &x[g]);
            fe_carry_factor(&x[g], &square);
        }
    }
}

INLINE void multiply_each(struct fe *out, const struct fe *a, const struct fe *b, size_t n)
{
    for (size_t g = 0; g < n; g++) {
        fe_mul(&out[g], &a[g], &b[g]);
    }
}

/* x[g] = x[g]^((p-5)/8) = x[g]^(2^252 - 3) for n groups, n at most ABREAST. Comments: the exponent
 * that is reached. */
NOINLINE void fe_pow_p58(struct fe *x, size_t n)
{
    struct fe a[ABREAST];
    struct fe b[ABREAST];
    struct fe c[ABREAST];
    // cppcheck-suppress uninitvar
    memcpy(a, x, n * sizeof *x);
    square_times(a, n, 1);
    memcpy(b, a, n * sizeof *a);
    square_times(b, n, 2);
    multiply_each(b, b, x, n); /* 9 */
    multiply_each(a, a, b, n); /* 11 */
    square_times(a, n, 1);
    multiply_each(a, a, b, n); /* 2^5 - 1 */
    memcpy(b, a, n * sizeof *a);
    square_times(b, n, 5);
    multiply_each(a, a, b, n); /* 2^10 - 1 */
    memcpy(b, a, n * sizeof *a);
    square_times(b, n, 10);
    multiply_each(b, a, b, n); /* 2^20 - 1 */
    memcpy(c, b, n * sizeof *b);
    square_times(c, n, 20);
    multiply_each(b, b, c, n); /* 2^40 - 1 */
    square_times(b, n, 10);
    multiply_each(a, a, b, n); /* 2^50 - 1 */
    memcpy(b, a, n * sizeof *a);
    square_times(b, n, 50);
    multiply_each(b, a, b, n); /* 2^100 - 1 */
    memcpy(c, b, n * sizeof *b);
    square_times(c, n, 100);
    multiply_each(b, b, c, n); /* 2^200 - 1 */
    square_times(b, n, 50);
    multiply_each(a, a, b, n); /* 2^250 - 1 */
    square_times(a, n, 2);
    multiply_each(x, x, a, n);
}

/* x = 1/x = (x^((p-5)/8))^8 * x^3 */
NOINLINE void fe_invert(struct fe *x)
{
    struct fe power = *x;
    struct fe cube;
    fe_pow_p58(&power, 1);
    square_times(&power, 1, 3);
    fe_sqr(&cube, x);
    fe_mul(&cube, &cube, x);
    fe_mul(x, &power, &cube);
}

#endif
