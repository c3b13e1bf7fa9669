/* tag_block.h - sorted tags in few bits: what a standing list looks like on the wire and at rest.
 *
 * A tag is the first `bits` bits of an OPRF output, as a byte string of sym_tag_bytes(bits) bytes
 * whose spare low bits are zero; tags of one list ascend and may repeat. A block holds
 * SYM_TAG_BLOCK of them, the last of a list what is left: the first one with all its bits, then
 * each distance from the one before in the code of Golomb and Rice (a quotient in unary, `rice` low
 * bits), the highest bit first, padded with zeros to a byte. With rice chosen for the length of the
 * list, n tags take about (bits - log2 n + 1.6) bits each, 0.1 above what random ones need at
 * least. Blocks stand alone, so that a look-up opens one of them. Each list has one encoding only.
 *
 * Nothing allocates; not for secrets. Errors: SYM_BAD_FORMAT (another encoding, tags that would
 * pass the largest, bytes left over), SYM_TOO_LONG (no room, or tags that are far from random),
 * SYM_BAD_VALUE (bits, n or rice out of range, tags that descend).
 */
#ifndef SYM_PROTO_TAG_BLOCK_H
#define SYM_PROTO_TAG_BLOCK_H

#include "crypto/bytes.h"

#define SYM_TAG_BITS_MIN 64u
#define SYM_TAG_BITS_MAX 128u
/* Tags of a block. */
#define SYM_TAG_BLOCK 4096u
/* Bytes of one; those of random tags have half of it at most. */
#define SYM_TAG_BLOCK_BYTES_MAX 131072u

/* How a list is encoded: follows from its length and the length of a tag. */
struct sym_tag_code {
    unsigned bits;
    unsigned rice;
};

/* Bytes of one tag. */
size_t sym_tag_bytes(unsigned bits);
/* For a list of n tags. SYM_BAD_VALUE when bits is out of range. */
SYM_MUST enum sym_err sym_tag_code_for(struct sym_tag_code *out, unsigned bits, uint32_t n);
/* Sets the spare bits of n tags to zero. */
void sym_tag_trim(uint8_t *tags, size_t n, unsigned bits);

/* Writes n tags, 1 to SYM_TAG_BLOCK, into at most max bytes of out. */
SYM_MUST enum sym_err sym_tag_block_write(uint8_t *out, size_t max, size_t *len,
                                          const struct sym_tag_code *code, const uint8_t *tags,
                                          size_t n);
/* Reads the n tags of a block; their bytes are written only as far as they were read. */
SYM_MUST enum sym_err sym_tag_block_read(uint8_t *tags, size_t n, const struct sym_tag_code *code,
                                         struct sym_span block);

#endif
