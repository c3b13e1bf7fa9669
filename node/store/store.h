/* store.h - the node's durable, sealed tables: LMDB behind a small typed interface.
 *
 * The only user of LMDB. Every commit is durable (default sync; NOSYNC and WRITEMAP are no
 * options). Values are sealed under a key derived from the master key and bound to their place
 * (sealed.h). Keys are stored as given: never give one that reveals an identifier. The map grows by
 * itself. After a full disk, or a disk that failed, the store goes on as soon as the disk does; a
 * commit that failed has not happened, except that one whose last write failed may show up again
 * when the machine goes down before the next commit.
 *
 * Work happens inside a transaction function, which may run more than once (after the map has
 * grown, when a put or delete in it has failed with SYM_LIMIT): it must only touch the transaction
 * and reset what it fills. Transactions do not nest: SYM_WRONG_STATE. No pointer of LMDB leaves
 * this module; values are copies. The store is used from the thread that opened it, and by one
 * process at a time, which is the caller's to see to.
 * Errors: SYM_NOT_FOUND, SYM_BAD_TAG (an altered value, or the wrong master key), SYM_BAD_VERSION
 * (another format), SYM_NO_SPACE, SYM_IO, SYM_BAD_PERMISSIONS, SYM_NO_MEMORY, SYM_TOO_LONG.
 */
#ifndef SYM_NODE_STORE_STORE_H
#define SYM_NODE_STORE_STORE_H

#include "node/store/sealed.h"

#define SYM_TABLE_LIST(X)                                                                          \
    X(SETTINGS, "settings")       /* name -> text */                                               \
    X(PEERS, "peers")             /* node id -> pinned card, alias, psk */                         \
    X(USERS, "users")             /* public key -> name, roles */                                  \
    X(EXCHANGES, "exchanges")     /* exchange id -> when it was first seen, with whom */           \
    X(DATASETS, "datasets")       /* name -> what is known of it, where its content is */          \
    X(VAULT, "vault")             /* name -> value, under a key of its own: vault.h */             \
    X(VAULT_KEYS, "vault-keys")   /* name -> that key, under the vault's master key */             \
    X(VAULT_STATE, "vault-state") /* one entry: which master key, and whether to sweep */          \
    X(WITNESSES, "witnesses")     /* node id -> what is held of its log, and it of ours */         \
    X(EXHIBITS, "exhibits")       /* node id -> how its log contradicts itself: text */            \
    X(GRANTS, "grants")           /* node id, number -> what it may ask, under which limits */     \
    X(ASKED, "asked")             /* as grants -> how often that was asked within a day */         \
    X(EVALUATED, "evaluated")     /* as grants -> elements evaluated within a day */               \
    X(HELD, "held")               /* exchange id -> a request that waits, or was decided lately */ \
    X(PATTERNS, "patterns")       /* node id -> how often it asked on the last days */             \
    X(PROPOSALS, "proposals") /* id -> a command of a user that waits, or was decided lately */    \
    X(OPENINGS, "openings")   /* wish -> salts of a request that a peer holds */                   \
    X(HISTORY, "history")     /* exchange id -> who asked what, and what became of it */           \
    X(HISTORY_TIMES, "history-times") /* start, newest first, exchange id -> alias of the peer */  \
    X(HISTORY_OPEN, "history-open")   /* exchange id, of those in flight */                        \
    X(RESULTS, "results")             /* exchange id -> pages of its result in the vault */        \
    X(STANDING, "standing")     /* number -> a standing list, whose blocks are in the vault */     \
    X(OPENS, "opens")           /* node id, exchange id -> which last word is owed */              \
    X(SETTLED, "settled")       /* likewise -> the own one, where nothing is owed any more */      \
    X(RESTORED, "restored")     /* one entry: when this store was restored, from when */           \
    X(LOG, "log")               /* generation, last index, part -> entries of the evidence log */  \
    X(LOG_HEAD, "log-head")     /* one entry: its size, root, signed head */                       \
    X(LOG_PAST, "log-past")     /* generation -> the same of one that has ended */                 \
    X(TILES, "tiles")           /* generation, level, number -> 256 hashes of its tree */          \
    X(BODY_KEYS, "body-keys")   /* generation, tile -> secret of its bodies: vault.h */            \
    X(BODY_STATE, "body-state") /* as VAULT_STATE, of that vault */                                \
    X(BUDGETS, "budgets")       /* dataset, year, node id -> epsilon spent */                      \
    X(QUERY_IDS, "query-ids")   /* of tabulations -> reserved, debited, unmasked */                \
    X(RELEASES, "releases")     /* tabulation -> the head of its release */                        \
    X(RELEASE_CELLS, "release-cells") /* tabulation, page -> its cells */                          \
    X(QUESTIONS, "questions")         /* question id, tabulation -> that, which answered it */     \
    X(COHORTS, "cohorts")             /* dataset, epoch, qid -> who took part, who survived */     \
    X(WITHHELD, "withheld")           /* tabulation -> whose release never came */                 \
    X(DELIVERIES, "deliveries")       /* tabulation, node id -> a release that it has not */       \
    X(TABLES, "tables")               /* overlap table -> its release, as it was signed */         \
    X(BREACHES, "breaches")           /* node id -> what only an altered node does */

