/* The backend of eight lanes (ifma.h) for those of AMD's processors that have AVX-512 IFMA. */
#if defined __AVX512IFMA__ || defined SYM_IFMA_EMULATED

#define FOLD_BY_WHOLE_PRODUCTS
#include "crypto/ristretto/ifma.h"

static bool is_usable(void)
{
#ifdef SYM_IFMA_EMULATED
    return true;
#else
    return sym_cpu_has(sym_cpu_features(), SYM_IFMA_WANTS | SYM_CPU_AMD);
#endif
}

#define BACKEND        sym_ristretto_ifma_amd
#define BACKEND_NAME   "ifma-amd"
#define BACKEND_SHA512 sym_sha512_avx512
#include "crypto/ristretto/batch.h"

#else

typedef int sym_ristretto_without_ifma_amd; /* an empty file is no C */

#endif
