#include "node/evidence/opens_state.h"

#include "node/loop.h"

#include <stdlib.h>
#include <string.h>

#define RESTARTED "the node was restarted"

/* Starting ------------------------------------------------------------------------------------- */

struct restart {
    struct sym_opens *opens;
    struct sym_transaction *transaction;
};

static enum sym_err end_one(void *context, struct sym_span key, struct sym_span value)
{
    const struct restart *c = context;
    uint8_t bytes[SYM_STATEMENT_BYTES];
    struct sym_open_row r;
    enum sym_err err = sym_open_read(&r, key, value);
    if (err != SYM_OK || sym_open_has(&r, SYM_OPEN_OWN_WORD)) {
        return err;
    }
    err = sym_open_abort(&r);
    struct sym_transcript sent = sym_statement_sent(&r.own);
    struct sym_transcript received = sym_statement_received(&r.own);
    struct sym_entry_body body = {.event = sym_span_text("aborted"),
                                  .detail = sym_span_text(RESTARTED),
                                  .reason = SYM_REASON_FAULT};
    if (err == SYM_OK && sym_open_has(&r, SYM_OPEN_GRANTED)) {
        body.sent = &sent;
        body.received = &received;
        err = sym_open_write_own(c->opens, &r, bytes, &body.statement);
    }
    if (err == SYM_OK) {
        err = sym_open_put(c->transaction, &r);
    }
    return err == SYM_OK
               ? sym_open_append(c->opens, c->transaction, SYM_ENTRY_ABORTED, &r, NULL, &body)
               : err;
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
    struct sym_open_row r;
    enum sym_err err = sym_open_read(&r, key, value);
    *found = *found || (err == SYM_OK && !sym_open_has(&r, SYM_OPEN_OWN_WORD));
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

/* Changes -------------------------------------------------------------------------------------- */

enum sym_err sym_opens_ask(struct sym_opens *o, struct sym_transaction *t, const struct sym_open *e)
{
    struct sym_open_row r;
    (void)o;
    sym_open_new(&r, e);
    return sym_open_put(t, &r);
}

enum sym_err sym_opens_begin(struct sym_opens *o, struct sym_transaction *t,
                             const struct sym_open *e)
{
    struct sym_open_row r;
    (void)o;
    sym_open_new(&r, e);
    sym_open_set(&r, SYM_OPEN_GRANTED);
    return sym_open_put(t, &r);
}

enum sym_err sym_opens_drop(struct sym_opens *o, struct sym_transaction *t,
                            const struct sym_open *e, bool denied)
{
    uint8_t key[SYM_OPEN_KEY_BYTES];
    struct sym_open_row r;
    (void)o;
    if (denied) {
        return sym_open_delete(t, SYM_TABLE_OPENS, sym_open_key(key, e->peer, e->id));
    }
    sym_open_new(&r, e);
    enum sym_err err = sym_open_abort(&r);
    return err == SYM_OK ? sym_open_put(t, &r) : err;
}

static void take_own(struct sym_open_row *r, const struct sym_statement *st)
{
    sym_open_set(r, SYM_OPEN_OWN_WORD);
    if (st->is_abort) {
        sym_open_set(r, SYM_OPEN_OWN_ABORT);
    }
    sym_open_set(r, SYM_OPEN_HAS_REQUEST);
    memcpy(r->request_hash, st->request_hash, sizeof r->request_hash);
    if (st->has_receipt) {
        sym_open_set(r, SYM_OPEN_HAS_RECEIPT);
        memcpy(r->receipt_hash, st->receipt_hash, sizeof r->receipt_hash);
    }
    r->own = *st;
}

enum sym_err sym_opens_state(struct sym_opens *o, struct sym_transaction *t,
                             const struct sym_statement *st)
{
    struct sym_open_row r;
    bool own = sym_node_id_equal(&st->signer, &o->config.self);
    bool initiates = sym_node_id_equal(&st->initiator, &o->config.self);
    enum sym_err err =
        sym_open_get(t, &r, initiates ? &st->responder : &st->initiator, st->exchange_id);
    if (err != SYM_OK) {
        return err;
    }
    if (own) {
        take_own(&r, st);
    } else {
        sym_open_set(&r, SYM_OPEN_THEIR_WORD);
    }
    return sym_open_put(t, &r);
}

/* How many there are --------------------------------------------------------------------------- */

struct tally {
    const struct sym_node_id *peer;
    uint64_t now_ms;
    size_t enough; /* 0: all are counted */
    size_t n;
    bool is_late;
    struct sym_open_row late;
};

static enum sym_err count_one(void *context, const struct sym_open_row *r)
{
    struct tally *c = context;
    if (!sym_open_is_owed(r)) {
        return SYM_OK;
    }
    c->n++;
    if (c->enough != 0 && c->n >= c->enough) {
        return SYM_LIMIT;
    }
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
    return sym_open_each(t, c->peer, NULL, count_one, c);
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
                        "when it cannot, an approver runs: \"symbolon exchange settle %s\"",
                        id, id);
    }
    return c.n <= SYM_OPEN_PER_PEER_MAX
               ? SYM_OK
               : sym_fail(fault, SYM_LIMIT,
                          "%zu exchanges with this peer are open: it has not said how they ended; "
                          "try again later",
                          c.n);
}

