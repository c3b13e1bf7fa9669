/* runner: timeout=300 */
#include "crypto/cpu.h"
#include "crypto/laplace.h"
#include "crypto/laplace_kernel.h"
#include "tests/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NANO     1000000000u
#define MILLION  1000000u
#define SHARES   10u
#define AUDITED  300000u
#define BINS_MAX 400u

/* Keys are fixed, so that a test either always passes or never. */
static struct sym_masker masker;

static void key_of(uint8_t key[SYM_MASK_KEY_BYTES], uint8_t seed)
{
    memset(key, seed, SYM_MASK_KEY_BYTES);
}

static struct sym_laplace *table_of(struct sym_laplace_params p)
{
    struct sym_laplace *t = NULL;
    assert_int_equal(sym_laplace_new(&t, &p), SYM_OK);
    return t;
}

/* Adds `present` shares with keys of their own to n cells. */
static void add_shares(uint64_t *cells, size_t n, struct sym_laplace_params p, uint32_t present,
                       uint8_t seed)
{
    uint8_t key[SYM_MASK_KEY_BYTES];
    struct sym_laplace *t = table_of(p);
    for (uint32_t i = 0; i < present; i++) {
        key_of(key, (uint8_t)(seed + i));
        assert_int_equal(sym_laplace_add(cells, n, 0, t, &masker, key), SYM_OK);
    }
    sym_laplace_free(t);
}

static uint64_t *zero_cells(size_t n)
{
    uint64_t *cells = calloc(n, sizeof *cells);
    assert_non_null(cells);
    return cells;
}

static uint64_t number(const cJSON *object, const char *name)
{
    const cJSON *item = vectors_get(object, name);
    assert_true(cJSON_IsNumber(item));
    return (uint64_t)item->valuedouble;
}

static struct sym_laplace_params params_of(const cJSON *row)
{
    return (struct sym_laplace_params){
        .epsilon_nano = number(row, "epsilon_nano"),
        .sensitivity = (uint32_t)number(row, "sensitivity"),
        .shares = (uint32_t)number(row, "h"),
    };
}

static void tables_are_those_of_an_independent_computation(void **state)
{
    (void)state;
    cJSON *file = vectors_load("laplace.json");
    const cJSON *row;
    int seen = 0;
    cJSON_ArrayForEach(row, vectors_get(file, "tables"))
    {
        uint8_t want[SYM_HASH_BYTES];
        uint8_t got[SYM_HASH_BYTES];
        struct sym_laplace *t = table_of(params_of(row));
        vectors_bytes(want, sizeof want, row, "sha256");
        assert_int_equal(sym_laplace_digest(got, t), SYM_OK);
        assert_int_equal(sym_laplace_size(t), number(row, "size"));
        assert_memory_equal(got, want, sizeof want);
        sym_laplace_free(t);
        seen++;
    }
    assert_true(seen >= 9);
    cJSON_Delete(file);
}

static void releases_are_those_of_an_independent_computation(void **state)
{
    (void)state;
    cJSON *file = vectors_load("laplace.json");
    const cJSON *row;
    int seen = 0;
    cJSON_ArrayForEach(row, vectors_get(file, "releases"))
    {
        struct sym_laplace_params p = params_of(row);
        struct sym_laplace_release r;
        assert_int_equal(
            sym_laplace_release(&r, &p, (uint32_t)number(row, "present"), number(row, "cells")),
            SYM_OK);
        assert_int_equal(r.threshold, number(row, "threshold"));
        assert_int_equal(r.half_width, number(row, "half_width"));
        assert_int_equal(r.inside_ppm, number(row, "inside_ppm"));
        assert_int_equal(r.ghost_nano, number(row, "ghost_nano"));
        seen++;
    }
    assert_true(seen >= 10);
    cJSON_Delete(file);
}

static void thresholds_of_200_nodes_are_those_of_the_design(void **state)
{
    (void)state;
    static const struct {
        uint32_t sensitivity;
        uint64_t cells, threshold;
    } rows[] = {{1, 100000, 13},  {2, 100000, 25},  {4, 100000, 50},
                {1, MILLION, 15}, {2, MILLION, 30}, {4, MILLION, 59}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sym_laplace_params p = {NANO, rows[i].sensitivity, 120};
        struct sym_laplace_release r;
        assert_int_equal(sym_laplace_release(&r, &p, 200, rows[i].cells), SYM_OK);
        assert_int_equal(r.threshold, rows[i].threshold);
    }
}

