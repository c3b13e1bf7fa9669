#include "proto/session_state.h"

#include <string.h>

static enum sym_err read_handshake(struct sym_session *s, struct sym_span body, size_t *payload_len)
{
    return sym_noise_read(s->noise, s->scratch, SYM_SIGNED_BYTES_MAX, payload_len, body);
}

/* All of a message's identifying fields are what this session expects. */
static bool names_fit(const struct sym_session *s, struct sym_span exchange_id,
                      struct sym_span initiator, struct sym_span responder)
{
    return sym_span_equal(exchange_id, sym_span(s->exchange_id, sizeof s->exchange_id)) &&
           sym_span_equal(initiator, sym_node_id_span(sym_session_initiator(s))) &&
           sym_span_equal(responder, sym_node_id_span(sym_session_responder(s)));
}

/* The signed ephemeral is Noise's, and the exporter is that of this link. */
static bool channel_fits(const struct sym_session *s, struct sym_span ephemeral,
                         struct sym_span exporter)
{
    uint8_t seen[SYM_X25519_BYTES];
    return sym_noise_remote_ephemeral(s->noise, seen) == SYM_OK &&
           sym_span_equal(ephemeral, sym_span(seen, sizeof seen)) &&
           sym_span_equal(exporter, sym_span(s->parties.exporter, sizeof s->parties.exporter));
}

static enum sym_err request_times_fit(const struct sym_request *q, uint64_t now_ms)
{
    if (q->expires_ms < q->issued_ms || q->expires_ms - q->issued_ms > SYM_REQUEST_LIFE_MS_MAX) {
        return SYM_BAD_VALUE;
    }
    bool stale =
        sym_session_later(q->issued_ms, now_ms) || sym_session_later(now_ms, q->expires_ms);
    return stale ? SYM_STALE : SYM_OK;
}

/* What follows a request was signed neither before it nor in the future. */
static enum sym_err time_fits(const struct sym_session *s, uint64_t signed_ms, uint64_t now_ms)
{
    bool stale =
        sym_session_later(signed_ms, now_ms) || sym_session_later(s->request_issued_ms, signed_ms);
    return stale ? SYM_STALE : SYM_OK;
}

static enum sym_err receipt_times_fit(const struct sym_session *s, const struct sym_receipt *q,
                                      uint64_t now_ms)
{
    bool over = q->decision == SYM_DECISION_GRANTED && sym_session_later(now_ms, q->expires_ms);
    if (!s->abandoned && (over || now_ms > s->request_expires_ms)) {
        return SYM_EXPIRED;
    }
    return time_fits(s, q->issued_ms, now_ms);
}

static enum sym_err read_ask(struct sym_session *s, struct sym_span body, uint64_t now_ms,
                             struct sym_session_event *event)
{
    struct sym_reader r = sym_reader(body);
    struct sym_span theirs = sym_read_span(&r, SYM_KEY_HINT_BYTES);
    struct sym_span ours = sym_read_span(&r, SYM_KEY_HINT_BYTES);
    struct sym_span message = sym_read_span(&r, r.left);
    if (r.err != SYM_OK) {
        return r.err;
    }
    if (!sym_span_equal(theirs, sym_span(s->parties.peer_exchange, SYM_KEY_HINT_BYTES)) ||
        !sym_span_equal(ours, sym_span(s->parties.exchange->public_key, SYM_KEY_HINT_BYTES))) {
        return SYM_BAD_VALUE;
    }
    size_t len = 0;
    enum sym_err err = read_handshake(s, message, &len);
    if (err != SYM_OK) {
        return err;
    }
    event->signed_bytes = sym_span(s->scratch, len);
    err = sym_signed_read(&s->arena, &event->request, &sym_msg_request, event->signed_bytes,
                          s->parties.peer_identity, SYM_DOMAIN_REQUEST);
    const struct sym_request *q = &event->request;
    if (err == SYM_OK && (!names_fit(s, q->exchange_id, q->initiator, q->responder) ||
                          !channel_fits(s, q->ephemeral, q->exporter))) {
        err = SYM_BAD_VALUE;
    }
    if (err == SYM_OK) {
        err = request_times_fit(q, now_ms);
    }
    if (err == SYM_OK) {
        err = sym_sha256(s->request_hash, event->signed_bytes);
    }
    if (err == SYM_OK) {
        event->kind = SYM_EVENT_REQUESTED;
        s->request_issued_ms = q->issued_ms;
        s->request_expires_ms = q->expires_ms;
        s->state = SYM_SESSION_DECIDING;
    }
    return err;
}

