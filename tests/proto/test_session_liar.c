/* Sessions against a peer who has all its keys and lies. */
#include "proto/session.h"

#include "tests/support/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define SIGNED_ROOM 131072u

enum tail {
    TAIL_NONE,
    TAIL_BEHIND_SIGNED,
    TAIL_BEHIND_BODY,
    BODY_EMPTY,
    BODY_GARBAGE,
    SIGNED_EMPTY
};

/* What is said differently; the fields of a message are changed by the lie itself. */
struct lie {
    const char *what;
    enum sym_err want;
    void (*tell)(void *message);
    const char *domain; /* NULL: the right one */
    bool other_key;
    enum tail tail;
};

static uint8_t changed[SYM_HASH_BYTES] = {0xee};
static const struct sym_span changed_hash = {changed, SYM_HASH_BYTES};
static const struct sym_span changed_id = {changed, SYM_EXCHANGE_ID_BYTES};

/* The Signed message of a lie, in out. */
static size_t sign_lie(uint8_t *out, const struct lie *lie, const struct sym_message *message,
                       void *value, enum pair_party party, const char *domain)
{
    uint8_t body[4096];
    size_t body_len = 0;
    size_t len = 0;
    if (lie->tell != NULL) {
        lie->tell(value);
    }
    assert_int_equal(sym_encode(body, sizeof body - 8, &body_len, message, value), SYM_OK);
    if (lie->tail == TAIL_BEHIND_BODY) {
        memcpy(body + body_len, "\xf8\x01\x01", 3); /* field 31 */
        body_len += 3;
    } else if (lie->tail == BODY_GARBAGE) {
        memset(body, 0xff, body_len);
    } else if (lie->tail == BODY_EMPTY) {
        body_len = 1; /* the tag of the first field */
    }
    pair_sign(out, &len, sym_span(body, body_len),
              pair_identity(lie->other_key ? PAIR_STRANGER : party),
              lie->domain != NULL ? lie->domain : domain);
    if (lie->tail == TAIL_BEHIND_SIGNED) {
        memcpy(out + len, "\x18\x01", 2); /* field 3 */
        len += 2;
    }
    return lie->tail == SIGNED_EMPTY ? 0 : len;
}

#define TELL(name, type, change)                                                                   \
    static void name(void *message)                                                                \
    {                                                                                              \
        struct type *q = message;                                                                  \
        change;                                                                                    \
    }

TELL(ask_other_exchange, sym_request, q->exchange_id = changed_id)
TELL(ask_other_initiator, sym_request, q->initiator = changed_hash)
TELL(ask_other_responder, sym_request, q->responder = changed_hash)
TELL(ask_swapped, sym_request, struct sym_span id = q->initiator; q->initiator = q->responder;
     q->responder = id)
TELL(ask_other_ephemeral, sym_request, q->ephemeral = changed_hash)
TELL(ask_other_exporter, sym_request, q->exporter = changed_hash)
TELL(ask_just_in_time, sym_request, q->issued_ms += SYM_CLOCK_SKEW_MS;
     q->expires_ms += SYM_CLOCK_SKEW_MS)
TELL(ask_too_early, sym_request, q->issued_ms += SYM_CLOCK_SKEW_MS + 1;
     q->expires_ms += SYM_CLOCK_SKEW_MS + 1)
TELL(ask_far_future, sym_request, q->issued_ms = UINT64_MAX - 1; q->expires_ms = UINT64_MAX)
TELL(ask_barely_alive, sym_request, q->issued_ms -= 1000 + SYM_CLOCK_SKEW_MS;
     q->expires_ms = q->issued_ms + 1000)
TELL(ask_too_late, sym_request, q->issued_ms -= 1001 + SYM_CLOCK_SKEW_MS;
     q->expires_ms = q->issued_ms + 1000)
TELL(ask_long_ago, sym_request, q->issued_ms = 1; q->expires_ms = 2)
TELL(ask_longest_life, sym_request, q->expires_ms = q->issued_ms + SYM_REQUEST_LIFE_MS_MAX)
TELL(ask_longer_life, sym_request, q->expires_ms = q->issued_ms + SYM_REQUEST_LIFE_MS_MAX + 1)
TELL(ask_endless, sym_request, q->expires_ms = UINT64_MAX)
TELL(ask_ends_before, sym_request, q->expires_ms = q->issued_ms - 1)

