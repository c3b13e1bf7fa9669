#include "proto/envelope.h"

#include <string.h>

#define ENVELOPE_VERSION 1u

enum sym_err sym_envelope_read(struct sym_envelope *out, struct sym_span *body,
                               struct sym_span frame)
{
    if (frame.len > SYM_FRAME_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    struct sym_reader r = sym_reader(frame);
    uint8_t version = sym_read_u8(&r);
    uint8_t type = sym_read_u8(&r);
    struct sym_span id = sym_read_span(&r, SYM_EXCHANGE_ID_BYTES);
    struct sym_span rest = sym_read_span(&r, r.left);
    enum sym_err err = sym_read_end(&r);
    if (err != SYM_OK) {
        return err;
    }
    if (version != ENVELOPE_VERSION) {
        return SYM_BAD_VERSION;
    }
    if (type < SYM_FRAME_ASK || type > SYM_FRAME_SEALED) {
        return SYM_BAD_VALUE;
    }
    out->type = (enum sym_frame_type)type;
    memcpy(out->exchange_id, id.data, sizeof out->exchange_id);
    *body = rest;
    return SYM_OK;
}

void sym_envelope_write(uint8_t out[SYM_ENVELOPE_BYTES], const struct sym_envelope *e)
{
    out[0] = ENVELOPE_VERSION;
    out[1] = (uint8_t)e->type;
    memcpy(out + 2, e->exchange_id, sizeof e->exchange_id);
}
