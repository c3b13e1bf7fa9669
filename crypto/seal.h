/* seal.h - sealing at rest (XChaCha20-Poly1305) and the wrapped key file.
 *
 * A sealed value is nonce (24 bytes, random) | ciphertext | tag (16 bytes), bound to associated
 * data that names its place (table, key, format version), so that values cannot be swapped.
 *
 * The key file holds a node's keys sealed under a wrapping key, which comes from a passphrase
 * (Argon2id, RFC 9106, libsodium's "moderate": 256 MiB, 3 passes) or from a file of at least 32
 * random bytes, such as a systemd credential (BLAKE2b: what is uniform already needs no Argon2id):
 *
 *     symbolon-keys/1
 *     wrap: argon2id m=268435456 t=3 salt=<base64, 16 bytes>      or      wrap: key salt=<base64>
 *     keys: <base64 of the sealed keys>
 *
 * Each line ends with LF; the first two are the associated data. Parameters that are read are
 * bounded before they are used (m from 64 MiB to 1 GiB, t at most 10), so that a forged file
 * exhausts neither memory nor patience.
 * Errors: SYM_BAD_TAG (for a key file: wrong secret or altered file), SYM_BAD_FORMAT,
 * SYM_BAD_VALUE, SYM_BAD_VERSION, SYM_SHORT, SYM_TOO_LONG, SYM_NO_MEMORY.
 */
#ifndef SYM_CRYPTO_SEAL_H
#define SYM_CRYPTO_SEAL_H

#include "crypto/identity.h"

#define SYM_SEAL_KEY_BYTES       32u
#define SYM_SEAL_NONCE_BYTES     24u
#define SYM_SEAL_OVERHEAD_BYTES  40u
#define SYM_KEYFILE_BYTES_MAX    8192u
#define SYM_WRAP_KEY_BYTES_MIN   32u
#define SYM_PASSPHRASE_BYTES_MIN 12u
#define SYM_PASSPHRASE_BYTES_MAX 1024u

/* out has room for plain.len + SYM_SEAL_OVERHEAD_BYTES and does not overlap plain. */
SYM_MUST enum sym_err sym_seal(uint8_t *out, const uint8_t key[SYM_SEAL_KEY_BYTES],
                               struct sym_span ad, struct sym_span plain);
/* The same for who seals many: with a nonce of the caller's, random and never used before, and with
 * a cipher that is kept from one to the next, empty at first and cleared in the end. Between calls
 * it holds no key. */
SYM_MUST enum sym_err sym_seal_with(uint8_t *out, struct sym_aead *kept,
                                    const uint8_t key[SYM_SEAL_KEY_BYTES],
                                    const uint8_t nonce[SYM_SEAL_NONCE_BYTES], struct sym_span ad,
                                    struct sym_span plain);
/* out has room for sealed.len - SYM_SEAL_OVERHEAD_BYTES and does not overlap sealed. SYM_SHORT for
 * fewer than SYM_SEAL_OVERHEAD_BYTES; on SYM_BAD_TAG out holds zeros. */
SYM_MUST enum sym_err sym_unseal(uint8_t *out, const uint8_t key[SYM_SEAL_KEY_BYTES],
                                 struct sym_span ad, struct sym_span sealed);
/* 32-byte subkey of a 32-byte key: keyed BLAKE2b of the purpose text, its terminator and the
 * context bytes. */
void sym_subkey(uint8_t out[SYM_SEAL_KEY_BYTES], const uint8_t key[SYM_SEAL_KEY_BYTES],
                const char *purpose, struct sym_span context);

enum sym_wrap { SYM_WRAP_PASSPHRASE, SYM_WRAP_KEY };

/* Writes the key file text (*len bytes, no terminator; it holds nothing secret). secret is the
 * passphrase, without a line feed, or the contents of the key credential: SYM_SHORT or SYM_TOO_LONG
 * when its length is out of bounds. SYM_BAD_VALUE when a key that has to be there is absent. */
SYM_MUST enum sym_err sym_keyfile_write(char *out, size_t max, size_t *len,
                                        const struct sym_node_keys *keys, enum sym_wrap wrap,
                                        struct sym_span secret);
/* Which kind of secret does this key file want? */
SYM_MUST enum sym_err sym_keyfile_wrap(enum sym_wrap *out, struct sym_span text);
/* Opens a key file; keys must be empty, and stays so on failure. A secret of a length that
 * sym_keyfile_write refuses is a wrong one: SYM_BAD_TAG. */
SYM_MUST enum sym_err sym_keyfile_read(struct sym_node_keys *keys, struct sym_span text,
                                       struct sym_span secret);

#endif
