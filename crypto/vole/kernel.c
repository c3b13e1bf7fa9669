#include "crypto/cpu.h"
#include "crypto/vole/kernel_table.h"

/* Fastest first. */
static const struct sym_vole_kernel *const kernels[] = {
#ifdef __x86_64__
    &sym_vole_kernel_vaes512_amd, &sym_vole_kernel_vaes512,
    &sym_vole_kernel_aesni,       &sym_vole_kernel_aesni_nosha,
#endif
    &sym_vole_kernel_portable,
};

#define KERNELS (sizeof kernels / sizeof *kernels)

enum sym_err sym_vole_kernel_choose(const struct sym_vole_kernel **out, const char *forced)
{
    const uint32_t features = sym_cpu_features();
    enum sym_err err = SYM_NOT_FOUND;
    for (size_t i = 0; i < KERNELS; i++) {
        if (forced != NULL && strcmp(forced, kernels[i]->name) != 0) {
            continue;
        }
        if (sym_cpu_has(features, kernels[i]->needs)) {
            *out = kernels[i];
            return SYM_OK;
        }
        err = SYM_UNSUPPORTED;
    }
    return err;
}

bool sym_vole_kernel_is_fast(const struct sym_vole_kernel *with)
{
    return with->needs != 0;
}

const char *sym_vole_kernel_name_at(size_t at)
{
    return at < KERNELS ? kernels[at]->name : NULL;
}
