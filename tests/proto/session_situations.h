/* session_situations.h - every state of a session, every way into it, and the calls that each
 * takes: for the tests that walk its table. */
#ifndef SYM_TESTS_PROTO_SESSION_SITUATIONS_H
#define SYM_TESTS_PROTO_SESSION_SITUATIONS_H

#include "proto/session.h"

#include "tests/support/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* Every state of either side, and every way into it that matters. */
#define SITUATIONS(X)                                                                              \
    X(I_NEW, NEW)                                                                                  \
    X(R_NEW, NEW)                                                                                  \
    X(I_ASKED, ASKED)                                                                              \
    X(R_DECIDING, DECIDING)                                                                        \
    X(I_ANSWERED, ANSWERED)                                                                        \
    X(R_GRANTED, GRANTED)                                                                          \
    X(I_OPEN, OPEN)                                                                                \
    X(R_OPEN, OPEN)                                                                                \
    X(I_CLOSED_HERE, CLOSED_HERE)                                                                  \
    X(R_CLOSED_HERE, CLOSED_HERE)                                                                  \
    X(I_CLOSED_THERE, CLOSED_THERE)                                                                \
    X(R_CLOSED_THERE, CLOSED_THERE)                                                                \
    X(I_ENDED, ENDED)                                                                              \
    X(R_ENDED, ENDED)                                                                              \
    X(I_DENIED, ENDED)                                                                             \
    X(R_DENIED, ENDED)                                                                             \
    X(I_FAILED_BEFORE_KEYS, DEAD)                                                                  \
    X(R_FAILED_BEFORE_KEYS, DEAD)                                                                  \
    X(I_FAILED, DEAD)                                                                              \
    X(R_FAILED, DEAD)                                                                              \
    X(I_HAS_ABORTED, ABORTED_HERE)                                                                 \
    X(R_HAS_ABORTED, ABORTED_HERE)                                                                 \
    X(I_WAS_ABORTED, ABORTED_THERE)                                                                \
    X(R_WAS_ABORTED, ABORTED_THERE)

enum situation {
#define SITUATION(name, state) name,
    SITUATIONS(SITUATION)
#undef SITUATION
        SITUATION_COUNT
};

static const struct {
    const char *name;
    enum sym_session_state state;
} situations[] = {
#define SITUATION(name, state) {#name, SYM_SESSION_##state},
    SITUATIONS(SITUATION)
#undef SITUATION
};

/* The I_ and R_ rows take turns, but for these. */
static inline bool is_initiator(enum situation s)
{
    return s == I_NEW || s == I_ASKED || s == I_ANSWERED || s == I_OPEN || s == I_CLOSED_HERE ||
           s == I_CLOSED_THERE || s == I_ENDED || s == I_DENIED || s == I_FAILED_BEFORE_KEYS ||
           s == I_FAILED || s == I_HAS_ABORTED || s == I_WAS_ABORTED;
}

static inline void break_frame(struct pair *p, struct sym_session *to)
{
    p->frame[p->len - 1] ^= 1;
    assert_int_equal(pair_give(p, to), SYM_BAD_TAG);
}

/* Brings the handshake as far as the situation is in it; false when it lies behind. */
static inline bool reach_handshake(struct pair *p, enum situation s)
{
    if (s == I_NEW || s == R_NEW) {
        return true;
    }
    pair_ask(p);
    if (s == I_ASKED) {
        return true;
    }
    if (s == R_FAILED_BEFORE_KEYS) {
        break_frame(p, p->responder);
        return true;
    }
    pair_pass(p, p->responder, SYM_EVENT_REQUESTED);
    if (s == R_DECIDING) {
        return true;
    }
    bool denied = s == I_DENIED || s == R_DENIED;
    pair_answer(p, denied ? SYM_DECISION_DENIED : SYM_DECISION_GRANTED);
    if (s == R_GRANTED || s == R_DENIED) {
        /* Its initiator goes on as far as it can, to have something to say. */
        pair_pass(p, p->initiator, SYM_EVENT_ANSWERED);
        assert_int_equal(sym_session_confirm(p->initiator), denied ? SYM_WRONG_STATE : SYM_OK);
        return true;
    }
    if (s == I_FAILED_BEFORE_KEYS) {
        break_frame(p, p->initiator);
        return true;
    }
    pair_pass(p, p->initiator, SYM_EVENT_ANSWERED);
    if (s == I_DENIED || s == I_ANSWERED) {
        return true;
    }
    assert_int_equal(sym_session_confirm(p->initiator), SYM_OK);
    pair_seal(p, p->initiator, sym_span_text("first"));
    pair_pass(p, p->responder, SYM_EVENT_DATA);
    return false;
}

