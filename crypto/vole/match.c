#include "crypto/vole/match.h"

#include "crypto/vole/kernel_table.h"
#include "crypto/vole/partition.h"

/* Behind the prefix of a mask: acc || hp || hv. */
#define TAIL_DATA (SYM_BLOCK_BYTES + SYM_PREFIX_HASH_BYTES)

/* Masks that are hashed at a time. */
#define SOME 32u

/* A bucket has about this many masks, or fewer in short lists; never more than 2^10 times fewer. */
#define BUCKET_SHORT 1024u
#define BUCKET_LONG  16384u

void sym_match_masks(struct sym_block *acc, const struct sym_vole_kernel *with,
                     const struct sym_prefix *prefix, const struct sym_okvs_item *items, size_t n)
{
    uint8_t tails[SOME][SYM_SHA_BLOCK] = {{0}};
    uint8_t hashes[SOME][SYM_PREFIX_HASH_BYTES];
    for (size_t i = 0; i < SOME; i++) {
        tails[i][TAIL_DATA] = 0x80;
        sym_put_u64(tails[i] + SYM_SHA_BLOCK - 8, (SYM_SHA_BLOCK + (uint64_t)TAIL_DATA) * 8);
    }
    for (size_t at = 0; at < n; at += SOME) {
        size_t some = n - at < SOME ? n - at : SOME;
        for (size_t i = 0; i < some; i++) {
            sym_block_store(tails[i], acc[at + i]);
            memcpy(tails[i] + SYM_BLOCK_BYTES, &items[at + i], sizeof items[at + i]);
        }
        with->finish(hashes, prefix->state, (const uint8_t(*)[SYM_SHA_BLOCK])tails, some);
        for (size_t i = 0; i < some; i++) {
            acc[at + i] = sym_prefix_element(hashes[i]);
        }
    }
    sym_wipe(tails, sizeof tails);
    sym_wipe(hashes, sizeof hashes);
}

uint32_t sym_match_bits(size_t n)
{
    uint32_t bits = 0;
    while (bits < 10 && ((size_t)BUCKET_SHORT << bits) < n) {
        bits++;
    }
    while (((size_t)BUCKET_LONG << bits) < n) {
        bits++;
    }
    return bits;
}

/* The first bytes of a mask, as an integer that sorts like them. */
static inline uint64_t high_of(struct sym_block mask)
{
    return __builtin_bswap64(mask.low);
}

static inline uint64_t low_of(struct sym_block mask)
{
    return __builtin_bswap64(mask.high);
}

static inline uint32_t bucket_of(uint64_t high, uint32_t bits)
{
    return bits == 0 ? 0 : (uint32_t)(high >> (64 - bits));
}

void sym_match_count(uint32_t *counts, uint32_t bits, const struct sym_block *masks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        counts[bucket_of(high_of(masks[i]), bits)]++;
    }
}

void sym_match_offsets(uint32_t *offsets, uint32_t *counts, uint32_t bits, size_t pieces)
{
    sym_partition_offsets(offsets, counts, (size_t)1 << bits, pieces);
}

static inline struct sym_match_record record_of(struct sym_block mask, size_t number, bool numbered)
{
    struct sym_match_record r = {high_of(mask), low_of(mask)};
    if (numbered) {
        r.low = (r.low & ~(uint64_t)UINT32_MAX) | number;
    }
    return r;
}

static void scatter_many(struct sym_match_record *records, uint32_t *positions, uint32_t bits,
                         const struct sym_block *masks, size_t first, size_t n, bool numbered)
{
    struct sym_partition_lines lines;
    const size_t buckets = (size_t)1 << bits;
    sym_partition_begin(&lines, buckets);
    for (size_t i = first; i < first + n; i++) {
        const struct sym_match_record r = record_of(masks[i], i, numbered);
        const uint32_t bucket = bucket_of(r.high, bits);
        sym_partition_put(&lines, records, bucket, positions[bucket]++, &r, sizeof r);
    }
    sym_partition_end(&lines, records, positions, buckets, sizeof *records);
    sym_wipe(lines.line, buckets * sizeof lines.line[0]);
}

void sym_match_scatter(struct sym_match_record *records, uint32_t *positions, uint32_t bits,
                       const struct sym_block *masks, size_t first, size_t n, bool numbered)
{
    if ((size_t)1 << bits >= SYM_PARTITION_FEW) {
        scatter_many(records, positions, bits, masks, first, n, numbered);
        return;
    }
    for (size_t i = first; i < first + n; i++) {
        const struct sym_match_record r = record_of(masks[i], i, numbered);
        records[positions[bucket_of(r.high, bits)]++] = r;
    }
}

static bool before(const struct sym_match_record *a, const struct sym_match_record *b)
{
    return a->high != b->high ? a->high < b->high : a->low < b->low;
}

static uint32_t ceil_log2(uint32_t n)
{
    uint32_t bits = 0;
    while (((uint64_t)1 << bits) < n) {
        bits++;
    }
    return bits;
}

uint32_t sym_match_largest(const uint32_t *offsets, uint32_t bits)
{
    uint32_t largest = 0;
    for (size_t b = 0; b < (size_t)1 << bits; b++) {
        uint32_t n = offsets[b + 1] - offsets[b];
        largest = n > largest ? n : largest;
    }
    return largest;
}

size_t sym_match_sort_bytes(const uint32_t *offsets, uint32_t bits)
{
    uint32_t largest = sym_match_largest(offsets, bits);
    return largest * sizeof(struct sym_match_record) +
           (((size_t)1 << ceil_log2(largest)) + 1) * sizeof(uint32_t);
}

/* By counting on as many further bits as there are masks, then inserting: masks are uniform, so
 * about one falls to each place. A peer cannot make them otherwise: they come out of a hash of this
 * side. */
static void sort_bucket(struct sym_match_record *r, uint32_t n, uint32_t bits,
                        struct sym_match_record *copy, uint32_t *counts)
{
    const uint32_t places = ceil_log2(n);
    const uint32_t shift = 64 - bits - places;
    const uint64_t mask = ((uint64_t)1 << places) - 1;
    if (n < 2) {
        return;
    }
    memset(counts, 0, ((size_t)mask + 2) * sizeof *counts);
    for (uint32_t i = 0; i < n; i++) {
        counts[(r[i].high >> shift & mask) + 1]++;
    }
    for (size_t p = 1; p <= mask; p++) {
        counts[p] += counts[p - 1];
    }
    for (uint32_t i = 0; i < n; i++) {
        copy[counts[r[i].high >> shift & mask]++] = r[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = i;
        for (; at > 0 && before(&copy[i], &r[at - 1]); at--) {
            r[at] = r[at - 1];
        }
        r[at] = copy[i];
    }
}

void sym_match_sort(struct sym_match_record *records, const uint32_t *offsets, uint32_t bits,
                    size_t first, size_t n, void *scratch)
{
    struct sym_match_record *copy = scratch;
    uint32_t *counts = (uint32_t *)(void *)(copy + sym_match_largest(offsets, bits));
    for (size_t b = first; b < first + n; b++) {
        struct sym_match_record *r = records + offsets[b];
        uint32_t some = offsets[b + 1] - offsets[b];
        sort_bucket(r, some, bits, copy, counts);
        for (uint32_t i = 0; i < some; i++) {
            r[i] = (struct sym_match_record){__builtin_bswap64(r[i].high),
                                             __builtin_bswap64(r[i].low)};
        }
    }
}
