#include "node/core/exchanges.h"

#include "node/core/exchange_table.h"
#include "node/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often deadlines are looked at. */
#define TICK_MS 100u
/* How often a request is repeated when its link was replaced before an answer came. */
#define ASKS_MAX 4u
/* Frames one exchange may send before the others have their turn. */
#define FRAMES_PER_TURN 4u
/* Until when the answer to a request is awaited, at most. */
#define REQUEST_LIFE_MS 60000u

struct sym_exchanges {
    struct sym_exchanges_config config;
    struct sym_links *links;
    struct sym_exchange_table table;
    struct sym_timer *tick;
};

static void pump(struct sym_exchanges *x, struct sym_exchange *e);

/* Endings ---------------------------------------------------------------------------------------
 */

/* What one line of the journal and one of the log say about an exchange. */
static enum sym_err record(struct sym_exchanges *x, const struct sym_exchange *e, const char *event,
                           const char *detail)
{
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    sym_hex(id, e->id, sizeof e->id);
    sym_log(SYM_LEVEL_INFO, event, "exchange", id, "peer", e->alias, "kind", sym_kind_text(e->kind),
            "detail", detail, NULL);
    enum sym_err err =
        sym_journal_add(x->config.journal, sym_wall_ms(), "%s exchange=%s peer=%s kind=%s %s",
                        event, id, e->alias, sym_kind_text(e->kind), detail);
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "journal-not-written", "reason", sym_err_text(err), NULL);
    }
    return err;
}

static void end(struct sym_exchanges *x, struct sym_exchange *e, enum sym_exchange_state state,
                enum sym_err result, const char *fault)
{
    if (sym_exchange_ended(e)) {
        return;
    }
    e->result = result;
    (void)sym_fail(&e->fault, result, "%s", fault);
    const char *event = state == SYM_EXCHANGE_DONE     ? "closed"
                        : state == SYM_EXCHANGE_DENIED ? "denied"
                        : state == SYM_EXCHANGE_HELD   ? "held"
                                                       : "aborted";
    enum sym_err err = record(x, e, event, fault);
    if (err != SYM_OK && result == SYM_OK) {
        state = SYM_EXCHANGE_ABORTED;
        e->result = err;
        (void)sym_fail(&e->fault, err, "the end of the exchange could not be recorded");
    }
    sym_exchange_finish(e, state, sym_now_us());
}

/* Sends a frame that session.h has written into a scratch area. */
static enum sym_err send_copy(struct sym_exchange *e, const uint8_t *frame, size_t len)
{
    if (e->link == NULL) {
        return SYM_CLOSED;
    }
    uint8_t *buffer = sym_bus_buffer(len);
    if (buffer == NULL) {
        return SYM_NO_MEMORY;
    }
    memcpy(buffer, frame, len);
    enum sym_err err = sym_exchange_queue(e, buffer, len);
    if (err != SYM_OK) {
        sym_bus_release(buffer);
    }
    return err;
}

/* Tells the other side, where that is possible, and ends the exchange. */
static void abort_exchange(struct sym_exchanges *x, struct sym_exchange *e, enum sym_reason reason,
                           enum sym_err result, const char *fault)
{
    uint8_t *frame = malloc(SYM_SESSION_FRAME_BYTES);
    size_t len = 0;
    struct sym_abort a = {.reason = (uint32_t)reason};
    if (frame != NULL && e->session != NULL && e->link != NULL &&
        sym_session_abort(e->session, &a, sym_wall_ms(), frame, SYM_SESSION_FRAME_BYTES, &len) ==
            SYM_OK) {
        enum sym_err err = send_copy(e, frame, len);
        (void)err;
    }
    free(frame);
    end(x, e, SYM_EXCHANGE_ABORTED, result, fault);
}

/* Initiator -------------------------------------------------------------------------------------
 */

static void parties_of(const struct sym_exchanges *x, struct sym_session_parties *p,
                       const struct sym_peer *peer, const struct sym_link *link, size_t own_slot,
                       size_t peer_slot)
{
    *p = (struct sym_session_parties){.self = x->config.self,
                                      .peer = peer->id,
                                      .identity = &x->config.keys->identity,
                                      .exchange = &x->config.keys->exchange[own_slot],
                                      .psk = sym_secret_span(&peer->psk)};
    memcpy(p->peer_identity, peer->card.identity, sizeof p->peer_identity);
    memcpy(p->peer_exchange, peer->card.exchange[peer_slot], sizeof p->peer_exchange);
    memcpy(p->exporter, sym_link_exporter(link), sizeof p->exporter);
}

