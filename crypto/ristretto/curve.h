/* curve.h - points of edwards25519 and their ristretto255 encodings (RFC 9496 section 4.3), over
 * the field that the including file defines (field.h). A group is one point in each lane; functions
 * with n work on up to ABREAST groups. Nothing here branches on a point.
 */
#ifndef SYM_CRYPTO_RISTRETTO_CURVE_H
#define SYM_CRYPTO_RISTRETTO_CURVE_H

#include "crypto/ristretto/field.h"

/* Extended coordinates: x = X/Z, y = Y/Z, x * y = T/Z (Hisil and others 2008). */
struct point {
    struct fe x;
    struct fe y;
    struct fe z;
    struct fe t;
};

/* A sum or double before its last products: X = E*F, Y = G*H, Z = F*G, T = E*H. */
struct completed {
    struct fe e;
    struct fe f;
    struct fe g;
    struct fe h;
};

/* A summand: Y + X, Y - X, 2Z, 2d*T. */
struct summand {
    struct fe plus;
    struct fe minus;
    struct fe z2;
    struct fe t2d;
};

NOINLINE void point_complete(struct point *out, const struct completed *c)
{
    fe_mul(&out->x, &c->e, &c->f);
    fe_mul(&out->y, &c->g, &c->h);
    fe_mul(&out->z, &c->f, &c->g);
    fe_mul(&out->t, &c->e, &c->h);
}

NOINLINE void point_to_summand(struct summand *out, const struct point *p)
{
    fe_add(&out->plus, &p->y, &p->x);
    fe_sub(&out->minus, &p->y, &p->x);
    fe_add(&out->z2, &p->z, &p->z);
    fe_mul_constant(&out->t2d, &p->t, k_d_twice);
}

/* Complete: right for all points. */
NOINLINE void point_add(struct point *out, const struct point *p, const struct summand *q)
{
    struct completed sum;
    struct fe a;
    struct fe b;
    struct fe c;
    struct fe d;
    fe_sub(&a, &p->y, &p->x);
    fe_mul(&a, &a, &q->minus);
    fe_add(&b, &p->y, &p->x);
    fe_mul(&b, &b, &q->plus);
    fe_mul(&c, &p->t, &q->t2d);
    fe_mul(&d, &p->z, &q->z2);
    fe_sub(&sum.e, &b, &a);
    fe_sub(&sum.f, &d, &c);
    fe_add(&sum.g, &d, &c);
    fe_add(&sum.h, &b, &a);
    point_complete(out, &sum);
}

/* out = 2 * (x : y : z) */
NOINLINE void point_double(struct completed *out, const struct fe *x, const struct fe *y,
                           const struct fe *z)
{
    struct fe xx;
    struct fe yy;
    struct fe zz;
    struct fe both;
    fe_sqr(&xx, x);
    fe_sqr(&yy, y);
    fe_sqr(&zz, z);
    fe_add(&both, x, y);
    fe_sqr(&both, &both);
    fe_add(&out->h, &xx, &yy);
    fe_sub(&out->e, &both, &out->h);
    fe_sub(&out->g, &yy, &xx);
    fe_add(&zz, &zz, &zz);
    fe_sub(&out->f, &zz, &out->g);
}

/* What an inverse square root needs: x = v^3 and power = v^7, times u. */
INLINE void prepare_root(struct fe *x, struct fe *power, const struct fe *u, const struct fe *v)
{
    struct fe vv;
    fe_sqr(&vv, v);
    fe_mul(x, &vv, v);
    fe_mul(x, x, u);
    fe_sqr(&vv, &vv);
    fe_mul(power, x, &vv);
}

/* root = sqrt(u/v), or sqrt(i*u/v) where u/v is no square; the result is where it is one. power is
 * what prepare_root gave, raised to (p-5)/8. */
INLINE lanes finish_root(struct fe *root, const struct fe *power, const struct fe *u,
                         const struct fe *v)
{
    struct fe check;
    struct fe turned;
    fe_mul(root, root, power);
    fe_sqr(&check, root);
    fe_mul(&check, &check, v);
    lanes right = fe_is_equal(&check, u);
    fe_add(&turned, &check, u);
    lanes flipped = fe_is_zero(&turned);
    fe_mul_constant(&turned, u, k_sqrt_m1);
    fe_add(&turned, &check, &turned);
    lanes flipped_i = fe_is_zero(&turned);
    fe_mul_constant(&turned, root, k_sqrt_m1);
    fe_select(root, lanes_or(flipped, flipped_i), root, &turned);
    return lanes_or(right, flipped);
}

/* The one-way map of RFC 9496 section 4.3.4 on a half of its input, in two parts around the
 * exponentiation, which runs for n groups at once. */
