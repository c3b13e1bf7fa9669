/* keccak.h - Keccak-256 as Ethereum uses it, for the capitals of its addresses (EIP-55).
 *
 * This is the hash from before FIPS 202, with another padding than SHA3-256; neither libsodium nor
 * OpenSSL 3.0 has it. One block is all that an address needs. Not for secrets: time depends on
 * nothing but the length, yet nothing is wiped.
 */
#ifndef SYM_CLI_INGEST_KECCAK_H
#define SYM_CLI_INGEST_KECCAK_H

#include "crypto/bytes.h"

#define SYM_KECCAK_BYTES_MAX 135u

/* data: at most SYM_KECCAK_BYTES_MAX bytes; SYM_TOO_LONG otherwise. */
SYM_MUST enum sym_err sym_keccak256(uint8_t out[32], struct sym_span data);

#endif
