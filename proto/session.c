#include "proto/session.h"

#include "proto/session_state.h"

#include <stdlib.h>
#include <string.h>

#define PROLOGUE_TEXT  "symbolon/1"
#define PROLOGUE_BYTES (sizeof PROLOGUE_TEXT - 1 + SYM_EXCHANGE_ID_BYTES + 2 * SYM_NODE_ID_BYTES)

/* Set-up ----------------------------------------------------------------------------------------
 */

const struct sym_node_id *sym_session_initiator(const struct sym_session *s)
{
    return s->role == SYM_SESSION_INITIATOR ? &s->parties.self : &s->parties.peer;
}

const struct sym_node_id *sym_session_responder(const struct sym_session *s)
{
    return s->role == SYM_SESSION_INITIATOR ? &s->parties.peer : &s->parties.self;
}

static enum sym_err start_noise(struct sym_session *s)
{
    uint8_t prologue[PROLOGUE_BYTES];
    struct sym_span written;
    struct sym_writer w = sym_writer(prologue, sizeof prologue);
    sym_write_span(&w, sym_span_text(PROLOGUE_TEXT));
    sym_write_bytes(&w, s->exchange_id, sizeof s->exchange_id);
    sym_write_span(&w, sym_node_id_span(sym_session_initiator(s)));
    sym_write_span(&w, sym_node_id_span(sym_session_responder(s)));
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

enum sym_err sym_session_die(struct sym_session *s, enum sym_err err)
{
    if (err != SYM_OK && s->state != SYM_SESSION_ENDED) {
        s->state = SYM_SESSION_DEAD;
    }
    return err;
}

bool sym_session_later(uint64_t a_ms, uint64_t b_ms)
{
    return a_ms > b_ms && a_ms - b_ms > SYM_CLOCK_SKEW_MS;
}

enum sym_err sym_session_take_keys(struct sym_session *s)
{
    enum sym_err err = sym_noise_split(s->noise, &s->sending, &s->receiving);
    sym_noise_free(s->noise);
    s->noise = NULL;
    s->has_keys = err == SYM_OK;
    return err;
}

void sym_session_forget_keys(struct sym_session *s)
{
    sym_channel_clear(&s->sending);
    sym_channel_clear(&s->receiving);
    s->has_keys = false;
}

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

enum sym_err sym_session_ask(struct sym_session *s, struct sym_request *request, uint64_t now_ms,
                             uint64_t life_ms, uint8_t *frame, size_t max, size_t *len)
{
    if (s->role != SYM_SESSION_INITIATOR || s->state != SYM_SESSION_NEW) {
        return SYM_WRONG_STATE;
    }
    if (life_ms > SYM_REQUEST_LIFE_MS_MAX) {
        return sym_session_die(s, SYM_BAD_VALUE);
    }
    request->version = SYM_EXCHANGE_VERSION;
    request->exchange_id = sym_span(s->exchange_id, sizeof s->exchange_id);
    request->initiator = sym_node_id_span(&s->parties.self);
    request->responder = sym_node_id_span(&s->parties.peer);
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
        s->request_issued_ms = request->issued_ms;
        s->request_expires_ms = request->expires_ms;
        s->state = SYM_SESSION_ASKED;
        s->signed_len = signed_len;
    }
    return sym_session_die(s, err);
}

enum sym_err sym_session_answer(struct sym_session *s, struct sym_receipt *receipt, uint64_t now_ms,
                                uint8_t *frame, size_t max, size_t *len)
{
    if (s->state != SYM_SESSION_DECIDING) {
        return SYM_WRONG_STATE;
    }
    if (sym_session_later(now_ms, s->request_expires_ms)) {
        return sym_session_die(s, SYM_EXPIRED);
    }
    receipt->version = SYM_EXCHANGE_VERSION;
    receipt->exchange_id = sym_span(s->exchange_id, sizeof s->exchange_id);
    receipt->initiator = sym_node_id_span(&s->parties.peer);
    receipt->responder = sym_node_id_span(&s->parties.self);
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
        err = sym_session_take_keys(s);
    }
    if (err != SYM_OK) {
        return sym_session_die(s, err);
    }
    s->has_receipt = true;
    s->state = SYM_SESSION_GRANTED;
    s->signed_len = signed_len;
    if (receipt->decision != SYM_DECISION_GRANTED) {
        s->state = SYM_SESSION_ENDED;
        sym_session_forget_keys(s);
    }
    return SYM_OK;
}

enum sym_err sym_session_confirm(struct sym_session *s)
{
    if (s->state != SYM_SESSION_ANSWERED || s->abandoned) {
        return SYM_WRONG_STATE;
    }
    s->state = SYM_SESSION_OPEN;
    return SYM_OK;
}

bool sym_session_awaits_initiator(const struct sym_session *s)
{
    return s->state == SYM_SESSION_GRANTED;
}

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
    /* Not after the other side's close: it has stated what it received, and takes nothing more. */
    if (s->state != SYM_SESSION_OPEN || s->stopped) {
        return SYM_WRONG_STATE;
    }
    if (len > SYM_DATA_BYTES_MAX) {
        return sym_session_die(s, SYM_TOO_LONG);
    }
    if (type == INNER_DATA) {
        sym_tally_add(&s->sent, sym_span(frame + SYM_FRAME_HEAD_BYTES, len));
    }
    return sym_session_die(s, seal_frame(s, type, frame, len));
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
    size_t room = max - SYM_FRAME_HEAD_BYTES - SYM_FRAME_TAIL_BYTES;
    size_t signed_len = 0;
    enum sym_err err =
        sym_signed_write(s->scratch, room < SYM_SIGNED_BYTES_MAX ? room : SYM_SIGNED_BYTES_MAX,
                         &signed_len, message, value, s->parties.identity, domain);
    if (err == SYM_OK) {
        memcpy(frame + SYM_FRAME_HEAD_BYTES, s->scratch, signed_len);
        err = seal_frame(s, type, frame, signed_len);
    }
    if (err == SYM_OK) {
        *len = SYM_FRAME_HEAD_BYTES + signed_len + SYM_FRAME_TAIL_BYTES;
        s->signed_len = signed_len;
    }
    return err;
}

