#include "proto/session.h"

#include "crypto/noise.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

#define PROLOGUE_TEXT  "symbolon/1"
#define PROLOGUE_BYTES (sizeof PROLOGUE_TEXT - 1 + SYM_EXCHANGE_ID_BYTES + 2 * SYM_NODE_ID_BYTES)

/* What the first byte inside a sealed frame says. */
enum inner_type { INNER_DATA = 1, INNER_CLOSE = 2, INNER_ABORT = 3, INNER_FILLER = 4, INNER_COUNT };

struct sym_session {
    enum sym_session_role role;
    enum sym_session_state state;
    struct sym_session_parties parties;
    uint8_t exchange_id[SYM_EXCHANGE_ID_BYTES];
    struct sym_noise *noise; /* during the handshake */
    bool has_keys;
    bool has_receipt;
    struct sym_channel sending;
    struct sym_channel receiving;
    struct sym_tally sent;
    struct sym_tally received;
    uint8_t ephemeral[SYM_X25519_BYTES]; /* own */
    uint8_t request_hash[SYM_HASH_BYTES];
    uint8_t receipt_hash[SYM_HASH_BYTES];
    uint64_t request_expires_ms;
    struct sym_arena arena; /* of the last event */
    uint8_t *scratch;       /* SYM_SIGNED_BYTES_MAX: a signed message on its way out or in */
};

/* Set-up ----------------------------------------------------------------------------------------
 */

static const struct sym_node_id *initiator_of(const struct sym_session *s)
{
    return s->role == SYM_SESSION_INITIATOR ? &s->parties.self : &s->parties.peer;
}

static const struct sym_node_id *responder_of(const struct sym_session *s)
{
    return s->role == SYM_SESSION_INITIATOR ? &s->parties.peer : &s->parties.self;
}

static struct sym_span id_span(const struct sym_node_id *id)
{
    return sym_span(id->bytes, sizeof id->bytes);
}

static enum sym_err start_noise(struct sym_session *s)
{
    uint8_t prologue[PROLOGUE_BYTES];
    struct sym_span written;
    struct sym_writer w = sym_writer(prologue, sizeof prologue);
    sym_write_span(&w, sym_span_text(PROLOGUE_TEXT));
    sym_write_bytes(&w, s->exchange_id, sizeof s->exchange_id);
    sym_write_span(&w, id_span(initiator_of(s)));
    sym_write_span(&w, id_span(responder_of(s)));
    enum sym_err err = sym_write_end(&w, &written);
    if (err != SYM_OK) {
        return err;
    }
    enum sym_noise_role role =
        s->role == SYM_SESSION_INITIATOR ? SYM_NOISE_INITIATOR : SYM_NOISE_RESPONDER;
    err = sym_noise_new(&s->noise, role, written, s->parties.exchange, s->parties.peer_exchange,
                        s->parties.psk);
    return err == SYM_OK ? sym_noise_ephemeral(s->noise, s->ephemeral, sym_span(NULL, 0)) : err;
}

enum sym_err sym_session_new(struct sym_session **out, enum sym_session_role role,
                             const struct sym_session_parties *parties,
                             const uint8_t exchange_id[SYM_EXCHANGE_ID_BYTES])
{
    struct sym_session *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return SYM_NO_MEMORY;
    }
    s->role = role;
    s->state = SYM_SESSION_NEW;
    s->parties = *parties;
    memcpy(s->exchange_id, exchange_id, sizeof s->exchange_id);
    s->scratch = malloc(SYM_SIGNED_BYTES_MAX);
    enum sym_err err = s->scratch == NULL ? SYM_NO_MEMORY : sym_tally_init(&s->sent);
    if (err == SYM_OK) {
        err = sym_tally_init(&s->received);
    }
    if (err == SYM_OK) {
        err = start_noise(s);
    }
    s->parties.psk = sym_span(NULL, 0);
    if (err != SYM_OK) {
        sym_session_free(s);
        return err;
    }
    *out = s;
    return SYM_OK;
}

void sym_session_free(struct sym_session *s)
{
    if (s == NULL) {
        return;
    }
    sym_noise_free(s->noise);
    sym_channel_clear(&s->sending);
    sym_channel_clear(&s->receiving);
    sym_tally_clear(&s->sent);
    sym_tally_clear(&s->received);
    sym_arena_clear(&s->arena);
    free(s->scratch);
    free(s);
}

enum sym_session_state sym_session_state(const struct sym_session *s)
{
    return s->state;
}

