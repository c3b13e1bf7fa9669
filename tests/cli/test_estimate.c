/* symbolon estimate: closed forms, the Home Office's lists, what suppression and noise do to the
 * interval, and files that are refused. */
#include "cli/estimate/stepwise.h"
#include "tests/cli/run.h"
#include "tests/cli/text_file.h"

#include <math.h>

#define UK "tests/data/uk-lists.csv"

static void near_to(double value, double wanted, double by)
{
    if (!(fabs(value - wanted) <= by)) {
        fail_msg("%.9g is not %.9g", value, wanted);
    }
}

/* Counts by combination, cell 0 first. */
static void fill(struct sym_combinations *out, uint32_t lists, const double *counts)
{
    struct sym_fault fault;
    assert_int_equal(sym_combinations_init(out, lists, &fault), SYM_OK);
    for (uint32_t cell = 1; cell < out->cells; cell++) {
        out->counts[cell] = counts[cell];
    }
}

/* Made of independent lists: the mean counts of so many people. */
static void fill_independent(struct sym_combinations *out, uint32_t lists, double people,
                             const double *on)
{
    struct sym_fault fault;
    assert_int_equal(sym_combinations_init(out, lists, &fault), SYM_OK);
    for (uint32_t cell = 1; cell < out->cells; cell++) {
        double share = 1;
        for (uint32_t i = 0; i < lists; i++) {
            share *= (cell >> i & 1) != 0 ? on[i] : 1 - on[i];
        }
        out->counts[cell] = round(people * share);
    }
}

static const double four[] = {0.3, 0.2, 0.25, 0.15};

/* Closed forms ------------------------------------------------------------------------------- */

static void three_lists_with_all_pairs_have_the_closed_form(void **state)
{
    (void)state;
    SYM_COMBINATIONS_AUTO c = {0};
    struct sym_model m;
    /* hidden = n100 n010 n001 n111 / (n110 n101 n011); the variance of its logarithm is the sum of
     * the inverse counts (Fienberg, 1972). */
    static const double counts[8] = {0, 61, 47, 13, 83, 19, 11, 7};
    fill(&c, 3, counts);
    assert_int_equal(sym_model_fit(&m, &c, 7), SYM_OK);
    double variance = 0;
    for (size_t i = 1; i < 8; i++) {
        variance += 1 / counts[i];
    }
    near_to(m.hidden, 61.0 * 47 * 83 * 7 / (13.0 * 19 * 11), 1e-3);
    near_to(m.log_se, sqrt(variance), 1e-6);
    near_to(m.deviance, 0, 1e-6);
    assert_int_equal(m.freedom, 0);
}

static void independent_lists_give_back_their_population(void **state)
{
    (void)state;
    SYM_COMBINATIONS_AUTO c = {0};
    struct sym_population_estimate e;
    struct sym_fault fault;
    fill_independent(&c, 4, 20000, four);
    assert_int_equal(sym_estimate(&e, &c, &fault), SYM_OK);
    near_to(e.total, 20000, 30);
    assert_int_equal(e.model.pairs, 0);
    assert_true(e.low < 20000 && e.high > 20000);
    assert_true(e.high - e.low < 2000);
}

static void numbers_of_pairs_name_their_lists(void **state)
{
    (void)state;
    uint32_t next = 0;
    for (uint32_t b = 1; b < SYM_ESTIMATE_LISTS_MAX; b++) {
        for (uint32_t a = 0; a < b; a++) {
            uint32_t x, y;
            assert_int_equal(sym_model_pair(a, b), next);
            sym_model_pair_lists(&x, &y, next++);
            assert_true(x == a && y == b);
        }
    }
    assert_int_equal(next, SYM_ESTIMATE_PAIRS_MAX);
}

/* Dependence, zeros --------------------------------------------------------------------------- */

static void lists_that_attract_each_other_are_found(void **state)
{
    (void)state;
    SYM_COMBINATIONS_AUTO c = {0};
    struct sym_population_estimate e;
    struct sym_fault fault;
    fill_independent(&c, 4, 20000, four);
    for (uint32_t cell = 1; cell < c.cells; cell++) {
        c.counts[cell] = (cell & 3) == 3 ? 4 * c.counts[cell] : c.counts[cell];
    }
    assert_int_equal(sym_estimate(&e, &c, &fault), SYM_OK);
    assert_int_equal(e.model.pairs, UINT64_C(1) << sym_model_pair(0, 1));
    near_to(e.model.hidden, 20000 * 0.7 * 0.8 * 0.75 * 0.85, 60);
}

