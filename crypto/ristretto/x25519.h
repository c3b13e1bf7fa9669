/* x25519.h - X25519 (RFC 7748) of one private key and LANES public ones, by the ladder of ladder.h,
 * as a function whose name, X25519, the including file defines. Where a public key is of small
 * order all zeros come out: the inverse of zero is zero here.
 */
#ifndef SYM_CRYPTO_RISTRETTO_X25519_H
#define SYM_CRYPTO_RISTRETTO_X25519_H

#include "crypto/agree_kernel.h"
#include "crypto/ristretto/batch.h"

#define X25519_STEPS 255u

_Static_assert(LANES == SYM_AGREE_LANES, "a public key for each lane");

struct x25519 {
    lanes swap[X25519_STEPS + 1];
    struct rung r;
    struct fixed u;
    struct fe numerator;
    struct fe denominator;
};

/* Of the scalar, whose lowest three bits are cleared and whose bit 254 is set. */
NOINLINE void x25519_prepare(struct x25519 *x, const uint8_t scalar[SYM_X25519_BYTES])
{
    uint64_t words[4];
    scalar_words(words, scalar);
    words[0] &= ~UINT64_C(7);
    words[3] |= UINT64_C(1) << 62;
    ladder_swaps(x->swap, words, X25519_STEPS);
    sym_wipe(words, sizeof words);
}

NOINLINE void x25519_climb(struct x25519 *x, const uint8_t *remotes)
{
    struct fe one;
    struct fe u;
    fe_one(&one);
    (void)fe_load(&u, remotes, SYM_X25519_BYTES); /* bit 255 does not count */
    x->r.sum_q = one;
    x->r.less_q = one;
    fe_add(&x->r.sum_p, &u, &one);
    fe_sub(&x->r.less_p, &u, &one);
    fixed_prepare(&x->u, &u);
    for (size_t step = 0; step < X25519_STEPS; step++) {
        rung_step(&x->r, x->swap[step], &x->u);
    }
    rung_settle(&x->r, &x->r);
    fe_select(&x->r.sum_q, x->swap[X25519_STEPS], &x->r.sum_q, &x->r.sum_p);
    fe_select(&x->r.less_q, x->swap[X25519_STEPS], &x->r.less_q, &x->r.less_p);
    fe_add(&x->numerator, &x->r.sum_q, &x->r.less_q);
    fe_sub(&x->denominator, &x->r.sum_q, &x->r.less_q);
}

void X25519(uint8_t *shared, const uint8_t private_key[SYM_X25519_BYTES], const uint8_t *remotes)
{
    struct x25519 x;
    x25519_prepare(&x, private_key);
    x25519_climb(&x, remotes);
    fe_invert(&x.denominator);
    fe_mul(&x.numerator, &x.numerator, &x.denominator);
    fe_freeze(&x.numerator, &x.numerator);
    frozen_store(shared, &x.numerator);
    sym_wipe(&x, sizeof x);
    sym_wipe_stack(STACK_BYTES);
    wipe_registers();
}

#endif
