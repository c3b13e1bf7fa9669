#include "tests/node/exchange_rig.c"

#include "proto/overlap.h"
#include "proto/overlap_agree.h"
#include "tests/support/toy_group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A peer that holds the keys of side 1, speaks sessions rightly, and lies inside of them. */

#define OWN 5000u /* elements of the honest side: two frames */

enum message { BLINDED = 1, EVALUATED = 2, TAGS = 3 };

struct lie {
    const char *name;
    uint32_t announced; /* set size in request or receipt */
    enum message type;
    uint32_t n;      /* items in the first frame */
    size_t item_len; /* 0: as due */
    enum { RANDOM, IDENTITY, NOT_CANONICAL, SAME, DESCENDING } items;
    bool close_instead;
    bool twice;        /* the same frame again */
    const char *cause; /* of the fault at the honest side */
};

static struct exchange_rig *rig;
static const struct lie *lie;
static struct sym_session *session;
static uint32_t kind;
static bool told; /* that it was found out */
static struct sym_abort told_of;
static uint8_t *frame;
static uint8_t exchange[SYM_EXCHANGE_ID_BYTES];

static int set_up(void **state)
{
    (void)state;
    rig = exchange_rig_open(&toy_group);
    session = NULL;
    told = false;
    frame = malloc(SYM_FRAME_BYTES_MAX);
    assert_non_null(frame);
    exchange_rig_fill(rig, 0, 0, OWN);
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

static void fill_item(uint8_t *item, size_t len, uint32_t at, uint32_t n)
{
    struct sym_element e;
    struct sym_uniform wide;
    memset(item, 0, len);
    switch (lie->items) {
    case IDENTITY:
        if (at == 0) {
            return;
        }
        break;
    case NOT_CANONICAL:
        if (at == 0) {
            memset(item, 0xff, len);
            return;
        }
        break;
    case DESCENDING:
        sym_put_u64(item, (uint64_t)(n - at) << 40);
        return;
    case SAME:
    case RANDOM:
        break;
    }
    if (lie->type == TAGS) {
        sym_put_u64(item, (uint64_t)at << 40);
        return;
    }
    memset(wide.bytes, 7, sizeof wide.bytes);
    sym_put_u64(wide.bytes, lie->items == SAME ? 1 : at);
    assert_int_equal(sym_ristretto_derive(&e, NULL, &toy_group, &wide, 1), SYM_OK);
    memcpy(item, e.bytes, len);
}

static size_t due_len(void)
{
    if (lie->item_len > 0) {
        return lie->item_len;
    }
    return lie->type == TAGS ? sym_overlap_tag_bytes(OWN, lie->announced) : SYM_ELEMENT_BYTES;
}

static int compare_elements(const void *a, const void *b)
{
    return memcmp(a, b, SYM_ELEMENT_BYTES);
}

static void send_lie(void)
{
    size_t item_len = due_len();
    size_t len = 5 + lie->n * item_len;
    uint8_t *payload = frame + SYM_FRAME_HEAD_BYTES;
    size_t frame_len = 0;
    if (lie->close_instead) {
        struct sym_statement st;
        assert_int_equal(sym_session_statement(session, &st), SYM_OK);
        struct sym_close c = {.evidence = exchange_rig_evidence(
                                  rig, SYM_ENTRY_CLOSED, st.exchange_id,
                                  sym_node_id_equal(&st.initiator, &rig->sides[1].self.id))};
        assert_int_equal(sym_session_close(session, &c, sym_wall_ms(), frame,
                                           SYM_SESSION_FRAME_BYTES, &frame_len),
                         SYM_OK);
        exchange_rig_send(rig, frame, frame_len);
        return;
    }
    for (unsigned times = 0; times < (lie->twice ? 2u : 1u); times++) {
        struct sym_writer w = sym_writer(payload, 5);
        sym_write_u8(&w, (uint8_t)lie->type);
        sym_write_u32(&w, lie->n);
        for (uint32_t i = 0; i < lie->n; i++) {
            fill_item(payload + 5 + i * item_len, item_len, i, lie->n);
        }
        if (kind == SYM_KIND_OVERLAP_COUNT && lie->items == IDENTITY) {
            /* Answers of a count ascend, so that nothing else is wrong with them. */
            qsort(payload + 5, lie->n, SYM_ELEMENT_BYTES, compare_elements);
        }
        assert_int_equal(sym_session_seal(session, frame, len), SYM_OK);
        exchange_rig_send(rig, frame, len + SYM_FRAME_HEAD_BYTES + SYM_FRAME_TAIL_BYTES);
    }
}

static void hear_abort(uint8_t *bytes, size_t len)
{
    struct sym_session_event event;
    if (sym_session_receive(session, bytes, len, sym_wall_ms(), &event) == SYM_OK &&
        event.kind == SYM_EVENT_ABORTED) {
        told = true;
        told_of = event.abort;
    }
}

/* Answering ------------------------------------------------------------------------------------
 */

static void grant(uint8_t *bytes, size_t len)
{
    struct sym_envelope envelope;
    struct sym_span body;
    struct sym_session_parties parties;
    struct sym_session_event event;
    uint8_t parameters[16];
    size_t parameters_len = 0;
    size_t frame_len = 0;
    struct sym_overlap_answer answer = {.set_size = lie->announced,
                                        .engine = SYM_OVERLAP_ENGINE_DH};
    assert_int_equal(sym_encode(parameters, sizeof parameters, &parameters_len,
                                &sym_msg_overlap_answer, &answer),
                     SYM_OK);
    assert_int_equal(sym_envelope_read(&envelope, &body, sym_span(bytes, len)), SYM_OK);
    exchange_rig_parties(rig, &parties);
    assert_int_equal(
        sym_session_new(&session, SYM_SESSION_RESPONDER, &parties, envelope.exchange_id), SYM_OK);
    assert_int_equal(sym_session_receive(session, bytes, len, sym_wall_ms(), &event), SYM_OK);
    struct sym_receipt receipt = {
        .decision = SYM_DECISION_GRANTED,
        .expires_ms = sym_wall_ms() + 60000,
        .parameters = sym_span(parameters, parameters_len),
        .evidence = exchange_rig_evidence(rig, SYM_ENTRY_DECIDED, envelope.exchange_id, false)};
    assert_int_equal(sym_session_answer(session, &receipt, sym_wall_ms(), frame,
                                        SYM_SESSION_FRAME_BYTES, &frame_len),
                     SYM_OK);
    exchange_rig_send(rig, frame, frame_len);
}

/* After the first frame of data, or, where answers come late, the last. So does a close, which
 * would otherwise leave out what is under way. */
static void answer_with_a_lie(struct exchange_rig *r, uint8_t *bytes, size_t len)
{
    if (session == NULL) {
        grant(bytes, len);
        return;
    }
    hear_abort(bytes, len);
    r->step++;
    if (r->step == (kind == SYM_KIND_OVERLAP_COUNT || lie->close_instead ? 2u : 1u) && !told) {
        send_lie();
    }
}

static void expect_found_out(unsigned entries)
{
    SYM_ARENA_AUTO arena = {0};
    assert_int_equal(exchange_rig_entries(rig, 0), entries);
    struct sym_exchange_entry e = exchange_rig_entry(rig, 0, &arena, NULL);
    char fault[SYM_FAULT_BYTES];
    (void)snprintf(fault, sizeof fault, "%.*s", (int)e.fault.len, (const char *)e.fault.data);
    if (e.state != SYM_EXCHANGE_ABORTED || e.reason != SYM_REASON_PROTOCOL ||
        strstr(fault, lie->cause) == NULL || !told || told_of.reason != SYM_REASON_PROTOCOL) {
        fail_msg("%s: state %u, reason %u, told %d: %s", lie->name, e.state, e.reason, told, fault);
    }
    assert_int_equal(room_count(&rig->sides[0].room, SYM_TABLE_RESULTS), 0);
}

static void each_answer(void **state, const struct lie *lies, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        tear_down(state);
        set_up(state);
        lie = &lies[i];
        rig->liar = answer_with_a_lie;
        exchange_rig_start(rig, 0, kind, SYM_TOKEN_NONE, exchange);
        exchange_rig_run(rig, NULL);
        expect_found_out(1);
    }
}

