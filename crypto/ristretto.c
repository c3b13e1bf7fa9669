#include "crypto/ristretto.h"

#include "crypto/ristretto_backend.h"

#include <sodium.h>
#include <string.h>

/* Fastest first. */
static const struct sym_ristretto *const backends[] = {
#ifdef __x86_64__
    &sym_ristretto_ifma_amd,
    &sym_ristretto_ifma,
    &sym_ristretto_avx2,
#endif
    &sym_ristretto_sodium,
};

#define BACKEND_COUNT (sizeof backends / sizeof *backends)

_Static_assert(sizeof(struct sym_element) == SYM_ELEMENT_BYTES, "elements lie as on the wire");
_Static_assert(_Alignof(struct sym_scalar) == 1, "a scalar can lie anywhere in a secret");

const struct sym_element sym_ristretto_generator = {
    {0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9,
     0x61, 0xc5, 0x00, 0x51, 0x5f, 0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82,
     0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76}};

/* l = 2^252 + 27742317777372353535851937790883648493 */
static const struct sym_scalar order = {{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                         0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                         0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                         0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10}};

/* libsodium's inversion leaves powers of the scalar on the stack; it was seen to use 680 bytes. */
#define INVERT_STACK_BYTES 2048u

static const uint8_t zeros[SYM_SCALAR_BYTES];

void sym_scalar_wipe(struct sym_scalar *k)
{
    sym_wipe(k, sizeof *k);
}

struct sym_scalar *sym_scalar_in(const struct sym_secret *home)
{
    return home->len == SYM_SCALAR_BYTES ? (struct sym_scalar *)home->data : NULL;
}

/* Subtracts with borrow from the low end: a borrow is left over exactly when k < l. */
static uint32_t is_below_order(const uint8_t k[SYM_SCALAR_BYTES])
{
    uint32_t borrow = 0;
    for (size_t i = 0; i < SYM_SCALAR_BYTES; i++) {
        borrow = ((uint32_t)k[i] - order.bytes[i] - borrow) >> 31;
    }
    return borrow;
}

static enum sym_err check_scalar(const struct sym_scalar *k)
{
    uint32_t good = is_below_order(k->bytes) & (uint32_t)!sym_equal(k->bytes, zeros, sizeof zeros);
    SYM_DECLASSIFY(good);
    return good != 0 ? SYM_OK : SYM_BAD_SCALAR;
}

static enum sym_err check_multiplier(const struct sym_scalar *k)
{
    struct sym_scalar two_below = order;
    two_below.bytes[0] = (uint8_t)(two_below.bytes[0] - 2);
    bool bad = sym_equal(k->bytes, two_below.bytes, sizeof k->bytes);
    SYM_DECLASSIFY(bad);
    return bad ? SYM_BAD_SCALAR : check_scalar(k);
}

void sym_scalar_random(struct sym_scalar *out)
{
    crypto_core_ristretto255_scalar_random(out->bytes);
}

enum sym_err sym_scalar_from_bytes(struct sym_scalar *out, const uint8_t in[SYM_SCALAR_BYTES])
{
    SYM_SCALAR_AUTO k;
    memcpy(k.bytes, in, sizeof k.bytes);
    enum sym_err err = check_scalar(&k);
    if (err == SYM_OK) {
        *out = k;
    }
    return err;
}

enum sym_err sym_scalar_from_wide(struct sym_scalar *out, const uint8_t in[SYM_UNIFORM_BYTES])
{
    SYM_SCALAR_AUTO k;
    crypto_core_ristretto255_scalar_reduce(k.bytes, in);
    return sym_scalar_from_bytes(out, k.bytes);
}

enum sym_err sym_scalar_invert(struct sym_scalar *out, const struct sym_scalar *k)
{
    enum sym_err err = check_scalar(k);
    if (err == SYM_OK) {
        (void)crypto_core_ristretto255_scalar_invert(out->bytes, k->bytes);
        sodium_stackzero(INVERT_STACK_BYTES);
    }
    return err;
}

enum sym_err sym_scalar_negate(struct sym_scalar *out, const struct sym_scalar *k)
{
    enum sym_err err = check_scalar(k);
    if (err == SYM_OK) {
        crypto_core_ristretto255_scalar_negate(out->bytes, k->bytes);
    }
    return err;
}

enum sym_err sym_scalar_add(struct sym_scalar *out, const struct sym_scalar *a,
                            const struct sym_scalar *b)
{
    SYM_SCALAR_AUTO sum;
    if (check_scalar(a) != SYM_OK || check_scalar(b) != SYM_OK) {
        return SYM_BAD_SCALAR;
    }
    crypto_core_ristretto255_scalar_add(sum.bytes, a->bytes, b->bytes);
    return sym_scalar_from_bytes(out, sum.bytes);
}

enum sym_err sym_scalar_multiply(struct sym_scalar *out, const struct sym_scalar *a,
                                 const struct sym_scalar *b)
{
    if (check_scalar(a) != SYM_OK || check_scalar(b) != SYM_OK) {
        return SYM_BAD_SCALAR;
    }
    crypto_core_ristretto255_scalar_mul(out->bytes, a->bytes, b->bytes);
    return SYM_OK;
}