/* A card that announces a next exchange key: its owner holds both, so the newer is used. */
static size_t newest_exchange_slot(const struct sym_peer *peer)
{
    return peer->card.n_exchange - 1;
}

static enum sym_err write_request(struct sym_exchanges *x, struct sym_exchange *e,
                                  const struct sym_peer *peer, struct sym_link *link,
                                  uint8_t *frame, size_t *len)
{
    struct sym_session_parties parties;
    parties_of(x, &parties, peer, link, 0, newest_exchange_slot(peer));
    enum sym_err err = sym_session_new(&e->session, SYM_SESSION_INITIATOR, &parties, e->id);
    if (err == SYM_OK) {
        err = sym_run_new(&e->run, e->kind, SYM_SESSION_INITIATOR,
                          sym_span(e->parameters, e->parameters_len));
    }
    if (err != SYM_OK) {
        return err;
    }
    uint64_t now_ms = sym_now_ms();
    uint64_t life_ms = e->deadline_ms > now_ms ? e->deadline_ms - now_ms : 1;
    struct sym_request request = {.kind = e->kind,
                                  .purpose = SYM_PURPOSE_TEST,
                                  .parameters = sym_span(e->parameters, e->parameters_len)};
    return sym_session_ask(e->session, &request, sym_wall_ms(),
                           life_ms < REQUEST_LIFE_MS ? life_ms : REQUEST_LIFE_MS, frame,
                           SYM_SESSION_FRAME_BYTES, len);
}

/* Each attempt is a request of its own: a link that was replaced has another exporter. */
static void ask(struct sym_exchanges *x, struct sym_exchange *e, struct sym_link *link)
{
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, &e->peer);
    uint8_t *frame = malloc(SYM_SESSION_FRAME_BYTES);
    size_t len = 0;
    enum sym_err err = frame == NULL || peer == NULL ? SYM_NOT_FOUND : SYM_OK;
    sym_exchange_rewind(e);
    if (e->asks > 0) {
        sym_random(e->id, sizeof e->id);
    }
    if (err == SYM_OK) {
        e->link = link;
        err = write_request(x, e, peer, link, frame, &len);
    }
    if (err == SYM_OK) {
        err = record(x, e, "requested", "");
    }
    if (err == SYM_OK) {
        err = send_copy(e, frame, len);
    }
    free(frame);
    e->asks++;
    if (err != SYM_OK) {
        end(x, e, SYM_EXCHANGE_ABORTED, err, "the request could not be made");
    }
}

enum sym_err sym_exchanges_start(struct sym_exchanges *x, uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                 const struct sym_exchange_plan *plan, struct sym_fault *fault)
{
    const struct sym_peer *peer = plan->peer;
    if (peer->card.expires_s <= (int64_t)(sym_wall_ms() / 1000)) {
        return sym_fail(fault, SYM_EXPIRED,
                        "peer %s: its card has expired; ask for a new one and run: symbolon peer "
                        "add FILE --alias %s",
                        peer->alias, peer->alias);
    }
    if (plan->parameters.len > SYM_EXCHANGE_PARAMETERS_BYTES) {
        return sym_fail(fault, SYM_TOO_LONG, "exchange: its parameters are too long");
    }
    struct sym_exchange *e = NULL;
    enum sym_err err = sym_exchange_table_add(&x->table, &e, &peer->id, fault);
    if (err != SYM_OK) {
        return err;
    }
    sym_random(e->id, sizeof e->id);
    e->role = SYM_SESSION_INITIATOR;
    e->kind = plan->kind;
    e->deadline_ms = sym_now_ms() + plan->timeout_ms;
    e->started_us = sym_now_us();
    memcpy(e->alias, peer->alias, sizeof e->alias);
    memcpy(e->parameters, plan->parameters.data, plan->parameters.len);
    e->parameters_len = plan->parameters.len;
    memcpy(e->handle, e->id, sizeof e->handle);
    memcpy(id, e->handle, sizeof e->handle);
    struct sym_link *link = sym_links_of(x->links, &peer->id);
    if (link != NULL) {
        ask(x, e, link);
    } else {
        sym_links_want(x->links, peer);
    }
    return SYM_OK;
}

