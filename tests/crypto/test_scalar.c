#include "tests/crypto/scalars.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <valgrind/memcheck.h>

static const uint8_t zeros[SYM_SCALAR_BYTES];

static void takes_scalars_from_1_to_l_minus_1(void **state)
{
    (void)state;
    struct sym_scalar k;
    struct sym_scalar good[] = {small(1), small(255), order_minus(1), order_minus(2)};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(sym_scalar_from_bytes(&k, good[i].bytes), SYM_OK);
        assert_memory_equal(k.bytes, good[i].bytes, sizeof k.bytes);
    }
}

static void refuses_scalars_outside_the_range(void **state)
{
    (void)state;
    struct sym_scalar k = small(7);
    struct sym_scalar bad[6] = {small(0), order, order, order, order, order};
    bad[2].bytes[0]++;
    bad[3].bytes[31] = 0x20;
    bad[4].bytes[31] |= 0x80;
    memset(bad[5].bytes, 0xff, 32);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(sym_scalar_from_bytes(&k, bad[i].bytes), SYM_BAD_SCALAR);
        assert_int_equal(sym_scalar_invert(&k, &bad[i]), SYM_BAD_SCALAR);
        assert_int_equal(sym_scalar_negate(&k, &bad[i]), SYM_BAD_SCALAR);
        assert_int_equal(sym_scalar_add(&k, &bad[i], &k), SYM_BAD_SCALAR);
        assert_int_equal(sym_scalar_add(&k, &k, &bad[i]), SYM_BAD_SCALAR);
        assert_int_equal(sym_scalar_multiply(&k, &bad[i], &k), SYM_BAD_SCALAR);
        assert_int_equal(sym_scalar_multiply(&k, &k, &bad[i]), SYM_BAD_SCALAR);
        assert_memory_equal(k.bytes, small(7).bytes, sizeof k.bytes);
    }
}

static void reduces_wide_integers_and_refuses_multiples_of_the_order(void **state)
{
    (void)state;
    uint8_t wide[SYM_UNIFORM_BYTES] = {0};
    struct sym_scalar k = small(7);
    assert_int_equal(sym_scalar_from_wide(&k, wide), SYM_BAD_SCALAR);
    memcpy(wide, order.bytes, 32);
    assert_int_equal(sym_scalar_from_wide(&k, wide), SYM_BAD_SCALAR);
    memmove(wide + 20, wide, 32);
    memset(wide, 0, 20); /* 2^160 * l */
    assert_int_equal(sym_scalar_from_wide(&k, wide), SYM_BAD_SCALAR);
    assert_memory_equal(k.bytes, small(7).bytes, sizeof k.bytes);
    wide[0] = 5;
    assert_int_equal(sym_scalar_from_wide(&k, wide), SYM_OK);
    assert_memory_equal(k.bytes, small(5).bytes, sizeof k.bytes);
}

static void inverts_negates_adds_and_multiplies_scalars(void **state)
{
    (void)state;
    struct sym_scalar k = random_scalar();
    struct sym_scalar other;
    struct sym_scalar one = small(1);
    assert_int_equal(sym_scalar_invert(&other, &k), SYM_OK);
    assert_int_equal(sym_scalar_multiply(&other, &other, &k), SYM_OK);
    assert_memory_equal(other.bytes, one.bytes, sizeof one.bytes);
    assert_int_equal(sym_scalar_negate(&other, &one), SYM_OK);
    assert_memory_equal(other.bytes, order_minus(1).bytes, sizeof one.bytes);
    assert_int_equal(sym_scalar_add(&other, &other, &other), SYM_OK);
    assert_memory_equal(other.bytes, order_minus(2).bytes, sizeof one.bytes);
    assert_int_equal(sym_scalar_negate(&other, &k), SYM_OK);
    assert_int_equal(sym_scalar_add(&other, &other, &k), SYM_BAD_SCALAR);
}

static void draws_scalars_that_differ_and_are_in_range(void **state)
{
    (void)state;
    struct sym_scalar last = small(0);
    for (int i = 0; i < 100; i++) {
        struct sym_scalar k = random_scalar();
        struct sym_scalar copy;
        assert_int_equal(sym_scalar_from_bytes(&copy, k.bytes), SYM_OK);
        assert_memory_not_equal(k.bytes, last.bytes, sizeof k.bytes);
        last = k;
    }
}

