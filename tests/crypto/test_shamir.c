#include "crypto/shamir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define MOST SYM_SHAMIR_SHARES_MAX

static struct sym_share shares[MOST];
static struct sym_share chosen[MOST];
static uint8_t points[MOST];
static uint8_t weights[MOST];

static struct sym_share drawn(void)
{
    struct sym_share s;
    sym_random(s.bytes, sizeof s.bytes);
    return s;
}

/* The textbook's product in GF(2^8), bit by bit. */
static uint8_t product(uint8_t a, uint8_t b)
{
    uint8_t sum = 0;
    for (; b != 0; b = (uint8_t)(b >> 1)) {
        if ((b & 1) != 0) {
            sum ^= a;
        }
        a = (uint8_t)(a << 1 ^ ((a & 0x80) != 0 ? 0x1b : 0));
    }
    return sum;
}

/* Takes t of n shares from place `first` on, every `stride`th, and combines them. */
static struct sym_share combined(size_t n, size_t t, size_t first, size_t stride)
{
    struct sym_share out;
    for (size_t i = 0; i < t; i++) {
        size_t at = (first + i * stride) % n;
        points[i] = (uint8_t)(at + 1);
        chosen[i] = shares[at];
    }
    assert_int_equal(sym_shamir_weights(weights, points, t), SYM_OK);
    sym_shamir_combine(&out, weights, chosen, t);
    return out;
}

static void any_t_shares_give_the_secret(void **state)
{
    (void)state;
    static const struct {
        size_t n, t;
    } sizes[] = {{1, 1}, {2, 2}, {3, 2}, {5, 4}, {50, 40}, {200, 160}, {255, 255}, {255, 2}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n = sizes[i].n;
        size_t t = sizes[i].t;
        struct sym_share secret = drawn();
        assert_int_equal(sym_shamir_split(shares, n, t, &secret), SYM_OK);
        for (size_t first = 0; first < n; first += 7) {
            struct sym_share forwards = combined(n, t, first, 1);
            struct sym_share backwards = combined(n, t, first, n - 1);
            assert_memory_equal(&forwards, &secret, sizeof secret);
            assert_memory_equal(&backwards, &secret, sizeof secret);
        }
    }
}

static void shares_are_the_values_of_the_polynomial(void **state)
{
    (void)state;
    struct sym_share rows[4] = {drawn(), drawn(), drawn(), drawn()};
    assert_int_equal(sym_shamir_split_with(shares, MOST, 4, &rows[0], &rows[1]), SYM_OK);
    for (unsigned x = 1; x <= MOST; x++) {
        for (size_t b = 0; b < SYM_SHAMIR_BYTES; b++) {
            uint8_t value = 0;
            for (size_t k = 4; k-- > 0;) {
                value = product(value, (uint8_t)x) ^ rows[k].bytes[b];
            }
            assert_int_equal(shares[x - 1].bytes[b], value);
        }
    }
}

static void weights_serve_many_secrets(void **state)
{
    (void)state;
    static const uint8_t at[] = {9, 2, 200, 77, 31};
    assert_int_equal(sym_shamir_weights(weights, at, 5), SYM_OK);
    for (int round = 0; round < 20; round++) {
        struct sym_share secret = drawn();
        struct sym_share out;
        assert_int_equal(sym_shamir_split(shares, 200, 5, &secret), SYM_OK);
        for (size_t i = 0; i < 5; i++) {
            chosen[i] = shares[at[i] - 1];
        }
        sym_shamir_combine(&out, weights, chosen, 5);
        assert_memory_equal(&out, &secret, sizeof out);
    }
}