static enum sym_err die(struct sym_session *s, enum sym_err err)
{
    if (err != SYM_OK) {
        s->state = SYM_SESSION_DEAD;
    }
    return err;
}

/* Handshake frames --------------------------------------------------------------------------------
 */

enum sym_err sym_session_hints(uint8_t sender[SYM_KEY_HINT_BYTES],
                               uint8_t receiver[SYM_KEY_HINT_BYTES], struct sym_span body)
{
    struct sym_reader r = sym_reader(body);
    struct sym_span first = sym_read_span(&r, SYM_KEY_HINT_BYTES);
    struct sym_span second = sym_read_span(&r, SYM_KEY_HINT_BYTES);
    if (r.err != SYM_OK) {
        return r.err;
    }
    memcpy(sender, first.data, SYM_KEY_HINT_BYTES);
    memcpy(receiver, second.data, SYM_KEY_HINT_BYTES);
    return SYM_OK;
}

/* Writes envelope, hints (in an ASK) and the Noise message around s->scratch[0..payload_len). */
static enum sym_err write_handshake(struct sym_session *s, enum sym_frame_type type,
                                    size_t payload_len, uint8_t *frame, size_t max, size_t *len)
{
    size_t head = SYM_ENVELOPE_BYTES + (type == SYM_FRAME_ASK ? SYM_KEY_HINTS_BYTES : 0);
    if (max < head) {
        return SYM_TOO_LONG;
    }
    struct sym_envelope e = {.type = type};
    memcpy(e.exchange_id, s->exchange_id, sizeof e.exchange_id);
    sym_envelope_write(frame, &e);
    if (type == SYM_FRAME_ASK) {
        memcpy(frame + SYM_ENVELOPE_BYTES, s->parties.exchange->public_key, SYM_KEY_HINT_BYTES);
        memcpy(frame + SYM_ENVELOPE_BYTES + SYM_KEY_HINT_BYTES, s->parties.peer_exchange,
               SYM_KEY_HINT_BYTES);
    }
    size_t written = 0;
    enum sym_err err = sym_noise_write(s->noise, frame + head, max - head, &written,
                                       sym_span(s->scratch, payload_len));
    if (err == SYM_OK) {
        *len = head + written;
    }
    return err;
}

static enum sym_err read_handshake(struct sym_session *s, struct sym_span body, size_t *payload_len)
{
    return sym_noise_read(s->noise, s->scratch, SYM_SIGNED_BYTES_MAX, payload_len, body);
}

static enum sym_err take_keys(struct sym_session *s)
{
    enum sym_err err = sym_noise_split(s->noise, &s->sending, &s->receiving);
    sym_noise_free(s->noise);
    s->noise = NULL;
    s->has_keys = err == SYM_OK;
    return err;
}

enum sym_err sym_session_ask(struct sym_session *s, struct sym_request *request, uint64_t now_ms,
                             uint64_t life_ms, uint8_t *frame, size_t max, size_t *len)
{
    if (s->role != SYM_SESSION_INITIATOR || s->state != SYM_SESSION_NEW) {
        return SYM_WRONG_STATE;
    }
    request->version = SYM_EXCHANGE_VERSION;
    request->exchange_id = sym_span(s->exchange_id, sizeof s->exchange_id);
    request->initiator = id_span(&s->parties.self);
    request->responder = id_span(&s->parties.peer);
    request->issued_ms = now_ms;
    request->expires_ms = now_ms + life_ms;
    request->ephemeral = sym_span(s->ephemeral, sizeof s->ephemeral);
    request->exporter = sym_span(s->parties.exporter, sizeof s->parties.exporter);
    size_t signed_len = 0;
    enum sym_err err =
        sym_signed_write(s->scratch, SYM_SIGNED_BYTES_MAX, &signed_len, &sym_msg_request, request,
                         s->parties.identity, SYM_DOMAIN_REQUEST);
    if (err == SYM_OK) {
        err = sym_sha256(s->request_hash, sym_span(s->scratch, signed_len));
    }
    if (err == SYM_OK) {
        err = write_handshake(s, SYM_FRAME_ASK, signed_len, frame, max, len);
    }
    if (err == SYM_OK) {
        s->request_expires_ms = request->expires_ms;
        s->state = SYM_SESSION_ASKED;
    }
    return die(s, err);
}

