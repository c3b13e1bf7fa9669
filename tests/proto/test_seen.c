#include "proto/seen.h"

#include "crypto/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct sym_seen *seen_of(size_t most)
{
    struct sym_seen *s = NULL;
    assert_int_equal(sym_seen_new(&s, most), SYM_OK);
    return s;
}

/* Different for every i, and much alike. */
static const uint8_t *item_of(uint8_t item[SYM_SEEN_BYTES], uint64_t i)
{
    memset(item, 0, SYM_SEEN_BYTES);
    sym_put_u64(item + 8, i);
    return item;
}

static void takes_as_many_different_items_as_announced(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 3, 4, 5, 100, 20000};
    uint8_t item[SYM_SEEN_BYTES];
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        struct sym_seen *s = seen_of(counts[c]);
        for (size_t i = 0; i < counts[c]; i++) {
            assert_int_equal(sym_seen_add(s, item_of(item, i)), SYM_OK);
        }
        sym_seen_free(s);
    }
}

static void refuses_every_item_for_the_second_time(void **state)
{
    (void)state;
    uint8_t item[SYM_SEEN_BYTES];
    struct sym_seen *s = seen_of(1000);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(sym_seen_add(s, item_of(item, i * 3)), SYM_OK);
        assert_int_equal(sym_seen_add(s, item_of(item, i * 3)), SYM_REPLAY);
    }
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(sym_seen_add(s, item_of(item, i * 3)), SYM_REPLAY);
    }
    sym_seen_free(s);
}

static void refuses_one_more_than_announced(void **state)
{
    (void)state;
    uint8_t item[SYM_SEEN_BYTES];
    for (size_t most = 0; most < 40; most++) {
        struct sym_seen *s = seen_of(most);
        for (size_t i = 0; i < most; i++) {
            assert_int_equal(sym_seen_add(s, item_of(item, i)), SYM_OK);
        }
        assert_int_equal(sym_seen_add(s, item_of(item, most)), SYM_LIMIT);
        assert_int_equal(sym_seen_add(s, item_of(item, most)), SYM_LIMIT);
        sym_seen_free(s);
    }
}

static void tells_items_apart_by_each_of_their_bits(void **state)
{
    (void)state;
    uint8_t item[SYM_SEEN_BYTES];
    struct sym_seen *s = seen_of(129);
    memset(item, 0x5a, sizeof item);
    assert_int_equal(sym_seen_add(s, item), SYM_OK);
    for (unsigned bit = 0; bit < 128; bit++) {
        item[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(sym_seen_add(s, item), SYM_OK);
        item[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    sym_seen_free(s);
}

static void the_item_of_zeros_is_one_like_any_other(void **state)
{
    (void)state;
    uint8_t item[SYM_SEEN_BYTES];
    struct sym_seen *s = seen_of(2);
    assert_int_equal(sym_seen_add(s, item_of(item, 0)), SYM_OK);
    assert_int_equal(sym_seen_add(s, item_of(item, 0)), SYM_REPLAY);
    assert_int_equal(sym_seen_add(s, item_of(item, 1)), SYM_OK);
    assert_int_equal(sym_seen_add(s, item_of(item, 2)), SYM_LIMIT);
    sym_seen_free(s);
}

static void refuses_a_set_beyond_what_its_hash_can_spread(void **state)
{
    (void)state;
    struct sym_seen *s = NULL;
    assert_int_equal(sym_seen_new(&s, (size_t)1 << 31), SYM_LIMIT);
    assert_int_equal(sym_seen_new(&s, SIZE_MAX), SYM_LIMIT);
    assert_null(s);
}

static int set_up(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_as_many_different_items_as_announced),
        cmocka_unit_test(refuses_every_item_for_the_second_time),
        cmocka_unit_test(refuses_one_more_than_announced),
        cmocka_unit_test(tells_items_apart_by_each_of_their_bits),
        cmocka_unit_test(the_item_of_zeros_is_one_like_any_other),
        cmocka_unit_test(refuses_a_set_beyond_what_its_hash_can_spread),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
