/* exchange_table.h - one exchange as core holds it, and the table of them: those in flight and the
 * latest that ended, the oldest of which make room for new ones.
 *
 * The table owns its exchanges. An ended exchange keeps only what a row shows, and frames that are
 * still to be sent. Errors: SYM_LIMIT, SYM_NO_MEMORY, SYM_AGAIN, those of session.h and runs.h.
 */
#ifndef SYM_NODE_EXCHANGE_EXCHANGE_TABLE_H
#define SYM_NODE_EXCHANGE_EXCHANGE_TABLE_H

#include "node/exchange/exchange_matter.h"
#include "node/exchange/leg.h"
#include "node/exchange/runs.h"
#include "node/grant/grants.h"
#include "node/link/links.h"

/* Frames that wait for room: a receipt or data frame, a close, an abort. */
#define SYM_EXCHANGE_QUEUE_MAX 4u
/* Frames that came while something was being written: a close or abort, and the answer to one. */
#define SYM_EXCHANGE_LATE_MAX 2u

struct sym_queued_frame {
    uint8_t *frame; /* of sym_bus_buffer */
    size_t len;
};

/* Where an exchange stands, more closely than users are told. */
enum sym_exchange_phase {
    SYM_PHASE_ASKING,    /* initiator: asks as soon as there is a link */
    SYM_PHASE_PREPARING, /* own elements are being read: before asking, or before answering */
    SYM_PHASE_ASKED,     /* initiator: waits for the answer */
    SYM_PHASE_PAUSED,    /* initiator: held by the other side, to be asked again */
    SYM_PHASE_RUNNING,
    SYM_PHASE_SAVING, /* initiator: has closed; the result is being found and kept */
    SYM_PHASE_ENDING  /* its end is being written, or could not be written yet */
};

/* A Signed message, the exact bytes; empty: none. */
struct sym_kept {
    uint8_t *data;
    size_t len;
    bool logged;
};

/* What a receipt says. */
struct sym_exchange_answer {
    uint32_t decision; /* 0: none yet */
    enum sym_reason reason;
    char remark[SYM_REASON_BYTES_MAX + 1];
    char words[SYM_FAULT_BYTES]; /* for the log, of a denial, at the initiator */
    uint8_t parameters[64];      /* of a grant, at the responder */
    size_t parameters_len;
};

/* An end that waits for what is being written. */
struct sym_exchange_ending {
    bool due;
    bool cut; /* no more than the link was lost */
    enum sym_reason reason;
    enum sym_err result;
    struct sym_fault fault;
};

struct sym_exchange_write; /* exchange_write.c */

struct sym_exchange {
    uint8_t handle[SYM_EXCHANGE_ID_BYTES]; /* what this node's users call it: the first id */
    uint8_t id[SYM_EXCHANGE_ID_BYTES];     /* on the wire; a repeated request has a new one */
    enum sym_session_role role;
    struct sym_node_id peer;
    char alias[SYM_ALIAS_BYTES];
    uint32_t kind;
    struct sym_kept parameters; /* also to ask again after a link was replaced */
    struct sym_leg *leg;        /* of a joint tabulation that this node asks for, until it ends */
    enum sym_exchange_state state;
    enum sym_exchange_phase phase;
    enum sym_err result;
    enum sym_reason reason; /* of a denial or abort, either side's */
    struct sym_fault fault;
    struct sym_exchange_matter *matter; /* NULL: touches no data, or is over, farewell and all */
    unsigned asks;                      /* requests sent over links that were replaced */
    bool asked;                         /* a request is in the log under this id */
    bool decided;                       /* a decision is */
    bool granted;                       /* and it was a grant: both sides' words are owed */
    bool has_word;                      /* the own one is in the log */
    bool has_their_word;                /* the other one is */
    bool hang_up;                       /* its link, when it has ended: a frame did not open */
    bool unlogged;                      /* beyond the allowance of a peer without a grant */
    struct sym_statement word;          /* own, when it was made */
    struct sym_kept request;
    struct sym_kept receipt;
    struct sym_kept statement; /* own, without evidence */
    struct sym_kept peer_statement;
    struct sym_exchange_write *writing; /* nothing else happens until it is durable */
    struct sym_exchange_answer answer;
    struct sym_grants_step *step; /* on its way from the decision to what is written of it */
    uint64_t left_out;            /* requests of its peer that were not recorded before */
    uint64_t leaf;                /* index of the newest entry about it; what is sent rests on it */
    bool ends;                    /* as `final` says, as soon as that is written */
    enum sym_exchange_state final;
    struct sym_exchange_ending ending;
    uint64_t retry_ms;  /* when its end is written once more (monotonic) */
    uint64_t failed_ms; /* since when that has failed; 0: it has not */
    uint64_t until_ms;  /* its user's patience ends then; 0: it has none (monotonic) */
    char user[SYM_ALIAS_BYTES];
    uint32_t timeout_ms; /* of its user, for each time that it asks */
    struct sym_link *link;
    struct sym_session *session;
    struct sym_session *farewell; /* of an ended one whose answer is still to come, to abort it */
    struct sym_run *run;
    struct sym_queued_frame queue[SYM_EXCHANGE_QUEUE_MAX];
    size_t n_queue;
    struct sym_queued_frame late[SYM_EXCHANGE_LATE_MAX];
    size_t n_late;
    struct sym_run_progress progress; /* when it ended */
    uint64_t deadline_ms;             /* monotonic */
    uint64_t started_us;
    uint64_t ended_us; /* 0 while in flight */
    uint64_t bytes_sent;
    uint64_t bytes_received;
    uint64_t quiet_bytes; /* sent and received when it was last looked at, */
    uint64_t quiet_ms;    /* and since when that has not changed (monotonic) */
};

