#include "node/exchange/exchanges_state.h"
#include "node/exchange/openings.h"
#include "node/log.h"
#include "proto/overlap_agree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often deadlines are looked at. */
#define TICK_MS 100u
/* How often a request is repeated when its link was replaced before an answer came. */
#define ASKS_MAX 4u
/* How long an overlap goes on when nobody looks at it: its command line has gone. In ticks and not
 * in time, so that a loop that was busy takes the questions that wait first. */
#define UNHEEDED_MAX 30u

/* Its history shows it; the log does once something is asked. */
static void then_begun(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    if (err != SYM_OK) {
        sym_exchange_fail(x, e, err, "the exchange could not be recorded");
    } else if (e->phase == SYM_PHASE_ASKING && !e->ending.due) {
        sym_exchange_seek(x, e);
    }
}

/* As those of the same wish were made that is held already, if there is one. */
static enum sym_err commit(struct sym_exchanges *x, struct sym_exchange *e, struct sym_span bound)
{
    struct sym_exchange_matter *m = e->matter;
    enum sym_err err = sym_opening_wish(m, e->kind, &e->peer, bound);
    if (err == SYM_OK) {
        err = sym_opening_find(x->config.store, m, sym_wall_ms());
    }
    return err == SYM_OK ? sym_matter_commit(m) : err;
}

static enum sym_err begin_overlap(struct sym_exchanges *x, struct sym_exchange *e,
                                  const struct sym_exchange_plan *plan, struct sym_fault *fault)
{
    const struct sym_overlap_start *o = plan->overlap;
    enum sym_err err = sym_matter_new(&e->matter, x);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "exchange: no memory");
    }
    struct sym_exchange_matter *m = e->matter;
    m->purpose = o->purpose;
    m->basis = o->basis;
    m->type = o->type;
    m->rule = o->rule;
    m->engines = sym_exchange_engines(x, o, &e->peer);
    if (m->engines == 0) {
        return sym_fail(
            fault, SYM_DENIED,
            "engine vole: is not used with %s, as %s; ask with --engine dh, or once that "
            "is explained: \"symbolon log accept %s\"",
            e->alias, sym_exchange_must_hold(x, &e->peer), e->alias);
    }
    sym_matter_text(m->case_ref, sizeof m->case_ref, o->case_ref);
    sym_matter_text(m->note, sizeof m->note, o->note);
    sym_matter_text(m->user, sizeof m->user, sym_span_text(plan->user));
    if (plan->approver != NULL) { /* and nobody is there to follow it */
        sym_matter_text(m->approver, sizeof m->approver, sym_span_text(plan->approver));
        m->on_its_own = true;
    }
    sym_matter_text(m->mine, sizeof m->mine, o->mine);
    sym_matter_text(m->theirs, sizeof m->theirs, o->theirs);
    err = sym_exchange_prepare(x, e, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = commit(x, e, sym_span(NULL, 0));
    if (err != SYM_OK) {
        return sym_fail(fault, err, "exchange: its commitments could not be made");
    }
    struct sym_exchange_plan_write p = {.parts = SYM_PART_HISTORY, .then = then_begun};
    sym_exchange_write(x, e, &p);
    return SYM_OK;
}

/* Its tabulation has the row in the history, and follows it. */
static enum sym_err begin_leg(struct sym_exchanges *x, struct sym_exchange *e,
                              const struct sym_exchange_plan *plan)
{
    enum sym_err err = sym_matter_new(&e->matter, x);
    if (err != SYM_OK) {
        return err;
    }
    sym_joint_matter(e->matter, plan->joint);
    e->matter->on_its_own = true;
    err = commit(x, e, plan->joint->bound);
    if (err == SYM_OK) {
        e->leg = plan->leg;
        e->leg->exchange = e;
    }
    return err;
}

