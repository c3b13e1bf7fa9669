/* log_state.h - what the rooms of the log share, and nobody else sees.
 *
 * There are two sides: what is durable, which everybody reads, and what a transaction that is open
 * has made of it, which becomes durable or is thrown away with the transaction.
 */
#ifndef SYM_NODE_EVIDENCE_LOG_STATE_H
#define SYM_NODE_EVIDENCE_LOG_STATE_H

#include "node/evidence/log.h"
#include "node/evidence/log_edge.h"

#define SYM_LOG_KEY_BYTES  12u /* generation, tile */
#define SYM_LOG_ROW_BYTES  13u /* generation, index of the last entry, part */
#define SYM_LOG_MARK_BYTES 4u  /* the beginning of an id; zeros: there is none */
#define SYM_LOG_FAULT_MAX  255u
/* Salts drawn at once: a system call for each takes as long as the commitment. */
#define SYM_LOG_SALTS 256u

/* What a leaf is about, for finding it without reading all: written behind the hashes of a full
 * tile. */
struct sym_log_mark {
    uint8_t exchange[SYM_LOG_MARK_BYTES];
    uint8_t handle[SYM_LOG_MARK_BYTES];
    uint8_t peer[SYM_LOG_MARK_BYTES];
};

struct sym_log_side {
    struct sym_head head; /* its root is of head.size */
    /* What the checkpoint was signed with: keys and identity of a node can be rotated. With the
     * same key the code of the whole head was made, of which the checkpoint may be older. */
    uint8_t signer[SYM_ED25519_BYTES];
    char signed_origin[SYM_KEY_NAME_BYTES];
    uint64_t time_ms;   /* of the newest leaf */
    uint64_t erased_ms; /* bodies older than this were erased, or are to be */
    bool erasing;       /* not all of them are */
    struct sym_log_edge edge;
    struct sym_log_mark marks[SYM_TILE_WIDTH]; /* of the tile that is not full */
};

/* The secret that one tile's bodies lie under. */
struct sym_log_secret {
    bool known;
    uint8_t place[SYM_LOG_KEY_BYTES];
    struct sym_secret secret; /* SYM_SEAL_KEY_BYTES, whether it is known or not */
};

/* Rows of both lie side by side, bodies first. */
enum sym_log_part { SYM_LOG_BODIES, SYM_LOG_LEAVES };

/* Leaves or bodies of one row: those that a transaction waits to write, or those that were read
 * last. In a row each has its length (4 bytes) before it, and the row's key is that of the last. */
struct sym_log_run {
    enum sym_log_part part;
    uint32_t generation;
    uint64_t last; /* index of the last one */
    size_t n;      /* 0: it is empty */
    size_t begin[SYM_TILE_WIDTH];
    size_t used;
    size_t room;
    uint8_t *bytes;
};

struct sym_log {
    struct sym_store *store;
    struct sym_vault *vault;
    struct sym_node_id self;
    const struct sym_sign_key *key;
    uint8_t cosign[SYM_ED25519_BYTES];
    struct sym_store_watch watch;
    struct sym_log_side durable;
    struct sym_log_side pending; /* as durable unless changed */
    struct sym_log_side *past;   /* an older generation that was asked for, or NULL */
    bool changed;                /* pending has what is not committed */
    bool in_doubt;               /* a commit failed: what the store holds has to be seen */
    bool frozen;
    bool freeze_due; /* and the store does not know yet */
    char why[SYM_LOG_FAULT_MAX + 1];
    struct sym_log_secret write;
    struct sym_log_secret read;
    struct sym_secret salts; /* drawn, each wiped when it is taken */
    size_t salts_left;
    struct sym_sha256_many many;
    struct sym_log_run new_leaves;
    struct sym_log_run new_bodies;
    size_t unhashed; /* the last entries: their leaves lack the commitment, the tree them */
    struct sym_log_run leaves; /* these two until the transaction ends */
    struct sym_log_run bodies;
};

