#include "node/exchange/exchanges_state.h"
#include "proto/overlap_agree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Until when the answer to an overlap is awaited: the other side reads its dataset first. */
#define ANSWER_MS 120000u
/* First and longest pause before a held request is made again, and how long that goes on. */
#define PAUSE_MS     2000u
#define PAUSE_MAX_MS 30000u
#define HELD_MS      86400000u

/* A card that announces a next exchange key: its owner holds both, so the newer is used. */
static size_t newest_exchange_slot(const struct sym_peer *peer)
{
    return peer->card.n_exchange - 1;
}

static uint64_t life_of(const struct sym_exchange *e)
{
    uint64_t now_ms = sym_now_ms();
    uint64_t left_ms = e->deadline_ms > now_ms ? e->deadline_ms - now_ms : 1;
    uint64_t most_ms = e->matter != NULL ? ANSWER_MS : SYM_EXCHANGE_ANSWER_MS;
    return left_ms < most_ms ? left_ms : most_ms;
}

void sym_exchange_allow_ms(struct sym_exchange *e, uint64_t ms)
{
    e->deadline_ms = sym_now_ms() + ms;
    if (e->until_ms != 0 && e->until_ms < e->deadline_ms) {
        e->deadline_ms = e->until_ms;
    }
}

uint32_t sym_exchange_engines(const struct sym_exchanges *x, const struct sym_overlap_start *o,
                              const struct sym_node_id *peer)
{
    enum { DH_ALONE, DH_VOLE, DH_STANDING };
    uint32_t engines = sym_overlap_engines_of(o->kind);
    if (sym_exchange_must_hold(x, peer) != NULL) {
        engines &= ~(1u << SYM_OVERLAP_ENGINE_VOLE);
    }
    if (o->engine != SYM_OVERLAP_ENGINE_AUTO) {
        return engines & 1u << o->engine;
    }
    unsigned word = sym_settings_word(x->config.settings, SYM_SETTING_ENGINES);
    if (word == DH_ALONE || word == DH_STANDING) {
        engines &= ~(1u << SYM_OVERLAP_ENGINE_VOLE);
    }
    if (word == DH_ALONE || word == DH_VOLE) {
        engines &= ~(1u << SYM_OVERLAP_ENGINE_STANDING);
    }
    return engines;
}

/* The standing list of the other side that this one holds, or would. */
static void find_standing(const struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_exchange_matter *m = e->matter;
    const struct sym_standing_name name = {
        .peer = &e->peer, .dataset = sym_span_text(m->theirs), .type = m->type};
    m->holds = x->config.standings != NULL &&
               sym_standings_find(x->config.standings, &m->standing, &name) == SYM_OK;
    if (!m->holds) {
        m->standing = (struct sym_standing_row){.peer = e->peer, .type = m->type};
        memcpy(m->standing.dataset, m->theirs, sizeof m->standing.dataset);
    }
}

static enum sym_err write_parameters(const struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_overlap o = {.engines = e->matter->engines,
                            .suite = SYM_OVERLAP_SUITE,
                            .type_version = SYM_TOKEN_LIST_VERSION,
                            .canon_version = SYM_CANON_VERSION,
                            .type = e->matter->type,
                            .set_size = e->matter->own_size};
    uint8_t bytes[96];
    size_t len = 0;
    if ((e->matter->engines >> SYM_OVERLAP_ENGINE_STANDING & 1u) != 0) {
        find_standing(x, e);
    }
    if (e->matter->holds) {
        o.epoch = sym_span(e->matter->standing.epoch, sizeof e->matter->standing.epoch);
    }
    enum sym_err err = sym_encode(bytes, sizeof bytes, &len, &sym_msg_overlap, &o);
    return err == SYM_OK ? sym_kept_set(&e->parameters, sym_span(bytes, len)) : err;
}

