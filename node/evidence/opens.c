#include "node/evidence/opens.h"
#include "proto/history.h"

#include "node/loop.h"
#include "proto/history.h"

#include <stdlib.h>
#include <string.h>

#define ROW_VERSION 1u
#define KEY_BYTES   (SYM_NODE_ID_BYTES + SYM_EXCHANGE_ID_BYTES)
#define ROW_BYTES   256u
#define RESTARTED   "the node was restarted"

enum flag {
    INITIATES = 1,
    GRANTED = 2,
    HAS_REQUEST = 4,
    HAS_RECEIPT = 8,
    OWN_WORD = 16,
    OWN_ABORT = 32,
    THEIR_WORD = 64,
    ALONE = 128 /* an approver did without the other side's word */
};

struct row {
    unsigned flags;
    struct sym_node_id peer;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint8_t handle[SYM_EXCHANGE_ID_BYTES];
    uint8_t request_hash[SYM_HASH_BYTES];
    uint8_t receipt_hash[SYM_HASH_BYTES];
    struct sym_statement own; /* its transcripts, time and reason */
};

struct sym_opens {
    struct sym_opens_config config;
    uint8_t answer[SYM_STATEMENT_BYTES];
};

static bool has(const struct row *r, enum flag f)
{
    return (r->flags & (unsigned)f) != 0;
}

static void set(struct row *r, enum flag f)
{
    r->flags |= (unsigned)f;
}

/* Ended here, granted, and the other side's word is missing. */
static bool is_open(const struct row *r)
{
    return has(r, GRANTED) && has(r, OWN_WORD) && !has(r, THEIR_WORD) && !has(r, ALONE);
}

static struct sym_span key_of(uint8_t out[KEY_BYTES], const struct sym_node_id *peer,
                              const uint8_t *id)
{
    memcpy(out, peer->bytes, SYM_NODE_ID_BYTES);
    memcpy(out + SYM_NODE_ID_BYTES, id, SYM_EXCHANGE_ID_BYTES);
    return sym_span(out, KEY_BYTES);
}

/* Rows -----------------------------------------------------------------------------------------
 */

static enum sym_err row_write(uint8_t out[ROW_BYTES], struct sym_span *written,
                              const struct row *r)
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

