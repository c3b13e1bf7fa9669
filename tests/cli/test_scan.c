/* The scan statistic and Gi*: SaTScan's own answer, examples worked with other means, and how often
 * noise alone would be called a cluster. */
#include "cli/tabulate/gi_star.h"
#include "cli/tabulate/scan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NY 281u

static const struct sym_scan_rules plain = {.repetitions = 999, .seed = 1};

static void near_to(double value, double wanted, double by)
{
    if (!(fabs(value - wanted) <= by)) {
        fail_msg("%.9g is not %.9g", value, wanted);
    }
}

/* What SaTScan published ---------------------------------------------------------------------- */

static FILE *shared(const char *file)
{
    char path[4096];
    const char *root = getenv("SYMBOLON_SHARED");
    (void)snprintf(path, sizeof path, "%s/data/scan/%s", root != NULL ? root : "../shared", file);
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        print_message("%s is not there: SaTScan's answer is not compared with\n", path);
        skip();
    }
    return f;
}

/* The third of the three columns of each line. */
static void read_third(double out[NY], const char *file)
{
    char line[128];
    FILE *f = shared(file);
    for (size_t i = 0; i < NY; i++) {
        char *at = fgets(line, sizeof line, f);
        assert_non_null(at);
        assert_int_equal(strtol(at, &at, 10), i + 1);
        (void)strtod(at, &at);
        out[i] = strtod(at, NULL);
    }
    (void)fclose(f);
}

static void read_new_york(struct sym_scan_place places[NY])
{
    char line[128];
    double people[NY];
    FILE *f = shared("satscan_ny_coords.txt");
    for (size_t i = 0; i < NY; i++) {
        char *at = fgets(line, sizeof line, f);
        assert_non_null(at);
        (void)strtol(at, &at, 10);
        places[i].at.x = strtod(at, &at);
        places[i].at.y = strtod(at, NULL);
    }
    (void)fclose(f);
    f = shared("satscan_ny_cases.txt");
    for (size_t i = 0; i < NY; i++) {
        char *at = fgets(line, sizeof line, f);
        assert_non_null(at);
        assert_int_equal(strtol(at, &at, 10), i + 1);
        places[i].count = strtod(at, NULL);
        places[i].shown = true;
    }
    (void)fclose(f);
    read_third(people, "satscan_ny_pop.txt");
    for (size_t i = 0; i < NY; i++) {
        places[i].population = people[i];
    }
}

static void finds_what_satscan_finds(void **state)
{
    static const struct {
        unsigned centre, n, cases;
        double expected, risk, llr, p;
    } published[] = {
        {52, 28, 100, 58.28, 1.87, 14.083511, 0.00015}, {89, 8, 38, 17.79, 2.22, 9.019716, 0.016},
        {112, 33, 64, 40.85, 1.64, 6.114140, 0.248},    {62, 4, 25, 12.82, 1.99, 4.651839, 0.645},
        {266, 4, 12, 5.14, 2.37, 3.363518, 0.965},      {166, 3, 11, 4.61, 2.41, 3.209485, 0.982}};
    static const unsigned second[] = {89, 88, 87, 84, 90, 86, 92, 85};
    struct sym_scan_place places[NY] = {0};
    struct sym_scan s;
    uint8_t cluster_of[NY];
    (void)state;
    read_new_york(places);
    assert_int_equal(sym_scan_run(&s, cluster_of, places, NY, &plain), SYM_OK);
    assert_true(s.n_clusters >= 6);
    for (size_t i = 0; i < 6; i++) {
        const struct sym_scan_cluster *c = &s.clusters[i];
        assert_int_equal(c->centre + 1, published[i].centre);
        assert_int_equal(c->n, published[i].n);
        near_to(c->observed, published[i].cases, 1e-6);
        near_to(c->expected, published[i].expected, 0.005);
        near_to(c->relative_risk, published[i].risk, 0.005);
        near_to(c->llr, published[i].llr, 1e-6);
        /* Both are of 999 repetitions: four standard errors of their difference. */
        double p = published[i].p;
        near_to((c->at_least + 1) / 1000.0, p, 4 * sqrt(2 * p * (1 - p) / 999) + 0.001);
    }
    for (size_t i = 0; i < sizeof second / sizeof *second; i++) {
        assert_int_equal(cluster_of[second[i] - 1], 2);
    }
}

/* Worked with other means --------------------------------------------------------------------- */

