/* ristretto_pair.h - whether a backend of crypto/ristretto answers as libsodium's does: the same
 * error, the same index and the same bytes. For tests and fuzzing; n is at most PAIR_MAX. */
#ifndef SYM_TESTS_SUPPORT_RISTRETTO_PAIR_H
#define SYM_TESTS_SUPPORT_RISTRETTO_PAIR_H

#include "crypto/ristretto.h"

#define PAIR_MAX 512u

/* Compares check, multiply, add (each element and the next), add_multiply (each, the next and the
 * one after that) and sum (weights from the elements) on the encodings, derive and derive_multiply
 * on the uniform bytes. NULL, or what differs. */
const char *ristretto_pair_differs(const struct sym_ristretto *with, const struct sym_element *in,
                                   const struct sym_uniform *uniform, size_t n,
                                   const struct sym_scalar *k);

#endif
