/* batch.h - the VOLE check of a batch (design of overlap-vole-1, section 7, "Check"), and the
 * addition of the vector A at S (section 8, step 1).
 *
 * Order of R: M5 -> challenge, sym_trees_follow, claim (x*), sum over w before the code, end (e).
 * Order of S: sym_trees_grow -> M5, challenge, sum over v before the code; with M6: end (e), then
 * shift. Secret are delta and e at S, alpha, noise and e at R; time depends on sizes only.
 * Arrays are the caller's, n counts blocks; ranges of one array may be worked on at the same time.
 */
#ifndef SYM_CRYPTO_VOLE_BATCH_H
#define SYM_CRYPTO_VOLE_BATCH_H

#include "crypto/vole/geometry.h"
#include "crypto/vole/kernel.h"

/* chi' = D128(ctx, "vole-chi", batch, 0; M5). */
struct sym_block sym_batch_challenge(const struct sym_vole_kernel *with,
                                     const struct sym_vole_geometry *g, const uint8_t ctx[32],
                                     uint32_t batch, const uint8_t *m5);

/* The part of T(z) that z[first] … z[first + n - 1] contribute: sum of chi^{p+1} z_p. z is the
 * whole array; first and n are multiples of 16. The parts add up to T(z). */
struct sym_block sym_batch_sum(const struct sym_vole_kernel *with, const struct sym_block *z,
                               size_t first, size_t n, struct sym_block chi);

/* R: x* = c + sum of chi^{pos_i+1} nu_i; noise is nu_0 … nu_311, c. */
struct sym_block sym_batch_claim(const struct sym_vole_kernel *with,
                                 const struct sym_vole_geometry *g, struct sym_block chi,
                                 const uint32_t *alpha, const struct sym_block *noise);

/* R: e = T(w) + w^_312. base as sym_cot_offer gave it. */
struct sym_block sym_batch_end_r(struct sym_block sum, const struct sym_block *base);
/* S: e = T(v) + v^_312 + delta x*; x_star: the first 16 bytes of M6. */
struct sym_block sym_batch_end_s(const struct sym_vole_kernel *with, struct sym_block sum,
                                 const struct sym_block *base, const struct sym_block *delta,
                                 const uint8_t x_star[SYM_BLOCK_BYTES]);

/* S: K = V + delta A, in place of V; a: n blocks as bytes. */
void sym_batch_shift(struct sym_block *v, const struct sym_vole_kernel *with,
                     const struct sym_block *delta, const uint8_t *a, size_t n);

#endif
