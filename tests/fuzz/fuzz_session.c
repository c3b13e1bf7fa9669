/* Session: the first byte brings two honest sessions into a state, the second says with or without
 * psk and which of both is looked at. The rest is a list of things that happen to that one: raw
 * frames, frames sealed with the true keys around any plaintext, and true messages of which some
 * bytes were changed before they were signed. Whatever is refused kills the session and leaves an
 * event of nothing; whatever is accepted lies within the frame. */
#include "proto/session_state.h"

#include "crypto/secret.h"

#include <stdlib.h>
#include <string.h>

#define NOW       1790000000000u
#define BODY_ROOM 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum reached { NEW, ASKED, DECIDING, ANSWERED, GRANTED, OPEN, CLOSED_HERE, CLOSED_THERE, ENDED };

enum act { RAW_FRAME, RAW_BODY, SEALED, CHANGED, DATA, FILLER, WRAPPED, CALL, ACTS };

struct party {
    struct sym_sign_key identity;
    struct sym_exchange_key exchange;
    struct sym_node_id id;
};

static struct party parties[2]; /* the first asks */
static const uint8_t exchange_id[SYM_EXCHANGE_ID_BYTES] = "fuzzed exchange";
static const uint8_t exporter[SYM_HASH_BYTES] = "exporter";
static const uint8_t psk[SYM_PSK_BYTES] = "psk";

/* frame is what the last step made; inbox is where a session opens it. */
static uint8_t frame[SYM_FRAME_BYTES_MAX];
static uint8_t inbox[SYM_FRAME_BYTES_MAX];
static size_t frame_len;

struct talk {
    struct sym_session *sessions[2];
    struct sym_session *subject;
    struct sym_session *other;
    bool with_psk;
};

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void must(enum sym_err err)
{
    insist(err == SYM_OK);
}

static void draw_parties(void)
{
    if (parties[0].identity.seed.len > 0) {
        return;
    }
    must(sym_crypto_init());
    for (size_t i = 0; i < 2; i++) {
        uint8_t seed[32];
        memset(seed, (int)i + 1, sizeof seed);
        must(sym_sign_key_from(&parties[i].identity, sym_span(seed, sizeof seed)));
        must(sym_exchange_key_from(&parties[i].exchange, sym_span(seed, sizeof seed)));
        sym_node_id_of(&parties[i].id, parties[i].identity.public_key);
    }
}

static struct sym_span psk_of(const struct talk *t)
{
    return sym_span(psk, t->with_psk ? sizeof psk : 0);
}

static void open_talk(struct talk *t)
{
    for (size_t i = 0; i < 2; i++) {
        const struct party *peer = &parties[1 - i];
        struct sym_session_parties p = {.self = parties[i].id,
                                        .peer = peer->id,
                                        .identity = &parties[i].identity,
                                        .exchange = &parties[i].exchange,
                                        .psk = psk_of(t)};
        memcpy(p.peer_identity, peer->identity.public_key, sizeof p.peer_identity);
        memcpy(p.peer_exchange, peer->exchange.public_key, sizeof p.peer_exchange);
        memcpy(p.exporter, exporter, sizeof p.exporter);
        must(sym_session_new(&t->sessions[i],
                             i == 0 ? SYM_SESSION_INITIATOR : SYM_SESSION_RESPONDER, &p,
                             exchange_id));
    }
}

static enum sym_err give(struct sym_session *to, struct sym_session_event *event)
{
    memcpy(inbox, frame, frame_len);
    return sym_session_receive(to, inbox, frame_len, NOW, event);
}

static void pass(struct sym_session *to)
{
    struct sym_session_event event;
    must(give(to, &event));
}

static void seal_honest(struct sym_session *from, struct sym_span payload, bool filler)
{
    memcpy(frame + SYM_FRAME_HEAD_BYTES, payload.data, payload.len);
    must(filler ? sym_session_fill(from, frame, payload.len)
                : sym_session_seal(from, frame, payload.len));
    frame_len = SYM_FRAME_HEAD_BYTES + payload.len + SYM_FRAME_TAIL_BYTES;
}

