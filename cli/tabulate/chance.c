#include "cli/tabulate/chance.h"

#include <math.h>

#define INVERSION_MAX 12.0 /* a mean above it: PTRS, which holds from 10 on */

static uint64_t next(struct sym_chance *c)
{
    uint64_t z = (c->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* From 0 to 1, both excluded. */
static double uniform(struct sym_chance *c)
{
    return ((double)(next(c) >> 12) + 0.5) * 0x1p-52;
}

static double normal(struct sym_chance *c)
{
    double radius = sqrt(-2 * log(uniform(c)));
    return radius * cos(2 * M_PI * uniform(c));
}

static double poisson_small(struct sym_chance *c, double mean)
{
    double least = exp(-mean);
    double product = uniform(c);
    double k = 0;
    while (product > least) {
        product *= uniform(c);
        k++;
    }
    return k;
}

double sym_chance_poisson(struct sym_chance *c, double mean)
{
    if (mean < INVERSION_MAX) {
        return poisson_small(c, mean);
    }
    double b = 0.931 + 2.53 * sqrt(mean);
    double a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    double v_r = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double u = uniform(c) - 0.5;
        double v = uniform(c);
        double us = 0.5 - fabs(u);
        double k = floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= v_r) {
            return k;
        }
        if (k >= 0 && (us >= 0.013 || v <= us) &&
            log(v * inverse_alpha / (a / (us * us) + b)) <= k * log(mean) - mean - lgamma(k + 1)) {
            return k;
        }
    }
}

/* Of this shape, at least 1, and scale 1. */
static double gamma_of(struct sym_chance *c, double shape)
{
    double d = shape - 1.0 / 3;
    double s = 1 / sqrt(9 * d);
    for (;;) {
        double x = normal(c);
        double v = 1 + s * x;
        v = v * v * v;
        if (v > 0 && log(uniform(c)) < x * x / 2 + d - d * v + d * log(v)) {
            return d * v;
        }
    }
}

/* A negative binomial number is a Poisson one whose mean is from a gamma distribution. */
double sym_chance_noise(struct sym_chance *c, const struct sym_chance_noise *noise)
{
    if (noise->a <= 0) {
        return 0;
    }
    double scale = 1 / expm1(noise->a);
    double more = sym_chance_poisson(c, gamma_of(c, noise->shares) * scale);
    return more - sym_chance_poisson(c, gamma_of(c, noise->shares) * scale);
}

double sym_chance_noise_variance(const struct sym_chance_noise *noise)
{
    double rest = noise->a > 0 ? -expm1(-noise->a) : 1;
    return noise->a > 0 ? 2 * noise->shares * exp(-noise->a) / (rest * rest) : 0;
}
