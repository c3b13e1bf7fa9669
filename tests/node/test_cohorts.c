#include "node/tabulation/cohorts.h"

#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t first[SYM_HASH_BYTES] = {1};
static const uint8_t second[SYM_HASH_BYTES] = {2};

struct doing {
    enum sym_err (*fn)(struct sym_transaction *t, const struct sym_cohort *c);
    struct sym_cohort c;
    bool too_close;
    uint64_t epoch;
};

static enum sym_err do_one(struct sym_transaction *t, void *context)
{
    const struct doing *d = context;
    return d->fn(t, &d->c);
}

static enum sym_err do_compare(struct sym_transaction *t, void *context)
{
    struct doing *d = context;
    return sym_cohort_too_close(t, &d->too_close, &d->c);
}

static enum sym_err do_start(struct sym_transaction *t, void *context)
{
    (void)context;
    return sym_cohort_start(t);
}

static enum sym_err count_row(void *context, struct sym_span key, struct sym_span value)
{
    (void)key;
    (void)value;
    ++*(size_t *)context;
    return SYM_OK;
}

static enum sym_err do_count(struct sym_transaction *t, void *context)
{
    return sym_store_each(t, SYM_TABLE_COHORTS, count_row, context);
}

static enum sym_err do_last_epoch(struct sym_transaction *t, void *context)
{
    struct doing *d = context;
    return sym_cohort_last_epoch(t, &d->epoch, d->c.dataset);
}

/* "acd": three ids. */
static struct sym_span ids(const char *names)
{
    static uint8_t room[16 * SYM_HASH_BYTES];
    memset(room, 0, sizeof room);
    for (size_t i = 0; names[i] != '\0'; i++) {
        room[i * SYM_HASH_BYTES] = (uint8_t)names[i];
    }
    return sym_span(room, strlen(names) * SYM_HASH_BYTES);
}

typedef enum sym_err cohort_fn(struct sym_transaction *t, const struct sym_cohort *c);

static void does_in(struct room *r, cohort_fn *fn, const char *dataset, uint64_t epoch,
                    const uint8_t *qid, const char *names)
{
    struct doing d = {
        .fn = fn,
        .c = {.dataset = sym_span_text(dataset), .epoch = epoch, .qid = qid, .ids = ids(names)}};
    assert_int_equal(sym_store_write(r->store, do_one, &d), SYM_OK);
}

static void does(struct room *r, cohort_fn *fn, const uint8_t *qid, const char *names)
{
    does_in(r, fn, "cases", 3, qid, names);
}

static bool too_close_in(struct room *r, const char *dataset, uint64_t epoch, const char *names)
{
    struct doing d = {.c = {.dataset = sym_span_text(dataset), .epoch = epoch, .ids = ids(names)}};
    assert_int_equal(sym_store_read(r->store, do_compare, &d), SYM_OK);
    return d.too_close;
}

static bool too_close(struct room *r, const char *names)
{
    return too_close_in(r, "cases", 3, names);
}

static void who_may_be_added_up_is_compared_with_until_it_is_known_who_was(void **state)
{
    struct room *r = *state;
    assert_false(too_close(r, "abcde"));
    does(r, sym_cohort_open, first, "abcdef");
    room_reopen(r);
    assert_false(too_close(r, "abcdef"));
    assert_true(too_close(r, "bcdef"));
    assert_true(too_close(r, "abcdefg"));
    does(r, sym_cohort_unmasked, first, "abcde");
    room_reopen(r);
    assert_false(too_close(r, "abcde")); /* asked of six, answered by these: they are asked again */
    assert_true(too_close(r, "abcdef"));
    assert_true(too_close(r, "abcd"));
}

static void two_more_or_less_are_noticed_as_one_of_them_knows_its_own_part(void **state)
{
    struct room *r = *state;
    does(r, sym_cohort_unmasked, first, "abcdef");
    assert_true(too_close(r, "abcd"));
    assert_true(too_close(r, "abcdefgh"));
    assert_true(too_close(r, "abcdeg"));
    assert_false(too_close(r, "abc"));
    assert_false(too_close(r, "abcdefghi"));
    assert_false(too_close(r, "abcdgh"));
}

static void a_query_is_not_compared_with_itself(void **state)
{
    struct room *r = *state;
    does(r, sym_cohort_open, first, "abcdef");
    struct doing d = {
        .c = {.dataset = sym_span_text("cases"), .epoch = 3, .qid = first, .ids = ids("abcde")}};
    assert_int_equal(sym_store_read(r->store, do_compare, &d), SYM_OK);
    assert_false(d.too_close);
    d.c.qid = second;
    assert_int_equal(sym_store_read(r->store, do_compare, &d), SYM_OK);
    assert_true(d.too_close);
}

static void what_ended_before_it_was_unmasked_is_not_compared_with(void **state)
{
    struct room *r = *state;
    does(r, sym_cohort_open, first, "abcdef");
    does(r, sym_cohort_left, first, "");
    assert_false(too_close(r, "abcde"));
    does(r, sym_cohort_unmasked, second, "abcdef");
    does(r, sym_cohort_left, second, "");
    assert_true(too_close(r, "abcde")); /* was unmasked */
    does(r, sym_cohort_left, (const uint8_t[SYM_HASH_BYTES]){3}, "");
}