static void close_honest(struct sym_session *from)
{
    struct sym_close close = {.version = 0};
    must(sym_session_close(from, &close, NOW, frame, sizeof frame, &frame_len));
}

static void reach_handshake(struct talk *t, enum reached reached)
{
    struct sym_request request = {.kind = SYM_KIND_PING, .dataset = sym_span_text("d")};
    struct sym_receipt receipt = {.decision = SYM_DECISION_GRANTED, .expires_ms = NOW + 1000};
    if (reached >= ASKED) {
        must(sym_session_ask(t->sessions[0], &request, NOW, 1000, frame, sizeof frame, &frame_len));
    }
    if (reached >= DECIDING) {
        pass(t->sessions[1]);
    }
    if (reached >= ANSWERED) {
        must(sym_session_answer(t->sessions[1], &receipt, NOW, frame, sizeof frame, &frame_len));
        pass(t->sessions[0]);
    }
    if (reached >= GRANTED) {
        must(sym_session_confirm(t->sessions[0]));
    }
}

static void reach(struct talk *t, enum reached reached)
{
    reach_handshake(t, reached);
    if (reached >= OPEN) {
        seal_honest(t->sessions[0], sym_span_text("first"), false);
        pass(t->sessions[1]);
    }
    if (reached == CLOSED_HERE) {
        close_honest(t->subject);
    } else if (reached >= CLOSED_THERE) {
        close_honest(t->other);
        pass(t->subject);
    }
    if (reached == ENDED) {
        close_honest(t->subject);
    }
}

static void put_envelope(enum sym_frame_type type)
{
    struct sym_envelope e = {.type = type};
    memcpy(e.exchange_id, exchange_id, sizeof e.exchange_id);
    sym_envelope_write(frame, &e);
}

/* As the other side would, with its true key; false when it has none. */
static bool seal_any(struct talk *t, uint8_t type, struct sym_span payload)
{
    put_envelope(SYM_FRAME_SEALED);
    frame[SYM_ENVELOPE_BYTES] = type;
    if (payload.len > 0) {
        memcpy(frame + SYM_FRAME_HEAD_BYTES, payload.data, payload.len);
    }
    frame_len = SYM_FRAME_HEAD_BYTES + payload.len + SYM_FRAME_TAIL_BYTES;
    return t->other->has_keys && sym_channel_seal(&t->other->sending, frame + SYM_ENVELOPE_BYTES,
                                                  payload.len + 1) == SYM_OK;
}

/* A list of changes: place (2 bytes), what (1), value (1). */
static size_t change(uint8_t *body, size_t len, struct sym_reader *input)
{
    for (uint8_t n = sym_read_u8(input) % 8; n > 0; n--) {
        size_t at = sym_read_u16(input) % (len + 1);
        uint8_t what = sym_read_u8(input) % 4;
        uint8_t value = sym_read_u8(input);
        if (what == 0 && at < len) {
            body[at] = value;
        } else if (what == 1 && at < len) {
            body[at] ^= value;
        } else if (what == 2 && at < len) {
            memmove(body + at, body + at + 1, len - at - 1);
            len--;
        } else if (what == 3 && len < BODY_ROOM) {
            memmove(body + at + 1, body + at, len - at);
            body[at] = value;
            len++;
        }
    }
    return len;
}

/* Encodes, changes, signs: the Signed message of *len bytes in out. */
static void sign_changed(uint8_t *out, size_t *len, const struct sym_message *message,
                         const void *value, const struct party *signer, const char *domain,
                         struct sym_reader *input)
{
    uint8_t body[BODY_ROOM];
    uint8_t signature[SYM_SIGNATURE_BYTES];
    size_t body_len = 0;
    must(sym_encode(body, sizeof body, &body_len, message, value));
    body_len = change(body, body_len, input);
    must(sym_sign(signature, &signer->identity, domain, sym_span(body, body_len)));
    struct sym_signed wrapped = {.body = sym_span(body, body_len),
                                 .signature = sym_span(signature, sizeof signature)};
    *len = 0;
    if (body_len > 0) {
        must(sym_encode(out, 2 * BODY_ROOM, len, &sym_msg_signed, &wrapped));
    }
}

