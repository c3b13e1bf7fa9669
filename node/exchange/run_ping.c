#include "node/exchange/run_kind.h"
#include "proto/codec.h"
#include "proto/ping.h"

#include <stdlib.h>

struct ping_run {
    struct sym_ping_run ping;
    uint64_t sent_us;
    uint64_t round_trip_us;
};

static enum sym_err open_ping(void **machine, const struct sym_run_plan *plan)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_ping ping;
    uint8_t nonce[SYM_PING_NONCE_BYTES];
    enum sym_err err = sym_decode(&arena, &ping, &sym_msg_ping, plan->parameters);
    if (err != SYM_OK) {
        return err;
    }
    struct ping_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return SYM_NO_MEMORY;
    }
    sym_random(nonce, sizeof nonce);
    err = sym_ping_start(&run->ping, plan->role, ping.bytes, nonce);
    if (err != SYM_OK) {
        free(run);
        return err;
    }
    *machine = run;
    return SYM_OK;
}

static enum sym_step step_ping(const void *machine, size_t *len)
{
    const struct ping_run *run = machine;
    uint64_t left = run->ping.bytes - run->ping.moved;
    switch (run->ping.state) {
    case SYM_PING_SENDS_NONCE:
    case SYM_PING_RETURNS_NONCE:
        *len = SYM_PING_NONCE_BYTES;
        return SYM_STEP_DATA;
    case SYM_PING_SENDS_COUNT:
    case SYM_PING_RETURNS_COUNT:
        *len = SYM_PING_COUNT_BYTES;
        return SYM_STEP_DATA;
    case SYM_PING_SENDS_FILLER:
        *len = left < SYM_DATA_BYTES_MAX ? (size_t)left : SYM_DATA_BYTES_MAX;
        return SYM_STEP_FILLER;
    case SYM_PING_CLOSES:
        return SYM_STEP_CLOSE;
    case SYM_PING_AWAITS_NONCE:
    case SYM_PING_AWAITS_COUNT:
    case SYM_PING_ECHOES:
    case SYM_PING_DRAINS:
    case SYM_PING_AWAITS_CLOSE:
    case SYM_PING_CLOSED:
    case SYM_PING_DONE:
    case SYM_PING_DEAD:
    case SYM_PING_STATE_COUNT:
        break;
    }
    return SYM_STEP_WAIT;
}

static enum sym_err write_ping(void *machine, uint8_t *payload, size_t len, uint64_t now_us)
{
    struct ping_run *run = machine;
    enum sym_ping_step step;
    size_t written = 0;
    uint8_t small[SYM_PING_NONCE_BYTES];
    bool direct = len >= sizeof small;
    enum sym_err err = sym_ping_next(&run->ping, &step, direct ? payload : small,
                                     direct ? len : sizeof small, &written);
    if (err != SYM_OK) {
        return err;
    }
    if (written != len) {
        return SYM_INTERNAL;
    }
    for (size_t i = 0; !direct && i < len; i++) {
        payload[i] = small[i];
    }
    if (step == SYM_PING_SEND_DATA && run->sent_us == 0) {
        run->sent_us = now_us;
    }
    return SYM_OK;
}

static enum sym_err take_ping(void *machine, bool filler, struct sym_span payload, uint64_t now_us)
{
    struct ping_run *run = machine;
    enum sym_err err =
        sym_ping_take(&run->ping, filler ? SYM_EVENT_FILLER : SYM_EVENT_DATA, payload);
    if (err == SYM_OK && !filler && run->sent_us != 0 && run->round_trip_us == 0) {
        run->round_trip_us = now_us - run->sent_us;
    }
    return err;
}

static enum sym_err close_ping(void *machine)
{
    struct ping_run *run = machine;
    return sym_ping_take(&run->ping, SYM_EVENT_CLOSED, sym_span(NULL, 0));
}

static struct sym_run_progress progress_of_ping(const void *machine)
{
    const struct ping_run *run = machine;
    return (struct sym_run_progress){
        .done = run->ping.moved, .total = run->ping.bytes, .round_trip_us = run->round_trip_us};
}

const struct sym_run_kind sym_run_kind_ping = {
    .open = open_ping,
    .free = free,
    .step = step_ping,
    .write = write_ping,
    .take = take_ping,
    .closed = close_ping,
    .progress = progress_of_ping,
};