enum sym_err sym_exchanges_start(struct sym_exchanges *x, uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                 const struct sym_exchange_plan *plan, struct sym_fault *fault)
{
    const struct sym_peer *peer = plan->peer;
    if (sym_peer_is_expired(peer, (int64_t)(sym_wall_ms() / 1000))) {
        return sym_fail(fault, SYM_EXPIRED,
                        "peer %s: its card has expired; ask for a new one and run: \"symbolon peer "
                        "add FILE --alias %s\"",
                        peer->alias, peer->alias);
    }
    if (plan->kind != SYM_KIND_WITNESS) {
        enum sym_err err = sym_witness_allows(x->config.witness, &peer->id, fault);
        if (err == SYM_OK) {
            err = sym_opens_allow(x->config.opens, &peer->id, fault);
        }
        if (err != SYM_OK) {
            return err;
        }
    }
    if (plan->parameters.len > SYM_PARAMETERS_BYTES_MAX) {
        return sym_fail(fault, SYM_TOO_LONG, "exchange: its parameters are too long");
    }
    struct sym_exchange *e = plan->overlap != NULL ? sym_exchange_wake(x, plan) : NULL;
    if (e != NULL) {
        memcpy(id, e->handle, sizeof e->handle);
        return SYM_OK;
    }
    enum sym_err err = sym_exchange_table_add(&x->table, &e, &peer->id, fault);
    if (err != SYM_OK) {
        return err;
    }
    sym_random(e->id, sizeof e->id);
    e->role = SYM_SESSION_INITIATOR;
    e->kind = plan->kind;
    e->timeout_ms = plan->timeout_ms;
    e->until_ms = sym_now_ms() + plan->timeout_ms;
    sym_exchange_allow_ms(e, plan->overlap != NULL ? SYM_REQUEST_LIFE_MS_MAX : plan->timeout_ms);
    e->started_us = sym_now_us();
    memcpy(e->alias, peer->alias, sizeof e->alias);
    sym_matter_text(e->user, sizeof e->user, sym_span_text(plan->user != NULL ? plan->user : ""));
    memcpy(e->handle, e->id, sizeof e->handle);
    memcpy(id, e->handle, sizeof e->handle);
    err = sym_kept_set(&e->parameters, plan->parameters);
    if (err == SYM_OK && plan->joint != NULL) {
        err = begin_leg(x, e, plan);
    }
    if (err != SYM_OK) {
        sym_exchange_table_remove(&x->table, e);
        return sym_fail(fault, err, "exchange: it %s", sym_err_text(err));
    }
    if (plan->overlap == NULL) {
        sym_exchange_seek(x, e);
        return SYM_OK;
    }
    err = begin_overlap(x, e, plan, fault);
    if (err != SYM_OK) {
        sym_exchange_table_remove(&x->table, e);
        return err;
    }
    if (sym_links_of(x->links, &peer->id) == NULL) {
        sym_links_want(x->links, peer); /* while own elements are being read */
    }
    return SYM_OK;
}

static bool wants_link(const struct sym_exchange *e)
{
    return !sym_exchange_ended(e) && e->role == SYM_SESSION_INITIATOR && e->link == NULL &&
           e->writing == NULL && (e->phase == SYM_PHASE_ASKING || e->phase == SYM_PHASE_PREPARING);
}

bool sym_exchanges_wanted(const struct sym_exchanges *x, const struct sym_node_id *peer)
{
    for (size_t i = 0; i < x->table.n; i++) {
        const struct sym_exchange *e = x->table.items[i];
        if (wants_link(e) && sym_node_id_equal(&e->peer, peer)) {
            return true;
        }
    }
    return false;
}

static void ask_all(struct sym_exchanges *x, struct sym_link *link)
{
    for (size_t i = 0; i < x->table.n; i++) {
        struct sym_exchange *e = x->table.items[i];
        if (wants_link(e) && e->phase == SYM_PHASE_ASKING &&
            sym_node_id_equal(&e->peer, sym_link_peer(link))) {
            sym_exchange_ask(x, e, link);
        }
    }
}

void sym_exchanges_met(struct sym_exchanges *x, const struct sym_node_id *peer)
{
    struct sym_link *link = sym_links_of(x->links, peer);
    if (link != NULL) {
        ask_all(x, link);
    }
}

void sym_exchanges_link_up(struct sym_exchanges *x, struct sym_link *link)
{
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, sym_link_peer(link));
    sym_group_flush(x->config.group); /* what ended with the link before has its word now */
    sym_witness_link_up(x->config.witness, sym_link_peer(link));
    if (peer != NULL && sym_link_was_dialled(link)) {
        sym_exchange_meet(x, peer); /* who has dialled begins */
    }
}

/* It has been asked over a link that was lost, and the next was lost before it could be asked. */
static bool is_cut_off_again(const struct sym_exchange *e, const struct sym_link *link)
{
    return !sym_exchange_ended(e) && sym_exchange_waits(e) && e->asks > 0 && e->link == NULL &&
           e->phase == SYM_PHASE_ASKING && e->writing == NULL &&
           sym_node_id_equal(&e->peer, sym_link_peer(link));
}

