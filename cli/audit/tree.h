/* tree.h - the tree of the log, computed again from its leaves, one after the other: roots, and the
 * tiles of C2SP tlog-tiles as they become full. Only the right edge is kept: 64 KiB.
 *
 * Tile number n of level l holds the hashes of the perfect subtrees over 256^l leaves each that
 * begin at leaf n 256^(l + 1).
 */
#ifndef SYM_CLI_AUDIT_TREE_H
#define SYM_CLI_AUDIT_TREE_H

#include "crypto/merkle.h"
#include "proto/limits.h"

/* hashes: width of them, 32 bytes each; width is 256 but for the last tile of each level. */
typedef enum sym_err sym_tile_fn(void *context, unsigned level, uint64_t number,
                                 const uint8_t *hashes, size_t width);

struct sym_audit_tree {
    uint64_t size; /* leaves */
    uint8_t edge[SYM_TILE_LEVELS_MAX][SYM_TILE_WIDTH][SYM_HASH_BYTES];
    sym_tile_fn *tile; /* NULL: tiles are not looked at */
    void *context;
};

/* Adds the hash of one leaf. Errors: those of tile. */
SYM_MUST enum sym_err sym_audit_tree_add(struct sym_audit_tree *t,
                                         const uint8_t leaf[SYM_HASH_BYTES]);
/* Of all leaves so far. */
SYM_MUST enum sym_err sym_audit_tree_root(uint8_t out[SYM_HASH_BYTES], struct sym_audit_tree *t);
/* Shows the tiles that are not full. */
SYM_MUST enum sym_err sym_audit_tree_end(struct sym_audit_tree *t);

/* "003", "x001/x234/067": the number of a tile as the path of its file. */
#define SYM_TILE_NUMBER_BYTES 40u
void sym_tile_number(char out[SYM_TILE_NUMBER_BYTES], uint64_t number);

#endif
