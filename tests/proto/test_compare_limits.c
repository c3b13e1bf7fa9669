/* Comparing two logs: neither clocks nor numbers hide anything. */
#include "tests/proto/compare_scene.h"

#include <malloc.h>

/* Clocks ---------------------------------------------------------------------------------------
 */

/* Whoever writes times to come would otherwise never be compared. */
static void the_other_sides_clock_hides_nothing(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange x = new_exchange(true);
    struct exchange y = new_exchange(true);
    struct exchange z = new_exchange(true);
    put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->a, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_end(s, &s->a, &x, false, 3, 5, 0);
    put_plain(s, &s->a, &y, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->a, &y, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_end(s, &s->a, &y, false, 3, 5, 0);
    s->now_ms = BEGAN_MS + SYM_CLOCK_SKEW_MS + 1;
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_end(s, &s->b, &x, false, 5, 2, 0);
    put_plain(s, &s->b, &y, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &y, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_plain(s, &s->b, &z, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &z, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    const struct sym_compared_finding *f = compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 3);
    unsigned codes = 0;
    for (size_t i = 0; i < n; i++) {
        codes |= 1u << f[i].code;
    }
    assert_int_equal(codes, 1u << SYM_FINDING_TRANSCRIPT | 1u << SYM_FINDING_OPEN |
                                1u << SYM_FINDING_MISSING_HERE);
    assert_int_equal(sym_compare_counts(s->compare).exchanges, 3);
}

static void a_log_that_says_to_begin_in_the_future_hides_nothing(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->a, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    s->since_ms = BEGAN_MS + SYM_CLOCK_SKEW_MS + 1;
    finds_only(s, SYM_FINDING_MISSING_THERE, &x);
}

/* What B may show -------------------------------------------------------------------------------
 */

static void what_the_other_side_shows_takes_no_memory(void **state)
{
    struct scene *s = *state;
    uint64_t shown = 0;
    struct exchange x = new_exchange(false);
    both_granted(s, &x);
    both_closed(s, &x);
    begin(s);
    assert_int_equal(sym_compare_own_end(s->compare), SYM_OK);
    size_t before = mallinfo2().uordblks;
    for (unsigned i = 0; i < 100000; i++) {
        struct exchange y = new_exchange(false);
        assert_int_equal(show_more(s, &shown, &y, SYM_ENTRY_REQUESTED), SYM_OK);
        assert_int_equal(show_more(s, &shown, &y, SYM_ENTRY_DECIDED), SYM_OK);
        assert_int_equal(show_more(s, &shown, &x, SYM_ENTRY_CLOSED), SYM_OK);
    }
    assert_true(mallinfo2().uordblks < before + 4096);
    assert_int_equal(sym_compare_finish(s->compare), SYM_OK);
    assert_int_equal(sym_compare_counts(s->compare).entries, shown);
    assert_int_equal(sym_compare_counts(s->compare).unrecorded, 100000);
}

static void strangers_are_found_however_many_they_are(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    uint64_t shown = 0;
    struct exchange all[1000];
    begin(s);
    assert_int_equal(sym_compare_own_end(s->compare), SYM_OK);
    for (unsigned i = 0; i < 1000; i++) {
        all[i] = new_exchange(true);
        assert_int_equal(show_more(s, &shown, &all[i], SYM_ENTRY_REQUESTED), SYM_OK);
        assert_int_equal(show_more(s, &shown, &all[i], SYM_ENTRY_DECIDED), SYM_OK);
    }
    assert_int_equal(sym_compare_finish(s->compare), SYM_OK);
    const struct sym_compared_finding *f = sym_compare_findings(s->compare, &n);
    assert_int_equal(n, 1000);
    bool found[1000] = {false};
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(f[i].code, SYM_FINDING_MISSING_HERE);
        for (size_t k = 0; k < n; k++) {
            found[k] = found[k] || memcmp(f[i].exchange_id, all[k].id, sizeof all[k].id) == 0;
        }
    }
    for (size_t k = 0; k < n; k++) {
        assert_true(found[k]);
    }
}

static void refuses_more_than_it_can_keep_before_the_own_entries_are_in(void **state)
{
    struct scene *s = *state;
    uint64_t shown = 0;
    enum sym_err err = SYM_OK;
    begin(s);
    while (err == SYM_OK && shown < 100000) {
        struct exchange x = new_exchange(false);
        err = show_more(s, &shown, &x, SYM_ENTRY_REQUESTED);
    }
    assert_int_equal(err, SYM_LIMIT);
    assert_true(shown < 1000);
}

static void takes_own_entries_until_they_have_ended(void **state)
{
    struct scene *s = *state;
    begin(s);
    assert_int_equal(sym_compare_own_end(s->compare), SYM_OK);
    assert_int_equal(sym_compare_own_end(s->compare), SYM_WRONG_STATE);
    assert_int_equal(sym_compare_own(s->compare, 1, sym_span(s->a.log.leaves[0], s->a.log.len[0]),
                                     sym_span(NULL, 0)),
                     SYM_WRONG_STATE);
}

/* Both ways of taking what is shown: before and after the own ones have ended. */
static void finds_the_same_when_the_own_entries_end_late(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 1);
    put_end(s, &s->b, &x, false, 5, 3, 0);
    for (unsigned late = 0; late < 2; late++) {
        size_t n = 0;
        begin(s);
        show_head(s);
        if (late == 0) {
            assert_int_equal(sym_compare_own_end(s->compare), SYM_OK);
        }
        for (size_t i = 0; i < s->b.log.size; i++) {
            assert_int_equal(show(s, i), SYM_OK);
        }
        assert_int_equal(sym_compare_finish(s->compare), SYM_OK);
        const struct sym_compared_finding *f = sym_compare_findings(s->compare, &n);
        assert_int_equal(n, 1);
        assert_int_equal(f[0].code, SYM_FINDING_TRANSCRIPT);
        if (late == 0) {
            sym_compare_free(s->compare);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_other_sides_clock_hides_nothing),
        TEST(a_log_that_says_to_begin_in_the_future_hides_nothing),
        TEST(what_the_other_side_shows_takes_no_memory),
        TEST(strangers_are_found_however_many_they_are),
        TEST(refuses_more_than_it_can_keep_before_the_own_entries_are_in),
        TEST(takes_own_entries_until_they_have_ended),
        TEST(finds_the_same_when_the_own_entries_end_late),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
