/* Telling the other side again how an exchange ended, and hearing it. */
#include "node/evidence/opens_state.h"

#include <string.h>

struct telling {
    struct sym_opens *opens;
    const struct sym_node_id *peer;
    sym_opens_each_fn *fn;
    void *context;
};

static enum sym_err tell_one(void *context, const struct sym_open_row *r)
{
    const struct telling *c = context;
    uint8_t bytes[SYM_STATEMENT_BYTES];
    struct sym_span statement;
    if (!sym_open_is_owed(r)) {
        return SYM_OK;
    }
    enum sym_err err = sym_open_write_own(c->opens, r, bytes, &statement);
    return err == SYM_OK ? c->fn(c->context, statement) : err;
}

static enum sym_err tell_all(struct sym_transaction *t, void *context)
{
    struct telling *c = context;
    return sym_open_each(t, c->peer, tell_one, c);
}

enum sym_err sym_opens_each(struct sym_opens *o, const struct sym_node_id *peer,
                            sym_opens_each_fn *fn, void *context)
{
    struct telling c = {.opens = o, .peer = peer, .fn = fn, .context = context};
    enum sym_err err = sym_store_read(o->config.store, tell_all, &c);
    return err == SYM_OK ? sym_opens_tell_withdrawals(o, peer, fn, context) : err;
}

struct hearing {
    struct sym_opens *opens;
    const struct sym_node_id *peer;
    const struct sym_statement *st;
    struct sym_span statement;
    struct sym_open_row row;
};

static enum sym_err find_heard(struct sym_transaction *t, void *context)
{
    struct hearing *h = context;
    return sym_open_get(t, &h->row, h->peer, h->st->exchange_id);
}

/* The request was never answered here, but granted there. */
static bool was_unanswered(const struct sym_open_row *r)
{
    return sym_open_has(r, SYM_OPEN_OWN_WORD) && !sym_open_has(r, SYM_OPEN_GRANTED);
}

static enum sym_err put_heard(struct sym_transaction *t, void *context)
{
    struct hearing *h = context;
    uint8_t own[SYM_STATEMENT_BYTES];
    struct sym_transcript sent = sym_statement_sent(h->st);
    struct sym_transcript received = sym_statement_received(h->st);
    struct sym_open_row r;
    struct sym_entry_body body = {.event = sym_span_text("settled"),
                                  .detail = sym_span_text("told again by the other side"),
                                  .reason = h->st->reason,
                                  .sent = &received,
                                  .received = &sent,
                                  .peer_statement = h->statement};
    enum sym_err err = sym_open_get(t, &r, h->peer, h->st->exchange_id);
    if (err != SYM_OK) {
        return err;
    }
    sym_open_set(&r, SYM_OPEN_THEIR_WORD);
    if (was_unanswered(&r)) {
        sym_open_set(&r, SYM_OPEN_GRANTED);
        sym_open_set(&r, SYM_OPEN_HAS_REQUEST);
        memcpy(r.request_hash, h->st->request_hash, sizeof r.request_hash);
    }
    if (sym_open_has(&r, SYM_OPEN_OWN_WORD)) {
        err = sym_open_write_own(h->opens, &r, own, &body.statement);
    }
    if (err == SYM_OK) {
        err = sym_open_put(t, &r);
    }
    if (err == SYM_OK) {
        err = sym_open_append(h->opens, t, SYM_ENTRY_SETTLED, &r, NULL, &body);
    }
    h->row = r;
    return err;
}

static enum sym_err check_heard(const struct hearing *h, const struct sym_opens *o)
{
    const struct sym_open_row *r = &h->row;
    const struct sym_statement *st = h->st;
    bool initiates = sym_open_has(r, SYM_OPEN_INITIATES);
    bool fits = sym_node_id_equal(&st->initiator, initiates ? &o->config.self : h->peer) &&
                sym_node_id_equal(&st->responder, initiates ? h->peer : &o->config.self) &&
                (!sym_open_has(r, SYM_OPEN_HAS_REQUEST) ||
                 sym_equal(st->request_hash, r->request_hash, sizeof r->request_hash)) &&
                (!sym_open_has(r, SYM_OPEN_HAS_RECEIPT) || !st->has_receipt ||
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
    if (err == SYM_OK && !sym_open_has(&h.row, SYM_OPEN_THEIR_WORD)) {
        err = sym_store_write(o->config.store, put_heard, &h);
    }
    if (err == SYM_OK && sym_open_has(&h.row, SYM_OPEN_OWN_WORD) &&
        sym_open_has(&h.row, SYM_OPEN_GRANTED)) {
        err = sym_open_write_own(o, &h.row, o->answer, answer);
    }
    if (err == SYM_NOT_FOUND) {
        return sym_fail(fault, err,
                        "the peer told how an exchange ended that this node knows nothing of");
    }
    return err == SYM_OK
               ? SYM_OK
               : sym_fail(fault, err, "the peer told how an exchange ended, but its statement %s",
                          sym_err_text(err));
}
