/* Walks the table of a session: every state with every frame and every call. */
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
static bool is_initiator(enum situation s)
{
    return s == I_NEW || s == I_ASKED || s == I_ANSWERED || s == I_OPEN || s == I_CLOSED_HERE ||
           s == I_CLOSED_THERE || s == I_ENDED || s == I_DENIED || s == I_FAILED_BEFORE_KEYS ||
           s == I_FAILED || s == I_HAS_ABORTED || s == I_WAS_ABORTED;
}

static void break_frame(struct pair *p, struct sym_session *to)
{
    p->frame[p->len - 1] ^= 1;
    assert_int_equal(pair_give(p, to), SYM_BAD_TAG);
}

/* Brings the handshake as far as the situation is in it; false when it lies behind. */
static bool reach_handshake(struct pair *p, enum situation s)
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

static void reach(struct pair *p, enum situation s)
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

/* Every frame that can be made. */
#define FRAMES(X)                                                                                  \
    X(ASK)                                                                                         \
    X(ANSWER)                                                                                      \
    X(DATA)                                                                                        \
    X(FILLER)                                                                                      \
    X(CLOSE)                                                                                       \
    X(ABORT)                                                                                       \
    X(TYPE_0)                                                                                      \
    X(TYPE_5)                                                                                      \
    X(TYPE_255)                                                                                    \
    X(WITHOUT_TYPE)                                                                                \
    X(OTHER_EXCHANGE)                                                                              \
    X(OTHER_VERSION)                                                                               \
    X(OTHER_FRAME_TYPE)                                                                            \
    X(SHORT)                                                                                       \
    X(TOO_LONG)                                                                                    \
    X(REFLECTED)

enum frame {
#define FRAME(name) F_##name,
    FRAMES(FRAME)
#undef FRAME
        FRAME_COUNT
};

static const char *const frame_names[] = {
#define FRAME(name) #name,
    FRAMES(FRAME)
#undef FRAME
};

enum sender { RIGHT, WRONG };

/* Transport keys for sessions whose keys are gone, so that there is a frame at all. */
static void have_keys(struct sym_session *s)
{
    uint8_t key[SYM_AEAD_KEY_BYTES] = {7};
    if (s->sending.aead.context == NULL) {
        assert_int_equal(sym_aead_init(&s->sending.aead, key), SYM_OK);
    }
    s->sending.dead = false;
}

static void make_close(struct pair *p, struct sym_session *from, const struct sym_session *to,
                       bool as_abort, const struct sym_sign_key *key)
{
    uint8_t body[1024];
    uint8_t *out = malloc(131072);
    size_t body_len = 0;
    size_t len = 0;
    struct sym_transcripts t;
    assert_non_null(out);
    assert_int_equal(sym_transcripts_take(&t, &to->received, &to->sent), SYM_OK);
    struct sym_close close = {.version = SYM_EXCHANGE_VERSION,
                              .exchange_id = sym_span(p->exchange_id, sizeof p->exchange_id),
                              .initiator = sym_node_id_span(pair_id(PAIR_A)),
                              .responder = sym_node_id_span(pair_id(PAIR_B)),
                              .closer =
                                  sym_node_id_span(pair_id(to == p->initiator ? PAIR_B : PAIR_A)),
                              .closed_ms = p->now_ms,
                              .request_hash = sym_span(to->request_hash, SYM_HASH_BYTES),
                              .receipt_hash = sym_span(to->receipt_hash, SYM_HASH_BYTES),
                              .sent = &t.sent,
                              .received = &t.received};
    struct sym_abort abort = {.version = close.version,
                              .exchange_id = close.exchange_id,
                              .initiator = close.initiator,
                              .responder = close.responder,
                              .aborter = close.closer,
                              .aborted_ms = close.closed_ms,
                              .request_hash = close.request_hash,
                              .receipt_hash = close.receipt_hash,
                              .sent = close.sent,
                              .received = close.received};
    assert_int_equal(as_abort ? sym_encode(body, sizeof body, &body_len, &sym_msg_abort, &abort)
                              : sym_encode(body, sizeof body, &body_len, &sym_msg_close, &close),
                     SYM_OK);
    pair_sign(out, &len, sym_span(body, body_len), key,
              as_abort ? SYM_DOMAIN_ABORT : SYM_DOMAIN_CLOSE);
    pair_forge_sealed(p, from, as_abort ? INNER_ABORT : INNER_CLOSE, sym_span(out, len));
    free(out);
}

