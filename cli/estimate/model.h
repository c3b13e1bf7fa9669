/* model.h - one Poisson log-linear model of a table of combinations, fitted by maximum likelihood.
 *
 * log(mean of a combination) = constant + one term for each list in it + one for each pair of lists
 * in it that the model lets depend on each other. The constant is the logarithm of the mean of the
 * empty combination: of the records on no list.
 *
 * A pair of lists that no record shares has a term of minus infinity: its combinations have mean 0
 * and are left out of the fit (Chan, Silverman and Vincent, 2021), the term counts in the AIC.
 * Suppressed counts are censored: the fit is by expectation and maximisation (Dempster, Laird and
 * Rubin, 1977), their missing information is taken off (Louis, 1982). Noise of known variance makes
 * no other fit, but a wider interval (the sandwich of Huber, 1967).
 */
#ifndef SYM_CLI_ESTIMATE_MODEL_H
#define SYM_CLI_ESTIMATE_MODEL_H

#include "cli/estimate/combinations.h"

#define SYM_ESTIMATE_PAIRS_MAX (SYM_ESTIMATE_LISTS_MAX * (SYM_ESTIMATE_LISTS_MAX - 1) / 2)

struct sym_model {
    uint64_t pairs;   /* bit set of sym_model_pair */
    double hidden;    /* mean of the empty combination */
    double log_se;    /* standard error of its logarithm */
    double listed;    /* mean of all others together */
    double aic;       /* Akaike's criterion: 2 * parameters - 2 * log likelihood */
    double deviance;  /* against one mean for each count; of exact counts */
    uint32_t freedom; /* counts less parameters */
};

/* The number of the pair of lists a < b among those of a table; and back. */
uint32_t sym_model_pair(uint32_t a, uint32_t b);
void sym_model_pair_lists(uint32_t *a, uint32_t *b, uint32_t pair);

/* Fits the model with these pairs. SYM_BAD_VALUE: it has no maximum of likelihood, or these data
 * cannot tell its terms apart. SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_model_fit(struct sym_model *out, const struct sym_combinations *c,
                                    uint64_t pairs);

#endif
