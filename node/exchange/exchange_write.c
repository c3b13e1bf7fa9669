#include "node/exchange/exchanges_state.h"
#include "node/exchange/openings.h"
#include "node/exchange/sightings.h"
#include "node/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sym_exchange_write {
    struct sym_exchanges *x;
    struct sym_exchange *e;
    struct sym_exchange_plan_write plan;
    struct sym_grants_step *step;
    uint64_t left_out; /* requests that were not recorded before */
    uint64_t index;    /* of the last entry */
    bool is_silent;    /* no entries, no words */
    bool took_request;
    bool took_receipt;
};

/* The history ------------------------------------------------------------------------------------
 */

static struct sym_exchange_entry row_of(const struct sym_exchange *e)
{
    const struct sym_exchange_matter *m = e->matter;
    enum sym_exchange_state state = e->ends ? e->final : e->state;
    bool over = e->ends && state != SYM_EXCHANGE_HELD;
    bool done = state == SYM_EXCHANGE_DONE;
    bool initiates = e->role == SYM_SESSION_INITIATOR;
    return (struct sym_exchange_entry){
        .id = sym_span(e->handle, sizeof e->handle),
        .alias = sym_span_text(e->alias),
        .peer = sym_span(e->peer.bytes, SYM_NODE_ID_BYTES),
        .role = initiates ? SYM_AS_INITIATOR : SYM_AS_PARTICIPANT,
        .kind = e->kind,
        .state = (uint32_t)state,
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
        .common = done ? m->common : 0,
        .records = done ? m->records : 0,
        .has_result = (done || m->is_joint) && m->has_result,
        .started_ms = m->started_ms,
        .ended_ms = over ? sym_wall_ms() : 0,
        .bytes_sent = e->bytes_sent,
        .bytes_received = e->bytes_received,
        .min_result = m->min_result,
        .withheld = done && m->withheld,
        .tabulation = m->is_joint ? sym_span(m->tabulation, sizeof m->tabulation) : sym_span("", 0),
        .participants = m->participants,
        .cells = m->cells,
        .epsilon_nano = m->epsilon_nano,
        .shape = m->shape,
        .engine = m->engine,
        .why = m->why,
        .rule = m->rule,
        .parties = sym_span(m->parties, m->n_parties * SYM_HASH_BYTES),
        .shared = done ? sym_span(m->shared, m->shared_len) : sym_span("", 0),
    };
}

/* The log --------------------------------------------------------------------------------------
 */

static void tell_matter(struct sym_entry_body *b, const struct sym_exchange_matter *m)
{
    static const uint8_t none[SYM_HASH_BYTES] = {0};
    bool commits = false;
    b->purpose = m->purpose;
    b->basis = m->basis;
    b->type = m->type;
    b->rule = m->rule;
    b->case_ref = sym_span_text(m->case_ref);
    b->note = sym_span_text(m->note);
    b->user = sym_span_text(m->user);
    b->approver = sym_span_text(m->approver);
    b->mine = sym_span_text(m->mine);
    b->theirs = sym_span_text(m->theirs);
    b->own_size = m->own_size;
    b->peer_size = m->peer_size;
    for (size_t i = 0; i < SYM_COMMITTED_COUNT; i++) {
        commits = commits || !sym_equal(m->hashes[i], none, sizeof none);
    }
    if (commits) {
        b->commitments = &m->commitments;
        b->salts = sym_span(m->salts, sizeof m->salts);
    }
}

static void tell_decision(struct sym_entry_body *b, const struct sym_exchange *e)
{
    b->decision = e->answer.decision;
    b->reason = (uint32_t)e->answer.reason;
}

/* What travelled and is not in an earlier entry. */
static void tell_messages(struct sym_entry_body *b, struct sym_exchange_write *w)
{
    const struct sym_exchange *e = w->e;
    if (e->request.len > 0 && !e->request.logged && !w->took_request) {
        b->request = sym_kept_span(&e->request);
        w->took_request = true;
    }
    if (e->receipt.len > 0 && !e->receipt.logged && !w->took_receipt) {
        b->receipt = sym_kept_span(&e->receipt);
        w->took_receipt = true;
    }
}

static void tell_end(struct sym_entry_body *b, const struct sym_exchange_write *w,
                     struct sym_transcript transcripts[2])
{
    const struct sym_exchange *e = w->e;
    b->reason = (uint32_t)e->reason;
    if (e->has_word || (w->plan.parts & SYM_PART_OWN_WORD) != 0) {
        transcripts[0] = sym_statement_sent(&e->word);
        transcripts[1] = sym_statement_received(&e->word);
        b->sent = &transcripts[0];
        b->received = &transcripts[1];
    }
    if ((w->plan.parts & SYM_PART_OWN_WORD) != 0) {
        b->statement = sym_kept_span(&e->statement);
    }
    if ((w->plan.parts & SYM_PART_THEIR_WORD) != 0) {
        b->peer_statement = sym_kept_span(&e->peer_statement);
    }
}

