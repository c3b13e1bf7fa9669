#include "node/work/errands.h"

#include <stdlib.h>

struct sym_errand {
    struct sym_errand *next;
    struct sym_errand **to_this;
    struct sym_work work;
    struct sym_errand_report report;
};

static void report(struct sym_errand *e, enum sym_err err)
{
    struct sym_errand_report to = e->report;
    void *context = e->work.context;
    *e->to_this = e->next;
    if (e->next != NULL) {
        e->next->to_this = e->to_this;
    }
    free(e);
    to.fn(to.owner, to.subject, context, err);
}

static enum sym_err run_piece(void *context, size_t first, size_t n)
{
    const struct sym_errand *e = context;
    return e->work.run(e->work.context, first, n);
}

static void ended(void *context, enum sym_err err)
{
    report(context, err);
}

enum sym_err sym_errands_run(struct sym_errands *list, const struct sym_work *work,
                             const struct sym_errand_report *to)
{
    struct sym_errand *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return SYM_NO_MEMORY;
    }
    *e = (struct sym_errand){
        .next = list->first, .to_this = &list->first, .work = *work, .report = *to};
    /* One exchange among all those of an owner has a subject of its own. */
    const void *whose = to->subject != NULL ? to->subject : to->owner;
    enum sym_err err =
        sym_workers_run(list->workers, whose, work->n, work->grain, run_piece, ended, e);
    if (err != SYM_OK) {
        free(e);
        return err;
    }
    if (e->next != NULL) {
        e->next->to_this = &e->next;
    }
    list->first = e;
    return SYM_OK;
}

void sym_errands_clear(struct sym_errands *list)
{
    while (list->first != NULL) {
        report(list->first, SYM_CANCELLED);
    }
}
