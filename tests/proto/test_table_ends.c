/* How a table ends early: who is late, lost or cannot go on is named, and nobody else. */
#include "tests/support/table_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N 3u

static struct table_rig rig;

static void open_rig(void)
{
    table_rig_make(&rig, N, SYM_TABLE_NOBODY, 11);
    table_rig_plant(&rig, 7, 3);
    table_rig_open(&rig, 0);
}

static void assert_failure(struct sym_table_failure f, uint32_t place, enum sym_table_cause cause)
{
    assert_int_equal(f.place, place);
    assert_int_equal(f.cause, cause);
}

static struct sym_table_failure failure_of(uint32_t place)
{
    return sym_table_member_failure(rig.parties[place].member);
}

static void who_is_late_is_named(void **state)
{
    (void)state;
    open_rig();
    rig.parties[2].holds = true;
    table_rig_run(&rig);
    sym_table_lead_tick(rig.lead, TABLE_RIG_PHASE_MS - 1);
    assert_int_equal(sym_table_lead_phase(rig.lead), SYM_TABLE_CONSENTING);
    sym_table_lead_tick(rig.lead, TABLE_RIG_PHASE_MS);
    assert_failure(sym_table_lead_failure(rig.lead), 2, SYM_TABLE_CAUSE_LATE);
    table_rig_run(&rig);
    assert_failure(failure_of(0), 2, SYM_TABLE_CAUSE_LATE);
    assert_true(sym_table_lead_is_told(rig.lead, 0));
    table_rig_close(&rig);
    /* While all wait for each other nobody is accused. */
    open_rig();
    rig.stops_at_start = true;
    table_rig_run(&rig);
    sym_table_lead_tick(rig.lead, TABLE_RIG_COMPUTE_MS);
    assert_failure(sym_table_lead_failure(rig.lead), SYM_TABLE_NOBODY, SYM_TABLE_CAUSE_LATE);
    table_rig_close(&rig);
}

static void who_drops_out_is_named_to_all(void **state)
{
    (void)state;
    for (uint32_t who = 0; who <= N; who++) {
        open_rig();
        rig.stops_at_start = true;
        table_rig_run(&rig);
        rig.parties[who].over = true;
        sym_table_lead_lost(rig.lead, who, SYM_TABLE_CAUSE_GONE);
        table_rig_run(&rig);
        for (uint32_t i = 0; i <= N; i++) {
            if (i != who) {
                assert_failure(failure_of(i), who, SYM_TABLE_CAUSE_GONE);
                assert_false(sym_table_member_is_open(rig.parties[i].member));
            }
        }
        table_rig_close(&rig);
    }
}

static void who_cannot_go_on_says_so(void **state)
{
    (void)state;
    open_rig();
    rig.stops_at_start = true;
    table_rig_run(&rig);
    sym_table_member_fail(rig.parties[1].member,
                          (struct sym_table_failure){.place = 1,
                                                     .cause = SYM_TABLE_CAUSE_BUDGET,
                                                     .said_by = SYM_TABLE_NOBODY});
    table_rig_run(&rig);
    assert_failure(sym_table_lead_failure(rig.lead), 1, SYM_TABLE_CAUSE_BUDGET);
    assert_int_equal(sym_table_lead_failure(rig.lead).said_by, 1);
    assert_failure(failure_of(2), 1, SYM_TABLE_CAUSE_BUDGET);
    assert_int_equal(failure_of(2).said_by, SYM_TABLE_ASKER); /* who alone has heard it */
    assert_string_equal(sym_table_cause_text(SYM_TABLE_CAUSE_BUDGET),
                        "could not debit its privacy budget");
    table_rig_close(&rig);
}

static struct sym_table_failure told(uint8_t place, enum sym_table_cause cause, uint8_t said_by)
{
    const uint8_t failed[] = {TABLE_FAILED, place, (uint8_t)cause, said_by, 0, 0, 0, 0};
    open_rig();
    rig.stops_at_start = true;
    table_rig_run(&rig);
    struct sym_table_member *m = rig.parties[1].member;
    sym_table_member_came(m, 2, 1);
    assert_int_equal(sym_table_member_take(m, sym_span(failed, sizeof failed)), SYM_OK);
    struct sym_table_failure f = failure_of(1);
    assert_failure(f, place, cause);
    table_rig_close(&rig);
    return f;
}

