#include "node/exchange/tabulations_state.h"
#include "node/log.h"
#include "node/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_MAX 3u
/* How long one phase waits for those who are late. */
#define PHASE_MS   30000u
#define TIMEOUT_MS 600000u
/* How long a participant may take to be reached; less when those who were there begin again. */
#define REACH_MS       10000u
#define REACH_AGAIN_MS 3000u
/* Ticks of 100 ms without anybody looking. */
#define UNHEEDED_MAX 30u

static void turn_soon(struct sym_tabulation *t)
{
    if (!t->turning && t->turn != NULL) {
        t->turning = true;
        sym_timer_set(t->turn, 0);
    }
}

/* Legs ----------------------------------------------------------------------------------------- */

static enum sym_tab_step leg_step(const struct sym_leg *leg, size_t *len)
{
    return leg->of->lead == NULL ? SYM_TAB_WAIT : sym_tab_lead_step(leg->of->lead, leg->place, len);
}

static enum sym_err leg_write(struct sym_leg *leg, uint8_t *payload, size_t len)
{
    return payload == NULL && len == 0
               ? SYM_OK /* a close */
               : sym_tab_lead_write(leg->of->lead, leg->place, payload, len);
}

static enum sym_err leg_take(struct sym_leg *leg, struct sym_span payload)
{
    if (leg->of->lead == NULL) {
        return SYM_WRONG_STATE;
    }
    turn_soon(leg->of);
    return sym_tab_lead_take(leg->of->lead, leg->place, payload, sym_now_ms());
}

static void leg_closing(const struct sym_leg *leg, struct sym_statement *word)
{
    const struct sym_tabulation *t = leg->of;
    const uint8_t *consents = t->lead != NULL ? sym_tab_lead_consents_hash(t->lead) : NULL;
    if (consents != NULL) {
        word->has_consents = true;
        memcpy(word->consents_hash, consents, sizeof word->consents_hash);
    }
    if (t->has_release) {
        word->has_release = true;
        memcpy(word->release_hash, t->release_hash, sizeof word->release_hash);
    }
}

static const struct sym_leg_calls leg_calls = {
    .step = leg_step, .write = leg_write, .take = leg_take, .closing = leg_closing};

static bool legs_are_over(const struct sym_tabulation *t)
{
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        if (t->legs[i].exchange != NULL) {
            return false;
        }
    }
    return true;
}

static void abort_legs(struct sym_tabulation *t, enum sym_reason reason, enum sym_err result,
                       const char *why)
{
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        if (t->legs[i].exchange != NULL) {
            sym_exchange_abort(t->x, t->legs[i].exchange, reason, result, why);
        }
    }
}

/* Over all legs of all attempts. */
static void count_bytes(const struct sym_tabulation *t, uint64_t *sent, uint64_t *received)
{
    *sent = t->bytes_sent;
    *received = t->bytes_received;
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        const struct sym_leg *leg = &t->legs[i];
        const struct sym_exchange *e = leg->exchange;
        *sent += e != NULL ? e->bytes_sent : leg->bytes_sent;
        *received += e != NULL ? e->bytes_received : leg->bytes_received;
    }
}

/* The history ---------------------------------------------------------------------------------- */

struct row_write {
    struct sym_tabulation *t;
    bool over;
    struct sym_exchange_entry entry;
    struct sym_span head; /* of a release that is kept with it */
    struct sym_span cells;
    uint8_t question[SYM_HASH_BYTES];
};

static struct sym_exchange_entry entry_of(const struct sym_tabulation *t, bool over)
{
    uint64_t sent = 0;
    uint64_t received = 0;
    count_bytes(t, &sent, &received);
    return (struct sym_exchange_entry){
        .id = sym_span(t->handle, sizeof t->handle),
        .role = SYM_AS_INITIATOR,
        .kind = SYM_KIND_TABULATE,
        .state = (uint32_t)t->state,
        .result = over ? (uint32_t)t->result : 0,
        .fault = sym_span_text(over ? t->fault.text : ""),
        .purpose = t->purpose,
        .basis = t->basis,
        .case_ref = sym_span_text(t->case_ref),
        .note = sym_span_text(t->note),
        .user = sym_span_text(t->user),
        .mine = sym_span_text(t->part != NULL ? t->dataset : ""),
        .theirs = sym_span_text(t->dataset),
        .has_result = t->has_release,
        .started_ms = t->started_ms,
        .ended_ms = over ? sym_wall_ms() : 0,
        .bytes_sent = sent,
        .bytes_received = received,
        .tabulation = t->has_release ? sym_span(t->released, sizeof t->released)
                                     : sym_span(t->id, sizeof t->id),
        .participants = t->cohort.n,
        .cells = (uint32_t)sym_cube_cells(t->cube),
        .epsilon_nano = sym_cube_epsilon(t->cube),
    };
}

