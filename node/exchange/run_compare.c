#include "node/exchange/compare_page.h"
#include "node/exchange/compares.h"
#include "node/exchange/run_kind.h"
#include "node/log.h"
#include "node/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two nodes compare what their logs tell of the exchanges between them. The initiator asks for one
 * page after the other, and the other side shows entries that involve the initiator, each proven in
 * the head that it showed with the first page. So each side does a bounded piece of work for every
 * frame; own entries are read alongside, and pages are asked for until both have been.
 */

/* Own entries that are read for one frame. */
#define OWN_PER_FRAME SYM_COMPARE_ENTRIES_MAX

enum phase { PHASE_SENDS, PHASE_LISTENS, PHASE_CLOSES, PHASE_CLOSED, PHASE_DONE };

struct compare_run {
    enum sym_session_role role;
    enum phase phase;
    struct sym_run_evidence with;
    char alias[SYM_ALIAS_BYTES];
    uint8_t handle[SYM_EXCHANGE_ID_BYTES];
    struct sym_compare *compare; /* initiator */
    uint32_t own_generation;     /* that is being read */
    uint64_t next_own;
    bool own_done;
    uint64_t next; /* to ask for */
    bool all_shown;
    bool has_head;
    uint64_t entries;
    struct sym_compare_told told; /* responder */
    bool heard_close;
    uint8_t *frame;
    size_t frame_len;
};

/* Reading the own log --------------------------------------------------------------------------
 */

struct putting {
    struct sym_compare *compare;
    size_t n;
};

static enum sym_err put_row(void *context, const struct sym_log_row *row)
{
    struct putting *p = context;
    if (p->n == OWN_PER_FRAME) {
        return SYM_LIMIT;
    }
    p->n++;
    return row->leaf.len == 0 || (row->body.len == 0 && !row->erased)
               ? SYM_BAD_TAG
               : sym_compare_own(p->compare, row->index, row->leaf, row->body);
}

static enum sym_err next_log(struct compare_run *run)
{
    return sym_log_generation_after(run->with.log, &run->own_generation, run->own_generation);
}

/* Some own entries about the peer, of all generations from the first on. */
static enum sym_err put_own(struct compare_run *run)
{
    if (run->own_done) {
        return SYM_OK;
    }
    uint32_t present = sym_log_head(run->with.log)->generation;
    struct putting p = {.compare = run->compare};
    bool more = false;
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && !run->own_done && !more && p.n < OWN_PER_FRAME) {
        struct sym_log_query q = {.generation = run->own_generation,
                                  .first = run->next_own,
                                  .most = (uint32_t)(OWN_PER_FRAME - p.n),
                                  .peer = sym_span(run->with.peer.id.bytes, SYM_NODE_ID_BYTES),
                                  .bodies = true};
        sym_compare_own_log(run->compare, q.generation == present ? 0 : q.generation);
        err = sym_log_rows(run->with.log, &q, &run->next_own, &more, put_row, &p);
        if (err == SYM_OK && !more) {
            run->own_done = run->own_generation == present;
            run->next_own = 0;
            err = run->own_done ? SYM_OK : next_log(run);
        }
    }
    return err == SYM_OK && run->own_done ? sym_compare_own_end(run->compare) : err;
}

/* The initiator ------------------------------------------------------------------------------
 */

static enum sym_err prepare_ask(struct compare_run *run)
{
    struct sym_compare_ask ask = {.first = run->next};
    run->phase = PHASE_SENDS;
    return sym_encode(run->frame, SYM_DATA_BYTES_MAX, &run->frame_len, &sym_msg_compare_ask, &ask);
}

static enum sym_err take_head(struct compare_run *run, const struct sym_evidence *evidence)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_fault fault = {.text = ""};
    struct sym_shown head;
    struct sym_leaf first = {.time_ms = 0};
    if (evidence == NULL) {
        return SYM_BAD_FORMAT;
    }
    enum sym_err err = sym_witness_take(run->with.witness, &run->with.peer, evidence,
                                        sym_span(NULL, 0), true, NULL, &fault);
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "evidence-refused", "peer", run->alias, "reason", fault.text, NULL);
        return err;
    }
    err = sym_shown_read(&head, evidence, &run->with.peer.id, run->with.peer.log_key, true);
    if (err == SYM_OK) {
        err = sym_decode(&arena, &first, &sym_msg_leaf, evidence->leaf);
    }
    if (err == SYM_OK && evidence->leaf_index != 0) {
        err = SYM_BAD_VALUE;
    }
    run->has_head = true;
    return err == SYM_OK ? sym_compare_head(run->compare, &head, first.time_ms) : err;
}

