#include "tests/support/table_trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct table_rig trial;
size_t trial_lies;
uint32_t trial_announced;

void trial_make(uint32_t each)
{
    trial_lies = 0;
    table_rig_make(&trial, N, SYM_TABLE_NOBODY, each);
    table_rig_plant(&trial, 7, 5);
    table_rig_plant(&trial, 3, 2);
    for (uint32_t i = 0; i < N; i++) {
        table_rig_plant(&trial, 1u << i, each - trial.parties[i].n);
    }
}

void trial_run(uint32_t each, table_tap_fn *tap)
{
    trial_make(each);
    trial.tap = tap;
    table_rig_open(&trial, trial_announced);
    table_rig_run(&trial);
    assert_true(trial_lies > 0);
}

void trial_failed(struct sym_table_failure f, uint32_t place, enum sym_table_cause cause)
{
    assert_int_equal(f.place, place);
    assert_int_equal(f.cause, cause);
}

void trial_caught(uint32_t place, enum sym_table_cause cause)
{
    assert_int_equal(sym_table_lead_phase(trial.lead), SYM_TABLE_FAILED);
    trial_failed(sym_table_lead_failure(trial.lead), place, cause);
    assert_int_equal(sym_table_lead_release(trial.lead).len, 0);
    for (uint32_t i = 0; i <= trial.n; i++) {
        struct sym_table_failure f = sym_table_member_failure(trial.parties[i].member);
        assert_int_not_equal(f.cause, SYM_TABLE_CAUSE_NONE);
        assert_int_equal(sym_table_member_release(trial.parties[i].member).len, 0);
        if (i != place && place <= trial.n) {
            trial_failed(f, place, cause);
        }
    }
}

void trial_agree(uint32_t each)
{
    trial_make(each);
    trial.stops_at_start = true;
    table_rig_open(&trial, trial_announced);
    table_rig_run(&trial);
    for (uint32_t i = 0; i <= N; i++) {
        assert_int_equal(sym_table_member_wants(trial.parties[i].member), SYM_TABLE_WANTS_START);
    }
}

const struct sym_table_agreed *trial_agreed(uint32_t place)
{
    return sym_table_member_agreed(trial.parties[place].member);
}
