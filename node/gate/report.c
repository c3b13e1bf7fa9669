#include "node/gate/report.h"

#include "node/log.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define BEHIND 64u

struct sym_report_item {
    struct sym_report_item *next;
    uint8_t *message;
};

/* Sends what is queued until core takes no more. */
static void flush(struct sym_report *r)
{
    while (r->first != NULL) {
        struct sym_report_item *item = r->first;
        enum sym_err err = sym_bus_send(&r->pair, item->message);
        if (err == SYM_AGAIN) {
            break;
        }
        if (err != SYM_OK) {
            sym_log(SYM_LEVEL_ERROR, "report-lost", "reason", sym_err_name(err), NULL);
            sym_bus_release(item->message);
        }
        r->first = item->next;
        r->last = r->first == NULL ? NULL : r->last;
        r->queued--;
        free(item);
    }
    sym_watch_set(r->room, r->first != NULL ? POLLIN : 0);
}

static void on_room(void *owner, short ready)
{
    (void)ready;
    flush(owner);
}

enum sym_err sym_report_open(struct sym_report *r, struct sym_loop *loop, const char *url)
{
    enum sym_err err = sym_bus_open(&r->pair, SYM_BUS_PAIR, SYM_LOCAL_BYTES_MAX);
    if (err == SYM_OK) {
        err = sym_bus_connect(&r->pair, url);
    }
    if (err == SYM_OK) {
        err = sym_loop_watch(loop, &r->room, sym_bus_send_fd(&r->pair), 0, on_room, r);
    }
    return err;
}

void sym_report_close(struct sym_report *r)
{
    while (r->first != NULL) {
        struct sym_report_item *item = r->first;
        r->first = item->next;
        sym_bus_release(item->message);
        free(item);
    }
    sym_watch_remove(&r->room);
    sym_bus_close(&r->pair);
    *r = (struct sym_report)SYM_REPORT_CLOSED;
}

static enum sym_err enqueue(struct sym_report *r, enum sym_local_type type, const void *value)
{
    uint8_t bytes[SYM_LOCAL_BYTES_MAX];
    size_t len = 0;
    enum sym_err err = sym_local_encode(bytes, sizeof bytes, &len, type, value);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_report_item *item = calloc(1, sizeof *item);
    uint8_t *message = sym_bus_buffer(len);
    if (item == NULL || message == NULL) {
        free(item);
        sym_bus_release(message);
        return SYM_NO_MEMORY;
    }
    memcpy(message, bytes, len);
    item->message = message;
    if (r->last != NULL) {
        r->last->next = item;
    } else {
        r->first = item;
    }
    r->last = item;
    r->queued++;
    return SYM_OK;
}

void sym_report_send(struct sym_report *r, enum sym_local_type type, const void *value)
{
    enum sym_err err = enqueue(r, type, value);
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "report-lost", "reason", sym_err_name(err), NULL);
        return;
    }
    flush(r);
}

bool sym_report_is_behind(const struct sym_report *r)
{
    return r->queued >= BEHIND;
}
