#include "crypto/dleq.h"

#include "crypto/expand.h"

#include <sodium.h>
#include <string.h>

#define CHALLENGE_DOMAIN "HashToScalar-OPRFV1-\x01-ristretto255-SHA512"
#define POINTS           5u

static const char challenge_domain[] = CHALLENGE_DOMAIN;
static const uint8_t challenge_label[] = {'C', 'h', 'a', 'l', 'l', 'e', 'n', 'g', 'e'};

/* Weights ----------------------------------------------------------------------------------------
 */

static enum sym_err seed_of(uint8_t seed[SYM_HASH_BYTES], const struct sym_dleq *st)
{
    uint8_t n[4];
    struct sym_writer w = sym_writer(n, sizeof n);
    sym_write_u32(&w, (uint32_t)st->n);
    uint8_t context[SYM_HASH_BYTES];
    enum sym_err err = sym_sha256(context, st->context);
    const struct sym_span parts[] = {
        sym_span_text("symbolon-dleq-1"),
        sym_span(context, sizeof context),
        sym_span(st->key->bytes, sizeof st->key->bytes),
        sym_span(n, sizeof n),
        sym_span(st->asked_hash, sizeof st->asked_hash),
        sym_span(st->answers_hash, sizeof st->answers_hash),
    };
    return err == SYM_OK ? sym_sha256_parts(seed, parts, sizeof parts / sizeof *parts) : err;
}

static enum sym_err weights_of(uint8_t weights[SYM_DLEQ_MAX * SYM_SHORT_WEIGHT_BYTES],
                               const struct sym_dleq *st)
{
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    uint8_t seed[SYM_HASH_BYTES];
    if (st->n == 0) {
        return SYM_BAD_VALUE;
    }
    if (st->n > SYM_DLEQ_MAX) {
        return SYM_LIMIT;
    }
    enum sym_err err = seed_of(seed, st);
    if (err == SYM_OK) {
        (void)crypto_stream_chacha20(weights, st->n * SYM_SHORT_WEIGHT_BYTES, nonce, seed);
    }
    return err;
}

/* One composite --------------------------------------------------------------------------------
 */

/* RFC 9497 section 2.2.1: HashToScalar of the key and four points, each behind its length. */
static enum sym_err challenge_of(struct sym_scalar *out, const struct sym_element *key,
                                 const struct sym_element *m, const struct sym_element *z,
                                 const struct sym_element *t2, const struct sym_element *t3)
{
    static const uint8_t len[] = {0, SYM_ELEMENT_BYTES};
    const struct sym_element *points[POINTS] = {key, m, z, t2, t3};
    struct sym_span parts[2 * POINTS + 1];
    uint8_t wide[SYM_UNIFORM_BYTES];
    for (size_t i = 0; i < POINTS; i++) {
        parts[2 * i] = sym_span(len, sizeof len);
        parts[2 * i + 1] = sym_span(points[i]->bytes, sizeof points[i]->bytes);
    }
    parts[2 * POINTS] = sym_span(challenge_label, sizeof challenge_label);
    enum sym_err err = sym_expand_xmd(wide, sizeof wide, parts, sizeof parts / sizeof *parts,
                                      sym_span(challenge_domain, sizeof challenge_domain - 1));
    return err == SYM_OK ? sym_scalar_from_wide(out, wide) : err;
}

/* response = nonce - challenge * k */
static enum sym_err respond(struct sym_scalar *response, const struct sym_scalar *challenge,
                            const struct sym_scalar *k, const struct sym_scalar *nonce)
{
    SYM_SCALAR_AUTO product;
    enum sym_err err = sym_scalar_multiply(&product, challenge, k);
    if (err == SYM_OK) {
        err = sym_scalar_negate(&product, &product);
    }
    return err == SYM_OK ? sym_scalar_add(response, nonce, &product) : err;
}

