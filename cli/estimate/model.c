#include "cli/estimate/model.h"

#include "cli/estimate/normal_equations.h"

#include <math.h>
#include <stdlib.h>

#define TERMS_MAX      (1 + SYM_ESTIMATE_LISTS_MAX + SYM_ESTIMATE_PAIRS_MAX)
#define ITERATIONS_MAX 2000
#define HALVINGS_MAX   40
#define CONVERGED      1e-10 /* relative, of the log likelihood */
#define ETA_MAX        35.0  /* means beyond 10^15 are no people */

/* What a fit asks of a combination again and again. */
struct cell {
    bool is_fitted;
    double log_factorial; /* of its count */
    size_t n;
    size_t terms[TERMS_MAX]; /* those that are 1 */
};

struct fit {
    const struct sym_combinations *c;
    uint64_t pairs;           /* with a term of their own: not those of minus infinity */
    uint64_t never;           /* combinations with mean 0 have one of these pairs */
    size_t places[TERMS_MAX]; /* of pair number i among the terms */
    size_t terms;
    double coefficients[TERMS_MAX];
    struct cell *cells;
    double *means; /* by combination */
    struct sym_normal *normal;
};

uint32_t sym_model_pair(uint32_t a, uint32_t b)
{
    return b * (b - 1) / 2 + a;
}

void sym_model_pair_lists(uint32_t *a, uint32_t *b, uint32_t pair)
{
    *b = 1;
    while (sym_model_pair(0, *b + 1) <= pair) {
        ++*b;
    }
    *a = pair - sym_model_pair(0, *b);
}

static bool has_pair(const struct sym_combinations *c, uint32_t cell, uint64_t pairs)
{
    for (uint32_t b = 1; b < c->lists; b++) {
        for (uint32_t a = 0; a < b && (cell >> b & 1) != 0; a++) {
            if ((cell >> a & 1) != 0 && (pairs >> sym_model_pair(a, b) & 1) != 0) {
                return true;
            }
        }
    }
    return false;
}

/* Pairs of lists that, as far as the table tells, no record shares. */
static uint64_t unshared(const struct sym_combinations *c)
{
    uint64_t out = 0;
    for (uint32_t b = 1; b < c->lists; b++) {
        for (uint32_t a = 0; a < b; a++) {
            uint32_t both = 1u << a | 1u << b;
            bool shared = false;
            for (uint32_t cell = 1; cell < c->cells && !shared; cell++) {
                shared = (cell & both) == both && (c->counts[cell] > 0 || c->suppressed[cell]);
            }
            out |= shared ? 0 : UINT64_C(1) << sym_model_pair(a, b);
        }
    }
    return out;
}

static size_t terms_of(size_t out[TERMS_MAX], const struct fit *f, uint32_t cell)
{
    size_t n = 0;
    out[n++] = 0;
    for (uint32_t i = 0; i < f->c->lists; i++) {
        if ((cell >> i & 1) != 0) {
            out[n++] = 1 + i;
        }
    }
    for (uint32_t b = 1; b < f->c->lists; b++) {
        for (uint32_t a = 0; a < b; a++) {
            uint32_t pair = sym_model_pair(a, b);
            if ((cell >> a & cell >> b & 1) != 0 && (f->pairs >> pair & 1) != 0) {
                out[n++] = f->places[pair];
            }
        }
    }
    return n;
}

static void prepare(struct fit *f)
{
    for (uint32_t cell = 1; cell < f->c->cells; cell++) {
        struct cell *of = &f->cells[cell];
        of->is_fitted = !has_pair(f->c, cell, f->never);
        of->log_factorial = f->c->suppressed[cell] ? 0 : lgamma(f->c->counts[cell] + 1);
        of->n = terms_of(of->terms, f, cell);
    }
}

/* Sums over the counts below `below` of the Poisson distribution with this mean, each divided by
 * P(0): of 1, of the count, of its square. */
