#include "proto/sorted.h"

#include "crypto/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const size_t lengths[] = {8, 9, 11, 12, 16, 32};

#define LENGTHS (sizeof lengths / sizeof *lengths)

enum shape { RANDOM, FEW_VALUES, EQUAL, LONG_PREFIX, SORTED, REVERSED, SHAPES };

static size_t compare_len;

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, compare_len);
}

static void reverse(uint8_t *items, size_t n, size_t len)
{
    uint8_t kept[SYM_SORTED_BYTES_MAX];
    for (size_t i = 0; i < n / 2; i++) {
        memcpy(kept, items + i * len, len);
        memcpy(items + i * len, items + (n - 1 - i) * len, len);
        memcpy(items + (n - 1 - i) * len, kept, len);
    }
}

static uint8_t *make(enum shape shape, size_t n, size_t len)
{
    uint8_t *items = malloc(n * len + 1);
    assert_non_null(items);
    sym_random(items, n * len);
    for (size_t i = 0; i < n * len; i++) {
        bool prefix = i % len < len - 2;
        if (shape == EQUAL || (shape == LONG_PREFIX && prefix)) {
            items[i] = 0x5a;
        } else if (shape == FEW_VALUES) {
            items[i] = (uint8_t)(prefix ? 0 : items[i] & 1);
        }
    }
    compare_len = len;
    if (shape == SORTED || shape == REVERSED) {
        qsort(items, n, len, compare);
    }
    if (shape == REVERSED) {
        reverse(items, n, len);
    }
    return items;
}

/* Both ways to look up say the same. */
static bool has(const uint8_t *items, size_t n, size_t len, const uint8_t *wanted)
{
    struct sym_sorted_index index;
    uint32_t *starts = malloc(sym_sorted_index_room(n) * sizeof *starts);
    assert_non_null(starts);
    sym_sorted_index_make(&index, starts, items, n, len);
    bool there = sym_sorted_has(items, n, len, wanted);
    bool twice[SYM_SORTED_WANTED_MAX];
    uint8_t both[2 * SYM_SORTED_BYTES_MAX];
    memcpy(both, n > 0 ? items : wanted, len);
    memcpy(both + len, wanted, len);
    sym_sorted_index_has(twice, &index, both, 2);
    assert_int_equal(twice[0], n > 0);
    assert_int_equal(twice[1], there);
    free(starts);
    return there;
}

static uint8_t *sorted_copy(const uint8_t *items, size_t n, size_t len)
{
    uint8_t *copy = malloc(n * len + 1);
    assert_non_null(copy);
    memcpy(copy, items, n * len);
    compare_len = len;
    qsort(copy, n, len, compare);
    return copy;
}

static void sorts_items_of_any_shape_as_the_c_library_does(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 3, 31, 32, 33, 257, 5000};
    for (size_t l = 0; l < LENGTHS; l++) {
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            for (int shape = 0; shape < SHAPES; shape++) {
                uint8_t *items = make((enum shape)shape, counts[c], lengths[l]);
                uint8_t *want = sorted_copy(items, counts[c], lengths[l]);
                sym_sorted_sort(items, counts[c], lengths[l]);
                assert_memory_equal(items, want, counts[c] * lengths[l]);
                free(items);
                free(want);
            }
        }
    }
}

static void parts_sorted_one_by_one_make_the_whole(void **state)
{
    (void)state;
    for (int shape = 0; shape < SHAPES; shape++) {
        size_t starts[SYM_SORTED_PARTS + 1];
        uint8_t *items = make((enum shape)shape, 3000, 9);
        uint8_t *want = sorted_copy(items, 3000, 9);
        sym_sorted_split(starts, items, 3000, 9);
        assert_int_equal(starts[0], 0);
        assert_int_equal(starts[SYM_SORTED_PARTS], 3000);
        for (size_t p = SYM_SORTED_PARTS; p-- > 0;) {
            for (size_t i = starts[p]; i < starts[p + 1]; i++) {
                assert_int_equal(items[i * 9], p);
            }
            sym_sorted_sort(items + starts[p] * 9, starts[p + 1] - starts[p], 9);
        }
        assert_memory_equal(items, want, 3000 * 9);
        free(items);
        free(want);
    }
}

static void items_moved_in_pieces_and_sorted_by_parts_make_the_whole(void **state)
{
    static const size_t sizes[] = {1, 2, 40, 3000, 20000};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes * LENGTHS * SHAPES; i++) {
        const size_t n = sizes[i / (LENGTHS * SHAPES)];
        const size_t len = lengths[i / SHAPES % LENGTHS];
        const size_t first = n / 3; /* of the second piece */
        uint32_t counts[2][SYM_SORTED_PARTS] = {{0}};
        size_t starts[SYM_SORTED_PARTS + 1];
        uint8_t *items = make((enum shape)(i % SHAPES), n, len);
        uint8_t *moved = malloc(n * len);
        uint8_t *want = malloc(n * len);
        assert_true(moved != NULL && want != NULL);
        memcpy(want, items, n * len);
        qsort(want, n, len, compare);
        sym_sorted_count(counts[0], items, first, len);
        sym_sorted_count(counts[1], items + first * len, n - first, len);
        sym_sorted_places(starts, counts, 2);
        sym_sorted_move(moved, counts[0], items, first, len);
        sym_sorted_move(moved, counts[1], items + first * len, n - first, len);
        memset(items, 0, n * len);
        for (size_t p = 0; p < SYM_SORTED_PARTS; p++) {
            sym_sorted_part(items + starts[p] * len, moved + starts[p] * len,
                            starts[p + 1] - starts[p], len);
        }
        assert_int_equal(starts[SYM_SORTED_PARTS], n);
        assert_memory_equal(items, want, n * len);
        free(items);
        free(moved);
        free(want);
    }
}

