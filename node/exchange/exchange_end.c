#include "node/exchange/exchanges_state.h"
#include "node/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long after a write that failed an end is written once more, and for how long the other side
 * is left without a word, milliseconds. */
#define RETRY_MS   250u
#define SILENCE_MS 1000u

void sym_exchange_parties(const struct sym_exchanges *x, struct sym_session_parties *p,
                          const struct sym_peer *peer, const struct sym_link *link, size_t own_slot,
                          size_t peer_slot)
{
    *p = (struct sym_session_parties){.self = x->config.self,
                                      .peer = peer->id,
                                      .identity = &x->config.keys->identity,
                                      .exchange = &x->config.keys->exchange[own_slot],
                                      .psk = sym_secret_span(&peer->psk)};
    memcpy(p->peer_identity, peer->card.identity, sizeof p->peer_identity);
    memcpy(p->peer_exchange, peer->card.exchange[peer_slot], sizeof p->peer_exchange);
    memcpy(p->exporter, sym_link_exporter(link), sizeof p->exporter);
}

enum sym_err sym_exchange_send_copy(struct sym_exchange *e, const uint8_t *frame, size_t len)
{
    if (e->link == NULL) {
        return SYM_CLOSED;
    }
    uint8_t *buffer = sym_bus_buffer(len);
    if (buffer == NULL) {
        return SYM_NO_MEMORY;
    }
    memcpy(buffer, frame, len);
    enum sym_err err = sym_exchange_queue(e, buffer, len);
    if (err != SYM_OK) {
        sym_bus_release(buffer);
    }
    return err;
}

/* Words ----------------------------------------------------------------------------------------
 */

static struct sym_session *session_of(const struct sym_exchange *e)
{
    return e->session != NULL ? e->session : e->farewell;
}

/* Makes the own statement, from now on of the transcripts as they are. */
static enum sym_err make_word(struct sym_exchanges *x, struct sym_exchange *e, bool is_abort)
{
    struct sym_session *s = session_of(e);
    uint8_t bytes[SYM_STATEMENT_BYTES];
    size_t len = 0;
    if (s == NULL) {
        return SYM_WRONG_STATE;
    }
    if (is_abort) {
        enum sym_err unsaid = sym_session_give_up(s);
        (void)unsaid; /* without keys nothing was sent or received */
    }
    enum sym_err err = sym_session_statement(s, &e->word);
    e->word.is_abort = is_abort;
    e->word.time_ms = sym_wall_ms();
    e->word.reason = is_abort ? (uint32_t)e->reason : 0;
    if (err == SYM_OK && !is_abort && e->run != NULL) {
        sym_run_closing(e->run, &e->word);
    }
    if (err == SYM_OK) {
        err = sym_statement_write(bytes, sizeof bytes, &len, &e->word, &x->config.keys->identity);
    }
    return err == SYM_OK ? sym_kept_set(&e->statement, sym_span(bytes, len)) : err;
}

/* The abort that is in the log already. */
static void send_abort(struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_session *s = session_of(e);
    struct sym_abort a = {.reason = e->word.reason};
    uint8_t *frame = NULL;
    size_t len = 0;
    if (s == NULL || e->link == NULL || !e->has_word || !e->word.is_abort) {
        return;
    }
    if (sym_exchange_give(x, e, &a.evidence) != SYM_OK) {
        a.evidence = NULL;
    }
    frame = malloc(SYM_SESSION_FRAME_BYTES);
    if (frame != NULL &&
        sym_session_abort(s, &a, e->word.time_ms, frame, SYM_SESSION_FRAME_BYTES, &len) == SYM_OK) {
        enum sym_err err = sym_exchange_send_copy(e, frame, len);
        (void)err; /* told again over the next link */
    }
    free(frame);
}

/* Ending ---------------------------------------------------------------------------------------
 */

/* Only an exchange that both sides have closed has a result. What was kept of another one is
 * dropped however it came to its end: a search that failed is over, and has kept what it had until
 * then. */
static void drop_result(struct sym_exchanges *x, const struct sym_exchange *e)
{
    struct sym_fault fault = {.text = ""};
    struct sym_span id = sym_span(e->handle, sizeof e->handle);
    bool may_keep = e->matter != NULL && !e->matter->is_joint && e->final != SYM_EXCHANGE_DONE;
    if (may_keep && sym_results_has(x->config.results, id) &&
        sym_results_forget(x->config.results, id, &fault) != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "result-not-erased", "reason", fault.text, NULL);
    }
}