#define SYM_LOG_BODY_ROOM (SYM_HASH_BYTES + SYM_BODY_BYTES_MAX)

void sym_log_place(uint8_t out[SYM_LOG_KEY_BYTES], uint32_t generation, uint64_t number);

/* log_keep: the stored state, and what is made of it. */
SYM_MUST enum sym_err sym_log_keep_state(struct sym_log *l, struct sym_transaction *t);
/* The durable one, as that of a generation that ends now. */
SYM_MUST enum sym_err sym_log_keep_past(struct sym_log *l, struct sym_transaction *t);
/* The newest state; SYM_NOT_FOUND: there is none. Also fills frozen and why. */
SYM_MUST enum sym_err sym_log_load_newest(struct sym_log *l, struct sym_transaction *t,
                                          struct sym_log_side *side, struct sym_fault *fault);
SYM_MUST enum sym_err sym_log_load(struct sym_log *l, struct sym_transaction *t,
                                   struct sym_log_side *side, uint32_t generation,
                                   struct sym_fault *fault);
/* The first generation behind `after` that has ended. SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_log_next_past(struct sym_transaction *t, uint32_t *out, uint32_t after);
void sym_log_copy_signature(struct sym_log_side *to, const struct sym_log_side *from);
void sym_log_copy_side(struct sym_log_side *to, const struct sym_log_side *from);

/* log_rows: what lies together. longest: of one leaf or body, bytes. */
SYM_MUST enum sym_err sym_log_rows_open(struct sym_log_run *run, enum sym_log_part part,
                                        size_t longest);
void sym_log_rows_close(struct sym_log_run *run);
void sym_log_rows_forget(struct sym_log_run *run);
/* Where the next part can be written, at most *max bytes; NULL when it belongs into a new row. It
 * counts when it was said to have been written. */
uint8_t *sym_log_rows_room(const struct sym_log_run *run, uint32_t generation, uint64_t index,
                           size_t *max);
void sym_log_rows_took(struct sym_log_run *run, uint32_t generation, uint64_t index, size_t len);
/* False when it belongs into a new row. */
bool sym_log_rows_add(struct sym_log_run *run, uint32_t generation, uint64_t index,
                      struct sym_span part);
/* Writes the row, and forgets it. */
SYM_MUST enum sym_err sym_log_rows_put(struct sym_log_run *run, struct sym_transaction *t,
                                       const struct sym_secret *under);
/* Reads the row that the index lies in, which may be one that is not there: SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_log_rows_get(struct sym_log_run *run, struct sym_transaction *t,
                                       const struct sym_secret *under, uint32_t generation,
                                       uint64_t index);
/* Goes on to the next row of this part in the table: key[0..*len) is where to begin behind, and
 * then its key. SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_log_rows_next(struct sym_transaction *t, enum sym_log_part part,
                                        uint8_t key[SYM_STORE_KEY_BYTES], size_t *len,
                                        uint32_t *generation, uint64_t *last);
void sym_log_row_key(uint8_t out[SYM_LOG_ROW_BYTES], uint32_t generation, uint64_t last,
                     enum sym_log_part part);
bool sym_log_rows_find(const struct sym_log_run *run, struct sym_span *out, uint32_t generation,
                       uint64_t index);

/* log_body: leaves and bodies, and what leaves are marked with. What is put is written with
 * sym_log_put_rest at the latest, and cannot be read before; spans that are got are valid until
 * another one is asked for. */
SYM_MUST enum sym_err sym_log_put_leaf(struct sym_log *l, struct sym_transaction *t,
                                       uint32_t generation, uint64_t index, struct sym_span leaf);
SYM_MUST enum sym_err sym_log_put_body(struct sym_log *l, struct sym_transaction *t,
                                       uint32_t generation, uint64_t index, struct sym_span salted);
