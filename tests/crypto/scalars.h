/* scalars.h - scalars that tests of the group often want. */
#ifndef SYM_TESTS_CRYPTO_SCALARS_H
#define SYM_TESTS_CRYPTO_SCALARS_H

#include "crypto/ristretto.h"

/* The group order l, which is no scalar. */
static const struct sym_scalar order = {{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c,
                                         0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10}};

static inline struct sym_scalar order_minus(uint8_t less)
{
    struct sym_scalar k = order;
    k.bytes[0] = (uint8_t)(k.bytes[0] - less);
    return k;
}

static inline struct sym_scalar small(uint8_t value)
{
    return (struct sym_scalar){{value}};
}

static inline struct sym_scalar random_scalar(void)
{
    struct sym_scalar k;
    sym_scalar_random(&k);
    return k;
}

#endif
