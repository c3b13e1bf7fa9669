/* compare_state.h - what the files behind compare.h share: compare.c (what comes in),
 * compare_list.c (lists, findings), compare_entry.c (reading leaves, bodies, words),
 * compare_match.c (the tales of the exchanges, and whether they fit). Nobody else includes it.
 *
 * Own entries are kept until all are in; then one tale for each exchange, in the order of the ids.
 * What the other side shows is put into these tales and forgotten. An exchange that it alone knows
 * of has its place among the strangers until SYM_COMPARE_STRANGERS others have come, or the end.
 */
#ifndef SYM_PROTO_COMPARE_STATE_H
#define SYM_PROTO_COMPARE_STATE_H

#include "proto/compare.h"

#define SYM_COMPARE_STRANGERS 256u

struct sym_compare_list {
    uint8_t *items;
    size_t n;
    size_t room;
};

/* What a statement says of the data frames. */
struct sym_compare_word {
    bool is_abort;
    uint64_t frames[2]; /* sent, received */
    uint8_t hash[2][SYM_HASH_BYTES];
};

/* One entry of either side. */
struct sym_compared {
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint64_t index;
    uint64_t time_ms;
    uint32_t kind;
    uint32_t generation; /* own; 0: the present one */
    bool self_asked;     /* the initiator is the node that compares */
    bool granted;        /* own, DECIDED: the body says so */
    bool unproven;       /* own, DECIDED: the receipt rests on no entry there */
    size_t word;         /* own: + 1, among the words; 0: no statement */
};

/* One of the other side, which is in its tree. */
struct sym_compare_told {
    struct sym_compared entry;
    uint8_t leaf[SYM_HASH_BYTES];
    bool has_word;
    struct sym_compare_word word;
};

/* A leaf of the other side that a signed message of it rests on. */
struct sym_compare_proof {
    uint32_t generation;
    bool was_shown;
    bool differs; /* and is another */
    uint64_t index;
    uint8_t leaf[SYM_HASH_BYTES];
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint64_t index_here;
    uint32_t generation_here;
};

/* The entries of one exchange at one side. Indices are + 1; 0: there is none. */
struct sym_compare_part {
    uint64_t first;
    uint64_t first_ms;
    uint64_t newest;
    uint64_t newest_ms;
    uint64_t end; /* closed or aborted */
    uint32_t generation;
    bool self_asked;
    bool decided;
    bool has_word; /* the end has */
};

struct sym_tale {
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_compare_part here;
    struct sym_compare_part there;
    bool granted;                /* as `decided` here says */
    bool unproven;               /* likewise */
    size_t word;                 /* of the end here */
    enum sym_finding_code words; /* what those of both ends come to; 0: they fit */
};

struct sym_compare {
    struct sym_compare_plan plan;
    uint8_t own_id[SYM_EXCHANGE_ID_BYTES];
    struct sym_compare_list own;    /* until they are all in */
    struct sym_compare_list early;  /* likewise: what was told */
    struct sym_compare_list tales;  /* from then on */
    struct sym_compare_list words;  /* own */
    struct sym_compare_list proofs; /* by index, from then on */
    struct sym_compare_list findings;
    bool own_ended;
    uint32_t own_generation;
    uint64_t stranger_starts[SYM_COMPARE_STRANGERS]; /* the first bytes of their ids */
    struct sym_tale strangers[SYM_COMPARE_STRANGERS];
    size_t n_strangers;  /* that ever were: the oldest gives its place to the next */
    uint64_t next_there; /* least index that may come */
    uint32_t generation;
    uint64_t size;
    uint8_t root[SYM_HASH_BYTES];
    uint64_t there_since_ms; /* of the other log's first entry */
    struct sym_compare_counts counts;
};

/* compare_list.c */

SYM_MUST enum sym_err sym_compare_append(struct sym_compare_list *l, const void *item, size_t bytes,
                                         size_t max);
void sym_compare_forget(struct sym_compare_list *l);
/* Lists what was found: exchange, indices (+ 1; 0: none), text. */
SYM_MUST enum sym_err sym_compare_find(struct sym_compare *c, const struct sym_compared_finding *f);

/* compare_entry.c */

/* SYM_NOT_FOUND: of no exchange between the two. */
SYM_MUST enum sym_err sym_compare_read(const struct sym_compare *c, struct sym_compared *e,
                                       uint64_t index, struct sym_span leaf);
/* A statement of the given signer about this exchange, as the entry has it; false: it is not. */
bool sym_compare_read_word(struct sym_compare_word *out, const struct sym_compared *e,
                           struct sym_span bytes, const uint8_t identity[SYM_ED25519_BYTES]);
/* What an own body adds to its entry: a decision, a word, proofs of entries there. */
SYM_MUST enum sym_err sym_compare_read_body(struct sym_compare *c, struct sym_compared *e,
                                            struct sym_span body);
/* An own leaf of no exchange: does it count what was not recorded of the other side's requests? */
SYM_MUST enum sym_err sym_compare_count_denied(struct sym_compare *c, struct sym_span leaf,
                                               struct sym_span body);

/* compare_match.c */

/* From the own entries to tales. */
SYM_MUST enum sym_err sym_compare_make_tales(struct sym_compare *c);
/* Once there are tales. */
SYM_MUST enum sym_err sym_compare_tell(struct sym_compare *c, const struct sym_compare_told *told);
SYM_MUST enum sym_err sym_compare_match_all(struct sym_compare *c);

/* Later than any clock that is right. */
bool sym_compare_is_to_come(const struct sym_compare *c, uint64_t time_ms);

#endif
