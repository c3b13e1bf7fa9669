#include "node/exchange/exchanges_state.h"
#include "node/exchange/sightings.h"
#include "node/log.h"
#include "proto/overlap_agree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool find_slots(const struct sym_exchanges *x, const struct sym_peer *peer,
                       struct sym_span body, size_t *own, size_t *theirs)
{
    uint8_t sender[SYM_KEY_HINT_BYTES];
    uint8_t receiver[SYM_KEY_HINT_BYTES];
    if (sym_session_hints(sender, receiver, body) != SYM_OK) {
        return false;
    }
    bool found_own = false;
    bool found_theirs = false;
    for (size_t i = 0; i < 2; i++) {
        const struct sym_exchange_key *key = &x->config.keys->exchange[i];
        if (key->private_key.len > 0 && sym_equal(key->public_key, receiver, sizeof receiver)) {
            *own = i;
            found_own = true;
        }
        if (i < peer->card.n_exchange && sym_equal(peer->card.exchange[i], sender, sizeof sender)) {
            *theirs = i;
            found_theirs = true;
        }
    }
    return found_own && found_theirs;
}

/* Reads the request; nothing is answered to one that does not hold. */
static enum sym_err read_request(struct sym_exchanges *x, struct sym_exchange *e,
                                 const struct sym_peer *peer, uint8_t *frame, size_t len,
                                 struct sym_session_event *event)
{
    struct sym_envelope envelope;
    struct sym_span body;
    struct sym_session_parties parties;
    size_t own = 0;
    size_t theirs = 0;
    enum sym_err err = sym_peer_is_expired(peer, (int64_t)(sym_wall_ms() / 1000))
                           ? SYM_EXPIRED
                           : sym_envelope_read(&envelope, &body, sym_span(frame, len));
    if (err == SYM_OK && !find_slots(x, peer, body, &own, &theirs)) {
        err = SYM_NOT_FOUND;
    }
    if (err == SYM_OK) {
        sym_exchange_parties(x, &parties, peer, e->link, own, theirs);
        err = sym_session_new(&e->session, SYM_SESSION_RESPONDER, &parties, e->id);
    }
    if (err == SYM_OK) {
        err = sym_session_receive(e->session, frame, len, sym_wall_ms(), event);
    }
    if (err == SYM_OK) {
        err = sym_sightings_check(x->config.store, e->id);
    }
    return err == SYM_OK ? sym_kept_set(&e->request, event->signed_bytes) : err;
}

/* Answering ------------------------------------------------------------------------------------
 */

struct sym_answer_given sym_exchange_denial(enum sym_reason reason, const char *remark,
                                            const char *cause)
{
    return (struct sym_answer_given){
        .decision = SYM_DECISION_DENIED, .reason = reason, .remark = remark, .cause = cause};
}

/* From the grant to the end: some time, and some more for every element. */
static uint64_t time_for(const struct sym_exchange *e)
{
    uint64_t ms = SYM_REQUEST_LIFE_MS_MAX;
    if (sym_exchange_is_joint(e) && e->kind != SYM_KIND_TABULATE) {
        return SYM_TABLE_MS_MAX;
    }
    if (e->matter != NULL && e->matter->delivers) {
        return SYM_DELIVERY_EACH_MS;
    }
    if (e->matter != NULL) {
        ms += (uint64_t)e->matter->own_size + e->matter->peer_size;
    }
    return ms < SYM_EXCHANGE_MS_MAX ? ms : SYM_EXCHANGE_MS_MAX;
}

static enum sym_err send_receipt(struct sym_exchanges *x, struct sym_exchange *e)
{
    const struct sym_exchange_answer *a = &e->answer;
    bool granted = a->decision == SYM_DECISION_GRANTED;
    uint64_t time_ms = granted ? time_for(e) : SYM_REQUEST_LIFE_MS_MAX;
    struct sym_receipt receipt = {.decision = a->decision,
                                  .reason = (uint32_t)a->reason,
                                  .remark = sym_span_text(a->remark),
                                  .parameters = sym_span(a->parameters, a->parameters_len),
                                  .commitments = e->matter != NULL ? &e->matter->commitments : NULL,
                                  .expires_ms = sym_wall_ms() + time_ms};
    uint8_t *frame = malloc(SYM_SESSION_FRAME_BYTES);
    size_t len = 0;
    e->deadline_ms = sym_now_ms() + time_ms;
    enum sym_err err = frame == NULL ? SYM_NO_MEMORY : sym_exchange_give(x, e, &receipt.evidence);
    if (err == SYM_OK) {
        err = sym_session_answer(e->session, &receipt, sym_wall_ms(), frame,
                                 SYM_SESSION_FRAME_BYTES, &len);
    }
    if (err == SYM_OK) {
        err = sym_kept_set(&e->receipt, sym_session_signed(e->session));
    }
    if (err == SYM_OK && granted) {
        err = sym_run_bind(e->run, sym_kept_span(&e->request), sym_kept_span(&e->receipt));
    }
    if (err == SYM_OK) {
        err = sym_exchange_send_copy(e, frame, len);
    }
    free(frame);
    return err;
}

