/* chance.h - random numbers for Monte Carlo tests: the same from the same seed, and of no use for
 * secrets.
 *
 * Sources: splitmix64 (Steele, Lea, Flood 2014); Poisson by inversion and by PTRS (Hoermann 1993);
 * Gamma by Marsaglia and Tsang (2000).
 */
#ifndef SYM_CLI_TABULATE_CHANCE_H
#define SYM_CLI_TABULATE_CHANCE_H

#include <stdint.h>

struct sym_chance {
    uint64_t state; /* at first: the seed */
};

/* The noise of a release: the difference of two numbers from NB(shares, e^-a). */
struct sym_chance_noise {
    double a;      /* epsilon through sensitivity; 0: there is no noise */
    double shares; /* those present, through those that make a whole discrete Laplace: 1 or more */
};

/* A whole number; mean is not negative. */
double sym_chance_poisson(struct sym_chance *c, double mean);
/* Likewise, of either sign. */
double sym_chance_noise(struct sym_chance *c, const struct sym_chance_noise *noise);
double sym_chance_noise_variance(const struct sym_chance_noise *noise);

#endif
