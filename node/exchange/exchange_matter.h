/* exchange_matter.h - what an exchange that touches data has beside its frames: why it is run, own
 * elements, the result, and how its line in the history is made.
 *
 * Case, note and names of users stay here; only salted commitments to them travel: SHA-256 over 32
 * random bytes and the text. The salts are in the log, for who must prove later what was
 * committed to. Errors: those of sym_sha256.
 */
#ifndef SYM_NODE_EXCHANGE_EXCHANGE_MATTER_H
#define SYM_NODE_EXCHANGE_EXCHANGE_MATTER_H

#include "node/data/standing.h"
#include "node/overlap/overlap_find.h"
#include "node/overlap/overlap_set.h"
#include "proto/exchange.h"
#include "proto/table.h"
#include "proto/tabulation.h"

enum sym_committed { SYM_COMMIT_CASE, SYM_COMMIT_NOTE, SYM_COMMIT_USER, SYM_COMMIT_APPROVER };
#define SYM_COMMITTED_COUNT 4u

struct sym_exchange_matter {
    void *owner; /* for the callbacks of set and find */
    uint32_t purpose;
    uint32_t basis;
    uint32_t engines;                 /* bit sets: that the initiator asks for, */
    uint32_t covered;                 /* of them, by the grant, at the responder */
    uint32_t engine;                  /* that computes, once it was chosen */
    uint32_t why;                     /* enum sym_overlap_why */
    struct sym_standing_row standing; /* the list that the responder answers from, or that the
                                       * initiator holds, or whose it would be */
    bool prepares; /* at the responder: it would answer from a list that is being made */
    bool holds;    /* the initiator has it */
    uint8_t epoch[SYM_STANDING_ID_BYTES]; /* at the responder: of the one it says it has */
    uint32_t type;
    uint32_t rule; /* enum sym_overlap_rule, of an own one */
    char case_ref[SYM_CASE_BYTES_MAX + 1];
    char note[SYM_NOTE_BYTES_MAX + 1];
    char user[SYM_ALIAS_BYTES];
    char approver[SYM_ALIAS_BYTES];
    uint8_t approved[SYM_EXCHANGE_ID_BYTES]; /* the request whose approval this one uses up; zeros:
                                              * none */
    char mine[SYM_ALIAS_BYTES];
    char theirs[SYM_ALIAS_BYTES];
    uint8_t salts[SYM_COMMITTED_COUNT][SYM_HASH_BYTES];
    uint8_t hashes[SYM_COMMITTED_COUNT][SYM_HASH_BYTES];
    struct sym_commitments commitments; /* borrows from hashes */
    uint8_t wish[SYM_DIGEST_BYTES];     /* of an own one: openings.h */
    uint32_t own_size;
    uint32_t peer_size;
    uint32_t common;
    bool is_joint; /* of a tabulation, as what follows */
    bool delivers; /* the peer brings the release of one that it promised */
    uint8_t tabulation[SYM_EXCHANGE_ID_BYTES];
    uint32_t participants;
    uint32_t cells;
    uint64_t epsilon_nano;
    uint8_t parties[SYM_TABLE_PARTIES_MAX * SYM_HASH_BYTES]; /* ids of an overlap table's */
    uint32_t n_parties;
    uint32_t shape;      /* enum sym_tab_shape */
    uint32_t min_result; /* of the grant, as the receipt says it */
    bool withheld;       /* there was less in common: nothing is shown or kept */
    uint64_t records;
    bool has_result;
    uint8_t shared[SYM_SHARED_KEYS_BYTES_MAX]; /* how often own records share keys (proto/keys.h) */
    size_t shared_len;
    uint64_t started_ms;         /* wall clock */
    struct sym_overlap_set *set; /* until the run owns it */
    bool set_is_ready;
    struct sym_overlap_find *find;
    bool saved;                /* the result, durably */
    uint64_t resume_ms;        /* monotonic: when a held one is asked again */
    uint64_t pause_ms;         /* the last pause before that */
    uint64_t give_up_ms;       /* monotonic: when no decision is awaited any more */
    bool on_its_own;           /* nobody need follow it: it was held */
    bool is_held;              /* at the other side, */
    struct sym_statement held; /* as the session said when it told so the last time */
    unsigned unheeded;         /* ticks since a user last looked at it */
};

/* owner: for the callbacks of set and find. SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_matter_new(struct sym_exchange_matter **out, void *owner);
/* NULL is fine. */
void sym_matter_free(struct sym_exchange_matter *m);
/* Keeps only what is logged of it. */
void sym_matter_drop_lists(struct sym_exchange_matter *m);
/* Copies text where it fits, cuts it otherwise. */
void sym_matter_text(char *to, size_t size, struct sym_span text);

/* Why a joint tabulation is run, of which all its exchanges are part. */
struct sym_joint {
    const uint8_t *tabulation; /* SYM_EXCHANGE_ID_BYTES */
    uint32_t purpose;
    uint32_t basis;
    const char *case_ref;
    const char *note;
    const char *user;
    const char *dataset;   /* of that name at every participant */
    struct sym_span bound; /* sym_joint_bound */
    uint32_t own_size;     /* elements announced of the own list; 0: not yet, or there is none */
    uint32_t participants;
    uint32_t cells;
    uint64_t epsilon_nano;
    uint32_t shape;
    const struct sym_table_question *table; /* of an overlap table with all parties; NULL: other */
};
/* Who takes part in an overlap table: contributors, then the tallier. */
void sym_matter_parties(struct sym_exchange_matter *m, const struct sym_table_question *q);
void sym_joint_matter(struct sym_exchange_matter *m, const struct sym_joint *joint);
/* What makes two requests to take part the same, whatever their tabulations are called. */
void sym_joint_bound(uint8_t out[SYM_DIGEST_BYTES], const struct sym_tabulate *asked);

/* Makes the commitments to the texts that are there, and draws the salts that are all zeros. */
SYM_MUST enum sym_err sym_matter_commit(struct sym_exchange_matter *m);

#endif