static void set_line(struct sym_scan_place *places, size_t n, const double *x, const double *people,
                     const double *counts)
{
    for (size_t i = 0; i < n; i++) {
        places[i] = (struct sym_scan_place){.at = {x[i], 0, 0},
                                            .population = people[i],
                                            .count = counts[i] > 0 ? counts[i] : 0,
                                            .shown = counts[i] >= 0};
    }
}

static void five_places_in_a_row_give_the_ratio_of_a_calculator(void **state)
{
    static const double x[] = {0, 1, 2.5, 4.5, 5.25};
    static const double people[] = {100, 200, 100, 100, 100};
    static const double counts[] = {10, 25, 12, 30, 23};
    struct sym_scan_place places[5];
    struct sym_scan s;
    struct sym_scan again;
    uint8_t cluster_of[5];
    (void)state;
    set_line(places, 5, x, people, counts);
    assert_int_equal(sym_scan_run(&s, cluster_of, places, 5, &plain), SYM_OK);
    assert_int_equal(s.n_clusters, 1);
    assert_int_equal(s.clusters[0].n, 2);
    near_to(s.clusters[0].observed, 53, 0);
    near_to(s.clusters[0].expected, 100.0 / 3, 1e-9);
    near_to(s.clusters[0].llr, 8.148701480319609, 1e-9); /* 53 ln(53/33.3) + 47 ln(47/66.7) */
    near_to(s.clusters[0].relative_risk, 2.2553191489361697, 1e-9);
    near_to(sqrt(s.clusters[0].square), 0.75, 1e-9);
    assert_memory_equal(cluster_of, ((uint8_t[]){0, 0, 0, 1, 1}), 5);
    assert_in_range(s.clusters[0].at_least, 0, 5);
    assert_int_equal(sym_scan_run(&again, cluster_of, places, 5, &plain), SYM_OK);
    assert_int_equal(again.clusters[0].at_least, s.clusters[0].at_least);
}

static void places_not_shown_hold_what_is_usual_but_not_the_threshold(void **state)
{
    static const double x[] = {0, 1, 2, 3, 4, 5};
    static const double people[] = {100, 200, 100, 100, 100, 3000};
    static const double counts[] = {40, 50, -1, 30, -1, -1};
    static const double wanted[] = {40, 50, 4.088235294, 30, 4.088235294, 19};
    struct sym_scan_place places[6];
    double held[6];
    (void)state;
    set_line(places, 6, x, people, counts);
    near_to(sym_scan_rate(held, places, 6, 20), 0.04088235294117647, 1e-12);
    for (size_t i = 0; i < 6; i++) {
        near_to(held[i], wanted[i], 1e-8);
    }
    for (size_t i = 0; i < 6; i++) {
        places[i].shown = false;
    }
    near_to(sym_scan_rate(held, places, 6, 20), 0, 0);
    near_to(held[5], 0, 0);
}

static void circles_end_behind_all_places_that_are_as_far(void **state)
{
    static const double x[] = {0, 1, -1, 2, -2, 9};
    static const double people[] = {100, 100, 100, 100, 100, 900};
    static const double counts[] = {20, 60, 20, 20, 20, 100};
    struct sym_scan_place places[6];
    struct sym_scan s;
    uint8_t cluster_of[6];
    (void)state;
    set_line(places, 6, x, people, counts);
    assert_int_equal(sym_scan_run(&s, cluster_of, places, 6, &plain), SYM_OK);
    assert_int_equal(s.clusters[0].centre, 1);
    assert_int_equal(s.clusters[0].n, 1);
    places[1].count = 20;
    places[0].count = 60;
    places[1].at.x = -1; /* with the third: from 0 on, circles hold 1, 3 or 5 places */
    places[1].count = 50;
    assert_int_equal(sym_scan_run(&s, cluster_of, places, 6, &plain), SYM_OK);
    assert_int_equal(s.clusters[0].n, 3); /* not 0 and 1 alone, nor 1 alone */
    assert_memory_equal(cluster_of, ((uint8_t[]){1, 1, 1, 0, 0, 0}), 6);
}

