#include "node/core/exchanges_state.h"
#include "node/core/sightings.h"
#include "node/log.h"
#include "proto/overlap_agree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Refused requests are recorded at most this often. */
#define REFUSAL_PAUSE_MS 1000u

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

/* Reads the request and stores its id; nothing is answered to one that does not hold. */
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
        err = sym_sightings_add(x->config.store, e->id, sym_wall_ms());
    }
    return err;
}

/* Answering ------------------------------------------------------------------------------------
 */

struct answer {
    enum sym_decision decision;
    enum sym_reason reason;
    const char *remark;         /* travels */
    const char *cause;          /* stays here; NULL: the reason says it */
    struct sym_span parameters; /* of a grant */
};

static struct answer denial(enum sym_reason reason, const char *remark, const char *cause)
{
    return (struct answer){
        .decision = SYM_DECISION_DENIED, .reason = reason, .remark = remark, .cause = cause};
}

/* From the grant to the end: some time, and some more for every element. */
static uint64_t time_for(const struct sym_exchange *e)
{
    uint64_t ms = SYM_REQUEST_LIFE_MS_MAX;
    if (e->matter != NULL) {
        ms += (uint64_t)e->matter->own_size + e->matter->peer_size;
    }
    return ms < SYM_EXCHANGE_MS_MAX ? ms : SYM_EXCHANGE_MS_MAX;
}

static enum sym_err write_answer(struct sym_exchanges *x, struct sym_exchange *e,
                                 const struct answer *a, uint8_t *frame, size_t *len)
{
    bool granted = a->decision == SYM_DECISION_GRANTED;
    uint64_t time_ms = granted ? time_for(e) : SYM_REQUEST_LIFE_MS_MAX;
    struct sym_receipt receipt = {.decision = (uint32_t)a->decision,
                                  .reason = (uint32_t)a->reason,
                                  .remark = sym_span_text(a->remark),
                                  .parameters = a->parameters,
                                  .commitments = e->matter != NULL ? &e->matter->commitments : NULL,
                                  .expires_ms = sym_wall_ms() + time_ms};
    e->deadline_ms = sym_now_ms() + time_ms;
    if (granted) {
        e->state = SYM_EXCHANGE_RUNNING;
        e->phase = SYM_PHASE_RUNNING;
        enum sym_err err = sym_exchange_record(x, e, "granted", "");
        if (err != SYM_OK) {
            return err;
        }
    }
    return sym_session_answer(e->session, &receipt, sym_wall_ms(), frame, SYM_SESSION_FRAME_BYTES,
                              len);
}

/* Each decision is put down before it leaves. */
static void give_answer(struct sym_exchanges *x, struct sym_exchange *e, const struct answer *a)
{
    uint8_t *frame = malloc(SYM_SESSION_FRAME_BYTES);
    size_t len = 0;
    enum sym_err err = frame == NULL ? SYM_NO_MEMORY : write_answer(x, e, a, frame, &len);
    if (err != SYM_OK) {
        e->reason = SYM_REASON_FAULT;
        sym_exchange_end(x, e, SYM_EXCHANGE_ABORTED, err, "the answer could not be made");
        free(frame);
        return;
    }
    if (a->decision != SYM_DECISION_GRANTED) {
        const char *cause = a->cause != NULL ? a->cause : sym_reason_text((uint32_t)a->reason);
        e->reason = a->reason;
        e->bytes_leaving = e->link != NULL ? len : 0;
        sym_exchange_end(x, e,
                         a->decision == SYM_DECISION_HELD ? SYM_EXCHANGE_HELD : SYM_EXCHANGE_DENIED,
                         SYM_DENIED, cause);
        e->bytes_leaving = 0;
    }
    err = sym_exchange_send_copy(e, frame, len);
    free(frame);
    if (err == SYM_OK && !sym_exchange_ended(e)) {
        sym_exchange_pump(x, e);
    }
}

/* A ping touches no data and needs no grant. */
static void answer_ping(struct sym_exchanges *x, struct sym_exchange *e,
                        const struct sym_request *request)
{
    struct sym_run_plan plan = {
        .kind = request->kind, .role = SYM_SESSION_RESPONDER, .parameters = request->parameters};
    struct answer a = {.decision = SYM_DECISION_GRANTED, .remark = ""};
    if (sym_run_new(&e->run, &plan) != SYM_OK) {
        a = denial(SYM_REASON_PROTOCOL, "", NULL);
    }
    give_answer(x, e, &a);
}

