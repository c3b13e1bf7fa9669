#include "crypto/vole/geometry.h"

/* One bin up to ONE_BIN items, in tiers: a bin then holds what its tier is called after. More items
 * fall into bins of ONE_BIN on average; by Chernoff's bound none of up to 4096 gets more than
 * MANY_CAPACITY, except with probability 2^-40 (2^-52 for each).
 *
 * Sparse columns of a bin of c items, by the formula of Raghuraman and Rindal (CCS 2022) for three
 * hashes and clustering, with log the binary logarithm and w = log 3:
 *
 *     msp = ceil(c (1.223 + (lambda + 9.2) / 2^(0.555 log c + 0.093 w^3 - 1.01 w^2 + 2.925 w -
 * 0.133)))
 *
 * lambda is 40, and 52 for many bins, as up to 2^12 of them share one budget of failure. Three
 * dense columns then make failing need four independent events that are rare already (the design
 * has the measurements). tests/crypto/test_vole_geometry.c computes this table from the formulas.
 *
 * 312 trees: the smallest multiple of 8 with (1 - 1/4)^t <= 2^-128, the bias of a linear test of
 * relative weight 1/4 or more against regular noise with uniform values. N = 2m; L is a multiple of
 * 16, so that m is one of 64.
 */
#define ONE_BIN       16384u
#define MANY_CAPACITY 17483u
#define MANY_SPARSE   22319u

static const struct tier {
    uint32_t capacity;
    uint32_t sparse;
} tiers[] = {
    {1024, 1466}, {2048, 2795}, {4096, 5405}, {8192, 10557}, {ONE_BIN, 20770},
};

static uint32_t divide_up(uint32_t a, uint32_t b)
{
    return (a + b - 1) / b;
}

static void choose_bins(struct sym_vole_geometry *g)
{
    if (g->n_r > ONE_BIN) {
        g->bins = divide_up(g->n_r, ONE_BIN);
        g->capacity = MANY_CAPACITY;
        g->sparse = MANY_SPARSE;
        return;
    }
    const struct tier *t = tiers;
    while (t->capacity < g->n_r) {
        t++;
    }
    g->bins = 1;
    g->capacity = t->capacity;
    g->sparse = t->sparse;
}

enum sym_err sym_vole_geometry_for(struct sym_vole_geometry *out, uint64_t n_r)
{
    if (n_r < 1 || n_r > SYM_VOLE_MAX_ITEMS) {
        return SYM_BAD_VALUE;
    }
    struct sym_vole_geometry g = {.n_r = (uint32_t)n_r};
    choose_bins(&g);
    g.columns = g.sparse + SYM_VOLE_DENSE;
    g.batches = divide_up(g.bins, SYM_VOLE_BATCH_BINS);
    g.bins_per_batch = divide_up(g.bins, g.batches);
    uint32_t needed = 512 * divide_up(g.bins_per_batch * g.columns, 512); /* m0 */
    g.leaves = 16 * divide_up(divide_up(2 * needed, SYM_VOLE_TREES), 16);
    while (1u << g.depth < g.leaves) {
        g.depth++;
    }
    g.length = SYM_VOLE_TREES * g.leaves;
    g.outputs = g.length / 2;
    g.choice_blocks = divide_up(SYM_VOLE_TREES * g.depth, 128);
    g.row_blocks = g.choice_blocks + SYM_VOLE_TREES + 2;
    *out = g;
    return SYM_OK;
}

uint32_t sym_vole_first_bin(const struct sym_vole_geometry *g, uint32_t batch)
{
    return batch * g->bins_per_batch;
}

uint32_t sym_vole_batch_bins(const struct sym_vole_geometry *g, uint32_t batch)
{
    uint32_t left = g->bins - sym_vole_first_bin(g, batch);
    return left < g->bins_per_batch ? left : g->bins_per_batch;
}

uint32_t sym_vole_batch_columns(const struct sym_vole_geometry *g, uint32_t batch)
{
    return g->columns * sym_vole_batch_bins(g, batch);
}

size_t sym_vole_m4_bytes(const struct sym_vole_geometry *g)
{
    return ((size_t)SYM_VOLE_ROWS * g->row_blocks + 1 + SYM_VOLE_ROWS) * SYM_BLOCK_BYTES;
}

size_t sym_vole_m5_bytes(const struct sym_vole_geometry *g)
{
    return (size_t)SYM_VOLE_TREES * (2 * g->depth + 1) * SYM_BLOCK_BYTES;
}

size_t sym_vole_m6_bytes(const struct sym_vole_geometry *g, uint32_t batch)
{
    return ((size_t)sym_vole_batch_columns(g, batch) + 1) * SYM_BLOCK_BYTES;
}
