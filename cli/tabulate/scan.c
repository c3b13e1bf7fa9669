#include "cli/tabulate/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TIED       0x8000u /* the next place is as far from the centre: no circle ends here */
#define CASES_MIN  2.0     /* as in SaTScan */
#define STEPS_MAX  100u
#define HALF       0.5
#define PLACE_MASK 0x7fffu

/* The circles around each place: its neighbours, the nearest first, up to half of all population.
 */
struct circles {
    uint16_t *near; /* n rows of n */
    size_t *len;
    size_t n;
    double *population;
    double all;
};

/* The largest ratio of one centre. */
struct best {
    double llr;
    size_t centre;
    size_t n;
};

double sym_scan_rate(double *counts, const struct sym_scan_place *places, size_t n,
                     double threshold)
{
    double cases = 0;
    double population = 0;
    double most = threshold > 1 ? threshold - 1 : 0;
    for (size_t i = 0; i < n; i++) {
        cases += places[i].shown ? places[i].count : 0;
        population += places[i].shown ? places[i].population : 0;
    }
    double rate = population > 0 && cases > 0 ? cases / population : 0;
    /* Newton's steps on a convex function, from above: they end after at most n changes of slope.
     */
    for (size_t step = 0; step < STEPS_MAX && rate > 0; step++) {
        double over = rate * population - cases;
        double slope = population;
        for (size_t i = 0; i < n; i++) {
            if (!places[i].shown && rate * places[i].population > most) {
                over += rate * places[i].population - most;
                slope += places[i].population;
            }
        }
        double less = over / slope;
        rate -= less;
        if (less <= rate * 1e-14) {
            break;
        }
    }
    for (size_t i = 0; i < n; i++) {
        double usual = rate * places[i].population;
        counts[i] = places[i].shown ? places[i].count : usual < most ? usual : most;
    }
    return rate;
}

/* Circles ------------------------------------------------------------------------------------- */

struct neighbour {
    double square;
    uint16_t place;
};

static int nearer(const void *a, const void *b)
{
    const struct neighbour *x = a;
    const struct neighbour *y = b;
    if (x->square < y->square || x->square > y->square) {
        return x->square < y->square ? -1 : 1;
    }
    return x->place < y->place ? -1 : x->place > y->place;
}

static void draw_circles(struct circles *c, struct neighbour *row,
                         const struct sym_scan_place *places)
{
    for (size_t i = 0; i < c->n; i++) {
        uint16_t *near = c->near + i * c->n;
        double inside = 0;
        size_t len = 0;
        for (size_t k = 0; k < c->n; k++) {
            row[k].square = k == i ? -1 : sym_point_square(&places[i].at, &places[k].at);
            row[k].place = (uint16_t)k;
        }
        qsort(row, c->n, sizeof *row, nearer);
        row[0].square = 0;
        for (; len < c->n; len++) {
            inside += places[row[len].place].population;
            if (inside > HALF * c->all) {
                break;
            }
            bool tied = len + 1 < c->n && row[len + 1].square <= row[len].square;
            near[len] = (uint16_t)(row[len].place | (tied ? TIED : 0u));
        }
        c->len[i] = len;
    }
}

static void clear_circles(struct circles *c)
{
    free(c->near);
    free(c->len);
    free(c->population);
}

static enum sym_err make_circles(struct circles *c, const struct sym_scan_place *places, size_t n)
{
    struct neighbour *row = calloc(n, sizeof *row);
    *c = (struct circles){.near = calloc(n * n, sizeof *c->near),
                          .len = calloc(n, sizeof *c->len),
                          .population = calloc(n, sizeof *c->population),
                          .n = n};
    enum sym_err err = row != NULL && c->near != NULL && c->len != NULL && c->population != NULL
                           ? SYM_OK
                           : SYM_NO_MEMORY;
    if (err == SYM_OK) {
        for (size_t i = 0; i < n; i++) {
            c->population[i] = places[i].population;
            c->all += places[i].population;
        }
        draw_circles(c, row, places);
    } else {
        clear_circles(c);
    }
    free(row);
    return err;
}

/* Ratios -------------------------------------------------------------------------------------- */

static double ratio(double observed, double expected, double all)
{
    double outside = all - observed;
    double llr = observed * log(observed / expected);
    return outside > 0 ? llr + outside * log(outside / (all - expected)) : llr;
}

/* The largest ratio around this place that is above `floor`; llr 0 where there is none. */
static struct best best_of(const struct circles *c, size_t centre, const double *counts,
                           double rate, double floor)
{
    const uint16_t *near = c->near + centre * c->n;
    struct best best = {.llr = 0, .centre = centre};
    double cases = rate * c->all;
    double observed = 0;
    double inside = 0;
    for (size_t k = 0; k < c->len[centre]; k++) {
        size_t place = near[k] & PLACE_MASK;
        observed += counts[place];
        inside += c->population[place];
        double expected = rate * inside;
        double excess = observed - expected;
        if (excess <= 0 || (near[k] & TIED) != 0 || observed < CASES_MIN) {
            continue;
        }
        /* As log x <= x - 1, the ratio is at most this quotient: most need no logarithm. */
        if (cases * excess * excess <= floor * expected * (cases - expected)) {
            continue;
        }
        double llr = ratio(observed, expected, cases);
        if (llr > floor) {
            floor = llr;
            best.llr = llr;
            best.n = k + 1;
        }
    }
    return best;
}

