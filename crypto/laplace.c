#include "crypto/laplace.h"

#include "crypto/cpu.h"
#include "crypto/fixed.h"
#include "crypto/laplace_kernel.h"

#include <stdlib.h>

__extension__ typedef unsigned __int128 wide;

#define NANO          1000000000u
#define GHOSTS_ONE_IN 100000u

struct sym_laplace {
    size_t n;
    struct sym_threshold thresholds[]; /* 2^127 P(|x| <= k) for k = 0 to n - 1, rounded down */
};

static bool good(const struct sym_laplace_params *p)
{
    if (p->sensitivity == 0 || p->sensitivity > SYM_LAPLACE_SENSITIVITY_MAX || p->shares == 0 ||
        p->shares > SYM_LAPLACE_SHARES_MAX || p->epsilon_nano > UINT64_MAX / 1000) {
        return false;
    }
    uint64_t sensitivity_nano = (uint64_t)p->sensitivity * NANO;
    return p->epsilon_nano * SYM_LAPLACE_SCALE_MAX >= sensitivity_nano &&
           p->epsilon_nano * SYM_LAPLACE_SCALE_MIN_HUNDREDTHS <= sensitivity_nano * 100;
}

/* The sum of `present` shares: its generating function ((1-q)^2 / ((1-qz)(1-q/z)))^r with
 * q = e^-a, r = present / h. Of P(x) all that is needed is sums[x] = sum of P(y) / P(0) over
 * y >= x, for x = 0 to n. */
struct tails {
    struct sym_fixed *sums; /* owned, n + 1 */
    size_t n;
    struct sym_fixed total; /* of P(y) / P(0) over all y: 1 / P(0) */
};

/* Where to stop. For X that large, Chernoff's bound with 7/8 of a gives P(|X| >= x) <=
 * 2 * 8^r e^(-7ax/8): less than 2^-160 from x = (127.6 + 2.4 r) / a on. */
static size_t reach(const struct sym_laplace_params *p, uint32_t present)
{
    uint64_t r = (present + p->shares - 1) / p->shares;
    return (size_t)((uint64_t)p->sensitivity * NANO * (128 + 3 * r) / p->epsilon_nano + 2);
}

/* Quotients rho[x] = P(x) / P(x - 1), for x = n down to 1. The derivative of the generating
 * function gives a recurrence of three terms,
 *     q (x + 1 - r) P(x+1) = (1 + q^2) x P(x) - q (x - 1 + r) P(x-1),
 * which is unstable upwards; downwards and in quotients it forgets its start (here q, the limit)
 * and its rounding errors by a factor of about q^2 per step. Everything times h: integers. */
static void quotients(struct sym_fixed *rho, size_t n, struct sym_fixed q, uint64_t h,
                      uint64_t present)
{
    struct sym_fixed centre =
        sym_fixed_times(sym_fixed_add(sym_fixed_from(1), sym_fixed_multiply(q, q)), h);
    struct sym_fixed next = q;
    for (uint64_t x = n; x > 0; x--) {
        struct sym_fixed above = sym_fixed_times(q, (x - 1) * h + present);
        struct sym_fixed below = sym_fixed_times(centre, x);
        struct sym_fixed q_next = sym_fixed_multiply(q, next);
        uint64_t weight = (x + 1) * h;
        below = weight >= present
                    ? sym_fixed_subtract(below, sym_fixed_times(q_next, weight - present))
                    : sym_fixed_add(below, sym_fixed_times(q_next, present - weight));
        next = sym_fixed_divide(above, below);
        rho[x] = next;
    }
}

static enum sym_err tails_new(struct tails *t, const struct sym_laplace_params *p, uint32_t present)
{
    size_t n = reach(p, present);
    struct sym_fixed *sums = calloc(n + 1, sizeof *sums);
    if (sums == NULL) {
        return SYM_NO_MEMORY;
    }
    struct sym_fixed q = sym_fixed_divide(
        sym_fixed_from(1), sym_fixed_exp(p->epsilon_nano, (uint64_t)p->sensitivity * NANO));
    quotients(sums, n, q, p->shares, present);
    sums[0] = sym_fixed_from(1);
    for (size_t x = 1; x <= n; x++) {
        sums[x] = sym_fixed_multiply(sums[x], sums[x - 1]);
    }
    for (size_t x = n; x-- > 0;) {
        sums[x] = sym_fixed_add(sums[x], sums[x + 1]);
    }
    *t = (struct tails){.sums = sums, .n = n, .total = sym_fixed_add(sums[0], sums[1])};
    return SYM_OK;
}

