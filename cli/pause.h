/* pause.h - waiting, and how a person ends it: Ctrl-C or a request to end is taken while a command
 * waits, so that it can leave things in order.
 *
 * Only the first signal is taken: a second one ends the program as usual. For the main thread;
 * threads that are started after sym_pause_begin take none.
 */
#ifndef SYM_CLI_PAUSE_H
#define SYM_CLI_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

/* From now on SIGINT and SIGTERM wait for sym_pause. */
void sym_pause_begin(void);

/* Sleeps; 0 only looks. True when it was interrupted. */
bool sym_pause(uint64_t microseconds);

/* Has a signal come that sym_pause will take? For what waits for something else, on any thread. */
bool sym_pause_is_due(void);

/* Microseconds of a clock that never jumps. */
uint64_t sym_steady_us(void);

#endif
