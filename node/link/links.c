#include "node/link/links_state.h"

#include "node/log.h"
#include "proto/codec.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often it is looked whether the last frames of a link that is down can still come. */
#define ENDING_STEP_MS 20u

/* To gate; what cannot be told is logged. */
static enum sym_err tell(struct sym_links *links, enum sym_local_type type, const void *value)
{
    uint8_t *buffer = NULL;
    uint8_t bytes[SYM_LOCAL_BYTES_MAX];
    size_t len = 0;
    enum sym_err err = sym_local_encode(bytes, sizeof bytes, &len, type, value);
    if (err == SYM_OK) {
        buffer = sym_bus_buffer(len);
        err = buffer == NULL ? SYM_NO_MEMORY : SYM_OK;
    }
    if (err == SYM_OK) {
        memcpy(buffer, bytes, len);
        err = sym_bus_send(&links->gate, buffer);
        if (err != SYM_OK) {
            sym_bus_release(buffer);
        }
    }
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "gate-unreachable", "reason", sym_err_text(err), NULL);
    }
    return err;
}

static void drop_link(struct sym_links *links, size_t at, struct sym_span reason)
{
    struct sym_link *link = links->all[at];
    const struct sym_peer *peer = sym_peers_by_id(links->config.peers, &link->peer);
    links->all[at] = links->all[--links->n];
    links->events.down(links->events.owner, link, reason);
    if (peer != NULL) {
        sym_dials_go_on(links->dials, peer); /* who waited for the link still does */
    }
    sym_link_free(link);
}

/* Lets go of what is ending and has nothing left to wait for. */
static void on_ending_time(void *owner)
{
    struct sym_links *links = owner;
    for (size_t i = links->n; i-- > 0;) {
        struct sym_link *link = links->all[i];
        if (link->ending && !sym_link_is_awaited(link)) {
            drop_link(links, i, sym_span_text(link->reason));
        } else if (link->ending) {
            sym_timer_set(links->ending, ENDING_STEP_MS);
        }
    }
}

static bool is_expired(const struct sym_peer *peer)
{
    return sym_peer_is_expired(peer, (int64_t)(sym_wall_ms() / 1000));
}

enum sym_err sym_links_pin(struct sym_links *links, struct sym_peer *peer)
{
    if (!links->configured) {
        return SYM_OK; /* all are told when gate connects */
    }
    peer->shut_out = is_expired(peer);
    if (peer->shut_out) {
        return sym_links_unpin(links, &peer->id);
    }
    uint8_t pins[2][SYM_PIN_BYTES];
    struct sym_span spans[2];
    for (size_t i = 0; i < peer->card.n_tls; i++) {
        sym_pin_of(pins[i], peer->card.tls[i]);
        spans[i] = sym_span(pins[i], SYM_PIN_BYTES);
    }
    struct sym_pinned_peer pinned = {.id = sym_span(peer->id.bytes, SYM_NODE_ID_BYTES),
                                     .pins = spans,
                                     .n_pins = peer->card.n_tls};
    return tell(links, SYM_LOCAL_PIN, &(struct sym_gate_pin){.peer = &pinned});
}

void sym_links_look(struct sym_links *links)
{
    for (size_t i = 0; i < links->config.peers->n; i++) {
        struct sym_peer *peer = links->config.peers->items[i];
        if (peer->shut_out && !is_expired(peer) && sym_links_pin(links, peer) != SYM_OK) {
            peer->shut_out = true; /* logged, and tried again */
        }
    }
}

enum sym_err sym_links_unpin(struct sym_links *links, const struct sym_node_id *id)
{
    sym_dials_forget(links->dials, id);
    for (size_t i = links->n; i-- > 0;) {
        if (links->all[i]->ending && sym_node_id_equal(&links->all[i]->peer, id)) {
            drop_link(links, i, sym_span_text("the peer was removed"));
        }
    }
    if (!links->configured) {
        return SYM_OK;
    }
    return tell(links, SYM_LOCAL_UNPIN,
                &(struct sym_gate_unpin){.id = sym_span(id->bytes, SYM_NODE_ID_BYTES)});
}

static void configure(struct sym_links *links)
{
    struct sym_gate_configure c = {
        .self = sym_span(links->config.self.bytes, SYM_NODE_ID_BYTES),
        .idle_ms = links->config.idle_ms,
        .link_url = sym_span_text("ipc://link-"),
    };
    if (tell(links, SYM_LOCAL_CONFIGURE, &c) != SYM_OK) {
        return;
    }
    links->configured = true;
    for (size_t i = 0; i < links->config.peers->n; i++) {
        if (sym_links_pin(links, links->config.peers->items[i]) != SYM_OK) {
            return;
        }
    }
}

static void on_gate_room(void *owner, short ready)
{
    struct sym_links *links = owner;
    (void)ready;
    sym_watch_remove(&links->gate_room);
    configure(links);
}

