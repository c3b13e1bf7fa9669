/* journal.h - what was decided, changed, denied or failed, as an append-only table: number -> line.
 *
 * Each entry is durable before the call returns; an action whose entry cannot be written must not
 * happen: what changes the store is recorded in the same transaction (sym_journal_put,
 * sym_journal_change), before anything else callers write first. Lines are `time event key=value …`
 * and hold no record, case or note; control characters in them become question marks, and they are
 * cut at SYM_JOURNAL_BYTES
 * - 1. Floods are the caller's to bound. Errors: those of store.h.
 */
#ifndef SYM_NODE_CORE_JOURNAL_H
#define SYM_NODE_CORE_JOURNAL_H

#include "node/store/store.h"

#define SYM_JOURNAL_BYTES 512u

struct sym_journal {
    struct sym_store *store;
};

SYM_MUST enum sym_err sym_journal_open(struct sym_journal *j, struct sym_store *store,
                                       struct sym_fault *fault);
/* Adds the formatted line. */
SYM_MUST enum sym_err sym_journal_add(struct sym_journal *j, uint64_t wall_ms, const char *format,
                                      ...) SYM_PRINTF(3, 4);
/* Adds it in a transaction that is open already, so that the line is there exactly when the change
 * is. */
SYM_MUST enum sym_err sym_journal_put(struct sym_journal *j, struct sym_transaction *t,
                                      uint64_t wall_ms, const char *format, ...) SYM_PRINTF(4, 5);

/* Who makes a change. */
struct sym_author {
    struct sym_journal *journal;
    const char *user;
};

/* Runs fn as sym_store_write does and adds `event user=… subject=…` in the same transaction: both
 * happen, or neither. author may be NULL when nobody has asked, as at the first start of a node:
 * then there is no line. */
SYM_MUST enum sym_err sym_journal_change(const struct sym_author *author, struct sym_store *store,
                                         const char *event, struct sym_span subject,
                                         sym_store_fn *fn, void *context);

#endif