/* A decision may come when the request was given up for another reason. */
static const char *detail_of(const struct sym_exchange *e, enum sym_entry_kind kind)
{
    bool decides = kind == SYM_ENTRY_DECIDED;
    bool is_grant = decides && e->answer.decision == SYM_DECISION_GRANTED;
    bool is_denial = decides && e->answer.words[0] != '\0';
    return kind == SYM_ENTRY_REQUESTED || is_grant ? ""
           : is_denial                             ? e->answer.words
                                                   : e->fault.text;
}

static enum sym_err append(struct sym_exchange_write *w, struct sym_transaction *t,
                           enum sym_entry_kind kind, const char *event)
{
    const struct sym_exchange *e = w->e;
    const struct sym_node_id *self = &w->x->config.self;
    bool initiates = e->role == SYM_SESSION_INITIATOR;
    struct sym_transcript transcripts[2];
    char words[SYM_DETAIL_BYTES_MAX + 1];
    struct sym_entry_body body = {.event = sym_span_text(event),
                                  .alias = sym_span_text(e->alias),
                                  .role = initiates ? SYM_AS_INITIATOR : SYM_AS_PARTICIPANT,
                                  .exchange_kind = e->kind,
                                  .user = sym_span_text(e->user),
                                  .bytes_sent = e->bytes_sent,
                                  .bytes_received = e->bytes_received};
    if (e->matter != NULL && e->matter->is_joint) {
        body.handle = sym_span(e->matter->tabulation, sizeof e->matter->tabulation);
    } else if (!sym_equal(e->handle, e->id, sizeof e->id)) {
        body.handle = sym_span(e->handle, sizeof e->handle);
    }
    if (e->matter != NULL) {
        tell_matter(&body, e->matter);
    }
    if (detail_of(e, kind)[0] != '\0') {
        body.detail = sym_log_words(words, sizeof words, "%s", detail_of(e, kind));
    }
    if (kind == SYM_ENTRY_DECIDED) {
        tell_decision(&body, e);
    } else if (kind != SYM_ENTRY_REQUESTED) {
        tell_end(&body, w, transcripts);
    }
    if (kind == SYM_ENTRY_CLOSED && e->word.has_release) {
        if (e->kind == SYM_KIND_TABULATE) {
            sym_exchange_tell_release(words, sizeof words, w->x, t, body.handle);
        } else {
            (void)snprintf(words, sizeof words, "released, a table of %u lists",
                           (unsigned)e->matter->participants);
        }
        body.detail = sym_span_text(words);
    }
    tell_messages(&body, w);
    struct sym_entry entry = {.kind = kind,
                              .exchange_id = e->id,
                              .initiator = initiates ? self : &e->peer,
                              .responder = initiates ? &e->peer : self,
                              .body = &body};
    return sym_log_append(w->x->config.log, t, &entry, &w->index);
}

static enum sym_err append_left_out(const struct sym_exchange_write *w, struct sym_transaction *t)
{
    struct sym_entry_body body = {.event = sym_span_text(SYM_EVENT_NOT_RECORDED),
                                  .alias = sym_span_text(w->e->alias),
                                  .count = w->left_out};
    struct sym_entry entry = {.kind = SYM_ENTRY_REFUSED,
                              .initiator = &w->e->peer,
                              .responder = &w->x->config.self,
                              .body = &body};
    return sym_log_append(w->x->config.log, t, &entry, NULL);
}

static const char *event_of(const struct sym_exchange *e, enum sym_entry_kind kind)
{
    if (kind == SYM_ENTRY_DECIDED) {
        return e->answer.decision == SYM_DECISION_GRANTED ? "granted"
               : e->answer.decision == SYM_DECISION_HELD  ? "held"
                                                          : "denied";
    }
    return sym_entry_kind_text((uint32_t)kind);
}

/* One transaction ------------------------------------------------------------------------------
 */