/* An ASK of this exchange, as good as any for a session that takes one. */
static void make_ask(struct pair *p, enum sender sender)
{
    struct liar liar;
    struct sym_request q = pair_request();
    liar_open(&liar, p, PAIR_A, sender == RIGHT ? PAIR_A : PAIR_STRANGER);
    q.version = SYM_EXCHANGE_VERSION;
    q.exchange_id = sym_span(p->exchange_id, sizeof p->exchange_id);
    q.initiator = sym_node_id_span(pair_id(PAIR_A));
    q.responder = sym_node_id_span(pair_id(PAIR_B));
    q.issued_ms = p->now_ms;
    q.expires_ms = p->now_ms + 1000;
    q.ephemeral = sym_span(liar.ephemeral, sizeof liar.ephemeral);
    q.exporter = sym_span(p->exporter, sizeof p->exporter);
    uint8_t out[2048];
    size_t len = 0;
    assert_int_equal(sym_signed_write(out, sizeof out, &len, &sym_msg_request, &q,
                                      pair_identity(PAIR_A), SYM_DOMAIN_REQUEST),
                     SYM_OK);
    liar_ask(&liar, p, sym_span(out, len));
    liar_close(&liar);
}

/* The answer to what the initiator asked, or to a request of nobody. */
static void make_answer(struct pair *p, enum sender sender, const struct sym_session *subject)
{
    if (sender == RIGHT && sym_session_state(subject) == SYM_SESSION_ASKED) {
        pair_pass(p, p->responder, SYM_EVENT_REQUESTED);
        pair_answer(p, SYM_DECISION_GRANTED);
        return;
    }
    struct liar asker;
    struct liar answerer;
    uint8_t hash[SYM_HASH_BYTES];
    liar_open(&asker, p, PAIR_A, PAIR_A);
    liar_open(&answerer, p, PAIR_B, PAIR_B);
    liar_ask(&asker, p, sym_span(NULL, 0));
    liar_read(&answerer, p, hash);
    liar_answer(&answerer, p, sym_span_text("receipt"));
    liar_close(&asker);
    liar_close(&answerer);
}

/* The frame as other makes it for subject; with sender WRONG, as a stranger does. */
static void make(struct pair *p, enum frame f, enum sender sender, struct sym_session *subject,
                 struct sym_session *other)
{
    const struct sym_sign_key *key = pair_identity(subject == p->initiator ? PAIR_B : PAIR_A);
    struct pair stranger = {0};
    if (sender == WRONG) {
        pair_open(&stranger, true);
        pair_grant(&stranger);
        other = subject == p->initiator ? stranger.responder : stranger.initiator;
        key = pair_identity(PAIR_STRANGER);
    } else if (f != F_ASK && f != F_ANSWER) {
        have_keys(other);
    }
    switch (f) {
    case F_ASK:
        make_ask(p, sender);
        break;
    case F_ANSWER:
        make_answer(p, sender, subject);
        break;
    case F_CLOSE:
    case F_ABORT:
        make_close(p, other, subject, f == F_ABORT, key);
        break;
    case F_WITHOUT_TYPE:
        pair_forge_sealed(p, other, 0, sym_span(NULL, 0));
        p->len--;
        break;
    case F_TYPE_0:
    case F_TYPE_5:
    case F_TYPE_255:
        pair_forge_sealed(p, other,
                          f == F_TYPE_0   ? 0
                          : f == F_TYPE_5 ? 5
                                          : 255,
                          sym_span_text("?"));
        break;
    case F_REFLECTED:
        have_keys(subject);
        pair_forge_sealed(p, subject, INNER_DATA, sym_span_text("data"));
        break;
    case F_DATA:
    case F_FILLER:
    case F_OTHER_EXCHANGE:
    case F_OTHER_VERSION:
    case F_OTHER_FRAME_TYPE:
    case F_SHORT:
    case F_TOO_LONG:
    case FRAME_COUNT:
        pair_forge_sealed(p, other, f == F_FILLER ? INNER_FILLER : INNER_DATA,
                          sym_span_text("data"));
        break;
    }
    if (f == F_OTHER_EXCHANGE) {
        p->frame[2] ^= 1;
    } else if (f == F_OTHER_VERSION) {
        p->frame[0]++;
    } else if (f == F_OTHER_FRAME_TYPE) {
        p->frame[1] = 4;
    } else if (f == F_SHORT) {
        p->len = SYM_ENVELOPE_BYTES - 1;
    }
    if (stranger.frame != NULL) {
        pair_close(&stranger);
    }
}

