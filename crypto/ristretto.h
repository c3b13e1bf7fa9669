/* ristretto.h - batch arithmetic in ristretto255 (RFC 9496), and its scalars.
 *
 * An element is its 32-byte encoding; there is no decoded form in this interface, so "decode" is
 * part of every function that takes elements and "encode" of every one that gives them. The
 * identity is neither taken nor given: no protocol here has a use for it.
 *
 * A batch shares one secret scalar, but in sym_ristretto_multiply_each. The work is done by one of
 * several backends that behave alike; the caller chooses one at start-up and passes the immutable
 * table along. Arrays are caller-allocated, n counts elements, and out may be an input array itself
 * (not overlap it otherwise). Nothing here allocates; a backend may use 512 KiB of stack. Running
 * time depends on n and on which encodings are refused, never on scalars or accepted elements,
 * except in sym_ristretto_sum, whose inputs are public.
 *
 * Scalars are plain values. One that lives as long as a function is declared SYM_SCALAR_AUTO, which
 * wipes it on every way out; one that lives longer has its home in a struct sym_secret
 * (sym_scalar_in), whose pages are locked and which wipes it when freed. Never put one bare into
 * another structure. A scalar made here is canonical and not zero.
 *
 * Errors: SYM_BAD_ELEMENT (an encoding that RFC 9496 rejects, or the identity, as input or result;
 * *bad, which may be NULL, is then the lowest such index, and all outputs of the batch are zero),
 * SYM_BAD_SCALAR.
 */
#ifndef SYM_CRYPTO_RISTRETTO_H
#define SYM_CRYPTO_RISTRETTO_H

#include "crypto/sha512/sha512.h"

#define SYM_ELEMENT_BYTES      32u
#define SYM_SCALAR_BYTES       32u
#define SYM_UNIFORM_BYTES      64u
#define SYM_SHORT_WEIGHT_BYTES 16u

/* n elements are 32 * n bytes, in memory as on the wire. */
struct sym_element {
    uint8_t bytes[SYM_ELEMENT_BYTES];
};

/* Uniformly distributed bytes, such as the output of expand_message_xmd. */
struct sym_uniform {
    uint8_t bytes[SYM_UNIFORM_BYTES];
};

/* An integer 0 < k < l (the group order), little-endian. Secret. */
struct sym_scalar {
    uint8_t bytes[SYM_SCALAR_BYTES];
};

void sym_scalar_wipe(struct sym_scalar *k);

#define SYM_SCALAR_AUTO __attribute__((cleanup(sym_scalar_wipe))) struct sym_scalar

/* The scalar inside home, a secret of SYM_SCALAR_BYTES; NULL when home has another length. */
struct sym_scalar *sym_scalar_in(const struct sym_secret *home);

/* Uniform in 1 … l-1. */
void sym_scalar_random(struct sym_scalar *out);
/* The scalar with this canonical encoding. SYM_BAD_SCALAR for 0 and for l and above. */
SYM_MUST enum sym_err sym_scalar_from_bytes(struct sym_scalar *out,
                                            const uint8_t in[SYM_SCALAR_BYTES]);
/* A 512-bit little-endian integer mod l. SYM_BAD_SCALAR when that is 0. */
SYM_MUST enum sym_err sym_scalar_from_wide(struct sym_scalar *out,
                                           const uint8_t in[SYM_UNIFORM_BYTES]);
/* 1/k, -k, a+b and a*b mod l; out may be an input. SYM_BAD_SCALAR for an input or a sum that no
 * scalar can be. */
SYM_MUST enum sym_err sym_scalar_invert(struct sym_scalar *out, const struct sym_scalar *k);
SYM_MUST enum sym_err sym_scalar_negate(struct sym_scalar *out, const struct sym_scalar *k);
SYM_MUST enum sym_err sym_scalar_add(struct sym_scalar *out, const struct sym_scalar *a,
                                     const struct sym_scalar *b);
SYM_MUST enum sym_err sym_scalar_multiply(struct sym_scalar *out, const struct sym_scalar *a,
                                          const struct sym_scalar *b);

/* One backend: a constant table, shared by all threads without locks. */
struct sym_ristretto;

