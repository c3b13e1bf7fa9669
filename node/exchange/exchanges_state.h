/* exchanges_state.h - what the files behind exchanges.h share: exchanges.c (beginning, links,
 * time), exchange_ask.c (asking, and asking again), exchange_answer.c (answering),
 * exchange_overlap.c (answering what brings a list), exchange_prepare.c (own elements, before
 * either), exchange_carry.c (frames and works), tabulation_answer.c (own parts of joint
 * tabulations), exchange_save.c (results), exchange_write.c (what becomes durable, and then goes
 * on), exchange_evidence.c (what is shown of logs), exchange_checks.c (who failed some),
 * exchange_end.c (closing, aborting, last words).
 * Nobody else includes it.
 *
 * While e->writing is set, nothing happens to an exchange: ends wait in e->ending, frames in
 * e->late. An exchange whose end is being written is in SYM_PHASE_ENDING; one that has ended may
 * still hear and answer the other side's last word, in its farewell.
 */
#ifndef SYM_NODE_EXCHANGE_EXCHANGES_STATE_H
#define SYM_NODE_EXCHANGE_EXCHANGES_STATE_H

#include "node/exchange/allowance.h"
#include "node/exchange/delivery_pause.h"
#include "node/exchange/exchange_table.h"
#include "node/exchange/exchanges.h"
#include "node/tabulation/releases.h"

/* How long a link is waited for at most, and the answer to a request that needs no reading,
 * milliseconds. */
#define SYM_EXCHANGE_LINK_MS   30000u
#define SYM_EXCHANGE_ANSWER_MS 60000u

struct sym_asked_table;
struct sym_delivery;
struct sym_table_part;

struct sym_exchanges {
    struct sym_exchanges_config config;
    struct sym_links *links;
    struct sym_exchange_table table;
    struct sym_errands errands;
    struct sym_timer *tick;
    bool closing;
    struct sym_allowance refusals; /* of requests that do not hold */
    uint64_t met_ms;               /* when it was last looked who has to meet */
    struct sym_allowance allowance;
    struct sym_tabulation *tabulations[SYM_TABULATIONS_MAX]; /* own; NULL: none */
    struct sym_asked_table *tables[SYM_TABLES_MAX];          /* own, likewise */
    struct sym_table_part *table_parts[SYM_TABLE_PARTS_MAX]; /* in any; NULL: none */
    struct sym_delivery *delivery;         /* the one that is under way, or NULL */
    struct sym_delivery_row delivery_last; /* the one before the next */
    uint64_t delivery_ms;                  /* when that is looked at, monotonic */
    unsigned delivery_looks;               /* at the next, while there was no link */
    uint8_t deliveries_late[SYM_DELIVERIES_LATE_MAX][SYM_HASH_BYTES]; /* participants: come last */
    size_t n_deliveries_late;
    struct sym_delivery_row delivery_late;      /* the one before the next to these, */
    uint64_t delivery_late_ms;                  /* when that is looked at, */
    uint64_t delivery_wait_ms;                  /* and how long after the next that fails */
    struct sym_delivery_pauses delivery_pauses; /* of those that peers bring */
};

/* Who takes part, for a session over this link; the slots say which exchange keys. */
void sym_exchange_parties(const struct sym_exchanges *x, struct sym_session_parties *out,
                          const struct sym_peer *peer, const struct sym_link *link, size_t own_slot,
                          size_t peer_slot);
/* Queues a copy of a frame that session.h wrote. */
SYM_MUST enum sym_err sym_exchange_send_copy(struct sym_exchange *e, const uint8_t *frame,
                                             size_t len);

