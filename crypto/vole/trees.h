/* trees.h - the 312 trees of a batch (design of overlap-vole-1, section 7, "Trees"): S grows them,
 * R learns all leaves but one of each.
 *
 * Arrays are the caller's. A call works on trees first … first + n - 1 and touches only their part
 * of the leaves and of M5, so pieces of a batch may run at the same time, each with its own
 * scratch, which is wiped before return. n > 0 and first + n <= 312. R's memory accesses depend on
 * alpha (section 10: local).
 */
#ifndef SYM_CRYPTO_VOLE_TREES_H
#define SYM_CRYPTO_VOLE_TREES_H

#include "crypto/vole/geometry.h"
#include "crypto/vole/kernel.h"

/* Blocks of scratch for one call. */
static inline size_t sym_trees_scratch_blocks(const struct sym_vole_geometry *g)
{
    return 2 * ((size_t)g->leaves + 32);
}

/* Which batch of which session. */
struct sym_trees {
    const struct sym_vole_kernel *with;
    const struct sym_vole_geometry *geometry;
    const uint8_t *ctx; /* 32 bytes */
    uint32_t batch;
};

/* S: writes the leaves of the trees into v (N blocks, this call's part of them) and their
 * corrections into m5 (sym_vole_m5_bytes, likewise). seeds: 312 random blocks, one a tree; q and
 * base as sym_cot_accept gave them. */
void sym_trees_grow(struct sym_block *v, uint8_t *m5, const struct sym_trees *trees,
                    const struct sym_block *seeds, const struct sym_block *q,
                    const struct sym_block *base, const struct sym_block *delta, size_t first,
                    size_t n, struct sym_block *scratch);

/* R: writes the leaves into w (N blocks, this call's part of them), so that w = v + delta u if S
 * was honest: the check of crypto/vole/batch.h finds out. alpha: 312 positions; t and base as
 * sym_cot_offer gave them. */
void sym_trees_follow(struct sym_block *w, const struct sym_trees *trees, const uint8_t *m5,
                      const uint32_t *alpha, const struct sym_block *t,
                      const struct sym_block *base, size_t first, size_t n,
                      struct sym_block *scratch);

/* R: adds u to out, half of it, m blocks: of the first 156 trees, or of the others. u is nu_i where
 * leaf alpha_i of tree i is, and 0 elsewhere. */
void sym_trees_noise(struct sym_block *out, const struct sym_vole_geometry *g,
                     const uint32_t *alpha, const struct sym_block *noise, bool others);

#endif
