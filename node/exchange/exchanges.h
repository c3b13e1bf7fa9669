/* exchanges.h - the exchanges in flight: asks and answers, carries frames between links and runs,
 * keeps deadlines and limits, and remembers how the latest ones ended.
 *
 * An exchange id is stored durably before it is answered, so that none is answered twice. What was
 * asked, decided, closed or aborted is in the log, and for exchanges that touch data in the
 * history, before the frame that tells the other side: each step is a write that waits for the next
 * turn of the loop and shares one commit with all others (group.h), and the exchange goes on when
 * it is durable. If it cannot be written nothing leaves, but a denial
 * once it can, or else the end of the link. A result is kept before this side closes.
 * Evidence of the own log is in every message, that of the other side is checked before anything
 * else is done with one (witness.h). What is open with a peer keeps new exchanges back (opens.h).
 * An overlap that the other side holds is asked again, with growing pauses, for a day.
 * Errors: SYM_NOT_FOUND, SYM_LIMIT, SYM_EXPIRED, those of session.h, each with a line in fault.
 */
#ifndef SYM_NODE_EXCHANGE_EXCHANGES_H
#define SYM_NODE_EXCHANGE_EXCHANGES_H

#include "node/data/history.h"
#include "node/data/results.h"
#include "node/data/standing.h"
#include "node/evidence/opens.h"
#include "node/evidence/witness.h"
#include "node/grant/grants.h"
#include "node/link/links.h"
#include "node/party/settings.h"
#include "node/store/group.h"
#include "node/work/workers.h"

struct sym_exchanges;
struct sym_standing_maker;

struct sym_exchanges_config {
    struct sym_loop *loop;
    struct sym_store *store;
    struct sym_group *group;
    struct sym_log *log;
    struct sym_witness *witness;
    struct sym_compares *compares;
    struct sym_opens *opens;
    const struct sym_peers *peers;
    const struct sym_node_keys *keys;
    struct sym_node_id self;
    struct sym_workers *workers;
    struct sym_datasets *datasets;
    struct sym_grants *grants;
    struct sym_history *history;
    struct sym_results *results;
    const struct sym_standings *standings;
    struct sym_standing_maker *maker; /* NULL: no standing lists here */
    const struct sym_settings *settings;
    const struct sym_ristretto *ristretto;
    const struct sym_vole_kernel *kernel;
    const uint64_t *restored_ms; /* wall clock, where core keeps it; no request from before is
                                  * answered (restored.h). NULL or 0: never */
};

/* Everything in config is borrowed, and outlives it. SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_exchanges_new(struct sym_exchanges **out,
                                        const struct sym_exchanges_config *config);
/* Links come after exchanges, as they report to them. */
void sym_exchanges_set_links(struct sym_exchanges *x, struct sym_links *links);
/* After the workers were freed, which may still be reading what exchanges own. */
void sym_exchanges_free(struct sym_exchanges *x);

struct sym_exchange_plan {
    const struct sym_peer *peer;
    uint32_t kind;
    struct sym_span parameters;              /* of a ping; an overlap makes its own */
    uint32_t timeout_ms;                     /* for all of it, anew when it was held */
    const char *user;                        /* stays local */
    const char *approver;                    /* of this node, who let it be asked; NULL: nobody */
    const struct sym_overlap_start *overlap; /* for the kinds of overlap */
    const struct sym_joint *joint;           /* for a leg of a joint tabulation, with leg */
    struct sym_leg *leg;                     /* told when it has ended; outlives the exchange */
};

/* Starts an exchange; its progress is told by sym_exchanges_row. An overlap that its user has asked
 * for already, and that is held, is asked again under its id. */
SYM_MUST enum sym_err sym_exchanges_start(struct sym_exchanges *x,
                                          uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                          const struct sym_exchange_plan *plan,
                                          struct sym_fault *fault);
/* In a count every record stands for one element: a dataset whose records have several identifiers
 * is counted by one type. SYM_UNSUPPORTED and a line in fault otherwise. */
SYM_MUST enum sym_err sym_exchanges_countable(const struct sym_exchanges *x,
                                              const struct sym_overlap_start *start,
                                              struct sym_fault *fault);
SYM_MUST enum sym_err sym_exchanges_cancel(struct sym_exchanges *x, struct sym_span id,
                                           struct sym_fault *fault);
/* Spans in *row are valid until the next call of anything here. */
SYM_MUST enum sym_err sym_exchanges_row(const struct sym_exchanges *x, struct sym_span id,
                                        struct sym_exchange_row *row, struct sym_fault *fault);
/* Its user is there: an overlap that nobody looks at for three seconds is cancelled, unless it was
 * held. */
void sym_exchanges_heeded(struct sym_exchanges *x, struct sym_span id);
size_t sym_exchanges_in_flight(const struct sym_exchanges *x);
/* Ends every exchange with this peer, which is being removed. */
void sym_exchanges_drop_peer(struct sym_exchanges *x, const struct sym_node_id *id);
/* Aborts all that are in flight, as the node stops. */
void sym_exchanges_stop(struct sym_exchanges *x);

/* For links.h. */
void sym_exchanges_link_up(struct sym_exchanges *x, struct sym_link *link);
void sym_exchanges_link_down(struct sym_exchanges *x, struct sym_link *link,
                             struct sym_span reason);
/* Heads have been exchanged over the link to this peer: what waited for that is asked now. */
void sym_exchanges_met(struct sym_exchanges *x, const struct sym_node_id *peer);
void sym_exchanges_dial_failed(struct sym_exchanges *x, const struct sym_node_id *peer,
                               struct sym_span reason);
void sym_exchanges_frame(struct sym_exchanges *x, struct sym_link *link, uint8_t *frame,
                         size_t len);
void sym_exchanges_room(struct sym_exchanges *x, struct sym_link *link);
bool sym_exchanges_wanted(const struct sym_exchanges *x, const struct sym_node_id *peer);

#endif
