/* Walks the table of a session: every state with every frame. */
#include "tests/proto/session_situations.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_takes_what_its_table_says_and_dies_of_anything_else),
        cmocka_unit_test(no_state_takes_a_frame_of_somebody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
