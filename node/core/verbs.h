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
extern sym_verb_fn *const sym_verbs_exchange[SYM_VERB_COUNT]; /* overlaps, exchanges, results */
extern sym_verb_fn *const sym_verbs_backup[SYM_VERB_COUNT];

/* The peer of this alias, or NULL and a line in fault. */
struct sym_peer *sym_verb_peer(struct sym_core *core, struct sym_span alias,
                               struct sym_fault *fault);

#endif
