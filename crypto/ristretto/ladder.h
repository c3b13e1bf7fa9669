/* ladder.h - one secret scalar times many points, or one for each of them, over curve.h.
 *
 * encode(k * P) is encode(2 * Q) with Q = (k/2) * P, and a double needs no square root to be
 * encoded (Hamburg, "Decaf", section 5.2; as curve25519-dalek's double_and_compress_batch), only an
 * inverse, which a whole batch shares. Q comes from the ladder on the Montgomery curve v^2 = u^3 +
 * 486662 u^2 + u (RFC 7748), which leads u-coordinates alone, and from the recovery of v at its end
 * (Okeya and Sakurai 2001). The ladder takes the same steps for every scalar; one swap a step
 * depends on it, as a mask.
 *
 * Where P is the identity, or any other of the points that stand for it, its lanes are reported and
 * come out as zeros. Q + P must not be the identity: k is not l-2. Q itself: k is not 0.
 */
#ifndef SYM_CRYPTO_RISTRETTO_LADDER_H
#define SYM_CRYPTO_RISTRETTO_LADDER_H

#include "crypto/ristretto/curve.h"

#define LADDER_STEPS 253u
#define A24          121665u /* (486662 - 2) / 4 */

/* In which lanes to swap before each step, and after the last. */
struct ladder {
    lanes swap[LADDER_STEPS + 1];
};

/* A point on its way: u and v on the Montgomery curve, v times a constant; then 2Q. */
struct lane_points {
    struct point p;
    struct fe u;
    struct fe v;
    struct completed twice_q;
    struct fe prefix;
    struct fe factor;
    lanes zero;
};

INLINE void scalar_words(uint64_t words[4], const uint8_t bytes[32])
{
    for (size_t i = 0; i < 4; i++) {
        words[i] = 0;
        for (size_t j = 8; j-- > 0;) {
            words[i] = words[i] << 8 | bytes[8 * i + j];
        }
    }
}

/* half = k/2 mod l: k or k + l, whichever is even, shifted. */
INLINE void halve_scalar(uint64_t half[4], const struct sym_scalar *k)
{
    static const uint64_t order[4] = {UINT64_C(0x5812631a5cf5d3ed), UINT64_C(0x14def9dea2f79cd6), 0,
                                      UINT64_C(0x1000000000000000)};
    unsigned carry = 0;
    scalar_words(half, k->bytes);
    uint64_t odd = 0 - (half[0] & 1);
    for (size_t i = 0; i < 4; i++) {
        uint64_t sum = half[i] + (order[i] & odd);
        unsigned over = sum < half[i];
        half[i] = sum + carry;
        carry = over | (half[i] < sum);
    }
    for (size_t i = 0; i < 4; i++) {
        half[i] = half[i] >> 1 | (i < 3 ? half[i + 1] << 63 : 0);
    }
}

/* swap[step] for each bit of a scalar, the highest first, and one more: whether it differs from the
 * one before. */
INLINE void ladder_swaps(lanes *swap, const uint64_t words[4], size_t steps)
{
    uint64_t before = 0;
    for (size_t step = 0; step < steps; step++) {
        size_t at = steps - 1 - step;
        uint64_t bit = words[at / 64] >> (at % 64) & 1;
        swap[step] = lanes_all(bit ^ before);
        before = bit;
    }
    swap[steps] = lanes_all(before);
}

NOINLINE void ladder_prepare(struct ladder *out, const struct sym_scalar *k)
{
    uint64_t half[4];
    halve_scalar(half, k);
    ladder_swaps(out->swap, half, LADDER_STEPS);
    sym_wipe(half, sizeof half);
}

/* The same for a scalar of each of the first n lanes; the others have the first one's. */
NOINLINE void ladder_prepare_each(struct ladder *out, const struct sym_scalar *k, size_t n)
{
    uint64_t half[LANES][4];
    uint64_t before[LANES] = {0};
    uint64_t differ[LANES];
    for (size_t lane = 0; lane < LANES; lane++) {
        halve_scalar(half[lane], &k[lane < n ? lane : 0]);
    }
    for (size_t step = 0; step < LADDER_STEPS; step++) {
        const size_t at = LADDER_STEPS - 1 - step;
        for (size_t lane = 0; lane < LANES; lane++) {
            const uint64_t bit = half[lane][at / 64] >> (at % 64) & 1;
            differ[lane] = bit ^ before[lane];
            before[lane] = bit;
        }
        out->swap[step] = lanes_each(differ);
    }
    out->swap[LADDER_STEPS] = lanes_each(before);
    sym_wipe(half, sizeof half);
    sym_wipe(before, sizeof before);
    sym_wipe(differ, sizeof differ);
}

/* Montgomery's trick, first half: g counts down in the second. factor of a lane must not be zero.
 */
INLINE void share_begin(struct fe *product, struct lane_points *at)
{
    at->prefix = *product;
    fe_mul(product, product, &at->factor);
}