static enum sym_err take_page(struct compare_run *run, const struct sym_compare_show *page)
{
    enum sym_err err = run->has_head ? SYM_OK : take_head(run, page->evidence);
    for (size_t i = 0; err == SYM_OK && i < page->n_entries; i++) {
        err = sym_compare_theirs(run->compare, &page->entries[i]);
    }
    run->entries += page->n_entries;
    if (err == SYM_OK && !page->last && page->next <= run->next) {
        err = SYM_BAD_VALUE; /* it would go on for ever */
    }
    run->next = page->next > run->next ? page->next : run->next;
    run->all_shown = run->all_shown || page->last;
    return err == SYM_OK ? put_own(run) : err;
}

static enum sym_err finish(struct compare_run *run)
{
    enum sym_err err = sym_compare_finish(run->compare);
    if (err == SYM_OK) {
        sym_compares_keep(run->with.compares, run->handle, run->compare);
        run->compare = NULL;
        run->phase = PHASE_CLOSES;
    }
    return err;
}

static enum sym_err take_shown(struct compare_run *run, struct sym_span payload)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_compare_show page;
    enum sym_err err = sym_decode(&arena, &page, &sym_msg_compare_show, payload);
    if (err == SYM_OK) {
        err = take_page(run, &page);
    }
    if (err != SYM_OK) {
        return err;
    }
    return run->all_shown && run->own_done ? finish(run) : prepare_ask(run);
}

static enum sym_err take_ask(struct compare_run *run, struct sym_span payload)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_compare_ask ask;
    enum sym_err err = sym_decode(&arena, &ask, &sym_msg_compare_ask, payload);
    if (err == SYM_OK) {
        err =
            sym_compare_page_write(run->frame, &run->frame_len, &run->told, &run->with, ask.first);
    }
    if (err == SYM_OK) {
        run->entries = run->told.entries;
        run->phase = PHASE_SENDS;
    }
    return err;
}

/* The kind -------------------------------------------------------------------------------------
 */

static enum sym_step step_compare(const void *machine, size_t *len)
{
    const struct compare_run *run = machine;
    if (run->phase == PHASE_SENDS) {
        *len = run->frame_len;
        return SYM_STEP_DATA;
    }
    return run->phase == PHASE_CLOSES ? SYM_STEP_CLOSE : SYM_STEP_WAIT;
}

static enum sym_err write_compare(void *machine, uint8_t *payload, size_t len, uint64_t now_us)
{
    struct compare_run *run = machine;
    (void)now_us;
    if (run->phase == PHASE_CLOSES && len == 0) {
        run->phase = run->heard_close ? PHASE_DONE : PHASE_CLOSED;
        return SYM_OK;
    }
    if (run->phase != PHASE_SENDS || len != run->frame_len) {
        return SYM_WRONG_STATE;
    }
    memcpy(payload, run->frame, len);
    run->phase = PHASE_LISTENS;
    return SYM_OK;
}

static enum sym_err take_compare(void *machine, bool filler, struct sym_span payload,
                                 uint64_t now_us)
{
    struct compare_run *run = machine;
    (void)now_us;
    if (filler || run->phase != PHASE_LISTENS) {
        return SYM_WRONG_STATE;
    }
    return run->role == SYM_SESSION_INITIATOR ? take_shown(run, payload) : take_ask(run, payload);
}

/* Who asks closes first. */
static enum sym_err close_compare(void *machine)
{
    struct compare_run *run = machine;
    bool asks = run->role == SYM_SESSION_INITIATOR;
    if (run->phase != (asks ? PHASE_CLOSED : PHASE_LISTENS)) {
        return SYM_WRONG_STATE;
    }
    run->heard_close = true;
    run->phase = asks ? PHASE_DONE : PHASE_CLOSES;
    return SYM_OK;
}

