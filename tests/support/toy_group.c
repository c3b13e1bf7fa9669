#include "tests/support/toy_group.h"

#include "crypto/ristretto_backend.h"

#include <string.h>

static bool is_usable(void)
{
    return true;
}

/* The generator of the group that is played stands for one. */
static bool read_element(struct sym_scalar *out, const struct sym_element *in)
{
    if (sym_equal(in, &sym_ristretto_generator, sizeof *in)) {
        *out = (struct sym_scalar){{1}};
        return true;
    }
    return sym_scalar_from_bytes(out, in->bytes) == SYM_OK;
}

static size_t batch_check(const struct sym_element *in, size_t n)
{
    struct sym_scalar e;
    size_t i = 0;
    while (i < n && read_element(&e, &in[i])) {
        i++;
    }
    return i;
}

static size_t batch_derive(struct sym_element *out, const struct sym_uniform *in, size_t n)
{
    struct sym_scalar e;
    for (size_t i = 0; i < n; i++) {
        if (sym_scalar_from_wide(&e, in[i].bytes) != SYM_OK) {
            return i;
        }
        memcpy(out[i].bytes, e.bytes, sizeof e.bytes);
    }
    return n;
}

/* k: a scalar for each, or the same when step is 0. */
static size_t multiply(struct sym_element *out, const struct sym_element *in, size_t n,
                       const struct sym_scalar *k, size_t step)
{
    struct sym_scalar e;
    for (size_t i = 0; i < n; i++) {
        if (!read_element(&e, &in[i]) || sym_scalar_multiply(&e, &e, &k[i * step]) != SYM_OK) {
            return i;
        }
        memcpy(out[i].bytes, e.bytes, sizeof e.bytes);
    }
    return n;
}

static size_t batch_multiply(struct sym_element *out, const struct sym_element *in, size_t n,
                             const struct sym_scalar *k)
{
    return multiply(out, in, n, k, 0);
}

static size_t batch_multiply_each(struct sym_element *out, const struct sym_element *in, size_t n,
                                  const struct sym_scalar *k)
{
    return multiply(out, in, n, k, 1);
}

static size_t batch_derive_multiply(struct sym_element *out, const struct sym_uniform *in, size_t n,
                                    const struct sym_scalar *k)
{
    size_t derived = batch_derive(out, in, n);
    size_t multiplied = batch_multiply(out, out, derived, k);
    return multiplied < derived ? multiplied : derived;
}

static size_t batch_add(struct sym_element *out, const struct sym_element *a,
                        const struct sym_element *b, size_t n)
{
    struct sym_scalar x;
    struct sym_scalar y;
    for (size_t i = 0; i < n; i++) {
        if (!read_element(&x, &a[i]) || !read_element(&y, &b[i]) ||
            sym_scalar_add(&x, &x, &y) != SYM_OK) {
            return i;
        }
        memcpy(out[i].bytes, x.bytes, sizeof x.bytes);
    }
    return n;
}

/* No sum on the way is zero here, which the real groups allow. */
static size_t batch_add_multiply(struct sym_element *out, const struct sym_element *const *in,
                                 size_t sets, size_t n, const struct sym_scalar *k)
{
    for (size_t i = 0; i < n; i++) {
        struct sym_scalar sum;
        bool good = read_element(&sum, &in[0][i]);
        for (size_t set = 1; good && set < sets; set++) {
            struct sym_scalar e;
            good = read_element(&e, &in[set][i]) && sym_scalar_add(&sum, &sum, &e) == SYM_OK;
        }
        if (!good || sym_scalar_multiply(&sum, &sum, k) != SYM_OK) {
            return i;
        }
        memcpy(out[i].bytes, sum.bytes, sizeof sum.bytes);
    }
    return n;
}

/* Weighted sums are not played. */
static size_t batch_sum(struct sym_element *out, const struct sym_element *in, size_t n,
                        const uint8_t *weights, size_t weight_len)
{
    (void)in;
    (void)n;
    (void)weights;
    (void)weight_len;
    memset(out, 0, sizeof *out);
    return 0;
}

const struct sym_ristretto toy_group = {
    .name = "toy",
    .usable = is_usable,
    .check = batch_check,
    .derive = batch_derive,
    .multiply = batch_multiply,
    .multiply_each = batch_multiply_each,
    .derive_multiply = batch_derive_multiply,
    .add = batch_add,
    .add_multiply = batch_add_multiply,
    .sum = batch_sum,
};
