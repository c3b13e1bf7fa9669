/* history.h - what this node remembers of each exchange that touches data: who asked whom, for
 * what, why, how it was decided and how it ended. One entry for each id, written when it is asked,
 * decided and ended, durably, together with its line in the journal.
 *
 * Case, note and user names do not leave the node; the journal's line has neither case nor note. A
 * start turns those in flight (waiting, running, or held at the initiator, which goes on asking)
 * into aborted ones. Errors: those of store.h and codec.h, SYM_NOT_FOUND.
 */
#ifndef SYM_NODE_CORE_HISTORY_H
#define SYM_NODE_CORE_HISTORY_H

#include "node/core/journal.h"
#include "proto/codec.h"
#include "proto/history.h"

struct sym_history {
    struct sym_store *store;
    struct sym_journal *journal;
};

SYM_MUST enum sym_err sym_history_open(struct sym_history *h, struct sym_store *store,
                                       struct sym_journal *journal, struct sym_fault *fault);

/* Writes the entry, over an earlier one of its id, and its line: event, what the entry says, detail
 * (may be empty, may be cut). SYM_BAD_VALUE for an entry that the message does not allow. */
SYM_MUST enum sym_err sym_history_put(struct sym_history *h, const struct sym_exchange_entry *entry,
                                      const char *event, const char *detail);
/* arena must be empty; *out borrows from it. */
SYM_MUST enum sym_err sym_history_get(struct sym_history *h, struct sym_arena *arena,
                                      struct sym_exchange_entry *out, struct sym_span id);

/* The same within a transaction, and an entry written again, which makes no line: for what else
 * changes it in the same commit and is recorded as that. */
SYM_MUST enum sym_err sym_history_read(struct sym_transaction *t, struct sym_arena *arena,
                                       struct sym_exchange_entry *out, struct sym_span id);
SYM_MUST enum sym_err sym_history_revise(struct sym_transaction *t,
                                         const struct sym_exchange_entry *entry);

typedef enum sym_err sym_history_each_fn(void *context, const struct sym_exchange_entry *entry);
/* Calls fn for the entries of the alias (empty: all) that began before before_ms (0: all), the
 * latest first, until it returns an error, which is passed on; `most` is for fn to keep. An entry
 * is valid during the call, in which fn must not use the store. */
SYM_MUST enum sym_err sym_history_each(struct sym_history *h,
                                       const struct sym_exchange_query *query,
                                       sym_history_each_fn *fn, void *context);

#endif
