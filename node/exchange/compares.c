#include "node/exchange/compares.h"

#include <string.h>

void sym_compares_clear(struct sym_compares *c)
{
    for (size_t i = 0; i < SYM_COMPARES_KEPT; i++) {
        sym_compare_free(c->kept[i].compare);
        c->kept[i].compare = NULL;
    }
}

void sym_compares_keep(struct sym_compares *c, const uint8_t handle[SYM_EXCHANGE_ID_BYTES],
                       struct sym_compare *compare)
{
    sym_compare_free(c->kept[c->next].compare);
    c->kept[c->next].compare = compare;
    memcpy(c->kept[c->next].handle, handle, SYM_EXCHANGE_ID_BYTES);
    c->next = (c->next + 1) % SYM_COMPARES_KEPT;
}

static const struct sym_compare *find(const struct sym_compares *c, struct sym_span handle)
{
    for (size_t i = 0; i < SYM_COMPARES_KEPT; i++) {
        if (c->kept[i].compare != NULL &&
            sym_span_equal(handle, sym_span(c->kept[i].handle, SYM_EXCHANGE_ID_BYTES))) {
            return c->kept[i].compare;
        }
    }
    return NULL;
}

enum sym_err sym_compares_page(const struct sym_compares *c, struct sym_compare_page *page,
                               struct sym_finding *rows, struct sym_span handle, uint64_t first)
{
    const struct sym_compare *compare = find(c, handle);
    if (compare == NULL) {
        return SYM_NOT_FOUND;
    }
    size_t n = 0;
    size_t at = 0;
    const struct sym_compared_finding *all = sym_compare_findings(compare, &n);
    for (uint64_t i = first; i < n && at < SYM_FINDINGS_MAX; i++) {
        const struct sym_compared_finding *f = &all[i];
        rows[at++] =
            (struct sym_finding){.code = (uint32_t)f->code,
                                 .exchange_id = sym_span(f->exchange_id, sizeof f->exchange_id),
                                 .index_here = f->index_here,
                                 .index_there = f->index_there,
                                 .text = sym_span_text(f->text),
                                 .generation_here = f->generation_here};
    }
    const struct sym_compare_counts counts = sym_compare_counts(compare);
    *page = (struct sym_compare_page){.done = true,
                                      .exchanges = counts.exchanges,
                                      .entries = counts.entries,
                                      .untold = counts.untold,
                                      .lost_here = counts.lost_here,
                                      .lost_there = counts.lost_there,
                                      .unrecorded = counts.unrecorded,
                                      .denied = counts.denied,
                                      .generation_there = counts.generation_there,
                                      .findings = rows,
                                      .n_findings = at,
                                      .more = first < n && n - first > at};
    return SYM_OK;
}
