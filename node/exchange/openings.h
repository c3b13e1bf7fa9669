/* openings.h - what opens the commitments of own requests that a peer holds: the salts. The same
 * wish, given again, after a restart too, makes the same commitments by them, and so finds the
 * decision that was made about these: an approval is good for nothing else.
 *
 * An opening is kept when a request is held, and forgotten when it is granted or denied (one of a
 * joint count: when that is done, or an approver has denied it), or after two days: a request waits
 * for one, an approval holds for one. A wish is a digest of who wants what of whom, and why;
 * whatever differs in it is another one. Times are wall clock. Errors: those of store.h.
 */
#ifndef SYM_NODE_EXCHANGE_OPENINGS_H
#define SYM_NODE_EXCHANGE_OPENINGS_H

#include "node/exchange/exchange_matter.h"
#include "node/store/store.h"

/* Sets m->wish: that of an own exchange of this kind with this peer, whose matter says why. bound:
 * what a joint tabulation asks (sym_joint_bound), none for others. */
SYM_MUST enum sym_err sym_opening_wish(struct sym_exchange_matter *m, uint32_t kind,
                                       const struct sym_node_id *peer, struct sym_span bound);

/* Sets the salts of m to those that are kept of its wish, if there are any. */
SYM_MUST enum sym_err sym_opening_find(struct sym_store *store, struct sym_exchange_matter *m,
                                       uint64_t now_ms);
/* Keeps the salts of m, within a transaction. */
SYM_MUST enum sym_err sym_opening_put(struct sym_transaction *t,
                                      const struct sym_exchange_matter *m, uint64_t now_ms);
/* None is fine. */
SYM_MUST enum sym_err sym_opening_drop(struct sym_transaction *t,
                                       const struct sym_exchange_matter *m);
/* Forgets those of two days ago. */
SYM_MUST enum sym_err sym_openings_prune(struct sym_store *store, uint64_t now_ms);

#endif
