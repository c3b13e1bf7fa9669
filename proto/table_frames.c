#include "proto/table_frames.h"

#include "proto/codec.h"

#include <string.h>

_Static_assert(TABLE_ASK_HEAD_BYTES + SYM_ELEMENT_BYTES * SYM_OVERLAP_ITEMS_MAX <=
                   SYM_DATA_BYTES_MAX,
               "a frame of elements fits into a data frame");
_Static_assert(3 + SYM_TABLE_SIGNED_BYTES_MAX + SYM_ELEMENT_BYTES * SYM_OVERLAP_ITEMS_MAX <=
                   SYM_DATA_BYTES_MAX,
               "answers do");
_Static_assert(1 + SYM_TABLE_TAG_BYTES * SYM_TABLE_ROWS_FRAME <= SYM_DATA_BYTES_MAX, "rows do");
_Static_assert(1 + SYM_TABLE_RELEASE_BYTES_MAX <= SYM_DATA_BYTES_MAX, "a release does");
_Static_assert(SYM_OVERLAP_ITEMS_MAX <= SYM_DLEQ_MAX, "one proof covers a frame");

/* Payloads -------------------------------------------------------------------------------------
 */

enum sym_err sym_table_payload_read(enum table_type *type, struct sym_span *content,
                                    struct sym_span payload)
{
    struct sym_reader r = sym_reader(payload);
    uint8_t byte = sym_read_u8(&r);
    if (byte == TABLE_NO_TYPE || byte >= TABLE_TYPE_COUNT) {
        return SYM_BAD_FORMAT;
    }
    *type = (enum table_type)byte;
    *content = sym_read_span(&r, r.left);
    return SYM_OK;
}

enum sym_err sym_table_payload_new(struct tab_bytes *out, enum table_type type,
                                   struct sym_span content)
{
    enum sym_err err = sym_tab_bytes_new(out, 1 + content.len);
    if (err == SYM_OK) {
        out->data[0] = (uint8_t)type;
        if (content.len > 0) {
            memcpy(out->data + 1, content.data, content.len);
        }
    }
    return err;
}

enum sym_err sym_table_signed_new(struct tab_bytes *out, const struct sym_sign_key *key,
                                  const struct sym_message *kind, const void *value,
                                  size_t variable)
{
    struct tab_bytes message = {0};
    enum sym_err err = sym_tab_encode(&message, kind, value, variable);
    if (err == SYM_OK) {
        err = sym_tab_bytes_new(out, SYM_SIGNATURE_BYTES + message.len);
    }
    if (err == SYM_OK) {
        memcpy(out->data + SYM_SIGNATURE_BYTES, message.data, message.len);
        err = sym_sign(out->data, key, SYM_DOMAIN_TABLE, sym_tab_bytes_span(&message));
    }
    if (err != SYM_OK) {
        sym_tab_bytes_clear(out);
    }
    sym_tab_bytes_clear(&message);
    return err;
}

enum sym_err sym_table_signed_open(struct sym_arena *arena, void *value,
                                   const struct sym_message *kind, struct sym_span from,
                                   const uint8_t identity[SYM_ED25519_BYTES])
{
    struct tab_signed s;
    enum sym_err err = sym_tab_signed_read(&s, from);
    if (err == SYM_OK) {
        err = sym_verify(s.signature, identity, SYM_DOMAIN_TABLE, s.message);
    }
    return err == SYM_OK ? sym_decode(arena, value, kind, s.message) : err;
}

/* Consents -------------------------------------------------------------------------------------
 */

/* A contributor has a key, the tallier neither key nor list. */
static enum sym_err consent_of(struct sym_table_consented *out, const struct sym_table_consent *c,
                               bool tallies, const struct sym_ristretto *with)
{
    *out = (struct sym_table_consented){.elements = c->elements, .epoch = c->epoch};
    if (tallies) {
        return c->key.len == 0 && c->elements == 0 && c->epoch == 0 ? SYM_OK : SYM_BAD_VALUE;
    }
    if (c->key.len != sizeof out->key.bytes) {
        return SYM_BAD_VALUE;
    }
    memcpy(out->key.bytes, c->key.data, sizeof out->key.bytes);
    return sym_ristretto_check(NULL, with, &out->key, 1);
}

enum sym_err sym_table_consent_open(struct sym_table_consented *out, struct sym_span from,
                                    const struct sym_table_question *q,
                                    const uint8_t qid[SYM_HASH_BYTES], uint32_t place,
                                    const struct sym_ristretto *with)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_table_consent c;
    if (from.len > SYM_TABLE_SIGNED_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    enum sym_err err =
        sym_table_signed_open(&arena, &c, &sym_msg_table_consent, from, q->parties[place].identity);
    if (err == SYM_OK && !sym_span_equal(c.qid, sym_span(qid, SYM_HASH_BYTES))) {
        err = SYM_REPLAY;
    }
    if (err == SYM_OK && c.member != place) {
        err = SYM_BAD_VALUE;
    }
    return err == SYM_OK ? consent_of(out, &c, place == q->n, with) : err;
}

