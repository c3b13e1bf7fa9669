/* aes_portable.h - AES-128 in plain C without tables, for the kernel `portable`. See
 * kernel_table.h. */
#ifndef SYM_CRYPTO_VOLE_AES_PORTABLE_H
#define SYM_CRYPTO_VOLE_AES_PORTABLE_H

#include "crypto/vole/kernel_table.h"

void sym_aes_portable_expand_key(struct sym_block keys[SYM_AES_ROUND_KEYS], const uint8_t key[16]);
void sym_aes_portable_counter(struct sym_block *out,
                              const struct sym_block keys[SYM_AES_ROUND_KEYS], uint64_t start,
                              size_t n);
void sym_aes_portable_grow(struct sym_block *out, struct sym_block sums[2],
                           const struct sym_block keys[2][SYM_AES_ROUND_KEYS],
                           const struct sym_block *in, size_t n);

#endif