static enum sym_err put_row(struct sym_transaction *tr, void *context)
{
    const struct row_write *w = context;
    enum sym_err err = SYM_OK;
    if (w->head.len > 0) {
        err = sym_release_put(tr, w->t->id, w->question, w->head, w->cells);
    }
    return err == SYM_OK ? sym_history_put(tr, &w->entry) : err;
}

static void fail(struct sym_tabulation *t, enum sym_err err, const char *what);
static void destroy(struct sym_tabulation *t);

static void on_row(void *context, enum sym_err err)
{
    struct row_write *w = context;
    struct sym_tabulation *t = w->t;
    bool over = w->over;
    bool kept = w->head.len > 0;
    free(w);
    t->writes = false;
    if (t->given_up) {
        destroy(t);
        return;
    }
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "tabulation-not-written", "reason", sym_err_text(err), NULL);
    }
    if (kept && err == SYM_OK) {
        err = sym_tab_lead_kept(t->lead);
    }
    if (err != SYM_OK && !over) {
        fail(t, err, "the tabulation could not be recorded");
    }
    if (over) {
        t->ended_us = sym_now_us(); /* also when its row could not be written */
    }
    turn_soon(t);
}

static enum sym_err write_row(struct sym_tabulation *t, bool over, struct sym_span head,
                              struct sym_span cells)
{
    struct row_write *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return SYM_NO_MEMORY;
    }
    w->t = t;
    w->over = over;
    w->entry = entry_of(t, over);
    w->head = head;
    w->cells = cells;
    if (head.len > 0) {
        memcpy(w->question, sym_tab_lead_question_id(t->lead), sizeof w->question);
    }
    t->writes = true;
    enum sym_err err = sym_group_write(t->x->config.group, put_row, w, on_row);
    if (err != SYM_OK) {
        t->writes = false;
        free(w);
    }
    return err;
}

/* The end -------------------------------------------------------------------------------------- */

/* Adds why those who are not there are not; those whose reasons do not fit are counted. */
static void tell_of_legs(struct sym_tabulation *t, char *out, size_t size)
{
    const size_t room = size - sizeof "; and 255 more";
    unsigned left_out = 0;
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        const struct sym_leg *leg = &t->legs[i];
        size_t len = strlen(out);
        if (leg->over && leg->state != SYM_EXCHANGE_DONE && leg->fault[0] != '\0') {
            if (len + 2 + strlen(leg->fault) <= room) {
                (void)snprintf(out + len, size - len, "; %s", leg->fault);
            } else {
                left_out++;
            }
        }
        if (leg->state == SYM_EXCHANGE_DENIED || leg->state == SYM_EXCHANGE_HELD) {
            t->result = SYM_DENIED;
        }
    }
    if (left_out > 0) {
        size_t len = strlen(out);
        (void)snprintf(out + len, size - len, "; and %u more", left_out);
    }
}

/* From now on it waits for its legs, then for its row. */
static void end(struct sym_tabulation *t, enum sym_exchange_state state, enum sym_err result,
                const char *why)
{
    char text[SYM_FAULT_BYTES];
    t->ends = true;
    t->state = state;
    t->result = result;
    (void)snprintf(text, sizeof text, "%s", why);
    if (state != SYM_EXCHANGE_DONE && !t->cancelled) {
        tell_of_legs(t, text, sizeof text);
    }
    (void)sym_fail(&t->fault, t->result, "%s", text);
    if (state != SYM_EXCHANGE_DONE) {
        abort_legs(t, t->cancelled ? SYM_REASON_CANCELLED : SYM_REASON_TIMEOUT, SYM_CANCELLED,
                   t->cancelled ? "cancelled" : "the tabulation ended without a release");
    }
}

