/* contribution.h - what this node adds to a joint tabulation: the published snapshot of a dataset,
 * counted into the cells of a cube.
 *
 * One segment is read per turn of the loop, and counted by a worker while the next is read; memory
 * is one array of cells, wiped at the end. It shares the cube.
 * Errors: those of datasets.h and workers.h; SYM_LIMIT (a cell beyond 2^53), SYM_NO_MEMORY.
 */
#ifndef SYM_NODE_TABULATION_CONTRIBUTION_H
#define SYM_NODE_TABULATION_CONTRIBUTION_H

#include "node/data/datasets.h"
#include "node/work/errands.h"
#include "proto/cube.h"

struct sym_contribution;

struct sym_contribution_config {
    struct sym_loop *loop;
    struct sym_errands *errands;
    struct sym_content *content; /* a published snapshot; the contribution's, once it was made */
    struct sym_cube *cube;
    uint32_t records_per_incident; /* 1, or as aggregates declare */
};

/* It is ready, or will never be. */
typedef void sym_contribution_fn(void *owner, struct sym_contribution *c, enum sym_err err);

/* Begins to read; done is called later, once, unless it was freed before. */
SYM_MUST enum sym_err sym_contribution_new(struct sym_contribution **out,
                                           const struct sym_contribution_config *config,
                                           sym_contribution_fn *done, void *owner);
/* At any time; wipes. NULL is fine. */
void sym_contribution_free(struct sym_contribution *c);

/* Of one that is ready: one count per cell; the caller owns them then, wipes and frees. */
uint64_t *sym_contribution_take(struct sym_contribution *c);
/* Records that count in some cell, and in none. */
void sym_contribution_records(const struct sym_contribution *c, uint64_t *counted,
                              uint64_t *left_out);

#endif