static void what_the_end_of_this_node_cut_off_is_not_compared_with(void **state)
{
    struct room *r = *state;
    does(r, sym_cohort_open, first, "abcdef");
    does(r, sym_cohort_unmasked, second, "lmnopq");
    assert_int_equal(sym_store_write(r->store, do_start, NULL), SYM_OK);
    room_reopen(r);
    assert_false(too_close(r, "abcde"));
    assert_true(too_close(r, "lmnop"));
}

static void another_epoch_or_dataset_is_another_question(void **state)
{
    struct room *r = *state;
    does(r, sym_cohort_unmasked, first, "abcdef");
    assert_false(too_close_in(r, "cases", 4, "abcde"));
    assert_false(too_close_in(r, "cases", 2, "abcde"));
    assert_false(too_close_in(r, "case", 3, "abcde"));
    assert_false(too_close_in(r, "cases2", 3, "abcde"));
    assert_true(too_close_in(r, "cases", 3, "abcde"));
}

static void the_latest_epoch_is_known_whatever_became_of_it(void **state)
{
    struct room *r = *state;
    struct doing d = {.c = {.dataset = sym_span_text("cases")}};
    assert_int_equal(sym_store_read(r->store, do_last_epoch, &d), SYM_OK);
    assert_int_equal(d.epoch, 0);
    does(r, sym_cohort_open, first, "abcdef");
    does(r, sym_cohort_left, first, "");
    assert_int_equal(sym_store_read(r->store, do_last_epoch, &d), SYM_OK);
    assert_int_equal(d.epoch, 3);
}

/* An edition never goes back, so that nothing is asked of those before the last. */
static void earlier_editions_are_forgotten_and_the_last_one_is_not(void **state)
{
    static const uint8_t third[SYM_HASH_BYTES] = {3};
    struct room *r = *state;
    struct doing d = {.c = {.dataset = sym_span_text("case")}};
    size_t n = 0;
    does_in(r, sym_cohort_unmasked, "case", 9, first, "abcdef");
    does_in(r, sym_cohort_open, "case", 10, first, "abcdef");
    does_in(r, sym_cohort_left, "case", 10, first, "");
    does_in(r, sym_cohort_unmasked, "cases", 2, first, "abcdef");
    does_in(r, sym_cohort_unmasked, "cases", 255, first, "abcdef");
    does_in(r, sym_cohort_unmasked, "cases", 256, first, "abcdef");
    does_in(r, sym_cohort_unmasked, "cases", 256, second, "ghijkl");
    does_in(r, sym_cohort_open, "cases", 256, third, "mnopqr");
    does_in(r, sym_cohort_unmasked, "casesx", 1, first, "abcdef");
    assert_int_equal(sym_store_write(r->store, do_start, NULL), SYM_OK);
    room_reopen(r);
    assert_int_equal(sym_store_read(r->store, do_count, &n), SYM_OK);
    assert_int_equal(n, 5);
    assert_true(too_close_in(r, "cases", 256, "abcde"));
    assert_true(too_close_in(r, "cases", 256, "ghijk"));
    assert_false(too_close_in(r, "cases", 256, "mnopq")); /* cut off */
    assert_true(too_close_in(r, "casesx", 1, "abcde"));
    assert_int_equal(sym_store_read(r->store, do_last_epoch, &d), SYM_OK);
    assert_int_equal(d.epoch, 10);
}

static void the_longest_name_has_room_in_a_key(void **state)
{
    struct room *r = *state;
    char name[SYM_DATASET_BYTES_MAX + 1] = "";
    memset(name, 'n', sizeof name - 1);
    struct doing d = {.c = {.dataset = sym_span_text(name)}};
    does_in(r, sym_cohort_open, name, 3, first, "abcdef");
    does_in(r, sym_cohort_open, name, 4, first, "abcdef");
    assert_int_equal(sym_store_read(r->store, do_last_epoch, &d), SYM_OK);
    assert_int_equal(d.epoch, 4);
    assert_true(too_close_in(r, name, 4, "abcde"));
    does_in(r, sym_cohort_left, name, 4, first, "");
    assert_false(too_close_in(r, name, 4, "abcde"));
    assert_int_equal(sym_store_write(r->store, do_start, NULL), SYM_OK);
    assert_false(too_close_in(r, name, 3, "abcde"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, room_set_up, room_tear_down)
        T(who_may_be_added_up_is_compared_with_until_it_is_known_who_was),
        T(two_more_or_less_are_noticed_as_one_of_them_knows_its_own_part),
        T(a_query_is_not_compared_with_itself),
        T(what_ended_before_it_was_unmasked_is_not_compared_with),
        T(what_the_end_of_this_node_cut_off_is_not_compared_with),
        T(another_epoch_or_dataset_is_another_question),
        T(the_latest_epoch_is_known_whatever_became_of_it),
        T(earlier_editions_are_forgotten_and_the_last_one_is_not),
        T(the_longest_name_has_room_in_a_key),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
