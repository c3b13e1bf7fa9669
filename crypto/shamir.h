/* shamir.h - Shamir's secret sharing (1979) of 32-byte secrets, byte by byte over GF(2^8) with the
 * polynomial of AES, t of n shares, n up to 255.
 *
 * Share i (counted from 0) is the value at x = i + 1; any t shares give the secret, fewer nothing.
 * Shares carry no checksum: who combines compares the result with what was committed to. Points and
 * thresholds are public, and running time depends on them only; no table is indexed by a secret.
 * Everything is caller-allocated.
 * Errors: SYM_BAD_VALUE (a threshold of 0 or above n, n above 255, a point that is 0 or appears
 * twice), SYM_NO_MEMORY.
 */
#ifndef SYM_CRYPTO_SHAMIR_H
#define SYM_CRYPTO_SHAMIR_H

#include "crypto/secret.h"

#define SYM_SHAMIR_BYTES      32u
#define SYM_SHAMIR_SHARES_MAX 255u

/* A secret, a coefficient or a share. */
struct sym_share {
    uint8_t bytes[SYM_SHAMIR_BYTES];
};

/* shares[i] = the polynomial at x = i + 1, for i in [0, n); t of them are needed. */
SYM_MUST enum sym_err sym_shamir_split(struct sym_share *shares, size_t n, size_t t,
                                       const struct sym_share *secret);
/* The same with the caller's t - 1 coefficients, of x, x^2, ...: uniformly random and used once. */
SYM_MUST enum sym_err sym_shamir_split_with(struct sym_share *shares, size_t n, size_t t,
                                            const struct sym_share *secret,
                                            const struct sym_share *coefficients);

/* Lagrange's weights at 0 for t different points x, none of them 0: once for all secrets of which
 * the same t nodes hold the shares. */
SYM_MUST enum sym_err sym_shamir_weights(uint8_t *weights, const uint8_t *points, size_t t);
/* The secret whose t shares, in the order of the points, are given. */
void sym_shamir_combine(struct sym_share *secret, const uint8_t *weights,
                        const struct sym_share *shares, size_t t);

#endif
