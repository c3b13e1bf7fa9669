/* sum.h - sums with weights, over curve.h: Pippenger's buckets. Variable time: elements and weights
 * are public.
 *
 * A weight is a row of digits, of a byte or of four bits; each lane has a digit position of its
 * own. Every element is added, in each lane, to the bucket of its digit there; the sum over a
 * position's buckets, times their digits, is then a matter of two additions for each bucket, in all
 * lanes at once.
 */
#ifndef SYM_CRYPTO_RISTRETTO_SUM_H
#define SYM_CRYPTO_RISTRETTO_SUM_H

#include "crypto/ristretto/curve.h"

/* Elements that share their buckets, as many as leave the stack below the 512 KiB that ristretto.h
 * names; and from how many on digits are bytes. */
#define SUM_CHUNK  (LIMBS > 5 ? 512u : 1024u)
#define SUM_BYTES  450u
#define SUM_DIGITS 256u

/* A tight value of one lane; a summand or point of one lane. */
struct lane_fe {
    uint64_t limb[LIMBS];
};

struct lane_summand {
    struct lane_fe coordinate[4];
};

struct buckets {
    struct point at[SUM_DIGITS];
};

struct sum_work {
    struct buckets buckets;
    struct lane_summand in[SUM_CHUNK];
};

typedef uint64_t word_in_lane __attribute__((may_alias));

INLINE void lane_take(struct lane_fe *out, const struct fe *in, size_t lane)
{
    const word_in_lane *words = (const word_in_lane *)in;
    for (size_t i = 0; i < LIMBS; i++) {
        out->limb[i] = words[i * LANES + lane];
    }
}

INLINE void lane_put(struct fe *out, const struct lane_fe *in, size_t lane)
{
    word_in_lane *words = (word_in_lane *)out;
    for (size_t i = 0; i < LIMBS; i++) {
        words[i * LANES + lane] = in->limb[i];
    }
}

/* Copies one lane of a point. */
INLINE void lane_move(struct point *out, size_t to, const struct point *in, size_t from)
{
    const struct fe *source[] = {&in->x, &in->y, &in->z, &in->t};
    struct fe *sink[] = {&out->x, &out->y, &out->z, &out->t};
    for (size_t c = 0; c < 4; c++) {
        struct lane_fe one;
        lane_take(&one, source[c], from);
        lane_put(sink[c], &one, to);
    }
}

INLINE void summand_of_all(struct summand *out, const struct lane_summand *in)
{
    fe_constant(&out->plus, in->coordinate[0].limb);
    fe_constant(&out->minus, in->coordinate[1].limb);
    fe_constant(&out->z2, in->coordinate[2].limb);
    fe_constant(&out->t2d, in->coordinate[3].limb);
}

INLINE void point_zero(struct point *out)
{
    fe_zero(&out->x);
    fe_one(&out->y);
    fe_one(&out->z);
    fe_zero(&out->t);
}

INLINE void point_plus(struct point *sum, const struct point *p)
{
    struct summand s;
    point_to_summand(&s, p);
    point_add(sum, sum, &s);
}

/* Decodes m elements; gives m, or the lowest index of a bad one. */
static size_t sum_decode(struct lane_summand *out, const struct sym_element *in, size_t m)
{
    for (size_t at = 0; at < m; at += ABREAST * LANES) {
        uint8_t bytes[ABREAST * LANES * SYM_ELEMENT_BYTES] = {0};
        struct point p[ABREAST];
        lanes good[ABREAST];
        size_t n = m - at < ABREAST * LANES ? m - at : ABREAST * LANES;
        memcpy(bytes, in + at, n * sizeof *in);
        points_decode(p, good, bytes, (n + LANES - 1) / LANES);
        for (size_t i = 0; i < n; i++) {
            size_t g = i / LANES;
            size_t lane = i % LANES;
            struct summand s;
            if ((lanes_bits(good[g]) >> lane & 1) == 0) {
                return at + i;
            }
            if (lane == 0) {
                point_to_summand(&s, &p[g]);
            }
            lane_take(&out[at + i].coordinate[0], &s.plus, lane);
            lane_take(&out[at + i].coordinate[1], &s.minus, lane);
            lane_take(&out[at + i].coordinate[2], &s.z2, lane);
            lane_take(&out[at + i].coordinate[3], &s.t2d, lane);
        }
    }
    return m;
}

/* The digit of that many bits at this position, counted from the low end. */
INLINE size_t digit_at(const uint8_t *weight, size_t position, unsigned bits)
{
    return bits == 8 ? weight[position]
                     : (size_t)(weight[position / 2] >> (position % 2 * 4)) & 15u;
}

/* out = in lane j, the sum over all elements of their digits at position first + j. */
static void sum_positions(struct point *out, struct sum_work *w, size_t m, const uint8_t *weights,
                          size_t weight_len, size_t first, unsigned bits)
{
    size_t digits = (size_t)1 << bits;
    struct point running;
    for (size_t b = 0; b < digits; b++) {
        point_zero(&w->buckets.at[b]);
    }
    for (size_t i = 0; i < m; i++) {
        struct summand s;
        struct point sum;
        size_t digit[LANES];
        for (size_t lane = 0; lane < LANES; lane++) {
            digit[lane] = digit_at(weights + i * weight_len, first + lane, bits);
            lane_move(&sum, lane, &w->buckets.at[digit[lane]], lane);
        }
        summand_of_all(&s, &w->in[i]);
        point_add(&sum, &sum, &s);
        for (size_t lane = 0; lane < LANES; lane++) {
            lane_move(&w->buckets.at[digit[lane]], lane, &sum, lane);
        }
    }
    point_zero(out);
    point_zero(&running);
    for (size_t b = digits - 1; b > 0; b--) {
        point_plus(&running, &w->buckets.at[b]);
        point_plus(out, &running);
    }
}

/* Adds to *total the sum of m elements, which w holds. Only lane 0 counts. */
static void sum_chunk(struct point *total, struct sum_work *w, size_t m, const uint8_t *weights,
                      size_t weight_len)
{
    unsigned bits = m >= SUM_BYTES ? 8 : 4;
    struct point sum;
    point_zero(&sum);
    for (size_t first = weight_len * 8 / bits; first > 0;) {
        struct point positions;
        first -= LANES;
        sum_positions(&positions, w, m, weights, weight_len, first, bits);
        for (size_t lane = LANES; lane-- > 0;) {
            struct completed twice;
            for (unsigned i = 0; i < bits; i++) {
                point_double(&twice, &sum.x, &sum.y, &sum.z);
                point_complete(&sum, &twice);
            }
            struct point one = positions;
            lane_move(&one, 0, &positions, lane);
            point_plus(&sum, &one);
        }
    }
    point_plus(total, &sum);
}

static size_t sum_all(struct sym_element *out, const struct sym_element *in, size_t n,
                      const uint8_t *weights, size_t weight_len)
{
    struct sum_work w;
    struct point total;
    uint8_t encoded[LANES * SYM_ELEMENT_BYTES];
    point_zero(&total);
    for (size_t at = 0; at < n; at += SUM_CHUNK) {
        size_t m = n - at < SUM_CHUNK ? n - at : SUM_CHUNK;
        size_t reached = sum_decode(w.in, in + at, m);
        if (reached < m) {
            return at + reached;
        }
        sum_chunk(&total, &w, m, weights + at * weight_len, weight_len);
    }
    points_encode(encoded, &total, 1);
    memcpy(out->bytes, encoded, sizeof out->bytes);
    return n;
}

#endif
