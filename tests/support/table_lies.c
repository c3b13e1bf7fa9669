#include "tests/support/table_lies.h"

#include "crypto/dleq.h"
#include "proto/codec.h"

#include <stdlib.h>
#include <string.h>

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static struct tab_bytes sign(const struct table_rig *r, uint32_t place,
                             const struct sym_message *kind, const void *value, size_t variable)
{
    struct tab_bytes out = {0};
    insist(sym_table_signed_new(&out, &r->parties[place].key, kind, value, variable) == SYM_OK);
    return out;
}

/* The message behind a signature. */
static void open_message(struct sym_arena *arena, void *value, const struct sym_message *kind,
                         struct sym_span from)
{
    insist(from.len > SYM_SIGNATURE_BYTES);
    insist(sym_decode(arena, value, kind,
                      sym_span(from.data + SYM_SIGNATURE_BYTES, from.len - SYM_SIGNATURE_BYTES)) ==
           SYM_OK);
}

static void replace(struct table_sent *sent, uint8_t *bytes, size_t len)
{
    free(sent->bytes);
    sent->bytes = bytes;
    sent->len = len;
}

/* Answers ----------------------------------------------------------------------------------------
 */

static void prove(uint8_t proof[SYM_DLEQ_PROOF_BYTES], const struct table_rig *r,
                  const struct sym_table_answer *said, const struct sym_element *asked,
                  const struct sym_element *answers)
{
    const struct sym_table_agreed *a = sym_table_member_agreed(r->parties[said->member].member);
    uint8_t context[TABLE_CONTEXT_BYTES];
    struct sym_dleq st = {.key = &a->consented[said->member].key,
                          .asked = asked,
                          .answers = answers,
                          .n = said->elements,
                          .context = sym_table_context(context, said)};
    memcpy(st.asked_hash, said->asked_hash.data, sizeof st.asked_hash);
    memcpy(st.answers_hash, said->answers_hash.data, sizeof st.answers_hash);
    insist(sym_dleq_prove(proof, r->with, &st, sym_scalar_in(&a->secret)) == SYM_OK);
}

void table_lie_answer(struct table_rig *r, struct table_sent *sent, table_answer_lie_fn *lie,
                      bool proves)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_table_answer said;
    uint8_t hash[SYM_HASH_BYTES];
    uint8_t proof[SYM_DLEQ_PROOF_BYTES];
    size_t len = (size_t)sent->bytes[1] << 8 | sent->bytes[2];
    struct sym_element *elements = (struct sym_element *)(sent->bytes + 3 + len);
    open_message(&arena, &said, &sym_msg_table_answer, sym_span(sent->bytes + 3, len));
    const struct sym_element *asked = sym_table_slot(r->parties[sent->to].list, said.frame)->asked;
    lie(&said, elements, asked);
    insist(sym_dleq_hash(hash, elements, said.elements) == SYM_OK);
    said.answers_hash = sym_span(hash, sizeof hash);
    if (proves) {
        prove(proof, r, &said, asked, elements);
        said.proof = sym_span(proof, sizeof proof);
    }
    struct tab_bytes again = sign(r, sent->from, &sym_msg_table_answer, &said, 0);
    size_t answers = said.elements * sizeof *elements;
    uint8_t *bytes = malloc(3 + again.len + answers);
    insist(bytes != NULL);
    bytes[0] = TABLE_ANSWER;
    bytes[1] = (uint8_t)(again.len >> 8);
    bytes[2] = (uint8_t)again.len;
    memcpy(bytes + 3, again.data, again.len);
    memcpy(bytes + 3 + again.len, elements, answers);
    replace(sent, bytes, 3 + again.len + answers);
    sym_tab_bytes_clear(&again);
}

/* Consents ---------------------------------------------------------------------------------------
 */

void table_lie_consent(struct table_rig *r, struct table_sent *sent, table_consent_lie_fn *lie)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_table_consent c;
    open_message(&arena, &c, &sym_msg_table_consent, sym_span(sent->bytes + 1, sent->len - 1));
    lie(&c);
    struct tab_bytes again = sign(r, sent->from, &sym_msg_table_consent, &c, 0);
    uint8_t *bytes = malloc(1 + again.len);
    insist(bytes != NULL);
    bytes[0] = TABLE_CONSENT;
    memcpy(bytes + 1, again.data, again.len);
    replace(sent, bytes, 1 + again.len);
    sym_tab_bytes_clear(&again);
}

void table_lie_consents(struct table_rig *r, struct table_sent *sent, uint32_t place,
                        uint32_t signer, table_consent_lie_fn *lie)
{
    struct sym_reader in = sym_reader(sym_span(sent->bytes + 1, sent->len - 1));
    uint8_t *bytes = malloc(sent->len + SYM_TABLE_SIGNED_BYTES_MAX);
    insist(bytes != NULL);
    struct sym_writer w = sym_writer(bytes, sent->len + SYM_TABLE_SIGNED_BYTES_MAX);
    sym_write_u8(&w, TABLE_CONSENTS);
    for (uint32_t i = 0; i <= r->n; i++) {
        SYM_ARENA_AUTO arena = {0};
        struct tab_bytes again = {0};
        struct sym_table_consent c;
        size_t len = sym_read_u16(&in);
        struct sym_span one = sym_read_span(&in, len);
        if (i == place) {
            open_message(&arena, &c, &sym_msg_table_consent, one);
            lie(&c);
            again = sign(r, signer, &sym_msg_table_consent, &c, 0);
            one = sym_tab_bytes_span(&again);
        }
        sym_write_u16(&w, (uint16_t)one.len);
        sym_write_span(&w, one);
        sym_tab_bytes_clear(&again);
    }
    insist(w.err == SYM_OK);
    replace(sent, bytes, w.len);
}

/* Releases ---------------------------------------------------------------------------------------
 */

void table_lie_release(struct table_rig *r, struct table_sent *sent, table_release_lie_fn *lie)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_table_release release;
    open_message(&arena, &release, &sym_msg_table_release,
                 sym_span(sent->bytes + 1, sent->len - 1));
    lie(&release);
    struct tab_bytes again =
        sign(r, r->n, &sym_msg_table_release, &release, release.counts.len + sent->len);
    uint8_t *bytes = malloc(1 + again.len);
    insist(bytes != NULL);
    bytes[0] = TABLE_RELEASE;
    memcpy(bytes + 1, again.data, again.len);
    replace(sent, bytes, 1 + again.len);
    sym_tab_bytes_clear(&again);
}
