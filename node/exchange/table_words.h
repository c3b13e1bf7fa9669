/* table_words.h - who ended an overlap table, and how, for a person: by alias. */
#ifndef SYM_NODE_EXCHANGE_TABLE_WORDS_H
#define SYM_NODE_EXCHANGE_TABLE_WORDS_H

#include "node/exchange/exchanges_state.h"
#include "proto/table.h"

/* "bank-b did not answer in time, says police: …", or "it took longer than allowed; police waited
 * for bank-b, bank-c"; detail may be empty. */
void sym_table_words(char out[SYM_FAULT_BYTES], const struct sym_exchanges *x,
                     const struct sym_table_question *q, struct sym_table_failure failure,
                     const char *detail);
/* "bank-b", "this node", "the asker". */
void sym_table_party_text(char out[SYM_ALIAS_BYTES + 16u], const struct sym_exchanges *x,
                          const struct sym_table_question *q, uint32_t place);
/* Of a leg that is over, and was not closed by both. */
enum sym_table_cause sym_table_cause_of_leg(const struct sym_leg *leg);
/* What an exchange ends with that is ended for this. */
enum sym_reason sym_table_reason(struct sym_table_failure failure);
/* The same with the party at `place`, which signs it: only who was seen here to break the protocol
 * hears that it did. */
enum sym_reason sym_table_reason_to(struct sym_table_failure failure, uint32_t place);
enum sym_err sym_table_result(struct sym_table_failure failure);

#endif
