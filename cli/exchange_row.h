/* exchange_row.h - one exchange as JSON and as lines for people. */
#ifndef SYM_CLI_EXCHANGE_ROW_H
#define SYM_CLI_EXCHANGE_ROW_H

#include "cli/json.h"
#include "cli/parties.h"
#include "cli/table.h"
#include "proto/history.h"

/* "waiting", "running", "held", "done", "denied" or "aborted". */
const char *sym_exchange_state_text(uint32_t state);

/* As it was asked: "overlap:count", "hotspots". */
const char *sym_exchange_kind_text(const struct sym_exchange_entry *e);
/* A tabulation or a table: there is not one peer. */
bool sym_exchange_is_of_many(const struct sym_exchange_entry *e);

/* An object. parties: to name those of an overlap table; NULL: it names none. */
void sym_exchange_put_json(struct sym_json *j, const char *key, const struct sym_exchange_entry *e,
                           const struct sym_parties *parties);

/* Columns of sym_exchange_put_lines: a name and its value. */
extern const struct sym_column sym_exchange_columns[2];
/* All that is known of it, with a line on what each side learned. */
void sym_exchange_put_lines(struct sym_table *t, const struct sym_exchange_entry *e,
                            const struct sym_parties *parties);

#endif
