#include "cli/false_matches.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uint8_t bytes[SYM_SHARED_KEYS_BYTES_MAX];
static struct sym_shared_keys own;
static struct sym_exchange_entry entry;

/* A list of n records, which all have a key of these types. */
static void list(uint64_t n, uint64_t types, uint32_t peer_size)
{
    own = (struct sym_shared_keys){.records = n};
    entry = (struct sym_exchange_entry){.peer_size = peer_size};
    for (unsigned t = 0; t < SYM_TOKEN_TYPE_COUNT; t++) {
        own.tokens[t] = (types >> t & 1) != 0 ? n : 0;
        entry.own_size += (uint32_t)own.tokens[t];
    }
}

static double expected(void)
{
    struct sym_false_matches f;
    struct sym_writer w = sym_writer(bytes, sizeof bytes);
    assert_int_equal(sym_shared_keys_write(&w, &own), SYM_OK);
    entry.shared = sym_span(bytes, w.len);
    assert_true(sym_false_matches(&f, &entry));
    return f.expected;
}

static void is_about(double got, double want)
{
    if (got < 0.95 * want || got > 1.05 * want) {
        fail_msg("%g instead of %g", got, want);
    }
}

static void a_long_list_is_believed(void **state)
{
    (void)state;
    list(1000000, SYM_TOKEN_KEY_TYPES & (1ull << SYM_TOKEN_GIVEN_DOB), 1000);
    own.shared[SYM_TOKEN_GIVEN_DOB] = 1000000; /* one other each: 1 in 10^6 */
    is_about(expected(), 1000000 * (1000 / 1e6));
    entry.peer_size = 500;
    is_about(expected(), 1000000 * (500 / 1e6));
    own.shared[SYM_TOKEN_GIVEN_DOB] = 2000000;
    is_about(expected(), 1000000 * (1000 / 1e6));
}

static void a_short_list_takes_the_table(void **state)
{
    (void)state;
    list(10, 1ull << SYM_TOKEN_GIVEN_DOB, 1000000);
    is_about(expected(), 10 * (1.0 / 25000 / 120 * 1000000) * 0.85); /* several of one record */
    list(10, 1ull << SYM_TOKEN_NAME_DOB, 1000000);
    assert_true(expected() < 0.01);
}

static void no_more_are_false_than_there_are(void **state)
{
    (void)state;
    list(1000, SYM_TOKEN_KEY_TYPES, UINT32_MAX / 64);
    for (unsigned t = 0; t < SYM_TOKEN_TYPE_COUNT; t++) {
        own.shared[t] = own.tokens[t] * 999;
    }
    is_about(expected(), 1000);
    entry.rule = SYM_RULE_TWO;
    is_about(expected(), 1000);
}

static void two_keys_make_fewer(void **state)
{
    (void)state;
    list(5000, SYM_TOKEN_KEY_TYPES, 45000);
    double any = expected();
    entry.rule = SYM_RULE_TWO;
    double two = expected();
    assert_true(two > 0 && two < any / 10);
    own.shared_two = 100;
    assert_true(expected() > 10 * two);
}

/* Other identifiers beside the keys, and padding, are in the sizes. */
static void the_other_list_is_as_the_own_one(void **state)
{
    (void)state;
    list(100000, 1ull << SYM_TOKEN_NAMES_DOB | 1ull << SYM_TOKEN_GIVEN_DOB, 20000);
    own.shared[SYM_TOKEN_GIVEN_DOB] = 100000;
    own.shared[SYM_TOKEN_NAMES_DOB] = 0;
    double want = expected();
    is_about(want, 100000 * (10000 / 1e5) * 0.95);
    entry.own_size *= 2;
    is_about(expected(), want);
}

static void there_is_none_without_keys(void **state)
{
    (void)state;
    struct sym_false_matches f;
    entry = (struct sym_exchange_entry){.peer_size = 5, .own_size = 5};
    assert_false(sym_false_matches(&f, &entry));
    entry.shared = sym_span("no counts", 9);
    assert_false(sym_false_matches(&f, &entry));
    list(1, 1ull << SYM_TOKEN_DOB_TOWN, 0);
    assert_true(expected() == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_list_is_believed),
        cmocka_unit_test(a_short_list_takes_the_table),
        cmocka_unit_test(no_more_are_false_than_there_are),
        cmocka_unit_test(two_keys_make_fewer),
        cmocka_unit_test(the_other_list_is_as_the_own_one),
        cmocka_unit_test(there_is_none_without_keys),
    };
    return cmocka_run_group_tests_name("false_matches", tests, NULL, NULL);
}