static enum sym_err row_read(struct row *out, struct sym_span key, struct sym_span value)
{
    struct sym_reader r = sym_reader(value);
    if (key.len != KEY_BYTES) {
        return SYM_BAD_FORMAT;
    }
    if (sym_read_u8(&r) != ROW_VERSION) {
        return r.err != SYM_OK ? r.err : SYM_BAD_VERSION;
    }
    *out = (struct row){.flags = sym_read_u8(&r)};
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

static enum sym_err get_from(struct sym_transaction *t, enum sym_table table, struct row *out,
                             struct sym_span key)
{
    SYM_SECRET_AUTO value = {0};
    enum sym_err err = sym_store_get(t, table, key, &value);
    return err == SYM_OK ? row_read(out, key, sym_secret_span(&value)) : err;
}

static enum sym_err get(struct sym_transaction *t, struct row *out, const struct sym_node_id *peer,
                        const uint8_t *id)
{
    uint8_t key[KEY_BYTES];
    struct sym_span k = key_of(key, peer, id);
    enum sym_err err = get_from(t, SYM_TABLE_OPENS, out, k);
    return err == SYM_NOT_FOUND ? get_from(t, SYM_TABLE_SETTLED, out, k) : err;
}

static enum sym_err delete_if_there(struct sym_transaction *t, enum sym_table table,
                                    struct sym_span key)
{
    enum sym_err err = sym_store_delete(t, table, key);
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

/* Where it belongs: with those of which something is owed, or with the others. */
static enum sym_err put(struct sym_transaction *t, const struct row *r)
{
    uint8_t bytes[ROW_BYTES];
    uint8_t key[KEY_BYTES];
    struct sym_span value;
    bool in_flight = !has(r, OWN_WORD);
    enum sym_table to = in_flight || is_open(r) ? SYM_TABLE_OPENS : SYM_TABLE_SETTLED;
    enum sym_table from = to == SYM_TABLE_OPENS ? SYM_TABLE_SETTLED : SYM_TABLE_OPENS;
    struct sym_span k = key_of(key, &r->peer, r->id);
    enum sym_err err = row_write(bytes, &value, r);
    if (err == SYM_OK) {
        err = delete_if_there(t, from, k);
    }
    return err == SYM_OK ? sym_store_put(t, to, k, value) : err;
}

static void row_new(struct row *r, const struct sym_open *e)
{
    *r = (struct row){.flags = e->initiates ? (unsigned)INITIATES : 0, .peer = *e->peer};
    memcpy(r->id, e->id, sizeof r->id);
    memcpy(r->handle, e->handle, sizeof r->handle);
    if (e->request_hash != NULL) {
        set(r, HAS_REQUEST);
        memcpy(r->request_hash, e->request_hash, sizeof r->request_hash);
    }
    if (e->receipt_hash != NULL) {
        set(r, HAS_RECEIPT);
        memcpy(r->receipt_hash, e->receipt_hash, sizeof r->receipt_hash);
    }
}

/* Statements -----------------------------------------------------------------------------------
 */

static struct sym_statement own_word(const struct sym_opens *o, const struct row *r)
{
    struct sym_statement st = r->own;
    st.is_abort = has(r, OWN_ABORT);
    st.initiator = has(r, INITIATES) ? o->config.self : r->peer;
    st.responder = has(r, INITIATES) ? r->peer : o->config.self;
    st.signer = o->config.self;
    st.has_receipt = has(r, HAS_RECEIPT);
    memcpy(st.exchange_id, r->id, sizeof st.exchange_id);
    memcpy(st.request_hash, r->request_hash, sizeof st.request_hash);
    memcpy(st.receipt_hash, r->receipt_hash, sizeof st.receipt_hash);
    return st;
}

static enum sym_err write_own(const struct sym_opens *o, const struct row *r, uint8_t *out,
                              struct sym_span *written)
{
    struct sym_statement st = own_word(o, r);
    size_t len = 0;
    enum sym_err err = sym_statement_write(out, SYM_STATEMENT_BYTES, &len, &st,
                                           o->config.identity);
    *written = sym_span(out, err == SYM_OK ? len : 0);
    return err;
}

/* What was sent is not known any more. */
static enum sym_err abort_row(struct row *r)
{
    set(r, OWN_WORD);
    set(r, OWN_ABORT);
    r->own.time_ms = sym_wall_ms();
    r->own.reason = SYM_REASON_FAULT;
    return sym_statement_forget(&r->own);
}

static enum sym_err append(struct sym_opens *o, struct sym_transaction *t,
                           enum sym_entry_kind kind, const struct row *r,
                           const struct sym_author *author, struct sym_entry_body *body)
{
    const struct sym_node_id *self = &o->config.self;
    bool initiates = has(r, INITIATES);
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

/* Starting -------------------------------------------------------------------------------------
 */

struct restart {
    struct sym_opens *opens;
    struct sym_transaction *transaction;
};

static enum sym_err end_one(void *context, struct sym_span key, struct sym_span value)
{
    const struct restart *c = context;
    uint8_t bytes[SYM_STATEMENT_BYTES];
    struct row r;
    enum sym_err err = row_read(&r, key, value);
    if (err != SYM_OK || has(&r, OWN_WORD)) {
        return err;
    }
    err = abort_row(&r);
    struct sym_transcript sent = sym_statement_sent(&r.own);
    struct sym_transcript received = sym_statement_received(&r.own);
    struct sym_entry_body body = {.event = sym_span_text("aborted"),
                                  .detail = sym_span_text(RESTARTED),
                                  .reason = SYM_REASON_FAULT};
    if (err == SYM_OK && has(&r, GRANTED)) {
        body.sent = &sent;
        body.received = &received;
        err = write_own(c->opens, &r, bytes, &body.statement);
    }
    if (err == SYM_OK) {
        err = put(c->transaction, &r);
    }
    return err == SYM_OK ? append(c->opens, c->transaction, SYM_ENTRY_ABORTED, &r, NULL, &body) : err;
}

static enum sym_err end_all(struct sym_transaction *t, void *context)
{
    struct restart *c = context;
    c->transaction = t;
    return sym_store_each(t, SYM_TABLE_OPENS, end_one, c);
}

static enum sym_err find_in_flight(void *context, struct sym_span key, struct sym_span value)
{
    bool *found = context;
    struct row r;
    enum sym_err err = row_read(&r, key, value);
    *found = *found || (err == SYM_OK && !has(&r, OWN_WORD));
    return err;
}

static enum sym_err look(struct sym_transaction *t, void *context)
{
    return sym_store_each(t, SYM_TABLE_OPENS, find_in_flight, context);
}

enum sym_err sym_opens_open(struct sym_opens **out, const struct sym_opens_config *config,
                            struct sym_fault *fault)
{
    bool found = false;
    struct sym_opens *o = calloc(1, sizeof *o);
    if (o == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "core: no memory for open exchanges");
    }
    o->config = *config;
    struct restart c = {.opens = o};
    enum sym_err err = sym_store_read(config->store, look, &found);
    if (err == SYM_OK && found) {
        err = sym_store_write(config->store, end_all, &c);
    }
    if (err != SYM_OK) {
        free(o);
        return sym_fail(fault, err,
                        err == SYM_NO_SPACE
                            ? "exchanges: what was in flight could not be recorded as aborted, the "
                              "disk %s; make room and start again"
                            : "exchanges: the stored table of open ones %s; restore a backup",
                        sym_err_text(err));
    }
    *out = o;
    return SYM_OK;
}

void sym_opens_close(struct sym_opens *o)
{
    free(o);
}

/* Changes --------------------------------------------------------------------------------------
 */

enum sym_err sym_opens_ask(struct sym_opens *o, struct sym_transaction *t, const struct sym_open *e)
{
    struct row r;
    (void)o;
    row_new(&r, e);
    return put(t, &r);
}

enum sym_err sym_opens_begin(struct sym_opens *o, struct sym_transaction *t,
                             const struct sym_open *e)
{
    struct row r;
    (void)o;
    row_new(&r, e);
    set(&r, GRANTED);
    return put(t, &r);
}

enum sym_err sym_opens_drop(struct sym_opens *o, struct sym_transaction *t,
                            const struct sym_open *e, bool denied)
{
    uint8_t key[KEY_BYTES];
    struct row r;
    (void)o;
    if (denied) {
        return delete_if_there(t, SYM_TABLE_OPENS, key_of(key, e->peer, e->id));
    }
    row_new(&r, e);
    enum sym_err err = abort_row(&r);
    return err == SYM_OK ? put(t, &r) : err;
}

static void take_own(struct row *r, const struct sym_statement *st)
{
    set(r, OWN_WORD);
    if (st->is_abort) {
        set(r, OWN_ABORT);
    }
    set(r, HAS_REQUEST);
    memcpy(r->request_hash, st->request_hash, sizeof r->request_hash);
    if (st->has_receipt) {
        set(r, HAS_RECEIPT);
        memcpy(r->receipt_hash, st->receipt_hash, sizeof r->receipt_hash);
    }
    r->own = *st;
}

enum sym_err sym_opens_state(struct sym_opens *o, struct sym_transaction *t,
                             const struct sym_statement *st)
{
    struct row r;
    bool own = sym_node_id_equal(&st->signer, &o->config.self);
    bool initiates = sym_node_id_equal(&st->initiator, &o->config.self);
    enum sym_err err =
        get(t, &r, initiates ? &st->responder : &st->initiator, st->exchange_id);
    if (err != SYM_OK) {
        return err;
    }
    if (own) {
        take_own(&r, st);
    } else {
        set(&r, THEIR_WORD);
    }
    return put(t, &r);
}

/* Telling again --------------------------------------------------------------------------------
 */

typedef enum sym_err row_fn(void *context, const struct row *r);

/* All rows of one peer of which something is owed. */
static enum sym_err each_row(struct sym_transaction *t, const struct sym_node_id *peer, row_fn *fn,
                             void *context)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = SYM_NODE_ID_BYTES;
    memcpy(key, peer->bytes, SYM_NODE_ID_BYTES);
    for (;;) {
        struct row r;
        enum sym_err err = sym_store_next(t, SYM_TABLE_OPENS, sym_span(key, len), key, &len);
        if (err == SYM_NOT_FOUND) {
            return SYM_OK;
        }
        if (err == SYM_OK && (len != KEY_BYTES || !sym_equal(key, peer->bytes, SYM_NODE_ID_BYTES))) {
            return SYM_OK;
        }
        if (err == SYM_OK) {
            err = get_from(t, SYM_TABLE_OPENS, &r, sym_span(key, len));
        }
        if (err == SYM_OK) {
            err = fn(context, &r);
        }
        if (err != SYM_OK) {
            return err;
        }
    }
}

struct telling {
    struct sym_opens *opens;
    const struct sym_node_id *peer;
    sym_opens_each_fn *fn;
    void *context;
};

static enum sym_err tell_one(void *context, const struct row *r)
{
    const struct telling *c = context;
    uint8_t bytes[SYM_STATEMENT_BYTES];
    struct sym_span statement;
    if (!is_open(r)) {
        return SYM_OK;
    }
    enum sym_err err = write_own(c->opens, r, bytes, &statement);
    return err == SYM_OK ? c->fn(c->context, statement) : err;
}

static enum sym_err tell_all(struct sym_transaction *t, void *context)
{
    struct telling *c = context;
    return each_row(t, c->peer, tell_one, c);
}

enum sym_err sym_opens_each(struct sym_opens *o, const struct sym_node_id *peer,
                            sym_opens_each_fn *fn, void *context)
{
    struct telling c = {.opens = o, .peer = peer, .fn = fn, .context = context};
    return sym_store_read(o->config.store, tell_all, &c);
}

/* Hearing --------------------------------------------------------------------------------------
 */

struct hearing {
    struct sym_opens *opens;
    const struct sym_node_id *peer;
    const struct sym_statement *st;
    struct sym_span statement;
    struct row row;
};

static enum sym_err find_heard(struct sym_transaction *t, void *context)
{
    struct hearing *h = context;
    return get(t, &h->row, h->peer, h->st->exchange_id);
}

/* The request was never answered here, but granted there. */
static bool was_unanswered(const struct row *r)
{
    return has(r, OWN_WORD) && !has(r, GRANTED);
}

static enum sym_err put_heard(struct sym_transaction *t, void *context)
{
    struct hearing *h = context;
    uint8_t own[SYM_STATEMENT_BYTES];
    struct sym_transcript sent = sym_statement_sent(h->st);
    struct sym_transcript received = sym_statement_received(h->st);
    struct row r;
    struct sym_entry_body body = {.event = sym_span_text("settled"),
                                  .detail = sym_span_text("told again by the other side"),
                                  .reason = h->st->reason,
                                  .sent = &received,
                                  .received = &sent,
                                  .peer_statement = h->statement};
    enum sym_err err = get(t, &r, h->peer, h->st->exchange_id);
    if (err != SYM_OK) {
        return err;
    }
    set(&r, THEIR_WORD);
    if (was_unanswered(&r)) {
        set(&r, GRANTED);
        set(&r, HAS_REQUEST);
        memcpy(r.request_hash, h->st->request_hash, sizeof r.request_hash);
    }
    if (has(&r, OWN_WORD)) {
        err = write_own(h->opens, &r, own, &body.statement);
    }
    if (err == SYM_OK) {
        err = put(t, &r);
    }
    if (err == SYM_OK) {
        err = append(h->opens, t, SYM_ENTRY_SETTLED, &r, NULL, &body);
    }
    h->row = r;
    return err;
}

static enum sym_err check_heard(const struct hearing *h, const struct sym_opens *o)
{
    const struct row *r = &h->row;
    const struct sym_statement *st = h->st;
    bool initiates = has(r, INITIATES);
    bool fits = sym_node_id_equal(&st->initiator, initiates ? &o->config.self : h->peer) &&
                sym_node_id_equal(&st->responder, initiates ? h->peer : &o->config.self) &&
                (!has(r, HAS_REQUEST) ||
                 sym_equal(st->request_hash, r->request_hash, sizeof r->request_hash)) &&
                (!has(r, HAS_RECEIPT) || !st->has_receipt ||
                 sym_equal(st->receipt_hash, r->receipt_hash, sizeof r->receipt_hash));
    return fits ? SYM_OK : SYM_BAD_VALUE;
}

enum sym_err sym_opens_take(struct sym_opens *o, const struct sym_node_id *peer,
                            const uint8_t identity[SYM_ED25519_BYTES], struct sym_span statement,
                            struct sym_span *answer, struct sym_fault *fault)
{
    struct sym_statement st;
    struct hearing h = {.opens = o, .peer = peer, .st = &st, .statement = statement};
    *answer = sym_span(NULL, 0);
    enum sym_err err = sym_statement_read(&st, statement, identity);
    if (err == SYM_OK && !sym_node_id_equal(&st.signer, peer)) {
        err = SYM_BAD_VALUE;
    }
    if (err == SYM_OK) {
        err = sym_store_read(o->config.store, find_heard, &h);
    }
    if (err == SYM_OK) {
        err = check_heard(&h, o);
    }
    if (err == SYM_OK && !has(&h.row, THEIR_WORD)) {
        err = sym_store_write(o->config.store, put_heard, &h);
    }
    if (err == SYM_OK && has(&h.row, OWN_WORD) && has(&h.row, GRANTED)) {
        err = write_own(o, &h.row, o->answer, answer);
    }
    if (err == SYM_NOT_FOUND) {
        return sym_fail(fault, err,
                        "the peer told how an exchange ended that this node knows nothing of");
    }
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err,
                                    "the peer told how an exchange ended, but its statement %s",
                                    sym_err_text(err));
}