/* What the documentation says: bit i is set where frame i is taken. */
static unsigned taken_in(enum situation s)
{
    switch (s) {
    case R_NEW:
        return 1u << F_ASK;
    case I_ASKED:
        return 1u << F_ANSWER;
    case I_ANSWERED:
    case I_CLOSED_THERE:
    case R_CLOSED_THERE:
        return 1u << F_ABORT;
    case R_GRANTED:
    case I_OPEN:
    case R_OPEN:
    case I_HAS_ABORTED: /* what was on its way, and the other side's word */
    case R_HAS_ABORTED:
        return 1u << F_DATA | 1u << F_FILLER | 1u << F_CLOSE | 1u << F_ABORT;
    case I_CLOSED_HERE:
    case R_CLOSED_HERE:
        return 1u << F_CLOSE | 1u << F_ABORT;
    case I_NEW:
    case R_DECIDING:
    case I_ENDED:
    case R_ENDED:
    case I_DENIED:
    case R_DENIED:
    case I_FAILED_BEFORE_KEYS:
    case R_FAILED_BEFORE_KEYS:
    case I_FAILED:
    case R_FAILED:
    case I_WAS_ABORTED:
    case R_WAS_ABORTED:
    case SITUATION_COUNT:
        break;
    }
    return 0;
}

static bool has_aborted(enum situation s)
{
    return s == I_HAS_ABORTED || s == R_HAS_ABORTED;
}

static bool was_aborted(enum situation s)
{
    return s == I_WAS_ABORTED || s == R_WAS_ABORTED;
}

static bool opens_frames(enum situation s)
{
    return (s >= I_ANSWERED && s <= R_CLOSED_THERE) || has_aborted(s);
}

static enum sym_err expected(enum situation s, enum frame f, enum sender sender)
{
    bool sealed = f != F_ASK && f != F_ANSWER;
    switch ((int)f) {
    case F_OTHER_EXCHANGE:
    case F_OTHER_FRAME_TYPE:
        return SYM_BAD_VALUE;
    case F_OTHER_VERSION:
        return SYM_BAD_VERSION;
    case F_SHORT:
        return SYM_SHORT;
    case F_TOO_LONG:
        return SYM_TOO_LONG;
    case F_WITHOUT_TYPE:
        return opens_frames(s) ? SYM_SHORT : SYM_WRONG_STATE;
    default:
        break;
    }
    if ((sealed && opens_frames(s) && (sender == WRONG || f == F_REFLECTED)) ||
        (!sealed && sender == WRONG && (taken_in(s) & 1u << f) != 0)) {
        return SYM_BAD_TAG;
    }
    return (taken_in(s) & 1u << f) != 0 ? SYM_OK : SYM_WRONG_STATE;
}

enum local_call { ASK, ANSWER, CONFIRM, SEAL, FILL, CLOSE, ABORT, LOCAL_CALLS };

static enum sym_err call(struct pair *p, struct sym_session *s, enum local_call what)
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