static void cut_off_again(struct sym_exchanges *x, struct sym_exchange *e)
{
    char text[SYM_FAULT_BYTES];
    if (++e->asks < ASKS_MAX) {
        return;
    }
    (void)snprintf(text, sizeof text,
                   "%s ends each link before it answers; it may be unable to write its log",
                   e->alias);
    sym_exchange_abort(x, e, SYM_REASON_LINK_LOST, SYM_CLOSED, text);
}

void sym_exchanges_link_down(struct sym_exchanges *x, struct sym_link *link, struct sym_span reason)
{
    char text[SYM_FAULT_BYTES];
    (void)snprintf(text, sizeof text, "the link was lost: %.*s", (int)reason.len,
                   (const char *)reason.data);
    for (size_t i = 0; i < x->table.n; i++) {
        struct sym_exchange *e = x->table.items[i];
        if (is_cut_off_again(e, link)) {
            cut_off_again(x, e);
        }
        if (wants_link(e) && sym_node_id_equal(&e->peer, sym_link_peer(link))) {
            (void)sym_fail(&e->fault, SYM_UNREACHABLE, "%s", text);
        }
        if (e->link != link) {
            continue;
        }
        sym_exchange_unlink(e);
        if (!sym_exchange_ended(e)) {
            sym_exchange_lose(x, e, text);
        }
    }
}

static void then_lost(struct sym_exchanges *x, struct sym_exchange *e, enum sym_err err)
{
    if (err != SYM_OK) {
        sym_exchange_fail(x, e, err, "the loss of the link could not be recorded");
    } else if (e->ending.due) {
        return;
    } else if (e->state == SYM_EXCHANGE_HELD) {
        sym_exchange_pause(x, e);
    } else {
        sym_exchange_rewind(e);
        sym_exchange_seek(x, e);
    }
}

void sym_exchange_lose(struct sym_exchanges *x, struct sym_exchange *e, const char *text)
{
    /* Over the next link who has dialled begins another meeting. */
    bool met_later = e->kind == SYM_KIND_WITNESS && sym_links_of(x->links, &e->peer) == NULL;
    bool again = e->state == SYM_EXCHANGE_HELD ||
                 (sym_exchange_waits(e) && e->asks < ASKS_MAX && !met_later);
    if (e->phase == SYM_PHASE_ENDING || sym_exchange_is_settled(e)) {
        return;
    }
    if (e->writing != NULL) {
        if (!e->ending.due) {
            e->ending = (struct sym_exchange_ending){.due = true, .cut = true};
            (void)sym_fail(&e->ending.fault, SYM_CLOSED, "%s", text);
        }
        return;
    }
    if (!again) {
        sym_exchange_abort(x, e, SYM_REASON_LINK_LOST, SYM_CLOSED, text);
        return;
    }
    if (e->state != SYM_EXCHANGE_HELD) {
        (void)sym_fail(&e->fault, SYM_UNREACHABLE, "%s", text);
    }
    if (!e->asked || e->decided) {
        then_lost(x, e, SYM_OK);
        return;
    }
    /* It may have been granted all the same; then the other side tells so later. */
    struct sym_exchange_plan_write p = {
        .parts = SYM_PART_LOSS, .kinds = {SYM_ENTRY_ABORTED}, .n_kinds = 1, .then = then_lost};
    e->reason = SYM_REASON_LINK_LOST;
    sym_exchange_write(x, e, &p);
}

void sym_exchanges_dial_failed(struct sym_exchanges *x, const struct sym_node_id *peer,
                               struct sym_span reason)
{
    for (size_t i = 0; i < x->table.n; i++) {
        struct sym_exchange *e = x->table.items[i];
        if (!sym_exchange_ended(e) && e->link == NULL && sym_node_id_equal(&e->peer, peer)) {
            (void)sym_fail(&e->fault, SYM_UNREACHABLE, "%.*s", (int)reason.len,
                           (const char *)reason.data);
        }
    }
}

/* The other side need not ask an approver any more. What was decided is not withdrawn, and what
 * cannot be told expires there. */
static void withdraw(struct sym_exchanges *x, const struct sym_statement *held)
{
    const struct sym_peer *peer = sym_peers_by_id(x->config.peers, &held->responder);
    if (peer == NULL || sym_opens_withdraw(x->config.opens, held) != SYM_OK) {
        return;
    }
    if (sym_links_of(x->links, &peer->id) == NULL) {
        /* Heads are told first over a new link, and this with them. */
        sym_links_want(x->links, peer);
    }
}

