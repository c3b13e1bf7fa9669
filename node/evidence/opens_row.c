/* The row that is kept of an exchange, and the word that it makes. */
#include "node/evidence/opens_state.h"

#include "node/loop.h"
#include "proto/history.h"

#include <string.h>

#define ROW_VERSION 1u
#define ROW_BYTES   256u

bool sym_open_has(const struct sym_open_row *r, enum sym_open_flag f)
{
    return (r->flags & (unsigned)f) != 0;
}

void sym_open_set(struct sym_open_row *r, enum sym_open_flag f)
{
    r->flags |= (unsigned)f;
}

bool sym_open_is_owed(const struct sym_open_row *r)
{
    return sym_open_has(r, SYM_OPEN_GRANTED) && sym_open_has(r, SYM_OPEN_OWN_WORD) &&
           !sym_open_has(r, SYM_OPEN_THEIR_WORD) && !sym_open_has(r, SYM_OPEN_ALONE);
}

struct sym_span sym_open_key(uint8_t out[SYM_OPEN_KEY_BYTES], const struct sym_node_id *peer,
                             const uint8_t *id)
{
    memcpy(out, peer->bytes, SYM_NODE_ID_BYTES);
    memcpy(out + SYM_NODE_ID_BYTES, id, SYM_EXCHANGE_ID_BYTES);
    return sym_span(out, SYM_OPEN_KEY_BYTES);
}

static enum sym_err row_write(uint8_t out[ROW_BYTES], struct sym_span *written,
                              const struct sym_open_row *r)
{
    struct sym_writer w = sym_writer(out, ROW_BYTES);
    sym_write_u8(&w, ROW_VERSION);
    sym_write_u8(&w, (uint8_t)r->flags);
    sym_write_bytes(&w, r->handle, sizeof r->handle);
    sym_write_bytes(&w, r->request_hash, sizeof r->request_hash);
    sym_write_bytes(&w, r->receipt_hash, sizeof r->receipt_hash);
    sym_write_u64(&w, r->own.time_ms);
    sym_write_u32(&w, r->own.reason);
    sym_write_u64(&w, r->own.sent_frames);
    sym_write_bytes(&w, r->own.sent_hash, sizeof r->own.sent_hash);
    sym_write_u64(&w, r->own.received_frames);
    sym_write_bytes(&w, r->own.received_hash, sizeof r->own.received_hash);
    return sym_write_end(&w, written);
}

enum sym_err sym_open_read(struct sym_open_row *out, struct sym_span key, struct sym_span value)
{
    struct sym_reader r = sym_reader(value);
    if (key.len != SYM_OPEN_KEY_BYTES) {
        return SYM_BAD_FORMAT;
    }
    if (sym_read_u8(&r) != ROW_VERSION) {
        return r.err != SYM_OK ? r.err : SYM_BAD_VERSION;
    }
    *out = (struct sym_open_row){.flags = sym_read_u8(&r)};
    memcpy(out->peer.bytes, key.data, SYM_NODE_ID_BYTES);
    memcpy(out->id, key.data + SYM_NODE_ID_BYTES, SYM_EXCHANGE_ID_BYTES);
    sym_read_bytes(&r, out->handle, sizeof out->handle);
    sym_read_bytes(&r, out->request_hash, sizeof out->request_hash);
    sym_read_bytes(&r, out->receipt_hash, sizeof out->receipt_hash);
    out->own.time_ms = sym_read_u64(&r);
    out->own.reason = sym_read_u32(&r);
    out->own.sent_frames = sym_read_u64(&r);
    sym_read_bytes(&r, out->own.sent_hash, sizeof out->own.sent_hash);
    out->own.received_frames = sym_read_u64(&r);
    sym_read_bytes(&r, out->own.received_hash, sizeof out->own.received_hash);
    return sym_read_end(&r);
}

static enum sym_err get_from(struct sym_transaction *t, enum sym_table table,
                             struct sym_open_row *out, struct sym_span key)
{
    SYM_SECRET_AUTO value = {0};
    enum sym_err err = sym_store_get(t, table, key, &value);
    return err == SYM_OK ? sym_open_read(out, key, sym_secret_span(&value)) : err;
}

enum sym_err sym_open_get(struct sym_transaction *t, struct sym_open_row *out,
                          const struct sym_node_id *peer, const uint8_t *id)
{
    uint8_t key[SYM_OPEN_KEY_BYTES];
    struct sym_span k = sym_open_key(key, peer, id);
    enum sym_err err = get_from(t, SYM_TABLE_OPENS, out, k);
    return err == SYM_NOT_FOUND ? get_from(t, SYM_TABLE_SETTLED, out, k) : err;
}

