#include "crypto/sha256_many.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define MESSAGES 40u
#define LONGEST  700u

static uint8_t bytes[MESSAGES][LONGEST];
static struct sym_span messages[MESSAGES];
static uint8_t got[MESSAGES + 1][SYM_HASH_BYTES];

static void fill(size_t (*len_of)(size_t))
{
    for (size_t i = 0; i < MESSAGES; i++) {
        for (size_t j = 0; j < LONGEST; j++) {
            bytes[i][j] = (uint8_t)(31 * i + 7 * j + (j >> 8));
        }
        messages[i] = sym_span(bytes[i], len_of(i));
    }
}

static void compare(struct sym_span prefix, size_t n)
{
    struct sym_sha256_many best;
    sym_sha256_many_init(&best);
    static const unsigned widths[] = {1, 2, 16};
    for (unsigned way = 0; way < 3 && widths[way] <= best.width; way++) {
        const struct sym_sha256_many m = {.width = widths[way]};
        memset(got, 0xaa, sizeof got);
        assert_int_equal(sym_sha256_many(got, &m, prefix, messages, n), SYM_OK);
        for (size_t i = 0; i < n; i++) {
            uint8_t want[SYM_HASH_BYTES];
            const struct sym_span parts[] = {prefix, messages[i]};
            assert_int_equal(sym_sha256_parts(want, parts, 2), SYM_OK);
            assert_memory_equal(got[i], want, sizeof want);
        }
        assert_int_equal(got[n][0], 0xaa);
    }
}

static size_t alike(size_t i)
{
    (void)i;
    return 560;
}

static size_t each_longer(size_t i)
{
    return 17 * i;
}

static size_t long_and_short(size_t i)
{
    return i % 3 == 0 ? LONGEST : i % 5;
}

static size_t wanted_len;
static size_t as_wanted(size_t i)
{
    (void)i;
    return wanted_len;
}

static void hashes_messages_of_one_length_as_one_by_one(void **state)
{
    (void)state;
    fill(alike);
    for (size_t n = 0; n <= 20; n++) {
        compare(sym_span_text("symbolon-body-1"), n);
    }
    compare(sym_span_text("symbolon-body-1"), MESSAGES);
}

static void hashes_messages_of_all_lengths_around_a_block_as_one_by_one(void **state)
{
    static const uint8_t prefix[SYM_SHA256_PREFIX_MAX] = {1, 2, 3};
    static const size_t prefix_lens[] = {0, 1, 15, 63, 64};
    (void)state;
    for (size_t p = 0; p < sizeof prefix_lens / sizeof *prefix_lens; p++) {
        for (wanted_len = 0; wanted_len <= 200; wanted_len++) {
            fill(as_wanted);
            compare(sym_span(prefix, prefix_lens[p]), 3);
            compare(sym_span(prefix, prefix_lens[p]), 19);
        }
    }
}

static void hashes_messages_of_different_lengths_side_by_side(void **state)
{
    (void)state;
    fill(each_longer);
    compare(sym_span_text("p"), MESSAGES);
    fill(long_and_short);
    compare(sym_span_text(""), MESSAGES);
    compare(sym_span_text("p"), MESSAGES - 1);
}

static void hashes_as_the_standard_says(void **state)
{
    static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    static const char none[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    uint8_t want[SYM_HASH_BYTES];
    struct sym_sha256_many m;
    const struct sym_span two[] = {sym_span_text("bc"), sym_span_text("bc")};
    const struct sym_span nothing = {NULL, 0};
    (void)state;
    sym_sha256_many_init(&m);
    assert_int_equal(sym_unhex(want, sizeof want, sym_span_text(abc)), SYM_OK);
    assert_int_equal(sym_sha256_many(got, &m, sym_span_text("a"), two, 2), SYM_OK);
    assert_memory_equal(got[0], want, sizeof want);
    assert_memory_equal(got[1], want, sizeof want);
    assert_int_equal(sym_unhex(want, sizeof want, sym_span_text(none)), SYM_OK);
    assert_int_equal(sym_sha256_many(got, &m, nothing, &nothing, 1), SYM_OK);
    assert_memory_equal(got[0], want, sizeof want);
}

static void refuses_a_prefix_that_is_longer_than_a_block(void **state)
{
    static const uint8_t prefix[SYM_SHA256_PREFIX_MAX + 1];
    struct sym_sha256_many m;
    (void)state;
    sym_sha256_many_init(&m);
    memset(got, 0xaa, sizeof got);
    assert_int_equal(sym_sha256_many(got, &m, sym_span(prefix, sizeof prefix), messages, 1),
                     SYM_TOO_LONG);
    assert_int_equal(got[0][0], 0xaa);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_as_the_standard_says),
        cmocka_unit_test(hashes_messages_of_one_length_as_one_by_one),
        cmocka_unit_test(hashes_messages_of_all_lengths_around_a_block_as_one_by_one),
        cmocka_unit_test(hashes_messages_of_different_lengths_side_by_side),
        cmocka_unit_test(refuses_a_prefix_that_is_longer_than_a_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