static void keeps_long_lived_scalars_in_secrets_of_their_size(void **state)
{
    (void)state;
    struct sym_secret home = {0};
    struct sym_secret wrong = {0};
    assert_int_equal(sym_secret_new(&home, SYM_SCALAR_BYTES), SYM_OK);
    assert_int_equal(sym_secret_new(&wrong, SYM_SCALAR_BYTES + 1), SYM_OK);
    struct sym_scalar *k = sym_scalar_in(&home);
    assert_ptr_equal(k, home.data);
    assert_null(sym_scalar_in(&wrong));
    sym_scalar_random(k);
    assert_memory_not_equal(k->bytes, zeros, sizeof k->bytes);
    sym_scalar_wipe(k);
    assert_memory_equal(k->bytes, zeros, sizeof k->bytes);
    sym_secret_clear(&home);
    sym_secret_clear(&wrong);
}

/* The next tests run on a stack of their own, to see what is left on it. */

static uint64_t own_stack[32 * 1024];
#define WORDS (sizeof own_stack / sizeof *own_stack)

static ucontext_t back;
static const struct sym_ristretto *with;
static struct sym_element multiplicand;
static struct sym_element product;
static struct sym_scalar factor;
static struct sym_scalar inverse_there;

static void multiply_bare(void)
{
    assert_int_equal(
        crypto_scalarmult_ristretto255(product.bytes, factor.bytes, multiplicand.bytes), 0);
}

static void multiply(void)
{
    assert_int_equal(sym_ristretto_multiply(&product, NULL, with, &multiplicand, 1, &factor),
                     SYM_OK);
}

static void invert_bare(void)
{
    assert_int_equal(crypto_core_ristretto255_scalar_invert(inverse_there.bytes, factor.bytes), 0);
}

static void invert(void)
{
    assert_int_equal(sym_scalar_invert(&inverse_there, &factor), SYM_OK);
}

static void run_on_own_stack(void (*what)(void))
{
    ucontext_t there;
    memset(own_stack, 0, sizeof own_stack);
    assert_int_equal(getcontext(&there), 0);
    there.uc_stack.ss_sp = own_stack;
    there.uc_stack.ss_size = sizeof own_stack;
    there.uc_link = &back;
    makecontext(&there, what, 0);
    assert_int_equal(swapcontext(&back, &there), 0);
}

/* Neither a pointer nor a small number nor the stack protector's word, whose low byte is 0. */
static bool is_telling(uint64_t word)
{
    return word >> 48 != 0 && word >> 48 != 0xffff && (word & 0xff) != 0;
}

/* Nothing of what the bare call leaves is left by ours. */
static void assert_cleans_up(void (*bare)(void), void (*ours)(void), size_t at_least)
{
    static uint64_t left[WORDS];
    size_t n = 0;
    if (RUNNING_ON_VALGRIND) {
        (void)puts("SKIP: valgrind forbids reading a stack that was left");
        skip();
    }
    sym_scalar_random(&factor);
    run_on_own_stack(bare);
    for (size_t i = 0; i < WORDS; i++) {
        if (is_telling(own_stack[i])) {
            left[n++] = own_stack[i];
        }
    }
    assert_true(n >= at_least); /* else this test sees nothing */
    run_on_own_stack(ours);
    for (size_t i = 0; i < WORDS; i++) {
        for (size_t j = 0; j < n && is_telling(own_stack[i]); j++) {
            assert_int_not_equal(own_stack[i], left[j]);
        }
    }
}

static void leaves_no_multiple_of_the_element_on_the_stack(void **state)
{
    (void)state;
    assert_int_equal(sym_ristretto_choose(&with, "sodium"), SYM_OK);
    crypto_core_ristretto255_random(multiplicand.bytes);
    assert_cleans_up(multiply_bare, multiply, 100);
}

static void leaves_no_power_of_a_scalar_on_the_stack(void **state)
{
    (void)state;
    assert_cleans_up(invert_bare, invert, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_no_multiple_of_the_element_on_the_stack),
        cmocka_unit_test(takes_scalars_from_1_to_l_minus_1),
        cmocka_unit_test(refuses_scalars_outside_the_range),
        cmocka_unit_test(reduces_wide_integers_and_refuses_multiples_of_the_order),
        cmocka_unit_test(inverts_negates_adds_and_multiplies_scalars),
        cmocka_unit_test(draws_scalars_that_differ_and_are_in_range),
        cmocka_unit_test(leaves_no_power_of_a_scalar_on_the_stack),
        cmocka_unit_test(keeps_long_lived_scalars_in_secrets_of_their_size),
    };
    return sym_crypto_init() != SYM_OK ? 1
                                       : cmocka_run_group_tests_name("scalar", tests, NULL, NULL);
}
