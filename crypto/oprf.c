#include "crypto/oprf.h"

#include "crypto/expand.h"

#include <string.h>

/* "OPRFV1-" || I2OSP(0, 1) || "-ristretto255-SHA512" */
#define CONTEXT "OPRFV1-\x00-ristretto255-SHA512"

/* Elements that pass through the stack at a time: one full group of the widest backend. */
#define CHUNK 512u
/* Tags that are hashed side by side. */
#define TOGETHER 32u

static const char group_domain[] = "HashToGroup-" CONTEXT;
static const char key_domain[] = "DeriveKeyPair" CONTEXT;

/* The whole literal: its embedded zero byte counts, its terminator does not. */
#define LITERAL_SPAN(text) sym_span(text, sizeof(text) - 1)

static size_t chunk_at(size_t at, size_t n)
{
    return n - at < CHUNK ? n - at : CHUNK;
}

static enum sym_err fail_at(size_t *bad, size_t at, enum sym_err err)
{
    if (bad != NULL) {
        *bad = at;
    }
    return err;
}

static enum sym_err check_inputs(size_t *bad, const struct sym_span *inputs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (inputs[i].len > SYM_OPRF_INPUT_MAX_BYTES) {
            return fail_at(bad, i, SYM_TOO_LONG);
        }
    }
    return SYM_OK;
}

static bool is_tag_length(size_t len)
{
    return len >= SYM_OPRF_TAG_MIN_BYTES && len <= SYM_OPRF_TAG_MAX_BYTES;
}

void sym_oprf_spans(struct sym_span *spans, size_t n, const void *items, size_t len)
{
    const uint8_t *at = items;
    for (size_t i = 0; i < n; i++) {
        spans[i] = sym_span(at + i * len, len);
    }
}

enum sym_err sym_oprf_derive_key(struct sym_scalar *out, const uint8_t seed[SYM_OPRF_SEED_BYTES],
                                 struct sym_span info)
{
    uint8_t wide[SYM_UNIFORM_BYTES];
    if (info.len > SYM_OPRF_INPUT_MAX_BYTES) {
        return SYM_TOO_LONG;
    }
    const uint8_t info_len[] = {(uint8_t)(info.len >> 8), (uint8_t)info.len};
    enum sym_err err = SYM_BAD_SCALAR;
    for (unsigned counter = 0; err == SYM_BAD_SCALAR && counter <= UINT8_MAX; counter++) {
        const uint8_t count = (uint8_t)counter;
        const struct sym_span parts[] = {sym_span(seed, SYM_OPRF_SEED_BYTES),
                                         sym_span(info_len, sizeof info_len), info,
                                         sym_span(&count, sizeof count)};
        err = sym_expand_xmd(wide, sizeof wide, parts, sizeof parts / sizeof *parts,
                             LITERAL_SPAN(key_domain));
        if (err == SYM_OK) {
            err = sym_scalar_from_wide(out, wide);
        }
    }
    sym_wipe(wide, sizeof wide);
    return err;
}

/* HashToGroup of at most CHUNK inputs, times k where there is one. */
static enum sym_err hash_chunk(struct sym_element *out, size_t *bad,
                               const struct sym_ristretto *with, const struct sym_span *inputs,
                               size_t n, const struct sym_scalar *k)
{
    struct sym_uniform uniform[CHUNK];
    enum sym_err err =
        sym_expand_xmd_batch(uniform[0].bytes, sizeof uniform[0].bytes, sym_ristretto_sha512(with),
                             inputs, n, LITERAL_SPAN(group_domain));
    if (err == SYM_OK && k == NULL) {
        err = sym_ristretto_derive(out, bad, with, uniform, n);
    } else if (err == SYM_OK) {
        err = sym_ristretto_derive_multiply(out, bad, with, uniform, n, k);
    }
    sym_wipe(uniform, n * sizeof *uniform);
    return err;
}

static enum sym_err hash_batch(struct sym_element *out, size_t *bad,
                               const struct sym_ristretto *with, const struct sym_span *inputs,
                               size_t n, const struct sym_scalar *k)
{
    enum sym_err err = check_inputs(bad, inputs, n);
    for (size_t at = 0; err == SYM_OK && at < n; at += CHUNK) {
        size_t first = 0;
        err = hash_chunk(out + at, &first, with, inputs + at, chunk_at(at, n), k);
        if (err != SYM_OK) {
            sym_wipe(out, at * sizeof *out);
            return fail_at(bad, at + first, err);
        }
    }
    return err;
}

enum sym_err sym_oprf_hash_to_group(struct sym_element *out, size_t *bad,
                                    const struct sym_ristretto *with, const struct sym_span *inputs,
                                    size_t n)
{
    return hash_batch(out, bad, with, inputs, n, NULL);
}