void sym_links_stop(struct sym_links *links)
{
    if (links->configured) {
        enum sym_err err = tell(links, SYM_LOCAL_STOP, &(struct sym_gate_stop){0});
        (void)err;
    }
}

struct sym_link *sym_links_of(const struct sym_links *links, const struct sym_node_id *id)
{
    for (size_t i = 0; i < links->n; i++) {
        if (!links->all[i]->ending && sym_node_id_equal(&links->all[i]->peer, id)) {
            return links->all[i];
        }
    }
    return NULL;
}

enum sym_link_state sym_links_state(const struct sym_links *links, const struct sym_node_id *id)
{
    if (sym_links_of(links, id) != NULL) {
        return SYM_LINK_LIVE;
    }
    return sym_dials_has(links->dials, id) ? SYM_LINK_DIALLING : SYM_LINK_NONE;
}

size_t sym_links_count(const struct sym_links *links)
{
    size_t count = 0;
    for (size_t i = 0; i < links->n; i++) {
        count += !links->all[i]->ending;
    }
    return count;
}

const struct sym_gate_counters *sym_links_counters(const struct sym_links *links)
{
    return &links->counters;
}

void sym_links_hang_up(struct sym_links *links, uint64_t number)
{
    enum sym_err err = tell(links, SYM_LOCAL_HANG_UP, &(struct sym_gate_hang_up){.link = number});
    (void)err; /* logged; without gate there is no link either */
}

/* One live link per peer; one that is ending gives way when there are as many as there can be. */
static bool make_room(struct sym_links *links, const struct sym_node_id *id)
{
    for (size_t i = links->n; i-- > 0;) {
        struct sym_link *link = links->all[i];
        if (link->ending && links->n >= SYM_LINKS_MAX) {
            drop_link(links, i, sym_span_text(link->reason));
        } else if (!link->ending && sym_node_id_equal(&link->peer, id)) {
            drop_link(links, i, sym_span_text("replaced by a newer link"));
        }
    }
    return links->n < SYM_LINKS_MAX;
}

static void on_link_up(struct sym_links *links, const struct sym_gate_link_up *m)
{
    struct sym_node_id id;
    memcpy(id.bytes, m->id.data, sizeof id.bytes);
    const struct sym_peer *peer = sym_peers_by_id(links->config.peers, &id);
    if (peer == NULL || is_expired(peer) || !make_room(links, &id)) {
        sym_links_hang_up(links, m->link);
        return;
    }
    struct sym_link *link = NULL;
    enum sym_err err = sym_link_new(&link, links, m);
    if (err == SYM_OK) {
        err = tell(links, SYM_LOCAL_ACCEPT, &(struct sym_gate_accept){.link = m->link});
    }
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "link-refused", "reason", sym_err_text(err), NULL);
        sym_links_hang_up(links, m->link);
        sym_link_free(link);
        return;
    }
    links->all[links->n++] = link;
    sym_dials_linked(links->dials, &id);
    links->events.up(links->events.owner, link);
}

/* Its last frames are awaited, unless this node wants no more of them. */
static void on_link_down(struct sym_links *links, const struct sym_gate_link_down *m)
{
    for (size_t i = 0; i < links->n; i++) {
        struct sym_link *link = links->all[i];
        if (link->number == m->link && !link->ending) {
            bool is_pinned = sym_peers_by_id(links->config.peers, &link->peer) != NULL;
            bool wanted = is_pinned && m->result != SYM_CANCELLED;
            sym_link_end(link, wanted ? m->frames : 0, m->fault);
            sym_dials_unlinked(links->dials, &link->peer);
            on_ending_time(links);
            return;
        }
    }
}

static void on_dial_failed(struct sym_links *links, const struct sym_gate_dial_failed *m)
{
    struct sym_node_id id;
    memcpy(id.bytes, m->id.data, sizeof id.bytes);
    links->events.failed(links->events.owner, &id, m->fault);
    sym_dials_failed(links->dials, &id);
}

static void take(struct sym_links *links, enum sym_local_type type, struct sym_span rest)
{
    union {
        struct sym_gate_listening listening;
        struct sym_gate_link_up up;
        struct sym_gate_link_down down;
        struct sym_gate_dial_failed failed;
        struct sym_gate_counters counters;
    } m;
    SYM_ARENA_AUTO arena = {0};
    bool expected = type == SYM_LOCAL_LISTENING || type == SYM_LOCAL_LINK_UP ||
                    type == SYM_LOCAL_LINK_DOWN || type == SYM_LOCAL_DIAL_FAILED ||
                    type == SYM_LOCAL_COUNTERS;
    if (!expected || sym_decode(&arena, &m, sym_local_message(type), rest) != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "gate-message-refused", NULL);
        return;
    }
    if (type == SYM_LOCAL_LISTENING) {
        links->events.listening(links->events.owner, m.listening.address, m.listening.process);
    } else if (type == SYM_LOCAL_LINK_UP) {
        on_link_up(links, &m.up);
    } else if (type == SYM_LOCAL_LINK_DOWN) {
        on_link_down(links, &m.down);
    } else if (type == SYM_LOCAL_DIAL_FAILED) {
        on_dial_failed(links, &m.failed);
    } else {
        links->counters = m.counters;
    }
}

