/* store.h - the node's durable, sealed tables: LMDB behind a small typed interface.
 *
 * The only user of LMDB. Every commit is durable (default sync; NOSYNC and WRITEMAP are no
 * options). Values are sealed with XChaCha20-Poly1305 under a key derived from the master key; the
 * associated data names table, key and format, so that values cannot be swapped. Keys are stored
 * as given: never give one that reveals an identifier. The map grows by itself. Work happens inside
 * a transaction function, which may run twice (after the map has grown), so it must only touch the
 * transaction and reset what it fills. No pointer of LMDB leaves this module; values are copies.
 * One thread writes at a time; the store is used from the thread that opened it.
 * Errors: SYM_NOT_FOUND, SYM_BAD_TAG (an altered value, or the wrong master key), SYM_BAD_VERSION
 * (a newer format), SYM_NO_SPACE, SYM_IO, SYM_NO_MEMORY, SYM_TOO_LONG.
 */
#ifndef SYM_NODE_STORE_STORE_H
#define SYM_NODE_STORE_STORE_H

#include "crypto/seal.h"

#define SYM_TABLE_LIST(X)                                                                          \
    X(SETTINGS, "settings")   /* name -> text */                                                   \
    X(PEERS, "peers")         /* node id -> pinned card, alias, psk */                             \
    X(USERS, "users")         /* public key -> name, roles */                                      \
    X(EXCHANGES, "exchanges") /* exchange id -> when it was first seen, with whom */               \
    X(EVENTS, "events")       /* sequence number -> what was decided or failed */

enum sym_table {
#define SYM_TABLE_ENUM(name, text) SYM_TABLE_##name,
    SYM_TABLE_LIST(SYM_TABLE_ENUM)
#undef SYM_TABLE_ENUM
        SYM_TABLE_COUNT
};

#define SYM_STORE_FORMAT      1u
#define SYM_STORE_KEY_BYTES   64u      /* longest key */
#define SYM_STORE_VALUE_BYTES 8388608u /* longest value before sealing */

struct sym_store;
struct sym_transaction;

/* Opens DIR/store, making it when absent. master holds 32 bytes and is copied. */
SYM_MUST enum sym_err sym_store_open(struct sym_store **out, const char *dir,
                                     struct sym_span master, struct sym_fault *fault);
void sym_store_close(struct sym_store *s);
/* Bytes that the data file has in use. */
uint64_t sym_store_bytes(const struct sym_store *s);

typedef enum sym_err sym_store_fn(struct sym_transaction *t, void *context);

/* Runs fn in a write transaction and commits it durably when fn returns SYM_OK; otherwise nothing
 * has happened and fn's error is returned. */
SYM_MUST enum sym_err sym_store_write(struct sym_store *s, sym_store_fn *fn, void *context);
/* Runs fn in a read transaction. Keep it short: an open reader holds old pages. */
SYM_MUST enum sym_err sym_store_read(struct sym_store *s, sym_store_fn *fn, void *context);

/* A copy of the value in key memory; value must be empty. */
SYM_MUST enum sym_err sym_store_get(struct sym_transaction *t, enum sym_table table,
                                    struct sym_span key, struct sym_secret *value);
SYM_MUST enum sym_err sym_store_has(struct sym_transaction *t, enum sym_table table,
                                    struct sym_span key);
SYM_MUST enum sym_err sym_store_put(struct sym_transaction *t, enum sym_table table,
                                    struct sym_span key, struct sym_span value);
SYM_MUST enum sym_err sym_store_delete(struct sym_transaction *t, enum sym_table table,
                                       struct sym_span key);

/* Called for each entry in key order; spans are valid during the call. An error ends the walk. */
typedef enum sym_err sym_store_each_fn(void *context, struct sym_span key, struct sym_span value);
SYM_MUST enum sym_err sym_store_each(struct sym_transaction *t, enum sym_table table,
                                     sym_store_each_fn *fn, void *context);
/* The last key of the table, copied into key[0..*len). */
SYM_MUST enum sym_err sym_store_last(struct sym_transaction *t, enum sym_table table,
                                     uint8_t key[SYM_STORE_KEY_BYTES], size_t *len);

#endif