static void censored_sums(double out[3], double mean, double below)
{
    double share = 1;
    out[0] = 1;
    out[1] = out[2] = 0;
    for (double y = 1; y < below; y++) {
        share *= mean / y;
        out[0] += share;
        out[1] += share * y;
        out[2] += share * y * y;
    }
}

/* What is known of a count, given its mean: its expectation, its variance, its log probability. */
static void known(double *expected, double *variance, double *log_probability, const struct fit *f,
                  uint32_t cell, double mean)
{
    const struct sym_combinations *c = f->c;
    double sums[3];
    if (!c->suppressed[cell]) {
        double y = c->counts[cell];
        *expected = y;
        *variance = 0;
        *log_probability = (y > 0 ? y * log(mean) : 0) - mean - f->cells[cell].log_factorial;
        return;
    }
    censored_sums(sums, mean, c->below);
    *expected = sums[1] / sums[0];
    *variance = sums[2] / sums[0] - *expected * *expected;
    *log_probability = log(sums[0]) - mean;
}

/* The means of these coefficients and their log likelihood; -INFINITY when one is beyond reason. */
static double likelihood(struct fit *f, const double *coefficients)
{
    double sum = 0;
    double expected, variance, log_probability;
    for (uint32_t cell = 1; cell < f->c->cells; cell++) {
        const struct cell *of = &f->cells[cell];
        if (!of->is_fitted) {
            continue;
        }
        double eta = 0;
        for (size_t i = 0; i < of->n; i++) {
            eta += coefficients[of->terms[i]];
        }
        if (!(fabs(eta) < ETA_MAX)) {
            return -INFINITY;
        }
        f->means[cell] = exp(eta);
        known(&expected, &variance, &log_probability, f, cell, f->means[cell]);
        sum += log_probability;
    }
    return sum;
}

/* The normal equations at these means. missing: 1 takes off the information that suppression takes.
 */
static void gather(struct fit *f, double missing)
{
    double expected, variance, log_probability;
    sym_normal_reset(f->normal);
    for (uint32_t cell = 1; cell < f->c->cells; cell++) {
        const struct cell *of = &f->cells[cell];
        if (of->is_fitted) {
            double mean = f->means[cell];
            known(&expected, &variance, &log_probability, f, cell, mean);
            sym_normal_add(f->normal, of->terms, of->n, mean - missing * variance, expected - mean);
        }
    }
}

/* Independence of lists of these sizes, as far as they are known: where the fit begins. */
static void begin(struct fit *f)
{
    double total = 1;
    double on[SYM_ESTIMATE_LISTS_MAX];
    for (uint32_t i = 0; i < f->c->lists; i++) {
        on[i] = 1;
    }
    for (uint32_t cell = 1; cell < f->c->cells; cell++) {
        double y = f->c->suppressed[cell] ? f->c->below / 4 : f->c->counts[cell];
        total += y;
        for (uint32_t i = 0; i < f->c->lists; i++) {
            on[i] += (cell >> i & 1) != 0 ? y : 0;
        }
    }
    total *= 2;
    f->coefficients[0] = log(total);
    for (uint32_t i = 0; i < f->c->lists; i++) {
        double share = on[i] / (total + 1);
        f->coefficients[1 + i] = log(share / (1 - share));
        f->coefficients[0] += log(1 - share);
    }
}

