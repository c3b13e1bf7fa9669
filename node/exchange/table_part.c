#include "node/exchange/table_part_state.h"
#include "node/log.h"
#include "node/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TALLY_WORKER SYM_TABLE_LISTS_MAX
#define LIST_WORKER  (SYM_TABLE_LISTS_MAX + 1u)

bool sym_table_part_is_tallier(const struct sym_table_part *p)
{
    return p->place == p->question.n;
}

void sym_table_part_turn_soon(struct sym_table_part *p)
{
    if (!p->turning && p->turn != NULL) {
        p->turning = true;
        sym_timer_set(p->turn, 0);
    }
}

/* The end -------------------------------------------------------------------------------------- */

void sym_table_part_fail(struct sym_table_part *p, struct sym_table_failure failure,
                         const char *detail)
{
    char id[2 * SYM_EXCHANGE_ID_BYTES + 1];
    if (p->failure.cause != SYM_TABLE_CAUSE_NONE || p->is_kept) {
        return;
    }
    if (failure.cause == SYM_TABLE_CAUSE_NONE) {
        failure = (struct sym_table_failure){
            .place = p->place, .cause = SYM_TABLE_CAUSE_OTHER, .said_by = SYM_TABLE_NOBODY};
    }
    p->failure = failure;
    sym_table_words(p->fault, p->x, &p->question, failure, detail);
    sym_hex(id, p->question.table, sizeof p->question.table);
    if (p->alias[0] != '\0') { /* what comes of an own table is told once, by who asks */
        sym_log(SYM_LEVEL_INFO, "table-failed", "table", id, "reason", p->fault, NULL);
    }
    sym_table_member_fail(p->member, failure);
    sym_table_part_accuse(p);
    sym_table_part_turn_soon(p);
}

const char *sym_table_part_fault(const struct sym_table_part *p)
{
    return p->fault;
}

static void forget(struct sym_table_part *p)
{
    for (size_t i = 0; i < SYM_TABLE_PARTS_MAX; i++) {
        if (p->x->table_parts[i] == p) {
            p->x->table_parts[i] = NULL;
        }
    }
}

static void destroy(struct sym_table_part *p)
{
    forget(p);
    sym_timer_remove(&p->turn);
    sym_table_rows_free(p->rows);
    for (size_t i = 0; i < SYM_TABLE_LISTS_MAX; i++) {
        sym_table_owner_free(p->owners[i]);
        sym_table_evaluator_free(p->evaluators[i]);
    }
    sym_table_tally_free(p->tally);
    sym_table_list_free(p->list);
    sym_table_member_free(p->member);
    sym_overlap_set_free(p->set);
    sym_wipe(p, sizeof *p);
    free(p);
}

/* Nothing is out: no work, no write, no exchange. */
static bool is_quiet(const struct sym_table_part *p)
{
    return p->works == 0 && p->writing == SYM_TABLE_WANTS_NOTHING &&
           sym_table_part_legs_are_over(p) && p->with_asker.leg.exchange == NULL;
}

static bool is_over(const struct sym_table_part *p)
{
    return is_quiet(p) && (p->is_left || p->with_asker.leg.over);
}

/* Driving -------------------------------------------------------------------------------------- */

static void note_failure(struct sym_table_part *p, struct sym_table_failure failure)
{
    if (failure.cause != SYM_TABLE_CAUSE_NONE) {
        sym_table_part_fail(p, failure, "");
    }
}

/* The asker's word, or, where that has not come, how an exchange with another ended. */
static void watch_member(struct sym_table_part *p)
{
    struct sym_table_failure failure = sym_table_member_failure(p->member);
    bool lost =
        p->lost != NULL && p->lost->place == failure.place && failure.said_by == SYM_TABLE_NOBODY;
    if (lost && failure.cause != SYM_TABLE_CAUSE_NONE) {
        sym_table_part_fail(p, failure, p->lost->leg.fault);
    } else {
        note_failure(p, failure);
    }
}

static void watch_machines(struct sym_table_part *p)
{
    watch_member(p);
    if (p->list != NULL) {
        note_failure(p, sym_table_list_failure(p->list));
    }
    if (p->tally != NULL) {
        note_failure(p, sym_table_tally_failure(p->tally));
    }
    for (size_t i = 0; i < p->question.n; i++) {
        if (p->evaluators[i] != NULL) {
            note_failure(p, sym_table_evaluator_failure(p->evaluators[i]));
        }
    }
}

