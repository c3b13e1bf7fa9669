/* Whether masks vanish, and only then: sums over federations of several sizes, with nodes that are
 * gone before their vector or after it, at the level of crypto/ alone.
 * runner: timeout=300 */
#include "tests/support/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define CELLS 50u
#define MOST  200u

static struct sym_masker masker;
static struct tally y;
static uint64_t vectors[MOST][CELLS];
static uint64_t counts[MOST][CELLS];

/* All n nodes deal and send their vectors; who does not survive is decided afterwards. */
static void open_federation(size_t n, size_t t)
{
    assert_int_equal(tally_open(&y, n, t), SYM_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(tally_consent(&y, i), SYM_OK);
        assert_int_equal(tally_deal(&y, i), SYM_OK);
    }
    for (size_t i = 0; i < n; i++) {
        tally_hand_over(&y, i);
        assert_int_equal(tally_agree(&y, i), SYM_OK);
        for (size_t c = 0; c < CELLS; c++) {
            counts[i][c] = c == 0 ? UINT64_MAX - i : (i * 40503 + c * 2654435761u) % 7;
        }
        memcpy(vectors[i], counts[i], sizeof vectors[i]);
        assert_int_equal(tally_mask(vectors[i], CELLS, 0, &y, i, &masker), SYM_OK);
    }
}

/* The first `late` nodes send no vector, the next `gone` answer nothing afterwards. */
static void assert_exact(size_t late, size_t gone)
{
    bool survived[MOST] = {false};
    uint8_t answered[MOST];
    uint64_t sum[CELLS] = {0};
    uint64_t want[CELLS] = {0};
    struct tally_masks m = {0};
    for (size_t i = late; i < y.n; i++) {
        survived[i] = true;
        for (size_t c = 0; c < CELLS; c++) {
            sum[c] += vectors[i][c];
            want[c] += counts[i][c];
        }
    }
    for (size_t i = 0; i < y.t; i++) {
        answered[i] = (uint8_t)(y.n - 1 - i);
    }
    assert_true(late + gone + y.t <= y.n);
    assert_int_equal(tally_recover(&m, &y, survived, answered), SYM_OK);
    assert_memory_not_equal(sum, want, sizeof sum);
    assert_int_equal(sym_mask_cells(sum, CELLS, 0, &masker, sym_secret_span(&m.keys), m.signs),
                     SYM_OK);
    assert_memory_equal(sum, want, sizeof sum);
    tally_masks_clear(&m);
}

static void sums_of_3_and_5_are_exact(void **state)
{
    (void)state;
    open_federation(3, 3);
    assert_exact(0, 0);
    tally_close(&y);
    open_federation(5, 4);
    assert_exact(0, 0);
    assert_exact(0, 1);
    assert_exact(1, 0);
    tally_close(&y);
}

static void sums_of_50_are_exact_with_10_gone_at_any_stage(void **state)
{
    (void)state;
    open_federation(50, 40);
    for (size_t late = 0; late <= 10; late++) {
        assert_exact(late, 10 - late);
    }
    tally_close(&y);
}

static void sums_of_200_are_exact_with_40_gone_at_any_stage(void **state)
{
    (void)state;
    open_federation(200, 160);
    assert_exact(0, 40);
    assert_exact(15, 25);
    assert_exact(40, 0);
    tally_close(&y);
}

static void one_answer_less_recovers_nothing(void **state)
{
    (void)state;
    uint8_t from[MOST];
    struct sym_share seed;
    struct sym_exchange_key key = {0};
    open_federation(50, 40);
    for (size_t i = 0; i < 40; i++) {
        from[i] = (uint8_t)(i + 3);
    }
    assert_int_equal(tally_seed(&seed, &y, 0, from, 40), SYM_OK);
    assert_int_equal(tally_seed(&seed, &y, 0, from, 39), SYM_BAD_TAG);
    assert_int_equal(tally_key(&key, &y, 0, from, 39), SYM_BAD_TAG);
    y.nodes[from[7]].held[0].of_seed.bytes[5] ^= 1;
    y.nodes[from[7]].held[0].of_key.bytes[5] ^= 1;
    assert_int_equal(tally_seed(&seed, &y, 0, from, 40), SYM_BAD_TAG);
    assert_int_equal(tally_key(&key, &y, 0, from, 40), SYM_BAD_TAG);
    tally_close(&y);
}

