#include "node/gate/pump.h"

#include <poll.h>
#include <string.h>

/* Bytes that one call moves before the other links have their turn. */
#define SHARE_BYTES 262144u
/* What a frame costs beside its bytes, in bytes that could be moved meanwhile. */
#define FRAME_COST_BYTES 512u
/* Payload bytes of one TLS record. */
#define RECORD_BYTES 16384u

enum sym_err sym_pump_open(struct sym_pump *p, const char *url, struct sym_fault *fault)
{
    enum sym_err err = sym_bus_open(&p->pair, SYM_BUS_PAIR, SYM_FRAME_BYTES_MAX);
    if (err == SYM_OK) {
        err = sym_bus_connect(&p->pair, url);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "the pair to core could not be opened: it %s",
                        sym_err_text(err));
    }
    return SYM_OK;
}

void sym_pump_close(struct sym_pump *p)
{
    sym_bus_release(p->filling);
    sym_bus_release(p->queued);
    sym_bus_release(p->sending);
    sym_bus_close(&p->pair);
    *p = (struct sym_pump)SYM_PUMP_CLOSED;
}

static bool is_complete(const struct sym_pump *p)
{
    return p->filling != NULL && p->filled == p->filling_len;
}

enum sym_err sym_pump_deliver(struct sym_pump *p, struct sym_fault *fault)
{
    for (;;) {
        if (p->queued == NULL && is_complete(p)) {
            p->queued = p->filling;
            p->filling = NULL;
            p->head_len = 0;
            p->frames++;
        }
        if (p->queued == NULL) {
            return SYM_OK;
        }
        enum sym_err err = sym_bus_send(&p->pair, p->queued);
        if (err == SYM_AGAIN) {
            return SYM_OK;
        }
        if (err != SYM_OK) {
            return sym_fail(fault, err, "core could not be given a frame: the pair %s",
                            sym_err_text(err));
        }
        p->queued = NULL;
        p->delivered++;
        p->core_was_there = true;
    }
}

/* The length is complete: room for the payload, which was not allocated before it was checked. */
static enum sym_err begin_frame(struct sym_pump *p, struct sym_fault *fault)
{
    enum sym_err err = sym_sp_length(&p->filling_len, p->head);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "announced a frame that %s", sym_err_text(err));
    }
    p->filling = sym_bus_buffer(p->filling_len);
    p->filled = 0;
    if (p->filling == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "no memory for a frame of %zu bytes", p->filling_len);
    }
    return SYM_OK;
}

/* One read, of the length or of the payload. */
static enum sym_err read_some(struct sym_pump *p, struct sym_tls_session *tls, size_t *len,
                              struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    if (p->filling == NULL) {
        err = sym_tls_read(tls, p->head + p->head_len, sizeof p->head - p->head_len, len);
        p->head_len += err == SYM_OK ? *len : 0;
    } else {
        err = sym_tls_read(tls, p->filling + p->filled, p->filling_len - p->filled, len);
        p->filled += err == SYM_OK ? *len : 0;
    }
    if (err == SYM_AGAIN) {
        p->read_wants = sym_tls_wants(tls);
    } else if (err != SYM_OK) {
        *fault = *sym_tls_fault(tls);
    } else if (p->filling == NULL && p->head_len == sizeof p->head) {
        err = begin_frame(p, fault);
    }
    return err;
}

static bool has_room(const struct sym_pump *p)
{
    return !(is_complete(p) && p->queued != NULL);
}

enum sym_err sym_pump_in(struct sym_pump *p, struct sym_tls_session *tls, struct sym_fault *fault)
{
    size_t moved = 0;

