/* vault.h - values that can be erased for good: each under its own key, and these keys wrapped
 * under a master key that lies outside of LMDB, where pages of deleted values live on.
 *
 * Erasing deletes value and wrapped key, wraps all keys that stay under a new master key, and
 * overwrites the old one in its file (two slots, of which one is in use; the store says which). A
 * crash at any point leaves either nothing erased or everything, and the next start, or sweep,
 * finishes what was begun. The file itself is sealed under a key of the store's.
 *
 * Values are bound to their key in the vault. Keys are stored as given: never one that reveals an
 * identifier. Errors: those of store.h and disk.h.
 */
#ifndef SYM_NODE_STORE_VAULT_H
#define SYM_NODE_STORE_VAULT_H

#include "node/disk.h"
#include "node/store/store.h"

#define SYM_ERASURE_FILE  "erasure.keys"
#define SYM_EVIDENCE_FILE "evidence.keys"

/* A store has two vaults, so that erasing in one does not touch the keys of the other. */
enum sym_vault_which {
    SYM_VAULT_DATA,     /* datasets and results; DIR/erasure.keys */
    SYM_VAULT_EVIDENCE, /* bodies of the evidence log; DIR/evidence.keys */
};

struct sym_vault;

/* Opens a vault of a store in the node's directory, making it when absent. master: 32 bytes, the
 * one of the store; not kept. */
SYM_MUST enum sym_err sym_vault_open(struct sym_vault **out, enum sym_vault_which which,
                                     struct sym_store *store, const struct sym_disk *dir,
                                     struct sym_span master, struct sym_fault *fault);
void sym_vault_close(struct sym_vault *v);

/* Within a write transaction. key: at most SYM_STORE_KEY_BYTES; value: at most
 * SYM_STORE_VALUE_BYTES. A value that is replaced is deleted. */
SYM_MUST enum sym_err sym_vault_put(struct sym_vault *v, struct sym_transaction *t,
                                    struct sym_span key, struct sym_span value);
/* value must be empty. */
SYM_MUST enum sym_err sym_vault_get(struct sym_vault *v, struct sym_transaction *t,
                                    struct sym_span key, struct sym_secret *value);
/* The same into memory of the caller's, which wipes it: *len of at most max bytes. SYM_TOO_LONG. */
SYM_MUST enum sym_err sym_vault_get_into(struct sym_vault *v, struct sym_transaction *t,
                                         struct sym_span key, uint8_t *out, size_t max,
                                         size_t *len);
/* Only the key, for what lies elsewhere, in a vault that holds no values (SYM_VAULT_EVIDENCE): a
 * new one, in the place of one that may be there and is deleted; and the one that is there. The
 * caller wipes it. */
SYM_MUST enum sym_err sym_vault_new_key(struct sym_vault *v, struct sym_transaction *t,
                                        struct sym_span key, uint8_t out[SYM_SEAL_KEY_BYTES]);
SYM_MUST enum sym_err sym_vault_key(struct sym_vault *v, struct sym_transaction *t,
                                    struct sym_span key, uint8_t out[SYM_SEAL_KEY_BYTES]);
/* Deletes every value whose key begins with prefix. They can be read no more once the transaction
 * is committed, and are beyond recovery once sym_vault_sweep has returned. */
SYM_MUST enum sym_err sym_vault_delete(struct sym_vault *v, struct sym_transaction *t,
                                       struct sym_span prefix);
/* The first key behind `after` (empty: the first of all), copied into key[0..*len). */
SYM_MUST enum sym_err sym_vault_next(struct sym_vault *v, struct sym_transaction *t,
                                     struct sym_span after, uint8_t key[SYM_STORE_KEY_BYTES],
                                     size_t *len);
/* Makes what was deleted unreadable for good: a new master key, everything that stays wrapped
 * again, the old one overwritten. Outside of transactions. Does nothing when nothing was deleted.
 */
SYM_MUST enum sym_err sym_vault_sweep(struct sym_vault *v, struct sym_fault *fault);
/* Is there something for a sweep to do: what was deleted is not beyond recovery, or the store does
 * not say? Outside of transactions. */
bool sym_vault_is_due(const struct sym_vault *v);

#endif
