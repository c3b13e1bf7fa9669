/* Cubes: where their cells lie, what a record counts for, and what their hash knows. */
#include "proto/dataset.h"
#include "tests/proto/cube_case.h"

/* Cells ---------------------------------------------------------------------------------------- */

static void levels_follow_each_other(void **state)
{
    (void)state;
    static const size_t expected[][2] = {{0, 3}, {3, 6}, {9, 18}};
    make();
    assert_int_equal(sym_cube_cells(cube), 27);
    for (size_t i = 0; i < 3; i++) {
        size_t first = 99;
        size_t n = 99;
        sym_cube_level(cube, i, &first, &n);
        assert_int_equal(first, expected[i][0]);
        assert_int_equal(n, expected[i][1]);
    }
}

static void says_what_its_query_said(void **state)
{
    (void)state;
    asked.query.unit = SYM_TAB_PERSONS;
    asked.query.persons_max = 5;
    asked.query.cells_per_incident = 2;
    asked.query.epsilon_nano = 2 * NANO;
    make();
    assert_int_equal(sym_cube_unit(cube), SYM_TAB_PERSONS);
    assert_int_equal(sym_cube_persons_max(cube), 5);
    assert_int_equal(sym_cube_cells_per_incident(cube), 2);
    assert_int_equal(sym_cube_epsilon(cube), 2u * NANO);
    assert_int_equal(sym_cube_sensitivity(cube), 2 * 5 * 3);
}

/* Codes in the order of the query, not of the alphabet; the last dimension changes first. */
static void cells_are_row_major_in_the_order_of_the_query(void **state)
{
    (void)state;
    struct sym_incident i = incident_in(2020);
    has(&i, SYM_FIELD_OF_COUNTRY, "DE");
    has(&i, SYM_FIELD_OF_EXPLOITATION, "servitude");
    make();
    assert_int_equal(count(&i), 3);
    assert_cells("2:1 8:1 25:1"); /* 2; 3 + 2 x 2 + 1; 9 + (2 x 2 + 1) x 3 + 1 */
    i = incident_in(2019);
    has(&i, SYM_FIELD_OF_COUNTRY, "IT");
    has(&i, SYM_FIELD_OF_EXPLOITATION, "forced-labour");
    assert_int_equal(count(&i), 3);
    assert_cells("0:1 2:1 3:1 8:1 9:1 25:1");
}

static void every_cell_is_that_of_one_combination(void **state)
{
    (void)state;
    make();
    for (size_t c = 0; c < 3; c++) {
        for (unsigned y = 0; y < 2; y++) {
            for (size_t e = 0; e < 3; e++) {
                struct sym_incident i = incident_in(2019 + y);
                i.codes[0] = (struct sym_incident_code){SYM_FIELD_OF_COUNTRY, asked.codes[0][c]};
                i.codes[1] =
                    (struct sym_incident_code){SYM_FIELD_OF_EXPLOITATION, asked.codes[2][e]};
                i.n_codes = e == 2 ? 1 : 2;
                memset(cells, 0, sizeof cells);
                assert_int_equal(count(&i), 3);
                assert_int_equal(cells[c], 1);
                assert_int_equal(cells[3 + 2 * c + y], 1);
                assert_int_equal(cells[9 + (2 * c + y) * 3 + e], 1);
            }
        }
    }
}

static void levels_may_skip_dimensions_and_come_in_any_order(void **state)
{
    (void)state;
    struct sym_incident i = incident_in(2020);
    has(&i, SYM_FIELD_OF_COUNTRY, "FR");
    has(&i, SYM_FIELD_OF_EXPLOITATION, "servitude");
    asked.query.n_levels = 0;
    LEVEL("\1");
    LEVEL("\0\2");
    LEVEL("\2");
    make();
    assert_int_equal(sym_cube_cells(cube), 2 + 9 + 3);
    assert_int_equal(count(&i), 3);
    assert_cells("1:1 6:1 12:1"); /* 1; 2 + 1 x 3 + 1; 11 + 1 */
}

