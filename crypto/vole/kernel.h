/* kernel.h - which instructions the vole engine runs on.
 *
 * A kernel is an immutable table of functions (AES-128, multiplication in F, SHA-256, the inner
 * loops of the code), shared by all threads without locks. All kernels give the same bytes. The
 * caller chooses one at start-up and passes it along; what it points to lives for ever.
 *
 *   vaes512-amd  AVX-512, VAES, VPCLMULQDQ, GFNI, SHA, on processors of AMD
 *   vaes512      the same on others
 *   aesni        AVX2, AES-NI, PCLMULQDQ, SHA
 *   aesni-nosha  the same without SHA
 *   portable     any CPU; constant time in plain C
 *
 * Errors: SYM_NOT_FOUND, SYM_UNSUPPORTED.
 */
#ifndef SYM_CRYPTO_VOLE_KERNEL_H
#define SYM_CRYPTO_VOLE_KERNEL_H

#include "crypto/result.h"

#include <stdbool.h>
#include <stddef.h>

struct sym_vole_kernel;

/* The fastest kernel that this CPU can run, or the one called forced (NULL for none): for tests and
 * for comparing. SYM_NOT_FOUND when none has that name, SYM_UNSUPPORTED when this CPU lacks what it
 * needs. */
SYM_MUST enum sym_err sym_vole_kernel_choose(const struct sym_vole_kernel **out,
                                             const char *forced);
/* It uses instructions that not every CPU has. */
bool sym_vole_kernel_is_fast(const struct sym_vole_kernel *with);
/* The name of the kernel at this place, fastest first; NULL past the last. */
const char *sym_vole_kernel_name_at(size_t at);

#endif
