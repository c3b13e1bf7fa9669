#include "node/exchange/tables_state.h"
#include "node/log.h"
#include "node/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long a party may take to be reached. */
#define REACH_MS 10000u
/* How long after a failure the answers to requests that are out are waited for. */
#define ANSWER_MS 1000u
/* How long who does not read is given to hear why. */
#define TELL_MS 3000u
/* Ticks of 100 ms without anybody looking. */
#define UNHEEDED_MAX 30u

void sym_asked_turn_soon(struct sym_asked_table *t)
{
    if (!t->turning && t->turn != NULL) {
        t->turning = true;
        sym_timer_set(t->turn, 0);
    }
}

/* The end -------------------------------------------------------------------------------------- */

static bool legs_are_over(const struct sym_asked_table *t)
{
    for (uint32_t i = 0; i <= t->question.n; i++) {
        if (t->legs[i].leg.exchange != NULL) {
            return false;
        }
    }
    return true;
}

static void abort_legs(struct sym_asked_table *t, enum sym_err result)
{
    struct sym_table_failure failure = sym_table_lead_failure(t->lead);
    for (uint32_t i = 0; i <= t->question.n; i++) {
        enum sym_reason reason =
            t->reason == SYM_REASON_PROTOCOL ? sym_table_reason_to(failure, i) : t->reason;
        if (t->legs[i].leg.exchange != NULL) {
            sym_exchange_abort(t->x, t->legs[i].leg.exchange, reason, result, t->fault.text);
        }
    }
}

void sym_asked_end(struct sym_asked_table *t, enum sym_exchange_state state, enum sym_err result,
                   const char *why)
{
    if (t->ends) {
        return;
    }
    t->ends = true;
    t->state = state;
    t->result = result;
    (void)sym_fail(&t->fault, result, "%s", why);
    if (state != SYM_EXCHANGE_DONE) {
        char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
        sym_hex(id, t->question.table, sizeof t->question.table);
        sym_log(SYM_LEVEL_INFO, "table-failed", "table", id, "reason", t->fault.text, NULL);
        abort_legs(t, result);
        if (t->part != NULL) {
            sym_table_part_leave(t->part);
            t->part = NULL;
        }
    }
}

/* Driving -------------------------------------------------------------------------------------- */

static void watch_legs(struct sym_asked_table *t)
{
    for (uint32_t i = 0; i <= t->question.n; i++) {
        const struct sym_leg *leg = &t->legs[i].leg;
        if (leg->over && !t->told[i]) {
            t->told[i] = true;
            if (leg->state != SYM_EXCHANGE_DONE) {
                sym_table_lead_lost(t->lead, i, sym_table_cause_of_leg(leg));
            }
        }
    }
}

static void pump_legs(struct sym_asked_table *t)
{
    for (uint32_t i = 0; i <= t->question.n; i++) {
        struct sym_exchange *e = t->legs[i].leg.exchange;
        if (e != NULL && e->phase == SYM_PHASE_RUNNING && e->writing == NULL) {
            sym_exchange_pump(t->x, e);
        }
    }
}

/* Moves one payload each way between the own member and the lead, if there is one. */
static enum sym_err move_own(struct sym_asked_table *t, bool *moved)
{
    struct sym_table_member *m = sym_table_part_member(t->part);
    uint32_t own = t->own;
    size_t len = 0;
    enum sym_err err = SYM_OK;
    if (sym_table_lead_step(t->lead, own, &len) == SYM_TABLE_DATA) {
        uint8_t *payload = malloc(len);
        err = payload == NULL ? SYM_NO_MEMORY : sym_table_lead_write(t->lead, own, payload, len);
        if (err == SYM_OK) {
            err = sym_table_member_take(m, sym_span(payload, len));
        }
        free(payload);
        *moved = true;
    }
    if (err == SYM_OK && sym_table_member_step(m, &len) == SYM_TABLE_DATA) {
        uint8_t *payload = malloc(len);
        err = payload == NULL ? SYM_NO_MEMORY : sym_table_member_write(m, payload, len);
        if (err == SYM_OK) {
            err = sym_table_lead_take(t->lead, own, sym_span(payload, len), sym_now_ms());
        }
        free(payload);
        *moved = true;
    }
    return err;
}

