/* The group: which encodings are elements, elements made of bytes, and multiples of them; and the
 * choice of a backend. */
#include "tests/crypto/elements.h"
#include "tests/support/vectors.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* Every function that takes elements refuses this one, in the middle of a batch, and says where. */
static void assert_refused(const struct sym_element *e)
{
    struct sym_element batch[FEW];
    struct sym_element good[FEW];
    struct sym_element out[FEW];
    const uint8_t weights[FEW * 16] = {0};
    struct sym_scalar k = random_scalar();
    size_t bad[5] = {FEW, FEW, FEW, FEW, FEW};
    random_elements(good, FEW);
    memcpy(batch, good, sizeof batch);
    batch[5] = *e;
    assert_int_equal(sym_ristretto_check(&bad[0], with, batch, FEW), SYM_BAD_ELEMENT);
    assert_int_equal(sym_ristretto_multiply(out, &bad[1], with, batch, FEW, &k), SYM_BAD_ELEMENT);
    assert_int_equal(sym_ristretto_add(out, &bad[2], with, batch, good, FEW), SYM_BAD_ELEMENT);
    assert_int_equal(sym_ristretto_add(out, &bad[3], with, good, batch, FEW), SYM_BAD_ELEMENT);
    assert_int_equal(sym_ristretto_sum(out, &bad[4], with, batch, FEW, weights, 16),
                     SYM_BAD_ELEMENT);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(bad[i], 5);
    }
}

static void multiplies_the_generator_as_rfc_9496_lists(void **state)
{
    (void)state;
    cJSON *file = vectors_load("rfc9496-ristretto255.json");
    const cJSON *multiples = vectors_get(file, "multiples_of_the_generator");
    assert_int_equal(cJSON_GetArraySize(multiples), 16);
    struct sym_element running = sym_ristretto_generator;
    for (uint8_t i = 1; i < 16; i++) {
        struct sym_element want;
        struct sym_element sum;
        const uint8_t weight[16] = {i};
        vectors_unhex(want.bytes, sizeof want.bytes, cJSON_GetArrayItem(multiples, i));
        assert_same(times(sym_ristretto_generator, small(i)), want);
        assert_same(running, want);
        running = plus(running, sym_ristretto_generator);
        assert_int_equal(
            sym_ristretto_sum(&sum, NULL, with, &sym_ristretto_generator, 1, weight, sizeof weight),
            SYM_OK);
        assert_same(sum, want);
        assert_int_equal(sym_ristretto_check(NULL, with, &want, 1), SYM_OK);
    }
    cJSON_Delete(file);
}

static void refuses_the_identity(void **state)
{
    (void)state;
    cJSON *file = vectors_load("rfc9496-ristretto255.json");
    struct sym_element identity;
    vectors_unhex(identity.bytes, sizeof identity.bytes,
                  cJSON_GetArrayItem(vectors_get(file, "multiples_of_the_generator"), 0));
    assert_refused(&identity);
    cJSON_Delete(file);
}

static void refuses_all_29_bad_encodings_of_rfc_9496(void **state)
{
    (void)state;
    cJSON *file = vectors_load("rfc9496-ristretto255.json");
    const cJSON *encodings = vectors_get(file, "encodings_that_must_be_rejected");
    assert_int_equal(cJSON_GetArraySize(encodings), 29);
    const cJSON *item;
    cJSON_ArrayForEach(item, encodings)
    {
        struct sym_element e;
        assert_int_equal(vectors_unhex(e.bytes, sizeof e.bytes, item), sizeof e.bytes);
        assert_refused(&e);
    }
    cJSON_Delete(file);
}

static void refuses_a_valid_encoding_with_bit_255_set(void **state)
{
    (void)state;
    struct sym_element e[4];
    random_elements(e, 3);
    e[3] = sym_ristretto_generator;
    for (size_t i = 0; i < 4; i++) {
        e[i].bytes[31] |= 0x80;
        assert_refused(&e[i]);
    }
}

