#include "node/core/exchanges_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often deadlines are looked at. */
#define TICK_MS 100u
/* How often a request is repeated when its link was replaced before an answer came. */
#define ASKS_MAX 4u
/* Until when the answer to a request is awaited, at most. */
#define REQUEST_LIFE_MS 60000u

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
    sym_exchange_parties(x, &parties, peer, link, 0, newest_exchange_slot(peer));
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
        err = sym_exchange_record(x, e, "requested", "");
    }
    if (err == SYM_OK) {
        err = sym_exchange_send_copy(e, frame, len);
    }
    free(frame);
    e->asks++;
    if (err != SYM_OK) {
        sym_exchange_end(x, e, SYM_EXCHANGE_ABORTED, err, "the request could not be made");
    }
}

enum sym_err sym_exchanges_start(struct sym_exchanges *x, uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                 const struct sym_exchange_plan *plan, struct sym_fault *fault)
{
    const struct sym_peer *peer = plan->peer;
    if (sym_peer_is_expired(peer, (int64_t)(sym_wall_ms() / 1000))) {
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
            sym_exchange_end(x, e, SYM_EXCHANGE_ABORTED, SYM_CLOSED, text);
            continue;
        }
        (void)sym_fail(&e->fault, SYM_UNREACHABLE, "%s", text);
        const struct sym_peer *peer = sym_peers_by_id(x->config.peers, &e->peer);
        struct sym_link *newer = sym_links_of(x->links, &e->peer);
        if (newer != NULL) {
            ask(x, e, newer);
        } else if (peer != NULL) {
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

enum sym_err sym_exchanges_cancel(struct sym_exchanges *x, struct sym_span id,
                                  struct sym_fault *fault)
{
    struct sym_exchange *e = sym_exchange_table_find_handle(&x->table, id);
    if (e == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND, "exchange: does not exist, or ended long ago");
    }
    sym_exchange_abort(x, e, SYM_REASON_CANCELLED, SYM_CANCELLED, "cancelled");
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
            sym_exchange_abort(x, e, SYM_REASON_CANCELLED, SYM_CANCELLED, "the peer was removed");
        }
    }
}

void sym_exchanges_stop(struct sym_exchanges *x)
{
    for (size_t i = 0; i < x->table.n; i++) {
        if (!sym_exchange_ended(x->table.items[i])) {
            sym_exchange_abort(x, x->table.items[i], SYM_REASON_CANCELLED, SYM_CANCELLED,
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
        sym_exchange_end(x, e, SYM_EXCHANGE_ABORTED, SYM_UNREACHABLE, text);
    } else if (e->role == SYM_SESSION_INITIATOR && e->state == SYM_EXCHANGE_WAITING) {
        (void)snprintf(
            text, sizeof text,
            "%s did not answer in time; both sides need each other's newest card and the "
            "same preshared key, or none",
            e->alias);
        sym_exchange_abort(x, e, SYM_REASON_TIMEOUT, SYM_TIMEOUT, text);
    } else {
        sym_exchange_abort(x, e, SYM_REASON_TIMEOUT, SYM_TIMEOUT, "it took longer than allowed");
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
