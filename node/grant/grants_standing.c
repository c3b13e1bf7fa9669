/* Grants that offer a standing list, and the elements that were evaluated against it. */
#include "node/grant/grants_state.h"
#include "proto/overlap_agree.h"

size_t sym_grants_offers(struct sym_grants *g, struct sym_standing_offer *out, size_t max)
{
    uint64_t now_s = sym_grants_now(g) / 1000;
    uint64_t restored_ms = g->config.restored_ms != NULL ? *g->config.restored_ms : 0;
    size_t n = 0;
    for (size_t i = 0; i < g->n && n < max; i++) {
        const struct sym_grant_item *item = &g->items[i];
        const struct sym_grant *l = &item->limits;
        if (l->standing_days > 0 && (l->expires_s == 0 || now_s < l->expires_s)) {
            out[n++] = (struct sym_standing_offer){.peer = item->peer,
                                                   .dataset = sym_span_text(item->dataset),
                                                   .types = l->types,
                                                   .days = l->standing_days,
                                                   .elements_per_day = l->elements_per_day,
                                                   .number = item->number,
                                                   .given_s = l->added_s,
                                                   .restored_ms = restored_ms};
        }
    }
    return n;
}

static struct sym_grant_item *find_standing(struct sym_grants *g, const struct sym_node_id *peer,
                                            struct sym_span dataset)
{
    struct sym_grant_item *item = sym_grants_find(g, peer, dataset, SYM_KIND_OVERLAP_MATCHES);
    return item != NULL && item->limits.standing_days > 0 ? item : NULL;
}

enum sym_err sym_grants_charge(struct sym_grants *g, const struct sym_node_id *peer,
                               struct sym_span dataset, uint32_t elements)
{
    struct sym_grant_item *item = find_standing(g, peer, dataset);
    if (item == NULL) {
        return SYM_NOT_FOUND;
    }
    uint64_t now_ms = sym_grants_now(g);
    uint32_t most = item->limits.elements_per_day;
    uint32_t used = sym_asked_count(&item->evaluated, now_ms);
    if (used > most || elements > most - used) {
        return SYM_LIMIT;
    }
    sym_asked_add_many(&item->evaluated, now_ms, elements);
    return SYM_OK;
}

enum sym_err sym_grants_put_charge(struct sym_grants *g, struct sym_transaction *t,
                                   const struct sym_node_id *peer, struct sym_span dataset)
{
    const struct sym_grant_item *item = find_standing(g, peer, dataset);
    return item == NULL ? SYM_NOT_FOUND : sym_evaluated_item_put(t, item);
}