static const struct lie request_lies[] = {
    {.what = "the truth", .want = SYM_OK},
    {.what = "another exchange id", .want = SYM_BAD_VALUE, .tell = ask_other_exchange},
    {.what = "another initiator", .want = SYM_BAD_VALUE, .tell = ask_other_initiator},
    {.what = "another responder", .want = SYM_BAD_VALUE, .tell = ask_other_responder},
    {.what = "the ids swapped", .want = SYM_BAD_VALUE, .tell = ask_swapped},
    {.what = "another ephemeral", .want = SYM_BAD_VALUE, .tell = ask_other_ephemeral},
    {.what = "another exporter", .want = SYM_BAD_VALUE, .tell = ask_other_exporter},
    {.what = "issued as early as clocks differ", .want = SYM_OK, .tell = ask_just_in_time},
    {.what = "issued in the future", .want = SYM_STALE, .tell = ask_too_early},
    {.what = "issued at the end of time", .want = SYM_STALE, .tell = ask_far_future},
    {.what = "expired as late as clocks differ", .want = SYM_OK, .tell = ask_barely_alive},
    {.what = "expired", .want = SYM_STALE, .tell = ask_too_late},
    {.what = "expired in 1970", .want = SYM_STALE, .tell = ask_long_ago},
    {.what = "the longest life", .want = SYM_OK, .tell = ask_longest_life},
    {.what = "a life too long", .want = SYM_BAD_VALUE, .tell = ask_longer_life},
    {.what = "an endless life", .want = SYM_BAD_VALUE, .tell = ask_endless},
    {.what = "expires before it is issued", .want = SYM_BAD_VALUE, .tell = ask_ends_before},
    {.what = "signed by another key", .want = SYM_BAD_SIGNATURE, .other_key = true},
    {.what = "signed as a receipt", .want = SYM_BAD_SIGNATURE, .domain = SYM_DOMAIN_RECEIPT},
    {.what = "signed without domain", .want = SYM_BAD_SIGNATURE, .domain = ""},
    {.what = "bytes behind Signed", .want = SYM_BAD_FORMAT, .tail = TAIL_BEHIND_SIGNED},
    {.what = "bytes behind the body", .want = SYM_BAD_FORMAT, .tail = TAIL_BEHIND_BODY},
    {.what = "half a field", .want = SYM_BAD_FORMAT, .tail = BODY_EMPTY},
    {.what = "garbage", .want = SYM_BAD_FORMAT, .tail = BODY_GARBAGE},
    {.what = "nothing at all", .want = SYM_BAD_VALUE, .tail = SIGNED_EMPTY},
};

static void check(struct pair *p, struct sym_session *to, const struct lie *lie)
{
    if (lie->want != SYM_OK) {
        pair_refuses(p, to, lie->want, lie->what);
    } else if (pair_give(p, to) != SYM_OK) {
        fail_msg("%s is refused", lie->what);
    }
}

static void refuses_every_lie_in_a_request(void **state)
{
    (void)state;
    uint8_t *out = malloc(SIGNED_ROOM);
    assert_non_null(out);
    for (size_t i = 0; i < sizeof request_lies / sizeof *request_lies; i++) {
        struct pair p;
        struct liar liar;
        pair_open(&p, i % 2 == 0);
        liar_open(&liar, &p, PAIR_A, PAIR_A);
        struct sym_request q = pair_request();
        q.version = SYM_EXCHANGE_VERSION;
        q.exchange_id = sym_span(p.exchange_id, sizeof p.exchange_id);
        q.initiator = sym_node_id_span(pair_id(PAIR_A));
        q.responder = sym_node_id_span(pair_id(PAIR_B));
        q.issued_ms = PAIR_NOW;
        q.expires_ms = PAIR_NOW + 1000;
        q.ephemeral = sym_span(liar.ephemeral, sizeof liar.ephemeral);
        q.exporter = sym_span(p.exporter, sizeof p.exporter);
        size_t len =
            sign_lie(out, &request_lies[i], &sym_msg_request, &q, PAIR_A, SYM_DOMAIN_REQUEST);
        liar_ask(&liar, &p, sym_span(out, len));
        check(&p, p.responder, &request_lies[i]);
        liar_close(&liar);
        pair_close(&p);
    }
    free(out);
}

