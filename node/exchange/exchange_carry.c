#include "node/exchange/exchanges_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Frames one exchange may send before the others have their turn. */
#define FRAMES_PER_TURN 4u
/* How long an exchange that computes may say nothing. */
#define QUIET_MS 30000u

/* Is it the other side that made it go wrong? */
static bool is_theirs(enum sym_err err)
{
    return err == SYM_BAD_FORMAT || err == SYM_BAD_VALUE || err == SYM_BAD_ELEMENT ||
           err == SYM_REPLAY || err == SYM_LIMIT || err == SYM_WRONG_STATE ||
           err == SYM_BAD_SIGNATURE || err == SYM_BAD_TAG;
}

/* What the other side is told of a run that says why it failed. */
static enum sym_reason reason_of(const struct sym_exchange *e, enum sym_err err, bool theirs)
{
    if (e->kind == SYM_KIND_TABULATE && err == SYM_BAD_TAG) {
        return SYM_REASON_SHARES; /* nobody's, as far as can be told here */
    }
    return theirs ? SYM_REASON_PROTOCOL : err == SYM_DENIED ? SYM_REASON_TERMS : SYM_REASON_FAULT;
}

static void fail_run(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    char text[SYM_FAULT_BYTES];
    bool theirs = is_theirs(err);
    const char *why = sym_run_fault(e->run);
    if (err == SYM_BAD_TAG) {
        sym_exchange_count_check(x, e, why);
    }
    if (e->phase == SYM_PHASE_SAVING) {
        sym_exchange_lose_result(x, e, SYM_REASON_FAULT, err,
                                 why[0] != '\0' ? why : sym_err_text(err));
        return;
    }
    if (why[0] != '\0') {
        sym_exchange_abort(x, e, reason_of(e, err, theirs), err, why);
        return;
    }
    (void)snprintf(text, sizeof text,
                   theirs ? "%s broke the protocol: what it sent %s"
                          : "the exchange with %s could not be computed: its memory or work %s",
                   e->alias, sym_err_text(err));
    sym_exchange_abort(x, e, theirs ? SYM_REASON_PROTOCOL : SYM_REASON_FAULT, err, text);
}

/* Works --------------------------------------------------------------------------------------
 */

static void on_worked(void *owner, void *subject, void *context, enum sym_err err)
{
    struct sym_exchanges *x = owner;
    struct sym_exchange *e = sym_exchange_table_find_run(&x->table, subject);
    err = sym_run_worked(subject, context, err);
    if (e == NULL) {
        return; /* ended before */
    }
    if (err != SYM_OK) {
        fail_run(x, e, err);
    } else {
        sym_exchange_pump(x, e);
    }
}

static enum sym_err give_out_works(struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_errand_report report = {.fn = on_worked, .owner = x, .subject = e->run};
    struct sym_work work;
    while (sym_run_work(e->run, &work)) {
        enum sym_err err = sym_errands_run(&x->errands, &work, &report);
        if (err != SYM_OK) {
            enum sym_err dead = sym_run_worked(e->run, work.context, err);
            (void)dead;
            return err == SYM_LIMIT ? SYM_NO_MEMORY : err;
        }
    }
    return SYM_OK;
}

/* Frames ---------------------------------------------------------------------------------------
 */

/* Its end is being written: only the other side's word still counts. */
static void take_last(struct sym_exchange *e, uint8_t *frame, size_t len)
{
    struct sym_session_event event;
    if (e->session == NULL ||
        sym_session_receive(e->session, frame, len, sym_wall_ms(), &event) != SYM_OK) {
        return;
    }
    bool is_word = event.kind == SYM_EVENT_CLOSED || event.kind == SYM_EVENT_ABORTED;
    if (is_word && e->peer_statement.len == 0) {
        enum sym_err err = sym_kept_set(&e->peer_statement, event.signed_bytes);
        (void)err; /* it is told again */
    }
}

static void on_event(struct sym_exchanges *x, struct sym_exchange *e,
                     const struct sym_session_event *event)
{
    enum sym_err err = SYM_OK;
    switch (event->kind) {
    case SYM_EVENT_REQUESTED:
        break;
    case SYM_EVENT_ANSWERED:
        sym_exchange_answered(x, e, event);
        break;
    case SYM_EVENT_DATA:
    case SYM_EVENT_FILLER:
        /* Empty filler only keeps the link. */
        err =
            event->kind == SYM_EVENT_FILLER && event->data.len == 0
                ? SYM_OK
                : sym_run_take(e->run, event->kind == SYM_EVENT_FILLER, event->data, sym_now_us());
        if (err != SYM_OK) {
            fail_run(x, e, err);
        }
        break;
    case SYM_EVENT_CLOSED:
        sym_exchange_closed(x, e, event);
        break;
    case SYM_EVENT_ABORTED:
        sym_exchange_aborted(x, e, event);
        break;
    }
    if (!sym_exchange_ended(e)) {
        sym_exchange_pump(x, e);
    }
}