SYM_MUST enum sym_err sym_log_put_bodies(struct sym_log *l, struct sym_transaction *t);
SYM_MUST enum sym_err sym_log_put_leaves(struct sym_log *l, struct sym_transaction *t);
SYM_MUST enum sym_err sym_log_put_rest(struct sym_log *l, struct sym_transaction *t);
SYM_MUST enum sym_err sym_log_get_leaf(struct sym_log *l, struct sym_transaction *t,
                                       struct sym_span *out, uint32_t generation, uint64_t index);
/* salt and body. SYM_NOT_FOUND: it, or its key, is not there. */
SYM_MUST enum sym_err sym_log_get_body(struct sym_log *l, struct sym_transaction *t,
                                       struct sym_span *out, uint32_t generation, uint64_t index);
void sym_log_forget_rows(struct sym_log *l);
/* sym_store_read, and forgets the rows that were read. */
SYM_MUST enum sym_err sym_log_look(struct sym_log *l, sym_store_fn *fn, void *context);
void sym_log_forget_secrets(struct sym_log *l);
void sym_log_mark(struct sym_log_mark *out, const struct sym_log *l, const struct sym_leaf *leaf,
                  struct sym_span handle);
/* The same for a leaf that is in the store; without its body, when that cannot be read. */
void sym_log_mark_stored(struct sym_log_mark *out, struct sym_log *l, struct sym_transaction *t,
                         uint32_t generation, uint64_t index, const struct sym_leaf *leaf);

/* A new secret in the place of the one that is there, which `read` keeps until it is forgotten. */
SYM_MUST enum sym_err sym_log_renew_secret(struct sym_log *l, struct sym_transaction *t,
                                           const uint8_t place[SYM_LOG_KEY_BYTES]);

/* log_append: hashes what was appended and is not hashed, and adds it to the tree. */
SYM_MUST enum sym_err sym_log_hash_rest(struct sym_log *l, struct sym_transaction *t);

/* log: before a transaction changes anything. After a commit that failed the store is looked at
 * first: its last write may have reached the disk. */
SYM_MUST enum sym_err sym_log_begin(struct sym_log *l, struct sym_transaction *t);
/* log: was the checkpoint signed with the key that the log has now, for what it is called now? */
bool sym_log_is_signer(const struct sym_log *l, const struct sym_log_side *s);
/* Says in the state that no body is left to be erased. */
SYM_MUST enum sym_err sym_log_end_erasing(struct sym_log *l, struct sym_transaction *t);

/* log_erase. */
SYM_MUST enum sym_err sym_log_finish_erasing(struct sym_log *l, struct sym_fault *fault);

/* log_proof: hashes of any generation. */
struct sym_log_view {
    struct sym_log *log;
    struct sym_transaction *t;
    struct sym_log_side *side;
    unsigned level; /* of the tile that was read last */
    uint64_t number;
    bool has_tile;
    uint8_t tile[SYM_TILE_WIDTH][SYM_HASH_BYTES];
};
/* 0: the present generation. */
SYM_MUST enum sym_err sym_log_side_of(struct sym_log *l, struct sym_transaction *t,
                                      struct sym_log_side **out, uint32_t generation);
/* A sym_merkle_read_fn over a view. */
SYM_MUST enum sym_err sym_log_read_node(void *view, uint8_t out[SYM_HASH_BYTES], unsigned level,
                                        uint64_t index);
/* A full tile; at level 0 with the marks of its leaves. marks may be NULL for getting. */
SYM_MUST enum sym_err sym_log_get_tile(struct sym_transaction *t,
                                       uint8_t out[SYM_TILE_WIDTH][SYM_HASH_BYTES],
                                       struct sym_log_mark marks[SYM_TILE_WIDTH],
                                       uint32_t generation, unsigned level, uint64_t number);
SYM_MUST enum sym_err sym_log_put_tile(struct sym_transaction *t,
                                       uint8_t hashes[SYM_TILE_WIDTH][SYM_HASH_BYTES],
                                       const struct sym_log_mark marks[SYM_TILE_WIDTH],
                                       uint32_t generation, unsigned level, uint64_t number);

#endif
