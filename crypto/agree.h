/* agree.h - X25519 (RFC 7748) of one private key with many public ones, which is most of what a
 * joint tabulation of many nodes agrees on. Where the CPU can, eight at a time.
 *
 * Time depends on the number of keys only. Errors: SYM_BAD_FORMAT (the private key is absent),
 * SYM_NOT_FOUND and SYM_UNSUPPORTED (see below).
 */
#ifndef SYM_CRYPTO_AGREE_H
#define SYM_CRYPTO_AGREE_H

#include "crypto/noise.h"

/* Of those that are done at once; a multiple of it leaves nobody idle. */
#define SYM_AGREE_LANES 8u

/* For i in [0, n): what sym_exchange_key_agree gives for own and remotes[i], its result in
 * verdicts[i]. What is written to shared, 32 bytes for each, is secret, and not uniform: to be
 * hashed, then wiped; where the verdict is not SYM_OK it means nothing. */
SYM_MUST enum sym_err sym_agree_many(uint8_t (*shared)[SYM_X25519_BYTES], enum sym_err *verdicts,
                                     const struct sym_exchange_key *own,
                                     const uint8_t *const *remotes, size_t n);
/* The same by what is called forced ("sodium" or "ifma"; NULL: what is fastest here), for tests and
 * for comparing. SYM_NOT_FOUND when nothing has that name, SYM_UNSUPPORTED when this CPU lacks what
 * it needs. */
SYM_MUST enum sym_err sym_agree_many_with(uint8_t (*shared)[SYM_X25519_BYTES],
                                          enum sym_err *verdicts,
                                          const struct sym_exchange_key *own,
                                          const uint8_t *const *remotes, size_t n,
                                          const char *forced);

#endif