static void one_share_less_fits_every_secret(void **state)
{
    (void)state;
    struct sym_share secret = drawn();
    struct sym_share other = drawn();
    struct sym_share rest[2];
    assert_int_equal(sym_shamir_split(rest, 2, 2, &secret), SYM_OK);
    /* The line through the other secret and share 1: nothing about share 1 tells the two apart. */
    chosen[0] = rest[0];
    for (size_t b = 0; b < SYM_SHAMIR_BYTES; b++) {
        uint8_t slope = other.bytes[b] ^ rest[0].bytes[b];
        chosen[1].bytes[b] = other.bytes[b] ^ product(slope, 2);
    }
    static const uint8_t at[] = {1, 2};
    struct sym_share out;
    assert_int_equal(sym_shamir_weights(weights, at, 2), SYM_OK);
    sym_shamir_combine(&out, weights, chosen, 2);
    assert_memory_equal(&out, &other, sizeof out);
}

static void a_share_of_one_secret_looks_uniform(void **state)
{
    (void)state;
    static const struct sym_share zero;
    unsigned counts[256] = {0};
    for (int round = 0; round < 2000; round++) {
        assert_int_equal(sym_shamir_split(shares, 3, 2, &zero), SYM_OK);
        for (size_t b = 0; b < SYM_SHAMIR_BYTES; b++) {
            counts[shares[2].bytes[b]]++;
        }
    }
    double chi2 = 0;
    for (size_t v = 0; v < 256; v++) {
        double off = counts[v] - 250.0;
        chi2 += off * off / 250.0;
    }
    assert_true(chi2 < 255 + 8 * 22.6); /* 8 standard deviations: once in 10^10 runs or less */
}

static void fewer_shares_or_an_altered_one_give_something_else(void **state)
{
    (void)state;
    struct sym_share secret = drawn();
    assert_int_equal(sym_shamir_split(shares, 10, 8, &secret), SYM_OK);
    struct sym_share out = combined(10, 7, 0, 1);
    assert_memory_not_equal(&out, &secret, sizeof out);
    shares[3].bytes[31] ^= 0x80;
    out = combined(10, 8, 0, 1);
    assert_memory_not_equal(&out, &secret, sizeof out);
}

static void refuses_a_point_that_appears_twice(void **state)
{
    (void)state;
    static const uint8_t at[] = {4, 9, 1, 9};
    assert_int_equal(sym_shamir_weights(weights, at, 3), SYM_OK);
    assert_int_equal(sym_shamir_weights(weights, at, 4), SYM_BAD_VALUE);
}

static void refuses_the_point_0(void **state)
{
    (void)state;
    static const uint8_t at[] = {4, 0, 1};
    assert_int_equal(sym_shamir_weights(weights, at, 3), SYM_BAD_VALUE);
}

static void refuses_thresholds_and_counts_out_of_range(void **state)
{
    (void)state;
    static struct sym_share many[MOST + 1];
    struct sym_share secret = drawn();
    assert_int_equal(sym_shamir_split(shares, 3, 0, &secret), SYM_BAD_VALUE);
    assert_int_equal(sym_shamir_split(shares, 3, 4, &secret), SYM_BAD_VALUE);
    assert_int_equal(sym_shamir_split(shares, 0, 0, &secret), SYM_BAD_VALUE);
    assert_int_equal(sym_shamir_split(many, MOST + 1, 3, &secret), SYM_BAD_VALUE);
    assert_int_equal(sym_shamir_split_with(many, MOST + 1, 1, &secret, NULL), SYM_BAD_VALUE);
    assert_int_equal(sym_shamir_weights(weights, points, 0), SYM_BAD_VALUE);
    assert_int_equal(sym_shamir_weights(weights, points, MOST + 1), SYM_BAD_VALUE);
}

static int start(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_t_shares_give_the_secret),
        cmocka_unit_test(shares_are_the_values_of_the_polynomial),
        cmocka_unit_test(weights_serve_many_secrets),
        cmocka_unit_test(one_share_less_fits_every_secret),
        cmocka_unit_test(a_share_of_one_secret_looks_uniform),
        cmocka_unit_test(fewer_shares_or_an_altered_one_give_something_else),
        cmocka_unit_test(refuses_a_point_that_appears_twice),
        cmocka_unit_test(refuses_the_point_0),
        cmocka_unit_test(refuses_thresholds_and_counts_out_of_range),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