static void an_empty_federation_releases_at_most_5_ghosts(void **state)
{
    (void)state;
    struct sym_laplace_params p = {NANO, 2, 4};
    struct sym_laplace_release r;
    size_t n = 100000;
    unsigned ghosts = 0;
    uint64_t *cells = zero_cells(n);
    add_shares(cells, n, p, 6, 50);
    assert_int_equal(sym_laplace_release(&r, &p, 6, n), SYM_OK);
    for (size_t i = 0; i < n; i++) {
        ghosts += (int64_t)cells[i] >= (int64_t)r.threshold ? 1 : 0;
    }
    assert_true(ghosts <= 5);
    free(cells);
}

static void noise_depends_on_key_and_cell_only(void **state)
{
    (void)state;
    struct sym_laplace *t = table_of((struct sym_laplace_params){NANO, 4, 1});
    static uint64_t whole[5001];
    static uint64_t parts[5001];
    uint8_t key[SYM_MASK_KEY_BYTES];
    key_of(key, 3);
    memset(whole, 0, sizeof whole);
    memset(parts, 0, sizeof parts);
    assert_int_equal(sym_laplace_add(whole, 5001, 0, t, &masker, key), SYM_OK);
    for (size_t at = 0, step = 1; at < 5001; at += step, step = step * 3 + 1) {
        size_t n = 5001 - at < step ? 5001 - at : step;
        assert_int_equal(sym_laplace_add(parts + at, n, at, t, &masker, key), SYM_OK);
    }
    assert_memory_equal(whole, parts, sizeof whole);
    for (unsigned bit = 0; bit < 8 * SYM_MASK_KEY_BYTES; bit++) {
        memset(parts, 0, sizeof parts);
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(sym_laplace_add(parts, 64, 0, t, &masker, key), SYM_OK);
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_memory_not_equal(whole, parts, 64 * sizeof *parts);
    }
    sym_laplace_free(t);
}

/* Tables of a few thresholds and of hundreds, lengths within what is looked up at once and beyond.
 */
static void all_ways_to_draw_noise_agree(void **state)
{
    (void)state;
    enum { MOST = 3000 };
    static const struct sym_laplace_params ps[] = {
        {NANO, 1, 1}, {12 * (uint64_t)NANO, 1, 1}, {NANO, 8, 200}, {NANO, 100, 3}};
    static uint64_t want[MOST + 1];
    static uint64_t got[MOST + 1];
    struct sym_masker other = {0};
    uint8_t key[SYM_MASK_KEY_BYTES];
    for (size_t at = 0; sym_masker_name_at(at) != NULL; at++) {
        enum sym_err err = sym_masker_new_with(&other, sym_masker_name_at(at));
        assert_true(err == SYM_OK || err == SYM_UNSUPPORTED);
        for (size_t i = 0; err == SYM_OK && i < sizeof ps / sizeof *ps; i++) {
            struct sym_laplace *t = table_of(ps[i]);
            key_of(key, (uint8_t)(40 + i));
            for (size_t n = 1; n <= MOST; n = n * 3 + 1) {
                memset(want, 7, sizeof want);
                memset(got, 7, sizeof got);
                assert_int_equal(sym_laplace_add(want, n, n, t, &masker, key), SYM_OK);
                assert_int_equal(sym_laplace_add(got, n, n, t, &other, key), SYM_OK);
                assert_memory_equal(want, got, sizeof want);
            }
            sym_laplace_free(t);
        }
        sym_masker_clear(&other);
    }
}