static void fail(struct sym_tabulation *t, enum sym_err err, const char *what)
{
    char text[SYM_FAULT_BYTES];
    (void)snprintf(text, sizeof text, "%s: it %s", what, sym_err_text(err));
    if (!t->ends) {
        end(t, SYM_EXCHANGE_ABORTED, err, text);
    }
}

/* The own part --------------------------------------------------------------------------------- */

static void on_own_work(void *owner, void *subject, void *context, enum sym_err err)
{
    struct sym_tabulation *t = owner;
    (void)subject;
    t->works--;
    err = sym_tab_member_worked(sym_tab_part_member(t->part), context,
                                t->given_up ? SYM_CANCELLED : err);
    if (t->given_up) {
        destroy(t);
        return;
    }
    if (err != SYM_OK) {
        t->part_over = true;
    }
    turn_soon(t);
}

static void on_part_made(void *context, enum sym_err err)
{
    struct sym_tabulation *t = context;
    t->part_writes = false;
    if (t->given_up) {
        destroy(t);
        return;
    }
    if (sym_tab_part_made(t->part, err) != SYM_OK) {
        t->part_over = true;
    }
    turn_soon(t);
}

static enum sym_err put_part(struct sym_transaction *tr, void *context)
{
    struct sym_tabulation *t = context;
    return sym_tab_part_put(t->part, tr);
}

static enum sym_err put_part_end(struct sym_transaction *tr, void *context)
{
    struct sym_tabulation *t = context;
    return sym_tab_part_put_end(t->part, tr);
}

/* Nothing is left to be said between the two. */
static enum sym_err close_own(struct sym_tabulation *t)
{
    struct sym_tab_member *m = sym_tab_part_member(t->part);
    uint32_t own = t->cohort.own;
    size_t len = 0;
    enum sym_err err = SYM_OK;
    if (sym_tab_member_step(m, &len) == SYM_TAB_CLOSE) {
        err = sym_tab_member_write(m, NULL, 0);
    }
    if (err == SYM_OK && sym_tab_lead_step(t->lead, own, &len) == SYM_TAB_CLOSE) {
        err = sym_tab_lead_write(t->lead, own, NULL, 0);
    }
    return err;
}

/* Moves one payload each way, if there is one. */
static enum sym_err move_own(struct sym_tabulation *t, bool *moved)
{
    struct sym_tab_member *m = sym_tab_part_member(t->part);
    uint32_t own = t->cohort.own;
    size_t len = 0;
    enum sym_err err = SYM_OK;
    if (sym_tab_lead_step(t->lead, own, &len) == SYM_TAB_DATA) {
        uint8_t *payload = malloc(len);
        err = payload == NULL ? SYM_NO_MEMORY : sym_tab_lead_write(t->lead, own, payload, len);
        if (err == SYM_OK) {
            err = sym_tab_member_take(m, sym_span(payload, len), sym_wall_ms());
        }
        free(payload);
        *moved = true;
    }
    if (err == SYM_OK && sym_tab_member_step(m, &len) == SYM_TAB_DATA) {
        uint8_t *payload = malloc(len);
        err = payload == NULL ? SYM_NO_MEMORY : sym_tab_member_write(m, payload, len);
        if (err == SYM_OK) {
            err = sym_tab_lead_take(t->lead, own, sym_span(payload, len), sym_now_ms());
        }
        free(payload);
        *moved = true;
    }
    return err == SYM_OK ? close_own(t) : err;
}

static enum sym_err drive_own(struct sym_tabulation *t)
{
    struct sym_errand_report to = {.fn = on_own_work, .owner = t};
    struct sym_work work;
    bool moved = true;
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && moved && !t->part_writes) {
        moved = false;
        if (sym_tab_part_is_due(t->part)) {
            t->part_writes = true;
            err = sym_group_write(t->x->config.group, put_part, t, on_part_made);
            t->part_writes = err == SYM_OK;
            break;
        }
        while (err == SYM_OK && sym_tab_member_work(sym_tab_part_member(t->part), &work)) {
            err = sym_errands_run(&t->x->errands, &work, &to);
            t->works += err == SYM_OK;
        }
        if (err == SYM_OK) {
            err = move_own(t, &moved);
        }
    }
    return err;
}