static enum sym_err put_opens(const struct sym_exchange_write *w, struct sym_transaction *t)
{
    const struct sym_exchange *e = w->e;
    struct sym_opens *o = w->x->config.opens;
    unsigned parts = w->plan.parts;
    uint8_t request[SYM_HASH_BYTES];
    uint8_t receipt[SYM_HASH_BYTES];
    struct sym_open open = {.id = e->id,
                            .handle = e->handle,
                            .peer = &e->peer,
                            .initiates = e->role == SYM_SESSION_INITIATOR};
    enum sym_err err = SYM_OK;
    if (e->request.len > 0) {
        err = sym_sha256(request, sym_kept_span(&e->request));
        open.request_hash = request;
    }
    if (err == SYM_OK && e->receipt.len > 0) {
        err = sym_sha256(receipt, sym_kept_span(&e->receipt));
        open.receipt_hash = receipt;
    }
    if (err == SYM_OK && (parts & SYM_PART_ASK) != 0) {
        err = sym_opens_ask(o, t, &open);
    }
    if (err == SYM_OK && (parts & SYM_PART_GRANT) != 0) {
        err = sym_opens_begin(o, t, &open);
    }
    if (err == SYM_OK && (parts & (SYM_PART_DENIAL | SYM_PART_LOSS)) != 0) {
        err = sym_opens_drop(o, t, &open, (parts & SYM_PART_DENIAL) != 0);
    }
    if (err == SYM_OK && (parts & SYM_PART_OWN_WORD) != 0) {
        err = sym_opens_state(o, t, &e->word);
    }
    if (err == SYM_OK && (parts & SYM_PART_THEIR_WORD) != 0) {
        struct sym_statement theirs = e->word;
        theirs.signer = e->peer;
        err = sym_opens_state(o, t, &theirs);
    }
    return err;
}

/* Will an own request be made again, with the same commitments? One that is held will, and what is
 * one of several of a joint count, which all fail where one of them is not ready. */
static bool comes_again(const struct sym_exchange *e)
{
    bool was_refused =
        e->answer.decision == SYM_DECISION_DENIED && e->reason == SYM_REASON_APPROVER;
    return e->matter->is_joint && !was_refused && !(e->ends && e->final == SYM_EXCHANGE_DONE);
}

static enum sym_err put_opening(const struct sym_exchange_write *w, struct sym_transaction *t)
{
    const struct sym_exchange *e = w->e;
    bool decides = false;
    bool is_done = e->ends && e->final == SYM_EXCHANGE_DONE;
    for (size_t i = 0; i < w->plan.n_kinds; i++) {
        decides = decides || w->plan.kinds[i] == SYM_ENTRY_DECIDED;
    }
    if (!(decides || is_done) || e->matter == NULL || e->role != SYM_SESSION_INITIATOR) {
        return SYM_OK;
    }
    if (e->answer.decision == SYM_DECISION_HELD) {
        return sym_opening_put(t, e->matter, sym_wall_ms());
    }
    return comes_again(e) ? SYM_OK : sym_opening_drop(t, e->matter);
}

/* A result that was kept before the exchange was over may have lost records since, or all of it. */
static enum sym_err count_kept(const struct sym_exchange_write *w, struct sym_transaction *t,
                               struct sym_exchange_entry *row)
{
    if (!row->has_result || row->records == 0) {
        return SYM_OK;
    }
    enum sym_err err = sym_results_count(w->x->config.results, t, row->id, &row->records);
    if (err == SYM_NOT_FOUND) {
        row->has_result = false;
        row->records = 0;
    }
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

static enum sym_err put_down(struct sym_transaction *t, void *context)
{
    struct sym_exchange_write *w = context;
    const struct sym_exchange *e = w->e;
    enum sym_err err = SYM_OK;
    w->took_request = false;
    w->took_receipt = false;
    if ((w->plan.parts & SYM_PART_SIGHTING) != 0) {
        err = sym_sightings_put(t, e->id, sym_wall_ms());
    }
    if (err == SYM_OK && w->step != NULL) {
        err = sym_grants_put(w->step, t);
    }
    if (err != SYM_OK || w->is_silent) {
        return err;
    }
    if ((w->plan.parts & SYM_PART_CHARGE) != 0) {
        err =
            sym_grants_put_charge(w->x->config.grants, t, &e->peer, sym_span_text(e->matter->mine));
        if (err == SYM_OK) {
            err = sym_standings_charge(t, &e->matter->standing, e->matter->peer_size);
        }
    }
    if (err == SYM_OK && w->left_out > 0) {
        err = append_left_out(w, t);
    }
    if (err == SYM_OK && (w->plan.parts & SYM_PART_RUN) != 0) {
        err = sym_run_put(e->run, t);
    }
    if (err == SYM_OK && e->ends && e->run != NULL) {
        err = sym_run_put_end(e->run, t);
    }
    for (size_t i = 0; err == SYM_OK && i < w->plan.n_kinds; i++) {
        err = append(w, t, w->plan.kinds[i], event_of(e, w->plan.kinds[i]));
    }
    if (err == SYM_OK) {
        err = put_opens(w, t);
    }
    if (err == SYM_OK) {
        err = put_opening(w, t);
    }
    bool is_step = e->kind == SYM_KIND_OVERLAP_EVALUATE || e->kind == SYM_KIND_OVERLAP_ROWS;
    bool has_row =
        e->matter != NULL && !is_step && (!e->matter->is_joint || e->role == SYM_SESSION_RESPONDER);
    if (err == SYM_OK && (w->plan.parts & SYM_PART_HISTORY) != 0 && has_row) {
        struct sym_exchange_entry row = row_of(e);
        err = count_kept(w, t, &row);
        err = err == SYM_OK ? sym_history_put(t, &row) : err;
    }
    return err;
}

/* Going on -------------------------------------------------------------------------------------
 */

static void remember(struct sym_exchange *e, const struct sym_exchange_write *w)
{
    for (size_t i = 0; i < w->plan.n_kinds; i++) {
        e->asked = e->asked || w->plan.kinds[i] == SYM_ENTRY_REQUESTED;
        e->decided = e->decided || w->plan.kinds[i] == SYM_ENTRY_DECIDED;
    }
    e->granted = e->granted || (w->plan.parts & SYM_PART_GRANT) != 0;
    e->has_word = e->has_word || (w->plan.parts & SYM_PART_OWN_WORD) != 0;
    e->has_their_word = e->has_their_word || (w->plan.parts & SYM_PART_THEIR_WORD) != 0;
    e->request.logged = e->request.logged || w->took_request;
    e->receipt.logged = e->receipt.logged || w->took_receipt;
    e->leaf = w->plan.n_kinds > 0 && !w->is_silent ? w->index : e->leaf;
}

static void tell_operator(const struct sym_exchange_write *w, enum sym_err err)
{
    const struct sym_exchange *e = w->e;
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    sym_hex(id, e->id, sizeof e->id);
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "log-not-written", "exchange", id, "peer", e->alias, "reason",
                sym_err_text(err), NULL);
        return;
    }
    if (w->left_out > 0) {
        sym_log(SYM_LEVEL_WARN, "requests-not-recorded", "peer", e->alias, NULL);
    }
    for (size_t i = 0; i < w->plan.n_kinds && !w->is_silent; i++) {
        sym_log(SYM_LEVEL_INFO, event_of(e, w->plan.kinds[i]), "exchange", id, "peer", e->alias,
                "kind", sym_kind_text(e->kind), "detail", detail_of(e, w->plan.kinds[i]), NULL);
    }
}