/* Somebody with A's exchange key, but not its identity, wraps what A once signed. */
static void refuses_a_signed_request_inside_another_handshake(void **state)
{
    (void)state;
    struct pair p;
    struct liar liar;
    pair_open(&p, true);
    pair_ask(&p);
    pair_pass(&p, p.responder, SYM_EVENT_REQUESTED);
    uint8_t old[2048];
    size_t len = p.event.signed_bytes.len;
    assert_true(len <= sizeof old);
    memcpy(old, p.event.signed_bytes.data, len);
    pair_renew(&p, false);
    liar_open(&liar, &p, PAIR_A, PAIR_A);
    liar_ask(&liar, &p, sym_span(old, len));
    pair_refuses(&p, p.responder, SYM_BAD_VALUE, "an old request");
    liar_close(&liar);
    pair_close(&p);
}

TELL(answer_other_exchange, sym_receipt, q->exchange_id = changed_id)
TELL(answer_other_initiator, sym_receipt, q->initiator = changed_hash)
TELL(answer_other_responder, sym_receipt, q->responder = changed_hash)
TELL(answer_other_request, sym_receipt, q->request_hash = changed_hash)
TELL(answer_other_ephemeral, sym_receipt, q->ephemeral = changed_hash)
TELL(answer_other_exporter, sym_receipt, q->exporter = changed_hash)
TELL(answer_early, sym_receipt, q->issued_ms += SYM_CLOCK_SKEW_MS)
TELL(answer_too_early, sym_receipt, q->issued_ms += SYM_CLOCK_SKEW_MS + 1)
TELL(answer_late, sym_receipt, q->issued_ms -= SYM_CLOCK_SKEW_MS)
TELL(answer_before_request, sym_receipt, q->issued_ms -= SYM_CLOCK_SKEW_MS + 1)
TELL(answer_barely_granted, sym_receipt, q->expires_ms = PAIR_NOW - SYM_CLOCK_SKEW_MS)
TELL(answer_granted_once, sym_receipt, q->expires_ms = PAIR_NOW - SYM_CLOCK_SKEW_MS - 1)
TELL(answer_denied, sym_receipt, q->decision = SYM_DECISION_DENIED; q->expires_ms = 1)
TELL(answer_held, sym_receipt, q->decision = SYM_DECISION_HELD; q->expires_ms = 1)

static const struct lie receipt_lies[] = {
    {.what = "the truth", .want = SYM_OK},
    {.what = "another exchange id", .want = SYM_BAD_VALUE, .tell = answer_other_exchange},
    {.what = "another initiator", .want = SYM_BAD_VALUE, .tell = answer_other_initiator},
    {.what = "another responder", .want = SYM_BAD_VALUE, .tell = answer_other_responder},
    {.what = "another request", .want = SYM_BAD_VALUE, .tell = answer_other_request},
    {.what = "another ephemeral", .want = SYM_BAD_VALUE, .tell = answer_other_ephemeral},
    {.what = "another exporter", .want = SYM_BAD_VALUE, .tell = answer_other_exporter},
    {.what = "issued as early as clocks differ", .want = SYM_OK, .tell = answer_early},
    {.what = "issued in the future", .want = SYM_STALE, .tell = answer_too_early},
    {.what = "issued as late as clocks differ", .want = SYM_OK, .tell = answer_late},
    {.what = "issued before the request", .want = SYM_STALE, .tell = answer_before_request},
    {.what = "a grant that barely holds", .want = SYM_OK, .tell = answer_barely_granted},
    {.what = "a grant of the past", .want = SYM_EXPIRED, .tell = answer_granted_once},
    {.what = "a denial, whatever its expiry", .want = SYM_OK, .tell = answer_denied},
    {.what = "held, whatever its expiry", .want = SYM_OK, .tell = answer_held},
    {.what = "signed by another key", .want = SYM_BAD_SIGNATURE, .other_key = true},
    {.what = "signed as a request", .want = SYM_BAD_SIGNATURE, .domain = SYM_DOMAIN_REQUEST},
    {.what = "bytes behind Signed", .want = SYM_BAD_FORMAT, .tail = TAIL_BEHIND_SIGNED},
    {.what = "bytes behind the body", .want = SYM_BAD_FORMAT, .tail = TAIL_BEHIND_BODY},
    {.what = "half a field", .want = SYM_BAD_FORMAT, .tail = BODY_EMPTY},
    {.what = "garbage", .want = SYM_BAD_FORMAT, .tail = BODY_GARBAGE},
    {.what = "nothing at all", .want = SYM_BAD_VALUE, .tail = SIGNED_EMPTY},
};

