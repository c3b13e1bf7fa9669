/* Own parts of overlap tables: how many a peer may have (and of tabulations), and how long they
 * stay. */
#include "tests/node/table_parts_room.h"

#include "proto/tabulation.h"

static bool after_ticks(struct exchange_rig *r)
{
    return r->step++ > 300;
}

static void run_a_while(void)
{
    rig->step = 0;
    exchange_rig_run(rig, after_ticks);
}

static unsigned places_taken(void)
{
    unsigned n = 0;
    for (size_t i = 0; i < SYM_TABLE_PARTS_MAX; i++) {
        n += rig->sides[0].exchanges->table_parts[i] != NULL;
    }
    return n;
}

/* Places ---------------------------------------------------------------------------------------
 */

static void ask_for_a_table_by(uint32_t suite)
{
    const struct sym_table_question q = question_of(contributes, 3, 1);
    uint8_t cohort[SYM_TABLE_LISTS_MAX * SYM_HASH_BYTES];
    uint8_t parameters[SYM_PARAMETERS_BYTES_MAX];
    struct sym_overlap_table asked;
    size_t len = 0;
    sym_table_parameters(&asked, cohort, &q);
    asked.suite = suite;
    assert_int_equal(
        sym_encode(parameters, sizeof parameters, &len, &sym_msg_overlap_table, &asked), SYM_OK);
    ask(SYM_KIND_OVERLAP_TABLE, sym_span(parameters, len));
}

static void ask_for_a_table(void)
{
    ask_for_a_table_by(SYM_TABLE_SUITE);
}

/* It has not broken the protocol: it may be of another version. */
static void a_peer_that_computes_by_another_suite_is_told_so(void **state)
{
    (void)state;
    rig->liar = hear;
    ask_for_a_table_by(SYM_TABLE_SUITE_DP);
    exchange_rig_run(rig, is_answered);
    assert_int_equal(heard.denied, 1);
    assert_int_equal(heard.reason, SYM_REASON_UNSUPPORTED);
    assert_non_null(strstr(heard.remark, "have all nodes the same version?"));
}

static void a_peer_has_no_more_parts_than_its_share(void **state)
{
    (void)state;
    rig->liar = hear;
    for (unsigned i = 0; i < ASKED; i++) {
        ask_for_a_table();
        exchange_rig_run(rig, is_answered);
    }
    assert_int_equal(heard.granted, SYM_TABLE_PARTS_PEER_MAX);
    assert_int_equal(heard.denied, ASKED - SYM_TABLE_PARTS_PEER_MAX);
    assert_int_equal(heard.reason, SYM_REASON_BUSY);
    assert_non_null(strstr(heard.remark, "in 2 of yours already"));
    assert_int_equal(places_taken(), SYM_TABLE_PARTS_PEER_MAX);
}

static void a_peer_that_never_closes_has_its_share_of_what_is_kept(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    struct sym_table_part *p = NULL;
    for (unsigned i = 0; i < 2 * SYM_TABLE_PARTS_PEER_MAX; i++) {
        const struct sym_table_question q = question_of(contributes, 3, 1);
        assert_int_equal(new_part(&p, &q, 1, &fault), SYM_OK);
        p->is_kept = true;
    }
    const struct sym_table_question q = question_of(contributes, 3, 1);
    assert_int_equal(new_part(&p, &q, 1, &fault), SYM_LIMIT);
    assert_non_null(strstr(fault.text, "wait until all parties have closed"));
    const struct sym_table_question other = question_of((const unsigned[]){0, 1, 4}, 3, 2);
    assert_int_equal(new_part(&p, &other, 2, &fault), SYM_OK);
}

static void a_part_that_only_waits_for_closes_is_not_counted(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    struct sym_table_part *p = NULL;
    for (unsigned i = 0; i <= SYM_TABLE_PARTS_PEER_MAX; i++) {
        const struct sym_table_question q = question_of(contributes, 3, 1);
        assert_int_equal(new_part(&p, &q, 1, &fault), SYM_OK);
        p->is_kept = p->is_kept || i == 0;
    }
    const struct sym_table_question q = question_of(contributes, 3, 1);
    assert_int_equal(new_part(&p, &q, 1, &fault), SYM_LIMIT);
}

static void peers_leave_places_for_own_tables(void **state)
{
    (void)state;
    static const unsigned tallier[] = {0, 2, 3, 2, 3};
    struct sym_fault fault = {.text = ""};
    struct sym_table_part *p = NULL;
    unsigned taken = 0;
    for (unsigned i = 0; i < 2 * (1 + EXTRAS); i++) {
        unsigned asker = 1 + i / 2;
        const struct sym_table_question q =
            question_of((const unsigned[]){0, 1, 4}, tallier[asker], asker);
        enum sym_err err = new_part(&p, &q, asker, &fault);
        taken += err == SYM_OK;
        assert_int_equal(err, i < SYM_TABLE_PARTS_MAX - SYM_TABLES_MAX ? SYM_OK : SYM_LIMIT);
    }
    assert_int_equal(taken, SYM_TABLE_PARTS_MAX - SYM_TABLES_MAX);
    assert_non_null(strstr(fault.text, "takes part in 6 others already"));
    for (unsigned i = 0; i < SYM_TABLES_MAX; i++) {
        const struct sym_table_question q = question_of(contributes, 3, 0);
        assert_int_equal(new_part(&p, &q, 0, &fault), SYM_OK);
    }
    assert_int_equal(places_taken(), SYM_TABLE_PARTS_MAX);
}

