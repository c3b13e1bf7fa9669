/* elements.h - elements made, multiplied and added with the backend under test: for the tests of
 * the group that each backend has to pass. */
#ifndef SYM_TESTS_CRYPTO_ELEMENTS_H
#define SYM_TESTS_CRYPTO_ELEMENTS_H

#include "tests/crypto/scalars.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#define LARGEST 1000u
#define FEW     9u

/* The backend under test: a group of tests runs once for each. */
static const struct sym_ristretto *with;
static const size_t sizes[] = {0, 1, 2, 7, 8, FEW, LARGEST};
#define SIZE_COUNT (sizeof sizes / sizeof *sizes)

static const uint8_t zeros[LARGEST * SYM_ELEMENT_BYTES];

static inline void random_elements(struct sym_element *out, size_t n)
{
    struct sym_uniform *uniform = calloc(n + 1, sizeof *uniform);
    assert_non_null(uniform);
    sym_random(uniform[0].bytes, n * sizeof *uniform);
    assert_int_equal(sym_ristretto_derive(out, NULL, with, uniform, n), SYM_OK);
    free(uniform);
}

static inline struct sym_element times(struct sym_element e, struct sym_scalar k)
{
    struct sym_element out;
    assert_int_equal(sym_ristretto_multiply(&out, NULL, with, &e, 1, &k), SYM_OK);
    return out;
}

static inline struct sym_element plus(struct sym_element a, struct sym_element b)
{
    struct sym_element out;
    assert_int_equal(sym_ristretto_add(&out, NULL, with, &a, &b, 1), SYM_OK);
    return out;
}

static inline void assert_same(struct sym_element a, struct sym_element b)
{
    assert_memory_equal(a.bytes, b.bytes, sizeof a.bytes);
}

#endif
