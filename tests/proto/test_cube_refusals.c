/* Queries that have no cube. */
#include "tests/proto/cube_case.h"

#include <stdlib.h>

/* Refusals ------------------------------------------------------------------------------------- */

static void assert_refused(enum sym_err err, const char *words)
{
    struct sym_fault fault = {0};
    struct sym_cube *none = NULL;
    assert_int_equal(sym_cube_new(&none, &asked.query, &fault), err);
    assert_null(none);
    assert_memory_equal(fault.text, "query: ", 7);
    if (strstr(fault.text, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", fault.text, words);
    }
    ask_for_hotspots();
}

static void refuses_another_version(void **state)
{
    (void)state;
    asked.query.version = 2;
    assert_refused(SYM_BAD_VERSION, "of a version this program does not know");
    asked.query.version = 0;
    assert_refused(SYM_BAD_VERSION, "of a version this program does not know");
}

static void refuses_a_query_without_dimensions_or_levels(void **state)
{
    (void)state;
    asked.query.n_dimensions = 0;
    assert_refused(SYM_BAD_VALUE, "no dimensions; name some with --by");
    asked.query.n_levels = 0;
    assert_refused(SYM_BAD_VALUE, "no dimensions; name some with --by");
}

static void refuses_more_dimensions_and_levels_than_there_may_be(void **state)
{
    (void)state;
    asked.query.n_dimensions = SYM_TAB_DIMENSIONS_MAX + 1;
    assert_refused(SYM_LIMIT, "more than 6 dimensions or 8 levels");
    asked.query.n_levels = SYM_TAB_LEVELS_MAX + 1;
    assert_refused(SYM_LIMIT, "more than 6 dimensions or 8 levels");
}

static void refuses_a_dimension_that_there_is_not(void **state)
{
    (void)state;
    asked.dimensions[1].dimension = SYM_DIMENSION_NONE;
    assert_refused(SYM_BAD_VALUE, "dimension 0 is unknown; update this node");
    asked.dimensions[1].dimension = SYM_DIMENSION_COUNT;
    assert_refused(SYM_BAD_VALUE, "dimension 21 is unknown; update this node");
    asked.dimensions[1].dimension = UINT32_MAX;
    assert_refused(SYM_BAD_VALUE, "dimension 4294967295 is unknown; update this node");
}

static void refuses_a_dimension_that_is_named_twice(void **state)
{
    (void)state;
    asked.dimensions[2] = asked.dimensions[0];
    assert_refused(SYM_BAD_VALUE, "names the dimension country twice");
}

static void refuses_codes_that_are_none_of_their_dimension(void **state)
{
    (void)state;
    asked.codes[0][1] = sym_span_text("Italy");
    assert_refused(SYM_BAD_VALUE, "\"Italy\" is no code of country");
    asked.codes[1][0] = sym_span_text("2019-Q1");
    assert_refused(SYM_BAD_VALUE, "\"2019-Q1\" is no code of year");
    asked.codes[2][0] = sym_span_text("");
    assert_refused(SYM_BAD_VALUE, "\"\" is no code of exploitation");
}

static void refuses_a_code_that_is_longer_than_any(void **state)
{
    (void)state;
    static char city[SYM_CODE_BYTES_MAX + 20] = "IT.09.";
    memset(city + 6, 'a', sizeof city - 7);
    ask_nothing();
    BY(CITY, city);
    LEVEL("\0");
    assert_refused(SYM_BAD_VALUE, "aaaaaaaaaaaaaaaa\" is no code of city");
}

static void refuses_a_code_that_is_listed_twice(void **state)
{
    (void)state;
    asked.codes[0][2] = sym_span_text("IT");
    assert_refused(SYM_BAD_VALUE, "country lists \"IT\" twice");
}

static void refuses_a_dimension_without_codes(void **state)
{
    (void)state;
    asked.dimensions[1].n_codes = 0;
    assert_refused(SYM_LIMIT, "none of year, or more than 65000");
}

static void refuses_more_codes_than_there_may_be(void **state)
{
    (void)state;
    struct sym_span *many = calloc(MANY, sizeof *many);
    assert_non_null(many);
    for (size_t i = 0; i < MANY; i++) {
        many[i] = sym_span_text("IT");
    }
    asked.dimensions[0].codes = many;
    asked.dimensions[0].n_codes = MANY;
    assert_refused(SYM_LIMIT, "narrow its codes with --only, the time with --from and --to");
    free(many);
}

static void refuses_levels_that_name_no_dimension(void **state)
{
    (void)state;
    asked.levels[2].dimensions = sym_span("\0\1\3", 3);
    assert_refused(SYM_BAD_VALUE, "a level names a dimension that is not there, or out of order");
    asked.levels[2].dimensions = sym_span("\0\2\1", 3);
    assert_refused(SYM_BAD_VALUE, "a level names a dimension that is not there, or out of order");
    asked.levels[2].dimensions = sym_span("\0\1\1\2", 4);
    assert_refused(SYM_BAD_VALUE, "a level names a dimension that is not there, or out of order");
    asked.levels[2].dimensions = sym_span("\0\1\2\3\4\5\6\7\10\11", 10);
    assert_refused(SYM_BAD_VALUE, "a level names a dimension that is not there, or out of order");
}

static void refuses_a_level_of_nothing(void **state)
{
    (void)state;
    asked.levels[0].dimensions = sym_span("", 0);
    assert_refused(SYM_BAD_VALUE, "a level has no dimensions");
}

static void refuses_the_same_level_twice(void **state)
{
    (void)state;
    asked.levels[1].dimensions = sym_span("\0\1\2", 3);
    assert_refused(SYM_BAD_VALUE, "asks the same level twice");
}

static void refuses_a_dimension_that_no_level_has(void **state)
{
    (void)state;
    asked.query.n_levels = 2;
    assert_refused(SYM_BAD_VALUE, "a dimension is in none of its levels");
}

static void refuses_persons_where_incidents_count(void **state)
{
    (void)state;
    asked.query.persons_max = 2;
    assert_refused(SYM_BAD_VALUE, "count persons with --unit persons");
}

static void refuses_a_unit_that_there_is_not(void **state)
{
    (void)state;
    asked.query.unit = SYM_TAB_UNIT_COUNT;
    assert_refused(SYM_BAD_VALUE, "counts what this program does not know");
}

static void refuses_bounds_of_zero(void **state)
{
    (void)state;
    asked.query.cells_per_incident = 0;
    assert_refused(SYM_BAD_VALUE, "bounds of cells and persons are at least 1");
    asked.query.unit = SYM_TAB_PERSONS;
    asked.query.persons_max = 0;
    assert_refused(SYM_BAD_VALUE, "bounds of cells and persons are at least 1");
}

static void refuses_a_sensitivity_above_the_limit(void **state)
{
    (void)state;
    asked.query.unit = SYM_TAB_PERSONS;
    asked.query.persons_max = 64;
    asked.query.cells_per_incident = 2;
    asked.query.epsilon_nano = 12 * (uint64_t)NANO;
    assert_refused(SYM_LIMIT, "could move the counts by 384 (cells per incident x persons x "
                              "levels), above the limit of 256");
}

static void refuses_noise_that_leaves_nothing_to_read(void **state)
{
    (void)state;
    ask_nothing();
    BY(COUNTRY, "IT");
    LEVEL("\0");
    asked.query.cells_per_incident = 16;
    asked.query.epsilon_nano = NANO / 16; /* a scale of 256 */
    make();
    asked.query.epsilon_nano--;
    assert_refused(SYM_BAD_VALUE, "a scale above 256");
}

/* 1000 x 1000 cells are the most. */
static void refuses_more_cells_than_there_may_be(void **state)
{
    (void)state;
    static char texts[2][1001][8];
    static struct sym_span codes[2][1001];
    struct sym_fault fault = {0};
    for (unsigned i = 0; i < 1001; i++) {
        (void)snprintf(texts[0][i], 8, "AA.%u", i % 1000u * 10u + i / 1000u);
        (void)snprintf(texts[1][i], 8, "%04u-%02u", 1900 + i / 12 % 100, 1 + i % 12);
        codes[0][i] = sym_span_text(texts[0][i]);
        codes[1][i] = sym_span_text(texts[1][i]);
    }
    ask_nothing();
    asked.dimensions[0] = (struct sym_tab_dimension){SYM_DIMENSION_ADMIN1, codes[0], 1000, 0};
    asked.dimensions[1] = (struct sym_tab_dimension){SYM_DIMENSION_MONTH, codes[1], 1000, 0};
    asked.query.n_dimensions = 2;
    LEVEL("\0\1");
    assert_int_equal(sym_cube_new(&cube, &asked.query, &fault), SYM_OK);
    assert_int_equal(sym_cube_cells(cube), 1000000);
    asked.dimensions[0].n_codes = 1001;
    assert_refused(SYM_LIMIT, "its 1001000 cells are more than the 1000000 that one query may "
                              "have; narrow its codes with --only");
}

/* Where the product of dimensions would overflow. */
static void refuses_cubes_beyond_all_numbers(void **state)
{
    (void)state;
    enum { CODES = 10000 };
    static char texts[CODES][12];
    static struct sym_span codes[CODES];
    static const enum sym_dimension places[] = {SYM_DIMENSION_ADMIN1, SYM_DIMENSION_CITY};
    static char cities[CODES][16];
    static struct sym_span of_cities[CODES];
    for (unsigned i = 0; i < CODES; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "AA.%u", i);
        (void)snprintf(cities[i], sizeof cities[i], "AA.%u.x", i);
        codes[i] = sym_span_text(texts[i]);
        of_cities[i] = sym_span_text(cities[i]);
    }
    ask_nothing();
    asked.dimensions[0] = (struct sym_tab_dimension){places[0], codes, CODES, 0};
    asked.dimensions[1] = (struct sym_tab_dimension){places[1], of_cities, CODES, 0};
    asked.query.n_dimensions = 2;
    BY(COUNTRY, "IT", "FR", "ES", "DE", "AT", "BE", "NL");
    BY(ORIGIN, "IT", "FR", "ES", "DE", "AT", "BE", "NL");
    BY(DESTINATION, "IT", "FR", "ES", "DE", "AT", "BE", "NL");
    BY(TRANSIT, "IT", "FR", "ES", "DE", "AT", "BE", "NL");
    LEVEL("\0\1\2\3\4\5");
    assert_refused(SYM_LIMIT, "cells are more than the 1000000");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        TEST(refuses_another_version),
        TEST(refuses_a_query_without_dimensions_or_levels),
        TEST(refuses_more_dimensions_and_levels_than_there_may_be),
        TEST(refuses_a_dimension_that_there_is_not),
        TEST(refuses_a_dimension_that_is_named_twice),
        TEST(refuses_codes_that_are_none_of_their_dimension),
        TEST(refuses_a_code_that_is_longer_than_any),
        TEST(refuses_a_code_that_is_listed_twice),
        TEST(refuses_a_dimension_without_codes),
        TEST(refuses_more_codes_than_there_may_be),
        TEST(refuses_levels_that_name_no_dimension),
        TEST(refuses_a_level_of_nothing),
        TEST(refuses_the_same_level_twice),
        TEST(refuses_a_dimension_that_no_level_has),
        TEST(refuses_persons_where_incidents_count),
        TEST(refuses_a_unit_that_there_is_not),
        TEST(refuses_bounds_of_zero),
        TEST(refuses_a_sensitivity_above_the_limit),
        TEST(refuses_noise_that_leaves_nothing_to_read),
        TEST(refuses_more_cells_than_there_may_be),
        TEST(refuses_cubes_beyond_all_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
