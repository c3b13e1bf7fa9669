/* Sessions against a captured gate, which has no key and may do anything to frames, and against a
 * peer with other keys than expected. */
#include "proto/session.h"

#include "tests/support/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* The gate ----------------------------------------------------------------------------------------
 */

enum moment { AT_ASK, AT_ANSWER, AT_DATA, AT_FILLER, AT_CLOSE, AT_ABORT, MOMENTS };

/* An honest sealed frame of the initiator. */
static void say(struct pair *p, enum moment moment)
{
    switch (moment) {
    case AT_DATA:
        pair_seal(p, p->initiator, sym_span_text("tokens"));
        break;
    case AT_FILLER:
        pair_fill(p, p->initiator, 5);
        break;
    case AT_CLOSE:
        pair_end(p, p->initiator);
        break;
    case AT_ABORT:
        pair_abort(p, p->initiator);
        break;
    case AT_ASK:
    case AT_ANSWER:
    case MOMENTS:
        break;
    }
}

/* Leaves an honest frame of a new exchange in p->frame and tells who waits for it. */
static struct sym_session *advance(struct pair *p, enum moment moment)
{
    pair_renew(p, true);
    if (moment > AT_ANSWER) {
        pair_grant(p);
        say(p, moment);
        return p->responder;
    }
    pair_ask(p);
    if (moment == AT_ASK) {
        return p->responder;
    }
    pair_pass(p, p->responder, SYM_EVENT_REQUESTED);
    pair_answer(p, SYM_DECISION_GRANTED);
    return p->initiator;
}

/* One honest frame that is altered again and again, with as little handshaking as can be. */
struct trial {
    enum moment moment;
    uint8_t frame[2048];
    size_t len;
};

static void start_again(struct sym_channel *c)
{
    static const uint8_t key[SYM_AEAD_KEY_BYTES] = {7};
    sym_channel_clear(c);
    assert_int_equal(sym_aead_init(&c->aead, key), SYM_OK);
}

static void open_trial(struct trial *t, struct pair *p, enum moment moment)
{
    t->moment = moment;
    if (moment > AT_ANSWER) {
        pair_renew(p, true);
        pair_grant(p);
        start_again(&p->initiator->sending);
        say(p, moment);
    } else {
        (void)advance(p, moment);
    }
    assert_true(p->len <= sizeof t->frame);
    t->len = p->len;
    memcpy(t->frame, p->frame, t->len);
}

/* The frame in p->frame, and a session that would take it. */
static struct sym_session *again(const struct trial *t, struct pair *p)
{
    if (t->moment == AT_ANSWER) {
        return advance(p, AT_ANSWER); /* a receipt fits one request only */
    }
    if (t->moment == AT_ASK) {
        struct sym_session_parties b = pair_parties(p, PAIR_B, PAIR_A);
        sym_session_free(p->responder);
        assert_int_equal(sym_session_new(&p->responder, SYM_SESSION_RESPONDER, &b, p->exchange_id),
                         SYM_OK);
    } else {
        start_again(&p->responder->receiving);
        p->responder->has_keys = true;
        p->responder->state = SYM_SESSION_OPEN;
    }
    memcpy(p->frame, t->frame, t->len);
    p->len = t->len;
    return p->responder;
}

static enum sym_err error_at(enum moment moment, size_t at)
{
    if (at == 0) {
        return SYM_BAD_VERSION;
    }
    if (at < SYM_ENVELOPE_BYTES) {
        return SYM_BAD_VALUE;
    }
    bool hint = moment == AT_ASK && at < SYM_ENVELOPE_BYTES + SYM_KEY_HINTS_BYTES;
    return hint ? SYM_BAD_VALUE : SYM_BAD_TAG;
}