static inline void reach(struct pair *p, enum situation s)
{
    pair_open(p, s % 4 < 2);
    if (reach_handshake(p, s)) {
        return;
    }
    struct sym_session *subject = is_initiator(s) ? p->initiator : p->responder;
    struct sym_session *other = is_initiator(s) ? p->responder : p->initiator;
    switch ((int)s) {
    case I_CLOSED_HERE:
    case R_CLOSED_HERE:
        pair_end(p, subject);
        break;
    case I_CLOSED_THERE:
    case R_CLOSED_THERE:
        pair_end(p, other);
        pair_pass(p, subject, SYM_EVENT_CLOSED);
        break;
    case I_ENDED:
    case R_ENDED:
        pair_end(p, other);
        pair_pass(p, subject, SYM_EVENT_CLOSED);
        pair_end(p, subject);
        break;
    case I_FAILED:
    case R_FAILED:
        pair_seal(p, other, sym_span_text("x"));
        break_frame(p, subject);
        break;
    case I_HAS_ABORTED:
    case R_HAS_ABORTED:
        pair_abort(p, subject);
        break;
    case I_WAS_ABORTED:
    case R_WAS_ABORTED:
        pair_abort(p, other);
        pair_pass(p, subject, SYM_EVENT_ABORTED);
        break;
    default:
        break;
    }
}

static inline bool has_aborted(enum situation s)
{
    return s == I_HAS_ABORTED || s == R_HAS_ABORTED;
}

static inline bool was_aborted(enum situation s)
{
    return s == I_WAS_ABORTED || s == R_WAS_ABORTED;
}

static inline bool opens_frames(enum situation s)
{
    return (s >= I_ANSWERED && s <= R_CLOSED_THERE) || has_aborted(s);
}

enum local_call { ASK, ANSWER, CONFIRM, SEAL, FILL, CLOSE, ABORT, LOCAL_CALLS };

static inline enum sym_err call(struct pair *p, struct sym_session *s, enum local_call what)
{
    struct sym_request request = pair_request();
    struct sym_receipt receipt = {.decision = SYM_DECISION_GRANTED, .expires_ms = p->now_ms + 1000};
    struct sym_close close = {.version = 0};
    struct sym_abort abort = {.reason = SYM_REASON_FAULT};
    uint8_t *frame = p->frame;
    size_t *len = &p->len;
    switch (what) {
    case ASK:
        return sym_session_ask(s, &request, p->now_ms, 1000, frame, SYM_SESSION_FRAME_BYTES, len);
    case ANSWER:
        return sym_session_answer(s, &receipt, p->now_ms, frame, SYM_SESSION_FRAME_BYTES, len);
    case CONFIRM:
        return sym_session_confirm(s);
    case SEAL:
        return sym_session_seal(s, frame, 10);
    case FILL:
        return sym_session_fill(s, frame, 10);
    case CLOSE:
        return sym_session_close(s, &close, p->now_ms, frame, SYM_SESSION_FRAME_BYTES, len);
    case ABORT:
        return sym_session_abort(s, &abort, p->now_ms, frame, SYM_SESSION_FRAME_BYTES, len);
    case LOCAL_CALLS:
        break;
    }
    return SYM_INTERNAL;
}

static inline unsigned calls_in(enum situation s)
{
    switch (s) {
    case I_NEW:
        return 1u << ASK;
    case R_DECIDING:
        return 1u << ANSWER;
    case I_ANSWERED:
        return 1u << CONFIRM | 1u << ABORT;
    case I_OPEN:
    case R_OPEN:
        return 1u << SEAL | 1u << FILL | 1u << CLOSE | 1u << ABORT;
    case I_CLOSED_THERE:
    case R_CLOSED_THERE:
        return 1u << CLOSE | 1u << ABORT;
    case R_GRANTED:
    case I_CLOSED_HERE:
    case R_CLOSED_HERE:
    case I_FAILED:
    case R_FAILED:
    case I_WAS_ABORTED:
    case R_WAS_ABORTED:
        return 1u << ABORT;
    case R_NEW:
    case I_ASKED:
    case I_ENDED:
    case R_ENDED:
    case I_DENIED:
    case R_DENIED:
    case I_FAILED_BEFORE_KEYS:
    case R_FAILED_BEFORE_KEYS:
    case I_HAS_ABORTED:
    case R_HAS_ABORTED:
    case SITUATION_COUNT:
        break;
    }
    return 0;
}

/* The call is refused, says nothing and changes nothing. */
static inline void assert_no_call(struct pair *p, struct sym_session *s, enum local_call what,
                                  const char *where)
{
    enum sym_session_state before = sym_session_state(s);
    memset(p->frame, 0xa5, 1000);
    p->len = 77;
    enum sym_err err = call(p, s, what);
    if (err != SYM_WRONG_STATE || sym_session_state(s) != before || p->len != 77) {
        fail_msg("%s: local call %d: %s", where, (int)what, sym_err_name(err));
    }
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(p->frame[i], 0xa5);
    }
}

/* After a refusal: dead unless it had ended, an event of nothing, no call but one abort. */
static inline void assert_dead(struct pair *p, struct sym_session *s, enum situation was)
{
    static const struct sym_session_event nothing;
    bool ended = situations[was].state == SYM_SESSION_ENDED;
    assert_int_equal(sym_session_state(s), ended ? SYM_SESSION_ENDED : SYM_SESSION_DEAD);
    assert_memory_equal(&p->event, &nothing, sizeof nothing);
    bool may_abort = (opens_frames(was) && !has_aborted(was)) || was_aborted(was) ||
                     was == I_FAILED || was == R_FAILED;
    for (int what = 0; what < ABORT; what++) {
        assert_no_call(p, s, (enum local_call)what, situations[was].name);
    }
    assert_int_equal(call(p, s, ABORT), may_abort ? SYM_OK : SYM_WRONG_STATE);
    assert_no_call(p, s, ABORT, situations[was].name);
}

#endif