static void drive_part(struct sym_tabulation *t)
{
    uint32_t own = t->cohort.own;
    if (t->part == NULL || t->told[own]) {
        return;
    }
    if (!t->part_over) {
        t->part_over = drive_own(t) != SYM_OK;
    }
    if (t->part_over) {
        const char *why = sym_tab_part_fault(t->part);
        struct sym_leg *leg = &t->legs[own];
        leg->over = true;
        leg->state = SYM_EXCHANGE_ABORTED;
        (void)snprintf(leg->fault, sizeof leg->fault, "this node: %s",
                       why[0] != '\0' ? why : "its part failed");
    }
}

static void wake(void *owner)
{
    turn_soon(owner);
}

/* The machine ---------------------------------------------------------------------------------- */

static void on_lead_work(void *owner, void *subject, void *context, enum sym_err err)
{
    struct sym_tabulation *t = owner;
    (void)subject;
    t->works--;
    err = sym_tab_lead_worked(t->lead, context, t->given_up ? SYM_CANCELLED : err, sym_now_ms());
    if (t->given_up) {
        destroy(t);
        return;
    }
    if (err != SYM_OK && !t->ends) {
        fail(t, err, "the tabulation could not be computed");
    }
    turn_soon(t);
}

static enum sym_err look_for_release(struct sym_transaction *tr, void *context)
{
    struct sym_tabulation *t = context;
    return sym_release_find(tr, t->released, sym_tab_lead_question_id(t->lead));
}

/* Is the question answered already? */
static enum sym_err look(struct sym_tabulation *t)
{
    enum sym_err err = sym_store_read(t->x->config.store, look_for_release, t);
    if (err != SYM_OK && err != SYM_NOT_FOUND) {
        return err;
    }
    t->has_release = err == SYM_OK;
    return sym_tab_lead_looked(t->lead, t->has_release ? t->released : NULL, sym_now_ms());
}

static enum sym_err keep(struct sym_tabulation *t)
{
    struct sym_span head;
    struct sym_span cells;
    enum sym_err err = sym_tab_lead_release(t->lead, &head, &cells, sym_wall_ms());
    if (err == SYM_OK) {
        err = sym_release_hash(t->release_hash, head);
    }
    if (err != SYM_OK) {
        return err;
    }
    t->has_release = true;
    memcpy(t->released, t->id, sizeof t->released);
    return write_row(t, false, head, cells);
}

static enum sym_err drive_lead(struct sym_tabulation *t)
{
    struct sym_errand_report to = {.fn = on_lead_work, .owner = t};
    struct sym_work work;
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && sym_tab_lead_work(t->lead, &work)) {
        err = sym_errands_run(&t->x->errands, &work, &to);
        t->works += err == SYM_OK;
    }
    if (err != SYM_OK || t->writes) {
        return err;
    }
    switch (sym_tab_lead_wants(t->lead)) {
    case SYM_TAB_LEAD_WANTS_NOTHING:
        break;
    case SYM_TAB_LEAD_WANTS_LOOK:
        return look(t);
    case SYM_TAB_LEAD_WANTS_KEEP:
        return keep(t);
    }
    return SYM_OK;
}

static void drive_legs(struct sym_tabulation *t)
{
    uint64_t now_ms = sym_now_ms();
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        struct sym_leg *leg = &t->legs[i];
        if (leg->over && !t->told[i]) {
            t->told[i] = true;
            sym_tab_lead_lost(t->lead, i, now_ms);
        }
    }
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        struct sym_exchange *e = t->legs[i].exchange;
        if (e != NULL && e->phase == SYM_PHASE_RUNNING) {
            sym_exchange_pump(t->x, e);
        }
    }
}

/* Attempts ------------------------------------------------------------------------------------- */

static enum sym_err new_part(struct sym_tabulation *t, const struct sym_tab_question *q)
{
    uint8_t query_hash[SYM_HASH_BYTES];
    struct sym_tab_part_config c;
    if (t->cohort.own == SYM_TAB_NO_PLACE) {
        return SYM_OK;
    }
    enum sym_err err = sym_sha256(query_hash, sym_kept_span(&t->query));
    sym_exchange_joint_config(t->x, &c);
    c.initiator = t->x->config.self;
    c.dataset = t->dataset;
    c.id = t->id;
    c.alias = "";
    c.purpose = t->purpose;
    c.basis = t->basis;
    c.wake = wake;
    c.owner = t;
    c.member.question = *q;
    c.member.question.query = sym_span(NULL, 0);
    c.member.place = t->cohort.own;
    c.member.query_hash = sym_span(query_hash, sizeof query_hash);
    c.member.epsilon_nano = sym_cube_epsilon(t->cube);
    c.member.cells = (uint32_t)sym_cube_cells(t->cube);
    return err == SYM_OK ? sym_tab_part_new(&t->part, &c) : err;
}

