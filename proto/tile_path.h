/* tile_path.h - where the parts of an exported log lie below its directory (C2SP tlog-tiles):
 * tile/<level>/<number> and tile/entries/<number>, the number in groups of three digits, all but
 * the last behind an x; ".p/<width>" behind one that is not full. */
#ifndef SYM_PROTO_TILE_PATH_H
#define SYM_PROTO_TILE_PATH_H

#include "crypto/bytes.h"
#include "proto/limits.h"

#define SYM_TILE_PATH_BYTES 96u
#define SYM_TILE_ENTRIES    64u /* stands for a level: the entries themselves */

/* width: 1 to 256. */
void sym_tile_path(char out[SYM_TILE_PATH_BYTES], unsigned level, uint64_t number, unsigned width);
/* Is this the path of a tile, or of entries, that a log of this size has? */
bool sym_tile_path_is(const char *path, uint64_t size);

#endif