static void derives_elements_as_rfc_9496_lists(void **state)
{
    (void)state;
    cJSON *file = vectors_load("rfc9496-ristretto255.json");
    const cJSON *rows = vectors_get(file, "element_derivation");
    struct sym_uniform in[11];
    struct sym_element want[11];
    struct sym_element got[11];
    struct sym_scalar one = small(1);
    assert_int_equal(cJSON_GetArraySize(rows), 11);
    for (int i = 0; i < 11; i++) {
        const cJSON *row = cJSON_GetArrayItem(rows, i);
        vectors_bytes(in[i].bytes, sizeof in[i].bytes, row, "uniform_bytes");
        vectors_bytes(want[i].bytes, sizeof want[i].bytes, row, "element");
    }
    assert_int_equal(sym_ristretto_derive(got, NULL, with, in, 11), SYM_OK);
    assert_memory_equal(got, want, sizeof want);
    assert_int_equal(sym_ristretto_derive_multiply(got, NULL, with, in, 11, &one), SYM_OK);
    assert_memory_equal(got, want, sizeof want);
    cJSON_Delete(file);
}

/* Halves near 0, near p and near 2^255, with and without bit 255: the places where a reduction that
 * is not complete shows. */
static void edge_input(struct sym_uniform *u, size_t i)
{
    bool high = (i & 1) != 0;
    memset(u->bytes, high ? 0xff : 0x00, sizeof u->bytes);
    u->bytes[0] = (uint8_t)(high ? 0xe8 + i / 4 : i / 8);
    u->bytes[31] = (uint8_t)(high ? 0x7f | (i & 2) << 6 : 0);
    u->bytes[32] = (uint8_t)(high ? 0xed + i / 16 : i / 4);
}

static void derives_from_edge_inputs_as_libsodium_does(void **state)
{
    (void)state;
    struct sym_uniform in[64];
    struct sym_element want[64];
    struct sym_element got[64];
    size_t n = 0;
    for (size_t i = 0; i < 64; i++) {
        edge_input(&in[n], i);
        assert_int_equal(crypto_core_ristretto255_from_hash(want[n].bytes, in[n].bytes), 0);
        n += memcmp(want[n].bytes, zeros, sizeof want[n].bytes) != 0;
    }
    assert_true(n > 50);
    assert_int_equal(sym_ristretto_derive(got, NULL, with, in, n), SYM_OK);
    assert_memory_equal(got, want, n * sizeof *got);
}

static void refuses_to_derive_the_identity(void **state)
{
    (void)state;
    struct sym_uniform in[FEW];
    struct sym_element out[FEW];
    struct sym_scalar k = random_scalar();
    sym_random(in[0].bytes, sizeof in);
    memset(in[5].bytes, 0, sizeof in[5].bytes); /* 0 maps to the identity */
    memset(in[7].bytes, 0, sizeof in[7].bytes);
    size_t bad = FEW;
    assert_int_equal(sym_ristretto_derive(out, &bad, with, in, FEW), SYM_BAD_ELEMENT);
    assert_int_equal(bad, 5);
    assert_memory_equal(out, zeros, sizeof out);
    bad = FEW;
    memset(out, 0x5a, sizeof out);
    assert_int_equal(sym_ristretto_derive_multiply(out, &bad, with, in, FEW, &k), SYM_BAD_ELEMENT);
    assert_int_equal(bad, 5);
    assert_memory_equal(out, zeros, sizeof out);
}

static void a_scalar_and_its_inverse_cancel_in_batches_of_every_size(void **state)
{
    (void)state;
    static struct sym_element in[LARGEST];
    static struct sym_element out[LARGEST];
    struct sym_scalar k = random_scalar();
    struct sym_scalar inverse;
    assert_int_equal(sym_scalar_invert(&inverse, &k), SYM_OK);
    random_elements(in, LARGEST);
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        size_t bytes = sizes[i] * sizeof *in;
        assert_int_equal(sym_ristretto_multiply(out, NULL, with, in, sizes[i], &k), SYM_OK);
        assert_true(sizes[i] == 0 || memcmp(in, out, bytes) != 0);
        assert_int_equal(sym_ristretto_multiply(out, NULL, with, out, sizes[i], &inverse), SYM_OK);
        assert_memory_equal(in, out, bytes);
    }
}

static void a_scalar_for_each_element_equals_one_at_a_time(void **state)
{
    (void)state;
    static struct sym_element in[LARGEST];
    static struct sym_element out[LARGEST];
    static struct sym_scalar k[LARGEST];
    random_elements(in, LARGEST);
    for (size_t i = 0; i < LARGEST; i++) {
        k[i] = i % 5 == 0 ? small((uint8_t)(1 + i % 3)) : random_scalar();
    }
    k[7] = order_minus(1);
    k[8] = order_minus(3);
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        memcpy(out, in, sizeof out);
        assert_int_equal(sym_ristretto_multiply_each(out, NULL, with, out, sizes[i], k), SYM_OK);
        for (size_t j = 0; j < sizes[i]; j++) {
            assert_same(out[j], times(in[j], k[j]));
        }
        assert_memory_equal(out + sizes[i], in + sizes[i], (LARGEST - sizes[i]) * sizeof *in);
    }
}

