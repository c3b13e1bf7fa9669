/* sha512.h - the kernels of crypto/sha512_many.h: SHA-512 (FIPS 180-4) of several messages side by
 * side, four with AVX2, eight with AVX-512.
 *
 * Nothing here pads, allocates or fails; time depends on counts only, and what lanes leave in
 * memory is wiped.
 */
#ifndef SYM_CRYPTO_SHA512_SHA512_H
#define SYM_CRYPTO_SHA512_SHA512_H

#include "crypto/digest.h"
#include "crypto/secret.h"

#define SYM_SHA512_STATE 8u
#define SYM_SHA512_BLOCK 128u

extern const uint64_t sym_sha512_round[80];
extern const uint64_t sym_sha512_initial[SYM_SHA512_STATE];

/* Hashes n messages, which lie padded one after the other, blocks of each; state is that before
 * their first block. */
typedef void sym_sha512_lanes(uint8_t (*out)[SYM_SHA512_BYTES],
                              const uint64_t state[SYM_SHA512_STATE], const uint8_t *padded,
                              size_t blocks, size_t n);

/* On x86-64 only; for SYM_CPU_AVX2 and SYM_CPU_AVX512F of crypto/cpu.h. */
sym_sha512_lanes sym_sha512_avx2;
sym_sha512_lanes sym_sha512_avx512;

#endif
