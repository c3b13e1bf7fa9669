/* The table of parameters is computed anew from the formulas it came from, and its edges hold. */
#include "crypto/vole/geometry.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Raghuraman and Rindal, CCS 2022: sparse columns for items, three hashes, clustering. */
static uint32_t sparse_columns(uint32_t items, double lambda)
{
    double w = log2(3.0);
    double lost = 0.555 * log2(items) + 0.093 * w * w * w - 1.01 * w * w + 2.925 * w - 0.133;
    return (uint32_t)ceil(items * (1.223 + (lambda + 9.2) / exp2(lost)));
}

/* Chernoff's bound, in bits, on a bin of mean getting more than items. */
static double overflow_bits(double mean, double items)
{
    double over = items / mean - 1;
    return mean * ((1 + over) * log1p(over) - over) / log(2.0);
}

static struct sym_vole_geometry geometry(uint64_t n)
{
    struct sym_vole_geometry g;
    assert_int_equal(sym_vole_geometry_for(&g, n), SYM_OK);
    return g;
}

static void has_the_columns_that_the_formula_gives(void **state)
{
    (void)state;
    for (uint32_t tier = 1024; tier <= 16384; tier *= 2) {
        assert_int_equal(geometry(tier).capacity, tier);
        assert_int_equal(geometry(tier).sparse, sparse_columns(tier, 40));
    }
    struct sym_vole_geometry many = geometry(SYM_VOLE_MAX_ITEMS);
    assert_int_equal(many.sparse, sparse_columns(many.capacity, 40 + 12));
    assert_int_equal(many.bins, 4096);
}

static void has_the_smallest_capacity_that_holds_the_bound(void **state)
{
    (void)state;
    uint32_t capacity = geometry(1u << 20).capacity;
    assert_true(overflow_bits(16384, capacity) >= 40 + 12);
    assert_true(overflow_bits(16384, capacity - 1) < 40 + 12);
}

static void has_as_many_trees_as_the_bias_asks(void **state)
{
    (void)state;
    assert_true(SYM_VOLE_TREES * -log2(0.75) >= 128);
    assert_true((SYM_VOLE_TREES - 8) * -log2(0.75) < 128);
    assert_int_equal(SYM_VOLE_TREES % 8, 0);
}

static void changes_tier_just_behind_its_edge(void **state)
{
    (void)state;
    static const uint32_t edges[] = {1024, 2048, 4096, 8192};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        assert_int_equal(geometry(edges[i] - 1).capacity, edges[i]);
        assert_int_equal(geometry(edges[i]).capacity, edges[i]);
        assert_int_equal(geometry(edges[i] + 1).capacity, 2 * edges[i]);
    }
    assert_int_equal(geometry(16384).bins, 1);
    assert_int_equal(geometry(16385).bins, 2);
    assert_int_equal(geometry(262144).batches, 1);
    assert_int_equal(geometry(262145).batches, 2);
}

/* What the code and the messages count on, for every number of bins there is. */
static void fits_together_for_every_number_of_bins(void **state)
{
    (void)state;
    for (uint64_t bins = 1; bins <= 4096; bins++) {
        struct sym_vole_geometry g = geometry(bins == 1 ? 1 : bins * 16384);
        uint32_t all = 0;
        assert_int_equal(g.bins, bins);
        for (uint32_t b = 0; b < g.batches; b++) {
            assert_int_equal(sym_vole_first_bin(&g, b), all);
            assert_in_range(sym_vole_batch_bins(&g, b), 1, SYM_VOLE_BATCH_BINS);
            assert_true(sym_vole_batch_columns(&g, b) <= g.outputs);
            all += sym_vole_batch_bins(&g, b);
        }
        assert_int_equal(all, g.bins);
        assert_int_equal(g.outputs % 64, 0);
        assert_int_equal(g.leaves % 16, 0);
        assert_true(g.leaves <= 1u << g.depth && g.leaves > 1u << (g.depth - 1));
        assert_true(g.depth <= SYM_VOLE_MAX_DEPTH);
        assert_true(g.choice_blocks * 128 >= SYM_VOLE_TREES * g.depth);
    }
}

static void has_the_sizes_of_messages_that_the_design_states(void **state)
{
    (void)state;
    struct sym_vole_geometry g = geometry(1u << 20);
    assert_int_equal(sym_vole_m4_bytes(&g), 706576);
    assert_int_equal(sym_vole_m5_bytes(&g), 124800);
    assert_int_equal(sym_vole_m6_bytes(&g, 3), 5714448);
}

static void refuses_no_items_and_too_many(void **state)
{
    (void)state;
    struct sym_vole_geometry g;
    assert_int_equal(sym_vole_geometry_for(&g, 0), SYM_BAD_VALUE);
    assert_int_equal(sym_vole_geometry_for(&g, SYM_VOLE_MAX_ITEMS + 1), SYM_BAD_VALUE);
    assert_int_equal(sym_vole_geometry_for(&g, ((uint64_t)1 << 32) + 1), SYM_BAD_VALUE);
    assert_int_equal(sym_vole_geometry_for(&g, UINT64_MAX), SYM_BAD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_columns_that_the_formula_gives),
        cmocka_unit_test(has_the_smallest_capacity_that_holds_the_bound),
        cmocka_unit_test(has_as_many_trees_as_the_bias_asks),
        cmocka_unit_test(changes_tier_just_behind_its_edge),
        cmocka_unit_test(fits_together_for_every_number_of_bins),
        cmocka_unit_test(has_the_sizes_of_messages_that_the_design_states),
        cmocka_unit_test(refuses_no_items_and_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
