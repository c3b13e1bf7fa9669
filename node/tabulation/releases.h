/* releases.h - what joint tabulations released, and whose release never came.
 *
 * A release is kept by the id of its tabulation and found by its question id: the same question
 * over the same cohort and epochs is answered from here, by every node that took part, and never
 * computed again. Who was asked and took no part then does not change that: it is the only answer
 * of that edition. A tabulation for which this node sent its vector, and
 * whose release has not come by the deadline, is withheld: its initiator gets no other until it
 * comes, or an approver closes it. One that this node's own end cut off before the deadline is
 * nobody's fault, and forgotten.
 * All calls work inside a transaction of the caller. Errors: those of store.h.
 */
#ifndef SYM_NODE_TABULATION_RELEASES_H
#define SYM_NODE_TABULATION_RELEASES_H

#include "node/store/store.h"
#include "proto/tab_member.h"

/* cells: varints of all cells. One that is there stays as it is; SYM_REPLAY for another one under
 * its id. */
SYM_MUST enum sym_err sym_release_put(struct sym_transaction *t,
                                      const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                                      const uint8_t question[SYM_HASH_BYTES], struct sym_span head,
                                      struct sym_span cells);
/* Is it about what was asked for? Query, cohort and cells are known to the protocol's machine, but
 * not these. SYM_BAD_VALUE. */
SYM_MUST enum sym_err sym_release_answers(struct sym_span head, struct sym_span dataset,
                                          uint32_t purpose, uint32_t basis);
/* The Release message; out must be empty. SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_release_head(struct sym_transaction *t, struct sym_secret *out,
                                       struct sym_span tabulation);
/* The page of cells that has this cell; *first: of the page, *n: in the page. SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_release_page(struct sym_transaction *t, struct sym_secret *out,
                                       uint32_t *first, uint32_t *n, struct sym_span tabulation,
                                       uint32_t cell);
/* The latest tabulation that answered this question, if all that were added up in it still have the
 * epochs that they had then. epochs: of the n of the cohort, by place, 0: not known, which does not
 * contradict. SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_release_find(struct sym_transaction *t,
                                       uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                                       const uint8_t question[SYM_HASH_BYTES],
                                       const uint64_t *epochs, uint32_t n);

/* A release of this initiator is waited for until then (wall clock). */
SYM_MUST enum sym_err sym_withheld_put(struct sym_transaction *t,
                                       const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                                       const struct sym_node_id *initiator, uint64_t due_ms);
/* What is owed, as far as it is known: with it the release is taken also when it comes later.
 * SYM_NOT_FOUND: none is waited for. */
SYM_MUST enum sym_err sym_withheld_owe(struct sym_transaction *t,
                                       const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                                       const struct sym_tab_owed *owed);
/* SYM_NOT_FOUND: no release of this initiator's tabulation is waited for. */
SYM_MUST enum sym_err sym_withheld_owed(struct sym_transaction *t, struct sym_tab_owed *out,
                                        struct sym_span tabulation,
                                        const struct sym_node_id *initiator);
/* Fine when there is none. */
SYM_MUST enum sym_err sym_withheld_clear(struct sym_transaction *t,
                                         const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES]);
/* SYM_REPLAY: an id whose release is here, or is waited for: who asks chooses the id, and could put
 * its own tabulation in the place of another's. */
SYM_MUST enum sym_err sym_tabulation_is_new(struct sym_transaction *t,
                                            const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES]);
/* SYM_NOT_FOUND: no release of this one is waited for. */
SYM_MUST enum sym_err sym_withheld_has(struct sym_transaction *t, struct sym_span tabulation);
/* One of this initiator's that is due at now_ms; SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_withheld_find(struct sym_transaction *t,
                                        uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                                        const struct sym_node_id *initiator, uint64_t now_ms);
/* At the start: what is not yet due was cut off by the end of this node. Nobody is to blame when it
 * does not come; it may, within SYM_DELIVERY_MS. */
SYM_MUST enum sym_err sym_withheld_forget(struct sym_transaction *t, uint64_t now_ms);

/* How long an initiator tries to bring a release to participants that have not confirmed it, and
 * these take it. */
#define SYM_DELIVERY_MS UINT64_C(2592000000) /* 30 days */

/* Of an own tabulation: this participant has not confirmed the release. */
SYM_MUST enum sym_err sym_delivery_put(struct sym_transaction *t,
                                       const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                                       const uint8_t participant[SYM_HASH_BYTES],
                                       uint64_t released_ms);
/* It has, or never will; fine when there is none. */
SYM_MUST enum sym_err sym_delivery_made(struct sym_transaction *t,
                                        const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES],
                                        const uint8_t participant[SYM_HASH_BYTES]);
struct sym_delivery_row {
    uint8_t tabulation[SYM_EXCHANGE_ID_BYTES];
    uint8_t participant[SYM_HASH_BYTES];
    uint64_t released_ms;
};
/* The first behind *row; zeros: the first of all. SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_delivery_next(struct sym_transaction *t, struct sym_delivery_row *row);

#endif
