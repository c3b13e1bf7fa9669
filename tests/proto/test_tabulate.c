/* Whole tabulations: sums are exact whoever leaves, as long as enough stay; with too few nothing is
 * revealed. Without noise, so that a sum can be compared. */
#include "tests/support/tab_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct tab_rig rig;

static int tear_down(void **state)
{
    (void)state;
    tab_rig_close(&rig);
    return 0;
}

/* n members of whom the last `few` leave instead of sending `type`. */
static void run_with(uint32_t n, uint32_t few, enum tab_type type, bool silent)
{
    tab_rig_open(&rig, n, 6, 12);
    rig.silent = silent;
    rig.crew = n > 20 ? crew_new(2) : NULL;
    for (uint32_t i = 0; i < few; i++) {
        rig.leaves[(n - 1 - 3 * i) % n] = type;
    }
    tab_rig_begin(&rig);
    tab_rig_run(&rig);
}

static void assert_released(uint32_t survivors, uint32_t keepers)
{
    assert_string_equal(sym_tab_lead_fault(rig.lead), "");
    assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_DONE);
    assert_int_equal(rig.lead->n_survivors, survivors);
    assert_int_equal(tab_rig_keepers(&rig), keepers);
    assert_true(tab_rig_exact(&rig));
}

static void sums_are_exact(uint32_t n)
{
    run_with(n, 0, TAB_NO_TYPE, false);
    assert_released(n, n);
}

static void sums_of_3_are_exact(void **state)
{
    (void)state;
    sums_are_exact(3);
}

static void sums_of_5_are_exact(void **state)
{
    (void)state;
    sums_are_exact(5);
}

static void sums_of_50_are_exact(void **state)
{
    (void)state;
    sums_are_exact(50);
}

static void sums_of_200_are_exact(void **state)
{
    (void)state;
    sums_are_exact(200);
}

int main(void)
{
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(sums_of_3_are_exact, tear_down),
        cmocka_unit_test_teardown(sums_of_5_are_exact, tear_down),
        cmocka_unit_test_teardown(sums_of_50_are_exact, tear_down),
        cmocka_unit_test_teardown(sums_of_200_are_exact, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
