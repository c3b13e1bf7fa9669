/* sha_ni.h - SHA-256 with the SHA instructions of x86 (SYM_CPU_SHA and SYM_CPU_AVX2 of
 * crypto/cpu.h). compress and finish do what crypto/vole/kernel_table.h says. */
#ifndef SYM_CRYPTO_SHA256_SHA_NI_H
#define SYM_CRYPTO_SHA256_SHA_NI_H

#include "crypto/sha256/sha.h"

void sym_sha_ni_compress(uint32_t state[SYM_SHA_STATE], const uint8_t *blocks, size_t n);
/* Two messages that are independent of each other, n blocks of each, in little more time than one
 * of them takes. */
void sym_sha_ni_compress_pair(uint32_t states[SYM_SHA_PAIR][SYM_SHA_STATE],
                              const uint8_t *const blocks[SYM_SHA_PAIR], size_t n);
void sym_sha_ni_finish(uint8_t (*out)[SYM_SHA_BYTES], const uint32_t state[SYM_SHA_STATE],
                       const uint8_t (*tails)[SYM_SHA_BLOCK], size_t n);

#endif