static void on_worked(void *owner, void *subject, void *context, enum sym_err err)
{
    struct sym_table_part *p = owner;
    const struct sym_table_worker *w = subject;
    p->works--;
    if (w->evaluator != NULL) {
        err = sym_table_evaluator_worked(w->evaluator, context, err);
    } else if (w->is_tally) {
        err = sym_table_tally_worked(p->tally, context, err);
    } else {
        err = sym_table_list_worked(p->list, context, err);
    }
    watch_machines(p);
    if (err != SYM_OK && p->failure.cause == SYM_TABLE_CAUSE_NONE) {
        sym_table_part_fail(p, (struct sym_table_failure){.cause = SYM_TABLE_CAUSE_NONE},
                            sym_err_text(err));
    }
    sym_table_part_turn_soon(p);
}

static bool next_work(struct sym_table_part *p, struct sym_work *out, size_t worker)
{
    if (worker == LIST_WORKER) {
        return p->list != NULL && sym_table_list_work(p->list, out);
    }
    if (worker == TALLY_WORKER) {
        return p->tally != NULL && sym_table_tally_work(p->tally, out);
    }
    return p->evaluators[worker] != NULL && sym_table_evaluator_work(p->evaluators[worker], out);
}

static void give_out_works(struct sym_table_part *p)
{
    struct sym_work work;
    for (size_t i = 0; i < SYM_TABLE_LISTS_MAX + 2u; i++) {
        struct sym_table_worker *w = &p->workers[i];
        struct sym_errand_report to = {.fn = on_worked, .owner = p, .subject = w};
        w->is_tally = i == TALLY_WORKER;
        w->evaluator = i < SYM_TABLE_LISTS_MAX ? p->evaluators[i] : NULL;
        while (next_work(p, &work, i)) {
            p->works++;
            if (sym_errands_run(&p->x->errands, &work, &to) != SYM_OK) {
                on_worked(p, w, work.context, SYM_NO_MEMORY);
                return;
            }
        }
    }
}

/* What has come to an end by itself; how far others are, the asker hears. */
static void go_on(struct sym_table_part *p)
{
    enum sym_err err = SYM_OK;
    for (uint32_t i = 0; p->list != NULL && i < p->question.n; i++) {
        sym_table_member_came(p->member, i, sym_table_list_checked(p->list, i));
    }
    if (p->list != NULL && !p->is_complete && sym_table_list_is_complete(p->list)) {
        p->is_complete = true;
        err = sym_table_member_evaluated(p->member);
    }
    if (p->tally != NULL && !p->is_released && sym_table_tally_is_counted(p->tally)) {
        p->is_released = true;
        err = sym_table_tally_release(p->tally, sym_wall_ms());
    }
    if (err != SYM_OK) {
        watch_machines(p);
        sym_table_part_fail(p, (struct sym_table_failure){.cause = SYM_TABLE_CAUSE_NONE},
                            sym_err_text(err));
    }
}

/* It is granted, or will be as soon as that is written: then this side may speak. */
static bool will_run(const struct sym_exchange *e)
{
    return e->phase == SYM_PHASE_RUNNING ||
           (e->phase != SYM_PHASE_ENDING && e->writing != NULL && !e->ending.due);
}

/* The asker hears why, then its exchange ends. */
static void end(struct sym_table_part *p)
{
    struct sym_exchange *e = p->with_asker.leg.exchange;
    size_t len = 0;
    sym_table_part_abort_legs(p);
    if (e != NULL && (!will_run(e) || sym_table_member_step(p->member, &len) != SYM_TABLE_DATA)) {
        sym_exchange_abort(p->x, e, sym_table_reason_to(p->failure, SYM_TABLE_ASKER),
                           sym_table_result(p->failure), p->fault);
    }
}

static void drive(struct sym_table_part *p)
{
    sym_table_member_tick(p->member, sym_now_ms());
    watch_machines(p);
    sym_table_part_watch_legs(p);
    if (p->failure.cause == SYM_TABLE_CAUSE_NONE) {
        go_on(p);
        sym_table_part_want(p);
        give_out_works(p);
    }
    sym_table_part_pump_legs(p);
    if (p->failure.cause != SYM_TABLE_CAUSE_NONE) {
        end(p);
    }
    if (is_over(p)) {
        sym_table_part_give_back(p);
        destroy(p);
    } else if (p->wake != NULL && !p->is_left) {
        p->wake(p->owner);
    }
}