static void no_cluster_without_counts_and_none_of_too_many_places(void **state)
{
    struct sym_scan_place *places = calloc(SYM_SCAN_PLACES_MAX + 1, sizeof *places);
    uint8_t *cluster_of = calloc(SYM_SCAN_PLACES_MAX + 1, 1);
    const struct sym_scan_rules once = {.threshold = 11, .repetitions = 1, .seed = 1};
    struct sym_scan s;
    (void)state;
    assert_non_null(places);
    assert_non_null(cluster_of);
    for (size_t i = 0; i <= SYM_SCAN_PLACES_MAX; i++) {
        places[i].population = 100;
        places[i].at.x = (double)i;
    }
    assert_int_equal(sym_scan_run(&s, cluster_of, places, 0, &plain), SYM_OK);
    assert_int_equal(s.n_clusters, 0);
    assert_int_equal(sym_scan_run(&s, cluster_of, places, 50, &once), SYM_OK);
    assert_int_equal(s.n_clusters, 0);
    assert_int_equal(sym_scan_run(&s, cluster_of, places, SYM_SCAN_PLACES_MAX, &once), SYM_OK);
    assert_int_equal(sym_scan_run(&s, cluster_of, places, SYM_SCAN_PLACES_MAX + 1, &once),
                     SYM_LIMIT);
    free(places);
    free(cluster_of);
}

/* Noise --------------------------------------------------------------------------------------- */

static void numbers_by_chance_have_the_moments_that_they_should(void **state)
{
    static const double means[] = {0, 0.3, 7, 11.9, 12.1, 80, 5000};
    const struct sym_chance_noise noise = {.a = 1.0 / 3, .shares = 4.0 / 3};
    const double n = 200000;
    struct sym_chance c = {7};
    double sum = 0;
    double squares = 0;
    (void)state;
    for (size_t m = 0; m < sizeof means / sizeof *means; m++) {
        sum = squares = 0;
        for (size_t i = 0; i < (size_t)n; i++) {
            double x = sym_chance_poisson(&c, means[m]) - means[m];
            sum += x;
            squares += x * x;
        }
        near_to(sum / n, 0, 5 * sqrt(means[m] / n));
        near_to(squares / n, means[m], 5 * sqrt((means[m] + 2 * means[m] * means[m]) / n));
    }
    sum = squares = 0;
    for (size_t i = 0; i < (size_t)n; i++) {
        double x = sym_chance_noise(&c, &noise);
        sum += x;
        squares += x * x;
    }
    double variance = sym_chance_noise_variance(&noise);
    /* 2 r q/(1 - q)^2, q = e^(-1/3) */
    near_to(variance, 8.0 / 3 * 0.7165313105737893 / (0.2834686894262107 * 0.2834686894262107),
            1e-9);
    near_to(sum / n, 0, 5 * sqrt(variance / n));
    near_to(squares / n, variance, 0.03 * variance);
}

/* Releases of 40 places where all have the same rate; how many have a cluster at 5 in 100, by these
 * rules. */
static unsigned false_clusters(const struct sym_scan_rules *truth,
                               const struct sym_scan_rules *rules)
{
    struct sym_scan_place places[40];
    uint8_t cluster_of[40];
    struct sym_chance c = {99};
    unsigned found = 0;
    for (unsigned release = 0; release < 200; release++) {
        struct sym_scan s;
        for (size_t i = 0; i < 40; i++) {
            double people = i % 4 == 0 ? 800 : 100 + 20 * (double)(i % 7);
            double count =
                sym_chance_poisson(&c, people / 10) + sym_chance_noise(&c, &truth->noise);
            places[i] = (struct sym_scan_place){.at = {(double)(i % 8), (double)(i / 8) * 1.1, 0},
                                                .population = people,
                                                .count = count,
                                                .shown = count >= truth->threshold};
        }
        assert_int_equal(sym_scan_run(&s, cluster_of, places, 40, rules), SYM_OK);
        found += s.n_clusters > 0 && s.clusters[0].at_least + 1 <= 5;
    }
    return found;
}

static void noise_and_suppression_alone_are_rarely_called_a_cluster(void **state)
{
    const struct sym_scan_rules truth = {
        .noise = {.a = 1.0 / 4, .shares = 5.0 / 4}, .threshold = 18, .repetitions = 99, .seed = 3};
    struct sym_scan_rules blind = truth;
    (void)state;
    /* 10 of 200 are expected; 23 and more have a chance of 1 in 5000. */
    assert_in_range(false_clusters(&truth, &truth), 1, 22);
    blind.noise.a = 0;
    assert_true(false_clusters(&truth, &blind) > 40);
}

