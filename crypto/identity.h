/* identity.h - the keys of a node and of its users, signatures, fingerprints.
 *
 * A node has separate Ed25519 (RFC 8032) keys for identity (signs cards, requests, receipts), TLS,
 * log and cosigning, and an X25519 exchange key; TLS and exchange have two slots, so that a key
 * can be announced before it is used. The node id is the SHA-256 of "symbolon-node-1" and the
 * identity public key; its first 16 bytes are read aloud as words (PGP word list: even bytes two
 * syllables, odd bytes three, so that a lost or swapped word is heard).
 * All signatures are pure Ed25519 over a domain string followed by the exact bytes. Key structs own
 * their secrets: whoever made one calls its _clear.
 * Errors: SYM_BAD_SIGNATURE, SYM_BAD_FORMAT (a seed that has not 32 bytes, an absent key),
 * SYM_TOO_LONG, SYM_NO_MEMORY.
 */
#ifndef SYM_CRYPTO_IDENTITY_H
#define SYM_CRYPTO_IDENTITY_H

#include "crypto/noise.h"

#define SYM_ED25519_BYTES     32u
#define SYM_SIGNATURE_BYTES   64u
#define SYM_SEED_BYTES        32u
#define SYM_STORAGE_KEY_BYTES 32u
#define SYM_NODE_ID_BYTES     32u
#define SYM_PIN_BYTES         32u
#define SYM_FINGERPRINT_WORDS 16u
#define SYM_FINGERPRINT_BYTES 256u /* room for the words, spaces and terminator */

/* No domain is the beginning of another, so that no message fits two of them. */
#define SYM_DOMAIN_CARD     "symbolon-card-1"
#define SYM_DOMAIN_REQUEST  "symbolon-request-1"
#define SYM_DOMAIN_RECEIPT  "symbolon-receipt-1"
#define SYM_DOMAIN_CLOSE    "symbolon-close-1"
#define SYM_DOMAIN_ABORT    "symbolon-abort-1"
#define SYM_DOMAIN_CONTROL  "symbolon-control-1"
#define SYM_DOMAIN_REPORT   "symbolon-report-1"
#define SYM_DOMAIN_TABULATE "symbolon-tabulate-1"
#define SYM_DOMAIN_TABLE    "symbolon-overlap-table-1"

struct sym_node_id {
    uint8_t bytes[SYM_NODE_ID_BYTES];
};

/* An Ed25519 key pair; zero-initialised means absent (seed.len == 0). */
struct sym_sign_key {
    struct sym_secret seed; /* 32 bytes */
    /* What signing needs of it, and a digest of that: making it takes as long as signing. */
    struct sym_secret expanded;
    uint8_t public_key[SYM_ED25519_BYTES];
};

/* k must be empty. */
SYM_MUST enum sym_err sym_sign_key_new(struct sym_sign_key *k);
SYM_MUST enum sym_err sym_sign_key_from(struct sym_sign_key *k, struct sym_span seed);
void sym_sign_key_clear(struct sym_sign_key *k);

/* Signs domain and message, which is copied: domain.len + message.len bytes are allocated. */
SYM_MUST enum sym_err sym_sign(uint8_t signature[SYM_SIGNATURE_BYTES], const struct sym_sign_key *k,
                               const char *domain, struct sym_span message);
/* Refuses keys and points of small order and signatures that are not canonical, too. */
SYM_MUST enum sym_err sym_verify(const uint8_t signature[SYM_SIGNATURE_BYTES],
                                 const uint8_t public_key[SYM_ED25519_BYTES], const char *domain,
                                 struct sym_span message);

void sym_node_id_of(struct sym_node_id *out, const uint8_t identity[SYM_ED25519_BYTES]);
struct sym_span sym_node_id_span(const struct sym_node_id *id);
bool sym_node_id_equal(const struct sym_node_id *a, const struct sym_node_id *b);
/* The words of the fingerprint, single spaces between them. */
void sym_fingerprint_words(char out[SYM_FINGERPRINT_BYTES], const struct sym_node_id *id);

/* What TLS peers are pinned by: SHA-256 of an Ed25519 key's SubjectPublicKeyInfo (RFC 8410). */
void sym_pin_of(uint8_t out[SYM_PIN_BYTES], const uint8_t tls_key[SYM_ED25519_BYTES]);

/* Everything private that a node owns, except the data keys. */
struct sym_node_keys {
    struct sym_sign_key identity;
    struct sym_sign_key tls[2];          /* [0] in use, [1] announced next, may be absent */
    struct sym_exchange_key exchange[2]; /* as above */
    struct sym_sign_key log;
    struct sym_sign_key cosign;
    struct sym_secret storage; /* SYM_STORAGE_KEY_BYTES: wraps the master key of the store */
};

/* Draws every key but the announced ones; keys must be empty, and stays so on failure. */
SYM_MUST enum sym_err sym_node_keys_new(struct sym_node_keys *keys);
void sym_node_keys_clear(struct sym_node_keys *keys);

#endif
