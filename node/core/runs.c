#include "node/core/runs.h"

#include "proto/codec.h"
#include "proto/ping.h"

#include <stdlib.h>

struct sym_run {
    struct sym_ping_run ping;
    uint64_t sent_us;
    uint64_t round_trip_us;
};

enum sym_err sym_run_new(struct sym_run **out, uint32_t kind, enum sym_session_role role,
                         struct sym_span parameters)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_ping ping;
    uint8_t nonce[SYM_PING_NONCE_BYTES];
    if (kind != SYM_KIND_PING) {
        return SYM_UNSUPPORTED;
    }
    enum sym_err err = sym_decode(&arena, &ping, &sym_msg_ping, parameters);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return SYM_NO_MEMORY;
    }
    sym_random(nonce, sizeof nonce);
    err = sym_ping_start(&run->ping, role, ping.bytes, nonce);
    if (err != SYM_OK) {
        sym_run_free(run);
        return err;
    }
    *out = run;
    return SYM_OK;
}

void sym_run_free(struct sym_run *run)
{
    free(run);
}

enum sym_step sym_run_step(const struct sym_run *run, size_t *len)
{
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

enum sym_err sym_run_write(struct sym_run *run, uint8_t *payload, size_t len, uint64_t now_us)
{
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

enum sym_err sym_run_take(struct sym_run *run, bool filler, struct sym_span payload,
                          uint64_t now_us)
{
    enum sym_err err =
        sym_ping_take(&run->ping, filler ? SYM_EVENT_FILLER : SYM_EVENT_DATA, payload);
    if (err == SYM_OK && !filler && run->sent_us != 0 && run->round_trip_us == 0) {
        run->round_trip_us = now_us - run->sent_us;
    }
    return err;
}

enum sym_err sym_run_closed(struct sym_run *run)
{
    return sym_ping_take(&run->ping, SYM_EVENT_CLOSED, sym_span(NULL, 0));
}

struct sym_run_progress sym_run_progress(const struct sym_run *run)
{
    return (struct sym_run_progress){
        .done = run->ping.moved, .total = run->ping.bytes, .round_trip_us = run->round_trip_us};
}
