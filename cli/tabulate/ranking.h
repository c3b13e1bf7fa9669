/* ranking.h - the cells of one level, the largest first: by count, or by rate where the population
 * of their places is known. Suppressed and empty cells are not ranked.
 *
 * Errors: SYM_NO_MEMORY; those of population.h.
 */
#ifndef SYM_CLI_TABULATE_RANKING_H
#define SYM_CLI_TABULATE_RANKING_H

#include "cli/tabulate/population.h"
#include "cli/tabulate/view.h"

struct sym_ranked {
    uint32_t cell; /* within its level */
    uint64_t count;
    uint64_t population; /* 0: not known, or not asked for */
};

/* *out is freed by the caller; *n of them. population: NULL to rank by count. */
SYM_MUST enum sym_err sym_ranking_make(struct sym_ranked **out, size_t *n, const struct sym_view *v,
                                       size_t level, const struct sym_population *population);

/* Per 100,000, in hundredths; of a population that is known. */
uint64_t sym_rate_hundredths(uint64_t count, uint64_t population);
/* The 95 % interval of a count. */
void sym_interval(uint64_t *least, uint64_t *most, uint64_t count, uint64_t half_width);

#endif
