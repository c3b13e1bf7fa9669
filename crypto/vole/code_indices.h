/* code_indices.h - which 21 blocks each output of the code adds up (design of overlap-vole-1,
 * section 7, "Code"); for the kernels of crypto/vole. Public.
 *
 * Index j of output 64 b + a is at [64 j + a]: for j < 10 anywhere in y, for the others in stripe j
 * - 10 of eleven.
 */
#ifndef SYM_CRYPTO_VOLE_CODE_INDICES_H
#define SYM_CRYPTO_VOLE_CODE_INDICES_H

#include "crypto/vole/code.h"
#include "crypto/vole/kernel_table.h"

#define SYM_CODE_INDICES      (SYM_CODE_WEIGHT * SYM_CODE_GRAIN)
#define SYM_CODE_SALT_INDICES 7u

/* The indices of the outputs of block b. */
static inline void sym_code_draw_indices(uint32_t indices[SYM_CODE_INDICES],
                                         const struct sym_vole_kernel *with,
                                         const struct sym_block keys[SYM_AES_ROUND_KEYS], size_t m,
                                         size_t b)
{
    enum { BLOCKS = SYM_CODE_INDICES / 4 };
    struct sym_block drawn[BLOCKS];
    uint32_t words[SYM_CODE_INDICES];
    with->counter(drawn, keys, SYM_CODE_SALT(SYM_CODE_SALT_INDICES) + BLOCKS * b, BLOCKS);
    memcpy(words, drawn, sizeof words);
    const uint64_t stripe = m / (SYM_CODE_WEIGHT - SYM_CODE_UNIFORM);
    for (unsigned j = 0; j < SYM_CODE_WEIGHT; j++) {
        const uint64_t range = j < SYM_CODE_UNIFORM ? m : stripe;
        const uint64_t base = j < SYM_CODE_UNIFORM ? 0 : (j - SYM_CODE_UNIFORM) * stripe;
        for (unsigned a = 0; a < SYM_CODE_GRAIN; a++) {
            uint64_t word = words[j * SYM_CODE_GRAIN + a];
            indices[j * SYM_CODE_GRAIN + a] = (uint32_t)(base + (word * range >> 32));
        }
    }
}

#endif
