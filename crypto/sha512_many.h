/* sha512_many.h - SHA-512 (FIPS 180-4) of many messages that are of the same build: some parts of
 * their own, then an end that all share.
 *
 * With kernels of crypto/sha512/ those that are short are hashed side by side, for a quarter of the
 * time or less; without, and where a message is long, one after the other by libsodium. The hashes
 * are the same. Messages may be secret: time depends on lengths only, copies are wiped. Nothing is
 * allocated; no errors.
 */
#ifndef SYM_CRYPTO_SHA512_MANY_H
#define SYM_CRYPTO_SHA512_MANY_H

#include "crypto/sha512/sha512.h"

/* What messages begin with, hashed already. */
struct sym_sha512_start {
    uint64_t state[SYM_SHA512_STATE];
    size_t bytes;
};

/* Of n_blocks blocks, which are public. */
void sym_sha512_start(struct sym_sha512_start *out, const uint8_t *blocks, size_t n_blocks);

/* out[i] = SHA-512(what start has || parts[i * n_parts] || … || parts[(i + 1) * n_parts - 1] ||
 * end), n of them. start and lanes may be NULL. out overlaps no message. */
void sym_sha512_many(uint8_t (*out)[SYM_SHA512_BYTES], sym_sha512_lanes *lanes,
                     const struct sym_sha512_start *start, const struct sym_span *parts,
                     size_t n_parts, struct sym_span end, size_t n);

#endif
