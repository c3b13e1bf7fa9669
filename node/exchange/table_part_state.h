/* table_part_state.h - one own part of an overlap table, as the files behind table_part.h share it:
 * table_part.c (beginning, driving, ending), table_part_legs.c (what is said in its exchanges),
 * table_part_exchanges.c (these), table_part_wants.c
 * (what its member wants of the node), table_breach.c (who broke it). Nobody else includes it.
 */
#ifndef SYM_NODE_EXCHANGE_TABLE_PART_STATE_H
#define SYM_NODE_EXCHANGE_TABLE_PART_STATE_H

#include "node/exchange/table_part.h"
#include "node/exchange/table_words.h"
#include "node/tabulation/ledger.h"
#include "proto/table_evaluator.h"
#include "proto/table_owner.h"
#include "proto/table_rows.h"
#include "proto/table_tally.h"

/* One exchange of it. */
struct sym_table_leg {
    struct sym_leg leg; /* first: what its calls are given */
    struct sym_table_part *part;
    uint32_t place; /* of the other side */
    bool begun;
    bool done; /* it has ended as it should */
};

/* Whose work is out. */
struct sym_table_worker {
    struct sym_table_evaluator *evaluator; /* or, when NULL, */
    bool is_tally;                         /* the tally, or the list */
};

struct sym_table_part {
    struct sym_exchanges *x;
    struct sym_table_question question;
    uint32_t place;
    char alias[SYM_ALIAS_BYTES];
    char user[SYM_ALIAS_BYTES];
    char case_ref[SYM_CASE_BYTES_MAX + 1];
    char note[SYM_NOTE_BYTES_MAX + 1];
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint8_t qid[SYM_HASH_BYTES];
    uint64_t peer_cap_nano;
    uint64_t until_ms;
    void (*wake)(void *owner);
    void *owner;
    struct sym_table_member *member;
    struct sym_overlap_set *set; /* of a contributor */
    bool set_is_ready;
    uint64_t epoch;
    struct sym_table_list *list;
    bool is_complete; /* the member knows that all rows are there */
    struct sym_table_owner *owners[SYM_TABLE_LISTS_MAX];
    struct sym_table_evaluator *evaluators[SYM_TABLE_LISTS_MAX];
    struct sym_table_rows *rows;
    struct sym_table_tally *tally;
    bool is_released; /* by the tally */
    struct sym_table_leg with_asker;
    struct sym_table_leg asks[SYM_TABLE_LISTS_MAX];    /* overlap:evaluate, by the evaluator */
    struct sym_table_leg answers[SYM_TABLE_LISTS_MAX]; /* and by the owner */
    struct sym_table_leg tallies[SYM_TABLE_LISTS_MAX]; /* overlap:rows, at the tallier */
    struct sym_table_leg sends;                        /* and at a contributor */
    struct sym_table_worker workers[SYM_TABLE_LISTS_MAX + 2u];
    size_t works; /* that are out */
    enum sym_table_want writing;
    bool is_reserved;
    bool is_debited;
    bool is_kept;
    bool is_left;                     /* by who asks, in the same node */
    const struct sym_table_leg *lost; /* the first of its exchanges that ended early; NULL: none */
    uint64_t started_ms;              /* monotonic: GO came */
    struct sym_timer *turn;
    bool turning;
    struct sym_table_failure failure;
    char fault[SYM_FAULT_BYTES];
};

/* table_part.c */

/* Ends the part, once; detail is a remark behind who did what, or empty. */
void sym_table_part_fail(struct sym_table_part *p, struct sym_table_failure failure,
                         const char *detail);
bool sym_table_part_is_tallier(const struct sym_table_part *p);

/* table_part_legs.c */

/* Gives the legs their calls; the second does it for one that another owner began, anew. */
void sym_table_part_make_legs(struct sym_table_part *p);
void sym_table_part_make_answer(struct sym_table_part *p, uint32_t place);

/* table_part_exchanges.c */

/* Begins those exchanges overlap:evaluate that are due. */
void sym_table_part_ask_all(struct sym_table_part *p);
/* Begins overlap:rows. */
SYM_MUST enum sym_err sym_table_part_send_rows(struct sym_table_part *p);
/* Looks for legs that have ended. */
void sym_table_part_watch_legs(struct sym_table_part *p);
void sym_table_part_pump_legs(struct sym_table_part *p);
/* Aborts all but the leg with who asks. */
void sym_table_part_abort_legs(struct sym_table_part *p);
bool sym_table_part_legs_are_over(const struct sym_table_part *p);
/* The failure of an exchange that ended too early. */
struct sym_table_failure sym_table_part_lost(const struct sym_leg *leg, uint32_t place);

/* table_breach.c */

/* Who failed it did what only an altered node does: that is kept, and told. */
void sym_table_part_accuse(const struct sym_table_part *p);

/* table_part_wants.c */

/* What the member wants, if that can be done now. */
void sym_table_part_want(struct sym_table_part *p);
/* Gives back what was reserved and not debited. */
void sym_table_part_give_back(struct sym_table_part *p);

#endif
