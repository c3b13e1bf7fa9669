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

/* out = a 2^bits; what does not fit into its n limbs is zero. */
static void place(uint64_t *out, unsigned n, const struct sym_fixed *a, unsigned bits)
{
    unsigned by = bits % 64;
    for (unsigned i = 0, at = bits / 64; i < LIMBS && at < n; i++, at++) {
        out[at] |= a->limb[i] << by;
        if (by > 0 && at + 1 < n) {
            out[at + 1] |= a->limb[i] >> (64 - by);
        }
    }
}

static unsigned leading_zeros(const struct sym_fixed *a)
{
    unsigned top = LIMBS - 1;
    while (top > 0 && a->limb[top] == 0) {
        top--;
    }
    return (LIMBS - 1 - top) * 64 + (unsigned)__builtin_clzll(a->limb[top]);
}

/* rest -= digit * v; true when that is negative, wrapped. */
static bool take_off(uint64_t rest[LIMBS + 1], const uint64_t v[LIMBS], uint64_t digit)
{
    uint64_t carry = 0;
    uint64_t borrow = 0;
    for (unsigned i = 0; i <= LIMBS; i++) {
        wide product = (wide)digit * (i < LIMBS ? v[i] : 0) + carry;
        wide difference = (wide)rest[i] - (uint64_t)product - borrow;
        carry = (uint64_t)(product >> 64);
        rest[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> 64) & 1u;
    }
    return borrow != 0;
}

static void put_back(uint64_t rest[LIMBS + 1], const uint64_t v[LIMBS])
{
    wide sum = 0;
    for (unsigned i = 0; i <= LIMBS; i++) {
        sum = (sum >> 64) + rest[i] + (i < LIMBS ? v[i] : 0);
        rest[i] = (uint64_t)sum;
    }
}

/* One digit of long division: at most one too large (Knuth, section 4.3.1). */
static uint64_t guess(const uint64_t rest[LIMBS + 1], const uint64_t v[LIMBS])
{
    wide left = (wide)rest[LIMBS] << 64 | rest[LIMBS - 1];
    wide digit = left / v[LIMBS - 1];
    wide over = left % v[LIMBS - 1];
    while (over >> 64 == 0 &&
           (digit >> 64 != 0 || digit * v[LIMBS - 2] > (over << 64 | rest[LIMBS - 2]))) {
        digit--;
        over += v[LIMBS - 1];
    }
    return (uint64_t)digit;
}

/* Algorithm D of the same section, in digits of 64 bits: both are shifted until the divisor's top
 * bit is set. */
struct sym_fixed sym_fixed_divide(struct sym_fixed a, struct sym_fixed b)
{
    struct sym_fixed quotient;
    uint64_t rest[2 * LIMBS] = {0};
    uint64_t v[LIMBS] = {0};
    unsigned shift = leading_zeros(&b);
    place(v, LIMBS, &b, shift);
    place(rest, 2 * LIMBS, &a, shift + FRACTION * 64);
    for (unsigned i = LIMBS; i-- > 0;) {
        uint64_t digit = guess(rest + i, v);
        if (take_off(rest + i, v, digit)) {
            digit--;
            put_back(rest + i, v);
        }
        quotient.limb[i] = digit;
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