/* The fastest backend that this CPU can run, or the one called forced (NULL for none): for tests
 * and for comparing. SYM_NOT_FOUND when no backend has that name, SYM_UNSUPPORTED when this CPU
 * lacks what it needs. */
SYM_MUST enum sym_err sym_ristretto_choose(const struct sym_ristretto **out, const char *forced);
const char *sym_ristretto_name(const struct sym_ristretto *with);
/* The name of the backend at this place, fastest first; NULL past the last. */
const char *sym_ristretto_name_at(size_t at);
/* The kernel for crypto/sha512_many.h that the same instructions serve; NULL for none. */
sym_sha512_lanes *sym_ristretto_sha512(const struct sym_ristretto *with);

/* The generator of RFC 9496 section 4. */
extern const struct sym_element sym_ristretto_generator;

/* Succeeds when every in[i] is a valid encoding and not the identity. */
SYM_MUST enum sym_err sym_ristretto_check(size_t *bad, const struct sym_ristretto *with,
                                          const struct sym_element *in, size_t n);

/* out[i] = the element derivation of in[i] (RFC 9496 section 4.3.4). */
SYM_MUST enum sym_err sym_ristretto_derive(struct sym_element *out, size_t *bad,
                                           const struct sym_ristretto *with,
                                           const struct sym_uniform *in, size_t n);

/* out[i] = k * in[i]. SYM_BAD_SCALAR also for k = l-2, for which the ladders of some backends are
 * wrong on some elements: refused here, so that every backend refuses it. */
SYM_MUST enum sym_err sym_ristretto_multiply(struct sym_element *out, size_t *bad,
                                             const struct sym_ristretto *with,
                                             const struct sym_element *in, size_t n,
                                             const struct sym_scalar *k);

/* out[i] = k[i] * in[i], each its own scalar, faster than one by one. Scalars as above: *bad is the
 * index of the first that is refused. */
SYM_MUST enum sym_err sym_ristretto_multiply_each(struct sym_element *out, size_t *bad,
                                                  const struct sym_ristretto *with,
                                                  const struct sym_element *in, size_t n,
                                                  const struct sym_scalar *k);

/* out[i] = k * derivation of in[i], faster than the two steps. Scalars as above. */
SYM_MUST enum sym_err sym_ristretto_derive_multiply(struct sym_element *out, size_t *bad,
                                                    const struct sym_ristretto *with,
                                                    const struct sym_uniform *in, size_t n,
                                                    const struct sym_scalar *k);

/* out[i] = a[i] + b[i]. SYM_BAD_ELEMENT also where b[i] = -a[i]. */
SYM_MUST enum sym_err sym_ristretto_add(struct sym_element *out, size_t *bad,
                                        const struct sym_ristretto *with,
                                        const struct sym_element *a, const struct sym_element *b,
                                        size_t n);

/* out[i] = k * (in[0][i] + … + in[sets - 1][i]), faster than the steps. Sums on the way may be the
 * identity. Scalars as above; SYM_BAD_VALUE for no sets. out may be one of the arrays. */
SYM_MUST enum sym_err sym_ristretto_add_multiply(struct sym_element *out, size_t *bad,
                                                 const struct sym_ristretto *with,
                                                 const struct sym_element *const *in, size_t sets,
                                                 size_t n, const struct sym_scalar *k);

/* *out = the sum of weights[i] * in[i]. For PUBLIC elements and weights only: running time depends
 * on both. weights holds n little-endian integers of weight_len bytes each: SYM_SHORT_WEIGHT_BYTES
 * (any value), or SYM_SCALAR_BYTES (below l, else SYM_BAD_SCALAR and *bad is its index);
 * SYM_BAD_VALUE for another length. A weight may be 0; its element is checked nevertheless. A sum
 * that is the identity, such as the empty one, is SYM_BAD_ELEMENT with *bad = n. *out is written
 * only on success. */
SYM_MUST enum sym_err sym_ristretto_sum(struct sym_element *out, size_t *bad,
                                        const struct sym_ristretto *with,
                                        const struct sym_element *in, size_t n,
                                        const uint8_t *weights, size_t weight_len);

#endif
