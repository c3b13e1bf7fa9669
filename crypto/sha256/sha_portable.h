/* sha_portable.h - SHA-256 in plain C, several at once in vectors; for the kernels of CPUs without
 * the instructions. See crypto/vole/kernel_table.h. The last one is the same code, compiled for
 * AVX2. */
#ifndef SYM_CRYPTO_SHA256_SHA_PORTABLE_H
#define SYM_CRYPTO_SHA256_SHA_PORTABLE_H

#include "crypto/sha256/sha.h"

void sym_sha_portable_compress(uint32_t state[SYM_SHA_STATE], const uint8_t *blocks, size_t n);
void sym_sha_portable_finish(uint8_t (*out)[SYM_SHA_BYTES], const uint32_t state[SYM_SHA_STATE],
                             const uint8_t (*tails)[SYM_SHA_BLOCK], size_t n);
void sym_sha_avx2_finish(uint8_t (*out)[SYM_SHA_BYTES], const uint32_t state[SYM_SHA_STATE],
                         const uint8_t (*tails)[SYM_SHA_BLOCK], size_t n);

#endif
