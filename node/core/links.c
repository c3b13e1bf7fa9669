#include "node/core/links.h"

#include "node/core/dials.h"
#include "node/log.h"
#include "proto/codec.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Frames taken from one link before the others have their turn. */
#define FRAMES_PER_TURN 4u

struct sym_link {
    struct sym_links *links;
    uint64_t number;
    struct sym_node_id peer;
    uint8_t exporter[SYM_HASH_BYTES];
    struct sym_bus pair;
    struct sym_watch *receive;
    struct sym_watch *room;
    struct sym_link_counts counts;
};

struct sym_links {
    struct sym_links_config config;
    struct sym_links_events events;
    struct sym_bus gate;
    struct sym_watch *gate_receive;
    struct sym_watch *gate_room; /* until gate has connected and is configured */
    bool configured;
    struct sym_link *live[SYM_LINKS_MAX];
    size_t n;
    struct sym_dials *dials;
    struct sym_gate_counters counters;
    char link_url[SYM_BUS_URL_BYTES - 20]; /* where core binds; followed by the number */
};

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

static bool is_expired(const struct sym_peer *peer)
{
    return sym_peer_is_expired(peer, (int64_t)(sym_wall_ms() / 1000));
}

enum sym_err sym_links_pin(struct sym_links *links, const struct sym_peer *peer)
{
    if (!links->configured) {
        return SYM_OK; /* all are told when gate connects */
    }
    if (is_expired(peer)) {
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

enum sym_err sym_links_unpin(struct sym_links *links, const struct sym_node_id *id)
{
    sym_dials_forget(links->dials, id);
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

static void link_path(const struct sym_links *links, uint64_t number, char out[SYM_BUS_URL_BYTES])
{
    (void)snprintf(out, SYM_BUS_URL_BYTES, "%s%llu", links->link_url, (unsigned long long)number);
}

static void link_free(struct sym_link *link)
{
    char url[SYM_BUS_URL_BYTES];
    sym_watch_remove(&link->receive);
    sym_watch_remove(&link->room);
    sym_bus_close(&link->pair);
    link_path(link->links, link->number, url);
    unlink(url + strlen("ipc://"));
    free(link);
}

struct sym_link *sym_links_of(const struct sym_links *links, const struct sym_node_id *id)
{
    for (size_t i = 0; i < links->n; i++) {
        if (sym_node_id_equal(&links->live[i]->peer, id)) {
            return links->live[i];
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
    return links->n;
}

const struct sym_gate_counters *sym_links_counters(const struct sym_links *links)
{
    return &links->counters;
}

static void on_link_receive(void *owner, short ready)
{
    struct sym_link *link = owner;
    struct sym_links *links = link->links;
    uint64_t number = link->number;
    (void)ready;
    for (unsigned i = 0; i < FRAMES_PER_TURN; i++) {
        uint8_t *frame = NULL;
        size_t len = 0;
        if (sym_bus_receive(&link->pair, &frame, &len) != SYM_OK) {
            return;
        }
        link->counts.bytes_received += len;
        links->events.frame(links->events.owner, link, frame, len);
        bool alive = false;
        for (size_t k = 0; k < links->n; k++) {
            alive = alive || (links->live[k] == link && link->number == number);
        }
        if (!alive) {
            return;
        }
    }
}

static void on_link_room(void *owner, short ready)
{
    struct sym_link *link = owner;
    (void)ready;
    sym_watch_set(link->room, 0);
    link->links->events.room(link->links->events.owner, link);
}

static enum sym_err link_open(struct sym_links *links, struct sym_link *link)
{
    char url[SYM_BUS_URL_BYTES];
    link_path(links, link->number, url);
    enum sym_err err = sym_bus_open(&link->pair, SYM_BUS_PAIR, SYM_FRAME_BYTES_MAX);
    if (err == SYM_OK) {
        err = sym_bus_bind(&link->pair, url);
    }
    if (err == SYM_OK) {
        err = sym_loop_watch(links->config.loop, &link->receive, sym_bus_receive_fd(&link->pair),
                             POLLIN, on_link_receive, link);
    }
    if (err == SYM_OK) {
        err = sym_loop_watch(links->config.loop, &link->room, sym_bus_send_fd(&link->pair), 0,
                             on_link_room, link);
    }
    return err;
}

enum sym_err sym_link_send(struct sym_link *link, uint8_t *frame, size_t len)
{
    enum sym_err err = sym_bus_send(&link->pair, frame);
    if (err == SYM_OK) {
        link->counts.bytes_sent += len;
    }
    if (err == SYM_AGAIN) {
        sym_watch_set(link->room, POLLIN);
    }
    return err;
}

static void hang_up(struct sym_links *links, uint64_t number)
{
    enum sym_err err = tell(links, SYM_LOCAL_HANG_UP, &(struct sym_gate_hang_up){.link = number});
    (void)err; /* logged; without gate there is no link either */
}

void sym_link_hang_up(struct sym_link *link)
{
    hang_up(link->links, link->number);
}

void sym_link_want_room(struct sym_link *link)
{
    sym_watch_set(link->room, POLLIN);
}

const struct sym_node_id *sym_link_peer(const struct sym_link *link)
{
    return &link->peer;
}

const uint8_t *sym_link_exporter(const struct sym_link *link)
{
    return link->exporter;
}

struct sym_link_counts sym_link_counts(const struct sym_link *link)
{
    return link->counts;
}

static void drop_link(struct sym_links *links, size_t at, struct sym_span reason)
{
    struct sym_link *link = links->live[at];
    links->live[at] = links->live[--links->n];
    links->events.down(links->events.owner, link, reason);
    link_free(link);
}

static void on_link_up(struct sym_links *links, const struct sym_gate_link_up *m)
{
    struct sym_node_id id;
    memcpy(id.bytes, m->id.data, sizeof id.bytes);
    const struct sym_peer *peer = sym_peers_by_id(links->config.peers, &id);
    if (peer == NULL || is_expired(peer) || links->n >= SYM_LINKS_MAX) {
        hang_up(links, m->link);
        return;
    }
    for (size_t i = 0; i < links->n; i++) {
        if (sym_node_id_equal(&links->live[i]->peer, &id)) {
            drop_link(links, i, sym_span_text("replaced by a newer link"));
            break;
        }
    }
    struct sym_link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        sym_log(SYM_LEVEL_ERROR, "link-refused", "reason", sym_err_text(SYM_NO_MEMORY), NULL);
        hang_up(links, m->link);
        return;
    }
    link->links = links;
    link->number = m->link;
    link->peer = id;
    link->pair.socket = -1;
    link->counts.since_ms = sym_wall_ms();
    memcpy(link->exporter, m->exporter.data, sizeof link->exporter);
    enum sym_err err = link_open(links, link);
    if (err == SYM_OK) {
        err = tell(links, SYM_LOCAL_ACCEPT, &(struct sym_gate_accept){.link = m->link});
    }
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "link-refused", "reason", sym_err_text(err), NULL);
        sym_link_hang_up(link);
        link_free(link);
        return;
    }
    links->live[links->n++] = link;
    sym_dials_forget(links->dials, &id);
    links->events.up(links->events.owner, link);
}

static void on_link_down(struct sym_links *links, const struct sym_gate_link_down *m)
{
    for (size_t i = 0; i < links->n; i++) {
        if (links->live[i]->number == m->link) {
            drop_link(links, i, m->fault);
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
        link_free(links->live[--links->n]);
    }
    sym_dials_free(links->dials);
    sym_watch_remove(&links->gate_receive);
    sym_watch_remove(&links->gate_room);
    sym_bus_close(&links->gate);
    free(links);
}
