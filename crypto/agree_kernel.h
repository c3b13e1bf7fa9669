/* agree_kernel.h - X25519 in lanes; for crypto/agree and its kernel only. */
#ifndef SYM_CRYPTO_AGREE_KERNEL_H
#define SYM_CRYPTO_AGREE_KERNEL_H

#include "crypto/agree.h"

#define SYM_AGREE_IFMA_WANTS (SYM_CPU_AVX512F | SYM_CPU_AVX512DQ | SYM_CPU_AVX512IFMA)

/* X25519 of private_key and each of SYM_AGREE_LANES public keys, which lie one after the other as
 * results do; all zeros where a key is of small order. Wipes what it leaves behind. */
void sym_x25519_ifma(uint8_t *shared, const uint8_t private_key[SYM_X25519_BYTES],
                     const uint8_t *remotes);

#endif
