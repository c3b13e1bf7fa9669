/* table_list_state.h - what the rooms of table_list.c share; nobody else includes it but tests that
 * look at states.
 *
 * table_list.c holds beginning and end, and hands out works; table_list_work.c is what they
 * compute; table_owner.c brings frames to one evaluator and answers back.
 */
#ifndef SYM_PROTO_TABLE_LIST_STATE_H
#define SYM_PROTO_TABLE_LIST_STATE_H

#include "proto/table_frames.h"
#include "proto/table_list.h"

/* One frame on its way. */
enum slot_state { SLOT_FREE, SLOT_BLINDING, SLOT_OPEN, SLOT_FINISHING };

/* Its answer by one evaluator. */
enum answer_state { ANSWER_NONE, ANSWER_ASKED, ANSWER_HERE, ANSWER_CHECKING, ANSWER_GOOD };

struct list_answer {
    enum answer_state state;
    struct sym_element *elements;
    uint8_t hash[SYM_HASH_BYTES];
    uint8_t proof[SYM_DLEQ_PROOF_BYTES];
    struct tab_bytes said; /* signature and TableAnswer */
};

struct list_slot {
    enum slot_state state;
    uint32_t frame;
    uint32_t n; /* elements in it */
    struct sym_element *asked;
    uint8_t asked_hash[SYM_HASH_BYTES];
    struct list_answer answers[SYM_TABLE_LISTS_MAX]; /* by place; the own one is not used */
};

enum list_stage {
    LIST_SHUFFLES, /* draws the order to send in */
    LIST_ASKS,
    LIST_SPLITS, /* sorts its rows, in two works */
    LIST_SORTS,
    LIST_COMPLETE,
    LIST_FAILED
};

/* A work that is out. */
struct list_job {
    bool out;
    struct sym_table_list *list;
    enum sym_err (*piece)(const struct list_job *job, size_t first, size_t n);
    void (*done)(struct sym_table_list *l, struct list_job *job);
    enum sym_table_cause cause; /* of an error, whose doing is place's */
    struct list_slot *slot;
    uint32_t place;
    size_t n;
    size_t grain;
};

struct sym_table_owner {
    struct sym_table_list *list;
    uint32_t place;
    uint32_t asked;    /* frames that are on their way */
    uint32_t answered; /* that have come back */
    bool closed;       /* here */
};

struct sym_table_list {
    struct sym_table_list_config config;
    enum list_stage stage;
    bool task_out; /* of a stage that has one work */
    struct list_job jobs[SYM_WORKS_OUT_MAX];
    size_t out;
    struct sym_secret scalars; /* r and 1/r */
    uint32_t total;            /* elements, with padding */
    uint32_t frames;
    uint32_t blinded;  /* frames given out to be blinded */
    uint32_t finished; /* frames that have become rows */
    uint32_t *order;   /* by place: an index of digests, or from n on padding */
    uint8_t *rows;     /* by index in digests, then sorted */
    size_t starts[257];
    struct list_slot slots[SYM_TABLE_WINDOW];
    struct sym_element *frames_memory;
    bool begun[SYM_TABLE_LISTS_MAX];       /* by place: it has, or had, an owner */
    uint32_t checked[SYM_TABLE_LISTS_MAX]; /* frames that have verified */
    struct sym_table_failure failure;
    struct tab_bytes exhibit;
};

/* table_list.c */

struct list_slot *sym_table_slot(struct sym_table_list *l, uint32_t frame);
/* Records the first failure; returns err. */
enum sym_err sym_table_list_fail(struct sym_table_list *l, enum sym_err err, uint32_t place,
                                 enum sym_table_cause cause);

/* table_list_work.c: the pieces of works. */

enum sym_err sym_table_piece_shuffle(const struct list_job *job, size_t first, size_t n);
enum sym_err sym_table_piece_blind(const struct list_job *job, size_t first, size_t n);
enum sym_err sym_table_piece_check(const struct list_job *job, size_t first, size_t n);
enum sym_err sym_table_piece_finish(const struct list_job *job, size_t first, size_t n);
enum sym_err sym_table_piece_split(const struct list_job *job, size_t first, size_t n);
enum sym_err sym_table_piece_sort(const struct list_job *job, size_t first, size_t n);
/* What proves that the answer by `place` in this slot is wrong. */
SYM_MUST enum sym_err sym_table_exhibit_new(struct tab_bytes *out, const struct sym_table_list *l,
                                            const struct list_slot *slot, uint32_t place);

#endif
