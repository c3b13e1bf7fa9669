/* log.h - the evidence log of this node: an append-only RFC 6962 tree of leaves, bodies that can be
 * erased, and a signed head for every commit.
 *
 * An entry is appended inside a write transaction of the store, together with what it tells of; the
 * log keeps its new head in the same commit (a watch on the store, store.h), and shows neither head
 * nor entry before the commit is durable. A head is signed when somebody asks for it: until then it
 * is kept under a code that only the holder of the log's key can make. Who cannot append must not
 * act. Bodies lie under keys of a vault of their own. Leaves carry a time that never goes back.
 * Several generations may lie in one store: a restore begins a new one, with a new origin.
 *
 * A frozen log (freeze.h of the witness: a partner holds a head that this tree does not lead to)
 * takes entries but signs nothing. Errors: those of store.h, vault.h, codec.h; SYM_DENIED.
 */
#ifndef SYM_NODE_EVIDENCE_LOG_H
#define SYM_NODE_EVIDENCE_LOG_H

#include "crypto/merkle.h"
#include "crypto/note.h"
#include "node/store/vault.h"
#include "proto/evidence.h"

struct sym_log;

struct sym_log_config {
    struct sym_store *store;
    const struct sym_disk *dir;
    struct sym_span master; /* of the store; not kept */
    struct sym_node_id self;
    const struct sym_sign_key *key;        /* log */
    const struct sym_sign_key *cosign_key; /* for its public half */
};

/* Checks that the stored edge, the newest leaves and the signed head fit each other: a log that
 * does not is refused with a line that says what to do. */
SYM_MUST enum sym_err sym_log_open(struct sym_log **out, const struct sym_log_config *config,
                                   struct sym_fault *fault);
void sym_log_close(struct sym_log *l);

/* Who makes a change: a user and the exact ControlRequest; none for the node itself. */
struct sym_author {
    struct sym_log *log;
    const char *user;
    unsigned roles; /* bit set of SYM_USER_…: what that user may do */
    struct sym_span command;
    bool hash_only;       /* the command holds what no log may: a record's id, a preshared key */
    const char *approver; /* who let a command that was held be done; NULL: nobody had to */
    struct sym_span approval; /* the exact ControlRequest of that user */
};

/* One entry. Nodes are NULL where the leaf has none. author: NULL, or whose name and command are
 * put into the body; a command longer than SYM_COMMAND_KEPT_BYTES as its hash. */
struct sym_entry {
    enum sym_entry_kind kind;
    const uint8_t *exchange_id;
    const struct sym_node_id *initiator;
    const struct sym_node_id *responder;
    const struct sym_author *author;
    const struct sym_entry_body *body;
};

/* Appends within a write transaction; *index may be NULL. The wall clock is read here. */
SYM_MUST enum sym_err sym_log_append(struct sym_log *l, struct sym_transaction *t,
                                     const struct sym_entry *entry, uint64_t *index);
/* The same in a transaction of its own. */
SYM_MUST enum sym_err sym_log_add(struct sym_log *l, const struct sym_entry *entry);

/* Words for the texts of a body, as printf makes them: cut at the end, what no body may hold
 * becomes question marks. The span borrows from out. */
struct sym_span sym_log_words(char *out, size_t size, const char *format, ...) SYM_PRINTF(3, 4);

/* Runs fn as sym_store_write does and appends an entry of this kind with event, user, command and
 * subject in the same transaction. author may be NULL when nobody has asked, as at the first start
 * of a node: then there is no entry. */
SYM_MUST enum sym_err sym_log_change(const struct sym_author *author, struct sym_store *store,
                                     enum sym_entry_kind kind, const char *event,
                                     struct sym_span subject, sym_store_fn *fn, void *context);

/* The newest durable head, signed now unless it is already; valid until the next commit. */
struct sym_head {
    char origin[SYM_KEY_NAME_BYTES];
    uint32_t generation;
    uint64_t size;
    uint8_t root[SYM_HASH_BYTES];
    char checkpoint[SYM_CHECKPOINT_BYTES_MAX]; /* of signed_size, without cosignatures */
    size_t checkpoint_len;
    uint64_t signed_size; /* less than size while the log is frozen */
};
const struct sym_head *sym_log_head(struct sym_log *l);
/* From now on: no new head is signed. Durable with the next commit, before any other effect. */
SYM_MUST enum sym_err sym_log_freeze(struct sym_log *l, const char *why);
bool sym_log_is_frozen(const struct sym_log *l, const char **why);
/* A new, empty tree with a new origin, whose first entry is this one; behind it, in the same
 * commit, that of who has asked for it (NULL: nobody). Its generation is above `used` and all that
 * the store knows of, and that of no tree that was ever begun from an older or newer state of this
 * store: it is the time in seconds or, where the clock is behind, a random step of at most 1,024.
 */
