/* A peer with the true keys of side 1 that plays old requests again and shows what its log does not
 * hold: nothing it says is acted upon, and nothing that depends on data leaves. */
#include "tests/node/exchange_rig.c"

#include "crypto/note.h"
#include "proto/overlap.h"
#include "proto/overlap_agree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY_MS INT64_C(86400000)

static struct exchange_rig *rig;
static uint8_t id[SYM_EXCHANGE_ID_BYTES];
static uint8_t frame[SYM_SESSION_FRAME_BYTES];
static struct sym_session *session;

/* What side 0 has said to the liar. */
static struct {
    unsigned frames;
    unsigned data;
    uint32_t decision;
    uint32_t reason; /* of a receipt or an abort */
} heard;

static int set_up(void **state)
{
    (void)state;
    rig = exchange_rig_open(NULL);
    exchange_rig_fill(rig, 0, 0, 40);
    sym_random(id, sizeof id);
    session = NULL;
    memset(&heard, 0, sizeof heard);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sym_session_free(session);
    exchange_rig_close(rig);
    return 0;
}

static bool a_while(struct exchange_rig *r)
{
    return r->step++ > 100 && (exchange_rig_quiet(r) || heard.decision == SYM_DECISION_GRANTED);
}

static void run_a_while(void)
{
    rig->step = 0;
    exchange_rig_run(rig, a_while);
}

/* Asking ---------------------------------------------------------------------------------------
 */

static void hear(struct exchange_rig *r, uint8_t *bytes, size_t len)
{
    struct sym_session_event event;
    (void)r;
    heard.frames++;
    if (session == NULL ||
        sym_session_receive(session, bytes, len, sym_wall_ms(), &event) != SYM_OK) {
        return;
    }
    heard.data += event.kind == SYM_EVENT_DATA;
    if (event.kind == SYM_EVENT_ANSWERED) {
        heard.decision = event.receipt.decision;
        heard.reason = event.receipt.reason;
    } else if (event.kind == SYM_EVENT_ABORTED) {
        heard.reason = event.abort.reason;
    }
}

/* Signs a request as of then, for these parties. */
static size_t write_request(const struct sym_session_parties *parties, uint64_t then_ms,
                            const struct sym_evidence *evidence)
{
    uint8_t parameters[64];
    size_t parameters_len = 0;
    size_t len = 0;
    struct sym_overlap o = {.engine = SYM_OVERLAP_ENGINE_DH,
                            .suite = SYM_OVERLAP_SUITE,
                            .type_version = SYM_TOKEN_LIST_VERSION,
                            .canon_version = SYM_CANON_VERSION,
                            .set_size = 3};
    assert_int_equal(
        sym_encode(parameters, sizeof parameters, &parameters_len, &sym_msg_overlap, &o), SYM_OK);
    struct sym_request request = {.kind = SYM_KIND_OVERLAP_MATCHES,
                                  .purpose = SYM_PURPOSE_AML,
                                  .basis = SYM_BASIS_CONSENT,
                                  .dataset = sym_span_text("list"),
                                  .parameters = sym_span(parameters, parameters_len),
                                  .evidence = evidence};
    sym_session_free(session);
    session = NULL;
    assert_int_equal(sym_session_new(&session, SYM_SESSION_INITIATOR, parties, id), SYM_OK);
    assert_int_equal(sym_session_ask(session, &request, then_ms, 60000, frame, sizeof frame, &len),
                     SYM_OK);
    return len;
}

static void send_request(const struct sym_session_parties *parties, int64_t shift_ms)
{
    const struct sym_evidence *evidence = exchange_rig_evidence(rig, SYM_ENTRY_REQUESTED, id, true);
    rig->liar = hear;
    size_t len = write_request(parties, (uint64_t)((int64_t)sym_wall_ms() + shift_ms), evidence);
    exchange_rig_send(rig, frame, len);
    run_a_while();
}