enum sym_err sym_session_answer(struct sym_session *s, struct sym_receipt *receipt, uint64_t now_ms,
                                uint8_t *frame, size_t max, size_t *len)
{
    if (s->state != SYM_SESSION_DECIDING) {
        return SYM_WRONG_STATE;
    }
    receipt->version = SYM_EXCHANGE_VERSION;
    receipt->exchange_id = sym_span(s->exchange_id, sizeof s->exchange_id);
    receipt->initiator = id_span(&s->parties.peer);
    receipt->responder = id_span(&s->parties.self);
    receipt->request_hash = sym_span(s->request_hash, sizeof s->request_hash);
    receipt->issued_ms = now_ms;
    receipt->ephemeral = sym_span(s->ephemeral, sizeof s->ephemeral);
    receipt->exporter = sym_span(s->parties.exporter, sizeof s->parties.exporter);
    size_t signed_len = 0;
    enum sym_err err =
        sym_signed_write(s->scratch, SYM_SIGNED_BYTES_MAX, &signed_len, &sym_msg_receipt, receipt,
                         s->parties.identity, SYM_DOMAIN_RECEIPT);
    if (err == SYM_OK) {
        err = sym_sha256(s->receipt_hash, sym_span(s->scratch, signed_len));
    }
    if (err == SYM_OK) {
        err = write_handshake(s, SYM_FRAME_ANSWER, signed_len, frame, max, len);
    }
    if (err == SYM_OK) {
        err = take_keys(s);
    }
    if (err == SYM_OK) {
        s->has_receipt = true;
        s->state =
            receipt->decision == SYM_DECISION_GRANTED ? SYM_SESSION_GRANTED : SYM_SESSION_ENDED;
    }
    return die(s, err);
}

enum sym_err sym_session_confirm(struct sym_session *s)
{
    if (s->state != SYM_SESSION_ANSWERED) {
        return SYM_WRONG_STATE;
    }
    s->state = SYM_SESSION_OPEN;
    return SYM_OK;
}

/* Sealed frames -----------------------------------------------------------------------------------
 */

/* Seals type byte and payload, which already lie behind the envelope's place. */
static enum sym_err seal_frame(struct sym_session *s, enum inner_type type, uint8_t *frame,
                               size_t payload_len)
{
    struct sym_envelope e = {.type = SYM_FRAME_SEALED};
    memcpy(e.exchange_id, s->exchange_id, sizeof e.exchange_id);
    sym_envelope_write(frame, &e);
    frame[SYM_ENVELOPE_BYTES] = (uint8_t)type;
    return sym_channel_seal(&s->sending, frame + SYM_ENVELOPE_BYTES, payload_len + 1);
}

