#include "node/exchange/tabulations_state.h"
#include "node/loop.h"
#include "proto/outline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_MAX 3u
#define TIMEOUT_MS   600000u
/* How long a participant may take to be reached; less when those who were there begin again. */
#define REACH_MS       10000u
#define REACH_AGAIN_MS 3000u
/* Ticks of 100 ms without anybody looking. */
#define UNHEEDED_MAX 30u

void sym_tabulation_turn_soon(struct sym_tabulation *t)
{
    if (!t->turning && t->turn != NULL) {
        t->turning = true;
        sym_timer_set(t->turn, 0);
    }
}

/* The end -------------------------------------------------------------------------------------- */

/* From now on it waits for its legs, then for its row. */
void sym_tabulation_end(struct sym_tabulation *t, enum sym_exchange_state state,
                        enum sym_err result, const char *why)
{
    char text[SYM_FAULT_BYTES];
    t->ends = true;
    t->state = state;
    t->result = result;
    (void)snprintf(text, sizeof text, "%s", why);
    if (state != SYM_EXCHANGE_DONE && !t->cancelled) {
        sym_tabulation_tell(t, text);
    }
    (void)sym_fail(&t->fault, t->result, "%s", text);
    if (state != SYM_EXCHANGE_DONE) {
        sym_tabulation_abort_legs(
            t, t->cancelled ? SYM_REASON_CANCELLED : SYM_REASON_TIMEOUT, SYM_CANCELLED,
            t->cancelled ? "cancelled" : "the tabulation ended without a release");
    }
}

void sym_tabulation_fail(struct sym_tabulation *t, enum sym_err err, const char *what)
{
    char text[SYM_FAULT_BYTES];
    (void)snprintf(text, sizeof text, "%s: it %s", what, sym_err_text(err));
    if (!t->ends) {
        sym_tabulation_end(t, SYM_EXCHANGE_ABORTED, err, text);
    }
}

/* Driving -------------------------------------------------------------------------------------- */

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
        sym_tabulation_end(t, SYM_EXCHANGE_ABORTED, SYM_UNREACHABLE, sym_tab_lead_fault(t->lead));
        return;
    }
    t->again = true;
    sym_tabulation_abort_legs(t, SYM_REASON_TIMEOUT, SYM_CANCELLED,
                              t->confirms ? "begun again, as an edition has changed"
                                          : "begun again without who dropped out");
    if (sym_tabulation_legs_are_over(t) && sym_tabulation_is_quiet(t)) {
        t->confirms = false;
        sym_tabulation_begin_again(t);
        sym_tabulation_turn_soon(t);
    }
}

