/* sha_ni.h - SHA-256 with the SHA instructions of x86, for kernels that have them. See
 * kernel_table.h. */
#ifndef SYM_CRYPTO_VOLE_SHA_NI_H
#define SYM_CRYPTO_VOLE_SHA_NI_H

#include "crypto/vole/kernel_table.h"

void sym_sha_ni_compress(uint32_t state[SYM_SHA_STATE], const uint8_t *blocks, size_t n);
void sym_sha_ni_finish(uint8_t (*out)[SYM_SHA_BYTES], const uint32_t state[SYM_SHA_STATE],
                       const uint8_t (*tails)[SYM_SHA_BLOCK], size_t n);

#endif
