/* journal.h - what was decided, changed, denied or failed, as an append-only table: number -> line.
 *
 * Each entry is durable before the call returns; an action whose entry cannot be written must not
 * happen, so callers write first. Lines are `time event key=value …` and hold no record, case or
 * note; control characters in them become question marks, and they are cut at SYM_JOURNAL_BYTES
 * - 1. Floods are the caller's to bound. Errors: those of store.h; SYM_EXISTS when the entry is
 * there already, which never happens to one journal of one store.
 */
#ifndef SYM_NODE_CORE_JOURNAL_H
#define SYM_NODE_CORE_JOURNAL_H

#include "node/store/store.h"

#define SYM_JOURNAL_BYTES 512u

struct sym_journal {
    struct sym_store *store;
    uint64_t next;
};

SYM_MUST enum sym_err sym_journal_open(struct sym_journal *j, struct sym_store *store,
                                       struct sym_fault *fault);
/* Adds the formatted line. */
SYM_MUST enum sym_err sym_journal_add(struct sym_journal *j, uint64_t wall_ms, const char *format,
                                      ...) SYM_PRINTF(3, 4);
/* Adds it within a transaction, so that the line and what it tells of are durable together or not
 * at all. */
SYM_MUST enum sym_err sym_journal_put(struct sym_journal *j, struct sym_transaction *t,
                                      uint64_t wall_ms, const char *format, ...) SYM_PRINTF(4, 5);

#endif