/* Twenty places that are too small to be shown cannot make a ratio by chance; only two can. */
static void repetitions_suppress_as_the_release_did(void **state)
{
    struct sym_scan_place places[22] = {0};
    const struct sym_scan_rules rules = {.threshold = 45, .repetitions = 999, .seed = 1};
    struct sym_scan s;
    uint8_t cluster_of[22];
    (void)state;
    for (size_t i = 0; i < 22; i++) {
        places[i].at = (struct sym_point){(double)(i % 5), (double)(i / 5) * 1.3, 0};
        places[i].population = i < 2 ? 100 : 20;
        places[i].count = i == 0 ? 60 : 46;
        places[i].shown = i < 2;
    }
    assert_int_equal(sym_scan_run(&s, cluster_of, places, 22, &rules), SYM_OK);
    assert_int_equal(s.clusters[0].shown, 1);
    near_to(s.clusters[0].expected - s.clusters[0].observed, -7, 1e-6);
    assert_in_range(s.clusters[0].at_least, 100, 700);
}

/* Gi* ----------------------------------------------------------------------------------------- */

static void gi_star_is_what_the_formula_says(void **state)
{
    static const double x[] = {-0.1, 1.01, 2.04, 3.09, 4.16, 5.25,
                               6.36, 7.49, 8.64, 9.81, 11,   12.21};
    static const double values[] = {9, 8, 7, 5, 3, 1, 2, 1, 0, 1, 2, 1};
    static const double wanted[] = {3.080875991,  3.080875991,  1.900966037,  1.900966037,
                                    0.524404424,  -0.458853871, -1.245460507, -1.835415484,
                                    -1.835415484, -1.835415484, -1.835415484, -1.835415484};
    static const double same[12] = {0};
    struct sym_point at[12] = {{0}};
    double gi[12];
    (void)state;
    for (size_t i = 0; i < 12; i++) {
        at[i].x = x[i];
    }
    assert_int_equal(sym_gi_star_neighbours(12), 3);
    assert_int_equal(sym_gi_star_neighbours(3), 1);
    assert_int_equal(sym_gi_star_neighbours(500), 8);
    assert_int_equal(sym_gi_star(gi, at, values, 12), SYM_OK);
    for (size_t i = 0; i < 12; i++) {
        near_to(gi[i], wanted[i], 1e-8);
    }
    near_to(sym_gi_star_p(gi[0]), 0.002063926, 1e-8);
    near_to(sym_gi_star_p(gi[5]), 0.646339106, 1e-8);
    assert_int_equal(sym_gi_star(gi, at, same, 12), SYM_OK);
    near_to(gi[3], 0, 0);
    assert_int_equal(sym_gi_star(gi, at, values, SYM_GI_STAR_PLACES_MAX + 1), SYM_LIMIT);
}

/* The example of Benjamini and Hochberg's paper: four of fifteen are significant. */
static void of_many_places_few_are_false(void **state)
{
    double p[] = {0.0298, 0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0344,
                  0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0};
    double none[] = {0.2, 0.051, 0.9};
    (void)state;
    near_to(sym_gi_star_limit(p, 15), 0.0095, 0);
    near_to(sym_gi_star_limit(none, 3), 0, 0);
}

static void the_earth_is_round(void **state)
{
    struct sym_point paris = sym_point_on_earth(48856600, 2352200);
    struct sym_point tokyo = sym_point_on_earth(35676200, 139650300);
    struct sym_point west = sym_point_on_earth(0, -179500000);
    struct sym_point east = sym_point_on_earth(0, 179500000);
    (void)state;
    near_to(sym_point_km(sym_point_square(&paris, &tokyo)), 9712, 5);
    near_to(sym_point_km(sym_point_square(&west, &east)), 111.195, 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_satscan_finds),
        cmocka_unit_test(five_places_in_a_row_give_the_ratio_of_a_calculator),
        cmocka_unit_test(places_not_shown_hold_what_is_usual_but_not_the_threshold),
        cmocka_unit_test(circles_end_behind_all_places_that_are_as_far),
        cmocka_unit_test(no_cluster_without_counts_and_none_of_too_many_places),
        cmocka_unit_test(numbers_by_chance_have_the_moments_that_they_should),
        cmocka_unit_test(noise_and_suppression_alone_are_rarely_called_a_cluster),
        cmocka_unit_test(repetitions_suppress_as_the_release_did),
        cmocka_unit_test(gi_star_is_what_the_formula_says),
        cmocka_unit_test(of_many_places_few_are_false),
        cmocka_unit_test(the_earth_is_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
