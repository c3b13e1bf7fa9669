/* okvs.h - items and the oblivious key-value store (design of overlap-vole-1, section 8): from
 * token digests to items in bins, a vector P per bin that maps each item of R to its value, and
 * decoding.
 *
 *   Decode(P, item) = p_a + p_b + p_c + eta p_msp + eta^2 p_{msp+1} + eta^3 p_{msp+2}
 *
 * Bins are filled in two passes so that several threads can share the work. Cut the digests into
 * pieces; for each piece sym_okvs_hash with its own row of counts; then sym_okvs_offsets once; then
 * sym_okvs_scatter for each piece with its row. With one piece that is three calls. The items
 * between the passes (32 bytes each) are not needed afterwards: their memory can hold what decoding
 * and matching write (16 bytes each).
 *
 * Arrays are the caller's; those of items are best aligned to 64 bytes, and scattering uses 260 KiB
 * of stack, here and in crypto/vole/match.h. Addresses depend on items: that is inherent, and local
 * (section 10). Time does not depend on delta or on VOLE outputs.
 *
 * Errors: SYM_LIMIT ("encoding failed": a bin above its capacity, or more than three items aside;
 * probability below 2^-40 for honest inputs, end the session).
 */
#ifndef SYM_CRYPTO_VOLE_OKVS_H
#define SYM_CRYPTO_VOLE_OKVS_H

#include "crypto/vole/geometry.h"
#include "crypto/vole/prefix.h"

#define SYM_OKVS_DIGEST_BYTES 32u

_Static_assert(SYM_PREFIX_HASH_BYTES == 2 * SYM_BLOCK_BYTES, "a hash is an item");

/* D(sid, "item", 0, 0; digest), as bytes: hp, which says where, and hv = H_B(digest). */
struct sym_okvs_item {
    struct sym_block place;
    struct sym_block value;
};

/* Hashes n digests (32 bytes each, one after the other) to items and adds to counts[0 … bins-1] how
 * many fall into each bin. prefix: sym_prefix_init(…, sid, "item", 0, 0). */
void sym_okvs_hash(struct sym_okvs_item *items, uint32_t *counts,
                   const struct sym_vole_kernel *with, const struct sym_vole_geometry *g,
                   const struct sym_prefix *prefix, const uint8_t *digests, size_t n);

/* offsets[b] … offsets[b + 1] (bins + 1 entries) are the items of bin b. counts is pieces rows of
 * bins entries, and becomes where each piece writes its items of each bin. */
void sym_okvs_offsets(uint32_t *offsets, uint32_t *counts, const struct sym_vole_geometry *g,
                      size_t pieces);

/* Puts the items of one piece into their bins: out and index are the whole arrays, positions is the
 * row of this piece, which is used up. index (may be NULL) gets the number of the item: its place
 * in the piece plus first. */
void sym_okvs_scatter(struct sym_okvs_item *out, uint32_t *index, uint32_t *positions,
                      const struct sym_vole_geometry *g, const struct sym_okvs_item *items,
                      size_t first, size_t n);

/* Bytes of scratch for sym_okvs_encode: about 25 per item of a bin's capacity, less than 2 MB;
 * aligned as malloc does. */
size_t sym_okvs_scratch_bytes(const struct sym_vole_geometry *g);

/* R: p (columns blocks) so that Decode(p, items[i]) = items[i].value for all n items of one bin.
 * SYM_LIMIT as above; the contents of p are then undefined. *aside (may be NULL): how many items
 * went through the dense columns. Items of one bin have different places. */
SYM_MUST enum sym_err sym_okvs_encode(struct sym_block *p, unsigned *aside,
                                      const struct sym_vole_kernel *with,
                                      const struct sym_vole_geometry *g,
                                      const struct sym_okvs_item *items, size_t n, void *scratch);

/* out[i] = Decode(p, items[i]) for n items of one bin with the columns p. */
void sym_okvs_decode(struct sym_block *out, const struct sym_vole_kernel *with,
                     const struct sym_vole_geometry *g, const struct sym_okvs_item *items, size_t n,
                     const struct sym_block *p);

/* S: the same, plus delta items[i].value. */
void sym_okvs_decode_shifted(struct sym_block *out, const struct sym_vole_kernel *with,
                             const struct sym_vole_geometry *g, const struct sym_okvs_item *items,
                             size_t n, const struct sym_block *p, const struct sym_block *delta);

#endif