void sym_exchange_keep_link(struct sym_exchanges *x, struct sym_exchange *e, uint64_t now_ms)
{
    uint64_t half_ms = 500 * sym_settings_number(x->config.settings, SYM_SETTING_IDLE);
    uint64_t pause_ms = half_ms < QUIET_MS ? half_ms : QUIET_MS;
    size_t len = SYM_FRAME_HEAD_BYTES + SYM_FRAME_TAIL_BYTES;
    if (e->quiet_bytes != e->bytes_sent + e->bytes_received) {
        e->quiet_bytes = e->bytes_sent + e->bytes_received;
        e->quiet_ms = now_ms;
    }
    /* Who computes has not said everything, so the other side cannot have closed. */
    bool waits_for_others = sym_exchange_is_joint(e);
    if (e->phase != SYM_PHASE_RUNNING || e->writing != NULL ||
        !(waits_for_others || sym_run_is_busy(e->run)) || e->n_queue > 0 ||
        now_ms - e->quiet_ms < pause_ms) {
        return;
    }
    e->quiet_ms = now_ms;
    uint8_t *frame = sym_bus_buffer(len);
    /* A responder that has not heard anything yet may not, and need not. */
    if (frame != NULL && (sym_session_fill(e->session, frame, 0) != SYM_OK ||
                          sym_exchange_queue(e, frame, len) != SYM_OK)) {
        sym_bus_release(frame);
    }
}

void sym_exchanges_frame(struct sym_exchanges *x, struct sym_link *link, uint8_t *frame, size_t len)
{
    struct sym_envelope envelope;
    struct sym_span body;
    if (sym_envelope_read(&envelope, &body, sym_span(frame, len)) != SYM_OK) {
        sym_link_hang_up(link);
        sym_bus_release(frame);
        return;
    }
    struct sym_exchange *e = sym_exchange_table_find(&x->table, envelope.exchange_id);
    if (e == NULL) {
        sym_exchange_answer(x, link, &envelope, frame, len);
    } else if (envelope.type == SYM_FRAME_ASK) {
        sym_exchange_repeated(x, link, &envelope);
    } else if (e->link == link) {
        e->bytes_received += sym_exchange_ended(e) ? 0 : len;
        sym_exchange_take_frame(x, e, frame, len);
    }
    sym_bus_release(frame);
}

void sym_exchange_take_frame(struct sym_exchanges *x, struct sym_exchange *e, uint8_t *frame,
                             size_t len)
{
    struct sym_session_event event;
    if (!sym_exchange_ended(e) && e->phase == SYM_PHASE_ENDING) {
        take_last(e, frame, len);
        return;
    }
    if (sym_exchange_is_settled(e)) {
        return; /* as after the end: it cannot be told when that comes */
    }
    if (e->writing != NULL) {
        sym_exchange_hold(e, frame, len);
        return;
    }
    if (sym_exchange_ended(e)) {
        if (e->farewell != NULL) {
            sym_exchange_say_farewell(x, e, frame, len);
        }
        return;
    }
    if (e->session == NULL) {
        return; /* an answer that came too late */
    }
    enum sym_err err = sym_session_receive(e->session, frame, len, sym_wall_ms(), &event);
    if (err == SYM_OK) {
        on_event(x, e, &event);
        return;
    }
    if (err == SYM_NO_MEMORY || err == SYM_INTERNAL) {
        sym_exchange_abort(x, e, SYM_REASON_FAULT, err, "no memory to read a frame");
        return;
    }
    e->hang_up = true;
    sym_exchange_abort(x, e, SYM_REASON_PROTOCOL, err,
                       "a frame was lost, repeated or altered on the way");
}

/* What the run wanted is durable, or cannot be. */
static void then_put(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    err = sym_run_made(e->run, err);
    if (err != SYM_OK && !e->ending.due) {
        fail_run(x, e, err);
    } else if (!e->ending.due) {
        e->matter->has_result = e->matter->has_result || sym_run_has_release(e->run);
        sym_exchange_pump(x, e);
    }
}

static bool is_due(struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_exchange_plan_write p = {.parts = SYM_PART_RUN, .then = then_put};
    if (e->phase != SYM_PHASE_RUNNING || e->writing != NULL || !sym_run_is_due(e->run)) {
        return false;
    }
    sym_exchange_write(x, e, &p);
    return true;
}

/* Nothing leaves any more but the close; what it is about is found here. */
static void go_on_alone(struct sym_exchanges *x, struct sym_exchange *e)
{
    enum sym_err err = sym_exchange_flush(e);
    if (err == SYM_AGAIN) {
        return;
    }
    if (err != SYM_OK) {
        sym_exchange_abort(x, e, SYM_REASON_LINK_LOST, err, "the link was lost");
        return;
    }
    err = give_out_works(x, e);
    if (err != SYM_OK) {
        fail_run(x, e, err);
    } else if (!sym_run_is_busy(e->run)) {
        sym_exchange_save(x, e);
    }
}

/* Sends what is queued, then what the run has to say, for one turn. */
void sym_exchange_pump(struct sym_exchanges *x, struct sym_exchange *e)
{
    if (e->phase == SYM_PHASE_SAVING) {
        go_on_alone(x, e);
        return;
    }
    for (unsigned i = 0; i < FRAMES_PER_TURN; i++) {
        size_t len = 0;
        if (is_due(x, e)) {
            return;
        }
        bool runs = e->phase == SYM_PHASE_RUNNING && e->writing == NULL &&
                    !sym_session_awaits_initiator(e->session);
        enum sym_err err = runs ? give_out_works(x, e) : SYM_OK;
        if (err != SYM_OK) {
            fail_run(x, e, err);
            return;
        }
        err = sym_exchange_flush(e);
        if (err == SYM_AGAIN) {
            return;
        }
        if (err != SYM_OK) {
            sym_exchange_abort(x, e, SYM_REASON_LINK_LOST, err, "the link was lost");
            return;
        }
        if (!runs) {
            return;
        }
        enum sym_step step = sym_run_step(e->run, &len);
        if (step == SYM_STEP_WAIT) {
            return;
        }
        if (step == SYM_STEP_CLOSE) {
            sym_exchange_close(x, e);
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
            sym_exchange_pump(x, e);
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
