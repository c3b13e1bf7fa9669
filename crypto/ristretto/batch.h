/* batch.h - the functions of a backend (ristretto_backend.h) over the field and names that the
 * including file defines: LANES elements are a group, and up to BATCH elements share the
 * inversions. The last group is padded with zeros, whose lanes are ignored.
 */
#ifndef SYM_CRYPTO_RISTRETTO_BATCH_H
#define SYM_CRYPTO_RISTRETTO_BATCH_H

#include "crypto/ristretto/ladder.h"
#include "crypto/ristretto/sum.h"

#define GROUPS (BATCH / LANES)

/* All that a batch keeps in memory, wiped as a whole at its end. */
struct work {
    struct lane_points at[GROUPS];
    struct ladder ladder;
    struct summand summands[GROUPS];
    uint8_t in[BATCH * SYM_UNIFORM_BYTES];
    uint8_t other[BATCH * SYM_ELEMENT_BYTES];
    uint8_t out[BATCH * SYM_ELEMENT_BYTES];
    lanes good[GROUPS];
    size_t groups; /* of this batch */
};

/* What is zeroed below the frame that holds the work: the functions above reach down less far. */
#define STACK_BYTES 49152u

INLINE void work_end(struct work *w)
{
    sym_wipe(w, sizeof *w);
    sym_wipe_stack(STACK_BYTES);
    wipe_registers();
}

/* Takes the m items of this batch, of size bytes each, padded to whole groups. */
INLINE void work_take(uint8_t *room, size_t *groups, const void *in, size_t m, size_t size)
{
    *groups = (m + LANES - 1) / LANES;
    memcpy(room, in, m * size);
    memset(room + m * size, 0, (*groups * LANES - m) * size);
}

/* The first of the batch's m lanes that is not good, or m. */
INLINE size_t first_bad(const struct work *w, size_t m)
{
    for (size_t g = 0; g < w->groups; g++) {
        unsigned bad = lanes_bits(lanes_not(w->good[g]));
        SYM_DECLASSIFY(bad);
        for (size_t lane = 0; lane < LANES && g * LANES + lane < m; lane++) {
            if ((bad >> lane & 1) != 0) {
                return g * LANES + lane;
            }
        }
    }
    return m;
}

INLINE size_t abreast(size_t g, size_t groups)
{
    return groups - g < ABREAST ? groups - g : ABREAST;
}

NOINLINE void work_decode(struct work *w, const uint8_t *in)
{
    for (size_t g = 0; g < w->groups; g += ABREAST) {
        struct point p[ABREAST];
        size_t n = abreast(g, w->groups);
        points_decode(p, &w->good[g], in + g * LANES * SYM_ELEMENT_BYTES, n);
        for (size_t i = 0; i < n; i++) {
            w->at[g + i].p = p[i];
        }
    }
}

NOINLINE void work_derive(struct work *w)
{
    for (size_t g = 0; g < w->groups; g += ABREAST) {
        struct point p[ABREAST];
        size_t n = abreast(g, w->groups);
        points_derive(p, w->in + g * LANES * SYM_UNIFORM_BYTES, n);
        for (size_t i = 0; i < n; i++) {
            struct fe product;
            w->at[g + i].p = p[i];
            fe_mul(&product, &p[i].x, &p[i].y);
            w->good[g + i] = lanes_not(fe_is_zero(&product));
        }
    }
}

/* Encodes the points, and takes off good where they are the identity. */
NOINLINE void work_encode(struct work *w)
{
    for (size_t g = 0; g < w->groups; g += ABREAST) {
        struct point p[ABREAST];
        size_t n = abreast(g, w->groups);
        for (size_t i = 0; i < n; i++) {
            struct fe product;
            p[i] = w->at[g + i].p;
            fe_mul(&product, &p[i].x, &p[i].y);
            w->good[g + i] = lanes_and(w->good[g + i], lanes_not(fe_is_zero(&product)));
        }
        points_encode(w->out + g * LANES * SYM_ELEMENT_BYTES, p, n);
    }
}

