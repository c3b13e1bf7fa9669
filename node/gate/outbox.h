/* outbox.h - gate's end of the control pair: what is told to core, in order, without waiting.
 *
 * What core does not take at once is queued. Every message stands for a link, a dial or an order
 * of core's own, so the queue is bounded as long as nobody comes up while sym_outbox_is_behind.
 * Errors: those of bus.h and local.h.
 */
#ifndef SYM_NODE_GATE_OUTBOX_H
#define SYM_NODE_GATE_OUTBOX_H

#include "node/loop.h"
#include "proto/bus.h"
#include "proto/local.h"

struct sym_outbox_item;

struct sym_outbox {
    struct sym_bus pair;
    struct sym_watch *room;
    struct sym_outbox_item *first;
    struct sym_outbox_item *last;
    size_t queued;
};
#define SYM_OUTBOX_CLOSED                                                                          \
    {                                                                                              \
        .pair = SYM_BUS_CLOSED                                                                     \
    }

/* Connects to core's control pair at url. */
SYM_MUST enum sym_err sym_outbox_open(struct sym_outbox *o, struct sym_loop *loop, const char *url);
void sym_outbox_close(struct sym_outbox *o);

/* value: the struct of that type. Without memory the message is lost, which is logged. */
void sym_outbox_send(struct sym_outbox *o, enum sym_local_type type, const void *value);

/* True when core has not taken messages for a while: no new link should come up. */
bool sym_outbox_is_behind(const struct sym_outbox *o);

#endif
