#include "tests/support/pair.h"

#include "crypto/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define SIGNED_ROOM 131072u

static struct {
    bool drawn;
    struct sym_sign_key identity[PAIR_PARTIES];
    struct sym_exchange_key exchange[PAIR_PARTIES];
    struct sym_node_id id[PAIR_PARTIES];
} keys;

static void clear_keys(void)
{
    for (size_t i = 0; i < PAIR_PARTIES; i++) {
        sym_sign_key_clear(&keys.identity[i]);
        sym_exchange_key_clear(&keys.exchange[i]);
    }
}

static void draw_keys(void)
{
    if (keys.drawn) {
        return;
    }
    assert_int_equal(sym_crypto_init(), SYM_OK);
    for (size_t i = 0; i < PAIR_PARTIES; i++) {
        assert_int_equal(sym_sign_key_new(&keys.identity[i]), SYM_OK);
        assert_int_equal(sym_exchange_key_new(&keys.exchange[i]), SYM_OK);
        sym_node_id_of(&keys.id[i], keys.identity[i].public_key);
    }
    keys.drawn = true;
    assert_int_equal(atexit(clear_keys), 0);
}

const struct sym_sign_key *pair_identity(enum pair_party party)
{
    return &keys.identity[party];
}

const struct sym_node_id *pair_id(enum pair_party party)
{
    return &keys.id[party];
}

struct sym_session_parties pair_parties(const struct pair *p, enum pair_party self,
                                        enum pair_party peer)
{
    struct sym_session_parties parties = {.self = keys.id[self],
                                          .peer = keys.id[peer],
                                          .identity = &keys.identity[self],
                                          .exchange = &keys.exchange[self],
                                          .psk = sym_span(p->psk, p->with_psk ? SYM_PSK_BYTES : 0)};
    memcpy(parties.peer_identity, keys.identity[peer].public_key, SYM_ED25519_BYTES);
    memcpy(parties.peer_exchange, keys.exchange[peer].public_key, SYM_X25519_BYTES);
    memcpy(parties.exporter, p->exporter, sizeof p->exporter);
    return parties;
}

static void new_sessions(struct pair *p)
{
    struct sym_session_parties a = pair_parties(p, PAIR_A, PAIR_B);
    struct sym_session_parties b = pair_parties(p, PAIR_B, PAIR_A);
    assert_int_equal(sym_session_new(&p->initiator, SYM_SESSION_INITIATOR, &a, p->exchange_id),
                     SYM_OK);
    assert_int_equal(sym_session_new(&p->responder, SYM_SESSION_RESPONDER, &b, p->exchange_id),
                     SYM_OK);
}

void pair_open(struct pair *p, bool with_psk)
{
    draw_keys();
    *p = (struct pair){.with_psk = with_psk,
                       .now_ms = PAIR_NOW,
                       .frame = malloc(SYM_FRAME_BYTES_MAX),
                       .inbox = malloc(SYM_FRAME_BYTES_MAX)};
    assert_non_null(p->frame);
    assert_non_null(p->inbox);
    sym_random(p->psk, sizeof p->psk);
    sym_random(p->exporter, sizeof p->exporter);
    sym_random(p->exchange_id, sizeof p->exchange_id);
    new_sessions(p);
}

void pair_close(struct pair *p)
{
    sym_session_free(p->initiator);
    sym_session_free(p->responder);
    free(p->frame);
    free(p->inbox);
    *p = (struct pair){0};
}

void pair_renew(struct pair *p, bool other_id)
{
    sym_session_free(p->initiator);
    sym_session_free(p->responder);
    if (other_id) {
        sym_random(p->exchange_id, sizeof p->exchange_id);
    }
    new_sessions(p);
}

struct sym_request pair_request(void)
{
    return (struct sym_request){.kind = SYM_KIND_PING,
                                .purpose = SYM_PURPOSE_TEST,
                                .basis = SYM_BASIS_AGREEMENT,
                                .dataset = sym_span_text("suspects"),
                                .parameters = sym_span_text("how")};
}

void pair_ask(struct pair *p)
{
    struct sym_request request = pair_request();
    assert_int_equal(sym_session_ask(p->initiator, &request, p->now_ms, 60000, p->frame,
                                     SYM_SESSION_FRAME_BYTES, &p->len),
                     SYM_OK);
}