static void finds_out_a_peer_that_lies_in_its_answers(void **state)
{
    static const struct lie lies[] = {
        {.name = "identity",
         .announced = 9,
         .type = EVALUATED,
         .n = 4096,
         .items = IDENTITY,
         .cause = "not a canonical group element"},
        {.name = "not canonical",
         .announced = 9,
         .type = EVALUATED,
         .n = 4096,
         .items = NOT_CANONICAL,
         .cause = "not a canonical group element"},
        {.name = "repeated",
         .announced = 9,
         .type = EVALUATED,
         .n = 4096,
         .items = SAME,
         .cause = "seen before"},
        {.name = "too few", .announced = 9, .type = EVALUATED, .n = 4095, .cause = "range"},
        {.name = "none", .announced = 9, .type = EVALUATED, .n = 0, .cause = "broke the protocol"},
        {.name = "too early",
         .announced = 9,
         .type = EVALUATED,
         .n = 4096,
         .twice = true,
         .cause = "broke the protocol"},
        {.name = "more tags", .announced = 9, .type = TAGS, .n = 10, .cause = "range"},
        {.name = "fewer tags", .announced = 9, .type = TAGS, .n = 8, .cause = "range"},
        {.name = "tags twice",
         .announced = 9,
         .type = TAGS,
         .n = 9,
         .twice = true,
         .cause = "does not fit the state"},
        {.name = "descending",
         .announced = 9,
         .type = TAGS,
         .n = 9,
         .items = DESCENDING,
         .cause = "range"},
        {.name = "short tags",
         .announced = 9,
         .type = TAGS,
         .n = 9,
         .item_len = 7,
         .cause = "format"},
        {.name = "its role", .announced = 9, .type = BLINDED, .n = 9, .cause = "state"},
        {.name = "no type", .announced = 9, .type = (enum message)9, .n = 1, .cause = "format"},
        {.name = "close", .announced = 9, .close_instead = true, .cause = "closed before the end"},
    };
    kind = SYM_KIND_OVERLAP_MATCHES;
    each_answer(state, lies, sizeof lies / sizeof *lies);
}

