/* group.h - writes that share one commit: what several exchanges want written in the same turn of
 * the loop becomes durable together, and each hears of it.
 *
 * A write is done at the next turn of the loop, in the order of asking, with all others that wait:
 * one sync for all. One whose function fails is left out, hears its error, and the others are done
 * again without it. Nothing may be told to anybody outside before `done` was called with SYM_OK.
 */
#ifndef SYM_NODE_STORE_GROUP_H
#define SYM_NODE_STORE_GROUP_H

#include "node/loop.h"
#include "node/store/store.h"

struct sym_group;

/* SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_group_new(struct sym_group **out, struct sym_loop *loop,
                                    struct sym_store *store);
/* Does what waits first. */
void sym_group_free(struct sym_group *g);

/* Called from the loop when the commit is durable, or has failed. */
typedef void sym_group_done_fn(void *context, enum sym_err err);

/* fn as for sym_store_write: it may run more than once. done is called exactly once, from the loop
 * (or from sym_group_flush and _free), never from here. context lives until then. SYM_NO_MEMORY:
 * done is not called. */
SYM_MUST enum sym_err sym_group_write(struct sym_group *g, sym_store_fn *fn, void *context,
                                      sym_group_done_fn *done);
/* Does all that waits now. */
void sym_group_flush(struct sym_group *g);

#endif
