#include "crypto/vole/trees.h"

#include "crypto/vole/kernel_table.h"
#include "crypto/vole/prefix.h"

/* Behind the prefix of H_j(x): LE64(j) || x. */
#define TAIL_DATA 24u

#define MAX_TAILS (2 * SYM_VOLE_MAX_DEPTH)

/* What one tree at a time needs. Secret. */
struct work {
    struct sym_block keys[2][SYM_AES_ROUND_KEYS];
    struct sym_block sums[2];
    struct sym_block corrections[MAX_TAILS];
    uint8_t tails[MAX_TAILS][SYM_SHA_BLOCK];
    uint8_t hashes[MAX_TAILS][SYM_PREFIX_HASH_BYTES];
    struct sym_prefix mask; /* of H_j */
};

static void tree_keys(struct work *work, const struct sym_trees *trees, size_t tree)
{
    uint8_t hash[SYM_PREFIX_HASH_BYTES];
    sym_prefix_hash_once(hash, trees->with, trees->ctx, "ggm", trees->batch, tree, NULL, 0);
    trees->with->expand_key(work->keys[0], hash);
    trees->with->expand_key(work->keys[1], hash + SYM_BLOCK_BYTES);
}

/* n_l: nodes of a level that are kept. */
static size_t level_nodes(const struct sym_vole_geometry *g, uint32_t level)
{
    uint32_t shift = g->depth - level;
    return ((size_t)g->leaves + ((size_t)1 << shift) - 1) >> shift;
}

static void make_tail(uint8_t tail[SYM_SHA_BLOCK], uint64_t j, struct sym_block x)
{
    memset(tail, 0, SYM_SHA_BLOCK);
    memcpy(tail, &j, sizeof j);
    sym_block_store(tail + sizeof j, x);
    tail[TAIL_DATA] = 0x80;
    sym_put_u64(tail + SYM_SHA_BLOCK - sizeof j, (SYM_SHA_BLOCK + (uint64_t)TAIL_DATA) * 8);
}

/* Where the corrections of a tree are in M5: 2d for its levels, and z. */
static size_t corrections_at(const struct sym_vole_geometry *g, size_t tree)
{
    return tree * (2 * (size_t)g->depth + 1) * SYM_BLOCK_BYTES;
}

static void work_init(struct work *work, const struct sym_trees *trees)
{
    sym_prefix_init(&work->mask, trees->with, trees->ctx, "cot", trees->batch, 0);
}

/* Levels alternate between the two halves of the scratch; the last goes to the leaves. As L is
 * even, no leaf is dropped, so the sums of the last level are sums of leaves. */
static struct sym_block *level_room(struct sym_block *leaves, struct sym_block *scratch,
                                    const struct sym_vole_geometry *g, uint32_t level)
{
    if (level == g->depth) {
        return leaves;
    }
    return scratch + (level % 2) * ((size_t)g->leaves + 32);
}

static void grow_tree(struct sym_block *leaves, uint8_t *m5, struct work *work,
                      const struct sym_trees *trees, struct sym_block seed,
                      const struct sym_block *q, struct sym_block base, struct sym_block delta,
                      size_t tree, struct sym_block *scratch)
{
    const struct sym_vole_geometry *g = trees->geometry;
    struct sym_block *level = level_room(leaves, scratch, g, 0);
    level[0] = seed;
    tree_keys(work, trees, tree);
    for (uint32_t l = 1; l <= g->depth; l++) {
        struct sym_block *next = level_room(leaves, scratch, g, l);
        const size_t j = tree * g->depth + l - 1;
        const size_t at = 2 * ((size_t)l - 1);
        trees->with->grow(next, work->sums, (const struct sym_block(*)[11])work->keys, level,
                          level_nodes(g, l - 1));
        work->corrections[at] = work->sums[0];
        work->corrections[at + 1] = work->sums[1];
        make_tail(work->tails[at], j, q[j]);
        make_tail(work->tails[at + 1], j, sym_block_add(q[j], delta));
        level = next;
    }
    trees->with->finish(work->hashes, work->mask.state,
                        (const uint8_t(*)[SYM_SHA_BLOCK])work->tails, 2 * (size_t)g->depth);
    uint8_t *to = m5 + corrections_at(g, tree);
    for (size_t i = 0; i < 2 * (size_t)g->depth; i++, to += SYM_BLOCK_BYTES) {
        struct sym_block h = sym_prefix_element(work->hashes[i]);
        sym_block_store(to, sym_block_add(work->corrections[i], h));
    }
    struct sym_block all = sym_block_add(work->sums[0], work->sums[1]);
    sym_block_store(to, sym_block_add(all, base));
}

