/* ristretto_backend.h - what a backend of crypto/ristretto has to provide; for its backends only.
 *
 * ristretto.c has checked what all backends share before it calls one: n > 0, scalars are
 * canonical and neither 0 nor l-2, weights are canonical. The backend decodes as RFC 9496 says (a
 * set bit 255 is refused), handles any n (it pads its own last group), works in place, wipes what
 * it leaves behind, and takes the same time for all scalars and accepted elements, sum excepted.
 *
 * A function returns n when all is well, otherwise the lowest index with a bad element: an input
 * that decoding refuses, or the identity as input or result. What it has written then does not
 * matter: ristretto.c wipes it.
 */
#ifndef SYM_CRYPTO_RISTRETTO_BACKEND_H
#define SYM_CRYPTO_RISTRETTO_BACKEND_H

#include "crypto/ristretto.h"

struct sym_ristretto {
    const char *name;
    bool (*usable)(void); /* can this CPU run it? */
    size_t (*check)(const struct sym_element *in, size_t n);
    size_t (*derive)(struct sym_element *out, const struct sym_uniform *in, size_t n);
    size_t (*multiply)(struct sym_element *out, const struct sym_element *in, size_t n,
                       const struct sym_scalar *k);
    /* A scalar for each. */
    size_t (*multiply_each)(struct sym_element *out, const struct sym_element *in, size_t n,
                            const struct sym_scalar *k);
    size_t (*derive_multiply)(struct sym_element *out, const struct sym_uniform *in, size_t n,
                              const struct sym_scalar *k);
    size_t (*add)(struct sym_element *out, const struct sym_element *a, const struct sym_element *b,
                  size_t n);
    /* sets > 0; only the last sum counts as one that may not be the identity. */
    size_t (*add_multiply)(struct sym_element *out, const struct sym_element *const *in,
                           size_t sets, size_t n, const struct sym_scalar *k);
    /* Variable time. Here, and only here, the result may be the identity (32 zero bytes).
     * weight_len is 16 or 32. */
    size_t (*sum)(struct sym_element *out, const struct sym_element *in, size_t n,
                  const uint8_t *weights, size_t weight_len);
    sym_sha512_lanes *sha512; /* or NULL */
};

/* All but sodium are on x86-64 only. */
extern const struct sym_ristretto sym_ristretto_ifma_amd;
extern const struct sym_ristretto sym_ristretto_ifma;
extern const struct sym_ristretto sym_ristretto_avx2;
extern const struct sym_ristretto sym_ristretto_sodium;

/* Marks what follows from secrets but is public (which element was refused, that a scalar is not
 * usable) for the constant-time check, which runs under valgrind; otherwise nothing. */
#ifdef SYM_CTCHECK
#include <valgrind/memcheck.h>
#define SYM_DECLASSIFY(object) ((void)VALGRIND_MAKE_MEM_DEFINED(&(object), sizeof(object)))
#else
#define SYM_DECLASSIFY(object) ((void)(object))
#endif

#endif
