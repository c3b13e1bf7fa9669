/* table_releases.h - what overlap tables released: by the id of the table, the exact bytes that its
 * tallier signed. All calls work inside a transaction of the caller. Errors: those of store.h.
 */
#ifndef SYM_NODE_TABULATION_TABLE_RELEASES_H
#define SYM_NODE_TABULATION_TABLE_RELEASES_H

#include "node/store/store.h"
#include "proto/limits.h"

/* release: signature | TableRelease. One that is there stays as it is; SYM_REPLAY for another one
 * under its id. */
SYM_MUST enum sym_err sym_table_release_put(struct sym_transaction *t,
                                            const uint8_t table[SYM_EXCHANGE_ID_BYTES],
                                            struct sym_span release);
/* out must be empty. SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_table_release_get(struct sym_transaction *t, struct sym_secret *out,
                                            struct sym_span table);

#endif