/* Overlaps -------------------------------------------------------------------------------------
 */

static struct sym_overlap_terms own_terms(void)
{
    return (struct sym_overlap_terms){.type_version = SYM_TOKEN_LIST_VERSION,
                                      .canon_version = SYM_CANON_VERSION,
                                      .types = ((uint64_t)1 << SYM_TOKEN_TYPE_COUNT) - 2};
}

/* Keeps what the answer is made from: the request itself is gone by then. */
static enum sym_err keep_request(struct sym_exchanges *x, struct sym_exchange *e,
                                 const struct sym_request *request)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_overlap asked;
    if (request->parameters.len > sizeof e->parameters) {
        return SYM_TOO_LONG;
    }
    enum sym_err err = sym_decode(&arena, &asked, &sym_msg_overlap, request->parameters);
    if (err == SYM_OK) {
        err = sym_matter_new(&e->matter, x);
    }
    if (err != SYM_OK) {
        return err;
    }
    memcpy(e->parameters, request->parameters.data, request->parameters.len);
    e->parameters_len = request->parameters.len;
    e->matter->purpose = request->purpose;
    e->matter->basis = request->basis;
    e->matter->engine = asked.engine;
    e->matter->type = asked.type;
    e->matter->peer_size = asked.set_size;
    /* What is no name could pass for other fields in a line of the journal. */
    bool is_name = sym_alias_check(request->dataset) == SYM_OK;
    sym_matter_text(e->matter->mine, sizeof e->matter->mine,
                    is_name ? request->dataset : sym_span_text("?"));
    return SYM_OK;
}

/* Can this node compute it, on the terms of the other? */
static enum sym_err check_terms(const struct sym_exchange *e, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_overlap asked;
    struct sym_overlap_terms terms = own_terms();
    enum sym_err err =
        sym_decode(&arena, &asked, &sym_msg_overlap, sym_span(e->parameters, e->parameters_len));
    return err == SYM_OK ? sym_overlap_check(&asked, &terms, fault) : err;
}

static enum sym_err judge(struct sym_exchanges *x, struct sym_exchange *e,
                          const struct sym_peer *peer, const struct sym_request *request,
                          struct sym_policy_verdict *verdict)
{
    struct sym_approval approval = {.approver = ""};
    size_t at = 0;
    struct sym_ask ask = {.peer = peer,
                          .request = request,
                          .engine = e->matter->engine,
                          .type = e->matter->type,
                          .elements = e->matter->peer_size,
                          .dataset_known = sym_datasets_find(x->config.datasets, &at,
                                                             request->dataset, NULL) == SYM_OK,
                          .wall_ms = sym_wall_ms()};
    enum sym_err err = sym_grants_decide(x->config.grants, verdict, &approval, &ask);
    if (err != SYM_OK) {
        return err;
    }
    e->matter->min_result = verdict->min_result;
    memcpy(e->matter->approver, approval.approver, sizeof e->matter->approver);
    static const uint8_t none[SYM_EXCHANGE_ID_BYTES] = {0};
    if (!sym_equal(approval.held_id, none, sizeof none)) {
        memcpy(e->handle, approval.held_id, sizeof e->handle);
    }
    if (verdict->decision == SYM_DECISION_GRANTED && e->matter->approver[0] != '\0') {
        err = sym_matter_commit(e->matter, x->config.store, e->handle);
    }
    return err;
}

/* Policy has granted it: the answer waits for own elements. */
static void prepare(struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_fault fault = {.text = ""};
    enum sym_err err =
        sym_exchange_countable(x, e->kind, sym_span_text(e->matter->mine), e->matter->type, &fault);
    if (err == SYM_OK) {
        err = sym_exchange_prepare(x, e, &fault);
    }
    if (err != SYM_OK) {
        bool ask_otherwise = err == SYM_UNSUPPORTED;
        struct answer a =
            denial(ask_otherwise ? SYM_REASON_UNSUPPORTED : SYM_REASON_FAULT,
                   ask_otherwise ? "count by one identifier type: --type" : "", fault.text);
        give_answer(x, e, &a);
    }
}