static void expect_refused(void)
{
    struct rig_logged l;
    assert_int_equal(heard.frames, 0);
    assert_int_equal(rig->sides[0].asked, 0);
    assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_REQUESTED), 0);
    assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_REFUSED), 1);
    assert_true(exchange_rig_logged(rig, 0, SYM_ENTRY_REFUSED, id, 0, &l));
    assert_true(
        sym_span_equal(l.leaf.initiator, sym_span(rig->sides[1].self.id.bytes, SYM_NODE_ID_BYTES)));
    rig_logged_clear(&l);
}

static void answers_a_request_that_is_made_now_and_here(void **state)
{
    (void)state;
    struct sym_session_parties parties;
    exchange_rig_parties(rig, &parties);
    send_request(&parties, 0);
    assert_int_equal(heard.decision, SYM_DECISION_GRANTED);
    assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_REFUSED), 0);
}

/* One noisy refusal must not be the cover of the next. */
static void logs_each_of_several_refusals_that_come_at_once(void **state)
{
    (void)state;
    struct sym_session_parties parties;
    struct rig_logged l;
    uint8_t ids[3][SYM_EXCHANGE_ID_BYTES];
    exchange_rig_parties(rig, &parties);
    for (unsigned i = 0; i < 3; i++) {
        const struct sym_evidence *evidence =
            exchange_rig_evidence(rig, SYM_ENTRY_REQUESTED, id, true);
        size_t len = write_request(&parties, (uint64_t)((int64_t)sym_wall_ms() - DAY_MS), evidence);
        memcpy(ids[i], id, sizeof id);
        rig->liar = hear;
        exchange_rig_send(rig, frame, len);
        sym_random(id, sizeof id);
    }
    run_a_while();
    assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_REFUSED), 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(exchange_rig_logged(rig, 0, SYM_ENTRY_REFUSED, ids[i], 0, &l));
        rig_logged_clear(&l);
    }
}

/* Nor can refusals fill the disk. */
static void counts_the_refusals_that_it_leaves_out(void **state)
{
    (void)state;
    struct sym_allowance *a = &rig->sides[0].exchanges->refusals;
    const struct sym_node_id *peer = &rig->sides[1].self.id;
    struct rig_logged l;
    uint64_t left_out = 0;
    struct sym_session_parties parties;
    while (sym_allowance_take(a, peer, sym_now_ms(), &left_out)) {
    }
    a->rows[0].left_out = 6;
    exchange_rig_parties(rig, &parties);
    send_request(&parties, -DAY_MS);
    assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_REFUSED), 0);
    a->rows[0].full_ms = 0;
    sym_random(id, sizeof id);
    send_request(&parties, -DAY_MS);
    assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_REFUSED), 1);
    assert_true(exchange_rig_logged(rig, 0, SYM_ENTRY_REFUSED, id, 0, &l));
    assert_int_equal(l.body.count, 7);
    rig_logged_clear(&l);
}

static void refuses_and_logs_a_request_from_another_link(void **state)
{
    (void)state;
    struct sym_session_parties parties;
    exchange_rig_parties(rig, &parties);
    exchange_rig_cut(rig, "was cut");
    exchange_rig_relink(rig);
    send_request(&parties, 0);
    expect_refused();
}

static void refuses_and_logs_a_request_of_another_day(void **state)
{
    static const int64_t days[] = {-DAY_MS, -(int64_t)SYM_CLOCK_SKEW_MS - 61000, DAY_MS};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        struct sym_session_parties parties;
        tear_down(state);
        set_up(state);
        exchange_rig_parties(rig, &parties);
        send_request(&parties, days[i]);
        expect_refused();
    }
}

/* Made for, or by, somebody else, with all keys as they are here. */
static void refuses_and_logs_a_request_between_others(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        struct sym_session_parties parties;
        tear_down(state);
        set_up(state);
        exchange_rig_parties(rig, &parties);
        struct sym_node_id *who = i == 0 ? &parties.peer : &parties.self;
        sym_random(who->bytes, sizeof who->bytes);
        send_request(&parties, 0);
        expect_refused();
    }
}

/* Evidence -------------------------------------------------------------------------------------
 */

