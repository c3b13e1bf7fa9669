/* standing_state.h - what the rooms of standing.c share; nobody else includes it.
 *
 * standing.c holds the responder and what both sides have in common, standing_initiator.c the
 * query and the search in the list.
 */
#ifndef SYM_PROTO_STANDING_STATE_H
#define SYM_PROTO_STANDING_STATE_H

#include "proto/standing.h"

#define STANDING_HEAD_BYTES 5u
/* Items of one piece of work. */
#define STANDING_GRAIN 64u

enum standing_message {
    STANDING_QUERY = 1,
    STANDING_EVALUATED = 2,
    STANDING_BLOCK = 3,
    STANDING_OTHER_CLOSED = 4,
    STANDING_MESSAGE_COUNT
};

enum standing_state {
    STANDING_BLINDS,    /* initiator: the query is being made */
    STANDING_ASKS,      /* initiator: it is ready */
    STANDING_AWAITS,    /* initiator: it was sent */
    STANDING_COMPLETES, /* initiator: its answer came; it is unblinded, and the list comes */
    STANDING_LISTENS,   /* responder */
    STANDING_EVALUATES,
    STANDING_ANSWERS,
    STANDING_LISTS,        /* responder: blocks are due */
    STANDING_AWAITS_CLOSE, /* responder */
    STANDING_CLOSES,
    STANDING_CLOSED, /* initiator: has closed, waits for the other close; looks up */
    STANDING_DONE,
    STANDING_DEAD,
    STANDING_STATE_COUNT
};

/* What the initiator knows of what matched; nothing before it has closed. */
enum standing_search {
    SEARCH_LATER,
    SEARCH_BEGUN,
    SEARCH_WANTS, /* blocks of a list that it holds */
    SEARCH_DONE
};

/* An own tag, and what it belongs to. */
struct standing_tag {
    uint8_t tag[SYM_TAG_BITS_MAX / 8];
    uint32_t index; /* of digests, from n on padding */
};

struct sym_standing_run {
    struct sym_standing_config config;
    enum standing_state state;
    struct sym_tag_code code;
    size_t tag_len;
    size_t n_blocks;
    struct sym_secret scalar;
    struct sym_element *elements; /* the query, then its answer; by place */
    bool given_out;               /* the work of this state */
    bool working;

    /* Initiator. */
    uint32_t *order;
    uint8_t (*padding)[SYM_HASH_BYTES];
    struct standing_tag *tags; /* by place, and sorted once they are complete */
    bool complete;
    enum standing_search search;
    uint32_t at; /* the first of them that was not looked up */
    uint32_t *matches;
    uint32_t common;
    uint8_t *decoded;        /* one block */
    struct sym_span *blocks; /* those that came */
    uint8_t *firsts;
    uint8_t last[SYM_TAG_BITS_MAX / 8]; /* tag of the block before */

    uint32_t blocks_gone; /* sent or received */
};

struct standing_payload {
    enum standing_message type;
    uint32_t number;
    struct sym_span body;
};

/* standing.c */

SYM_MUST enum sym_err sym_standing_keep_elements(struct sym_standing_run *run,
                                                 const struct standing_payload *got);
/* After an error the run is dead. */
enum sym_err sym_standing_die(struct sym_standing_run *run, enum sym_err err);

/* standing_initiator.c */

SYM_MUST enum sym_err sym_standing_initiator_new(struct sym_standing_run *run);
void sym_standing_initiator_release(struct sym_standing_run *run);
/* Pieces of the three works. */
SYM_MUST enum sym_err sym_standing_blind(void *context, size_t first, size_t n);
SYM_MUST enum sym_err sym_standing_unblind(void *context, size_t first, size_t n);
SYM_MUST enum sym_err sym_standing_look_up(void *context, size_t first, size_t n);
/* Own tags are complete. */
void sym_standing_completed(struct sym_standing_run *run);
/* They were looked up, as far as the list is here. */
void sym_standing_looked_up(struct sym_standing_run *run);
SYM_MUST enum sym_err sym_standing_take_evaluated(struct sym_standing_run *run,
                                                  const struct standing_payload *got);
SYM_MUST enum sym_err sym_standing_take_block(struct sym_standing_run *run,
                                              const struct standing_payload *got);
bool sym_standing_knows(const struct sym_standing_run *run);

#endif
