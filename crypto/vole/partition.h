/* partition.h - between the two passes that distribute things over buckets: from how many to where.
 * For crypto/vole only.
 */
#ifndef SYM_CRYPTO_VOLE_PARTITION_H
#define SYM_CRYPTO_VOLE_PARTITION_H

#include <stddef.h>
#include <stdint.h>

/* counts is pieces rows of buckets entries: how many each piece has for each bucket. It becomes
 * where each piece writes its first one; offsets (buckets + 1 entries) gets where each bucket
 * begins. */
void sym_partition_offsets(uint32_t *offsets, uint32_t *counts, size_t buckets, size_t pieces);

#endif
