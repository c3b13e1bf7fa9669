/* code_vaes512.h - the code with AVX-512 and GFNI, for the kernels vaes512. See kernel_table.h.
 *
 * spread and gather do the same: the one sorts by parts of y what does not fit into the second
 * cache, the other asks for each block in time, which is faster where the third cache is near. */
#ifndef SYM_CRYPTO_VOLE_CODE_VAES512_H
#define SYM_CRYPTO_VOLE_CODE_VAES512_H

#include "crypto/vole/kernel_table.h"

void sym_code_vaes512_accumulate(struct sym_block *x,
                                 const struct sym_block keys[SYM_AES_ROUND_KEYS], size_t m);
void sym_code_vaes512_accumulate_pairs(struct sym_block *pairs, struct sym_block *w,
                                       struct sym_block *u,
                                       const struct sym_block keys[SYM_AES_ROUND_KEYS], size_t m);
void sym_code_vaes512_spread(struct sym_block *out, const struct sym_block keys[SYM_AES_ROUND_KEYS],
                             const struct sym_block *y, size_t m, size_t first, size_t n,
                             void *scratch);
void sym_code_vaes512_spread_pairs(struct sym_block *w, struct sym_block *u,
                                   const struct sym_block keys[SYM_AES_ROUND_KEYS],
                                   const struct sym_block *pairs, size_t m, size_t first, size_t n,
                                   void *scratch);
void sym_code_vaes512_gather(struct sym_block *out, const struct sym_block keys[SYM_AES_ROUND_KEYS],
                             const struct sym_block *y, size_t m, size_t first, size_t n,
                             void *scratch);
void sym_code_vaes512_gather_pairs(struct sym_block *w, struct sym_block *u,
                                   const struct sym_block keys[SYM_AES_ROUND_KEYS],
                                   const struct sym_block *pairs, size_t m, size_t first, size_t n,
                                   void *scratch);

#endif