#ifdef __x86_64__
/* Draws that no stream would give: next to thresholds, and with one half in common. */
static void the_kernel_compares_all_127_bits(void **state)
{
    (void)state;
    __extension__ typedef unsigned __int128 wide;
    enum { COUNT = 5, LIMBS = 5, DRAWS = 4 * LIMBS * LIMBS + 12 };
    static const uint64_t limbs[LIMBS] = {0, 1, INT64_MAX - 1, INT64_MAX, (uint64_t)INT64_MAX + 1};
    static const struct sym_threshold thresholds[COUNT] = {
        {0, 1}, {INT64_MAX, 1}, {(uint64_t)INT64_MAX + 1, 1}, {UINT64_MAX, 1}, {5, INT64_MAX}};
    uint64_t drawn[2 * DRAWS] = {0};
    uint64_t above[DRAWS];
    if (!sym_cpu_has(sym_cpu_features(), SYM_CPU_AVX2)) {
        skip();
    }
    for (size_t i = 0; i < 4 * LIMBS * LIMBS; i++) {
        wide u = (wide)limbs[i / LIMBS % LIMBS] << 64 | limbs[i % LIMBS];
        u = 2 * u - (i >= 2 * LIMBS * LIMBS ? 2 : 0) + i / (LIMBS * LIMBS) % 2;
        drawn[2 * i] = (uint64_t)u;
        drawn[2 * i + 1] = (uint64_t)(u >> 64);
    }
    assert_int_equal(DRAWS % SYM_LAPLACE_LANES, 0);
    sym_laplace_above_avx2(above, drawn, DRAWS, thresholds, COUNT);
    for (size_t i = 0; i < DRAWS; i++) {
        wide u = ((wide)drawn[2 * i + 1] << 64 | drawn[2 * i]) >> 1;
        uint64_t want = 0;
        for (size_t k = 0; k < COUNT; k++) {
            want += u < ((wide)thresholds[k].high << 64 | thresholds[k].low) ? 1 : 0;
        }
        assert_int_equal(above[i], want);
    }
}
#endif

static void noise_is_added_to_what_is_there(void **state)
{
    (void)state;
    struct sym_laplace *t = table_of((struct sym_laplace_params){NANO, 1, 1});
    uint64_t noise[100] = {0};
    uint64_t cells[100];
    uint8_t key[SYM_MASK_KEY_BYTES];
    bool below = false;
    key_of(key, 4);
    for (size_t i = 0; i < 100; i++) {
        cells[i] = UINT64_MAX - i;
    }
    assert_int_equal(sym_laplace_add(noise, 100, 0, t, &masker, key), SYM_OK);
    assert_int_equal(sym_laplace_add(cells, 100, 0, t, &masker, key), SYM_OK);
    for (size_t i = 0; i < 100; i++) {
        assert_true(cells[i] == UINT64_MAX - i + noise[i]);
        assert_true((int64_t)noise[i] < 100 && (int64_t)noise[i] > -100);
        below = below || (int64_t)noise[i] < 0;
    }
    assert_true(below);
    sym_laplace_free(t);
}

/* Pearson's statistic of n cells against P(x) = tanh(a/2) e^(-a|x|), tails merged to at least 20
 * expected cells; true when it is what one in a million would exceed (Wilson and Hilferty). */
static bool rejected(const uint64_t *cells, size_t n, double a)
{
    double mass = tanh(a / 2);
    int most = 0;
    while ((double)n * mass * exp(-a * (most + 1)) >= 20) {
        most++;
    }
    assert_true(2 * (unsigned)most + 3 < BINS_MAX);
    unsigned counts[BINS_MAX] = {0};
    for (size_t i = 0; i < n; i++) {
        int64_t x = (int64_t)cells[i];
        x = x < -most - 1 ? -most - 1 : x > most + 1 ? most + 1 : x;
        counts[x + most + 1]++;
    }
    double statistic = 0;
    for (int x = -most - 1; x <= most + 1; x++) {
        double expected = (double)n * mass * exp(-a * abs(x));
        if (abs(x) > most) {
            expected = (double)n * exp(-a * (most + 1)) / (1 + exp(-a));
        }
        double off = counts[x + most + 1] - expected;
        statistic += off * off / expected;
    }
    double free_bins = 2 * most + 2;
    double root = 1 - 2 / (9 * free_bins) + 4.753 * sqrt(2 / (9 * free_bins));
    return statistic > free_bins * root * root * root;
}

