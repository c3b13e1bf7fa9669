#include "node/link/links_state.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Frames taken from one link before the others have their turn. */
#define FRAMES_PER_TURN 4u
/* How long the last frames of a link that is down are awaited at most. */
#define ENDING_MS 1000u

static void link_path(const struct sym_links *links, uint64_t number, char out[SYM_BUS_URL_BYTES])
{
    (void)snprintf(out, SYM_BUS_URL_BYTES, "%s%llu", links->link_url, (unsigned long long)number);
}

void sym_link_free(struct sym_link *link)
{
    if (link == NULL) {
        return;
    }
    char url[SYM_BUS_URL_BYTES];
    sym_watch_remove(&link->receive);
    sym_watch_remove(&link->room);
    sym_bus_close(&link->pair);
    link_path(link->links, link->number, url);
    unlink(url + strlen("ipc://"));
    free(link);
}

static void on_link_receive(void *owner, short ready)
{
    struct sym_link *link = owner;
    struct sym_links *links = link->links;
    (void)ready;
    for (unsigned i = 0; i < FRAMES_PER_TURN; i++) {
        uint8_t *frame = NULL;
        size_t len = 0;
        if (sym_bus_receive(&link->pair, &frame, &len) != SYM_OK) {
            break;
        }
        link->taken++;
        link->counts.bytes_received += len;
        links->events.frame(links->events.owner, link, frame, len);
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

enum sym_err sym_link_new(struct sym_link **out, struct sym_links *links,
                          const struct sym_gate_link_up *up)
{
    struct sym_link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        return SYM_NO_MEMORY;
    }
    link->links = links;
    link->number = up->link;
    memcpy(link->peer.bytes, up->id.data, sizeof link->peer.bytes);
    link->pair.socket = -1;
    link->counts.since_ms = sym_wall_ms();
    memcpy(link->exporter, up->exporter.data, sizeof link->exporter);
    link->dialled = up->dialled;
    enum sym_err err = link_open(links, link);
    if (err != SYM_OK) {
        sym_link_free(link);
        return err;
    }
    *out = link;
    return SYM_OK;
}

void sym_link_end(struct sym_link *link, uint64_t due, struct sym_span reason)
{
    link->ending = true;
    link->due = due;
    link->until_ms = sym_now_ms() + ENDING_MS;
    (void)snprintf(link->reason, sizeof link->reason, "%.*s", (int)reason.len,
                   (const char *)reason.data);
    sym_watch_set(link->room, 0);
}

bool sym_link_is_awaited(struct sym_link *link)
{
    bool gate_is_there = sym_bus_connected(&link->pair);
    bool lost = link->gate_was_there && !gate_is_there;
    link->gate_was_there |= gate_is_there;
    return !lost && !link->hung_up && link->taken < link->due && sym_now_ms() < link->until_ms;
}

enum sym_err sym_link_send(struct sym_link *link, uint8_t *frame, size_t len)
{
    if (link->ending) {
        return SYM_AGAIN;
    }
    enum sym_err err = sym_bus_send(&link->pair, frame);
    if (err == SYM_OK) {
        link->counts.bytes_sent += len;
    }
    if (err == SYM_AGAIN) {
        sym_watch_set(link->room, POLLIN);
    }
    return err;
}

void sym_link_hang_up(struct sym_link *link)
{
    link->hung_up = true;
    sym_links_hang_up(link->links, link->number);
}

void sym_link_want_room(struct sym_link *link)
{
    if (!link->ending) {
        sym_watch_set(link->room, POLLIN);
    }
}

const struct sym_node_id *sym_link_peer(const struct sym_link *link)
{
    return &link->peer;
}

bool sym_link_was_dialled(const struct sym_link *link)
{
    return link->dialled;
}

const uint8_t *sym_link_exporter(const struct sym_link *link)
{
    return link->exporter;
}

struct sym_link_counts sym_link_counts(const struct sym_link *link)
{
    return link->counts;
}
