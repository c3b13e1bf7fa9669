/* envelope.h - the header in front of every frame between the cores of two nodes.
 *
 *     version (1 byte, 1) | type (1 byte) | exchange id (16 bytes) | body
 *
 * The gates see it and nothing behind it. The body of an ASK starts with two key hints (8 bytes
 * each: the first bytes of the sender's and of the receiver's X25519 public key), which tell slots
 * apart while a key is rotated; then comes Noise message 1. The body of an ANSWER is Noise message
 * 2, a sealed body is Noise transport.
 * Errors: SYM_SHORT, SYM_TOO_LONG, SYM_BAD_VERSION, SYM_BAD_VALUE.
 */
#ifndef SYM_PROTO_ENVELOPE_H
#define SYM_PROTO_ENVELOPE_H

#include "crypto/bytes.h"
#include "proto/limits.h"

enum sym_frame_type {
    SYM_FRAME_ASK = 1,    /* Noise message 1: the signed request */
    SYM_FRAME_ANSWER = 2, /* Noise message 2: the signed receipt */
    SYM_FRAME_SEALED = 3, /* transport: data, close, abort */
};

#define SYM_KEY_HINT_BYTES  8u
#define SYM_KEY_HINTS_BYTES (2u * SYM_KEY_HINT_BYTES)

struct sym_envelope {
    enum sym_frame_type type;
    uint8_t exchange_id[SYM_EXCHANGE_ID_BYTES];
};

/* Reads the header; *body borrows the rest of the frame. */
SYM_MUST enum sym_err sym_envelope_read(struct sym_envelope *out, struct sym_span *body,
                                        struct sym_span frame);
void sym_envelope_write(uint8_t out[SYM_ENVELOPE_BYTES], const struct sym_envelope *e);

#endif
