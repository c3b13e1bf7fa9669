#include "node/exchange/overlap_terms.h"
#include "proto/overlap.h"

#include <stdlib.h>

struct overlap {
    struct sym_overlap_run *run;
    struct sym_overlap_set *set;
    bool reduced; /* the set holds what matched, no more */
};

static enum sym_err open_overlap(void **machine, const struct sym_run_plan *plan)
{
    struct sym_overlap_agreed agreed;
    enum sym_err err = sym_overlap_terms_read(&agreed, plan, SYM_OVERLAP_ENGINE_DH);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_overlap_config config = {.kind = (enum sym_kind)plan->kind,
                                        .role = plan->role,
                                        .with = plan->with,
                                        .own_size = agreed.own_size,
                                        .peer_size = agreed.peer_size};
    struct overlap *o = calloc(1, sizeof *o);
    if (o == NULL) {
        return SYM_NO_MEMORY;
    }
    config.digests = sym_overlap_set_digests(plan->set, &config.n);
    err = sym_overlap_new(&o->run, &config);
    if (err != SYM_OK) {
        free(o);
        return err;
    }
    o->set = plan->set;
    *machine = o;
    return SYM_OK;
}

static void free_overlap(void *machine)
{
    struct overlap *o = machine;
    sym_overlap_free(o->run);
    sym_overlap_set_free(o->set);
    free(o);
}

static enum sym_step step_overlap(const void *machine, size_t *len)
{
    const struct overlap *o = machine;
    switch (sym_overlap_step(o->run, len)) {
    case SYM_OVERLAP_DATA:
        return SYM_STEP_DATA;
    case SYM_OVERLAP_CLOSE:
        return SYM_STEP_CLOSE;
    case SYM_OVERLAP_WAIT:
        break;
    }
    return SYM_STEP_WAIT;
}

static enum sym_err write_overlap(void *machine, uint8_t *payload, size_t len, uint64_t now_us)
{
    struct overlap *o = machine;
    (void)now_us;
    return sym_overlap_write(o->run, payload, len);
}

static enum sym_err take_overlap(void *machine, bool filler, struct sym_span payload,
                                 uint64_t now_us)
{
    struct overlap *o = machine;
    (void)now_us;
    return sym_overlap_take(o->run, filler ? SYM_EVENT_FILLER : SYM_EVENT_DATA, payload);
}

static enum sym_err close_overlap(void *machine)
{
    struct overlap *o = machine;
    return sym_overlap_take(o->run, SYM_EVENT_CLOSED, sym_span(NULL, 0));
}

static bool work_overlap(void *machine, struct sym_work *out)
{
    struct overlap *o = machine;
    return sym_overlap_work(o->run, out);
}

static enum sym_err worked_overlap(void *machine, void *context, enum sym_err err)
{
    struct overlap *o = machine;
    return sym_overlap_worked(o->run, context, err);
}

static size_t works_out_of_overlap(const void *machine)
{
    const struct overlap *o = machine;
    return sym_overlap_works_out(o->run);
}

static struct sym_run_progress progress_of_overlap(const void *machine)
{
    const struct overlap *o = machine;
    struct sym_overlap_progress p = sym_overlap_progress(o->run);
    return (struct sym_run_progress){.done = p.done, .total = p.total};
}

static enum sym_err result_of_overlap(void *machine, struct sym_run_result *out)
{
    struct overlap *o = machine;
    struct sym_overlap_result result;
    enum sym_err err = sym_overlap_result(o->run, &result);
    if (err == SYM_OK) {
        sym_overlap_terms_result(out, o->set, result.common, result.matches, &o->reduced);
    }
    return err;
}

const struct sym_run_kind sym_run_kind_overlap = {
    .open = open_overlap,
    .free = free_overlap,
    .step = step_overlap,
    .write = write_overlap,
    .take = take_overlap,
    .closed = close_overlap,
    .work = work_overlap,
    .worked = worked_overlap,
    .works_out = works_out_of_overlap,
    .progress = progress_of_overlap,
    .result = result_of_overlap,
};