struct mapping {
    struct fe t;
    struct fe r;
    struct fe u;
    struct fe v;
    struct fe root;
};

INLINE void map_begin(struct mapping *m, struct fe *power, const uint8_t *bytes)
{
    struct fe one;
    struct fe rd;
    struct fe sum;
    fe_one(&one);
    (void)fe_load(&m->t, bytes, SYM_UNIFORM_BYTES); /* bit 255 does not count */
    fe_sqr(&m->r, &m->t);
    fe_mul_constant(&m->r, &m->r, k_sqrt_m1);
    fe_add(&sum, &m->r, &one);
    fe_mul_constant(&m->u, &sum, k_one_minus_d_squared);
    fe_mul_constant(&rd, &m->r, k_d);
    fe_add(&rd, &rd, &one);
    fe_negate(&rd, &rd);
    fe_constant(&sum, k_d);
    fe_add(&sum, &m->r, &sum);
    fe_mul(&m->v, &rd, &sum);
    prepare_root(&m->root, power, &m->u, &m->v);
}

INLINE void map_end(struct point *out, struct mapping *m, const struct fe *power)
{
    struct fe one;
    struct fe minus_one;
    struct fe other;
    struct fe n;
    struct fe w[4];
    fe_one(&one);
    fe_negate(&minus_one, &one);
    lanes square = finish_root(&m->root, power, &m->u, &m->v);
    fe_mul(&other, &m->root, &m->t);
    fe_select(&m->root, square, &other, &m->root);
    /* not negative for a square, otherwise negative */
    fe_negate_where(&m->root, lanes_xor(fe_is_negative(&m->root), lanes_not(square)));
    fe_select(&other, square, &m->r, &minus_one);
    fe_sub(&n, &m->r, &one);
    fe_mul(&n, &n, &other);
    fe_mul_constant(&n, &n, k_d_minus_one_squared);
    fe_sub(&n, &n, &m->v);
    fe_add(&w[0], &m->root, &m->root);
    fe_mul(&w[0], &w[0], &m->v);
    fe_mul_constant(&w[1], &n, k_sqrt_ad_minus_one);
    fe_sqr(&other, &m->root);
    fe_sub(&w[2], &one, &other);
    fe_add(&w[3], &one, &other);
    fe_mul(&out->x, &w[0], &w[3]);
    fe_mul(&out->y, &w[2], &w[1]);
    fe_mul(&out->z, &w[1], &w[3]);
    fe_mul(&out->t, &w[0], &w[2]);
}

NOINLINE void map_half(struct point *out, const uint8_t *in, size_t n)
{
    struct mapping m[ABREAST];
    struct fe power[ABREAST];
    for (size_t g = 0; g < n; g++) {
        map_begin(&m[g], &power[g], in + g * LANES * SYM_UNIFORM_BYTES);
    }
    fe_pow_p58(power, n);
    for (size_t g = 0; g < n; g++) {
        map_end(&out[g], &m[g], &power[g]);
    }
}

/* Element derivation of n groups of uniform bytes. */
NOINLINE void points_derive(struct point *out, const uint8_t *in, size_t n)
{
    struct point half[ABREAST];
    map_half(out, in, n);
    map_half(half, in + SYM_UNIFORM_BYTES / 2, n);
    for (size_t g = 0; g < n; g++) {
        struct summand second;
        point_to_summand(&second, &half[g]);
        point_add(&out[g], &out[g], &second);
    }
}

struct decoding {
    struct fe s;
    struct fe u1;
    struct fe u2;
    struct fe w;
    struct fe v;
    struct fe root;
    lanes canonical;
};

INLINE void decode_begin(struct decoding *c, struct fe *power, const uint8_t *bytes)
{
    struct fe one;
    struct fe frozen;
    struct fe square;
    fe_one(&one);
    lanes top = fe_load(&c->s, bytes, SYM_ELEMENT_BYTES);
    fe_freeze(&frozen, &c->s);
    c->canonical =
        lanes_and(fe_is_same(&frozen, &c->s), lanes_not(lanes_or(top, frozen_is_odd(&frozen))));
    fe_sqr(&square, &c->s);
    fe_sub(&c->u1, &one, &square);
    fe_add(&c->u2, &one, &square);
    fe_sqr(&square, &c->u1);
    fe_mul_constant(&c->w, &square, k_d);
    fe_sqr(&square, &c->u2);
    fe_add(&c->w, &c->w, &square);
    fe_negate(&c->w, &c->w);
    fe_mul(&c->v, &c->w, &square);
    prepare_root(&c->root, power, &one, &c->v);
}

/* The result is where the encoding is good and not that of the identity; elsewhere the point is
 * the identity. */
