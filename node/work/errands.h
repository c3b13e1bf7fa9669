/* errands.h - works that one room has given to the worker pool and not heard of yet.
 *
 * A work is reported exactly once: when its last piece has ended, or, for those that the pool never
 * finished, when the list is cleared after the pool is gone. So who owns the memory of a work can
 * always tell when no piece of it may run any more. For the loop's thread only.
 * Errors: those of workers.h.
 */
#ifndef SYM_NODE_WORK_ERRANDS_H
#define SYM_NODE_WORK_ERRANDS_H

#include "node/work/workers.h"
#include "proto/work.h"

struct sym_errand;

struct sym_errands {
    struct sym_workers *workers;
    struct sym_errand *first;
};

/* subject: whose work it was; context: of the work. */
typedef void sym_errand_fn(void *owner, void *subject, void *context, enum sym_err err);

struct sym_errand_report {
    sym_errand_fn *fn;
    void *owner;
    void *subject;
};

/* When this fails, nothing is reported. */
SYM_MUST enum sym_err sym_errands_run(struct sym_errands *list, const struct sym_work *work,
                                      const struct sym_errand_report *report);
/* Reports what is left as SYM_CANCELLED. The pool must have been freed. */
void sym_errands_clear(struct sym_errands *list);

#endif
