#include "crypto/fixed.h"

#define LIMBS    SYM_FIXED_LIMBS
#define FRACTION SYM_FIXED_FRACTION_LIMBS

__extension__ typedef unsigned __int128 wide;

struct sym_fixed sym_fixed_from(uint64_t integer)
{
    return (struct sym_fixed){.limb = {[FRACTION] = integer}};
}

uint64_t sym_fixed_floor(struct sym_fixed a)
{
    return a.limb[FRACTION];
}

uint64_t sym_fixed_ceiling(struct sym_fixed a)
{
    return a.limb[FRACTION] + (sym_fixed_less(sym_fixed_from(a.limb[FRACTION]), a) ? 1 : 0);
}

bool sym_fixed_less(struct sym_fixed a, struct sym_fixed b)
{
    unsigned i = LIMBS - 1;
    while (i > 0 && a.limb[i] == b.limb[i]) {
        i--;
    }
    return a.limb[i] < b.limb[i];
}

struct sym_fixed sym_fixed_add(struct sym_fixed a, struct sym_fixed b)
{
    wide sum = 0;
    for (unsigned i = 0; i < LIMBS; i++) {
        sum = (sum >> 64) + a.limb[i] + b.limb[i];
        a.limb[i] = (uint64_t)sum;
    }
    return a;
}

struct sym_fixed sym_fixed_subtract(struct sym_fixed a, struct sym_fixed b)
{
    uint64_t borrow = 0;
    for (unsigned i = 0; i < LIMBS; i++) {
        wide difference = (wide)a.limb[i] - b.limb[i] - borrow;
        a.limb[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1u;
    }
    return a;
}

struct sym_fixed sym_fixed_multiply(struct sym_fixed a, struct sym_fixed b)
{
    uint64_t product[2 * LIMBS] = {0};
    struct sym_fixed out;
    for (unsigned i = 0; i < LIMBS; i++) {
        wide carry = 0;
        for (unsigned j = 0; j < LIMBS; j++) {
            carry = (carry >> 64) + product[i + j] + (wide)a.limb[i] * b.limb[j];
            product[i + j] = (uint64_t)carry;
        }
        product[i + LIMBS] = (uint64_t)(carry >> 64);
    }
    for (unsigned i = 0; i < LIMBS; i++) {
        out.limb[i] = product[i + FRACTION];
    }
    return out;
}

struct sym_fixed sym_fixed_times(struct sym_fixed a, uint64_t b)
{
    wide carry = 0;
    for (unsigned i = 0; i < LIMBS; i++) {
        carry = (carry >> 64) + (wide)a.limb[i] * b;
        a.limb[i] = (uint64_t)carry;
    }
    return a;
}

/* 2 a + bit, and what no longer fits. */
static uint64_t shift_in(struct sym_fixed *a, uint64_t bit)
{
    for (unsigned i = 0; i < LIMBS; i++) {
        uint64_t out = a->limb[i] >> 63;
        a->limb[i] = a->limb[i] << 1 | bit;
        bit = out;
    }
    return bit;
}

/* Long division, bit by bit: the quotient's integer part, of which the dividend's bits are
 * brought down, then its fraction, for which there are zeros. */
struct sym_fixed sym_fixed_divide(struct sym_fixed a, struct sym_fixed b)
{
    struct sym_fixed quotient = {{0}};
    struct sym_fixed rest = {{0}};
    bool whole = !sym_fixed_less(a, b);
    unsigned bits = whole ? (LIMBS + FRACTION) * 64 : FRACTION * 64;
    if (!whole) {
        rest = a;
    }
    while (bits-- > 0) {
        uint64_t down =
            bits >= FRACTION * 64 ? a.limb[(bits - FRACTION * 64) / 64] >> bits % 64 & 1u : 0;
        uint64_t over = shift_in(&rest, down);
        uint64_t bit = over != 0 || !sym_fixed_less(rest, b) ? 1 : 0;
        if (bit != 0) {
            rest = sym_fixed_subtract(rest, b);
        }
        (void)shift_in(&quotient, bit);
    }
    return quotient;
}

struct sym_fixed sym_fixed_over(struct sym_fixed a, uint64_t b)
{
    wide rest = 0;
    for (unsigned i = LIMBS; i-- > 0;) {
        wide part = rest << 64 | a.limb[i];
        a.limb[i] = (uint64_t)(part / b);
        rest = part % b;
    }
    return a;
}

/* The series has positive terms only, so that nothing cancels. */
struct sym_fixed sym_fixed_exp(uint64_t numerator, uint64_t denominator)
{
    static const struct sym_fixed zero;
    struct sym_fixed term = sym_fixed_from(1);
    struct sym_fixed sum = term;
    for (uint64_t n = 1; sym_fixed_less(zero, term); n++) {
        term = sym_fixed_over(sym_fixed_times(term, numerator), denominator * n);
        sum = sym_fixed_add(sum, term);
    }
    return sum;
}