enum sym_err sym_open_delete(struct sym_transaction *t, enum sym_table table, struct sym_span key)
{
    enum sym_err err = sym_store_delete(t, table, key);
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

enum sym_err sym_open_put(struct sym_transaction *t, const struct sym_open_row *r)
{
    uint8_t bytes[ROW_BYTES];
    uint8_t key[SYM_OPEN_KEY_BYTES];
    struct sym_span value;
    bool in_flight = !sym_open_has(r, SYM_OPEN_OWN_WORD);
    enum sym_table to = in_flight || sym_open_is_owed(r) ? SYM_TABLE_OPENS : SYM_TABLE_SETTLED;
    enum sym_table from = to == SYM_TABLE_OPENS ? SYM_TABLE_SETTLED : SYM_TABLE_OPENS;
    struct sym_span k = sym_open_key(key, &r->peer, r->id);
    enum sym_err err = row_write(bytes, &value, r);
    if (err == SYM_OK) {
        err = sym_open_delete(t, from, k);
    }
    return err == SYM_OK ? sym_store_put(t, to, k, value) : err;
}

void sym_open_new(struct sym_open_row *r, const struct sym_open *e)
{
    *r = (struct sym_open_row){.flags = e->initiates ? (unsigned)SYM_OPEN_INITIATES : 0,
                               .peer = *e->peer};
    memcpy(r->id, e->id, sizeof r->id);
    memcpy(r->handle, e->handle, sizeof r->handle);
    if (e->request_hash != NULL) {
        sym_open_set(r, SYM_OPEN_HAS_REQUEST);
        memcpy(r->request_hash, e->request_hash, sizeof r->request_hash);
    }
    if (e->receipt_hash != NULL) {
        sym_open_set(r, SYM_OPEN_HAS_RECEIPT);
        memcpy(r->receipt_hash, e->receipt_hash, sizeof r->receipt_hash);
    }
}

enum sym_err sym_open_each(struct sym_transaction *t, const struct sym_node_id *peer,
                           const uint8_t *after, sym_open_row_fn *fn, void *context)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = SYM_NODE_ID_BYTES;
    memcpy(key, peer->bytes, SYM_NODE_ID_BYTES);
    if (after != NULL) {
        len = sym_open_key(key, peer, after).len;
    }
    for (;;) {
        struct sym_open_row r;
        enum sym_err err = sym_store_next(t, SYM_TABLE_OPENS, sym_span(key, len), key, &len);
        if (err == SYM_NOT_FOUND) {
            return SYM_OK;
        }
        if (err == SYM_OK &&
            (len != SYM_OPEN_KEY_BYTES || !sym_equal(key, peer->bytes, SYM_NODE_ID_BYTES))) {
            return SYM_OK;
        }
        if (err == SYM_OK) {
            err = get_from(t, SYM_TABLE_OPENS, &r, sym_span(key, len));
        }
        if (err == SYM_OK) {
            err = fn(context, &r);
        }
        if (err != SYM_OK) {
            return err == SYM_LIMIT ? SYM_OK : err;
        }
    }
}

static struct sym_statement own_word(const struct sym_opens *o, const struct sym_open_row *r)
{
    struct sym_statement st = r->own;
    st.is_abort = sym_open_has(r, SYM_OPEN_OWN_ABORT);
    st.initiator = sym_open_has(r, SYM_OPEN_INITIATES) ? o->config.self : r->peer;
    st.responder = sym_open_has(r, SYM_OPEN_INITIATES) ? r->peer : o->config.self;
    st.signer = o->config.self;
    st.has_receipt = sym_open_has(r, SYM_OPEN_HAS_RECEIPT);
    memcpy(st.exchange_id, r->id, sizeof st.exchange_id);
    memcpy(st.request_hash, r->request_hash, sizeof st.request_hash);
    memcpy(st.receipt_hash, r->receipt_hash, sizeof st.receipt_hash);
    return st;
}

enum sym_err sym_open_write_own(const struct sym_opens *o, const struct sym_open_row *r,
                                uint8_t *out, struct sym_span *written)
{
    struct sym_statement st = own_word(o, r);
    size_t len = 0;
    enum sym_err err = sym_statement_write(out, SYM_STATEMENT_BYTES, &len, &st, o->config.identity);
    *written = sym_span(out, err == SYM_OK ? len : 0);
    return err;
}

enum sym_err sym_open_abort(struct sym_open_row *r)
{
    sym_open_set(r, SYM_OPEN_OWN_WORD);
    sym_open_set(r, SYM_OPEN_OWN_ABORT);
    r->own.time_ms = sym_wall_ms();
    r->own.reason = SYM_REASON_FAULT;
    return sym_statement_forget(&r->own);
}

enum sym_err sym_open_append(struct sym_opens *o, struct sym_transaction *t,
                             enum sym_entry_kind kind, const struct sym_open_row *r,
                             const struct sym_author *author, struct sym_entry_body *body)
{
    const struct sym_node_id *self = &o->config.self;
    bool initiates = sym_open_has(r, SYM_OPEN_INITIATES);
    body->role = initiates ? SYM_AS_INITIATOR : SYM_AS_PARTICIPANT;
    if (!sym_equal(r->handle, r->id, sizeof r->id)) {
        body->handle = sym_span(r->handle, sizeof r->handle);
    }
    struct sym_entry entry = {.kind = kind,
                              .exchange_id = r->id,
                              .initiator = initiates ? self : &r->peer,
                              .responder = initiates ? &r->peer : self,
                              .author = author,
                              .body = body};
    return sym_log_append(o->config.log, t, &entry, NULL);
}