void sym_exchange_finish_as_written(struct sym_exchanges *x, struct sym_exchange *e)
{
    bool unanswered = e->role == SYM_SESSION_INITIATOR && e->asked && !e->decided;
    bool hears_more = unanswered || (e->granted && !e->has_their_word);
    bool meets = e->kind == SYM_KIND_WITNESS;
    bool met = meets && e->final == SYM_EXCHANGE_DONE;
    if (hears_more && e->link != NULL && e->session != NULL && e->farewell == NULL) {
        e->farewell = e->session;
        e->session = NULL;
        if (unanswered) {
            sym_session_abandon(e->farewell);
        }
    }
    drop_result(x, e);
    sym_exchange_finish(e, e->final, sym_now_us());
    if (e->hang_up && e->link != NULL) {
        sym_link_hang_up(e->link);
    }
    if (met) {
        sym_exchange_has_met(x, e);
    } else if (meets && e->reason == SYM_REASON_EVIDENCE) {
        sym_exchange_not_met(x, e);
    }
}

static void write_end(struct sym_exchanges *x, struct sym_exchange *e);

/* The other side's word came while the own one was being written. */
static bool is_owed_an_entry(const struct sym_exchange *e)
{
    return e->granted && e->has_word && e->peer_statement.len > 0 && !e->has_their_word;
}

/* Nothing leaves. Its user hears; the log hears as soon as it can. */
void sym_exchange_put_off_end(struct sym_exchange *e, enum sym_err err)
{
    e->state = SYM_EXCHANGE_ABORTED;
    e->final = SYM_EXCHANGE_ABORTED;
    e->result = e->result == SYM_OK ? err : e->result;
    if (e->fault.text[0] == '\0') {
        (void)sym_fail(&e->fault, err, "the end of the exchange could not be recorded: the log %s",
                       sym_err_text(err));
    }
    e->retry_ms = sym_now_ms() + RETRY_MS;
    if (e->failed_ms == 0) {
        e->failed_ms = sym_now_ms();
    } else if (e->link != NULL && sym_now_ms() - e->failed_ms >= SILENCE_MS) {
        sym_link_hang_up(e->link); /* that much can be told without a log */
    }
}

static void then_ended(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    if (err != SYM_OK) {
        sym_exchange_put_off_end(e, err);
        return;
    }
    send_abort(x, e);
    if (is_owed_an_entry(e)) {
        write_end(x, e);
        return;
    }
    sym_exchange_finish_as_written(x, e);
}

/* Who decides has no keys yet: it answers with a denial instead of an abort. */
static bool decides(const struct sym_exchange *e)
{
    return e->role == SYM_SESSION_RESPONDER && !e->decided && e->session != NULL &&
           sym_session_state(e->session) == SYM_SESSION_DECIDING;
}

static void add_kind(struct sym_exchange_plan_write *p, enum sym_entry_kind kind)
{
    p->kinds[p->n_kinds++] = kind;
}

/* Which entries and words the end consists of depends on how far it came. */
static enum sym_err plan_end(struct sym_exchanges *x, struct sym_exchange *e,
                             struct sym_exchange_plan_write *p)
{
    bool initiates = e->role == SYM_SESSION_INITIATOR;
    bool was_granted = initiates && e->answer.decision == SYM_DECISION_GRANTED;
    enum sym_err err = SYM_OK;
    p->parts = SYM_PART_HISTORY;
    p->then = then_ended;
    if (e->granted || was_granted) {
        if (!e->granted) {
            p->parts |= SYM_PART_GRANT;
            add_kind(p, SYM_ENTRY_DECIDED);
        }
        if (!e->has_word) {
            err = make_word(x, e, true);
            p->parts |= SYM_PART_OWN_WORD;
            add_kind(p, SYM_ENTRY_ABORTED);
        }
    } else if (initiates && e->asked && !e->decided) {
        bool answered = e->answer.decision != 0;
        p->parts |= answered ? SYM_PART_DENIAL : SYM_PART_LOSS;
        add_kind(p, answered ? SYM_ENTRY_DECIDED : SYM_ENTRY_ABORTED);
    }
    if (e->peer_statement.len > 0 && !e->has_their_word) {
        p->parts |= SYM_PART_THEIR_WORD;
        if (e->has_word) {
            add_kind(p, SYM_ENTRY_SETTLED);
        }
    }
    return err;
}

