/* opens.h - exchanges that were granted and have ended without both sides' word for how: they are
 * kept, told again when there is a link, and settled once both words are here.
 *
 * A word is a signed close or abort (a statement): exact bytes, durable, appended to the log before
 * it leaves (kinds CLOSED, ABORTED; SETTLED for the other side's). A side that was killed does not
 * know what it sent: its abort has transcripts of 0 frames, a prefix of anything. While more than
 * SYM_OPEN_PER_PEER_MAX are open with a peer, or one is and its deadline has passed, there is no
 * new exchange with it; an approver can settle one alone (verb EXCHANGE_SETTLE).
 * Errors: those of log.h and session.h.
 */
#ifndef SYM_NODE_EVIDENCE_OPENS_H
#define SYM_NODE_EVIDENCE_OPENS_H

#include "node/evidence/log.h"

struct sym_opens;

struct sym_opens_config {
    struct sym_store *store;
    struct sym_log *log;
    struct sym_node_id self;
    const struct sym_sign_key *identity;
};

SYM_MUST enum sym_err sym_opens_open(struct sym_opens **out, const struct sym_opens_config *config,
                                     struct sym_fault *fault);
void sym_opens_close(struct sym_opens *o);

/* In a transaction, with the entry of the grant: from now on both words are owed. */
SYM_MUST enum sym_err sym_opens_begin(struct sym_opens *o, struct sym_transaction *t,
                                      const uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                      const struct sym_node_id *peer, uint32_t role,
                                      const uint8_t request_hash[SYM_HASH_BYTES],
                                      const uint8_t receipt_hash[SYM_HASH_BYTES]);
/* In a transaction, with the entry of the own or the other side's statement. */
SYM_MUST enum sym_err sym_opens_state(struct sym_opens *o, struct sym_transaction *t,
                                      const uint8_t id[SYM_EXCHANGE_ID_BYTES], bool own,
                                      struct sym_span statement);

/* The own statements that the peer has not answered with its own: to be told over a new link. Each
 * is made now where there is none yet (an abort, after a restart). fn may not write. */
typedef enum sym_err sym_opens_each_fn(void *context, struct sym_span statement);
SYM_MUST enum sym_err sym_opens_each(struct sym_opens *o, const struct sym_node_id *peer,
                                     sym_opens_each_fn *fn, void *context);
/* A statement of the peer that came again, or at last: checks and keeps it, with its entry. Known
 * ones are fine. *answer (may come out empty) is the own statement, to be sent back where the peer
 * may not have it; it borrows until the next call. */
SYM_MUST enum sym_err sym_opens_take(struct sym_opens *o, const struct sym_node_id *peer,
                                     const uint8_t identity[SYM_ED25519_BYTES],
                                     struct sym_span statement, struct sym_span *answer,
                                     struct sym_fault *fault);

size_t sym_opens_count(const struct sym_opens *o, const struct sym_node_id *peer);
/* May a new exchange with this peer begin? SYM_LIMIT and why otherwise. */
SYM_MUST enum sym_err sym_opens_allow(const struct sym_opens *o, const struct sym_node_id *peer,
                                      struct sym_fault *fault);
/* An approver closes it alone. */
SYM_MUST enum sym_err sym_opens_settle(struct sym_opens *o, const struct sym_author *author,
                                       const uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                       struct sym_fault *fault);

#endif
