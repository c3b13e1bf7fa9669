/* cpu.h - which instructions the processor and the operating system offer, to choose code by.
 *
 * Registers of 256 or 512 bits count only where the operating system saves them (XCR0), so that
 * what is reported here can be executed. On processors that are not x86-64 nothing is reported.
 * Asking takes microseconds, on virtual machines tens of them, as the CPUID instruction is slow:
 * ask where something is set up, and keep the choice there. No errors.
 */
#ifndef SYM_CRYPTO_CPU_H
#define SYM_CRYPTO_CPU_H

#include <stdbool.h>
#include <stdint.h>

/* Bits of a set. VAES and VPCLMULQDQ are about registers of 256 bits; those of 512 bits need
 * SYM_CPU_AVX512F beside them. */
#define SYM_CPU_PCLMUL     (1u << 0)
#define SYM_CPU_AES        (1u << 1)
#define SYM_CPU_AVX2       (1u << 2)
#define SYM_CPU_BMI2       (1u << 3)
#define SYM_CPU_ADX        (1u << 4)
#define SYM_CPU_SHA        (1u << 5)
#define SYM_CPU_GFNI       (1u << 6)
#define SYM_CPU_VAES       (1u << 7)
#define SYM_CPU_VPCLMULQDQ (1u << 8)
#define SYM_CPU_AVX512F    (1u << 9)
#define SYM_CPU_AVX512DQ   (1u << 10)
#define SYM_CPU_AVX512IFMA (1u << 11)
#define SYM_CPU_AVX512BW   (1u << 12)
#define SYM_CPU_AVX512VL   (1u << 13)
#define SYM_CPU_AVX512VBMI (1u << 14)
/* Made by AMD: a third cache serves a few cores, and answers these in some fifty cycles. */
#define SYM_CPU_AMD (1u << 15)

/* The set of what can be executed here. */
uint32_t sym_cpu_features(void);

/* Are all of wanted, a set, among features? */
static inline bool sym_cpu_has(uint32_t features, uint32_t wanted)
{
    return (features & wanted) == wanted;
}

#endif
