#include "crypto/cpu.h"

#ifdef __x86_64__

#include <cpuid.h>
#include <stddef.h>

#define VENDOR   0u
#define BASE     1u
#define EXTENDED 7u
#define OSXSAVE  (1u << 27)
/* What the operating system has to save for registers of 256 and of 512 bits. */
#define STATE_256 0x06u
#define STATE_512 0xe6u

enum source { BASE_ECX, EXTENDED_EBX, EXTENDED_ECX, SOURCE_COUNT };

/* Intel's manual, volume 2, CPUID. The compilers' own tests do not know all of these. */
static const struct bit {
    uint32_t feature;
    enum source source;
    uint8_t bit;
    uint8_t state;
} bits[] = {
    {SYM_CPU_PCLMUL, BASE_ECX, 1, 0},
    {SYM_CPU_AES, BASE_ECX, 25, 0},
    {SYM_CPU_AVX2, EXTENDED_EBX, 5, STATE_256},
    {SYM_CPU_BMI2, EXTENDED_EBX, 8, 0},
    {SYM_CPU_ADX, EXTENDED_EBX, 19, 0},
    {SYM_CPU_SHA, EXTENDED_EBX, 29, 0},
    {SYM_CPU_GFNI, EXTENDED_ECX, 8, 0},
    {SYM_CPU_VAES, EXTENDED_ECX, 9, STATE_256},
    {SYM_CPU_VPCLMULQDQ, EXTENDED_ECX, 10, STATE_256},
    {SYM_CPU_AVX512F, EXTENDED_EBX, 16, STATE_512},
    {SYM_CPU_AVX512DQ, EXTENDED_EBX, 17, STATE_512},
    {SYM_CPU_AVX512IFMA, EXTENDED_EBX, 21, STATE_512},
    {SYM_CPU_AVX512BW, EXTENDED_EBX, 30, STATE_512},
    {SYM_CPU_AVX512VL, EXTENDED_EBX, 31, STATE_512},
    {SYM_CPU_AVX512VBMI, EXTENDED_ECX, 1, STATE_512},
};

/* AMD's manual, volume 3, CPUID: "AuthenticAMD" in EBX, EDX and ECX. */
static bool is_amd(void)
{
    uint32_t eax = 0;
    uint32_t ebx = 0;
    uint32_t ecx = 0;
    uint32_t edx = 0;
    return __get_cpuid(VENDOR, &eax, &ebx, &ecx, &edx) != 0 && ebx == 0x68747541u &&
           edx == 0x69746e65u && ecx == 0x444d4163u;
}

/* XCR0. Written as an instruction because its intrinsic wants a flag for the whole file. */
static uint32_t saved_state(void)
{
    uint32_t low = 0;
    uint32_t high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    (void)high;
    return low;
}

uint32_t sym_cpu_features(void)
{
    uint32_t words[SOURCE_COUNT] = {0};
    uint32_t eax = 0;
    uint32_t ebx = 0;
    uint32_t ecx = 0;
    uint32_t edx = 0;
    if (__get_cpuid(BASE, &eax, &ebx, &ecx, &edx) != 0) {
        words[BASE_ECX] = ecx;
    }
    if (__get_cpuid_count(EXTENDED, 0, &eax, &ebx, &ecx, &edx) != 0) {
        words[EXTENDED_EBX] = ebx;
        words[EXTENDED_ECX] = ecx;
    }
    uint32_t state = (words[BASE_ECX] & OSXSAVE) != 0 ? saved_state() : 0;
    uint32_t features = is_amd() ? SYM_CPU_AMD : 0;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        if ((words[bits[i].source] >> bits[i].bit & 1u) != 0 &&
            (state & bits[i].state) == bits[i].state) {
            features |= bits[i].feature;
        }
    }
    return features;
}

#else

uint32_t sym_cpu_features(void)
{
    return 0;
}

#endif