/* Done, denied or aborted. */
bool sym_exchange_ended(const struct sym_exchange *e);
/* Over for the other side: both have closed, and what is left is to keep the result. */
bool sym_exchange_is_settled(const struct sym_exchange *e);
/* One of several that belong together: of a tabulation, or of an overlap table. */
bool sym_exchange_is_joint(const struct sym_exchange *e);
/* Is it the other side that must decide first? */
bool sym_exchange_waits(const struct sym_exchange *e);
/* Copies signed bytes; what was kept before is forgotten. */
SYM_MUST enum sym_err sym_kept_set(struct sym_kept *k, struct sym_span bytes);
void sym_kept_clear(struct sym_kept *k);
struct sym_span sym_kept_span(const struct sym_kept *k);
/* Keeps a copy of a frame until nothing is being written; without room it is dropped. */
void sym_exchange_hold(struct sym_exchange *e, const uint8_t *frame, size_t len);

/* Forgets session and run, and what was said in them, to ask again. */
void sym_exchange_rewind(struct sym_exchange *e);
/* Forgets the link and what was to be sent over it. */
void sym_exchange_unlink(struct sym_exchange *e);
/* Hears no more, if it has ended: what was left to log it by is forgotten too. */
void sym_exchange_forget_farewell(struct sym_exchange *e);
void sym_exchange_finish(struct sym_exchange *e, enum sym_exchange_state state, uint64_t now_us);

/* Appends a frame, which the exchange owns from then on when SYM_OK, and sends what fits. */
SYM_MUST enum sym_err sym_exchange_queue(struct sym_exchange *e, uint8_t *frame, size_t len);
/* Sends what is queued; SYM_AGAIN while something is left. */
SYM_MUST enum sym_err sym_exchange_flush(struct sym_exchange *e);
/* Has the run write its next frame of len bytes, seals and queues it. */
SYM_MUST enum sym_err sym_exchange_send_step(struct sym_exchange *e, enum sym_step step, size_t len,
                                             uint64_t now_us);

#define SYM_EXCHANGE_SLOTS (2u * SYM_EXCHANGES_MAX)

struct sym_exchange_table {
    struct sym_exchange *items[SYM_EXCHANGE_SLOTS];
    size_t n;
};

void sym_exchange_table_clear(struct sym_exchange_table *t);
SYM_MUST enum sym_err sym_exchange_table_add(struct sym_exchange_table *t,
                                             struct sym_exchange **out,
                                             const struct sym_node_id *peer,
                                             struct sym_fault *fault);
void sym_exchange_table_remove(struct sym_exchange_table *t, struct sym_exchange *e);
/* Moves the entry at this place behind all others. */
void sym_exchange_table_put_last(struct sym_exchange_table *t, size_t at);
/* By the id on the wire; NULL when there is none. */
struct sym_exchange *sym_exchange_table_find(const struct sym_exchange_table *t,
                                             const uint8_t id[SYM_EXCHANGE_ID_BYTES]);
/* The one in flight, or the latest. */
struct sym_exchange *sym_exchange_table_find_handle(const struct sym_exchange_table *t,
                                                    struct sym_span handle);
struct sym_exchange *sym_exchange_table_find_run(const struct sym_exchange_table *t,
                                                 const struct sym_run *run);
size_t sym_exchange_table_in_flight(const struct sym_exchange_table *t);
/* As many as allowed are in flight with the peer of e, beside e; those that are paused, or
 * over for that side, do not count. */
bool sym_exchange_table_busy(const struct sym_exchange_table *t, const struct sym_exchange *e);

#endif
