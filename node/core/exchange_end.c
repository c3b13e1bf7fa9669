#include "node/core/exchanges_state.h"
#include "node/log.h"

#include <stdlib.h>
#include <string.h>

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

static struct sym_exchange_entry entry_of(const struct sym_exchange *e)
{
    const struct sym_exchange_matter *m = e->matter;
    bool over = e->state == SYM_EXCHANGE_DONE || e->state == SYM_EXCHANGE_DENIED ||
                e->state == SYM_EXCHANGE_ABORTED;
    bool initiates = e->role == SYM_SESSION_INITIATOR;
    return (struct sym_exchange_entry){
        .id = sym_span(e->handle, sizeof e->handle),
        .alias = sym_span_text(e->alias),
        .peer = sym_span(e->peer.bytes, SYM_NODE_ID_BYTES),
        .role = initiates ? SYM_AS_INITIATOR : SYM_AS_PARTICIPANT,
        .kind = e->kind,
        .state = (uint32_t)e->state,
        .result = over ? (uint32_t)e->result : 0,
        .fault = sym_span_text(over ? e->fault.text : ""),
        .reason = over ? (uint32_t)e->reason : 0,
        .purpose = m->purpose,
        .basis = m->basis,
        .case_ref = sym_span_text(m->case_ref),
        .note = sym_span_text(m->note),
        .user = sym_span_text(m->user),
        .approver = sym_span_text(m->approver),
        .mine = sym_span_text(m->mine),
        .theirs = sym_span_text(m->theirs),
        .type = m->type,
        .own_size = m->own_size,
        .peer_size = m->peer_size,
        .common = e->state == SYM_EXCHANGE_DONE ? m->common : 0,
        .records = e->state == SYM_EXCHANGE_DONE ? m->records : 0,
        .has_result = e->state == SYM_EXCHANGE_DONE && m->has_result,
        .started_ms = m->started_ms,
        .ended_ms = over ? sym_wall_ms() : 0,
        .bytes_sent = e->bytes_sent + e->bytes_leaving,
        .bytes_received = e->bytes_received,
        .min_result = m->min_result,
        .withheld = e->state == SYM_EXCHANGE_DONE && m->withheld,
    };
}

/* What touches no data has its lines in the journal only. */
static enum sym_err put_down(struct sym_exchanges *x, const struct sym_exchange *e,
                             const char *event, const char *id, const char *detail)
{
    if (e->matter == NULL) {
        return sym_journal_add(x->config.journal, sym_wall_ms(),
                               "%s exchange=%s peer=%s kind=%s %s", event, id, e->alias,
                               sym_kind_text(e->kind), detail);
    }
    struct sym_exchange_entry entry = entry_of(e);
    return sym_history_put(x->config.history, &entry, event, detail);
}

/* What needed no grant of this node, and so has no other bound. */
static bool is_free(const struct sym_exchange *e)
{
    return e->role == SYM_SESSION_RESPONDER &&
           (e->matter == NULL || e->state == SYM_EXCHANGE_DENIED || e->state == SYM_EXCHANGE_HELD);
}

static bool is_allowed(struct sym_exchanges *x, const struct sym_exchange *e)
{
    uint64_t left_out = 0;
    if (!is_free(e)) {
        return true;
    }
    if (!sym_allowance_take(&x->allowance, &e->peer, sym_now_ms(), &left_out)) {
        return false;
    }
    if (left_out > 0) {
        sym_log(SYM_LEVEL_WARN, "requests-not-recorded", "peer", e->alias, NULL);
        enum sym_err err = sym_journal_add(x->config.journal, sym_wall_ms(),
                                           "requests-not-recorded peer=%s n=%llu", e->alias,
                                           (unsigned long long)left_out);
        (void)err; /* the next one tells, too, if the disk is full */
    }
    return true;
}

enum sym_err sym_exchange_record(struct sym_exchanges *x, const struct sym_exchange *e,
                                 const char *event, const char *detail)
{
    if (!is_allowed(x, e)) {
        return SYM_OK;
    }
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    sym_hex(id, e->id, sizeof e->id);
    sym_log(SYM_LEVEL_INFO, event, "exchange", id, "peer", e->alias, "kind", sym_kind_text(e->kind),
            "detail", detail, NULL);
    enum sym_err err = put_down(x, e, event, id, detail);
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "journal-not-written", "reason", sym_err_text(err), NULL);
    }
    return err;
}

