#include "node/exchange/tables_state.h"
#include "node/log.h"
#include "node/loop.h"
#include "node/tabulation/table_releases.h"

#include <stdlib.h>
#include <string.h>

struct row_write {
    struct sym_asked_table *t;
    bool over;
    struct sym_exchange_entry entry;
    uint8_t parties[SYM_TABLE_PARTIES_MAX * SYM_HASH_BYTES];
    struct sym_span release; /* that is kept with it */
};

static enum sym_reason reason_of(const struct sym_asked_table *t, bool over)
{
    return !over || t->state == SYM_EXCHANGE_DONE ? SYM_REASON_NONE
           : t->own_reason != SYM_REASON_NONE     ? t->own_reason
                                                  : t->reason;
}

/* parties: room that it borrows. */
static struct sym_exchange_entry entry_of(const struct sym_asked_table *t, bool over, bool keeps,
                                          uint8_t *parties)
{
    const struct sym_table_question *q = &t->question;
    uint64_t sent = 0;
    uint64_t received = 0;
    bool own = t->own != SYM_TABLE_NOBODY;
    for (uint32_t i = 0; i <= q->n; i++) {
        memcpy(parties + i * SYM_HASH_BYTES, q->parties[i].id, SYM_HASH_BYTES);
    }
    sym_asked_count_bytes(t, &sent, &received);
    return (struct sym_exchange_entry){
        .id = sym_span(q->table, sizeof q->table),
        .role = SYM_AS_INITIATOR,
        .kind = SYM_KIND_OVERLAP_TABLE,
        .state = (uint32_t)t->state,
        .result = over ? (uint32_t)t->result : 0,
        .fault = sym_span_text(over ? t->fault.text : ""),
        .reason = (uint32_t)reason_of(t, over),
        .purpose = q->purpose,
        .basis = q->basis,
        .case_ref = sym_span_text(t->case_ref),
        .note = sym_span_text(t->note),
        .user = sym_span_text(t->user),
        .mine = sym_span_text(own ? q->dataset : ""),
        .theirs = sym_span_text(q->dataset),
        .type = q->type,
        .own_size = own ? sym_table_lead_elements(t->lead, t->own) : 0,
        .has_result = t->has_release || keeps,
        .started_ms = t->started_ms,
        .ended_ms = over ? sym_wall_ms() : 0,
        .bytes_sent = sent,
        .bytes_received = received,
        .tabulation = sym_span(q->table, sizeof q->table),
        .participants = q->n,
        .cells = sym_table_cells(q->n),
        .epsilon_nano = q->epsilon_nano,
        .parties = sym_span(parties, (q->n + 1) * SYM_HASH_BYTES),
    };
}

static enum sym_err put_row(struct sym_transaction *tr, void *context)
{
    const struct row_write *w = context;
    enum sym_err err = SYM_OK;
    if (w->release.len > 0) {
        err = sym_table_release_put(tr, w->t->question.table, w->release);
    }
    return err == SYM_OK ? sym_history_put(tr, &w->entry) : err;
}

static void on_row(void *context, enum sym_err err)
{
    struct row_write *w = context;
    struct sym_asked_table *t = w->t;
    bool over = w->over;
    bool keeps = w->release.len > 0;
    free(w);
    t->writes = false;
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "table-not-written", "reason", sym_err_text(err), NULL);
    }
    if (keeps && err == SYM_OK) {
        t->has_release = true;
        err = sym_table_lead_kept(t->lead);
    }
    if (err != SYM_OK && !over) {
        sym_asked_end(t, SYM_EXCHANGE_ABORTED, err, "the table could not be recorded");
    }
    if (over) {
        t->ended_us = sym_now_us(); /* also when its row could not be written */
    }
    sym_asked_turn_soon(t);
}

enum sym_err sym_asked_write_row(struct sym_asked_table *t, bool over, struct sym_span release)
{
    struct row_write *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return SYM_NO_MEMORY;
    }
    w->t = t;
    w->over = over;
    w->entry = entry_of(t, over, release.len > 0, w->parties);
    w->release = release;
    t->writes = true;
    enum sym_err err = sym_group_write(t->x->config.group, put_row, w, on_row);
    if (err != SYM_OK) {
        t->writes = false;
        free(w);
    }
    return err;
}
