/* opens_state.h - what the files behind opens.h share: opens.c (starting, changes, how many there
 * are, settling alone), opens_row.c (rows, and the statements they make), opens_tell.c (telling
 * again and hearing), opens_withdraw.c (requests that were cancelled while they waited). Nobody
 * else includes it.
 */
#ifndef SYM_NODE_EVIDENCE_OPENS_STATE_H
#define SYM_NODE_EVIDENCE_OPENS_STATE_H

#include "node/evidence/opens.h"

#define SYM_OPEN_KEY_BYTES (SYM_NODE_ID_BYTES + SYM_EXCHANGE_ID_BYTES)

enum sym_open_flag {
    SYM_OPEN_INITIATES = 1,
    SYM_OPEN_GRANTED = 2,
    SYM_OPEN_HAS_REQUEST = 4,
    SYM_OPEN_HAS_RECEIPT = 8,
    SYM_OPEN_OWN_WORD = 16,
    SYM_OPEN_OWN_ABORT = 32,
    SYM_OPEN_THEIR_WORD = 64,
    SYM_OPEN_ALONE = 128 /* an approver did without the other side's word */
};

struct sym_open_row {
    unsigned flags;
    struct sym_node_id peer;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint8_t handle[SYM_EXCHANGE_ID_BYTES];
    uint8_t request_hash[SYM_HASH_BYTES];
    uint8_t receipt_hash[SYM_HASH_BYTES];
    struct sym_statement own; /* its transcripts, time and reason */
};

/* Of a joint tabulation that waits at all its participants, and some more. */
#define SYM_WITHDRAWALS_MAX 320u

/* The own abort of a request that a peer holds. */
struct sym_withdrawal {
    struct sym_node_id peer;
    bool told; /* in a meeting that may not have come to its end */
    uint8_t bytes[SYM_STATEMENT_BYTES];
    size_t len;
};

/* How far a peer was told what is owed; in memory, a restart begins with the first. */
struct sym_open_place {
    struct sym_node_id peer;
    uint8_t after[SYM_EXCHANGE_ID_BYTES]; /* the last that was told */
};

struct sym_opens {
    struct sym_opens_config config;
    struct sym_withdrawal withdrawals[SYM_WITHDRAWALS_MAX]; /* the oldest first */
    size_t n_withdrawals;
    uint8_t answer[SYM_STATEMENT_BYTES];
    struct sym_open_place places[SYM_PEERS_MAX]; /* of peers that were told not all at once */
    size_t n_places;
};

bool sym_open_has(const struct sym_open_row *r, enum sym_open_flag f);
void sym_open_set(struct sym_open_row *r, enum sym_open_flag f);
/* Ended here, granted, and the other side's word is missing. */
bool sym_open_is_owed(const struct sym_open_row *r);

void sym_open_new(struct sym_open_row *r, const struct sym_open *e);
SYM_MUST enum sym_err sym_open_read(struct sym_open_row *out, struct sym_span key,
                                    struct sym_span value);
struct sym_span sym_open_key(uint8_t out[SYM_OPEN_KEY_BYTES], const struct sym_node_id *peer,
                             const uint8_t *id);
SYM_MUST enum sym_err sym_open_get(struct sym_transaction *t, struct sym_open_row *out,
                                   const struct sym_node_id *peer, const uint8_t *id);
/* Where it belongs: with those of which something is owed, or with the others. */
SYM_MUST enum sym_err sym_open_put(struct sym_transaction *t, const struct sym_open_row *r);
/* Where there is none, that is fine. */
SYM_MUST enum sym_err sym_open_delete(struct sym_transaction *t, enum sym_table table,
                                      struct sym_span key);
/* The rows of one peer of which something is owed, behind the exchange `after` (NULL: all of them).
 * SYM_LIMIT of fn ends the walk, and is no error. */
typedef enum sym_err sym_open_row_fn(void *context, const struct sym_open_row *r);
SYM_MUST enum sym_err sym_open_each(struct sym_transaction *t, const struct sym_node_id *peer,
                                    const uint8_t *after, sym_open_row_fn *fn, void *context);

/* Those of this peer, as sym_opens_each. */
SYM_MUST enum sym_err sym_opens_tell_withdrawals(struct sym_opens *o,
                                                 const struct sym_node_id *peer,
                                                 sym_opens_each_fn *fn, void *context);

/* Signs the own word; out holds SYM_STATEMENT_BYTES, *written is empty after an error. */
SYM_MUST enum sym_err sym_open_write_own(const struct sym_opens *o, const struct sym_open_row *r,
                                         uint8_t *out, struct sym_span *written);
/* The own word becomes an abort: what was sent is not known any more. */
SYM_MUST enum sym_err sym_open_abort(struct sym_open_row *r);
/* An entry of the log about the exchange; fills in the role, and the handle where it has one. */
SYM_MUST enum sym_err sym_open_append(struct sym_opens *o, struct sym_transaction *t,
                                      enum sym_entry_kind kind, const struct sym_open_row *r,
                                      const struct sym_author *author, struct sym_entry_body *body);

#endif
