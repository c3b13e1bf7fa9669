/* partition.h - distributing things over buckets in two passes: from how many to where, and writing
 * them there past the caches. For crypto/vole only.
 */
#ifndef SYM_CRYPTO_VOLE_PARTITION_H
#define SYM_CRYPTO_VOLE_PARTITION_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* counts is pieces rows of buckets entries: how many each piece has for each bucket. It becomes
 * where each piece writes its first one; offsets (buckets + 1 entries) gets where each bucket
 * begins. */
void sym_partition_offsets(uint32_t *offsets, uint32_t *counts, size_t buckets, size_t pieces);

/* With fewer buckets their ends fit into the first cache, and lines are not worth their trouble. */
#define SYM_PARTITION_FEW  32u
#define SYM_PARTITION_MOST 4096u
#define SYM_PARTITION_LINE 64u

/* A line of memory per bucket that is filled here and written at once, so that memory is not read
 * before it is overwritten. 260 KiB, on the stack. */
struct sym_partition_lines {
    _Alignas(SYM_PARTITION_LINE) uint8_t line[SYM_PARTITION_MOST][SYM_PARTITION_LINE];
    uint8_t held[SYM_PARTITION_MOST]; /* elements in the line, from its front */
};

static inline void sym_partition_begin(struct sym_partition_lines *l, size_t buckets)
{
    memset(l->held, 0, buckets);
}

static inline void sym_partition_flush(uint8_t *to, const uint8_t *line)
{
#ifdef __SSE2__
    for (size_t i = 0; i < SYM_PARTITION_LINE; i += 16) {
        __m128i v = _mm_load_si128((const __m128i *)(const void *)(line + i));
        _mm_stream_si128((__m128i *)(void *)(to + i), v);
    }
#else
    memcpy(to, line, SYM_PARTITION_LINE);
#endif
}

/* Puts an element of size bytes (16 or 32) to number `to` of out, which is aligned to 16 bytes,
 * best to a line. A line whose front belongs to another piece is not held, but written element by
 * element. */
static inline void sym_partition_put(struct sym_partition_lines *l, void *out, size_t bucket,
                                     uint32_t to, const void *element, const size_t size)
{
    const size_t each = SYM_PARTITION_LINE / size;
    const size_t at = to % each;
    uint8_t *place = (uint8_t *)out + (size_t)to * size;
    if (at != l->held[bucket]) {
        memcpy(place, element, size);
        return;
    }
    memcpy(l->line[bucket] + at * size, element, size);
    l->held[bucket]++;
    if (at + 1 == each) {
        sym_partition_flush(place + size - SYM_PARTITION_LINE, l->line[bucket]);
        l->held[bucket] = 0;
    }
}

/* Writes what is still held; ends[b] is where the next element of bucket b would go. */
static inline void sym_partition_end(struct sym_partition_lines *l, void *out, const uint32_t *ends,
                                     size_t buckets, const size_t size)
{
    for (size_t b = 0; b < buckets; b++) {
        const size_t len = l->held[b] * size;
        memcpy((uint8_t *)out + (size_t)ends[b] * size - len, l->line[b], len);
    }
#ifdef __SSE2__
    _mm_sfence();
#endif
}

#endif
