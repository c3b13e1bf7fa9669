/* An answer says by which engine an overlap is computed: a peer that names none, or another than
 * was asked for, does not choose what this node sends. */
#include "tests/node/exchange_rig.c"

#include "proto/overlap.h"
#include "proto/overlap_agree.h"
#include "tests/support/toy_group.h"

#define BLINDED 1u /* the first message of engine dh */

static struct exchange_rig *rig;
static struct sym_session *session;
static uint8_t *frame;
static uint8_t id[SYM_EXCHANGE_ID_BYTES];
static uint32_t answered; /* the engine that the answer names */
static struct sym_session_event first;
static uint8_t first_type; /* of its data */
static unsigned heard;

static int set_up(void **state)
{
    (void)state;
    rig = exchange_rig_open(&toy_group);
    exchange_rig_fill(rig, 0, 0, 100);
    session = NULL;
    heard = 0;
    first_type = 0;
    frame = malloc(SYM_FRAME_BYTES_MAX);
    assert_non_null(frame);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sym_session_free(session);
    free(frame);
    exchange_rig_close(rig);
    return 0;
}

static void answer_request(struct sym_span request)
{
    struct sym_envelope envelope;
    struct sym_span body;
    struct sym_session_parties parties;
    struct sym_session_event event;
    uint8_t parameters[32];
    size_t n = 0;
    size_t len = 0;
    const struct sym_overlap_answer answer = {.set_size = 9, .engine = answered};
    assert_int_equal(
        sym_encode(parameters, sizeof parameters, &n, &sym_msg_overlap_answer, &answer), SYM_OK);
    assert_int_equal(sym_envelope_read(&envelope, &body, request), SYM_OK);
    exchange_rig_parties(rig, &parties);
    assert_int_equal(
        sym_session_new(&session, SYM_SESSION_RESPONDER, &parties, envelope.exchange_id), SYM_OK);
    assert_int_equal(sym_session_receive(session, (uint8_t *)(uintptr_t)request.data, request.len,
                                         sym_wall_ms(), &event),
                     SYM_OK);
    struct sym_receipt receipt = {
        .decision = SYM_DECISION_GRANTED,
        .expires_ms = sym_wall_ms() + 60000,
        .parameters = sym_span(parameters, n),
        .evidence = exchange_rig_evidence(rig, SYM_ENTRY_DECIDED, envelope.exchange_id, false)};
    assert_int_equal(
        sym_session_answer(session, &receipt, sym_wall_ms(), frame, SYM_SESSION_FRAME_BYTES, &len),
        SYM_OK);
    exchange_rig_send(rig, frame, len);
}

static void peer(struct exchange_rig *r, uint8_t *bytes, size_t len)
{
    struct sym_session_event event;
    if (session == NULL) {
        answer_request(sym_span(bytes, len));
    } else if (sym_session_receive(session, bytes, len, sym_wall_ms(), &event) == SYM_OK &&
               heard++ == 0) {
        first = event;
        first_type = event.kind == SYM_EVENT_DATA && event.data.len > 0 ? event.data.data[0] : 0;
        exchange_rig_cancel(r, 0);
    }
}

/* What is heard first of a request for this engine (0: any) after this answer. */
static enum sym_session_event_kind after(uint32_t asked, uint32_t answer)
{
    rig->engine = asked;
    rig->liar = peer;
    answered = answer;
    exchange_rig_start(rig, 0, SYM_KIND_OVERLAP_MATCHES, SYM_TOKEN_NONE, id);
    exchange_rig_run(rig, NULL);
    assert_true(heard > 0);
    return first.kind;
}

static void an_answer_without_an_engine_stands_for_the_only_one_asked_for(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    /* Its initiator lets the other side begin. */
    assert_int_equal(after(SYM_OVERLAP_ENGINE_VOLE, 0), SYM_EVENT_FILLER);
    assert_int_equal(exchange_rig_entry(rig, 0, &arena, id).engine, SYM_OVERLAP_ENGINE_VOLE);
}

static void an_answer_of_a_node_that_knows_one_engine_is_understood(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    assert_int_equal(after(SYM_OVERLAP_ENGINE_DH, 0), SYM_EVENT_DATA);
    assert_int_equal(first_type, BLINDED);
    assert_int_equal(exchange_rig_entry(rig, 0, &arena, id).engine, SYM_OVERLAP_ENGINE_DH);
}

static void expect_refused(uint32_t asked, uint32_t answer)
{
    SYM_ARENA_AUTO arena = {0};
    assert_int_equal(after(asked, answer), SYM_EVENT_ABORTED);
    assert_int_equal(first.abort.reason, SYM_REASON_PROTOCOL);
    const struct sym_exchange_entry e = exchange_rig_entry(rig, 0, &arena, id);
    assert_int_equal(e.state, SYM_EXCHANGE_ABORTED);
    assert_int_equal(e.result, SYM_BAD_VALUE);
}

static void refuses_dh_where_vole_alone_was_asked_for(void **state)
{
    (void)state;
    expect_refused(SYM_OVERLAP_ENGINE_VOLE, SYM_OVERLAP_ENGINE_DH);
}

static void refuses_a_standing_list_where_vole_alone_was_asked_for(void **state)
{
    (void)state;
    expect_refused(SYM_OVERLAP_ENGINE_VOLE, SYM_OVERLAP_ENGINE_STANDING);
}

static void refuses_an_engine_that_nobody_knows(void **state)
{
    (void)state;
    expect_refused(SYM_OVERLAP_ENGINE_AUTO, SYM_OVERLAP_ENGINE_END);
}

static void refuses_no_engine_where_several_were_asked_for(void **state)
{
    (void)state;
    expect_refused(SYM_OVERLAP_ENGINE_AUTO, SYM_OVERLAP_ENGINE_AUTO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_answer_without_an_engine_stands_for_the_only_one_asked_for),
        TEST(an_answer_of_a_node_that_knows_one_engine_is_understood),
        TEST(refuses_dh_where_vole_alone_was_asked_for),
        TEST(refuses_a_standing_list_where_vole_alone_was_asked_for),
        TEST(refuses_an_engine_that_nobody_knows),
        TEST(refuses_no_engine_where_several_were_asked_for),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
