#include "node/gate/link.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a hang-up waits for at most, and how long nothing must have moved to be done earlier. */
#define DRAIN_MS  1000u
#define QUIET_MS  30u
#define LINGER_MS 1000u
/* Reads of one turn while lingering. */
#define DISCARDS 16

/* What a link does in a state when its socket is ready, and when its time is up. SYM_OK and
 * SYM_AGAIN go on; anything else is the end, for the reason in fault. */
typedef enum sym_err step_fn(struct sym_gate_link *l, short ready, struct sym_fault *fault);

struct phase_row {
    const char *name;
    step_fn *socket;
    step_fn *time;
};

static const struct phase_row rows[SYM_PHASE_COUNT];

const char *sym_link_phase_name(enum sym_link_phase phase)
{
    return rows[phase].name;
}

bool sym_gate_link_is_up(const struct sym_gate_link *l)
{
    return l->phase >= SYM_PHASE_WAITING && l->phase <= SYM_PHASE_DRAINING;
}

bool sym_gate_link_is_half_open(const struct sym_gate_link *l)
{
    return !l->dialled && l->phase < SYM_PHASE_WAITING;
}

static void tell_ended(struct sym_gate_link *l, const struct sym_fault *why)
{
    if (!l->ended) {
        l->ended = true;
        l->context->events->ended(l, sym_gate_link_is_up(l), why);
    }
}

static void close_pair(struct sym_gate_link *l)
{
    sym_watch_remove(&l->frames);
    sym_watch_remove(&l->room);
    sym_pump_close(&l->pump);
}

static void dispose(struct sym_gate_link *l)
{
    close_pair(l);
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
    tell_ended(l, why);
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
        sym_watch_set(l->socket, POLLIN);
        break;
    }
}

static void drain(struct sym_gate_link *l, const struct sym_fault *why)
{
    l->why = *why;
    l->phase = SYM_PHASE_DRAINING;
    l->frames_seen = l->pump.frames;
    l->drain_until_ms = sym_now_ms() + DRAIN_MS;
    sym_timer_set(l->timer, QUIET_MS);
    set_watches(l);
}

/* After every step, outermost: l may be freed here. */
static void conclude(struct sym_gate_link *l, enum sym_err err, const struct sym_fault *fault)
{
    if (err == SYM_OK || err == SYM_AGAIN) {
        set_watches(l);
    } else if (err == SYM_CLOSED && l->phase == SYM_PHASE_OPEN) {
        l->peer_left = true;
        drain(l, fault);
    } else {
        end(l, l->phase == SYM_PHASE_DRAINING ? &l->why : fault);
    }
}

static void on_socket(void *owner, short ready)
{
    struct sym_gate_link *l = owner;
    struct sym_fault fault = {.err = SYM_OK};
    enum sym_err err = rows[l->phase].socket(l, ready, &fault);
    conclude(l, err, &fault);
}

static void on_time(void *owner)
{
    struct sym_gate_link *l = owner;
    struct sym_fault fault = {.err = SYM_OK};
    enum sym_err err = rows[l->phase].time(l, 0, &fault);
    conclude(l, err, &fault);
}

static bool is_pinned(void *owner, const uint8_t pin[SYM_PIN_BYTES])
{
    const struct sym_gate_link *l = owner;
    const struct sym_pinned *peer = sym_pins_by_pin(l->context->pins, pin);
    return l->dialled ? peer == l->peer : peer != NULL;
}

static enum sym_err begin_tls(struct sym_gate_link *l, struct sym_fault *fault)
{
    enum sym_err err =
        sym_tls_session_new(&l->tls, l->context->tls, l->fd, l->dialled, is_pinned, l);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "no memory for a TLS session");
    }
    l->phase = SYM_PHASE_HANDSHAKE;
    return SYM_OK;
}

static enum sym_err step_handshake(struct sym_gate_link *l, short ready, struct sym_fault *fault);