/* What one write consists of beside entries of the log. */
enum sym_part {
    SYM_PART_SIGHTING = 1,    /* the id was seen */
    SYM_PART_ASK = 2,         /* a grant may follow */
    SYM_PART_GRANT = 4,       /* both words are owed */
    SYM_PART_DENIAL = 8,      /* nothing is */
    SYM_PART_LOSS = 16,       /* no answer came */
    SYM_PART_OWN_WORD = 32,   /* e->word, e->statement */
    SYM_PART_THEIR_WORD = 64, /* e->peer_statement */
    SYM_PART_HISTORY = 128,
    SYM_PART_RUN = 256,   /* what the run wants to be durable before it goes on */
    SYM_PART_CHARGE = 512 /* elements that are evaluated against a standing list */
};

/* Called once, with the result of the write; it may begin the next. */
typedef void sym_exchange_then_fn(struct sym_exchanges *x, struct sym_exchange *e,
                                  enum sym_err err);

struct sym_exchange_plan_write {
    unsigned parts;
    enum sym_entry_kind kinds[3]; /* entries, in this order */
    size_t n_kinds;
    sym_exchange_then_fn *then;
};

/* Writes all of it, and e->step, with the next commit. From now until `then`, e does not change.
 * Kinds that leave no entry, and what is beyond the allowance of a peer, write no more than the
 * sighting and the step. */
void sym_exchange_write(struct sym_exchanges *x, struct sym_exchange *e,
                        const struct sym_exchange_plan_write *plan);

/* A partner as its log is checked. */
void sym_exchange_witnessed(struct sym_witnessed *out, const struct sym_peer *peer);
/* What a run of one of the kinds that are about the evidence itself works with. */
struct sym_run_evidence sym_exchange_run_evidence(const struct sym_exchanges *x,
                                                  const struct sym_exchange *e,
                                                  const struct sym_peer *peer);
/* Heads first: tells and asks for them, and for what is open. */
void sym_exchange_meet(struct sym_exchanges *x, const struct sym_peer *peer);
/* The same again with those that have to, where something waits for it. */
void sym_exchange_meet_again(struct sym_exchanges *x, uint64_t now_ms);
/* Heads have been told: what waited for that goes on, or ends if that has shown a reason to. */
void sym_exchange_has_met(struct sym_exchanges *x, const struct sym_exchange *meeting);
/* Telling heads has failed for good: what waited for it ends. */
void sym_exchange_not_met(struct sym_exchanges *x, const struct sym_exchange *meeting);
/* What a message shows of the own log: that e->leaf is in it. Valid until the next call. */
SYM_MUST enum sym_err sym_exchange_give(struct sym_exchanges *x, const struct sym_exchange *e,
                                        const struct sym_evidence **out);
/* Checks what came with a message, and that it rests on an entry of this kind about this exchange.
 * An error and a line in fault: the message must not be acted upon. */
#define SYM_EXCHANGE_RESTS_ON_NOTHING ((enum sym_entry_kind)0)
SYM_MUST enum sym_err sym_exchange_check(struct sym_exchanges *x, const struct sym_exchange *e,
                                         const struct sym_evidence *evidence,
                                         struct sym_span signed_bytes, enum sym_entry_kind kind,
                                         struct sym_fault *fault);

/* Ends the exchange: writes how, tells the other side where that is possible, lets it rest. fault
 * is the line its user reads; once both sides have closed, the clause in it that says why there is
 * no result here. While something is being written it waits for that. */
void sym_exchange_abort(struct sym_exchanges *x, struct sym_exchange *e, enum sym_reason reason,
                        enum sym_err result, const char *fault);
/* The same, and line is the whole line in any case. */
void sym_exchange_abort_so(struct sym_exchanges *x, struct sym_exchange *e, enum sym_reason reason,
                           enum sym_err result, const char *line);
/* A write has failed: nothing has left, and it ends. */
void sym_exchange_fail(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err,
                       const char *what);
/* Writes the end; e->reason, result and fault say why. */
void sym_exchange_conclude(struct sym_exchanges *x, struct sym_exchange *e,
                           enum sym_exchange_state final);
/* The end could not be written: its user hears, and it is tried again. After a short while the
 * other side hears by the end of the link. */
