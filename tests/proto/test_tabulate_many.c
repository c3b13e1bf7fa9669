/* Tabulations of 200: exact sums with up to n - t drop-outs, at each stage in turn. Of 60, which
 * take a tenth of the time, where all drop out at the same stage. */
#include "tests/support/tab_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define N    200u
#define FEW  40u
#define SOME 60u

static struct tab_rig rig;

static int tear_down(void **state)
{
    (void)state;
    tab_rig_close(&rig);
    return 0;
}

/* Leave instead of sending: the next one for each of `types`, in turn. Keys are agreed on without
 * X25519, and of a large epsilon the table of the noise, which is not added, is short: both would
 * cost more than all that is looked at here. Smaller tabulations have them. */
static void run_with(uint32_t n, const enum tab_type *types, uint32_t n_types, uint32_t few)
{
    tab_rig_open_at(&rig, n, 2, 6, 12000000000u);
    rig.quick = true;
    rig.crew = crew_new(2);
    for (uint32_t i = 0; i < few; i++) {
        rig.leaves[(7u + 3u * i) % n] = types[i % n_types];
    }
    tab_rig_begin(&rig);
    tab_rig_run(&rig);
}

static void assert_released(uint32_t survivors)
{
    assert_string_equal(sym_tab_lead_fault(rig.lead), "");
    assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_DONE);
    assert_int_equal(rig.lead->n_survivors, survivors);
    assert_true(tab_rig_exact(&rig));
}

static void a_sum_of_200_is_exact(void **state)
{
    (void)state;
    run_with(N, (enum tab_type[]){TAB_NO_TYPE}, 1, 0);
    assert_released(N);
    assert_int_equal(tab_rig_keepers(&rig), N);
}

static void a_fifth_may_be_away_from_the_beginning(void **state)
{
    (void)state;
    run_with(SOME, (enum tab_type[]){TAB_CONSENT}, 1, SOME / 5);
    assert_released(SOME - SOME / 5);
}

static void a_fifth_may_leave_with_their_vectors_half_sent(void **state)
{
    (void)state;
    run_with(SOME, (enum tab_type[]){TAB_VECTOR}, 1, SOME / 5);
    assert_released(SOME - SOME / 5);
}

static void a_fifth_may_leave_before_they_sign(void **state)
{
    (void)state;
    run_with(SOME, (enum tab_type[]){TAB_SIGNATURE}, 1, SOME / 5);
    assert_released(SOME);
}

static void a_fifth_may_leave_before_they_unmask(void **state)
{
    (void)state;
    run_with(SOME, (enum tab_type[]){TAB_UNMASK}, 1, SOME / 5);
    assert_released(SOME);
}

static void forty_may_leave_one_stage_after_the_other(void **state)
{
    (void)state;
    run_with(N, (enum tab_type[]){TAB_CONSENT, TAB_TILE, TAB_VECTOR, TAB_SIGNATURE, TAB_UNMASK}, 5,
             FEW);
    assert_released(N - FEW / 5 * 3);
}

static void of_forty_one_nothing_is_revealed(void **state)
{
    (void)state;
    run_with(N, (enum tab_type[]){TAB_TILE}, 1, FEW + 1);
    assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_FAILED);
    assert_false(sym_tab_lead_unspent(rig.lead));
    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(rig.unmasked[i], 0);
    }
}

int main(void)
{
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_sum_of_200_is_exact, tear_down),
        cmocka_unit_test_teardown(a_fifth_may_be_away_from_the_beginning, tear_down),
        cmocka_unit_test_teardown(a_fifth_may_leave_with_their_vectors_half_sent, tear_down),
        cmocka_unit_test_teardown(a_fifth_may_leave_before_they_sign, tear_down),
        cmocka_unit_test_teardown(a_fifth_may_leave_before_they_unmask, tear_down),
        cmocka_unit_test_teardown(forty_may_leave_one_stage_after_the_other, tear_down),
        cmocka_unit_test_teardown(of_forty_one_nothing_is_revealed, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