static struct sym_receipt honest_receipt(const struct pair *p, const struct liar *liar,
                                         const uint8_t request_hash[SYM_HASH_BYTES])
{
    return (struct sym_receipt){.version = SYM_EXCHANGE_VERSION,
                                .exchange_id = sym_span(p->exchange_id, sizeof p->exchange_id),
                                .initiator = sym_node_id_span(pair_id(PAIR_A)),
                                .responder = sym_node_id_span(pair_id(PAIR_B)),
                                .request_hash = sym_span(request_hash, SYM_HASH_BYTES),
                                .issued_ms = PAIR_NOW,
                                .expires_ms = PAIR_NOW + 1000,
                                .ephemeral = sym_span(liar->ephemeral, sizeof liar->ephemeral),
                                .exporter = sym_span(p->exporter, sizeof p->exporter),
                                .decision = SYM_DECISION_GRANTED};
}

static void refuses_every_lie_in_a_receipt(void **state)
{
    (void)state;
    uint8_t *out = malloc(SIGNED_ROOM);
    assert_non_null(out);
    for (size_t i = 0; i < sizeof receipt_lies / sizeof *receipt_lies; i++) {
        struct pair p;
        struct liar liar;
        uint8_t request_hash[SYM_HASH_BYTES];
        pair_open(&p, i % 2 == 0);
        liar_open(&liar, &p, PAIR_B, PAIR_B);
        pair_ask(&p);
        liar_read(&liar, &p, request_hash);
        struct sym_receipt q = honest_receipt(&p, &liar, request_hash);
        size_t len =
            sign_lie(out, &receipt_lies[i], &sym_msg_receipt, &q, PAIR_B, SYM_DOMAIN_RECEIPT);
        liar_answer(&liar, &p, sym_span(out, len));
        check(&p, p.initiator, &receipt_lies[i]);
        liar_close(&liar);
        pair_close(&p);
    }
    free(out);
}

/* The table of limits keeps us from encoding it, so the byte is changed before it is signed. */
static void refuses_a_decision_that_is_none(void **state)
{
    (void)state;
    static const uint8_t decisions[] = {4, 0x7f};
    for (size_t i = 0; i < sizeof decisions; i++) {
        struct pair p;
        struct liar liar;
        uint8_t hash[SYM_HASH_BYTES];
        uint8_t body[1024];
        uint8_t *out = malloc(SIGNED_ROOM);
        size_t len = 0;
        assert_non_null(out);
        pair_open(&p, true);
        liar_open(&liar, &p, PAIR_B, PAIR_B);
        pair_ask(&p);
        liar_read(&liar, &p, hash);
        struct sym_receipt q = honest_receipt(&p, &liar, hash);
        assert_int_equal(sym_encode(body, sizeof body, &len, &sym_msg_receipt, &q), SYM_OK);
        assert_int_equal(body[len - 2], 0x50); /* field 10, the last one that is present */
        body[len - 1] = decisions[i];
        pair_sign(out, &len, sym_span(body, len), pair_identity(PAIR_B), SYM_DOMAIN_RECEIPT);
        liar_answer(&liar, &p, sym_span(out, len));
        pair_refuses(&p, p.initiator, SYM_BAD_VALUE, "an unheard decision");
        free(out);
        liar_close(&liar);
        pair_close(&p);
    }
}

