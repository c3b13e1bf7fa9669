/* The kind `tabulate`: at who asks, one leg of the tabulation that all legs share; at who is asked,
 * the own part of it. */
#include "node/exchange/leg.h"
#include "node/exchange/run_kind.h"
#include "node/loop.h"
#include "node/tabulation/tab_part.h"

#include <stdlib.h>

struct tabulate {
    struct sym_leg *leg;       /* of an own one, */
    struct sym_tab_part *part; /* or of another's */
    bool said_close;
};

static enum sym_err open_tabulate(void **machine, const struct sym_run_plan *plan)
{
    bool asks = plan->role == SYM_SESSION_INITIATOR;
    if (asks ? plan->leg == NULL : plan->part == NULL) {
        return SYM_INTERNAL;
    }
    struct tabulate *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return SYM_NO_MEMORY;
    }
    if (asks) {
        r->leg = plan->leg;
    } else {
        r->part = plan->part;
    }
    *machine = r;
    return SYM_OK;
}

static void free_tabulate(void *machine)
{
    struct tabulate *r = machine;
    sym_tab_part_free(r->part);
    free(r);
}

static enum sym_step as_step(enum sym_tab_step step)
{
    return step == SYM_TAB_DATA    ? SYM_STEP_DATA
           : step == SYM_TAB_CLOSE ? SYM_STEP_CLOSE
                                   : SYM_STEP_WAIT;
}

static enum sym_step step_tabulate(const void *machine, size_t *len)
{
    const struct tabulate *r = machine;
    if (r->said_close) {
        return SYM_STEP_WAIT; /* of a leg, which goes on offering it until the end */
    }
    return as_step(r->part != NULL ? sym_tab_member_step(sym_tab_part_member(r->part), len)
                                   : r->leg->calls->step(r->leg, len));
}

static enum sym_err write_tabulate(void *machine, uint8_t *payload, size_t len, uint64_t now_us)
{
    struct tabulate *r = machine;
    (void)now_us;
    r->said_close = payload == NULL && len == 0;
    return r->part != NULL ? sym_tab_member_write(sym_tab_part_member(r->part), payload, len)
                           : r->leg->calls->write(r->leg, payload, len);
}

static enum sym_err take_tabulate(void *machine, bool filler, struct sym_span payload,
                                  uint64_t now_us)
{
    struct tabulate *r = machine;
    (void)now_us;
    if (filler) {
        return SYM_WRONG_STATE;
    }
    return r->part != NULL
               ? sym_tab_member_take(sym_tab_part_member(r->part), payload, sym_wall_ms())
               : r->leg->calls->take(r->leg, payload);
}

/* Too early unless this side has nothing left to say. */
static enum sym_err closed_tabulate(void *machine)
{
    const struct tabulate *r = machine;
    size_t len = 0;
    return r->said_close || step_tabulate(machine, &len) == SYM_STEP_CLOSE ? SYM_OK
                                                                           : SYM_WRONG_STATE;
}

static bool work_tabulate(void *machine, struct sym_work *out)
{
    struct tabulate *r = machine;
    return r->part != NULL && sym_tab_member_work(sym_tab_part_member(r->part), out);
}

static enum sym_err worked_tabulate(void *machine, void *context, enum sym_err err)
{
    struct tabulate *r = machine;
    return sym_tab_member_worked(sym_tab_part_member(r->part), context, err);
}

static size_t works_out_tabulate(const void *machine)
{
    const struct tabulate *r = machine;
    return r->part != NULL ? sym_tab_member_works_out(sym_tab_part_member(r->part)) : 0;
}

static struct sym_run_progress progress_tabulate(const void *machine)
{
    const struct tabulate *r = machine;
    struct sym_tab_progress p = {0, 0};
    if (r->part != NULL) {
        p = sym_tab_member_progress(sym_tab_part_member(r->part));
    }
    return (struct sym_run_progress){.done = p.done, .total = p.total};
}

static bool is_due(void *machine)
{
    struct tabulate *r = machine;
    return r->part != NULL && sym_tab_part_is_due(r->part);
}

static enum sym_err put(void *machine, struct sym_transaction *t)
{
    struct tabulate *r = machine;
    return sym_tab_part_put(r->part, t);
}

static enum sym_err made(void *machine, enum sym_err err)
{
    struct tabulate *r = machine;
    return sym_tab_part_made(r->part, err);
}

static enum sym_err put_end(void *machine, struct sym_transaction *t)
{
    struct tabulate *r = machine;
    return r->part != NULL ? sym_tab_part_put_end(r->part, t) : SYM_OK;
}

static bool has_release(const void *machine)
{
    const struct tabulate *r = machine;
    return r->part != NULL && sym_tab_part_has_release(r->part);
}

static bool is_unspent(const void *machine)
{
    const struct tabulate *r = machine;
    return r->part != NULL && sym_tab_part_is_unspent(r->part);
}

static void closing(const void *machine, struct sym_statement *word)
{
    const struct tabulate *r = machine;
    if (r->part != NULL) {
        sym_tab_part_closing(r->part, word);
    } else {
        r->leg->calls->closing(r->leg, word);
    }
}

static const char *fault_of(const void *machine)
{
    const struct tabulate *r = machine;
    return r->part != NULL ? sym_tab_part_fault(r->part) : "";
}

const struct sym_run_kind sym_run_kind_tabulate = {
    .open = open_tabulate,
    .free = free_tabulate,
    .step = step_tabulate,
    .write = write_tabulate,
    .take = take_tabulate,
    .closed = closed_tabulate,
    .work = work_tabulate,
    .worked = worked_tabulate,
    .works_out = works_out_tabulate,
    .progress = progress_tabulate,
    .is_due = is_due,
    .put = put,
    .made = made,
    .put_end = put_end,
    .has_release = has_release,
    .is_unspent = is_unspent,
    .closing = closing,
    .fault = fault_of,
};