static void conclude(struct sym_tabulation *t)
{
    struct sym_span none = sym_span(NULL, 0);
    sym_tabulation_give_back(t);
    if (sym_tabulation_write_row(t, true, none, none) != SYM_OK) {
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
    sym_tabulation_end(t, SYM_EXCHANGE_DONE, SYM_OK, "");
}

static void drive(struct sym_tabulation *t)
{
    if (t->ended_us != 0) {
        return;
    }
    if (t->lead != NULL && !t->ends) {
        sym_tabulation_drive_part(t);
        drive_legs(t);
        enum sym_err err = sym_tabulation_drive_lead(t);
        if (err != SYM_OK) {
            sym_tabulation_fail(t, err, "the tabulation could not be computed");
            return;
        }
        enum sym_tab_phase phase = sym_tab_lead_phase(t->lead);
        if (phase == SYM_TAB_FAILED || t->again) {
            on_failed(t);
        } else if (phase == SYM_TAB_DONE && !t->writes) {
            on_done(t);
        }
    } else if (t->lead != NULL) {
        drive_legs(t); /* their closes */
    }
    if (t->ends && sym_tabulation_legs_are_over(t) && sym_tabulation_is_quiet(t)) {
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

void sym_tabulation_destroy(struct sym_tabulation *t)
{
    if (!sym_tabulation_is_quiet(t)) {
        return; /* the last of what is out ends it */
    }
    sym_timer_remove(&t->turn);
    sym_tabulation_drop_machines(t);
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
            bool connected = sym_links_of(t->x->links, &e->peer) != NULL;
            sym_exchange_abort(t->x, e, SYM_REASON_TIMEOUT, SYM_UNREACHABLE,
                               connected ? "no answer: check card and preshared key"
                                         : "could not be reached");
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
            sym_tabulation_end(t, SYM_EXCHANGE_ABORTED, SYM_CANCELLED,
                               "cancelled: the command that asked has gone");
        }
        if (!t->ends && !has_time(t)) {
            sym_tabulation_end(t, SYM_EXCHANGE_ABORTED, SYM_EXPIRED, "it took longer than allowed");
        }
        if (!t->ends && t->lead != NULL) {
            leave_out_absent(t);
            sym_tab_lead_tick(t->lead, sym_now_ms());
        }
        sym_tabulation_turn_soon(t);
    }
}

void sym_tabulations_clear(struct sym_exchanges *x)
{
    for (size_t i = 0; i < SYM_TABULATIONS_MAX; i++) {
        if (x->tabulations[i] != NULL) {
            x->tabulations[i]->given_up = true;
            sym_tabulation_destroy(x->tabulations[i]);
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
        if (t->ended_us != 0 && sym_tabulation_is_quiet(t) &&
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
    if (err == SYM_OK) {
        t->shape = query.shape;
        err = sym_tab_outline_write(t->outline, &t->outline_len, &query);
        err =
            err == SYM_OK ? err : sym_fail(fault, err, "query: its outline %s", sym_err_text(err));
    }
    if (err == SYM_OK) {
        err = sym_tab_answer_of(t->x, t->answered, &t->cohort, sym_kept_span(&t->query),
                                sym_span_text(t->dataset));
        t->confirms = err == SYM_OK;
        err = err == SYM_OK || err == SYM_NOT_FOUND
                  ? SYM_OK
                  : sym_fail(fault, err, "releases: the stored table %s; restore a backup",
                             sym_err_text(err));
    }
    if (err == SYM_OK && !t->confirms) {
        err = sym_tab_can_pay(t->x, &t->cohort, start, t->cube, fault);
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
        err = sym_tabulation_begin_attempt(t, fault);
    }
    if (err == SYM_OK && (err = sym_tabulation_write_row(t, false, sym_span(NULL, 0),
                                                         sym_span(NULL, 0))) != SYM_OK) {
        err = sym_fail(fault, err, "tabulation: it could not be recorded");
    }
    if (err != SYM_OK) {
        leave_legs(t);
        t->given_up = true;
        sym_tabulation_destroy(t);
        return err;
    }
    if (x->tabulations[at] != NULL) {
        sym_tabulation_destroy(x->tabulations[at]);
    }
    x->tabulations[at] = t;
    memcpy(id, t->handle, sizeof t->handle);
    sym_tabulation_turn_soon(t);
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

bool sym_tabulation_has_id(const struct sym_exchanges *x, struct sym_span id)
{
    for (size_t i = 0; i < SYM_TABULATIONS_MAX; i++) {
        const struct sym_tabulation *t = x->tabulations[i];
        if (t != NULL && t->ended_us == 0 && sym_span_equal(id, sym_span(t->id, sizeof t->id))) {
            return true;
        }
    }
    return false;
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
    sym_tabulation_count_bytes(t, &sent, &received);
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
    bool withdrawn = false;
    for (uint32_t i = 0; t != NULL && i < t->cohort.n; i++) {
        withdrawn = sym_exchange_withdraw_leg(x, &t->legs[i]) || withdrawn;
    }
    if (t == NULL || t->ends) {
        return withdrawn; /* one that has ended may still wait at some */
    }
    t->cancelled = true;
    sym_tabulation_end(t, SYM_EXCHANGE_ABORTED, SYM_CANCELLED, "cancelled");
    sym_tabulation_turn_soon(t);
    return true;
}