static bool change_close(struct talk *t, struct sym_reader *input)
{
    uint8_t out[2 * BODY_ROOM];
    size_t len = 0;
    struct sym_transcripts tr;
    const struct sym_session *s = t->subject;
    const struct party *signer = &parties[t->subject == t->sessions[0] ? 1 : 0];
    bool is_abort = sym_read_u8(input) % 2 == 1;
    must(sym_transcripts_take(&tr, &s->received, &s->sent));
    struct sym_close close = {.version = SYM_EXCHANGE_VERSION,
                              .exchange_id = sym_span(exchange_id, sizeof exchange_id),
                              .initiator = sym_node_id_span(&parties[0].id),
                              .responder = sym_node_id_span(&parties[1].id),
                              .closer = sym_node_id_span(&signer->id),
                              .closed_ms = NOW,
                              .request_hash = sym_span(s->request_hash, SYM_HASH_BYTES),
                              .receipt_hash = sym_span(s->receipt_hash, SYM_HASH_BYTES),
                              .sent = &tr.sent,
                              .received = &tr.received};
    struct sym_abort abort = {.version = close.version,
                              .exchange_id = close.exchange_id,
                              .initiator = close.initiator,
                              .responder = close.responder,
                              .aborter = close.closer,
                              .aborted_ms = NOW,
                              .request_hash = close.request_hash,
                              .receipt_hash = close.receipt_hash,
                              .sent = close.sent,
                              .received = close.received,
                              .reason = SYM_REASON_FAULT};
    if (is_abort) {
        sign_changed(out, &len, &sym_msg_abort, &abort, signer, SYM_DOMAIN_ABORT, input);
    } else {
        sign_changed(out, &len, &sym_msg_close, &close, signer, SYM_DOMAIN_CLOSE, input);
    }
    return seal_any(t, is_abort ? INNER_ABORT : INNER_CLOSE, sym_span(out, len));
}

static struct sym_noise *noise_of(const struct talk *t, size_t side, uint8_t *ephemeral)
{
    static const uint8_t fixed[SYM_X25519_BYTES] = {9};
    uint8_t prologue[128];
    struct sym_span written;
    struct sym_noise *noise = NULL;
    struct sym_writer w = sym_writer(prologue, sizeof prologue);
    sym_write_span(&w, sym_span_text("symbolon/1"));
    sym_write_bytes(&w, exchange_id, sizeof exchange_id);
    sym_write_span(&w, sym_node_id_span(&parties[0].id));
    sym_write_span(&w, sym_node_id_span(&parties[1].id));
    must(sym_write_end(&w, &written));
    must(sym_noise_new(&noise, side == 0 ? SYM_NOISE_INITIATOR : SYM_NOISE_RESPONDER, written,
                       &parties[side].exchange, parties[1 - side].exchange.public_key, psk_of(t)));
    must(sym_noise_ephemeral(noise, ephemeral, sym_span(fixed, sizeof fixed)));
    return noise;
}

/* An ASK, or an ANSWER to the ASK in frame, of a true Noise side: around a changed message, or
 * (raw) around anything. */
