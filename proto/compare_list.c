#include "proto/compare_state.h"

#include <stdlib.h>
#include <string.h>

enum sym_err sym_compare_append(struct sym_compare_list *l, const void *item, size_t bytes,
                                size_t max)
{
    if (l->n >= max) {
        return SYM_LIMIT;
    }
    if (l->n == l->room) {
        size_t room = l->room == 0 ? 64 : 2 * l->room;
        uint8_t *grown = reallocarray(l->items, room, bytes);
        if (grown == NULL) {
            return SYM_NO_MEMORY;
        }
        l->items = grown;
        l->room = room;
    }
    memcpy(l->items + l->n * bytes, item, bytes);
    l->n++;
    return SYM_OK;
}

void sym_compare_forget(struct sym_compare_list *l)
{
    free(l->items);
    *l = (struct sym_compare_list){.items = NULL};
}

/* However many exchanges were cut off, they leave room for what is a contradiction. */
static void replace_note(struct sym_compare *c, const struct sym_compared_finding *f)
{
    struct sym_compared_finding *all = (struct sym_compared_finding *)(void *)c->findings.items;
    for (size_t i = c->findings.n; i > 0; i--) {
        if (all[i - 1].code == SYM_FINDING_PREFIX) {
            all[i - 1] = *f;
            return;
        }
    }
}

enum sym_err sym_compare_find(struct sym_compare *c, const struct sym_compared_finding *f)
{
    enum sym_err err = sym_compare_append(&c->findings, f, sizeof *f, SYM_COMPARE_FINDINGS_MAX);
    if (err == SYM_LIMIT && f->code != SYM_FINDING_PREFIX) {
        replace_note(c, f);
    }
    return err == SYM_LIMIT ? SYM_OK : err;
}

const struct sym_compared_finding *sym_compare_findings(const struct sym_compare *c, size_t *n)
{
    *n = c->findings.n;
    return (const struct sym_compared_finding *)(const void *)c->findings.items;
}
