#include "node/grant/patterns.h"
#include "proto/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAY     UINT64_C(86400000)
#define NOW     (UINT64_C(20700) * DAY)
#define MATCHES SYM_KIND_OVERLAP_MATCHES
#define COUNT   SYM_KIND_OVERLAP_COUNT

static void ask(struct sym_pattern *p, unsigned n, uint32_t kind, uint64_t wall_ms)
{
    for (unsigned i = 0; i < n; i++) {
        sym_pattern_add(p, kind, false, wall_ms);
    }
}

static void probe(struct sym_pattern *p, unsigned n, uint64_t wall_ms)
{
    for (unsigned i = 0; i < n; i++) {
        sym_pattern_add(p, MATCHES, true, wall_ms);
    }
}

/* n requests of matches on each of so many days before NOW. */
static struct sym_pattern habit(unsigned n, unsigned days)
{
    struct sym_pattern p = {.day = 0};
    for (unsigned day = days; day > 0; day--) {
        ask(&p, n, MATCHES, NOW - day * DAY);
    }
    return p;
}

static struct sym_pattern_finding judge(const struct sym_pattern *p, uint64_t wall_ms)
{
    struct sym_pattern_finding f;
    memset(&f, 0xee, sizeof f);
    sym_pattern_judge(&f, p, wall_ms);
    return f;
}

static void is_quiet(const struct sym_pattern *p, uint64_t wall_ms)
{
    struct sym_pattern_finding f = judge(p, wall_ms);
    assert_int_equal(f.asked, 0);
    assert_int_equal(f.probes, 0);
}

static void nothing_stands_out_of_one_who_never_asked(void **state)
{
    (void)state;
    struct sym_pattern p = {.day = 0};
    is_quiet(&p, 0);
    is_quiet(&p, NOW);
}

static void twenty_a_day_are_never_sudden_and_one_more_is_for_a_newcomer(void **state)
{
    (void)state;
    struct sym_pattern p = {.day = 0};
    ask(&p, 20, MATCHES, NOW);
    is_quiet(&p, NOW);
    ask(&p, 1, MATCHES, NOW + DAY - 1);
    struct sym_pattern_finding f = judge(&p, NOW + DAY - 1);
    assert_int_equal(f.asked, 21);
    assert_int_equal(f.asked_usual, 0);
    assert_int_equal(f.kind, 0);
    is_quiet(&p, NOW + DAY); /* is about today */
}

static void five_times_the_median_is_usual_and_one_more_is_sudden(void **state)
{
    (void)state;
    struct sym_pattern p = habit(30, 28);
    ask(&p, 150, MATCHES, NOW);
    is_quiet(&p, NOW);
    ask(&p, 1, MATCHES, NOW);
    struct sym_pattern_finding f = judge(&p, NOW);
    assert_int_equal(f.asked, 151);
    assert_int_equal(f.asked_usual, 30);
}

static void one_loud_day_does_not_make_the_next_usual(void **state)
{
    (void)state;
    struct sym_pattern p = habit(1, 28);
    ask(&p, 500, MATCHES, NOW);
    assert_int_equal(judge(&p, NOW).asked, 500);
    ask(&p, 500, MATCHES, NOW + DAY);
    assert_int_equal(judge(&p, NOW + DAY).asked, 500);
    assert_int_equal(judge(&p, NOW + DAY).asked_usual, 1);
}

static void a_habit_of_half_a_month_is_usual(void **state)
{
    (void)state;
    struct sym_pattern p = habit(100, 15);
    ask(&p, 101, MATCHES, NOW);
    is_quiet(&p, NOW);
    p = habit(100, 13); /* fewer than half of the days */
    ask(&p, 101, MATCHES, NOW);
    assert_int_equal(judge(&p, NOW).asked, 101);
}

static void a_new_kind_stands_out_beside_a_large_habit(void **state)
{
    (void)state;
    struct sym_pattern p = habit(1000, 28);
    ask(&p, 1000, MATCHES, NOW);
    ask(&p, 20, COUNT, NOW);
    is_quiet(&p, NOW);
    ask(&p, 1, COUNT, NOW);
    struct sym_pattern_finding f = judge(&p, NOW);
    assert_int_equal(f.kind, COUNT);
    assert_int_equal(f.asked, 21);
    assert_int_equal(f.asked_usual, 0);
}

static void denials_without_a_grant_are_probing_from_the_fifth_on(void **state)
{
    (void)state;
    struct sym_pattern p = habit(1000, 28);
    probe(&p, 4, NOW);
    is_quiet(&p, NOW);
    probe(&p, 1, NOW);
    assert_int_equal(judge(&p, NOW).probes, 5);
    assert_int_equal(judge(&p, NOW).asked, 0);
    is_quiet(&p, NOW + DAY);
}