/* Responder -------------------------------------------------------------------------------------
 */

struct first_sight {
    const uint8_t *id;
    uint64_t wall_ms;
};

/* Fails with SYM_REPLAY when the id was seen before; remembers it durably otherwise. */
static enum sym_err remember_id(struct sym_transaction *t, void *context)
{
    const struct first_sight *s = context;
    uint8_t when[8];
    struct sym_span key = sym_span(s->id, SYM_EXCHANGE_ID_BYTES);
    enum sym_err err = sym_store_has(t, SYM_TABLE_EXCHANGES, key);
    if (err == SYM_OK) {
        return SYM_REPLAY;
    }
    sym_put_u64(when, s->wall_ms);
    return err == SYM_NOT_FOUND
               ? sym_store_put(t, SYM_TABLE_EXCHANGES, key, sym_span(when, sizeof when))
               : err;
}

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
    enum sym_err err = sym_envelope_read(&envelope, &body, sym_span(frame, len));
    if (err == SYM_OK && !find_slots(x, peer, body, &own, &theirs)) {
        err = SYM_NOT_FOUND;
    }
    if (err == SYM_OK) {
        parties_of(x, &parties, peer, e->link, own, theirs);
        err = sym_session_new(&e->session, SYM_SESSION_RESPONDER, &parties, e->id);
    }
    if (err == SYM_OK) {
        err = sym_session_receive(e->session, frame, len, sym_wall_ms(), event);
    }
    if (err == SYM_OK) {
        struct first_sight s = {.id = e->id, .wall_ms = sym_wall_ms()};
        err = sym_store_write(x->config.store, remember_id, &s);
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
        err = record(x, e, "granted", "");
    }
    if (err == SYM_OK) {
        err = sym_session_answer(e->session, &receipt, sym_wall_ms(), frame,
                                 SYM_SESSION_FRAME_BYTES, &len);
    }
    if (err != SYM_OK) {
        end(x, e, SYM_EXCHANGE_ABORTED, err, "the answer could not be made");
    } else if (granted) {
        e->state = SYM_EXCHANGE_RUNNING;
    } else {
        end(x, e, SYM_EXCHANGE_DENIED, SYM_DENIED, sym_reason_text((uint32_t)reason));
    }
    if (err == SYM_OK) {
        err = send_copy(e, frame, len);
        (void)err;
    }
    free(frame);
}

static void on_first_frame(struct sym_exchanges *x, struct sym_link *link,
                           const struct sym_envelope *envelope, uint8_t *frame, size_t len)
{
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, sym_link_peer(link));
    struct sym_exchange *e = NULL;
    struct sym_fault fault;
    if (peer == NULL || envelope->type != SYM_FRAME_ASK) {
        return; /* a late frame of an exchange that has ended */
    }
    if (sym_exchange_table_add(&x->table, &e, &peer->id, &fault) != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "request-dropped", "peer", peer->alias, "reason", fault.text, NULL);
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
    sym_log(SYM_LEVEL_WARN, "request-refused", "peer", peer->alias, "reason", sym_err_text(err),
            NULL);
    sym_exchange_table_remove(&x->table, e);
}

/* Both
 * ---------------------------------------------------------------------------------------------- */

static void on_answer(struct sym_exchanges *x, struct sym_exchange *e,
                      const struct sym_receipt *receipt)
{
    char text[SYM_FAULT_BYTES];
    if (receipt->decision == SYM_DECISION_GRANTED) {
        enum sym_err err = record(x, e, "receipt", "");
        if (err == SYM_OK) {
            err = sym_session_confirm(e->session);
        }
        if (err != SYM_OK) {
            abort_exchange(x, e, SYM_REASON_FAULT, err, "the receipt could not be recorded");
            return;
        }
        e->state = SYM_EXCHANGE_RUNNING;
        return;
    }
    bool held = receipt->decision == SYM_DECISION_HELD;
    (void)snprintf(text, sizeof text, "%s %s: %s", e->alias,
                   held ? "holds the request" : "denied it", sym_reason_text(receipt->reason));
    end(x, e, held ? SYM_EXCHANGE_HELD : SYM_EXCHANGE_DENIED, SYM_DENIED, text);
}

