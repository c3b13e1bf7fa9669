#include "node/gate/gate.h"

#include "node/gate/entrance.h"
#include "node/gate/orders.h"
#include "node/leash.h"
#include "node/log.h"
#include "node/memory.h"
#include "node/walls.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 1000u
/* How long links may take to drain at the end: theirs and the socket's time together. */
#define STOP_MS 2500u
/* Orders that are carried out in one turn. */
#define ORDERS_PER_TURN 64
/* For memory.h. A link that is busy frees and takes up to six frames of a MiB again and again, and
 * nothing else is that long: several such links should not grow and shrink the heap each time. */
#define IN_HEAP_MIB 4u
#define KEPT_MIB    16u

struct gate {
    int leash;
    struct sym_sandbox_state sandbox;
    struct sym_loop *loop;
    struct sym_tls *tls;
    uint64_t renewed_s;
    struct sym_outbox outbox;
    struct sym_pairing pairing;
    struct sym_orders orders;
    struct sym_entrance entrance;
    int listener; /* until the entrance has it */
    struct sym_address listening;
    struct sym_watch *leash_watch;
    struct sym_watch *order_watch;
    struct sym_timer *tick;
    struct sym_timer *stop_timer;
    bool core_was_there;
    bool stopping;
    struct sym_gate_counters told;
    uint64_t moved; /* as of the last tick */
    bool trimmed;
};

/* The key, and a listening socket, from what the supervisor says. */
static enum sym_err take_start(struct gate *g, struct sym_span packet, struct sym_fault *fault)
{
    struct sym_reader r = sym_reader(packet);
    struct sym_span seed = sym_read_span(&r, SYM_SEED_BYTES);
    struct sym_span address = sym_read_span(&r, r.left);
    enum sym_err err = sym_read_end(&r);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "gate: what the supervisor sent %s", sym_err_text(err));
    }
    g->renewed_s = sym_wall_ms() / 1000;
    err = sym_tls_new(&g->tls, seed, g->renewed_s);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "gate: TLS cannot be set up with this key: it %s",
                        sym_err_text(err));
    }
    return sym_address_listen(&g->listener, &g->listening, address, fault);
}

/* Waits for the start; SYM_CANCELLED when the supervisor wants none any more. */
static enum sym_err await_start(struct gate *g, struct sym_fault *fault)
{
    uint8_t packet[SYM_SEED_BYTES + SYM_ADDRESS_BYTES];
    struct pollfd leash = {.fd = g->leash, .events = POLLIN};
    enum sym_leash_type type = SYM_LEASH_STOP;
    size_t len = 0;
    enum sym_err err = SYM_AGAIN;

    while (err == SYM_AGAIN) {
        (void)poll(&leash, 1, -1);
        err = sym_leash_receive(g->leash, &type, packet, sizeof packet, &len);
    }
    if (err == SYM_CLOSED || (err == SYM_OK && type == SYM_LEASH_STOP)) {
        return SYM_CANCELLED;
    }
    if (err == SYM_OK && type != SYM_LEASH_GATE_START) {
        err = SYM_WRONG_STATE;
    }
    if (err == SYM_OK) {
        err = take_start(g, sym_span(packet, len), fault);
    } else {
        (void)sym_fail(fault, err, "gate: the supervisor's start %s", sym_err_text(err));
    }
    sym_wipe(packet, sizeof packet);
    return err;
}

static void stop_now(void *owner)
{
    struct gate *g = owner;
    sym_loop_stop(g->loop);
}

static void begin_stop(void *owner)
{
    struct gate *g = owner;
    if (g->stopping) {
        return;
    }
    g->stopping = true;
    sym_entrance_close(&g->entrance);
    sym_pairing_hang_up_all(&g->pairing);
    if (g->pairing.links == NULL ||
        sym_loop_timer(g->loop, &g->stop_timer, STOP_MS, stop_now, g) != SYM_OK) {
        sym_loop_stop(g->loop);
    } else {
        sym_timer_set(g->tick, 0);
    }
}

