/* laplace.h - differentially private noise in shares that many nodes add up: the discrete Laplace
 * distribution, distributed (Goryczka and Xiong, 2017; Ghosh et al., 2009).
 *
 * With a = epsilon / sensitivity and h the number of shares that have to suffice, each node adds to
 * each cell NB(1/h, e^-a) - NB(1/h, e^-a), the difference of two negative binomial variables. h of
 * them sum to the discrete Laplace distribution P(x) ~ e^(-a |x|) exactly, more only add noise.
 *
 * Integers only: a is a quotient of integers; probabilities are fixed-point numbers of 256 fraction
 * bits (crypto/fixed.h); the table that is sampled from holds 128-bit thresholds of the cumulative
 * distribution of |x|, whose last bit stands for the sign.
 * What is drawn differs from the exact distribution by truncation, P(|x| > table) < 2^-96, and by
 * rounding, less than 2^-127 for each of fewer than 2^15 thresholds: in total variation by less
 * than 2^-95 per share and cell, for 255 shares and 10^6 cells together by less than 2^-67. This is
 * the delta that a release has beside its epsilon.
 *
 * Sampling scans the whole table for each cell, so that its time says nothing about the noise.
 * Tables are immutable: threads may share one. Time to make one grows with the scale (sensitivity /
 * epsilon): about 1 ms at scale 1.
 * Errors: SYM_BAD_VALUE (parameters outside of the limits below), SYM_NO_MEMORY, and those of
 * crypto/mask.h.
 */
#ifndef SYM_CRYPTO_LAPLACE_H
#define SYM_CRYPTO_LAPLACE_H

#include "crypto/mask.h"

#define SYM_LAPLACE_SENSITIVITY_MAX 4096u
#define SYM_LAPLACE_SHARES_MAX      255u
/* Limits of the scale: sensitivity / epsilon from 0.08 to 256. */
#define SYM_LAPLACE_SCALE_MIN_HUNDREDTHS 8u
#define SYM_LAPLACE_SCALE_MAX            256u
/* No cell without data is released below this count, however little noise there is. */
#define SYM_LAPLACE_THRESHOLD_MIN 11u

struct sym_laplace_params {
    uint64_t epsilon_nano; /* epsilon of the query, in units of 10^-9 */
    uint32_t sensitivity;  /* how much one incident can change, in all cells together */
    uint32_t shares;       /* h, 1 to SYM_LAPLACE_SHARES_MAX */
};

struct sym_laplace; /* the table for one share */

/* Makes the table, which is what takes time. SYM_BAD_VALUE: parameters beyond the limits above;
 * SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_laplace_new(struct sym_laplace **out, const struct sym_laplace_params *p);
/* NULL is fine. */
void sym_laplace_free(struct sym_laplace *t);
/* For tests: how many thresholds it has, the largest |x| that is ever drawn. */
size_t sym_laplace_size(const struct sym_laplace *t);
/* For tests: SHA-256 of the thresholds, 16 bytes big-endian each. */
SYM_MUST enum sym_err sym_laplace_digest(uint8_t out[SYM_HASH_BYTES], const struct sym_laplace *t);

/* Adds one share of noise, modulo 2^64, to cells [first, first + n) of the cube, which cells points
 * to. key is 32 random bytes, used for one query only: each cell's noise depends on key and index
 * only, however the cube is cut into tiles. */
SYM_MUST enum sym_err sym_laplace_add(uint64_t *cells, size_t n, uint64_t first,
                                      const struct sym_laplace *t, struct sym_masker *m,
                                      const uint8_t key[SYM_MASK_KEY_BYTES]);

/* What is known to all about the noise that a release carries. */
struct sym_laplace_release {
    uint64_t threshold;  /* smallest T >= 11 with P(x >= T) <= min(1 / cells, 10^-5) */
    uint64_t half_width; /* smallest w with P(|x| <= w) >= 0.95 */
    uint32_t inside_ppm; /* P(|x| <= half_width), in millionths, rounded down */
    uint32_t ghost_nano; /* P(x >= threshold), in units of 10^-9, rounded up: an empty cell */
};

/* ghost_nano in millionths, rounded up. */
static inline uint32_t sym_laplace_ghosts_per_million(const struct sym_laplace_release *r)
{
    return (r->ghost_nano + 999u) / 1000u;
}

/* For the sum of `present` shares (1 to SYM_LAPLACE_SHARES_MAX), more or fewer than p->shares, in a
 * cube of cells (from 1) cells. Takes about as long as sym_laplace_new. */
SYM_MUST enum sym_err sym_laplace_release(struct sym_laplace_release *out,
                                          const struct sym_laplace_params *p, uint32_t present,
                                          uint64_t cells);

#endif