static enum sym_err write_request(struct sym_exchanges *x, struct sym_exchange *e,
                                  const struct sym_peer *peer, uint8_t *frame, size_t *len)
{
    struct sym_session_parties parties;
    struct sym_request request = {.kind = e->kind, .purpose = SYM_PURPOSE_TEST};
    enum sym_err err = SYM_OK;
    sym_exchange_parties(x, &parties, peer, e->link, 0, newest_exchange_slot(peer));
    if (e->matter != NULL) {
        err = e->matter->is_joint ? SYM_OK : write_parameters(x, e);
        request.purpose = e->matter->purpose;
        request.basis = e->matter->basis;
        request.dataset = sym_span_text(e->matter->theirs);
        request.commitments = &e->matter->commitments;
    }
    request.parameters = sym_kept_span(&e->parameters);
    if (err == SYM_OK) {
        err = sym_exchange_give(x, e, &request.evidence);
    }
    if (err == SYM_OK) {
        err = sym_session_new(&e->session, SYM_SESSION_INITIATOR, &parties, e->id);
    }
    if (err == SYM_OK) {
        err = sym_session_ask(e->session, &request, sym_wall_ms(), life_of(e), frame,
                              SYM_SESSION_FRAME_BYTES, len);
    }
    return err == SYM_OK ? sym_kept_set(&e->request, sym_session_signed(e->session)) : err;
}

/* It is in the log: now it may leave. */
static void then_requested(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, &e->peer);
    size_t len = 0;
    if (err != SYM_OK) {
        sym_exchange_fail(x, e, err, "the request could not be recorded");
        return;
    }
    if (e->ending.due) {
        return; /* was cancelled, or has lost its link */
    }
    uint8_t *frame = malloc(SYM_SESSION_FRAME_BYTES);
    err = frame == NULL || peer == NULL ? SYM_NOT_FOUND : SYM_OK;
    if (err == SYM_OK) {
        err = write_request(x, e, peer, frame, &len);
    }
    if (err == SYM_OK) {
        err = sym_exchange_send_copy(e, frame, len);
    }
    free(frame);
    if (err != SYM_OK) {
        sym_exchange_abort(x, e, SYM_REASON_FAULT, err, "the request could not be made");
    }
}

/* Each attempt is a request of its own: a link that was replaced has another exporter. */
static void begin_request(struct sym_exchanges *x, struct sym_exchange *e, struct sym_link *link)
{
    struct sym_exchange_plan_write p = {.parts = SYM_PART_ASK | SYM_PART_HISTORY,
                                        .kinds = {SYM_ENTRY_REQUESTED},
                                        .n_kinds = 1,
                                        .then = then_requested};
    sym_exchange_rewind(e);
    if (e->kind == SYM_KIND_WITNESS) {
        sym_witness_begin_meeting(x->config.witness, &e->peer);
    }
    if (e->asked) {
        sym_random(e->id, sizeof e->id);
    }
    e->asked = false;
    e->decided = false;
    e->answer = (struct sym_exchange_answer){.decision = 0};
    e->link = link;
    e->phase = SYM_PHASE_ASKED;
    e->asks++;
    if (e->matter != NULL || e->kind == SYM_KIND_COMPARE) {
        sym_exchange_allow_ms(e, ANSWER_MS);
    }
    sym_exchange_write(x, e, &p);
}

void sym_exchange_ask(struct sym_exchanges *x, struct sym_exchange *e, struct sym_link *link)
{
    struct sym_fault fault = {.text = ""};
    bool heads_first = e->kind != SYM_KIND_WITNESS;
    if (e->writing != NULL || (heads_first && !sym_witness_is_met(x->config.witness, &e->peer))) {
        return; /* asked when that is over */
    }
    enum sym_err err =
        heads_first ? sym_witness_allows(x->config.witness, &e->peer, &fault) : SYM_OK;
    if (err == SYM_OK && heads_first) {
        err = sym_opens_allow(x->config.opens, &e->peer, &fault);
    }
    if (err != SYM_OK) {
        sym_exchange_abort(x, e, SYM_REASON_EVIDENCE, err, fault.text);
        return;
    }
    begin_request(x, e, link);
}