bool sym_exchange_withdraw_leg(struct sym_exchanges *x, struct sym_leg *leg)
{
    bool was_held = leg->is_held;
    if (was_held) {
        leg->is_held = false;
        withdraw(x, &leg->held);
    }
    return was_held;
}

enum sym_err sym_exchanges_cancel(struct sym_exchanges *x, struct sym_span id,
                                  struct sym_fault *fault)
{
    struct sym_exchange *e = sym_exchange_table_find_handle(&x->table, id);
    if (sym_tabulation_cancel(x, id) || sym_table_cancel(x, id)) {
        return SYM_OK;
    }
    if (e == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND, "exchange: is not in flight");
    }
    if (sym_exchange_ended(e) || e->phase == SYM_PHASE_ENDING) {
        return sym_fail(fault, SYM_WRONG_STATE, "exchange: has ended already");
    }
    if (e->state == SYM_EXCHANGE_HELD && e->matter->is_held) {
        withdraw(x, &e->matter->held);
    }
    sym_exchange_abort(x, e, SYM_REASON_CANCELLED, SYM_CANCELLED, "cancelled");
    return SYM_OK;
}

enum sym_err sym_exchanges_row(const struct sym_exchanges *x, struct sym_span id,
                               struct sym_exchange_row *row, struct sym_fault *fault)
{
    const struct sym_exchange *e = sym_exchange_table_find_handle(&x->table, id);
    if (sym_tabulation_row(x, id, row) == SYM_OK || sym_table_row(x, id, row) == SYM_OK) {
        return SYM_OK;
    }
    if (e == NULL) {
        return sym_fail(fault, SYM_NOT_FOUND, "exchange: does not exist, or ended long ago");
    }
    struct sym_run_progress p = e->run != NULL ? sym_run_progress(e->run) : e->progress;
    uint64_t until_us = sym_exchange_ended(e) ? e->ended_us : sym_now_us();
    *row = (struct sym_exchange_row){.id = sym_span(e->handle, sizeof e->handle),
                                     .alias = sym_span_text(e->alias),
                                     .kind = e->kind,
                                     .state = (uint32_t)e->state,
                                     .result = (uint32_t)e->result,
                                     .fault = sym_span_text(e->fault.text),
                                     .done = p.done,
                                     .total = p.total,
                                     .elapsed_us = until_us - e->started_us,
                                     .round_trip_us = p.round_trip_us,
                                     .bytes_sent = e->bytes_sent,
                                     .bytes_received = e->bytes_received};
    return SYM_OK;
}

void sym_exchanges_heeded(struct sym_exchanges *x, struct sym_span id)
{
    struct sym_exchange *e = sym_exchange_table_find_handle(&x->table, id);
    if (!sym_tabulation_heeded(x, id) && !sym_table_heeded(x, id) && e != NULL &&
        e->matter != NULL) {
        e->matter->unheeded = 0;
    }
}

size_t sym_exchanges_in_flight(const struct sym_exchanges *x)
{
    return sym_exchange_table_in_flight(&x->table);
}

void sym_exchanges_drop_peer(struct sym_exchanges *x, const struct sym_node_id *id)
{
    for (size_t i = 0; i < x->table.n; i++) {
        struct sym_exchange *e = x->table.items[i];
        if (!sym_exchange_ended(e) && sym_node_id_equal(&e->peer, id)) {
            sym_exchange_abort(x, e, SYM_REASON_CANCELLED, SYM_CANCELLED, "the peer was removed");
        }
    }
}

/* Nobody cancelled them: a request that the other side holds for an approver may be asked again. */
void sym_exchanges_stop(struct sym_exchanges *x)
{
    for (size_t i = 0; i < x->table.n; i++) {
        if (!sym_exchange_ended(x->table.items[i])) {
            sym_exchange_abort(x, x->table.items[i], SYM_REASON_UNREADY, SYM_CANCELLED,
                               "the node was stopped");
        }
    }
}

static void time_out_unanswered(struct sym_exchanges *x, struct sym_exchange *e)
{
    char text[2 * SYM_FAULT_BYTES];
    (void)snprintf(text, sizeof text,
                   "%s did not answer in time; both sides need each other's newest card and the "
                   "same preshared key, or none",
                   e->alias);
    sym_exchange_abort(x, e, SYM_REASON_TIMEOUT, SYM_TIMEOUT, text);
}

