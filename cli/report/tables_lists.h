/* tables_lists.h - overlaps of lists, and what is estimated from them, as plain tables; a part of
 * tables.h. */
#ifndef SYM_CLI_REPORT_TABLES_LISTS_H
#define SYM_CLI_REPORT_TABLES_LISTS_H

#include "cli/report/tables_cells.h"

/* Two lists, and how many identifiers both have. */
void sym_tables_common(const struct sym_tables *t, const struct sym_json_value *r);
/* On exactly which lists how many records are; of exact counts also each list, and each two. */
SYM_MUST enum sym_err sym_tables_combinations(const struct sym_tables *t,
                                              const struct sym_json_value *r);
/* What `symbolon estimate` says. */
void sym_tables_estimate(const struct sym_tables *t, const struct sym_json_value *estimate);

#endif