enum forgery {
    NO_EVIDENCE,
    NO_LEAF,
    NO_INCLUSION,
    INCLUSION_ALTERED,
    LEAF_ALTERED,
    INDEX_ALTERED,
    CHECKPOINT_ALTERED,
    UNKNOWN_KEY,
    OTHER_EXCHANGE,
    OTHER_KIND,
    OTHER_SIDE,
    FORGERIES
};

/* What is altered is copied here. */
static uint8_t copy[SYM_CHECKPOINT_BYTES_MAX + SYM_LEAF_BYTES_MAX];
static struct sym_span hash;

static struct sym_span altered(struct sym_span s, size_t at)
{
    assert_true(s.len <= sizeof copy && at < s.len);
    memcpy(copy, s.data, s.len);
    copy[at] ^= 1;
    return sym_span(copy, s.len);
}

static struct sym_span signed_by_a_stranger(struct sym_span checkpoint)
{
    struct sym_sign_key key = {.seed = {0}};
    struct sym_checkpoint c;
    struct sym_note note;
    uint8_t seed[32] = {7};
    size_t len = 0;
    assert_int_equal(sym_sign_key_from(&key, sym_span(seed, sizeof seed)), SYM_OK);
    assert_int_equal(
        sym_checkpoint_open(&c, &note, checkpoint, rig->sides[1].room.log_key.public_key), SYM_OK);
    assert_int_equal(sym_checkpoint_sign((char *)copy, sizeof copy, &len, &c, &key), SYM_OK);
    sym_sign_key_clear(&key);
    return sym_span(copy, len);
}

/* NULL, or what side 1 shows in the place of an entry of this kind. */
static const struct sym_evidence *forge(struct sym_evidence *out, enum forgery how,
                                        enum sym_entry_kind kind,
                                        const uint8_t about[SYM_EXCHANGE_ID_BYTES], bool initiates)
{
    static const uint8_t other[SYM_EXCHANGE_ID_BYTES] = {9};
    (void)exchange_rig_evidence(rig, SYM_ENTRY_CLOSED, other,
                                initiates); /* so that it has a proof */
    *out = *exchange_rig_evidence(rig, how == OTHER_KIND ? SYM_ENTRY_ABORTED : kind,
                                  how == OTHER_EXCHANGE ? other : about,
                                  how == OTHER_SIDE ? !initiates : initiates);
    switch (how) {
    case NO_EVIDENCE:
        return NULL;
    case NO_LEAF:
        out->leaf = sym_span(NULL, 0);
        out->n_inclusion = 0;
        out->leaf_index = 0;
        break;
    case NO_INCLUSION:
        assert_true(out->n_inclusion > 0);
        out->n_inclusion = 0;
        break;
    case INCLUSION_ALTERED:
        assert_true(out->n_inclusion == 1);
        hash = altered(out->inclusion[0], 3);
        out->inclusion = &hash;
        break;
    case LEAF_ALTERED:
        out->leaf = altered(out->leaf, out->leaf.len - 1);
        break;
    case INDEX_ALTERED:
        out->leaf_index--;
        break;
    case CHECKPOINT_ALTERED:
        out->checkpoint = altered(out->checkpoint, out->checkpoint.len - 8);
        break;
    case UNKNOWN_KEY:
        out->checkpoint = signed_by_a_stranger(out->checkpoint);
        break;
    case OTHER_EXCHANGE:
    case OTHER_KIND:
    case OTHER_SIDE:
    case FORGERIES:
        break;
    }
    return out;
}

static void expect_nothing_left(enum forgery how, enum sym_exchange_state state)
{
    struct sym_exchange_row row = {.state = 0};
    assert_int_equal(
        sym_exchanges_row(rig->sides[0].exchanges, sym_span(id, sizeof id), &row, NULL), SYM_OK);
    if (row.state != (uint32_t)state || heard.reason != SYM_REASON_EVIDENCE || heard.data > 0 ||
        rig->sides[0].asked > 0) {
        fail_msg("forgery %d: state %u, reason %u, %u frames of data: %.*s", (int)how, row.state,
                 heard.reason, heard.data, (int)row.fault.len, (const char *)row.fault.data);
    }
}

