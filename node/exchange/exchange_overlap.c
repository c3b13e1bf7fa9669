#include "crypto/vole/kernel.h"
#include "node/exchange/exchanges_state.h"
#include "node/overlap/standing_maker.h"
#include "proto/overlap_agree.h"

#include <stdio.h>
#include <string.h>

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
    enum sym_err err = sym_decode(&arena, &asked, &sym_msg_overlap, request->parameters);
    if (err == SYM_OK) {
        err = sym_matter_new(&e->matter, x);
    }
    if (err != SYM_OK) {
        return err;
    }
    err = sym_kept_set(&e->parameters, request->parameters);
    if (err != SYM_OK) {
        return err;
    }
    e->matter->purpose = request->purpose;
    e->matter->basis = request->basis;
    e->matter->engines = sym_overlap_engines_asked(&asked);
    e->matter->type = asked.type;
    if (asked.epoch.len == sizeof e->matter->epoch) {
        memcpy(e->matter->epoch, asked.epoch.data, sizeof e->matter->epoch);
        e->matter->holds = true;
    }
    e->matter->peer_size = asked.set_size;
    /* What is no name could pass for other words in an entry. */
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
    enum sym_err err = sym_decode(&arena, &asked, &sym_msg_overlap, sym_kept_span(&e->parameters));
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
                          .engines = e->matter->engines,
                          .type = e->matter->type,
                          .elements = e->matter->peer_size,
                          .must_hold = sym_exchange_must_hold(x, &peer->id),
                          .dataset_known = sym_datasets_find(x->config.datasets, &at,
                                                             request->dataset, NULL) == SYM_OK,
                          .wall_ms = sym_wall_ms()};
    enum sym_err err = sym_grants_begin(x->config.grants, &e->step, verdict, &approval, &ask);
    if (err != SYM_OK) {
        return err;
    }
    e->matter->min_result = verdict->min_result;
    e->matter->covered = verdict->engines;
    memcpy(e->matter->approver, approval.approver, sizeof e->matter->approver);
    static const uint8_t none[SYM_EXCHANGE_ID_BYTES] = {0};
    if (!sym_equal(approval.held_id, none, sizeof none)) {
        memcpy(e->handle, approval.held_id, sizeof e->handle);
    }
    if (verdict->decision == SYM_DECISION_GRANTED && e->matter->approver[0] != '\0') {
        err = sym_matter_commit(e->matter);
    }
    return err;
}

static enum sym_err open_run(struct sym_exchanges *x, struct sym_exchange *e,
                             struct sym_span parameters)
{
    struct sym_run_plan plan = {.kind = e->kind,
                                .role = SYM_SESSION_RESPONDER,
                                .parameters = sym_kept_span(&e->parameters),
                                .answer = parameters,
                                .set = e->matter->set,
                                .with = x->config.ristretto,
                                .kernel = x->config.kernel,
                                .standings = x->config.standings,
                                .standing = &e->matter->standing,
                                .engine = e->matter->engine};
    enum sym_err err = sym_run_new(&e->run, &plan);
    if (err == SYM_OK) {
        e->matter->set = NULL;
    }
    return err;
}

/* Answers from the standing list, where there is one and it is best; otherwise that engine is none
 * of those left, and SYM_NOT_FOUND. SYM_AGAIN: the list is being made. */
