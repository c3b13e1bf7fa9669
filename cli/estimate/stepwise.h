/* stepwise.h - the number of records on none of the lists, from a model that is chosen step by
 * step: beginning with independent lists, the pair whose interaction lowers Akaike's criterion most
 * is let in, or one that no longer does is taken out, until nothing lowers it. That is how the UK
 * Home Office estimated the victims of modern slavery in 2013 (Silverman, 2014).
 *
 * The interval is that of the chosen model, normal on the scale of the logarithm of the hidden
 * number. It does not contain the uncertainty of the choice.
 */
#ifndef SYM_CLI_ESTIMATE_STEPWISE_H
#define SYM_CLI_ESTIMATE_STEPWISE_H

#include "cli/estimate/model.h"

struct sym_population_estimate {
    struct sym_model model;
    double total; /* listed and hidden */
    double low;   /* the ends of the 95 % interval of the total */
    double high;
    uint32_t suppressed; /* counts */
};

/* SYM_BAD_VALUE with a line in fault: no two lists have anybody in common, or no model fits.
 * SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_estimate(struct sym_population_estimate *out,
                                   const struct sym_combinations *c, struct sym_fault *fault);

#endif
