/* match.h - the masks at the end (design of overlap-vole-1, section 8, steps 3 and 4): from
 * accumulated values to masks, S's sorted list of them, and R's search in it.
 *
 * Masks are 16 byte strings; as integers, big-endian. They are partitioned by their top bits into
 * 2^bits buckets that fit into the cache: in two passes like the bins of crypto/vole/okvs.h, so
 * that several threads can share the work, each with its own row of counts. Then S sorts each
 * bucket, and R keeps its own partition and reads S's list once from the front.
 *
 * Arrays are the caller's, n counts masks. Masks are as good as public once they are sent: time and
 * addresses depend on them.
 *
 * Errors: SYM_BAD_FORMAT (masks that are not strictly ascending), SYM_TRAILING (more than
 * announced).
 */
#ifndef SYM_CRYPTO_VOLE_MATCH_H
#define SYM_CRYPTO_VOLE_MATCH_H

#include "crypto/vole/okvs.h"

/* In place: acc[i] becomes mask i = first 16 bytes of D(c2, "mask", 0, 0; acc_i || hp || hv).
 * prefix: sym_prefix_init(…, c2, "mask", 0, 0) with c2 = D(ctx, "final", 0, 0; w). */
void sym_match_masks(struct sym_block *acc, const struct sym_vole_kernel *with,
                     const struct sym_prefix *prefix, const struct sym_okvs_item *items, size_t n);

/* A mask on its way through the buckets. Arrays are best aligned to 64 bytes. */
struct sym_match_record {
    _Alignas(16) uint64_t high; /* its first 8 bytes */
    uint64_t low; /* S: its last 8 bytes; R: 4 of them, and the number of the item in 4 more */
};

/* How many bits choose the bucket, for a list of n. */
uint32_t sym_match_bits(size_t n);

/* Adds to counts (2^bits entries) how many of the n masks fall into each bucket. */
void sym_match_count(uint32_t *counts, uint32_t bits, const struct sym_block *masks, size_t n);

/* As sym_okvs_offsets: offsets has 2^bits + 1 entries, counts is pieces rows of 2^bits entries. */
void sym_match_offsets(uint32_t *offsets, uint32_t *counts, uint32_t bits, size_t pieces);

/* Records of the largest bucket. */
uint32_t sym_match_largest(const uint32_t *offsets, uint32_t bits);

/* Puts one piece, masks[first] … masks[first + n - 1], into the buckets. masks and records are the
 * whole arrays, positions is the row of this piece, which is used up. numbered: as R needs them. */
void sym_match_scatter(struct sym_match_record *records, uint32_t *positions, uint32_t bits,
                       const struct sym_block *masks, size_t first, size_t n, bool numbered);

/* S: sorts buckets first … first + n - 1 and turns their records, in place, into the masks as M9
 * has them: records then is the list, 16 bytes each. scratch: sym_match_sort_bytes. */
void sym_match_sort(struct sym_match_record *records, const uint32_t *offsets, uint32_t bits,
                    size_t first, size_t n, void *scratch);
/* Bytes of scratch that sym_match_sort needs for these buckets. */
size_t sym_match_sort_bytes(const uint32_t *offsets, uint32_t bits);

/* R's search. All pointers are borrowed until it ends. */
struct sym_match_search {
    const struct sym_match_record *records; /* numbered */
    const uint32_t *offsets;
    const struct sym_block *masks; /* R's own, by number */
    const uint32_t *index;         /* sym_okvs_scatter's: number -> item; NULL for the number */
    uint32_t bits;
    uint64_t left;       /* masks of S that are still to come; n_S at first */
    void *table;         /* scratch, sym_match_search_bytes */
    uint32_t place_bits; /* the rest belongs to the search: 0 at first */
    uint32_t bucket;     /* whose masks the table holds */
    bool started;
    struct sym_block last; /* the mask before */
};

/* Bytes of scratch for the table. */
size_t sym_match_search_bytes(const uint32_t *offsets, uint32_t bits);

/* The next n masks of S's list (16 n bytes). The items of R that are among them go to found, which
 * has room for n; *n_found counts them. SYM_BAD_FORMAT, SYM_TRAILING. The list is complete when
 * s->left is 0: the caller sees to that. */
SYM_MUST enum sym_err sym_match_next(uint32_t *found, size_t *n_found, struct sym_match_search *s,
                                     const uint8_t *list, size_t n);

#endif