static void compares_every_byte(void **state)
{
    (void)state;
    for (size_t l = 0; l < LENGTHS; l++) {
        for (size_t at = 0; at < lengths[l]; at++) {
            uint8_t a[SYM_SORTED_BYTES_MAX] = {0};
            uint8_t b[SYM_SORTED_BYTES_MAX] = {0};
            memset(a + at + 1, 0xff, lengths[l] - at - 1);
            b[at] = 0x80;
            assert_true(sym_sorted_compare(a, b, lengths[l]) < 0);
            assert_true(sym_sorted_compare(b, a, lengths[l]) > 0);
            assert_int_equal(sym_sorted_compare(b, b, lengths[l]), 0);
        }
    }
}

static void finds_every_item_that_is_there(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 3, 100, 5000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        for (int shape = 0; shape < SHAPES; shape++) {
            uint8_t *items = make((enum shape)shape, counts[c], 10);
            sym_sorted_sort(items, counts[c], 10);
            for (size_t i = 0; i < counts[c]; i++) {
                assert_true(has(items, counts[c], 10, items + i * 10));
            }
            free(items);
        }
    }
}

static bool has_by_searching(const uint8_t *items, size_t n, size_t len, const uint8_t *wanted)
{
    for (size_t i = 0; i < n; i++) {
        if (memcmp(items + i * len, wanted, len) == 0) {
            return true;
        }
    }
    return false;
}

static void does_not_find_an_item_that_is_one_bit_away(void **state)
{
    (void)state;
    for (int shape = 0; shape < SHAPES; shape++) {
        uint8_t *items = make((enum shape)shape, 300, 8);
        sym_sorted_sort(items, 300, 8);
        for (size_t i = 0; i < 300; i++) {
            for (unsigned bit = 0; bit < 64; bit += 7) {
                uint8_t wanted[8];
                memcpy(wanted, items + i * 8, 8);
                wanted[bit / 8] ^= (uint8_t)(1u << bit % 8);
                assert_int_equal(has(items, 300, 8, wanted),
                                 has_by_searching(items, 300, 8, wanted));
            }
        }
        free(items);
    }
}

static void finds_nothing_among_none_and_nothing_beyond_the_ends(void **state)
{
    (void)state;
    static const uint8_t zeros[8] = {0};
    static const uint8_t ones[8] = {255, 255, 255, 255, 255, 255, 255, 255};
    static const uint8_t two[16] = {1, 0, 0, 0, 0, 0, 0, 0, 254};
    assert_false(has(two, 0, 8, zeros));
    assert_false(has(two, 2, 8, zeros));
    assert_false(has(two, 2, 8, ones));
    assert_false(has(two, 1, 8, two + 8));
    assert_true(has(two, 2, 8, two + 8));
}

static void names_the_first_item_that_descends_or_repeats(void **state)
{
    (void)state;
    static const uint8_t items[] = {
        0, 0, 0, 0, 0, 0, 0, 1, 9, /* */
        0, 0, 0, 0, 0, 0, 0, 2, 0, /* */
        0, 0, 0, 0, 0, 0, 0, 2, 0, /* equal */
        0, 0, 0, 0, 0, 0, 0, 2, 1, /* */
        0, 0, 0, 0, 0, 0, 0, 2, 0, /* descends, in the last byte */
    };
    assert_int_equal(sym_sorted_break(items, 5, 9, false), 4);
    assert_int_equal(sym_sorted_break(items, 5, 9, true), 2);
    assert_int_equal(sym_sorted_break(items, 4, 9, false), 4);
    assert_int_equal(sym_sorted_break(items, 2, 9, true), 2);
    assert_int_equal(sym_sorted_break(items, 1, 9, true), 1);
    assert_int_equal(sym_sorted_break(items, 0, 9, true), 0);
}

static int set_up(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_items_of_any_shape_as_the_c_library_does),
        cmocka_unit_test(parts_sorted_one_by_one_make_the_whole),
        cmocka_unit_test(items_moved_in_pieces_and_sorted_by_parts_make_the_whole),
        cmocka_unit_test(compares_every_byte),
        cmocka_unit_test(finds_every_item_that_is_there),
        cmocka_unit_test(does_not_find_an_item_that_is_one_bit_away),
        cmocka_unit_test(finds_nothing_among_none_and_nothing_beyond_the_ends),
        cmocka_unit_test(names_the_first_item_that_descends_or_repeats),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