/* How many there are ---------------------------------------------------------------------------
 */

struct tally {
    const struct sym_node_id *peer;
    uint64_t now_ms;
    size_t n;
    bool is_late;
    struct row late;
};

static enum sym_err count_one(void *context, const struct row *r)
{
    struct tally *c = context;
    if (!is_open(r)) {
        return SYM_OK;
    }
    c->n++;
    if (!c->is_late && c->now_ms > r->own.time_ms && c->now_ms - r->own.time_ms > SYM_OPEN_MS) {
        c->is_late = true;
        c->late = *r;
    }
    return SYM_OK;
}

static enum sym_err count_all(struct sym_transaction *t, void *context)
{
    struct tally *c = context;
    c->n = 0;
    c->is_late = false;
    return each_row(t, c->peer, count_one, c);
}

size_t sym_opens_count(const struct sym_opens *o, const struct sym_node_id *peer)
{
    struct tally c = {.peer = peer, .now_ms = sym_wall_ms()};
    return sym_store_read(o->config.store, count_all, &c) == SYM_OK ? c.n : 0;
}

enum sym_err sym_opens_allow(const struct sym_opens *o, const struct sym_node_id *peer,
                             struct sym_fault *fault)
{
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    struct tally c = {.peer = peer, .now_ms = sym_wall_ms()};
    enum sym_err err = sym_store_read(o->config.store, count_all, &c);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "exchanges: the stored table of open ones %s",
                        sym_err_text(err));
    }
    if (c.is_late) {
        sym_hex(id, c.late.handle, sizeof c.late.handle);
        return sym_fail(fault, SYM_LIMIT,
                        "an earlier exchange with this peer is open: it has not said how %s ended; "
                        "when it cannot, an approver runs: symbolon exchange settle %s",
                        id, id);
    }
    return c.n <= SYM_OPEN_PER_PEER_MAX
               ? SYM_OK
               : sym_fail(fault, SYM_LIMIT,
                          "%zu exchanges with this peer are open: it has not said how they ended; "
                          "try again later",
                          c.n);
}