/* What came while the write was out. */
static void catch_up(struct sym_exchanges *x, struct sym_exchange *e)
{
    if (e->writing == NULL && e->ending.due && !sym_exchange_ended(e)) {
        struct sym_exchange_ending due = e->ending;
        e->ending.due = false;
        if (due.cut) {
            sym_exchange_lose(x, e, due.fault.text);
        } else {
            sym_exchange_abort_so(x, e, due.reason, due.result, due.fault.text);
        }
    }
    while (e->writing == NULL && e->n_late > 0) {
        struct sym_queued_frame first = e->late[0];
        e->n_late--;
        memmove(&e->late[0], &e->late[1], e->n_late * sizeof e->late[0]);
        sym_exchange_take_frame(x, e, first.frame, first.len);
        free(first.frame);
    }
}

static void on_written(void *context, enum sym_err err)
{
    struct sym_exchange_write *w = context;
    struct sym_exchanges *x = w->x;
    struct sym_exchange *e = w->e;
    sym_exchange_then_fn *then = w->plan.then;
    e->writing = NULL;
    sym_grants_end(w->step, err);
    if (err == SYM_OK) {
        remember(e, w);
    }
    if (err != SYM_REPLAY) {
        tell_operator(w, err);
    }
    free(w);
    if (x->closing) {
        return;
    }
    then(x, e, err);
    catch_up(x, e);
}

/* WITNESS tells of the logs themselves, and leaves no entry. */
static bool is_silent(const struct sym_exchange *e)
{
    return e->kind == SYM_KIND_WITNESS || e->unlogged;
}

void sym_exchange_write(struct sym_exchanges *x, struct sym_exchange *e,
                        const struct sym_exchange_plan_write *plan)
{
    struct sym_exchange_write *w = calloc(1, sizeof *w);
    struct sym_grants_step *step = e->step;
    e->step = NULL;
    enum sym_err err = w == NULL ? SYM_NO_MEMORY : SYM_OK;
    if (err == SYM_OK) {
        *w = (struct sym_exchange_write){.x = x,
                                         .e = e,
                                         .plan = *plan,
                                         .step = step,
                                         .left_out = e->left_out,
                                         .is_silent = is_silent(e)};
        e->left_out = 0;
        if (w->is_silent && step == NULL && (plan->parts & SYM_PART_SIGHTING) == 0) {
            remember(e, w);
        } else {
            e->writing = w;
            err = sym_group_write(x->config.group, put_down, w, on_written);
            if (err == SYM_OK) {
                return;
            }
            e->writing = NULL;
        }
    }
    free(w);
    sym_grants_end(step, err);
    plan->then(x, e, err);
}