static enum sym_err read_answer(struct sym_session *s, struct sym_span body, uint64_t now_ms,
                                struct sym_session_event *event)
{
    size_t len = 0;
    enum sym_err err = read_handshake(s, body, &len);
    if (err != SYM_OK) {
        return err;
    }
    event->signed_bytes = sym_span(s->scratch, len);
    err = sym_signed_read(&s->arena, &event->receipt, &sym_msg_receipt, event->signed_bytes,
                          s->parties.peer_identity, SYM_DOMAIN_RECEIPT);
    const struct sym_receipt *q = &event->receipt;
    if (err == SYM_OK &&
        (!names_fit(s, q->exchange_id, q->initiator, q->responder) ||
         !channel_fits(s, q->ephemeral, q->exporter) ||
         !sym_span_equal(q->request_hash, sym_span(s->request_hash, sizeof s->request_hash)))) {
        err = SYM_BAD_VALUE;
    }
    if (err == SYM_OK) {
        err = receipt_times_fit(s, q, now_ms);
    }
    if (err == SYM_OK) {
        err = sym_sha256(s->receipt_hash, event->signed_bytes);
    }
    if (err == SYM_OK) {
        err = sym_session_take_keys(s);
    }
    if (err != SYM_OK) {
        return err;
    }
    event->kind = SYM_EVENT_ANSWERED;
    s->has_receipt = true;
    s->state = SYM_SESSION_ANSWERED;
    if (q->decision != SYM_DECISION_GRANTED) {
        s->state = SYM_SESSION_ENDED;
        sym_session_forget_keys(s);
    }
    return SYM_OK;
}

static enum sym_err read_data(struct sym_session *s, struct sym_span payload, uint64_t now_ms,
                              struct sym_session_event *event)
{
    (void)now_ms;
    if (s->stopped) {
        return SYM_WRONG_STATE;
    }
    sym_tally_add(&s->received, payload);
    event->kind = SYM_EVENT_DATA;
    event->data = payload;
    s->state = SYM_SESSION_OPEN;
    return SYM_OK;
}

static enum sym_err read_filler(struct sym_session *s, struct sym_span payload, uint64_t now_ms,
                                struct sym_session_event *event)
{
    (void)now_ms;
    if (s->stopped) {
        return SYM_WRONG_STATE;
    }
    event->kind = SYM_EVENT_FILLER;
    event->data = payload;
    s->state = SYM_SESSION_OPEN;
    return SYM_OK;
}

/* On its way when this side aborted: outside the transcripts, and nobody waits for it. */
static enum sym_err read_late(struct sym_session *s, struct sym_span payload, uint64_t now_ms,
                              struct sym_session_event *event)
{
    (void)s;
    (void)payload;
    (void)now_ms;
    event->kind = SYM_EVENT_FILLER;
    return SYM_OK;
}

/* Who has aborted may not have taken all that the other side's close speaks of. */
static bool transcripts_fit(const struct sym_session *s, const struct sym_close *q,
                            const struct sym_transcripts *t)
{
    return s->state == SYM_SESSION_ABORTED_HERE || (sym_transcript_equal(q->sent, &t->received) &&
                                                    sym_transcript_equal(q->received, &t->sent));
}

