/* What the code of the vole engine must be like for LPN to be hard: no proof, but each of these
 * fails for a code that is wrong in a way that has happened. */
#include "crypto/vole/code.h"
#include "crypto/vole/kernel_table.h"
#include "tests/support/vole_kernels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct sym_vole_kernel *fast;

static int start(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK && sym_vole_kernel_choose(&fast, NULL) == SYM_OK ? 0 : -1;
}

static struct sym_block *zeros(size_t n)
{
    struct sym_block *b = calloc(n, sizeof *b);
    assert_non_null(b);
    return b;
}

/* The same code in every run. */
static struct sym_code code_of(uint64_t n_r, uint8_t session)
{
    struct sym_vole_geometry g;
    struct sym_code c;
    const uint8_t sid[32] = {session};
    assert_int_equal(sym_vole_geometry_for(&g, n_r), SYM_OK);
    sym_code_init(&c, fast, &g, sid);
    return c;
}

static void encode(struct sym_block *e, const struct sym_code *c)
{
    sym_code_accumulate(c, e + c->m);
    sym_code_spread(e, c, e + c->m, 0, c->m, code_scratch());
}

static int compare(const void *a, const void *b)
{
    return sym_span_compare(sym_span(a, SYM_BLOCK_BYTES), sym_span(b, SYM_BLOCK_BYTES));
}

/* Different values other than zero, and how many outputs are not zero. */
static size_t distinct(size_t *weight, struct sym_block *e, size_t m)
{
    size_t n = 0;
    *weight = 0;
    qsort(e, m, sizeof *e, compare);
    for (size_t i = 0; i < m; i++) {
        bool zero = (e[i].low | e[i].high) == 0;
        *weight += !zero;
        n += !zero && (i == 0 || compare(&e[i], &e[i - 1]) != 0);
    }
    return n;
}

static void is_linear_over_the_field(void **state)
{
    (void)state;
    struct sym_code c = code_of(1000, 1);
    const size_t n = 2 * (size_t)c.m;
    struct sym_block *a = zeros(n);
    struct sym_block *b = zeros(n);
    struct sym_block *sum = zeros(n);
    struct sym_block factor;
    sym_random((uint8_t *)&factor, sizeof factor);
    sym_random_many((uint8_t *)a, n * sizeof *a);
    sym_random_many((uint8_t *)b, n * sizeof *b);
    for (size_t i = 0; i < n; i++) {
        sum[i] = sym_block_add(a[i], fast->multiply(factor, b[i]));
    }
    encode(a, &c);
    encode(b, &c);
    encode(sum, &c);
    for (size_t i = 0; i < c.m; i++) {
        struct sym_block expected = sym_block_add(a[i], fast->multiply(factor, b[i]));
        assert_memory_equal(&sum[i], &expected, sizeof expected);
    }
    free(a);
    free(b);
    free(sum);
}

/* Of a code that fits into a cache, and of a full batch, which the fastest kernel spreads in
 * another way; those that valgrind can run do not. */
static const uint64_t lengths[] = {5000, 1 << 20};

static size_t n_lengths(void)
{
    return getenv("SYMBOLON_WRAP") == NULL ? 2 : 1;
}

/* One noise position alone reaches about all outputs, each with another value. From the last groups
 * little but what wraps around goes on: some sixteen values, of which the second convolution makes
 * all sums. */
static void sends_each_position_everywhere_with_many_values_in(uint64_t n_r)
{
    struct sym_code c = code_of(n_r, 1);
    const size_t m = c.m;
    const size_t positions[] = {0, 1, 7, 8, m / 2, m - 400, m - 33, m - 9, m - 1};
    const size_t last = 5; /* of those from which all goes on */
    struct sym_block *e = zeros(2 * m);
    for (size_t i = 0; i < sizeof positions / sizeof *positions; i++) {
        size_t weight = 0;
        memset(e, 0, 2 * m * sizeof *e);
        e[m + positions[i]] = (struct sym_block){0x1234, 0x5678};
        encode(e, &c);
        size_t values = distinct(&weight, e, m);
        assert_true(weight > m * 9 / 10);
        assert_true(values > (i < last ? weight * 9 / 10 : 1000));
    }
    /* The lower half is noise for one output only. */
    size_t weight = 0;
    memset(e, 0, 2 * m * sizeof *e);
    e[m / 3].low = 5;
    encode(e, &c);
    assert_int_equal(e[m / 3].low, 5);
    (void)distinct(&weight, e, m);
    assert_int_equal(weight, 1);
    free(e);
}

static void sends_each_position_everywhere_with_many_values(void **state)
{
    (void)state;
    assert_true(code_of(lengths[0], 1).m * sizeof(struct sym_block) < SYM_CODE_NEAR_BYTES);
    assert_true(code_of(lengths[1], 1).m * sizeof(struct sym_block) > SYM_CODE_NEAR_BYTES);
    for (size_t i = 0; i < n_lengths(); i++) {
        sends_each_position_everywhere_with_many_values_in(lengths[i]);
    }
}

