#include "node/exchange/exchanges_state.h"

#include <stdio.h>

static void on_prepared(void *owner, struct sym_overlap_set *set, enum sym_err err)
{
    struct sym_exchange *e = owner;
    struct sym_exchanges *x = e->matter->owner;
    char text[SYM_FAULT_BYTES];
    if (e->phase != SYM_PHASE_PREPARING) {
        return; /* ends already */
    }
    if (e->role == SYM_SESSION_RESPONDER) {
        sym_exchange_answer_prepared(x, e, err);
        return;
    }
    if (err != SYM_OK) {
        (void)snprintf(text, sizeof text, "dataset %s: its content %s", e->matter->mine,
                       sym_err_text(err));
        sym_exchange_abort(x, e, SYM_REASON_FAULT, err, text);
        return;
    }
    e->matter->set_is_ready = true;
    e->matter->own_size = sym_overlap_set_size(set);
    sym_exchange_seek(x, e);
}

enum sym_err sym_exchange_prepare(struct sym_exchanges *x, struct sym_exchange *e,
                                  struct sym_fault *fault)
{
    struct sym_exchange_matter *m = e->matter;
    struct sym_content *content = NULL;
    struct sym_span name = sym_span_text(m->mine);
    enum sym_err err = sym_content_hold(&content, x->config.datasets, name, fault);
    if (err != SYM_OK) {
        return err;
    }
    struct sym_overlap_set_config c = {
        .loop = x->config.loop,
        .errands = &x->errands,
        .content = content,
        .type = (enum sym_token_type)m->type,
        .padding = (enum sym_padding)sym_settings_word(x->config.settings, SYM_SETTING_PADDING),
        .keeps_content = e->role == SYM_SESSION_INITIATOR,
        .counts_shared = e->role == SYM_SESSION_INITIATOR && e->kind == SYM_KIND_OVERLAP_MATCHES &&
                         sym_exchange_keys(content, m->type) != 0};
    m->set_is_ready = false;
    err = sym_overlap_set_new(&m->set, &c, on_prepared, e);
    if (err != SYM_OK) {
        sym_content_release(content);
        return sym_fail(fault, err,
                        err == SYM_LIMIT ? "dataset %s: has too many identifiers for one exchange; "
                                           "choose one type"
                                         : "dataset %s: no memory for its identifiers",
                        m->mine);
    }
    e->phase = SYM_PHASE_PREPARING;
    return SYM_OK;
}

enum sym_err sym_exchange_countable(const struct sym_exchanges *x, uint32_t kind,
                                    struct sym_span dataset, uint32_t type, struct sym_fault *fault)
{
    size_t at = 0;
    struct sym_dataset_row row;
    enum sym_err err = sym_datasets_find(x->config.datasets, &at, dataset, fault);
    if (err != SYM_OK || kind != SYM_KIND_OVERLAP_COUNT || type != SYM_TOKEN_NONE) {
        return err;
    }
    sym_datasets_row(x->config.datasets, at, &row);
    return row.tokens <= row.records
               ? SYM_OK
               : sym_fail(fault, SYM_UNSUPPORTED,
                          "count: a record with several identifiers would count several times: "
                          "choose one type with --type");
}

enum sym_err sym_exchanges_countable(const struct sym_exchanges *x,
                                     const struct sym_overlap_start *start, struct sym_fault *fault)
{
    return sym_exchange_countable(x, start->kind, start->mine, start->type, fault);
}
