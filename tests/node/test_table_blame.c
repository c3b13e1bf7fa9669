/* What other parties of an overlap table hear of this one when one of them cheats, and what it
 * checks of them before it evaluates. */
#include "tests/node/table_parts_room.h"

#include "proto/table_frames.h"
#include "proto/table_lead.h"

static const unsigned tallies[3] = {1, 2, 3}; /* bank-b, extra-0, extra-1; this node counts */
static struct sym_table_part *part;
static struct sym_table_lead *lead;
static struct sym_table_member *members[SYM_TABLE_PARTIES_MAX];

static int set_up_table(void **state)
{
    part = NULL;
    lead = NULL;
    memset(members, 0, sizeof members);
    return set_up(state);
}

static int tear_down_table(void **state)
{
    sym_table_lead_free(lead);
    for (unsigned i = 0; i < SYM_TABLE_PARTIES_MAX; i++) {
        sym_table_member_free(members[i]);
    }
    return tear_down(state);
}

/* Agreeing -------------------------------------------------------------------------------------
 */

static struct sym_table_member *member_at(uint32_t place)
{
    return place == part->place ? sym_table_part_member(part) : members[place];
}

static void open_others(const struct sym_table_question *q)
{
    const struct sym_table_lead_config c = {.question = *q,
                                            .with = rig->sides[0].exchanges->config.ristretto,
                                            .phase_ms = 60000,
                                            .compute_ms = 60000,
                                            .own = SYM_TABLE_NOBODY};
    assert_int_equal(sym_table_lead_new(&lead, &c, sym_now_ms()), SYM_OK);
    for (unsigned i = 0; i < 2 + EXTRAS; i++) {
        uint32_t place = 0;
        const struct sym_table_member_config m = {
            .question = *q, .identity = &partner_at(i)->keys.identity, .with = c.with};
        struct sym_table_member_config at = m;
        if (i > 0 && sym_table_place(&place, q, partner_at(i)->id.bytes) == SYM_OK) {
            at.place = place;
            assert_int_equal(sym_table_member_new(&members[place], &at), SYM_OK);
        }
    }
}

static void answer_wants(struct sym_table_member *m, bool is_tallier)
{
    if (sym_table_member_wants(m) == SYM_TABLE_WANTS_CONSENT) {
        assert_int_equal(sym_table_member_consent(m, is_tallier ? 0 : ELEMENTS, is_tallier ? 0 : 1),
                         SYM_OK);
    } else if (sym_table_member_wants(m) == SYM_TABLE_WANTS_AGREE) {
        assert_int_equal(sym_table_member_agree(m), SYM_OK);
    }
}

/* One payload each way, if there is one. */
static void move(uint32_t place)
{
    uint8_t payload[8192];
    size_t len = 0;
    struct sym_table_member *m = member_at(place);
    if (sym_table_lead_step(lead, place, &len) == SYM_TABLE_DATA) {
        assert_true(len <= sizeof payload);
        assert_int_equal(sym_table_lead_write(lead, place, payload, len), SYM_OK);
        assert_int_equal(sym_table_member_take(m, sym_span(payload, len)), SYM_OK);
    }
    if (sym_table_member_step(m, &len) == SYM_TABLE_DATA) {
        assert_true(len <= sizeof payload);
        assert_int_equal(sym_table_member_write(m, payload, len), SYM_OK);
        assert_int_equal(sym_table_lead_take(lead, place, sym_span(payload, len), sym_now_ms()),
                         SYM_OK);
    }
}

/* A contributor has agreed, and has not heard that it may go; a tallier counts. */
static bool has_agreed(struct exchange_rig *r)
{
    (void)r;
    bool tallier = sym_table_part_is_tallier(part);
    for (uint32_t i = 0; i <= part->question.n; i++) {
        if (tallier ? part->tally != NULL : sym_table_member_is_open(member_at(part->place))) {
            return true;
        }
        move(i);
        if (i != part->place) {
            answer_wants(members[i], i == part->question.n);
        }
        sym_table_part_turn_soon(part);
    }
    return false;
}

