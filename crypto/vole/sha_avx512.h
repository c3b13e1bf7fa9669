/* sha_avx512.h - SHA-256 of sixteen messages at once, for kernels that have AVX-512 and the SHA
 * instructions, which do what is left over. See kernel_table.h. */
#ifndef SYM_CRYPTO_VOLE_SHA_AVX512_H
#define SYM_CRYPTO_VOLE_SHA_AVX512_H

#include "crypto/vole/kernel_table.h"

void sym_sha_avx512_finish(uint8_t (*out)[SYM_SHA_BYTES], const uint32_t state[SYM_SHA_STATE],
                           const uint8_t (*tails)[SYM_SHA_BLOCK], size_t n);

#endif
