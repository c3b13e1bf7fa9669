/* cube_case.h - a query that a test may change before it asks for its cube, and what records count
 * for in it: for the tests of cubes. */
#ifndef SYM_TESTS_PROTO_CUBE_CASE_H
#define SYM_TESTS_PROTO_CUBE_CASE_H

#include "proto/cube.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define NANO      1000000000u
#define CODES_MAX 8u
#define MANY      65537u

/* A query that a test may change before it asks for its cube. */
struct asked {
    struct sym_tab_query query;
    struct sym_tab_dimension dimensions[SYM_TAB_DIMENSIONS_MAX + 1];
    struct sym_span codes[SYM_TAB_DIMENSIONS_MAX + 1][CODES_MAX];
    struct sym_tab_level levels[SYM_TAB_LEVELS_MAX + 1];
};

static struct asked asked;
static struct sym_cube *cube;
static uint64_t cells[64];

/* Codes end with NULL. */
static inline void ask_by(enum sym_dimension dimension, const char *const *codes)
{
    size_t d = asked.query.n_dimensions++;
    size_t n = 0;
    for (; codes[n] != NULL; n++) {
        asked.codes[d][n] = sym_span_text(codes[n]);
    }
    asked.dimensions[d] =
        (struct sym_tab_dimension){.dimension = dimension, .codes = asked.codes[d], .n_codes = n};
}

#define BY(dimension, ...)                                                                         \
    ask_by(SYM_DIMENSION_##dimension, (const char *const[]){__VA_ARGS__, NULL})

/* Places of dimensions: "\0\2". */
#define LEVEL(places)                                                                              \
    asked.levels[asked.query.n_levels++].dimensions = sym_span(places, sizeof(places) - 1)

static inline void ask_nothing(void)
{
    memset(&asked, 0, sizeof asked);
    asked.query = (struct sym_tab_query){.version = 1,
                                         .dimensions = asked.dimensions,
                                         .levels = asked.levels,
                                         .persons_max = 1,
                                         .cells_per_incident = 1,
                                         .epsilon_nano = NANO};
}

/* Country x year x exploitation, in three levels. */
static inline void ask_for_hotspots(void)
{
    ask_nothing();
    BY(COUNTRY, "IT", "FR", "DE");
    BY(YEAR, "2019", "2020");
    BY(EXPLOITATION, "forced-labour", "servitude", "unknown");
    LEVEL("\0");
    LEVEL("\0\1");
    LEVEL("\0\1\2");
}

static inline void make(void)
{
    struct sym_fault fault = {0};
    assert_int_equal(sym_cube_new(&cube, &asked.query, &fault), SYM_OK);
    assert_string_equal(fault.text, "");
    assert_true(sym_cube_cells(cube) <= sizeof cells / sizeof *cells);
    memset(cells, 0, sizeof cells);
}

static inline int set_up(void **state)
{
    (void)state;
    ask_for_hotspots();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    sym_cube_free(cube);
    cube = NULL;
    return 0;
}

static inline struct sym_incident incident_in(unsigned year)
{
    struct sym_incident i = {.precision = SYM_DATE_DAY, .count = 1};
    assert_int_equal(sym_incident_days(&i.days, year, 7, 14), SYM_OK);
    return i;
}

static inline void has(struct sym_incident *i, enum sym_incident_field field, const char *code)
{
    assert_int_equal(sym_incident_add(i, field, sym_span_text(code)), SYM_OK);
}

/* In how many cells the record counts, where one incident is in so many records. */
static inline size_t count_among(const struct sym_incident *i, uint32_t records)
{
    size_t hit = 99;
    assert_int_equal(sym_cube_count(cells, &hit, cube, i, records), SYM_OK);
    return hit;
}

static inline size_t count(const struct sym_incident *i)
{
    return count_among(i, 1);
}

/* What all cells hold, as text: "0:2 5:1". */
static inline void assert_cells(const char *expected)
{
    char text[512] = "";
    size_t len = 0;
    for (size_t i = 0; i < sym_cube_cells(cube); i++) {
        if (cells[i] != 0) {
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%zu:%llu", len > 0 ? " " : "",
                                    i, (unsigned long long)cells[i]);
        }
    }
    assert_string_equal(text, expected);
}

#endif