void sym_exchange_put_off_end(struct sym_exchange *e, enum sym_err err);
void sym_exchange_retry_end(struct sym_exchanges *x, struct sym_exchange *e, uint64_t now_ms);
/* The end is in the log. */
void sym_exchange_finish_as_written(struct sym_exchanges *x, struct sym_exchange *e);
/* The link is gone, or no answer comes over it: asks again where it may. */
void sym_exchange_lose(struct sym_exchanges *x, struct sym_exchange *e, const char *text);
/* This side has finished: writes that, then closes. */
void sym_exchange_close(struct sym_exchanges *x, struct sym_exchange *e);
/* The other side has closed, or aborted. */
void sym_exchange_closed(struct sym_exchanges *x, struct sym_exchange *e,
                         const struct sym_session_event *event);
void sym_exchange_aborted(struct sym_exchanges *x, struct sym_exchange *e,
                          const struct sym_session_event *event);
/* What the log says of a denial, or of what an approver must decide; doubt: what is wrong with its
 * evidence, may be empty. */
void sym_exchange_word_denial(struct sym_exchange *e, const struct sym_receipt *receipt,
                              const char *doubt);
/* Takes what comes after the end: the answer to a request that was given up, or the other side's
 * last word. */
void sym_exchange_say_farewell(struct sym_exchanges *x, struct sym_exchange *e, uint8_t *frame,
                               size_t len);
/* One frame of an exchange, also one that was held back. */
void sym_exchange_take_frame(struct sym_exchanges *x, struct sym_exchange *e, uint8_t *frame,
                             size_t len);

/* Sets the deadline: in so many milliseconds, but no later than its user waits. */
void sym_exchange_allow_ms(struct sym_exchange *e, uint64_t ms);
/* Keeps the link from falling idle while both sides compute: a frame of filler that is empty. */
void sym_exchange_keep_link(struct sym_exchanges *x, struct sym_exchange *e, uint64_t now_ms);

/* Asks, over this link, once own elements are ready. */
void sym_exchange_ask(struct sym_exchanges *x, struct sym_exchange *e, struct sym_link *link);
/* Asks over the link there is, or has one made. */
void sym_exchange_seek(struct sym_exchanges *x, struct sym_exchange *e);
/* The answer to an ask. */
void sym_exchange_answered(struct sym_exchanges *x, struct sym_exchange *e,
                           const struct sym_session_event *event);
/* Waits before it asks again, for the first time or once more. */
void sym_exchange_pause(struct sym_exchanges *x, struct sym_exchange *e);
/* Which engines the peer may choose from for this wish: a bit set; 0: none is left. */
uint32_t sym_exchange_engines(const struct sym_exchanges *x, const struct sym_overlap_start *o,
                              const struct sym_node_id *peer);
/* The held exchange of the same user with the same wish, asked again at once; NULL when there is
 * none. */
struct sym_exchange *sym_exchange_wake(struct sym_exchanges *x,
                                       const struct sym_exchange_plan *plan);
/* The pause is over. */
void sym_exchange_resume(struct sym_exchanges *x, struct sym_exchange *e);

/* Answers a request: the first frame of an exchange that another node begins. */
void sym_exchange_answer(struct sym_exchanges *x, struct sym_link *link,
                         const struct sym_envelope *envelope, uint8_t *frame, size_t len);
/* What a request is answered with. */
struct sym_answer_given {
    enum sym_decision decision;
    enum sym_reason reason;
    const char *remark;            /* travels */
    const char *cause;             /* stays here; NULL: the reason says it */
    struct sym_span parameters;    /* of a grant */
    char room[2][SYM_FAULT_BYTES]; /* for remark and cause, where they are made */
};
struct sym_answer_given sym_exchange_denial(enum sym_reason reason, const char *remark,
                                            const char *cause);
/* A denial whose words are made here: the same travel and stay. */
void sym_answer_deny(struct sym_answer_given *out, enum sym_reason reason, const char *format, ...)
    SYM_PRINTF(3, 4);