static void drive_own(struct sym_asked_table *t)
{
    bool moved = t->part != NULL;
    bool any = false;
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && moved) {
        moved = false;
        err = move_own(t, &moved);
        any = any || moved;
    }
    if (err != SYM_OK) {
        sym_table_lead_lost(t->lead, t->own, SYM_TABLE_CAUSE_OTHER);
    }
    if (any) {
        sym_table_part_turn_soon(t->part);
    }
}

/* It runs, or its answer is being written down, or about to come: only then can it hear why. */
static bool can_be_told(const struct sym_asked_table *t, const struct sym_exchange *e)
{
    bool answers = e->phase == SYM_PHASE_ASKED && sym_now_ms() - t->failed_ms < ANSWER_MS;
    bool granted = e->writing != NULL && e->answer.decision == SYM_DECISION_GRANTED;
    bool runs = e->phase == SYM_PHASE_RUNNING && sym_now_ms() - t->failed_ms < TELL_MS;
    return runs || answers || (granted && e->phase != SYM_PHASE_ENDING);
}

static const struct sym_leg *leg_at(const struct sym_asked_table *t, uint32_t place)
{
    return place <= t->question.n ? &t->legs[place].leg : NULL;
}

/* All who can be told have been: then it ends. */
static void on_failed(struct sym_asked_table *t)
{
    char text[SYM_FAULT_BYTES];
    struct sym_table_failure failure = sym_table_lead_failure(t->lead);
    t->failed_ms = t->failed_ms == 0 ? sym_now_ms() : t->failed_ms;
    for (uint32_t i = 0; i <= t->question.n; i++) {
        const struct sym_exchange *e = t->legs[i].leg.exchange;
        if (e != NULL && can_be_told(t, e) && !sym_table_lead_is_told(t->lead, i)) {
            return;
        }
    }
    const struct sym_leg *leg = leg_at(t, failure.place);
    bool denied = leg != NULL && leg->over &&
                  (leg->state == SYM_EXCHANGE_DENIED || leg->state == SYM_EXCHANGE_HELD);
    bool seen = leg != NULL && leg->over && failure.said_by == SYM_TABLE_NOBODY;
    const char *detail = seen ? leg->fault
                         : t->part != NULL && failure.place == t->own
                             ? sym_table_part_fault(t->part)
                             : "";
    if (t->part != NULL && sym_table_part_fault(t->part)[0] != '\0' && failure.said_by == t->own) {
        (void)snprintf(text, sizeof text, "%s", sym_table_part_fault(t->part));
    } else {
        sym_table_words(text, t->x, &t->question, failure, detail);
    }
    t->reason = sym_table_reason(failure);
    t->own_reason = denied ? leg->reason : t->reason;
    denied = denied || failure.cause == SYM_TABLE_CAUSE_DENIED;
    sym_asked_end(t, denied ? SYM_EXCHANGE_DENIED : SYM_EXCHANGE_ABORTED,
                  denied ? SYM_DENIED : sym_table_result(failure), text);
}

static void keep(struct sym_asked_table *t)
{
    struct sym_span release = sym_table_lead_release(t->lead);
    if (t->has_release || t->writes) {
        return;
    }
    enum sym_err err = sym_table_release_hash(t->release_hash, release);
    if (err == SYM_OK) {
        err = sym_asked_write_row(t, false, release);
    }
    if (err != SYM_OK) {
        sym_asked_end(t, SYM_EXCHANGE_ABORTED, err, "the table could not be kept");
    }
}

