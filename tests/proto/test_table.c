/* Whole overlap tables in memory: counts, whatever the lists, and what each party gets to see. */
#include "proto/codec.h"
#include "tests/support/table_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct table_rig rig;
static uint64_t counts[SYM_TABLE_CELLS_MAX];

static void assert_counts(void)
{
    assert_true(table_rig_done(&rig));
    assert_int_equal(sym_table_lead_failure(rig.lead).cause, SYM_TABLE_CAUSE_NONE);
    table_rig_counts(counts, &rig);
    for (uint32_t cell = 0; cell < sym_table_cells(rig.n); cell++) {
        assert_int_equal(counts[cell], rig.counts[cell]);
    }
}

/* All have the same release, byte for byte. */
static void assert_same_release(void)
{
    struct sym_span said = sym_table_lead_release(rig.lead);
    assert_true(said.len > 0);
    for (uint32_t i = 0; i <= rig.n; i++) {
        assert_true(sym_span_equal(sym_table_member_release(rig.parties[i].member), said));
    }
}

/* Lists of 0 to `most`, most records on few lists. */
static void plant_some(uint32_t most)
{
    for (uint32_t cell = 1; cell <= sym_table_cells(rig.n); cell++) {
        uint32_t lists = (uint32_t)__builtin_popcount(cell);
        uint32_t bound = most >> (2 * lists - 1);
        if (table_rig_below(&rig, 3) > 0 && bound > 0) {
            table_rig_plant(&rig, cell, table_rig_below(&rig, bound + 1));
        }
    }
}

static void check_random(uint32_t n, uint32_t most, uint64_t seed)
{
    table_rig_make(&rig, n, seed % 2 == 0 ? SYM_TABLE_NOBODY : (uint32_t)(seed % n), seed);
    plant_some(most);
    table_rig_open(&rig, seed % 3 == 0 ? most / 2 : 0);
    table_rig_run(&rig);
    assert_counts();
    assert_same_release();
    table_rig_close(&rig);
}

static void a_table_is_what_was_planted(void **state)
{
    (void)state;
    for (uint32_t n = 3; n <= 8; n++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            check_random(n, 200, 10 * n + seed);
        }
    }
}

static void lists_of_thousands_are_counted(void **state)
{
    (void)state;
    check_random(3, 7000, 7);
    check_random(5, 3000, 8);
    table_rig_make(&rig, 3, 0, 9);
    table_rig_plant(&rig, 1, 4096);
    table_rig_plant(&rig, 7, 901);
    table_rig_plant(&rig, 6, 3);
    table_rig_open(&rig, 0);
    table_rig_run(&rig);
    assert_counts();
    table_rig_close(&rig);
}

static void sixteen_lists_are_counted(void **state)
{
    (void)state;
    table_rig_make(&rig, 16, 3, 16);
    table_rig_plant(&rig, 0xffff, 3);
    table_rig_plant(&rig, 0x8001, 2);
    table_rig_plant(&rig, 0x7fff, 1);
    for (uint32_t i = 0; i < 16; i++) {
        table_rig_plant(&rig, 1u << i, i);
    }
    table_rig_open(&rig, 0);
    table_rig_run(&rig);
    assert_counts();
    assert_same_release();
    table_rig_close(&rig);
}

static void empty_lists_make_a_table_of_zeros(void **state)
{
    (void)state;
    table_rig_make(&rig, 3, SYM_TABLE_NOBODY, 5);
    table_rig_open(&rig, 0);
    table_rig_run(&rig);
    assert_counts();
    table_rig_close(&rig);
    table_rig_make(&rig, 4, SYM_TABLE_NOBODY, 6);
    table_rig_plant(&rig, 2, 10);
    table_rig_open(&rig, 64);
    table_rig_run(&rig);
    assert_counts();
    table_rig_close(&rig);
}

/* Six lists of people in the United Kingdom, 2013: source in NOTICE. */
static void the_table_of_the_united_kingdom_is_reproduced(void **state)
{
    (void)state;
    char line[128];
    uint32_t cells = 0;
    FILE *file = fopen("tests/data/uk-lists.csv", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    table_rig_make(&rig, 6, 2, 2013);
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned on[6];
        unsigned count = 0;
        uint32_t lists = 0;
        assert_int_equal(sscanf(line, "%u,%u,%u,%u,%u,%u,%u", &on[0], &on[1], &on[2], &on[3],
                                &on[4], &on[5], &count),
                         7);
        for (uint32_t i = 0; i < 6; i++) {
            lists |= on[i] << i;
        }
        table_rig_plant(&rig, lists, count);
        cells++;
    }
    (void)fclose(file);
    assert_int_equal(cells, 25);
    assert_int_equal(rig.planted, 2744);
    table_rig_open(&rig, 0);
    table_rig_run(&rig);
    assert_counts();
    table_rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_what_was_planted),
        cmocka_unit_test(lists_of_thousands_are_counted),
        cmocka_unit_test(sixteen_lists_are_counted),
        cmocka_unit_test(empty_lists_make_a_table_of_zeros),
        cmocka_unit_test(the_table_of_the_united_kingdom_is_reproduced),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
