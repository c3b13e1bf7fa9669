/* table_evaluator.h - a contributor evaluates the list of another with its own secret, and proves
 * that it did: the responder's side of an exchange overlap:evaluate (table.h).
 *
 * It takes as many elements as the owner's consent announced, no more and no fewer, in whole frames
 * but the last, at most SYM_TABLE_WINDOW of them unanswered; 20 bytes of memory for each element,
 * to notice repeats, and 1 MiB of frames. There is one for each owner and table: the caller's duty.
 *
 * Errors of take: SYM_BAD_FORMAT, SYM_WRONG_STATE, SYM_BAD_VALUE (another number than is due),
 * SYM_LIMIT (more than announced, or than may be unanswered), SYM_REPLAY (an element for the second
 * time); of worked: SYM_BAD_ELEMENT. A thread needs 1 MiB of stack.
 */
#ifndef SYM_PROTO_TABLE_EVALUATOR_H
#define SYM_PROTO_TABLE_EVALUATOR_H

#include "proto/table.h"
#include "proto/work.h"

struct sym_table_evaluator;

/* agreed: of the own member (a contributor), borrowed; owner: place of who asks, not the own;
 * elements: as its request says. SYM_BAD_VALUE: its consent says otherwise, or one of the two has
 * no list. */
SYM_MUST enum sym_err sym_table_evaluator_new(struct sym_table_evaluator **out,
                                              const struct sym_table_agreed *agreed,
                                              const struct sym_ristretto *with, uint32_t owner,
                                              uint32_t elements);
/* Not while a piece of a work may still run; NULL is fine. */
void sym_table_evaluator_free(struct sym_table_evaluator *e);

/* What is to be sent next, *len bytes of it. */
enum sym_table_step sym_table_evaluator_step(const struct sym_table_evaluator *e, size_t *len);
SYM_MUST enum sym_err sym_table_evaluator_write(struct sym_table_evaluator *e, uint8_t *payload,
                                                size_t len);
SYM_MUST enum sym_err sym_table_evaluator_take(struct sym_table_evaluator *e,
                                               struct sym_span payload);
/* The other side has closed: SYM_WRONG_STATE when it was too early. */
SYM_MUST enum sym_err sym_table_evaluator_closed(struct sym_table_evaluator *e);

/* Evaluating and proving: work.h. */
bool sym_table_evaluator_work(struct sym_table_evaluator *e, struct sym_work *out);
SYM_MUST enum sym_err sym_table_evaluator_worked(struct sym_table_evaluator *e, void *context,
                                                 enum sym_err err);
struct sym_table_failure sym_table_evaluator_failure(const struct sym_table_evaluator *e);
struct sym_table_progress sym_table_evaluator_progress(const struct sym_table_evaluator *e);

#endif