/* LOG_HEAD has no walks, and short rows: it shares LMDB's own list of tables, whose page every
 * commit writes anyhow. */
enum sym_table {
#define SYM_TABLE_ENUM(name, text) SYM_TABLE_##name,
    SYM_TABLE_LIST(SYM_TABLE_ENUM)
#undef SYM_TABLE_ENUM
        SYM_TABLE_COUNT
};

#define SYM_STORE_VALUE_BYTES 8388608u /* longest value before sealing */

struct sym_store;
struct sym_transaction;

/* Opens DIR/store, making it when absent. master holds 32 bytes and is not kept: SYM_BAD_TAG when
 * it is not the one that the store was made with. */
SYM_MUST enum sym_err sym_store_open(struct sym_store **out, const char *dir,
                                     struct sym_span master, struct sym_fault *fault);
void sym_store_close(struct sym_store *s);
/* Bytes that the data file has in use; 0 while it cannot be opened again after a failure. */
uint64_t sym_store_bytes(const struct sym_store *s);

/* Bytes that the disk has left for the store. */
SYM_MUST enum sym_err sym_store_room(const struct sym_store *s, uint64_t *bytes);
/* Did the latest write fail for want of room? */
bool sym_store_was_full(const struct sym_store *s);

/* What is done within a transaction, which an error ends without a trace; it may run more than
 * once. */
typedef enum sym_err sym_store_fn(struct sym_transaction *t, void *context);

/* Runs fn in a write transaction and commits it durably when fn returns SYM_OK; otherwise nothing
 * has happened and fn's error is returned. */
SYM_MUST enum sym_err sym_store_write(struct sym_store *s, sym_store_fn *fn, void *context);
/* Runs fn in a read transaction. Keep it short: an open reader holds old pages. */
SYM_MUST enum sym_err sym_store_read(struct sym_store *s, sym_store_fn *fn, void *context);

/* Keeps the present moment readable while writing goes on: the bytes of a data file that opens as
 * the store is now. There is one at a time (SYM_WRONG_STATE), outside of transactions. End it soon:
 * until then the room of what is changed or deleted is not used again. */
SYM_MUST enum sym_err sym_store_snapshot(struct sym_store *s, uint64_t *bytes);
/* Bytes at..at+len of that file. SYM_CLOSED: there is none, also when it was lost because the store
 * had to be opened again after a failure. */
SYM_MUST enum sym_err sym_store_snapshot_read(const struct sym_store *s, uint8_t *out, size_t len,
                                              uint64_t at);
/* None is fine. */
void sym_store_snapshot_end(struct sym_store *s);

/* Called in every write transaction, for those who keep something of their own in step with the
 * tables. seal: fn has succeeded, and this is the last chance to write; an error gives the
 * transaction up. done: it was committed, or given up, also when fn is about to be run once more;
 * no transaction is open. Who was added last is sealed first, so that a watch may write for those
 * that were there before it. All three belong to the caller; the watch stays until it is removed.
 */
