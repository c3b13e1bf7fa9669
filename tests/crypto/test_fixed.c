#include "crypto/fixed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* e to 75 decimal digits, times 10^75 in parts of 15 digits. */
static const uint64_t e_digits[] = {718281828459045u, 235360287471352u, 662497757247093u,
                                    699959574966967u, 627724076630353u};

static void assert_same(struct sym_fixed a, struct sym_fixed b)
{
    for (unsigned i = 0; i < SYM_FIXED_LIMBS; i++) {
        assert_true(a.limb[i] == b.limb[i]);
    }
}

static struct sym_fixed ratio(uint64_t a, uint64_t b)
{
    return sym_fixed_over(sym_fixed_from(a), b);
}

static void e_has_the_known_digits(void **state)
{
    (void)state;
    struct sym_fixed e = sym_fixed_exp(1, 1);
    assert_int_equal(sym_fixed_floor(e), 2);
    for (unsigned i = 0; i < 5; i++) {
        e.limb[SYM_FIXED_FRACTION_LIMBS] = 0;
        e = sym_fixed_times(e, 1000000000000000u);
        assert_true(sym_fixed_floor(e) == e_digits[i]);
    }
}

static void powers_of_e_multiply(void **state)
{
    (void)state;
    struct sym_fixed a = sym_fixed_exp(7, 3);
    struct sym_fixed b = sym_fixed_exp(5, 3);
    struct sym_fixed product = sym_fixed_multiply(a, b);
    struct sym_fixed direct = sym_fixed_exp(4, 1);
    struct sym_fixed off = sym_fixed_less(product, direct) ? sym_fixed_subtract(direct, product)
                                                           : sym_fixed_subtract(product, direct);
    assert_true(off.limb[4] == 0 && off.limb[3] == 0 && off.limb[2] == 0 && off.limb[1] == 0);
    assert_true(off.limb[0] < 1u << 16);
}

static void the_greatest_exponent_fits(void **state)
{
    (void)state;
    assert_int_equal(sym_fixed_floor(sym_fixed_exp(13, 1)), 442413);
    assert_int_equal(
        sym_fixed_floor(sym_fixed_exp((uint64_t)51200 * 1000000000u, (uint64_t)4096 * 1000000000u)),
        268337);
    assert_same(sym_fixed_exp(0, 5), sym_fixed_from(1));
}

static void divides_as_it_multiplies(void **state)
{
    (void)state;
    uint64_t x = 88172645463325252u;
    for (uint64_t round = 0; round < 200; round++) {
        struct sym_fixed a;
        struct sym_fixed b;
        for (unsigned i = 0; i < SYM_FIXED_LIMBS; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            a.limb[i] = x;
            b.limb[i] = x * 0x9e3779b97f4a7c15u;
        }
        /* Small ones, and such as reach the uppermost bit. */
        if (round % 3 > 0) {
            a.limb[SYM_FIXED_FRACTION_LIMBS] >>= 40;
            b.limb[SYM_FIXED_FRACTION_LIMBS] = round % 3 == 1 ? 0 : round;
        } else {
            b.limb[SYM_FIXED_FRACTION_LIMBS] |= (uint64_t)1 << 63;
        }
        struct sym_fixed quotient = sym_fixed_divide(a, b);
        struct sym_fixed one_more = sym_fixed_add(quotient, (struct sym_fixed){.limb = {1}});
        assert_false(sym_fixed_less(a, sym_fixed_multiply(quotient, b)));
        /* quotient * b may have been rounded down by what one more unit of either would add */
        assert_false(sym_fixed_less(
            sym_fixed_add(sym_fixed_multiply(one_more, b), (struct sym_fixed){.limb = {1}}), a));
    }
}

