/* What strangers and partners write into the log of gate: a flood of theirs fills no disk. */
#include "node/gate/line_budget.h"
#include "node/gate/refusals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND_MS UINT64_C(1000)
#define HOUR_MS   (3600 * SECOND_MS)
#define START_MS  (5 * HOUR_MS)

static unsigned take_all(struct sym_line_budget *b, uint64_t now_ms)
{
    unsigned n = 0;
    while (n < 1000 && sym_line_budget_take(b, now_ms)) {
        n++;
    }
    return n;
}

static void allows_a_burst_and_then_two_a_minute(void **state)
{
    struct sym_line_budget b = {.full_ms = 0};
    (void)state;
    assert_int_equal(take_all(&b, START_MS), SYM_LINES_BURST);
    assert_int_equal(take_all(&b, START_MS + SYM_LINES_EACH_MS - 1), 0);
    assert_int_equal(take_all(&b, START_MS + 10 * SYM_LINES_EACH_MS), 10);
}

static void is_full_again_and_never_fuller(void **state)
{
    struct sym_line_budget b = {.full_ms = 0};
    (void)state;
    (void)take_all(&b, START_MS);
    assert_int_equal(take_all(&b, START_MS + 100 * HOUR_MS), SYM_LINES_BURST);
}

static void counts_what_it_leaves_out_once(void **state)
{
    struct sym_line_budget b = {.full_ms = 0};
    char text[SYM_LINES_COUNT_TEXT];
    (void)state;
    sym_line_budget_skip(&b);
    sym_line_budget_skip(&b);
    sym_line_budget_tell(text, &b);
    assert_string_equal(text, "2");
    sym_line_budget_tell(text, &b);
    assert_string_equal(text, "0");
}

static void an_hour_of_events_leaves_a_burst_and_two_lines_a_minute(void **state)
{
    struct sym_line_budget b = {.full_ms = 0};
    unsigned long long told = 0;
    unsigned n_lines = 0;
    unsigned events = 0;
    (void)state;
    for (unsigned i = 0; i < 3600; i++) {
        char left_out[SYM_LINES_COUNT_TEXT];
        bool may = sym_line_budget_event(&b, START_MS + i * SECOND_MS, left_out);
        events += may;
        n_lines += may;
        n_lines += left_out[0] != '\0';
        told += strtoull(left_out, NULL, 10);
    }
    assert_in_range(n_lines, SYM_LINES_BURST, SYM_LINES_BURST + HOUR_MS / SYM_LINES_EACH_MS);
    assert_int_equal(events + told + b.left_out, 3600);
    assert_true(told > 3000);
}

static void an_event_after_a_flood_is_written_behind_the_count(void **state)
{
    struct sym_line_budget b = {.full_ms = 0};
    char left_out[SYM_LINES_COUNT_TEXT];
    (void)state;
    (void)take_all(&b, START_MS);
    assert_false(sym_line_budget_event(&b, START_MS, left_out));
    assert_string_equal(left_out, "");
    assert_true(sym_line_budget_event(&b, START_MS + HOUR_MS, left_out));
    assert_string_equal(left_out, "1");
    assert_true(sym_line_budget_event(&b, START_MS + HOUR_MS, left_out));
    assert_string_equal(left_out, "");
}

/* Refusals -------------------------------------------------------------------------------------
 */

static struct {
    unsigned refused;
    unsigned sums;
    unsigned long long summed_up;
} lines;

static int saved = -1;
static FILE *written;

/* stderr becomes a file for the time of a flood. */
static void begin(void)
{
    written = tmpfile();
    assert_non_null(written);
    saved = dup(STDERR_FILENO);
    assert_int_equal(dup2(fileno(written), STDERR_FILENO), STDERR_FILENO);
}

static void end(void)
{
    char line[2048];
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    memset(&lines, 0, sizeof lines);
    rewind(written);
    while (fgets(line, sizeof line, written) != NULL) {
        const char *count = strstr(line, " count=");
        lines.refused += strstr(line, " event=refused ") != NULL;
        if (strstr(line, " event=refused-more ") != NULL && count != NULL) {
            lines.sums++;
            lines.summed_up += strtoull(count + strlen(" count="), NULL, 10);
        }
    }
    (void)fclose(written);
}

/* Some refusals each second, for so long; gate flushes once a second. */
static void flood(struct sym_refusals *r, uint64_t from_ms, unsigned seconds, unsigned each)
{
    struct sym_address from;
    struct sym_fault why;
    assert_int_equal(sym_address_parse(&from, sym_span_text("127.0.0.1:7701")), SYM_OK);
    (void)sym_fail(&why, SYM_LIMIT, "a stranger");
    begin();
    for (unsigned i = 0; i < seconds; i++) {
        for (unsigned n = 0; n < each; n++) {
            sym_refusals_note(r, from_ms + i * SECOND_MS, &from, &why);
        }
        sym_refusals_flush(r, from_ms + i * SECOND_MS + SECOND_MS / 2);
    }
    end();
}

static void an_hour_of_refusals_leaves_a_burst_and_some_lines(void **state)
{
    struct sym_refusals r = {.total = 0};
    (void)state;
    flood(&r, START_MS, 3600, 20);
    assert_in_range(lines.refused + lines.sums, SYM_LINES_BURST,
                    SYM_LINES_BURST + HOUR_MS / SYM_LINES_EACH_MS);
    assert_int_equal(lines.refused + lines.summed_up + r.budget.left_out, 3600 * 20);
    assert_true(lines.sums > HOUR_MS / SYM_LINES_EACH_MS / 2);
    assert_int_equal(r.total, 3600 * 20);
}

static void few_refusals_are_all_written(void **state)
{
    struct sym_refusals r = {.total = 0};
    (void)state;
    flood(&r, START_MS, 10, 5);
    assert_int_equal(lines.refused, 50);
    assert_int_equal(lines.sums, 0);
}

static void what_comes_at_once_is_counted_a_second_later(void **state)
{
    struct sym_refusals r = {.total = 0};
    (void)state;
    flood(&r, START_MS, 1, 200);
    assert_int_equal(lines.refused, SYM_REFUSALS_PER_SECOND);
    assert_int_equal(lines.sums, 1);
    assert_int_equal(lines.summed_up, 200 - SYM_REFUSALS_PER_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allows_a_burst_and_then_two_a_minute),
        cmocka_unit_test(is_full_again_and_never_fuller),
        cmocka_unit_test(counts_what_it_leaves_out_once),
        cmocka_unit_test(an_hour_of_events_leaves_a_burst_and_two_lines_a_minute),
        cmocka_unit_test(an_event_after_a_flood_is_written_behind_the_count),
        cmocka_unit_test(an_hour_of_refusals_leaves_a_burst_and_some_lines),
        cmocka_unit_test(few_refusals_are_all_written),
        cmocka_unit_test(what_comes_at_once_is_counted_a_second_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
