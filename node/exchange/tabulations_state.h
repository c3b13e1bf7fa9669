/* tabulations_state.h - one joint tabulation of this node's, as the files behind tabulations.h
 * share it: tabulation_plan.c (who takes part, what it costs), tabulation_attempt.c (its legs, and
 * beginning), tabulation_lead.c (the machine between them), tabulation_own.c (the own part),
 * tabulation_row.c (the history), tabulations.c (its course), tabulation_words.c (who was missing).
 * Nobody else includes it.
 */
#ifndef SYM_NODE_EXCHANGE_TABULATIONS_STATE_H
#define SYM_NODE_EXCHANGE_TABULATIONS_STATE_H

#include "node/exchange/exchanges_state.h"
#include "node/exchange/tabulations.h"
#include "node/tabulation/tab_part.h"
#include "proto/tab_lead.h"

#define SYM_TAB_NO_PLACE UINT32_MAX

/* Who is asked: the cohort in the order of their ids. It outlasts its peers, which may be removed,
 * renewed or given another preshared key meanwhile. */
struct sym_tab_cohort {
    uint32_t n;
    uint32_t own; /* place of this node; SYM_TAB_NO_PLACE: it does not take part */
    uint8_t ids[SYM_TAB_MEMBERS_MAX * SYM_HASH_BYTES];
    struct sym_tab_party parties[SYM_TAB_MEMBERS_MAX]; /* only until the next turn of the loop */
    char names[SYM_TAB_MEMBERS_MAX][SYM_ALIAS_BYTES];  /* aliases as they were; "this node" */
};

/* Names to peers; checks that they are enough, and what the own node can add. */
SYM_MUST enum sym_err sym_tab_cohort_of(struct sym_tab_cohort *out, const struct sym_exchanges *x,
                                        const struct sym_tabulate_start *start,
                                        struct sym_fault *fault);
/* Its parties, as they are known now. SYM_NOT_FOUND: not all of them are, any more. */
SYM_MUST enum sym_err sym_tab_cohort_look_up(struct sym_tab_cohort *c,
                                             const struct sym_exchanges *x,
                                             struct sym_fault *fault);
/* The peer at this place, NULL: it is the own one, or not pinned any more. */
const struct sym_peer *sym_tab_cohort_peer(const struct sym_tab_cohort *c,
                                           const struct sym_exchanges *x, uint32_t place);
/* The release that is kept here of this question, if the own dataset is as it was then. Whether it
 * still is the answer, the others say: they may have published since. SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_tab_answer_of(struct sym_exchanges *x,
                                        uint8_t released[SYM_EXCHANGE_ID_BYTES],
                                        const struct sym_tab_cohort *c, struct sym_span query,
                                        struct sym_span dataset);
/* The query and its cube; the arena must be empty, *query borrows from it. */
SYM_MUST enum sym_err sym_tab_read_query(struct sym_arena *arena, struct sym_tab_query *query,
                                         struct sym_cube **cube, struct sym_span bytes,
                                         struct sym_fault *fault);

/* Has the own dataset the budget, where it takes part? SYM_DENIED, with what is left. */
SYM_MUST enum sym_err sym_tab_can_pay(struct sym_exchanges *x, const struct sym_tab_cohort *c,
                                      const struct sym_tabulate_start *start,
                                      const struct sym_cube *cube, struct sym_fault *fault);