/* The own part has said and heard all that is due: its list and its key go with it. */
static void conclude(struct sym_asked_table *t)
{
    if (t->part != NULL) {
        sym_table_part_leave(t->part);
        t->part = NULL;
    }
    if (sym_asked_write_row(t, true, sym_span(NULL, 0)) != SYM_OK) {
        t->ended_us = sym_now_us();
    }
}

static void drive(struct sym_asked_table *t)
{
    if (t->ended_us != 0) {
        return;
    }
    if (!t->ends) {
        drive_own(t);
        watch_legs(t);
        pump_legs(t);
        switch (sym_table_lead_phase(t->lead)) {
        case SYM_TABLE_CONSENTING:
        case SYM_TABLE_READYING:
        case SYM_TABLE_COMPUTING:
            break;
        case SYM_TABLE_RELEASING:
            keep(t);
            break;
        case SYM_TABLE_DONE:
            sym_asked_end(t, SYM_EXCHANGE_DONE, SYM_OK, "");
            break;
        case SYM_TABLE_FAILED:
            on_failed(t);
            break;
        }
    }
    if (t->ends) {
        drive_own(t); /* a word that is due to the own part */
        pump_legs(t); /* their closes */
        if (legs_are_over(t) && !t->writes) {
            conclude(t);
        }
    }
}

static void on_turn(void *owner)
{
    struct sym_asked_table *t = owner;
    t->turning = false;
    drive(t);
}

enum sym_err sym_asked_timer(struct sym_asked_table *t)
{
    return sym_loop_timer(t->x->config.loop, &t->turn, 0, on_turn, t);
}

/* Time ----------------------------------------------------------------------------------------- */

static void leave_out_absent(struct sym_asked_table *t)
{
    for (uint32_t i = 0; i <= t->question.n && sym_now_ms() - t->began_ms > REACH_MS; i++) {
        struct sym_exchange *e = t->legs[i].leg.exchange;
        if (e != NULL && e->phase == SYM_PHASE_ASKING) {
            sym_exchange_abort(t->x, e, SYM_REASON_LINK_LOST, SYM_UNREACHABLE,
                               "could not be reached");
        }
    }
}

void sym_tables_tick(struct sym_exchanges *x)
{
    for (size_t i = 0; i < SYM_TABLES_MAX; i++) {
        struct sym_asked_table *t = x->tables[i];
        if (t == NULL || t->ended_us != 0) {
            continue;
        }
        if (!t->ends && ++t->unheeded > UNHEEDED_MAX) {
            t->reason = SYM_REASON_CANCELLED;
            sym_asked_end(t, SYM_EXCHANGE_ABORTED, SYM_CANCELLED,
                          "cancelled: the command that asked has gone");
        }
        if (!t->ends && sym_now_ms() >= t->until_ms) {
            sym_table_lead_late(t->lead, sym_now_ms());
        }
        if (!t->ends) {
            leave_out_absent(t);
            sym_table_lead_tick(t->lead, sym_now_ms());
        }
        sym_asked_turn_soon(t);
    }
}

void sym_asked_destroy(struct sym_asked_table *t)
{
    for (uint32_t i = 0; i <= t->question.n; i++) {
        struct sym_exchange *e = t->legs[i].leg.exchange;
        if (e != NULL) {
            e->leg = NULL;
            t->legs[i].leg.exchange = NULL;
            sym_exchange_abort(t->x, e, SYM_REASON_CANCELLED, SYM_CANCELLED, "cancelled");
        }
    }
    if (t->part != NULL) {
        sym_table_part_leave(t->part);
    }
    sym_timer_remove(&t->turn);
    sym_table_lead_free(t->lead);
    sym_wipe(t, sizeof *t);
    free(t);
}

void sym_tables_clear(struct sym_exchanges *x)
{
    for (size_t i = 0; i < SYM_TABLES_MAX; i++) {
        if (x->tables[i] != NULL) {
            x->tables[i]->part = NULL; /* is cleared by itself */
            sym_asked_destroy(x->tables[i]);
            x->tables[i] = NULL;
        }
    }
}