static enum sym_err new_machines(struct sym_tabulation *t, struct sym_fault *fault)
{
    struct sym_tab_part_config own;
    sym_exchange_joint_config(t->x, &own);
    struct sym_tab_lead_config c = {.question = {.cohort = t->cohort.parties,
                                                 .n = t->cohort.n,
                                                 .query = sym_kept_span(&t->query),
                                                 .dataset = sym_span_text(t->dataset),
                                                 .purpose = t->purpose,
                                                 .basis = t->basis},
                                    .minimum = own.member.minimum,
                                    .phase_ms = PHASE_MS};
    memcpy(c.question.tabulation, t->id, sizeof c.question.tabulation);
    memcpy(c.question.initiator, t->x->config.self.bytes, sizeof c.question.initiator);
    enum sym_err err = sym_tab_lead_new(&t->lead, &c, fault);
    if (err == SYM_OK && (err = new_part(t, &c.question)) != SYM_OK) {
        err = sym_fail(fault, err, "tabulation: the own part %s", sym_err_text(err));
    }
    return err;
}

static enum sym_err write_parameters(const struct sym_tabulation *t, uint8_t *out, size_t max,
                                     size_t *len)
{
    uint8_t hash[SYM_HASH_BYTES];
    enum sym_err err = sym_sha256(hash, sym_kept_span(&t->query));
    const struct sym_tabulate p = {.suite = SYM_TAB_SUITE,
                                   .tabulation = sym_span(t->id, sizeof t->id),
                                   .query_hash = sym_span(hash, sizeof hash),
                                   .cohort = sym_span(t->cohort.ids, t->cohort.n * SYM_HASH_BYTES),
                                   .epsilon_nano = sym_cube_epsilon(t->cube),
                                   .cells = (uint32_t)sym_cube_cells(t->cube)};
    return err == SYM_OK ? sym_encode(out, max, len, &sym_msg_tabulate, &p) : err;
}

/* A leg that cannot be begun is one that drops out at once. */
static enum sym_err begin_legs(struct sym_tabulation *t)
{
    uint8_t parameters[SYM_HASH_BYTES * (SYM_TAB_MEMBERS_MAX + 8u)];
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    size_t len = 0;
    enum sym_err err = write_parameters(t, parameters, sizeof parameters, &len);
    const struct sym_joint joint = {.tabulation = t->id,
                                    .purpose = t->purpose,
                                    .basis = t->basis,
                                    .case_ref = t->case_ref,
                                    .note = t->note,
                                    .user = t->user,
                                    .dataset = t->dataset,
                                    .participants = t->cohort.n,
                                    .cells = (uint32_t)sym_cube_cells(t->cube),
                                    .epsilon_nano = sym_cube_epsilon(t->cube)};
    for (uint32_t i = 0; err == SYM_OK && i < t->cohort.n; i++) {
        struct sym_leg *leg = &t->legs[i];
        struct sym_fault fault = {.text = ""};
        t->bytes_sent += leg->bytes_sent;
        t->bytes_received += leg->bytes_received;
        *leg = (struct sym_leg){.calls = &leg_calls, .of = t, .place = i};
        t->told[i] = false;
        if (i == t->cohort.own) {
            continue;
        }
        const struct sym_exchange_plan plan = {.peer = t->cohort.peers[i],
                                               .kind = SYM_KIND_TABULATE,
                                               .parameters = sym_span(parameters, len),
                                               .timeout_ms = t->timeout_ms,
                                               .user = t->user,
                                               .joint = &joint,
                                               .leg = leg};
        if (sym_exchanges_start(t->x, id, &plan, &fault) != SYM_OK) {
            leg->over = true;
            leg->state = SYM_EXCHANGE_ABORTED;
            memcpy(leg->fault, fault.text, sizeof leg->fault);
        }
    }
    return err;
}

static enum sym_err begin_attempt(struct sym_tabulation *t, struct sym_fault *fault)
{
    t->attempts++;
    t->attempt_ms = sym_now_ms();
    t->again = false;
    t->part_over = false;
    enum sym_err err = new_machines(t, fault);
    if (err == SYM_OK && (err = begin_legs(t)) != SYM_OK) {
        err = sym_fail(fault, err, "tabulation: its request %s", sym_err_text(err));
    }
    return err;
}