enum sym_err sym_ristretto_choose(const struct sym_ristretto **out, const char *forced)
{
    enum sym_err err = SYM_NOT_FOUND;
    for (size_t i = 0; i < BACKEND_COUNT; i++) {
        if (forced != NULL && strcmp(forced, backends[i]->name) != 0) {
            continue;
        }
        if (backends[i]->usable()) {
            *out = backends[i];
            return SYM_OK;
        }
        err = SYM_UNSUPPORTED;
    }
    return err;
}

const char *sym_ristretto_name(const struct sym_ristretto *with)
{
    return with->name;
}

const char *sym_ristretto_name_at(size_t at)
{
    return at < BACKEND_COUNT ? backends[at]->name : NULL;
}

sym_sha512_lanes *sym_ristretto_sha512(const struct sym_ristretto *with)
{
    return with->sha512;
}

/* Turns a backend's answer into the caller's: reached is n, or the index of the first bad one. */
static enum sym_err settle(size_t *bad, size_t reached, size_t n)
{
    if (reached == n) {
        return SYM_OK;
    }
    if (bad != NULL) {
        *bad = reached;
    }
    return SYM_BAD_ELEMENT;
}

static enum sym_err settle_batch(struct sym_element *out, size_t *bad, size_t reached, size_t n)
{
    if (reached != n) {
        sym_wipe(out, n * sizeof *out);
    }
    return settle(bad, reached, n);
}

enum sym_err sym_ristretto_check(size_t *bad, const struct sym_ristretto *with,
                                 const struct sym_element *in, size_t n)
{
    return n == 0 ? SYM_OK : settle(bad, with->check(in, n), n);
}

enum sym_err sym_ristretto_derive(struct sym_element *out, size_t *bad,
                                  const struct sym_ristretto *with, const struct sym_uniform *in,
                                  size_t n)
{
    return n == 0 ? SYM_OK : settle_batch(out, bad, with->derive(out, in, n), n);
}

enum sym_err sym_ristretto_multiply(struct sym_element *out, size_t *bad,
                                    const struct sym_ristretto *with, const struct sym_element *in,
                                    size_t n, const struct sym_scalar *k)
{
    enum sym_err err = check_multiplier(k);
    if (err != SYM_OK || n == 0) {
        return err;
    }
    return settle_batch(out, bad, with->multiply(out, in, n, k), n);
}

enum sym_err sym_ristretto_multiply_each(struct sym_element *out, size_t *bad,
                                         const struct sym_ristretto *with,
                                         const struct sym_element *in, size_t n,
                                         const struct sym_scalar *k)
{
    for (size_t i = 0; i < n; i++) {
        enum sym_err err = check_multiplier(&k[i]);
        if (err != SYM_OK) {
            (void)settle(bad, i, n);
            return err;
        }
    }
    return n == 0 ? SYM_OK : settle_batch(out, bad, with->multiply_each(out, in, n, k), n);
}

enum sym_err sym_ristretto_derive_multiply(struct sym_element *out, size_t *bad,
                                           const struct sym_ristretto *with,
                                           const struct sym_uniform *in, size_t n,
                                           const struct sym_scalar *k)
{
    enum sym_err err = check_multiplier(k);
    if (err != SYM_OK || n == 0) {
        return err;
    }
    return settle_batch(out, bad, with->derive_multiply(out, in, n, k), n);
}

enum sym_err sym_ristretto_add(struct sym_element *out, size_t *bad,
                               const struct sym_ristretto *with, const struct sym_element *a,
                               const struct sym_element *b, size_t n)
{
    return n == 0 ? SYM_OK : settle_batch(out, bad, with->add(out, a, b, n), n);
}

enum sym_err sym_ristretto_add_multiply(struct sym_element *out, size_t *bad,
                                        const struct sym_ristretto *with,
                                        const struct sym_element *const *in, size_t sets, size_t n,
                                        const struct sym_scalar *k)
{
    enum sym_err err = sets > 0 ? check_multiplier(k) : SYM_BAD_VALUE;
    if (err != SYM_OK || n == 0) {
        return err;
    }
    return settle_batch(out, bad, with->add_multiply(out, in, sets, n, k), n);
}

/* The index of the first weight that is not below l, or n. */
static size_t first_bad_weight(const uint8_t *weights, size_t weight_len, size_t n)
{
    size_t i = 0;
    while (i < n && (weight_len < SYM_SCALAR_BYTES || is_below_order(weights + i * weight_len))) {
        i++;
    }
    return i;
}

enum sym_err sym_ristretto_sum(struct sym_element *out, size_t *bad,
                               const struct sym_ristretto *with, const struct sym_element *in,
                               size_t n, const uint8_t *weights, size_t weight_len)
{
    struct sym_element total = {{0}};
    if (weight_len != SYM_SHORT_WEIGHT_BYTES && weight_len != SYM_SCALAR_BYTES) {
        return SYM_BAD_VALUE;
    }
    size_t bad_weight = first_bad_weight(weights, weight_len, n);
    if (bad_weight < n) {
        (void)settle(bad, bad_weight, n);
        return SYM_BAD_SCALAR;
    }
    enum sym_err err =
        n == 0 ? SYM_OK : settle(bad, with->sum(&total, in, n, weights, weight_len), n);
    if (err == SYM_OK && sym_equal(total.bytes, zeros, sizeof zeros)) {
        err = settle(bad, n, SIZE_MAX);
    }
    if (err == SYM_OK) {
        *out = total;
    }
    return err;
}
