/* laplace_kernel.h - how noise is looked up; for crypto/laplace and its kernels only.
 *
 * A kernel compares every draw with every threshold: its time depends on the counts of both only.
 */
#ifndef SYM_CRYPTO_LAPLACE_KERNEL_H
#define SYM_CRYPTO_LAPLACE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/* A number below 2^127. */
struct sym_threshold {
    uint64_t low;
    uint64_t high;
};

/* Draws that a kernel takes at once: n of sym_laplace_above_avx2 is a multiple of it. */
#define SYM_LAPLACE_LANES 16u

#ifdef __x86_64__
/* above[i] = how many of the thresholds lie above the upper 127 bits of the draw of two words, the
 * lower first, at drawn[2 i]; for i in [0, n). Wants SYM_CPU_AVX2. */
void sym_laplace_above_avx2(uint64_t *above, const uint64_t *drawn, size_t n,
                            const struct sym_threshold *thresholds, size_t count);
#endif

#endif