static void tails_free(struct tails *t)
{
    free(t->sums);
}

/* P(X >= x) / P(0), for x > 0. */
static struct sym_fixed tail(const struct tails *t, uint64_t x)
{
    return x <= t->n ? t->sums[x] : sym_fixed_from(0);
}

/* P(|X| > k). */
static struct sym_fixed outside(const struct tails *t, uint64_t k)
{
    return sym_fixed_divide(sym_fixed_times(tail(t, k + 1), 2), t->total);
}

/* The first 127 bits behind the point. */
static wide bits_127(struct sym_fixed a)
{
    return ((wide)a.limb[SYM_FIXED_FRACTION_LIMBS - 1] << 64 |
            a.limb[SYM_FIXED_FRACTION_LIMBS - 2]) >>
           1;
}

/* How many thresholds there are: up to the first k with P(|X| > k) < 2^-96. */
static size_t enough(const struct tails *t)
{
    size_t k = 0;
    while (bits_127(outside(t, k)) >> (127 - 96) != 0) {
        k++;
    }
    return k;
}

enum sym_err sym_laplace_new(struct sym_laplace **out, const struct sym_laplace_params *p)
{
    struct tails tails;
    if (!good(p)) {
        return SYM_BAD_VALUE;
    }
    enum sym_err err = tails_new(&tails, p, 1);
    if (err != SYM_OK) {
        return err;
    }
    size_t n = enough(&tails);
    struct sym_laplace *t = malloc(sizeof *t + n * sizeof t->thresholds[0]);
    if (t == NULL) {
        err = SYM_NO_MEMORY;
        goto out;
    }
    t->n = n;
    for (size_t k = 0; k < n; k++) {
        wide inside = bits_127(sym_fixed_subtract(sym_fixed_from(1), outside(&tails, k)));
        t->thresholds[k] = (struct sym_threshold){
            .low = (uint64_t)inside,
            .high = (uint64_t)(inside >> 64),
        };
    }
    *out = t;
out:
    tails_free(&tails);
    return err;
}

void sym_laplace_free(struct sym_laplace *t)
{
    free(t);
}

size_t sym_laplace_size(const struct sym_laplace *t)
{
    return t->n;
}

enum sym_err sym_laplace_digest(uint8_t out[SYM_HASH_BYTES], const struct sym_laplace *t)
{
    struct sym_hash hash = {0};
    enum sym_err err = sym_hash_init(&hash);
    for (size_t k = 0; k < t->n && err == SYM_OK; k++) {
        uint8_t bytes[16];
        sym_put_u64(bytes, t->thresholds[k].high);
        sym_put_u64(bytes + 8, t->thresholds[k].low);
        sym_hash_update(&hash, sym_span(bytes, sizeof bytes));
    }
    if (err == SYM_OK) {
        err = sym_hash_value(out, &hash);
    }
    sym_hash_clear(&hash);
    return err;
}

/* A difference of two numbers below 2^127 is negative where its top bit is set: written like this
 * no compiler makes a branch of it. Two draws at once, so that there is enough to do while a carry
 * is awaited, and all stays in registers. */
static void count_above(uint64_t above[2], const uint64_t drawn[4], const struct sym_laplace *t)
{
    wide u = ((wide)drawn[1] << 64 | drawn[0]) >> 1;
    wide v = ((wide)drawn[3] << 64 | drawn[2]) >> 1;
    uint64_t u_above = 0;
    uint64_t v_above = 0;
    for (size_t k = 0; k < t->n; k++) {
        wide threshold = (wide)t->thresholds[k].high << 64 | t->thresholds[k].low;
        u_above += (uint64_t)((u - threshold) >> 127);
        v_above += (uint64_t)((v - threshold) >> 127);
    }
    above[0] = u_above;
    above[1] = v_above;
}

