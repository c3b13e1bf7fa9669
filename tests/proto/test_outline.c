/* What a request to take part says of its query. */
#include "proto/codec.h"
#include "proto/outline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define CODES_MAX 40u

static struct sym_span codes[CODES_MAX];
static char texts[CODES_MAX][8];
static struct sym_tab_dimension dimensions[2];
static struct sym_tab_level levels[2];
static struct sym_tab_query query;

/* country of so many codes, by year of two */
static void make_query(size_t n)
{
    static struct sym_span years[2];
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%c%c", (int)('A' + i / 26), (int)('A' + i % 26));
        codes[i] = sym_span_text(texts[i]);
    }
    years[0] = sym_span_text("2019");
    years[1] = sym_span_text("2020");
    dimensions[0] = (struct sym_tab_dimension){SYM_DIMENSION_COUNTRY, codes, n, 0};
    dimensions[1] = (struct sym_tab_dimension){SYM_DIMENSION_YEAR, years, 2, 1};
    levels[0].dimensions = sym_span("\x00", 1);
    levels[1].dimensions = sym_span("\x00\x01", 2);
    query = (struct sym_tab_query){.version = 1,
                                   .shape = SYM_TAB_ROUTES,
                                   .dimensions = dimensions,
                                   .n_dimensions = 2,
                                   .levels = levels,
                                   .n_levels = 2,
                                   .unit = SYM_TAB_PERSONS,
                                   .persons_max = 3,
                                   .cells_per_incident = 2,
                                   .epsilon_nano = SYM_EPSILON_NANO_MIN};
}

static void write_outline(struct sym_arena *arena, struct sym_tab_outline *out, size_t n)
{
    static uint8_t bytes[SYM_TAB_OUTLINE_BYTES_MAX];
    size_t len = 0;
    make_query(n);
    assert_int_equal(sym_tab_outline_write(bytes, &len, &query), SYM_OK);
    assert_int_equal(sym_tab_outline_check(sym_span(bytes, len), &query), SYM_OK);
    assert_int_equal(sym_decode(arena, out, &sym_msg_tab_outline, sym_span(bytes, len)), SYM_OK);
}

static void says_what_is_counted_by_what(void **state)
{
    (void)state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_outline o;
    write_outline(&arena, &o, 3);
    assert_int_equal(o.shape, SYM_TAB_ROUTES);
    assert_int_equal(o.unit, SYM_TAB_PERSONS);
    assert_int_equal(o.persons_max, 3);
    assert_int_equal(o.cells_per_incident, 2);
    assert_int_equal(o.n_dimensions, 2);
    assert_int_equal(o.n_levels, 2);
    assert_int_equal(o.levels[1].dimensions.len, 2);
    assert_int_equal(o.dimensions[0].codes, 3);
    assert_int_equal(o.dimensions[0].n_some, 3);
    assert_true(sym_span_equal(o.dimensions[0].some[1], sym_span_text("AB")));
    assert_int_equal(o.dimensions[0].narrows, 0);
    assert_int_equal(o.dimensions[1].narrows, 1);
}

static void of_a_long_list_it_has_the_ends(void **state)
{
    (void)state;
    struct sym_tab_outline o;
    for (size_t n = SYM_TAB_OUTLINED_CODES; n <= SYM_TAB_OUTLINED_CODES + 1; n++) {
        SYM_ARENA_AUTO arena = {0};
        write_outline(&arena, &o, n);
        assert_int_equal(o.dimensions[0].codes, n);
        assert_int_equal(o.dimensions[0].n_some, n > SYM_TAB_OUTLINED_CODES ? 2 : n);
        assert_true(sym_span_equal(o.dimensions[0].some[o.dimensions[0].n_some - 1],
                                   sym_span_text(texts[n - 1])));
    }
}

static void the_longest_fits(void **state)
{
    (void)state;
    static char longest[SYM_CODE_BYTES_MAX + 1];
    struct sym_span all[SYM_TAB_OUTLINED_CODES];
    struct sym_tab_dimension six[SYM_TAB_DIMENSIONS_MAX];
    struct sym_tab_level eight[SYM_TAB_LEVELS_MAX];
    uint8_t bytes[SYM_TAB_OUTLINE_BYTES_MAX];
    size_t len = 0;
    memset(longest, 'x', SYM_CODE_BYTES_MAX);
    make_query(1);
    for (size_t i = 0; i < SYM_TAB_OUTLINED_CODES; i++) {
        all[i] = sym_span_text(longest);
    }
    for (size_t i = 0; i < SYM_TAB_DIMENSIONS_MAX; i++) {
        six[i] = (struct sym_tab_dimension){SYM_DIMENSION_CITY, all, SYM_TAB_OUTLINED_CODES, 1};
    }
    for (size_t i = 0; i < SYM_TAB_LEVELS_MAX; i++) {
        eight[i].dimensions = sym_span("\0\1\2\3\4\5", 6);
    }
    query.dimensions = six;
    query.n_dimensions = SYM_TAB_DIMENSIONS_MAX;
    query.levels = eight;
    query.n_levels = SYM_TAB_LEVELS_MAX;
    assert_int_equal(sym_tab_outline_write(bytes, &len, &query), SYM_OK);
    static uint8_t cohort[SYM_HASH_BYTES * SYM_TAB_MEMBERS_MAX];
    static uint8_t request[SYM_TABULATE_BYTES_MAX];
    const struct sym_tabulate t = {.suite = UINT32_MAX,
                                   .tabulation = sym_span(cohort, SYM_EXCHANGE_ID_BYTES),
                                   .query_hash = sym_span(cohort, SYM_HASH_BYTES),
                                   .cohort = sym_span(cohort, sizeof cohort),
                                   .epsilon_nano = SYM_EPSILON_NANO_MAX,
                                   .cells = SYM_TAB_CELLS_MAX,
                                   .outline = sym_span(bytes, sizeof bytes)};
    assert_int_equal(sym_encode(request, sizeof request, &len, &sym_msg_tabulate, &t), SYM_OK);
}

static void refuses_the_outline_of_another_query(void **state)
{
    (void)state;
    uint8_t bytes[SYM_TAB_OUTLINE_BYTES_MAX];
    size_t len = 0;
    make_query(3);
    assert_int_equal(sym_tab_outline_write(bytes, &len, &query), SYM_OK);
    for (unsigned i = 0; i < 8; i++) {
        make_query(3);
        query.shape = i == 0 ? SYM_TAB_TRENDS : query.shape;
        query.unit = i == 1 ? SYM_TAB_INCIDENTS : query.unit;
        query.persons_max += i == 2;
        query.cells_per_incident -= i == 3;
        codes[1] = i == 4 ? sym_span_text("ZZ") : codes[1];
        query.n_levels -= i == 5;
        dimensions[1].n_codes -= i == 6;
        dimensions[1].narrows -= i == 7;
        assert_int_equal(sym_tab_outline_check(sym_span(bytes, len), &query), SYM_BAD_VALUE);
    }
    make_query(3);
    assert_int_equal(sym_tab_outline_check(sym_span(bytes, len - 1), &query), SYM_BAD_VALUE);
    assert_int_equal(sym_tab_outline_check(sym_span(NULL, 0), &query), SYM_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_is_counted_by_what),
        cmocka_unit_test(of_a_long_list_it_has_the_ends),
        cmocka_unit_test(the_longest_fits),
        cmocka_unit_test(refuses_the_outline_of_another_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
