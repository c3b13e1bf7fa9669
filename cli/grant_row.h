/* grant_row.h - grants, shown. Errors: those of json.h and table.h. */
#ifndef SYM_CLI_GRANT_ROW_H
#define SYM_CLI_GRANT_ROW_H

#include "cli/json.h"
#include "proto/grant.h"

/* What was granted, with what it replaced: an object; or on standard output, in columns. */
SYM_MUST enum sym_err sym_grant_write_added_json(FILE *to, const struct sym_grant_added *added);
SYM_MUST enum sym_err sym_grant_print_added(const struct sym_grant_added *added);
/* All of them, as an array; on standard output, in columns. */
SYM_MUST enum sym_err sym_grant_write_json(FILE *to, const struct sym_grant_list *list);
SYM_MUST enum sym_err sym_grant_print_table(const struct sym_grant_list *list);

#endif
