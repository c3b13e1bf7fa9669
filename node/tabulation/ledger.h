/* ledger.h - the privacy budget: how much epsilon each dataset has spent in a calendar year (UTC),
 * in all and for each peer, and which query ids were consented to, paid for and unmasked.
 *
 * Integers of thousand millionths. A reservation is durable before the consent leaves, counts as
 * not available, and expires, at the latest when the node is started again; once another was made
 * after that, it stays so, whatever the clock says then. It becomes the debit in one transaction,
 * with its entry in the evidence log, before a byte that depends on data leaves; a debit is never
 * given back. A query id that was paid for is unmasked once and never consented to again, ever: the
 * budget bounds how many there are. One that was not is forgotten a day after its consent is void:
 * nothing that depends on data has left under it, and what its consent promised nobody can call in.
 * After a restore everything counts as spent for a year, as what was spent since the backup is not
 * known: for 366 days, as no calendar year is longer. All calls work inside a transaction of the
 * caller. Errors: those of store.h; SYM_LIMIT (the budget: sym_ledger_left says how much there is),
 * SYM_REPLAY, SYM_EXPIRED, SYM_NOT_FOUND.
 */
#ifndef SYM_NODE_TABULATION_LEDGER_H
#define SYM_NODE_TABULATION_LEDGER_H

#include "node/evidence/log.h"
#include "proto/tabulation.h"

struct sym_ledger {
    struct sym_log *log;
    const uint64_t *restored_ms; /* wall clock, where core keeps it (core/restored.h); NULL or 0:
                                  * never */
};

/* What is asked of the budget, and by whom. */
struct sym_ledger_ask {
    struct sym_span dataset;
    const struct sym_node_id *peer; /* who asks: the initiator, own node or other */
    uint64_t cap_nano;              /* of the dataset and year */
    uint64_t peer_cap_nano;         /* of the peer's grant and year; 0: as much as the dataset */
    uint64_t now_ms;                /* wall clock */
};

struct sym_ledger_left {
    uint64_t left_nano; /* for this peer */
    uint64_t spent_nano;
    uint64_t reserved_nano; /* of the dataset, as spent_nano */
    uint64_t renews_ms;
    bool restored; /* nothing is left because of a restore */
};
SYM_MUST enum sym_err sym_ledger_left(const struct sym_ledger *l, struct sym_transaction *t,
                                      struct sym_ledger_left *out,
                                      const struct sym_ledger_ask *ask);

/* "epsilon 4 is left of this year's; it renews on 2027-01-01" */
#define SYM_LEDGER_TEXT_BYTES 96u
void sym_ledger_left_text(char out[SYM_LEDGER_TEXT_BYTES], uint64_t left_nano, uint64_t renews_ms);

/* SYM_LIMIT: there is less left; SYM_REPLAY: the query id was consented to before. */
SYM_MUST enum sym_err sym_ledger_reserve(const struct sym_ledger *l, struct sym_transaction *t,
                                         const uint8_t qid[SYM_HASH_BYTES],
                                         const struct sym_ledger_ask *ask, uint64_t epsilon_nano,
                                         uint64_t expires_ms);

/* Consented to without anything that is spent, or can be; the id is used all the same, so that no
 * two consents that are good say the same id. SYM_REPLAY. */
SYM_MUST enum sym_err sym_ledger_note(struct sym_transaction *t, const uint8_t qid[SYM_HASH_BYTES],
                                      const struct sym_ledger_ask *ask);

/* What the entry in the log says beside dataset and amount. */
struct sym_ledger_exchange {
    const uint8_t *id; /* on the wire; of an own query the tabulation */
    const struct sym_node_id *initiator;
    const struct sym_node_id *responder;
    const uint8_t *handle; /* NULL where it is the id */
    const char *alias;     /* of the initiator; empty: this node */
    uint32_t kind;         /* of the exchange: enum sym_kind */
    uint32_t purpose;
    uint32_t basis;
};
/* An entry that says that a release that is kept answered, and nothing was spent. */
SYM_MUST enum sym_err sym_ledger_answered(const struct sym_ledger *l, struct sym_transaction *t,
                                          struct sym_span dataset,
                                          const struct sym_ledger_exchange *x,
                                          const uint8_t released[SYM_EXCHANGE_ID_BYTES]);
/* SYM_EXPIRED: the reservation has, and is gone. SYM_REPLAY: it was debited before. */
SYM_MUST enum sym_err sym_ledger_debit(const struct sym_ledger *l, struct sym_transaction *t,
                                       const uint8_t qid[SYM_HASH_BYTES],
                                       const struct sym_ledger_exchange *x, uint64_t now_ms);
/* Gives a reservation back that was not debited; fine for any other state. The id stays used. */
SYM_MUST enum sym_err sym_ledger_release(struct sym_transaction *t,
                                         const uint8_t qid[SYM_HASH_BYTES]);
/* At the start, when nothing is under way: gives back what was reserved when this node ended. No
 * tabulation and no table goes on over a start, and without a debit no row or masked byte has left;
 * what was debited stays so. The ids stay used. */
SYM_MUST enum sym_err sym_ledger_start(struct sym_transaction *t);
/* From debited to unmasked; SYM_REPLAY: it was already. SYM_NOT_FOUND: never debited. */
SYM_MUST enum sym_err sym_ledger_unmask(struct sym_transaction *t,
                                        const uint8_t qid[SYM_HASH_BYTES]);

/* Each dataset and each of its peers with anything spent or reserved in the year of now_ms.
 * Spans are valid during the call. */
struct sym_ledger_row {
    struct sym_span dataset;
    struct sym_node_id peer; /* zeros: the dataset as a whole */
    uint32_t year;
    uint64_t spent_nano;
    uint64_t reserved_nano;
};
typedef enum sym_err sym_ledger_each_fn(void *context, const struct sym_ledger_row *row);
SYM_MUST enum sym_err sym_ledger_each(struct sym_transaction *t, uint64_t now_ms,
                                      sym_ledger_each_fn *fn, void *context);

#endif