static void every_owner_may_let_go_of_it(void **state)
{
    (void)state;
    make();
    struct sym_cube *same = sym_cube_share(cube);
    assert_ptr_equal(same, cube);
    sym_cube_free(same);
    assert_int_equal(sym_cube_cells(cube), 27);
    sym_cube_free(NULL);
}

/* Records -------------------------------------------------------------------------------------- */

static void without_a_value_a_record_is_unknown_where_that_is_a_code(void **state)
{
    (void)state;
    struct sym_incident i = incident_in(2019);
    has(&i, SYM_FIELD_OF_COUNTRY, "IT");
    make();
    assert_int_equal(count(&i), 3);
    assert_cells("0:1 3:1 11:1");
    i = (struct sym_incident){.count = 1};
    has(&i, SYM_FIELD_OF_COUNTRY, "FR");
    assert_int_equal(count(&i), 1); /* no year, and no code for that */
    assert_cells("0:1 1:1 3:1 11:1");
    i = incident_in(2019);
    assert_int_equal(count(&i), 0);
}

static void a_date_counts_as_closely_as_it_is_known(void **state)
{
    (void)state;
    struct sym_incident i = incident_in(2019);
    ask_nothing();
    BY(YEAR, "2019", "unknown");
    BY(MONTH, "2019-07", "unknown");
    LEVEL("\0");
    LEVEL("\1");
    make();
    assert_int_equal(count(&i), 2);
    assert_cells("0:1 2:1");
    i.precision = SYM_DATE_YEAR;
    assert_int_equal(count(&i), 2);
    assert_cells("0:2 2:1 3:1");
    i.precision = SYM_DATE_NONE;
    assert_int_equal(count(&i), 2);
    assert_cells("0:2 1:1 2:1 3:2");
}

/* Filters are code lists: what is not in one counts nowhere in the levels that have it. */
static void codes_that_are_not_asked_for_are_left_out(void **state)
{
    (void)state;
    struct sym_incident i = incident_in(2021);
    has(&i, SYM_FIELD_OF_COUNTRY, "IT");
    has(&i, SYM_FIELD_OF_EXPLOITATION, "servitude");
    make();
    assert_int_equal(count(&i), 1);
    assert_cells("0:1");
    i = incident_in(2020);
    has(&i, SYM_FIELD_OF_COUNTRY, "ES");
    assert_int_equal(count(&i), 0);
    assert_cells("0:1");
}

static void a_dimension_that_narrows_does_so_in_every_level(void **state)
{
    (void)state;
    struct sym_incident i = incident_in(2021);
    ask_nothing();
    BY(COUNTRY, "IT", "ES");
    BY(YEAR, "2020");
    LEVEL("\0");
    LEVEL("\0\1");
    has(&i, SYM_FIELD_OF_COUNTRY, "IT");
    make();
    assert_int_equal(count(&i), 1);
    assert_cells("0:1");
    sym_cube_free(cube);
    cube = NULL;
    memset(cells, 0, sizeof cells);
    asked.dimensions[1].narrows = 1;
    make();
    assert_int_equal(count(&i), 0);
    i = incident_in(2020);
    has(&i, SYM_FIELD_OF_COUNTRY, "IT");
    assert_int_equal(count(&i), 2);
    assert_cells("0:1 2:1");
}

/* A code that begins like another, or is its beginning, is another. */
static void codes_are_compared_whole(void **state)
{
    (void)state;
    struct sym_incident i = {.count = 1};
    ask_nothing();
    BY(ADMIN1, "IT.09", "IT.0", "IT.091");
    LEVEL("\0");
    has(&i, SYM_FIELD_OF_ADMIN1, "IT.0");
    make();
    assert_int_equal(count(&i), 1);
    assert_cells("1:1");
    i.n_codes = 0;
    has(&i, SYM_FIELD_OF_ADMIN1, "IT.09");
    assert_int_equal(count(&i), 1);
    assert_cells("0:1 1:1");
    i.n_codes = 0;
    has(&i, SYM_FIELD_OF_ADMIN1, "IT.0911");
    assert_int_equal(count(&i), 0);
}

