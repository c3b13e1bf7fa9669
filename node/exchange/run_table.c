/* The kinds of an overlap table: one leg of what all its exchanges share, at who begins it and at
 * who is asked. The leg outlives the run. */
#include "node/exchange/leg.h"
#include "node/exchange/run_kind.h"

#include <stdlib.h>

struct table {
    struct sym_leg *leg;
    bool greets; /* the other side speaks first, which it may not before it has heard something */
    bool said_close;
};

static enum sym_err open_table(void **machine, const struct sym_run_plan *plan)
{
    if (plan->leg == NULL) {
        return SYM_INTERNAL;
    }
    struct table *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return SYM_NO_MEMORY;
    }
    r->leg = plan->leg;
    r->greets = plan->kind == SYM_KIND_OVERLAP_TABLE && plan->role == SYM_SESSION_INITIATOR;
    *machine = r;
    return SYM_OK;
}

static void free_table(void *machine)
{
    free(machine);
}

static enum sym_step step_table(const void *machine, size_t *len)
{
    const struct table *r = machine;
    if (r->greets) {
        *len = 0;
        return SYM_STEP_FILLER;
    }
    if (r->said_close) {
        return SYM_STEP_WAIT;
    }
    enum sym_tab_step step = r->leg->calls->step(r->leg, len);
    return step == SYM_TAB_DATA    ? SYM_STEP_DATA
           : step == SYM_TAB_CLOSE ? SYM_STEP_CLOSE
                                   : SYM_STEP_WAIT;
}

static enum sym_err write_table(void *machine, uint8_t *payload, size_t len, uint64_t now_us)
{
    struct table *r = machine;
    (void)now_us;
    if (r->greets) {
        r->greets = false;
        return SYM_OK;
    }
    r->said_close = payload == NULL && len == 0;
    return r->leg->calls->write(r->leg, payload, len);
}

static enum sym_err take_table(void *machine, bool filler, struct sym_span payload, uint64_t now_us)
{
    struct table *r = machine;
    (void)now_us;
    return filler ? SYM_WRONG_STATE : r->leg->calls->take(r->leg, payload);
}

/* Too early unless this side has nothing left to say. */
static enum sym_err closed_table(void *machine)
{
    struct table *r = machine;
    size_t len = 0;
    if (r->leg->calls->closed != NULL) {
        return r->leg->calls->closed(r->leg);
    }
    return r->said_close || step_table(machine, &len) == SYM_STEP_CLOSE ? SYM_OK : SYM_WRONG_STATE;
}

static struct sym_run_progress progress_table(const void *machine)
{
    (void)machine; /* what its users see is that of the whole table */
    return (struct sym_run_progress){.done = 0};
}

static void closing(const void *machine, struct sym_statement *word)
{
    const struct table *r = machine;
    r->leg->calls->closing(r->leg, word);
}

static const char *fault_of(const void *machine)
{
    const struct table *r = machine;
    return r->leg->calls->fault != NULL ? r->leg->calls->fault(r->leg) : "";
}

static bool is_unspent(const void *machine)
{
    const struct table *r = machine;
    return r->leg->calls->is_unspent != NULL && r->leg->calls->is_unspent(r->leg);
}

const struct sym_run_kind sym_run_kind_table = {
    .open = open_table,
    .free = free_table,
    .step = step_table,
    .write = write_table,
    .take = take_table,
    .closed = closed_table,
    .progress = progress_table,
    .closing = closing,
    .fault = fault_of,
    .is_unspent = is_unspent,
};
