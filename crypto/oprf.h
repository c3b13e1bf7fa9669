/* oprf.h - RFC 9497 OPRF(ristretto255, SHA-512), batched. Only mode 0x00 (OPRF) is implemented; the
 * verifiable modes are not.
 *
 * All elements of a batch share one secret scalar. Inputs are borrowed spans in any order, so that
 * a shuffled batch needs no copy; token digests (32 bytes) are the usual ones. Outputs are
 * caller-allocated; n counts elements. Nothing here allocates, logs or reads a clock; it takes
 * 64 KiB of stack beside what the backend uses. Running time depends on counts and public lengths
 * only, never on scalars or inputs.
 *
 * Errors: SYM_BAD_ELEMENT (an encoding that RFC 9496 rejects, or the identity), SYM_TOO_LONG (an
 * input of more than 65535 bytes), both with the index in *bad (may be NULL); SYM_BAD_SCALAR;
 * SYM_BAD_VALUE (tag length). After an error no output is left: what was written is zero again.
 */
#ifndef SYM_CRYPTO_OPRF_H
#define SYM_CRYPTO_OPRF_H

#include "crypto/ristretto.h"

#define SYM_OPRF_SEED_BYTES      32u
#define SYM_OPRF_INPUT_MAX_BYTES 65535u
/* The full output of Finalize, and the shortest truncation of it that is given. */
#define SYM_OPRF_TAG_MAX_BYTES 64u
#define SYM_OPRF_TAG_MIN_BYTES 8u

/* Does Finalize hash the input too (as in the RFC), or an empty one in its place? The second is for
 * results that come back in an order which hides the input they belong to. */
enum sym_oprf_binding { SYM_OPRF_INPUT, SYM_OPRF_NO_INPUT };

/* Where tags go: n * len bytes, the first len bytes of each Finalize output. */
struct sym_oprf_tags {
    uint8_t *data;
    size_t len; /* of one tag */
};

/* spans[i] = the i-th of n items of len bytes each that lie one behind the other. */
void sym_oprf_spans(struct sym_span *spans, size_t n, const void *items, size_t len);

/* For tests: DeriveKeyPair (section 3.2.1), the private half. info: up to 65535 bytes. */
SYM_MUST enum sym_err sym_oprf_derive_key(struct sym_scalar *out,
                                          const uint8_t seed[SYM_OPRF_SEED_BYTES],
                                          struct sym_span info);

/* For tests: out[i] = HashToGroup(inputs[i]). Secret: whoever sees it can test guesses of the
 * input. */
SYM_MUST enum sym_err sym_oprf_hash_to_group(struct sym_element *out, size_t *bad,
                                             const struct sym_ristretto *with,
                                             const struct sym_span *inputs, size_t n);

/* out[i] = blind * HashToGroup(inputs[i]). */
SYM_MUST enum sym_err sym_oprf_blind(struct sym_element *out, size_t *bad,
                                     const struct sym_ristretto *with,
                                     const struct sym_span *inputs, size_t n,
                                     const struct sym_scalar *blind);

/* out[i] = key * blinded[i]; out may be blinded itself. */
SYM_MUST enum sym_err sym_oprf_evaluate(struct sym_element *out, size_t *bad,
                                        const struct sym_ristretto *with,
                                        const struct sym_element *blinded, size_t n,
                                        const struct sym_scalar *key);

/* tags[i] = Finalize(inputs[i], blind, evaluated[i]); inputs is NULL for SYM_OPRF_NO_INPUT. */
SYM_MUST enum sym_err sym_oprf_finalize(struct sym_oprf_tags tags, size_t *bad,
                                        const struct sym_ristretto *with,
                                        const struct sym_span *inputs,
                                        const struct sym_element *evaluated, size_t n,
                                        const struct sym_scalar *blind);

/* tags[i] = Evaluate(key, inputs[i]): the same tags, for inputs that the holder of the key has. */
SYM_MUST enum sym_err sym_oprf_evaluate_own(struct sym_oprf_tags tags, size_t *bad,
                                            const struct sym_ristretto *with,
                                            const struct sym_span *inputs, size_t n,
                                            const struct sym_scalar *key,
                                            enum sym_oprf_binding binding);

#endif