/* The decision is in the log: now it may leave. */
static void then_answered(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    bool granted = e->answer.decision == SYM_DECISION_GRANTED;
    if (err == SYM_REPLAY) {
        if (e->phase == SYM_PHASE_ENDING && e->link != NULL) {
            sym_link_hang_up(e->link); /* what seemed to have failed is durable after all */
        }
        sym_exchange_refuse(x, e, err);
        return;
    }
    if (err != SYM_OK && e->phase == SYM_PHASE_ENDING) {
        sym_exchange_put_off_end(e, err);
        return;
    }
    if (err != SYM_OK) {
        e->ends = false;
        e->answer.decision = 0;
        sym_exchange_fail(x, e, err, "the decision could not be recorded");
        return;
    }
    err = send_receipt(x, e);
    if (!granted) {
        sym_exchange_finish_as_written(x, e);
    } else if (err != SYM_OK && !e->ending.due) {
        sym_exchange_abort(x, e, SYM_REASON_FAULT, err, "the answer could not be made");
    } else if (!e->ending.due) {
        e->phase = SYM_PHASE_RUNNING;
        sym_exchange_pump(x, e);
    }
}

/* What needs no grant of this node has no other bound. */
static bool is_allowed(struct sym_exchanges *x, struct sym_exchange *e)
{
    return e->kind == SYM_KIND_WITNESS ||
           sym_allowance_take(&x->allowance, &e->peer, sym_now_ms(), &e->left_out);
}

void sym_answer_deny(struct sym_answer_given *out, enum sym_reason reason, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out->room[0], sizeof out->room[0], format, args);
    va_end(args);
    out->room[0][SYM_REASON_BYTES_MAX] = '\0';
    out->decision = SYM_DECISION_DENIED;
    out->reason = reason;
    out->remark = out->room[0];
    out->cause = out->room[0];
}

void sym_exchange_keep_approval(struct sym_exchange *e)
{
    if (e->matter != NULL) {
        sym_grants_keep_approval(e->step, sym_wall_ms());
        memset(e->matter->approver, 0, sizeof e->matter->approver);
        memset(e->matter->approved, 0, sizeof e->matter->approved);
    }
}

static void keep_answer(struct sym_exchange *e, const struct sym_answer_given *a)
{
    e->answer =
        (struct sym_exchange_answer){.decision = (uint32_t)a->decision, .reason = a->reason};
    sym_matter_text(e->answer.remark, sizeof e->answer.remark, sym_span_text(a->remark));
    if (a->parameters.len > 0 && a->parameters.len <= sizeof e->answer.parameters) {
        memcpy(e->answer.parameters, a->parameters.data, a->parameters.len);
        e->answer.parameters_len = a->parameters.len;
    }
}

/* Each decision is put down before it leaves. What a peer can cause without a grant is left out
 * beyond its allowance; it is denied then, as nothing may happen that is in no log. */
void sym_exchange_give_answer(struct sym_exchanges *x, struct sym_exchange *e,
                              const struct sym_answer_given *given)
{
    struct sym_exchange_plan_write p = {.parts = SYM_PART_HISTORY, .then = then_answered};
    struct sym_answer_given a = *given;
    bool is_free = e->matter == NULL || e->matter->delivers || a.decision != SYM_DECISION_GRANTED;
    if (!e->asked) {
        e->unlogged = is_free && !is_allowed(x, e);
        if (e->unlogged && a.decision == SYM_DECISION_GRANTED) {
            a = sym_exchange_denial(SYM_REASON_LIMIT, "asked too often; try again in a minute",
                                    NULL);
        }
        p.parts |= SYM_PART_SIGHTING;
        p.kinds[p.n_kinds++] = SYM_ENTRY_REQUESTED;
    }
    p.kinds[p.n_kinds++] = SYM_ENTRY_DECIDED;
    keep_answer(e, &a);
    if (a.decision == SYM_DECISION_GRANTED) {
        p.parts |= SYM_PART_GRANT;
        if (e->matter != NULL && e->matter->engine == SYM_OVERLAP_ENGINE_STANDING) {
            p.parts |= SYM_PART_CHARGE;
        }
        e->state = SYM_EXCHANGE_RUNNING;
    } else {
        e->ends = true;
        e->final = a.decision == SYM_DECISION_HELD ? SYM_EXCHANGE_HELD : SYM_EXCHANGE_DENIED;
        e->reason = a.reason;
        e->result = SYM_DENIED;
        (void)sym_fail(&e->fault, SYM_DENIED, "%s",
                       a.cause != NULL ? a.cause : sym_reason_text((uint32_t)a.reason));
    }
    sym_exchange_write(x, e, &p);
}

