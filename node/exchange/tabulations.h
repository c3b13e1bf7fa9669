/* tabulations.h - joint tabulations that this node asks for: one exchange with each participant (a
 * leg), the own part, and the machine between them (proto/tab_lead.h).
 *
 * A tabulation has one row in the history, under its handle; its legs are in the log, each naming
 * the tabulation. What drops out before anything was spent makes it begin again by itself, without
 * who is away, up to three times. It ends when all legs have ended. Nobody looking at it for three
 * seconds cancels it while nothing has been spent.
 * Errors: SYM_NOT_FOUND, SYM_LIMIT, SYM_BAD_VALUE, SYM_DENIED, those of cube.h, each with a line in
 * fault.
 */
#ifndef SYM_NODE_EXCHANGE_TABULATIONS_H
#define SYM_NODE_EXCHANGE_TABULATIONS_H

#include "node/exchange/exchanges.h"

/* What would happen; spans of *out borrow from names, of SYM_TAB_MEMBERS_MAX, and released. */
SYM_MUST enum sym_err sym_tabulation_plan(struct sym_exchanges *x, struct sym_tabulate_plan *out,
                                          struct sym_span *names,
                                          uint8_t released[SYM_EXCHANGE_ID_BYTES],
                                          const struct sym_tabulate_start *start,
                                          struct sym_fault *fault);
SYM_MUST enum sym_err sym_tabulation_start(struct sym_exchanges *x,
                                           uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                           const struct sym_tabulate_start *start, const char *user,
                                           struct sym_fault *fault);

#endif
