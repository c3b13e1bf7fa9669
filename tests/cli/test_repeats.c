#include "cli/ingest/repeats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define MANY 20000u

/* Keys that differ in their low bits only, and so crowd together. */
static void make_key(uint8_t key[16], uint64_t number)
{
    memset(key, 0, 16);
    memcpy(key, &number, sizeof number);
}

static bool add(struct sym_repeats *s, uint64_t number)
{
    uint8_t key[16];
    bool before = false;
    make_key(key, number);
    assert_int_equal(sym_repeats_add(&before, s, key), SYM_OK);
    return before;
}

static void notices_the_second_of_each(void **state)
{
    (void)state;
    for (size_t width = 1; width <= 2; width++) {
        struct sym_repeats s = sym_repeats(width, 2 * MANY);
        for (uint64_t i = 2; i < MANY; i++) {
            assert_false(add(&s, i * 7));
        }
        for (uint64_t i = 2; i < MANY; i++) {
            assert_true(add(&s, i * 7));
            assert_false(add(&s, i * 7 + 1));
        }
        assert_int_equal(s.n, 2 * (MANY - 2));
        sym_repeats_clear(&s);
        assert_false(add(&s, 14));
        sym_repeats_clear(&s);
    }
}

static void wide_keys_differ_in_their_second_half(void **state)
{
    (void)state;
    struct sym_repeats s = sym_repeats(2, 100);
    uint8_t key[16] = {1};
    bool before = true;
    assert_int_equal(sym_repeats_add(&before, &s, key), SYM_OK);
    assert_false(before);
    key[15] = 1;
    assert_int_equal(sym_repeats_add(&before, &s, key), SYM_OK);
    assert_false(before);
    assert_int_equal(sym_repeats_add(&before, &s, key), SYM_OK);
    assert_true(before);
    sym_repeats_clear(&s);
}

static void a_key_of_zeros_is_a_key(void **state)
{
    (void)state;
    struct sym_repeats s = sym_repeats(1, 100);
    assert_false(add(&s, 0));
    assert_true(add(&s, 0));
    sym_repeats_clear(&s);
}

static void refuses_more_than_its_limit(void **state)
{
    (void)state;
    struct sym_repeats s = sym_repeats(1, 10);
    uint8_t key[16];
    bool before = true;
    for (uint64_t i = 1; i <= 10; i++) {
        assert_false(add(&s, i));
    }
    make_key(key, 11);
    assert_int_equal(sym_repeats_add(&before, &s, key), SYM_LIMIT);
    assert_true(before);
    assert_true(add(&s, 10)); /* what is held is still known */
    assert_int_equal(s.n, 10);
    sym_repeats_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notices_the_second_of_each),
        cmocka_unit_test(wide_keys_differ_in_their_second_half),
        cmocka_unit_test(a_key_of_zeros_is_a_key),
        cmocka_unit_test(refuses_more_than_its_limit),
    };
    return cmocka_run_group_tests_name("repeats", tests, NULL, NULL);
}
