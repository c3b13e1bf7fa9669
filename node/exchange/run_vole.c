#include "node/exchange/overlap_terms.h"
#include "node/memory.h"
#include "proto/vole.h"

#include <stdlib.h>
#include <string.h>

struct vole {
    struct sym_vole_config config;
    struct sym_vole_run *run; /* NULL until it is bound to what was agreed */
    struct sym_overlap_set *set;
    bool owes_start; /* the initiator lets the responder, whose message is the first, begin */
    bool reduced;    /* the set holds what matched, no more */
};

static const struct sym_vole_memory large = {sym_memory_map, sym_memory_unmap};

static enum sym_err open_vole(void **machine, const struct sym_run_plan *plan)
{
    struct sym_overlap_agreed agreed;
    enum sym_err err = sym_overlap_terms_read(&agreed, plan, SYM_OVERLAP_ENGINE_VOLE);
    if (err != SYM_OK) {
        return err;
    }
    struct vole *v = calloc(1, sizeof *v);
    if (v == NULL) {
        return SYM_NO_MEMORY;
    }
    v->config = (struct sym_vole_config){.role = plan->role,
                                         .with = plan->with,
                                         .kernel = plan->kernel,
                                         .memory = &large,
                                         .own_size = agreed.own_size,
                                         .peer_size = agreed.peer_size};
    v->config.digests = sym_overlap_set_digests(plan->set, &v->config.n);
    v->set = plan->set;
    v->owes_start = plan->role == SYM_SESSION_INITIATOR;
    *machine = v;
    return SYM_OK;
}

static void free_vole(void *machine)
{
    struct vole *v = machine;
    sym_vole_free(v->run);
    sym_overlap_set_free(v->set);
    free(v);
}

static enum sym_err bind_vole(void *machine, const uint8_t agreed[SYM_HASH_BYTES])
{
    struct vole *v = machine;
    memcpy(v->config.context, agreed, sizeof v->config.context);
    return v->run == NULL ? sym_vole_new(&v->run, &v->config) : SYM_WRONG_STATE;
}

static enum sym_step step_vole(const void *machine, size_t *len)
{
    const struct vole *v = machine;
    if (v->owes_start) {
        return SYM_STEP_FILLER;
    }
    switch (v->run == NULL ? SYM_VOLE_WAIT : sym_vole_step(v->run, len)) {
    case SYM_VOLE_DATA:
        return SYM_STEP_DATA;
    case SYM_VOLE_CLOSE:
        return SYM_STEP_CLOSE;
    case SYM_VOLE_WAIT:
        break;
    }
    return SYM_STEP_WAIT;
}

static enum sym_err write_vole(void *machine, uint8_t *payload, size_t len, uint64_t now_us)
{
    struct vole *v = machine;
    (void)now_us;
    if (v->owes_start) {
        v->owes_start = false;
        return SYM_OK;
    }
    return v->run == NULL ? SYM_WRONG_STATE : sym_vole_write(v->run, payload, len);
}

static enum sym_err take_vole(void *machine, bool filler, struct sym_span payload, uint64_t now_us)
{
    struct vole *v = machine;
    (void)now_us;
    return v->run == NULL
               ? SYM_WRONG_STATE
               : sym_vole_take(v->run, filler ? SYM_EVENT_FILLER : SYM_EVENT_DATA, payload);
}

static enum sym_err close_vole(void *machine)
{
    struct vole *v = machine;
    return v->run == NULL ? SYM_WRONG_STATE
                          : sym_vole_take(v->run, SYM_EVENT_CLOSED, sym_span(NULL, 0));
}

static bool work_vole(void *machine, struct sym_work *out)
{
    struct vole *v = machine;
    return v->run != NULL && sym_vole_work(v->run, out);
}

static enum sym_err worked_vole(void *machine, void *context, enum sym_err err)
{
    struct vole *v = machine;
    return sym_vole_worked(v->run, context, err);
}

static size_t works_out_of_vole(const void *machine)
{
    const struct vole *v = machine;
    return v->run == NULL ? 0 : sym_vole_works_out(v->run);
}

static struct sym_run_progress progress_of_vole(const void *machine)
{
    const struct vole *v = machine;
    struct sym_vole_progress p = {.total = v->config.own_size};
    if (v->run != NULL) {
        p = sym_vole_progress(v->run);
    }
    return (struct sym_run_progress){.done = p.done, .total = p.total};
}

static enum sym_err result_of_vole(void *machine, struct sym_run_result *out)
{
    struct vole *v = machine;
    struct sym_vole_result result;
    enum sym_err err = v->run == NULL ? SYM_WRONG_STATE : sym_vole_result(v->run, &result);
    if (err == SYM_OK) {
        sym_overlap_terms_result(out, v->set, result.common, result.matches, &v->reduced);
    }
    return err;
}

static const char *fault_of_vole(const void *machine)
{
    const struct vole *v = machine;
    return v->run == NULL ? "" : sym_vole_fault(v->run);
}

const struct sym_run_kind sym_run_kind_vole = {
    .open = open_vole,
    .free = free_vole,
    .bind = bind_vole,
    .step = step_vole,
    .write = write_vole,
    .take = take_vole,
    .closed = close_vole,
    .work = work_vole,
    .worked = worked_vole,
    .works_out = works_out_of_vole,
    .progress = progress_of_vole,
    .result = result_of_vole,
    .fault = fault_of_vole,
};