/* Chance -------------------------------------------------------------------------------------- */

static double repeat(struct sym_scan_place *drawn, double *counts, const struct circles *c,
                     double rate, struct sym_chance *chance, const struct sym_scan_rules *rules)
{
    double largest = 0;
    for (size_t i = 0; i < c->n; i++) {
        double count = sym_chance_poisson(chance, rate * c->population[i]) +
                       sym_chance_noise(chance, &rules->noise);
        drawn[i].count = count;
        drawn[i].shown = rules->threshold <= 0 || count >= rules->threshold;
    }
    double own = sym_scan_rate(counts, drawn, c->n, rules->threshold);
    for (size_t i = 0; own > 0 && i < c->n; i++) {
        struct best best = best_of(c, i, counts, own, largest);
        largest = best.llr > largest ? best.llr : largest;
    }
    return largest;
}

static enum sym_err ask_chance(struct sym_scan *s, const struct circles *c,
                               const struct sym_scan_place *places,
                               const struct sym_scan_rules *rules)
{
    struct sym_chance chance = {rules->seed};
    struct sym_scan_place *drawn = calloc(c->n, sizeof *drawn);
    double *counts = calloc(c->n, sizeof *counts);
    enum sym_err err = drawn != NULL && counts != NULL ? SYM_OK : SYM_NO_MEMORY;
    if (err == SYM_OK) {
        memcpy(drawn, places, c->n * sizeof *drawn);
    }
    for (uint32_t r = 0; err == SYM_OK && s->n_clusters > 0 && r < rules->repetitions; r++) {
        double largest = repeat(drawn, counts, c, s->rate, &chance, rules);
        for (size_t i = 0; i < s->n_clusters; i++) {
            s->clusters[i].at_least += largest >= s->clusters[i].llr;
        }
    }
    free(drawn);
    free(counts);
    return err;
}

/* Clusters ------------------------------------------------------------------------------------ */

static int likelier(const void *a, const void *b)
{
    const struct best *x = a;
    const struct best *y = b;
    if (x->llr < y->llr || x->llr > y->llr) {
        return x->llr > y->llr ? -1 : 1;
    }
    return x->centre < y->centre ? -1 : x->centre > y->centre;
}

static bool overlaps(const struct circles *c, const struct best *b, const uint8_t *cluster_of)
{
    for (size_t k = 0; k < b->n; k++) {
        if (cluster_of[c->near[b->centre * c->n + k] & PLACE_MASK] != 0) {
            return true;
        }
    }
    return false;
}

static void take(struct sym_scan *s, uint8_t *cluster_of, const struct circles *c,
                 const struct best *b, const struct sym_scan_place *places, const double *counts)
{
    struct sym_scan_cluster *to = &s->clusters[s->n_clusters++];
    *to = (struct sym_scan_cluster){.centre = b->centre, .n = b->n, .llr = b->llr};
    for (size_t k = 0; k < b->n; k++) {
        size_t place = c->near[b->centre * c->n + k] & PLACE_MASK;
        cluster_of[place] = (uint8_t)s->n_clusters;
        to->population += c->population[place];
        to->observed += counts[place];
        to->shown += places[place].shown;
        to->square = sym_point_square(&places[b->centre].at, &places[place].at);
    }
    to->expected = s->rate * to->population;
    double outside = s->rate * c->all - to->observed;
    to->relative_risk =
        outside > 0 ? (to->observed / to->expected) * ((s->rate * c->all - to->expected) / outside)
                    : INFINITY;
}

enum sym_err sym_scan_run(struct sym_scan *out, uint8_t *cluster_of,
                          const struct sym_scan_place *places, size_t n,
                          const struct sym_scan_rules *rules)
{
    struct circles c;
    *out = (struct sym_scan){.n_clusters = 0};
    if (n == 0) {
        return SYM_OK;
    }
    if (n > SYM_SCAN_PLACES_MAX) {
        return SYM_LIMIT;
    }
    memset(cluster_of, 0, n);
    enum sym_err err = make_circles(&c, places, n);
    if (err != SYM_OK) {
        return err;
    }
    struct best *best = calloc(n, sizeof *best);
    double *counts = calloc(n, sizeof *counts);
    err = best != NULL && counts != NULL ? SYM_OK : SYM_NO_MEMORY;
    if (err == SYM_OK) {
        out->rate = sym_scan_rate(counts, places, n, rules->threshold);
        for (size_t i = 0; i < n; i++) {
            best[i] = best_of(&c, i, counts, out->rate, 0);
        }
        qsort(best, n, sizeof *best, likelier);
        for (size_t i = 0; i < n && best[i].llr > 0 && out->n_clusters < SYM_SCAN_CLUSTERS_MAX;
             i++) {
            if (!overlaps(&c, &best[i], cluster_of)) {
                take(out, cluster_of, &c, &best[i], places, counts);
            }
        }
        err = ask_chance(out, &c, places, rules);
    }
    free(best);
    free(counts);
    clear_circles(&c);
    return err;
}