/* This node denies what an approver had agreed to: the approval stays good. */
void sym_exchange_keep_approval(struct sym_exchange *e);
/* Puts the decision down, then lets it leave. */
void sym_exchange_give_answer(struct sym_exchanges *x, struct sym_exchange *e,
                              const struct sym_answer_given *given);
/* Judges and answers a request for an overlap, at once or when own elements are ready. */
void sym_exchange_answer_overlap(struct sym_exchanges *x, struct sym_exchange *e,
                                 const struct sym_peer *peer, const struct sym_request *request);
/* Judges a request to take part in a joint tabulation (tabulation_answer.c); of a grant e has its
 * run.
 */
void sym_exchange_answer_joint(struct sym_exchanges *x, struct sym_exchange *e,
                               const struct sym_peer *peer, const struct sym_request *request,
                               struct sym_answer_given *out);
/* The same of requests of the kinds of overlap tables (table_answer.c). */
void sym_exchange_answer_table(struct sym_exchanges *x, struct sym_exchange *e,
                               const struct sym_peer *peer, const struct sym_request *request,
                               struct sym_answer_given *out);
/* A check of the other side's messages has failed in this overlap; check: which. */
void sym_exchange_count_check(const struct sym_exchanges *x, const struct sym_exchange *e,
                              const char *check);
/* Why whatever this peer asks waits for an approver (breaches.h); NULL: it does not. */
const char *sym_exchange_must_hold(const struct sym_exchanges *x, const struct sym_node_id *peer);
/* What makes two requests for a table the same, whatever the tables are called. */
struct sym_overlap_table;
void sym_table_bound(uint8_t out[SYM_DIGEST_BYTES], const struct sym_overlap_table *asked);
/* Can this dataset be a list of a table? SYM_UNSUPPORTED, with a line in fault that says why. */
SYM_MUST enum sym_err sym_table_list_fits(const struct sym_exchanges *x, struct sym_span dataset,
                                          uint32_t type, struct sym_fault *fault);
/* What a part of a joint tabulation works with, that of the own node or of another's. */
struct sym_tab_part_config;
struct sym_tab_party;
/* One party of a joint computation: its identity key, and the peer that it is, NULL for this node.
 * False: it is not pinned, or its card has expired. */
bool sym_exchange_party(const struct sym_exchanges *x, const uint8_t id[SYM_HASH_BYTES],
                        uint8_t identity[SYM_ED25519_BYTES], const struct sym_peer **peer);
/* The participants of a cohort as this node knows them, in its order; SYM_NOT_FOUND: so many are
 * not pinned, or their cards have expired. Pointers in them last until a peer is changed. */
SYM_MUST enum sym_err sym_exchange_parties_of(const struct sym_exchanges *x,
                                              struct sym_tab_party *out, struct sym_span cohort,
                                              size_t *unknown);
/* How many participants' counts a release has and, by alias, whose it has not; empty: it is not
 * kept here. Within a transaction. */
void sym_exchange_tell_release(char *out, size_t size, const struct sym_exchanges *x,
                               struct sym_transaction *t, struct sym_span tabulation);
void sym_exchange_joint_config(struct sym_exchanges *x, struct sym_tab_part_config *out);
/* The privacy budget of each dataset and year, and what is left of one's for this peer, or this
 * node (ledger.h). */
uint64_t sym_exchange_budget_cap(const struct sym_exchanges *x);
struct sym_ledger_left;
SYM_MUST enum sym_err sym_exchange_budget_left(const struct sym_exchanges *x,
                                               struct sym_ledger_left *out, struct sym_span dataset,
                                               const struct sym_node_id *peer,
                                               uint64_t peer_cap_nano);
/* Denies a request that is not decided, as the exchange ends. */
void sym_exchange_deny(struct sym_exchanges *x, struct sym_exchange *e, enum sym_reason reason);
/* A request whose id was seen: is not answered either, and the exchange of that id goes on. */
void sym_exchange_repeated(struct sym_exchanges *x, const struct sym_link *link,
                           const struct sym_envelope *envelope);
