/* Comparing two logs: what fits, what is missing, and what differs. */
#include "tests/proto/compare_scene.h"

static void finds_nothing_wrong_with_what_fits(void **state)
{
    struct scene *s = *state;
    for (unsigned i = 0; i < 6; i++) {
        struct exchange x = new_exchange(i % 2 == 0);
        both_granted(s, &x);
        both_closed(s, &x);
    }
    is_clean(s, 6);
}

static void finds_nothing_wrong_with_denials(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, SYM_DECISION_DENIED);
    put_plain(s, &s->a, &x, SYM_ENTRY_DECIDED, SYM_DECISION_DENIED);
    is_clean(s, 1);
}

static void finds_nothing_wrong_with_a_request_that_did_not_arrive(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    struct exchange y = new_exchange(false);
    put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->a, &x, SYM_ENTRY_ABORTED, 0);
    put_plain(s, &s->b, &y, SYM_ENTRY_REQUESTED, 0);
    is_clean(s, 2);
}

static void finds_an_exchange_that_the_other_side_does_not_show(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->a, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    finds_only(s, SYM_FINDING_MISSING_THERE, &x);
}

static void finds_an_exchange_that_this_side_does_not_know(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    finds_only(s, SYM_FINDING_MISSING_HERE, &x);
}

/* The partner asks so much that its denials are only counted here. */
static void counts_denials_that_are_not_recorded_here(void **state)
{
    struct scene *s = *state;
    struct sym_entry_body body = {.event = sym_span_text(SYM_EVENT_NOT_RECORDED), .count = 2};
    for (unsigned i = 0; i < 3; i++) {
        struct exchange x = new_exchange(false);
        put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
        put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, SYM_DECISION_DENIED);
        if (i == 2) {
            put_plain(s, &s->b, &x, SYM_ENTRY_ABORTED, 0);
        }
    }
    put_count(s, &body);
    is_clean(s, 0);
    assert_int_equal(sym_compare_counts(s->compare).unrecorded, 3);
    assert_int_equal(sym_compare_counts(s->compare).denied, 2);
}

static void finds_a_request_that_was_granted_and_is_not_recorded_here(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_end(s, &s->b, &x, false, 5, 3, 0);
    finds_only(s, SYM_FINDING_MISSING_HERE, &x);
    assert_int_equal(sym_compare_counts(s->compare).unrecorded, 0);
}

static void counts_what_a_log_that_was_begun_again_does_not_show(void **state)
{
    struct scene *s = *state;
    for (unsigned i = 0; i < 4; i++) {
        struct exchange x = new_exchange(false);
        put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
        put_plain(s, &s->a, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
        put_end(s, &s->a, &x, false, 3, 5, 0);
    }
    struct exchange away = new_exchange(true);
    put_plain(s, &s->a, &away, SYM_ENTRY_REQUESTED, 0);
    s->now_ms = s->since_ms = 5000;
    s->b.log.generation = 2;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    both_closed(s, &x);
    is_clean(s, 1);
    assert_int_equal(sym_compare_counts(s->compare).lost_there, 4);
    assert_int_equal(sym_compare_counts(s->compare).lost_here, 0);
}

static void counts_what_the_own_log_lost_when_it_was_begun_again(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    struct exchange y = new_exchange(false);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_plain(s, &s->b, &y, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &y, SYM_ENTRY_DECIDED, SYM_DECISION_DENIED);
    s->own_since_ms = 5000;
    is_clean(s, 0);
    assert_int_equal(sym_compare_counts(s->compare).lost_here, 2);
    assert_int_equal(sym_compare_counts(s->compare).lost_there, 0);
}

/* Nothing is lost by a log that was never begun again, whatever the other one lost. */
static void the_own_gap_is_not_the_other_sides(void **state)
{
    struct scene *s = *state;
    struct exchange denied = new_exchange(true);
    put_plain(s, &s->a, &denied, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &denied, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &denied, SYM_ENTRY_DECIDED, SYM_DECISION_DENIED);
    put_plain(s, &s->a, &denied, SYM_ENTRY_DECIDED, SYM_DECISION_DENIED);
    struct exchange cut = new_exchange(true);
    both_granted(s, &cut);
    s->earlier = s->a.log.size;
    s->gap.from_ms = s->now_ms;
    s->gap.until_ms = s->now_ms + 1000;
    is_clean(s, 1);
    assert_int_equal(sym_compare_counts(s->compare).lost_here, 1);
    assert_int_equal(sym_compare_counts(s->compare).lost_there, 0);
}

/* A was taken back to a backup: what came between that and its next log it does not have. */
static void compares_what_is_there_on_both_sides_of_a_gap(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange before = new_exchange(true);
    struct exchange lost = new_exchange(false);
    struct exchange cut = new_exchange(true);
    struct exchange after = new_exchange(true);
    both_granted(s, &before);
    put_end(s, &s->a, &before, false, 3, 5, 1);
    put_end(s, &s->b, &before, false, 5, 3, 0);
    both_granted(s, &cut);
    s->earlier = s->a.log.size;
    s->now_ms = s->gap.from_ms = 1000 + 2 * SYM_CLOCK_SKEW_MS;
    put_end(s, &s->b, &cut, false, 5, 3, 0);
    put_plain(s, &s->b, &lost, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &lost, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_end(s, &s->b, &lost, false, 5, 3, 0);
    s->now_ms = s->gap.until_ms = s->now_ms + 1000;
    both_granted(s, &after);
    both_closed(s, &after);
    const struct sym_compared_finding *f = compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 1);
    assert_int_equal(f[0].code, SYM_FINDING_TRANSCRIPT);
    assert_memory_equal(f[0].exchange_id, before.id, sizeof before.id);
    assert_int_equal(f[0].generation_here, 1);
    assert_int_equal(sym_compare_counts(s->compare).exchanges, 2);
    assert_int_equal(sym_compare_counts(s->compare).lost_here, 2);
}

/* Whoever was restored once does not have every excuse. */
static void finds_what_is_missing_here_outside_of_a_gap(void **state)
{
    struct scene *s = *state;
    struct exchange early = new_exchange(false);
    put_plain(s, &s->b, &early, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &early, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    put_end(s, &s->b, &early, false, 5, 3, 0);
    s->gap.from_ms = s->now_ms + SYM_CLOCK_SKEW_MS + 1;
    s->gap.until_ms = s->gap.from_ms + 1000;
    finds_only(s, SYM_FINDING_MISSING_HERE, &early);
}

static void finds_two_tales_of_who_asked(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    struct exchange y = x;
    y.a_asks = false;
    put_plain(s, &s->a, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &y, SYM_ENTRY_REQUESTED, 0);
    finds_only(s, SYM_FINDING_DIFFERENT, &x);
}

static void finds_transcripts_that_differ(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 1);
    put_end(s, &s->b, &x, false, 5, 3, 0);
    finds_only(s, SYM_FINDING_TRANSCRIPT, &x);
}

static void finds_closes_with_other_counts(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 0);
    put_end(s, &s->b, &x, false, 5, 2, 0);
    finds_only(s, SYM_FINDING_TRANSCRIPT, &x);
}

