/* fixed.h - non-negative fixed-point numbers, 64 bits before the point and 256 behind it, for
 * probabilities that must not depend on anybody's floating point.
 *
 * Products and quotients are rounded down to a multiple of 2^-256. What exceeds 2^64 wraps, and a
 * difference must not be negative: callers know their magnitudes. For public numbers only: time
 * depends on values. Nothing here allocates or fails.
 */
#ifndef SYM_CRYPTO_FIXED_H
#define SYM_CRYPTO_FIXED_H

#include <stdbool.h>
#include <stdint.h>

#define SYM_FIXED_FRACTION_LIMBS 4u
#define SYM_FIXED_LIMBS          (SYM_FIXED_FRACTION_LIMBS + 1)

struct sym_fixed {
    uint64_t limb[SYM_FIXED_LIMBS]; /* lowest first; the last one is the integer part */
};

struct sym_fixed sym_fixed_from(uint64_t integer);
/* The integer part. */
uint64_t sym_fixed_floor(struct sym_fixed a);
uint64_t sym_fixed_ceiling(struct sym_fixed a);
bool sym_fixed_less(struct sym_fixed a, struct sym_fixed b);

/* The caller sees to it that the sum fits. */
struct sym_fixed sym_fixed_add(struct sym_fixed a, struct sym_fixed b);
/* a >= b. */
struct sym_fixed sym_fixed_subtract(struct sym_fixed a, struct sym_fixed b);
struct sym_fixed sym_fixed_multiply(struct sym_fixed a, struct sym_fixed b);
struct sym_fixed sym_fixed_times(struct sym_fixed a, uint64_t b);
/* b > 0; the quotient is less than 2^64. */
struct sym_fixed sym_fixed_divide(struct sym_fixed a, struct sym_fixed b);
struct sym_fixed sym_fixed_over(struct sym_fixed a, uint64_t b);

/* e^(numerator / denominator), of a quotient up to 13, where both are less than 2^46 and
 * denominator is not 0: less than the true value by at most 2^-240 of it. */
struct sym_fixed sym_fixed_exp(uint64_t numerator, uint64_t denominator);

#endif