/* A joint count fails as soon as one of many is not ready. What this node gave an approval for is
 * asked again then, by who did not cancel it, and kept to the protocol. */
static void give_back_approval(struct sym_exchanges *x, struct sym_exchange *e)
{
    static const uint8_t none[SYM_EXCHANGE_ID_BYTES];
    bool given_up = e->reason == SYM_REASON_CANCELLED || e->reason == SYM_REASON_PROTOCOL ||
                    e->reason == SYM_REASON_EVIDENCE;
    if (e->final == SYM_EXCHANGE_DONE || given_up || e->matter == NULL || e->run == NULL ||
        !sym_run_is_unspent(e->run) || sym_equal(e->matter->approved, none, sizeof none)) {
        return;
    }
    if (sym_grants_give_back(x->config.grants, &e->step, e->matter->approved) != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "approval-not-kept", "peer", e->alias, NULL);
    }
}

static void write_end(struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_exchange_plan_write p = {.parts = 0};
    if (decides(e)) {
        sym_exchange_deny(x, e, e->reason);
        return;
    }
    enum sym_err err = plan_end(x, e, &p);
    if (err != SYM_OK) {
        then_ended(x, e, err);
        return;
    }
    give_back_approval(x, e);
    sym_exchange_write(x, e, &p);
}

void sym_exchange_conclude(struct sym_exchanges *x, struct sym_exchange *e,
                           enum sym_exchange_state final)
{
    e->ends = true;
    e->final = final;
    e->phase = SYM_PHASE_ENDING;
    if (final == SYM_EXCHANGE_DONE) {
        e->fault = (struct sym_fault){.err = SYM_OK}; /* that it was held once is over */
    }
    write_end(x, e);
}

void sym_exchange_retry_end(struct sym_exchanges *x, struct sym_exchange *e, uint64_t now_ms)
{
    if (e->writing != NULL || now_ms < e->retry_ms) {
        return;
    }
    if (e->kind == SYM_KIND_WITNESS && e->link == NULL) {
        sym_exchange_finish_as_written(x, e); /* leaves no entry, and nobody waits for its end */
    } else {
        e->retry_ms = now_ms + RETRY_MS;
        write_end(x, e);
    }
}

void sym_exchange_abort_so(struct sym_exchanges *x, struct sym_exchange *e, enum sym_reason reason,
                           enum sym_err result, const char *line)
{
    if (sym_exchange_ended(e) || e->phase == SYM_PHASE_ENDING) {
        return;
    }
    if (e->writing != NULL) {
        if (!e->ending.due || e->ending.cut) {
            e->ending =
                (struct sym_exchange_ending){.due = true, .reason = reason, .result = result};
            (void)sym_fail(&e->ending.fault, result, "%s", line);
        }
        return;
    }
    e->reason = reason;
    e->result = result;
    (void)sym_fail(&e->fault, result, "%s", line);
    sym_exchange_conclude(x, e, SYM_EXCHANGE_ABORTED);
}

/* Whatever ends it once both sides have closed ends it here alone. */
void sym_exchange_abort(struct sym_exchanges *x, struct sym_exchange *e, enum sym_reason reason,
                        enum sym_err result, const char *fault)
{
    if (sym_exchange_is_settled(e)) {
        sym_exchange_lose_result(x, e, reason, result, fault);
    } else {
        sym_exchange_abort_so(x, e, reason, result, fault);
    }
}

void sym_exchange_fail(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err,
                       const char *what)
{
    char text[SYM_FAULT_BYTES];
    (void)snprintf(text, sizeof text, "%s: the log of this node %s", what, sym_err_text(err));
    e->ending.due = false;
    sym_exchange_abort(x, e, SYM_REASON_FAULT, err, text);
}

/* Closing --------------------------------------------------------------------------------------
 */