static void ask_for_a_tabulation(void)
{
    uint8_t id[SYM_EXCHANGE_ID_BYTES] = {1};
    uint8_t hash[SYM_HASH_BYTES] = {2};
    uint8_t cohort[SYM_TAB_MEMBERS_MAX * SYM_HASH_BYTES] = {3};
    uint8_t outline[SYM_TAB_OUTLINE_BYTES_MAX];
    uint8_t parameters[SYM_PARAMETERS_BYTES_MAX];
    size_t outline_len = 0;
    size_t len = 0;
    const struct sym_tab_outline o = {.persons_max = 1, .cells_per_incident = 1};
    assert_int_equal(sym_encode(outline, sizeof outline, &outline_len, &sym_msg_tab_outline, &o),
                     SYM_OK);
    const struct sym_tabulate t = {.suite = SYM_TAB_SUITE,
                                   .tabulation = sym_span(id, sizeof id),
                                   .query_hash = sym_span(hash, sizeof hash),
                                   .cohort = sym_span(cohort, sizeof cohort),
                                   .epsilon_nano = 1000000000u,
                                   .cells = 10,
                                   .outline = sym_span(outline, outline_len)};
    assert_int_equal(sym_encode(parameters, sizeof parameters, &len, &sym_msg_tabulate, &t),
                     SYM_OK);
    ask(SYM_KIND_TABULATE, sym_span(parameters, len));
    exchange_rig_run(rig, is_answered);
}

/* Exchanges that bank-b has asked for, in flight for as long as nobody looks closer. */
static void take_places(struct sym_exchange **out, unsigned n)
{
    struct sym_fault fault = {.text = ""};
    for (unsigned i = 0; i < n; i++) {
        struct sym_exchange *e = NULL;
        assert_int_equal(sym_exchange_table_add(&rig->sides[0].exchanges->table, &e,
                                                &rig->sides[1].self.id, &fault),
                         SYM_OK);
        e->kind = SYM_KIND_TABULATE;
        e->role = SYM_SESSION_RESPONDER;
        e->phase = SYM_PHASE_ASKED;
        e->deadline_ms = UINT64_MAX;
        e->started_us = sym_now_us();
        out[i] = e;
    }
}

static void a_peer_has_no_more_tabulations_than_its_share(void **state)
{
    (void)state;
    struct sym_exchange *taken[SYM_TABULATIONS_IN_PEER_MAX];
    rig->liar = hear;
    take_places(taken, SYM_TABULATIONS_IN_PEER_MAX);
    ask_for_a_tabulation();
    assert_int_equal(heard.denied, 1);
    assert_int_equal(heard.reason, SYM_REASON_BUSY);
    assert_non_null(strstr(heard.remark, "in 5 of yours already"));
    sym_exchange_finish(taken[0], SYM_EXCHANGE_ABORTED, sym_now_us());
    ask_for_a_tabulation();
    assert_int_equal(heard.denied, 2);
    assert_int_not_equal(heard.reason, SYM_REASON_BUSY);
    for (unsigned i = 1; i < SYM_TABULATIONS_IN_PEER_MAX; i++) {
        sym_exchange_finish(taken[i], SYM_EXCHANGE_ABORTED, sym_now_us());
    }
}

/* The end --------------------------------------------------------------------------------------
 */

static void the_own_part_ends_with_its_table(void **state)
{
    (void)state;
    rig->linked = false;
    ask_as_own_user();
    run_a_while();
    assert_int_equal(places_taken(), 1);
    struct sym_asked_table *t = rig->sides[0].exchanges->tables[0];
    t->unheeded = 0;
    sym_asked_end(t, SYM_EXCHANGE_DONE, SYM_OK, "");
    for (uint32_t i = 0; i <= t->question.n; i++) {
        if (t->legs[i].leg.exchange != NULL) {
            sym_exchange_abort(t->x, t->legs[i].leg.exchange, SYM_REASON_CANCELLED, SYM_CANCELLED,
                               "closed");
        }
    }
    run_a_while();
    assert_true(t->ended_us != 0);
    assert_int_equal(t->state, SYM_EXCHANGE_DONE);
    assert_int_equal(places_taken(), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_peer_has_no_more_parts_than_its_share),
        TEST(a_peer_that_computes_by_another_suite_is_told_so),
        TEST(a_part_that_only_waits_for_closes_is_not_counted),
        TEST(a_peer_that_never_closes_has_its_share_of_what_is_kept),
        TEST(peers_leave_places_for_own_tables),
        TEST(a_peer_has_no_more_tabulations_than_its_share),
        TEST(the_own_part_ends_with_its_table),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
