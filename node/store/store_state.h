/* store_state.h - what the files behind store.h share: store.c (transactions), store_open.c
 * (opening and closing), store_rows.c (what happens inside a transaction), store_snapshot.c (one
 * moment that stays). Nobody else includes it, for it shows the types of LMDB.
 */
#ifndef SYM_NODE_STORE_STORE_STATE_H
#define SYM_NODE_STORE_STORE_STATE_H

#include "node/store/files.h"
#include "node/store/store.h"

#include <lmdb.h>

/* A moment that is kept. Pages that it needs are not written to while its reader is there; what
 * lies in them is read from the file, so that the map may grow meanwhile. */
struct sym_moment {
    MDB_txn *reader; /* NULL when there is none */
    uint64_t bytes;
    uint8_t *head; /* the first pages, which say which moment it is: the next commit changes them */
    size_t head_len;
};

/* Nonces drawn at once: a system call for each would cost as much as sealing. */
#define SYM_STORE_NONCES 128u

struct sym_store {
    MDB_env *env; /* NULL while it could not be opened again after a failure */
    MDB_dbi tables[SYM_TABLE_COUNT];
    MDB_dbi meta; /* the format number, unsealed, and a text under the key */
    size_t map_bytes;
    uint64_t
        reached; /* bytes of the file, with what lies ready for commits to come; 0: not known */
    uint64_t used_before; /* bytes in use before the latest commit; 0: not known */
    bool busy;            /* a transaction is open */
    bool was_full;        /* the latest write ended with SYM_NO_SPACE */
    struct sym_moment snapshot;
    struct sym_store_watch *watches; /* the latest first */
    struct sym_secret key;
    struct sym_aead cipher; /* for sealing; without a key in between */
    uint8_t nonces[SYM_STORE_NONCES][SYM_SEAL_NONCE_BYTES];
    size_t nonces_left;
    char path[PATH_MAX];
    char shown[SYM_SHOWN_BYTES];
};

struct sym_transaction {
    struct sym_store *store;
    MDB_txn *txn;
    uint64_t bytes; /* of sealed values that were put */
    bool full;      /* the map has to grow before this can be written */
    bool reads;     /* and does not write: values lie in the map, never in pages of its own */
};

extern const char *const sym_table_names[SYM_TABLE_COUNT];

/* LMDB's key and value type holds a mutable pointer; LMDB does not write through it. */
static inline MDB_val sym_val_of(struct sym_span s)
{
    union {
        const uint8_t *from;
        void *to;
    } borrowed = {.from = s.data};
    return (MDB_val){.mv_size = s.len, .mv_data = borrowed.to};
}

static inline struct sym_span sym_val_span(MDB_val v)
{
    return sym_span(v.mv_data, v.mv_size);
}

/* What LMDB's code, or errno, is here. */
enum sym_err sym_store_err_of(int code);
/* LMDB reports a write that was cut short as EIO, although it mostly means a full disk. bytes: how
 * many were to be written. */
int sym_store_honest(const struct sym_store *s, int code, uint64_t bytes);
const uint8_t *sym_store_next_nonce(struct sym_store *s);

/* Keeps a little of the file ahead of what is used. Outside of transactions: LMDB writes there. */
void sym_store_reach_ahead(struct sym_store *s);

/* Opens LMDB and all tables; nothing is open after an error. */
SYM_MUST enum sym_err sym_store_open_env(struct sym_store *s, struct sym_fault *fault);
/* Ends a snapshot, too. */
void sym_store_close_env(struct sym_store *s);
/* Begins a transaction with LMDB's flags, and opens LMDB again where that is needed. */
SYM_MUST enum sym_err sym_store_begin(struct sym_transaction *t, unsigned flags);

#endif
