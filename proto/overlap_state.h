/* overlap_state.h - what the rooms of overlap.c share; nobody else includes it but tests that look
 * at states.
 *
 * overlap.c holds what both sides have in common, overlap_frames.c how payloads look,
 * overlap_initiator.c and overlap_responder.c the two sides, overlap_agree.c what is agreed before.
 */
#ifndef SYM_PROTO_OVERLAP_STATE_H
#define SYM_PROTO_OVERLAP_STATE_H

#include "proto/overlap.h"
#include "proto/seen.h"
#include "proto/sorted.h"

enum overlap_state {
    OVERLAP_SHUFFLES,     /* initiator: draws the order to send in */
    OVERLAP_SENDS,        /* initiator: not all elements are on their way */
    OVERLAP_GATHERS,      /* initiator: all sent, answers or tags are still to come */
    OVERLAP_UNBLINDS,     /* initiator: all is here, not all of it is unblinded */
    OVERLAP_LISTENS,      /* responder: nothing has come yet */
    OVERLAP_TAKES,        /* responder: more elements are to come */
    OVERLAP_ANSWERS,      /* responder: all elements have come, not all answers are on their way */
    OVERLAP_AWAITS_CLOSE, /* responder */
    OVERLAP_CLOSES,       /* either: its close is due */
    OVERLAP_CLOSED,       /* initiator: has closed, waits for the other close; looks up what came */
    OVERLAP_DONE,
    OVERLAP_DEAD,
    OVERLAP_STATE_COUNT
};

/* What can arrive: the first three are the types of payloads. */
enum overlap_message {
    OVERLAP_BLINDED = 1,
    OVERLAP_EVALUATED = 2,
    OVERLAP_TAGS = 3,
    OVERLAP_OTHER_CLOSED = 4,
    OVERLAP_MESSAGE_COUNT
};

#define OVERLAP_HEAD_BYTES 5u
/* Items of one piece of work: some milliseconds for one processor without vector instructions. */
#define OVERLAP_GRAIN 256u
/* Items of one work that looks up. */
#define OVERLAP_JOIN_ITEMS 65536u
/* Works on own tags that are out at once, so that answers do not queue up behind them. */
#define OVERLAP_OWN_WORKS_MAX 2u

/* A row of items that goes frame by frame. */
struct overlap_stream {
    uint32_t total;
    uint32_t at; /* items that have gone */
};

/* A payload taken apart, or one to be made. */
struct overlap_payload {
    enum overlap_message type;
    uint32_t n;
    const uint8_t *items;
};

/* One frame of elements in the window. Initiator: FREE, WORKING (blinding), READY, SENT, RECEIVED,
 * WORKING (unblinding), FREE. Responder: FREE, RECEIVED, WORKING, READY, FREE. */
enum overlap_slot { SLOT_FREE, SLOT_WORKING, SLOT_READY, SLOT_SENT, SLOT_RECEIVED };

enum overlap_sorting { SORT_LATER, SORT_SPLITTING, SORT_SPLIT, SORT_WORKING, SORT_DONE };

/* A large array that is sorted by two works: one splits, one sorts the parts. */
struct overlap_sorter {
    enum overlap_sorting state;
    uint8_t *items;
    size_t n;
    size_t len;
    bool strictly; /* equal items are an error */
    size_t starts[SYM_SORTED_PARTS + 1];
};

/* A work that is out. Pieces run on other threads: what they read does not change meanwhile. */
struct overlap_job {
    bool out;
    const struct sym_overlap_run *run;
    enum sym_err (*piece)(const struct overlap_job *job, size_t first, size_t n);
    enum sym_err (*done)(struct sym_overlap_run *run, const struct overlap_job *job);
    size_t n;
    size_t grain;
    uint32_t at;               /* the item of its stream that it begins with */
    struct sym_element *frame; /* the elements of blinding, evaluating, unblinding */
    enum overlap_slot *slot;   /* of that frame, where it has one */
    struct overlap_sorter *sorter;
};

struct overlap_initiator {
    uint32_t *order;   /* what goes at each place: an index of digests, or from n on padding */
    uint8_t *own_tags; /* in matches; by place */
    uint8_t *hits;     /* in matches; by index in digests */
    uint32_t *matches;
    uint32_t common;
    struct sym_element last;      /* in count: the answer that came last */
    struct overlap_stream blind;  /* given out to be blinded */
    struct overlap_stream finish; /* given out to be unblinded and hashed */
    struct overlap_stream join;   /* given out to be looked up */
    uint32_t finished;            /* of them, done */
    uint32_t joined;
    bool knows; /* the result */
};

