/* okvs_place.h - where an item goes (design of overlap-vole-1, section 8); for crypto/vole/okvs*.c.
 */
#ifndef SYM_CRYPTO_VOLE_OKVS_PLACE_H
#define SYM_CRYPTO_VOLE_OKVS_PLACE_H

#include "crypto/vole/okvs.h"

/* floor(word range / 2^32) */
static inline uint32_t sym_okvs_scale(uint32_t word, uint32_t range)
{
    return (uint32_t)((uint64_t)word * range >> 32);
}

static inline uint32_t sym_okvs_bin(const struct sym_okvs_item *item, uint32_t bins)
{
    return sym_okvs_scale((uint32_t)item->place.low, bins);
}

/* The three different sparse columns of an item. */
static inline void sym_okvs_columns(uint32_t column[3], const struct sym_okvs_item *item,
                                    uint32_t sparse)
{
    uint32_t a = sym_okvs_scale((uint32_t)(item->place.low >> 32), sparse);
    uint32_t b = sym_okvs_scale((uint32_t)item->place.high, sparse - 1);
    uint32_t c = sym_okvs_scale((uint32_t)(item->place.high >> 32), sparse - 2);
    b += b >= a;
    uint32_t low = a < b ? a : b;
    uint32_t high = a < b ? b : a;
    c += c >= low;
    c += c >= high;
    column[0] = a;
    column[1] = b;
    column[2] = c;
}

#endif
