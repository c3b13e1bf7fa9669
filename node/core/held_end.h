/* held_end.h - what became of a request of a peer that was held, told with the exchange that it
 * was.
 *
 * The history is written when an exchange goes on. What waits for an approver is decided, expires
 * or is withdrawn without one; grants.h knows of it for a day.
 */
#ifndef SYM_NODE_CORE_HELD_END_H
#define SYM_NODE_CORE_HELD_END_H

#include "node/grant/grants.h"
#include "proto/history.h"

/* Changes an entry that is held and that a peer asked for; leaves all others. Its spans point into
 * words then, and to the request as long as that stays. */
void sym_held_end_tell(struct sym_grants *g, struct sym_exchange_entry *e,
                       char words[SYM_FAULT_BYTES]);

#endif