static enum sym_err read_close(struct sym_session *s, struct sym_span payload, uint64_t now_ms,
                               struct sym_session_event *event)
{
    struct sym_close *q = &event->close;
    struct sym_transcripts t;
    enum sym_err err = sym_signed_read(&s->arena, q, &sym_msg_close, payload,
                                       s->parties.peer_identity, SYM_DOMAIN_CLOSE);
    if (err == SYM_OK) {
        err = sym_transcripts_take(&t, &s->sent, &s->received);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (!names_fit(s, q->exchange_id, q->initiator, q->responder) ||
        !sym_span_equal(q->closer, sym_node_id_span(&s->parties.peer)) ||
        !sym_span_equal(q->request_hash, sym_span(s->request_hash, SYM_HASH_BYTES)) ||
        !sym_span_equal(q->receipt_hash, sym_span(s->receipt_hash, SYM_HASH_BYTES)) ||
        !transcripts_fit(s, q, &t)) {
        return SYM_BAD_VALUE;
    }
    err = time_fits(s, q->closed_ms, now_ms);
    if (err != SYM_OK) {
        return err;
    }
    event->kind = SYM_EVENT_CLOSED;
    event->signed_bytes = payload;
    if (s->state == SYM_SESSION_OPEN || s->state == SYM_SESSION_GRANTED) {
        s->state = SYM_SESSION_CLOSED_THERE;
        return SYM_OK;
    }
    if (s->state == SYM_SESSION_ABORTED_HERE && !s->aborted) {
        s->state = SYM_SESSION_ABORTED_THERE;
        return SYM_OK;
    }
    s->state = s->state == SYM_SESSION_CLOSED_HERE ? SYM_SESSION_ENDED : SYM_SESSION_DEAD;
    sym_session_forget_keys(s);
    return SYM_OK;
}

/* An abort states what its sender saw; what was in flight may differ, so counts need not fit. */
static enum sym_err read_abort(struct sym_session *s, struct sym_span payload, uint64_t now_ms,
                               struct sym_session_event *event)
{
    struct sym_abort *q = &event->abort;
    enum sym_err err = sym_signed_read(&s->arena, q, &sym_msg_abort, payload,
                                       s->parties.peer_identity, SYM_DOMAIN_ABORT);
    if (err != SYM_OK) {
        return err;
    }
    if (!names_fit(s, q->exchange_id, q->initiator, q->responder) ||
        !sym_span_equal(q->aborter, sym_node_id_span(&s->parties.peer)) ||
        !sym_span_equal(q->request_hash, sym_span(s->request_hash, SYM_HASH_BYTES)) ||
        !sym_span_equal(q->receipt_hash, sym_span(s->receipt_hash, SYM_HASH_BYTES))) {
        return SYM_BAD_VALUE;
    }
    err = time_fits(s, q->aborted_ms, now_ms);
    if (err != SYM_OK) {
        return err;
    }
    event->kind = SYM_EVENT_ABORTED;
    event->signed_bytes = payload;
    if (!s->aborted && s->state != SYM_SESSION_CLOSED_HERE) {
        s->state = SYM_SESSION_ABORTED_THERE;
        return SYM_OK;
    }
    s->state = SYM_SESSION_DEAD;
    sym_session_forget_keys(s);
    return SYM_OK;
}

typedef enum sym_err inner_fn(struct sym_session *s, struct sym_span payload, uint64_t now_ms,
                              struct sym_session_event *event);

/* Which sealed messages a state takes; an empty cell is a refusal. */
static inner_fn *const inner_table[SYM_SESSION_STATE_COUNT][INNER_COUNT] = {
    [SYM_SESSION_ANSWERED] = {[INNER_ABORT] = read_abort},
    [SYM_SESSION_GRANTED] = {[INNER_DATA] = read_data,
                             [INNER_FILLER] = read_filler,
                             [INNER_CLOSE] = read_close,
                             [INNER_ABORT] = read_abort},
    [SYM_SESSION_OPEN] = {[INNER_DATA] = read_data,
                          [INNER_FILLER] = read_filler,
                          [INNER_CLOSE] = read_close,
                          [INNER_ABORT] = read_abort},
    [SYM_SESSION_CLOSED_HERE] = {[INNER_CLOSE] = read_close, [INNER_ABORT] = read_abort},
    [SYM_SESSION_CLOSED_THERE] = {[INNER_ABORT] = read_abort},
    [SYM_SESSION_ABORTED_HERE] = {[INNER_DATA] = read_late,
                                  [INNER_FILLER] = read_late,
                                  [INNER_CLOSE] = read_close,
                                  [INNER_ABORT] = read_abort},
};

static enum sym_err read_sealed(struct sym_session *s, uint8_t *body, size_t len, uint64_t now_ms,
                                struct sym_session_event *event)
{
    if (len < SYM_AEAD_TAG_BYTES + 1) {
        return SYM_SHORT;
    }
    enum sym_err err = sym_channel_open(&s->receiving, body, len);
    if (err != SYM_OK) {
        return err;
    }
    uint8_t type = body[0];
    if (type < INNER_DATA || type >= INNER_COUNT || inner_table[s->state][type] == NULL) {
        return SYM_WRONG_STATE;
    }
    struct sym_span payload = sym_span(body + 1, len - SYM_AEAD_TAG_BYTES - 1);
    return inner_table[s->state][type](s, payload, now_ms, event);
}

/* Which frames a state takes. */
static bool takes_frame(const struct sym_session *s, enum sym_frame_type type)
{
    switch (type) {
    case SYM_FRAME_ASK:
        return s->role == SYM_SESSION_RESPONDER && s->state == SYM_SESSION_NEW;
    case SYM_FRAME_ANSWER:
        return s->role == SYM_SESSION_INITIATOR && s->state == SYM_SESSION_ASKED;
    case SYM_FRAME_SEALED:
        return s->has_keys && s->state != SYM_SESSION_DEAD && s->state != SYM_SESSION_ABORTED_THERE;
    }
    return false;
}

enum sym_err sym_session_receive(struct sym_session *s, uint8_t *frame, size_t len, uint64_t now_ms,
                                 struct sym_session_event *event)
{
    struct sym_envelope e;
    struct sym_span body;
    *event = (struct sym_session_event){0};
    sym_arena_clear(&s->arena);
    enum sym_err err = sym_envelope_read(&e, &body, sym_span(frame, len));
    if (err == SYM_OK && !sym_equal(e.exchange_id, s->exchange_id, sizeof s->exchange_id)) {
        err = SYM_BAD_VALUE;
    }
    if (err == SYM_OK && !takes_frame(s, e.type)) {
        err = SYM_WRONG_STATE;
    }
    if (err != SYM_OK) {
        return sym_session_die(s, err);
    }
    switch (e.type) {
    case SYM_FRAME_ASK:
        err = read_ask(s, body, now_ms, event);
        break;
    case SYM_FRAME_ANSWER:
        err = read_answer(s, body, now_ms, event);
        break;
    case SYM_FRAME_SEALED:
        err = read_sealed(s, frame + SYM_ENVELOPE_BYTES, len - SYM_ENVELOPE_BYTES, now_ms, event);
        break;
    }
    if (err != SYM_OK) {
        *event = (struct sym_session_event){0};
    }
    return sym_session_die(s, err);
}
