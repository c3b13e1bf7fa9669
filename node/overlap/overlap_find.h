/* overlap_find.h - from tokens that matched to own records: reads the content of a dataset again,
 * one segment per turn of the loop, and keeps the records that hold any of them, as far as the rule
 * goes; and counts how often own records share keys: that the worker pool does, for some segments
 * at the same time. Records are kept in the order of the dataset. Errors: those of datasets.h
 * (SYM_CANCELLED: the dataset was dropped, or a record of it forgotten, meanwhile), workers.h and
 * results.h.
 */
#ifndef SYM_NODE_OVERLAP_OVERLAP_FIND_H
#define SYM_NODE_OVERLAP_OVERLAP_FIND_H

#include "node/data/datasets.h"
#include "node/data/results.h"
#include "node/loop.h"
#include "node/overlap/overlap_set.h"
#include "proto/keys.h"

struct sym_overlap_find;

struct sym_overlap_find_config {
    struct sym_loop *loop;
    struct sym_errands *errands;
    struct sym_results *results;
    struct sym_overlap_set *set; /* what matched, and its content; it is held */
    enum sym_overlap_rule rule;  /* which records are kept */
    uint64_t keys;               /* types whose sharing is counted, by bit; 0: none */
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
};

/* All pages are kept, durably, or it failed. */
typedef void sym_overlap_find_fn(void *owner, enum sym_err err);

/* done is called later, once, unless it was freed before. */
SYM_MUST enum sym_err sym_overlap_find_new(struct sym_overlap_find **out,
                                           const struct sym_overlap_find_config *config,
                                           sym_overlap_find_fn *done, void *owner);
/* At any time. NULL is fine. */
void sym_overlap_find_free(struct sym_overlap_find *f);
/* How often the keys of own records are shared; complete when it is done. */
const struct sym_shared_keys *sym_overlap_find_shared(const struct sym_overlap_find *f);
/* Records found so far. */
uint64_t sym_overlap_find_records(const struct sym_overlap_find *f);

#endif
