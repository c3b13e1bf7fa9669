/* tables.h - overlap tables that this node asks for: one exchange with each other contributor and
 * the tallier (a leg), the own part (table_part.h), and the machine between them
 * (proto/table_lead.h).
 *
 * A table has one row in the history, under its id; its exchanges are in the log, each naming it.
 * Who drops out ends it for all: nobody can be left out of a list of lists. Nobody looking at it
 * for three seconds cancels it. Errors: SYM_NOT_FOUND, SYM_LIMIT, SYM_BAD_VALUE, SYM_DENIED,
 * SYM_UNSUPPORTED, each with a line in fault.
 */
#ifndef SYM_NODE_EXCHANGE_TABLES_H
#define SYM_NODE_EXCHANGE_TABLES_H

#include "node/exchange/exchanges.h"
#include "proto/table_control.h"

SYM_MUST enum sym_err sym_table_ask(struct sym_exchanges *x, uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                    const struct sym_overlap_table_start *start, const char *user,
                                    struct sym_fault *fault);

#endif
