#include "node/exchange/delivery_pause.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct sym_delivery_pauses pauses;

static int set_up(void **state)
{
    (void)state;
    memset(&pauses, 0, sizeof pauses);
    return 0;
}

static bool over(unsigned tabulation, uint64_t now_ms)
{
    uint8_t id[SYM_EXCHANGE_ID_BYTES] = {(uint8_t)tabulation, (uint8_t)(tabulation >> 8)};
    return sym_delivery_pause_over(&pauses, id, now_ms);
}

static void the_first_is_let_in_at_once(void **state)
{
    (void)state;
    assert_true(over(1, 0));
    assert_true(over(2, 0));
}

static void each_pause_is_twice_the_one_before_up_to_a_bound(void **state)
{
    (void)state;
    uint64_t now_ms = 1000;
    uint64_t pause_ms = SYM_DELIVERY_PAUSE_MS;
    for (unsigned i = 0; i < 20; i++) {
        assert_true(over(1, now_ms));
        assert_false(over(1, now_ms + pause_ms - 1));
        now_ms += pause_ms;
        pause_ms =
            2 * pause_ms < SYM_DELIVERY_PAUSE_MS_MAX ? 2 * pause_ms : SYM_DELIVERY_PAUSE_MS_MAX;
    }
}

static void what_is_not_let_in_makes_no_pause_longer(void **state)
{
    (void)state;
    assert_true(over(1, 1000));
    for (unsigned i = 0; i < 100; i++) {
        assert_false(over(1, 1000 + i));
    }
    assert_true(over(1, 1000 + SYM_DELIVERY_PAUSE_MS));
}

/* There is only so much room: who has many of them is held back by what it may have written. */
static void forgets_the_one_whose_pause_ends_first(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= SYM_DELIVERY_PAUSES; i++) {
        assert_true(over(i, 1000 + i));
    }
    assert_false(over(1, 2000));
    assert_true(over(0, 2000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_first_is_let_in_at_once, set_up),
        cmocka_unit_test_setup(each_pause_is_twice_the_one_before_up_to_a_bound, set_up),
        cmocka_unit_test_setup(what_is_not_let_in_makes_no_pause_longer, set_up),
        cmocka_unit_test_setup(forgets_the_one_whose_pause_ends_first, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
