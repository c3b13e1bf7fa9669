#include "node/core/exchanges_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Frames one exchange may send before the others have their turn. */
#define FRAMES_PER_TURN 4u

static void pump(struct sym_exchanges *x, struct sym_exchange *e);

static void on_answer(struct sym_exchanges *x, struct sym_exchange *e,
                      const struct sym_receipt *receipt)
{
    char text[SYM_FAULT_BYTES];
    if (receipt->decision == SYM_DECISION_GRANTED) {
        enum sym_err err = sym_exchange_record(x, e, "receipt", "");
        if (err == SYM_OK) {
            err = sym_session_confirm(e->session);
        }
        if (err != SYM_OK) {
            sym_exchange_abort(x, e, SYM_REASON_FAULT, err, "the receipt could not be recorded");
            return;
        }
        e->state = SYM_EXCHANGE_RUNNING;
        return;
    }
    bool held = receipt->decision == SYM_DECISION_HELD;
    (void)snprintf(text, sizeof text, "%s %s: %s", e->alias,
                   held ? "holds the request" : "denied it", sym_reason_text(receipt->reason));
    sym_exchange_end(x, e, held ? SYM_EXCHANGE_HELD : SYM_EXCHANGE_DENIED, SYM_DENIED, text);
}

static void close_exchange(struct sym_exchanges *x, struct sym_exchange *e)
{
    uint8_t *frame = malloc(SYM_SESSION_FRAME_BYTES);
    size_t len = 0;
    struct sym_close c = {0};
    enum sym_err err = frame == NULL ? SYM_NO_MEMORY : sym_run_write(e->run, NULL, 0, sym_now_us());
    if (err == SYM_OK) {
        err =
            sym_session_close(e->session, &c, sym_wall_ms(), frame, SYM_SESSION_FRAME_BYTES, &len);
    }
    if (err == SYM_OK) {
        err = sym_exchange_send_copy(e, frame, len);
    }
    free(frame);
    if (err != SYM_OK) {
        sym_exchange_abort(x, e, SYM_REASON_FAULT, err, "the close could not be sent");
    } else if (sym_session_state(e->session) == SYM_SESSION_ENDED) {
        sym_exchange_end(x, e, SYM_EXCHANGE_DONE, SYM_OK, "");
    }
}

static void on_close(struct sym_exchanges *x, struct sym_exchange *e)
{
    enum sym_err err = sym_run_closed(e->run);
    if (err != SYM_OK) {
        sym_exchange_abort(x, e, SYM_REASON_PROTOCOL, err, "the other side closed before the end");
    } else if (sym_session_state(e->session) == SYM_SESSION_ENDED) {
        sym_exchange_end(x, e, SYM_EXCHANGE_DONE, SYM_OK, "");
    }
}

static void on_event(struct sym_exchanges *x, struct sym_exchange *e,
                     const struct sym_session_event *event)
{
    char text[SYM_FAULT_BYTES];
    enum sym_err err = SYM_OK;
    switch (event->kind) {
    case SYM_EVENT_REQUESTED:
        break;
    case SYM_EVENT_ANSWERED:
        on_answer(x, e, &event->receipt);
        break;
    case SYM_EVENT_DATA:
    case SYM_EVENT_FILLER:
        err = sym_run_take(e->run, event->kind == SYM_EVENT_FILLER, event->data, sym_now_us());
        if (err != SYM_OK) {
            sym_exchange_abort(x, e, SYM_REASON_PROTOCOL, err, "the other side broke the protocol");
        }
        break;
    case SYM_EVENT_CLOSED:
        on_close(x, e);
        break;
    case SYM_EVENT_ABORTED:
        (void)snprintf(text, sizeof text, "%s ended it: %s", e->alias,
                       sym_reason_text(event->abort.reason));
        sym_exchange_end(x, e, SYM_EXCHANGE_ABORTED, SYM_CLOSED, text);
        break;
    }
    if (!sym_exchange_ended(e)) {
        pump(x, e);
    }
}

void sym_exchanges_frame(struct sym_exchanges *x, struct sym_link *link, uint8_t *frame, size_t len)
{
    struct sym_envelope envelope;
    struct sym_span body;
    struct sym_session_event event;
    if (sym_envelope_read(&envelope, &body, sym_span(frame, len)) != SYM_OK) {
        sym_link_hang_up(link);
        sym_bus_release(frame);
        return;
    }
    struct sym_exchange *e = sym_exchange_table_find(&x->table, envelope.exchange_id);
    if (e == NULL) {
        sym_exchange_answer(x, link, &envelope, frame, len);
    } else if (!sym_exchange_ended(e) && e->link == link) {
        e->bytes_received += len;
        enum sym_err err = sym_session_receive(e->session, frame, len, sym_wall_ms(), &event);
        if (err == SYM_OK) {
            on_event(x, e, &event);
        } else {
            sym_exchange_abort(x, e, SYM_REASON_PROTOCOL, err,
                               "a frame was lost, repeated or altered on the way");
            sym_link_hang_up(link);
        }
    }
    sym_bus_release(frame);
}

/* Sends what is queued, then what the run has to say, for one turn. */
static void pump(struct sym_exchanges *x, struct sym_exchange *e)
{
    for (unsigned i = 0; i < FRAMES_PER_TURN; i++) {
        size_t len = 0;
        enum sym_err err = sym_exchange_flush(e);
        if (err == SYM_AGAIN) {
            return;
        }
        if (err != SYM_OK) {
            sym_exchange_end(x, e, SYM_EXCHANGE_ABORTED, err, "the link was lost");
            return;
        }
        if (e->state != SYM_EXCHANGE_RUNNING) {
            return;
        }
        enum sym_step step = sym_run_step(e->run, &len);
        if (step == SYM_STEP_WAIT) {
            return;
        }
        if (step == SYM_STEP_CLOSE) {
            close_exchange(x, e);
            return;
        }
        err = sym_exchange_send_step(e, step, len, sym_now_us());
        if (err != SYM_OK && err != SYM_AGAIN) {
            sym_exchange_abort(x, e, SYM_REASON_FAULT, err, "a frame could not be made");
            return;
        }
    }
    if (e->link != NULL) {
        sym_link_want_room(e->link);
    }
}

/* Who has sent goes behind the others: they share the link frame by frame. */
void sym_exchanges_room(struct sym_exchanges *x, struct sym_link *link)
{
    size_t at = 0;
    for (size_t left = x->table.n; left > 0; left--) {
        struct sym_exchange *e = x->table.items[at];
        uint64_t sent = e->bytes_sent;
        if (e->link == link && !sym_exchange_ended(e)) {
            pump(x, e);
        } else if (e->link == link && sym_exchange_flush(e) == SYM_AGAIN) {
            return;
        }
        if (e->bytes_sent != sent) {
            sym_exchange_table_put_last(&x->table, at);
        } else {
            at++;
        }
    }
}
