/* dleq.h - one proof that many elements were multiplied by one secret, whose multiple of the
 * generator is known: RFC 9497 section 2.2 (ristretto255, SHA-512), batched.
 *
 * The composites M and Z, the sums of all elements and of all answers with weights, are proven to
 * have the logarithm that the public key has. Weights differ from the RFC's: 128 bits each, which
 * makes sums twice as fast, all drawn from one seed (ChaCha20), which is hashed from everything
 * that is proven. Whoever answers one element of many with another secret is found out but with
 * probability 2^-128 for each attempt. The challenge is the RFC's, of mode 0x01 (VOPRF).
 *
 * Elements, answers and proofs are public, and verifying takes a time that depends on them; proving
 * takes one that does not depend on the secret. n counts elements, SYM_DLEQ_MAX at most. Nothing
 * here allocates; it takes 64 KiB of stack beside what ristretto.h says of sums.
 *
 * Errors: SYM_BAD_TAG (the proof does not hold), SYM_BAD_ELEMENT (an element, answer or key is no
 * encoding, or the identity), SYM_BAD_SCALAR, SYM_LIMIT (too many elements), SYM_BAD_VALUE (none).
 */
#ifndef SYM_CRYPTO_DLEQ_H
#define SYM_CRYPTO_DLEQ_H

#include "crypto/aead.h"
#include "crypto/ristretto.h"

#define SYM_DLEQ_PROOF_BYTES 64u /* challenge | response */
#define SYM_DLEQ_MAX         4096u

/* What is proven: answers[i] = k * asked[i] for all i, where key = k * generator. */
struct sym_dleq {
    const struct sym_element *key;
    const struct sym_element *asked;
    const struct sym_element *answers;
    size_t n;
    uint8_t asked_hash[SYM_HASH_BYTES]; /* of these very elements: sym_dleq_hash */
    uint8_t answers_hash[SYM_HASH_BYTES];
    struct sym_span context; /* what it is bound to besides */
};

/* SHA-256 of n elements. */
SYM_MUST enum sym_err sym_dleq_hash(uint8_t out[SYM_HASH_BYTES], const struct sym_element *in,
                                    size_t n);
/* k fits st->key: the caller's duty, as are the answers. */
SYM_MUST enum sym_err sym_dleq_prove(uint8_t proof[SYM_DLEQ_PROOF_BYTES],
                                     const struct sym_ristretto *with, const struct sym_dleq *st,
                                     const struct sym_scalar *k);
SYM_MUST enum sym_err sym_dleq_verify(const uint8_t proof[SYM_DLEQ_PROOF_BYTES],
                                      const struct sym_ristretto *with, const struct sym_dleq *st);

/* The same for composites that were made otherwise (RFC 9497: GenerateProof and VerifyProof behind
 * ComputeComposites). nonce: r, used once; NULL: drawn here. */
SYM_MUST enum sym_err sym_dleq_prove_one(uint8_t proof[SYM_DLEQ_PROOF_BYTES],
                                         const struct sym_ristretto *with,
                                         const struct sym_element *key, const struct sym_element *m,
                                         const struct sym_scalar *k,
                                         const struct sym_scalar *nonce);
SYM_MUST enum sym_err sym_dleq_verify_one(const uint8_t proof[SYM_DLEQ_PROOF_BYTES],
                                          const struct sym_ristretto *with,
                                          const struct sym_element *key,
                                          const struct sym_element *m, const struct sym_element *z);

#endif
