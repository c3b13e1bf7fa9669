/* breaches.h - peers that broke an overlap table before the eyes of this node: until an operator
 * accepts that (`log accept`), whatever they ask waits for an approver.
 *
 * Kept by the id of the node, the latest: with a proof that others can check (proto/breach.h), or
 * without one where its signature says nothing of what it did. All calls work inside a transaction
 * of the caller. Errors: those of store.h.
 */
#ifndef SYM_NODE_TABULATION_BREACHES_H
#define SYM_NODE_TABULATION_BREACHES_H

#include "crypto/identity.h"
#include "node/store/store.h"

/* proof: may be empty; one that is there is not replaced by none. */
SYM_MUST enum sym_err sym_breach_put(struct sym_transaction *t, const struct sym_node_id *peer,
                                     uint32_t cause, struct sym_span proof);
/* SYM_NOT_FOUND: it has broken nothing. */
SYM_MUST enum sym_err sym_breach_has(struct sym_transaction *t, const struct sym_node_id *peer);
/* The proof; out must be empty. SYM_NOT_FOUND: there is none. */
SYM_MUST enum sym_err sym_breach_proof(struct sym_transaction *t, struct sym_secret *out,
                                       const struct sym_node_id *peer);
/* SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_breach_forget(struct sym_transaction *t, const struct sym_node_id *peer);

#endif
