#include "node/evidence/log_edge.h"

#include <string.h>

size_t sym_log_edge_width(uint64_t size, unsigned level)
{
    return (size_t)(size >> (SYM_TILE_BITS * level)) % SYM_TILE_WIDTH;
}

enum sym_err sym_log_tile_node(uint8_t out[SYM_HASH_BYTES], uint8_t hashes[][SYM_HASH_BYTES],
                               size_t at, unsigned bits)
{
    uint8_t row[SYM_TILE_WIDTH / 2][SYM_HASH_BYTES];
    uint8_t(*from)[SYM_HASH_BYTES] = &hashes[at];
    enum sym_err err = SYM_OK;
    for (size_t n = (size_t)1 << bits; n > 1; n /= 2) {
        for (size_t i = 0; err == SYM_OK && i < n / 2; i++) {
            err = sym_merkle_node(row[i], from[2 * i], from[2 * i + 1]);
        }
        from = row;
    }
    if (err == SYM_OK) {
        memcpy(out, from[0], SYM_HASH_BYTES);
    }
    return err;
}

enum sym_err sym_log_edge_add(struct sym_log_edge *e, const uint8_t leaf[SYM_HASH_BYTES],
                              sym_log_tile_fn *full, void *context)
{
    uint8_t hash[SYM_HASH_BYTES];
    uint64_t size = e->tree.size;
    uint8_t(*peak)[SYM_HASH_BYTES] = &e->tree.hash[e->tree.n];
    memcpy(hash, leaf, sizeof hash);
    enum sym_err err = SYM_OK;
    for (unsigned level = 0; err == SYM_OK && level < SYM_TILE_LEVELS_MAX; level++) {
        size_t at = sym_log_edge_width(size, level);
        memcpy(e->tiles[level][at], hash, sizeof hash);
        if (at + 1 < SYM_TILE_WIDTH) {
            break;
        }
        err = full(context, level, size >> (SYM_TILE_BITS * (level + 1)), e->tiles[level]);
        /* The root of a tile that is full now: the tree has one for each half that was before. */
        for (unsigned bit = 0; err == SYM_OK && bit < SYM_TILE_BITS; bit++) {
            peak--;
            err = sym_merkle_node(hash, *peak, hash);
        }
    }
    return err == SYM_OK ? sym_merkle_add(&e->tree, leaf) : err;
}

enum sym_err sym_log_edge_add_many(struct sym_log_edge *e, const struct sym_sha256_many *m,
                                   uint8_t (*leaves)[SYM_HASH_BYTES], size_t n,
                                   sym_log_tile_fn *full, void *context)
{
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && n > 0) {
        size_t at = sym_log_edge_width(e->tree.size, 0);
        size_t some = SYM_TILE_WIDTH - 1 - at;
        some = some < n ? some : n;
        memcpy(e->tiles[0][at], leaves, some * sizeof leaves[0]);
        err = sym_merkle_add_many(&e->tree, m, leaves, some);
        if (err == SYM_OK && some < n) {
            err = sym_log_edge_add(e, leaves[some++], full, context);
        }
        leaves += some;
        n -= some;
    }
    return err;
}

void sym_log_edge_copy(struct sym_log_edge *to, const struct sym_log_edge *from)
{
    to->tree.size = from->tree.size;
    to->tree.n = from->tree.n;
    memcpy(to->tree.hash, from->tree.hash, from->tree.n * SYM_HASH_BYTES);
    for (unsigned level = 0; level < SYM_TILE_LEVELS_MAX; level++) {
        memcpy(to->tiles[level], from->tiles[level],
               sym_log_edge_width(from->tree.size, level) * SYM_HASH_BYTES);
    }
}