/* Does not answer, and says so in the log. */
void sym_exchange_refuse(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err reason);
/* Own elements are ready, or (err) will not be: answers a request that policy has granted. */
void sym_exchange_answer_prepared(struct sym_exchanges *x, struct sym_exchange *e,
                                  enum sym_err err);

/* Begins to read own elements of the dataset that the exchange names; asks or answers when that is
 * done. */
SYM_MUST enum sym_err sym_exchange_prepare(struct sym_exchanges *x, struct sym_exchange *e,
                                           struct sym_fault *fault);
/* In a count every record stands for one element: a dataset whose records have several identifiers
 * is counted by one type. SYM_UNSUPPORTED and a line in fault otherwise. */
/* Types of keys of persons that a content has, by bit, the exact name with date of birth among
 * them; none unless it has others beside that. type: of the overlap. */
uint64_t sym_exchange_keys(const struct sym_content *content, uint32_t type);
SYM_MUST enum sym_err sym_exchange_countable(const struct sym_exchanges *x, uint32_t kind,
                                             struct sym_span dataset, uint32_t type,
                                             struct sym_fault *fault);

/* Own joint tabulations (tabulations.c), by their handles: as the functions of like names in
 * exchanges.h; false, SYM_NOT_FOUND: none has it. Time passes; the node ends. */
SYM_MUST enum sym_err sym_tabulation_row(const struct sym_exchanges *x, struct sym_span id,
                                         struct sym_exchange_row *row);
/* Is this the id of an attempt in flight? */
bool sym_tabulation_has_id(const struct sym_exchanges *x, struct sym_span id);
bool sym_tabulation_heeded(struct sym_exchanges *x, struct sym_span id);
/* One that has ended, too, where it waits at peers. */
bool sym_tabulation_cancel(struct sym_exchanges *x, struct sym_span id);
/* Where the peer holds this leg for an approver, it hears that nobody has to decide any more. */
bool sym_exchange_withdraw_leg(struct sym_exchanges *x, struct sym_leg *leg);
void sym_tabulations_tick(struct sym_exchanges *x);
void sym_tabulations_clear(struct sym_exchanges *x);

/* Own overlap tables (tables.c), and parts in any (table_part.c), likewise. */
SYM_MUST enum sym_err sym_table_row(const struct sym_exchanges *x, struct sym_span id,
                                    struct sym_exchange_row *row);
bool sym_table_heeded(struct sym_exchanges *x, struct sym_span id);
bool sym_table_cancel(struct sym_exchanges *x, struct sym_span id);
void sym_tables_tick(struct sym_exchanges *x);
void sym_tables_clear(struct sym_exchanges *x);
void sym_table_parts_tick(struct sym_exchanges *x);
void sym_table_parts_clear(struct sym_exchanges *x);

/* Releases that participants have not confirmed: brings the next (deliveries.c). */
void sym_deliveries_tick(struct sym_exchanges *x);
void sym_deliveries_clear(struct sym_exchanges *x);

/* Sends what is queued and what the run has to say, and gives out what it has to compute. */
void sym_exchange_pump(struct sym_exchanges *x, struct sym_exchange *e);
/* Will there be a result, once this side has closed? Then it is found and kept: nothing that could
 * tell what it is leaves afterwards, nor waits for it. */
bool sym_exchange_has_result(const struct sym_exchange *e);
/* The run knows the result: keeps it. More than once is fine. */
void sym_exchange_save(struct sym_exchanges *x, struct sym_exchange *e);
/* It is done, if both sides have closed and the result is kept. */
void sym_exchange_settle(struct sym_exchanges *x, struct sym_exchange *e);
/* It is over for the other side, and has no result here. why: a clause. */
void sym_exchange_lose_result(struct sym_exchanges *x, struct sym_exchange *e,
                              enum sym_reason reason, enum sym_err err, const char *why);

#endif