static void then_closed(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    struct sym_close c = {.evidence = NULL};
    size_t len = 0;
    if (e->word.has_consents) {
        c.consents_hash = sym_span(e->word.consents_hash, sizeof e->word.consents_hash);
    }
    if (e->word.has_release) {
        c.release_hash = sym_span(e->word.release_hash, sizeof e->word.release_hash);
    }
    if (err != SYM_OK) {
        e->ends = false;
        sym_kept_clear(&e->statement);
        sym_exchange_fail(x, e, err, "the close could not be recorded");
        return;
    }
    uint8_t *frame = malloc(SYM_SESSION_FRAME_BYTES);
    err = frame == NULL ? SYM_NO_MEMORY : sym_exchange_give(x, e, &c.evidence);
    if (err == SYM_OK) {
        err = sym_session_close(e->session, &c, e->word.time_ms, frame, SYM_SESSION_FRAME_BYTES,
                                &len);
    }
    if (err == SYM_OK) {
        err = sym_exchange_send_copy(e, frame, len);
    }
    free(frame);
    if (e->ends) {
        /* Both words are in the log; if this one did not leave, it is told again. */
        sym_exchange_finish_as_written(x, e);
    } else if (err != SYM_OK && !e->ending.due) {
        sym_exchange_abort(x, e, SYM_REASON_FAULT, err, "the close could not be sent");
    } else if (err == SYM_OK && sym_exchange_has_result(e)) {
        e->phase = SYM_PHASE_SAVING;
        sym_exchange_pump(x, e);
    }
}

void sym_exchange_close(struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_exchange_plan_write p = {
        .parts = SYM_PART_OWN_WORD, .kinds = {SYM_ENTRY_CLOSED}, .n_kinds = 1, .then = then_closed};
    enum sym_err err = sym_run_write(e->run, NULL, 0, sym_now_us());
    if (err == SYM_OK) {
        err = sym_session_stop(e->session);
    }
    if (err == SYM_OK) {
        err = make_word(x, e, false);
    }
    if (err != SYM_OK) {
        sym_exchange_abort(x, e, SYM_REASON_FAULT, err, "the close could not be made");
        return;
    }
    if (e->peer_statement.len > 0) {
        p.parts |= SYM_PART_THEIR_WORD | SYM_PART_HISTORY;
        e->ends = true;
        e->final = SYM_EXCHANGE_DONE;
    }
    sym_exchange_write(x, e, &p);
}

/* What could not be written is, with the end. */
static void then_settled(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    (void)err;
    if (!e->ending.due) {
        sym_exchange_settle(x, e);
    }
}

/* The log does not wait for the result, so that its growth says as little as the close. */
static void write_settled(struct sym_exchanges *x, struct sym_exchange *e)
{
    const struct sym_exchange_plan_write p = {.parts = SYM_PART_THEIR_WORD,
                                              .kinds = {SYM_ENTRY_SETTLED},
                                              .n_kinds = 1,
                                              .then = then_settled};
    sym_exchange_write(x, e, &p);
}

void sym_exchange_closed(struct sym_exchanges *x, struct sym_exchange *e,
                         const struct sym_session_event *event)
{
    struct sym_fault fault = {.text = ""};
    enum sym_err err = sym_exchange_check(x, e, event->close.evidence, event->signed_bytes,
                                          SYM_ENTRY_CLOSED, &fault);
    if (sym_kept_set(&e->peer_statement, event->signed_bytes) != SYM_OK) {
        sym_exchange_abort(x, e, SYM_REASON_FAULT, SYM_NO_MEMORY, "no memory for a close");
        return;
    }
    if (err != SYM_OK) {
        sym_exchange_abort(x, e, SYM_REASON_EVIDENCE, err, fault.text);
        return;
    }
    err = sym_run_closed(e->run);
    if (err != SYM_OK) {
        sym_exchange_abort(x, e, SYM_REASON_PROTOCOL, err, "the other side closed before the end");
    } else if (sym_exchange_is_settled(e) && !e->matter->saved) {
        write_settled(x, e);
    } else if (sym_session_state(e->session) == SYM_SESSION_ENDED) {
        sym_exchange_conclude(x, e, SYM_EXCHANGE_DONE);
    }
}

