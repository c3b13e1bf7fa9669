/* Telling the other side again how an exchange ended, and hearing it. */
#include "node/evidence/opens_state.h"

#include <string.h>

struct telling {
    struct sym_opens *opens;
    const struct sym_node_id *peer;
    sym_opens_each_fn *fn;
    void *context;
    const uint8_t *from; /* behind this one; NULL: from the first on */
    const uint8_t *until;
    size_t seen;
    bool is_full;
    uint8_t last[SYM_EXCHANGE_ID_BYTES]; /* that was seen */
};

static enum sym_err tell_one(void *context, const struct sym_open_row *r)
{
    struct telling *c = context;
    uint8_t bytes[SYM_STATEMENT_BYTES];
    struct sym_span statement;
    if (c->until != NULL && memcmp(r->id, c->until, sizeof r->id) > 0) {
        return SYM_LIMIT;
    }
    if (c->seen == SYM_OPENS_TOLD_MAX) {
        c->is_full = true;
        return SYM_LIMIT;
    }
    c->seen++;
    memcpy(c->last, r->id, sizeof c->last);
    if (!sym_open_is_owed(r)) {
        return SYM_OK;
    }
    enum sym_err err = sym_open_write_own(c->opens, r, bytes, &statement);
    return err == SYM_OK ? c->fn(c->context, statement) : err;
}

static enum sym_err tell_some(struct sym_transaction *t, void *context)
{
    struct telling *c = context;
    enum sym_err err = sym_open_each(t, c->peer, c->from, tell_one, c);
    if (err != SYM_OK || c->from == NULL || c->is_full) {
        return err;
    }
    c->until = c->from; /* and those before */
    return sym_open_each(t, c->peer, NULL, tell_one, c);
}

static struct sym_open_place *place_of(struct sym_opens *o, const struct sym_node_id *peer)
{
    for (size_t i = 0; i < o->n_places; i++) {
        if (sym_node_id_equal(&o->places[i].peer, peer)) {
            return &o->places[i];
        }
    }
    return NULL;
}

static void keep_place(struct sym_opens *o, const struct telling *c)
{
    struct sym_open_place *place = place_of(o, c->peer);
    if (place == NULL && c->is_full) {
        /* As many as there can be peers: one of them is none any more. */
        place = &o->places[o->n_places < SYM_PEERS_MAX ? o->n_places++ : 0];
        place->peer = *c->peer;
    }
    if (place != NULL) {
        memcpy(place->after, c->last, sizeof place->after);
    }
}

enum sym_err sym_opens_each(struct sym_opens *o, const struct sym_node_id *peer,
                            sym_opens_each_fn *fn, void *context)
{
    const struct sym_open_place *place = place_of(o, peer);
    uint8_t from[SYM_EXCHANGE_ID_BYTES];
    struct telling c = {.opens = o, .peer = peer, .fn = fn, .context = context};
    if (place != NULL) {
        memcpy(from, place->after, sizeof from);
        memcpy(c.last, from, sizeof c.last);
        c.from = from;
    }
    enum sym_err err = sym_store_read(o->config.store, tell_some, &c);
    if (err == SYM_OK) {
        keep_place(o, &c);
    }
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
