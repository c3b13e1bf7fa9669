#include "node/gate/link_phase.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct phase_row {
    const char *name;
    sym_gate_link_step_fn *socket;
    sym_gate_link_step_fn *time;
};

static const struct phase_row rows[SYM_PHASE_COUNT];

const char *sym_gate_link_phase_name(enum sym_gate_link_phase phase)
{
    return rows[phase].name;
}

/* One of the node's links: WAITING, OPEN or DRAINING. */
static bool is_up(const struct sym_gate_link *l)
{
    return l->phase >= SYM_PHASE_WAITING && l->phase <= SYM_PHASE_DRAINING;
}

bool sym_gate_link_is_half_open(const struct sym_gate_link *l)
{
    return !l->dialled && l->phase < SYM_PHASE_WAITING;
}

void sym_gate_link_tell_ended(struct sym_gate_link *l, const struct sym_fault *why)
{
    if (!l->ended) {
        l->ended = true;
        l->context->events->ended(l, is_up(l), why);
    }
}

void sym_gate_link_close_pair(struct sym_gate_link *l)
{
    sym_watch_remove(&l->frames);
    sym_watch_remove(&l->room);
    sym_pump_close(&l->pump);
}

static void dispose(struct sym_gate_link *l)
{
    sym_gate_link_close_pair(l);
    sym_watch_remove(&l->socket);
    sym_timer_remove(&l->timer);
    sym_tls_session_free(l->tls);
    if (l->fd >= 0) {
        (void)close(l->fd);
    }
    free(l);
}

static void end(struct sym_gate_link *l, const struct sym_fault *why)
{
    sym_gate_link_tell_ended(l, why);
    if (l->phase >= SYM_PHASE_HELLO && l->phase <= SYM_PHASE_DRAINING) {
        sym_tls_goodbye(l->tls);
    }
    l->context->events->gone(l);
    dispose(l);
}

void sym_gate_link_end(struct sym_gate_link *l, enum sym_err err, const char *why)
{
    struct sym_fault fault;
    (void)sym_fail(&fault, err, "%s", why);
    end(l, &fault);
}

static void watch_pair(struct sym_gate_link *l)
{
    bool wants_frame = !l->peer_left && sym_pump_awaits_frame(&l->pump);

    sym_watch_set(l->frames, wants_frame ? POLLIN : 0);
    sym_watch_set(l->room, sym_pump_awaits_room(&l->pump) ? POLLIN : 0);
}

static void set_watches(struct sym_gate_link *l)
{
    short writes = l->peer_left ? 0 : sym_pump_writes(&l->pump);

    switch (l->phase) {
    case SYM_PHASE_CONNECTING:
        sym_watch_set(l->socket, POLLOUT);
        break;
    case SYM_PHASE_HANDSHAKE:
    case SYM_PHASE_HELLO:
        sym_watch_set(l->socket, sym_tls_wants(l->tls));
        break;
    case SYM_PHASE_PARKED:
    case SYM_PHASE_WAITING:
    case SYM_PHASE_COUNT:
        sym_watch_set(l->socket, 0);
        break;
    case SYM_PHASE_OPEN:
        sym_watch_set(l->socket, (short)(sym_pump_reads(&l->pump) | writes));
        watch_pair(l);
        break;
    case SYM_PHASE_DRAINING:
        sym_watch_set(l->socket, writes);
        watch_pair(l);
        break;
    case SYM_PHASE_LINGERING:
        sym_watch_set(l->socket, l->peer_left ? 0 : POLLIN);
        if (l->room != NULL) {
            sym_watch_set(l->room, sym_pump_awaits_room(&l->pump) ? POLLIN : 0);
        }
        break;
    }
}

