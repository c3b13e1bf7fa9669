/* results_state.h - what the files of the results share; nobody else sees it. results.c writes and
 * reads pages and opens the table, results_forget.c erases.
 */
#ifndef SYM_NODE_DATA_RESULTS_STATE_H
#define SYM_NODE_DATA_RESULTS_STATE_H

#include "node/data/results.h"

#define RESULT_DOMAIN    "result/"
#define RESULT_KEY_BYTES (sizeof RESULT_DOMAIN - 1 + SYM_EXCHANGE_ID_BYTES + 4u)

/* A key of the vault: domain, id, page. The prefix of a result is all but the page. */
struct sym_span sym_result_key(uint8_t out[RESULT_KEY_BYTES], struct sym_span id, uint32_t page);
/* How many pages a result has. SYM_NOT_FOUND: there is none. */
SYM_MUST enum sym_err sym_result_page_count(uint32_t *out, struct sym_transaction *t,
                                            struct sym_span id);
/* A page as it is kept, and back again but for its first `skip` rows. */
SYM_MUST enum sym_err sym_result_page_encode(struct sym_secret *value,
                                             const struct sym_result_rows *rows);
SYM_MUST enum sym_err sym_result_page_read(struct sym_result_page *out, struct sym_span value,
                                           size_t skip);

/* The ids of all results; the caller frees items, also after an error. */
struct result_ids {
    uint8_t (*items)[SYM_EXCHANGE_ID_BYTES];
    size_t n;
    size_t room;
};
/* A function of a transaction; context: struct result_ids. */
SYM_MUST enum sym_err sym_result_list_ids(struct sym_transaction *t, void *context);

#endif
