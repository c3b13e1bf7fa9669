#include "node/exchange/exchanges_state.h"

#include <stdio.h>
#include <string.h>

/* Nothing of it when it does not fit, which it does. */
static void keep_shared(struct sym_exchange_matter *m)
{
    struct sym_writer w = sym_writer(m->shared, sizeof m->shared);
    enum sym_err err = sym_shared_keys_write(&w, sym_overlap_find_shared(m->find));
    m->shared_len = err == SYM_OK ? w.len : 0;
}

/* Why it could not be kept: the dataset, which is read again, or the result itself. */
static void word_failure(char out[SYM_FAULT_BYTES], const struct sym_exchange_matter *m,
                         enum sym_err err)
{
    if (err == SYM_CANCELLED) {
        (void)snprintf(out, SYM_FAULT_BYTES, "dataset %s was changed meanwhile", m->mine);
    } else if (err == SYM_BAD_TAG || err == SYM_BAD_FORMAT || err == SYM_BAD_VERSION ||
               err == SYM_NOT_FOUND) {
        (void)snprintf(out, SYM_FAULT_BYTES, "dataset %s %s", m->mine, sym_err_text(err));
    } else {
        (void)snprintf(out, SYM_FAULT_BYTES, "it %s", sym_err_text(err));
    }
}

static void on_found(void *owner, enum sym_err err)
{
    struct sym_exchange *e = owner;
    struct sym_exchange_matter *m = e->matter;
    struct sym_exchanges *x = m->owner;
    m->records = sym_overlap_find_records(m->find);
    keep_shared(m);
    sym_overlap_find_free(m->find);
    m->find = NULL;
    if (e->phase != SYM_PHASE_SAVING) {
        return; /* ends already */
    }
    if (err != SYM_OK) {
        char why[SYM_FAULT_BYTES];
        word_failure(why, m, err);
        sym_exchange_lose_result(x, e, SYM_REASON_FAULT, err, why);
        return;
    }
    m->saved = true;
    m->has_result = true;
    sym_exchange_settle(x, e);
}

uint64_t sym_exchange_keys(const struct sym_content *content, uint32_t type)
{
    uint64_t keys = 0;
    for (enum sym_token_type t = SYM_TOKEN_NONE + 1; t < SYM_TOKEN_TYPE_COUNT; t++) {
        bool asked = type == SYM_TOKEN_NONE || type == (uint32_t)t;
        bool is_key = (SYM_TOKEN_KEY_TYPES >> t & 1) != 0;
        if (asked && is_key && sym_content_tokens(content, t) > 0) {
            keys |= UINT64_C(1) << t;
        }
    }
    return (keys & SYM_TOKEN_WEAK_TYPES) != 0 ? keys : 0;
}

static enum sym_err begin(struct sym_exchanges *x, struct sym_exchange *e)
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
    struct sym_overlap_find_config c = {
        .loop = x->config.loop,
        .errands = &x->errands,
        .results = x->config.results,
        .set = result.set,
        .rule = (enum sym_overlap_rule)m->rule,
        .keys = sym_exchange_keys(sym_overlap_set_content(result.set), m->type)};
    memcpy(c.id, e->handle, sizeof c.id);
    return sym_overlap_find_new(&m->find, &c, on_found, e);
}

bool sym_exchange_has_result(const struct sym_exchange *e)
{
    return e->role == SYM_SESSION_INITIATOR && e->matter != NULL && !e->matter->is_joint;
}

void sym_exchange_save(struct sym_exchanges *x, struct sym_exchange *e)
{
    if (e->matter->find != NULL || e->matter->saved || e->ending.due) {
        return;
    }
    enum sym_err err = begin(x, e);
    if (err != SYM_OK) {
        char why[SYM_FAULT_BYTES];
        word_failure(why, e->matter, err);
        sym_exchange_lose_result(x, e, SYM_REASON_FAULT, err, why);
    } else if (e->matter->saved) {
        sym_exchange_settle(x, e);
    }
}

void sym_exchange_settle(struct sym_exchanges *x, struct sym_exchange *e)
{
    if (e->matter->saved && e->writing == NULL && sym_exchange_is_settled(e)) {
        sym_exchange_conclude(x, e, SYM_EXCHANGE_DONE);
    }
}

void sym_exchange_lose_result(struct sym_exchanges *x, struct sym_exchange *e,
                              enum sym_reason reason, enum sym_err err, const char *why)
{
    char text[2 * SYM_FAULT_BYTES];
    (void)snprintf(text, sizeof text,
                   "done at %s, but the result could not be kept here: %s; ask again", e->alias,
                   why);
    sym_exchange_abort_so(x, e, reason, err, text);
}