void sym_exchange_seek(struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_link *link = sym_links_of(x->links, &e->peer);
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, &e->peer);
    e->phase = SYM_PHASE_ASKING;
    if (e->matter != NULL) {
        sym_exchange_allow_ms(e, SYM_EXCHANGE_LINK_MS);
    } else if (e->kind == SYM_KIND_COMPARE) {
        sym_exchange_allow_ms(e, SYM_COMPARE_REACH_MS);
    }
    if (link != NULL) {
        sym_exchange_ask(x, e, link);
    } else if (peer != NULL) {
        sym_links_want(x->links, peer);
    }
}

/* The answer -----------------------------------------------------------------------------------
 */

/* Of those that were asked for: an answer that names none stands for the only one. */
static enum sym_err agreed_engine(uint32_t *out, const struct sym_run_plan *plan,
                                  const struct sym_overlap_answer *answer)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_overlap asked;
    enum sym_err err = sym_decode(&arena, &asked, &sym_msg_overlap, plan->parameters);
    if (err != SYM_OK) {
        return SYM_INTERNAL;
    }
    *out = sym_overlap_engine_agreed(&asked, answer);
    return *out == SYM_OVERLAP_ENGINE_AUTO ? SYM_BAD_VALUE : SYM_OK;
}

static enum sym_err open_run(struct sym_exchanges *x, struct sym_exchange *e,
                             const struct sym_receipt *receipt)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_overlap_answer answer;
    struct sym_run_plan plan = {.kind = e->kind,
                                .role = SYM_SESSION_INITIATOR,
                                .parameters = sym_kept_span(&e->parameters),
                                .answer = receipt->parameters,
                                .with = x->config.ristretto,
                                .kernel = x->config.kernel,
                                .leg = e->leg};
    if (sym_exchange_is_joint(e)) {
        e->deadline_ms = e->until_ms;
        return e->leg != NULL ? sym_run_new(&e->run, &plan) : SYM_CANCELLED;
    }
    if (e->matter == NULL) {
        e->deadline_ms = e->until_ms;
        const struct sym_peer *peer = sym_peers_by_id(x->config.peers, &e->peer);
        if (peer == NULL) {
            return SYM_NOT_FOUND;
        }
        struct sym_run_evidence evidence = sym_exchange_run_evidence(x, e, peer);
        plan.evidence = &evidence;
        return sym_run_new(&e->run, &plan);
    }
    enum sym_err err = sym_decode(&arena, &answer, &sym_msg_overlap_answer, receipt->parameters);
    if (err == SYM_OK) {
        err = agreed_engine(&plan.engine, &plan, &answer);
    }
    plan.set = e->matter->set;
    plan.standings = x->config.standings;
    plan.standing = &e->matter->standing;
    if (err == SYM_OK) {
        err = sym_run_new(&e->run, &plan);
    }
    if (err == SYM_OK) {
        e->matter->set = NULL;
        err = sym_run_bind(e->run, sym_kept_span(&e->request), sym_kept_span(&e->receipt));
        e->matter->engine = plan.engine;
        e->matter->why = answer.why;
        e->matter->peer_size = answer.set_size;
        e->matter->min_result = answer.min_result;
        e->deadline_ms = e->until_ms;
    }
    return err;
}

static void then_granted(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    if (err == SYM_OK) {
        err = sym_session_confirm(e->session);
    }
    if (err != SYM_OK) {
        sym_exchange_fail(x, e, err, "the receipt could not be recorded");
        return;
    }
    e->phase = SYM_PHASE_RUNNING;
    if (!e->ending.due) {
        sym_exchange_pump(x, e);
    }
}