#ifdef SYM_TEST_NO_NOISE
/* For tests that compare sums: everything as ever, and then nothing is added. */
extern const char sym_test_no_noise[];
const char sym_test_no_noise[] = "a build for tests: it adds no noise";
#define KEPT UINT64_C(0)
#else
#define KEPT UINT64_MAX
#endif

/* Cells that are drawn for at once. */
#define SOME 256u
_Static_assert(SOME % SYM_LAPLACE_LANES == 0 && SYM_LAPLACE_LANES % 2 == 0, "kernels need not pad");

static void look_up(uint64_t above[SOME], const uint64_t drawn[2 * SOME],
                    const struct sym_laplace *t, uint32_t features)
{
#ifdef __x86_64__
    if (sym_cpu_has(features, SYM_CPU_AVX2)) {
        sym_laplace_above_avx2(above, drawn, SOME, t->thresholds, t->n);
        return;
    }
#endif
    (void)features;
    for (size_t i = 0; i < SOME; i += 2) {
        count_above(above + i, drawn + 2 * i, t);
    }
}

/* |x| is the number of thresholds that are not above the 127 bits drawn; the last bit of the 128 is
 * the sign. */
static void add_some(uint64_t *cells, size_t n, const struct sym_laplace *t, const uint64_t *drawn,
                     const uint64_t *above)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t minus = 0u - (drawn[2 * i] & 1u);
        uint64_t x = ((t->n - above[i]) ^ minus) - minus;
        cells[i] += x & KEPT;
    }
}

enum sym_err sym_laplace_add(uint64_t *cells, size_t n, uint64_t first, const struct sym_laplace *t,
                             struct sym_masker *m, const uint8_t key[SYM_MASK_KEY_BYTES])
{
    uint64_t drawn[2 * SOME] = {0};
    uint64_t above[SOME];
    if (first > SYM_MASK_CELLS_MAX / 2 || n > SYM_MASK_CELLS_MAX / 2 - first) {
        return SYM_BAD_VALUE;
    }
    enum sym_err err = SYM_OK;
    for (size_t at = 0; at < n && err == SYM_OK; at += SOME) {
        size_t piece = n - at < SOME ? n - at : SOME;
        err = sym_mask_words(drawn, 2 * piece, 2 * (first + at), m, key);
        for (size_t i = 0; i < 2 * piece; i++) {
            drawn[i] = sym_mask_word(drawn[i]);
        }
        if (err == SYM_OK) {
            look_up(above, drawn, t, m->features);
            add_some(cells + at, piece, t, drawn, above);
        }
    }
    sym_wipe(drawn, sizeof drawn);
    sym_wipe(above, sizeof above);
    return err;
}

enum sym_err sym_laplace_release(struct sym_laplace_release *out,
                                 const struct sym_laplace_params *p, uint32_t present,
                                 uint64_t cells)
{
    struct tails tails;
    if (!good(p) || present == 0 || present > SYM_LAPLACE_SHARES_MAX || cells == 0 ||
        cells > SYM_MASK_CELLS_MAX) {
        return SYM_BAD_VALUE;
    }
    enum sym_err err = tails_new(&tails, p, present);
    if (err != SYM_OK) {
        return err;
    }
    uint64_t rarity = cells < GHOSTS_ONE_IN ? GHOSTS_ONE_IN : cells;
    uint64_t threshold = SYM_LAPLACE_THRESHOLD_MIN;
    while (sym_fixed_less(tails.total, sym_fixed_times(tail(&tails, threshold), rarity))) {
        threshold++;
    }
    uint64_t half_width = 0;
    while (sym_fixed_less(tails.total, sym_fixed_times(tail(&tails, half_width + 1), 40))) {
        half_width++;
    }
    struct sym_fixed inside = sym_fixed_subtract(sym_fixed_from(1), outside(&tails, half_width));
    struct sym_fixed ghost = sym_fixed_divide(tail(&tails, threshold), tails.total);
    *out = (struct sym_laplace_release){
        .threshold = threshold,
        .half_width = half_width,
        .inside_ppm = (uint32_t)sym_fixed_floor(sym_fixed_times(inside, 1000000)),
        .ghost_nano = (uint32_t)sym_fixed_ceiling(sym_fixed_times(ghost, NANO)),
    };
    tails_free(&tails);
    return SYM_OK;
}
