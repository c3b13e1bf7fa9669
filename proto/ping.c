#include "proto/ping.h"

#include <string.h>

_Static_assert(SYM_PING_NONCE_BYTES >= SYM_PING_COUNT_BYTES, "max holds either payload");

static enum sym_err die(struct sym_ping_run *run, enum sym_err err)
{
    if (err != SYM_OK && run->state != SYM_PING_DONE) {
        run->state = SYM_PING_DEAD;
    }
    return err;
}

enum sym_err sym_ping_start(struct sym_ping_run *run, enum sym_session_role role, uint64_t bytes,
                            const uint8_t nonce[SYM_PING_NONCE_BYTES])
{
    if (bytes > SYM_PING_BYTES_MAX) {
        return SYM_LIMIT;
    }
    bool initiates = role == SYM_SESSION_INITIATOR;
    *run = (struct sym_ping_run){.role = role, .bytes = bytes};
    if (bytes > 0) {
        run->state = initiates ? SYM_PING_SENDS_FILLER : SYM_PING_DRAINS;
    } else {
        run->state = initiates ? SYM_PING_SENDS_NONCE : SYM_PING_ECHOES;
    }
    if (initiates) {
        memcpy(run->nonce, nonce, sizeof run->nonce);
    }
    return SYM_OK;
}

static enum sym_ping_step send_nonce(struct sym_ping_run *run, uint8_t *payload, size_t *len,
                                     enum sym_ping_state then)
{
    memcpy(payload, run->nonce, sizeof run->nonce);
    *len = sizeof run->nonce;
    run->state = then;
    return SYM_PING_SEND_DATA;
}

static enum sym_ping_step send_count(struct sym_ping_run *run, uint8_t *payload, size_t *len,
                                     enum sym_ping_state then)
{
    sym_put_u64(payload, run->moved);
    *len = SYM_PING_COUNT_BYTES;
    run->state = then;
    return SYM_PING_SEND_DATA;
}

static enum sym_ping_step send_filler(struct sym_ping_run *run, uint8_t *payload, size_t max,
                                      size_t *len)
{
    uint64_t left = run->bytes - run->moved;
    size_t chunk = max < SYM_DATA_BYTES_MAX ? max : SYM_DATA_BYTES_MAX;
    if (left < chunk) {
        chunk = (size_t)left;
    }
    memset(payload, 0, chunk);
    *len = chunk;
    run->moved += chunk;
    if (run->moved == run->bytes) {
        run->state = SYM_PING_SENDS_COUNT;
    }
    return SYM_PING_SEND_FILLER;
}

enum sym_err sym_ping_next(struct sym_ping_run *run, enum sym_ping_step *step, uint8_t *payload,
                           size_t max, size_t *len)
{
    if (max < SYM_PING_NONCE_BYTES) {
        return die(run, SYM_TOO_LONG);
    }
    *len = 0;
    *step = SYM_PING_WAIT;
    switch (run->state) {
    case SYM_PING_SENDS_NONCE:
        *step = send_nonce(run, payload, len, SYM_PING_AWAITS_NONCE);
        break;
    case SYM_PING_SENDS_FILLER:
        *step = send_filler(run, payload, max, len);
        break;
    case SYM_PING_SENDS_COUNT:
        *step = send_count(run, payload, len, SYM_PING_AWAITS_COUNT);
        break;
    case SYM_PING_RETURNS_NONCE:
        *step = send_nonce(run, payload, len, SYM_PING_AWAITS_CLOSE);
        break;
    case SYM_PING_RETURNS_COUNT:
        *step = send_count(run, payload, len, SYM_PING_AWAITS_CLOSE);
        break;
    case SYM_PING_CLOSES:
        *step = SYM_PING_CLOSE;
        run->state = run->role == SYM_SESSION_INITIATOR ? SYM_PING_CLOSED : SYM_PING_DONE;
        break;
    case SYM_PING_AWAITS_NONCE:
    case SYM_PING_AWAITS_COUNT:
    case SYM_PING_ECHOES:
    case SYM_PING_DRAINS:
    case SYM_PING_AWAITS_CLOSE:
    case SYM_PING_CLOSED:
    case SYM_PING_DONE:
        break;
    case SYM_PING_DEAD:
    case SYM_PING_STATE_COUNT:
        return SYM_WRONG_STATE;
    }
    return SYM_OK;
}

typedef enum sym_err take_fn(struct sym_ping_run *run, struct sym_span payload);

static enum sym_err take_echo(struct sym_ping_run *run, struct sym_span payload)
{
    if (payload.len != sizeof run->nonce ||
        !sym_equal(payload.data, run->nonce, sizeof run->nonce)) {
        return SYM_BAD_VALUE;
    }
    run->state = SYM_PING_CLOSES;
    return SYM_OK;
}

static enum sym_err take_nonce(struct sym_ping_run *run, struct sym_span payload)
{
    if (payload.len != sizeof run->nonce) {
        return SYM_BAD_VALUE;
    }
    memcpy(run->nonce, payload.data, sizeof run->nonce);
    run->state = SYM_PING_RETURNS_NONCE;
    return SYM_OK;
}

/* Filler of no bytes would be work without an end. */
static enum sym_err take_filler(struct sym_ping_run *run, struct sym_span payload)
{
    if (payload.len == 0) {
        return SYM_BAD_VALUE;
    }
    if (payload.len > run->bytes - run->moved) {
        return SYM_LIMIT;
    }
    run->moved += payload.len;
    return SYM_OK;
}

/* Both sides count the same, and all of it. */
static enum sym_err take_count(struct sym_ping_run *run, struct sym_span payload)
{
    if (payload.len != SYM_PING_COUNT_BYTES || run->moved != run->bytes ||
        sym_get_u64(payload.data) != run->bytes) {
        return SYM_BAD_VALUE;
    }
    run->state = run->role == SYM_SESSION_INITIATOR ? SYM_PING_CLOSES : SYM_PING_RETURNS_COUNT;
    return SYM_OK;
}

static enum sym_err take_first_close(struct sym_ping_run *run, struct sym_span payload)
{
    (void)payload;
    run->state = SYM_PING_CLOSES;
    return SYM_OK;
}

static enum sym_err take_second_close(struct sym_ping_run *run, struct sym_span payload)
{
    (void)payload;
    run->state = SYM_PING_DONE;
    return SYM_OK;
}

#define EVENT_COUNT (SYM_EVENT_ABORTED + 1)

/* An empty cell is a refusal. */
static take_fn *const table[SYM_PING_STATE_COUNT][EVENT_COUNT] = {
    [SYM_PING_AWAITS_NONCE] = {[SYM_EVENT_DATA] = take_echo},
    [SYM_PING_AWAITS_COUNT] = {[SYM_EVENT_DATA] = take_count},
    [SYM_PING_ECHOES] = {[SYM_EVENT_DATA] = take_nonce},
    [SYM_PING_DRAINS] = {[SYM_EVENT_DATA] = take_count, [SYM_EVENT_FILLER] = take_filler},
    [SYM_PING_AWAITS_CLOSE] = {[SYM_EVENT_CLOSED] = take_first_close},
    [SYM_PING_CLOSED] = {[SYM_EVENT_CLOSED] = take_second_close},
};

enum sym_err sym_ping_take(struct sym_ping_run *run, enum sym_session_event_kind kind,
                           struct sym_span payload)
{
    if ((size_t)kind >= EVENT_COUNT || table[run->state][kind] == NULL) {
        return die(run, SYM_WRONG_STATE);
    }
    return die(run, table[run->state][kind](run, payload));
}
