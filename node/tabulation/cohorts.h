/* cohorts.h - with whom this node was added up: for each dataset and edition (epoch) the
 * participants of the joint tabulations that it paid for, and what a next one is compared with.
 *
 * Two sums of the same edition over almost the same participants tell of the few in which they
 * differ. Each of these knows its own part, the initiator too where it takes part, and can take it
 * away: what is left must be of two at least. So two sets are too close that differ, but in fewer
 * than three members (sym_tab_too_close). Compared are sets that were added up, or still may be:
 * those who consented, from the debit until it is known who survived; then who survived, and
 * nothing else, as the release is of these. What was asked for is not remembered: who asks those
 * again that answered asks of the same set. A tabulation that ended here before it was unmasked is
 * no longer compared with: if the others released it all the same, t of them have unmasked it and
 * compare for all (any two quorums have an honest node in common).
 * All calls work inside a transaction of the caller. Errors: those of store.h.
 */
#ifndef SYM_NODE_TABULATION_COHORTS_H
#define SYM_NODE_TABULATION_COHORTS_H

#include "node/store/store.h"
#include "proto/tabulate.h"

struct sym_cohort {
    struct sym_span dataset;
    uint64_t epoch;
    const uint8_t *qid;  /* 32 bytes */
    struct sym_span ids; /* node ids, ascending */
};

/* With the debit: ids are those who consented. */
SYM_MUST enum sym_err sym_cohort_open(struct sym_transaction *t, const struct sym_cohort *c);
/* With the unmasking, in its place: ids are the survivors. */
SYM_MUST enum sym_err sym_cohort_unmasked(struct sym_transaction *t, const struct sym_cohort *c);
/* It ended before that; fine for any other state. */
SYM_MUST enum sym_err sym_cohort_left(struct sym_transaction *t, const struct sym_cohort *c);
/* At the start, when no tabulation is under way: all that are open were cut off by the end of this
 * node, and those of earlier editions than the last one are forgotten. An edition never goes back,
 * so that nothing is asked of them any more. Not later: while a tabulation is under way, others of
 * the same, meanwhile earlier edition may still have to be compared with it. */
SYM_MUST enum sym_err sym_cohort_start(struct sym_transaction *t);

/* Is it too close to that of another query id? qid: NULL for one that has none yet. */
SYM_MUST enum sym_err sym_cohort_too_close(struct sym_transaction *t, bool *out,
                                           const struct sym_cohort *c);

/* The latest epoch of this name that a query has spent on, 0: none; also of a dataset that was
 * dropped since: another of the same name must not begin behind it, or what was released of the
 * first would answer for it. */
SYM_MUST enum sym_err sym_cohort_last_epoch(struct sym_transaction *t, uint64_t *out,
                                            struct sym_span dataset);

#endif
