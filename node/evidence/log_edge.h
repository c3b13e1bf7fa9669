/* log_edge.h - the right edge of the log's tree in memory: the last tile of each level, which is
 * not full, and the roots of all perfect subtrees.
 *
 * Tiles as in C2SP tlog-tiles: 256 hashes, at level 0 those of leaves, at level l + 1 the roots of
 * the tiles of level l. Full ones are handed to the caller and forgotten here. A struct is 70 KiB.
 * Errors: those of merkle.h; SYM_NOT_FOUND.
 */
#ifndef SYM_NODE_EVIDENCE_LOG_EDGE_H
#define SYM_NODE_EVIDENCE_LOG_EDGE_H

#include "crypto/merkle.h"
#include "proto/limits.h"

#define SYM_TILE_BITS 8u

struct sym_log_edge {
    struct sym_merkle_edge tree;
    uint8_t tiles[SYM_TILE_LEVELS_MAX][SYM_TILE_WIDTH][SYM_HASH_BYTES];
};

/* Takes a tile that has become full. */
typedef enum sym_err sym_log_tile_fn(void *context, unsigned level, uint64_t number,
                                     uint8_t hashes[SYM_TILE_WIDTH][SYM_HASH_BYTES]);

/* Adds the hash of one leaf. After an error the edge is of no use. */
SYM_MUST enum sym_err sym_log_edge_add(struct sym_log_edge *e, const uint8_t leaf[SYM_HASH_BYTES],
                                       sym_log_tile_fn *full, void *context);
/* The same for the hashes of n leaves, in their order. */
SYM_MUST enum sym_err sym_log_edge_add_many(struct sym_log_edge *e, const struct sym_sha256_many *m,
                                            uint8_t (*leaves)[SYM_HASH_BYTES], size_t n,
                                            sym_log_tile_fn *full, void *context);
/* Hashes of the tile of this level that is not full, in a tree of size leaves. */
size_t sym_log_edge_width(uint64_t size, unsigned level);
/* Only what is in use. */
void sym_log_edge_copy(struct sym_log_edge *to, const struct sym_log_edge *from);
/* The root over 2^bits hashes of a tile, the first being number at; bits <= SYM_TILE_BITS. */
SYM_MUST enum sym_err sym_log_tile_node(uint8_t out[SYM_HASH_BYTES],
                                        uint8_t hashes[][SYM_HASH_BYTES], size_t at, unsigned bits);

#endif
