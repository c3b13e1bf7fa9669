/* table_tally.h - the tallier of an overlap table (table.h): takes the rows of all contributors,
 * counts on exactly which lists each lies, adds noise (dp), releases the table to all.
 *
 * One machine with a leg for each contributor, by its place: the responder's side of its exchange
 * overlap:rows. Memory: 16 bytes for each row. Counting and noise are a work. When
 * sym_table_tally_is_counted the caller says what time it is, and the release is made, signed,
 * given to the own member, and due on every leg.
 *
 * Errors of take: SYM_BAD_FORMAT, SYM_WRONG_STATE, SYM_LIMIT (more rows than announced), SYM_REPLAY
 * (a row twice), SYM_BAD_VALUE (rows that descend, a total that is none). Any ends the table:
 * sym_table_tally_failure says whose doing it was.
 */
#ifndef SYM_PROTO_TABLE_TALLY_H
#define SYM_PROTO_TABLE_TALLY_H

#include "proto/table_member.h"
#include "proto/work.h"

struct sym_table_tally;

/* member: the tallier's own, agreed; borrowed. */
SYM_MUST enum sym_err sym_table_tally_new(struct sym_table_tally **out,
                                          struct sym_table_member *member);
/* Not while a piece of a work may still run; NULL is fine. */
void sym_table_tally_free(struct sym_table_tally *t);

/* Rows of contributor `place` may come from now on; SYM_EXISTS: it has begun before. */
SYM_MUST enum sym_err sym_table_tally_begin(struct sym_table_tally *t, uint32_t place);
enum sym_table_step sym_table_tally_step(const struct sym_table_tally *t, uint32_t place,
                                         size_t *len);
SYM_MUST enum sym_err sym_table_tally_write(struct sym_table_tally *t, uint32_t place,
                                            uint8_t *payload, size_t len);
SYM_MUST enum sym_err sym_table_tally_take(struct sym_table_tally *t, uint32_t place,
                                           struct sym_span payload);
/* The other side has closed: SYM_WRONG_STATE when it was too early. */
SYM_MUST enum sym_err sym_table_tally_closed(struct sym_table_tally *t, uint32_t place);

/* Matching and counting: work.h. */
bool sym_table_tally_work(struct sym_table_tally *t, struct sym_work *out);
SYM_MUST enum sym_err sym_table_tally_worked(struct sym_table_tally *t, void *context,
                                             enum sym_err err);

/* All rows were there and are counted: a release can be made. */
bool sym_table_tally_is_counted(const struct sym_table_tally *t);
/* wall_ms: the time that the release says. */
SYM_MUST enum sym_err sym_table_tally_release(struct sym_table_tally *t, uint64_t wall_ms);
struct sym_table_failure sym_table_tally_failure(const struct sym_table_tally *t);

#endif