    p->read_wants = POLLIN;
    for (;;) {
        enum sym_err err = sym_pump_deliver(p, fault);
        /* What TLS has decrypted already would not make the socket ready again. */
        if (err != SYM_OK || !has_room(p) || (moved >= SHARE_BYTES && !sym_tls_pending(tls))) {
            return err;
        }
        size_t len = 0;
        err = read_some(p, tls, &len, fault);
        if (err != SYM_OK) {
            return err == SYM_AGAIN ? SYM_OK : err;
        }
        moved += len + (is_complete(p) ? FRAME_COST_BYTES : 0);
    }
}

short sym_pump_reads(const struct sym_pump *p)
{
    return has_room(p) ? p->read_wants : 0;
}

bool sym_pump_awaits_room(const struct sym_pump *p)
{
    return p->queued != NULL;
}

uint64_t sym_pump_in_total(const struct sym_pump *p)
{
    return p->delivered + (p->queued != NULL ? 1 : 0) + (is_complete(p) ? 1 : 0);
}

bool sym_pump_core_is_done(const struct sym_pump *p)
{
    return sym_pump_in_total(p) == 0 || (p->core_was_there && !sym_bus_connected(&p->pair));
}

static enum sym_err take_frame(struct sym_pump *p, struct sym_fault *fault)
{
    enum sym_err err = sym_bus_receive(&p->pair, &p->sending, &p->sending_len);
    if (err != SYM_OK && err != SYM_AGAIN) {
        return sym_fail(fault, err, "core gave a frame that %s", sym_err_text(err));
    }
    p->sent = 0;
    p->core_was_there |= err == SYM_OK;
    return err;
}

/* The length and the start of the payload go out in one record. OpenSSL sends a record whole or
 * is offered the same bytes again, so the copy need not be kept. */
static enum sym_err write_start(struct sym_pump *p, struct sym_tls_session *tls, size_t *len)
{
    uint8_t record[RECORD_BYTES];
    size_t room = sizeof record - SYM_SP_LENGTH_BYTES;
    size_t n = p->sending_len < room ? p->sending_len : room;

    sym_put_u64(record, p->sending_len);
    memcpy(record + SYM_SP_LENGTH_BYTES, p->sending, n);
    return sym_tls_write(tls, record, SYM_SP_LENGTH_BYTES + n, len);
}

static enum sym_err write_some(struct sym_pump *p, struct sym_tls_session *tls, size_t *len,
                               struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    if (p->sent == 0) {
        err = write_start(p, tls, len);
    } else {
        size_t at = p->sent - SYM_SP_LENGTH_BYTES;
        err = sym_tls_write(tls, p->sending + at, p->sending_len - at, len);
    }
    if (err == SYM_AGAIN) {
        p->write_wants = sym_tls_wants(tls);
    } else if (err != SYM_OK) {
        *fault = *sym_tls_fault(tls);
    } else {
        p->sent += *len;
    }
    return err;
}

enum sym_err sym_pump_out(struct sym_pump *p, struct sym_tls_session *tls, struct sym_fault *fault)
{
    size_t moved = 0;

    p->write_wants = POLLOUT;
    while (moved < SHARE_BYTES) {
        enum sym_err err = p->sending == NULL ? take_frame(p, fault) : SYM_OK;
        size_t len = 0;
        /* SP has no empty frames; core sends none. */
        if (err == SYM_OK && p->sending_len > 0) {
            err = write_some(p, tls, &len, fault);
        }
        if (err != SYM_OK) {
            return err == SYM_AGAIN ? SYM_OK : err;
        }
        moved += len;
        if (p->sending_len == 0 || p->sent == SYM_SP_LENGTH_BYTES + p->sending_len) {
            sym_bus_release(p->sending);
            p->sending = NULL;
            p->frames++;
            moved += FRAME_COST_BYTES;
        }
    }
    return SYM_OK;
}

short sym_pump_writes(const struct sym_pump *p)
{
    return p->sending != NULL ? p->write_wants : 0;
}

bool sym_pump_awaits_frame(const struct sym_pump *p)
{
    return p->sending == NULL;
}

bool sym_pump_out_empty(const struct sym_pump *p)
{
    return p->sending == NULL;
}
