/* The group: sums of elements, weighted or not, and multiples of sums. */
#include "tests/crypto/elements.h"

#include <string.h>

static void adds_in_place_and_in_either_order(void **state)
{
    (void)state;
    static struct sym_element a[LARGEST];
    static struct sym_element b[LARGEST];
    static struct sym_element sum[LARGEST];
    random_elements(a, LARGEST);
    random_elements(b, LARGEST);
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        size_t n = sizes[i];
        static struct sym_element place[LARGEST];
        assert_int_equal(sym_ristretto_add(sum, NULL, with, a, b, n), SYM_OK);
        memcpy(place, b, sizeof place);
        assert_int_equal(sym_ristretto_add(place, NULL, with, place, a, n), SYM_OK);
        assert_memory_equal(place, sum, n * sizeof *sum);
        memcpy(place, b, sizeof place);
        assert_int_equal(sym_ristretto_add(place, NULL, with, a, place, n), SYM_OK);
        assert_memory_equal(place, sum, n * sizeof *sum);
    }
}

static void refuses_to_add_an_element_and_its_negative(void **state)
{
    (void)state;
    struct sym_element a[2];
    struct sym_element b[2];
    struct sym_element out[2];
    size_t bad = 9;
    random_elements(a, 2);
    random_elements(b, 2);
    b[1] = times(a[1], order_minus(1));
    assert_int_equal(sym_ristretto_add(out, &bad, with, a, b, 2), SYM_BAD_ELEMENT);
    assert_int_equal(bad, 1);
    assert_memory_equal(out, zeros, sizeof out);
}

static void a_multiple_of_a_sum_is_the_same_in_steps_or_at_once(void **state)
{
    (void)state;
    static struct sym_element in[3][LARGEST];
    static struct sym_element steps[LARGEST];
    static struct sym_element at_once[LARGEST];
    const struct sym_element *const sets[3] = {in[0], in[1], in[2]};
    for (size_t s = 0; s < 3; s++) {
        random_elements(in[s], LARGEST);
    }
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        size_t n = sizes[i];
        struct sym_scalar k = random_scalar();
        assert_int_equal(sym_ristretto_add(steps, NULL, with, in[0], in[1], n), SYM_OK);
        assert_int_equal(sym_ristretto_add(steps, NULL, with, steps, in[2], n), SYM_OK);
        assert_int_equal(sym_ristretto_multiply(steps, NULL, with, steps, n, &k), SYM_OK);
        assert_int_equal(sym_ristretto_add_multiply(at_once, NULL, with, sets, 3, n, &k), SYM_OK);
        assert_memory_equal(at_once, steps, n * sizeof *steps);
        memcpy(at_once, in[1], sizeof at_once);
        const struct sym_element *const in_place[3] = {in[0], at_once, in[2]};
        assert_int_equal(sym_ristretto_add_multiply(at_once, NULL, with, in_place, 3, n, &k),
                         SYM_OK);
        assert_memory_equal(at_once, steps, n * sizeof *steps);
    }
}

/* On the way it is no matter, at the end it is. */
static void refuses_a_multiple_of_a_sum_that_is_the_identity(void **state)
{
    (void)state;
    struct sym_element a[2];
    struct sym_element b[2];
    struct sym_element out[2];
    struct sym_scalar k = random_scalar();
    const struct sym_element *const sets[3] = {a, b, a};
    size_t bad = 9;
    random_elements(a, 2);
    random_elements(b, 2);
    b[1] = times(a[1], order_minus(1));
    assert_int_equal(sym_ristretto_add_multiply(out, &bad, with, sets, 2, 2, &k), SYM_BAD_ELEMENT);
    assert_int_equal(bad, 1);
    assert_memory_equal(out, zeros, sizeof out);
    assert_int_equal(sym_ristretto_add_multiply(out, NULL, with, sets, 3, 2, &k), SYM_OK);
    assert_same(out[1], times(a[1], k));
    assert_int_equal(sym_ristretto_add_multiply(out, NULL, with, sets, 0, 2, &k), SYM_BAD_VALUE);
    memset(b[0].bytes, 0, sizeof b[0].bytes);
    assert_int_equal(sym_ristretto_add_multiply(out, &bad, with, sets, 3, 2, &k), SYM_BAD_ELEMENT);
    assert_int_equal(bad, 0);
}

static void multiplication_spreads_over_sums_and_products_of_scalars(void **state)
{
    (void)state;
    struct sym_scalar a = random_scalar();
    struct sym_scalar b = random_scalar();
    struct sym_scalar sum;
    struct sym_scalar product;
    struct sym_element e;
    random_elements(&e, 1);
    assert_int_equal(sym_scalar_add(&sum, &a, &b), SYM_OK);
    assert_int_equal(sym_scalar_multiply(&product, &a, &b), SYM_OK);
    assert_same(times(e, sum), plus(times(e, a), times(e, b)));
    assert_same(times(e, product), times(times(e, a), b));
}