enum sym_err sym_oprf_blind(struct sym_element *out, size_t *bad, const struct sym_ristretto *with,
                            const struct sym_span *inputs, size_t n, const struct sym_scalar *blind)
{
    return hash_batch(out, bad, with, inputs, n, blind);
}

enum sym_err sym_oprf_evaluate(struct sym_element *out, size_t *bad,
                               const struct sym_ristretto *with, const struct sym_element *blinded,
                               size_t n, const struct sym_scalar *key)
{
    return sym_ristretto_multiply(out, bad, with, blinded, n, key);
}

/* tags = SHA-512(len(input) || input || len(element) || element || "Finalize"), cut; at most
 * TOGETHER of them. inputs may be NULL: then the empty input stands in for each. */
static void finish(struct sym_oprf_tags tags, const struct sym_ristretto *with,
                   const struct sym_span *inputs, const struct sym_element *elements, size_t n)
{
    static const uint8_t element_len[] = {0, SYM_ELEMENT_BYTES};
    uint8_t input_len[TOGETHER][2];
    uint8_t full[TOGETHER][SYM_OPRF_TAG_MAX_BYTES];
    struct sym_span parts[TOGETHER][4];
    for (size_t i = 0; i < n; i++) {
        const struct sym_span input = inputs != NULL ? inputs[i] : sym_span(NULL, 0);
        input_len[i][0] = (uint8_t)(input.len >> 8);
        input_len[i][1] = (uint8_t)input.len;
        parts[i][0] = sym_span(input_len[i], sizeof input_len[i]);
        parts[i][1] = input;
        parts[i][2] = sym_span(element_len, sizeof element_len);
        parts[i][3] = sym_span(elements[i].bytes, sizeof elements[i].bytes);
    }
    sym_sha512_many(full, sym_ristretto_sha512(with), NULL, parts[0], 4, sym_span_text("Finalize"),
                    n);
    for (size_t i = 0; i < n; i++) {
        memcpy(tags.data + i * tags.len, full[i], tags.len);
    }
    sym_wipe(full, n * sizeof *full);
}

static void finish_chunk(struct sym_oprf_tags tags, const struct sym_ristretto *with, size_t at,
                         const struct sym_span *inputs, const struct sym_element *elements,
                         size_t n)
{
    for (size_t i = 0; i < n; i += TOGETHER) {
        const struct sym_oprf_tags to = {tags.data + (at + i) * tags.len, tags.len};
        finish(to, with, inputs != NULL ? inputs + at + i : NULL, elements + i,
               n - i < TOGETHER ? n - i : TOGETHER);
    }
}

enum sym_err sym_oprf_finalize(struct sym_oprf_tags tags, size_t *bad,
                               const struct sym_ristretto *with, const struct sym_span *inputs,
                               const struct sym_element *evaluated, size_t n,
                               const struct sym_scalar *blind)
{
    struct sym_element unblinded[CHUNK];
    SYM_SCALAR_AUTO inverse;
    if (!is_tag_length(tags.len)) {
        return SYM_BAD_VALUE;
    }
    enum sym_err err = inputs != NULL ? check_inputs(bad, inputs, n) : SYM_OK;
    if (err == SYM_OK) {
        err = sym_scalar_invert(&inverse, blind);
    }
    for (size_t at = 0; err == SYM_OK && at < n; at += CHUNK) {
        size_t first = 0;
        size_t m = chunk_at(at, n);
        err = sym_ristretto_multiply(unblinded, &first, with, evaluated + at, m, &inverse);
        if (err != SYM_OK) {
            sym_wipe(tags.data, at * tags.len);
            return fail_at(bad, at + first, err);
        }
        finish_chunk(tags, with, at, inputs, unblinded, m);
        sym_wipe(unblinded, m * sizeof *unblinded);
    }
    return err;
}

enum sym_err sym_oprf_evaluate_own(struct sym_oprf_tags tags, size_t *bad,
                                   const struct sym_ristretto *with, const struct sym_span *inputs,
                                   size_t n, const struct sym_scalar *key,
                                   enum sym_oprf_binding binding)
{
    struct sym_element evaluated[CHUNK];
    if (!is_tag_length(tags.len)) {
        return SYM_BAD_VALUE;
    }
    enum sym_err err = check_inputs(bad, inputs, n);
    for (size_t at = 0; err == SYM_OK && at < n; at += CHUNK) {
        size_t first = 0;
        size_t m = chunk_at(at, n);
        err = hash_chunk(evaluated, &first, with, inputs + at, m, key);
        if (err != SYM_OK) {
            sym_wipe(tags.data, at * tags.len);
            return fail_at(bad, at + first, err);
        }
        finish_chunk(tags, with, at, binding == SYM_OPRF_INPUT ? inputs : NULL, evaluated, m);
        sym_wipe(evaluated, m * sizeof *evaluated);
    }
    return err;
}
