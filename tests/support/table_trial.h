/* table_trial.h - one table of three lists (table_rig.h) in which the second contributor, or the
 * tallier, cheats; what is expected of it fails the running test. */
#ifndef SYM_TESTS_SUPPORT_TABLE_TRIAL_H
#define SYM_TESTS_SUPPORT_TABLE_TRIAL_H

#include "tests/support/table_lies.h"

#define CHEAT 1u
#define N     3u
#define T     N

extern struct table_rig trial;
extern size_t trial_lies; /* told so far: by taps */
extern uint32_t trial_announced;

/* Three lists of `each`, of which five records are on all. */
void trial_make(uint32_t each);
/* The same, run to its end; the tap must have lied. */
void trial_run(uint32_t each, table_tap_fn *tap);
void trial_failed(struct sym_table_failure f, uint32_t place, enum sym_table_cause cause);
/* The asker knows who it was, and all hear it; nothing is released. */
void trial_caught(uint32_t place, enum sym_table_cause cause);
/* All have agreed, and nobody has begun. */
void trial_agree(uint32_t each);
const struct sym_table_agreed *trial_agreed(uint32_t place);

#endif