static unsigned calls_in(enum situation s)
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
static void assert_no_call(struct pair *p, struct sym_session *s, enum local_call what,
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
static void assert_dead(struct pair *p, struct sym_session *s, enum situation was)
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

static enum sym_session_event_kind event_of(enum situation s, enum frame f)
{
    if (has_aborted(s) && f == F_DATA) {
        return SYM_EVENT_FILLER;
    }
    static const enum sym_session_event_kind events[FRAME_COUNT] = {
        [F_ASK] = SYM_EVENT_REQUESTED, [F_ANSWER] = SYM_EVENT_ANSWERED,
        [F_DATA] = SYM_EVENT_DATA,     [F_FILLER] = SYM_EVENT_FILLER,
        [F_CLOSE] = SYM_EVENT_CLOSED,  [F_ABORT] = SYM_EVENT_ABORTED};
    return events[f];
}

static enum sym_session_state state_after(enum situation s, enum frame f)
{
    static const enum sym_session_state states[FRAME_COUNT] = {
        [F_ASK] = SYM_SESSION_DECIDING,       [F_ANSWER] = SYM_SESSION_ANSWERED,
        [F_DATA] = SYM_SESSION_OPEN,          [F_FILLER] = SYM_SESSION_OPEN,
        [F_CLOSE] = SYM_SESSION_CLOSED_THERE, [F_ABORT] = SYM_SESSION_ABORTED_THERE};
    if (has_aborted(s)) {
        return f == F_CLOSE || f == F_ABORT ? SYM_SESSION_DEAD : SYM_SESSION_ABORTED_HERE;
    }
    if (f == F_ABORT && situations[s].state == SYM_SESSION_CLOSED_HERE) {
        return SYM_SESSION_DEAD; /* both have said their last */
    }
    bool second_close = f == F_CLOSE && situations[s].state == SYM_SESSION_CLOSED_HERE;
    return second_close ? SYM_SESSION_ENDED : states[f];
}

static void walk_frame(enum situation s, enum frame f, enum sender sender)
{
    struct pair p;
    reach(&p, s);
    struct sym_session *subject = is_initiator(s) ? p.initiator : p.responder;
    struct sym_session *other = is_initiator(s) ? p.responder : p.initiator;
    assert_int_equal(sym_session_state(subject), situations[s].state);
    make(&p, f, sender, subject, other);
    enum sym_err err = SYM_OK;
    if (f == F_TOO_LONG) {
        uint8_t *longer = calloc(1, SYM_FRAME_BYTES_MAX + 1);
        assert_non_null(longer);
        err = sym_session_receive(subject, longer, SYM_FRAME_BYTES_MAX + 1, p.now_ms, &p.event);
        free(longer);
    } else {
        err = pair_give(&p, subject);
    }
    if (err != expected(s, f, sender)) {
        fail_msg("%s takes %s from the %s sender: %s instead of %s", situations[s].name,
                 frame_names[f], sender == RIGHT ? "right" : "wrong", sym_err_name(err),
                 sym_err_name(expected(s, f, sender)));
    }
    if (err != SYM_OK) {
        assert_dead(&p, subject, s);
    } else {
        assert_int_equal(p.event.kind, event_of(s, f));
        assert_int_equal(sym_session_state(subject), state_after(s, f));
    }
    pair_close(&p);
}

static void every_state_takes_what_its_table_says_and_dies_of_anything_else(void **state)
{
    (void)state;
    for (int s = 0; s < SITUATION_COUNT; s++) {
        for (int f = 0; f < FRAME_COUNT; f++) {
            walk_frame((enum situation)s, (enum frame)f, RIGHT);
        }
    }
}

static void no_state_takes_a_frame_of_somebody_else(void **state)
{
    (void)state;
    for (int s = 0; s < SITUATION_COUNT; s++) {
        for (int f = F_ASK; f <= F_ABORT; f++) {
            walk_frame((enum situation)s, (enum frame)f, WRONG);
        }
    }
}

static enum sym_session_state state_after_call(enum situation s, enum local_call what)
{
    static const enum sym_session_state states[LOCAL_CALLS] = {
        [ASK] = SYM_SESSION_ASKED,          [ANSWER] = SYM_SESSION_GRANTED,
        [CONFIRM] = SYM_SESSION_OPEN,       [SEAL] = SYM_SESSION_OPEN,
        [FILL] = SYM_SESSION_OPEN,          [CLOSE] = SYM_SESSION_CLOSED_HERE,
        [ABORT] = SYM_SESSION_ABORTED_HERE,
    };
    if (what == ABORT && (was_aborted(s) || situations[s].state == SYM_SESSION_CLOSED_THERE)) {
        return SYM_SESSION_DEAD;
    }
    bool second_close = what == CLOSE && situations[s].state == SYM_SESSION_CLOSED_THERE;
    return second_close ? SYM_SESSION_ENDED : states[what];
}

static void every_state_does_what_it_may_and_refuses_any_other_call(void **state)
{
    (void)state;
    for (int s = 0; s < SITUATION_COUNT; s++) {
        for (int what = 0; what < LOCAL_CALLS; what++) {
            struct pair p;
            reach(&p, (enum situation)s);
            struct sym_session *subject =
                is_initiator((enum situation)s) ? p.initiator : p.responder;
            if ((calls_in((enum situation)s) & 1u << what) != 0) {
                enum sym_err err = call(&p, subject, (enum local_call)what);
                if (err != SYM_OK) {
                    fail_msg("%s: local call %d: %s", situations[s].name, what, sym_err_name(err));
                }
                assert_int_equal(sym_session_state(subject),
                                 state_after_call((enum situation)s, (enum local_call)what));
            } else {
                assert_no_call(&p, subject, (enum local_call)what, situations[s].name);
            }
            pair_close(&p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_takes_what_its_table_says_and_dies_of_anything_else),
        cmocka_unit_test(no_state_takes_a_frame_of_somebody_else),
        cmocka_unit_test(every_state_does_what_it_may_and_refuses_any_other_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
