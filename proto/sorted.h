/* sorted.h - byte strings of one length, in order: sorting them in place and looking one up.
 *
 * n items of len bytes (8 to SYM_SORTED_BYTES_MAX) lie one behind the other; their order is that of
 * unsigned bytes from the first to the last. The items are expected to look random (group elements
 * times a secret, outputs of a hash): then sorting takes O(n) and a look-up O(log log n); any
 * others are treated rightly, but slower. Nothing allocates; sorting takes up to 4 KiB of stack per
 * byte of an item. Not for secrets: time and memory accesses depend on the contents.
 *
 * A large array is sorted in two steps, so that the second can be shared by threads: split it, then
 * sort each of the SYM_SORTED_PARTS parts by itself. With a second array both can be: cut the items
 * into pieces; sym_sorted_count for each of them; sym_sorted_places once; sym_sorted_move for each
 * into the second array; then sym_sorted_part for each part, back into the first.
 */
#ifndef SYM_PROTO_SORTED_H
#define SYM_PROTO_SORTED_H

#include "crypto/bytes.h"

#define SYM_SORTED_BYTES_MAX 36u
#define SYM_SORTED_PARTS     256u

/* Negative, 0 or positive, as a comes before, is, or comes behind b. */
int sym_sorted_compare(const uint8_t *a, const uint8_t *b, size_t len);

/* Moves the items so that those of part p, items starts[p] … starts[p + 1] - 1, have p as their
 * first byte. */
void sym_sorted_split(size_t starts[SYM_SORTED_PARTS + 1], uint8_t *items, size_t n, size_t len);
void sym_sorted_sort(uint8_t *items, size_t n, size_t len);

/* Adds to counts how many of the n items of a piece belong to each part. */
void sym_sorted_count(uint32_t counts[SYM_SORTED_PARTS], const uint8_t *items, size_t n,
                      size_t len);
/* counts has a row for each piece, and becomes where that piece moves the next item of each part.
 * starts: as of sym_sorted_split. Fewer than 2^32 items in all. */
void sym_sorted_places(size_t starts[SYM_SORTED_PARTS + 1], uint32_t (*counts)[SYM_SORTED_PARTS],
                       size_t pieces);
/* The items of a piece to their parts in out; uses up its row. */
void sym_sorted_move(uint8_t *out, uint32_t places[SYM_SORTED_PARTS], const uint8_t *items,
                     size_t n, size_t len);
/* out gets the n items of one part, sorted. 16 KiB of stack more than sym_sorted_sort. */
void sym_sorted_part(uint8_t *out, const uint8_t *items, size_t n, size_t len);

/* Is wanted among these n sorted items? n below 2^32. */
bool sym_sorted_has(const uint8_t *items, size_t n, size_t len, const uint8_t *wanted);

/* For many look-ups in one array: where the items begin that share their first bits. Borrows items
 * (n below 2^31) and starts, which has room for sym_sorted_index_room(n) numbers. */
struct sym_sorted_index {
    const uint8_t *items;
    size_t len;
    const uint32_t *starts;
    unsigned shift;
};
size_t sym_sorted_index_room(size_t n);
void sym_sorted_index_make(struct sym_sorted_index *out, uint32_t *starts, const uint8_t *items,
                           size_t n, size_t len);
/* sym_sorted_has, in one or two steps, of n that lie one behind the other. Memory that is not in
 * the processor's cache is waited for once for all of them. */
#define SYM_SORTED_WANTED_MAX 64u
void sym_sorted_index_has(bool has[SYM_SORTED_WANTED_MAX], const struct sym_sorted_index *index,
                          const uint8_t *wanted, size_t n);

/* The first item that comes before the one in front of it, or, with strictly, also one equal to
 * it; n when there is none. */
size_t sym_sorted_break(const uint8_t *items, size_t n, size_t len, bool strictly);

#endif