struct sym_store_watch {
    enum sym_err (*seal)(struct sym_transaction *t, void *owner);
    void (*done)(void *owner, bool committed);
    void *owner;
    struct sym_store_watch *next; /* the store's */
};
void sym_store_watch(struct sym_store *s, struct sym_store_watch *w);
/* One that is not watching is fine. Not from within a transaction. */
void sym_store_unwatch(struct sym_store *s, const struct sym_store_watch *w);

/* A copy of the value in key memory; value must be empty. */
SYM_MUST enum sym_err sym_store_get(struct sym_transaction *t, enum sym_table table,
                                    struct sym_span key, struct sym_secret *value);
/* The same into the caller's memory, *len of at most max bytes, for what is read by the thousands
 * and holds no key; what is secret in it is the caller's to wipe. under: as below, or NULL.
 * SYM_TOO_LONG. */
SYM_MUST enum sym_err sym_store_get_into(struct sym_transaction *t, enum sym_table table,
                                         struct sym_span key, const struct sym_secret *under,
                                         uint8_t *out, size_t max, size_t *len);
SYM_MUST enum sym_err sym_store_has(struct sym_transaction *t, enum sym_table table,
                                    struct sym_span key);
SYM_MUST enum sym_err sym_store_put(struct sym_transaction *t, enum sym_table table,
                                    struct sym_span key, struct sym_span value);
/* As get and put, under 32 bytes of the caller's instead of the store's key. sym_store_each is not
 * for tables with such values. */
SYM_MUST enum sym_err sym_store_get_under(struct sym_transaction *t, enum sym_table table,
                                          struct sym_span key, const struct sym_secret *under,
                                          struct sym_secret *value);
SYM_MUST enum sym_err sym_store_put_under(struct sym_transaction *t, enum sym_table table,
                                          struct sym_span key, const struct sym_secret *under,
                                          struct sym_span value);
/* The same (under may be NULL: the store's key), quicker and closer for tables that only grow at
 * their end. Where the key is not behind all that are there, it is a put like any other. */
SYM_MUST enum sym_err sym_store_append(struct sym_transaction *t, enum sym_table table,
                                       struct sym_span key, const struct sym_secret *under,
                                       struct sym_span value);
/* Seals a value of at most SYM_SEALED_SHORT_BYTES, which was put under `from`, under `to`. */
SYM_MUST enum sym_err sym_store_move_under(struct sym_transaction *t, enum sym_table table,
                                           struct sym_span key, const struct sym_secret *from,
                                           const struct sym_secret *to);
SYM_MUST enum sym_err sym_store_delete(struct sym_transaction *t, enum sym_table table,
                                       struct sym_span key);

/* Called for each entry in key order, and may change the table; spans are valid during the call.
 * An error ends the walk. */
typedef enum sym_err sym_store_each_fn(void *context, struct sym_span key, struct sym_span value);
SYM_MUST enum sym_err sym_store_each(struct sym_transaction *t, enum sym_table table,
                                     sym_store_each_fn *fn, void *context);
/* The same, beginning with the first key that is not less than `from`. */
SYM_MUST enum sym_err sym_store_each_from(struct sym_transaction *t, enum sym_table table,
                                          struct sym_span from, sym_store_each_fn *fn,
                                          void *context);
/* The last key of the table, copied into key[0..*len). */
SYM_MUST enum sym_err sym_store_last(struct sym_transaction *t, enum sym_table table,
                                     uint8_t key[SYM_STORE_KEY_BYTES], size_t *len);
/* The first key behind `after`, which need not be there (empty: the first of all), copied into
 * key[0..*len); `after` may lie in key. */
SYM_MUST enum sym_err sym_store_next(struct sym_transaction *t, enum sym_table table,
                                     struct sym_span after, uint8_t key[SYM_STORE_KEY_BYTES],
                                     size_t *len);

#endif