void sym_exchange_aborted(struct sym_exchanges *x, struct sym_exchange *e,
                          const struct sym_session_event *event)
{
    char text[SYM_FAULT_BYTES];
    struct sym_fault fault = {.text = ""};
    enum sym_err err = sym_exchange_check(x, e, event->abort.evidence, event->signed_bytes,
                                          SYM_EXCHANGE_RESTS_ON_NOTHING, &fault);
    (void)err; /* an alarm has been raised where it is due; it ends either way */
    if (sym_kept_set(&e->peer_statement, event->signed_bytes) != SYM_OK) {
        sym_kept_clear(&e->peer_statement);
    }
    const char *why = e->run != NULL ? sym_run_fault(e->run) : "";
    if (why[0] != '\0') { /* it said more before */
        (void)snprintf(text, sizeof text, "%s", why);
    } else {
        (void)snprintf(text, sizeof text, "%s ended it: %s", e->alias,
                       sym_reason_text(event->abort.reason));
    }
    sym_exchange_abort(x, e, (enum sym_reason)event->abort.reason, SYM_CLOSED, text);
}

/* After the end --------------------------------------------------------------------------------
 */

static void forget_farewell(struct sym_exchange *e)
{
    sym_exchange_forget_farewell(e);
    sym_kept_clear(&e->receipt);
    sym_kept_clear(&e->statement);
    sym_kept_clear(&e->peer_statement);
}

static void then_heard(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    (void)x;
    (void)err; /* what could not be written is told again over the next link */
    forget_farewell(e);
}

static void then_said(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    if (err != SYM_OK || e->farewell == NULL) { /* told again over the next link */
        forget_farewell(e);
        return;
    }
    send_abort(x, e);
}

/* The answer to a request that was given up: a grant is aborted at once. */
static void hear_answer(struct sym_exchanges *x, struct sym_exchange *e,
                        const struct sym_session_event *event)
{
    struct sym_fault fault = {.text = ""};
    struct sym_exchange_plan_write p = {
        .parts = SYM_PART_DENIAL, .kinds = {SYM_ENTRY_DECIDED}, .n_kinds = 1, .then = then_heard};
    enum sym_err err = sym_exchange_check(x, e, event->receipt.evidence, event->signed_bytes,
                                          SYM_EXCHANGE_RESTS_ON_NOTHING, &fault);
    const char *doubt = err != SYM_OK ? fault.text : "";
    e->answer.decision = event->receipt.decision;
    e->answer.reason = (enum sym_reason)event->receipt.reason;
    err = sym_kept_set(&e->receipt, event->signed_bytes);
    if (err == SYM_OK && event->receipt.decision == SYM_DECISION_GRANTED) {
        err = make_word(x, e, true);
        p.parts = SYM_PART_GRANT | SYM_PART_OWN_WORD;
        p.kinds[p.n_kinds++] = SYM_ENTRY_ABORTED;
        p.then = then_said;
    } else {
        sym_exchange_word_denial(e, &event->receipt, doubt);
    }
    if (err != SYM_OK) {
        forget_farewell(e);
        return;
    }
    sym_exchange_write(x, e, &p);
}

static void hear_word(struct sym_exchanges *x, struct sym_exchange *e,
                      const struct sym_session_event *event)
{
    struct sym_fault fault = {.text = ""};
    struct sym_exchange_plan_write p = {.parts = SYM_PART_THEIR_WORD,
                                        .kinds = {SYM_ENTRY_SETTLED},
                                        .n_kinds = 1,
                                        .then = then_heard};
    const struct sym_evidence *evidence =
        event->kind == SYM_EVENT_CLOSED ? event->close.evidence : event->abort.evidence;
    enum sym_err err = sym_exchange_check(x, e, evidence, event->signed_bytes,
                                          SYM_EXCHANGE_RESTS_ON_NOTHING, &fault);
    err = sym_kept_set(&e->peer_statement, event->signed_bytes);
    if (err != SYM_OK || e->has_their_word || !e->has_word) {
        forget_farewell(e);
        return;
    }
    sym_exchange_write(x, e, &p);
}

void sym_exchange_say_farewell(struct sym_exchanges *x, struct sym_exchange *e, uint8_t *frame,
                               size_t len)
{
    struct sym_session_event event;
    if (sym_session_receive(e->farewell, frame, len, sym_wall_ms(), &event) != SYM_OK) {
        forget_farewell(e);
        return;
    }
    switch (event.kind) {
    case SYM_EVENT_ANSWERED:
        hear_answer(x, e, &event);
        break;
    case SYM_EVENT_CLOSED:
    case SYM_EVENT_ABORTED:
        hear_word(x, e, &event);
        break;
    case SYM_EVENT_REQUESTED:
    case SYM_EVENT_DATA:
    case SYM_EVENT_FILLER:
        break;
    }
}
