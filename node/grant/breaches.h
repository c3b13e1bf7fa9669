/* breaches.h - peers that did before the eyes of this node what only a node does that was altered:
 * broke an overlap table, or failed checks of overlaps again and again. Until an operator accepts
 * that (`log accept`), whatever they ask waits for an approver.
 *
 * Kept by the id of the node, the latest: with a proof that others can check (proto/breach.h), or
 * without one where its signature says nothing of what it did. All calls work inside a transaction
 * of the caller. Errors: those of store.h.
 */
#ifndef SYM_NODE_GRANT_BREACHES_H
#define SYM_NODE_GRANT_BREACHES_H

#include "crypto/identity.h"
#include "node/store/store.h"

/* Overlaps with one peer in which a check of its messages failed, before they are a breach: a guess
 * that half of the runs would catch is caught here with 7 in 8. */
#define SYM_BREACH_CHECKS 3u

/* cause: of enum sym_table_cause. proof: may be empty; one that is there is not replaced by none.
 */
SYM_MUST enum sym_err sym_breach_put(struct sym_transaction *t, const struct sym_node_id *peer,
                                     uint32_t cause, struct sym_span proof);
/* A check has failed once more: *failed says how many have since an operator accepted it. */
SYM_MUST enum sym_err sym_breach_count(struct sym_transaction *t, uint32_t *failed,
                                       const struct sym_node_id *peer);
/* What it did, as a clause, for as long as the program runs. SYM_NOT_FOUND: nothing. */
SYM_MUST enum sym_err sym_breach_has(struct sym_transaction *t, const char **what,
                                     const struct sym_node_id *peer);
/* The proof; out must be empty. SYM_NOT_FOUND: there is none. */
SYM_MUST enum sym_err sym_breach_proof(struct sym_transaction *t, struct sym_secret *out,
                                       const struct sym_node_id *peer);
/* SYM_NOT_FOUND: there is none. */
SYM_MUST enum sym_err sym_breach_forget(struct sym_transaction *t, const struct sym_node_id *peer);

#endif
