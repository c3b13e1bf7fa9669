/* expand.h - expand_message_xmd with SHA-512 (RFC 9380 section 5.3.1).
 *
 * Spreads a message over as many uniform bytes as wanted, separated by a domain tag. Messages may
 * be secret: running time depends on lengths only, intermediates are wiped. A domain tag longer
 * than 255 bytes is hashed first (section 5.3.3). Inputs are borrowed, outputs caller-allocated,
 * lengths are bytes. Outputs are written only on success.
 * Errors: SYM_BAD_VALUE (an empty domain tag, an output length of 0), SYM_TOO_LONG (an output of
 * more than SYM_EXPAND_MAX_BYTES).
 */
#ifndef SYM_CRYPTO_EXPAND_H
#define SYM_CRYPTO_EXPAND_H

#include "crypto/sha512_many.h"

/* 255 blocks of SHA-512. */
#define SYM_EXPAND_MAX_BYTES (255u * 64u)

/* One message, the concatenation of n_parts parts, expanded to out_len bytes. */
SYM_MUST enum sym_err sym_expand_xmd(uint8_t *out, size_t out_len, const struct sym_span *parts,
                                     size_t n_parts, struct sym_span domain);

/* n messages, expanded to each bytes each: out holds n * each bytes. lanes: of
 * crypto/sha512_many.h, or NULL. */
SYM_MUST enum sym_err sym_expand_xmd_batch(uint8_t *out, size_t each, sym_sha512_lanes *lanes,
                                           const struct sym_span *messages, size_t n,
                                           struct sym_span domain);

#endif