void pair_answer(struct pair *p, enum sym_decision decision)
{
    struct sym_receipt receipt = {.decision = decision, .expires_ms = p->now_ms + 3600000};
    if (decision == SYM_DECISION_DENIED) {
        receipt.reason = SYM_REASON_POLICY;
        receipt.remark = sym_span_text("no grant for this dataset");
    }
    assert_int_equal(sym_session_answer(p->responder, &receipt, p->now_ms, p->frame,
                                        SYM_SESSION_FRAME_BYTES, &p->len),
                     SYM_OK);
}

void pair_seal(struct pair *p, struct sym_session *from, struct sym_span payload)
{
    if (payload.len > 0) {
        memcpy(p->frame + SYM_FRAME_HEAD_BYTES, payload.data, payload.len);
    }
    assert_int_equal(sym_session_seal(from, p->frame, payload.len), SYM_OK);
    p->len = SYM_FRAME_HEAD_BYTES + payload.len + SYM_FRAME_TAIL_BYTES;
}

void pair_fill(struct pair *p, struct sym_session *from, size_t len)
{
    memset(p->frame + SYM_FRAME_HEAD_BYTES, 0, len);
    assert_int_equal(sym_session_fill(from, p->frame, len), SYM_OK);
    p->len = SYM_FRAME_HEAD_BYTES + len + SYM_FRAME_TAIL_BYTES;
}

void pair_end(struct pair *p, struct sym_session *from)
{
    struct sym_close close = {.version = 0};
    assert_int_equal(
        sym_session_close(from, &close, p->now_ms, p->frame, SYM_SESSION_FRAME_BYTES, &p->len),
        SYM_OK);
}

void pair_abort(struct pair *p, struct sym_session *from)
{
    struct sym_abort abort = {.reason = SYM_REASON_CANCELLED,
                              .remark = sym_span_text("stopped by its user")};
    assert_int_equal(
        sym_session_abort(from, &abort, p->now_ms, p->frame, SYM_SESSION_FRAME_BYTES, &p->len),
        SYM_OK);
}

enum sym_err pair_give(struct pair *p, struct sym_session *to)
{
    memcpy(p->inbox, p->frame, p->len);
    return sym_session_receive(to, p->inbox, p->len, p->now_ms, &p->event);
}

void pair_pass(struct pair *p, struct sym_session *to, enum sym_session_event_kind kind)
{
    enum sym_err err = pair_give(p, to);
    if (err != SYM_OK) {
        fail_msg("an honest frame is refused: %s", sym_err_name(err));
    }
    assert_int_equal(p->event.kind, kind);
}

void pair_refuses(struct pair *p, struct sym_session *to, enum sym_err want, const char *what)
{
    static const struct sym_session_event nothing;
    enum sym_err err = pair_give(p, to);
    if (err != want) {
        fail_msg("%s: %s instead of %s", what, sym_err_name(err), sym_err_name(want));
    }
    assert_int_equal(sym_session_state(to), SYM_SESSION_DEAD);
    assert_memory_equal(&p->event, &nothing, sizeof nothing);
}

void pair_grant(struct pair *p)
{
    pair_ask(p);
    pair_pass(p, p->responder, SYM_EVENT_REQUESTED);
    pair_answer(p, SYM_DECISION_GRANTED);
    pair_pass(p, p->initiator, SYM_EVENT_ANSWERED);
    assert_int_equal(sym_session_confirm(p->initiator), SYM_OK);
    pair_seal(p, p->initiator, sym_span_text("first"));
    pair_pass(p, p->responder, SYM_EVENT_DATA);
}

static void put_envelope(struct pair *p, enum sym_frame_type type)
{
    struct sym_envelope e = {.type = type};
    memcpy(e.exchange_id, p->exchange_id, sizeof e.exchange_id);
    sym_envelope_write(p->frame, &e);
}

void pair_forge_sealed(struct pair *p, struct sym_session *from, uint8_t type,
                       struct sym_span payload)
{
    put_envelope(p, SYM_FRAME_SEALED);
    p->frame[SYM_ENVELOPE_BYTES] = type;
    if (payload.len > 0) {
        memcpy(p->frame + SYM_FRAME_HEAD_BYTES, payload.data, payload.len);
    }
    assert_int_equal(
        sym_channel_seal(&from->sending, p->frame + SYM_ENVELOPE_BYTES, payload.len + 1), SYM_OK);
    p->len = SYM_FRAME_HEAD_BYTES + payload.len + SYM_FRAME_TAIL_BYTES;
}

