/* request_row.h - requests that wait for an approver or were decided, of peers and of own users,
 * shown. Errors: those of json.h and table.h. */
#ifndef SYM_CLI_REQUEST_ROW_H
#define SYM_CLI_REQUEST_ROW_H

#include "cli/json.h"
#include "cli/parties.h"
#include "proto/grant.h"

/* Does what is asked name other nodes? Then parties are needed to show it; else they may be empty.
 */
bool sym_request_names_nodes(const struct sym_held_request *r);
/* The kind as it was asked: "hotspots"; of a list that had no room for it, the plain kind. */
const char *sym_request_kind_text(const struct sym_held_request *r);

/* One object. */
void sym_request_put_json(struct sym_json *j, const struct sym_held_request *r,
                          const struct sym_parties *parties);
/* All of them, as an array; on standard output, in columns, with the questions of joint
 * computations that wait below. */
SYM_MUST enum sym_err sym_request_write_json(FILE *to, const struct sym_request_list *list,
                                             const struct sym_parties *parties);
SYM_MUST enum sym_err sym_request_print_table(const struct sym_request_list *list,
                                              const struct sym_parties *parties);

#endif