static struct sym_incident of_two_countries_and_kinds(void)
{
    struct sym_incident i = incident_in(2019);
    has(&i, SYM_FIELD_OF_COUNTRY, "DE");
    has(&i, SYM_FIELD_OF_COUNTRY, "IT");
    has(&i, SYM_FIELD_OF_EXPLOITATION, "servitude");
    has(&i, SYM_FIELD_OF_EXPLOITATION, "forced-labour");
    return i;
}

static void several_values_count_once_unless_more_is_declared(void **state)
{
    (void)state;
    struct sym_incident i = of_two_countries_and_kinds();
    make();
    assert_int_equal(count(&i), 3);
    assert_cells("2:1 7:1 22:1"); /* DE, servitude: what was recorded first */
}

static void several_values_count_in_as_many_cells_as_declared(void **state)
{
    (void)state;
    struct sym_incident i = of_two_countries_and_kinds();
    asked.query.cells_per_incident = 3;
    make();
    assert_int_equal(count(&i), 2 + 2 + 3);
    assert_cells("0:1 2:1 3:1 7:1 10:1 21:1 22:1");
}

static void several_values_count_once_each_where_there_is_room(void **state)
{
    (void)state;
    struct sym_incident i = of_two_countries_and_kinds();
    asked.query.cells_per_incident = 16;
    make();
    assert_int_equal(count(&i), 2 + 2 + 4);
    assert_cells("0:1 2:1 3:1 7:1 9:1 10:1 21:1 22:1");
}

/* One incident is in so many of the counts of a partner, and moves each by one. */
static void an_incident_in_several_records_moves_the_cells_by_the_sensitivity_at_most(void **state)
{
    (void)state;
    struct sym_incident i = of_two_countries_and_kinds();
    asked.query.cells_per_incident = 5;
    asked.query.epsilon_nano = 2 * NANO;
    make();
    for (uint32_t records = 1; records <= 5; records++) {
        size_t moved = records * count_among(&i, records);
        assert_true(moved <= sym_cube_sensitivity(cube));
    }
    assert_int_equal(count_among(&i, 2), 2 + 2 + 2);
    assert_int_equal(count_among(&i, 5), 3);
    assert_int_equal(count_among(&i, 6), 0);
}

static void a_question_has_to_promise_what_aggregates_declare(void **state)
{
    (void)state;
    struct sym_dataset_row row = {.name = sym_span_text("counts"),
                                  .kind = SYM_DATASET_AGGREGATES,
                                  .cells_per_incident = 3,
                                  .persons_max = 5};
    struct sym_fault fault;
    asked.query.cells_per_incident = 3;
    make();
    assert_int_equal(sym_dataset_check_bounds(&row, cube, &fault), SYM_OK); /* of incidents */
    row.cells_per_incident = 4;
    assert_int_equal(sym_dataset_check_bounds(&row, cube, &fault), SYM_DENIED);
    assert_string_equal(
        fault.text, "dataset counts: one incident is in up to 4 of its counts, with up to 5 "
                    "persons: more than the question promises; ask with --cells-per-incident 4");
    row.kind = SYM_DATASET_INCIDENTS;
    assert_int_equal(sym_dataset_check_bounds(&row, cube, &fault), SYM_OK);
    row.kind = SYM_DATASET_AGGREGATES;
    row.cells_per_incident = 2;
    sym_cube_free(cube);
    asked.query.unit = SYM_TAB_PERSONS;
    asked.query.persons_max = 4;
    asked.query.epsilon_nano = 5 * NANO;
    make();
    assert_int_equal(sym_dataset_check_bounds(&row, cube, &fault), SYM_DENIED);
    assert_string_equal(fault.text,
                        "dataset counts: one incident is in up to 2 of its counts, with up to 5 "
                        "persons: more than the question promises; ask with --cells-per-incident 3 "
                        "--persons-max 5");
    row.persons_max = 4;
    assert_int_equal(sym_dataset_check_bounds(&row, cube, &fault), SYM_OK);
}

