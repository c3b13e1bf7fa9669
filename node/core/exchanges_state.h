/* exchanges_state.h - what the files behind exchanges.h share: exchanges.c (asking, links, time),
 * exchange_carry.c (frames), exchange_answer.c (answering), exchange_end.c (what all of them need).
 * Nobody else includes it.
 */
#ifndef SYM_NODE_CORE_EXCHANGES_STATE_H
#define SYM_NODE_CORE_EXCHANGES_STATE_H

#include "node/core/exchange_table.h"
#include "node/core/exchanges.h"

struct sym_exchanges {
    struct sym_exchanges_config config;
    struct sym_links *links;
    struct sym_exchange_table table;
    struct sym_timer *tick;
    uint64_t refusal_ms; /* when a refused request was last recorded */
};

/* Who takes part, for a session over this link; the slots say which exchange keys. */
void sym_exchange_parties(const struct sym_exchanges *x, struct sym_session_parties *out,
                          const struct sym_peer *peer, const struct sym_link *link, size_t own_slot,
                          size_t peer_slot);
/* Journals and logs one event of an exchange, durably. */
SYM_MUST enum sym_err sym_exchange_record(struct sym_exchanges *x, const struct sym_exchange *e,
                                          const char *event, const char *detail);
/* Queues a copy of a frame that session.h wrote. */
SYM_MUST enum sym_err sym_exchange_send_copy(struct sym_exchange *e, const uint8_t *frame,
                                             size_t len);
/* Records the end, once; fault is the line its user reads. */
void sym_exchange_end(struct sym_exchanges *x, struct sym_exchange *e,
                      enum sym_exchange_state state, enum sym_err result, const char *fault);
/* Tells the other side why, where that is possible, and ends the exchange. */
void sym_exchange_abort(struct sym_exchanges *x, struct sym_exchange *e, enum sym_reason reason,
                        enum sym_err result, const char *fault);
/* Answers a request: the first frame of an exchange that another node begins. */
void sym_exchange_answer(struct sym_exchanges *x, struct sym_link *link,
                         const struct sym_envelope *envelope, uint8_t *frame, size_t len);

#endif