static void finds_out_a_peer_that_lies_in_a_count(void **state)
{
    static const struct lie lies[] = {
        {.name = "repeated",
         .announced = 9,
         .type = EVALUATED,
         .n = 4096,
         .items = SAME,
         .cause = "seen before"},
        {.name = "descending",
         .announced = 9,
         .type = EVALUATED,
         .n = 4096,
         .items = DESCENDING,
         .cause = "range"},
        {.name = "identity",
         .announced = 9,
         .type = EVALUATED,
         .n = 4096,
         .items = IDENTITY,
         .cause = "not a canonical group element"},
        {.name = "too few", .announced = 9, .type = EVALUATED, .n = 1, .cause = "range"},
        {.name = "more tags", .announced = 9, .type = TAGS, .n = 10, .cause = "range"},
    };
    kind = SYM_KIND_OVERLAP_COUNT;
    each_answer(state, lies, sizeof lies / sizeof *lies);
}

/* Asking ---------------------------------------------------------------------------------------
 */

static void ask_with_a_lie(struct exchange_rig *r, uint8_t *bytes, size_t len)
{
    struct sym_session_event event;
    (void)r;
    if (sym_session_state(session) != SYM_SESSION_ASKED) {
        hear_abort(bytes, len);
        return;
    }
    assert_int_equal(sym_session_receive(session, bytes, len, sym_wall_ms(), &event), SYM_OK);
    assert_int_equal(event.kind, SYM_EVENT_ANSWERED);
    assert_int_equal(event.receipt.decision, SYM_DECISION_GRANTED);
    assert_int_equal(sym_session_confirm(session), SYM_OK);
    send_lie();
}