enum sym_err sym_session_stop(struct sym_session *s)
{
    if (s->state != SYM_SESSION_OPEN && s->state != SYM_SESSION_CLOSED_THERE) {
        return SYM_WRONG_STATE;
    }
    s->stopped = true;
    return SYM_OK;
}

void sym_session_abandon(struct sym_session *s)
{
    s->abandoned = true;
}

enum sym_err sym_session_give_up(struct sym_session *s)
{
    if (!s->has_keys || s->aborted) {
        return SYM_WRONG_STATE;
    }
    if (s->state != SYM_SESSION_ABORTED_THERE && s->state != SYM_SESSION_CLOSED_THERE) {
        s->state = SYM_SESSION_ABORTED_HERE;
    }
    return SYM_OK;
}

enum sym_err sym_session_statement(struct sym_session *s, struct sym_statement *out)
{
    struct sym_transcripts t;
    if (s->request_expires_ms == 0) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = sym_transcripts_take(&t, &s->sent, &s->received);
    if (err != SYM_OK) {
        return err;
    }
    *out = (struct sym_statement){.initiator = *sym_session_initiator(s),
                                  .responder = *sym_session_responder(s),
                                  .signer = s->parties.self,
                                  .has_receipt = s->has_receipt,
                                  .sent_frames = t.sent.frames,
                                  .received_frames = t.received.frames};
    memcpy(out->exchange_id, s->exchange_id, sizeof out->exchange_id);
    memcpy(out->request_hash, s->request_hash, sizeof out->request_hash);
    memcpy(out->receipt_hash, s->receipt_hash, sizeof out->receipt_hash);
    memcpy(out->sent_hash, t.sent_hash, sizeof out->sent_hash);
    memcpy(out->received_hash, t.received_hash, sizeof out->received_hash);
    return SYM_OK;
}

struct sym_span sym_session_signed(const struct sym_session *s)
{
    return sym_span(s->scratch, s->signed_len);
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
        return sym_session_die(s, err);
    }
    close->version = SYM_EXCHANGE_VERSION;
    close->exchange_id = sym_span(s->exchange_id, sizeof s->exchange_id);
    close->initiator = sym_node_id_span(sym_session_initiator(s));
    close->responder = sym_node_id_span(sym_session_responder(s));
    close->closer = sym_node_id_span(&s->parties.self);
    close->closed_ms = now_ms;
    close->request_hash = sym_span(s->request_hash, sizeof s->request_hash);
    close->receipt_hash = sym_span(s->receipt_hash, sizeof s->receipt_hash);
    close->sent = &t.sent;
    close->received = &t.received;
    err = send_signed(s, INNER_CLOSE, &sym_msg_close, close, SYM_DOMAIN_CLOSE, frame, max, len);
    close->sent = NULL;
    close->received = NULL;
    if (err != SYM_OK) {
        return sym_session_die(s, err);
    }
    if (s->state == SYM_SESSION_OPEN) {
        s->state = SYM_SESSION_CLOSED_HERE;
    } else {
        s->state = SYM_SESSION_ENDED;
        sym_session_forget_keys(s);
    }
    return SYM_OK;
}

static enum sym_err send_abort(struct sym_session *s, struct sym_abort *abort, uint64_t now_ms,
                               uint8_t *frame, size_t max, size_t *len)
{
    struct sym_transcripts t;
    enum sym_err err = sym_transcripts_take(&t, &s->sent, &s->received);
    if (err != SYM_OK) {
        return err;
    }
    abort->version = SYM_EXCHANGE_VERSION;
    abort->exchange_id = sym_span(s->exchange_id, sizeof s->exchange_id);
    abort->initiator = sym_node_id_span(sym_session_initiator(s));
    abort->responder = sym_node_id_span(sym_session_responder(s));
    abort->aborter = sym_node_id_span(&s->parties.self);
    abort->aborted_ms = now_ms;
    abort->request_hash = sym_span(s->request_hash, sizeof s->request_hash);
    abort->receipt_hash = sym_span(s->receipt_hash, sizeof s->receipt_hash);
    abort->sent = &t.sent;
    abort->received = &t.received;
    err = send_signed(s, INNER_ABORT, &sym_msg_abort, abort, SYM_DOMAIN_ABORT, frame, max, len);
    abort->sent = NULL;
    abort->received = NULL;
    return err;
}

enum sym_err sym_session_abort(struct sym_session *s, struct sym_abort *abort, uint64_t now_ms,
                               uint8_t *frame, size_t max, size_t *len)
{
    enum sym_err err = sym_session_give_up(s);
    if (err != SYM_OK) {
        return err;
    }
    bool is_last = s->state != SYM_SESSION_ABORTED_HERE;
    s->aborted = true;
    err = send_abort(s, abort, now_ms, frame, max, len);
    if (is_last || err != SYM_OK) {
        s->state = SYM_SESSION_DEAD;
        sym_session_forget_keys(s);
    }
    return err;
}
