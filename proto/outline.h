/* outline.h - what a request to take part in a joint tabulation says of its query, so that a person
 * can decide before the query has come: shape, unit, bounds, levels, and of each dimension how many
 * codes its list has and which (all, where they are at most SYM_TAB_OUTLINED_CODES; otherwise the
 * first and the last), and whether the question is of these alone. One query has one outline, the
 * same bytes everywhere.
 *
 * Pure. Errors: those of codec.h.
 */
#ifndef SYM_PROTO_OUTLINE_H
#define SYM_PROTO_OUTLINE_H

#include "proto/tabulation.h"

/* The bytes of the outline; room for SYM_TAB_OUTLINE_BYTES_MAX. */
SYM_MUST enum sym_err sym_tab_outline_write(uint8_t out[SYM_TAB_OUTLINE_BYTES_MAX], size_t *len,
                                            const struct sym_tab_query *query);
/* Is this the outline of the query? SYM_BAD_VALUE. */
SYM_MUST enum sym_err sym_tab_outline_check(struct sym_span outline,
                                            const struct sym_tab_query *query);

#endif