static enum sym_err seal_payload(struct sym_session *s, enum inner_type type, uint8_t *frame,
                                 size_t len)
{
    bool may_send = s->state == SYM_SESSION_OPEN || s->state == SYM_SESSION_CLOSED_THERE;
    if (!may_send) {
        return SYM_WRONG_STATE;
    }
    if (len > SYM_DATA_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    if (type == INNER_DATA) {
        sym_tally_add(&s->sent, sym_span(frame + SYM_FRAME_HEAD_BYTES, len));
    }
    return die(s, seal_frame(s, type, frame, len));
}

enum sym_err sym_session_seal(struct sym_session *s, uint8_t *frame, size_t len)
{
    return seal_payload(s, INNER_DATA, frame, len);
}

enum sym_err sym_session_fill(struct sym_session *s, uint8_t *frame, size_t len)
{
    return seal_payload(s, INNER_FILLER, frame, len);
}

/* Signs value into a sealed frame of the given type. */
static enum sym_err send_signed(struct sym_session *s, enum inner_type type,
                                const struct sym_message *message, const void *value,
                                const char *domain, uint8_t *frame, size_t max, size_t *len)
{
    if (max < SYM_FRAME_HEAD_BYTES + SYM_FRAME_TAIL_BYTES) {
        return SYM_TOO_LONG;
    }
    size_t signed_len = 0;
    enum sym_err err = sym_signed_write(frame + SYM_FRAME_HEAD_BYTES,
                                        max - SYM_FRAME_HEAD_BYTES - SYM_FRAME_TAIL_BYTES,
                                        &signed_len, message, value, s->parties.identity, domain);
    if (err == SYM_OK) {
        err = seal_frame(s, type, frame, signed_len);
    }
    if (err == SYM_OK) {
        *len = SYM_FRAME_HEAD_BYTES + signed_len + SYM_FRAME_TAIL_BYTES;
    }
    return err;
}

enum sym_err sym_session_close(struct sym_session *s, struct sym_close *close, uint64_t now_ms,
                               uint8_t *frame, size_t max, size_t *len)
{
    bool may_close = s->state == SYM_SESSION_OPEN || s->state == SYM_SESSION_CLOSED_THERE;
    if (!may_close) {
        return SYM_WRONG_STATE;
    }
    struct sym_transcripts t;
    enum sym_err err = sym_transcripts_take(&t, &s->sent, &s->received);
    if (err != SYM_OK) {
        return die(s, err);
    }
    close->version = SYM_EXCHANGE_VERSION;
    close->exchange_id = sym_span(s->exchange_id, sizeof s->exchange_id);
    close->initiator = id_span(initiator_of(s));
    close->responder = id_span(responder_of(s));
    close->closer = id_span(&s->parties.self);
    close->closed_ms = now_ms;
    close->request_hash = sym_span(s->request_hash, sizeof s->request_hash);
    close->receipt_hash = sym_span(s->receipt_hash, sizeof s->receipt_hash);
    close->sent = &t.sent;
    close->received = &t.received;
    err = send_signed(s, INNER_CLOSE, &sym_msg_close, close, SYM_DOMAIN_CLOSE, frame, max, len);
    close->sent = NULL;
    close->received = NULL;
    if (err == SYM_OK) {
        s->state = s->state == SYM_SESSION_OPEN ? SYM_SESSION_CLOSED_HERE : SYM_SESSION_ENDED;
    }
    return die(s, err);
}

enum sym_err sym_session_abort(struct sym_session *s, struct sym_abort *abort, uint64_t now_ms,
                               uint8_t *frame, size_t max, size_t *len)
{
    if (!s->has_keys || s->sending.dead || s->state == SYM_SESSION_ENDED) {
        return SYM_WRONG_STATE;
    }
    struct sym_transcripts t;
    enum sym_err err = sym_transcripts_take(&t, &s->sent, &s->received);
    if (err != SYM_OK) {
        return die(s, err);
    }
    abort->version = SYM_EXCHANGE_VERSION;
    abort->exchange_id = sym_span(s->exchange_id, sizeof s->exchange_id);
    abort->initiator = id_span(initiator_of(s));
    abort->responder = id_span(responder_of(s));
    abort->aborter = id_span(&s->parties.self);
    abort->aborted_ms = now_ms;
    abort->request_hash = sym_span(s->request_hash, sizeof s->request_hash);
    abort->receipt_hash =
        s->has_receipt ? sym_span(s->receipt_hash, sizeof s->receipt_hash) : sym_span(NULL, 0);
    abort->sent = &t.sent;
    abort->received = &t.received;
    err = send_signed(s, INNER_ABORT, &sym_msg_abort, abort, SYM_DOMAIN_ABORT, frame, max, len);
    abort->sent = NULL;
    abort->received = NULL;
    s->state = SYM_SESSION_DEAD;
    s->sending.dead = true;
    return err;
}

/* Receiving ---------------------------------------------------------------------------------------
 */

/* All of a message's identifying fields are what this session expects. */
static bool names_fit(const struct sym_session *s, struct sym_span exchange_id,
                      struct sym_span initiator, struct sym_span responder)
{
    return sym_span_equal(exchange_id, sym_span(s->exchange_id, sizeof s->exchange_id)) &&
           sym_span_equal(initiator, id_span(initiator_of(s))) &&
           sym_span_equal(responder, id_span(responder_of(s)));
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

static enum sym_err times_fit(uint64_t issued_ms, uint64_t expires_ms, uint64_t now_ms)
{
    uint64_t apart = issued_ms > now_ms ? issued_ms - now_ms : now_ms - issued_ms;
    if (issued_ms > now_ms && apart > SYM_CLOCK_SKEW_MS) {
        return SYM_STALE;
    }
    if (expires_ms < issued_ms || expires_ms - issued_ms > SYM_REQUEST_LIFE_MS_MAX) {
        return SYM_BAD_VALUE;
    }
    return now_ms > expires_ms && now_ms - expires_ms > SYM_CLOCK_SKEW_MS ? SYM_STALE : SYM_OK;
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
        err = times_fit(q->issued_ms, q->expires_ms, now_ms);
    }
    if (err == SYM_OK) {
        err = sym_sha256(s->request_hash, event->signed_bytes);
    }
    if (err == SYM_OK) {
        event->kind = SYM_EVENT_REQUESTED;
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
    if (err == SYM_OK && now_ms > s->request_expires_ms) {
        err = SYM_EXPIRED;
    }
    if (err == SYM_OK) {
        err = sym_sha256(s->receipt_hash, event->signed_bytes);
    }
    if (err == SYM_OK) {
        err = take_keys(s);
    }
    if (err == SYM_OK) {
        event->kind = SYM_EVENT_ANSWERED;
        s->has_receipt = true;
        s->state = q->decision == SYM_DECISION_GRANTED ? SYM_SESSION_ANSWERED : SYM_SESSION_ENDED;
    }
    return err;
}

static enum sym_err read_data(struct sym_session *s, struct sym_span payload,
                              struct sym_session_event *event)
{
    sym_tally_add(&s->received, payload);
    event->kind = SYM_EVENT_DATA;
    event->data = payload;
    if (s->state == SYM_SESSION_GRANTED) {
        s->state = SYM_SESSION_OPEN;
    }
    return SYM_OK;
}

static enum sym_err read_filler(struct sym_session *s, struct sym_span payload,
                                struct sym_session_event *event)
{
    event->kind = SYM_EVENT_FILLER;
    event->data = payload;
    if (s->state == SYM_SESSION_GRANTED) {
        s->state = SYM_SESSION_OPEN;
    }
    return SYM_OK;
}

static enum sym_err read_close(struct sym_session *s, struct sym_span payload,
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
        !sym_span_equal(q->closer, id_span(&s->parties.peer)) ||
        !sym_span_equal(q->request_hash, sym_span(s->request_hash, SYM_HASH_BYTES)) ||
        !sym_span_equal(q->receipt_hash, sym_span(s->receipt_hash, SYM_HASH_BYTES)) ||
        !sym_transcript_equal(q->sent, &t.received) ||
        !sym_transcript_equal(q->received, &t.sent)) {
        return SYM_BAD_VALUE;
    }
    event->kind = SYM_EVENT_CLOSED;
    event->signed_bytes = payload;
    s->state = s->state == SYM_SESSION_CLOSED_HERE ? SYM_SESSION_ENDED : SYM_SESSION_CLOSED_THERE;
    return SYM_OK;
}

/* An abort states what its sender saw; what was in flight may differ, so only the names must fit.
 */
static enum sym_err read_abort(struct sym_session *s, struct sym_span payload,
                               struct sym_session_event *event)
{
    struct sym_abort *q = &event->abort;
    enum sym_err err = sym_signed_read(&s->arena, q, &sym_msg_abort, payload,
                                       s->parties.peer_identity, SYM_DOMAIN_ABORT);
    if (err != SYM_OK) {
        return err;
    }
    if (!names_fit(s, q->exchange_id, q->initiator, q->responder) ||
        !sym_span_equal(q->aborter, id_span(&s->parties.peer)) ||
        !sym_span_equal(q->request_hash, sym_span(s->request_hash, SYM_HASH_BYTES))) {
        return SYM_BAD_VALUE;
    }
    event->kind = SYM_EVENT_ABORTED;
    event->signed_bytes = payload;
    s->state = SYM_SESSION_DEAD;
    return SYM_OK;
}

typedef enum sym_err inner_fn(struct sym_session *s, struct sym_span payload,
                              struct sym_session_event *event);

/* Which sealed messages a state takes; an empty cell is a refusal. */
static inner_fn *const inner_table[SYM_SESSION_STATE_COUNT][INNER_COUNT] = {
    [SYM_SESSION_ANSWERED] = {[INNER_ABORT] = read_abort},
    [SYM_SESSION_GRANTED] = {[INNER_DATA] = read_data, [INNER_ABORT] = read_abort},
    [SYM_SESSION_OPEN] =
        {[INNER_DATA] = read_data, [INNER_CLOSE] = read_close, [INNER_ABORT] = read_abort},
    [SYM_SESSION_CLOSED_HERE] = {[INNER_CLOSE] = read_close, [INNER_ABORT] = read_abort},
    [SYM_SESSION_CLOSED_THERE] = {[INNER_ABORT] = read_abort},
};

static enum sym_err read_sealed(struct sym_session *s, uint8_t *body, size_t len,
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
    return inner_table[s->state][type](s, payload, event);
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
        return s->has_keys && s->state != SYM_SESSION_ENDED && s->state != SYM_SESSION_DEAD;
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
        return die(s, err);
    }
    switch (e.type) {
    case SYM_FRAME_ASK:
        err = read_ask(s, body, now_ms, event);
        break;
    case SYM_FRAME_ANSWER:
        err = read_answer(s, body, now_ms, event);
        break;
    case SYM_FRAME_SEALED:
        err = read_sealed(s, frame + SYM_ENVELOPE_BYTES, len - SYM_ENVELOPE_BYTES, event);
        break;
    }
    return die(s, err);
}
