#include "node/gate/link_phase.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

/* What a hang-up waits for at most, and how long nothing must have moved to be done earlier. */
#define DRAIN_MS 1000u
#define QUIET_MS 30u
/* Reads of one turn while lingering. */
#define DISCARDS 16

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

enum sym_err sym_gate_link_moving(struct sym_gate_link *l, short ready, struct sym_fault *fault)
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
    sym_gate_link_conclude(l, move_out(l, &fault), &fault);
}

static void on_room(void *owner, short ready)
{
    struct sym_gate_link *l = owner;
    struct sym_fault fault = {.err = SYM_OK};
    (void)ready;
    sym_gate_link_conclude(l, move_in(l, &fault), &fault);
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
        sym_gate_link_conclude(l, open_pair(l, &fault), &fault);
    }
}

static void drain(struct sym_gate_link *l, const struct sym_fault *why)
{
    l->why = *why;
    l->phase = SYM_PHASE_DRAINING;
    l->frames_seen = l->pump.frames;
    l->until_ms = sym_now_ms() + DRAIN_MS;
    sym_timer_set(l->timer, QUIET_MS);
}

enum sym_err sym_gate_link_open_time(struct sym_gate_link *l, short ready, struct sym_fault *fault)
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
        sym_gate_link_conclude(l, SYM_OK, &fault);
    } else if (l->phase < SYM_PHASE_OPEN) {
        sym_gate_link_end(l, err, why);
    }
}

void sym_gate_link_linger(struct sym_gate_link *l, const struct sym_fault *why)
{
    sym_gate_link_tell_ended(l, why);
    sym_tls_goodbye(l->tls);
    (void)shutdown(l->fd, SHUT_WR);
    sym_watch_remove(&l->frames);
    l->phase = SYM_PHASE_LINGERING;
    l->until_ms = sym_now_ms() + SYM_GATE_LINGER_MS;
    sym_timer_set(l->timer, QUIET_MS);
}

enum sym_err sym_gate_link_draining_time(struct sym_gate_link *l, short ready,
                                         struct sym_fault *fault)
{
    bool moved = l->frames_seen != l->pump.frames;
    bool out_done = l->peer_left || sym_pump_out_empty(&l->pump);
    (void)ready;
    (void)fault;

    if ((moved || !out_done) && sym_now_ms() < l->until_ms) {
        l->frames_seen = l->pump.frames;
        sym_timer_set(l->timer, QUIET_MS);
    } else {
        sym_gate_link_linger(l, &l->why);
    }
    return SYM_OK;
}

/* The pair goes when core is done, the link when the peer is, too. By SYM_CLOSED a step reaches
 * the end of a link that has been reported already. */
enum sym_err sym_gate_link_lingering_time(struct sym_gate_link *l, short ready,
                                          struct sym_fault *fault)
{
    bool core_is_done = sym_pump_core_is_done(&l->pump);
    (void)ready;

    if ((core_is_done && l->peer_left) || sym_now_ms() >= l->until_ms) {
        return sym_fail(fault, SYM_CLOSED, "closed");
    }
    if (core_is_done) {
        sym_gate_link_close_pair(l);
    }
    sym_timer_set(l->timer, QUIET_MS);
    return SYM_OK;
}

/* Closing a socket with unread bytes would reset the connection, and take what is still on its
 * way to the peer with it. */
enum sym_err sym_gate_link_lingering(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    uint8_t discarded[16384];

    for (int i = 0; i < DISCARDS; i++) {
        ssize_t n = recv(l->fd, discarded, sizeof discarded, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            l->peer_left = true;
            return sym_gate_link_lingering_time(l, ready, fault);
        }
        if (n < 0) {
            break;
        }
    }
    return SYM_OK;
}
