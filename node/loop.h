/* loop.h - the one event loop that each process runs: descriptors, timers, and a stop flag.
 *
 * A watch owns nothing; its callback runs on the loop's thread. A watch may be removed, also by
 * itself, from within any callback. Times are milliseconds of the monotonic clock. Each turn
 * calls every ready watch once, then the timers that are due: a callback that bounds its own work
 * cannot starve the others, because descriptors are level-triggered and come again.
 * Errors: SYM_LIMIT, SYM_NO_MEMORY, SYM_IO.
 */
#ifndef SYM_NODE_LOOP_H
#define SYM_NODE_LOOP_H

#include "crypto/result.h"

#include <stdbool.h>
#include <stdint.h>

struct sym_loop;
struct sym_watch;
struct sym_timer;

/* ready: the poll(2) revents. */
typedef void sym_watch_fn(void *owner, short ready);
typedef void sym_timer_fn(void *owner);

/* SYM_NO_MEMORY, SYM_LIMIT (descriptors), SYM_IO. */
SYM_MUST enum sym_err sym_loop_new(struct sym_loop **out);
/* Frees the watches and timers that are left, too. NULL is fine. */
void sym_loop_free(struct sym_loop *loop);

/* Watches fd for the poll(2) events POLLIN and POLLOUT; errors and hang-ups come uninvited. The
 * watch stays until removed, which must be before fd is closed; fd is not closed. SYM_IO when fd is
 * no descriptor that can be waited for (a regular file), or is watched already. */
SYM_MUST enum sym_err sym_loop_watch(struct sym_loop *loop, struct sym_watch **out, int fd,
                                     short events, sym_watch_fn *fn, void *owner);
/* Which events it waits for; 0 pauses it, also for errors. */
void sym_watch_set(struct sym_watch *w, short events);
/* NULL is fine; *w becomes NULL. */
void sym_watch_remove(struct sym_watch **w);

/* Runs fn once, delay_ms from now; sym_timer_set re-arms it. */
SYM_MUST enum sym_err sym_loop_timer(struct sym_loop *loop, struct sym_timer **out,
                                     uint64_t delay_ms, sym_timer_fn *fn, void *owner);
void sym_timer_set(struct sym_timer *t, uint64_t delay_ms);
void sym_timer_stop(struct sym_timer *t);
/* NULL is fine; *t becomes NULL. */
void sym_timer_remove(struct sym_timer **t);

/* Runs until sym_loop_stop, which may come first: then it returns at once. It may be run again. */
SYM_MUST enum sym_err sym_loop_run(struct sym_loop *loop);
void sym_loop_stop(struct sym_loop *loop);

/* Monotonic milliseconds and microseconds; milliseconds since 1970. */
uint64_t sym_now_ms(void);
uint64_t sym_now_us(void);
uint64_t sym_wall_ms(void);

#endif
