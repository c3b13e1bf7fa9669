#include "proto/session.h"

#include "tests/support/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void assert_states(const struct pair *p, enum sym_session_state initiator,
                          enum sym_session_state responder)
{
    assert_int_equal(sym_session_state(p->initiator), initiator);
    assert_int_equal(sym_session_state(p->responder), responder);
}

/* A whole life ----------------------------------------------------------------------------------
 */

static void talk(struct pair *p)
{
    pair_grant(p);
    for (size_t len = 0; len < 300; len += 37) {
        uint8_t payload[300];
        memset(payload, (int)len, sizeof payload);
        pair_seal(p, p->initiator, sym_span(payload, len));
        pair_pass(p, p->responder, SYM_EVENT_DATA);
        assert_true(sym_span_equal(p->event.data, sym_span(payload, len)));
        pair_fill(p, p->responder, len);
        pair_pass(p, p->initiator, SYM_EVENT_FILLER);
        assert_int_equal(p->event.data.len, len);
        pair_seal(p, p->responder, sym_span(payload, len));
        pair_pass(p, p->initiator, SYM_EVENT_DATA);
        assert_true(sym_span_equal(p->event.data, sym_span(payload, len)));
    }
    assert_states(p, SYM_SESSION_OPEN, SYM_SESSION_OPEN);
}

static void live(bool with_psk, bool initiator_first)
{
    struct pair p;
    pair_open(&p, with_psk);
    talk(&p);
    struct sym_session *first = initiator_first ? p.initiator : p.responder;
    struct sym_session *second = initiator_first ? p.responder : p.initiator;
    pair_end(&p, first);
    assert_int_equal(sym_session_state(first), SYM_SESSION_CLOSED_HERE);
    pair_pass(&p, second, SYM_EVENT_CLOSED);
    assert_int_equal(sym_session_state(second), SYM_SESSION_CLOSED_THERE);
    assert_int_equal(p.event.close.sent->frames, initiator_first ? 10 : 9);
    assert_int_equal(p.event.close.received->frames, initiator_first ? 9 : 10);
    pair_end(&p, second);
    assert_int_equal(sym_session_state(second), SYM_SESSION_ENDED);
    pair_pass(&p, first, SYM_EVENT_CLOSED);
    assert_int_equal(sym_session_state(first), SYM_SESSION_ENDED);
    assert_false(first->has_keys || second->has_keys);
    pair_close(&p);
}

static void two_sessions_live_and_end_with_a_preshared_key(void **state)
{
    (void)state;
    live(true, true);
    live(true, false);
}

static void two_sessions_live_and_end_without_a_preshared_key(void **state)
{
    (void)state;
    live(false, true);
    live(false, false);
}

static void both_may_close_at_once(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    talk(&p);
    pair_end(&p, p.initiator);
    size_t len = p.len;
    uint8_t *frame = malloc(len);
    assert_non_null(frame);
    memcpy(frame, p.frame, len);
    pair_end(&p, p.responder);
    pair_pass(&p, p.initiator, SYM_EVENT_CLOSED);
    memcpy(p.frame, frame, len);
    p.len = len;
    pair_pass(&p, p.responder, SYM_EVENT_CLOSED);
    assert_states(&p, SYM_SESSION_ENDED, SYM_SESSION_ENDED);
    free(frame);
    pair_close(&p);
}

/* Kinds such as `witness` say all they have to say in request, receipt and close. */
static void an_exchange_without_data_may_be_closed(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    pair_ask(&p);
    pair_pass(&p, p.responder, SYM_EVENT_REQUESTED);
    pair_answer(&p, SYM_DECISION_GRANTED);
    pair_pass(&p, p.initiator, SYM_EVENT_ANSWERED);
    assert_int_equal(sym_session_confirm(p.initiator), SYM_OK);
    pair_end(&p, p.initiator);
    pair_pass(&p, p.responder, SYM_EVENT_CLOSED);
    assert_int_equal(p.event.close.sent->frames, 0);
    pair_end(&p, p.responder);
    pair_pass(&p, p.initiator, SYM_EVENT_CLOSED);
    assert_states(&p, SYM_SESSION_ENDED, SYM_SESSION_ENDED);
    pair_close(&p);
}

