/* Engine `vole` checks what the other side computes. Who fails such a check was altered; a cheater
 * who guesses goes unnoticed in half of the runs. So those that fail are counted for each peer,
 * across starts of the node, and after a few it waits for an approver and is asked with that engine
 * no more (section 10 of the suite's specification). */
#include "node/exchange/exchanges_state.h"
#include "node/grant/breaches.h"
#include "node/log.h"
#include "proto/overlap_agree.h"

struct counting {
    const struct sym_exchanges *x;
    const struct sym_exchange *e;
    const char *check;
};

static enum sym_err count(struct sym_transaction *t, void *context)
{
    const struct counting *c = context;
    uint32_t failed = 0;
    enum sym_err err = sym_breach_count(t, &failed, &c->e->peer);
    if (err != SYM_OK || failed != SYM_BREACH_CHECKS) {
        return err;
    }
    char words[SYM_DETAIL_BYTES_MAX + 1];
    const struct sym_entry_body body = {
        .event = sym_span_text("checks-failed"),
        .alias = sym_span_text(c->e->alias),
        .exchange_kind = c->e->kind,
        .subject = sym_span_text(c->e->matter->mine),
        .handle = sym_span(c->e->id, SYM_EXCHANGE_ID_BYTES),
        .detail = sym_log_words(words, sizeof words, "the latest: %s", c->check)};
    const struct sym_entry entry = {.kind = SYM_ENTRY_REFUSED,
                                    .initiator = &c->e->peer,
                                    .responder = &c->x->config.self,
                                    .body = &body};
    return sym_log_append(c->x->config.log, t, &entry, NULL);
}

void sym_exchange_count_check(const struct sym_exchanges *x, const struct sym_exchange *e,
                              const char *check)
{
    struct counting c = {.x = x, .e = e, .check = check};
    if (e->matter == NULL || e->matter->engine != SYM_OVERLAP_ENGINE_VOLE) {
        return;
    }
    if (sym_store_write(x->config.store, count, &c) != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "failed-check-not-counted", "peer", e->alias, NULL);
    }
}

struct looking {
    const struct sym_node_id *peer;
    const char *what;
};

static enum sym_err look(struct sym_transaction *t, void *context)
{
    struct looking *l = context;
    return sym_breach_has(t, &l->what, l->peer);
}

const char *sym_exchange_must_hold(const struct sym_exchanges *x, const struct sym_node_id *peer)
{
    struct looking l = {.peer = peer};
    return sym_store_read(x->config.store, look, &l) == SYM_OK ? l.what : NULL;
}