static void refuses_one_bad_scalar_or_element_among_others(void **state)
{
    (void)state;
    static const struct sym_scalar bad_ones[] = {{{0}}, {{0xff, [31] = 0xff}}};
    struct sym_element in[FEW];
    struct sym_element out[FEW];
    struct sym_scalar k[FEW];
    size_t bad = 0;
    random_elements(in, FEW);
    for (size_t i = 0; i < FEW; i++) {
        k[i] = random_scalar();
    }
    for (size_t i = 0; i < 3; i++) {
        k[3] = i < 2 ? bad_ones[i] : order_minus(2);
        memcpy(out, in, sizeof out);
        assert_int_equal(sym_ristretto_multiply_each(out, &bad, with, in, FEW, k), SYM_BAD_SCALAR);
        assert_int_equal(bad, 3);
        assert_memory_equal(out, in, sizeof out);
    }
    k[3] = random_scalar();
    in[5].bytes[31] |= 0x80;
    assert_int_equal(sym_ristretto_multiply_each(out, &bad, with, in, FEW, k), SYM_BAD_ELEMENT);
    assert_int_equal(bad, 5);
    assert_memory_equal(out, zeros, sizeof out);
}

static void deriving_and_multiplying_at_once_equals_the_two_steps(void **state)
{
    (void)state;
    static struct sym_uniform in[LARGEST];
    static struct sym_element at_once[LARGEST];
    static struct sym_element steps[LARGEST];
    struct sym_scalar k = random_scalar();
    sym_random(in[0].bytes, sizeof in);
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        size_t n = sizes[i];
        assert_int_equal(sym_ristretto_derive_multiply(at_once, NULL, with, in, n, &k), SYM_OK);
        assert_int_equal(sym_ristretto_derive(steps, NULL, with, in, n), SYM_OK);
        assert_int_equal(sym_ristretto_multiply(steps, NULL, with, steps, n, &k), SYM_OK);
        assert_memory_equal(at_once, steps, n * sizeof *steps);
    }
}

static void leaves_memory_behind_the_batch_alone(void **state)
{
    (void)state;
    struct sym_element in[FEW];
    struct sym_element out[FEW + 1];
    struct sym_scalar k = random_scalar();
    random_elements(in, FEW);
    for (size_t n = 0; n <= FEW; n++) {
        memset(out, 0x5a, sizeof out);
        struct sym_element untouched = out[n];
        assert_int_equal(sym_ristretto_multiply(out, NULL, with, in, n, &k), SYM_OK);
        assert_same(out[n], untouched);
        assert_int_equal(sym_ristretto_add(out, NULL, with, in, in, n), SYM_OK);
        assert_same(out[n], untouched);
    }
}

static void multiplies_by_scalars_at_both_ends_of_the_range(void **state)
{
    (void)state;
    struct sym_element e;
    random_elements(&e, 1);
    struct sym_element negative = times(e, order_minus(1));
    assert_same(times(e, small(1)), e);
    assert_same(times(e, small(2)), plus(e, e));
    assert_same(times(negative, order_minus(1)), e);
    assert_same(times(e, order_minus(3)), times(negative, small(3)));
    assert_same(times(e, order_minus(4)), times(negative, small(4)));
}

static void refuses_to_multiply_by_unusable_scalars(void **state)
{
    (void)state;
    struct sym_scalar bad_ones[] = {small(0), order_minus(2), order, order_minus(0), {{0}}};
    struct sym_uniform uniform[2] = {{{1}}, {{2}}};
    struct sym_element e[2];
    struct sym_element out[2] = {sym_ristretto_generator, sym_ristretto_generator};
    bad_ones[3].bytes[31] = 0x90; /* l with bit 255 set */
    memset(bad_ones[4].bytes, 0xff, 32);
    random_elements(e, 2);
    for (size_t i = 0; i < sizeof bad_ones / sizeof *bad_ones; i++) {
        const struct sym_scalar *k = &bad_ones[i];
        assert_int_equal(sym_ristretto_multiply(out, NULL, with, e, 2, k), SYM_BAD_SCALAR);
        assert_int_equal(sym_ristretto_multiply(out, NULL, with, e, 0, k), SYM_BAD_SCALAR);
        assert_int_equal(sym_ristretto_derive_multiply(out, NULL, with, uniform, 2, k),
                         SYM_BAD_SCALAR);
        assert_same(out[0], sym_ristretto_generator);
        assert_same(out[1], sym_ristretto_generator);
    }
}

