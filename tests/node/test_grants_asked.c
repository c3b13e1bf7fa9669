#include "node/grant/grants_asked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW     (UINT64_C(1790000000000) / SYM_ASKED_SLOT_MS * SYM_ASKED_SLOT_MS)
#define MINUTE  UINT64_C(60000)
#define HOUR    (60 * MINUTE)
#define DAY     (24 * HOUR)
#define QUARTER ((uint64_t)SYM_ASKED_SLOT_MS)

static struct sym_asked asked(unsigned n, uint64_t wall_ms)
{
    struct sym_asked a = {.slot = 0};
    for (unsigned i = 0; i < n; i++) {
        assert_true(sym_asked_add(&a, wall_ms));
    }
    return a;
}

static void counts_a_request_for_a_day_and_at_most_a_quarter_of_an_hour_more(void **state)
{
    (void)state;
    for (uint64_t at = NOW; at < NOW + QUARTER; at += QUARTER / 7) {
        struct sym_asked a = asked(3, at);
        assert_int_equal(sym_asked_count(&a, at), 3);
        assert_int_equal(sym_asked_count(&a, at + DAY - 1), 3);
        assert_int_equal(sym_asked_count(&a, at + DAY + QUARTER), 0);
        assert_int_equal(sym_asked_count(&a, at + 1000 * DAY), 0);
    }
}

static void forgets_each_request_at_its_own_time(void **state)
{
    (void)state;
    struct sym_asked a = {.slot = 0};
    for (uint64_t hour = 0; hour < 24; hour++) {
        assert_int_equal(sym_asked_count(&a, NOW + hour * HOUR), hour);
        assert_true(sym_asked_add(&a, NOW + hour * HOUR));
    }
    for (uint64_t hour = 0; hour < 24; hour++) {
        assert_int_equal(sym_asked_count(&a, NOW + DAY + hour * HOUR), 24 - hour);
        assert_int_equal(sym_asked_count(&a, NOW + DAY + hour * HOUR + QUARTER), 23 - hour);
    }
}

/* Whatever window of 24 hours is looked at, no more were let through than allowed. */
static void no_day_has_more_than_were_allowed(void **state)
{
    (void)state;
    struct sym_asked a = {.slot = 0};
    static uint64_t times[2000];
    size_t n = 0;
    for (uint64_t at = NOW; at < NOW + 5 * DAY; at += 7 * MINUTE) {
        if (sym_asked_count(&a, at) < 50) {
            (void)sym_asked_add(&a, at);
            times[n++] = at;
        }
    }
    assert_true(n >= 200);
    for (size_t i = 50; i < n; i++) {
        assert_true(times[i] - times[i - 50] >= DAY);
    }
}

static void a_clock_set_back_refunds_nothing(void **state)
{
    (void)state;
    struct sym_asked a = asked(5, NOW);
    static const uint64_t back[] = {1, QUARTER, HOUR, DAY - 1, DAY, DAY + QUARTER, 300 * DAY, NOW};
    for (size_t i = 0; i < sizeof back / sizeof *back; i++) {
        assert_int_equal(sym_asked_count(&a, NOW - back[i]), 5);
        struct sym_asked b = a;
        assert_true(sym_asked_add(&b, NOW - back[i]));
        assert_int_equal(sym_asked_count(&b, NOW - back[i]), 6);
        if (back[i] < DAY) {
            assert_int_equal(sym_asked_count(&b, NOW), 6);
        }
    }
}

static void a_clock_that_swings_refunds_nothing(void **state)
{
    (void)state;
    struct sym_asked a = asked(5, NOW);
    for (unsigned i = 0; i < 500; i++) {
        (void)sym_asked_add(&a, NOW + QUARTER);
        assert_true(sym_asked_add(&a, NOW));
    }
    assert_int_equal(sym_asked_count(&a, NOW + QUARTER), 1005);
}

static void a_clock_set_back_a_little_makes_no_request_younger(void **state)
{
    (void)state;
    struct sym_asked a = asked(1, NOW);
    assert_true(sym_asked_add(&a, NOW + 23 * HOUR));
    assert_true(sym_asked_add(&a, NOW + 22 * HOUR));
    assert_int_equal(sym_asked_count(&a, NOW + DAY), 3);
    assert_int_equal(sym_asked_count(&a, NOW + DAY + QUARTER), 2);
}

/* Else a clock that was wrong for a moment would lock a peer out for years. */
static void a_clock_that_was_far_ahead_does_not_lock_out_for_longer_than_a_day(void **state)
{
    (void)state;
    struct sym_asked a = asked(5, NOW + 3650 * DAY);
    assert_true(sym_asked_add(&a, NOW));
    assert_int_equal(sym_asked_count(&a, NOW), 6);
    assert_int_equal(sym_asked_count(&a, NOW + DAY - 1), 6);
    assert_int_equal(sym_asked_count(&a, NOW + DAY + QUARTER), 0);
}