static enum sym_err choose_standing(struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_exchange_matter *m = e->matter;
    uint32_t bit = 1u << SYM_OVERLAP_ENGINE_STANDING;
    enum sym_overlap_why why = SYM_OVERLAP_WHY_NONE;
    if ((m->covered & bit) == 0) {
        return SYM_NOT_FOUND;
    }
    enum sym_err err = x->config.maker == NULL
                           ? SYM_NOT_FOUND
                           : sym_standing_maker_find(x->config.maker, &m->standing, &e->peer,
                                                     sym_span_text(m->mine), m->type);
    m->holds = err == SYM_OK && m->holds && sym_equal(m->epoch, m->standing.epoch, sizeof m->epoch);
    const struct sym_overlap_standing_offer offer = {.asked = m->engines,
                                                     .covered = m->covered,
                                                     .query = m->peer_size,
                                                     .list = err == SYM_OK ? m->standing.list.n : 0,
                                                     .held = m->holds};
    if (err == SYM_OK && !sym_overlap_choose_standing(&why, &offer)) {
        err = SYM_NOT_FOUND;
    }
    if (err == SYM_OK && m->peer_size > m->standing.most - m->standing.used) {
        err = SYM_LIMIT;
    }
    if (err == SYM_OK) {
        err = sym_grants_charge(x->config.grants, &e->peer, sym_span_text(m->mine), m->peer_size);
    }
    if (err != SYM_OK) {
        m->covered &= ~bit;
        m->prepares = err == SYM_AGAIN;
        return err;
    }
    m->own_size = m->standing.list.n;
    m->engine = SYM_OVERLAP_ENGINE_STANDING;
    m->why = why;
    return SYM_OK;
}

static void answer_from_standing(struct sym_exchanges *x, struct sym_exchange *e)
{
    const struct sym_exchange_matter *m = e->matter;
    uint8_t bytes[64];
    size_t len = 0;
    struct sym_answer_given a = {.decision = SYM_DECISION_GRANTED, .remark = ""};
    const struct sym_overlap_answer o = {.set_size = m->own_size,
                                         .min_result = m->min_result,
                                         .engine = m->engine,
                                         .why = m->why,
                                         .epoch =
                                             sym_span(m->standing.epoch, sizeof m->standing.epoch),
                                         .bits = m->standing.list.bits,
                                         .sends_list = !m->holds};
    enum sym_err err = sym_encode(bytes, sizeof bytes, &len, &sym_msg_overlap_answer, &o);
    a.parameters = sym_span(bytes, len);
    if (err == SYM_OK) {
        err = open_run(x, e, a.parameters);
    }
    if (err != SYM_OK) {
        char cause[SYM_FAULT_BYTES];
        (void)snprintf(cause, sizeof cause, "dataset %s: its standing list %s", m->mine,
                       sym_err_text(err));
        a = sym_exchange_denial(SYM_REASON_FAULT, "", cause);
        sym_exchange_give_answer(x, e, &a);
        return;
    }
    sym_exchange_give_answer(x, e, &a);
}

static void deny_without_standing(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    struct sym_answer_given a =
        err == SYM_AGAIN
            ? sym_exchange_denial(SYM_REASON_UNREADY,
                                  "the standing list is being prepared; try again soon",
                                  "its standing list is being prepared")
        : err == SYM_LIMIT
            ? sym_exchange_denial(SYM_REASON_LIMIT,
                                  "the identifiers that the grant allows within 24 hours, or until "
                                  "the next standing list, are used up; try again later",
                                  "elements-per-day")
            : sym_exchange_denial(SYM_REASON_UNSUPPORTED,
                                  "there is no standing list; choose another --engine",
                                  "no standing list");
    sym_exchange_give_answer(x, e, &a);
}

/* Policy has granted it, and the request is in the log: the answer waits for own elements. */
static void then_prepare(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    struct sym_fault fault = {.text = ""};
    if (err == SYM_REPLAY) {
        sym_exchange_refuse(x, e, err);
        return;
    }
    if (err != SYM_OK) {
        sym_exchange_fail(x, e, err, "the request could not be recorded");
        return;
    }
    if (e->ending.due) {
        return;
    }
    err =
        sym_exchange_countable(x, e->kind, sym_span_text(e->matter->mine), e->matter->type, &fault);
    if (err == SYM_OK) {
        err = sym_exchange_prepare(x, e, &fault);
    }
    if (err != SYM_OK) {
        bool ask_otherwise = err == SYM_UNSUPPORTED;
        struct sym_answer_given a = sym_exchange_denial(
            ask_otherwise ? SYM_REASON_UNSUPPORTED : SYM_REASON_FAULT,
            ask_otherwise ? "count by one identifier type: --type" : "", fault.text);
        sym_exchange_give_answer(x, e, &a);
    }
}