/* What a person reads when time has run out depends on how far the exchange came. A link over which
 * the other side does not tell its head is one without answers, too. */
static void time_out(struct sym_exchanges *x, struct sym_exchange *e)
{
    char text[2 * SYM_FAULT_BYTES];
    if (e->phase == SYM_PHASE_PREPARING) {
        sym_exchange_abort(x, e, SYM_REASON_TIMEOUT, SYM_TIMEOUT,
                           "reading the dataset took longer than allowed");
    } else if (e->state == SYM_EXCHANGE_HELD) {
        sym_exchange_unlink(e);
        sym_exchange_lose(x, e, "no answer came");
    } else if (e->link == NULL && sym_links_of(x->links, &e->peer) != NULL) {
        time_out_unanswered(x, e);
    } else if (e->link == NULL) {
        (void)snprintf(text, sizeof text, "%s cannot be reached: %s", e->alias,
                       e->fault.text[0] != '\0' ? e->fault.text : "no connection came about");
        sym_exchange_abort(x, e, SYM_REASON_LINK_LOST, SYM_UNREACHABLE, text);
    } else if (e->role == SYM_SESSION_INITIATOR && e->state == SYM_EXCHANGE_WAITING) {
        time_out_unanswered(x, e);
    } else {
        /* Not SYM_TIMEOUT: the peer was there. */
        sym_exchange_abort(x, e, SYM_REASON_TIMEOUT, SYM_EXPIRED, "it took longer than allowed");
    }
}

/* Who asked has gone: killed, or cut off. What was held goes on by itself. */
static bool is_forsaken(struct sym_exchange *e)
{
    struct sym_exchange_matter *m = e->matter;
    return m != NULL && e->role == SYM_SESSION_INITIATOR && !m->on_its_own &&
           (e->phase != SYM_PHASE_SAVING || m->saved) && ++m->unheeded > UNHEEDED_MAX;
}

static void look_at(struct sym_exchanges *x, struct sym_exchange *e, uint64_t now_ms)
{
    if (e->phase == SYM_PHASE_ENDING) {
        sym_exchange_retry_end(x, e, now_ms);
    } else if (e->writing != NULL || sym_exchange_is_settled(e)) {
        return;
    } else if (is_forsaken(e)) {
        sym_exchange_abort(x, e, SYM_REASON_CANCELLED, SYM_CANCELLED,
                           "cancelled: the command that asked has gone");
    } else if (e->phase == SYM_PHASE_PAUSED) {
        if (now_ms >= e->matter->resume_ms) {
            sym_exchange_resume(x, e);
        }
    } else if (now_ms >= e->deadline_ms) {
        time_out(x, e);
    } else {
        sym_exchange_keep_link(x, e, now_ms);
    }
}

static void on_tick(void *owner)
{
    struct sym_exchanges *x = owner;
    uint64_t now_ms = sym_now_ms();
    for (size_t i = 0; i < x->table.n; i++) {
        if (!sym_exchange_ended(x->table.items[i])) {
            look_at(x, x->table.items[i], now_ms);
        }
    }
    sym_tabulations_tick(x);
    sym_tables_tick(x);
    sym_table_parts_tick(x);
    sym_deliveries_tick(x);
    sym_exchange_meet_again(x, now_ms);
    sym_timer_set(x->tick, TICK_MS);
}

enum sym_err sym_exchanges_new(struct sym_exchanges **out,
                               const struct sym_exchanges_config *config)
{
    struct sym_exchanges *x = calloc(1, sizeof *x);
    if (x == NULL) {
        return SYM_NO_MEMORY;
    }
    x->config = *config;
    x->errands.workers = config->workers;
    enum sym_err err = sym_loop_timer(config->loop, &x->tick, TICK_MS, on_tick, x);
    if (err != SYM_OK) {
        free(x);
        return err;
    }
    *out = x;
    return SYM_OK;
}

void sym_exchanges_set_links(struct sym_exchanges *x, struct sym_links *links)
{
    x->links = links;
}

void sym_exchanges_free(struct sym_exchanges *x)
{
    if (x != NULL) {
        x->closing = true;
        sym_group_flush(x->config.group); /* whatever is being written belongs to an exchange */
        sym_timer_remove(&x->tick);
        sym_exchange_table_clear(&x->table);
        sym_errands_clear(&x->errands);
        sym_tabulations_clear(x);
        sym_tables_clear(x);
        sym_table_parts_clear(x);
        sym_deliveries_clear(x);
        free(x);
    }
}