/* Looking -------------------------------------------------------------------------------------- */

static struct sym_asked_table *find(const struct sym_exchanges *x, struct sym_span id)
{
    for (size_t i = 0; i < SYM_TABLES_MAX; i++) {
        struct sym_asked_table *t = x->tables[i];
        if (t != NULL && sym_span_equal(id, sym_span(t->question.table, SYM_EXCHANGE_ID_BYTES))) {
            return t;
        }
    }
    return NULL;
}

void sym_asked_count_bytes(const struct sym_asked_table *t, uint64_t *sent, uint64_t *received)
{
    *sent = 0;
    *received = 0;
    for (uint32_t i = 0; i <= t->question.n; i++) {
        const struct sym_leg *leg = &t->legs[i].leg;
        *sent += leg->exchange != NULL ? leg->exchange->bytes_sent : leg->bytes_sent;
        *received += leg->exchange != NULL ? leg->exchange->bytes_received : leg->bytes_received;
    }
}

/* By the words of all parties. */
static enum sym_table_stage stage_of(const struct sym_asked_table *t, struct sym_table_progress *p)
{
    *p = (struct sym_table_progress){0, 0};
    if (t->ends || sym_table_lead_phase(t->lead) > SYM_TABLE_COMPUTING) {
        return SYM_TABLE_STAGE_ENDING;
    }
    if (sym_table_lead_phase(t->lead) < SYM_TABLE_COMPUTING) {
        return SYM_TABLE_STAGE_AGREEING;
    }
    *p = sym_table_lead_evaluated(t->lead);
    if (p->done < p->total) {
        return SYM_TABLE_STAGE_EVALUATING;
    }
    *p = sym_table_lead_tallied(t->lead);
    return SYM_TABLE_STAGE_COUNTING;
}

enum sym_err sym_table_row(const struct sym_exchanges *x, struct sym_span id,
                           struct sym_exchange_row *row)
{
    const struct sym_asked_table *t = find(x, id);
    if (t == NULL) {
        return SYM_NOT_FOUND;
    }
    struct sym_table_progress p;
    enum sym_table_stage stage = stage_of(t, &p);
    bool over = t->ended_us != 0;
    uint64_t sent = 0;
    uint64_t received = 0;
    sym_asked_count_bytes(t, &sent, &received);
    *row =
        (struct sym_exchange_row){.id = sym_span(t->question.table, SYM_EXCHANGE_ID_BYTES),
                                  .kind = SYM_KIND_OVERLAP_TABLE,
                                  .state = (uint32_t)(over ? t->state : SYM_EXCHANGE_RUNNING),
                                  .result = over ? (uint32_t)t->result : 0,
                                  .fault = sym_span_text(over ? t->fault.text : ""),
                                  .done = p.done,
                                  .total = p.total,
                                  .elapsed_us = (over ? t->ended_us : sym_now_us()) - t->started_us,
                                  .bytes_sent = sent,
                                  .bytes_received = received,
                                  .stage = (uint32_t)stage};
    return SYM_OK;
}

bool sym_table_heeded(struct sym_exchanges *x, struct sym_span id)
{
    struct sym_asked_table *t = find(x, id);
    if (t != NULL) {
        t->unheeded = 0;
    }
    return t != NULL;
}

bool sym_table_cancel(struct sym_exchanges *x, struct sym_span id)
{
    struct sym_asked_table *t = find(x, id);
    bool withdrawn = false;
    for (uint32_t i = 0; t != NULL && i <= t->question.n; i++) {
        withdrawn = sym_exchange_withdraw_leg(x, &t->legs[i].leg) || withdrawn;
    }
    if (t == NULL || t->ends) {
        return withdrawn; /* one that has ended may still wait at some */
    }
    t->reason = SYM_REASON_CANCELLED;
    sym_asked_end(t, SYM_EXCHANGE_ABORTED, SYM_CANCELLED, "cancelled");
    sym_asked_turn_soon(t);
    return true;
}
