/* vole_kernels.h - the kernels of crypto/vole that this CPU can run, for tests of each. */
#ifndef SYM_TESTS_SUPPORT_VOLE_KERNELS_H
#define SYM_TESTS_SUPPORT_VOLE_KERNELS_H

#include "crypto/vole/code.h"
#include "crypto/vole/kernel.h"

#define MOST_KERNELS 8

/* All that can run here, fastest first; how many. `portable` is always the last. */
static inline size_t usable_kernels(const struct sym_vole_kernel *out[MOST_KERNELS])
{
    size_t n = 0;
    for (size_t at = 0; n < MOST_KERNELS && sym_vole_kernel_name_at(at) != NULL; at++) {
        if (sym_vole_kernel_choose(&out[n], sym_vole_kernel_name_at(at)) == SYM_OK) {
            n++;
        }
    }
    return n;
}

/* Scratch for the code: one call at a time. */
static inline void *code_scratch(void)
{
    static _Alignas(64) uint8_t scratch[SYM_CODE_SCRATCH_BYTES];
    return scratch;
}

#endif
