#include "node/exchange/exchanges_state.h"

#include <stdio.h>
#include <string.h>

static void on_found(void *owner, enum sym_err err)
{
    struct sym_exchange *e = owner;
    struct sym_exchange_matter *m = e->matter;
    struct sym_exchanges *x = m->owner;
    m->records = sym_overlap_find_records(m->find);
    sym_overlap_find_free(m->find);
    m->find = NULL;
    if (e->phase != SYM_PHASE_SAVING) {
        return; /* ends already */
    }
    if (err != SYM_OK) {
        char text[SYM_FAULT_BYTES];
        (void)snprintf(text, sizeof text, "the result could not be kept: dataset %s %s", m->mine,
                       err == SYM_CANCELLED ? "was changed meanwhile; try again"
                                            : sym_err_text(err));
        sym_exchange_abort(x, e, SYM_REASON_FAULT, err, text);
        return;
    }
    m->saved = true;
    m->has_result = true;
    e->phase = SYM_PHASE_RUNNING;
    sym_exchange_pump(x, e);
}

static enum sym_err save(struct sym_exchanges *x, struct sym_exchange *e)
{
    struct sym_exchange_matter *m = e->matter;
    struct sym_run_result result;
    enum sym_err err = sym_run_result(e->run, &result);
    if (err != SYM_OK) {
        return err;
    }
    m->withheld = result.common < m->min_result;
    m->common = m->withheld ? 0 : result.common;
    m->saved = !result.listed || m->withheld;
    if (m->saved) {
        return SYM_OK;
    }
    struct sym_overlap_find_config c = {.loop = x->config.loop,
                                        .results = x->config.results,
                                        .content = result.content,
                                        .digests = result.matched,
                                        .n = result.n_matched};
    memcpy(c.id, e->handle, sizeof c.id);
    e->phase = SYM_PHASE_SAVING;
    return sym_overlap_find_new(&m->find, &c, on_found, e);
}

bool sym_exchange_saved(struct sym_exchanges *x, struct sym_exchange *e)
{
    if (e->matter == NULL || e->matter->is_joint || e->role == SYM_SESSION_RESPONDER ||
        e->matter->saved) {
        return true;
    }
    if (e->phase == SYM_PHASE_SAVING) {
        return false;
    }
    enum sym_err err = save(x, e);
    if (err != SYM_OK) {
        sym_exchange_abort(x, e, SYM_REASON_FAULT, err, "the result could not be kept");
        return false;
    }
    return e->matter->saved;
}