static void close_exchange(struct sym_exchanges *x, struct sym_exchange *e)
{
    uint8_t *frame = malloc(SYM_SESSION_FRAME_BYTES);
    size_t len = 0;
    struct sym_close c = {0};
    enum sym_err err = frame == NULL ? SYM_NO_MEMORY : sym_run_write(e->run, NULL, 0, sym_now_us());
    if (err == SYM_OK) {
        err =
            sym_session_close(e->session, &c, sym_wall_ms(), frame, SYM_SESSION_FRAME_BYTES, &len);
    }
    if (err == SYM_OK) {
        err = send_copy(e, frame, len);
    }
    free(frame);
    if (err != SYM_OK) {
        abort_exchange(x, e, SYM_REASON_FAULT, err, "the close could not be sent");
    } else if (sym_session_state(e->session) == SYM_SESSION_ENDED) {
        end(x, e, SYM_EXCHANGE_DONE, SYM_OK, "");
    }
}

static void on_close(struct sym_exchanges *x, struct sym_exchange *e)
{
    enum sym_err err = sym_run_closed(e->run);
    if (err != SYM_OK) {
        abort_exchange(x, e, SYM_REASON_PROTOCOL, err, "the other side closed before the end");
    } else if (sym_session_state(e->session) == SYM_SESSION_ENDED) {
        end(x, e, SYM_EXCHANGE_DONE, SYM_OK, "");
    }
}

static void on_event(struct sym_exchanges *x, struct sym_exchange *e,
                     const struct sym_session_event *event)
{
    char text[SYM_FAULT_BYTES];
    enum sym_err err = SYM_OK;
    switch (event->kind) {
    case SYM_EVENT_REQUESTED:
        break;
    case SYM_EVENT_ANSWERED:
        on_answer(x, e, &event->receipt);
        break;
    case SYM_EVENT_DATA:
    case SYM_EVENT_FILLER:
        err = sym_run_take(e->run, event->kind == SYM_EVENT_FILLER, event->data, sym_now_us());
        if (err != SYM_OK) {
            abort_exchange(x, e, SYM_REASON_PROTOCOL, err, "the other side broke the protocol");
        }
        break;
    case SYM_EVENT_CLOSED:
        on_close(x, e);
        break;
    case SYM_EVENT_ABORTED:
        (void)snprintf(text, sizeof text, "%s ended it: %s", e->alias,
                       sym_reason_text(event->abort.reason));
        end(x, e, SYM_EXCHANGE_ABORTED, SYM_CLOSED, text);
        break;
    }
    if (!sym_exchange_ended(e)) {
        pump(x, e);
    }
}

void sym_exchanges_frame(struct sym_exchanges *x, struct sym_link *link, uint8_t *frame, size_t len)
{
    struct sym_envelope envelope;
    struct sym_span body;
    struct sym_session_event event;
    if (sym_envelope_read(&envelope, &body, sym_span(frame, len)) != SYM_OK) {
        sym_link_hang_up(link);
        sym_bus_release(frame);
        return;
    }
    struct sym_exchange *e = sym_exchange_table_find(&x->table, envelope.exchange_id);
    if (e == NULL) {
        on_first_frame(x, link, &envelope, frame, len);
    } else if (!sym_exchange_ended(e) && e->link == link) {
        e->bytes_received += len;
        enum sym_err err = sym_session_receive(e->session, frame, len, sym_wall_ms(), &event);
        if (err == SYM_OK) {
            on_event(x, e, &event);
        } else {
            abort_exchange(x, e, SYM_REASON_PROTOCOL, err,
                           "a frame was lost, repeated or altered on the way");
            sym_link_hang_up(link);
        }
    }
    sym_bus_release(frame);
}

