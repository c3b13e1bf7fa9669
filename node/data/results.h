/* results.h - what exchanges found: own record ids and the types of identifiers that matched, in
 * pages, kept in the vault so that they can be erased for good.
 *
 * A result belongs to the exchange of its id and counts once the history says that it has one; what
 * a crash left behind is erased at the next start. Every page but the last is full.
 * Errors: those of store.h, vault.h and history.h, SYM_NOT_FOUND.
 */
#ifndef SYM_NODE_DATA_RESULTS_H
#define SYM_NODE_DATA_RESULTS_H

#include "node/data/history.h"
#include "node/store/vault.h"

struct sym_results {
    struct sym_store *store;
    struct sym_vault *vault;
};

/* history must be open. */
SYM_MUST enum sym_err sym_results_open(struct sym_results *r, struct sym_store *store,
                                       struct sym_vault *vault, struct sym_history *history,
                                       struct sym_fault *fault);

/* Rows in columns, as in struct sym_result_page. */
struct sym_result_rows {
    size_t n;
    size_t ids_len;
    uint8_t id_lengths[SYM_RESULT_ROWS_MAX];
    uint8_t types[8u * SYM_RESULT_ROWS_MAX];
    uint8_t ids[SYM_RECORD_ID_BYTES_MAX * SYM_RESULT_ROWS_MAX];
};

/* Appends a record whose matched types are the bits of types; SYM_LIMIT when the page is full. */
SYM_MUST enum sym_err sym_result_rows_add(struct sym_result_rows *rows, struct sym_span id,
                                          uint64_t types);

/* Full pages, which are kept together: a commit costs more than a page does. Zero is none. */
#define SYM_RESULT_PAGES_MAX 32u
struct sym_result_pages {
    struct sym_secret values[SYM_RESULT_PAGES_MAX];
    size_t n;
    uint32_t first; /* number of the first of them, from 0 */
};

/* SYM_LIMIT when there are as many as can be. */
SYM_MUST enum sym_err sym_result_pages_add(struct sym_result_pages *pages,
                                           const struct sym_result_rows *rows);
void sym_result_pages_clear(struct sym_result_pages *pages);
/* Keeps these pages durably; pages then is ready for the next ones. None is fine. */
SYM_MUST enum sym_err sym_results_put(struct sym_results *r, struct sym_span id,
                                      struct sym_result_pages *pages);
/* The rows from `first` on, to the end of the last page that one answer has room for; spans borrow
 * from *value, which must be empty. */
SYM_MUST enum sym_err sym_results_get(struct sym_results *r, struct sym_secret *value,
                                      struct sym_result_page *out, struct sym_span id,
                                      uint64_t first);
/* Is anything kept of it, or does the store not say? Outside of transactions. */
bool sym_results_has(const struct sym_results *r, struct sym_span id);
/* Within a transaction: how many rows there are now. SYM_NOT_FOUND: there never was one, or it was
 * erased. */
SYM_MUST enum sym_err sym_results_count(const struct sym_results *r, struct sym_transaction *t,
                                        struct sym_span id, uint64_t *records);
/* Within a write transaction: it can be read no more; beyond recovery after a sweep of the vault.
 * Fine when there is none, here and below. */
SYM_MUST enum sym_err sym_results_drop(const struct sym_results *r, struct sym_transaction *t,
                                       struct sym_span id);
/* Erases it. */
SYM_MUST enum sym_err sym_results_forget(struct sym_results *r, struct sym_span id,
                                         struct sym_fault *fault);

/* What went out of the results. */
struct sym_results_gone {
    uint64_t results; /* that were changed or erased */
    uint64_t records;
};
/* Within a write transaction: takes the record of this id out of every result that came from this
 * own dataset, or erases all of these results (record empty), also those of exchanges in flight,
 * and changes the history accordingly. Beyond recovery after a sweep of the vault. Time grows with
 * the number of results. *gone is set anew when the transaction runs again. */
SYM_MUST enum sym_err sym_results_forget_of(struct sym_results *r, struct sym_transaction *t,
                                            struct sym_span dataset, struct sym_span record,
                                            struct sym_results_gone *gone);

#endif
