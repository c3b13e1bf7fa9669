/* cot.h - the COT matrix of one batch, its check, and the two kinds of correlation that come out of
 * it (design of overlap-vole-1, section 6, behind the base OTs).
 *
 * R has two AES keys a row, S the one that bit i of delta chooses. Afterwards, for j < 312 d and
 * e < 313:
 *
 *   q_j = t_j + (choice bit j) delta          COTs, for the trees
 *   w^_e = v^_e + delta nu_e                  base VOLE; nu_312 is c, the input of the VOLE check
 *
 * Arrays are the caller's, lengths are in blocks where an array is of blocks. The bits of delta are
 * used as masks, never in branches or addresses. Scratch holds secrets and is wiped before return.
 * A call works on one batch; calls for different batches may run at the same time.
 *
 * Errors: SYM_BAD_TAG (the check failed: R cheated, or the two sides do not hold the same session).
 */
#ifndef SYM_CRYPTO_VOLE_COT_H
#define SYM_CRYPTO_VOLE_COT_H

#include "crypto/vole/geometry.h"
#include "crypto/vole/kernel.h"

#define SYM_COT_KEY_BYTES 16u

/* Blocks of scratch for one call: 128 rows of k, and two more. */
static inline size_t sym_cot_scratch_blocks(const struct sym_vole_geometry *g)
{
    return (size_t)(SYM_VOLE_ROWS + 2) * g->row_blocks;
}

/* R: draws the secret row of a batch (row_blocks blocks) and its noise positions alpha_i < L (312
 * of them) from the operating system's generator. nu_0 … nu_311 and c are row[nq] … row[nq + 312].
 */
void sym_cot_draw(struct sym_block *row, uint32_t *alpha, const struct sym_vole_geometry *g);

/* nu_0 … nu_311, c inside a row. */
static inline const struct sym_block *sym_cot_noise(const struct sym_block *row,
                                                    const struct sym_vole_geometry *g)
{
    return row + g->choice_blocks;
}

/* R: writes M4 (sym_vole_m4_bytes), t (sym_vole_cots blocks) and base (SYM_VOLE_BASE blocks: w^_e).
 * keys holds k_{0,0}, k_{0,1}, k_{1,0}, …: 256 keys. */
void sym_cot_offer(uint8_t *m4, struct sym_block *t, struct sym_block *base,
                   const struct sym_vole_kernel *with, const struct sym_vole_geometry *g,
                   const uint8_t ctx[32], uint32_t batch,
                   const uint8_t keys[2 * SYM_VOLE_ROWS][SYM_COT_KEY_BYTES],
                   const struct sym_block *row, struct sym_block *scratch);

/* S: checks M4 (sym_vole_m4_bytes) and writes q (sym_vole_cots blocks) and base (SYM_VOLE_BASE
 * blocks: v^_e). keys holds k_{i,delta_i}: 128 keys. After SYM_BAD_TAG q and base are zero. */
SYM_MUST enum sym_err
sym_cot_accept(struct sym_block *q, struct sym_block *base, const struct sym_vole_kernel *with,
               const struct sym_vole_geometry *g, const uint8_t ctx[32], uint32_t batch,
               const uint8_t keys[SYM_VOLE_ROWS][SYM_COT_KEY_BYTES], const struct sym_block *delta,
               const uint8_t *m4, struct sym_block *scratch);

#endif