static void a_sum_equals_repeated_multiplication_and_addition(void **state)
{
    (void)state;
    static const size_t weight_lens[] = {16, 32};
    struct sym_element in[FEW];
    uint8_t weights[FEW * 32];
    random_elements(in, FEW);
    for (size_t w = 0; w < 2; w++) {
        size_t len = weight_lens[w];
        struct sym_element want = {{0}};
        sym_random(weights, sizeof weights);
        memset(weights, 0xff, 16); /* the largest short weight */
        for (size_t i = 0; i < FEW; i++) {
            struct sym_scalar k = {{0}};
            struct sym_element sum;
            memcpy(k.bytes, weights + i * len, len);
            k.bytes[31] &= 0x0f;
            memcpy(weights + i * len, k.bytes, len);
            want = i == 0 ? times(in[i], k) : plus(want, times(in[i], k));
            assert_int_equal(sym_ristretto_sum(&sum, NULL, with, in, i + 1, weights, len), SYM_OK);
            assert_same(sum, want);
        }
    }
}

static void a_sum_takes_the_edge_weights(void **state)
{
    (void)state;
    struct sym_element in[3];
    struct sym_element got;
    struct sym_scalar weights[3] = {order_minus(1), small(0), order_minus(2)};
    random_elements(in, 3);
    struct sym_element twice = plus(in[2], in[2]);
    struct sym_element want = times(plus(in[0], twice), order_minus(1));
    assert_int_equal(sym_ristretto_sum(&got, NULL, with, in, 3, weights[0].bytes, 32), SYM_OK);
    assert_same(got, want);
}

static void refuses_a_sum_that_is_the_identity(void **state)
{
    (void)state;
    struct sym_element e[2];
    struct sym_element out = sym_ristretto_generator;
    struct sym_scalar weights[2] = {small(1), order_minus(1)};
    size_t bad = 9;
    random_elements(e, 1);
    e[1] = e[0];
    assert_int_equal(sym_ristretto_sum(&out, &bad, with, e, 2, weights[0].bytes, 32),
                     SYM_BAD_ELEMENT);
    assert_int_equal(bad, 2);
    assert_int_equal(sym_ristretto_sum(&out, &bad, with, NULL, 0, NULL, 16), SYM_BAD_ELEMENT);
    assert_int_equal(bad, 0);
    assert_int_equal(sym_ristretto_sum(&out, &bad, with, e, 2, zeros, 16), SYM_BAD_ELEMENT);
    assert_int_equal(bad, 2);
    assert_same(out, sym_ristretto_generator);
}

static void refuses_weights_that_are_not_reduced_or_of_another_length(void **state)
{
    (void)state;
    struct sym_element e[3];
    struct sym_element out = sym_ristretto_generator;
    struct sym_scalar weights[3] = {small(1), order, small(1)};
    static const size_t lens[] = {0, 1, 15, 17, 31, 33, 64};
    size_t bad = 9;
    random_elements(e, 3);
    assert_int_equal(sym_ristretto_sum(&out, &bad, with, e, 3, weights[0].bytes, 32),
                     SYM_BAD_SCALAR);
    assert_int_equal(bad, 1);
    memset(weights[1].bytes, 0xff, 32);
    assert_int_equal(sym_ristretto_sum(&out, &bad, with, e, 3, weights[0].bytes, 32),
                     SYM_BAD_SCALAR);
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        assert_int_equal(sym_ristretto_sum(&out, &bad, with, e, 1, zeros, lens[i]), SYM_BAD_VALUE);
    }
    assert_same(out, sym_ristretto_generator);
}

static int run_for_backend(const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_in_place_and_in_either_order),
        cmocka_unit_test(refuses_to_add_an_element_and_its_negative),
        cmocka_unit_test(a_multiple_of_a_sum_is_the_same_in_steps_or_at_once),
        cmocka_unit_test(refuses_a_multiple_of_a_sum_that_is_the_identity),
        cmocka_unit_test(multiplication_spreads_over_sums_and_products_of_scalars),
        cmocka_unit_test(a_sum_equals_repeated_multiplication_and_addition),
        cmocka_unit_test(a_sum_takes_the_edge_weights),
        cmocka_unit_test(refuses_a_sum_that_is_the_identity),
        cmocka_unit_test(refuses_weights_that_are_not_reduced_or_of_another_length),
    };
    /* One that this CPU lacks is reported as skipped by test_ristretto. */
    return sym_ristretto_choose(&with, name) != SYM_OK
               ? 0
               : cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int main(void)
{
    int failed = 0;
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    for (size_t i = 0; sym_ristretto_name_at(i) != NULL; i++) {
        failed += run_for_backend(sym_ristretto_name_at(i));
    }
    return failed;
}
