#include "cli/tabulate/gi_star.h"

#include <math.h>
#include <stdlib.h>

#define FALSE_FOUND 0.05

size_t sym_gi_star_neighbours(size_t n)
{
    size_t few = n / 4 > 0 ? n / 4 : 1;
    return few < SYM_GI_STAR_NEIGHBOURS ? few : SYM_GI_STAR_NEIGHBOURS;
}

/* The sum of the values of a place and of its nearest neighbours. */
static double sum_near(const struct sym_point *at, const double *values, size_t n, size_t place,
                       size_t k)
{
    double squares[SYM_GI_STAR_NEIGHBOURS] = {0};
    size_t near[SYM_GI_STAR_NEIGHBOURS];
    size_t used = 0;
    double sum = values[place];
    for (size_t i = 0; i < n; i++) {
        double square = sym_point_square(&at[place], &at[i]);
        if (i == place || (used == k && square >= squares[k - 1])) {
            continue;
        }
        size_t to = used < k ? used++ : k - 1;
        for (; to > 0 && squares[to - 1] > square; to--) {
            squares[to] = squares[to - 1];
            near[to] = near[to - 1];
        }
        squares[to] = square;
        near[to] = i;
    }
    for (size_t i = 0; i < used; i++) {
        sum += values[near[i]];
    }
    return sum;
}

enum sym_err sym_gi_star(double *gi, const struct sym_point *at, const double *values, size_t n)
{
    double mean = 0;
    double variance = 0;
    if (n > SYM_GI_STAR_PLACES_MAX) {
        return SYM_LIMIT;
    }
    for (size_t i = 0; i < n; i++) {
        mean += values[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        variance += (values[i] - mean) * (values[i] - mean) / (double)n;
    }
    size_t k = sym_gi_star_neighbours(n);
    double weights = (double)k + 1;
    double spread = n > 1 ? variance * weights * ((double)n - weights) / ((double)n - 1) : 0;
    for (size_t i = 0; i < n; i++) {
        gi[i] = spread > 0 ? (sum_near(at, values, n, i, k) - mean * weights) / sqrt(spread) : 0;
    }
    return SYM_OK;
}

double sym_gi_star_p(double gi)
{
    return erfc(fabs(gi) * M_SQRT1_2);
}

static int smaller(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double sym_gi_star_limit(double *p, size_t n)
{
    qsort(p, n, sizeof *p, smaller);
    for (size_t i = n; i-- > 0;) {
        if (p[i] <= FALSE_FOUND * (double)(i + 1) / (double)n) {
            return p[i];
        }
    }
    return 0;
}
