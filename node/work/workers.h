/* workers.h - the worker pool: one thread per processor, for batches of pure computation.
 *
 * A job is a range of n items that is cut into pieces of `grain`; pieces run on any thread, in any
 * order, at the same time; when the last has ended, done runs on the loop's thread with the first
 * error, which does not keep the other pieces from running. Jobs of one and the same start in the
 * order they came; several take turns, piece by piece, so that who has few does not wait for all of
 * another's. The work function must touch only its items and its own job; the store, the links and
 * the log belong to the loop's thread. done may start other jobs, but not free the pool.
 * Errors: SYM_BAD_VALUE, SYM_NO_MEMORY, SYM_LIMIT (too many jobs), SYM_IO.
 */
#ifndef SYM_NODE_WORK_WORKERS_H
#define SYM_NODE_WORK_WORKERS_H

#include "node/loop.h"

#include <stddef.h>

#define SYM_JOBS_MAX 1024u

struct sym_workers;

/* Items first..first+n-1. */
typedef enum sym_err sym_work_fn(void *context, size_t first, size_t n);
typedef void sym_done_fn(void *context, enum sym_err err);

/* threads: at most 256; 0 for one per processor this process may run on. */
SYM_MUST enum sym_err sym_workers_new(struct sym_workers **out, struct sym_loop *loop,
                                      unsigned threads);
/* Waits for running pieces; jobs not finished never call done. */
void sym_workers_free(struct sym_workers *w);
unsigned sym_workers_count(const struct sym_workers *w);

/* whose: what jobs that take their turn together have in common; it is only compared. n and grain:
 * at least 1. When this fails, done is not called. */
SYM_MUST enum sym_err sym_workers_run(struct sym_workers *w, const void *whose, size_t n,
                                      size_t grain, sym_work_fn *work, sym_done_fn *done,
                                      void *context);

#endif