static void a_sum_that_lacks_a_survivor_stays_masked(void **state)
{
    (void)state;
    bool survived[5] = {true, true, true, true, true};
    uint8_t answered[4] = {0, 1, 2, 3};
    uint64_t sum[CELLS] = {0};
    uint64_t want[CELLS] = {0};
    struct tally_masks m = {0};
    open_federation(5, 4);
    for (size_t i = 0; i < 4; i++) {
        for (size_t c = 0; c < CELLS; c++) {
            sum[c] += vectors[i][c];
            want[c] += counts[i][c];
        }
    }
    assert_int_equal(tally_recover(&m, &y, survived, answered), SYM_OK);
    assert_int_equal(sym_mask_cells(sum, CELLS, 0, &masker, sym_secret_span(&m.keys), m.signs),
                     SYM_OK);
    for (size_t c = 0; c < CELLS; c++) {
        assert_true(sum[c] != want[c]);
    }
    tally_masks_clear(&m);
    tally_close(&y);
}

/* Of one node both secrets, where the m last nodes tell both and the others, told different
 * survivors, one each: enough to read that node's vector. */
static bool equivocation_succeeds(size_t m)
{
    uint8_t for_seed[MOST];
    uint8_t for_key[MOST];
    size_t seeds = 0;
    size_t keys = 0;
    struct sym_share seed;
    struct sym_exchange_key key = {0};
    for (size_t i = 0; i < y.n; i++) {
        bool colludes = i >= y.n - m;
        if ((colludes || i % 2 == 0) && seeds < y.t) {
            for_seed[seeds++] = (uint8_t)i;
        }
        if ((colludes || i % 2 == 1) && keys < y.t) {
            for_key[keys++] = (uint8_t)i;
        }
    }
    bool both = tally_seed(&seed, &y, 0, for_seed, seeds) == SYM_OK &&
                tally_key(&key, &y, 0, for_key, keys) == SYM_OK;
    sym_exchange_key_clear(&key);
    return both;
}

static void equivocation_needs_2t_minus_n_colluders(void **state)
{
    (void)state;
    static const struct {
        size_t n, t;
    } sizes[] = {{5, 4}, {10, 8}, {50, 40}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        open_federation(sizes[i].n, sizes[i].t);
        size_t needed = 2 * y.t - y.n;
        assert_true(equivocation_succeeds(needed));
        assert_false(equivocation_succeeds(needed - 1));
        tally_close(&y);
    }
}

static void shares_pass_through_boxes(void **state)
{
    (void)state;
    assert_int_equal(tally_open(&y, 5, 4), SYM_OK);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(tally_consent(&y, i), SYM_OK);
        assert_int_equal(tally_deal(&y, i), SYM_OK);
    }
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(tally_seal(&y, i), SYM_OK);
    }
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(tally_unseal(&y, i), SYM_OK);
        for (size_t j = 0; j < 5; j++) {
            assert_memory_equal(&y.nodes[i].held[j], &y.nodes[j].dealt[i],
                                sizeof(struct tally_shares));
        }
    }
    y.nodes[2].boxes[3][40] ^= 1;
    assert_int_equal(tally_unseal(&y, 3), SYM_BAD_TAG);
    tally_close(&y);
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
        cmocka_unit_test(sums_of_3_and_5_are_exact),
        cmocka_unit_test(sums_of_50_are_exact_with_10_gone_at_any_stage),
        cmocka_unit_test(sums_of_200_are_exact_with_40_gone_at_any_stage),
        cmocka_unit_test(one_answer_less_recovers_nothing),
        cmocka_unit_test(a_sum_that_lacks_a_survivor_stays_masked),
        cmocka_unit_test(equivocation_needs_2t_minus_n_colluders),
        cmocka_unit_test(shares_pass_through_boxes),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
