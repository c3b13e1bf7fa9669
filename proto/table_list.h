/* table_list.h - the own list of a contributor to an overlap table (table.h): blinds it frame by
 * frame, has each frame evaluated by all other contributors (table_owner.h, one for each), checks
 * their proofs, and makes rows of what comes back.
 *
 * Frames go to all evaluators in the same order, SYM_TABLE_WINDOW of them at once, so that the
 * slowest of these sets the pace and memory is bounded: 52 bytes per own element (with its digest,
 * which is borrowed, its place and its row), and for n contributors n + 1 times 512 KiB of frames.
 *
 * All computation of the list and of its owners is handed out here, as works: ask for one after any
 * call to either. A thread needs 1 MiB of stack. The list outlives its owners.
 */
#ifndef SYM_PROTO_TABLE_LIST_H
#define SYM_PROTO_TABLE_LIST_H

#include "proto/table.h"
#include "proto/work.h"

struct sym_table_list;

struct sym_table_list_config {
    const struct sym_table_agreed *agreed; /* of the own member, borrowed */
    const struct sym_ristretto *with;
    const uint8_t *digests; /* of own tokens, SYM_HASH_BYTES each, borrowed, strictly ascending */
    size_t n;               /* at most as many as were announced; the rest is padding */
};

/* Draws the secret and the padding. SYM_BAD_VALUE: the digests are not as config has them;
 * SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_table_list_new(struct sym_table_list **out,
                                         const struct sym_table_list_config *config);
/* Not while a piece of a work may still run, or an owner is left; NULL is fine. Wipes. */
void sym_table_list_free(struct sym_table_list *l);

/* Blinding, verifying, sorting: work.h. */
bool sym_table_list_work(struct sym_table_list *l, struct sym_work *out);
/* An error is the failure of the list: sym_table_list_failure says whose. */
SYM_MUST enum sym_err sym_table_list_worked(struct sym_table_list *l, void *context,
                                            enum sym_err err);

/* All proofs have verified, and all rows are there, sorted. */
bool sym_table_list_is_complete(const struct sym_table_list *l);
/* Then: 16 bytes each, ascending, n of them. Borrowed. */
const uint8_t *sym_table_list_rows(const struct sym_table_list *l, size_t *n);
/* cause SYM_TABLE_CAUSE_NONE while nothing has failed. */
struct sym_table_failure sym_table_list_failure(const struct sym_table_list *l);
/* After SYM_TABLE_CAUSE_PROOF: an encoded TableExhibit that proves it; else empty. Borrowed. */
struct sym_span sym_table_list_exhibit(const struct sym_table_list *l);
/* Frames whose evaluation by the contributor at `place` has come, and verified. */
uint32_t sym_table_list_checked(const struct sym_table_list *l, uint32_t place);

#endif