static void on_leash(void *owner, short ready)
{
    struct gate *g = owner;
    uint8_t packet[1];
    enum sym_leash_type type;
    size_t len = 0;
    enum sym_err err = sym_leash_receive(g->leash, &type, packet, sizeof packet, &len);

    (void)ready;
    if (err == SYM_OK && type == SYM_LEASH_STOP) {
        begin_stop(g);
    } else if (err != SYM_AGAIN) {
        sym_loop_stop(g->loop);
    }
}

static void report_listening(struct gate *g)
{
    const struct sym_process_row process = sym_walls_row("gate", &g->sandbox);
    char address[SYM_ADDRESS_BYTES];
    sym_address_text(address, &g->listening);
    const struct sym_gate_listening listening = {.address = sym_span_text(address),
                                                 .process = &process};
    sym_log(SYM_LEVEL_INFO, "listening", "address", address, NULL);
    sym_outbox_send(&g->outbox, SYM_LOCAL_LISTENING, &listening);
}

static void on_configured(void *owner)
{
    struct gate *g = owner;
    enum sym_err err = sym_entrance_open(&g->entrance, g->loop, g->listener, &g->pairing);
    g->listener = -1;
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "cannot-listen", "reason", sym_err_name(err), NULL);
        sym_loop_stop(g->loop);
        return;
    }
    report_listening(g);
}

static void on_order(void *owner, short ready)
{
    struct gate *g = owner;
    (void)ready;

    for (int i = 0; i < ORDERS_PER_TURN; i++) {
        uint8_t *message = NULL;
        size_t len = 0;
        if (sym_bus_receive(&g->outbox.pair, &message, &len) != SYM_OK) {
            return;
        }
        (void)sym_orders_take(&g->orders, sym_span(message, len));
        sym_bus_release(message);
    }
}

static void tell_counters(struct gate *g)
{
    const struct sym_gate_counters now = {
        .accepted = g->entrance.accepted,
        .refused = g->pairing.refusals.total,
        .half_open = (uint32_t)sym_entrance_half_open(&g->entrance),
        .links = (uint32_t)g->pairing.n_up,
    };
    bool changed = now.accepted != g->told.accepted || now.refused != g->told.refused ||
                   now.half_open != g->told.half_open || now.links != g->told.links;
    if (changed && !sym_outbox_is_behind(&g->outbox)) {
        g->told = now;
        sym_outbox_send(&g->outbox, SYM_LOCAL_COUNTERS, &now);
    }
}

/* After a busy time the heap holds frames that nobody needs any more. */
static void return_memory(struct gate *g)
{
    uint64_t moved = g->entrance.accepted + g->pairing.last_number;
    for (const struct sym_gate_link *l = g->pairing.links; l != NULL; l = l->next) {
        moved += l->pump.frames;
    }
    if (moved != g->moved) {
        g->moved = moved;
        g->trimmed = false;
    } else if (!g->trimmed) {
        sym_memory_return();
        g->trimmed = true;
    }
}

static void renew_certificate(struct gate *g)
{
    uint64_t now_s = sym_wall_ms() / 1000;
    /* A clock that was set back must not leave a certificate from the future. */
    bool due = now_s >= g->renewed_s + SYM_CERTIFICATE_RENEW_S || now_s + 60 < g->renewed_s;
    if (!due) {
        return;
    }
    enum sym_err err = sym_tls_renew(g->tls, now_s);
    sym_log(err == SYM_OK ? SYM_LEVEL_INFO : SYM_LEVEL_ERROR, "certificate-renewed", "result",
            sym_err_name(err), NULL);
    g->renewed_s = now_s;
}

