#include "crypto/vole/partition.h"

void sym_partition_offsets(uint32_t *offsets, uint32_t *counts, size_t buckets, size_t pieces)
{
    uint32_t at = 0;
    for (size_t b = 0; b < buckets; b++) {
        offsets[b] = at;
        for (size_t piece = 0; piece < pieces; piece++) {
            uint32_t count = counts[piece * buckets + b];
            counts[piece * buckets + b] = at;
            at += count;
        }
    }
    offsets[buckets] = at;
}