static void the_request_arrives_as_it_was_asked(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    pair_ask(&p);
    struct sym_envelope e;
    struct sym_span body;
    uint8_t sender[SYM_KEY_HINT_BYTES];
    uint8_t receiver[SYM_KEY_HINT_BYTES];
    assert_int_equal(sym_envelope_read(&e, &body, sym_span(p.frame, p.len)), SYM_OK);
    assert_int_equal(sym_session_hints(sender, receiver, body), SYM_OK);
    struct sym_session_parties a = pair_parties(&p, PAIR_A, PAIR_B);
    assert_memory_equal(sender, a.exchange->public_key, SYM_KEY_HINT_BYTES);
    assert_memory_equal(receiver, a.peer_exchange, SYM_KEY_HINT_BYTES);
    assert_int_equal(sym_session_hints(sender, receiver, sym_span(body.data, 15)), SYM_SHORT);
    pair_pass(&p, p.responder, SYM_EVENT_REQUESTED);
    const struct sym_request *q = &p.event.request;
    struct sym_request want = pair_request();
    assert_memory_equal(q->initiator.data, pair_id(PAIR_A)->bytes, SYM_NODE_ID_BYTES);
    assert_memory_equal(q->responder.data, pair_id(PAIR_B)->bytes, SYM_NODE_ID_BYTES);
    assert_memory_equal(q->exchange_id.data, p.exchange_id, SYM_EXCHANGE_ID_BYTES);
    assert_memory_equal(q->exporter.data, p.exporter, SYM_HASH_BYTES);
    assert_int_equal(q->issued_ms, PAIR_NOW);
    assert_int_equal(q->expires_ms, PAIR_NOW + 60000);
    assert_int_equal(q->kind, want.kind);
    assert_true(sym_span_equal(q->dataset, want.dataset));
    assert_true(sym_span_equal(q->parameters, want.parameters));
    /* What was signed is what anybody can verify later. */
    SYM_ARENA_AUTO arena = {0};
    struct sym_request again;
    assert_int_equal(sym_signed_read(&arena, &again, &sym_msg_request, p.event.signed_bytes,
                                     pair_identity(PAIR_A)->public_key, SYM_DOMAIN_REQUEST),
                     SYM_OK);
    pair_close(&p);
}

static void a_refused_request_ends_both_sides(void **state)
{
    (void)state;
    static const enum sym_decision decisions[] = {SYM_DECISION_HELD, SYM_DECISION_DENIED};
    for (size_t i = 0; i < 2; i++) {
        struct pair p;
        pair_open(&p, i == 0);
        pair_ask(&p);
        pair_pass(&p, p.responder, SYM_EVENT_REQUESTED);
        pair_answer(&p, decisions[i]);
        pair_pass(&p, p.initiator, SYM_EVENT_ANSWERED);
        assert_int_equal(p.event.receipt.decision, decisions[i]);
        assert_states(&p, SYM_SESSION_ENDED, SYM_SESSION_ENDED);
        assert_false(p.initiator->has_keys || p.responder->has_keys);
        pair_close(&p);
    }
}

static void evidence_and_commitments_of_the_largest_size_travel(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    uint8_t *bytes = malloc(SYM_PARAMETERS_BYTES_MAX);
    assert_non_null(bytes);
    memset(bytes, 'e', SYM_PARAMETERS_BYTES_MAX);
    struct sym_span hashes[SYM_PROOF_HASHES_MAX];
    for (size_t i = 0; i < SYM_PROOF_HASHES_MAX; i++) {
        hashes[i] = sym_span(bytes, SYM_HASH_BYTES);
    }
    struct sym_evidence evidence = {.checkpoint = sym_span(bytes, SYM_CHECKPOINT_BYTES_MAX),
                                    .consistent_from = INT64_MAX,
                                    .consistency = hashes,
                                    .n_consistency = SYM_PROOF_HASHES_MAX,
                                    .leaf = sym_span(bytes, SYM_LEAF_BYTES_MAX),
                                    .leaf_index = INT64_MAX,
                                    .inclusion = hashes,
                                    .n_inclusion = SYM_PROOF_HASHES_MAX,
                                    .known = sym_span(bytes, SYM_CHECKPOINT_BYTES_MAX),
                                    .cosignature = sym_span(bytes, SYM_CHECKPOINT_BYTES_MAX)};
    struct sym_commitments commitments = {
        .case_ref = hashes[0], .note = hashes[0], .user = hashes[0], .approver = hashes[0]};
    struct sym_request request = pair_request();
    request.parameters = sym_span(bytes, SYM_PARAMETERS_BYTES_MAX);
    request.evidence = &evidence;
    request.commitments = &commitments;
    assert_int_equal(sym_session_ask(p.initiator, &request, PAIR_NOW, SYM_REQUEST_LIFE_MS_MAX,
                                     p.frame, SYM_SESSION_FRAME_BYTES, &p.len),
                     SYM_OK);
    pair_pass(&p, p.responder, SYM_EVENT_REQUESTED);
    assert_int_equal(p.event.request.evidence->n_inclusion, SYM_PROOF_HASHES_MAX);
    assert_int_equal(p.event.request.commitments->approver.len, SYM_HASH_BYTES);
    free(bytes);
    pair_close(&p);
}

