/* verbs.h - what users can ask of core: one function for each verb, in tables by room.
 *
 * The arguments are decoded and the user's role was checked; a verb fills the answer, or fault. For
 * core.c and the files of the verbs; nobody else sees it.
 */
#ifndef SYM_NODE_CORE_VERBS_H
#define SYM_NODE_CORE_VERBS_H

#include "node/core/state.h"

typedef enum sym_err sym_verb_fn(struct sym_core *core, const struct sym_author *author,
                                 const void *arguments, struct sym_answer *answer,
                                 struct sym_fault *fault);

/* By enum sym_verb; NULL where the verb belongs to another table. */
extern sym_verb_fn *const sym_verbs_data[SYM_VERB_COUNT];     /* imports and datasets */
extern sym_verb_fn *const sym_verbs_grant[SYM_VERB_COUNT];    /* grants and requests */
extern sym_verb_fn *const sym_verbs_approve[SYM_VERB_COUNT];  /* what waits for an approver */
extern sym_verb_fn *const sym_verbs_exchange[SYM_VERB_COUNT]; /* overlaps, exchanges, results */
extern sym_verb_fn *const sym_verbs_table[SYM_VERB_COUNT];    /* overlap tables */
extern sym_verb_fn *const sym_verbs_tabulate[SYM_VERB_COUNT]; /* tabulations, releases, budgets */
extern sym_verb_fn *const sym_verbs_backup[SYM_VERB_COUNT];
extern sym_verb_fn *const sym_verbs_witness[SYM_VERB_COUNT]; /* logs of partners, comparing */
extern sym_verb_fn *const sym_verbs_log[SYM_VERB_COUNT];     /* the evidence log */
extern sym_verb_fn
    *const sym_verbs_report[SYM_VERB_COUNT]; /* what proves results; reports of them */

/* Has somebody else to let this be done first? what then says it in words. Fills fault and returns
 * SYM_DENIED where nobody could. */
SYM_MUST enum sym_err sym_verb_needs_approval(bool *needed, char what[SYM_DETAIL_BYTES_MAX + 1u],
                                              const struct sym_core *core, enum sym_verb verb,
                                              const struct sym_author *author,
                                              const void *arguments, struct sym_fault *fault);
/* Keeps the command for an approver: SYM_HELD; or, where it was approved and done meanwhile, tells
 * what it began. */
SYM_MUST enum sym_err sym_verb_hold(struct sym_core *core, const struct sym_author *author,
                                    enum sym_verb verb, const char *what, struct sym_answer *answer,
                                    struct sym_fault *fault);
/* Runs one, whoever has to approve it. */
SYM_MUST enum sym_err sym_verb_run(struct sym_core *core, enum sym_verb verb,
                                   const struct sym_author *author, const void *arguments,
                                   struct sym_answer *answer, struct sym_fault *fault);

/* The peer of this alias, or NULL and a line in fault. */
struct sym_peer *sym_verb_peer(struct sym_core *core, struct sym_span alias,
                               struct sym_fault *fault);

#endif
