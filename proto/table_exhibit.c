#include "proto/codec.h"
#include "proto/table_frames.h"

#include <string.h>

/* What it signed itself of the consents that its answer is about. */
static enum sym_err consent_of(struct sym_span *out, const struct sym_table_exhibit *e,
                               const struct sym_table_answer *a)
{
    uint8_t hash[SYM_HASH_BYTES];
    struct sym_reader r = sym_reader(e->consents);
    enum sym_err err = sym_sha256(hash, e->consents);
    if (err == SYM_OK && !sym_span_equal(a->consents_hash, sym_span(hash, sizeof hash))) {
        err = SYM_BAD_VALUE;
    }
    for (uint32_t i = 0; err == SYM_OK && i <= a->member; i++) {
        *out = sym_tab_consents_next(&r);
        err = r.err;
    }
    return err;
}

/* The key that it consented with, for the same table. */
static enum sym_err key_of(struct sym_element *out, const struct sym_table_consent *c,
                           const struct sym_table_answer *a, const struct sym_ristretto *with)
{
    if (c->key.len != sizeof out->bytes || c->member != a->member ||
        !sym_span_equal(c->qid, a->qid)) {
        return SYM_BAD_VALUE;
    }
    memcpy(out->bytes, c->key.data, sizeof out->bytes);
    return sym_ristretto_check(NULL, with, out, 1);
}

/* SYM_OK when the answers are not what was signed to be proven. */
static enum sym_err check_proof(const struct sym_table_exhibit *e, const struct sym_table_answer *a,
                                const struct sym_element *key, const struct sym_ristretto *with)
{
    uint8_t context[TABLE_CONTEXT_BYTES];
    size_t len = (size_t)a->elements * SYM_ELEMENT_BYTES;
    struct sym_dleq st = {
        .key = key,
        .asked = (const struct sym_element *)e->asked.data,
        .answers = (const struct sym_element *)e->answers.data,
        .n = a->elements,
        .context = sym_table_context(context, a),
    };
    if (e->asked.len != len || e->answers.len != len) {
        return SYM_BAD_VALUE;
    }
    enum sym_err err = sym_dleq_hash(st.asked_hash, st.asked, st.n);
    if (err == SYM_OK) {
        err = sym_dleq_hash(st.answers_hash, st.answers, st.n);
    }
    if (err == SYM_OK &&
        (!sym_span_equal(a->asked_hash, sym_span(st.asked_hash, SYM_HASH_BYTES)) ||
         !sym_span_equal(a->answers_hash, sym_span(st.answers_hash, SYM_HASH_BYTES)))) {
        err = SYM_BAD_VALUE;
    }
    if (err != SYM_OK) {
        return err;
    }
    err = sym_dleq_verify(a->proof.data, with, &st);
    return err == SYM_OK ? SYM_DENIED : err == SYM_BAD_TAG || err == SYM_BAD_ELEMENT ? SYM_OK : err;
}

enum sym_err sym_table_exhibit_check(struct sym_span exhibit,
                                     const uint8_t identity[SYM_ED25519_BYTES],
                                     const struct sym_ristretto *with)
{
    SYM_ARENA_AUTO arena = {0};
    SYM_ARENA_AUTO consent_arena = {0};
    SYM_ARENA_AUTO answer_arena = {0};
    struct sym_table_exhibit e;
    struct sym_table_consent c;
    struct sym_table_answer a;
    struct sym_span consent = {0};
    struct sym_element key;
    if (exhibit.len > SYM_TABLE_EXHIBIT_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    enum sym_err err = sym_decode(&arena, &e, &sym_msg_table_exhibit, exhibit);
    if (err == SYM_OK) {
        err = sym_table_signed_open(&answer_arena, &a, &sym_msg_table_answer, e.answer, identity);
    }
    if (err == SYM_OK) {
        err = consent_of(&consent, &e, &a);
    }
    if (err == SYM_OK) {
        err = sym_table_signed_open(&consent_arena, &c, &sym_msg_table_consent, consent, identity);
    }
    if (err == SYM_OK) {
        err = key_of(&key, &c, &a, with);
    }
    return err == SYM_OK ? check_proof(&e, &a, &key, with) : err;
}