void sym_exchange_deny(struct sym_exchanges *x, struct sym_exchange *e, enum sym_reason reason)
{
    struct sym_exchange_plan_write p = {.parts = SYM_PART_HISTORY, .then = then_answered};
    struct sym_answer_given a = sym_exchange_denial(reason, "", NULL);
    if (!e->asked) {
        p.parts |= SYM_PART_SIGHTING;
        p.kinds[p.n_kinds++] = SYM_ENTRY_REQUESTED;
    }
    p.kinds[p.n_kinds++] = SYM_ENTRY_DECIDED;
    keep_answer(e, &a);
    sym_exchange_write(x, e, &p);
}

/* What touches no data needs no grant: a ping, and what two logs tell of each other. */
static void answer_freely(struct sym_exchanges *x, struct sym_exchange *e,
                          const struct sym_peer *peer, const struct sym_request *request)
{
    struct sym_run_evidence evidence = sym_exchange_run_evidence(x, e, peer);
    struct sym_run_plan plan = {.kind = request->kind,
                                .role = SYM_SESSION_RESPONDER,
                                .parameters = request->parameters,
                                .evidence = &evidence};
    struct sym_answer_given a = {.decision = SYM_DECISION_GRANTED, .remark = ""};
    if (sym_run_new(&e->run, &plan) != SYM_OK) {
        a = sym_exchange_denial(SYM_REASON_PROTOCOL, "", NULL);
    }
    sym_exchange_give_answer(x, e, &a);
}

/* Heads can be told also after an alarm: a log that was restored shows so. */
static enum sym_err check_evidence(struct sym_exchanges *x, const struct sym_exchange *e,
                                   const struct sym_session_event *event, struct sym_fault *fault)
{
    bool meets = e->kind == SYM_KIND_WITNESS;
    if (meets) {
        sym_witness_begin_meeting(x->config.witness, &e->peer);
    }
    enum sym_err err = sym_exchange_check(x, e, event->request.evidence, event->signed_bytes,
                                          SYM_ENTRY_REQUESTED, fault);
    if (err != SYM_OK) {
        return err;
    }
    return meets ? sym_witness_may_meet(x->config.witness, fault)
                 : sym_witness_trusts(x->config.witness, &e->peer, fault);
}

static void answer(struct sym_exchanges *x, struct sym_exchange *e, const struct sym_peer *peer,
                   const struct sym_session_event *event)
{
    const struct sym_request *request = &event->request;
    struct sym_fault fault = {.text = ""};
    struct sym_answer_given a = {.remark = ""};
    e->kind = request->kind;
    if (check_evidence(x, e, event, &fault) != SYM_OK) {
        a = sym_exchange_denial(SYM_REASON_EVIDENCE, "", fault.text);
    } else if (request->kind != SYM_KIND_WITNESS && sym_exchange_table_busy(&x->table, e)) {
        a = sym_exchange_denial(SYM_REASON_BUSY, "", NULL);
    } else if (request->kind != SYM_KIND_WITNESS &&
               sym_opens_admit(x->config.opens, &e->peer, &fault) != SYM_OK) {
        sym_answer_deny(&a, SYM_REASON_LIMIT, "%s", fault.text);
    } else if (request->kind == SYM_KIND_PING || request->kind == SYM_KIND_WITNESS ||
               request->kind == SYM_KIND_COMPARE) {
        answer_freely(x, e, peer, request);
        return;
    } else if (request->kind == SYM_KIND_OVERLAP_MATCHES ||
               request->kind == SYM_KIND_OVERLAP_COUNT) {
        sym_exchange_answer_overlap(x, e, peer, request);
        return;
    } else if (request->kind == SYM_KIND_TABULATE) {
        struct sym_answer_given given;
        sym_exchange_answer_joint(x, e, peer, request, &given);
        sym_exchange_give_answer(x, e, &given);
        return;
    } else if (request->kind == SYM_KIND_OVERLAP_TABLE ||
               request->kind == SYM_KIND_OVERLAP_EVALUATE ||
               request->kind == SYM_KIND_OVERLAP_ROWS) {
        struct sym_answer_given given;
        sym_exchange_answer_table(x, e, peer, request, &given);
        sym_exchange_give_answer(x, e, &given);
        return;
    } else {
        a = sym_exchange_denial(SYM_REASON_UNSUPPORTED, "", NULL);
    }
    sym_exchange_give_answer(x, e, &a);
}

