/* aead.h - ChaCha20-Poly1305 (RFC 8439) for streams of large frames, SHA-256 and HKDF, as the Noise
 * Protocol Framework names them (revision 34, section 4), and the key stream of AES-256 in counter
 * mode (NIST SP 800-38A). The only user of OpenSSL's EVP.
 *
 * A struct sym_aead keeps one keyed cipher context, so that a frame costs no key set-up; a struct
 * sym_hash keeps a running hash whose value can be read at any time. Owners call the matching
 * _clear, which wipes; zero-initialised ones may be cleared too. Lengths are bytes. Nothing here is
 * shared, so different threads may use different ones. Nonces are Noise's: 4 zero bytes, then the
 * counter in little-endian; one key must never see the same nonce twice.
 * Errors: SYM_BAD_TAG, SYM_SHORT, SYM_TOO_LONG, SYM_NO_MEMORY, SYM_UNSUPPORTED (OpenSSL's
 * configuration withholds the algorithm).
 */
#ifndef SYM_CRYPTO_AEAD_H
#define SYM_CRYPTO_AEAD_H

#include "crypto/secret.h"

#define SYM_AEAD_KEY_BYTES 32u
#define SYM_AEAD_TAG_BYTES 16u
#define SYM_HASH_BYTES     32u
#define SYM_HKDF_MAX       3u

#define SYM_STREAM_KEY_BYTES   32u
#define SYM_STREAM_BLOCK_BYTES 16u

/* Longest plaintext of one frame that EVP's int lengths can carry. */
#define SYM_AEAD_BYTES_MAX 0x7fffff00u

struct sym_aead {
    void *context; /* owned; the library's cipher context */
};

/* Takes a copy of the key; clear it in every case. */
SYM_MUST enum sym_err sym_aead_init(struct sym_aead *a, const uint8_t key[SYM_AEAD_KEY_BYTES]);
/* Takes another key, which takes a tenth of the time of the first; an empty one is initialised. */
SYM_MUST enum sym_err sym_aead_renew(struct sym_aead *a, const uint8_t key[SYM_AEAD_KEY_BYTES]);
void sym_aead_clear(struct sym_aead *a);

/* Encrypts data[0..len) in place and writes the tag behind it: data has room for len + 16 bytes. */
SYM_MUST enum sym_err sym_aead_seal(struct sym_aead *a, uint64_t nonce, struct sym_span ad,
                                    uint8_t *data, size_t len);
/* Opens data[0..len), tag included, in place; len - 16 bytes of plaintext remain. SYM_SHORT when
 * len < 16. On SYM_BAD_TAG the contents of data are wiped. */
SYM_MUST enum sym_err sym_aead_open(struct sym_aead *a, uint64_t nonce, struct sym_span ad,
                                    uint8_t *data, size_t len);
/* The same from one place to another: out has room for plain.len + 16 bytes, or for sealed.len - 16
 * of which nothing is left on SYM_BAD_TAG. out is where the input begins, or does not overlap it.
 */
SYM_MUST enum sym_err sym_aead_seal_to(struct sym_aead *a, uint8_t *out, uint64_t nonce,
                                       struct sym_span ad, struct sym_span plain);
SYM_MUST enum sym_err sym_aead_open_to(struct sym_aead *a, uint8_t *out, uint64_t nonce,
                                       struct sym_span ad, struct sym_span sealed);

SYM_MUST enum sym_err sym_sha256(uint8_t out[SYM_HASH_BYTES], struct sym_span data);
/* Over the parts one after the other, without their lengths. */
SYM_MUST enum sym_err sym_sha256_parts(uint8_t out[SYM_HASH_BYTES], const struct sym_span *parts,
                                       size_t n);

/* A running SHA-256. A failed update is remembered, and the next value reports it. */
struct sym_hash {
    void *context; /* owned; what was hashed so far */
    void *scratch; /* owned; where a copy of it is ended */
    bool failed;
};

/* h must be empty. */
SYM_MUST enum sym_err sym_hash_init(struct sym_hash *h);
void sym_hash_update(struct sym_hash *h, struct sym_span data);
/* The hash of everything so far, which may go on afterwards. */
SYM_MUST enum sym_err sym_hash_value(uint8_t out[SYM_HASH_BYTES], const struct sym_hash *h);
void sym_hash_clear(struct sym_hash *h);

/* HKDF as Noise section 4.3 defines it: n outputs (1 to SYM_HKDF_MAX) of 32 bytes. out must not
 * overlap chaining_key or material. */
SYM_MUST enum sym_err sym_hkdf(uint8_t out[][SYM_HASH_BYTES], size_t n,
                               const uint8_t chaining_key[SYM_HASH_BYTES],
                               struct sym_span material);

/* The key stream of AES-256 in counter mode: what is written is independent of other data. One
 * context serves many keys, one after the other. */
struct sym_stream {
    void *context; /* owned; the library's cipher context */
};

/* s must be empty; before the first bytes it needs a start. */
SYM_MUST enum sym_err sym_stream_init(struct sym_stream *s);
void sym_stream_clear(struct sym_stream *s);
/* Takes another key; the stream goes on at its block number `block` (16 bytes each). */
SYM_MUST enum sym_err sym_stream_start(struct sym_stream *s,
                                       const uint8_t key[SYM_STREAM_KEY_BYTES], uint64_t block);
/* The next len bytes. SYM_WRONG_STATE before the first start. */
SYM_MUST enum sym_err sym_stream_next(struct sym_stream *s, uint8_t *out, size_t len);

#endif