enum sym_err sym_opens_admit(const struct sym_opens *o, const struct sym_node_id *peer,
                             struct sym_fault *fault)
{
    struct tally c = {.peer = peer, .now_ms = sym_wall_ms(), .enough = SYM_OPEN_PER_PEER_MAX + 1u};
    enum sym_err err = sym_store_read(o->config.store, count_all, &c);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "exchanges: the stored table of open ones %s",
                        sym_err_text(err));
    }
    return c.n < c.enough
               ? SYM_OK
               : sym_fail(
                     fault, SYM_LIMIT,
                     "more than %u earlier exchanges are open: your node has not said how they "
                     "ended; it does so when it connects again",
                     SYM_OPEN_PER_PEER_MAX);
}

/* Settling alone ------------------------------------------------------------------------------- */

struct settling {
    struct sym_opens *opens;
    const struct sym_author *author;
    const uint8_t *id;
    bool found;
    struct sym_open_row row;
};

static enum sym_err find_by_id(void *context, struct sym_span key, struct sym_span value)
{
    struct settling *c = context;
    struct sym_open_row r;
    enum sym_err err = sym_open_read(&r, key, value);
    bool is_it = err == SYM_OK && (sym_equal(r.id, c->id, sizeof r.id) ||
                                   sym_equal(r.handle, c->id, sizeof r.handle));
    if (is_it && (!c->found || sym_open_is_owed(&r))) {
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
    struct sym_open_row r = c->row;
    struct sym_transcript sent = sym_statement_sent(&r.own);
    struct sym_transcript received = sym_statement_received(&r.own);
    struct sym_entry_body body = {.event = sym_span_text("settled-alone"),
                                  .detail =
                                      sym_span_text("the other side has not said how it ended"),
                                  .sent = &sent,
                                  .received = &received};
    sym_open_set(&r, SYM_OPEN_ALONE);
    enum sym_err err = sym_open_put(t, &r);
    return err == SYM_OK ? sym_open_append(c->opens, t, SYM_ENTRY_SETTLED, &r, c->author, &body)
                         : err;
}

enum sym_err sym_opens_settle(struct sym_opens *o, const struct sym_author *author,
                              const uint8_t id[SYM_EXCHANGE_ID_BYTES], struct sym_fault *fault)
{
    struct settling c = {.opens = o, .author = author, .id = id};
    enum sym_err err = sym_store_read(o->config.store, find_settled, &c);
    if (err == SYM_OK && !c.found) {
        return sym_fail(fault, SYM_NOT_FOUND,
                        "exchange: is not open; \"symbolon log witnesses\" counts those that are");
    }
    if (err == SYM_OK && !sym_open_is_owed(&c.row)) {
        return sym_fail(fault, SYM_AGAIN, "exchange: is in flight; cancel it first");
    }
    if (err == SYM_OK) {
        err = sym_store_write(o->config.store, put_settled, &c);
    }
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "exchange: could not be settled: the store %s",
                                    sym_err_text(err));
}
