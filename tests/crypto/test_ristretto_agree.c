/* Every backend against libsodium's, bit for bit, over random and chosen inputs.
 *
 *     test_ristretto_agree [N]     N random inputs for each function (1,024; 1,000,000 takes
 * minutes)
 */
#include "tests/crypto/scalars.h"
#include "tests/support/ristretto_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sym_ristretto *with;
static size_t random_inputs = PAIR_MAX;

static struct sym_element elements[PAIR_MAX];
static struct sym_uniform uniform[PAIR_MAX];

static void fill_random(void)
{
    sym_random(uniform[0].bytes, sizeof uniform);
    assert_int_equal(sym_ristretto_derive(elements, NULL, with, uniform, PAIR_MAX), SYM_OK);
}

static void assert_agree(size_t n, const struct sym_scalar *k)
{
    const char *what = ristretto_pair_differs(with, elements, uniform, n, k);
    if (what != NULL) {
        (void)fprintf(stderr, "%s differs from libsodium\n", what);
    }
    assert_null(what);
}

static void agrees_on_random_inputs(void **state)
{
    (void)state;
    for (size_t done = 0; done < random_inputs; done += PAIR_MAX) {
        struct sym_scalar k;
        sym_scalar_random(&k);
        fill_random();
        assert_agree(PAIR_MAX, &k);
    }
}

static void agrees_in_batches_of_every_size(void **state)
{
    (void)state;
    struct sym_scalar k;
    sym_scalar_random(&k);
    fill_random();
    for (size_t n = 0; n < 40; n++) {
        assert_agree(n, &k);
    }
    assert_agree(256, &k);
    assert_agree(257, &k);
}

static void agrees_on_scalars_at_both_ends_and_on_those_refused(void **state)
{
    (void)state;
    fill_random();
    for (uint8_t i = 0; i < 40; i++) {
        struct sym_scalar low = {{i}};
        struct sym_scalar high = order_minus(i);
        struct sym_scalar power = {{0}};
        power.bytes[i / 8] = (uint8_t)(1u << i % 8);
        power.bytes[31 - i / 8] |= (uint8_t)(8u >> i % 8);
        assert_agree(5, &low);
        assert_agree(5, &high);
        assert_agree(5, &power);
    }
}

/* Values close to 0, p and 2^255, as encodings and as halves to derive from; the halves alike or
 * not. */
static void edge(uint8_t out[32], size_t i)
{
    bool high = (i & 1) != 0;
    memset(out, high ? 0xff : 0, 32);
    out[0] = (uint8_t)(high ? 0xff - i / 2 % 32 : i / 2 % 32);
    out[31] = (uint8_t)((high ? 0x7f : 0) | (i >= 64 ? 0x80 : 0));
}

#define EDGES 128u

static void agrees_on_each_edge_encoding_alone(void **state)
{
    (void)state;
    struct sym_scalar k;
    sym_scalar_random(&k);
    fill_random();
    for (size_t i = 0; i < EDGES; i++) {
        struct sym_element saved = elements[2];
        edge(elements[2].bytes, i);
        assert_agree(5, &k);
        elements[2] = saved;
    }
}

static void agrees_on_edge_halves(void **state)
{
    (void)state;
    struct sym_scalar k;
    sym_scalar_random(&k);
    fill_random();
    /* None is refused: lanes may have several, next to random ones. */
    for (size_t i = 0; i < EDGES; i++) {
        struct sym_uniform *four = &uniform[4 * i];
        edge(four[0].bytes, i);
        edge(four[0].bytes + 32, i * 37 % EDGES);
        edge(four[1].bytes, i);
        edge(four[1].bytes + 32, i);
        memcpy(four[2].bytes + 32, four[2].bytes, 32);
    }
    assert_agree(4 * EDGES, &k);
}

static void agrees_on_sums_larger_than_any_batch(void **state)
{
    (void)state;
    static struct sym_element many[3 * PAIR_MAX];
    static uint8_t weights[sizeof many];
    static const size_t lens[] = {SYM_SHORT_WEIGHT_BYTES, SYM_SCALAR_BYTES};
    const struct sym_ristretto *sodium = NULL;
    assert_int_equal(sym_ristretto_choose(&sodium, "sodium"), SYM_OK);
    fill_random();
    for (size_t i = 0; i < 3; i++) {
        memcpy(many + i * PAIR_MAX, elements, sizeof elements);
    }
    sym_random(weights, sizeof weights);
    for (size_t i = 31; i < sizeof weights; i += 32) {
        weights[i] &= 0x0f; /* below l */
    }
    for (size_t i = 0; i < 2; i++) {
        struct sym_element want;
        struct sym_element got;
        size_t n = 3 * PAIR_MAX - 100;
        assert_int_equal(sym_ristretto_sum(&want, NULL, sodium, many, n, weights, lens[i]), SYM_OK);
        assert_int_equal(sym_ristretto_sum(&got, NULL, with, many, n, weights, lens[i]), SYM_OK);
        assert_memory_equal(got.bytes, want.bytes, sizeof want.bytes);
    }
}

static void agrees_on_elements_with_a_bit_turned_over(void **state)
{
    (void)state;
    struct sym_scalar k;
    sym_scalar_random(&k);
    fill_random();
    for (size_t bit = 0; bit < 256; bit += 5) {
        elements[3].bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_agree(5, &k);
        elements[3].bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_on_random_inputs),
        cmocka_unit_test(agrees_in_batches_of_every_size),
        cmocka_unit_test(agrees_on_scalars_at_both_ends_and_on_those_refused),
        cmocka_unit_test(agrees_on_each_edge_encoding_alone),
        cmocka_unit_test(agrees_on_edge_halves),
        cmocka_unit_test(agrees_on_sums_larger_than_any_batch),
        cmocka_unit_test(agrees_on_elements_with_a_bit_turned_over),
    };
    int failed = 0;
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    if (argc > 1) {
        random_inputs = strtoul(argv[1], NULL, 10);
    }
    for (size_t i = 0; sym_ristretto_name_at(i) != NULL; i++) {
        const char *name = sym_ristretto_name_at(i);
        if (strcmp(name, "sodium") != 0 && sym_ristretto_choose(&with, name) == SYM_OK) {
            failed += cmocka_run_group_tests_name(name, tests, NULL, NULL);
        }
    }
    return failed;
}