struct overlap_responder {
    struct overlap_stream evaluate; /* given out to be evaluated */
    struct overlap_stream own;      /* given out to become own tags */
    uint32_t evaluated;             /* of them, done */
    uint32_t tagged;
    size_t own_out;
    struct overlap_sorter tags;
    struct overlap_sorter elements; /* in count */
};

struct sym_overlap_run {
    struct sym_overlap_config config;
    enum overlap_state state;
    bool matches; /* else count */
    size_t tag_len;
    struct sym_secret scalar; /* r or k */
    struct overlap_job jobs[SYM_WORKS_OUT_MAX];
    size_t out;

    struct sym_element *window; /* in matches: as many frames as slots may be in use */
    enum overlap_slot slots[SYM_OVERLAP_WINDOW];
    struct sym_seen *seen;        /* in matches */
    struct sym_element *elements; /* in count: what came, all of it; the responder's become the
                                   * evaluated ones in place; the initiator's, which are the window
                                   * before, become own tags, and then hits */
    uint8_t *tags;                /* the responder's, at either side */

    struct overlap_stream blinded_gone; /* sent or received */
    struct overlap_stream evaluated_gone;
    struct overlap_stream tags_gone;

    struct overlap_initiator initiator;
    struct overlap_responder responder;
};

/* overlap_frames.c */

/* How many items go next; 0 at the end. */
uint32_t sym_overlap_due(const struct overlap_stream *s);
bool sym_overlap_over(const struct overlap_stream *s);
/* SYM_WRONG_STATE when nothing is due, SYM_BAD_VALUE when another number of items is. */
SYM_MUST enum sym_err sym_overlap_expect(const struct overlap_stream *s,
                                         const struct overlap_payload *payload);
size_t sym_overlap_payload_bytes(uint32_t n, size_t item_len);
void sym_overlap_put(uint8_t *out, const struct overlap_payload *payload, size_t item_len);
SYM_MUST enum sym_err sym_overlap_get(struct overlap_payload *out, size_t tag_len,
                                      struct sym_span payload);

/* overlap.c */

/* Items of a payload of this type, bytes each. */
size_t sym_overlap_item_bytes(const struct sym_overlap_run *run, enum overlap_message type);
/* The slot that the next frame of this stream has, and the elements in it. */
size_t sym_overlap_slot(const struct overlap_stream *s);
struct sym_element *sym_overlap_slot_elements(const struct sym_overlap_run *run,
                                              const struct overlap_stream *s);
/* Frees what is needed no more when all has been computed and sent. */
void sym_overlap_release(struct sym_overlap_run *run);
/* The inputs of n places from `place` on, at most OVERLAP_GRAIN; padding holds what is drawn for
 * those that have no digest. */
void sym_overlap_inputs(struct sym_span inputs[OVERLAP_GRAIN],
                        uint8_t padding[OVERLAP_GRAIN][SYM_HASH_BYTES],
                        const struct sym_overlap_run *run, size_t place, size_t n);

/* The two sides: allocate and set up; the payload that is ready, if one is; it has been written;
 * the next work, if there is one, described in job; what came. */
SYM_MUST enum sym_err sym_overlap_initiator_new(struct sym_overlap_run *run);
SYM_MUST enum sym_err sym_overlap_responder_new(struct sym_overlap_run *run);
void sym_overlap_initiator_release(struct sym_overlap_run *run);
bool sym_overlap_initiator_ready(const struct sym_overlap_run *run, struct overlap_payload *out);
bool sym_overlap_responder_ready(const struct sym_overlap_run *run, struct overlap_payload *out);
void sym_overlap_initiator_sent(struct sym_overlap_run *run, const struct overlap_payload *payload);
void sym_overlap_responder_sent(struct sym_overlap_run *run, const struct overlap_payload *payload);
bool sym_overlap_initiator_offer(struct sym_overlap_run *run, struct overlap_job *job);
bool sym_overlap_responder_offer(struct sym_overlap_run *run, struct overlap_job *job);
SYM_MUST enum sym_err sym_overlap_take_blinded(struct sym_overlap_run *run,
                                               const struct overlap_payload *payload);
SYM_MUST enum sym_err sym_overlap_take_evaluated(struct sym_overlap_run *run,
                                                 const struct overlap_payload *payload);
SYM_MUST enum sym_err sym_overlap_take_tags(struct sym_overlap_run *run,
                                            const struct overlap_payload *payload);

#endif