static void on_turn(void *owner)
{
    struct sym_table_part *p = owner;
    p->turning = false;
    drive(p);
}

void sym_table_parts_tick(struct sym_exchanges *x)
{
    for (size_t i = 0; i < SYM_TABLE_PARTS_MAX; i++) {
        if (x->table_parts[i] != NULL) {
            sym_table_part_turn_soon(x->table_parts[i]);
        }
    }
}

/* No work is out any more, and no exchange is left. */
void sym_table_parts_clear(struct sym_exchanges *x)
{
    for (size_t i = 0; i < SYM_TABLE_PARTS_MAX; i++) {
        if (x->table_parts[i] != NULL) {
            destroy(x->table_parts[i]);
        }
    }
}

void sym_table_part_leave(struct sym_table_part *p)
{
    p->is_left = true;
    p->wake = NULL;
    sym_table_part_fail(p,
                        (struct sym_table_failure){.place = SYM_TABLE_ASKER,
                                                   .cause = SYM_TABLE_CAUSE_GONE,
                                                   .said_by = SYM_TABLE_NOBODY},
                        "");
    sym_table_part_turn_soon(p);
}

/* Beginning ------------------------------------------------------------------------------------ */

static void on_read(void *owner, struct sym_overlap_set *set, enum sym_err err)
{
    struct sym_table_part *p = owner;
    char text[SYM_FAULT_BYTES];
    (void)set;
    if (err != SYM_OK) {
        (void)snprintf(text, sizeof text, "dataset %s %s", p->question.dataset,
                       err == SYM_UNSUPPORTED ? "has records with several identifiers of this type"
                                              : sym_err_text(err));
        sym_table_part_fail(p, (struct sym_table_failure){.cause = SYM_TABLE_CAUSE_NONE}, text);
        return;
    }
    p->set_is_ready = true;
    sym_table_part_turn_soon(p);
}