/* Sends what is queued, then what the run has to say, for one turn. */
static void pump(struct sym_exchanges *x, struct sym_exchange *e)
{
    for (unsigned i = 0; i < FRAMES_PER_TURN; i++) {
        size_t len = 0;
        enum sym_err err = sym_exchange_flush(e);
        if (err == SYM_AGAIN) {
            return;
        }
        if (err != SYM_OK) {
            end(x, e, SYM_EXCHANGE_ABORTED, err, "the link was lost");
            return;
        }
        if (e->state != SYM_EXCHANGE_RUNNING) {
            return;
        }
        enum sym_step step = sym_run_step(e->run, &len);
        if (step == SYM_STEP_WAIT) {
            return;
        }
        if (step == SYM_STEP_CLOSE) {
            close_exchange(x, e);
            return;
        }
        err = sym_exchange_send_step(e, step, len, sym_now_us());
        if (err != SYM_OK && err != SYM_AGAIN) {
            abort_exchange(x, e, SYM_REASON_FAULT, err, "a frame could not be made");
            return;
        }
    }
    if (e->link != NULL) {
        sym_link_want_room(e->link);
    }
}

void sym_exchanges_room(struct sym_exchanges *x, struct sym_link *link)
{
    for (size_t i = 0; i < x->table.n; i++) {
        struct sym_exchange *e = x->table.items[i];
        if (e->link != link) {
            continue;
        }
        if (!sym_exchange_ended(e)) {
            pump(x, e);
        } else if (sym_exchange_flush(e) == SYM_AGAIN) {
            return;
        }
    }
}

/* Links
 * --------------------------------------------------------------------------------------------- */

bool sym_exchanges_wanted(const struct sym_exchanges *x, const struct sym_node_id *peer)
{
    for (size_t i = 0; i < x->table.n; i++) {
        const struct sym_exchange *e = x->table.items[i];
        if (!sym_exchange_ended(e) && e->role == SYM_SESSION_INITIATOR && e->link == NULL &&
            sym_node_id_equal(&e->peer, peer)) {
            return true;
        }
    }
    return false;
}

void sym_exchanges_link_up(struct sym_exchanges *x, struct sym_link *link)
{
    for (size_t i = 0; i < x->table.n; i++) {
        struct sym_exchange *e = x->table.items[i];
        if (!sym_exchange_ended(e) && e->role == SYM_SESSION_INITIATOR && e->link == NULL &&
            sym_node_id_equal(&e->peer, sym_link_peer(link))) {
            ask(x, e, link);
        }
    }
}

void sym_exchanges_link_down(struct sym_exchanges *x, struct sym_link *link, struct sym_span reason)
{
    char text[SYM_FAULT_BYTES];
    (void)snprintf(text, sizeof text, "the link was lost: %.*s", (int)reason.len,
                   (const char *)reason.data);
    for (size_t i = 0; i < x->table.n; i++) {
        struct sym_exchange *e = x->table.items[i];
        if (e->link != link) {
            continue;
        }
        bool unanswered = !sym_exchange_ended(e) && e->role == SYM_SESSION_INITIATOR &&
                          e->state == SYM_EXCHANGE_WAITING && e->asks < ASKS_MAX;
        sym_exchange_unlink(e);
        if (!unanswered) {
            end(x, e, SYM_EXCHANGE_ABORTED, SYM_CLOSED, text);
            continue;
        }
        (void)sym_fail(&e->fault, SYM_UNREACHABLE, "%s", text);
        const struct sym_peer *peer = sym_peers_by_id(x->config.peers, &e->peer);
        if (peer != NULL) {
            sym_links_want(x->links, peer);
        }
    }
}

void sym_exchanges_dial_failed(struct sym_exchanges *x, const struct sym_node_id *peer,
                               struct sym_span reason)
{
    for (size_t i = 0; i < x->table.n; i++) {
        struct sym_exchange *e = x->table.items[i];
        if (!sym_exchange_ended(e) && e->link == NULL && sym_node_id_equal(&e->peer, peer)) {
            (void)sym_fail(&e->fault, SYM_UNREACHABLE, "%.*s", (int)reason.len,
                           (const char *)reason.data);
        }
    }
}

/* Users and life
 * -------------------------------------------------------------------------------------- */

enum sym_err sym_exchanges_cancel(struct sym_exchanges *x, struct sym_span id,
                                  struct sym_fault *fault)
{
    struct sym_exchange *e = sym_exchange_table_find_handle(&x->table, id);
    if (e == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND, "exchange: does not exist, or ended long ago");
    }
    abort_exchange(x, e, SYM_REASON_CANCELLED, SYM_CANCELLED, "cancelled");
    return SYM_OK;
}