void sym_exchange_answer_overlap(struct sym_exchanges *x, struct sym_exchange *e,
                                 const struct sym_peer *peer, const struct sym_request *request)
{
    struct sym_policy_verdict verdict = {.cause = NULL};
    struct sym_fault fault = {.text = ""};
    struct sym_answer_given a;
    enum sym_err err = keep_request(x, e, request);
    if (err != SYM_OK) {
        a = sym_exchange_denial(err == SYM_NO_MEMORY ? SYM_REASON_FAULT : SYM_REASON_PROTOCOL, "",
                                NULL);
    } else if (check_terms(e, &fault) != SYM_OK) {
        a = sym_exchange_denial(SYM_REASON_UNSUPPORTED, fault.text, fault.text);
    } else if (judge(x, e, peer, request, &verdict) != SYM_OK) {
        a = sym_exchange_denial(SYM_REASON_FAULT, "", "the decision could not be recorded");
    } else if (verdict.decision == SYM_DECISION_GRANTED &&
               (err = choose_standing(x, e)) == SYM_OK) {
        answer_from_standing(x, e); /* nothing is read first: one write for request and answer */
        return;
    } else if (verdict.decision == SYM_DECISION_GRANTED && e->matter->covered == 0) {
        deny_without_standing(x, e, err);
        return;
    } else if (verdict.decision == SYM_DECISION_GRANTED) {
        struct sym_exchange_plan_write p = {.parts = SYM_PART_SIGHTING,
                                            .kinds = {SYM_ENTRY_REQUESTED},
                                            .n_kinds = 1,
                                            .then = then_prepare};
        sym_exchange_write(x, e, &p);
        return;
    } else {
        a = (struct sym_answer_given){.decision = verdict.decision,
                                      .reason = verdict.reason,
                                      .remark = verdict.remark,
                                      .cause = verdict.cause};
    }
    sym_exchange_give_answer(x, e, &a);
}

static void choose_engine(const struct sym_exchanges *x, struct sym_exchange_matter *m)
{
    struct sym_overlap_choosing c = {.asked = m->engines,
                                     .covered = m->covered,
                                     .initiator_size = m->peer_size,
                                     .responder_size = m->own_size,
                                     .fast = sym_vole_kernel_is_fast(x->config.kernel)};
    enum sym_overlap_why why = SYM_OVERLAP_WHY_NONE;
    m->engine = sym_overlap_choose(&why, &c);
    m->why = m->prepares ? SYM_OVERLAP_WHY_PREPARING : why;
}

void sym_exchange_answer_prepared(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    uint8_t bytes[32];
    size_t len = 0;
    struct sym_answer_given a = {.decision = SYM_DECISION_GRANTED, .remark = ""};
    if (err == SYM_OK) {
        e->matter->own_size = sym_overlap_set_size(e->matter->set);
        choose_engine(x, e->matter);
        if (e->matter->engine == SYM_OVERLAP_ENGINE_VOLE && e->matter->own_size == 0) {
            a = sym_exchange_denial(SYM_REASON_UNSUPPORTED, "an empty list needs --engine dh",
                                    "an empty list");
            sym_exchange_give_answer(x, e, &a);
            return;
        }
        struct sym_overlap_answer o = {.set_size = e->matter->own_size,
                                       .min_result = e->matter->min_result,
                                       .engine = e->matter->engine,
                                       .why = e->matter->why};
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
        a = sym_exchange_denial(SYM_REASON_FAULT, "", cause);
        sym_exchange_give_answer(x, e, &a);
        return;
    }
    sym_exchange_give_answer(x, e, &a);
}