/* Bit by bit, as one does it on paper. */
static struct sym_fixed divided_slowly(struct sym_fixed a, struct sym_fixed b)
{
    struct sym_fixed quotient = {{0}};
    struct sym_fixed rest = {{0}};
    for (unsigned bits = 64 * (SYM_FIXED_LIMBS + SYM_FIXED_FRACTION_LIMBS); bits-- > 0;) {
        unsigned at = bits / 64;
        uint64_t over = rest.limb[SYM_FIXED_LIMBS - 1] >> 63;
        rest = sym_fixed_times(rest, 2);
        if (at >= SYM_FIXED_FRACTION_LIMBS) {
            rest.limb[0] |= a.limb[at - SYM_FIXED_FRACTION_LIMBS] >> bits % 64 & 1u;
        }
        quotient = sym_fixed_times(quotient, 2);
        if (over != 0 || !sym_fixed_less(rest, b)) {
            rest = sym_fixed_subtract(rest, b);
            quotient.limb[0] |= 1;
        }
    }
    return quotient;
}

/* Limbs of all ones and all zeros are where the guess of a digit is wrong. */
static void divides_as_one_does_on_paper(void **state)
{
    (void)state;
    static const uint64_t limbs[] = {0, 1, UINT64_MAX, (uint64_t)1 << 63, UINT64_MAX >> 1, 2};
    uint64_t x = 1442695040888963407u;
    for (unsigned round = 0; round < 20000; round++) {
        struct sym_fixed a;
        struct sym_fixed b;
        for (unsigned i = 0; i < SYM_FIXED_LIMBS; i++) {
            x = x * 6364136223846793005u + 1442695040888963407u;
            a.limb[i] = x >> 60 == 0 ? x * 0x9e3779b97f4a7c15u : limbs[(x >> 33) % 6];
            b.limb[i] = x >> 60 == 1 ? x * 0x9e3779b97f4a7c15u : limbs[(x >> 43) % 6];
        }
        /* A divisor from 1 on, or both below 1 and the divisor not far below the dividend. */
        if (round % 2 == 0) {
            b.limb[SYM_FIXED_FRACTION_LIMBS] |= 1;
        } else {
            a.limb[SYM_FIXED_FRACTION_LIMBS] = b.limb[SYM_FIXED_FRACTION_LIMBS] = 0;
            b.limb[SYM_FIXED_FRACTION_LIMBS - 1] |= 1 + round % 4;
        }
        assert_same(sym_fixed_divide(a, b), divided_slowly(a, b));
    }
}

static void a_short_divisor_gives_the_same_as_a_long_one(void **state)
{
    (void)state;
    for (uint64_t d = 1; d < 2000; d += 37) {
        struct sym_fixed a = sym_fixed_exp(9, 2);
        assert_same(sym_fixed_over(a, d), sym_fixed_divide(a, sym_fixed_from(d)));
        assert_same(sym_fixed_times(a, d), sym_fixed_multiply(a, sym_fixed_from(d)));
    }
}

static void rounds_down_and_up(void **state)
{
    (void)state;
    assert_int_equal(sym_fixed_floor(ratio(7, 2)), 3);
    assert_int_equal(sym_fixed_ceiling(ratio(7, 2)), 4);
    assert_int_equal(sym_fixed_ceiling(ratio(8, 2)), 4);
    assert_int_equal(sym_fixed_ceiling(sym_fixed_from(0)), 0);
}

static void carries_and_borrows_through_all_limbs(void **state)
{
    (void)state;
    struct sym_fixed least = {.limb = {1}};
    struct sym_fixed under = sym_fixed_subtract(sym_fixed_from(1), least);
    for (unsigned i = 0; i < SYM_FIXED_FRACTION_LIMBS; i++) {
        assert_true(under.limb[i] == UINT64_MAX);
    }
    assert_int_equal(sym_fixed_floor(under), 0);
    assert_same(sym_fixed_add(under, least), sym_fixed_from(1));
    assert_true(sym_fixed_less(under, sym_fixed_from(1)));
    assert_false(sym_fixed_less(sym_fixed_from(1), under));
    assert_false(sym_fixed_less(under, under));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(e_has_the_known_digits),
        cmocka_unit_test(powers_of_e_multiply),
        cmocka_unit_test(the_greatest_exponent_fits),
        cmocka_unit_test(divides_as_it_multiplies),
        cmocka_unit_test(divides_as_one_does_on_paper),
        cmocka_unit_test(a_short_divisor_gives_the_same_as_a_long_one),
        cmocka_unit_test(rounds_down_and_up),
        cmocka_unit_test(carries_and_borrows_through_all_limbs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
