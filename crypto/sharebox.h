/* sharebox.h - what the relay of a query must not read: a node's shares for one other node, sealed
 * from one to the other, with one key per direction.
 *
 * The key is HKDF (crypto/aead.h) of X25519(consent key, consent key) and the pair's preshared key
 * (32 zero bytes where there is none), with a salt that names domain, query id, both indices (the
 * sender's first) and both public keys. A box is XChaCha20-Poly1305 (crypto/seal.h: nonce,
 * ciphertext, tag) whose associated data are query id, H(all consents) and both indices, so that a
 * box opens at its receiver only, from its sender only, in its query only.
 * Errors: SYM_BAD_TAG, SYM_BAD_FORMAT (a preshared key of another length), SYM_BAD_VALUE (a box to
 * oneself), SYM_SHORT, SYM_NO_MEMORY.
 */
#ifndef SYM_CRYPTO_SHAREBOX_H
#define SYM_CRYPTO_SHAREBOX_H

#include "crypto/mask.h"

/* What a box adds to its contents. */
#define SYM_SHAREBOX_OVERHEAD_BYTES 40u

/* Where a box belongs. */
struct sym_sharebox_route {
    uint8_t qid[SYM_QID_BYTES];
    uint8_t consents[SYM_HASH_BYTES]; /* hash of all signed consents */
    uint8_t from;                     /* index of the sender */
    uint8_t to;                       /* index of the receiver */
};

/* Whose box it is: who seals one and opens another computes X25519 once for both. All borrowed. */
struct sym_sharebox_pair {
    const uint8_t *shared; /* what sym_exchange_key_agree gives for both consent keys */
    const uint8_t *own;    /* public consent keys */
    const uint8_t *remote;
};

/* The sender's side: remote is the receiver. psk holds 32 bytes, or none. out has room for
 * plain.len + SYM_SHAREBOX_OVERHEAD_BYTES and does not overlap plain. */
SYM_MUST enum sym_err sym_sharebox_seal(uint8_t *out, const struct sym_sharebox_pair *pair,
                                        struct sym_span psk, const struct sym_sharebox_route *route,
                                        struct sym_span plain);
/* The receiver's side: remote is the sender. out has room for box.len -
 * SYM_SHAREBOX_OVERHEAD_BYTES and does not overlap box. */
SYM_MUST enum sym_err sym_sharebox_open(uint8_t *out, const struct sym_sharebox_pair *pair,
                                        struct sym_span psk, const struct sym_sharebox_route *route,
                                        struct sym_span box);

#endif