static bool handshake(struct talk *t, bool raw, struct sym_reader *input)
{
    bool asks = t->subject == t->sessions[1];
    if (!asks && sym_session_state(t->subject) != SYM_SESSION_ASKED) {
        return false;
    }
    size_t hints = SYM_ENVELOPE_BYTES + SYM_KEY_HINTS_BYTES;
    uint8_t ephemeral[SYM_X25519_BYTES];
    uint8_t out[2 * BODY_ROOM];
    size_t len = 0;
    struct sym_noise *noise = noise_of(t, asks ? 0 : 1, ephemeral);
    if (!asks && (frame_len < hints ||
                  sym_noise_read(noise, inbox, sizeof inbox, &len,
                                 sym_span(frame + hints, frame_len - hints)) != SYM_OK)) {
        sym_noise_free(noise);
        return false;
    }
    struct sym_request q = {.version = SYM_EXCHANGE_VERSION,
                            .exchange_id = sym_span(exchange_id, sizeof exchange_id),
                            .initiator = sym_node_id_span(&parties[0].id),
                            .responder = sym_node_id_span(&parties[1].id),
                            .issued_ms = NOW,
                            .expires_ms = NOW + 1000,
                            .ephemeral = sym_span(ephemeral, sizeof ephemeral),
                            .exporter = sym_span(exporter, sizeof exporter),
                            .kind = SYM_KIND_PING};
    struct sym_receipt r = {.version = q.version,
                            .exchange_id = q.exchange_id,
                            .initiator = q.initiator,
                            .responder = q.responder,
                            .request_hash = sym_span(t->subject->request_hash, SYM_HASH_BYTES),
                            .issued_ms = NOW,
                            .expires_ms = NOW + 1000,
                            .ephemeral = q.ephemeral,
                            .exporter = q.exporter,
                            .decision = SYM_DECISION_GRANTED};
    struct sym_span payload = sym_span(out, 0);
    if (raw) {
        size_t wanted = sym_read_u16(input);
        payload = sym_read_span(input, wanted < input->left ? wanted : input->left);
        payload.len = payload.len < 60000 ? payload.len : 60000;
    } else if (asks) {
        sign_changed(out, &payload.len, &sym_msg_request, &q, &parties[0], SYM_DOMAIN_REQUEST,
                     input);
    } else {
        sign_changed(out, &payload.len, &sym_msg_receipt, &r, &parties[1], SYM_DOMAIN_RECEIPT,
                     input);
    }
    size_t head = asks ? hints : SYM_ENVELOPE_BYTES;
    put_envelope(asks ? SYM_FRAME_ASK : SYM_FRAME_ANSWER);
    memcpy(frame + SYM_ENVELOPE_BYTES, parties[0].exchange.public_key, SYM_KEY_HINT_BYTES);
    memcpy(frame + SYM_ENVELOPE_BYTES + SYM_KEY_HINT_BYTES, parties[1].exchange.public_key,
           SYM_KEY_HINT_BYTES);
    must(sym_noise_write(noise, frame + head, sizeof frame - head, &frame_len, payload));
    frame_len += head;
    sym_noise_free(noise);
    return true;
}

/* One call of the subject's own node, which may come at any time. */
static void call(struct sym_session *s, uint8_t what)
{
    static uint8_t out[SYM_SESSION_FRAME_BYTES];
    size_t len = 0;
    struct sym_request request = {.kind = SYM_KIND_PING};
    struct sym_receipt receipt = {.decision = 1u + what % 3, .expires_ms = NOW + 1000};
    struct sym_close close = {.version = 0};
    struct sym_abort abort = {.reason = what};
    enum sym_session_state before = sym_session_state(s);
    enum sym_err err = SYM_OK;
    switch (what % 7) {
    case 0:
        err = sym_session_ask(s, &request, NOW, 1000, out, sizeof out, &len);
        break;
    case 1:
        err = sym_session_answer(s, &receipt, NOW, out, sizeof out, &len);
        break;
    case 2:
        err = sym_session_confirm(s);
        break;
    case 3:
        err = sym_session_seal(s, out, what);
        break;
    case 4:
        err = sym_session_fill(s, out, what);
        break;
    case 5:
        err = sym_session_close(s, &close, NOW, out, sizeof out, &len);
        break;
    case 6:
        err = sym_session_abort(s, &abort, NOW, out, sizeof out, &len);
        break;
    }
    insist(err == SYM_OK || err == SYM_WRONG_STATE);
    insist(err == SYM_OK || sym_session_state(s) == before);
}

static bool lies_in_frame(struct sym_span s)
{
    return s.len == 0 ||
           (s.data >= inbox && s.len <= frame_len && s.data <= inbox + frame_len - s.len);
}