static bool is_quiet(const struct sym_tabulation *t)
{
    return t->works == 0 && !t->writes && !t->part_writes;
}

static void drop_machines(struct sym_tabulation *t)
{
    sym_tab_part_free(t->part);
    sym_tab_lead_free(t->lead);
    t->part = NULL;
    t->lead = NULL;
}

/* Peers may have been removed since. */
static bool cohort_stands(const struct sym_tabulation *t)
{
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        struct sym_node_id id;
        memcpy(id.bytes, t->cohort.ids + i * SYM_HASH_BYTES, sizeof id.bytes);
        if (t->cohort.peers[i] != sym_peers_by_id(t->x->config.peers, &id)) {
            return false;
        }
    }
    return true;
}

static void begin_again(struct sym_tabulation *t)
{
    struct sym_fault fault = {.text = ""};
    drop_machines(t);
    sym_random(t->id, sizeof t->id);
    enum sym_err err =
        cohort_stands(t) ? begin_attempt(t, &fault)
                         : sym_fail(&fault, SYM_NOT_FOUND, "tabulation: a participant was removed");
    if (err != SYM_OK) {
        end(t, SYM_EXCHANGE_ABORTED, err, fault.text);
    }
}

/* Its course ----------------------------------------------------------------------------------- */

static bool has_time(const struct sym_tabulation *t)
{
    return sym_now_ms() < t->until_ms;
}

/* Somebody dropped out between consent and shares: nothing was spent. */
static bool may_begin_again(const struct sym_tabulation *t)
{
    bool had_consents = sym_tab_lead_consents_hash(t->lead) != NULL;
    return had_consents && sym_tab_lead_unspent(t->lead) && !t->cancelled &&
           t->attempts < ATTEMPTS_MAX && has_time(t);
}

static bool enough_are_left(const struct sym_tabulation *t)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        left += !t->legs[i].over;
    }
    return left >= sym_tab_rules(t->cohort.n).quorum;
}

static void on_failed(struct sym_tabulation *t)
{
    if (!t->again && !(may_begin_again(t) && enough_are_left(t))) {
        end(t, SYM_EXCHANGE_ABORTED, SYM_UNREACHABLE, sym_tab_lead_fault(t->lead));
        return;
    }
    t->again = true;
    abort_legs(t, SYM_REASON_TIMEOUT, SYM_CANCELLED, "begun again without who dropped out");
    if (legs_are_over(t) && is_quiet(t)) {
        begin_again(t);
        turn_soon(t);
    }
}

static void conclude(struct sym_tabulation *t)
{
    struct sym_span none = sym_span(NULL, 0);
    if (t->part != NULL && sym_store_write(t->x->config.store, put_part_end, t) != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "reservation-not-released", NULL); /* it expires by itself */
    }
    if (write_row(t, true, none, none) != SYM_OK) {
        t->ended_us = sym_now_us();
    }
}

/* Who has what it needs closes; who was late hears that it is over. */
static void on_done(struct sym_tabulation *t)
{
    size_t len = 0;
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        struct sym_exchange *e = t->legs[i].exchange;
        if (e != NULL && sym_tab_lead_step(t->lead, i, &len) == SYM_TAB_WAIT) {
            sym_exchange_abort(t->x, e, SYM_REASON_TIMEOUT, SYM_TIMEOUT,
                               "it came too late to take part");
        }
    }
    end(t, SYM_EXCHANGE_DONE, SYM_OK, "");
}

static void drive(struct sym_tabulation *t)
{
    if (t->ended_us != 0) {
        return;
    }
    if (t->lead != NULL && !t->ends) {
        drive_part(t);
        drive_legs(t);
        enum sym_err err = drive_lead(t);
        if (err != SYM_OK) {
            fail(t, err, "the tabulation could not be computed");
            return;
        }
        enum sym_tab_phase phase = sym_tab_lead_phase(t->lead);
        if (phase == SYM_TAB_FAILED) {
            on_failed(t);
        } else if (phase == SYM_TAB_DONE && !t->writes) {
            on_done(t);
        }
    } else if (t->lead != NULL) {
        drive_legs(t); /* their closes */
    }
    if (t->ends && legs_are_over(t) && is_quiet(t)) {
        conclude(t);
    }
}