static void the_largest_payload_fills_a_frame(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    pair_grant(&p);
    uint8_t *payload = calloc(1, SYM_DATA_BYTES_MAX);
    assert_non_null(payload);
    pair_seal(&p, p.responder, sym_span(payload, SYM_DATA_BYTES_MAX));
    assert_int_equal(p.len, SYM_FRAME_BYTES_MAX);
    pair_pass(&p, p.initiator, SYM_EVENT_DATA);
    assert_int_equal(p.event.data.len, SYM_DATA_BYTES_MAX);
    assert_int_equal(sym_session_seal(p.initiator, p.frame, SYM_DATA_BYTES_MAX + 1), SYM_TOO_LONG);
    assert_int_equal(sym_session_state(p.initiator), SYM_SESSION_DEAD);
    free(payload);
    pair_close(&p);
}

static void an_abort_from_either_side_says_why_at_any_point(void **state)
{
    (void)state;
    /* Steps before the abort: receipt, confirmation, data, one close. */
    for (int steps = 0; steps < 4; steps++) {
        for (int side = 0; side < 2; side++) {
            struct pair p;
            pair_open(&p, steps % 2 == 0);
            struct sym_session *from = side == 0 ? p.initiator : p.responder;
            struct sym_session *to = side == 0 ? p.responder : p.initiator;
            pair_ask(&p);
            pair_pass(&p, p.responder, SYM_EVENT_REQUESTED);
            pair_answer(&p, SYM_DECISION_GRANTED);
            pair_pass(&p, p.initiator, SYM_EVENT_ANSWERED);
            if (steps >= 1) {
                assert_int_equal(sym_session_confirm(p.initiator), SYM_OK);
            }
            if (steps >= 2) {
                pair_seal(&p, p.initiator, sym_span_text("data"));
                pair_pass(&p, p.responder, SYM_EVENT_DATA);
            }
            if (steps >= 3) {
                pair_end(&p, p.initiator);
                pair_pass(&p, p.responder, SYM_EVENT_CLOSED);
            }
            bool has_closed = steps >= 3;
            pair_abort(&p, from);
            pair_pass(&p, to, SYM_EVENT_ABORTED);
            assert_int_equal(p.event.abort.reason, SYM_REASON_CANCELLED);
            assert_int_equal(p.event.abort.sent->frames, side == 0 && steps >= 2 ? 1 : 0);
            if (!has_closed) { /* the other side has not said its last word */
                assert_int_equal(sym_session_state(from), SYM_SESSION_ABORTED_HERE);
                assert_int_equal(sym_session_state(to), SYM_SESSION_ABORTED_THERE);
                pair_abort(&p, to);
                pair_pass(&p, from, SYM_EVENT_ABORTED);
            }
            if (!has_closed || from == p.responder) {
                assert_states(&p, SYM_SESSION_DEAD, SYM_SESSION_DEAD);
                assert_false(p.initiator->has_keys || p.responder->has_keys);
            }
            pair_close(&p);
        }
    }
}

/* What was under way when the other side aborted does not make its abort invalid. */
static void an_abort_is_taken_although_data_was_under_way(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    pair_grant(&p);
    pair_seal(&p, p.initiator, sym_span_text("never arrives"));
    pair_abort(&p, p.responder);
    pair_pass(&p, p.initiator, SYM_EVENT_ABORTED);
    pair_close(&p);
}