/* What a function is given and gives; in, other and out are walked along together. */
struct items {
    uint8_t *out; /* elements, or NULL */
    const uint8_t *in;
    size_t size;                           /* of one in in */
    const uint8_t *other;                  /* elements, or NULL */
    const struct sym_element *const *sets; /* more of them, or NULL, */
    size_t n_sets;                         /* how many, */
    size_t done;                           /* and where in each of them */
    const struct sym_scalar *scalars;      /* one for each, or NULL */
};

/* One batch of m: the first bad one of it, or m. */
typedef size_t batch_step(struct work *w, const struct items *at, size_t m);

/* All n, k being NULL where none is multiplied. */
INLINE size_t each_batch(batch_step *step, struct items at, size_t n, const struct sym_scalar *k)
{
    struct work w;
    size_t done = 0;
    size_t m = 0;
    size_t reached = 0;
    if (k != NULL) {
        ladder_prepare(&w.ladder, k);
    }
    for (; reached == m && done < n; done += reached) {
        m = n - done < BATCH ? n - done : BATCH;
        reached = step(&w, &at, m);
        at.out = at.out != NULL ? at.out + m * SYM_ELEMENT_BYTES : NULL;
        at.in += m * at.size;
        at.other = at.other != NULL ? at.other + m * SYM_ELEMENT_BYTES : NULL;
        at.done += m;
    }
    work_end(&w);
    return done;
}

static size_t check_batch(struct work *w, const struct items *at, size_t m)
{
    work_take(w->in, &w->groups, at->in, m, at->size);
    work_decode(w, w->in);
    return first_bad(w, m);
}

static size_t check_all(const struct sym_element *in, size_t n)
{
    struct items at = {.in = (const uint8_t *)in, .size = sizeof *in};
    return each_batch(check_batch, at, n, NULL);
}

static size_t derive_batch(struct work *w, const struct items *at, size_t m)
{
    work_take(w->in, &w->groups, at->in, m, at->size);
    work_derive(w);
    work_encode(w);
    memcpy(at->out, w->out, m * SYM_ELEMENT_BYTES);
    return first_bad(w, m);
}

static size_t derive_all(struct sym_element *out, const struct sym_uniform *in, size_t n)
{
    struct items at = {.out = (uint8_t *)out, .in = (const uint8_t *)in, .size = sizeof *in};
    return each_batch(derive_batch, at, n, NULL);
}

static size_t multiply_batch(struct work *w, const struct items *at, size_t m)
{
    work_take(w->in, &w->groups, at->in, m, at->size);
    work_decode(w, w->in);
    ladder_multiply(w->out, w->at, w->groups, &w->ladder);
    memcpy(at->out, w->out, m * SYM_ELEMENT_BYTES);
    return first_bad(w, m);
}

static size_t multiply_all(struct sym_element *out, const struct sym_element *in, size_t n,
                           const struct sym_scalar *k)
{
    struct items at = {.out = (uint8_t *)out, .in = (const uint8_t *)in, .size = sizeof *in};
    return each_batch(multiply_batch, at, n, k);
}

static size_t multiply_each_batch(struct work *w, const struct items *at, size_t m)
{
    work_take(w->in, &w->groups, at->in, m, at->size);
    work_decode(w, w->in);
    to_montgomery(w->at, w->groups);
    for (size_t g = 0; g < w->groups; g++) {
        const size_t first = g * LANES;
        ladder_prepare_each(&w->ladder, at->scalars + at->done + first,
                            m - first < LANES ? m - first : LANES);
        ladder_climb(&w->at[g], &w->ladder);
    }
    encode_doubles(w->out, w->at, w->groups);
    memcpy(at->out, w->out, m * SYM_ELEMENT_BYTES);
    return first_bad(w, m);
}

static size_t multiply_each_all(struct sym_element *out, const struct sym_element *in, size_t n,
                                const struct sym_scalar *k)
{
    struct items at = {
        .out = (uint8_t *)out, .in = (const uint8_t *)in, .size = sizeof *in, .scalars = k};
    return each_batch(multiply_each_batch, at, n, NULL);
}