/* inverse: of all factors up to this one; then up to the one before. out: of this one alone. */
INLINE void share_end(struct fe *out, struct fe *inverse, const struct lane_points *at)
{
    fe_mul(out, inverse, &at->prefix);
    fe_mul(inverse, inverse, &at->factor);
}

/* Sets u and v of n groups. */
NOINLINE void to_montgomery(struct lane_points *at, size_t n)
{
    struct fe one;
    struct fe inverse;
    fe_one(&one);
    inverse = one;
    for (size_t g = 0; g < n; g++) {
        struct point *p = &at[g].p;
        struct fe product;
        fe_mul(&product, &p->x, &p->y);
        at[g].zero = fe_is_zero(&product);
        fe_sub(&product, &p->z, &p->y);
        fe_mul(&product, &product, &p->x);
        fe_select(&at[g].factor, fe_is_zero(&product), &product, &one);
        share_begin(&inverse, &at[g]);
    }
    fe_invert(&inverse);
    for (size_t g = n; g-- > 0;) {
        struct point *p = &at[g].p;
        struct fe own;
        struct fe sum;
        share_end(&own, &inverse, &at[g]);
        fe_add(&sum, &p->z, &p->y);
        fe_mul(&sum, &sum, &p->x);
        fe_mul(&at[g].u, &sum, &own);
        fe_sub(&sum, &p->z, &p->y);
        fe_mul(&sum, &sum, &own);
        fe_mul(&sum, &sum, &p->z);
        fe_mul(&sum, &sum, &at[g].u);
        fe_mul_constant(&at[g].v, &sum, k_sqrt_m486664);
    }
}

/* Two points whose difference is P, as sums and differences of their coordinates U and W. */
struct rung {
    struct fe sum_q;
    struct fe less_q;
    struct fe sum_p;
    struct fe less_p;
};

/* Doubles the first point, or the second where which, and puts their sum in the place of the
 * second. The sum needs no swap: it is the same either way, but for the sign of what is squared. */
INLINE void rung_step(struct rung *r, lanes which, const struct fixed *u)
{
    struct loose cross1, cross2, squared1, squared2, tmp;
    struct fe sum, difference, aa, bb, e, t;
    struct loose x2, z2, x3, z3;
    fe_multiply_raised(&cross1, &r->less_p, &r->sum_q);
    fe_multiply(&cross2, &r->sum_p, &r->less_q);
    loose_add(&tmp, &cross1, &cross2);
    fe_carry_factor(&sum, &tmp);
    loose_take(&tmp, &cross1, &cross2);
    fe_carry_factor(&difference, &tmp);

    fe_select(&r->sum_q, which, &r->sum_q, &r->sum_p);
    fe_select(&r->less_q, which, &r->less_q, &r->less_p);
    fe_square_raised(&squared1, &r->sum_q);
    fe_square(&squared2, &r->less_q);
    fe_carry_factor(&aa, &squared1);
    fe_carry_factor(&bb, &squared2);
    loose_take(&tmp, &squared1, &squared2);
    fe_carry_factor(&e, &tmp);
    fe_multiply_add_small(&tmp, &squared1, &e, A24);
    fe_carry_factor(&t, &tmp);

    fe_multiply_raised(&x2, &aa, &bb);
    fe_multiply(&z2, &e, &t);
    loose_add(&tmp, &x2, &z2);
    fe_carry_factor(&r->sum_q, &tmp);
    loose_take(&tmp, &x2, &z2);
    fe_carry_factor(&r->less_q, &tmp);

    fe_square(&tmp, &difference);
    fe_carry_factor(&difference, &tmp);
    fe_square_raised(&x3, &sum);
    fe_multiply_fixed(&z3, &difference, u);
    loose_add(&tmp, &x3, &z3);
    fe_carry_factor(&r->sum_p, &tmp);
    loose_take(&tmp, &x3, &z3);
    fe_carry_factor(&r->less_p, &tmp);
}

INLINE void rung_settle(struct rung *out, const struct rung *r)
{
    fe_settle(&out->sum_q, &r->sum_q);
    fe_settle(&out->less_q, &r->less_q);
    fe_settle(&out->sum_p, &r->sum_p);
    fe_settle(&out->less_p, &r->less_p);
}

/* Okeya and Sakurai's recovery: (out->x : out->y : out->z) = Q from the rung and P = (u, v); then
 * on to the Edwards curve, and doubled. */