/* Fisher's scoring, in halves of steps where a whole one leads downhill. */
static enum sym_err climb(struct fit *f, double *best)
{
    double step[TERMS_MAX];
    double row[TERMS_MAX];
    double tried[TERMS_MAX];
    *best = likelihood(f, f->coefficients);
    for (int round = 0; round < ITERATIONS_MAX; round++) {
        double before = *best;
        double length = 1;
        gather(f, 0);
        enum sym_err err = sym_normal_solve(f->normal, step, row);
        if (err != SYM_OK) {
            return err;
        }
        int halving = 0;
        do {
            for (size_t i = 0; i < f->terms; i++) {
                tried[i] = f->coefficients[i] + length * step[i];
            }
            *best = likelihood(f, tried);
            length /= 2;
        } while (!(*best >= before) && ++halving < HALVINGS_MAX);
        if (!(*best > before)) {
            *best = likelihood(f, f->coefficients);
            return SYM_OK;
        }
        for (size_t i = 0; i < f->terms; i++) {
            f->coefficients[i] = tried[i];
        }
        if (*best - before < CONVERGED * (fabs(*best) + 1)) {
            return SYM_OK;
        }
    }
    return SYM_BAD_VALUE;
}

/* The standard error of the constant: from the information, and from noise by way of it. */
static enum sym_err standard_error(double *out, struct fit *f)
{
    double step[TERMS_MAX];
    double row[TERMS_MAX];
    gather(f, 1);
    enum sym_err err = sym_normal_solve(f->normal, step, row);
    if (err != SYM_OK) {
        return err;
    }
    double variance = row[0];
    for (uint32_t cell = 1; cell < f->c->cells; cell++) {
        const struct cell *of = &f->cells[cell];
        if (of->is_fitted && !f->c->suppressed[cell]) {
            double moves = 0;
            for (size_t i = 0; i < of->n; i++) {
                moves += row[of->terms[i]];
            }
            variance += moves * moves * f->c->noise_variance;
        }
    }
    *out = sqrt(variance);
    return isfinite(*out) ? SYM_OK : SYM_BAD_VALUE;
}

static void conclude(struct sym_model *out, const struct fit *f, double log_likelihood)
{
    uint32_t counts = 0;
    uint32_t parameters = 1 + f->c->lists;
    for (uint64_t p = out->pairs; p != 0; p &= p - 1) {
        parameters++;
    }
    double full = 0;
    for (uint32_t cell = 1; cell < f->c->cells; cell++) {
        double y = f->c->counts[cell];
        counts++;
        if (f->cells[cell].is_fitted) {
            out->listed += f->c->suppressed[cell] ? f->means[cell] : y;
            full += f->c->suppressed[cell]
                        ? 0
                        : (y > 0 ? y * log(y) : 0) - y - f->cells[cell].log_factorial;
        }
    }
    out->hidden = exp(f->coefficients[0]);
    out->aic = 2 * parameters - 2 * log_likelihood;
    out->deviance = 2 * (full - log_likelihood);
    out->freedom = counts > parameters ? counts - parameters : 0;
}

enum sym_err sym_model_fit(struct sym_model *out, const struct sym_combinations *c, uint64_t pairs)
{
    double log_likelihood = 0;
    uint64_t never = unshared(c) & pairs;
    struct fit f = {.c = c, .pairs = pairs & ~never, .never = never, .terms = 1 + c->lists};
    *out = (struct sym_model){.pairs = pairs};
    for (uint32_t pair = 0; pair < SYM_ESTIMATE_PAIRS_MAX; pair++) {
        if ((f.pairs >> pair & 1) != 0) {
            f.places[pair] = f.terms++;
        }
    }
    f.means = calloc(c->cells, sizeof *f.means);
    f.cells = calloc(c->cells, sizeof *f.cells);
    f.normal = sym_normal_new(f.terms);
    enum sym_err err =
        f.means != NULL && f.cells != NULL && f.normal != NULL ? SYM_OK : SYM_NO_MEMORY;
    if (err == SYM_OK) {
        prepare(&f);
        begin(&f);
        err = climb(&f, &log_likelihood);
    }
    if (err == SYM_OK) {
        err = standard_error(&out->log_se, &f);
    }
    if (err == SYM_OK) {
        conclude(out, &f, log_likelihood);
    }
    free(f.means);
    free(f.cells);
    sym_normal_free(f.normal);
    return err;
}
