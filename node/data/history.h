/* history.h - what this node remembers of each exchange that touches data: who asked whom, for
 * what, why, how it was decided and how it ended. One entry for each id, written when it is asked,
 * decided and ended, in the transaction that puts the same into the log.
 *
 * Case, note and user names do not leave the node. A start turns those in flight (waiting, running,
 * or held at the initiator, which goes on asking) into aborted ones. Errors: those of store.h and
 * codec.h, SYM_NOT_FOUND.
 */
#ifndef SYM_NODE_DATA_HISTORY_H
#define SYM_NODE_DATA_HISTORY_H

#include "node/store/store.h"
#include "proto/codec.h"
#include "proto/history.h"

struct sym_history {
    struct sym_store *store;
};

/* What was cut off when the node ended ends now. Errors: those of store.h. */
SYM_MUST enum sym_err sym_history_open(struct sym_history *h, struct sym_store *store,
                                       struct sym_fault *fault);

/* Writes the entry, over an earlier one of its id, within a transaction. SYM_BAD_VALUE for an entry
 * that the message does not allow. */
SYM_MUST enum sym_err sym_history_put(struct sym_transaction *t,
                                      const struct sym_exchange_entry *entry);
/* arena must be empty; *out borrows from it. */
SYM_MUST enum sym_err sym_history_get(struct sym_history *h, struct sym_arena *arena,
                                      struct sym_exchange_entry *out, struct sym_span id);

/* The same within a transaction. */
SYM_MUST enum sym_err sym_history_read(struct sym_transaction *t, struct sym_arena *arena,
                                       struct sym_exchange_entry *out, struct sym_span id);

/* Sees one entry; an error ends the walk. */
typedef enum sym_err sym_history_each_fn(void *context, const struct sym_exchange_entry *entry);
/* Calls fn for the entries of the alias (empty: all) that began before before_ms (0: all), the
 * latest first, until it returns an error, which is passed on; `most` is for fn to keep. An entry
 * is valid during the call, in which fn must not use the store. */
SYM_MUST enum sym_err sym_history_each(struct sym_history *h,
                                       const struct sym_exchange_query *query,
                                       sym_history_each_fn *fn, void *context);

#endif
