#include "node/exchange/runs.h"

#include "crypto/aead.h"
#include "proto/overlap_agree.h"

#include <stdlib.h>

struct sym_run {
    const struct sym_run_kind *kind;
    void *machine;
    bool given_up; /* waits for its last work */
};

static const struct sym_run_kind *overlap_by(uint32_t engine)
{
    return engine == SYM_OVERLAP_ENGINE_DH         ? &sym_run_kind_overlap
           : engine == SYM_OVERLAP_ENGINE_VOLE     ? &sym_run_kind_vole
           : engine == SYM_OVERLAP_ENGINE_STANDING ? &sym_run_kind_standing
                                                   : NULL;
}

static const struct sym_run_kind *kind_of(const struct sym_run_plan *plan)
{
    switch (plan->kind) {
    case SYM_KIND_PING:
        return &sym_run_kind_ping;
    case SYM_KIND_OVERLAP_MATCHES:
    case SYM_KIND_OVERLAP_COUNT:
        return overlap_by(plan->engine);
    case SYM_KIND_WITNESS:
        return &sym_run_kind_witness;
    case SYM_KIND_COMPARE:
        return &sym_run_kind_compare;
    case SYM_KIND_TABULATE:
        return &sym_run_kind_tabulate;
    case SYM_KIND_OVERLAP_TABLE:
    case SYM_KIND_OVERLAP_EVALUATE:
    case SYM_KIND_OVERLAP_ROWS:
        return &sym_run_kind_table;
    default:
        return NULL;
    }
}

enum sym_err sym_run_new(struct sym_run **out, const struct sym_run_plan *plan)
{
    const struct sym_run_kind *kind = kind_of(plan);
    if (kind == NULL) {
        return SYM_UNSUPPORTED;
    }
    struct sym_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        return SYM_NO_MEMORY;
    }
    run->kind = kind;
    enum sym_err err = kind->open(&run->machine, plan);
    if (err != SYM_OK) {
        free(run);
        return err;
    }
    *out = run;
    return SYM_OK;
}

enum sym_err sym_run_bind(struct sym_run *run, struct sym_span request, struct sym_span receipt)
{
    const struct sym_span both[] = {request, receipt};
    uint8_t agreed[SYM_HASH_BYTES];
    if (run->kind->bind == NULL) {
        return SYM_OK;
    }
    enum sym_err err = sym_sha256_parts(agreed, both, 2);
    return err == SYM_OK ? run->kind->bind(run->machine, agreed) : err;
}

bool sym_run_is_busy(const struct sym_run *run)
{
    return run->kind->works_out != NULL && run->kind->works_out(run->machine) > 0;
}

void sym_run_free(struct sym_run *run)
{
    if (run == NULL) {
        return;
    }
    run->given_up = true;
    if (!sym_run_is_busy(run)) {
        run->kind->free(run->machine);
        free(run);
    }
}

enum sym_step sym_run_step(const struct sym_run *run, size_t *len)
{
    *len = 0;
    return run->kind->step(run->machine, len);
}

enum sym_err sym_run_write(struct sym_run *run, uint8_t *payload, size_t len, uint64_t now_us)
{
    return run->kind->write(run->machine, payload, len, now_us);
}

enum sym_err sym_run_take(struct sym_run *run, bool filler, struct sym_span payload,
                          uint64_t now_us)
{
    return run->kind->take(run->machine, filler, payload, now_us);
}

enum sym_err sym_run_closed(struct sym_run *run)
{
    return run->kind->closed(run->machine);
}

bool sym_run_work(struct sym_run *run, struct sym_work *out)
{
    return run->kind->work != NULL && run->kind->work(run->machine, out);
}

enum sym_err sym_run_worked(struct sym_run *run, void *context, enum sym_err err)
{
    err = run->kind->worked(run->machine, context, run->given_up ? SYM_CANCELLED : err);
    if (run->given_up) {
        sym_run_free(run);
        return SYM_CANCELLED;
    }
    return err;
}

struct sym_run_progress sym_run_progress(const struct sym_run *run)
{
    return run->kind->progress(run->machine);
}

enum sym_err sym_run_result(struct sym_run *run, struct sym_run_result *out)
{
    return run->kind->result == NULL ? SYM_UNSUPPORTED : run->kind->result(run->machine, out);
}

bool sym_run_is_due(struct sym_run *run)
{
    return run->kind->is_due != NULL && run->kind->is_due(run->machine);
}

enum sym_err sym_run_put(struct sym_run *run, struct sym_transaction *t)
{
    return run->kind->put(run->machine, t);
}

enum sym_err sym_run_made(struct sym_run *run, enum sym_err err)
{
    return run->kind->made(run->machine, err);
}

enum sym_err sym_run_put_end(struct sym_run *run, struct sym_transaction *t)
{
    return run->kind->put_end == NULL ? SYM_OK : run->kind->put_end(run->machine, t);
}

bool sym_run_has_release(const struct sym_run *run)
{
    return run->kind->has_release != NULL && run->kind->has_release(run->machine);
}

bool sym_run_is_unspent(const struct sym_run *run)
{
    return run->kind->is_unspent != NULL && run->kind->is_unspent(run->machine);
}

void sym_run_closing(const struct sym_run *run, struct sym_statement *word)
{
    if (run->kind->closing != NULL) {
        run->kind->closing(run->machine, word);
    }
}

const char *sym_run_fault(const struct sym_run *run)
{
    return run->kind->fault == NULL ? "" : run->kind->fault(run->machine);
}
