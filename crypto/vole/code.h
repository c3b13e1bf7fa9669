/* code.h - the public linear code of a session (design of overlap-vole-1, section 7, "Code"): N
 * blocks of correlated noise become m blocks that look random. Expander of weight 21 after two
 * binary convolutions of window 24 … 31 with a random diagonal of F between them.
 *
 * The vector is e_0 … e_{2m-1}: the lower half is added to, the upper half goes through the
 * convolutions. For S (one vector): accumulate the upper half in place, then spread onto the lower
 * half. For R (w and u): accumulate both upper halves into pairs, spread both at once, which halves
 * the misses of the cache.
 *
 *   S:  sym_code_accumulate(c, v + m);  sym_code_spread(v, c, v + m, 0, cm, scratch);
 *   R:  sym_code_accumulate_pairs(pairs, c, w + m, u + m);
 *       sym_code_spread_pairs(w, u, c, pairs, 0, cm, scratch);
 *
 * The code and its indices are public; the data is secret, and time depends on sizes only. An
 * accumulation is one piece of work (about 2 ms for a full batch on a fast core); pair and spread
 * work on ranges, which may run at the same time. Arrays are the caller's, in blocks.
 */
#ifndef SYM_CRYPTO_VOLE_CODE_H
#define SYM_CRYPTO_VOLE_CODE_H

#include "crypto/vole/geometry.h"
#include "crypto/vole/kernel.h"

/* Outputs that share one draw of indices: ranges begin at multiples of it. */
#define SYM_CODE_GRAIN 64u

/* Groups of them that a call works on best, and the scratch that it needs for those at most. */
#define SYM_CODE_PANEL         1408u
#define SYM_CODE_SCRATCH_BYTES ((size_t)7 << 20)
/* Vectors that are shorter are spread without. */
#define SYM_CODE_NEAR_BYTES ((size_t)2 << 20)

#define SYM_CODE_ROUND_KEYS 11u

struct sym_code {
    const struct sym_vole_kernel *with;
    struct sym_block key[SYM_CODE_ROUND_KEYS]; /* round keys of ck; public */
    uint32_t m;
};

/* The code of the session sid for this geometry. */
void sym_code_init(struct sym_code *c, const struct sym_vole_kernel *with,
                   const struct sym_vole_geometry *g, const uint8_t sid[32]);

/* x = conv2(theta * conv1(x)), m blocks in place. */
void sym_code_accumulate(const struct sym_code *c, struct sym_block *x);

/* The same for w and u at once (m blocks each, which are used up): pairs[2i] and pairs[2i + 1] get
 * element i of the one and of the other. pairs holds 2m blocks, best aligned to 64 bytes. */
void sym_code_accumulate_pairs(struct sym_block *pairs, const struct sym_code *c,
                               struct sym_block *w, struct sym_block *u);

/* Bytes of scratch for one call of the functions below, aligned to 64: where y or pairs are longer
 * than the second cache, their blocks are sorted by where they lie before they are added up. What
 * is secret in it is wiped before return. */
size_t sym_code_scratch_bytes(const struct sym_code *c);

/* out[o] += the sum of 21 blocks of y (m blocks), for o = first … first + n - 1. out is the whole
 * array. first is a multiple of SYM_CODE_GRAIN; first + n <= m. */
void sym_code_spread(struct sym_block *out, const struct sym_code *c, const struct sym_block *y,
                     size_t first, size_t n, void *scratch);

/* The same for two vectors at once. */
void sym_code_spread_pairs(struct sym_block *w, struct sym_block *u, const struct sym_code *c,
                           const struct sym_block *pairs, size_t first, size_t n, void *scratch);

#endif