static void on_turn(void *owner)
{
    struct sym_tabulation *t = owner;
    t->turning = false;
    drive(t);
}

/* Exchanges that are still there end without it. */
static void leave_legs(struct sym_tabulation *t)
{
    for (uint32_t i = 0; i < t->cohort.n; i++) {
        struct sym_exchange *e = t->legs[i].exchange;
        if (e != NULL) {
            e->leg = NULL;
            sym_exchange_abort(t->x, e, SYM_REASON_CANCELLED, SYM_CANCELLED, "cancelled");
        }
    }
}

static void destroy(struct sym_tabulation *t)
{
    if (!is_quiet(t)) {
        return; /* the last of what is out ends it */
    }
    sym_timer_remove(&t->turn);
    drop_machines(t);
    sym_cube_free(t->cube);
    sym_kept_clear(&t->query);
    free(t);
}

/* The others do not wait for who cannot be reached. */
static void leave_out_absent(struct sym_tabulation *t)
{
    uint64_t reach_ms = t->attempts > 1 ? REACH_AGAIN_MS : REACH_MS;
    for (uint32_t i = 0; i < t->cohort.n && sym_now_ms() - t->attempt_ms > reach_ms; i++) {
        struct sym_exchange *e = t->legs[i].exchange;
        if (e != NULL && e->phase == SYM_PHASE_ASKING) {
            sym_exchange_abort(t->x, e, SYM_REASON_TIMEOUT, SYM_UNREACHABLE,
                               "could not be reached");
        }
    }
}

void sym_tabulations_tick(struct sym_exchanges *x)
{
    for (size_t i = 0; i < SYM_TABULATIONS_MAX; i++) {
        struct sym_tabulation *t = x->tabulations[i];
        if (t == NULL || t->ended_us != 0) {
            continue;
        }
        bool spent = t->lead != NULL && !sym_tab_lead_unspent(t->lead);
        if (!t->ends && ++t->unheeded > UNHEEDED_MAX && !spent) {
            t->cancelled = true;
            end(t, SYM_EXCHANGE_ABORTED, SYM_CANCELLED,
                "cancelled: the command that asked has gone");
        }
        if (!t->ends && !has_time(t)) {
            end(t, SYM_EXCHANGE_ABORTED, SYM_EXPIRED, "it took longer than allowed");
        }
        if (!t->ends && t->lead != NULL) {
            leave_out_absent(t);
            sym_tab_lead_tick(t->lead, sym_now_ms());
        }
        turn_soon(t);
    }
}

void sym_tabulations_clear(struct sym_exchanges *x)
{
    for (size_t i = 0; i < SYM_TABULATIONS_MAX; i++) {
        if (x->tabulations[i] != NULL) {
            x->tabulations[i]->given_up = true;
            destroy(x->tabulations[i]);
            x->tabulations[i] = NULL;
        }
    }
}

/* Beginning ------------------------------------------------------------------------------------ */

/* A free place, or that of the one that ended first. */
static size_t free_place(const struct sym_exchanges *x)
{
    size_t oldest = SYM_TABULATIONS_MAX;
    for (size_t i = 0; i < SYM_TABULATIONS_MAX; i++) {
        const struct sym_tabulation *t = x->tabulations[i];
        if (t == NULL) {
            return i;
        }
        if (t->ended_us != 0 && is_quiet(t) &&
            (oldest == SYM_TABULATIONS_MAX || t->ended_us < x->tabulations[oldest]->ended_us)) {
            oldest = i;
        }
    }
    return oldest;
}

