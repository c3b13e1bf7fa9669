#include "crypto/vole/batch.h"

#include "crypto/vole/kernel_table.h"
#include "crypto/vole/prefix.h"

struct sym_block sym_batch_challenge(const struct sym_vole_kernel *with,
                                     const struct sym_vole_geometry *g, const uint8_t ctx[32],
                                     uint32_t batch, const uint8_t *m5)
{
    uint8_t hash[SYM_PREFIX_HASH_BYTES];
    const struct sym_span message = sym_span(m5, sym_vole_m5_bytes(g));
    sym_prefix_hash_once(hash, with, ctx, "vole-chi", batch, 0, &message, 1);
    return sym_prefix_element(hash);
}

/* chi^e for e below 2^bits. */
static struct sym_block power(const struct sym_vole_kernel *with, struct sym_block chi, uint32_t e,
                              unsigned bits)
{
    struct sym_block result = {1, 0};
    for (unsigned i = bits; i-- > 0;) {
        struct sym_block times;
        result = with->multiply(result, result);
        times = with->multiply(result, chi);
        uint64_t mask = (uint64_t)0 - (e >> i & 1);
        result = sym_block_add(sym_block_and(times, mask), sym_block_and(result, ~mask));
    }
    return result;
}

struct sym_block sym_batch_sum(const struct sym_vole_kernel *with, const struct sym_block *z,
                               size_t first, size_t n, struct sym_block chi)
{
    struct sym_block sum = with->sum(z + first, n, chi);
    return first == 0 ? sum : with->multiply(sum, power(with, chi, (uint32_t)first, 32));
}

struct sym_block sym_batch_claim(const struct sym_vole_kernel *with,
                                 const struct sym_vole_geometry *g, struct sym_block chi,
                                 const uint32_t *alpha, const struct sym_block *noise)
{
    /* By Horner over the trees, chi^L from one to the next: what is left to each is alpha + 1. */
    const struct sym_block step = power(with, chi, g->leaves, 32);
    struct sym_block sum = {0, 0};
    for (size_t i = SYM_VOLE_TREES; i-- > 0;) {
        struct sym_block here =
            with->multiply(noise[i], power(with, chi, alpha[i] + 1, g->depth + 1));
        sum = sym_block_add(with->multiply(sum, step), here);
    }
    return sym_block_add(sum, noise[SYM_VOLE_TREES]);
}

struct sym_block sym_batch_end_r(struct sym_block sum, const struct sym_block *base)
{
    return sym_block_add(sum, base[SYM_VOLE_TREES]);
}

struct sym_block sym_batch_end_s(const struct sym_vole_kernel *with, struct sym_block sum,
                                 const struct sym_block *base, const struct sym_block *delta,
                                 const uint8_t x_star[SYM_BLOCK_BYTES])
{
    struct sym_block claimed = with->multiply(*delta, sym_block_load(x_star));
    return sym_block_add(sym_block_add(sum, base[SYM_VOLE_TREES]), claimed);
}

void sym_batch_shift(struct sym_block *v, const struct sym_vole_kernel *with,
                     const struct sym_block *delta, const uint8_t *a, size_t n)
{
    with->shift(v, *delta, a, n);
}