static void lists_that_share_nobody_may_be_told_apart(void **state)
{
    (void)state;
    SYM_COMBINATIONS_AUTO c = {0};
    struct sym_population_estimate e;
    struct sym_fault fault;
    fill_independent(&c, 4, 20000, four);
    for (uint32_t cell = 1; cell < c.cells; cell++) {
        c.counts[cell] = (cell & 3) == 3 ? 0 : c.counts[cell];
    }
    assert_int_equal(sym_estimate(&e, &c, &fault), SYM_OK);
    assert_int_equal(e.model.pairs, UINT64_C(1) << sym_model_pair(0, 1));
    near_to(e.model.hidden, 20000 * 0.7 * 0.8 * 0.75 * 0.85, 60);
}

static void lists_without_overlap_are_refused(void **state)
{
    (void)state;
    SYM_COMBINATIONS_AUTO c = {0};
    struct sym_population_estimate e;
    struct sym_fault fault;
    static const double counts[8] = {0, 61, 47, 0, 83, 0, 0, 0};
    fill(&c, 3, counts);
    assert_int_equal(sym_estimate(&e, &c, &fault), SYM_BAD_VALUE);
    assert_shows(fault.text, "without overlap");
}

/* Suppression and noise ----------------------------------------------------------------------- */

static void suppressed_counts_widen_the_interval(void **state)
{
    (void)state;
    SYM_COMBINATIONS_AUTO c = {0};
    struct sym_population_estimate exact, hidden;
    struct sym_fault fault;
    fill_independent(&c, 4, 3000, four);
    assert_int_equal(sym_estimate(&exact, &c, &fault), SYM_OK);
    c.below = 60;
    for (uint32_t cell = 1; cell < c.cells; cell++) {
        c.suppressed[cell] = c.counts[cell] < c.below;
    }
    assert_int_equal(sym_estimate(&hidden, &c, &fault), SYM_OK);
    assert_int_equal(hidden.suppressed, 6);
    assert_true(hidden.low < 3000 && hidden.high > 3000);
    assert_true(hidden.model.log_se > exact.model.log_se);
}

static void noise_widens_the_interval_by_its_variance(void **state)
{
    (void)state;
    SYM_COMBINATIONS_AUTO c = {0};
    struct sym_model exact, noisy;
    static const double counts[8] = {0, 61, 47, 13, 83, 19, 11, 7};
    fill(&c, 3, counts);
    assert_int_equal(sym_model_fit(&exact, &c, 7), SYM_OK);
    c.noise_variance = 5;
    assert_int_equal(sym_model_fit(&noisy, &c, 7), SYM_OK);
    double added = 0;
    for (size_t i = 1; i < 8; i++) {
        added += c.noise_variance / (counts[i] * counts[i]);
    }
    near_to(noisy.hidden, exact.hidden, 1e-6);
    near_to(noisy.log_se, sqrt(exact.log_se * exact.log_se + added), 1e-6);
}

static void the_variance_of_noise_is_that_of_discrete_laplace(void **state)
{
    (void)state;
    double sum = 0;
    double mass = 0;
    for (int x = -400; x <= 400; x++) {
        mass += exp(-abs(x) / 2.0);
        sum += x * x * exp(-abs(x) / 2.0);
    }
    near_to(sym_combinations_noise(2), sum / mass, 1e-9);
}

/* The Home Office's lists ---------------------------------------------------------------------- */

static void the_uk_lists_give_what_was_published(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "estimate|" UK);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "on at least one list        2744\n");
    assert_shows(r.out, "together, estimated         11252\n");
    assert_shows(r.out, "95 % interval               9836 to 12950\n");
    assert_shows(r.out, "PF and NCA\n");
    assert_shows(r.out, "This holds if:");
    assert_null(strstr(r.out, "Note:"));
    assert_string_equal(r.err, "");
}

static void programs_get_the_same(void **state)
{
    (void)state;
    static struct run r;
    run(&r, "estimate|" UK "|--json|--epsilon|1");
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\"total\": 11252");
    assert_shows(r.out, "\"degrees_of_freedom\": 47");
    assert_shows(r.out, "\"warnings\": [\n    \"the counts carry noise");
}

