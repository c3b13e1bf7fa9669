/* sp.h - the SP mapping that nanomsg and nng speak on stream transports, inside TLS.
 *
 * Each side first sends 8 bytes: 00 'S' 'P' 00, protocol (PAIR, 0x0010), two reserved zero bytes.
 * Then every message is a 64-bit big-endian length and that many bytes. The length is checked
 * against SYM_FRAME_BYTES_MAX before anything is allocated for it.
 * Source: nanomsg RFC "SP TCP mapping"; nng tls+tcp uses the same inside TLS.
 * Errors: SYM_BAD_FORMAT, SYM_BAD_VERSION (another protocol), SYM_TOO_LONG.
 */
#ifndef SYM_PROTO_SP_H
#define SYM_PROTO_SP_H

#include "crypto/bytes.h"
#include "proto/limits.h"

#define SYM_SP_HELLO_BYTES  8u
#define SYM_SP_LENGTH_BYTES 8u

void sym_sp_hello(uint8_t out[SYM_SP_HELLO_BYTES]);
SYM_MUST enum sym_err sym_sp_hello_check(const uint8_t in[SYM_SP_HELLO_BYTES]);
/* The payload length of the next frame, 0 < *len <= SYM_FRAME_BYTES_MAX. */
SYM_MUST enum sym_err sym_sp_length(size_t *len, const uint8_t in[SYM_SP_LENGTH_BYTES]);

#endif