void pair_sign(uint8_t *out, size_t *len, struct sym_span body, const struct sym_sign_key *key,
               const char *domain)
{
    uint8_t signature[SYM_SIGNATURE_BYTES];
    assert_int_equal(sym_sign(signature, key, domain, body), SYM_OK);
    struct sym_signed wrapped = {.body = body, .signature = sym_span(signature, sizeof signature)};
    assert_int_equal(sym_encode(out, SIGNED_ROOM, len, &sym_msg_signed, &wrapped), SYM_OK);
}

void liar_open(struct liar *l, const struct pair *p, enum pair_party as, enum pair_party self)
{
    uint8_t prologue[10 + SYM_EXCHANGE_ID_BYTES + 2 * SYM_NODE_ID_BYTES];
    struct sym_span written;
    struct sym_writer w = sym_writer(prologue, sizeof prologue);
    sym_write_span(&w, sym_span_text("symbolon/1"));
    sym_write_bytes(&w, p->exchange_id, sizeof p->exchange_id);
    sym_write_bytes(&w, keys.id[PAIR_A].bytes, SYM_NODE_ID_BYTES);
    sym_write_bytes(&w, keys.id[PAIR_B].bytes, SYM_NODE_ID_BYTES);
    assert_int_equal(sym_write_end(&w, &written), SYM_OK);
    enum sym_noise_role role = as == PAIR_A ? SYM_NOISE_INITIATOR : SYM_NOISE_RESPONDER;
    enum pair_party peer = as == PAIR_A ? PAIR_B : PAIR_A;
    assert_int_equal(sym_noise_new(&l->noise, role, written, &keys.exchange[self],
                                   keys.exchange[peer].public_key,
                                   sym_span(p->psk, p->with_psk ? SYM_PSK_BYTES : 0)),
                     SYM_OK);
    assert_int_equal(sym_noise_ephemeral(l->noise, l->ephemeral, sym_span(NULL, 0)), SYM_OK);
}

void liar_close(struct liar *l)
{
    sym_noise_free(l->noise);
    *l = (struct liar){0};
}

void liar_ask(struct liar *l, struct pair *p, struct sym_span payload)
{
    size_t head = SYM_ENVELOPE_BYTES + SYM_KEY_HINTS_BYTES;
    put_envelope(p, SYM_FRAME_ASK);
    memcpy(p->frame + SYM_ENVELOPE_BYTES, keys.exchange[PAIR_A].public_key, SYM_KEY_HINT_BYTES);
    memcpy(p->frame + SYM_ENVELOPE_BYTES + SYM_KEY_HINT_BYTES, keys.exchange[PAIR_B].public_key,
           SYM_KEY_HINT_BYTES);
    assert_int_equal(
        sym_noise_write(l->noise, p->frame + head, SYM_FRAME_BYTES_MAX - head, &p->len, payload),
        SYM_OK);
    p->len += head;
}

void liar_read(struct liar *l, struct pair *p, uint8_t request_hash[SYM_HASH_BYTES])
{
    size_t head = SYM_ENVELOPE_BYTES + SYM_KEY_HINTS_BYTES;
    size_t len = 0;
    assert_int_equal(sym_noise_read(l->noise, p->inbox, SYM_FRAME_BYTES_MAX, &len,
                                    sym_span(p->frame + head, p->len - head)),
                     SYM_OK);
    assert_int_equal(sym_sha256(request_hash, sym_span(p->inbox, len)), SYM_OK);
}

void liar_answer(struct liar *l, struct pair *p, struct sym_span payload)
{
    put_envelope(p, SYM_FRAME_ANSWER);
    assert_int_equal(sym_noise_write(l->noise, p->frame + SYM_ENVELOPE_BYTES,
                                     SYM_FRAME_BYTES_MAX - SYM_ENVELOPE_BYTES, &p->len, payload),
                     SYM_OK);
    p->len += SYM_ENVELOPE_BYTES;
}
