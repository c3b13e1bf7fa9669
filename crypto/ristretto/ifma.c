/* The backend of eight lanes (ifma.h) for processors that have AVX-512 IFMA. */
#if defined __AVX512IFMA__ || defined SYM_IFMA_EMULATED

#include "crypto/ristretto/ifma.h"

static bool is_usable(void)
{
#ifdef SYM_IFMA_EMULATED
    return true;
#else
    return sym_cpu_has(sym_cpu_features(), SYM_IFMA_WANTS);
#endif
}

#define BACKEND        sym_ristretto_ifma
#define BACKEND_NAME   "ifma"
#define BACKEND_SHA512 sym_sha512_avx512
#include "crypto/ristretto/batch.h"

#define X25519 sym_x25519_ifma
#include "crypto/ristretto/x25519.h"

#else

typedef int sym_ristretto_without_ifma; /* an empty file is no C */

#endif
