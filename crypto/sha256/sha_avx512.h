/* sha_avx512.h - SHA-256 of sixteen messages at once (SYM_CPU_AVX512F and SYM_CPU_AVX512BW of
 * crypto/cpu.h): less than half the time of the SHA instructions, where there are that many. */
#ifndef SYM_CRYPTO_SHA256_SHA_AVX512_H
#define SYM_CRYPTO_SHA256_SHA_AVX512_H

#include "crypto/sha256/sha.h"

#define SYM_SHA_WIDE 16u

/* Messages that are independent of each other, n blocks of each. */
void sym_sha_avx512_compress_wide(uint32_t states[SYM_SHA_WIDE][SYM_SHA_STATE],
                                  const uint8_t *const blocks[SYM_SHA_WIDE], size_t n);
/* As crypto/vole/kernel_table.h says; needs SYM_CPU_SHA and SYM_CPU_AVX2 for what is left over. */
void sym_sha_avx512_finish(uint8_t (*out)[SYM_SHA_BYTES], const uint32_t state[SYM_SHA_STATE],
                           const uint8_t (*tails)[SYM_SHA_BLOCK], size_t n);

#endif