/* Requests that do not hold --------------------------------------------------------------------
 */

/* Nothing is sent to one whose request does not hold; the own side hears of it, but no flood of
 * them can fill the disk, or hide those of another peer: what one is not recorded of is counted. */
static void record_refusal(struct sym_exchanges *x, const struct sym_peer *peer,
                           const uint8_t id[SYM_EXCHANGE_ID_BYTES], enum sym_err reason)
{
    uint64_t left_out = 0;
    if (!sym_allowance_take(&x->refusals, &peer->id, sym_now_ms(), &left_out)) {
        return;
    }
    sym_log(SYM_LEVEL_WARN, "request-refused", "peer", peer->alias, "reason", sym_err_text(reason),
            NULL);
    struct sym_entry_body body = {.event = sym_span_text("request-refused"),
                                  .alias = sym_span_text(peer->alias),
                                  .role = SYM_AS_PARTICIPANT,
                                  .subject = sym_span_text(sym_err_name(reason)),
                                  .detail = sym_span_text(sym_err_text(reason)),
                                  .count = left_out};
    struct sym_entry entry = {.kind = SYM_ENTRY_REFUSED,
                              .exchange_id = id,
                              .initiator = &peer->id,
                              .responder = &x->config.self,
                              .body = &body};
    enum sym_err err = sym_log_add(x->config.log, &entry);
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "log-not-written", "reason", sym_err_text(err), NULL);
    }
}

/* One of two requests with the same id, in the same turn: the later one is none. */
void sym_exchange_refuse(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err reason)
{
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, &e->peer);
    if (peer != NULL) {
        record_refusal(x, peer, e->id, reason);
    }
    sym_exchange_finish(e, SYM_EXCHANGE_ABORTED, sym_now_us());
}

void sym_exchange_repeated(struct sym_exchanges *x, const struct sym_link *link,
                           const struct sym_envelope *envelope)
{
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, sym_link_peer(link));
    if (peer != NULL) {
        record_refusal(x, peer, envelope->exchange_id, SYM_REPLAY);
    }
}

/* Who answers late is not heard: an eighth of the time is left for the way. */
static uint64_t time_to_answer(const struct sym_request *request)
{
    uint64_t now_ms = sym_wall_ms();
    uint64_t left_ms = request->expires_ms > now_ms ? request->expires_ms - now_ms : 0;
    return left_ms - left_ms / 8;
}

void sym_exchange_answer(struct sym_exchanges *x, struct sym_link *link,
                         const struct sym_envelope *envelope, uint8_t *frame, size_t len)
{
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, sym_link_peer(link));
    struct sym_exchange *e = NULL;
    if (peer == NULL || envelope->type != SYM_FRAME_ASK) {
        return; /* a late frame of an exchange that has ended */
    }
    if (sym_exchange_table_add(&x->table, &e, &peer->id, NULL) != SYM_OK) {
        record_refusal(x, peer, envelope->exchange_id, SYM_LIMIT);
        return;
    }
    struct sym_session_event event;
    e->role = SYM_SESSION_RESPONDER;
    e->link = link;
    e->bytes_received = len;
    e->started_us = sym_now_us();
    memcpy(e->id, envelope->exchange_id, sizeof e->id);
    memcpy(e->handle, e->id, sizeof e->handle);
    memcpy(e->alias, peer->alias, sizeof e->alias);
    enum sym_err err = read_request(x, e, peer, frame, len, &event);
    if (err == SYM_OK && x->config.restored_ms != NULL &&
        event.request.issued_ms < *x->config.restored_ms) {
        err = SYM_REPLAY; /* its id may be one that was seen behind the backup */
    }
    if (err == SYM_OK) {
        e->deadline_ms = sym_now_ms() + time_to_answer(&event.request);
        answer(x, e, peer, &event);
        return;
    }
    record_refusal(x, peer, envelope->exchange_id, err);
    sym_exchange_table_remove(&x->table, e);
}
