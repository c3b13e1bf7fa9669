/* journal.h - lines of words as entries of the evidence log, for call sites that have no body of
 * their own yet: `event key=value …`. Errors: those of log.h.
 */
#ifndef SYM_NODE_CORE_JOURNAL_H
#define SYM_NODE_CORE_JOURNAL_H

#include "node/evidence/log.h"

#define SYM_JOURNAL_BYTES 512u

struct sym_journal {
    struct sym_log *log;
};

SYM_MUST enum sym_err sym_journal_add(struct sym_journal *j, uint64_t wall_ms, const char *format,
                                      ...) SYM_PRINTF(3, 4);
SYM_MUST enum sym_err sym_journal_put(struct sym_journal *j, struct sym_transaction *t,
                                      uint64_t wall_ms, const char *format, ...) SYM_PRINTF(4, 5);
SYM_MUST enum sym_err sym_journal_change(const struct sym_author *author, struct sym_store *store,
                                         const char *event, struct sym_span subject,
                                         sym_store_fn *fn, void *context);

#endif
