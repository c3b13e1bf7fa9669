/* noise.h - Noise_KK_25519_ChaChaPoly_SHA256 and Noise_KKpsk0_25519_ChaChaPoly_SHA256
 * (Noise Protocol Framework, revision 34), the seal between the core processes of two nodes.
 *
 * Both static keys are known beforehand (pinned by cards). One struct sym_noise runs one handshake
 * of two messages: initiator writes 1, responder reads 1 and writes 2, initiator reads 2; then
 * sym_noise_split yields one struct sym_channel per direction. Pure: randomness enters only through
 * sym_noise_ephemeral. A pair with a preshared key runs KKpsk0, one without runs KK; the choice is
 * the caller's local setting, and a mismatch shows as SYM_BAD_TAG.
 * Errors: SYM_BAD_TAG (wrong keys or altered bytes), SYM_BAD_ELEMENT (all-zero X25519 output),
 * SYM_BAD_FORMAT (a key that has not 32 bytes), SYM_SHORT, SYM_TOO_LONG, SYM_WRONG_STATE (a call
 * out of order), SYM_LIMIT (a used-up counter), SYM_NO_MEMORY. After any error of ephemeral, write,
 * read or split the handshake is dead, its secrets are wiped, and every later call answers
 * SYM_WRONG_STATE; a channel behaves alike.
 */
#ifndef SYM_CRYPTO_NOISE_H
#define SYM_CRYPTO_NOISE_H

#include "crypto/aead.h"

#define SYM_X25519_BYTES 32u
#define SYM_PSK_BYTES    32u
/* Longest handshake message (Noise, section 3). */
#define SYM_NOISE_MESSAGE_BYTES_MAX 65535u
/* What a handshake message adds to its payload: ephemeral key and tag. */
#define SYM_NOISE_OVERHEAD_BYTES (SYM_X25519_BYTES + SYM_AEAD_TAG_BYTES)

/* An X25519 key pair; zero-initialised means absent. */
struct sym_exchange_key {
    struct sym_secret private_key; /* 32 bytes */
    uint8_t public_key[SYM_X25519_BYTES];
};

/* A random key pair, and the one of a private key of 32 bytes; k is empty. SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_exchange_key_new(struct sym_exchange_key *k);
SYM_MUST enum sym_err sym_exchange_key_from(struct sym_exchange_key *k,
                                            struct sym_span private_key);
void sym_exchange_key_clear(struct sym_exchange_key *k);
/* X25519 (RFC 7748) of own private key and remote public key. What it writes is secret, and not
 * uniform: to be hashed, then wiped. */
SYM_MUST enum sym_err sym_exchange_key_agree(uint8_t shared[SYM_X25519_BYTES],
                                             const struct sym_exchange_key *own,
                                             const uint8_t remote[SYM_X25519_BYTES]);

enum sym_noise_role { SYM_NOISE_INITIATOR, SYM_NOISE_RESPONDER };

struct sym_noise; /* opaque: lies in self-wiping memory */

/* Owned by the caller until sym_noise_free. own is borrowed until the handshake has ended.
 * psk holds 32 bytes, or none for Noise_KK. prologue is hashed, not kept. */
SYM_MUST enum sym_err sym_noise_new(struct sym_noise **out, enum sym_noise_role role,
                                    struct sym_span prologue, const struct sym_exchange_key *own,
                                    const uint8_t remote[SYM_X25519_BYTES], struct sym_span psk);
/* NULL is fine. */
void sym_noise_free(struct sym_noise *n);

/* Draws this side's ephemeral key, once, before the message that carries it is written, so that the
 * payload can name (and sign) it; fixed is empty, or 32 bytes from a test vector. */
SYM_MUST enum sym_err sym_noise_ephemeral(struct sym_noise *n, uint8_t public_key[SYM_X25519_BYTES],
                                          struct sym_span fixed);

/* Writes this side's message: out has room for payload.len + SYM_NOISE_OVERHEAD_BYTES (max says how
 * much it has) and does not overlap payload. */
SYM_MUST enum sym_err sym_noise_write(struct sym_noise *n, uint8_t *out, size_t max, size_t *len,
                                      struct sym_span payload);
/* Reads the other side's message; the payload has message.len - SYM_NOISE_OVERHEAD_BYTES bytes. */
SYM_MUST enum sym_err sym_noise_read(struct sym_noise *n, uint8_t *out, size_t max, size_t *len,
                                     struct sym_span message);
/* The other side's ephemeral public key, once its message was read. */
SYM_MUST enum sym_err sym_noise_remote_ephemeral(const struct sym_noise *n,
                                                 uint8_t public_key[SYM_X25519_BYTES]);
/* For tests: the handshake hash (h), once both messages have passed. */
SYM_MUST enum sym_err sym_noise_hash(const struct sym_noise *n, uint8_t out[SYM_HASH_BYTES]);

/* One direction of the transport. The counter is the nonce: a frame lost, repeated, reordered or
 * altered makes the next open fail with SYM_BAD_TAG, and the channel stays dead. Frames up to 1 MiB
 * are the only deviation from Noise. Owner calls sym_channel_clear; a zero-initialised one refuses
 * everything. */
struct sym_channel {
    struct sym_aead aead;
    uint64_t counter; /* frames sealed or opened so far */
    bool dead;        /* after the first error */
};

/* Ends the handshake: fills one channel for what this side sends and one for what it receives. */
SYM_MUST enum sym_err sym_noise_split(struct sym_noise *n, struct sym_channel *sending,
                                      struct sym_channel *receiving);
void sym_channel_clear(struct sym_channel *c);
/* As sym_aead_seal and sym_aead_open, with the channel's counter and no associated data. */
SYM_MUST enum sym_err sym_channel_seal(struct sym_channel *c, uint8_t *data, size_t len);
SYM_MUST enum sym_err sym_channel_open(struct sym_channel *c, uint8_t *data, size_t len);

#endif
