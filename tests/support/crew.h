/* crew.h - threads that run the pieces of works, for tests and benchmarks of protocol machines.
 * What must not fail fails the running test or ends the program. */
#ifndef SYM_TESTS_SUPPORT_CREW_H
#define SYM_TESTS_SUPPORT_CREW_H

#include "proto/work.h"

#include <stdbool.h>

struct crew;

struct crew *crew_new(unsigned threads);
/* Waits for what runs. */
void crew_free(struct crew *c);
/* owner comes back with the work. */
void crew_give(struct crew *c, const struct sym_work *work, void *owner);
/* A work all of whose pieces have ended; with wait it waits for one, unless none is out. */
bool crew_take(struct crew *c, bool wait, struct sym_work *work, void **owner, enum sym_err *err);

#endif