enum sym_err sym_dleq_prove_one(uint8_t proof[SYM_DLEQ_PROOF_BYTES],
                                const struct sym_ristretto *with, const struct sym_element *key,
                                const struct sym_element *m, const struct sym_scalar *k,
                                const struct sym_scalar *nonce)
{
    SYM_SCALAR_AUTO drawn;
    struct sym_scalar challenge;
    struct sym_scalar response;
    struct sym_element z;
    const struct sym_element bases[2] = {sym_ristretto_generator, *m};
    struct sym_element t[2];
    if (nonce == NULL) {
        sym_scalar_random(&drawn);
    } else {
        drawn = *nonce;
    }
    enum sym_err err = sym_ristretto_multiply(&z, NULL, with, m, 1, k);
    if (err == SYM_OK) {
        err = sym_ristretto_multiply(t, NULL, with, bases, 2, &drawn);
    }
    if (err == SYM_OK) {
        err = challenge_of(&challenge, key, m, &z, &t[0], &t[1]);
    }
    if (err == SYM_OK) {
        err = respond(&response, &challenge, k, &drawn);
    }
    if (err == SYM_OK) {
        memcpy(proof, challenge.bytes, SYM_SCALAR_BYTES);
        memcpy(proof + SYM_SCALAR_BYTES, response.bytes, SYM_SCALAR_BYTES);
    }
    return err;
}

/* out = response * base + challenge * multiple. The identity comes of no honest proof. */
static enum sym_err restore(struct sym_element *out, const struct sym_ristretto *with,
                            const struct sym_element *base, const struct sym_element *multiple,
                            const uint8_t proof[SYM_DLEQ_PROOF_BYTES])
{
    const struct sym_element elements[2] = {*multiple, *base};
    size_t bad = 0;
    enum sym_err err = sym_ristretto_sum(out, &bad, with, elements, 2, proof, SYM_SCALAR_BYTES);
    return err == SYM_BAD_SCALAR || (err == SYM_BAD_ELEMENT && bad == 2) ? SYM_BAD_TAG : err;
}

enum sym_err sym_dleq_verify_one(const uint8_t proof[SYM_DLEQ_PROOF_BYTES],
                                 const struct sym_ristretto *with, const struct sym_element *key,
                                 const struct sym_element *m, const struct sym_element *z)
{
    struct sym_element t2;
    struct sym_element t3;
    struct sym_scalar challenge;
    enum sym_err err = restore(&t2, with, &sym_ristretto_generator, key, proof);
    if (err == SYM_OK) {
        err = restore(&t3, with, m, z, proof);
    }
    if (err == SYM_OK) {
        err = challenge_of(&challenge, key, m, z, &t2, &t3);
    }
    if (err == SYM_OK && !sym_equal(challenge.bytes, proof, sizeof challenge.bytes)) {
        err = SYM_BAD_TAG;
    }
    return err;
}

/* Many -----------------------------------------------------------------------------------------
 */

enum sym_err sym_dleq_hash(uint8_t out[SYM_HASH_BYTES], const struct sym_element *in, size_t n)
{
    return sym_sha256(out, sym_span(in, n * sizeof *in));
}

enum sym_err sym_dleq_prove(uint8_t proof[SYM_DLEQ_PROOF_BYTES], const struct sym_ristretto *with,
                            const struct sym_dleq *st, const struct sym_scalar *k)
{
    uint8_t weights[SYM_DLEQ_MAX * SYM_SHORT_WEIGHT_BYTES];
    struct sym_element m;
    enum sym_err err = weights_of(weights, st);
    if (err == SYM_OK) {
        err = sym_ristretto_sum(&m, NULL, with, st->asked, st->n, weights, SYM_SHORT_WEIGHT_BYTES);
    }
    return err == SYM_OK ? sym_dleq_prove_one(proof, with, st->key, &m, k, NULL) : err;
}

enum sym_err sym_dleq_verify(const uint8_t proof[SYM_DLEQ_PROOF_BYTES],
                             const struct sym_ristretto *with, const struct sym_dleq *st)
{
    uint8_t weights[SYM_DLEQ_MAX * SYM_SHORT_WEIGHT_BYTES];
    struct sym_element m;
    struct sym_element z;
    enum sym_err err = weights_of(weights, st);
    if (err == SYM_OK) {
        err = sym_ristretto_sum(&m, NULL, with, st->asked, st->n, weights, SYM_SHORT_WEIGHT_BYTES);
    }
    if (err == SYM_OK) {
        err =
            sym_ristretto_sum(&z, NULL, with, st->answers, st->n, weights, SYM_SHORT_WEIGHT_BYTES);
    }
    return err == SYM_OK ? sym_dleq_verify_one(proof, with, st->key, &m, &z) : err;
}