static size_t derive_multiply_batch(struct work *w, const struct items *at, size_t m)
{
    work_take(w->in, &w->groups, at->in, m, at->size);
    work_derive(w);
    ladder_multiply(w->out, w->at, w->groups, &w->ladder);
    memcpy(at->out, w->out, m * SYM_ELEMENT_BYTES);
    return first_bad(w, m);
}

static size_t derive_multiply_all(struct sym_element *out, const struct sym_uniform *in, size_t n,
                                  const struct sym_scalar *k)
{
    struct items at = {.out = (uint8_t *)out, .in = (const uint8_t *)in, .size = sizeof *in};
    return each_batch(derive_multiply_batch, at, n, k);
}

static size_t add_batch(struct work *w, const struct items *at, size_t m)
{
    lanes good[GROUPS];
    work_take(w->in, &w->groups, at->in, m, at->size);
    work_take(w->other, &w->groups, at->other, m, at->size);
    work_decode(w, w->in);
    memcpy(good, w->good, sizeof good);
    for (size_t g = 0; g < w->groups; g++) {
        point_to_summand(&w->summands[g], &w->at[g].p);
    }
    work_decode(w, w->other);
    for (size_t g = 0; g < w->groups; g++) {
        point_add(&w->at[g].p, &w->at[g].p, &w->summands[g]);
        w->good[g] = lanes_and(w->good[g], good[g]);
    }
    work_encode(w);
    memcpy(at->out, w->out, m * SYM_ELEMENT_BYTES);
    return first_bad(w, m);
}

static size_t add_all(struct sym_element *out, const struct sym_element *a,
                      const struct sym_element *b, size_t n)
{
    struct items at = {.out = (uint8_t *)out,
                       .in = (const uint8_t *)a,
                       .size = sizeof *a,
                       .other = (const uint8_t *)b};
    return each_batch(add_batch, at, n, NULL);
}

/* Adds m elements of one more set to the points. */
static void add_set(struct work *w, const struct sym_element *in, size_t m)
{
    lanes good[GROUPS];
    memcpy(good, w->good, sizeof good);
    for (size_t g = 0; g < w->groups; g++) {
        point_to_summand(&w->summands[g], &w->at[g].p);
    }
    work_take(w->in, &w->groups, in, m, sizeof *in);
    work_decode(w, w->in);
    for (size_t g = 0; g < w->groups; g++) {
        point_add(&w->at[g].p, &w->at[g].p, &w->summands[g]);
        w->good[g] = lanes_and(w->good[g], good[g]);
    }
}

static size_t add_multiply_batch(struct work *w, const struct items *at, size_t m)
{
    work_take(w->in, &w->groups, at->in, m, at->size);
    work_decode(w, w->in);
    for (size_t s = 0; s < at->n_sets; s++) {
        add_set(w, at->sets[s] + at->done, m);
    }
    for (size_t g = 0; g < w->groups; g++) {
        struct fe product;
        fe_mul(&product, &w->at[g].p.x, &w->at[g].p.y);
        w->good[g] = lanes_and(w->good[g], lanes_not(fe_is_zero(&product)));
    }
    ladder_multiply(w->out, w->at, w->groups, &w->ladder);
    memcpy(at->out, w->out, m * SYM_ELEMENT_BYTES);
    return first_bad(w, m);
}

static size_t add_multiply_all(struct sym_element *out, const struct sym_element *const *in,
                               size_t sets, size_t n, const struct sym_scalar *k)
{
    struct items at = {.out = (uint8_t *)out,
                       .in = (const uint8_t *)in[0],
                       .size = sizeof *out,
                       .sets = in + 1,
                       .n_sets = sets - 1};
    return each_batch(add_multiply_batch, at, n, k);
}

const struct sym_ristretto BACKEND = {
    .name = BACKEND_NAME,
    .usable = is_usable,
    .check = check_all,
    .derive = derive_all,
    .multiply = multiply_all,
    .multiply_each = multiply_each_all,
    .derive_multiply = derive_multiply_all,
    .add = add_all,
    .add_multiply = add_multiply_all,
    .sum = sum_all,
    .sha512 = BACKEND_SHA512,
};

#endif
