/* kernel_table.h - what a kernel of crypto/vole has to provide; for crypto/vole only.
 *
 * All functions take any n (0 included) and any alignment of 16 bytes, keep no state, and take the
 * same time for all contents. Lengths are in blocks unless said otherwise. What is named generic
 * below is plain C that several tables share.
 */
#ifndef SYM_CRYPTO_VOLE_KERNEL_TABLE_H
#define SYM_CRYPTO_VOLE_KERNEL_TABLE_H

#include "crypto/sha256/sha.h"
#include "crypto/vole/geometry.h"
#include "crypto/vole/kernel.h"

#define SYM_AES_ROUND_KEYS 11u

/* Counters of the code's streams under its key: salt * 2^40. */
#define SYM_CODE_SALT(salt) ((uint64_t)(salt) << 40)
#define SYM_CODE_WEIGHT     21u
#define SYM_CODE_UNIFORM    10u /* indices drawn from all of y; the others each from one stripe */

struct sym_vole_kernel {
    const char *name;
    uint32_t needs; /* of crypto/cpu.h */

    /* AES-128. keys are round keys as FIPS 197 numbers them. */
    void (*expand_key)(struct sym_block keys[SYM_AES_ROUND_KEYS], const uint8_t key[16]);
    /* out[i] = AES(start + i) */
    void (*counter)(struct sym_block *out, const struct sym_block keys[SYM_AES_ROUND_KEYS],
                    uint64_t start, size_t n);
    /* A level of a tree: out[2i + b] = MMO under keys[b] of in[i], sums[b] = sum of all out[2i +
     * b]. in and out do not overlap. */
    void (*grow)(struct sym_block *out, struct sym_block sums[2],
                 const struct sym_block keys[2][SYM_AES_ROUND_KEYS], const struct sym_block *in,
                 size_t n);

    /* The field. */
    struct sym_block (*multiply)(struct sym_block a, struct sym_block b);
    /* Sum of chi^{p+1} z[p]; n is a multiple of 16. */
    struct sym_block (*sum)(const struct sym_block *z, size_t n, struct sym_block chi);
    /* out[r] = h(row r), rows of k blocks, n of them: a multiple of 16. */
    void (*hash_rows)(struct sym_block *out, const struct sym_block *rows, size_t n, size_t k,
                      struct sym_block chi);
    /* v[i] += delta a[i] */
    void (*shift)(struct sym_block *v, struct sym_block delta, const uint8_t *a, size_t n);
    /* out[i] += eta p[0] + eta^2 p[1] + eta^3 p[2] and, where delta is not NULL, + delta value.
     * items alternates between eta and value: 2n blocks. */
    void (*dense)(struct sym_block *out, const struct sym_block *items, size_t n,
                  const struct sym_block p[SYM_VOLE_DENSE], const struct sym_block *delta);

    /* The code, m blocks, a multiple of 64. accumulate_pairs: the same for w and u, which are used
     * up, with the results side by side. */
    void (*accumulate)(struct sym_block *x, const struct sym_block keys[SYM_AES_ROUND_KEYS],
                       size_t m);
    void (*accumulate_pairs)(struct sym_block *pairs, struct sym_block *w, struct sym_block *u,
                             const struct sym_block keys[SYM_AES_ROUND_KEYS], size_t m);
    /* Outputs first … first + n - 1; first is a multiple of 64. scratch: sym_code_scratch_bytes, of
     * which this kernel needs as many for vectors of SYM_CODE_NEAR_BYTES and more. */
    void (*spread)(struct sym_block *out, const struct sym_block keys[SYM_AES_ROUND_KEYS],
                   const struct sym_block *y, size_t m, size_t first, size_t n, void *scratch);
    void (*spread_pairs)(struct sym_block *w, struct sym_block *u,
                         const struct sym_block keys[SYM_AES_ROUND_KEYS],
                         const struct sym_block *pairs, size_t m, size_t first, size_t n,
                         void *scratch);
    size_t spread_bytes;

    /* SHA-256. blocks of 64 bytes, one after the other. */
    void (*compress)(uint32_t state[SYM_SHA_STATE], const uint8_t *blocks, size_t n);
    /* Many hashes that end behind one more block: out[i] is the hash with the last block tails[i],
     * padding included. */
    void (*finish)(uint8_t (*out)[SYM_SHA_BYTES], const uint32_t state[SYM_SHA_STATE],
                   const uint8_t (*tails)[SYM_SHA_BLOCK], size_t n);
};

extern const struct sym_vole_kernel sym_vole_kernel_portable;
#ifdef __x86_64__
extern const struct sym_vole_kernel sym_vole_kernel_vaes512;
extern const struct sym_vole_kernel sym_vole_kernel_vaes512_amd;
extern const struct sym_vole_kernel sym_vole_kernel_aesni;
extern const struct sym_vole_kernel sym_vole_kernel_aesni_nosha;
#endif

/* Generic: the code, given the counter mode and the multiplication of a table. */
void sym_code_accumulate_generic(const struct sym_vole_kernel *with, struct sym_block *x,
                                 const struct sym_block keys[SYM_AES_ROUND_KEYS], size_t m);
void sym_code_accumulate_pairs_generic(const struct sym_vole_kernel *with, struct sym_block *pairs,
                                       struct sym_block *w, struct sym_block *u,
                                       const struct sym_block keys[SYM_AES_ROUND_KEYS], size_t m);
void sym_code_spread_generic(const struct sym_vole_kernel *with, struct sym_block *out,
                             const struct sym_block keys[SYM_AES_ROUND_KEYS],
                             const struct sym_block *y, size_t m, size_t first, size_t n);
void sym_code_spread_pairs_generic(const struct sym_vole_kernel *with, struct sym_block *w,
                                   struct sym_block *u,
                                   const struct sym_block keys[SYM_AES_ROUND_KEYS],
                                   const struct sym_block *pairs, size_t m, size_t first, size_t n);

#endif
