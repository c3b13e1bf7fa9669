/* The reference backend, on libsodium. Two habits of version 1.0.18 need care: it accepts encodings
 * with bit 255 set, and it leaves multiples of the element on the stack. */
#include "crypto/ristretto_backend.h"

#include <sodium.h>
#include <string.h>

/* What is zeroed below a batch's frame: libsodium's calls were seen to reach 4,912 bytes down. */
#define STACK_BYTES 8192u

static bool is_usable(void)
{
    return true;
}

/* What libsodium does not refuse by itself. No branch: the element may be secret. */
static unsigned is_refused(const struct sym_element *e)
{
    return (unsigned)(e->bytes[SYM_ELEMENT_BYTES - 1] >> 7) |
           (unsigned)sodium_is_zero(e->bytes, sizeof e->bytes);
}

static size_t batch_check(const struct sym_element *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned bad = is_refused(&in[i]);
        bad |= !crypto_core_ristretto255_is_valid_point(in[i].bytes);
        SYM_DECLASSIFY(bad);
        if (bad) {
            return i;
        }
    }
    return n;
}

static size_t batch_derive(struct sym_element *out, const struct sym_uniform *in, size_t n)
{
    size_t i = 0;
    for (; i < n; i++) {
        (void)crypto_core_ristretto255_from_hash(out[i].bytes, in[i].bytes);
        unsigned bad = is_refused(&out[i]);
        SYM_DECLASSIFY(bad);
        if (bad) {
            break;
        }
    }
    sodium_stackzero(STACK_BYTES);
    return i;
}

static bool multiply_one(struct sym_element *out, const struct sym_element *in,
                         const struct sym_scalar *k)
{
    unsigned bad = is_refused(in);
    bad |= crypto_scalarmult_ristretto255(out->bytes, k->bytes, in->bytes) != 0;
    SYM_DECLASSIFY(bad);
    return bad == 0;
}

static size_t batch_multiply(struct sym_element *out, const struct sym_element *in, size_t n,
                             const struct sym_scalar *k)
{
    size_t i = 0;
    while (i < n && multiply_one(&out[i], &in[i], k)) {
        i++;
    }
    sodium_stackzero(STACK_BYTES);
    return i;
}

static size_t batch_multiply_each(struct sym_element *out, const struct sym_element *in, size_t n,
                                  const struct sym_scalar *k)
{
    size_t i = 0;
    while (i < n && multiply_one(&out[i], &in[i], &k[i])) {
        i++;
    }
    sodium_stackzero(STACK_BYTES);
    return i;
}

static size_t batch_derive_multiply(struct sym_element *out, const struct sym_uniform *in, size_t n,
                                    const struct sym_scalar *k)
{
    struct sym_element derived;
    size_t i = 0;
    for (; i < n; i++) {
        (void)crypto_core_ristretto255_from_hash(derived.bytes, in[i].bytes);
        SYM_DECLASSIFY(derived); /* libsodium's decoder branches on validity: see tests/ct */
        unsigned bad = crypto_scalarmult_ristretto255(out[i].bytes, k->bytes, derived.bytes) != 0;
        SYM_DECLASSIFY(bad);
        if (bad) {
            break;
        }
    }
    sym_wipe(&derived, sizeof derived);
    sodium_stackzero(STACK_BYTES);
    return i;
}

static size_t batch_add(struct sym_element *out, const struct sym_element *a,
                        const struct sym_element *b, size_t n)
{
    size_t i = 0;
    for (; i < n; i++) {
        unsigned bad = is_refused(&a[i]) | is_refused(&b[i]);
        bad |= crypto_core_ristretto255_add(out[i].bytes, a[i].bytes, b[i].bytes) != 0;
        bad |= is_refused(&out[i]);
        SYM_DECLASSIFY(bad);
        if (bad) {
            break;
        }
    }
    sodium_stackzero(STACK_BYTES);
    return i;
}

/* The sum of one element of each set. libsodium takes the identity as a summand. */
static unsigned add_sets(struct sym_element *sum, const struct sym_element *const *in, size_t sets,
                         size_t i)
{
    unsigned bad = is_refused(&in[0][i]);
    bad |= !crypto_core_ristretto255_is_valid_point(in[0][i].bytes);
    *sum = in[0][i];
    for (size_t s = 1; s < sets; s++) {
        bad |= is_refused(&in[s][i]);
        bad |= crypto_core_ristretto255_add(sum->bytes, sum->bytes, in[s][i].bytes) != 0;
    }
    return bad;
}

static size_t batch_add_multiply(struct sym_element *out, const struct sym_element *const *in,
                                 size_t sets, size_t n, const struct sym_scalar *k)
{
    struct sym_element sum;
    size_t i = 0;
    for (; i < n; i++) {
        unsigned bad = add_sets(&sum, in, sets, i);
        bad |= crypto_scalarmult_ristretto255(out[i].bytes, k->bytes, sum.bytes) != 0;
        SYM_DECLASSIFY(bad);
        if (bad) {
            break;
        }
    }
    sym_wipe(&sum, sizeof sum);
    sodium_stackzero(STACK_BYTES);
    return i;
}

/* libsodium refuses to give the identity, so a zero weight has to be left out by hand. */
static bool add_weighted(struct sym_element *total, const struct sym_element *in,
                         const struct sym_scalar *weight)
{
    struct sym_element term;
    if (sodium_is_zero(weight->bytes, sizeof weight->bytes)) {
        return crypto_core_ristretto255_is_valid_point(in->bytes);
    }
    return crypto_scalarmult_ristretto255(term.bytes, weight->bytes, in->bytes) == 0 &&
           crypto_core_ristretto255_add(total->bytes, total->bytes, term.bytes) == 0;
}

static size_t batch_sum(struct sym_element *out, const struct sym_element *in, size_t n,
                        const uint8_t *weights, size_t weight_len)
{
    struct sym_scalar weight = {{0}};
    *out = (struct sym_element){{0}};
    for (size_t i = 0; i < n; i++) {
        memcpy(weight.bytes, weights + i * weight_len, weight_len);
        if (is_refused(&in[i]) || !add_weighted(out, &in[i], &weight)) {
            return i;
        }
    }
    return n;
}

const struct sym_ristretto sym_ristretto_sodium = {
    .name = "sodium",
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
