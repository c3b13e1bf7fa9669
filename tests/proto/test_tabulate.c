/* Whole tabulations: sums are exact whoever leaves, as long as enough stay; with too few nothing is
 * revealed. Without noise, so that a sum can be compared. */
#include "tests/support/tab_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
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

/* All stages at which somebody may leave once nothing depends on everybody any more, and how many
 * then survive and keep the release if `few` leave. */
static void assert_stage(uint32_t n, uint32_t few, enum tab_type type, bool silent)
{
    bool early = type == TAB_CONSENT || type == TAB_TILE || type == TAB_VECTOR;
    run_with(n, few, type, silent);
    assert_released(early ? n - few : n, type == TAB_KEPT ? n : n - few);
    assert_int_equal(rig.lead->n_consents, type == TAB_CONSENT ? n - few : n);
    tab_rig_close(&rig);
}

static void assert_stages(uint32_t n, bool silent)
{
    static const enum tab_type stages[] = {TAB_CONSENT,   TAB_TILE,   TAB_VECTOR,
                                           TAB_SIGNATURE, TAB_UNMASK, TAB_KEPT};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        assert_stage(n, n - sym_tab_rules(n).quorum, stages[i], silent);
    }
    run_with(n, 0, TAB_NO_TYPE, false);
}

/* Nothing is known to anybody, and nobody gave both shares. */
static void assert_failed(bool unspent)
{
    assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_FAILED);
    assert_int_equal(sym_tab_lead_unspent(rig.lead), unspent);
    assert_int_not_equal(strlen(sym_tab_lead_fault(rig.lead)), 0);
    assert_int_equal(rig.lead->released.len, 0);
    assert_int_equal(tab_rig_keepers(&rig), 0);
    for (uint32_t i = 0; i < rig.n; i++) {
        assert_true(rig.debited[i] == 0 || !unspent);
        assert_true(rig.unmasked[i] <= 1);
    }
}

static void assert_too_few(uint32_t n, uint32_t few, enum tab_type type)
{
    run_with(n, few, type, few % 2 == 0);
    assert_failed(type == TAB_CONSENT || type == TAB_SHARES);
    assert_true(type != TAB_SIGNATURE ||
                strstr(sym_tab_lead_fault(rig.lead), "signed who survived") != NULL);
    uint32_t unmasked = 0;
    uint32_t missing = 0;
    for (uint32_t i = 0; i < n; i++) {
        unmasked += rig.unmasked[i];
        missing += sym_tab_lead_misses(rig.lead, i);
        assert_true(rig.leaves[i] == type || !sym_tab_lead_misses(rig.lead, i));
        assert_int_equal(rig.errs[i], SYM_OK); /* nor was it asked for what it must refuse */
    }
    assert_true(missing > 0 && missing <= few);
    assert_true(unmasked == 0 || type == TAB_UNMASK);
    tab_rig_close(&rig);
}

static void assert_aborts(uint32_t n, uint32_t few)
{
    static const enum tab_type stages[] = {TAB_CONSENT, TAB_SHARES, TAB_TILE, TAB_VECTOR};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        assert_too_few(n, few, stages[i]);
    }
    /* Who has survived may leave later, as long as t are left. */
    uint32_t spare = n - sym_tab_rules(n).quorum;
    assert_too_few(n, spare + 1, TAB_SIGNATURE);
    assert_too_few(n, spare + 1, TAB_UNMASK);
    run_with(n, 0, TAB_NO_TYPE, false);
}

static void sums_are_exact(uint32_t n)
{
    run_with(n, 0, TAB_NO_TYPE, false);
    assert_released(n, n);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(rig.debited[i], 1);
        assert_int_equal(rig.unmasked[i], 1);
    }
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

static void of_50_ten_may_leave_at_any_stage_but_sharing(void **state)
{
    (void)state;
    assert_stages(50, false);
}

static void of_12_two_may_fall_silent_at_any_stage_but_sharing(void **state)
{
    (void)state;
    assert_stages(12, true);
}

static void of_3_nobody_may_leave(void **state)
{
    (void)state;
    assert_aborts(3, 1);
}

static void of_5_nobody_may_leave_before_all_survive(void **state)
{
    (void)state;
    assert_aborts(5, 1);
}

static void of_50_eleven_are_too_many(void **state)
{
    (void)state;
    assert_aborts(50, 11);
}

static void one_who_leaves_while_sharing_ends_it_unspent(void **state)
{
    (void)state;
    run_with(50, 1, TAB_SHARES, false);
    assert_failed(true);
    tab_rig_close(&rig);
    run_with(12, 1, TAB_SHARES, true);
    assert_failed(true);
}

static void a_release_that_there_is_costs_nothing(void **state)
{
    (void)state;
    uint8_t id[SYM_EXCHANGE_ID_BYTES] = {1, 2, 3};
    tab_rig_open(&rig, 5, 6, 12);
    rig.look = id;
    tab_rig_begin(&rig);
    tab_rig_run(&rig);
    assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_DONE);
    for (uint32_t i = 0; i < 5; i++) {
        size_t len = 0;
        assert_int_equal(sym_tab_member_step(rig.members[i], &len), SYM_TAB_CLOSE);
        assert_int_equal(rig.debited[i], 0);
    }
}

