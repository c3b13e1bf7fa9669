/* base58.h - Base58Check, as Bitcoin and its relatives write addresses and keys.
 *
 * Pure; nothing here allocates.
 * Errors: SYM_BAD_FORMAT (a character outside the alphabet, too short), SYM_TOO_LONG,
 * SYM_BAD_VALUE (the checksum does not match).
 */
#ifndef SYM_CLI_INGEST_BASE58_H
#define SYM_CLI_INGEST_BASE58_H

#include "crypto/bytes.h"

#define SYM_BASE58_BYTES_MAX 96u /* of decoded bytes, checksum included */

/* Version and payload, without the checksum, to out. */
SYM_MUST enum sym_err sym_base58check(uint8_t out[SYM_BASE58_BYTES_MAX], size_t *len,
                                      struct sym_span text);

#endif