/* Only an exchange that both sides have closed has a result. */
static void drop_result(struct sym_exchanges *x, const struct sym_exchange *e)
{
    struct sym_fault fault = {.text = ""};
    bool kept = e->matter != NULL && (e->matter->find != NULL || e->matter->has_result);
    if (kept && e->state != SYM_EXCHANGE_DONE &&
        sym_results_forget(x->config.results, sym_span(e->handle, sizeof e->handle), &fault) !=
            SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "result-not-erased", "reason", fault.text, NULL);
    }
}

void sym_exchange_end(struct sym_exchanges *x, struct sym_exchange *e,
                      enum sym_exchange_state state, enum sym_err result, const char *fault)
{
    if (sym_exchange_ended(e)) {
        return;
    }
    e->state = state;
    e->result = result;
    (void)sym_fail(&e->fault, result, "%s", fault);
    const char *event = state == SYM_EXCHANGE_DONE     ? "closed"
                        : state == SYM_EXCHANGE_DENIED ? "denied"
                        : state == SYM_EXCHANGE_HELD   ? "held"
                                                       : "aborted";
    enum sym_err err = sym_exchange_record(x, e, event, fault);
    if (err != SYM_OK && result == SYM_OK) {
        e->state = SYM_EXCHANGE_ABORTED;
        e->result = err;
        (void)sym_fail(&e->fault, err, "the end of the exchange could not be recorded");
    }
    drop_result(x, e);
    sym_exchange_finish(e, e->state, sym_now_us());
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

/* Who decides has no keys yet: it answers with a denial instead. */
static enum sym_err write_last_frame(struct sym_session *s, enum sym_reason reason, uint8_t *frame,
                                     size_t *len)
{
    if (sym_session_state(s) == SYM_SESSION_DECIDING) {
        struct sym_receipt receipt = {.decision = SYM_DECISION_DENIED,
                                      .reason = (uint32_t)reason,
                                      .expires_ms = sym_wall_ms() + SYM_REQUEST_LIFE_MS_MAX};
        return sym_session_answer(s, &receipt, sym_wall_ms(), frame, SYM_SESSION_FRAME_BYTES, len);
    }
    struct sym_abort a = {.reason = (uint32_t)reason};
    return sym_session_abort(s, &a, sym_wall_ms(), frame, SYM_SESSION_FRAME_BYTES, len);
}

static void send_last_frame(struct sym_exchange *e, struct sym_session *s, enum sym_reason reason)
{
    uint8_t *frame = malloc(SYM_SESSION_FRAME_BYTES);
    size_t len = 0;
    if (frame != NULL && write_last_frame(s, reason, frame, &len) == SYM_OK) {
        enum sym_err err = sym_exchange_send_copy(e, frame, len);
        (void)err;
    }
    free(frame);
}

void sym_exchange_abort(struct sym_exchanges *x, struct sym_exchange *e, enum sym_reason reason,
                        enum sym_err result, const char *fault)
{
    if (sym_exchange_ended(e)) {
        return;
    }
    e->reason = reason;
    if (e->session != NULL && e->link != NULL) {
        if (sym_session_state(e->session) == SYM_SESSION_ASKED) {
            e->farewell = e->session;
            e->session = NULL;
        } else {
            send_last_frame(e, e->session, reason);
        }
    }
    sym_exchange_end(x, e, SYM_EXCHANGE_ABORTED, result, fault);
}

void sym_exchange_say_farewell(struct sym_exchange *e, uint8_t *frame, size_t len)
{
    struct sym_session_event event;
    struct sym_session *s = e->farewell;
    e->farewell = NULL;
    if (sym_session_receive(s, frame, len, sym_wall_ms(), &event) == SYM_OK &&
        event.kind == SYM_EVENT_ANSWERED && event.receipt.decision == SYM_DECISION_GRANTED) {
        send_last_frame(e, s, e->reason);
    }
    sym_session_free(s);
}