/* Tiles: several, the last shorter; more vectors than there is room for at once. */
static void cells_of_many_tiles_are_exact(void **state)
{
    (void)state;
    tab_rig_open(&rig, 6, 300, 301);
    rig.leaves[4] = TAB_VECTOR;
    rig.crew = crew_new(3);
    tab_rig_begin(&rig);
    tab_rig_run(&rig);
    assert_released(5, 5);
    assert_true(rig.bytes_to_lead > 5u * 8u * rig.cells);
}

/* What five participants with `each` in every cell release, with noise; owned by the caller. */
static uint64_t *released_with_noise(uint64_t each, uint32_t cells_per_incident)
{
    struct sym_span head;
    struct sym_span packed;
    size_t n = 0;
    tab_rig_open(&rig, 5, 334, 300);
    tab_rig_bound(&rig, cells_per_incident);
    rig.noise = true;
    rig.extreme = &each;
    rig.crew = crew_new(2);
    tab_rig_begin(&rig);
    tab_rig_run(&rig);
    assert_int_equal(sym_tab_lead_phase(rig.lead), SYM_TAB_DONE);
    assert_int_equal(tab_rig_keepers(&rig), 5);
    assert_int_equal(sym_tab_lead_release(rig.lead, &head, &packed, 0), SYM_OK);
    uint64_t *cells = calloc(rig.cells, sizeof *cells);
    assert_non_null(cells);
    assert_int_equal(sym_cells_read(cells, rig.cells, &n, packed), SYM_OK);
    assert_int_equal(n, rig.cells);
    return cells;
}

/* Of five h = 3 make one whole discrete Laplace of a = epsilon / sensitivity: the variance of all
 * is 5/3 of 2 q / (1 - q)^2 with q = e^-a. That of 100,200 cells is within 1 % of it, or so; that
 * of noise shared among all five would be 40 % less. */
static void noise_is_that_of_its_shares(void **state)
{
    (void)state;
    for (uint32_t sensitivity = 1; sensitivity <= 2; sensitivity++) {
        uint64_t *cells = released_with_noise(1000, sensitivity);
        double q = exp(-1.0 / sensitivity);
        double expected = 5.0 / 3.0 * 2.0 * q / ((1 - q) * (1 - q));
        double variance = 0;
        uint32_t inside = 0;
        for (uint32_t i = 0; i < rig.cells; i++) {
            double off = (double)cells[i] - 5000;
            variance += off * off / rig.cells;
            inside += fabs(off) <= (double)rig.lead->noise.release.half_width;
        }
        free(cells);
        assert_true(variance > 0.9 * expected && variance < 1.1 * expected);
        assert_true(inside > rig.cells / 100 * 94);
        tab_rig_close(&rig);
    }
    run_with(3, 0, TAB_NO_TYPE, false);
}

/* 0.66 ghosts are expected: more than 5 come once in 15,000 runs. */
static void an_empty_federation_releases_at_most_5_cells(void **state)
{
    (void)state;
    uint32_t ghosts = 0;
    uint64_t *cells = released_with_noise(0, 1);
    for (uint32_t i = 0; i < rig.cells; i++) {
        ghosts += cells[i] != 0;
    }
    free(cells);
    assert_true(ghosts <= 5);
}

static void machines_may_be_dropped_at_any_time(void **state)
{
    (void)state;
    for (unsigned rounds = 0; rounds < 20; rounds++) {
        tab_rig_open(&rig, 5, 6, 12);
        tab_rig_begin(&rig);
        for (unsigned i = 0; i < rounds; i++) {
            (void)tab_rig_round(&rig);
        }
        if (rounds < 19) {
            tab_rig_close(&rig);
        }
    }
}

static void progress_ends_at_its_total(void **state)
{
    (void)state;
    run_with(5, 0, TAB_NO_TYPE, false);
    struct sym_tab_progress lead = sym_tab_lead_progress(rig.lead);
    struct sym_tab_progress member = sym_tab_member_progress(rig.members[2]);
    assert_int_equal(lead.done, lead.total);
    assert_int_equal(member.done, member.total);
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
        cmocka_unit_test_teardown(of_50_ten_may_leave_at_any_stage_but_sharing, tear_down),
        cmocka_unit_test_teardown(of_12_two_may_fall_silent_at_any_stage_but_sharing, tear_down),
        cmocka_unit_test_teardown(of_3_nobody_may_leave, tear_down),
        cmocka_unit_test_teardown(of_5_nobody_may_leave_before_all_survive, tear_down),
        cmocka_unit_test_teardown(of_50_eleven_are_too_many, tear_down),
        cmocka_unit_test_teardown(one_who_leaves_while_sharing_ends_it_unspent, tear_down),
        cmocka_unit_test_teardown(a_release_that_there_is_costs_nothing, tear_down),
        cmocka_unit_test_teardown(cells_of_many_tiles_are_exact, tear_down),
        cmocka_unit_test_teardown(noise_is_that_of_its_shares, tear_down),
        cmocka_unit_test_teardown(an_empty_federation_releases_at_most_5_cells, tear_down),
        cmocka_unit_test_teardown(machines_may_be_dropped_at_any_time, tear_down),
        cmocka_unit_test_teardown(progress_ends_at_its_total, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
