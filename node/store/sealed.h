/* sealed.h - one value of the store, sealed: bound to its table, its key and the format, so that
 * none can be put in the place of another. crypto/seal.h says how.
 *
 * Errors: SYM_BAD_TAG (altered, moved, or the wrong key), SYM_TOO_LONG, SYM_NO_MEMORY.
 */
#ifndef SYM_NODE_STORE_SEALED_H
#define SYM_NODE_STORE_SEALED_H

#include "crypto/seal.h"

#define SYM_STORE_FORMAT       3u
#define SYM_STORE_KEY_BYTES    128u /* longest key; LMDB takes 511 */
#define SYM_SEALED_SHORT_BYTES 64u

/* Where a value belongs. */
struct sym_place {
    const char *table;
    struct sym_span key; /* at most SYM_STORE_KEY_BYTES */
};

/* out has room for value.len + SYM_SEAL_OVERHEAD_BYTES. nonce: random, never used before. kept: as
 * for sym_seal_with. */
SYM_MUST enum sym_err sym_sealed_write(uint8_t *out, struct sym_aead *kept,
                                       const struct sym_secret *key,
                                       const uint8_t nonce[SYM_SEAL_NONCE_BYTES],
                                       const struct sym_place *place, struct sym_span value);
/* value must be empty, and stays so on failure. */
SYM_MUST enum sym_err sym_sealed_read(struct sym_secret *value, const struct sym_secret *key,
                                      const struct sym_place *place, struct sym_span sealed);
/* The same into memory of the caller: *len of at most max bytes. */
SYM_MUST enum sym_err sym_sealed_read_into(uint8_t *out, size_t max, size_t *len,
                                           const struct sym_secret *key,
                                           const struct sym_place *place, struct sym_span sealed);
/* Seals anew, under `to`, a value of at most SYM_SEALED_SHORT_BYTES that is sealed under `from`.
 * out has room for sealed.len bytes. Without key memory, so that thousands take no time. */
SYM_MUST enum sym_err sym_sealed_again(uint8_t *out, const struct sym_secret *from,
                                       const struct sym_secret *to, const struct sym_place *place,
                                       struct sym_span sealed);

#endif