static void alter(struct trial *t, struct pair *p, size_t bit)
{
    struct sym_session *to = again(t, p);
    p->frame[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    /* One bit makes another known frame type of this one. */
    bool known_type = bit / 8 == 1 && p->frame[1] >= SYM_FRAME_ASK && p->frame[1] <= 3;
    pair_refuses(p, to, known_type ? SYM_WRONG_STATE : error_at(t->moment, bit / 8), "altered bit");
}

static void refuses_each_byte_of_each_frame_when_it_is_altered(void **state)
{
    (void)state;
    struct pair p;
    struct trial t;
    pair_open(&p, true);
    for (int moment = 0; moment < MOMENTS; moment++) {
        open_trial(&t, &p, (enum moment)moment);
        for (size_t at = 0; at < t.len; at++) {
            alter(&t, &p, 8 * at + at % 8);
        }
        assert_int_equal(pair_give(&p, again(&t, &p)), SYM_OK);
    }
    pair_close(&p);
}

static void refuses_each_bit_of_an_envelope_and_of_a_sealed_frame(void **state)
{
    (void)state;
    struct pair p;
    struct trial t;
    pair_open(&p, false);
    for (int moment = AT_DATA; moment < MOMENTS; moment++) {
        open_trial(&t, &p, (enum moment)moment);
        for (size_t bit = 0; bit < 8 * t.len; bit++) {
            alter(&t, &p, bit);
        }
        assert_int_equal(pair_give(&p, again(&t, &p)), SYM_OK);
    }
    pair_close(&p);
}

static void refuses_a_frame_that_was_cut_off_anywhere(void **state)
{
    (void)state;
    struct pair p;
    struct trial t;
    pair_open(&p, true);
    for (int moment = 0; moment < MOMENTS; moment++) {
        open_trial(&t, &p, (enum moment)moment);
        size_t least = SYM_ENVELOPE_BYTES;
        least += moment == AT_ASK      ? SYM_KEY_HINTS_BYTES + SYM_NOISE_OVERHEAD_BYTES
                 : moment == AT_ANSWER ? SYM_NOISE_OVERHEAD_BYTES
                                       : 1 + SYM_AEAD_TAG_BYTES;
        for (size_t len = 0; len < t.len; len += moment == AT_ANSWER && len > 90 ? 29 : 1) {
            struct sym_session *to = again(&t, &p);
            p.len = len;
            pair_refuses(&p, to, len < least ? SYM_SHORT : SYM_BAD_TAG, "cut off");
        }
    }
    pair_close(&p);
}

static void refuses_a_frame_with_bytes_added(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    for (int moment = 0; moment < MOMENTS; moment++) {
        struct sym_session *to = advance(&p, (enum moment)moment);
        p.frame[p.len++] = 0;
        pair_refuses(&p, to, SYM_BAD_TAG, "one byte more");
    }
    pair_close(&p);
}

static void refuses_a_handshake_longer_than_noise_allows(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    for (int moment = AT_ASK; moment <= AT_ANSWER; moment++) {
        struct sym_session *to = advance(&p, (enum moment)moment);
        memset(p.frame + p.len, 0, SYM_FRAME_BYTES_MAX - p.len);
        p.len = SYM_FRAME_BYTES_MAX;
        pair_refuses(&p, to, SYM_TOO_LONG, "a whole frame of handshake");
    }
    pair_close(&p);
}

static void refuses_a_frame_after_one_that_was_dropped(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    pair_grant(&p);
    pair_seal(&p, p.initiator, sym_span_text("lost"));
    pair_seal(&p, p.initiator, sym_span_text("next"));
    pair_refuses(&p, p.responder, SYM_BAD_TAG, "a gap");
    pair_renew(&p, true);
    pair_grant(&p);
    pair_seal(&p, p.responder, sym_span_text("lost"));
    pair_end(&p, p.responder);
    pair_refuses(&p, p.initiator, SYM_BAD_TAG, "a close after a gap");
    pair_close(&p);
}

static void refuses_a_frame_that_was_repeated(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    static const enum sym_err want[MOMENTS] = {
        [AT_ASK] = SYM_WRONG_STATE, [AT_ANSWER] = SYM_WRONG_STATE, [AT_DATA] = SYM_BAD_TAG,
        [AT_FILLER] = SYM_BAD_TAG,  [AT_CLOSE] = SYM_BAD_TAG,      [AT_ABORT] = SYM_WRONG_STATE};
    for (int moment = 0; moment < MOMENTS; moment++) {
        struct sym_session *to = advance(&p, (enum moment)moment);
        assert_int_equal(pair_give(&p, to), SYM_OK);
        pair_refuses(&p, to, want[moment], "repeated");
    }
    pair_close(&p);
}

static void refuses_frames_in_another_order(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    pair_grant(&p);
    uint8_t first[64];
    pair_seal(&p, p.initiator, sym_span_text("1"));
    size_t len = p.len;
    memcpy(first, p.frame, len);
    pair_seal(&p, p.initiator, sym_span_text("2"));
    pair_refuses(&p, p.responder, SYM_BAD_TAG, "the second first");
    memcpy(p.frame, first, len);
    assert_int_equal(pair_give(&p, p.responder), SYM_WRONG_STATE);
    pair_close(&p);
}

static void refuses_a_frame_sent_back_to_where_it_came_from(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    pair_ask(&p);
    pair_refuses(&p, p.initiator, SYM_WRONG_STATE, "own request");
    pair_renew(&p, true);
    pair_grant(&p);
    pair_seal(&p, p.initiator, sym_span_text("own"));
    pair_refuses(&p, p.initiator, SYM_BAD_TAG, "own data");
    pair_close(&p);
}

/* Two exchanges between the same two nodes over the same link. */
static void refuses_a_frame_of_another_session(void **state)
{
    (void)state;
    struct pair p;
    struct pair q;
    pair_open(&p, true);
    pair_open(&q, true);
    memcpy(q.psk, p.psk, sizeof p.psk);
    memcpy(q.exporter, p.exporter, sizeof p.exporter);
    for (int moment = 0; moment < MOMENTS; moment++) {
        struct sym_session *to = advance(&p, (enum moment)moment);
        (void)advance(&q, (enum moment)moment);
        memcpy(p.frame, q.frame, q.len);
        p.len = q.len;
        pair_refuses(&p, to, SYM_BAD_VALUE, "other exchange");
        /* The gate may write any exchange id into the envelope. */
        to = advance(&p, (enum moment)moment);
        memcpy(p.frame, q.frame, q.len);
        memcpy(p.frame + 2, p.exchange_id, sizeof p.exchange_id);
        p.len = q.len;
        pair_refuses(&p, to, SYM_BAD_TAG, "other exchange, readdressed");
    }
    pair_close(&p);
    pair_close(&q);
}

static void refuses_a_request_replayed_on_another_link(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    pair_ask(&p);
    p.exporter[0] ^= 1;
    struct sym_session_parties b = pair_parties(&p, PAIR_B, PAIR_A);
    struct sym_session *s = NULL;
    assert_int_equal(sym_session_new(&s, SYM_SESSION_RESPONDER, &b, p.exchange_id), SYM_OK);
    pair_refuses(&p, s, SYM_BAD_VALUE, "other exporter");
    sym_session_free(s);
    pair_close(&p);
}

/* Whoever replays a request gets a receipt it cannot read, and nothing more. */
static void a_replayed_request_opens_nothing(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    pair_ask(&p);
    struct sym_session_parties b = pair_parties(&p, PAIR_B, PAIR_A);
    struct sym_session *s = NULL;
    assert_int_equal(sym_session_new(&s, SYM_SESSION_RESPONDER, &b, p.exchange_id), SYM_OK);
    pair_pass(&p, s, SYM_EVENT_REQUESTED);
    struct sym_receipt receipt = {.decision = SYM_DECISION_GRANTED, .expires_ms = PAIR_NOW + 1000};
    assert_int_equal(
        sym_session_answer(s, &receipt, PAIR_NOW, p.frame, SYM_SESSION_FRAME_BYTES, &p.len),
        SYM_OK);
    assert_int_equal(sym_session_seal(s, p.frame, 4), SYM_WRONG_STATE);
    assert_int_equal(sym_session_fill(s, p.frame, 4), SYM_WRONG_STATE);
    struct sym_close close = {.version = 0};
    assert_int_equal(
        sym_session_close(s, &close, PAIR_NOW, p.frame, SYM_SESSION_FRAME_BYTES, &p.len),
        SYM_WRONG_STATE);
    sym_session_free(s);
    pair_close(&p);
}

static void refuses_an_ephemeral_key_of_small_order(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    struct sym_session *to = advance(&p, AT_ASK);
    memset(p.frame + SYM_ENVELOPE_BYTES + SYM_KEY_HINTS_BYTES, 0, SYM_X25519_BYTES);
    pair_refuses(&p, to, SYM_BAD_ELEMENT, "zero in a request");
    to = advance(&p, AT_ANSWER);
    memset(p.frame + SYM_ENVELOPE_BYTES, 0, SYM_X25519_BYTES);
    pair_refuses(&p, to, SYM_BAD_ELEMENT, "zero in an answer");
    pair_close(&p);
}

/* Keys that do not fit ----------------------------------------------------------------------------
 */

static void assert_mismatch(const struct sym_session_parties *a,
                            const struct sym_session_parties *b, enum sym_err want,
                            const char *what)
{
    struct pair p;
    pair_open(&p, false);
    sym_session_free(p.initiator);
    sym_session_free(p.responder);
    assert_int_equal(sym_session_new(&p.initiator, SYM_SESSION_INITIATOR, a, p.exchange_id),
                     SYM_OK);
    assert_int_equal(sym_session_new(&p.responder, SYM_SESSION_RESPONDER, b, p.exchange_id),
                     SYM_OK);
    pair_ask(&p);
    pair_refuses(&p, p.responder, want, what);
    pair_close(&p);
}

static void refuses_a_pair_whose_preshared_keys_differ(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    struct sym_session_parties a = pair_parties(&p, PAIR_A, PAIR_B);
    struct sym_session_parties b = pair_parties(&p, PAIR_B, PAIR_A);
    uint8_t other[SYM_PSK_BYTES];
    memcpy(other, p.psk, sizeof other);
    other[31] ^= 0x80;
    struct sym_span psk = a.psk;
    b.psk = sym_span(other, sizeof other);
    assert_mismatch(&a, &b, SYM_BAD_TAG, "another psk");
    b.psk = sym_span(NULL, 0);
    assert_mismatch(&a, &b, SYM_BAD_TAG, "psk against none");
    a.psk = sym_span(NULL, 0);
    b.psk = psk;
    assert_mismatch(&a, &b, SYM_BAD_TAG, "none against psk");
    pair_close(&p);
}

static void refuses_a_pair_that_pinned_something_else(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    struct sym_session_parties a = pair_parties(&p, PAIR_A, PAIR_B);
    struct sym_session_parties b = pair_parties(&p, PAIR_B, PAIR_A);
    struct sym_session_parties changed = b;
    changed.peer_exchange[0] ^= 1;
    assert_mismatch(&a, &changed, SYM_BAD_VALUE, "the hint of the sender's key");
    changed = b;
    changed.peer_exchange[31] ^= 1;
    assert_mismatch(&a, &changed, SYM_BAD_TAG, "the sender's key behind its hint");
    changed = b;
    changed.peer_identity[31] ^= 1;
    assert_mismatch(&a, &changed, SYM_BAD_SIGNATURE, "the identity key");
    changed = b;
    changed.peer = *pair_id(PAIR_STRANGER);
    assert_mismatch(&a, &changed, SYM_BAD_TAG, "the peer's id");
    changed = b;
    changed.self = *pair_id(PAIR_STRANGER);
    assert_mismatch(&a, &changed, SYM_BAD_TAG, "its own id");
    changed = a;
    changed.peer_exchange[0] ^= 1;
    assert_mismatch(&changed, &b, SYM_BAD_VALUE, "the hint of the receiver's key");
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_each_byte_of_each_frame_when_it_is_altered),
        cmocka_unit_test(refuses_each_bit_of_an_envelope_and_of_a_sealed_frame),
        cmocka_unit_test(refuses_a_frame_that_was_cut_off_anywhere),
        cmocka_unit_test(refuses_a_frame_with_bytes_added),
        cmocka_unit_test(refuses_a_handshake_longer_than_noise_allows),
        cmocka_unit_test(refuses_a_frame_after_one_that_was_dropped),
        cmocka_unit_test(refuses_a_frame_that_was_repeated),
        cmocka_unit_test(refuses_frames_in_another_order),
        cmocka_unit_test(refuses_a_frame_sent_back_to_where_it_came_from),
        cmocka_unit_test(refuses_a_frame_of_another_session),
        cmocka_unit_test(refuses_a_request_replayed_on_another_link),
        cmocka_unit_test(a_replayed_request_opens_nothing),
        cmocka_unit_test(refuses_an_ephemeral_key_of_small_order),
        cmocka_unit_test(refuses_a_pair_whose_preshared_keys_differ),
        cmocka_unit_test(refuses_a_pair_that_pinned_something_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