static void answer_overlap(struct sym_exchanges *x, struct sym_exchange *e,
                           const struct sym_peer *peer, const struct sym_request *request)
{
    struct sym_policy_verdict verdict = {.cause = NULL};
    struct sym_fault fault = {.text = ""};
    struct answer a;
    enum sym_err err = keep_request(x, e, request);
    if (err != SYM_OK) {
        a = denial(err == SYM_NO_MEMORY ? SYM_REASON_FAULT : SYM_REASON_PROTOCOL, "", NULL);
    } else if (check_terms(e, &fault) != SYM_OK) {
        a = denial(SYM_REASON_UNSUPPORTED, fault.text, fault.text);
    } else if (judge(x, e, peer, request, &verdict) != SYM_OK) {
        a = denial(SYM_REASON_FAULT, "", "the decision could not be recorded");
    } else if (verdict.decision == SYM_DECISION_GRANTED) {
        prepare(x, e);
        return;
    } else {
        a = (struct answer){.decision = verdict.decision,
                            .reason = verdict.reason,
                            .remark = verdict.remark,
                            .cause = verdict.cause};
    }
    give_answer(x, e, &a);
}

static enum sym_err open_run(struct sym_exchanges *x, struct sym_exchange *e,
                             struct sym_span parameters)
{
    struct sym_run_plan plan = {.kind = e->kind,
                                .role = SYM_SESSION_RESPONDER,
                                .parameters = sym_span(e->parameters, e->parameters_len),
                                .answer = parameters,
                                .set = e->matter->set,
                                .with = x->config.ristretto};
    enum sym_err err = sym_run_new(&e->run, &plan);
    if (err == SYM_OK) {
        e->matter->set = NULL;
    }
    return err;
}

void sym_exchange_answer_prepared(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    uint8_t bytes[16];
    size_t len = 0;
    struct answer a = {.decision = SYM_DECISION_GRANTED, .remark = ""};
    if (err == SYM_OK) {
        struct sym_overlap_answer o = {.set_size = sym_overlap_set_size(e->matter->set),
                                       .min_result = e->matter->min_result};
        e->matter->own_size = o.set_size;
        err = sym_encode(bytes, sizeof bytes, &len, &sym_msg_overlap_answer, &o);
        a.parameters = sym_span(bytes, len);
    }
    if (err == SYM_OK) {
        err = open_run(x, e, a.parameters);
    }
    if (err != SYM_OK) {
        char cause[SYM_FAULT_BYTES];
        (void)snprintf(cause, sizeof cause, "dataset %s: its content %s", e->matter->mine,
                       sym_err_text(err));
        a = denial(SYM_REASON_FAULT, "", cause);
        give_answer(x, e, &a);
        return;
    }
    give_answer(x, e, &a);
}

static void answer(struct sym_exchanges *x, struct sym_exchange *e, const struct sym_peer *peer,
                   const struct sym_request *request)
{
    struct answer a;
    e->kind = request->kind;
    if (sym_exchange_table_busy(&x->table, e)) {
        a = denial(SYM_REASON_BUSY, "", NULL);
    } else if (request->kind == SYM_KIND_PING) {
        answer_ping(x, e, request);
        return;
    } else if (request->kind == SYM_KIND_OVERLAP_MATCHES ||
               request->kind == SYM_KIND_OVERLAP_COUNT) {
        answer_overlap(x, e, peer, request);
        return;
    } else {
        a = denial(SYM_REASON_UNSUPPORTED, "", NULL);
    }
    give_answer(x, e, &a);
}

/* Requests that do not hold --------------------------------------------------------------------
 */

/* Nothing is sent to one whose request does not hold; the own side hears of it, but no flood of
 * them can fill the disk. */
static void record_refusal(struct sym_exchanges *x, const struct sym_peer *peer,
                           enum sym_err reason)
{
    uint64_t now_ms = sym_now_ms();
    if (x->refusal_ms != 0 && now_ms - x->refusal_ms < REFUSAL_PAUSE_MS) {
        return;
    }
    x->refusal_ms = now_ms;
    sym_log(SYM_LEVEL_WARN, "request-refused", "peer", peer->alias, "reason", sym_err_text(reason),
            NULL);
    enum sym_err err =
        sym_journal_add(x->config.journal, sym_wall_ms(), "request-refused peer=%s reason=%s",
                        peer->alias, sym_err_name(reason));
    (void)err;
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
        record_refusal(x, peer, SYM_LIMIT);
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
    if (err == SYM_OK) {
        e->deadline_ms = sym_now_ms() + time_to_answer(&event.request);
        answer(x, e, peer, &event.request);
        return;
    }
    record_refusal(x, peer, err);
    sym_exchange_table_remove(&x->table, e);
}