static void denies_a_request_whose_evidence_does_not_hold(void **state)
{
    for (int how = NO_EVIDENCE; how < FORGERIES; how++) {
        struct sym_session_parties parties;
        struct sym_evidence evidence;
        struct rig_logged l;
        tear_down(state);
        set_up(state);
        exchange_rig_parties(rig, &parties);
        rig->liar = hear;
        const struct sym_evidence *shown =
            forge(&evidence, (enum forgery)how, SYM_ENTRY_REQUESTED, id, true);
        exchange_rig_send(rig, frame, write_request(&parties, sym_wall_ms(), shown));
        run_a_while();
        expect_nothing_left((enum forgery)how, SYM_EXCHANGE_DENIED);
        assert_int_equal(heard.decision, SYM_DECISION_DENIED);
        assert_true(exchange_rig_logged(rig, 0, SYM_ENTRY_DECIDED, id, 0, &l));
        assert_int_equal(l.body.reason, SYM_REASON_EVIDENCE);
        rig_logged_clear(&l);
    }
}

static enum forgery forgery;

static void answer_with_a_forgery(struct exchange_rig *r, uint8_t *bytes, size_t len)
{
    struct sym_envelope envelope;
    struct sym_span body;
    struct sym_session_parties parties;
    struct sym_session_event event;
    struct sym_evidence evidence;
    uint8_t parameters[16];
    size_t parameters_len = 0;
    size_t frame_len = 0;
    struct sym_overlap_answer answer = {.set_size = 9, .engine = SYM_OVERLAP_ENGINE_DH};
    if (session != NULL) {
        hear(r, bytes, len);
        return;
    }
    assert_int_equal(sym_encode(parameters, sizeof parameters, &parameters_len,
                                &sym_msg_overlap_answer, &answer),
                     SYM_OK);
    assert_int_equal(sym_envelope_read(&envelope, &body, sym_span(bytes, len)), SYM_OK);
    exchange_rig_parties(r, &parties);
    assert_int_equal(
        sym_session_new(&session, SYM_SESSION_RESPONDER, &parties, envelope.exchange_id), SYM_OK);
    assert_int_equal(sym_session_receive(session, bytes, len, sym_wall_ms(), &event), SYM_OK);
    struct sym_receipt receipt = {
        .decision = SYM_DECISION_GRANTED,
        .expires_ms = sym_wall_ms() + 60000,
        .parameters = sym_span(parameters, parameters_len),
        .evidence = forge(&evidence, forgery, SYM_ENTRY_DECIDED, envelope.exchange_id, false)};
    assert_int_equal(
        sym_session_answer(session, &receipt, sym_wall_ms(), frame, sizeof frame, &frame_len),
        SYM_OK);
    exchange_rig_send(r, frame, frame_len);
}

static void aborts_after_a_receipt_whose_evidence_does_not_hold(void **state)
{
    for (int how = NO_EVIDENCE; how < FORGERIES; how++) {
        tear_down(state);
        set_up(state);
        forgery = (enum forgery)how;
        rig->liar = answer_with_a_forgery;
        exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
        exchange_rig_run(rig, NULL);
        expect_nothing_left(forgery, SYM_EXCHANGE_ABORTED);
        assert_int_equal(exchange_rig_count(rig, 0, SYM_ENTRY_ABORTED), 1);
        assert_int_equal(room_count(&rig->sides[0].room, SYM_TABLE_RESULTS), 0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(answers_a_request_that_is_made_now_and_here),
        TEST(logs_each_of_several_refusals_that_come_at_once),
        TEST(counts_the_refusals_that_it_leaves_out),
        TEST(refuses_and_logs_a_request_from_another_link),
        TEST(refuses_and_logs_a_request_of_another_day),
        TEST(refuses_and_logs_a_request_between_others),
        TEST(denies_a_request_whose_evidence_does_not_hold),
        TEST(aborts_after_a_receipt_whose_evidence_does_not_hold),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