static void reports_the_lowest_bad_index_and_keeps_nothing_of_the_batch(void **state)
{
    (void)state;
    static const size_t places[] = {0, 1, 6, 7, 8, 15, 16, 511, 512, 998, 999};
    static struct sym_element good[LARGEST];
    static struct sym_element in[LARGEST];
    static struct sym_element out[LARGEST];
    struct sym_scalar k = small(3);
    random_elements(good, LARGEST);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t bad = LARGEST;
        memcpy(in, good, sizeof in);
        in[places[i]].bytes[31] |= 0x80;
        in[LARGEST - 1] = (struct sym_element){{0}};
        memset(out, 0x5a, sizeof out);
        assert_int_equal(sym_ristretto_multiply(out, &bad, with, in, LARGEST, &k), SYM_BAD_ELEMENT);
        assert_int_equal(bad, places[i]);
        assert_memory_equal(out, zeros, sizeof out);
        assert_int_equal(sym_ristretto_check(&bad, with, in, places[i]), SYM_OK);
        assert_int_equal(sym_ristretto_check(NULL, with, in, places[i] + 1), SYM_BAD_ELEMENT);
    }
}

static void chooses_by_itself_or_by_name_and_refuses_unknown_names(void **state)
{
    (void)state;
    const struct sym_ristretto *chosen = NULL;
    assert_int_equal(sym_ristretto_choose(&chosen, NULL), SYM_OK);
    assert_non_null(chosen);
    assert_int_equal(sym_ristretto_choose(&chosen, "sodium"), SYM_OK);
    assert_string_equal(sym_ristretto_name(chosen), "sodium");
    const struct sym_ristretto *before = chosen;
    assert_int_equal(sym_ristretto_choose(&chosen, "Sodium"), SYM_NOT_FOUND);
    assert_int_equal(sym_ristretto_choose(&chosen, ""), SYM_NOT_FOUND);
    assert_int_equal(sym_ristretto_choose(&chosen, "sodium "), SYM_NOT_FOUND);
    assert_ptr_equal(chosen, before);
}

static void this_cpu_cannot_run_the_backend(void **state)
{
    (void)state;
    (void)puts("SKIP: this CPU lacks what the backend needs");
    skip();
}

static int run_for_backend(const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multiplies_the_generator_as_rfc_9496_lists),
        cmocka_unit_test(refuses_the_identity),
        cmocka_unit_test(refuses_all_29_bad_encodings_of_rfc_9496),
        cmocka_unit_test(refuses_a_valid_encoding_with_bit_255_set),
        cmocka_unit_test(derives_elements_as_rfc_9496_lists),
        cmocka_unit_test(derives_from_edge_inputs_as_libsodium_does),
        cmocka_unit_test(refuses_to_derive_the_identity),
        cmocka_unit_test(a_scalar_and_its_inverse_cancel_in_batches_of_every_size),
        cmocka_unit_test(a_scalar_for_each_element_equals_one_at_a_time),
        cmocka_unit_test(refuses_one_bad_scalar_or_element_among_others),
        cmocka_unit_test(deriving_and_multiplying_at_once_equals_the_two_steps),
        cmocka_unit_test(leaves_memory_behind_the_batch_alone),
        cmocka_unit_test(multiplies_by_scalars_at_both_ends_of_the_range),
        cmocka_unit_test(refuses_to_multiply_by_unusable_scalars),
        cmocka_unit_test(reports_the_lowest_bad_index_and_keeps_nothing_of_the_batch),
    };
    const struct CMUnitTest unusable[] = {cmocka_unit_test(this_cpu_cannot_run_the_backend)};
    if (sym_ristretto_choose(&with, name) != SYM_OK) {
        return cmocka_run_group_tests_name(name, unusable, NULL, NULL);
    }
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_by_itself_or_by_name_and_refuses_unknown_names),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    int failed = cmocka_run_group_tests_name("choice", tests, NULL, NULL);
    for (size_t i = 0; sym_ristretto_name_at(i) != NULL; i++) {
        failed += run_for_backend(sym_ristretto_name_at(i));
    }
    return failed;
}
