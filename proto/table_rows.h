/* table_rows.h - a contributor gives its rows to the tallier and gets the release: the initiator's
 * side of an exchange overlap:rows (table.h). No row leaves before the list is complete and the
 * member sends rows, which is when all proofs have verified and the budget is debited.
 *
 * Errors of take: SYM_WRONG_STATE, SYM_BAD_FORMAT, and those of sym_table_release_open; the failure
 * lies in the member, as does the release.
 */
#ifndef SYM_PROTO_TABLE_ROWS_H
#define SYM_PROTO_TABLE_ROWS_H

#include "proto/table_list.h"
#include "proto/table_member.h"

struct sym_table_rows;

/* Both are borrowed. SYM_WRONG_STATE: too early. */
SYM_MUST enum sym_err sym_table_rows_new(struct sym_table_rows **out,
                                         struct sym_table_member *member,
                                         const struct sym_table_list *list);
void sym_table_rows_free(struct sym_table_rows *r);

/* CLOSE once the release is in the member. */
enum sym_table_step sym_table_rows_step(const struct sym_table_rows *r, size_t *len);
SYM_MUST enum sym_err sym_table_rows_write(struct sym_table_rows *r, uint8_t *payload, size_t len);
SYM_MUST enum sym_err sym_table_rows_take(struct sym_table_rows *r, struct sym_span payload);
SYM_MUST enum sym_err sym_table_rows_closed(struct sym_table_rows *r);

#endif
