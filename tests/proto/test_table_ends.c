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
    assert_int_equal(failure_of(2).said_by, 1);
    assert_string_equal(sym_table_cause_text(SYM_TABLE_CAUSE_BUDGET),
                        "could not debit its privacy budget");
    table_rig_close(&rig);
}

/* The asker is about to be told, and says something itself meanwhile. */
static void what_crosses_a_failure_does_not_hide_it(void **state)
{
    (void)state;
    static const uint8_t go[] = {TABLE_GO};
    static const uint8_t failed[] = {TABLE_FAILED, 2, SYM_TABLE_CAUSE_GONE, SYM_TABLE_NOBODY};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_late_is_named),
        cmocka_unit_test(who_drops_out_is_named_to_all),
        cmocka_unit_test(who_cannot_go_on_says_so),
        cmocka_unit_test(what_crosses_a_failure_does_not_hide_it),
        cmocka_unit_test(who_has_no_memory_to_look_accuses_nobody),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