SYM_MUST enum sym_err sym_log_begin_again(struct sym_log *l, const struct sym_entry *first,
                                          const struct sym_entry *asked, uint32_t used,
                                          struct sym_fault *fault);

/* The generation that was begun next after this one (0: the first of all). SYM_NOT_FOUND: this one
 * is the present one, or later. */
SYM_MUST enum sym_err sym_log_generation_after(struct sym_log *l, uint32_t *out, uint32_t after);
/* The last head of an older generation, or the present one. SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_log_head_of(struct sym_log *l, struct sym_head *out, uint32_t generation);
/* The public halves of the keys of log and witness. */
void sym_log_keys(const struct sym_log *l, uint8_t log[SYM_ED25519_BYTES],
                  uint8_t cosign[SYM_ED25519_BYTES]);

/* Proofs in the present generation, of at most the newest durable head's size. Not from within a
 * transaction, as all that follows. */
SYM_MUST enum sym_err sym_log_prove_inclusion(struct sym_log *l, struct sym_merkle_proof *out,
                                              uint64_t index, uint64_t size);
SYM_MUST enum sym_err sym_log_prove_consistency(struct sym_log *l, struct sym_merkle_proof *out,
                                                uint64_t from, uint64_t size);
SYM_MUST enum sym_err sym_log_root(struct sym_log *l, uint8_t out[SYM_HASH_BYTES], uint64_t size);

/* Both in any generation (0: the present one), of at most its last size; consistency is empty for a
 * from of 0. SYM_NOT_FOUND: there was no such generation. */
SYM_MUST enum sym_err sym_log_prove(struct sym_log *l, struct sym_merkle_proof *inclusion,
                                    struct sym_merkle_proof *consistency,
                                    const struct sym_proof_query *q);
/* The hashes of a tile, as many as the query wants: SYM_BAD_VALUE where the tree has fewer. */
SYM_MUST enum sym_err sym_log_tile(struct sym_log *l, uint8_t out[][SYM_HASH_BYTES],
                                   const struct sym_tile_query *q);

/* One leaf, copied (SYM_LEAF_BYTES_MAX bytes of room). */
SYM_MUST enum sym_err sym_log_leaf(struct sym_log *l, uint8_t *out, size_t *len, uint64_t index);
/* salt and body, in key memory; body is the EntryBody. SYM_NOT_FOUND: erased. SYM_BAD_TAG: it is
 * gone, or was altered, without having been erased. */
SYM_MUST enum sym_err sym_log_body(struct sym_log *l, uint8_t salt[SYM_HASH_BYTES],
                                   struct sym_secret *body, uint64_t index);

/* Rows that the query asks for, in order, at most its `most`, until fn returns an error. *next:
 * where to go on, when *more: also when no row was found in the part of the log that one call looks
 * at. A leaf that is gone or was altered is a row without one; likewise a body that was not erased.
 * Spans are valid during the call. SYM_LIMIT from fn: the page is full, the row does not count. */
typedef enum sym_err sym_log_row_fn(void *context, const struct sym_log_row *row);
SYM_MUST enum sym_err sym_log_rows(struct sym_log *l, const struct sym_log_query *q, uint64_t *next,
                                   bool *more, sym_log_row_fn *fn, void *context);

/* The time of the newest durable entry. Later than the clock where that was ahead once: entries
 * carry this time until the clock has come to it. */
uint64_t sym_log_time_ms(const struct sym_log *l);

/* Erases bodies older than before_ms, in all generations, and says so in the log: an entry of kind
 * ERASED with the count, and before_ms in digits as its subject, comes first. A date that is still
 * to come, SYM_LOG_ERASE_ALL too, stands for all bodies there are. */
SYM_MUST enum sym_err sym_log_erase_bodies(struct sym_log *l, const struct sym_author *author,
                                           uint64_t before_ms, uint64_t *n,
                                           struct sym_fault *fault);
/* Is something left of what was to be erased: a body, or a key that one lay under? */
bool sym_log_erasing_is_due(const struct sym_log *l);
/* Finishes that. Not from within a transaction. */
SYM_MUST enum sym_err sym_log_sweep(struct sym_log *l, struct sym_fault *fault);

#endif