static enum sym_err read_list(struct sym_table_part *p, struct sym_fault *fault)
{
    struct sym_exchanges *x = p->x;
    struct sym_content *content = NULL;
    struct sym_dataset_row row;
    size_t at = 0;
    struct sym_span name = sym_span_text(p->question.dataset);
    enum sym_err err = sym_datasets_find(x->config.datasets, &at, name, fault);
    if (err == SYM_OK) {
        sym_datasets_row(x->config.datasets, at, &row);
        p->epoch = row.epoch;
        err = sym_content_hold(&content, x->config.datasets, name, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (sym_content_tokens(content, (enum sym_token_type)p->question.type) > SYM_TABLE_SET_MAX) {
        sym_content_release(content);
        return sym_fail(fault, SYM_LIMIT, "dataset %s: a table takes lists of at most %u",
                        p->question.dataset, SYM_TABLE_SET_MAX);
    }
    const struct sym_overlap_set_config c = {
        .loop = x->config.loop,
        .errands = &x->errands,
        .content = content,
        .type = (enum sym_token_type)p->question.type,
        .padding = (enum sym_padding)sym_settings_word(x->config.settings, SYM_SETTING_PADDING),
        .one_each = true};
    err = sym_overlap_set_new(&p->set, &c, on_read, p);
    if (err != SYM_OK) {
        sym_content_release(content);
        return sym_fail(fault, err, "dataset %s: no memory for its identifiers",
                        p->question.dataset);
    }
    return SYM_OK;
}

static enum sym_err fill(struct sym_table_part *p, const struct sym_table_part_config *c,
                         struct sym_fault *fault)
{
    const struct sym_table_member_config m = {.question = c->question,
                                              .place = c->place,
                                              .identity = &p->x->config.keys->identity,
                                              .with = p->x->config.ristretto};
    p->question = c->question;
    p->place = c->place;
    p->peer_cap_nano = c->peer_cap_nano;
    p->until_ms = c->until_ms;
    p->wake = c->wake;
    p->owner = c->owner;
    memcpy(p->id, c->id, sizeof p->id);
    sym_matter_text(p->alias, sizeof p->alias, sym_span_text(c->alias));
    sym_matter_text(p->user, sizeof p->user, sym_span_text(c->user));
    sym_matter_text(p->case_ref, sizeof p->case_ref, sym_span_text(c->case_ref));
    sym_matter_text(p->note, sizeof p->note, sym_span_text(c->note));
    sym_table_part_make_legs(p);
    enum sym_err err = sym_table_qid(p->qid, &p->question);
    if (err == SYM_OK) {
        err = sym_table_member_new(&p->member, &m);
    }
    if (err == SYM_OK) {
        err = sym_loop_timer(p->x->config.loop, &p->turn, 0, on_turn, p);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "table: its own part %s", sym_err_text(err));
    }
    return sym_table_part_is_tallier(p) ? SYM_OK : read_list(p, fault);
}

/* A place for a table of this asker: no peer has more than its share, and those of all peers leave
 * some to the users of this node. What is kept already only waits for closes: there may be as many
 * again of it, so that who never closes does not take the places of all others. */
static enum sym_err find_place(size_t *at, const struct sym_exchanges *x, const uint8_t *asker,
                               struct sym_fault *fault)
{
    bool own = sym_equal(asker, x->config.self.bytes, SYM_HASH_BYTES);
    unsigned of_asker = 0;
    unsigned kept = 0; /* of those of this asker */
    unsigned of_others = 0;
    *at = SYM_TABLE_PARTS_MAX;
    for (size_t i = SYM_TABLE_PARTS_MAX; i-- > 0;) {
        const struct sym_table_part *p = x->table_parts[i];
        if (p == NULL) {
            *at = i;
            continue;
        }
        of_others += !sym_equal(p->question.asker, x->config.self.bytes, SYM_HASH_BYTES);
        of_asker += sym_equal(p->question.asker, asker, SYM_HASH_BYTES);
        kept += p->is_kept && sym_equal(p->question.asker, asker, SYM_HASH_BYTES);
    }
    if (!own && of_asker - kept >= SYM_TABLE_PARTS_PEER_MAX) {
        return sym_fail(fault, SYM_LIMIT, "table: this node takes part in %u of yours already",
                        SYM_TABLE_PARTS_PEER_MAX);
    }
    if (!own && of_asker >= 2 * SYM_TABLE_PARTS_PEER_MAX) {
        return sym_fail(fault, SYM_LIMIT,
                        "table: %u of yours are done here, and wait until all parties have closed",
                        kept);
    }
    if (*at == SYM_TABLE_PARTS_MAX || (!own && of_others >= SYM_TABLE_PARTS_MAX - SYM_TABLES_MAX)) {
        return sym_fail(fault, SYM_LIMIT, "table: this node takes part in %u others already",
                        of_others);
    }
    return SYM_OK;
}

enum sym_err sym_table_part_new(struct sym_table_part **out, struct sym_exchanges *x,
                                const struct sym_table_part_config *config, struct sym_fault *fault)
{
    size_t at = 0;
    if (find_place(&at, x, config->question.asker, fault) != SYM_OK) {
        return SYM_LIMIT;
    }
    struct sym_table_part *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "table: no memory");
    }
    p->x = x;
    enum sym_err err = fill(p, config, fault);
    if (err != SYM_OK) {
        destroy(p);
        return err;
    }
    x->table_parts[at] = p;
    *out = p;
    return SYM_OK;
}

/* Looking -------------------------------------------------------------------------------------- */

struct sym_leg *sym_table_part_leg(struct sym_table_part *p)
{
    return &p->with_asker.leg;
}

struct sym_table_member *sym_table_part_member(const struct sym_table_part *p)
{
    return p->member;
}

const struct sym_table_question *sym_table_part_question(const struct sym_table_part *p)
{
    return &p->question;
}

struct sym_table_part *sym_table_part_find(const struct sym_exchanges *x, struct sym_span table)
{
    for (size_t i = 0; i < SYM_TABLE_PARTS_MAX; i++) {
        struct sym_table_part *p = x->table_parts[i];
        if (p != NULL &&
            sym_span_equal(table, sym_span(p->question.table, SYM_EXCHANGE_ID_BYTES))) {
            return p;
        }
    }
    return NULL;
}