static void agree(const unsigned lists[3], unsigned tallier, unsigned asker)
{
    struct sym_fault fault = {.text = ""};
    const struct sym_table_question q = question_of(lists, tallier, asker);
    if (new_part(&part, &q, asker, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
    open_others(&q);
    exchange_rig_run(rig, has_agreed);
}

static struct sym_span consents_hash(void)
{
    return sym_span(sym_table_member_agreed(part->member)->consents_hash, SYM_HASH_BYTES);
}

/* Evaluations ----------------------------------------------------------------------------------
 */

static void an_evaluation_that_comes_again_is_of_as_many_as_were_consented(void **state)
{
    (void)state;
    struct sym_leg *leg = NULL;
    const struct sym_node_id *bank_b = &rig->sides[1].self.id;
    agree(contributes, 3, 0);
    uint32_t place = place_of(&part->question, 1);
    assert_int_equal(sym_table_part_evaluates(&leg, part, bank_b, consents_hash(), ELEMENTS + 1),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_table_part_evaluates(&leg, part, bank_b, consents_hash(), ELEMENTS),
                     SYM_OK);
    assert_int_equal(sym_table_part_evaluates(&leg, part, bank_b, consents_hash(), ELEMENTS),
                     SYM_EXISTS);
    sym_table_part_make_answer(part, place); /* its link was replaced by another */
    assert_int_equal(sym_table_part_evaluates(&leg, part, bank_b, consents_hash(), 1),
                     SYM_BAD_VALUE);
    assert_int_equal(sym_table_part_evaluates(&leg, part, bank_b, consents_hash(), ELEMENTS),
                     SYM_OK);
}

/* Blame ----------------------------------------------------------------------------------------
 */

static void ask_for_rows(void)
{
    const struct sym_overlap_rows asked = {
        .suite = SYM_TABLE_SUITE,
        .table = sym_span(part->question.table, SYM_EXCHANGE_ID_BYTES),
        .consents_hash = consents_hash()};
    uint8_t parameters[128];
    size_t len = 0;
    assert_int_equal(sym_encode(parameters, sizeof parameters, &len, &sym_msg_overlap_rows, &asked),
                     SYM_OK);
    ask(SYM_KIND_OVERLAP_ROWS, sym_span(parameters, len));
}

static bool is_aborted(struct exchange_rig *r)
{
    return heard.reason != 0 || r->step++ > 2000;
}

/* The reason that bank-b hears, which gave its rows, when this is what failed. */
static uint32_t reason_after(struct sym_table_failure failure)
{
    rig->liar = hear;
    ask_for_rows();
    exchange_rig_run(rig, is_answered);
    assert_int_equal(heard.granted, 1);
    rig->step = 0;
    sym_table_part_fail(part, failure, "");
    exchange_rig_run(rig, is_aborted);
    return heard.reason;
}

static struct sym_table_failure wrong_rows_of(unsigned partner)
{
    return (struct sym_table_failure){.place = place_of(&part->question, partner),
                                      .cause = SYM_TABLE_CAUSE_ROWS,
                                      .said_by = SYM_TABLE_NOBODY};
}

static void who_breaks_the_protocol_hears_so(void **state)
{
    (void)state;
    agree(tallies, 0, 1);
    assert_int_equal(reason_after(wrong_rows_of(1)), SYM_REASON_PROTOCOL);
}

static void nobody_else_hears_of_a_protocol_failure(void **state)
{
    (void)state;
    agree(tallies, 0, 1);
    assert_int_equal(reason_after(wrong_rows_of(2)), SYM_REASON_UNREADY);
}

static void nobody_is_blamed_on_the_word_of_another(void **state)
{
    (void)state;
    agree(tallies, 0, 1);
    struct sym_table_failure failure = wrong_rows_of(1);
    failure.said_by = SYM_TABLE_ASKER;
    assert_int_equal(reason_after(failure), SYM_REASON_UNREADY);
}

static struct sym_leg *begin_rows(unsigned partner)
{
    struct sym_leg *leg = NULL;
    assert_int_equal(sym_table_part_tallies(&leg, part, &partner_at(partner)->id, consents_hash()),
                     SYM_OK);
    return leg;
}

static void what_meets_a_tally_that_another_has_spoiled_is_no_failure_of_its_sender(void **state)
{
    (void)state;
    uint8_t rows[1 + SYM_TABLE_TAG_BYTES] = {TABLE_ROWS, 1};
    const uint8_t cut[2] = {TABLE_ROWS, 1};
    agree(tallies, 0, 1);
    struct sym_leg *honest = begin_rows(1);
    struct sym_leg *cheat = begin_rows(2);
    assert_int_equal(honest->calls->take(honest, sym_span(rows, sizeof rows)), SYM_OK);
    assert_int_not_equal(cheat->calls->take(cheat, sym_span(cut, sizeof cut)), SYM_OK);
    assert_int_equal(part->failure.place, place_of(&part->question, 2));
    rows[1]++;
    assert_int_equal(honest->calls->take(honest, sym_span(rows, sizeof rows)), SYM_OK);
    assert_int_not_equal(cheat->calls->take(cheat, sym_span(rows, sizeof rows)), SYM_OK);
    assert_int_equal(part->failure.place, place_of(&part->question, 2));
}

/* Bank-b takes part, and hears how it ends. */
static void take_part(struct exchange_rig *r, uint8_t *bytes, size_t len)
{
    struct sym_envelope envelope;
    struct sym_span body;
    struct sym_session_parties parties;
    struct sym_session_event event;
    size_t n = 0;
    assert_int_equal(sym_envelope_read(&envelope, &body, sym_span(bytes, len)), SYM_OK);
    if (sessions[0] == NULL) {
        exchange_rig_parties(r, &parties);
        assert_int_equal(
            sym_session_new(&sessions[0], SYM_SESSION_RESPONDER, &parties, envelope.exchange_id),
            SYM_OK);
    }
    assert_int_equal(sym_session_receive(sessions[0], bytes, len, sym_wall_ms(), &event), SYM_OK);
    if (event.kind == SYM_EVENT_ABORTED) {
        heard.reason = event.abort.reason;
    } else if (event.kind == SYM_EVENT_REQUESTED) {
        struct sym_receipt receipt = {
            .decision = SYM_DECISION_GRANTED,
            .expires_ms = sym_wall_ms() + 60000,
            .evidence = exchange_rig_evidence(r, SYM_ENTRY_DECIDED, envelope.exchange_id, false)};
        assert_int_equal(sym_session_answer(sessions[0], &receipt, sym_wall_ms(), frame,
                                            SYM_SESSION_FRAME_BYTES, &n),
                         SYM_OK);
        exchange_rig_send(r, frame, n);
    }
}

static const struct sym_exchange *leg_with_bank_b(void)
{
    const struct sym_asked_table *t = rig->sides[0].exchanges->tables[0];
    return t->legs[t->question.n].leg.exchange;
}

static bool is_running(struct exchange_rig *r)
{
    (void)r;
    return leg_with_bank_b() != NULL && leg_with_bank_b()->phase == SYM_PHASE_RUNNING;
}

/* What bank-b hears of the asker when this party has sent wrong rows. */
static uint32_t reason_of_asker(unsigned partner)
{
    rig->liar = take_part;
    ask_as_own_user();
    exchange_rig_run(rig, is_running);
    struct sym_asked_table *t = rig->sides[0].exchanges->tables[0];
    sym_table_lead_lost(t->lead, place_of(&t->question, partner), SYM_TABLE_CAUSE_ROWS);
    sym_asked_turn_soon(t);
    rig->step = 0;
    exchange_rig_run(rig, is_aborted);
    return heard.reason;
}

static void the_asker_tells_who_broke_the_protocol(void **state)
{
    (void)state;
    assert_int_equal(reason_of_asker(1), SYM_REASON_PROTOCOL);
}

static void the_asker_blames_no_other(void **state)
{
    (void)state;
    assert_int_equal(reason_of_asker(2), SYM_REASON_UNREADY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_table, tear_down_table)
    const struct CMUnitTest tests[] = {
        TEST(an_evaluation_that_comes_again_is_of_as_many_as_were_consented),
        TEST(who_breaks_the_protocol_hears_so),
        TEST(nobody_else_hears_of_a_protocol_failure),
        TEST(nobody_is_blamed_on_the_word_of_another),
        TEST(what_meets_a_tally_that_another_has_spoiled_is_no_failure_of_its_sender),
        TEST(the_asker_tells_who_broke_the_protocol),
        TEST(the_asker_blames_no_other),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
