/* orders.h - what core tells gate on the control pair: each message is decoded and carried out.
 *
 * CONFIGURE comes first and once; other orders before it are refused, as is everything that does
 * not decode. A refused order is logged and has no effect.
 */
#ifndef SYM_NODE_GATE_ORDERS_H
#define SYM_NODE_GATE_ORDERS_H

#include "node/gate/pairing.h"

struct sym_orders {
    struct sym_pairing *pairing;
    bool configured;
    void (*on_configured)(void *owner);
    void (*on_stop)(void *owner);
    void *owner;
};

/* One message as it came. The result is for tests: the log has been written. SYM_WRONG_STATE, or
 * those of local.h, codec.h and pairing.h. */
enum sym_err sym_orders_take(struct sym_orders *o, struct sym_span message);

#endif