static enum sym_err step_connecting(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    int code = 0;
    socklen_t len = sizeof code;

    if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0) {
        code = errno;
    }
    if (code == ECONNREFUSED) {
        return sym_fail(fault, SYM_UNREACHABLE,
                        "refused: no node listens there, or a firewall says no");
    }
    if (code != 0) {
        return sym_fail(fault, code == ETIMEDOUT ? SYM_TIMEOUT : SYM_UNREACHABLE, "%s",
                        strerror(code));
    }
    enum sym_err err = begin_tls(l, fault);
    return err == SYM_OK ? step_handshake(l, ready, fault) : err;
}

static enum sym_err step_hello(struct sym_gate_link *l, short ready, struct sym_fault *fault);

static enum sym_err step_handshake(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    enum sym_err err = sym_tls_handshake(l->tls);
    if (err != SYM_OK) {
        *fault = *sym_tls_fault(l->tls);
        return err;
    }
    sym_tls_pin(l->tls, l->pin);
    /* Looked up again: the table may have changed since the certificate was judged. */
    if (!is_pinned(l, l->pin)) {
        return sym_fail(fault, SYM_DENIED, "its key is not pinned");
    }
    l->peer = sym_pins_by_pin(l->context->pins, l->pin);
    if (sym_tls_exporter(l->tls, l->exporter) != SYM_OK) {
        return sym_fail(fault, SYM_INTERNAL, "TLS gave no exporter");
    }
    l->phase = SYM_PHASE_HELLO;
    return step_hello(l, ready, fault);
}

static enum sym_err time_early(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    (void)ready;
    return sym_fail(fault, SYM_TIMEOUT, "did not finish within %u ms (%s)", SYM_HANDSHAKE_MS,
                    rows[l->phase].name);
}

static enum sym_err send_hello(struct sym_gate_link *l, struct sym_fault *fault)
{
    uint8_t hello[SYM_SP_HELLO_BYTES];
    enum sym_err err = SYM_OK;

    sym_sp_hello(hello);
    while (l->hello_sent < sizeof hello && err == SYM_OK) {
        size_t len = 0;
        err = sym_tls_write(l->tls, hello + l->hello_sent, sizeof hello - l->hello_sent, &len);
        l->hello_sent += err == SYM_OK ? len : 0;
    }
    if (err != SYM_OK && err != SYM_AGAIN) {
        *fault = *sym_tls_fault(l->tls);
    }
    return err;
}

static enum sym_err read_hello(struct sym_gate_link *l, struct sym_fault *fault)
{
    while (l->hello_got < sizeof l->hello) {
        size_t len = 0;
        enum sym_err err =
            sym_tls_read(l->tls, l->hello + l->hello_got, sizeof l->hello - l->hello_got, &len);
        if (err == SYM_AGAIN) {
            return err;
        }
        if (err == SYM_CLOSED && l->dialled) {
            return sym_fail(fault, SYM_CLOSED,
                            "closed the connection after seeing our certificate: perhaps our card "
                            "is not known there");
        }
        if (err != SYM_OK) {
            *fault = *sym_tls_fault(l->tls);
            return err;
        }
        l->hello_got += len;
    }
    enum sym_err err = sym_sp_hello_check(l->hello);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "sent an SP header that %s", sym_err_text(err));
    }
    return SYM_OK;
}

static enum sym_err come_up(struct sym_gate_link *l)
{
    l->phase = SYM_PHASE_WAITING;
    l->up_ms = sym_now_ms();
    sym_timer_set(l->timer, SYM_HANDSHAKE_MS);
    l->context->events->up(l);
    return SYM_OK;
}

/* Who dials says hello at once. Who was dialled says it when the link is to stay, so that the
 * dialler's first byte from us tells it so. */
