#include "crypto/shamir.h"

#include <string.h>

#define WORDS (SYM_SHAMIR_BYTES / 8u)
#define BITS  8u

#define ORDER 255u /* of the multiplicative group */

/* Logarithms to the base x + 1, for public bytes only: secrets never index them. */
struct logarithms {
    uint8_t power[ORDER];
    uint8_t of[ORDER + 1]; /* of[0] means nothing */
};

static void tabulate(struct logarithms *l)
{
    unsigned power = 1;
    l->of[0] = 0;
    for (unsigned i = 0; i < ORDER; i++) {
        l->power[i] = (uint8_t)power;
        l->of[power] = (uint8_t)i;
        power ^= power << 1;
        power ^= (power >> BITS) * 0x11bu;
    }
}

/* Eight field elements at once, each times x. */
static uint64_t twice(uint64_t v)
{
    uint64_t high = v >> 7 & 0x0101010101010101u;
    return (v & 0x7f7f7f7f7f7f7f7fu) << 1 ^ high * 0x1bu;
}

/* out = start + the sum of weights[i] * rows[i]. By linearity the weights, which are public, are
 * taken apart into bits: one sum of rows per bit, and multiplications only at the end. */
static void weighted_sum(struct sym_share *out, const struct sym_share *start,
                         const uint8_t *weights, const struct sym_share *rows, size_t n)
{
    uint64_t sums[BITS][WORDS] = {{0}};
    uint64_t row[WORDS];
    memcpy(sums[0], start->bytes, sizeof sums[0]);
    for (size_t i = 0; i < n; i++) {
        memcpy(row, rows[i].bytes, sizeof row);
        for (unsigned bit = 0; bit < BITS; bit++) {
            uint64_t mask = 0u - ((uint64_t)weights[i] >> bit & 1u);
            for (unsigned w = 0; w < WORDS; w++) {
                sums[bit][w] ^= row[w] & mask;
            }
        }
    }
    for (unsigned bit = BITS - 1; bit-- > 0;) {
        for (unsigned w = 0; w < WORDS; w++) {
            sums[bit][w] ^= twice(sums[bit + 1][w]);
        }
    }
    memcpy(out->bytes, sums[0], sizeof sums[0]);
    sym_wipe(sums, sizeof sums);
    sym_wipe(row, sizeof row);
}

enum sym_err sym_shamir_split(struct sym_share *shares, size_t n, size_t t,
                              const struct sym_share *secret)
{
    SYM_SECRET_AUTO drawn = {0};
    if (t == 0 || t > n || n > SYM_SHAMIR_SHARES_MAX) {
        return SYM_BAD_VALUE;
    }
    enum sym_err err = sym_secret_new(&drawn, t * SYM_SHAMIR_BYTES);
    if (err != SYM_OK) {
        return err;
    }
    sym_random_many(drawn.data, drawn.len);
    return sym_shamir_split_with(shares, n, t, secret, (const struct sym_share *)drawn.data);
}

enum sym_err sym_shamir_split_with(struct sym_share *shares, size_t n, size_t t,
                                   const struct sym_share *secret,
                                   const struct sym_share *coefficients)
{
    struct logarithms logarithms;
    uint8_t powers[SYM_SHAMIR_SHARES_MAX];
    if (t == 0 || t > n || n > SYM_SHAMIR_SHARES_MAX) {
        return SYM_BAD_VALUE;
    }
    tabulate(&logarithms);
    for (size_t i = 0; i < n; i++) {
        unsigned x = logarithms.of[i + 1];
        for (unsigned k = 1; k < t; k++) {
            powers[k - 1] = logarithms.power[k * x % ORDER];
        }
        weighted_sum(&shares[i], secret, powers, coefficients, t - 1);
    }
    return SYM_OK;
}

enum sym_err sym_shamir_weights(uint8_t *weights, const uint8_t *points, size_t t)
{
    struct logarithms logarithms;
    bool seen[SYM_SHAMIR_SHARES_MAX + 1] = {[0] = true};
    if (t == 0 || t > SYM_SHAMIR_SHARES_MAX) {
        return SYM_BAD_VALUE;
    }
    for (size_t i = 0; i < t; i++) {
        if (seen[points[i]]) {
            return SYM_BAD_VALUE;
        }
        seen[points[i]] = true;
    }
    tabulate(&logarithms);
    for (size_t i = 0; i < t; i++) {
        unsigned sum = 0;
        for (size_t j = 0; j < t; j++) {
            if (j != i) {
                sum += logarithms.of[points[j]] + ORDER - logarithms.of[points[j] ^ points[i]];
            }
        }
        weights[i] = logarithms.power[sum % ORDER];
    }
    return SYM_OK;
}

void sym_shamir_combine(struct sym_share *secret, const uint8_t *weights,
                        const struct sym_share *shares, size_t t)
{
    static const struct sym_share zero;
    weighted_sum(secret, &zero, weights, shares, t);
}
