/* witness_state.h - what the files behind witness.h share: witness.c (the table, links and
 * states), witness_row.c (what is stored of a peer), witness_give.c (own evidence), witness_take.c
 * (that of others), witness_restore.c (logs that begin again), witness_exhibit.c (contradictions as
 * text). Nobody else includes it.
 */
#ifndef SYM_NODE_EVIDENCE_WITNESS_STATE_H
#define SYM_NODE_EVIDENCE_WITNESS_STATE_H

#include "node/evidence/witness.h"

/* How long a head may wait for its proof over a link before messages that rest on it are refused,
 * how long before heads are told again to get it, and how long between two such tries, doubled each
 * time up to SYM_WITNESS_DOUBLED_MAX times; milliseconds. */
#define SYM_WITNESS_PATIENCE_MS 5000u
#define SYM_WITNESS_HURRY_MS    1000u
#define SYM_WITNESS_RETRY_MS    2000u
#define SYM_WITNESS_DOUBLED_MAX 5u
/* Between two complaints about one peer. */
#define SYM_WITNESS_COMPLAINT_MS 1000u
/* How many new links may begin that patience again while nothing is proven. */
#define SYM_WITNESS_LINKS_MAX 3u

/* The own log as a peer has told that it holds it. */
struct sym_own_head {
    uint32_t generation;
    uint64_t size;
    char note[SYM_HEAD_NOTE_BYTES]; /* the own checkpoint */
};

struct sym_witness_peer {
    struct sym_node_id id;
    char alias[SYM_ALIAS_BYTES];
    struct sym_held held;
    uint8_t *message; /* Signed, one that showed the newest head; owned */
    size_t message_len;
    enum sym_witness_state state;
    uint64_t since_ms; /* wall clock */
    char fault[SYM_FAULT_BYTES];
    char *exhibit; /* one that could not be written: with the next commit; owned, or NULL */
    size_t exhibit_len;
    char *owed;             /* the heads of an alarm whose entry could not be written: likewise */
    struct sym_shown later; /* a log after the one that is held; generation 0: none */
    /* The newest head that is durable here, and the cosignature of it (made when it is wanted). */
    struct sym_signed_head durable;
    uint64_t cosigned; /* size */
    char cosignature[SYM_SIGNATURE_LINE_BYTES];
    /* What it holds of the own log. */
    struct sym_own_head said;
    uint64_t sent;            /* size, since over this link */
    struct sym_own_head lost; /* what the own tree does not lead to */
    struct sym_own_head cosigned_own;
    char own_cosignature[SYM_SIGNATURE_LINE_BYTES]; /* the peer's line under it */
    bool met;
    /* While heads are pending; all 0 otherwise. */
    uint64_t patient_ms; /* the patience begins no earlier, monotonic */
    unsigned links;      /* that began it again */
    uint64_t tried_ms;   /* heads were told again, monotonic */
    unsigned tries;
    bool unproven;              /* the peer was asked for the proof, and has given none */
    uint64_t restores_until_ms; /* those that were accepted are paid for in time, monotonic */
    uint64_t complained_ms;     /* monotonic; 0: not yet */
    bool dirty;
    bool saving; /* written by the transaction that is open */
    struct sym_signed_head saving_head;
};

struct sym_witness {
    struct sym_witness_config config;
    struct sym_store_watch watch;
    struct sym_witness_peer **peers; /* n, of SYM_PEERS_MAX */
    size_t n;
    /* What sym_witness_give has made. */
    struct sym_evidence evidence;
    struct sym_merkle_proof consistency;
    struct sym_merkle_proof inclusion;
    struct sym_span consistency_spans[SYM_MERKLE_PROOF_MAX];
    struct sym_span inclusion_spans[SYM_MERKLE_PROOF_MAX];
    uint8_t prefix_root[SYM_HASH_BYTES];
    uint8_t leaf[SYM_LEAF_BYTES_MAX];
    /* What sym_witness_take has decoded. */
    struct sym_arena arena;
};

/* NULL when nothing was heard of it. */
struct sym_witness_peer *sym_witness_find(const struct sym_witness *w,
                                          const struct sym_node_id *id);
/* Its own, which is made where there is none yet. SYM_LIMIT, SYM_NO_MEMORY, errors of store.h. */
SYM_MUST enum sym_err sym_witness_of(struct sym_witness *w, struct sym_witness_peer **out,
                                     const struct sym_witnessed *peer);
/* A new one, for an id that is not there. SYM_NO_MEMORY, SYM_LIMIT. */
SYM_MUST enum sym_err sym_witness_add(struct sym_witness *w, struct sym_witness_peer **out,
                                      const struct sym_node_id *id);
/* Its row in the store, written; and read into a new one: for sym_store_each, with the witness as
 * context. Errors of loading: SYM_BAD_FORMAT and those of sym_witness_add. */
SYM_MUST enum sym_err sym_witness_put(struct sym_transaction *t, const struct sym_witness_peer *p);
SYM_MUST enum sym_err sym_witness_load(void *context, struct sym_span key, struct sym_span value);
/* What its heads were waiting for has come, or there is nothing to wait for. */
void sym_witness_look(struct sym_witness_peer *p);
void sym_witness_set_state(struct sym_witness_peer *p, enum sym_witness_state state,
                           const char *fault);
/* Its size counts as held by the peer. */
void sym_own_head_set(struct sym_own_head *out, uint32_t generation, uint64_t size,
                      struct sym_span note);

/* Keeps a contradiction: exhibit, entry and state, durably; the state also when that fails. */
void sym_witness_alarm(struct sym_witness *w, struct sym_witness_peer *p,
                       const struct sym_judgement *j, struct sym_span signed_bytes);
/* The entry about the alarm that the peer's state tells of. heads: the two checkpoints. */
SYM_MUST enum sym_err sym_witness_log_alarm(const struct sym_witness *w, struct sym_transaction *t,
                                            const struct sym_witness_peer *p, const char *heads);
/* The text of an exhibit, *len bytes of at most SYM_EXHIBIT_BYTES_MAX, read again before it counts.
 * signed_bytes: the message that shows less than before. */
SYM_MUST enum sym_err sym_witness_write_exhibit(char *out, size_t max, size_t *len,
                                                const struct sym_witness *w,
                                                const struct sym_witness_peer *p,
                                                const struct sym_judgement *j,
                                                struct sym_span signed_bytes);

#endif
