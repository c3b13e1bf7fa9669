/* exchanges_state.h - what the files behind exchanges.h share: exchanges.c (beginning, links,
 * time), exchange_ask.c (asking, and asking again), exchange_answer.c (answering),
 * exchange_prepare.c (own elements, before either), exchange_carry.c (frames and works),
 * exchange_save.c (results), exchange_end.c (what all of them need). Nobody else includes it.
 */
#ifndef SYM_NODE_CORE_EXCHANGES_STATE_H
#define SYM_NODE_CORE_EXCHANGES_STATE_H

#include "node/core/allowance.h"
#include "node/core/exchange_table.h"
#include "node/core/exchanges.h"

/* How long a link is waited for at most, and the answer to a request that needs no reading,
 * milliseconds. */
#define SYM_EXCHANGE_LINK_MS   30000u
#define SYM_EXCHANGE_ANSWER_MS 60000u

struct sym_exchanges {
    struct sym_exchanges_config config;
    struct sym_links *links;
    struct sym_exchange_table table;
    struct sym_errands errands;
    struct sym_timer *tick;
    uint64_t refusal_ms; /* when a refused request was last recorded */
    struct sym_allowance allowance;
};

/* Who takes part, for a session over this link; the slots say which exchange keys. */
void sym_exchange_parties(const struct sym_exchanges *x, struct sym_session_parties *out,
                          const struct sym_peer *peer, const struct sym_link *link, size_t own_slot,
                          size_t peer_slot);
/* Journals and logs one event of an exchange, and puts it into the history, durably. What a peer
 * can cause without a grant is left out beyond its allowance. */
SYM_MUST enum sym_err sym_exchange_record(struct sym_exchanges *x, const struct sym_exchange *e,
                                          const char *event, const char *detail);
/* Queues a copy of a frame that session.h wrote. */
SYM_MUST enum sym_err sym_exchange_send_copy(struct sym_exchange *e, const uint8_t *frame,
                                             size_t len);
/* Records the end, once; fault is the line its user reads. e->reason says why, where it did not end
 * well. */
void sym_exchange_end(struct sym_exchanges *x, struct sym_exchange *e,
                      enum sym_exchange_state state, enum sym_err result, const char *fault);
/* Tells the other side why, where that is possible, and ends the exchange. */
void sym_exchange_abort(struct sym_exchanges *x, struct sym_exchange *e, enum sym_reason reason,
                        enum sym_err result, const char *fault);
/* Takes the answer to a request that was given up: a grant is aborted at once. */
void sym_exchange_say_farewell(struct sym_exchange *e, uint8_t *frame, size_t len);

/* Keeps the link from falling idle while both sides compute: a frame of filler that is empty. */
void sym_exchange_keep_link(struct sym_exchanges *x, struct sym_exchange *e, uint64_t now_ms);

/* Asks, over this link, once own elements are ready. */
void sym_exchange_ask(struct sym_exchanges *x, struct sym_exchange *e, struct sym_link *link);
/* Asks over the link there is, or has one made. */
void sym_exchange_seek(struct sym_exchanges *x, struct sym_exchange *e);
/* The answer to an ask. */
void sym_exchange_answered(struct sym_exchanges *x, struct sym_exchange *e,
                           const struct sym_receipt *receipt);
/* Waits before it asks again, for the first time or once more. */
void sym_exchange_pause(struct sym_exchanges *x, struct sym_exchange *e);
/* The held exchange of the same user with the same wish, asked again at once; NULL when there is
 * none. */
struct sym_exchange *sym_exchange_wake(struct sym_exchanges *x,
                                       const struct sym_exchange_plan *plan);
/* The pause is over. */
void sym_exchange_resume(struct sym_exchanges *x, struct sym_exchange *e);

/* Answers a request: the first frame of an exchange that another node begins. */
void sym_exchange_answer(struct sym_exchanges *x, struct sym_link *link,
                         const struct sym_envelope *envelope, uint8_t *frame, size_t len);
/* Own elements are ready, or (err) will not be: answers a request that policy has granted. */
void sym_exchange_answer_prepared(struct sym_exchanges *x, struct sym_exchange *e,
                                  enum sym_err err);

/* Begins to read own elements of the dataset that the exchange names; asks or answers when that is
 * done. */
SYM_MUST enum sym_err sym_exchange_prepare(struct sym_exchanges *x, struct sym_exchange *e,
                                           struct sym_fault *fault);
/* In a count every record stands for one element: a dataset whose records have several identifiers
 * is counted by one type. SYM_UNSUPPORTED and a line in fault otherwise. */
SYM_MUST enum sym_err sym_exchange_countable(const struct sym_exchanges *x, uint32_t kind,
                                             struct sym_span dataset, uint32_t type,
                                             struct sym_fault *fault);

/* Sends what is queued and what the run has to say, and gives out what it has to compute. */
void sym_exchange_pump(struct sym_exchanges *x, struct sym_exchange *e);
/* Keeps the result before the close; true when that is done, or there is none. */
bool sym_exchange_saved(struct sym_exchanges *x, struct sym_exchange *e);

#endif
