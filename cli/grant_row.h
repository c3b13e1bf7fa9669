/* grant_row.h - grants, shown. Errors: those of json.h and table.h. */
#ifndef SYM_CLI_GRANT_ROW_H
#define SYM_CLI_GRANT_ROW_H

#include "cli/json.h"
#include "proto/grant.h"

/* One object. */
void sym_grant_put_json(struct sym_json *j, const struct sym_grant *g);
/* All of them, as an array; on standard output, in columns. */
SYM_MUST enum sym_err sym_grant_write_json(FILE *to, const struct sym_grant_list *list);
SYM_MUST enum sym_err sym_grant_print_table(const struct sym_grant_list *list);

#endif