/* Settling alone -------------------------------------------------------------------------------
 */

struct settling {
    struct sym_opens *opens;
    const struct sym_author *author;
    const uint8_t *id;
    bool found;
    struct row row;
};

static enum sym_err find_by_id(void *context, struct sym_span key, struct sym_span value)
{
    struct settling *c = context;
    struct row r;
    enum sym_err err = row_read(&r, key, value);
    bool is_it = err == SYM_OK && (sym_equal(r.id, c->id, sizeof r.id) ||
                                   sym_equal(r.handle, c->id, sizeof r.handle));
    if (is_it && (!c->found || is_open(&r))) {
        c->found = true;
        c->row = r;
    }
    return err;
}

static enum sym_err find_settled(struct sym_transaction *t, void *context)
{
    return sym_store_each(t, SYM_TABLE_OPENS, find_by_id, context);
}

static enum sym_err put_settled(struct sym_transaction *t, void *context)
{
    struct settling *c = context;
    struct row r = c->row;
    struct sym_transcript sent = sym_statement_sent(&r.own);
    struct sym_transcript received = sym_statement_received(&r.own);
    struct sym_entry_body body = {
        .event = sym_span_text("settled-alone"),
        .detail = sym_span_text("the other side has not said how it ended"),
        .sent = &sent,
        .received = &received};
    set(&r, ALONE);
    enum sym_err err = put(t, &r);
    return err == SYM_OK ? append(c->opens, t, SYM_ENTRY_SETTLED, &r, c->author, &body) : err;
}

enum sym_err sym_opens_settle(struct sym_opens *o, const struct sym_author *author,
                              const uint8_t id[SYM_EXCHANGE_ID_BYTES], struct sym_fault *fault)
{
    struct settling c = {.opens = o, .author = author, .id = id};
    enum sym_err err = sym_store_read(o->config.store, find_settled, &c);
    if (err == SYM_OK && !c.found) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "exchange: is not open; `symbolon log witnesses` counts those that are");
    }
    if (err == SYM_OK && !is_open(&c.row)) {
        return sym_fail(fault, SYM_AGAIN, "exchange: is in flight; cancel it first");
    }
    if (err == SYM_OK) {
        err = sym_store_write(o->config.store, put_settled, &c);
    }
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "exchange: could not be settled: the store %s",
                                    sym_err_text(err));
}