struct sym_tabulation {
    struct sym_exchanges *x;
    uint8_t handle[SYM_EXCHANGE_ID_BYTES]; /* what its user calls it: the id of the first attempt */
    uint8_t id[SYM_EXCHANGE_ID_BYTES];     /* of this attempt */
    unsigned attempts;
    uint64_t attempt_ms; /* when this one began, monotonic */
    bool again;          /* it failed, and the next begins once all of it has ended */
    bool confirms;       /* this attempt asks for editions alone: there is an answer, if they are */
    uint8_t answered[SYM_EXCHANGE_ID_BYTES]; /* that one */
    struct sym_kept query;
    uint32_t shape;
    uint8_t outline[SYM_TAB_OUTLINE_BYTES_MAX];
    size_t outline_len;
    char dataset[SYM_ALIAS_BYTES];
    char user[SYM_ALIAS_BYTES];
    char case_ref[SYM_CASE_BYTES_MAX + 1];
    char note[SYM_NOTE_BYTES_MAX + 1];
    uint32_t purpose;
    uint32_t basis;
    uint32_t timeout_ms;
    struct sym_tab_cohort cohort;
    struct sym_cube *cube;
    struct sym_tab_lead *lead;
    struct sym_leg legs[SYM_TAB_MEMBERS_MAX]; /* of this attempt; the own one is never begun */
    bool told[SYM_TAB_MEMBERS_MAX];           /* the machine knows that this leg is over */
    struct sym_tab_part *part;                /* own */
    bool part_writes;
    bool part_over;
    struct sym_timer *turn;
    bool turning;
    bool writes; /* a release or a row of the history is on its way */
    bool ends;   /* waits for its legs */
    bool cancelled;
    enum sym_exchange_state state;
    enum sym_err result;
    struct sym_fault fault;
    bool has_release;
    uint8_t release_hash[SYM_HASH_BYTES];
    uint8_t released[SYM_EXCHANGE_ID_BYTES]; /* whose release answers: own id, or an earlier one */
    uint64_t started_us;
    uint64_t ended_us;   /* 0: in flight */
    uint64_t started_ms; /* wall clock */
    uint64_t until_ms;   /* monotonic */
    uint64_t bytes_sent; /* of earlier attempts */
    uint64_t bytes_received;
    unsigned unheeded;
    size_t works; /* of the machine, that are out */
    bool given_up;
};

/* tabulation_attempt.c */

void sym_tabulation_abort_legs(struct sym_tabulation *t, enum sym_reason reason,
                               enum sym_err result, const char *why);
/* The same under a new id, without what was there. */
void sym_tabulation_begin_again(struct sym_tabulation *t);
/* Draws machines and begins all legs. */
SYM_MUST enum sym_err sym_tabulation_begin_attempt(struct sym_tabulation *t,
                                                   struct sym_fault *fault);
/* Of all legs that are in flight. */
void sym_tabulation_count_bytes(const struct sym_tabulation *t, uint64_t *sent, uint64_t *received);
/* Only while it is quiet. */
void sym_tabulation_drop_machines(struct sym_tabulation *t);
/* Gives back what the own part reserved. */
void sym_tabulation_give_back(struct sym_tabulation *t);
/* Nothing is out: no work, no write. */
bool sym_tabulation_is_quiet(const struct sym_tabulation *t);
bool sym_tabulation_legs_are_over(const struct sym_tabulation *t);

/* tabulation_lead.c */

/* Gives out its works, answers what it wants. */
SYM_MUST enum sym_err sym_tabulation_drive_lead(struct sym_tabulation *t);

/* tabulation_words.c */

/* Adds to the line who was missing and why, by alias; sets the result where that was a denial. */
void sym_tabulation_tell(struct sym_tabulation *t, char line[SYM_FAULT_BYTES]);

/* tabulation_own.c */

/* Moves the own part on as far as it goes. */
void sym_tabulation_drive_part(struct sym_tabulation *t);
enum sym_err sym_tabulation_put_part_end(struct sym_transaction *tr, void *context);
/* For tab_part.h. */
void sym_tabulation_wake(void *owner);

/* tabulation_row.c */

/* Its row in the history, with the release that is kept with it, if there is one. */
SYM_MUST enum sym_err sym_tabulation_write_row(struct sym_tabulation *t, bool over,
                                               struct sym_span head, struct sym_span cells);

/* tabulations.c */

/* As soon as it is quiet. */
void sym_tabulation_destroy(struct sym_tabulation *t);
/* From now on it waits for its legs, then for its row. */
void sym_tabulation_end(struct sym_tabulation *t, enum sym_exchange_state state,
                        enum sym_err result, const char *why);
void sym_tabulation_fail(struct sym_tabulation *t, enum sym_err err, const char *what);
/* It goes on at the next turn of the loop. */
void sym_tabulation_turn_soon(struct sym_tabulation *t);

#endif
