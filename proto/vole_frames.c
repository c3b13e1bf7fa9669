#include "proto/vole_state.h"

_Static_assert(VOLE_HEAD_BYTES + SYM_VOLE_FRAME_BYTES <= SYM_DATA_BYTES_MAX,
               "a full frame fits into a data frame");
_Static_assert(SYM_VOLE_FRAME_BYTES % SYM_VOLE_MASK_BYTES == 0, "no frame ends inside a mask");

static size_t part(size_t len, size_t at)
{
    return len - at < SYM_VOLE_FRAME_BYTES ? len - at : SYM_VOLE_FRAME_BYTES;
}

/* What leaves ----------------------------------------------------------------------------------
 */

size_t sym_vole_frame_due(const struct sym_vole_run *run, const struct vole_departure *d)
{
    size_t n = part(d->len, run->departed);
    return d->ready < n || d->ready - n < run->departed ? 0 : VOLE_HEAD_BYTES + n;
}

bool sym_vole_frame_put(struct sym_vole_run *run, const struct vole_departure *d, uint8_t *out)
{
    size_t n = part(d->len, run->departed);
    out[0] = (uint8_t)d->type;
    memcpy(out + VOLE_HEAD_BYTES, d->from + run->departed, n);
    run->departed += n;
    if (run->departed < d->len) {
        return false;
    }
    run->departed = 0;
    return true;
}

/* What arrives ---------------------------------------------------------------------------------
 */

static const struct vole_taker *taker(const struct sym_vole_run *run, enum vole_message type)
{
    return sym_vole_is_r(run) ? sym_vole_r_taker(run->state, type)
                              : sym_vole_s_taker(run->state, type);
}

static enum sym_err begin(struct sym_vole_run *run, enum vole_message type)
{
    const struct vole_taker *t = taker(run, type);
    if (t == NULL) {
        return sym_vole_blame(run, SYM_WRONG_STATE, "a message came that was not its turn");
    }
    enum sym_err err = t->begin(run, &run->arrival);
    if (err == SYM_OK) {
        run->arrival.type = type;
        run->arrival.at = 0;
    }
    return err;
}

static enum sym_err continue_with(struct sym_vole_run *run, enum vole_message type)
{
    if (run->arrival.type == VOLE_NO_MESSAGE) {
        return begin(run, type);
    }
    return type == run->arrival.type
               ? SYM_OK
               : sym_vole_blame(run, SYM_WRONG_STATE, "a message began inside another one");
}

enum sym_err sym_vole_frame_take(struct sym_vole_run *run, struct sym_span payload)
{
    struct vole_arrival *a = &run->arrival;
    struct sym_reader r = sym_reader(payload);
    uint8_t type = sym_read_u8(&r);
    if (r.err != SYM_OK || type < VOLE_M1 || type > VOLE_M9) {
        return sym_vole_blame(run, SYM_BAD_FORMAT, "a frame came that is of no message");
    }
    if (run->state == VOLE_DEAD) {
        return SYM_WRONG_STATE;
    }
    enum sym_err err = continue_with(run, (enum vole_message)type);
    if (err != SYM_OK) {
        return err;
    }
    if (r.left != part(a->len, a->at)) {
        return sym_vole_blame(run, SYM_BAD_VALUE, "a frame came with another length than is due");
    }
    memcpy(a->to + a->at, r.at, r.left);
    a->at += r.left;
    if (type == VOLE_M9) {
        err = sym_vole_list_came(run, a->at / SYM_VOLE_MASK_BYTES);
    }
    if (err != SYM_OK || a->at < a->len) {
        return err;
    }
    *a = (struct vole_arrival){0};
    return taker(run, (enum vole_message)type)->end(run);
}
