/* breach.h - the proof that a node broke an overlap table, as a text file that is checked without
 * any node: it answered with another secret than it had consented with (sym_table_exhibit_check).
 *
 *     symbolon-breach/1
 *     exhibit: <base64 of TableExhibit>
 *                                       (empty line)
 *     <card of the accused, verbatim>
 *
 * As exhibit.h: what was read here is true, and a struct owns its memory. Errors: those of
 * exhibit.h; SYM_DENIED: what is in it is right, and nobody broke anything.
 */
#ifndef SYM_PROTO_BREACH_H
#define SYM_PROTO_BREACH_H

#include "proto/exhibit.h"
#include "proto/table.h"

#define SYM_BREACH_HEAD "symbolon-breach/1"

/* card: of the accused, without CR. */
SYM_MUST enum sym_err sym_breach_write(char *out, size_t max, size_t *len, struct sym_span exhibit,
                                       struct sym_span card);
SYM_MUST enum sym_err sym_breach_read(struct sym_card *card, struct sym_span text,
                                      const struct sym_ristretto *with, const char *name,
                                      struct sym_fault *fault);

#endif