INLINE lanes decode_end(struct point *out, struct decoding *c, const struct fe *power)
{
    struct fe one;
    struct fe zero;
    struct fe dx;
    struct fe dy;
    fe_one(&one);
    fe_zero(&zero);
    lanes square = finish_root(&c->root, power, &one, &c->v);
    fe_mul(&dx, &c->root, &c->u2);
    fe_mul(&dy, &c->root, &dx);
    fe_mul(&dy, &dy, &c->w);
    fe_add(&out->x, &c->s, &c->s);
    fe_mul(&out->x, &out->x, &dx);
    fe_negate_where(&out->x, fe_is_negative(&out->x));
    fe_mul(&out->y, &c->u1, &dy);
    fe_mul(&out->t, &out->x, &out->y);
    lanes bad = lanes_or(fe_is_negative(&out->t), fe_is_zero(&out->y));
    bad = lanes_or(bad, fe_is_zero(&c->s));
    lanes good = lanes_and(lanes_and(c->canonical, square), lanes_not(bad));
    fe_select(&out->x, good, &zero, &out->x);
    fe_select(&out->y, good, &one, &out->y);
    out->z = one;
    fe_select(&out->t, good, &zero, &out->t);
    return good;
}

/* Decodes n groups of encodings; good[g] is where group g is good. */
NOINLINE void points_decode(struct point *out, lanes *good, const uint8_t *in, size_t n)
{
    struct decoding c[ABREAST];
    struct fe power[ABREAST];
    for (size_t g = 0; g < n; g++) {
        decode_begin(&c[g], &power[g], in + g * LANES * SYM_ELEMENT_BYTES);
    }
    fe_pow_p58(power, n);
    for (size_t g = 0; g < n; g++) {
        good[g] = decode_end(&out[g], &c[g], &power[g]);
    }
}

INLINE void store_not_negative(uint8_t *bytes, struct fe *s)
{
    struct fe frozen;
    fe_negate_where(s, fe_is_negative(s));
    fe_freeze(&frozen, s);
    frozen_store(bytes, &frozen);
}

struct encoding {
    struct fe u1;
    struct fe u2;
    struct fe v;
    struct fe root;
};

INLINE void encode_begin(struct encoding *c, struct fe *power, const struct point *p)
{
    struct fe one;
    struct fe square;
    fe_one(&one);
    fe_add(&c->u1, &p->z, &p->y);
    fe_sub(&c->u2, &p->z, &p->y);
    fe_mul(&c->u1, &c->u1, &c->u2);
    fe_mul(&c->u2, &p->x, &p->y);
    fe_sqr(&square, &c->u2);
    fe_mul(&c->v, &c->u1, &square);
    prepare_root(&c->root, power, &one, &c->v);
}

INLINE void encode_end(uint8_t *bytes, const struct point *p, struct encoding *c,
                       const struct fe *power)
{
    struct fe one;
    struct fe d1;
    struct fe d2;
    struct fe z_inverse;
    struct fe check;
    struct fe x;
    struct fe y;
    fe_one(&one);
    (void)finish_root(&c->root, power, &one, &c->v); /* a square for every point */
    fe_mul(&d1, &c->root, &c->u1);
    fe_mul(&d2, &c->root, &c->u2);
    fe_mul(&z_inverse, &d1, &d2);
    fe_mul(&z_inverse, &z_inverse, &p->t);
    fe_mul(&check, &p->t, &z_inverse);
    lanes rotate = fe_is_negative(&check);
    fe_mul_constant(&x, &p->y, k_sqrt_m1);
    fe_mul_constant(&y, &p->x, k_sqrt_m1);
    fe_mul_constant(&d1, &d1, k_invsqrt_a_minus_d);
    fe_select(&x, rotate, &p->x, &x);
    fe_select(&y, rotate, &p->y, &y);
    fe_select(&d2, rotate, &d2, &d1);
    fe_mul(&check, &x, &z_inverse);
    fe_negate_where(&y, fe_is_negative(&check));
    fe_sub(&x, &p->z, &y);
    fe_mul(&x, &x, &d2);
    store_not_negative(bytes, &x);
}

/* Encodes n groups of points; the identity as zeros. */
NOINLINE void points_encode(uint8_t *out, const struct point *p, size_t n)
{
    struct encoding c[ABREAST];
    struct fe power[ABREAST];
    for (size_t g = 0; g < n; g++) {
        encode_begin(&c[g], &power[g], &p[g]);
    }
    fe_pow_p58(power, n);
    for (size_t g = 0; g < n; g++) {
        encode_end(out + g * LANES * SYM_ELEMENT_BYTES, &p[g], &c[g], &power[g]);
    }
}

#endif
