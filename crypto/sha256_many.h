/* sha256_many.h - SHA-256 (FIPS 180-4) of many messages that begin with the same few bytes: the
 * leaves and commitments of a log that are written together.
 *
 * Where the processor has instructions for it, two or sixteen messages are hashed side by side,
 * which takes a third less time, or two thirds; elsewhere one after the other. The hashes are the
 * same. A struct sym_sha256_many holds the choice, which takes microseconds: make it once. Nothing
 * is allocated; copies of what was hashed are wiped; time depends on lengths only. Errors:
 * SYM_TOO_LONG (the prefix), SYM_INTERNAL.
 */
#ifndef SYM_CRYPTO_SHA256_MANY_H
#define SYM_CRYPTO_SHA256_MANY_H

#include "crypto/aead.h"

#define SYM_SHA256_PREFIX_MAX 64u

struct sym_sha256_many {
    unsigned width; /* 1, 2 or 16 messages at once; tests compare them */
};

void sym_sha256_many_init(struct sym_sha256_many *m);

/* out[i] = SHA-256(prefix || messages[i]), n of them. out overlaps no message. */
SYM_MUST enum sym_err sym_sha256_many(uint8_t (*out)[SYM_HASH_BYTES],
                                      const struct sym_sha256_many *m, struct sym_span prefix,
                                      const struct sym_span *messages, size_t n);

#endif