enum sym_err sym_exchanges_row(const struct sym_exchanges *x, struct sym_span id,
                               struct sym_exchange_row *row, struct sym_fault *fault)
{
    const struct sym_exchange *e = sym_exchange_table_find_handle(&x->table, id);
    if (e == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND, "exchange: does not exist, or ended long ago");
    }
    struct sym_run_progress p = e->run != NULL ? sym_run_progress(e->run) : e->progress;
    uint64_t until_us = sym_exchange_ended(e) ? e->ended_us : sym_now_us();
    *row = (struct sym_exchange_row){.id = sym_span(e->handle, sizeof e->handle),
                                     .alias = sym_span_text(e->alias),
                                     .kind = e->kind,
                                     .state = (uint32_t)e->state,
                                     .result = (uint32_t)e->result,
                                     .fault = sym_span_text(e->fault.text),
                                     .done = p.done,
                                     .total = p.total,
                                     .elapsed_us = until_us - e->started_us,
                                     .round_trip_us = p.round_trip_us,
                                     .bytes_sent = e->bytes_sent,
                                     .bytes_received = e->bytes_received};
    return SYM_OK;
}

size_t sym_exchanges_in_flight(const struct sym_exchanges *x)
{
    return sym_exchange_table_in_flight(&x->table);
}

void sym_exchanges_drop_peer(struct sym_exchanges *x, const struct sym_node_id *id)
{
    for (size_t i = 0; i < x->table.n; i++) {
        struct sym_exchange *e = x->table.items[i];
        if (!sym_exchange_ended(e) && sym_node_id_equal(&e->peer, id)) {
            abort_exchange(x, e, SYM_REASON_CANCELLED, SYM_CANCELLED, "the peer was removed");
        }
    }
}

void sym_exchanges_stop(struct sym_exchanges *x)
{
    for (size_t i = 0; i < x->table.n; i++) {
        if (!sym_exchange_ended(x->table.items[i])) {
            abort_exchange(x, x->table.items[i], SYM_REASON_CANCELLED, SYM_CANCELLED,
                           "the node was stopped");
        }
    }
}

/* What a person reads when time has run out depends on how far the exchange came. */
static void time_out(struct sym_exchanges *x, struct sym_exchange *e)
{
    char text[2 * SYM_FAULT_BYTES];
    if (e->link == NULL) {
        (void)snprintf(text, sizeof text, "%s cannot be reached: %s", e->alias,
                       e->fault.text[0] != '\0' ? e->fault.text : "no connection came about");
        end(x, e, SYM_EXCHANGE_ABORTED, SYM_UNREACHABLE, text);
    } else if (e->role == SYM_SESSION_INITIATOR && e->state == SYM_EXCHANGE_WAITING) {
        (void)snprintf(
            text, sizeof text,
            "%s did not answer in time; both sides need each other's newest card and the "
            "same preshared key, or none",
            e->alias);
        abort_exchange(x, e, SYM_REASON_TIMEOUT, SYM_TIMEOUT, text);
    } else {
        abort_exchange(x, e, SYM_REASON_TIMEOUT, SYM_TIMEOUT, "it took longer than allowed");
    }
}

static void on_tick(void *owner)
{
    struct sym_exchanges *x = owner;
    uint64_t now_ms = sym_now_ms();
    for (size_t i = 0; i < x->table.n; i++) {
        struct sym_exchange *e = x->table.items[i];
        if (!sym_exchange_ended(e) && now_ms >= e->deadline_ms) {
            time_out(x, e);
        }
    }
    sym_timer_set(x->tick, TICK_MS);
}

enum sym_err sym_exchanges_new(struct sym_exchanges **out,
                               const struct sym_exchanges_config *config)
{
    struct sym_exchanges *x = calloc(1, sizeof *x);
    if (x == NULL) {
        return SYM_NO_MEMORY;
    }
    x->config = *config;
    enum sym_err err = sym_loop_timer(config->loop, &x->tick, TICK_MS, on_tick, x);
    if (err != SYM_OK) {
        free(x);
        return err;
    }
    *out = x;
    return SYM_OK;
}

void sym_exchanges_set_links(struct sym_exchanges *x, struct sym_links *links)
{
    x->links = links;
}

void sym_exchanges_free(struct sym_exchanges *x)
{
    if (x != NULL) {
        sym_timer_remove(&x->tick);
        sym_exchange_table_clear(&x->table);
        free(x);
    }
}