static void free_compare(void *machine)
{
    struct compare_run *run = machine;
    if (run != NULL) {
        sym_compare_free(run->compare);
        free(run->frame);
        free(run);
    }
}

static enum sym_err take_time(void *context, const struct sym_log_row *row)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_leaf leaf;
    enum sym_err err = sym_decode(&arena, &leaf, &sym_msg_leaf, row->leaf);
    if (err == SYM_OK) {
        *(uint64_t *)context = leaf.time_ms;
    }
    return err;
}

/* When an own entry was written; 0: it is not there. */
static uint64_t time_of(struct sym_log *l, uint32_t generation, uint64_t index)
{
    struct sym_log_query q = {.generation = generation, .first = index, .most = 1};
    uint64_t time_ms = 0;
    bool more = false;
    enum sym_err err = sym_log_rows(l, &q, &q.first, &more, take_time, &time_ms);
    return err == SYM_OK ? time_ms : 0;
}

/* What lies between the generations of the own log was lost. Beyond so many, the latest are one. */
static void find_gaps(struct sym_compare_plan *plan, struct sym_log *l)
{
    struct sym_head head;
    uint64_t ended_ms = 0;
    uint32_t g = 0;
    while (sym_log_generation_after(l, &g, g) == SYM_OK) {
        if (sym_log_head_of(l, &head, g) != SYM_OK || head.size == 0) {
            continue;
        }
        uint64_t began_ms = time_of(l, g, 0);
        if (plan->since_ms == 0) {
            plan->since_ms = began_ms;
        } else {
            plan->n_gaps -= plan->n_gaps == SYM_COMPARE_GAPS;
            struct sym_compare_gap *gap = &plan->gaps[plan->n_gaps++];
            gap->from_ms = gap->from_ms != 0 ? gap->from_ms : ended_ms;
            gap->until_ms = began_ms;
        }
        ended_ms = time_of(l, g, head.size - 1);
    }
}

static enum sym_err begin(struct compare_run *run, const struct sym_run_evidence *e)
{
    struct sym_compare_plan plan = {.self = e->self,
                                    .peer = e->peer.id,
                                    .exchange_id = e->id,
                                    .began_ms = sym_wall_ms(),
                                    .own_size = sym_log_head(e->log)->size};
    find_gaps(&plan, e->log);
    run->own_generation = 0;
    memcpy(plan.peer_identity, e->peer.identity, sizeof plan.peer_identity);
    memcpy(plan.own_identity, e->own_identity, sizeof plan.own_identity);
    enum sym_err err = next_log(run);
    err = err == SYM_OK ? sym_compare_new(&run->compare, &plan) : err;
    return err == SYM_OK ? prepare_ask(run) : err;
}

static enum sym_err open_compare(void **machine, const struct sym_run_plan *plan)
{
    if (plan->evidence == NULL || plan->parameters.len != 0) {
        return SYM_BAD_VALUE;
    }
    struct compare_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return SYM_NO_MEMORY;
    }
    run->role = plan->role;
    run->phase = PHASE_LISTENS;
    run->with = *plan->evidence;
    memcpy(run->handle, plan->evidence->handle, sizeof run->handle);
    run->with.id = NULL;
    run->with.handle = NULL;
    (void)snprintf(run->alias, sizeof run->alias, "%s", plan->evidence->peer.alias);
    run->with.peer.alias = run->alias;
    run->frame = malloc(SYM_DATA_BYTES_MAX);
    enum sym_err err = run->frame == NULL ? SYM_NO_MEMORY : SYM_OK;
    if (err == SYM_OK && run->role == SYM_SESSION_INITIATOR) {
        err = begin(run, plan->evidence);
    }
    if (err != SYM_OK) {
        free_compare(run);
        return err;
    }
    *machine = run;
    return SYM_OK;
}

static struct sym_run_progress progress_of_compare(const void *machine)
{
    const struct compare_run *run = machine;
    return (struct sym_run_progress){.done = run->entries, .total = run->told.head_size};
}

const struct sym_run_kind sym_run_kind_compare = {
    .open = open_compare,
    .free = free_compare,
    .step = step_compare,
    .write = write_compare,
    .take = take_compare,
    .closed = close_compare,
    .progress = progress_of_compare,
};
