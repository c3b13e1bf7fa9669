#include "crypto/vole/base_ot.h"

#include "crypto/expand.h"
#include "crypto/vole/prefix.h"

/* Instances whose group operations share a batch. */
#define BATCH 32u

/* The uniform bytes that HG(sid || i || c || other) is derived from. */
static enum sym_err hash(struct sym_uniform *out, const struct sym_base_ots *ots, size_t i,
                         uint8_t c, const struct sym_element *other)
{
    const uint8_t place[2] = {(uint8_t)i, c};
    const struct sym_span parts[] = {sym_span(ots->sid, SYM_PREFIX_CONTEXT_BYTES),
                                     sym_span(place, sizeof place),
                                     sym_span(other->bytes, SYM_ELEMENT_BYTES)};
    return sym_expand_xmd(out->bytes, sizeof out->bytes, parts, sizeof parts / sizeof *parts,
                          sym_span_text(SYM_VOLE_SUITE "-baseot"));
}

static void derive_key(uint8_t key[SYM_COT_KEY_BYTES], const struct sym_base_ots *ots, size_t i,
                       uint64_t c, const struct sym_element pair[2], const struct sym_element *z)
{
    uint8_t out[SYM_PREFIX_HASH_BYTES];
    const struct sym_span parts[] = {sym_span(ots->y_r->bytes, SYM_ELEMENT_BYTES),
                                     sym_span(pair, 2 * sizeof *pair),
                                     sym_span(z->bytes, SYM_ELEMENT_BYTES)};
    sym_prefix_hash_once(out, ots->with, ots->sid, "bot-key", i, c, parts,
                         sizeof parts / sizeof *parts);
    memcpy(key, out, SYM_COT_KEY_BYTES);
    sym_wipe(out, sizeof out);
}

/* S -------------------------------------------------------------------------------------------
 */

/* What S computes for some instances. */
struct choice {
    struct sym_element other[BATCH];      /* r_{i,1-b} */
    struct sym_element mine[BATCH];       /* r_{i,b} */
    struct sym_scalar x[2 * BATCH];       /* x_i twice */
    struct sym_element powers[2 * BATCH]; /* x_i G, then x_i Y_R */
    struct sym_uniform uniform[BATCH];
};

static enum sym_err multiply_both(struct choice *w, const struct sym_base_ots *ots, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        sym_scalar_random(&w->x[k]);
        w->x[n + k] = w->x[k];
        w->powers[k] = sym_ristretto_generator;
        w->powers[n + k] = *ots->y_r;
    }
    return sym_ristretto_multiply_each(w->powers, NULL, ots->group, w->powers, 2 * n, w->x);
}

static enum sym_err minus_one(struct sym_scalar *out)
{
    const uint8_t one[SYM_SCALAR_BYTES] = {1};
    enum sym_err err = sym_scalar_from_bytes(out, one);
    return err == SYM_OK ? sym_scalar_negate(out, out) : err;
}

static enum sym_err choose(struct choice *w, const struct sym_base_ots *ots,
                           const struct sym_block *delta, size_t first, size_t n)
{
    struct sym_scalar minus;
    enum sym_err err = minus_one(&minus);
    // cppcheck-suppress uninitvar
    sym_random_many(w->uniform[0].bytes, n * sizeof *w->uniform);
    if (err == SYM_OK) {
        err = sym_ristretto_derive(w->other, NULL, ots->group, w->uniform, n);
    }
    for (size_t k = 0; err == SYM_OK && k < n; k++) {
        uint8_t b = (uint8_t)(sym_block_bit_mask(*delta, (unsigned)(first + k)) & 1);
        err = hash(&w->uniform[k], ots, first + k, b, &w->other[k]);
    }
    if (err == SYM_OK) {
        err = sym_ristretto_derive_multiply(w->mine, NULL, ots->group, w->uniform, n, &minus);
    }
    if (err == SYM_OK) {
        err = multiply_both(w, ots, n);
    }
    return err == SYM_OK ? sym_ristretto_add(w->mine, NULL, ots->group, w->mine, w->powers, n)
                         : err;
}

/* pair[b] = mine, pair[1 - b] = other; mask is all ones for b = 1. */
static void place(struct sym_element pair[2], const struct sym_element *mine,
                  const struct sym_element *other, uint8_t mask)
{
    for (size_t j = 0; j < SYM_ELEMENT_BYTES; j++) {
        uint8_t differ = (uint8_t)((mine->bytes[j] ^ other->bytes[j]) & mask);
        pair[0].bytes[j] = mine->bytes[j] ^ differ;
        pair[1].bytes[j] = other->bytes[j] ^ differ;
    }
}

enum sym_err sym_base_ot_choose(struct sym_element pairs[2 * SYM_VOLE_ROWS],
                                uint8_t keys[SYM_VOLE_ROWS][SYM_COT_KEY_BYTES],
                                const struct sym_base_ots *ots, const struct sym_block *delta,
                                size_t first, size_t n)
{
    struct choice w;
    enum sym_err err = SYM_OK;
    for (size_t m = 0; err == SYM_OK && n > 0; first += m, n -= m) {
        m = n < BATCH ? n : BATCH;
        err = choose(&w, ots, delta, first, m);
        for (size_t k = 0; err == SYM_OK && k < m; k++) {
            size_t i = first + k;
            uint64_t mask = sym_block_bit_mask(*delta, (unsigned)i);
            place(&pairs[2 * i], &w.mine[k], &w.other[k], (uint8_t)mask);
            derive_key(keys[i], ots, i, mask & 1, &pairs[2 * i], &w.powers[m + k]);
        }
    }
    sym_wipe(&w, sizeof w);
    return err;
}

/* R -------------------------------------------------------------------------------------------
 */

/* z[2k + c] = y P_{i,c} for i = first + k. */
static enum sym_err offer(struct sym_element *z, struct sym_uniform *uniform,
                          const struct sym_base_ots *ots, const struct sym_element *pairs,
                          const struct sym_scalar *y, size_t first, size_t n)
{
    enum sym_err err = SYM_OK;
    for (size_t k = 0; err == SYM_OK && k < 2 * n; k++) {
        err = hash(&uniform[k], ots, first + k / 2, (uint8_t)(k & 1), &pairs[2 * first + (k ^ 1)]);
    }
    if (err == SYM_OK) {
        err = sym_ristretto_derive(z, NULL, ots->group, uniform, 2 * n);
    }
    const struct sym_element *const sets[] = {z, pairs + 2 * first};
    return err == SYM_OK ? sym_ristretto_add_multiply(z, NULL, ots->group, sets, 2, 2 * n, y) : err;
}

enum sym_err sym_base_ot_offer(uint8_t keys[2 * SYM_VOLE_ROWS][SYM_COT_KEY_BYTES],
                               const struct sym_base_ots *ots,
                               const struct sym_element pairs[2 * SYM_VOLE_ROWS],
                               const struct sym_scalar *y, size_t first, size_t n)
{
    struct sym_element z[2 * BATCH];
    struct sym_uniform uniform[2 * BATCH];
    enum sym_err err = SYM_OK;
    for (size_t m = 0; err == SYM_OK && n > 0; first += m, n -= m) {
        m = n < BATCH ? n : BATCH;
        err = offer(z, uniform, ots, pairs, y, first, m);
        for (size_t k = 0; err == SYM_OK && k < 2 * m; k++) {
            size_t i = first + k / 2;
            derive_key(keys[2 * first + k], ots, i, k & 1, &pairs[2 * i], &z[k]);
        }
    }
    sym_wipe(z, sizeof z);
    return err;
}