static void refuses_an_answer_after_the_request_has_expired(void **state)
{
    (void)state;
    for (uint64_t late = 0; late < 2; late++) {
        struct pair p;
        pair_open(&p, true);
        pair_ask(&p);
        pair_pass(&p, p.responder, SYM_EVENT_REQUESTED);
        pair_answer(&p, SYM_DECISION_GRANTED);
        p.now_ms = PAIR_NOW + 60000 + late;
        if (late == 0) {
            pair_pass(&p, p.initiator, SYM_EVENT_ANSWERED);
        } else {
            pair_refuses(&p, p.initiator, SYM_EXPIRED, "too late");
        }
        pair_close(&p);
    }
}

TELL(close_other_exchange, sym_close, q->exchange_id = changed_id)
TELL(close_other_initiator, sym_close, q->initiator = changed_hash)
TELL(close_other_responder, sym_close, q->responder = changed_hash)
TELL(close_for_us, sym_close, q->closer = q->responder)
TELL(close_other_request, sym_close, q->request_hash = changed_hash)
TELL(close_other_receipt, sym_close, q->receipt_hash = changed_hash)
TELL(close_early, sym_close, q->closed_ms += SYM_CLOCK_SKEW_MS)
TELL(close_too_early, sym_close, q->closed_ms += SYM_CLOCK_SKEW_MS + 1)
TELL(close_before_request, sym_close, q->closed_ms -= SYM_CLOCK_SKEW_MS + 1)

static struct sym_transcript altered;
TELL(close_sent_more, sym_close, altered = *q->sent; altered.frames++; q->sent = &altered)
TELL(close_sent_less, sym_close, altered = *q->sent; altered.frames--; q->sent = &altered)
TELL(close_sent_other, sym_close, altered = *q->sent; altered.hash = changed_hash;
     q->sent = &altered)
TELL(close_received_more, sym_close, altered = *q->received; altered.frames++;
     q->received = &altered)
TELL(close_received_other, sym_close, altered = *q->received; altered.hash = changed_hash;
     q->received = &altered)
TELL(close_swapped, sym_close, const struct sym_transcript *t = q->sent; q->sent = q->received;
     q->received = t)

static const struct lie close_lies[] = {
    {.what = "the truth", .want = SYM_OK},
    {.what = "another exchange id", .want = SYM_BAD_VALUE, .tell = close_other_exchange},
    {.what = "another initiator", .want = SYM_BAD_VALUE, .tell = close_other_initiator},
    {.what = "another responder", .want = SYM_BAD_VALUE, .tell = close_other_responder},
    {.what = "in the receiver's name", .want = SYM_BAD_VALUE, .tell = close_for_us},
    {.what = "another request", .want = SYM_BAD_VALUE, .tell = close_other_request},
    {.what = "another receipt", .want = SYM_BAD_VALUE, .tell = close_other_receipt},
    {.what = "as early as clocks differ", .want = SYM_OK, .tell = close_early},
    {.what = "in the future", .want = SYM_STALE, .tell = close_too_early},
    {.what = "before the request", .want = SYM_STALE, .tell = close_before_request},
    {.what = "sent one more", .want = SYM_BAD_VALUE, .tell = close_sent_more},
    {.what = "sent one less", .want = SYM_BAD_VALUE, .tell = close_sent_less},
    {.what = "sent something else", .want = SYM_BAD_VALUE, .tell = close_sent_other},
    {.what = "received one more", .want = SYM_BAD_VALUE, .tell = close_received_more},
    {.what = "received something else", .want = SYM_BAD_VALUE, .tell = close_received_other},
    {.what = "sent and received swapped", .want = SYM_BAD_VALUE, .tell = close_swapped},
    {.what = "signed by another key", .want = SYM_BAD_SIGNATURE, .other_key = true},
    {.what = "signed as an abort", .want = SYM_BAD_SIGNATURE, .domain = SYM_DOMAIN_ABORT},
    {.what = "bytes behind Signed", .want = SYM_BAD_FORMAT, .tail = TAIL_BEHIND_SIGNED},
    {.what = "bytes behind the body", .want = SYM_BAD_FORMAT, .tail = TAIL_BEHIND_BODY},
    {.what = "half a field", .want = SYM_BAD_FORMAT, .tail = BODY_EMPTY},
    {.what = "garbage", .want = SYM_BAD_FORMAT, .tail = BODY_GARBAGE},
    {.what = "nothing at all", .want = SYM_BAD_VALUE, .tail = SIGNED_EMPTY},
};

