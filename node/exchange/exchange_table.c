#include "node/exchange/exchange_table.h"

#include "node/evidence/witness.h"

#include <stdlib.h>
#include <string.h>

bool sym_exchange_ended(const struct sym_exchange *e)
{
    return e->ended_us != 0;
}

bool sym_exchange_is_settled(const struct sym_exchange *e)
{
    return e->phase == SYM_PHASE_SAVING && e->session != NULL &&
           sym_session_state(e->session) == SYM_SESSION_ENDED;
}

bool sym_exchange_is_joint(const struct sym_exchange *e)
{
    return e->matter != NULL && e->matter->is_joint;
}

bool sym_exchange_waits(const struct sym_exchange *e)
{
    return e->role == SYM_SESSION_INITIATOR &&
           (e->state == SYM_EXCHANGE_WAITING || e->state == SYM_EXCHANGE_HELD);
}

void sym_kept_clear(struct sym_kept *k)
{
    free(k->data);
    *k = (struct sym_kept){.data = NULL};
}

enum sym_err sym_kept_set(struct sym_kept *k, struct sym_span bytes)
{
    uint8_t *copy = malloc(bytes.len > 0 ? bytes.len : 1);
    if (copy == NULL) {
        return SYM_NO_MEMORY;
    }
    if (bytes.len > 0) {
        memcpy(copy, bytes.data, bytes.len);
    }
    sym_kept_clear(k);
    *k = (struct sym_kept){.data = copy, .len = bytes.len};
    return SYM_OK;
}

struct sym_span sym_kept_span(const struct sym_kept *k)
{
    return sym_span(k->data, k->len);
}

void sym_exchange_hold(struct sym_exchange *e, const uint8_t *frame, size_t len)
{
    uint8_t *copy = NULL;
    if (e->n_late < SYM_EXCHANGE_LATE_MAX && len <= SYM_SESSION_FRAME_BYTES) {
        copy = malloc(len);
    }
    if (copy != NULL) {
        memcpy(copy, frame, len);
        e->late[e->n_late++] = (struct sym_queued_frame){.frame = copy, .len = len};
    }
}

void sym_exchange_rewind(struct sym_exchange *e)
{
    sym_session_free(e->session);
    sym_run_free(e->run);
    e->session = NULL;
    e->run = NULL;
    sym_kept_clear(&e->request);
    sym_kept_clear(&e->receipt);
    sym_kept_clear(&e->statement);
    sym_kept_clear(&e->peer_statement);
}

static void drop_queue(struct sym_exchange *e)
{
    for (size_t i = 0; i < e->n_queue; i++) {
        sym_bus_release(e->queue[i].frame);
    }
    e->n_queue = 0;
    for (size_t i = 0; i < e->n_late; i++) {
        free(e->late[i].frame);
    }
    e->n_late = 0;
}

void sym_exchange_forget_farewell(struct sym_exchange *e)
{
    sym_session_free(e->farewell);
    e->farewell = NULL;
    if (sym_exchange_ended(e) && e->writing == NULL) { /* else when that is written */
        sym_matter_free(e->matter);
        e->matter = NULL;
    }
}

void sym_exchange_unlink(struct sym_exchange *e)
{
    drop_queue(e);
    sym_exchange_forget_farewell(e);
    e->link = NULL;
}

static void leave_leg(struct sym_exchange *e)
{
    if (e->leg != NULL) {
        e->leg->exchange = NULL;
        e->leg->over = true;
        e->leg->state = e->state;
        e->leg->reason = e->reason;
        e->leg->bytes_sent = e->bytes_sent;
        e->leg->bytes_received = e->bytes_received;
        memcpy(e->leg->fault, e->fault.text, sizeof e->leg->fault);
        e->leg = NULL;
    }
}

void sym_exchange_finish(struct sym_exchange *e, enum sym_exchange_state state, uint64_t now_us)
{
    e->state = state;
    e->ended_us = now_us;
    leave_leg(e);
    if (e->run != NULL) {
        e->progress = sym_run_progress(e->run);
    }
    sym_exchange_rewind(e);
    if (e->farewell == NULL) {
        sym_exchange_forget_farewell(e);
    } else if (e->matter != NULL) {
        sym_matter_drop_lists(e->matter);
    }
}

enum sym_err sym_exchange_flush(struct sym_exchange *e)
{
    while (e->n_queue > 0) {
        if (e->link == NULL) {
            return SYM_CLOSED;
        }
        struct sym_queued_frame first = e->queue[0];
        enum sym_err err = sym_link_send(e->link, first.frame, first.len);
        if (err != SYM_OK) {
            return err;
        }
        e->bytes_sent += first.len;
        e->n_queue--;
        memmove(&e->queue[0], &e->queue[1], e->n_queue * sizeof e->queue[0]);
    }
    return SYM_OK;
}

enum sym_err sym_exchange_queue(struct sym_exchange *e, uint8_t *frame, size_t len)
{
    if (e->n_queue >= SYM_EXCHANGE_QUEUE_MAX) {
        return SYM_LIMIT;
    }
    e->queue[e->n_queue++] = (struct sym_queued_frame){.frame = frame, .len = len};
    enum sym_err err = sym_exchange_flush(e);
    (void)err; /* what could not be sent is sent when there is room, or dropped with the link */
    return SYM_OK;
}