static void a_kind_of_the_future_counts_too(void **state)
{
    (void)state;
    struct sym_pattern p = {.day = 0};
    ask(&p, 11, SYM_PATTERN_KINDS, NOW);
    ask(&p, 11, UINT32_MAX, NOW);
    assert_int_equal(judge(&p, NOW).asked, 22);
}

static void forgets_what_is_older_than_28_days(void **state)
{
    (void)state;
    struct sym_pattern p = {.day = 0};
    ask(&p, 1000, MATCHES, NOW);
    for (unsigned day = 1; day <= 28; day++) {
        assert_int_equal(p.asked[MATCHES][0] > 0, day == 1);
        sym_pattern_add(&p, COUNT, false, NOW + day * DAY);
        assert_int_equal(p.asked[MATCHES][day], 1000);
    }
    sym_pattern_add(&p, COUNT, false, NOW + 29 * DAY);
    for (size_t i = 0; i < SYM_PATTERN_DAYS; i++) {
        assert_int_equal(p.asked[MATCHES][i], 0);
    }
    ask(&p, 1, MATCHES, NOW + 1000 * DAY);
    assert_int_equal(p.asked[COUNT][1], 0);
}

static void a_clock_that_is_set_back_ages_nothing(void **state)
{
    (void)state;
    struct sym_pattern p = {.day = 0};
    ask(&p, 15, MATCHES, NOW);
    ask(&p, 15, MATCHES, NOW - 20 * DAY);
    assert_int_equal(judge(&p, NOW - 20 * DAY).asked, 30);
    assert_int_equal(judge(&p, NOW).asked, 30);
    ask(&p, 1, MATCHES, NOW - 29 * DAY); /* too far to know what was before */
    is_quiet(&p, NOW - 29 * DAY);
}

static void counts_do_not_run_over(void **state)
{
    (void)state;
    struct sym_pattern p = habit(1000000, 1);
    sym_pattern_add(&p, MATCHES, false, NOW - DAY);
    assert_int_equal(p.asked[MATCHES][0], 1000000);
}

static void reads_what_it_wrote(void **state)
{
    (void)state;
    uint8_t bytes[SYM_PATTERN_BYTES];
    uint8_t again[SYM_PATTERN_BYTES];
    struct sym_pattern read = {.day = 0};
    struct sym_pattern p = habit(3, 28);
    ask(&p, 21, COUNT, NOW);
    probe(&p, 6, NOW);
    sym_pattern_write(bytes, &p);
    assert_int_equal(sym_pattern_read(&read, sym_span(bytes, sizeof bytes)), SYM_OK);
    sym_pattern_write(again, &read);
    assert_memory_equal(bytes, again, sizeof bytes);
    assert_int_equal(judge(&read, NOW).probes, 6);
}

static void refuses_what_it_did_not_write(void **state)
{
    (void)state;
    uint8_t bytes[SYM_PATTERN_BYTES + 1] = {0};
    struct sym_pattern read = {.day = 7};
    struct sym_pattern p = habit(3, 28);
    sym_pattern_write(bytes, &p);
    assert_int_equal(sym_pattern_read(&read, sym_span(bytes, SYM_PATTERN_BYTES - 1)),
                     SYM_BAD_FORMAT);
    assert_int_equal(sym_pattern_read(&read, sym_span(bytes, SYM_PATTERN_BYTES + 1)),
                     SYM_BAD_FORMAT);
    assert_int_equal(sym_pattern_read(&read, sym_span(NULL, 0)), SYM_BAD_FORMAT);
    bytes[9] = 0xff; /* a count beyond all */
    assert_int_equal(sym_pattern_read(&read, sym_span(bytes, SYM_PATTERN_BYTES)), SYM_BAD_FORMAT);
    bytes[9] = 0;
    bytes[0] = 2;
    assert_int_equal(sym_pattern_read(&read, sym_span(bytes, SYM_PATTERN_BYTES)), SYM_BAD_FORMAT);
    assert_int_equal(read.day, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_stands_out_of_one_who_never_asked),
        cmocka_unit_test(twenty_a_day_are_never_sudden_and_one_more_is_for_a_newcomer),
        cmocka_unit_test(five_times_the_median_is_usual_and_one_more_is_sudden),
        cmocka_unit_test(one_loud_day_does_not_make_the_next_usual),
        cmocka_unit_test(a_habit_of_half_a_month_is_usual),
        cmocka_unit_test(a_new_kind_stands_out_beside_a_large_habit),
        cmocka_unit_test(denials_without_a_grant_are_probing_from_the_fifth_on),
        cmocka_unit_test(a_kind_of_the_future_counts_too),
        cmocka_unit_test(forgets_what_is_older_than_28_days),
        cmocka_unit_test(a_clock_that_is_set_back_ages_nothing),
        cmocka_unit_test(counts_do_not_run_over),
        cmocka_unit_test(reads_what_it_wrote),
        cmocka_unit_test(refuses_what_it_did_not_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