/* Files ------------------------------------------------------------------------------------------
 */

static void refuses(const char *text, const char *options, const char *what)
{
    static struct run r;
    struct text_file f;
    char words[256];
    text_file_new(&f, sym_span_text(text));
    (void)snprintf(words, sizeof words, "estimate|%s%s", f.path, options);
    run(&r, words);
    text_file_free(&f);
    assert_int_equal(r.code, SYM_EXIT_FAILED);
    assert_string_equal(r.out, "");
    assert_shows(r.err, what);
}

static void files_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    refuses("a,b,c\n1,0,0\n", "", ":1: lacks the column count");
    refuses("a,b,count\n1,0,5\n", "", ":1: has 2 lists, and an estimate takes 3 to 10");
    refuses("a,b,c,d,e,f,g,h,i,j,k,count\n", "", ":1: has 11 lists");
    refuses("a,b,c,count,low,low,low\n", "", ":1: columns 5 and 6 have one name");
    refuses("a,b,c,count\n1,0,2,5\n", "", ":2: column 3 is neither 0 nor 1");
    refuses("a,b,c,count\n1,0,0,5\n1,0,5\n", "", ":3: has 3 fields, the first line 4");
    refuses("a,b,c,count\n0,0,0,5\n", "", ":2: is on none of the lists");
    refuses("a,b,c,count\n1,0,0,5\n1,0,0,6\n", "", ":3: has the combination of a row before");
    refuses("a,b,c,count\n1,0,0,-5\n", "", ":2: count is not a whole number");
    refuses("a,b,c,count\n1,0,0,\n", "", "--suppressed-below");
    refuses("a,,c,count\n1,0,0,5\n", "", ":1: the name of column 2 has 0 bytes");
    refuses("a,b,c,count\n1,0,0,5\n", "", "without overlap");
    refuses("a,b,c,count\n1,1,1,9\n1,1,0,\n", "|--suppressed-below|11", "no log-linear model fits");
}

static void options_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static struct run r;
    static const char *const words[] = {"estimate|" UK "|--epsilon|0",
                                        "estimate|" UK "|--epsilon|x",
                                        "estimate|" UK "|--suppressed-below|0"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        run(&r, words[i]);
        assert_int_equal(r.code, SYM_EXIT_USAGE);
    }
    run(&r, "estimate|no/such/file.csv");
    assert_int_equal(r.code, SYM_EXIT_FAILED);
}

static void missing_rows_are_zero_or_suppressed(void **state)
{
    (void)state;
    static struct run r;
    struct text_file f;
    char words[256];
    text_file_new(&f, sym_span_text("a,b,c,count,low,high\n1,0,0,610,,\n0,1,0,470,,\n0,0,1,830,,\n"
                                    "1,1,0,130,,\n1,0,1,190,,\n0,1,1,110,,\n"));
    (void)snprintf(words, sizeof words, "estimate|%s|--suppressed-below|40|--json", f.path);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\"suppressed\": 1");
    (void)snprintf(words, sizeof words, "estimate|%s|--json", f.path);
    run(&r, words);
    assert_int_equal(r.code, SYM_EXIT_DONE);
    assert_shows(r.out, "\"suppressed\": 0");
    text_file_free(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_lists_with_all_pairs_have_the_closed_form),
        cmocka_unit_test(independent_lists_give_back_their_population),
        cmocka_unit_test(numbers_of_pairs_name_their_lists),
        cmocka_unit_test(lists_that_attract_each_other_are_found),
        cmocka_unit_test(lists_that_share_nobody_may_be_told_apart),
        cmocka_unit_test(lists_without_overlap_are_refused),
        cmocka_unit_test(suppressed_counts_widen_the_interval),
        cmocka_unit_test(noise_widens_the_interval_by_its_variance),
        cmocka_unit_test(the_variance_of_noise_is_that_of_discrete_laplace),
        cmocka_unit_test(the_uk_lists_give_what_was_published),
        cmocka_unit_test(programs_get_the_same),
        cmocka_unit_test(files_that_make_no_sense_are_refused),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
        cmocka_unit_test(missing_rows_are_zero_or_suppressed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