TELL(abort_other_exchange, sym_abort, q->exchange_id = changed_id)
TELL(abort_other_initiator, sym_abort, q->initiator = changed_hash)
TELL(abort_other_responder, sym_abort, q->responder = changed_hash)
TELL(abort_for_us, sym_abort, q->aborter = q->responder)
TELL(abort_other_request, sym_abort, q->request_hash = changed_hash)
TELL(abort_other_receipt, sym_abort, q->receipt_hash = changed_hash)
TELL(abort_no_receipt, sym_abort, q->receipt_hash = sym_span(NULL, 0))
TELL(abort_too_early, sym_abort, q->aborted_ms += SYM_CLOCK_SKEW_MS + 1)
TELL(abort_before_request, sym_abort, q->aborted_ms -= SYM_CLOCK_SKEW_MS + 1)
TELL(abort_saw_less, sym_abort, altered = *q->received; altered.frames = 0;
     altered.hash = changed_hash; q->received = &altered)

static const struct lie abort_lies[] = {
    {.what = "the truth", .want = SYM_OK},
    {.what = "another exchange id", .want = SYM_BAD_VALUE, .tell = abort_other_exchange},
    {.what = "another initiator", .want = SYM_BAD_VALUE, .tell = abort_other_initiator},
    {.what = "another responder", .want = SYM_BAD_VALUE, .tell = abort_other_responder},
    {.what = "in the receiver's name", .want = SYM_BAD_VALUE, .tell = abort_for_us},
    {.what = "another request", .want = SYM_BAD_VALUE, .tell = abort_other_request},
    {.what = "another receipt", .want = SYM_BAD_VALUE, .tell = abort_other_receipt},
    {.what = "no receipt", .want = SYM_BAD_VALUE, .tell = abort_no_receipt},
    {.what = "in the future", .want = SYM_STALE, .tell = abort_too_early},
    {.what = "before the request", .want = SYM_STALE, .tell = abort_before_request},
    {.what = "saw less, which may be so", .want = SYM_OK, .tell = abort_saw_less},
    {.what = "signed by another key", .want = SYM_BAD_SIGNATURE, .other_key = true},
    {.what = "signed as a close", .want = SYM_BAD_SIGNATURE, .domain = SYM_DOMAIN_CLOSE},
    {.what = "bytes behind Signed", .want = SYM_BAD_FORMAT, .tail = TAIL_BEHIND_SIGNED},
    {.what = "bytes behind the body", .want = SYM_BAD_FORMAT, .tail = TAIL_BEHIND_BODY},
    {.what = "half a field", .want = SYM_BAD_FORMAT, .tail = BODY_EMPTY},
    {.what = "garbage", .want = SYM_BAD_FORMAT, .tail = BODY_GARBAGE},
    {.what = "nothing at all", .want = SYM_BAD_VALUE, .tail = SIGNED_EMPTY},
};

/* A's close or abort in an open session in which B has sent two frames and A one. */
static void tell_inside(const struct lie *lie, bool is_abort)
{
    struct pair p;
    struct sym_transcripts t;
    uint8_t *out = malloc(SIGNED_ROOM);
    assert_non_null(out);
    pair_open(&p, true);
    pair_grant(&p);
    for (int i = 0; i < 2; i++) {
        pair_seal(&p, p.responder, sym_span_text("of B"));
        pair_pass(&p, p.initiator, SYM_EVENT_DATA);
    }
    struct sym_session *a = p.initiator;
    assert_int_equal(sym_transcripts_take(&t, &a->sent, &a->received), SYM_OK);
    struct sym_span exchange_id = sym_span(p.exchange_id, sizeof p.exchange_id);
    struct sym_span initiator = sym_node_id_span(pair_id(PAIR_A));
    struct sym_span responder = sym_node_id_span(pair_id(PAIR_B));
    struct sym_span request_hash = sym_span(a->request_hash, SYM_HASH_BYTES);
    struct sym_span receipt_hash = sym_span(a->receipt_hash, SYM_HASH_BYTES);
    struct sym_close close = {SYM_EXCHANGE_VERSION,
                              exchange_id,
                              initiator,
                              responder,
                              initiator,
                              PAIR_NOW,
                              request_hash,
                              receipt_hash,
                              &t.sent,
                              &t.received,
                              {NULL, 0},
                              {NULL, 0},
                              NULL};
    struct sym_abort abort = {SYM_EXCHANGE_VERSION,
                              exchange_id,
                              initiator,
                              responder,
                              initiator,
                              PAIR_NOW,
                              request_hash,
                              receipt_hash,
                              &t.sent,
                              &t.received,
                              0,
                              {NULL, 0},
                              NULL};
    size_t len = is_abort ? sign_lie(out, lie, &sym_msg_abort, &abort, PAIR_A, SYM_DOMAIN_ABORT)
                          : sign_lie(out, lie, &sym_msg_close, &close, PAIR_A, SYM_DOMAIN_CLOSE);
    pair_forge_sealed(&p, a, is_abort ? INNER_ABORT : INNER_CLOSE, sym_span(out, len));
    check(&p, p.responder, lie);
    free(out);
    pair_close(&p);
}

