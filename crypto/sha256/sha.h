/* sha.h - what the several ways to compute SHA-256 (FIPS 180-4) block by block share.
 *
 * A state is eight words in the order of the standard, a block is 64 bytes at any address. Nothing
 * here pads, allocates or fails, and time depends on counts only. For the vole engine and for
 * crypto/sha256_many.h; whoever hashes one message calls crypto/aead.h.
 */
#ifndef SYM_CRYPTO_SHA256_SHA_H
#define SYM_CRYPTO_SHA256_SHA_H

#include "crypto/secret.h"

#define SYM_SHA_STATE 8u
#define SYM_SHA_BLOCK 64u
#define SYM_SHA_BYTES 32u
#define SYM_SHA_PAIR  2u

/* The constants of SHA-256. */
extern const uint32_t sym_sha_initial[SYM_SHA_STATE];
extern const uint32_t sym_sha_round[64];

#endif