static void on_grant(struct sym_exchanges *x, struct sym_exchange *e,
                     const struct sym_receipt *receipt)
{
    struct sym_exchange_plan_write p = {.parts = SYM_PART_GRANT | SYM_PART_HISTORY,
                                        .kinds = {SYM_ENTRY_DECIDED},
                                        .n_kinds = 1,
                                        .then = then_granted};
    enum sym_err err = open_run(x, e, receipt);
    if (err != SYM_OK) {
        bool ours = err == SYM_NO_MEMORY || err == SYM_INTERNAL;
        sym_exchange_abort(x, e, ours ? SYM_REASON_FAULT : SYM_REASON_PROTOCOL, err,
                           ours ? "no memory for an exchange of this size"
                                : "the other side answered with impossible parameters");
        return;
    }
    e->state = SYM_EXCHANGE_RUNNING;
    sym_exchange_write(x, e, &p);
}

static void then_held(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    if (err != SYM_OK) {
        sym_exchange_fail(x, e, err, "the answer could not be recorded");
    } else if (!e->ending.due) {
        sym_exchange_pause(x, e);
    }
}

/* The other side holds the request. */
static void hold(struct sym_exchange *e)
{
    struct sym_exchange_matter *m = e->matter;
    if (e->state != SYM_EXCHANGE_HELD) {
        m->give_up_ms = sym_now_ms() + HELD_MS;
        m->pause_ms = 0;
    }
    m->on_its_own = true;
    m->is_held = sym_session_statement(e->session, &m->held) == SYM_OK;
    e->state = SYM_EXCHANGE_HELD;
    (void)sym_fail(&e->fault, SYM_DENIED, "%s holds the request until an approver decides",
                   e->alias);
}

static void on_held(struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_exchange_plan_write p = {.parts = SYM_PART_DENIAL | SYM_PART_HISTORY,
                                        .kinds = {SYM_ENTRY_DECIDED},
                                        .n_kinds = 1,
                                        .then = then_held};
    hold(e);
    sym_exchange_write(x, e, &p);
}

void sym_exchange_word_denial(struct sym_exchange *e, const struct sym_receipt *receipt,
                              const char *doubt)
{
    struct sym_fault words;
    bool held = receipt->decision == SYM_DECISION_HELD;
    int remark_len = (int)receipt->remark.len;
    bool reasoned = receipt->reason != SYM_REASON_NONE || remark_len == 0;
    bool unsaid = receipt->reason == SYM_REASON_EVIDENCE && remark_len == 0 && doubt[0] == '\0';
    (void)sym_fail(&words, SYM_DENIED, "%s %s: %s%s%.*s%s%s%s", e->alias,
                   held ? "held it" : "denied it", reasoned ? sym_reason_text(receipt->reason) : "",
                   reasoned && remark_len > 0 ? ": " : "", remark_len,
                   remark_len > 0 ? (const char *)receipt->remark.data : "",
                   unsaid ? "; \"symbolon log witnesses\" there says why" : "",
                   doubt[0] != '\0' ? "; " : "", doubt);
    memcpy(e->answer.words, words.text, sizeof e->answer.words);
}

void sym_exchange_answered(struct sym_exchanges *x, struct sym_exchange *e,
                           const struct sym_session_event *event)
{
    const struct sym_receipt *receipt = &event->receipt;
    struct sym_fault fault = {.text = ""};
    bool granted = receipt->decision == SYM_DECISION_GRANTED;
    bool held = receipt->decision == SYM_DECISION_HELD;
    enum sym_err err =
        sym_exchange_check(x, e, receipt->evidence, event->signed_bytes,
                           granted ? SYM_ENTRY_DECIDED : SYM_EXCHANGE_RESTS_ON_NOTHING, &fault);
    e->answer.decision = receipt->decision;
    e->answer.reason = (enum sym_reason)receipt->reason;
    if (sym_kept_set(&e->receipt, event->signed_bytes) != SYM_OK) {
        sym_exchange_abort(x, e, SYM_REASON_FAULT, SYM_NO_MEMORY, "no memory for a receipt");
        return;
    }
    if (err != SYM_OK && granted) {
        sym_exchange_abort(x, e, SYM_REASON_EVIDENCE, err, fault.text);
        return;
    }
    if (granted) {
        on_grant(x, e, receipt);
        return;
    }
    if (held && e->matter != NULL && !e->matter->is_joint && err == SYM_OK) {
        on_held(x, e);
        return;
    }
    sym_exchange_word_denial(e, receipt, err != SYM_OK ? fault.text : "");
    e->reason = (enum sym_reason)receipt->reason;
    e->result = SYM_DENIED;
    if (held && e->leg != NULL) {
        e->leg->is_held = sym_session_statement(e->session, &e->leg->held) == SYM_OK;
    }
    (void)sym_fail(&e->fault, SYM_DENIED, "%s", e->answer.words);
    sym_exchange_conclude(x, e, held ? SYM_EXCHANGE_HELD : SYM_EXCHANGE_DENIED);
}

