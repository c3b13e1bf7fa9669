#include "node/gate/outbox.h"

#include "node/log.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define BEHIND 64u

struct sym_outbox_item {
    struct sym_outbox_item *next;
    uint8_t *message;
};

/* Sends what is queued until core takes no more. */
static void flush(struct sym_outbox *o)
{
    while (o->first != NULL) {
        struct sym_outbox_item *item = o->first;
        enum sym_err err = sym_bus_send(&o->pair, item->message);
        if (err == SYM_AGAIN) {
            break;
        }
        if (err != SYM_OK) {
            sym_log(SYM_LEVEL_ERROR, "report-lost", "reason", sym_err_name(err), NULL);
            sym_bus_release(item->message);
        }
        o->first = item->next;
        o->last = o->first == NULL ? NULL : o->last;
        o->queued--;
        free(item);
    }
    sym_watch_set(o->room, o->first != NULL ? POLLIN : 0);
}

static void on_room(void *owner, short ready)
{
    (void)ready;
    flush(owner);
}

enum sym_err sym_outbox_open(struct sym_outbox *o, struct sym_loop *loop, const char *url)
{
    enum sym_err err = sym_bus_open(&o->pair, SYM_BUS_PAIR, SYM_LOCAL_BYTES_MAX);
    if (err == SYM_OK) {
        err = sym_bus_connect(&o->pair, url);
    }
    if (err == SYM_OK) {
        err = sym_loop_watch(loop, &o->room, sym_bus_send_fd(&o->pair), 0, on_room, o);
    }
    return err;
}

void sym_outbox_close(struct sym_outbox *o)
{
    while (o->first != NULL) {
        struct sym_outbox_item *item = o->first;
        o->first = item->next;
        sym_bus_release(item->message);
        free(item);
    }
    sym_watch_remove(&o->room);
    sym_bus_close(&o->pair);
    *o = (struct sym_outbox)SYM_OUTBOX_CLOSED;
}

static enum sym_err enqueue(struct sym_outbox *o, enum sym_local_type type, const void *value)
{
    uint8_t bytes[SYM_LOCAL_BYTES_MAX];
    size_t len = 0;
    enum sym_err err = sym_local_encode(bytes, sizeof bytes, &len, type, value);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_outbox_item *item = calloc(1, sizeof *item);
    uint8_t *message = sym_bus_buffer(len);
    if (item == NULL || message == NULL) {
        free(item);
        sym_bus_release(message);
        return SYM_NO_MEMORY;
    }
    memcpy(message, bytes, len);
    item->message = message;
    if (o->last != NULL) {
        o->last->next = item;
    } else {
        o->first = item;
    }
    o->last = item;
    o->queued++;
    return SYM_OK;
}

void sym_outbox_send(struct sym_outbox *o, enum sym_local_type type, const void *value)
{
    enum sym_err err = enqueue(o, type, value);
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "report-lost", "reason", sym_err_name(err), NULL);
        return;
    }
    flush(o);
}

bool sym_outbox_is_behind(const struct sym_outbox *o)
{
    return o->queued >= BEHIND;
}