static enum sym_err step_hello(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    (void)ready;
    enum sym_err err = l->dialled ? send_hello(l, fault) : SYM_OK;
    /* If the other side has closed already, its last bytes say why. */
    if (err == SYM_OK || err == SYM_CLOSED) {
        err = read_hello(l, fault);
    }
    if (err == SYM_OK && !l->admitted) {
        err = l->context->events->admit(l, fault);
        if (err == SYM_AGAIN) {
            l->phase = SYM_PHASE_PARKED;
        }
        l->admitted = err == SYM_OK;
    }
    if (err == SYM_OK) {
        err = send_hello(l, fault);
    }
    return err == SYM_OK ? come_up(l) : err;
}

void sym_gate_link_unpark(struct sym_gate_link *l)
{
    struct sym_fault fault = {.err = SYM_OK};

    if (l->phase == SYM_PHASE_PARKED) {
        l->phase = SYM_PHASE_HELLO;
        conclude(l, step_hello(l, 0, &fault), &fault);
    }
}

static enum sym_err step_nothing(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    (void)l;
    (void)ready;
    (void)fault;
    return SYM_OK;
}

static enum sym_err time_waiting(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    (void)l;
    (void)ready;
    return sym_fail(fault, SYM_TIMEOUT, "core did not accept the link");
}

static void note_frames(struct sym_gate_link *l)
{
    if (l->phase == SYM_PHASE_OPEN && l->frames_seen != l->pump.frames) {
        l->frames_seen = l->pump.frames;
        l->active_ms = sym_now_ms();
    }
}

static enum sym_err move_in(struct sym_gate_link *l, struct sym_fault *fault)
{
    enum sym_err err = l->phase == SYM_PHASE_OPEN ? sym_pump_in(&l->pump, l->tls, fault)
                                                  : sym_pump_deliver(&l->pump, fault);
    note_frames(l);
    return err;
}

static enum sym_err move_out(struct sym_gate_link *l, struct sym_fault *fault)
{
    enum sym_err err = sym_pump_out(&l->pump, l->tls, fault);
    note_frames(l);
    if (err == SYM_CLOSED) {
        /* What the peer sent before it left may still be read. */
        l->peer_left = true;
        return SYM_OK;
    }
    return err;
}

static enum sym_err step_moving(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    bool broken = (ready & (POLLERR | POLLHUP)) != 0;

    if (!l->peer_left && (broken || (ready & sym_pump_writes(&l->pump)) != 0)) {
        err = move_out(l, fault);
    }
    if (err == SYM_OK && l->phase == SYM_PHASE_OPEN &&
        (broken || (ready & sym_pump_reads(&l->pump)) != 0)) {
        err = move_in(l, fault);
    }
    return err;
}

static void on_frame(void *owner, short ready)
{
    struct sym_gate_link *l = owner;
    struct sym_fault fault = {.err = SYM_OK};
    (void)ready;
    conclude(l, move_out(l, &fault), &fault);
}

static void on_room(void *owner, short ready)
{
    struct sym_gate_link *l = owner;
    struct sym_fault fault = {.err = SYM_OK};
    (void)ready;
    conclude(l, move_in(l, &fault), &fault);
}

static enum sym_err watch_for(struct sym_gate_link *l, struct sym_watch **out, int fd,
                              sym_watch_fn *fn)
{
    return sym_loop_watch(l->context->loop, out, fd, 0, fn, l);
}

static enum sym_err open_pair(struct sym_gate_link *l, struct sym_fault *fault)
{
    char url[SYM_BUS_URL_BYTES + 24];

