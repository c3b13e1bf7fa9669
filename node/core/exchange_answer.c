#include "node/core/exchanges_state.h"
#include "node/core/sightings.h"
#include "node/log.h"

#include <stdlib.h>
#include <string.h>

/* Refused requests are recorded at most this often. */
#define REFUSAL_PAUSE_MS 1000u

static bool find_slots(const struct sym_exchanges *x, const struct sym_peer *peer,
                       struct sym_span body, size_t *own, size_t *theirs)
{
    uint8_t sender[SYM_KEY_HINT_BYTES];
    uint8_t receiver[SYM_KEY_HINT_BYTES];
    if (sym_session_hints(sender, receiver, body) != SYM_OK) {
        return false;
    }
    bool found_own = false;
    bool found_theirs = false;
    for (size_t i = 0; i < 2; i++) {
        const struct sym_exchange_key *key = &x->config.keys->exchange[i];
        if (key->private_key.len > 0 && sym_equal(key->public_key, receiver, sizeof receiver)) {
            *own = i;
            found_own = true;
        }
        if (i < peer->card.n_exchange && sym_equal(peer->card.exchange[i], sender, sizeof sender)) {
            *theirs = i;
            found_theirs = true;
        }
    }
    return found_own && found_theirs;
}

/* Reads the request and stores its id; nothing is answered to one that does not hold. */
static enum sym_err read_request(struct sym_exchanges *x, struct sym_exchange *e,
                                 const struct sym_peer *peer, uint8_t *frame, size_t len,
                                 struct sym_session_event *event)
{
    struct sym_envelope envelope;
    struct sym_span body;
    struct sym_session_parties parties;
    size_t own = 0;
    size_t theirs = 0;
    enum sym_err err = sym_peer_is_expired(peer, (int64_t)(sym_wall_ms() / 1000))
                           ? SYM_EXPIRED
                           : sym_envelope_read(&envelope, &body, sym_span(frame, len));
    if (err == SYM_OK && !find_slots(x, peer, body, &own, &theirs)) {
        err = SYM_NOT_FOUND;
    }
    if (err == SYM_OK) {
        sym_exchange_parties(x, &parties, peer, e->link, own, theirs);
        err = sym_session_new(&e->session, SYM_SESSION_RESPONDER, &parties, e->id);
    }
    if (err == SYM_OK) {
        err = sym_session_receive(e->session, frame, len, sym_wall_ms(), event);
    }
    if (err == SYM_OK) {
        err = sym_sightings_add(x->config.store, e->id, sym_wall_ms());
    }
    return err;
}

/* The kinds a node answers without a grant are those that touch no data. */
static enum sym_reason decide(const struct sym_exchanges *x, struct sym_exchange *e,
                              const struct sym_request *request)
{
    if (sym_exchange_table_busy(&x->table, e)) {
        return SYM_REASON_BUSY;
    }
    if (request->kind != SYM_KIND_PING) {
        return SYM_REASON_UNSUPPORTED;
    }
    if (sym_run_new(&e->run, request->kind, SYM_SESSION_RESPONDER, request->parameters) != SYM_OK) {
        return SYM_REASON_PROTOCOL;
    }
    return SYM_REASON_NONE;
}

static void answer(struct sym_exchanges *x, struct sym_exchange *e,
                   const struct sym_request *request)
{
    uint8_t *frame = malloc(SYM_SESSION_FRAME_BYTES);
    size_t len = 0;
    e->kind = request->kind;
    enum sym_reason reason = decide(x, e, request);
    bool granted = reason == SYM_REASON_NONE;
    struct sym_receipt receipt = {.decision = granted ? SYM_DECISION_GRANTED : SYM_DECISION_DENIED,
                                  .reason = (uint32_t)reason,
                                  .expires_ms = sym_wall_ms() + SYM_REQUEST_LIFE_MS_MAX};
    enum sym_err err = frame == NULL ? SYM_NO_MEMORY : SYM_OK;
    if (err == SYM_OK && granted) {
        err = sym_exchange_record(x, e, "granted", "");
    }
    if (err == SYM_OK) {
        err = sym_session_answer(e->session, &receipt, sym_wall_ms(), frame,
                                 SYM_SESSION_FRAME_BYTES, &len);
    }
    if (err != SYM_OK) {
        sym_exchange_end(x, e, SYM_EXCHANGE_ABORTED, err, "the answer could not be made");
    } else if (granted) {
        e->state = SYM_EXCHANGE_RUNNING;
    } else {
        sym_exchange_end(x, e, SYM_EXCHANGE_DENIED, SYM_DENIED, sym_reason_text((uint32_t)reason));
    }
    if (err == SYM_OK) {
        err = sym_exchange_send_copy(e, frame, len);
        (void)err;
    }
    free(frame);
}

/* Nothing is sent to one whose request does not hold; the own side hears of it, but no flood of
 * them can fill the disk. */
static void record_refusal(struct sym_exchanges *x, const struct sym_peer *peer,
                           enum sym_err reason)
{
    uint64_t now_ms = sym_now_ms();
    if (x->refusal_ms != 0 && now_ms - x->refusal_ms < REFUSAL_PAUSE_MS) {
        return;
    }
    x->refusal_ms = now_ms;
    sym_log(SYM_LEVEL_WARN, "request-refused", "peer", peer->alias, "reason", sym_err_text(reason),
            NULL);
    enum sym_err err =
        sym_journal_add(x->config.journal, sym_wall_ms(), "request-refused peer=%s reason=%s",
                        peer->alias, sym_err_name(reason));
    (void)err;
}

void sym_exchange_answer(struct sym_exchanges *x, struct sym_link *link,
                         const struct sym_envelope *envelope, uint8_t *frame, size_t len)
{
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, sym_link_peer(link));
    struct sym_exchange *e = NULL;
    if (peer == NULL || envelope->type != SYM_FRAME_ASK) {
        return; /* a late frame of an exchange that has ended */
    }
    if (sym_exchange_table_add(&x->table, &e, &peer->id, NULL) != SYM_OK) {
        record_refusal(x, peer, SYM_LIMIT);
        return;
    }
    struct sym_session_event event;
    e->role = SYM_SESSION_RESPONDER;
    e->link = link;
    e->deadline_ms = sym_now_ms() + SYM_REQUEST_LIFE_MS_MAX;
    e->started_us = sym_now_us();
    memcpy(e->id, envelope->exchange_id, sizeof e->id);
    memcpy(e->alias, peer->alias, sizeof e->alias);
    enum sym_err err = read_request(x, e, peer, frame, len, &event);
    if (err == SYM_OK) {
        answer(x, e, &event.request);
        return;
    }
    record_refusal(x, peer, err);
    sym_exchange_table_remove(&x->table, e);
}