static void receive(struct sym_session *s)
{
    static const struct sym_session_event nothing;
    struct sym_session_event event;
    enum sym_session_state before = sym_session_state(s);
    memset(&event, 0x5a, sizeof event);
    enum sym_err err = give(s, &event);
    enum sym_session_state after = sym_session_state(s);
    if (err != SYM_OK) {
        insist(after == (before == SYM_SESSION_ENDED ? SYM_SESSION_ENDED : SYM_SESSION_DEAD));
        insist(memcmp(&event, &nothing, sizeof event) == 0);
        return;
    }
    insist(before != SYM_SESSION_ENDED && before != SYM_SESSION_DEAD);
    insist(event.kind <= SYM_EVENT_ABORTED && lies_in_frame(event.data));
    bool says = event.kind == SYM_EVENT_DATA || event.kind == SYM_EVENT_FILLER;
    insist(says == (event.signed_bytes.len == 0));
    bool given_up = before == SYM_SESSION_ABORTED_HERE;
    bool over = after == SYM_SESSION_DEAD || after == SYM_SESSION_ABORTED_THERE;
    insist(!says || after == SYM_SESSION_OPEN || (given_up && after == before));
    insist(!given_up || event.kind != SYM_EVENT_DATA);
    insist(over ==
           (event.kind == SYM_EVENT_ABORTED || (given_up && event.kind == SYM_EVENT_CLOSED)));
}

/* Makes the next frame; false when this act makes none. */
static bool make(struct talk *t, enum act act, struct sym_reader *input)
{
    size_t wanted = 0;
    struct sym_span bytes = {NULL, 0};
    if (act == RAW_FRAME || act == RAW_BODY || act == SEALED || act == DATA || act == FILLER) {
        wanted = sym_read_u16(input);
        bytes = sym_read_span(input, wanted < input->left ? wanted : input->left);
    }
    switch (act) {
    case RAW_FRAME:
        if (bytes.len > 0) {
            memcpy(frame, bytes.data, bytes.len);
        }
        frame_len = bytes.len;
        return true;
    case RAW_BODY:
        put_envelope(bytes.len > 0 ? (enum sym_frame_type)(1 + bytes.data[0] % 3) : SYM_FRAME_ASK);
        if (bytes.len > 0) {
            memcpy(frame + SYM_ENVELOPE_BYTES, bytes.data, bytes.len);
        }
        frame_len = SYM_ENVELOPE_BYTES + bytes.len;
        return true;
    case SEALED:
        return bytes.len > 0 && seal_any(t, bytes.data[0], sym_span(bytes.data + 1, bytes.len - 1));
    case DATA:
    case FILLER:
        return seal_any(t, act == DATA ? INNER_DATA : INNER_FILLER, bytes);
    case CHANGED:
        return sym_session_state(t->subject) <= SYM_SESSION_ASKED ? handshake(t, false, input)
                                                                  : change_close(t, input);
    case WRAPPED:
        return handshake(t, true, input);
    case CALL:
        call(t->subject, sym_read_u8(input));
        return false;
    case ACTS:
        break;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sym_reader input = sym_reader(sym_span(data, size));
    enum reached reached = (enum reached)(sym_read_u8(&input) % (ENDED + 1));
    uint8_t flags = sym_read_u8(&input);
    struct talk t = {.with_psk = (flags & 1) != 0};
    draw_parties();
    open_talk(&t);
    size_t subject = reached == ASKED || reached == ANSWERED ? 0
                     : reached <= GRANTED                    ? 1
                                                             : (flags >> 1) & 1;
    t.subject = t.sessions[subject];
    t.other = t.sessions[1 - subject];
    reach(&t, reached);
    for (int acts = 0; input.left > 0 && acts < 32; acts++) {
        enum act act = (enum act)(sym_read_u8(&input) % ACTS);
        if (make(&t, act, &input)) {
            receive(t.subject);
        }
    }
    sym_session_free(t.sessions[0]);
    sym_session_free(t.sessions[1]);
    return 0;
}