/* How many positions of noise an output adds up, over a whole small code. */
static void has_rows_of_about_half_weight(void **state)
{
    (void)state;
    struct sym_code c = code_of(1000, 1);
    const size_t m = c.m;
    struct sym_block *e = zeros(2 * m);
    uint32_t *weights = calloc(m, sizeof *weights);
    assert_non_null(weights);
    for (size_t p = 0; p < m; p++) {
        memset(e, 0, 2 * m * sizeof *e);
        e[m + p] = (struct sym_block){1, 0};
        encode(e, &c);
        for (size_t i = 0; i < m; i++) {
            weights[i] += (e[i].low | e[i].high) != 0;
        }
    }
    for (size_t i = 0; i < m; i++) {
        assert_true(weights[i] > m / 2);
    }
    free(e);
    free(weights);
}

/* One and the same value everywhere is what each output adds up an odd number of times; from one
 * stripe it takes one, and some of ten from anywhere. */
static void adds_up_as_many_as_it_should_in(uint64_t n_r)
{
    struct sym_code c = code_of(n_r, 1);
    const size_t m = c.m;
    const size_t stripe = m / 11;
    struct sym_block *y = zeros(m);
    struct sym_block *out = zeros(m);
    for (size_t s = 0; s <= 11; s++) {
        const size_t first = s < 11 ? s * stripe : 0;
        const size_t end = s < 11 ? (s + 1) * stripe : m;
        size_t odd = 0;
        memset(y, 0, m * sizeof *y);
        memset(out, 0, m * sizeof *out);
        for (size_t i = first; i < end; i++) {
            y[i] = (struct sym_block){9, (uint64_t)1 << 63};
        }
        sym_code_spread(out, &c, y, 0, m, code_scratch());
        for (size_t i = 0; i < m; i++) {
            odd += out[i].low == 9 && out[i].high == (uint64_t)1 << 63;
        }
        /* One and a binomial number of ten with 1/11: odd in (1 + (9/11)^10) / 2 = 56.7 % of all.
         */
        assert_in_range(odd, s < 11 ? m * 53 / 100 : m, s < 11 ? m * 60 / 100 : m);
    }
    free(y);
    free(out);
}

/* How many outputs one element goes into: 21 of them on average, for each has 21. */
static void adds_each_to_as_many_in(uint64_t n_r)
{
    struct sym_code c = code_of(n_r, 1);
    const size_t m = c.m;
    struct sym_block *y = zeros(m);
    struct sym_block *out = zeros(m);
    enum { TRIED = 64 };
    size_t total = 0;
    for (size_t i = 0; i < TRIED; i++) {
        const size_t at = i * (m / TRIED) + i;
        size_t reached = 0;
        memset(out, 0, m * sizeof *out);
        y[at] = (struct sym_block){i + 1, 7};
        sym_code_spread(out, &c, y, 0, m, code_scratch());
        for (size_t o = 0; o < m; o++) {
            bool is_zero = (out[o].low | out[o].high) == 0;
            assert_true(is_zero || (out[o].low == i + 1 && out[o].high == 7));
            reached += !is_zero;
        }
        y[at] = (struct sym_block){0, 0};
        assert_in_range(reached, 3, 50);
        total += reached;
    }
    assert_in_range(total, TRIED * 18, TRIED * 24);
    free(y);
    free(out);
}

static void adds_up_as_many_as_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_lengths(); i++) {
        adds_up_as_many_as_it_should_in(lengths[i]);
        adds_each_to_as_many_in(lengths[i]);
    }
}

static struct sym_block keep(struct sym_block a, struct sym_block theta)
{
    (void)theta;
    return a;
}

/* Without the diagonal every output would be the one value or zero: the code would be 128 copies of
 * a binary one. This is what tells the two apart. */
static void would_split_without_its_diagonal(void **state)
{
    (void)state;
    struct sym_code c = code_of(1000, 1);
    struct sym_vole_kernel plain = *fast;
    struct sym_block *e = zeros(2 * (size_t)c.m);
    size_t weight = 0;
    e[c.m + 17] = (struct sym_block){0x1234, 0x5678};
    plain.multiply = keep;
    sym_code_accumulate_generic(&plain, e + c.m, c.key, c.m);
    sym_code_spread(e, &c, e + c.m, 0, c.m, code_scratch());
    assert_int_equal(distinct(&weight, e, c.m), 1);
    assert_in_range(weight, c.m * 4 / 10, c.m * 6 / 10);

    memset(e, 0, 2 * c.m * sizeof *e);
    e[c.m + 17] = (struct sym_block){0x1234, 0x5678};
    encode(e, &c);
    assert_true(distinct(&weight, e, c.m) > c.m / 2);
    free(e);
}

static void is_another_one_in_another_session(void **state)
{
    (void)state;
    struct sym_code a = code_of(1000, 1);
    struct sym_code b = code_of(1000, 2);
    struct sym_block *x = zeros(2 * (size_t)a.m);
    struct sym_block *y = zeros(2 * (size_t)a.m);
    x[a.m].low = 1;
    y[a.m].low = 1;
    encode(x, &a);
    encode(y, &b);
    size_t same = 0;
    for (size_t i = 0; i < a.m; i++) {
        same += compare(&x[i], &y[i]) == 0;
    }
    assert_true(same < a.m / 10);
    free(x);
    free(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_linear_over_the_field),
        cmocka_unit_test(sends_each_position_everywhere_with_many_values),
        cmocka_unit_test(has_rows_of_about_half_weight),
        cmocka_unit_test(adds_up_as_many_as_it_should),
        cmocka_unit_test(would_split_without_its_diagonal),
        cmocka_unit_test(is_another_one_in_another_session),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