static void finds_transcripts_that_differ_also_in_an_abort(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, true, 3, 5, 1);
    put_end(s, &s->b, &x, true, 5, 3, 0);
    finds_only(s, SYM_FINDING_TRANSCRIPT, &x);
}

static void takes_the_beginning_of_a_transcript_for_what_it_is(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, true, 3, 5, 0);
    put_end(s, &s->b, &x, true, 6, 0, 0);
    finds_only(s, SYM_FINDING_PREFIX, &x);
}

static void finds_an_exchange_that_one_side_has_not_closed(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 0);
    finds_only(s, SYM_FINDING_OPEN, &x);
}

static void leaves_out_what_is_going_on(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    struct exchange y = new_exchange(true);
    s->now_ms = BEGAN_MS - 100; /* its word may be on the way */
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 0);
    s->now_ms = BEGAN_MS;
    s->began = s->a.log.size;
    put_plain(s, &s->a, &y, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->a, &y, SYM_ENTRY_DECIDED, SYM_DECISION_GRANTED);
    is_clean(s, 1);
}

/* Its log's times do not go back with it, and are later than the present one then. */
static void an_own_clock_that_was_set_back_hides_nothing(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    s->now_ms = BEGAN_MS + 5000;
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 1);
    put_end(s, &s->b, &x, false, 5, 3, 0);
    finds_only(s, SYM_FINDING_TRANSCRIPT, &x);
}

static void finds_a_close_whose_statement_is_an_abort(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    put_end(s, &s->a, &x, false, 3, 5, 0);
    put_end(s, &s->b, &x, false, 5, 3, 0);
    /* What B would rather have said, under the entry that it has. */
    size_t closed = s->b.log.size - 1;
    put_end(s, &s->b, &x, true, 0, 0, 0);
    s->b.log.size--;
    memcpy(s->b.statements[closed], s->b.statements[closed + 1], SYM_STATEMENT_BYTES);
    s->b.statement_len[closed] = s->b.statement_len[closed + 1];
    const struct sym_compared_finding *f = compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 1);
    assert_int_equal(f[0].code, SYM_FINDING_DIFFERENT);
}

static void counts_what_could_not_be_compared(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange x = new_exchange(true);
    struct exchange y = new_exchange(true);
    both_granted(s, &x);
    both_closed(s, &x);
    s->b.statement_len[s->b.log.size - 1] = 0; /* erased, says B */
    both_granted(s, &y);
    both_closed(s, &y);
    (void)compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 0);
    assert_int_equal(sym_compare_counts(s->compare).exchanges, 2);
    assert_int_equal(sym_compare_counts(s->compare).untold, 1);
}

