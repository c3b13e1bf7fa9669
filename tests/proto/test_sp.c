#include "proto/sp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void the_hello_is_that_of_pair(void **state)
{
    (void)state;
    static const uint8_t wanted[] = {0x00, 0x53, 0x50, 0x00, 0x00, 0x10, 0x00, 0x00};
    uint8_t hello[SYM_SP_HELLO_BYTES];
    sym_sp_hello(hello);
    assert_memory_equal(hello, wanted, sizeof wanted);
    assert_int_equal(sym_sp_hello_check(hello), SYM_OK);
}

static void refuses_every_hello_with_one_bit_changed(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 8 * SYM_SP_HELLO_BYTES; bit++) {
        uint8_t hello[SYM_SP_HELLO_BYTES];
        sym_sp_hello(hello);
        hello[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(sym_sp_hello_check(hello), bit < 32 ? SYM_BAD_FORMAT : SYM_BAD_VERSION);
    }
}

static void takes_lengths_up_to_the_limit(void **state)
{
    (void)state;
    static const uint64_t fine[] = {1, 2, 255, 256, 65536, SYM_FRAME_BYTES_MAX};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        uint8_t bytes[SYM_SP_LENGTH_BYTES];
        size_t len = 0;
        sym_put_u64(bytes, fine[i]);
        assert_int_equal(sym_sp_length(&len, bytes), SYM_OK);
        assert_int_equal(len, fine[i]);
    }
}

static void refuses_lengths_above_the_limit(void **state)
{
    (void)state;
    static const uint64_t above[] = {SYM_FRAME_BYTES_MAX + 1ull,
                                     1ull << 31,
                                     1ull << 32,
                                     1ull << 62,
                                     1ull << 63,
                                     UINT64_MAX,
                                     (1ull << 32) + 1};
    for (size_t i = 0; i < sizeof above / sizeof *above; i++) {
        uint8_t bytes[SYM_SP_LENGTH_BYTES];
        size_t len = 77;
        sym_put_u64(bytes, above[i]);
        assert_int_equal(sym_sp_length(&len, bytes), SYM_TOO_LONG);
        assert_int_equal(len, 77);
    }
}

static void refuses_an_empty_frame(void **state)
{
    (void)state;
    static const uint8_t bytes[SYM_SP_LENGTH_BYTES] = {0};
    size_t len = 77;
    assert_int_equal(sym_sp_length(&len, bytes), SYM_BAD_FORMAT);
    assert_int_equal(len, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hello_is_that_of_pair),
        cmocka_unit_test(refuses_every_hello_with_one_bit_changed),
        cmocka_unit_test(takes_lengths_up_to_the_limit),
        cmocka_unit_test(refuses_lengths_above_the_limit),
        cmocka_unit_test(refuses_an_empty_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