/* What is not asked for takes no room from what is. */
static void the_first_value_that_is_asked_for_counts(void **state)
{
    (void)state;
    struct sym_incident i = incident_in(2019);
    has(&i, SYM_FIELD_OF_COUNTRY, "ES");
    has(&i, SYM_FIELD_OF_COUNTRY, "FR");
    make();
    assert_int_equal(count(&i), 3);
    assert_cells("1:1 5:1 17:1");
}

/* Persons -------------------------------------------------------------------------------------- */

static void ask_for_persons(uint32_t most)
{
    ask_nothing();
    BY(COUNTRY, "IT");
    LEVEL("\0");
    asked.query.unit = SYM_TAB_PERSONS;
    asked.query.persons_max = most;
    make();
}

static uint64_t weight(uint32_t persons, uint64_t incidents)
{
    struct sym_incident i = {.persons = persons, .count = incidents};
    has(&i, SYM_FIELD_OF_COUNTRY, "IT");
    cells[0] = 0;
    assert_int_equal(count(&i), 1);
    return cells[0];
}

static void persons_are_clipped_to_what_was_declared(void **state)
{
    (void)state;
    ask_for_persons(5);
    assert_int_equal(weight(1, 1), 1);
    assert_int_equal(weight(5, 1), 5);
    assert_int_equal(weight(6, 1), 5);
    assert_int_equal(weight(SYM_INCIDENT_PERSONS_MAX, 1), 5);
    assert_int_equal(weight(0, 1), 1); /* not known */
}

static void incidents_count_once_whatever_their_persons(void **state)
{
    (void)state;
    ask_for_hotspots();
    make();
    struct sym_incident i = {.persons = 700, .count = 1};
    has(&i, SYM_FIELD_OF_COUNTRY, "IT");
    assert_int_equal(count(&i), 1);
    assert_cells("0:1");
}

static void aggregates_count_as_they_are(void **state)
{
    (void)state;
    struct sym_incident i = {.persons = 12, .count = 40};
    has(&i, SYM_FIELD_OF_COUNTRY, "FR");
    make();
    assert_int_equal(count(&i), 1);
    assert_int_equal(count(&i), 1);
    assert_cells("1:80");
}

static void persons_of_aggregates_are_clipped_together(void **state)
{
    (void)state;
    ask_for_persons(3);
    assert_int_equal(weight(12, 40), 40); /* each concerned somebody */
    assert_int_equal(weight(120, 40), 120);
    assert_int_equal(weight(121, 40), 120);
    assert_int_equal(weight(0, 40), 40);
}

static void refuses_to_count_beyond_2_to_the_53(void **state)
{
    (void)state;
    size_t hit = 0;
    struct sym_incident i = {.count = SYM_INCIDENT_COUNT_MAX};
    has(&i, SYM_FIELD_OF_COUNTRY, "IT");
    make();
    cells[0] = (UINT64_C(1) << 53) - SYM_INCIDENT_COUNT_MAX;
    assert_int_equal(sym_cube_count(cells, &hit, cube, &i, 1), SYM_OK);
    assert_true(cells[0] == UINT64_C(1) << 53);
    i.count = 1;
    assert_int_equal(sym_cube_count(cells, &hit, cube, &i, 1), SYM_LIMIT);
    assert_true(cells[0] == UINT64_C(1) << 53);
}

/* The hash ------------------------------------------------------------------------------------- */

