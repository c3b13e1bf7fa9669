/* block.h - an element of F = GF(2)[X]/(X^128+X^7+X^2+X+1), as the vole engine uses it (design of
 * suite overlap-vole-1, section 2).
 *
 * An element is 16 bytes, read as a little-endian integer of which bit i is the coefficient of X^i.
 * In memory it looks as on the wire, so n elements are 16 n bytes of a message; messages themselves
 * are byte arrays without alignment. Addition is exclusive or; whatever multiplies is done in bulk
 * by a kernel (crypto/vole/kernel.h). Plain values: whoever holds secret ones wipes them.
 */
#ifndef SYM_CRYPTO_VOLE_BLOCK_H
#define SYM_CRYPTO_VOLE_BLOCK_H

#include "crypto/secret.h"

#include <string.h>

#define SYM_BLOCK_BYTES 16u

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "blocks lie in memory as on the wire");

struct sym_block {
    _Alignas(16) uint64_t low; /* coefficients X^0 … X^63 */
    uint64_t high;
};

_Static_assert(sizeof(struct sym_block) == SYM_BLOCK_BYTES, "blocks lie in memory as on the wire");

static inline struct sym_block sym_block_add(struct sym_block a, struct sym_block b)
{
    return (struct sym_block){a.low ^ b.low, a.high ^ b.high};
}

static inline struct sym_block sym_block_load(const uint8_t in[SYM_BLOCK_BYTES])
{
    struct sym_block b;
    memcpy(&b, in, sizeof b);
    return b;
}

static inline void sym_block_store(uint8_t out[SYM_BLOCK_BYTES], struct sym_block b)
{
    memcpy(out, &b, sizeof b);
}

/* All ones where bit i (below 128) of b is set, otherwise zero; in constant time. */
static inline uint64_t sym_block_bit_mask(struct sym_block b, unsigned i)
{
    uint64_t word = i < 64 ? b.low : b.high;
    return (uint64_t)0 - (word >> (i % 64) & 1);
}

/* b where mask is all ones, zero where it is zero. */
static inline struct sym_block sym_block_and(struct sym_block b, uint64_t mask)
{
    return (struct sym_block){b.low & mask, b.high & mask};
}

#endif