/* Held -----------------------------------------------------------------------------------------
 */

void sym_exchange_pause(struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_exchange_matter *m = e->matter;
    (void)x;
    sym_exchange_rewind(e);
    sym_exchange_unlink(e);
    sym_overlap_set_free(m->set);
    m->set = NULL;
    m->set_is_ready = false;
    m->pause_ms = m->pause_ms == 0                     ? PAUSE_MS
                  : m->pause_ms * 3 / 2 < PAUSE_MAX_MS ? m->pause_ms * 3 / 2
                                                       : PAUSE_MAX_MS;
    m->resume_ms = sym_now_ms() + m->pause_ms;
    e->phase = SYM_PHASE_PAUSED;
    e->asks = 0;
}

static bool is_same_wish(const struct sym_exchanges *x, const struct sym_exchange *e,
                         const struct sym_exchange_plan *plan)
{
    const struct sym_overlap_start *o = plan->overlap;
    const struct sym_exchange_matter *m = e->matter;
    return e->state == SYM_EXCHANGE_HELD && e->role == SYM_SESSION_INITIATOR && m != NULL &&
           !m->is_joint && sym_node_id_equal(&e->peer, &plan->peer->id) && e->kind == o->kind &&
           m->purpose == o->purpose && m->basis == o->basis && m->type == o->type &&
           m->engines == sym_exchange_engines(x, o, &e->peer) && strcmp(m->user, plan->user) == 0 &&
           sym_span_equal(o->mine, sym_span_text(m->mine)) &&
           sym_span_equal(o->theirs, sym_span_text(m->theirs)) &&
           sym_span_equal(o->case_ref, sym_span_text(m->case_ref)) &&
           sym_span_equal(o->note, sym_span_text(m->note));
}

struct sym_exchange *sym_exchange_wake(struct sym_exchanges *x,
                                       const struct sym_exchange_plan *plan)
{
    for (size_t i = 0; i < x->table.n; i++) {
        struct sym_exchange *e = x->table.items[i];
        if (!sym_exchange_ended(e) && is_same_wish(x, e, plan)) {
            e->state = SYM_EXCHANGE_WAITING;
            e->matter->rule = plan->overlap->rule; /* the peer never hears of it */
            e->timeout_ms = plan->timeout_ms;
            e->until_ms = sym_now_ms() + e->timeout_ms;
            e->matter->on_its_own = false;
            e->matter->unheeded = 0;
            e->matter->resume_ms = sym_now_ms();
            return e;
        }
    }
    return NULL;
}

void sym_exchange_resume(struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_fault fault = {.text = ""};
    if (sym_now_ms() >= e->matter->give_up_ms) {
        char text[SYM_FAULT_BYTES];
        (void)snprintf(text, sizeof text, "nobody at %s decided within a day; ask again", e->alias);
        sym_exchange_abort(x, e, SYM_REASON_TIMEOUT, SYM_TIMEOUT, text);
        return;
    }
    e->until_ms = sym_now_ms() + e->timeout_ms;
    sym_exchange_allow_ms(e, SYM_REQUEST_LIFE_MS_MAX);
    enum sym_err err = sym_exchange_prepare(x, e, &fault);
    if (err != SYM_OK) {
        sym_exchange_abort(x, e, SYM_REASON_FAULT, err, fault.text);
    }
}
