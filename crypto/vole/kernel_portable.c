#include "crypto/sha256/sha_portable.h"
#include "crypto/vole/aes_portable.h"
#include "crypto/vole/kernel_table.h"

/* Carry-less product of 32 bits each. Of every fourth bit there are 8 at most, so what the integer
 * product carries stays below the next fourth bit. */
static inline uint64_t multiply_32(uint32_t x, uint32_t y)
{
    uint64_t product = 0;
    for (unsigned r = 0; r < 4; r++) {
        uint64_t sum = 0;
        for (unsigned i = 0; i < 4; i++) {
            sum ^= (uint64_t)(x & 0x11111111u << i) * (y & 0x11111111u << ((r - i) % 4));
        }
        product |= sum & 0x1111111111111111u << r;
    }
    return product;
}

/* By Karatsuba. */
static inline struct sym_block multiply_64(uint64_t x, uint64_t y)
{
    uint64_t low = multiply_32((uint32_t)x, (uint32_t)y);
    uint64_t high = multiply_32((uint32_t)(x >> 32), (uint32_t)(y >> 32));
    uint64_t middle = multiply_32((uint32_t)(x ^ x >> 32), (uint32_t)(y ^ y >> 32)) ^ low ^ high;
    return (struct sym_block){low ^ middle << 32, high ^ middle >> 32};
}

static inline struct sym_block multiply(struct sym_block a, struct sym_block b)
{
    struct sym_block low = multiply_64(a.low, b.low);
    struct sym_block high = multiply_64(a.high, b.high);
    struct sym_block middle = multiply_64(a.low ^ a.high, b.low ^ b.high);
    middle = sym_block_add(middle, sym_block_add(low, high));
    uint64_t w1 = low.high ^ middle.low;
    uint64_t w2 = high.low ^ middle.high;
    uint64_t w3 = high.high;
    /* X^128 = X^7 + X^2 + X + 1 */
    w2 ^= w3 >> 63 ^ w3 >> 62 ^ w3 >> 57;
    w1 ^= w3 ^ w3 << 1 ^ w3 << 2 ^ w3 << 7;
    w1 ^= w2 >> 63 ^ w2 >> 62 ^ w2 >> 57;
    return (struct sym_block){low.low ^ w2 ^ w2 << 1 ^ w2 << 2 ^ w2 << 7, w1};
}

#include "crypto/vole/field_ops.h"

static void accumulate(struct sym_block *x, const struct sym_block keys[SYM_AES_ROUND_KEYS],
                       size_t m)
{
    sym_code_accumulate_generic(&sym_vole_kernel_portable, x, keys, m);
}

static void accumulate_pairs(struct sym_block *pairs, struct sym_block *w, struct sym_block *u,
                             const struct sym_block keys[SYM_AES_ROUND_KEYS], size_t m)
{
    sym_code_accumulate_pairs_generic(&sym_vole_kernel_portable, pairs, w, u, keys, m);
}

static void spread(struct sym_block *out, const struct sym_block keys[SYM_AES_ROUND_KEYS],
                   const struct sym_block *y, size_t m, size_t first, size_t n, void *scratch)
{
    (void)scratch;
    sym_code_spread_generic(&sym_vole_kernel_portable, out, keys, y, m, first, n);
}

static void spread_pairs(struct sym_block *w, struct sym_block *u,
                         const struct sym_block keys[SYM_AES_ROUND_KEYS],
                         const struct sym_block *pairs, size_t m, size_t first, size_t n,
                         void *scratch)
{
    (void)scratch;
    sym_code_spread_pairs_generic(&sym_vole_kernel_portable, w, u, keys, pairs, m, first, n);
}

const struct sym_vole_kernel sym_vole_kernel_portable = {
    .name = "portable",
    .needs = 0,
    .expand_key = sym_aes_portable_expand_key,
    .counter = sym_aes_portable_counter,
    .grow = sym_aes_portable_grow,
    .multiply = field_multiply,
    .sum = field_sum,
    .hash_rows = field_hash_rows,
    .shift = field_shift,
    .dense = field_dense,
    .accumulate = accumulate,
    .accumulate_pairs = accumulate_pairs,
    .spread = spread,
    .spread_pairs = spread_pairs,
    .compress = sym_sha_portable_compress,
    .finish = sym_sha_portable_finish,
};