enum sym_err sym_exchange_send_step(struct sym_exchange *e, enum sym_step step, size_t len,
                                    uint64_t now_us)
{
    size_t frame_len = SYM_FRAME_HEAD_BYTES + len + SYM_FRAME_TAIL_BYTES;
    uint8_t *frame = sym_bus_buffer(frame_len);
    if (frame == NULL) {
        return SYM_NO_MEMORY;
    }
    enum sym_err err = sym_run_write(e->run, frame + SYM_FRAME_HEAD_BYTES, len, now_us);
    if (err == SYM_OK) {
        err = step == SYM_STEP_FILLER ? sym_session_fill(e->session, frame, len)
                                      : sym_session_seal(e->session, frame, len);
    }
    if (err == SYM_OK) {
        err = sym_exchange_queue(e, frame, frame_len);
    }
    if (err != SYM_OK) {
        sym_bus_release(frame);
    }
    return err;
}

static void exchange_free(struct sym_exchange *e)
{
    leave_leg(e);
    sym_exchange_unlink(e);
    sym_exchange_rewind(e);
    sym_kept_clear(&e->parameters);
    sym_matter_free(e->matter);
    free(e);
}

void sym_exchange_table_clear(struct sym_exchange_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        exchange_free(t->items[i]);
    }
    t->n = 0;
}

void sym_exchange_table_remove(struct sym_exchange_table *t, struct sym_exchange *e)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->items[i] == e) {
            memmove(&t->items[i], &t->items[i + 1], (t->n - i - 1) * sizeof(struct sym_exchange *));
            t->n--;
            exchange_free(e);
            return;
        }
    }
}

void sym_exchange_table_put_last(struct sym_exchange_table *t, size_t at)
{
    struct sym_exchange *e = t->items[at];
    memmove(&t->items[at], &t->items[at + 1], (t->n - at - 1) * sizeof(struct sym_exchange *));
    t->items[t->n - 1] = e;
}

size_t sym_exchange_table_in_flight(const struct sym_exchange_table *t)
{
    size_t count = 0;
    for (size_t i = 0; i < t->n; i++) {
        count += !sym_exchange_ended(t->items[i]);
    }
    return count;
}

static size_t in_flight_with(const struct sym_exchange_table *t, const struct sym_node_id *peer)
{
    size_t count = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct sym_exchange *e = t->items[i];
        count += !sym_exchange_ended(e) && e->phase != SYM_PHASE_PAUSED &&
                 !sym_exchange_is_settled(e) && sym_node_id_equal(&e->peer, peer);
    }
    return count;
}

bool sym_exchange_table_busy(const struct sym_exchange_table *t, const struct sym_exchange *e)
{
    return in_flight_with(t, &e->peer) > SYM_EXCHANGES_PER_PEER_MAX;
}

/* Entries stand in the order in which they were added or last sent: the first ended one is about
 * the oldest. */
static void make_room(struct sym_exchange_table *t)
{
    for (size_t i = 0; t->n >= SYM_EXCHANGE_SLOTS && i < t->n; i++) {
        if (sym_exchange_ended(t->items[i]) && t->items[i]->writing == NULL) {
            sym_exchange_table_remove(t, t->items[i]);
            return;
        }
    }
}

enum sym_err sym_exchange_table_add(struct sym_exchange_table *t, struct sym_exchange **out,
                                    const struct sym_node_id *peer, struct sym_fault *fault)
{
    if (sym_exchange_table_in_flight(t) >= SYM_EXCHANGES_MAX) {
        return sym_fail(fault, SYM_LIMIT,
                        "exchanges: %u are in flight, the most there can be; try again later",
                        SYM_EXCHANGES_MAX);
    }
    /* Twice the limit, so that a request above it can still be answered with a denial. */
    if (in_flight_with(t, peer) >= 2u * SYM_EXCHANGES_PER_PEER_MAX) {
        return sym_fail(fault, SYM_LIMIT,
                        "exchanges: too many are in flight with this peer; try again later");
    }
    make_room(t);
    if (t->n >= SYM_EXCHANGE_SLOTS) {
        return sym_fail(fault, SYM_LIMIT, "exchanges: too many are ending; try again later");
    }
    struct sym_exchange *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "exchange: no memory");
    }
    e->peer = *peer;
    e->leaf = SYM_NO_LEAF;
    t->items[t->n++] = e;
    *out = e;
    return SYM_OK;
}

struct sym_exchange *sym_exchange_table_find(const struct sym_exchange_table *t,
                                             const uint8_t id[SYM_EXCHANGE_ID_BYTES])
{
    for (size_t i = 0; i < t->n; i++) {
        if (sym_equal(t->items[i]->id, id, SYM_EXCHANGE_ID_BYTES)) {
            return t->items[i];
        }
    }
    return NULL;
}

struct sym_exchange *sym_exchange_table_find_handle(const struct sym_exchange_table *t,
                                                    struct sym_span handle)
{
    struct sym_exchange *found = NULL;
    for (size_t i = 0; i < t->n; i++) {
        struct sym_exchange *e = t->items[i];
        if (sym_span_equal(handle, sym_span(e->handle, SYM_EXCHANGE_ID_BYTES)) &&
            (found == NULL || sym_exchange_ended(found))) {
            found = e;
        }
    }
    return found;
}

struct sym_exchange *sym_exchange_table_find_run(const struct sym_exchange_table *t,
                                                 const struct sym_run *run)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->items[i]->run == run) {
            return t->items[i];
        }
    }
    return NULL;
}
