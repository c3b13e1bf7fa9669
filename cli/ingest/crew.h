/* crew.h - threads that work on batches, of which the oldest is given back first.
 *
 * All calls come from one thread, the owner. It takes a free batch, fills it, hands it in, and gets
 * the batches back worked on in the order in which it handed them in.
 * Errors: SYM_NO_MEMORY, and those of canon.h.
 */
#ifndef SYM_CLI_INGEST_CREW_H
#define SYM_CLI_INGEST_CREW_H

#include "cli/ingest/batch.h"

#define SYM_CREW_THREADS_MAX 16u

struct sym_crew;

/* threads: 0 for one on each processor. The binding is borrowed. */
SYM_MUST enum sym_err sym_crew_new(struct sym_crew **out, const struct sym_binding *binding,
                                   const struct sym_canon_rules *rules, unsigned threads,
                                   struct sym_fault *fault);
/* Waits for the threads; what was handed in and not given back is lost. */
void sym_crew_free(struct sym_crew *c);

/* A batch to fill, empty; NULL while all are in use: get one back first. */
struct sym_batch *sym_crew_free_batch(struct sym_crew *c);
/* Hands in the batch that was taken last. */
void sym_crew_hand_in(struct sym_crew *c);
/* The oldest batch that was handed in, when it is worked on; NULL when it is not, unless wait is
 * set, and when none is out. It may be used until the next call. */
struct sym_batch *sym_crew_get_back(struct sym_crew *c, bool wait);

#endif