static void a_flood_changes_nothing_any_more_after_a_while(void **state)
{
    (void)state;
    struct sym_asked a = {.slot = 0};
    for (unsigned i = 0; i <= SYM_EXCHANGES_PER_DAY_MAX; i++) {
        assert_true(sym_asked_add(&a, NOW));
    }
    struct sym_asked before = a;
    for (unsigned i = 0; i < 1000; i++) {
        assert_false(sym_asked_add(&a, NOW));
    }
    assert_memory_equal(&a, &before, sizeof a);
    assert_true(sym_asked_count(&a, NOW) > SYM_EXCHANGES_PER_DAY_MAX);
    assert_true(sym_asked_add(&a, NOW + QUARTER));
}

static void reads_what_it_wrote(void **state)
{
    (void)state;
    uint8_t bytes[SYM_ASKED_BYTES];
    struct sym_asked a = asked(5, NOW);
    struct sym_asked b = {.slot = 0};
    assert_true(sym_asked_add(&a, NOW + 3 * HOUR));
    sym_asked_write(bytes, &a);
    assert_int_equal(sym_asked_read(&b, sym_span(bytes, sizeof bytes)), SYM_OK);
    assert_memory_equal(&a, &b, sizeof a);
}

static void counts_many_at_once_and_no_more_than_fit(void **state)
{
    (void)state;
    struct sym_asked a = {.slot = 0};
    sym_asked_add_many(&a, NOW, 1000);
    sym_asked_add_many(&a, NOW + SYM_ASKED_SLOT_MS, 24);
    assert_int_equal(sym_asked_count(&a, NOW + SYM_ASKED_SLOT_MS), 1024);
    assert_int_equal(sym_asked_count(&a, NOW + UINT64_C(86400000) - 1), 1024);
    assert_int_equal(sym_asked_count(&a, NOW + 2 * UINT64_C(86400000)), 0);
    sym_asked_add_many(&a, NOW + SYM_ASKED_SLOT_MS, UINT32_MAX);
    sym_asked_add_many(&a, NOW + SYM_ASKED_SLOT_MS, UINT32_MAX);
    uint32_t most = sym_asked_count(&a, NOW + SYM_ASKED_SLOT_MS);
    assert_int_equal(most, 1000 + 2 * SYM_STANDING_PER_DAY_MAX);
    uint8_t bytes[SYM_ASKED_BYTES];
    struct sym_asked again;
    sym_asked_write(bytes, &a);
    assert_int_equal(sym_asked_read(&again, sym_span(bytes, sizeof bytes)), SYM_OK);
    assert_memory_equal(&a, &again, sizeof a);
}

static void refuses_counts_of_another_form(void **state)
{
    (void)state;
    uint8_t bytes[SYM_ASKED_BYTES + 1] = {0};
    struct sym_asked a = asked(1, NOW);
    struct sym_asked before = a;
    sym_asked_write(bytes, &a);
    assert_int_equal(sym_asked_read(&a, sym_span(bytes, SYM_ASKED_BYTES - 1)), SYM_BAD_FORMAT);
    assert_int_equal(sym_asked_read(&a, sym_span(bytes, SYM_ASKED_BYTES + 1)), SYM_BAD_FORMAT);
    assert_int_equal(sym_asked_read(&a, sym_span(NULL, 0)), SYM_BAD_FORMAT);
    bytes[0]++;
    assert_int_equal(sym_asked_read(&a, sym_span(bytes, SYM_ASKED_BYTES)), SYM_BAD_FORMAT);
    bytes[0]--;
    bytes[SYM_ASKED_BYTES - 4] = 0xff; /* more than can be counted */
    assert_int_equal(sym_asked_read(&a, sym_span(bytes, SYM_ASKED_BYTES)), SYM_BAD_FORMAT);
    assert_memory_equal(&a, &before, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_a_request_for_a_day_and_at_most_a_quarter_of_an_hour_more),
        cmocka_unit_test(forgets_each_request_at_its_own_time),
        cmocka_unit_test(no_day_has_more_than_were_allowed),
        cmocka_unit_test(a_clock_set_back_refunds_nothing),
        cmocka_unit_test(a_clock_that_swings_refunds_nothing),
        cmocka_unit_test(a_clock_set_back_a_little_makes_no_request_younger),
        cmocka_unit_test(a_clock_that_was_far_ahead_does_not_lock_out_for_longer_than_a_day),
        cmocka_unit_test(a_flood_changes_nothing_any_more_after_a_while),
        cmocka_unit_test(reads_what_it_wrote),
        cmocka_unit_test(counts_many_at_once_and_no_more_than_fit),
        cmocka_unit_test(refuses_counts_of_another_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