static bool asked(struct exchange_rig *r)
{
    if (r->step == 0) {
        struct sym_session_parties parties;
        uint8_t parameters[64];
        size_t parameters_len = 0;
        size_t len = 0;
        struct sym_overlap o = {.engine = SYM_OVERLAP_ENGINE_DH,
                                .suite = SYM_OVERLAP_SUITE,
                                .type_version = SYM_TOKEN_LIST_VERSION,
                                .canon_version = SYM_CANON_VERSION,
                                .set_size = lie->announced};
        r->step = 1;
        exchange_rig_parties(r, &parties);
        sym_random(exchange, sizeof exchange);
        assert_int_equal(sym_session_new(&session, SYM_SESSION_INITIATOR, &parties, exchange),
                         SYM_OK);
        assert_int_equal(
            sym_encode(parameters, sizeof parameters, &parameters_len, &sym_msg_overlap, &o),
            SYM_OK);
        struct sym_request request = {
            .kind = kind,
            .purpose = SYM_PURPOSE_AML,
            .basis = SYM_BASIS_CONSENT,
            .dataset = sym_span_text("list"),
            .parameters = sym_span(parameters, parameters_len),
            .evidence = exchange_rig_evidence(r, SYM_ENTRY_REQUESTED, exchange, true)};
        assert_int_equal(sym_session_ask(session, &request, sym_wall_ms(), 60000, frame,
                                         SYM_SESSION_FRAME_BYTES, &len),
                         SYM_OK);
        exchange_rig_send(r, frame, len);
        return false;
    }
    return exchange_rig_quiet(r);
}

static void each_question(void **state, const struct lie *lies, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        tear_down(state);
        set_up(state);
        lie = &lies[i];
        rig->liar = ask_with_a_lie;
        exchange_rig_run(rig, asked);
        expect_found_out(1);
    }
}

static void finds_out_a_peer_that_lies_in_its_questions(void **state)
{
    static const struct lie lies[] = {
        {.name = "identity",
         .announced = 3,
         .type = BLINDED,
         .n = 3,
         .items = IDENTITY,
         .cause = "broke the protocol"},
        {.name = "not canonical",
         .announced = 1,
         .type = BLINDED,
         .n = 1,
         .items = NOT_CANONICAL,
         .cause = "not a canonical group element"},
        {.name = "repeated",
         .announced = 3,
         .type = BLINDED,
         .n = 3,
         .items = SAME,
         .cause = "seen before"},
        {.name = "more", .announced = 3, .type = BLINDED, .n = 4, .cause = "range"},
        {.name = "fewer", .announced = 3, .type = BLINDED, .n = 2, .cause = "range"},
        {.name = "twice",
         .announced = 3,
         .type = BLINDED,
         .n = 3,
         .twice = true,
         .cause = "does not fit the state"},
        {.name = "its role",
         .announced = 3,
         .type = TAGS,
         .n = 3,
         .item_len = 8,
         .cause = "broke the protocol"},
        {.name = "close", .announced = 3, .close_instead = true, .cause = "closed before the end"},
    };
    for (kind = SYM_KIND_OVERLAP_MATCHES; kind <= SYM_KIND_OVERLAP_COUNT; kind++) {
        each_question(state, lies, sizeof lies / sizeof *lies);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(finds_out_a_peer_that_lies_in_its_answers),
        TEST(finds_out_a_peer_that_lies_in_a_count),
        TEST(finds_out_a_peer_that_lies_in_its_questions),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