static void the_frames_of_a_dead_session_may_still_tell_the_other_side(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    pair_grant(&p);
    pair_seal(&p, p.initiator, sym_span_text("x"));
    p.frame[p.len - 1] ^= 1;
    assert_int_equal(pair_give(&p, p.responder), SYM_BAD_TAG);
    assert_int_equal(sym_session_state(p.responder), SYM_SESSION_DEAD);
    pair_abort(&p, p.responder);
    pair_pass(&p, p.initiator, SYM_EVENT_ABORTED);
    pair_close(&p);
}

/* Bad calls -------------------------------------------------------------------------------------
 */

static void refuses_to_ask_for_longer_than_a_request_may_live(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    struct sym_request request = pair_request();
    assert_int_equal(sym_session_ask(p.initiator, &request, PAIR_NOW, SYM_REQUEST_LIFE_MS_MAX + 1,
                                     p.frame, SYM_SESSION_FRAME_BYTES, &p.len),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_session_state(p.initiator), SYM_SESSION_DEAD);
    pair_close(&p);
}

static void refuses_to_answer_a_request_that_has_expired(void **state)
{
    (void)state;
    for (uint64_t late = 0; late < 2; late++) {
        struct pair p;
        pair_open(&p, true);
        pair_ask(&p);
        pair_pass(&p, p.responder, SYM_EVENT_REQUESTED);
        p.now_ms = PAIR_NOW + 60000 + SYM_CLOCK_SKEW_MS + late;
        struct sym_receipt receipt = {.decision = SYM_DECISION_GRANTED,
                                      .expires_ms = p.now_ms + 1000};
        assert_int_equal(sym_session_answer(p.responder, &receipt, p.now_ms, p.frame,
                                            SYM_SESSION_FRAME_BYTES, &p.len),
                         late == 0 ? SYM_OK : SYM_EXPIRED);
        assert_int_equal(sym_session_state(p.responder),
                         late == 0 ? SYM_SESSION_GRANTED : SYM_SESSION_DEAD);
        pair_close(&p);
    }
}

/* As of a node that stood still: it grants what nobody waits for any more, and has to hear that. */
static void takes_a_late_answer_only_to_abort(void **state)
{
    (void)state;
    for (int abandoned = 0; abandoned < 2; abandoned++) {
        struct pair p;
        struct sym_session_event event;
        pair_open(&p, true);
        pair_ask(&p);
        pair_pass(&p, p.responder, SYM_EVENT_REQUESTED);
        p.now_ms = PAIR_NOW + 60001;
        struct sym_receipt receipt = {.decision = SYM_DECISION_GRANTED,
                                      .expires_ms = p.now_ms + 1000};
        assert_int_equal(sym_session_answer(p.responder, &receipt, p.now_ms, p.frame,
                                            SYM_SESSION_FRAME_BYTES, &p.len),
                         SYM_OK);
        if (abandoned == 1) {
            sym_session_abandon(p.initiator);
        }
        assert_int_equal(sym_session_receive(p.initiator, p.frame, p.len, p.now_ms, &event),
                         abandoned == 1 ? SYM_OK : SYM_EXPIRED);
        if (abandoned == 1) {
            struct sym_abort abort = {.reason = SYM_REASON_TIMEOUT};
            assert_int_equal(sym_session_confirm(p.initiator), SYM_WRONG_STATE);
            assert_int_equal(sym_session_abort(p.initiator, &abort, p.now_ms, p.frame,
                                               SYM_SESSION_FRAME_BYTES, &p.len),
                             SYM_OK);
            pair_pass(&p, p.responder, SYM_EVENT_ABORTED);
        }
        pair_close(&p);
    }
}

static void refuses_to_sign_what_is_outside_the_limits(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    struct sym_request request = pair_request();
    request.kind = 0;
    assert_int_equal(sym_session_ask(p.initiator, &request, PAIR_NOW, 1000, p.frame,
                                     SYM_SESSION_FRAME_BYTES, &p.len),
                     SYM_BAD_VALUE);
    pair_renew(&p, false);
    pair_ask(&p);
    pair_pass(&p, p.responder, SYM_EVENT_REQUESTED);
    struct sym_receipt receipt = {.decision = SYM_DECISION_DENIED + 1, .expires_ms = PAIR_NOW};
    assert_int_equal(sym_session_answer(p.responder, &receipt, PAIR_NOW, p.frame,
                                        SYM_SESSION_FRAME_BYTES, &p.len),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_session_state(p.responder), SYM_SESSION_DEAD);
    pair_close(&p);
}