static void on_gate_receive(void *owner, short ready)
{
    struct sym_links *links = owner;
    uint8_t *bytes = NULL;
    size_t len = 0;
    (void)ready;
    while (sym_bus_receive(&links->gate, &bytes, &len) == SYM_OK) {
        enum sym_local_type type;
        struct sym_span rest;
        if (sym_local_type(&type, &rest, sym_span(bytes, len)) == SYM_OK) {
            take(links, type, rest);
        }
        sym_bus_release(bytes);
    }
}

static enum sym_err dial(void *owner, const struct sym_node_id *id,
                         const struct sym_span *addresses, size_t n)
{
    struct sym_links *links = owner;
    return tell(links, SYM_LOCAL_DIAL,
                &(struct sym_gate_dial){.id = sym_span(id->bytes, SYM_NODE_ID_BYTES),
                                        .addresses = addresses,
                                        .n_addresses = n});
}

static bool still_wanted(void *owner, const struct sym_node_id *id)
{
    struct sym_links *links = owner;
    return sym_links_of(links, id) == NULL && links->events.wanted(links->events.owner, id);
}

static void dial_failed(void *owner, const struct sym_node_id *id, struct sym_span reason)
{
    struct sym_links *links = owner;
    links->events.failed(links->events.owner, id, reason);
}

void sym_links_want(struct sym_links *links, const struct sym_peer *peer)
{
    if (sym_links_of(links, &peer->id) == NULL) {
        sym_dials_start(links->dials, peer);
    }
}

void sym_links_resolved(struct sym_links *links, struct sym_span payload)
{
    sym_dials_resolved(links->dials, payload);
}

static enum sym_err open_gate(struct sym_links *links, struct sym_fault *fault)
{
    char url[SYM_BUS_URL_BYTES];
    int len = snprintf(url, sizeof url, "ipc://%s/gate", links->config.run_dir);
    int prefix =
        snprintf(links->link_url, sizeof links->link_url, "ipc://%s/link-", links->config.run_dir);
    enum sym_err err = len < 0 || prefix < 0 || (size_t)prefix >= sizeof links->link_url
                           ? SYM_TOO_LONG
                           : sym_bus_open(&links->gate, SYM_BUS_PAIR, SYM_LOCAL_BYTES_MAX);
    if (err == SYM_OK) {
        err = sym_bus_bind(&links->gate, url);
    }
    if (err == SYM_OK) {
        err = sym_loop_watch(links->config.loop, &links->gate_receive,
                             sym_bus_receive_fd(&links->gate), POLLIN, on_gate_receive, links);
    }
    if (err == SYM_OK) {
        err = sym_loop_watch(links->config.loop, &links->gate_room, sym_bus_send_fd(&links->gate),
                             POLLIN, on_gate_room, links);
    }
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "%s/gate: the socket to gate %s",
                                    links->config.run_dir, sym_err_text(err));
}

enum sym_err sym_links_new(struct sym_links **out, const struct sym_links_config *config,
                           const struct sym_links_events *events, struct sym_fault *fault)
{
    struct sym_links *links = calloc(1, sizeof *links);
    if (links == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "links: no memory");
    }
    links->config = *config;
    links->events = *events;
    links->gate.socket = -1;
    struct sym_dials_config dials = {.loop = config->loop,
                                     .leash = config->leash,
                                     .owner = links,
                                     .dial = dial,
                                     .failed = dial_failed,
                                     .wanted = still_wanted};
    enum sym_err err = sym_dials_new(&links->dials, &dials);
    if (err == SYM_OK) {
        err = sym_loop_timer(config->loop, &links->ending, 0, on_ending_time, links);
    }
    if (err == SYM_OK) {
        err = open_gate(links, fault);
    }
    if (err != SYM_OK) {
        sym_links_free(links);
        return err;
    }
    *out = links;
    return SYM_OK;
}

void sym_links_free(struct sym_links *links)
{
    if (links == NULL) {
        return;
    }
    while (links->n > 0) {
        sym_link_free(links->all[--links->n]);
    }
    sym_timer_remove(&links->ending);
    sym_dials_free(links->dials);
    sym_watch_remove(&links->gate_receive);
    sym_watch_remove(&links->gate_room);
    sym_bus_close(&links->gate);
    free(links);
}