static void on_tick(void *owner)
{
    struct gate *g = owner;
    bool core_is_there = sym_bus_connected(&g->outbox.pair);

    if (g->core_was_there && !core_is_there && !g->stopping) {
        sym_log(SYM_LEVEL_WARN, "core-is-gone", NULL);
        begin_stop(g);
    }
    g->core_was_there = core_is_there;
    if (g->stopping && g->pairing.links == NULL) {
        sym_loop_stop(g->loop);
        return;
    }
    tell_counters(g);
    sym_refusals_flush(&g->pairing.refusals, sym_now_ms());
    return_memory(g);
    renew_certificate(g);
    sym_timer_set(g->tick, g->stopping ? TICK_MS / 20 : TICK_MS);
}

static enum sym_err meet_core(struct gate *g, struct sym_fault *fault)
{
    enum sym_err err = sym_outbox_open(&g->outbox, g->loop, SYM_GATE_URL);
    if (err == SYM_OK) {
        err = sym_loop_watch(g->loop, &g->order_watch, sym_bus_receive_fd(&g->outbox.pair), POLLIN,
                             on_order, g);
    }
    if (err == SYM_OK) {
        err = sym_loop_watch(g->loop, &g->leash_watch, g->leash, POLLIN, on_leash, g);
    }
    if (err == SYM_OK) {
        err = sym_loop_timer(g->loop, &g->tick, TICK_MS, on_tick, g);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "gate: the way to core cannot be opened: it %s",
                        sym_err_text(err));
    }
    return SYM_OK;
}

static enum sym_err set_up(struct gate *g, const char *run_dir, struct sym_fault *fault)
{
    enum sym_err err = sym_sandbox_prepare(&g->sandbox, SYM_SANDBOX_GATE, fault);
    if (err == SYM_OK) {
        err = await_start(g, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    err = sym_loop_new(&g->loop);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "gate: no event loop: it %s", sym_err_text(err));
    }
    sym_pairing_init(&g->pairing, g->loop, g->tls, &g->outbox);
    g->orders = (struct sym_orders){
        .pairing = &g->pairing, .on_configured = on_configured, .on_stop = begin_stop, .owner = g};
    err = sym_sandbox_enter(&g->sandbox, SYM_SANDBOX_GATE, NULL, run_dir, fault);
    return err == SYM_OK ? meet_core(g, fault) : err;
}

static void tear_down(struct gate *g)
{
    if (g->loop != NULL) {
        sym_entrance_close(&g->entrance);
        sym_pairing_clear(&g->pairing);
    }
    sym_watch_remove(&g->order_watch);
    sym_watch_remove(&g->leash_watch);
    sym_outbox_close(&g->outbox);
    sym_loop_free(g->loop);
    sym_tls_free(g->tls);
    if (g->listener >= 0) {
        (void)close(g->listener);
    }
}

static int run(struct gate *g, const struct sym_gate_start *start)
{
    struct sym_fault fault = {.err = SYM_OK};
    enum sym_err err = set_up(g, start->run_dir, &fault);

    if (err == SYM_OK) {
        err = sym_loop_run(g->loop);
        if (err != SYM_OK) {
            (void)sym_fail(&fault, err, "gate: the event loop failed: it %s", sym_err_text(err));
        }
    }
    if (err == SYM_OK || err == SYM_CANCELLED) {
        return 0;
    }
    if (sym_leash_send(g->leash, SYM_LEASH_FAULT, sym_span_text(fault.text)) != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "gate-failed", "reason", sym_err_name(err), "detail", fault.text,
                NULL);
    }
    return 1;
}

int sym_gate_main(const struct sym_gate_start *start)
{
    struct gate *g = calloc(1, sizeof *g);
    if (g == NULL || sym_crypto_init() != SYM_OK) {
        free(g);
        return 1;
    }
    sym_memory_tune(IN_HEAP_MIB, KEPT_MIB);
    (void)signal(SIGPIPE, SIG_IGN);
    g->leash = start->leash;
    g->listener = -1;
    g->outbox = (struct sym_outbox)SYM_OUTBOX_CLOSED;
    g->entrance = (struct sym_entrance)SYM_ENTRANCE_CLOSED;
    int code = run(g, start);
    tear_down(g);
    free(g);
    return code;
}
