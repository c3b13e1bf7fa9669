/* digest.h - BLAKE2b-256 (RFC 7693) with a personalisation, for digests of one purpose each; and
 * SHA-512 (FIPS 180-4) where a protocol names it.
 *
 * Two purposes never share a personalisation. The parts are hashed one after the other, without
 * their lengths: the caller sees to it that different inputs make different bytes. Time depends on
 * lengths only. Nothing here allocates or fails.
 */
#ifndef SYM_CRYPTO_DIGEST_H
#define SYM_CRYPTO_DIGEST_H

#include "crypto/bytes.h"

#define SYM_DIGEST_BYTES          32u
#define SYM_PERSONALISATION_BYTES 16u
#define SYM_SHA512_BYTES          64u

/* personalisation: exactly 16 bytes, a terminator is not looked at. */
void sym_digest(uint8_t out[SYM_DIGEST_BYTES], const char *personalisation,
                const struct sym_span *parts, size_t n);
/* The parts may be secret: nothing of them is left behind. */
void sym_sha512(uint8_t out[SYM_SHA512_BYTES], const struct sym_span *parts, size_t n);

#endif
