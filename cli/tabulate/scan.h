/* scan.h - Kulldorff's spatial scan statistic (1997) with a Poisson model: is there a circle of
 * places that holds more than its share, and how likely would one be by chance?
 *
 * Each circle around a place, up to half of all population, is compared with what lies outside of
 * it by a log likelihood ratio. How large the largest gets by chance is told by repetitions: counts
 * drawn at the same rate everywhere, with the noise of the release added, suppressed below its
 * threshold, and scanned in the same way.
 * A place that is not shown is taken to hold what its population would at the rate of all, at most
 * one below the threshold; so it never makes a cluster.
 * Pure; all is borrowed. Errors: SYM_LIMIT (more than SYM_SCAN_PLACES_MAX), SYM_NO_MEMORY.
 */
#ifndef SYM_CLI_TABULATE_SCAN_H
#define SYM_CLI_TABULATE_SCAN_H

#include "cli/tabulate/chance.h"
#include "cli/tabulate/points.h"
#include "crypto/result.h"

#include <stdbool.h>
#include <stddef.h>

/* Time and memory grow with the square: seconds and 8 MiB. */
#define SYM_SCAN_PLACES_MAX   2048u
#define SYM_SCAN_CLUSTERS_MAX 10u

struct sym_scan_place {
    struct sym_point at;
    double population; /* above 0 */
    double count;      /* where it is shown */
    bool shown;
};

/* What was done to the counts, and how to repeat it. */
struct sym_scan_rules {
    struct sym_chance_noise noise;
    double threshold; /* counts below are not shown; 0: all are */
    uint32_t repetitions;
    uint64_t seed;
};

struct sym_scan_cluster {
    size_t centre; /* a place */
    size_t n;      /* places */
    size_t shown;  /* of them */
    double square; /* of the radius, as in points.h */
    double population;
    double observed;      /* with what places not shown are taken to hold */
    double expected;      /* at the rate of all */
    double relative_risk; /* inside through outside */
    double llr;
    uint32_t at_least; /* repetitions whose largest ratio is not below llr */
};

struct sym_scan {
    struct sym_scan_cluster clusters[SYM_SCAN_CLUSTERS_MAX]; /* most likely first; none overlap */
    size_t n_clusters;
    double rate; /* of all, per head */
};

/* cluster_of[i], n of them: the cluster that place i is in, from 1; 0: in none. */
SYM_MUST enum sym_err sym_scan_run(struct sym_scan *out, uint8_t *cluster_of,
                                   const struct sym_scan_place *places, size_t n,
                                   const struct sym_scan_rules *rules);

/* The rate of all, per head, and in counts[i] what place i holds or is taken to hold: those
 * together are the rate times all population. */
double sym_scan_rate(double *counts, const struct sym_scan_place *places, size_t n,
                     double threshold);

#endif
