#include "node/gate/link_phase.h"

#include <errno.h>
#include <string.h>

static bool is_pinned(void *owner, const uint8_t pin[SYM_PIN_BYTES])
{
    const struct sym_gate_link *l = owner;
    const struct sym_pinned *peer = sym_pins_by_pin(l->context->pins, pin);
    return l->dialled ? peer == l->peer : peer != NULL;
}

enum sym_err sym_gate_link_begin_tls(struct sym_gate_link *l, struct sym_fault *fault)
{
    enum sym_err err =
        sym_tls_session_new(&l->tls, l->context->tls, l->fd, l->dialled, is_pinned, l);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "no memory for a TLS session");
    }
    l->phase = SYM_PHASE_HANDSHAKE;
    return SYM_OK;
}

enum sym_err sym_gate_link_connecting(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    int code = 0;
    socklen_t len = sizeof code;

    if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &code, &len) != 0) {
        code = errno;
    }
    if (code == ECONNREFUSED) {
        return sym_fail(fault, SYM_UNREACHABLE,
                        "refused: no node listens there, or a firewall says no");
    }
    if (code != 0) {
        return sym_fail(fault, code == ETIMEDOUT ? SYM_TIMEOUT : SYM_UNREACHABLE, "%s",
                        strerror(code));
    }
    enum sym_err err = sym_gate_link_begin_tls(l, fault);
    return err == SYM_OK ? sym_gate_link_handshake(l, ready, fault) : err;
}

enum sym_err sym_gate_link_handshake(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    enum sym_err err = sym_tls_handshake(l->tls);
    if (err != SYM_OK) {
        *fault = *sym_tls_fault(l->tls);
        return err;
    }
    sym_tls_pin(l->tls, l->pin);
    /* Looked up again: the table may have changed since the certificate was judged. */
    if (!is_pinned(l, l->pin)) {
        return sym_fail(fault, SYM_DENIED, "its key is not pinned");
    }
    l->peer = sym_pins_by_pin(l->context->pins, l->pin);
    if (sym_tls_exporter(l->tls, l->exporter) != SYM_OK) {
        return sym_fail(fault, SYM_INTERNAL, "TLS gave no exporter");
    }
    l->phase = SYM_PHASE_HELLO;
    return sym_gate_link_hello(l, ready, fault);
}

enum sym_err sym_gate_link_early_time(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    (void)ready;
    return sym_fail(fault, SYM_TIMEOUT, "did not finish within %u ms (%s)", SYM_HANDSHAKE_MS,
                    sym_gate_link_phase_name(l->phase));
}

static enum sym_err send_hello(struct sym_gate_link *l, struct sym_fault *fault)
{
    uint8_t hello[SYM_SP_HELLO_BYTES];
    enum sym_err err = SYM_OK;

    sym_sp_hello(hello);
    while (l->hello_sent < sizeof hello && err == SYM_OK) {
        size_t len = 0;
        err = sym_tls_write(l->tls, hello + l->hello_sent, sizeof hello - l->hello_sent, &len);
        l->hello_sent += err == SYM_OK ? len : 0;
    }
    if (err != SYM_OK && err != SYM_AGAIN) {
        *fault = *sym_tls_fault(l->tls);
    }
    return err;
}

static enum sym_err read_hello(struct sym_gate_link *l, struct sym_fault *fault)
{
    while (l->hello_got < sizeof l->hello) {
        size_t len = 0;
        enum sym_err err =
            sym_tls_read(l->tls, l->hello + l->hello_got, sizeof l->hello - l->hello_got, &len);
        if (err == SYM_AGAIN) {
            return err;
        }
        if (err == SYM_CLOSED && l->dialled) {
            return sym_fail(fault, SYM_CLOSED,
                            "closed the connection after seeing our certificate: perhaps our card "
                            "is not known there");
        }
        if (err != SYM_OK) {
            *fault = *sym_tls_fault(l->tls);
            return err;
        }
        l->hello_got += len;
    }
    enum sym_err err = sym_sp_hello_check(l->hello);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "sent an SP header that %s", sym_err_text(err));
    }
    return SYM_OK;
}

static enum sym_err come_up(struct sym_gate_link *l)
{
    l->phase = SYM_PHASE_WAITING;
    l->up_ms = sym_now_ms();
    sym_timer_set(l->timer, SYM_HANDSHAKE_MS);
    l->context->events->up(l);
    return SYM_OK;
}

/* Who dials says hello at once. Who was dialled says it when the link is to stay, so that the
 * dialler's first byte from us tells it so. */
enum sym_err sym_gate_link_hello(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    (void)ready;
    enum sym_err err = l->dialled ? send_hello(l, fault) : SYM_OK;
    /* If the other side has closed already, its last bytes say why. */
    if (err == SYM_OK || err == SYM_CLOSED) {
        err = read_hello(l, fault);
    }
    if (err == SYM_OK && !l->admitted) {
        err = l->context->events->admit(l, fault);
        if (err == SYM_AGAIN) {
            l->phase = SYM_PHASE_PARKED;
        }
        l->admitted = err == SYM_OK;
    }
    if (err == SYM_OK) {
        err = send_hello(l, fault);
    }
    return err == SYM_OK ? come_up(l) : err;
}

void sym_gate_link_unpark(struct sym_gate_link *l)
{
    struct sym_fault fault = {.err = SYM_OK};

    if (l->phase == SYM_PHASE_PARKED) {
        l->phase = SYM_PHASE_HELLO;
        sym_gate_link_conclude(l, sym_gate_link_hello(l, 0, &fault), &fault);
    }
}

enum sym_err sym_gate_link_rest(struct sym_gate_link *l, short ready, struct sym_fault *fault)
{
    (void)l;
    (void)ready;
    (void)fault;
    return SYM_OK;
}

enum sym_err sym_gate_link_waiting_time(struct sym_gate_link *l, short ready,
                                        struct sym_fault *fault)
{
    (void)l;
    (void)ready;
    return sym_fail(fault, SYM_TIMEOUT, "core did not accept the link");
}