enum sym_err sym_table_consents_fit(const struct sym_table_consented *consented, uint32_t n,
                                    const struct sym_ristretto *with)
{
    struct sym_element keys[SYM_TABLE_LISTS_MAX];
    struct sym_element sum;
    uint8_t weights[SYM_TABLE_LISTS_MAX * SYM_SHORT_WEIGHT_BYTES] = {0};
    for (uint32_t i = 0; i < n; i++) {
        keys[i] = consented[i].key;
        weights[i * SYM_SHORT_WEIGHT_BYTES] = 1;
        for (uint32_t j = 0; j < i; j++) {
            if (table_same(keys[i].bytes, keys[j].bytes, SYM_ELEMENT_BYTES)) {
                return SYM_REPLAY;
            }
        }
    }
    return sym_ristretto_sum(&sum, NULL, with, keys, n, weights, SYM_SHORT_WEIGHT_BYTES);
}

/* Answers --------------------------------------------------------------------------------------
 */

struct sym_span sym_table_context(uint8_t out[TABLE_CONTEXT_BYTES],
                                  const struct sym_table_answer *a)
{
    struct sym_writer w = sym_writer(out, TABLE_CONTEXT_BYTES);
    struct sym_span done = {0};
    sym_write_span(&w, a->qid);
    sym_write_span(&w, a->consents_hash);
    sym_write_u32(&w, a->owner);
    sym_write_u32(&w, a->member);
    sym_write_u32(&w, a->frame);
    return sym_write_end(&w, &done) == SYM_OK ? done : sym_span(NULL, 0);
}

/* Failures -------------------------------------------------------------------------------------
 */

struct sym_table_failure sym_table_failure_of(enum sym_err err, uint32_t own, uint32_t place,
                                              enum sym_table_cause cause)
{
    bool own_doing = err == SYM_NO_MEMORY;
    return (struct sym_table_failure){.place = own_doing ? own : place,
                                      .cause = own_doing ? SYM_TABLE_CAUSE_OTHER : cause,
                                      .said_by = SYM_TABLE_NOBODY};
}

void sym_table_failure_put(uint8_t out[TABLE_FAILED_BYTES], const struct sym_table_failure *f)
{
    out[0] = (uint8_t)f->place;
    out[1] = (uint8_t)f->cause;
    out[2] = (uint8_t)f->said_by;
    for (uint32_t i = 0; i < 4; i++) {
        out[3 + i] = (uint8_t)(f->awaited >> (24 - 8 * i));
    }
}

static bool is_place(uint32_t place, uint32_t n)
{
    return place <= n || place == SYM_TABLE_ASKER || place == SYM_TABLE_NOBODY;
}

/* Several, of the parties that there are, were waited for and nobody is named. */
static bool may_await(const struct sym_table_failure *f, uint32_t n)
{
    bool late = f->cause == SYM_TABLE_CAUSE_LATE || f->cause == SYM_TABLE_CAUSE_NO_ROWS;
    return f->awaited == 0 || (late && f->place == SYM_TABLE_NOBODY && f->awaited >> (n + 1) == 0);
}

enum sym_err sym_table_failure_get(struct sym_table_failure *out, struct sym_span content,
                                   uint32_t n)
{
    struct sym_reader r = sym_reader(content);
    struct sym_table_failure f = {.place = sym_read_u8(&r)};
    uint32_t cause = sym_read_u8(&r);
    f.said_by = sym_read_u8(&r);
    f.awaited = sym_read_u32(&r);
    if (sym_read_end(&r) != SYM_OK) {
        return SYM_BAD_FORMAT;
    }
    if (cause == SYM_TABLE_CAUSE_NONE || cause >= SYM_TABLE_CAUSE_END) {
        return SYM_BAD_VALUE;
    }
    f.cause = (enum sym_table_cause)cause;
    if (!is_place(f.place, n) || !is_place(f.said_by, n) || !may_await(&f, n)) {
        return SYM_BAD_VALUE;
    }
    *out = f;
    return SYM_OK;
}

/* Frames ---------------------------------------------------------------------------------------
 */

uint32_t sym_table_frame_count(uint32_t total, uint32_t each)
{
    return total / each + (total % each > 0);
}

uint32_t sym_table_frame_items(uint32_t total, uint32_t each, uint32_t frame)
{
    uint64_t at = (uint64_t)frame * each;
    if (at >= total) {
        return 0;
    }
    return total - at < each ? (uint32_t)(total - at) : each;
}