static void dies_when_there_is_no_room_for_a_frame(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    struct sym_request request = pair_request();
    struct sym_close close = {.version = 0};
    struct sym_abort abort = {.reason = 1};
    assert_int_equal(sym_session_ask(p.initiator, &request, PAIR_NOW, 1000, p.frame, 17, &p.len),
                     SYM_TOO_LONG);
    pair_renew(&p, false);
    assert_int_equal(sym_session_ask(p.initiator, &request, PAIR_NOW, 1000, p.frame, 100, &p.len),
                     SYM_TOO_LONG);
    pair_renew(&p, false);
    pair_grant(&p);
    assert_int_equal(sym_session_close(p.initiator, &close, PAIR_NOW, p.frame, 34, &p.len),
                     SYM_TOO_LONG);
    assert_int_equal(sym_session_state(p.initiator), SYM_SESSION_DEAD);
    assert_int_equal(sym_session_close(p.responder, &close, PAIR_NOW, p.frame, 100, &p.len),
                     SYM_TOO_LONG);
    assert_int_equal(sym_session_abort(p.responder, &abort, PAIR_NOW, p.frame, 100, &p.len),
                     SYM_TOO_LONG);
    assert_int_equal(
        sym_session_abort(p.responder, &abort, PAIR_NOW, p.frame, SYM_SESSION_FRAME_BYTES, &p.len),
        SYM_WRONG_STATE);
    pair_close(&p);
}

static void dies_when_it_cannot_say_in_an_abort_what_was_sent(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    pair_grant(&p);
    struct sym_abort abort = {.reason = 1};
    p.responder->sent.hash.failed = true;
    assert_int_equal(
        sym_session_abort(p.responder, &abort, PAIR_NOW, p.frame, SYM_SESSION_FRAME_BYTES, &p.len),
        SYM_NO_MEMORY);
    assert_int_equal(sym_session_state(p.responder), SYM_SESSION_DEAD);
    assert_false(p.responder->has_keys);
    pair_close(&p);
}

static void refuses_a_preshared_key_of_another_length(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    struct sym_session_parties parties = pair_parties(&p, PAIR_A, PAIR_B);
    struct sym_session *s = NULL;
    parties.psk.len = 31;
    assert_int_equal(sym_session_new(&s, SYM_SESSION_INITIATOR, &parties, p.exchange_id),
                     SYM_BAD_FORMAT);
    assert_null(s);
    sym_session_free(NULL);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_sessions_live_and_end_with_a_preshared_key),
        cmocka_unit_test(two_sessions_live_and_end_without_a_preshared_key),
        cmocka_unit_test(both_may_close_at_once),
        cmocka_unit_test(an_exchange_without_data_may_be_closed),
        cmocka_unit_test(the_request_arrives_as_it_was_asked),
        cmocka_unit_test(a_refused_request_ends_both_sides),
        cmocka_unit_test(evidence_and_commitments_of_the_largest_size_travel),
        cmocka_unit_test(the_largest_payload_fills_a_frame),
        cmocka_unit_test(an_abort_from_either_side_says_why_at_any_point),
        cmocka_unit_test(an_abort_is_taken_although_data_was_under_way),
        cmocka_unit_test(the_frames_of_a_dead_session_may_still_tell_the_other_side),
        cmocka_unit_test(refuses_to_ask_for_longer_than_a_request_may_live),
        cmocka_unit_test(refuses_to_answer_a_request_that_has_expired),
        cmocka_unit_test(takes_a_late_answer_only_to_abort),
        cmocka_unit_test(refuses_to_sign_what_is_outside_the_limits),
        cmocka_unit_test(dies_when_there_is_no_room_for_a_frame),
        cmocka_unit_test(dies_when_it_cannot_say_in_an_abort_what_was_sent),
        cmocka_unit_test(refuses_a_preshared_key_of_another_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
