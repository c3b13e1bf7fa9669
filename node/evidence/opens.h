/* opens.h - exchanges that were granted and have ended without both sides' word for how: they are
 * kept, told again when there is a link, and settled once both words are here.
 *
 * A word is a signed close or abort (statement.h), durable and in the log before it leaves (kinds
 * CLOSED, ABORTED; SETTLED for the other side's). A side that was killed does not know what it
 * sent: its abort has transcripts of 0 frames, a prefix of anything. While more than
 * SYM_OPEN_PER_PEER_MAX are open with a peer, it is asked for nothing and granted nothing; while
 * one is for longer than SYM_OPEN_MS, it is asked for nothing. Heads and words can always be told;
 * an approver can settle one alone (verb EXCHANGE_SETTLE).
 *
 * The initiator keeps what it has asked from the request on: if no answer comes, the other side may
 * have granted it. Own words stay for good, a row of some 200 bytes beside the entries of the log,
 * as the other side may ask for them at any time. All of it lies in the store: what a transaction
 * that was given up has changed is not seen. Errors: those of log.h and session.h.
 */
#ifndef SYM_NODE_EVIDENCE_OPENS_H
#define SYM_NODE_EVIDENCE_OPENS_H

#include "node/evidence/log.h"
#include "proto/statement.h"

/* How long both sides may take to hear of each other's word, milliseconds. */
#define SYM_OPEN_MS 120000u
/* Own words that are told at one meeting: more than there can be with a peer that says its own; and
 * words of the peer that are heard at one: those it owes, its answers to what it was told, and
 * requests that it takes back. */
#define SYM_OPENS_TOLD_MAX  128u
#define SYM_OPENS_HEARD_MAX (3u * SYM_OPENS_TOLD_MAX)

struct sym_opens;

struct sym_opens_config {
    struct sym_store *store;
    struct sym_log *log;
    struct sym_node_id self;
    const struct sym_sign_key *identity;
};

/* What was in flight when the node ended gets its entry now: aborted, with a word of 0 frames where
 * it had been granted. */
SYM_MUST enum sym_err sym_opens_open(struct sym_opens **out, const struct sym_opens_config *config,
                                     struct sym_fault *fault);
void sym_opens_close(struct sym_opens *o);

/* One exchange. Hashes are NULL where they are not known yet. */
struct sym_open {
    const uint8_t *id; /* on the wire */
    const uint8_t *handle;
    const struct sym_node_id *peer;
    bool initiates;
    const uint8_t *request_hash;
    const uint8_t *receipt_hash;
};

/* All of these within a transaction, with the entry that they go with; all but the first replace
 * what was there.
 * Initiator, with REQUESTED: the other side may grant it. */
SYM_MUST enum sym_err sym_opens_ask(struct sym_opens *o, struct sym_transaction *t,
                                    const struct sym_open *e);
/* With the grant, at either side: from now on both words are owed. */
SYM_MUST enum sym_err sym_opens_begin(struct sym_opens *o, struct sym_transaction *t,
                                      const struct sym_open *e);
/* Ended without a grant that is known of. denied: the other side has said so, and nothing is owed.
 */
SYM_MUST enum sym_err sym_opens_drop(struct sym_opens *o, struct sym_transaction *t,
                                     const struct sym_open *e, bool denied);
/* With the entry of the own or the other side's statement; whose it is, its signer says. */
SYM_MUST enum sym_err sym_opens_state(struct sym_opens *o, struct sym_transaction *t,
                                      const struct sym_statement *st);

/* The own statements that the peer has not answered with its own, SYM_OPENS_TOLD_MAX of them, the
 * next time those behind; and withdrawals. To be told over a new link. fn may not write. */
typedef enum sym_err sym_opens_each_fn(void *context, struct sym_span statement);
SYM_MUST enum sym_err sym_opens_each(struct sym_opens *o, const struct sym_node_id *peer,
                                     sym_opens_each_fn *fn, void *context);
/* A statement of the peer that came again, or at last: checks and keeps it, with its entry. Known
 * ones are fine. *answer (may come out empty) is the own statement, to be sent back where the peer
 * may not have it; it borrows until the next call. SYM_NOT_FOUND: of no exchange that this node
 * knows. */
SYM_MUST enum sym_err sym_opens_take(struct sym_opens *o, const struct sym_node_id *peer,
                                     const uint8_t identity[SYM_ED25519_BYTES],
                                     struct sym_span statement, struct sym_span *answer,
                                     struct sym_fault *fault);

/* A request that the peer holds for an approver was cancelled here: the own abort of it, made of
 * what the session said of it, is told from memory, once, as soon as there is a link. A node that
 * ends before leaves the request to expire at the peer; so do the oldest of many. */
SYM_MUST enum sym_err sym_opens_withdraw(struct sym_opens *o, const struct sym_statement *held);
/* Is there one that was not told yet? */
bool sym_opens_withdraws(const struct sym_opens *o, const struct sym_node_id *peer);
/* The peer has heard what was told. */
void sym_opens_withdrawn(struct sym_opens *o, const struct sym_node_id *peer);

/* Exchanges with the peer that have ended here and of which its word is missing. */
size_t sym_opens_count(const struct sym_opens *o, const struct sym_node_id *peer);
/* May this node ask the peer for an exchange? SYM_LIMIT and why otherwise. */
SYM_MUST enum sym_err sym_opens_allow(const struct sym_opens *o, const struct sym_node_id *peer,
                                      struct sym_fault *fault);
/* May one that the peer asks for begin? Likewise. */
SYM_MUST enum sym_err sym_opens_admit(const struct sym_opens *o, const struct sym_node_id *peer,
                                      struct sym_fault *fault);
/* An approver closes it alone, by its id or handle. SYM_NOT_FOUND, SYM_AGAIN: is in flight. */
SYM_MUST enum sym_err sym_opens_settle(struct sym_opens *o, const struct sym_author *author,
                                       const uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                       struct sym_fault *fault);

#endif