static void finds_an_entry_that_is_not_in_the_tree(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    both_closed(s, &x);
    begin(s);
    show_head(s);
    s->b.log.leaves[2][s->b.log.len[2] - 1] ^= 1; /* after the head was signed */
    for (size_t i = 0; i < s->b.log.size; i++) {
        assert_int_equal(show(s, i), SYM_OK);
    }
    assert_int_equal(sym_compare_finish(s->compare), SYM_OK);
    const struct sym_compared_finding *f = sym_compare_findings(s->compare, &n);
    assert_int_equal(n, 1);
    assert_int_equal(f[0].code, SYM_FINDING_NOT_PROVEN);
    assert_int_equal(f[0].index_there, 3);
}

static void refuses_entries_out_of_order_and_those_that_are_none(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    begin(s);
    show_head(s);
    assert_int_equal(show(s, 2), SYM_OK);
    assert_int_equal(show(s, 2), SYM_BAD_VALUE);
    assert_int_equal(show(s, 1), SYM_BAD_VALUE);
    struct sym_compare_entry none = {.index = 9, .leaf = sym_span_text("no leaf")};
    assert_int_not_equal(sym_compare_theirs(s->compare, &none), SYM_OK);
}

static void refuses_a_statement_of_somebody_else(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange x = new_exchange(true);
    both_granted(s, &x);
    both_closed(s, &x);
    size_t last = s->b.log.size - 1;
    memcpy(s->b.statements[last], s->a.statements[s->a.log.size - 1], SYM_STATEMENT_BYTES);
    s->b.statement_len[last] = s->a.statement_len[s->a.log.size - 1];
    const struct sym_compared_finding *f = compare_but(s, SIZE_MAX, &n);
    assert_int_equal(n, 1);
    assert_int_equal(f[0].code, SYM_FINDING_DIFFERENT);
}

/* Proofs from before ---------------------------------------------------------------------------
 */

static void finds_that_what_was_proven_is_still_there(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_proof(s, &x, 1);
    is_clean(s, 1);
}

static void finds_an_entry_that_was_proven_and_is_not_shown_any_more(void **state)
{
    struct scene *s = *state;
    size_t n = 0;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_plain(s, &s->b, &x, SYM_ENTRY_DECIDED, 0);
    put_proof(s, &x, 1);
    const struct sym_compared_finding *f = compare_but(s, 1, &n);
    assert_int_equal(n, 1);
    assert_int_equal(f[0].code, SYM_FINDING_MISSING_THERE);
    assert_int_equal(f[0].index_there, 2);
}

static void finds_an_entry_that_is_another_than_was_proven(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_proof(s, &x, 1);
    /* B rebuilds its whole tree with another entry there. */
    s->b.log.size = 1;
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    finds_only(s, SYM_FINDING_DIFFERENT, &x);
}

static void does_not_ask_a_new_log_for_what_an_earlier_one_proved(void **state)
{
    struct scene *s = *state;
    struct exchange x = new_exchange(false);
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    put_proof(s, &x, 1);
    s->b.log.size = 1;
    put_plain(s, &s->b, &x, SYM_ENTRY_REQUESTED, 0);
    s->b.log.generation = 2;
    is_clean(s, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finds_nothing_wrong_with_what_fits),
        TEST(finds_nothing_wrong_with_denials),
        TEST(finds_nothing_wrong_with_a_request_that_did_not_arrive),
        TEST(finds_an_exchange_that_the_other_side_does_not_show),
        TEST(finds_an_exchange_that_this_side_does_not_know),
        TEST(counts_denials_that_are_not_recorded_here),
        TEST(finds_a_request_that_was_granted_and_is_not_recorded_here),
        TEST(counts_what_a_log_that_was_begun_again_does_not_show),
        TEST(counts_what_the_own_log_lost_when_it_was_begun_again),
        TEST(the_own_gap_is_not_the_other_sides),
        TEST(compares_what_is_there_on_both_sides_of_a_gap),
        TEST(finds_what_is_missing_here_outside_of_a_gap),
        TEST(finds_two_tales_of_who_asked),
        TEST(finds_transcripts_that_differ),
        TEST(finds_closes_with_other_counts),
        TEST(finds_transcripts_that_differ_also_in_an_abort),
        TEST(takes_the_beginning_of_a_transcript_for_what_it_is),
        TEST(finds_an_exchange_that_one_side_has_not_closed),
        TEST(leaves_out_what_is_going_on),
        TEST(an_own_clock_that_was_set_back_hides_nothing),
        TEST(finds_a_close_whose_statement_is_an_abort),
        TEST(counts_what_could_not_be_compared),
        TEST(finds_an_entry_that_is_not_in_the_tree),
        TEST(refuses_entries_out_of_order_and_those_that_are_none),
        TEST(refuses_a_statement_of_somebody_else),
        TEST(finds_that_what_was_proven_is_still_there),
        TEST(finds_an_entry_that_was_proven_and_is_not_shown_any_more),
        TEST(finds_an_entry_that_is_another_than_was_proven),
        TEST(does_not_ask_a_new_log_for_what_an_earlier_one_proved),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