    (void)snprintf(url, sizeof url, "%s%llu", l->context->link_url, (unsigned long long)l->number);
    enum sym_err err = sym_pump_open(&l->pump, url, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = watch_for(l, &l->frames, sym_bus_receive_fd(&l->pump.pair), on_frame);
    if (err == SYM_OK) {
        err = watch_for(l, &l->room, sym_bus_send_fd(&l->pump.pair), on_room);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the pair to core cannot be watched: it %s", sym_err_text(err));
    }
    l->phase = SYM_PHASE_OPEN;
    l->active_ms = sym_now_ms();
    sym_timer_set(l->timer, l->context->idle_ms);
    /* TLS may hold bytes that came together with the hello. */
    return move_in(l, fault);
}

void sym_gate_link_open(struct sym_gate_link *l)
{
    struct sym_fault fault = {.err = SYM_OK};
    if (l->phase == SYM_PHASE_WAITING) {
        conclude(l, open_pair(l, &fault), &fault);
    }
}

static enum sym_err time_open(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    uint64_t idle_ms = sym_now_ms() - l->active_ms;
    (void)ready;

    if (idle_ms < l->context->idle_ms) {
        sym_timer_set(l->timer, l->context->idle_ms - idle_ms);
        return SYM_OK;
    }
    (void)sym_fail(fault, SYM_OK, "idle for %u ms", l->context->idle_ms);
    drain(l, fault);
    return SYM_OK;
}

void sym_gate_link_hang_up(struct sym_gate_link *l, enum sym_err err, const char *why)
{
    struct sym_fault fault;

    if (l->phase == SYM_PHASE_OPEN) {
        (void)sym_fail(&fault, err, "%s", why);
        drain(l, &fault);
    } else if (l->phase < SYM_PHASE_OPEN) {
        sym_gate_link_end(l, err, why);
    }
}

/* The marker by which time_draining and step_lingering reach the end of a link that has been
 * reported already. */
static enum sym_err over(struct sym_fault *fault)
{
    return sym_fail(fault, SYM_CLOSED, "closed");
}

static enum sym_err time_draining(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    bool moved = l->frames_seen != l->pump.frames;
    bool out_done = l->peer_left || sym_pump_out_empty(&l->pump);
    (void)ready;

    if ((moved || !out_done || !sym_pump_in_empty(&l->pump)) && sym_now_ms() < l->drain_until_ms) {
        l->frames_seen = l->pump.frames;
        sym_timer_set(l->timer, QUIET_MS);
        return SYM_OK;
    }
    tell_ended(l, &l->why);
    close_pair(l);
    if (l->peer_left) {
        return over(fault);
    }
    sym_tls_goodbye(l->tls);
    (void)shutdown(l->fd, SHUT_WR);
    l->phase = SYM_PHASE_LINGERING;
    sym_timer_set(l->timer, LINGER_MS);
    return SYM_OK;
}

/* Closing a socket with unread bytes would reset the connection, and take what is still on its
 * way to the peer with it. */
static enum sym_err step_lingering(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    uint8_t discarded[16384];
    (void)ready;

    for (int i = 0; i < DISCARDS; i++) {
        ssize_t n = recv(l->fd, discarded, sizeof discarded, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            return over(fault);
        }
        if (n < 0) {
            break;
        }
    }
    return SYM_OK;
}

static enum sym_err time_lingering(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    (void)l;
    (void)ready;
    return over(fault);
}

static const struct phase_row rows[SYM_PHASE_COUNT] = {
    [SYM_PHASE_CONNECTING] = {"connecting", step_connecting, time_early},
    [SYM_PHASE_HANDSHAKE] = {"handshake", step_handshake, time_early},
    [SYM_PHASE_HELLO] = {"hello", step_hello, time_early},
    [SYM_PHASE_PARKED] = {"parked", step_nothing, time_early},
    [SYM_PHASE_WAITING] = {"waiting", step_nothing, time_waiting},
    [SYM_PHASE_OPEN] = {"open", step_moving, time_open},
    [SYM_PHASE_DRAINING] = {"draining", step_moving, time_draining},
    [SYM_PHASE_LINGERING] = {"lingering", step_lingering, time_lingering},
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
        err = begin_tls(l, &fault);
    }
    if (err != SYM_OK) {
        dispose(l);
        return err;
    }
    *out = l;
    return SYM_OK;
}

enum sym_err sym_gate_link_accept(struct sym_gate_link **out,
                                  const struct sym_link_context *context, int fd,
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

enum sym_err sym_gate_link_dial(struct sym_gate_link **out, const struct sym_link_context *context,
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