void sym_trees_grow(struct sym_block *v, uint8_t *m5, const struct sym_trees *trees,
                    const struct sym_block *seeds, const struct sym_block *q,
                    const struct sym_block *base, const struct sym_block *delta, size_t first,
                    size_t n, struct sym_block *scratch)
{
    struct work work;
    work_init(&work, trees);
    for (size_t i = first; i < first + n; i++) {
        grow_tree(v + i * trees->geometry->leaves, m5, &work, trees, seeds[i], q, base[i], *delta,
                  i, scratch);
    }
    sym_wipe(&work, sizeof work);
    sym_wipe(scratch, sym_trees_scratch_blocks(trees->geometry) * sizeof *scratch);
}

/* c_{l,o} + H_j(t_j) for all levels, o = 1 - bit_l(alpha): the sums that R is to know. */
static void open_corrections(struct work *work, const struct sym_trees *trees, const uint8_t *m5,
                             uint32_t alpha, const struct sym_block *t, size_t tree)
{
    const struct sym_vole_geometry *g = trees->geometry;
    const uint8_t *from = m5 + corrections_at(g, tree);
    for (uint32_t l = 1; l <= g->depth; l++) {
        const size_t j = tree * g->depth + l - 1;
        make_tail(work->tails[l - 1], j, t[j]);
    }
    trees->with->finish(work->hashes, work->mask.state,
                        (const uint8_t(*)[SYM_SHA_BLOCK])work->tails, g->depth);
    for (uint32_t l = 1; l <= g->depth; l++) {
        uint32_t other = 1 - (alpha >> (g->depth - l) & 1);
        struct sym_block c = sym_block_load(from + (size_t)(2 * (l - 1) + other) * SYM_BLOCK_BYTES);
        struct sym_block h = sym_prefix_element(work->hashes[l - 1]);
        work->corrections[l - 1] = sym_block_add(c, h);
    }
}

/* The leaves but leaf alpha; returns their sum. The node on the path has some value at every level:
 * its children are in the sums, and taken out again. */
static struct sym_block follow_tree(struct sym_block *leaves, struct work *work,
                                    const struct sym_trees *trees, uint32_t alpha, size_t tree,
                                    struct sym_block *scratch)
{
    const struct sym_vole_geometry *g = trees->geometry;
    struct sym_block *level = level_room(leaves, scratch, g, 0);
    level[0] = (struct sym_block){0, 0};
    tree_keys(work, trees, tree);
    for (uint32_t l = 1; l <= g->depth; l++) {
        struct sym_block *next = level_room(leaves, scratch, g, l);
        const size_t path = alpha >> (g->depth - l);
        const size_t sibling = path ^ 1;
        struct sym_block *sums = work->sums;
        trees->with->grow(next, sums, (const struct sym_block(*)[11])work->keys, level,
                          level_nodes(g, l - 1));
        sums[0] = sym_block_add(sums[0], next[path & ~(size_t)1]);
        sums[1] = sym_block_add(sums[1], next[path | 1]);
        next[sibling] = sym_block_add(sums[sibling % 2], work->corrections[l - 1]);
        level = next;
    }
    struct sym_block all = sym_block_add(work->sums[0], work->sums[1]);
    return sym_block_add(all, leaves[alpha ^ 1]);
}

void sym_trees_follow(struct sym_block *w, const struct sym_trees *trees, const uint8_t *m5,
                      const uint32_t *alpha, const struct sym_block *t,
                      const struct sym_block *base, size_t first, size_t n,
                      struct sym_block *scratch)
{
    const struct sym_vole_geometry *g = trees->geometry;
    struct work work;
    work_init(&work, trees);
    for (size_t i = first; i < first + n; i++) {
        struct sym_block *leaves = w + i * g->leaves;
        open_corrections(&work, trees, m5, alpha[i], t, i);
        struct sym_block others = follow_tree(leaves, &work, trees, alpha[i], i, scratch);
        struct sym_block z = sym_block_load(m5 + corrections_at(g, i + 1) - SYM_BLOCK_BYTES);
        leaves[alpha[i]] = sym_block_add(sym_block_add(z, others), base[i]);
    }
    sym_wipe(&work, sizeof work);
    sym_wipe(scratch, sym_trees_scratch_blocks(g) * sizeof *scratch);
}

_Static_assert(SYM_VOLE_TREES % 2 == 0, "halves of the vectors end where trees end");

void sym_trees_noise(struct sym_block *out, const struct sym_vole_geometry *g,
                     const uint32_t *alpha, const struct sym_block *noise, bool others)
{
    const size_t first = others ? SYM_VOLE_TREES / 2 : 0;
    for (size_t i = 0; i < SYM_VOLE_TREES / 2; i++) {
        struct sym_block *at = out + i * g->leaves + alpha[first + i];
        *at = sym_block_add(*at, noise[first + i]);
    }
}