static enum sym_err fill(struct sym_tabulation *t, const struct sym_tabulate_start *start,
                         const char *user, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_query query;
    sym_matter_text(t->dataset, sizeof t->dataset, start->dataset);
    sym_matter_text(t->user, sizeof t->user, sym_span_text(user));
    sym_matter_text(t->case_ref, sizeof t->case_ref, start->case_ref);
    sym_matter_text(t->note, sizeof t->note, start->note);
    t->purpose = start->purpose;
    t->basis = start->basis;
    t->timeout_ms = start->timeout_ms > 0 ? start->timeout_ms : TIMEOUT_MS;
    t->until_ms = sym_now_ms() + t->timeout_ms;
    t->started_us = sym_now_us();
    t->started_ms = sym_wall_ms();
    t->state = SYM_EXCHANGE_RUNNING;
    sym_random(t->id, sizeof t->id);
    memcpy(t->handle, t->id, sizeof t->handle);
    enum sym_err err = sym_kept_set(&t->query, start->query);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "tabulation: no memory");
    }
    err = sym_tab_cohort_of(&t->cohort, t->x, start, fault);
    if (err == SYM_OK) {
        err = sym_tab_read_query(&arena, &query, &t->cube, sym_kept_span(&t->query), fault);
    }
    if (err == SYM_OK && sym_loop_timer(t->x->config.loop, &t->turn, 0, on_turn, t) != SYM_OK) {
        err = sym_fail(fault, SYM_NO_MEMORY, "tabulation: no memory");
    }
    return err;
}

enum sym_err sym_tabulation_start(struct sym_exchanges *x, uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                  const struct sym_tabulate_start *start, const char *user,
                                  struct sym_fault *fault)
{
    size_t at = free_place(x);
    if (at == SYM_TABULATIONS_MAX) {
        return sym_fail(fault, SYM_LIMIT,
                        "tabulation: %u are in flight, the most there can be; try again later",
                        SYM_TABULATIONS_MAX);
    }
    struct sym_tabulation *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "tabulation: no memory");
    }
    t->x = x;
    enum sym_err err = fill(t, start, user, fault);
    if (err == SYM_OK) {
        err = begin_attempt(t, fault);
    }
    if (err == SYM_OK &&
        (err = write_row(t, false, sym_span(NULL, 0), sym_span(NULL, 0))) != SYM_OK) {
        err = sym_fail(fault, err, "tabulation: it could not be recorded");
    }
    if (err != SYM_OK) {
        leave_legs(t);
        t->given_up = true;
        destroy(t);
        return err;
    }
    if (x->tabulations[at] != NULL) {
        destroy(x->tabulations[at]);
    }
    x->tabulations[at] = t;
    memcpy(id, t->handle, sizeof t->handle);
    turn_soon(t);
    return SYM_OK;
}

/* Looking -------------------------------------------------------------------------------------- */

static struct sym_tabulation *find(const struct sym_exchanges *x, struct sym_span id)
{
    for (size_t i = 0; i < SYM_TABULATIONS_MAX; i++) {
        struct sym_tabulation *t = x->tabulations[i];
        if (t != NULL && sym_span_equal(id, sym_span(t->handle, sizeof t->handle))) {
            return t;
        }
    }
    return NULL;
}

enum sym_err sym_tabulation_row(const struct sym_exchanges *x, struct sym_span id,
                                struct sym_exchange_row *row)
{
    const struct sym_tabulation *t = find(x, id);
    if (t == NULL) {
        return SYM_NOT_FOUND;
    }
    struct sym_tab_progress p = {0, 0};
    if (t->lead != NULL) {
        p = sym_tab_lead_progress(t->lead);
    }
    bool over = t->ended_us != 0;
    uint64_t sent = 0;
    uint64_t received = 0;
    count_bytes(t, &sent, &received);
    *row =
        (struct sym_exchange_row){.id = sym_span(t->handle, sizeof t->handle),
                                  .kind = SYM_KIND_TABULATE,
                                  .state = (uint32_t)(over ? t->state : SYM_EXCHANGE_RUNNING),
                                  .result = over ? (uint32_t)t->result : 0,
                                  .fault = sym_span_text(over ? t->fault.text : ""),
                                  .done = p.done,
                                  .total = p.total,
                                  .elapsed_us = (over ? t->ended_us : sym_now_us()) - t->started_us,
                                  .bytes_sent = sent,
                                  .bytes_received = received};
    return SYM_OK;
}

bool sym_tabulation_heeded(struct sym_exchanges *x, struct sym_span id)
{
    struct sym_tabulation *t = find(x, id);
    if (t != NULL) {
        t->unheeded = 0;
    }
    return t != NULL;
}

bool sym_tabulation_cancel(struct sym_exchanges *x, struct sym_span id)
{
    struct sym_tabulation *t = find(x, id);
    if (t == NULL || t->ends) {
        return false;
    }
    t->cancelled = true;
    end(t, SYM_EXCHANGE_ABORTED, SYM_CANCELLED, "cancelled");
    turn_soon(t);
    return true;
}