/* Else it could have any node say of another what it likes, as that node's own finding. */
static void what_this_party_never_said_and_what_others_confess_is_the_word_of_who_asks(void **state)
{
    (void)state;
    static const struct {
        uint8_t place;
        enum sym_table_cause cause;
        uint8_t said_by, then;
    } cases[] = {
        {0, SYM_TABLE_CAUSE_PROOF, 1, SYM_TABLE_ASKER},
        {0, SYM_TABLE_CAUSE_PROOF, 0, SYM_TABLE_ASKER},
        {0, SYM_TABLE_CAUSE_PROOF, SYM_TABLE_NOBODY, SYM_TABLE_ASKER},
        {0, SYM_TABLE_CAUSE_PROOF, 2, 2},
        {0, SYM_TABLE_CAUSE_LATE, 1, 1},
        {2, SYM_TABLE_CAUSE_LATE, 1, SYM_TABLE_ASKER}, /* it is not: all of it has come */
        {N, SYM_TABLE_CAUSE_LATE, 1, SYM_TABLE_ASKER},
        {SYM_TABLE_NOBODY, SYM_TABLE_CAUSE_LATE, 1, SYM_TABLE_ASKER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sym_table_failure f = told(cases[i].place, cases[i].cause, cases[i].said_by);
        assert_int_equal(f.said_by, cases[i].then);
    }
}

/* The asker is about to be told, and says something itself meanwhile. */
static void what_crosses_a_failure_does_not_hide_it(void **state)
{
    (void)state;
    static const uint8_t go[] = {TABLE_GO};
    static const uint8_t failed[] = {
        TABLE_FAILED, 2, SYM_TABLE_CAUSE_GONE, SYM_TABLE_NOBODY, 0, 0, 0, 0};
    open_rig();
    rig.stops_at_start = true;
    table_rig_run(&rig);
    struct sym_table_member *m = rig.parties[1].member;
    sym_table_member_fail(m, (struct sym_table_failure){.place = 1,
                                                        .cause = SYM_TABLE_CAUSE_BUDGET,
                                                        .said_by = SYM_TABLE_NOBODY});
    assert_int_equal(sym_table_member_take(m, sym_span(go, sizeof go)), SYM_OK);
    assert_int_equal(sym_table_member_take(m, sym_span(failed, sizeof failed)), SYM_OK);
    assert_failure(failure_of(1), 1, SYM_TABLE_CAUSE_BUDGET);
    table_rig_run(&rig);
    assert_failure(sym_table_lead_failure(rig.lead), 1, SYM_TABLE_CAUSE_BUDGET);
    table_rig_close(&rig);
}

static const struct sym_table_failure gone = {
    .place = 1, .cause = SYM_TABLE_CAUSE_GONE, .said_by = SYM_TABLE_NOBODY};

/* A party ends its exchanges with the others, and tells the asker why: over another link. */
static void the_reason_counts_also_when_an_ended_exchange_is_heard_of_first(void **state)
{
    (void)state;
    open_rig();
    rig.stops_at_start = true;
    table_rig_run(&rig);
    const uint32_t others[] = {0, 2, N};
    for (size_t i = 0; i < 3; i++) {
        sym_table_member_lost(rig.parties[others[i]].member, gone, 1000);
        sym_table_member_tick(rig.parties[others[i]].member, 1000 + SYM_TABLE_WORD_MS - 1);
    }
    table_rig_run(&rig);
    assert_int_equal(sym_table_lead_phase(rig.lead), SYM_TABLE_COMPUTING);
    sym_table_member_fail(rig.parties[1].member,
                          (struct sym_table_failure){.place = 1,
                                                     .cause = SYM_TABLE_CAUSE_OTHER,
                                                     .said_by = SYM_TABLE_NOBODY});
    table_rig_run(&rig);
    assert_failure(sym_table_lead_failure(rig.lead), 1, SYM_TABLE_CAUSE_OTHER);
    for (size_t i = 0; i < 3; i++) {
        assert_failure(failure_of(others[i]), 1, SYM_TABLE_CAUSE_OTHER);
        sym_table_member_tick(rig.parties[others[i]].member, 1000 + SYM_TABLE_WORD_MS);
        assert_failure(failure_of(others[i]), 1, SYM_TABLE_CAUSE_OTHER);
    }
    table_rig_close(&rig);
}

static void an_exchange_that_ended_is_told_of_once_no_reason_has_come(void **state)
{
    (void)state;
    open_rig();
    rig.stops_at_start = true;
    table_rig_run(&rig);
    struct sym_table_member *m = rig.parties[0].member;
    assert_int_equal(sym_table_member_wants(m), SYM_TABLE_WANTS_START);
    sym_table_member_lost(m, gone, 1000);
    sym_table_member_lost(m, (struct sym_table_failure){.place = 2, .cause = SYM_TABLE_CAUSE_GONE},
                          3000);
    /* Nothing is debited or sent meanwhile. */
    assert_int_equal(sym_table_member_wants(m), SYM_TABLE_WANTS_NOTHING);
    assert_false(sym_table_member_has_started(m));
    sym_table_member_tick(m, 1000 + SYM_TABLE_WORD_MS);
    assert_failure(sym_table_member_failure(m), 1, SYM_TABLE_CAUSE_GONE);
    table_rig_run(&rig);
    assert_failure(sym_table_lead_failure(rig.lead), 1, SYM_TABLE_CAUSE_GONE);
    assert_int_equal(sym_table_lead_failure(rig.lead).said_by, 0);
    assert_failure(failure_of(2), 1, SYM_TABLE_CAUSE_GONE);
    table_rig_close(&rig);
}

/* Rows are under way, and a debit is due, when another is lost. */
static void no_row_leaves_and_nothing_is_debited_once_another_is_lost(void **state)
{
    (void)state;
    table_rig_make(&rig, N, SYM_TABLE_NOBODY, 11);
    table_rig_noisy(&rig, 1000000000u);
    table_rig_plant(&rig, 7, 3);
    table_rig_open(&rig, 0);
    struct sym_table_member *m = rig.parties[0].member;
    while (sym_table_member_wants(m) != SYM_TABLE_WANTS_DEBIT) {
        assert_true(table_rig_step(&rig));
    }
    sym_table_member_lost(m, gone, 1000);
    table_rig_run(&rig);
    assert_false(rig.parties[0].debited);
    assert_null(rig.rows[0].rows);
    assert_false(sym_table_member_sends_rows(m));
    table_rig_close(&rig);
}

static void who_has_no_memory_to_look_accuses_nobody(void **state)
{
    (void)state;
    assert_failure(sym_table_failure_of(SYM_NO_MEMORY, 0, 1, SYM_TABLE_CAUSE_SIGNATURE), 0,
                   SYM_TABLE_CAUSE_OTHER);
    assert_failure(sym_table_failure_of(SYM_BAD_SIGNATURE, 0, 1, SYM_TABLE_CAUSE_SIGNATURE), 1,
                   SYM_TABLE_CAUSE_SIGNATURE);
    assert_int_equal(sym_table_failure_of(SYM_NO_MEMORY, 0, 1, SYM_TABLE_CAUSE_RELEASE).said_by,
                     SYM_TABLE_NOBODY);
    open_rig();
    rig.stops_at_start = true;
    table_rig_run(&rig);
    struct sym_table_list *list = NULL;
    const struct sym_table_list_config c = {.agreed =
                                                sym_table_member_agreed(rig.parties[0].member),
                                            .with = rig.with,
                                            .digests = rig.parties[0].digests[0],
                                            .n = rig.parties[0].n};
    assert_int_equal(sym_table_list_new(&list, &c), SYM_OK);
    assert_int_equal(sym_table_list_fail(list, SYM_NO_MEMORY, 1, SYM_TABLE_CAUSE_SIGNATURE),
                     SYM_NO_MEMORY);
    assert_failure(sym_table_list_failure(list), 0, SYM_TABLE_CAUSE_OTHER);
    sym_table_list_free(list);
    table_rig_close(&rig);
}

static void who_has_said_how_it_ended_begins_nothing_more(void **state)
{
    (void)state;
    open_rig();
    rig.stops_at_start = true;
    table_rig_run(&rig);
    for (uint32_t i = 0; i <= rig.n; i++) {
        assert_true(sym_table_member_is_open(rig.parties[i].member));
    }
    table_rig_close(&rig);
    open_rig();
    table_rig_run(&rig);
    assert_true(table_rig_done(&rig));
    for (uint32_t i = 0; i <= rig.n; i++) {
        assert_false(sym_table_member_is_open(rig.parties[i].member));
    }
    table_rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_late_is_named),
        cmocka_unit_test(who_drops_out_is_named_to_all),
        cmocka_unit_test(who_cannot_go_on_says_so),
        cmocka_unit_test(
            what_this_party_never_said_and_what_others_confess_is_the_word_of_who_asks),
        cmocka_unit_test(what_crosses_a_failure_does_not_hide_it),
        cmocka_unit_test(the_reason_counts_also_when_an_ended_exchange_is_heard_of_first),
        cmocka_unit_test(an_exchange_that_ended_is_told_of_once_no_reason_has_come),
        cmocka_unit_test(no_row_leaves_and_nothing_is_debited_once_another_is_lost),
        cmocka_unit_test(who_has_no_memory_to_look_accuses_nobody),
        cmocka_unit_test(who_has_said_how_it_ended_begins_nothing_more),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