static void shares_sum_to_the_exact_distribution(void **state)
{
    (void)state;
    static const struct {
        uint32_t scale, shares;
    } rows[] = {{1, SHARES}, {4, 3}, {4, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sym_laplace_params p = {NANO, rows[i].scale, rows[i].shares};
        uint64_t *cells = zero_cells(MILLION);
        add_shares(cells, MILLION, p, rows[i].shares, 1);
        assert_false(rejected(cells, MILLION, 1.0 / rows[i].scale));
        free(cells);
    }
}

static void one_share_in_ten_missing_is_noticed(void **state)
{
    (void)state;
    uint64_t *cells = zero_cells(MILLION);
    add_shares(cells, MILLION, (struct sym_laplace_params){NANO, 1, SHARES}, SHARES - 1, 1);
    assert_true(rejected(cells, MILLION, 1));
    free(cells);
}

static void a_scale_that_is_2_percent_low_is_noticed(void **state)
{
    (void)state;
    for (uint32_t scale = 1; scale <= 4; scale += 3) {
        uint64_t *cells = zero_cells(MILLION);
        struct sym_laplace_params p = {NANO * (uint64_t)100 / 98, scale, 1};
        add_shares(cells, MILLION, p, 1, 2);
        assert_true(rejected(cells, MILLION, 1.0 / scale));
        free(cells);
    }
}

static void rounded_floating_point_laplace_is_noticed(void **state)
{
    (void)state;
    uint8_t key[SYM_MASK_KEY_BYTES];
    enum sym_mask_sign sign = SYM_MASK_ADD;
    key_of(key, 5);
    for (int scale = 1; scale <= 4; scale++) {
        uint64_t *cells = zero_cells(MILLION);
        assert_int_equal(
            sym_mask_cells(cells, MILLION, 0, &masker, sym_span(key, sizeof key), &sign), SYM_OK);
        for (size_t i = 0; i < MILLION; i++) {
            double u = (double)(cells[i] >> 11) * 0x1p-53 - 0.5;
            double x = -scale * copysign(1, u) * log1p(-2 * fabs(u));
            cells[i] = (uint64_t)(int64_t)llround(x);
        }
        assert_true(rejected(cells, MILLION, 1.0 / scale));
        free(cells);
    }
}

/* A bound on a probability of which k of n draws came true, wrong once in 10^4 (Wilson). */
static double bound(double k, double n, double side)
{
    double z = 3.72;
    double p = k / n;
    double root = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    return (p + z * z / (2 * n) + side * root) / (1 + z * z / n);
}

/* What can be said for sure: ln(P(event | one more) / P(event | one less)), at least. */
static double at_least(double more, double less)
{
    double low = bound(more, AUDITED, -1);
    return low <= 0 ? -INFINITY : log(low / bound(less, AUDITED, 1));
}

/* Draws noise for two neighbours, that differ in one cell by `apart`, and looks for the event, a
 * point or a tail, that tells them apart best: its epsilon is a lower bound for the mechanism's. */
static double audit(struct sym_laplace_params p, uint32_t present, int apart)
{
    enum { REACH = 60 };
    double points[2][2 * REACH + 1] = {{0}};
    uint64_t *cells = zero_cells(AUDITED);
    for (unsigned side = 0; side < 2; side++) {
        memset(cells, 0, AUDITED * sizeof *cells);
        add_shares(cells, AUDITED, p, present, (uint8_t)(100 + side * 64));
        for (size_t i = 0; i < AUDITED; i++) {
            int64_t x = (int64_t)cells[i] + (side == 1 ? apart : 0);
            x = x < -REACH ? -REACH : x > REACH ? REACH : x;
            points[side][x + REACH]++;
        }
    }
    free(cells);
    double best = 0;
    double tails[2] = {0};
    for (int x = 2 * REACH; x >= 0; x--) {
        tails[0] += points[0][x];
        tails[1] += points[1][x];
        best = fmax(best, at_least(tails[1], tails[0]));
        best = fmax(best, at_least(points[1][x], points[0][x]));
        best = fmax(best, at_least(points[0][x], points[1][x]));
    }
    return best;
}

static void an_audit_finds_no_more_than_epsilon(void **state)
{
    (void)state;
    double one = audit((struct sym_laplace_params){NANO, 1, 4}, 4, 1);
    double four = audit((struct sym_laplace_params){NANO, 4, 4}, 4, 4);
    assert_true(one <= 1.03 && one > 0.9);
    assert_true(four <= 1.03 && four > 0.9);
}

static void an_audit_finds_noise_that_is_missing(void **state)
{
    (void)state;
    assert_true(audit((struct sym_laplace_params){NANO, 4, 4}, 2, 4) > 1.03);
    assert_true(audit((struct sym_laplace_params){NANO, 1, 4}, 4, 2) > 1.03);
    assert_true(audit((struct sym_laplace_params){NANO * (uint64_t)11 / 10, 1, 1}, 1, 1) > 1.03);
}

static void assert_refused(uint64_t epsilon_nano, uint32_t sensitivity, uint32_t shares)
{
    struct sym_laplace_params p = {epsilon_nano, sensitivity, shares};
    struct sym_laplace *t = NULL;
    struct sym_laplace_release r;
    assert_int_equal(sym_laplace_new(&t, &p), SYM_BAD_VALUE);
    assert_null(t);
    assert_int_equal(sym_laplace_release(&r, &p, 1, 1), SYM_BAD_VALUE);
}

static void refuses_parameters_out_of_range(void **state)
{
    (void)state;
    assert_refused(0, 1, 1);
    assert_refused(UINT64_MAX, 1, 1);
    assert_refused(UINT64_MAX / 8 + 1, 1, 1);
    assert_refused(NANO, 0, 1);
    assert_refused(NANO, 1, 0);
    assert_refused(NANO, 1, SYM_LAPLACE_SHARES_MAX + 1);
    assert_refused((uint64_t)NANO * 4096, SYM_LAPLACE_SENSITIVITY_MAX + 1, 1);
}

static void refuses_scales_out_of_range(void **state)
{
    (void)state;
    sym_laplace_free(table_of((struct sym_laplace_params){12500000000u, 1, 255}));
    assert_refused(12500000001u, 1, 255);
    assert_refused(NANO, 257, 1);
    assert_refused(3906249, 1, 1);
}

static void refuses_more_shares_and_cells_than_there_can_be(void **state)
{
    (void)state;
    struct sym_laplace_params p = {NANO, 1, 4};
    struct sym_laplace_release r;
    uint8_t key[SYM_MASK_KEY_BYTES] = {0};
    uint64_t cell = 0;
    struct sym_laplace *t = table_of(p);
    assert_int_equal(sym_laplace_release(&r, &p, 0, 1), SYM_BAD_VALUE);
    assert_int_equal(sym_laplace_release(&r, &p, 256, 1), SYM_BAD_VALUE);
    assert_int_equal(sym_laplace_release(&r, &p, 4, 0), SYM_BAD_VALUE);
    assert_int_equal(sym_laplace_release(&r, &p, 4, SYM_MASK_CELLS_MAX + 1), SYM_BAD_VALUE);
    assert_int_equal(sym_laplace_add(&cell, 1, SYM_MASK_CELLS_MAX, t, &masker, key), SYM_BAD_VALUE);
    assert_int_equal(cell, 0);
    sym_laplace_free(t);
}

static int start(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK && sym_masker_new(&masker) == SYM_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    sym_masker_clear(&masker);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_those_of_an_independent_computation),
        cmocka_unit_test(releases_are_those_of_an_independent_computation),
        cmocka_unit_test(thresholds_of_200_nodes_are_those_of_the_design),
        cmocka_unit_test(an_empty_federation_releases_at_most_5_ghosts),
        cmocka_unit_test(noise_depends_on_key_and_cell_only),
        cmocka_unit_test(all_ways_to_draw_noise_agree),
#ifdef __x86_64__
        cmocka_unit_test(the_kernel_compares_all_127_bits),
#endif
        cmocka_unit_test(noise_is_added_to_what_is_there),
        cmocka_unit_test(shares_sum_to_the_exact_distribution),
        cmocka_unit_test(one_share_in_ten_missing_is_noticed),
        cmocka_unit_test(a_scale_that_is_2_percent_low_is_noticed),
        cmocka_unit_test(rounded_floating_point_laplace_is_noticed),
        cmocka_unit_test(an_audit_finds_no_more_than_epsilon),
        cmocka_unit_test(an_audit_finds_noise_that_is_missing),
        cmocka_unit_test(refuses_parameters_out_of_range),
        cmocka_unit_test(refuses_scales_out_of_range),
        cmocka_unit_test(refuses_more_shares_and_cells_than_there_can_be),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
