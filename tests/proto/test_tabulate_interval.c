/* What a release says of its noise is true: over 50 tabulations the true sum lies in the interval
 * for 93 to 97 % of all cells. In memory, with noise keys that follow from the number of the run,
 * so that it comes out the same each time. All counts are large, so that no cell is below the
 * threshold: what is counted are all cells, before anything is suppressed; noise does not depend on
 * counts. */
#include "tests/support/tab_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#define RUNS      50u
#define FEW_RUNS  10u  /* where it is far from what it should be */
#define COUNTRIES 253u /* the cube of the demo's hotspots: 253 countries, and these x 13 years */
#define PERIODS   14u
#define CELLS     (COUNTRIES * PERIODS)
#define EACH      500u /* what each member has in each cell */
#define MILLION   UINT64_C(1000000)
#define EPSILON_1 UINT64_C(1000000000)

static struct tab_rig rig;
static uint64_t half_width; /* 0: what the release says */
static bool without;        /* noise */

static int set_up(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    tab_rig_close(&rig);
    return 0;
}

struct tally {
    uint64_t cells;
    uint64_t inside;
    uint64_t too_many; /* of those outside */
    uint64_t claimed;  /* millionths, what the tables say of this half width */
};

static void count(struct tally *t)
{
    struct sym_span head;
    struct sym_span packed;
    size_t n = 0;
    uint64_t *cells = calloc(CELLS, sizeof *cells);
    uint64_t width = half_width > 0 ? half_width : rig.lead->noise.release.half_width;
    uint64_t truth = (uint64_t)EACH * rig.lead->n_survivors;
    assert_non_null(cells);
    assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_DONE);
    assert_int_equal(sym_tab_lead_release(rig.lead, &head, &packed, 0), SYM_OK);
    assert_int_equal(sym_cells_read(cells, CELLS, &n, packed), SYM_OK);
    assert_int_equal(n, CELLS);
    for (size_t i = 0; i < n; i++) {
        uint64_t off = cells[i] > truth ? cells[i] - truth : truth - cells[i];
        bool is_inside = off <= width;
        assert_int_not_equal(cells[i], 0);
        t->inside += is_inside;
        t->too_many += !is_inside && cells[i] > truth;
    }
    t->cells += n;
    t->claimed = rig.lead->noise.release.inside_ppm;
    free(cells);
}

/* Runs of n members of whom `few` drop out after they consented. */
static struct tally tally(uint32_t runs, uint32_t n, uint32_t few, uint64_t epsilon_nano)
{
    struct tally t = {0};
    uint64_t each = EACH;
    for (uint32_t run = 1; run <= runs; run++) {
        tab_rig_open_at(&rig, n, COUNTRIES, PERIODS, epsilon_nano);
        rig.noise = !without;
        rig.noise_seed = run;
        rig.extreme = &each;
        for (uint32_t i = 0; i < few; i++) {
            rig.leaves[(run + i) % n] = TAB_VECTOR;
        }
        tab_rig_begin(&rig);
        tab_rig_run(&rig);
        assert_int_equal(rig.lead->n_survivors, n - few);
        count(&t);
        if (run < runs) {
            tab_rig_close(&rig);
        }
    }
    print_message(
        "%u of %u members, epsilon %.1f: %.3f %% of %llu cells inside, %.3f %% expected\n", n - few,
        n, (double)epsilon_nano / 1e9, 100.0 * (double)t.inside / (double)t.cells,
        (unsigned long long)t.cells, (double)t.claimed / 1e4);
    return t;
}

static void assert_true_to_its_word(struct tally t)
{
    uint64_t inside = t.inside * MILLION / t.cells;
    uint64_t outside = t.cells - t.inside;
    assert_int_equal(t.cells, RUNS * CELLS);
    assert_in_range(inside, 930000, 970000);
    /* Standard deviation of 177,100 cells: 0.05 %. Four of them. */
    assert_in_range(inside, t.claimed - 2000, t.claimed + 2000);
    /* As many are too large as too small; standard deviation below 0.6 % of those outside. */
    assert_in_range(t.too_many * 1000 / outside, 475, 525);
}

static void six_at_epsilon_1_keep_their_interval(void **state)
{
    (void)state;
    assert_true_to_its_word(tally(RUNS, 6, 0, EPSILON_1));
}

static void six_at_epsilon_one_half_keep_their_interval(void **state)
{
    (void)state;
    assert_true_to_its_word(tally(RUNS, 6, 0, EPSILON_1 / 2));
}

static void five_that_are_left_of_six_keep_their_interval(void **state)
{
    (void)state;
    assert_true_to_its_word(tally(RUNS, 6, 1, EPSILON_1));
}

/* The check itself can fail: noise of another epsilon is noticed. */
static void noise_of_twice_the_scale_is_outside(void **state)
{
    (void)state;
    half_width = 3; /* at epsilon 1 */
    struct tally t = tally(FEW_RUNS, 6, 0, EPSILON_1 / 2);
    half_width = 0;
    assert_in_range(t.inside * MILLION / t.cells, 600000, 900000);
}

static void no_noise_is_inside_too_often(void **state)
{
    (void)state;
    without = true;
    struct tally t = tally(FEW_RUNS, 6, 0, EPSILON_1);
    without = false;
    assert_int_equal(t.inside, t.cells);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(six_at_epsilon_1_keep_their_interval, tear_down),
        cmocka_unit_test_teardown(six_at_epsilon_one_half_keep_their_interval, tear_down),
        cmocka_unit_test_teardown(five_that_are_left_of_six_keep_their_interval, tear_down),
        cmocka_unit_test_teardown(noise_of_twice_the_scale_is_outside, tear_down),
        cmocka_unit_test_teardown(no_noise_is_inside_too_often, tear_down),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
