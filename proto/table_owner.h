/* table_owner.h - one contributor has its list (table_list.h) evaluated by another: the initiator's
 * side of an exchange overlap:evaluate (table.h). Frames and memory belong to the list, as do
 * works.
 *
 * Errors of take: SYM_BAD_FORMAT, SYM_WRONG_STATE, SYM_BAD_SIGNATURE, SYM_BAD_VALUE (another
 * number, or other elements than were asked), SYM_REPLAY (of another table). A proof that does not
 * hold is found by a work of the list. Either way sym_table_list_failure says what it was.
 */
#ifndef SYM_PROTO_TABLE_OWNER_H
#define SYM_PROTO_TABLE_OWNER_H

#include "proto/table_list.h"

struct sym_table_owner;

/* place: of the evaluator; one owner for each. SYM_EXISTS: there was one. */
SYM_MUST enum sym_err sym_table_owner_new(struct sym_table_owner **out, struct sym_table_list *list,
                                          uint32_t place);
/* NULL is fine. */
void sym_table_owner_free(struct sym_table_owner *o);

/* CLOSE once all its answers have come and verified. */
enum sym_table_step sym_table_owner_step(const struct sym_table_owner *o, size_t *len);
SYM_MUST enum sym_err sym_table_owner_write(struct sym_table_owner *o, uint8_t *payload,
                                            size_t len);
SYM_MUST enum sym_err sym_table_owner_take(struct sym_table_owner *o, struct sym_span payload);
/* The other side has closed: SYM_WRONG_STATE when it was too early. */
SYM_MUST enum sym_err sym_table_owner_closed(struct sym_table_owner *o);

#endif
