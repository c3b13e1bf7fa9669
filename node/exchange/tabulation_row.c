#include "node/exchange/tabulations_state.h"
#include "node/log.h"
#include "node/loop.h"
#include "proto/codec.h"

#include <stdlib.h>
#include <string.h>

/* The history ---------------------------------------------------------------------------------- */

struct row_write {
    struct sym_tabulation *t;
    bool over;
    struct sym_exchange_entry entry;
    struct sym_span head; /* of a release that is kept with it */
    struct sym_span cells;
    uint8_t question[SYM_HASH_BYTES];
};

static bool was_answered_before(const struct sym_tabulation *t)
{
    return t->has_release && t->state == SYM_EXCHANGE_DONE &&
           !sym_equal(t->released, t->id, sizeof t->id);
}

static struct sym_exchange_entry entry_of(const struct sym_tabulation *t, bool over)
{
    uint64_t sent = 0;
    uint64_t received = 0;
    sym_tabulation_count_bytes(t, &sent, &received);
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
        .shape = t->shape,
        .answered_before = over && was_answered_before(t),
    };
}

static enum sym_err log_answer(struct sym_transaction *tr, const struct sym_tabulation *t)
{
    struct sym_tab_part_config c;
    sym_exchange_joint_config(t->x, &c);
    const struct sym_ledger_exchange x = {.kind = SYM_KIND_TABULATE,
                                          .id = t->id,
                                          .initiator = &t->x->config.self,
                                          .alias = "",
                                          .purpose = t->purpose,
                                          .basis = t->basis};
    return sym_ledger_answered(&c.ledger, tr, sym_span_text(t->dataset), &x, t->released);
}

/* With the release: all that survived have to confirm it, also after a crash. */
static enum sym_err owe_all(struct sym_transaction *tr, const struct row_write *w)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_release r;
    enum sym_err err = sym_decode(&arena, &r, &sym_msg_release, w->head);
    for (size_t i = 0; err == SYM_OK && i < r.survivors.len; i++) {
        uint32_t place = r.survivors.data[i];
        if (place != w->t->cohort.own) {
            err = sym_delivery_put(tr, w->t->id, w->t->cohort.ids + place * SYM_HASH_BYTES,
                                   r.released_ms);
        }
    }
    return err;
}

static enum sym_err owe_fewer(struct sym_transaction *tr, const struct sym_tabulation *t)
{
    enum sym_err err = SYM_OK;
    for (uint32_t i = 0; err == SYM_OK && i < t->cohort.n; i++) {
        if (t->legs[i].over && t->legs[i].state == SYM_EXCHANGE_DONE) {
            err = sym_delivery_made(tr, t->id, t->cohort.ids + i * SYM_HASH_BYTES);
        }
    }
    return err;
}

static enum sym_err put_row(struct sym_transaction *tr, void *context)
{
    const struct row_write *w = context;
    enum sym_err err = SYM_OK;
    if (w->head.len > 0) {
        err = sym_release_put(tr, w->t->id, w->question, w->head, w->cells);
        if (err == SYM_OK) {
            err = owe_all(tr, w);
        }
    } else if (w->over && was_answered_before(w->t)) {
        err = log_answer(tr, w->t);
    }
    if (err == SYM_OK && w->over) {
        err = owe_fewer(tr, w->t);
    }
    return err == SYM_OK ? sym_history_put(tr, &w->entry) : err;
}

static void on_row(void *context, enum sym_err err)
{
    struct row_write *w = context;
    struct sym_tabulation *t = w->t;
    bool over = w->over;
    bool kept = w->head.len > 0;
    free(w);
    t->writes = false;
    if (t->given_up) {
        sym_tabulation_destroy(t);
        return;
    }
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "tabulation-not-written", "reason", sym_err_text(err), NULL);
    }
    if (kept && err == SYM_OK) {
        err = sym_tab_lead_kept(t->lead);
    }
    if (err != SYM_OK && !over) {
        t->has_release = t->has_release && !kept;
        sym_tabulation_fail(t, err, "the tabulation could not be recorded");
    }
    if (over) {
        t->ended_us = sym_now_us(); /* also when its row could not be written */
    }
    sym_tabulation_turn_soon(t);
}

enum sym_err sym_tabulation_write_row(struct sym_tabulation *t, bool over, struct sym_span head,
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