static void refuses_every_lie_in_a_close(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof close_lies / sizeof *close_lies; i++) {
        tell_inside(&close_lies[i], false);
    }
}

static void refuses_every_lie_in_an_abort(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof abort_lies / sizeof *abort_lies; i++) {
        tell_inside(&abort_lies[i], true);
    }
}

/* Data that was sent but has not arrived is missing in the count. */
static void refuses_a_close_while_data_is_under_way(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    pair_grant(&p);
    pair_end(&p, p.initiator);
    size_t len = p.len;
    uint8_t *frame = malloc(len);
    assert_non_null(frame);
    memcpy(frame, p.frame, len);
    pair_seal(&p, p.responder, sym_span_text("under way"));
    memcpy(p.frame, frame, len);
    p.len = len;
    pair_refuses(&p, p.responder, SYM_BAD_VALUE, "an unfinished close");
    free(frame);
    pair_close(&p);
}

static void filler_is_not_part_of_what_a_close_counts(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, true);
    pair_grant(&p);
    for (size_t i = 0; i < 3; i++) {
        pair_fill(&p, p.initiator, 1000 * i);
        pair_pass(&p, p.responder, SYM_EVENT_FILLER);
    }
    pair_end(&p, p.initiator);
    pair_pass(&p, p.responder, SYM_EVENT_CLOSED);
    assert_int_equal(p.event.close.sent->frames, 1);
    pair_close(&p);
}

/* The lengths are hashed, too: what was cut elsewhere is something else. */
static void two_frames_are_not_the_same_as_their_halves_in_another_place(void **state)
{
    (void)state;
    struct sym_tally a = {0};
    struct sym_tally b = {0};
    struct sym_transcripts left;
    struct sym_transcripts right;
    assert_int_equal(sym_tally_init(&a), SYM_OK);
    assert_int_equal(sym_tally_init(&b), SYM_OK);
    sym_tally_add(&a, sym_span_text("ab"));
    sym_tally_add(&a, sym_span_text("c"));
    sym_tally_add(&b, sym_span_text("a"));
    sym_tally_add(&b, sym_span_text("bc"));
    assert_int_equal(sym_transcripts_take(&left, &a, &b), SYM_OK);
    assert_int_equal(sym_transcripts_take(&right, &b, &a), SYM_OK);
    assert_int_equal(left.sent.frames, left.received.frames);
    assert_false(sym_transcript_equal(&left.sent, &left.received));
    assert_true(sym_transcript_equal(&left.sent, &right.received));
    sym_tally_clear(&a);
    sym_tally_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_every_lie_in_a_request),
        cmocka_unit_test(refuses_a_signed_request_inside_another_handshake),
        cmocka_unit_test(refuses_every_lie_in_a_receipt),
        cmocka_unit_test(refuses_a_decision_that_is_none),
        cmocka_unit_test(refuses_an_answer_after_the_request_has_expired),
        cmocka_unit_test(refuses_every_lie_in_a_close),
        cmocka_unit_test(refuses_every_lie_in_an_abort),
        cmocka_unit_test(refuses_a_close_while_data_is_under_way),
        cmocka_unit_test(filler_is_not_part_of_what_a_close_counts),
        cmocka_unit_test(two_frames_are_not_the_same_as_their_halves_in_another_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
