/* geometry.h - the parameters of suite overlap-vole-1 (its design, section 3): everything that has
 * a size follows from n_R, the number of items of the party that learns the result.
 *
 * Integers only. Where the numbers come from stands with the table in geometry.c; a test computes
 * the table anew. R is the party that learns the result, S the other one.
 *
 * Errors: SYM_BAD_VALUE (fewer than 1 or more than SYM_VOLE_MAX_ITEMS items).
 */
#ifndef SYM_CRYPTO_VOLE_GEOMETRY_H
#define SYM_CRYPTO_VOLE_GEOMETRY_H

#include "crypto/vole/block.h"

#define SYM_VOLE_SUITE      "overlap-vole-1"
#define SYM_VOLE_MAX_ITEMS  (1u << 26) /* of either party */
#define SYM_VOLE_TREES      312u       /* t: trees, and positions of noise, in a batch */
#define SYM_VOLE_BASE       313u       /* base VOLEs of a batch: one a tree, one for the check */
#define SYM_VOLE_ROWS       128u       /* rows of a COT matrix: base OTs, bits of delta */
#define SYM_VOLE_DENSE      3u         /* dense columns of a bin */
#define SYM_VOLE_BATCH_BINS 16u        /* at most */
#define SYM_VOLE_MASK_BYTES 16u        /* of M9, an item */
#define SYM_VOLE_MAX_DEPTH  12u

struct sym_vole_geometry {
    uint32_t n_r;
    uint32_t bins;           /* nb */
    uint32_t capacity;       /* items of R in a bin, at most */
    uint32_t sparse;         /* msp: sparse columns of a bin */
    uint32_t columns;        /* mb = msp + 3 */
    uint32_t batches;        /* nbat */
    uint32_t bins_per_batch; /* bpb; the last batch may have fewer */
    uint32_t leaves;         /* L, of one tree */
    uint32_t depth;          /* d = ceil(log2 L) */
    uint32_t length;         /* N = 312 L */
    uint32_t outputs;        /* m = N / 2, a multiple of 64 */
    uint32_t choice_blocks;  /* nq: blocks of a row that hold choice bits */
    uint32_t row_blocks;     /* k = nq + 314 */
};

/* n_r is 1 … SYM_VOLE_MAX_ITEMS. */
SYM_MUST enum sym_err sym_vole_geometry_for(struct sym_vole_geometry *out, uint64_t n_r);

/* The bins of one batch: the first, and how many. batch < g->batches. */
uint32_t sym_vole_first_bin(const struct sym_vole_geometry *g, uint32_t batch);
uint32_t sym_vole_batch_bins(const struct sym_vole_geometry *g, uint32_t batch);
/* cm: VOLE outputs that the batch uses, columns times bins; cm <= outputs. */
uint32_t sym_vole_batch_columns(const struct sym_vole_geometry *g, uint32_t batch);

/* Bytes of the messages of a batch (section 4). */
size_t sym_vole_m4_bytes(const struct sym_vole_geometry *g);
size_t sym_vole_m5_bytes(const struct sym_vole_geometry *g);
size_t sym_vole_m6_bytes(const struct sym_vole_geometry *g, uint32_t batch);

/* Blocks of t_j and q_j that the COT matrix of a batch gives: 128 nq, of which 312 d are used. */
static inline size_t sym_vole_cots(const struct sym_vole_geometry *g)
{
    return (size_t)g->choice_blocks * 128;
}

#endif