void sym_gate_link_conclude(struct sym_gate_link *l, enum sym_err err,
                            const struct sym_fault *fault)
{
    if (err == SYM_OK || err == SYM_AGAIN) {
        set_watches(l);
    } else if (l->phase == SYM_PHASE_OPEN || l->phase == SYM_PHASE_DRAINING) {
        l->peer_left = true;
        sym_gate_link_linger(l, l->phase == SYM_PHASE_OPEN ? fault : &l->why);
        set_watches(l);
    } else {
        end(l, fault);
    }
}

static void on_socket(void *owner, short ready)
{
    struct sym_gate_link *l = owner;
    struct sym_fault fault = {.err = SYM_OK};
    enum sym_err err = rows[l->phase].socket(l, ready, &fault);
    sym_gate_link_conclude(l, err, &fault);
}

static void on_time(void *owner)
{
    struct sym_gate_link *l = owner;
    struct sym_fault fault = {.err = SYM_OK};
    enum sym_err err = rows[l->phase].time(l, 0, &fault);
    sym_gate_link_conclude(l, err, &fault);
}

static const struct phase_row rows[SYM_PHASE_COUNT] = {
    [SYM_PHASE_CONNECTING] = {"connecting", sym_gate_link_connecting, sym_gate_link_early_time},
    [SYM_PHASE_HANDSHAKE] = {"handshake", sym_gate_link_handshake, sym_gate_link_early_time},
    [SYM_PHASE_HELLO] = {"hello", sym_gate_link_hello, sym_gate_link_early_time},
    [SYM_PHASE_PARKED] = {"parked", sym_gate_link_rest, sym_gate_link_early_time},
    [SYM_PHASE_WAITING] = {"waiting", sym_gate_link_rest, sym_gate_link_waiting_time},
    [SYM_PHASE_OPEN] = {"open", sym_gate_link_moving, sym_gate_link_open_time},
    [SYM_PHASE_DRAINING] = {"draining", sym_gate_link_moving, sym_gate_link_draining_time},
    [SYM_PHASE_LINGERING] = {"lingering", sym_gate_link_lingering, sym_gate_link_lingering_time},
};

static enum sym_err begin(struct sym_gate_link **out, const struct sym_gate_link *model)
{
    struct sym_gate_link *l = malloc(sizeof *l);
    struct sym_fault fault;
    if (l == NULL) {
        (void)close(model->fd);
        return SYM_NO_MEMORY;
    }
    *l = *model;
    enum sym_err err = sym_loop_timer(l->context->loop, &l->timer, SYM_HANDSHAKE_MS, on_time, l);
    if (err == SYM_OK) {
        err = sym_loop_watch(l->context->loop, &l->socket, l->fd, l->dialled ? POLLOUT : POLLIN,
                             on_socket, l);
    }
    if (err == SYM_OK && !l->dialled) {
        err = sym_gate_link_begin_tls(l, &fault);
    }
    if (err != SYM_OK) {
        dispose(l);
        return err;
    }
    *out = l;
    return SYM_OK;
}

enum sym_err sym_gate_link_accept(struct sym_gate_link **out,
                                  const struct sym_gate_link_context *context, int fd,
                                  const struct sym_address *from)
{
    const struct sym_gate_link model = {.context = context,
                                        .address = *from,
                                        .fd = fd,
                                        .phase = SYM_PHASE_HANDSHAKE,
                                        .pump = SYM_PUMP_CLOSED};
    sym_address_tune(fd);
    return begin(out, &model);
}

enum sym_err sym_gate_link_dial(struct sym_gate_link **out,
                                const struct sym_gate_link_context *context,
                                struct sym_pinned *peer, const struct sym_address *to)
{
    struct sym_gate_link model = {.context = context,
                                  .address = *to,
                                  .peer = peer,
                                  .dialled = true,
                                  .phase = SYM_PHASE_CONNECTING,
                                  .fd = -1,
                                  .pump = SYM_PUMP_CLOSED};
    enum sym_err err = sym_address_connect(&model.fd, to);
    return err == SYM_OK ? begin(out, &model) : err;
}