static uint8_t hashes[32][SYM_HASH_BYTES];
static size_t n_hashes;

/* The cube of what is asked now has a hash that none had before. */
static void assert_new_hash(void)
{
    make();
    for (size_t i = 0; i < n_hashes; i++) {
        assert_memory_not_equal(hashes[i], sym_cube_hash(cube), SYM_HASH_BYTES);
    }
    memcpy(hashes[n_hashes++], sym_cube_hash(cube), SYM_HASH_BYTES);
    sym_cube_free(cube);
    cube = NULL;
    ask_for_hotspots();
}

static void the_hash_changes_with_everything_that_gives_cells_their_meaning(void **state)
{
    (void)state;
    n_hashes = 0;
    assert_new_hash();
    asked.codes[0][1] = sym_span_text("ES");
    assert_new_hash();
    asked.codes[0][0] = sym_span_text("FR");
    asked.codes[0][1] = sym_span_text("IT");
    assert_new_hash();
    asked.dimensions[0].n_codes = 2;
    assert_new_hash();
    asked.dimensions[0].dimension = SYM_DIMENSION_ORIGIN;
    assert_new_hash();
    asked.query.n_levels = 0;
    LEVEL("\0\1\2");
    LEVEL("\0\1");
    LEVEL("\0");
    assert_new_hash();
    asked.query.n_levels = 0;
    LEVEL("\0\1\2");
    assert_new_hash();
    asked.levels[1].dimensions = sym_span("\0\2", 2);
    assert_new_hash();
    asked.dimensions[0].narrows = 1;
    assert_new_hash();
    asked.query.epsilon_nano++;
    assert_new_hash();
    asked.query.cells_per_incident++;
    assert_new_hash();
    asked.query.unit = SYM_TAB_PERSONS;
    assert_new_hash();
    asked.query.unit = SYM_TAB_PERSONS;
    asked.query.persons_max++;
    assert_new_hash();
    assert_int_equal(n_hashes, 13);
}

static void the_same_query_has_the_same_hash_however_it_is_shown(void **state)
{
    (void)state;
    uint8_t hash[SYM_HASH_BYTES];
    make();
    memcpy(hash, sym_cube_hash(cube), sizeof hash);
    sym_cube_free(cube);
    asked.query.shape = SYM_TAB_HOTSPOTS;
    make();
    assert_memory_equal(hash, sym_cube_hash(cube), sizeof hash);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        TEST(levels_follow_each_other),
        TEST(says_what_its_query_said),
        TEST(cells_are_row_major_in_the_order_of_the_query),
        TEST(every_cell_is_that_of_one_combination),
        TEST(levels_may_skip_dimensions_and_come_in_any_order),
        TEST(every_owner_may_let_go_of_it),
        TEST(without_a_value_a_record_is_unknown_where_that_is_a_code),
        TEST(a_date_counts_as_closely_as_it_is_known),
        TEST(codes_that_are_not_asked_for_are_left_out),
        TEST(a_dimension_that_narrows_does_so_in_every_level),
        TEST(codes_are_compared_whole),
        TEST(several_values_count_once_unless_more_is_declared),
        TEST(several_values_count_in_as_many_cells_as_declared),
        TEST(several_values_count_once_each_where_there_is_room),
        TEST(an_incident_in_several_records_moves_the_cells_by_the_sensitivity_at_most),
        TEST(a_question_has_to_promise_what_aggregates_declare),
        TEST(the_first_value_that_is_asked_for_counts),
        TEST(persons_are_clipped_to_what_was_declared),
        TEST(incidents_count_once_whatever_their_persons),
        TEST(aggregates_count_as_they_are),
        TEST(persons_of_aggregates_are_clipped_together),
        TEST(refuses_to_count_beyond_2_to_the_53),
        TEST(the_hash_changes_with_everything_that_gives_cells_their_meaning),
        TEST(the_same_query_has_the_same_hash_however_it_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
