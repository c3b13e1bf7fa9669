/* gi_star.h - the local statistic Gi* of Getis and Ord (1992, 1995): do high or low values lie
 * together around a place?
 *
 * Weights are 1 for a place and its k nearest neighbours, else 0; gi[i] is a standard score. As two
 * places have the same chance of noise, and both are suppressed below the same threshold, values of
 * released counts may be exchanged as the statistic supposes.
 * Pure; all is borrowed. Errors: SYM_LIMIT (more than SYM_GI_STAR_PLACES_MAX).
 */
#ifndef SYM_CLI_TABULATE_GI_STAR_H
#define SYM_CLI_TABULATE_GI_STAR_H

#include "cli/tabulate/points.h"
#include "crypto/result.h"

#include <stddef.h>

#define SYM_GI_STAR_NEIGHBOURS 8u
#define SYM_GI_STAR_PLACES_MAX 2048u

/* How many neighbours count among n places: SYM_GI_STAR_NEIGHBOURS, of few places fewer. */
size_t sym_gi_star_neighbours(size_t n);

/* Of n values at n points; 0 where all values are the same. Of places equally far those that come
 * first are nearer. */
SYM_MUST enum sym_err sym_gi_star(double *gi, const struct sym_point *at, const double *values,
                                  size_t n);

/* Two-sided, of a standard score. */
double sym_gi_star_p(double gi);

/* The largest p that is significant when of those found five in a hundred may be false (Benjamini
 * and Hochberg 1995), or 0. Sorts p. */
double sym_gi_star_limit(double *p, size_t n);

#endif
