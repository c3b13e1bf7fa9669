#include "cli/ingest/unknowns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sym_unknowns_clear(struct sym_unknowns *u)
{
    free(u->list);
    *u = (struct sym_unknowns){.list = NULL};
}

enum sym_err sym_unknowns_add(struct sym_unknowns *u, enum sym_profile_target target,
                              const char *value, uint64_t line)
{
    if (u->list == NULL) {
        u->list = calloc(SYM_UNKNOWNS_MAX, sizeof *u->list);
        if (u->list == NULL) {
            return SYM_NO_MEMORY;
        }
    }
    for (size_t i = 0; i < u->n; i++) {
        if (u->list[i].target == target &&
            strncmp(u->list[i].value, value, SYM_UNKNOWN_LENGTH) == 0) {
            u->list[i].n++;
            return SYM_OK;
        }
    }
    if (u->n == SYM_UNKNOWNS_MAX) {
        u->others++;
        return SYM_OK;
    }
    struct sym_unknown *new = &u->list[u->n++];
    *new = (struct sym_unknown){.target = target, .n = 1, .first_line = line};
    (void)snprintf(new->value, sizeof new->value, "%s", value);
    return SYM_OK;
}

static int compare(const void *a, const void *b)
{
    const struct sym_unknown *x = a;
    const struct sym_unknown *y = b;
    if (x->target != y->target) {
        return x->target < y->target ? -1 : 1;
    }
    if (x->n != y->n) {
        return x->n > y->n ? -1 : 1;
    }
    return x->first_line < y->first_line ? -1 : x->first_line > y->first_line;
}

void sym_unknowns_sort(struct sym_unknowns *u)
{
    if (u->n > 0) {
        qsort(u->list, u->n, sizeof *u->list, compare);
    }
}