NOINLINE void recover(struct lane_points *at, const struct rung *r)
{
    struct fe x2, z2, x3, z3, v1, v2, v3, v4, x, y, z, sum;
    fe_add(&x2, &r->sum_q, &r->less_q);
    fe_sub(&z2, &r->sum_q, &r->less_q);
    fe_add(&x3, &r->sum_p, &r->less_p);
    fe_sub(&z3, &r->sum_p, &r->less_p);
    fe_mul(&v1, &at->u, &z2);
    fe_add(&v2, &x2, &v1);
    fe_sub(&v3, &x2, &v1);
    fe_sqr(&v3, &v3);
    fe_mul(&v3, &v3, &x3);
    fe_mul_constant(&v1, &z2, k_two_a);
    fe_add(&v2, &v2, &v1);
    fe_mul(&v4, &at->u, &x2);
    fe_add(&v4, &v4, &z2);
    fe_mul(&v2, &v2, &v4);
    fe_mul(&v1, &v1, &z2);
    fe_sub(&v2, &v2, &v1);
    fe_mul(&v2, &v2, &z3);
    fe_sub(&y, &v2, &v3);
    fe_add(&v1, &at->v, &at->v);
    fe_mul(&v1, &v1, &z2);
    fe_mul(&v1, &v1, &z3);
    fe_mul(&x, &v1, &x2);
    fe_mul(&z, &v1, &z2);

    fe_add(&sum, &x, &z);
    fe_sub(&v2, &x, &z);
    fe_mul_constant(&x, &x, k_sqrt_m486664);
    fe_mul(&x, &x, &sum);
    fe_mul(&z, &y, &sum);
    fe_mul(&y, &y, &v2);
    point_double(&at->twice_q, &x, &y, &z);
    fe_zero(&x);
    fe_select(&at->twice_q.e, at->zero, &at->twice_q.e, &x);
}

NOINLINE void ladder_climb(struct lane_points *at, const struct ladder *k)
{
    struct rung r;
    struct fixed u;
    struct fe one;
    fe_one(&one);
    r.sum_q = one;
    r.less_q = one;
    fe_add(&r.sum_p, &at->u, &one);
    fe_sub(&r.less_p, &at->u, &one);
    fixed_prepare(&u, &at->u);
    for (size_t step = 0; step < LADDER_STEPS; step++) {
        rung_step(&r, k->swap[step], &u);
    }
    struct rung up;
    rung_settle(&up, &r);
    fe_select(&r.sum_q, k->swap[LADDER_STEPS], &up.sum_q, &up.sum_p);
    fe_select(&r.less_q, k->swap[LADDER_STEPS], &up.less_q, &up.less_p);
    fe_select(&r.sum_p, k->swap[LADDER_STEPS], &up.sum_p, &up.sum_q);
    fe_select(&r.less_p, k->swap[LADDER_STEPS], &up.less_p, &up.less_q);
    recover(at, &r);
}

/* The encoding of 2Q, given the inverse of E*F*G*H. */
NOINLINE void encode_double(uint8_t *bytes, const struct lane_points *at, const struct fe *inverse)
{
    const struct completed *c = &at->twice_q;
    struct fe eh, fg, t1, t2, check, a, b, y, factor, zero;
    fe_mul(&eh, &c->e, &c->h);
    fe_mul(&fg, &c->f, &c->g);
    fe_mul(&t1, &eh, inverse);
    fe_mul(&t2, &fg, inverse);
    fe_mul(&check, &eh, &t1);
    lanes rotate = fe_is_negative(&check);
    fe_mul_constant(&a, &c->h, k_sqrt_m1);
    fe_mul_constant(&y, &c->e, k_sqrt_m1);
    fe_mul_constant(&factor, &c->h, k_invsqrt_a_minus_d);
    fe_select(&a, rotate, &c->e, &a);
    fe_select(&b, rotate, &c->f, &c->g);
    fe_select(&y, rotate, &c->h, &y);
    fe_select(&factor, rotate, &factor, &c->e);
    fe_mul(&check, &a, &b);
    fe_mul(&check, &check, &t1);
    fe_negate_where(&y, fe_is_negative(&check));
    fe_sub(&y, &b, &y);
    fe_mul(&y, &y, &factor);
    fe_mul(&y, &y, &t2);
    fe_zero(&zero);
    fe_select(&y, at->zero, &y, &zero);
    store_not_negative(bytes, &y);
}

NOINLINE void encode_doubles(uint8_t *out, struct lane_points *at, size_t n)
{
    struct fe one;
    struct fe inverse;
    fe_one(&one);
    inverse = one;
    for (size_t g = 0; g < n; g++) {
        const struct completed *c = &at[g].twice_q;
        struct fe eh;
        struct fe product;
        fe_mul(&eh, &c->e, &c->h);
        fe_mul(&product, &c->f, &c->g);
        fe_mul(&product, &product, &eh);
        at[g].zero = lanes_or(at[g].zero, fe_is_zero(&product));
        fe_select(&at[g].factor, at[g].zero, &product, &one);
        share_begin(&inverse, &at[g]);
    }
    fe_invert(&inverse);
    for (size_t g = n; g-- > 0;) {
        struct fe own;
        share_end(&own, &inverse, &at[g]);
        encode_double(out + g * LANES * SYM_ELEMENT_BYTES, &at[g], &own);
    }
}

/* out = the encodings of k times the n groups of points in at. */
INLINE void ladder_multiply(uint8_t *out, struct lane_points *at, size_t n, const struct ladder *k)
{
    to_montgomery(at, n);
    for (size_t g = 0; g < n; g++) {
        ladder_climb(&at[g], k);
    }
    encode_doubles(out, at, n);
}

#endif
