#include "cli/audit/tree.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEIGHT 8u /* of a tile: 2^8 hashes */

/* The root over 2^level hashes. */
static enum sym_err perfect_root(uint8_t out[SYM_HASH_BYTES],
                                 const uint8_t (*hashes)[SYM_HASH_BYTES], unsigned level)
{
    uint8_t row[SYM_TILE_WIDTH / 2][SYM_HASH_BYTES];
    size_t n = (size_t)1 << level;
    if (n == 1) {
        memcpy(out, hashes[0], SYM_HASH_BYTES);
        return SYM_OK;
    }
    for (size_t i = 0; i < n / 2; i++) {
        enum sym_err err = sym_merkle_node(row[i], hashes[2 * i], hashes[2 * i + 1]);
        if (err != SYM_OK) {
            return err;
        }
    }
    for (n /= 2; n > 1; n /= 2) {
        for (size_t i = 0; i < n / 2; i++) {
            enum sym_err err = sym_merkle_node(row[i], row[2 * i], row[2 * i + 1]);
            if (err != SYM_OK) {
                return err;
            }
        }
    }
    memcpy(out, row[0], SYM_HASH_BYTES);
    return SYM_OK;
}

enum sym_err sym_audit_tree_add(struct sym_audit_tree *t, const uint8_t leaf[SYM_HASH_BYTES])
{
    uint8_t hash[SYM_HASH_BYTES];
    uint64_t at = t->size++; /* of the hash, in its level */
    memcpy(hash, leaf, sizeof hash);
    for (unsigned level = 0; level < SYM_TILE_LEVELS_MAX; level++) {
        memcpy(t->edge[level][at % SYM_TILE_WIDTH], hash, sizeof hash);
        if (at % SYM_TILE_WIDTH != SYM_TILE_WIDTH - 1) {
            return SYM_OK;
        }
        uint64_t number = at / SYM_TILE_WIDTH;
        enum sym_err err = SYM_OK;
        if (t->tile != NULL) {
            err = t->tile(t->context, level, number, t->edge[level][0], SYM_TILE_WIDTH);
        }
        if (err == SYM_OK) {
            err = perfect_root(hash, (const uint8_t(*)[SYM_HASH_BYTES])t->edge[level], HEIGHT);
        }
        if (err != SYM_OK) {
            return err;
        }
        at = number;
    }
    return SYM_LIMIT;
}

/* The subtrees of a root lie in the tiles that were filled last. */
static enum sym_err read_edge(void *context, uint8_t out[SYM_HASH_BYTES], unsigned level,
                              uint64_t index)
{
    const struct sym_audit_tree *t = context;
    unsigned tile = level / HEIGHT;
    unsigned within = level % HEIGHT;
    size_t first = (size_t)((index << within) % SYM_TILE_WIDTH);
    if (tile >= SYM_TILE_LEVELS_MAX) {
        return SYM_LIMIT;
    }
    return perfect_root(out, (const uint8_t(*)[SYM_HASH_BYTES])t->edge[tile] + first, within);
}

enum sym_err sym_audit_tree_root(uint8_t out[SYM_HASH_BYTES], struct sym_audit_tree *t)
{
    return sym_merkle_root(out, t->size, read_edge, t);
}

enum sym_err sym_audit_tree_end(struct sym_audit_tree *t)
{
    enum sym_err err = SYM_OK;
    uint64_t in_level = t->size;
    for (unsigned level = 0; err == SYM_OK && t->tile != NULL && in_level > 0; level++) {
        size_t width = (size_t)(in_level % SYM_TILE_WIDTH);
        in_level /= SYM_TILE_WIDTH;
        if (width > 0) {
            err = t->tile(t->context, level, in_level, t->edge[level][0], width);
        }
    }
    return err;
}

void sym_tile_number(char out[SYM_TILE_NUMBER_BYTES], uint64_t number)
{
    char groups[SYM_TILE_NUMBER_BYTES];
    (void)snprintf(out, SYM_TILE_NUMBER_BYTES, "%03u", (unsigned)(number % 1000u));
    for (number /= 1000u; number > 0; number /= 1000u) {
        (void)snprintf(groups, sizeof groups, "x%03u/%.32s", (unsigned)(number % 1000u), out);
        memcpy(out, groups, sizeof groups);
    }
}
