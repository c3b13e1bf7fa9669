/* spatial.h - where a release has clusters of places: the scan statistic (scan.h) and Gi*
 * (gi_star.h) of its first level that has one dimension, of places.
 *
 * Only places with a point take part and, where a population is given, those whose population is
 * known. It reads what was released and spends nothing.
 * Errors: SYM_BAD_VALUE, SYM_NO_MEMORY; the fault is a complete sentence.
 */
#ifndef SYM_CLI_TABULATE_SPATIAL_H
#define SYM_CLI_TABULATE_SPATIAL_H

#include "cli/tabulate/gi_star.h"
#include "cli/tabulate/population.h"
#include "cli/tabulate/scan.h"
#include "cli/tabulate/view.h"
#include "cli/target.h"

#define SYM_SPATIAL_REPETITIONS 999u
#define SYM_SPATIAL_SEED        1u

struct sym_spatial {
    bool has_scan;
    bool has_gi_star;
    bool by_excess; /* Gi* is of what exceeds the expected count; else of counts */
    size_t level;
    size_t n;         /* places that take part */
    size_t left_out;  /* those that do not */
    uint32_t *cells;  /* of each, within the level */
    uint32_t *places; /* of each cell of the level: its place, from 1; 0: left out */
    struct sym_scan_place *values;
    struct sym_scan_rules rules;
    struct sym_scan scan;
    uint8_t *cluster_of; /* of each place, as in scan.h */
    double *gi;          /* of each place */
    double gi_limit;     /* a p up to this is significant */
};

/* Does what the options ask for make sense of this question? Before it has spent anything. */
SYM_MUST enum sym_err sym_spatial_check(const struct sym_tab_query *query,
                                        const struct sym_target *target, bool is_preview,
                                        struct sym_fault *fault);

/* *out is NULL where the options ask for neither; population may be NULL. */
SYM_MUST enum sym_err sym_spatial_new(struct sym_spatial **out, const struct sym_view *v,
                                      const struct sym_target *target,
                                      const struct sym_population *population,
                                      struct sym_fault *fault);
/* NULL is fine. */
void sym_spatial_free(struct sym_spatial *s);

/* Is there a place of this cell of this level? s may be NULL. */
bool sym_spatial_find(size_t *place, const struct sym_spatial *s, size_t level, size_t cell);

/* The chance of such a cluster where all have the same rate. */
double sym_spatial_p(const struct sym_spatial *s, const struct sym_scan_cluster *c);
/* Within how much of the true sum a cluster's count is, 95 of 100 times. */
double sym_spatial_half_width(const struct sym_spatial *s, const struct sym_scan_cluster *c);
/* Is the Gi* of this place more than one among so many has by chance? */
bool sym_spatial_is_significant(const struct sym_spatial *s, size_t place);

#endif
