/* write_spatial.h - clusters of places (spatial.h) as tables, and as members of JSON documents.
 *
 * In JSON, "scan" and "gi_star"; whole numbers only, as in all of the release format.
 * Errors: SYM_NO_MEMORY.
 */
#ifndef SYM_CLI_TABULATE_WRITE_SPATIAL_H
#define SYM_CLI_TABULATE_WRITE_SPATIAL_H

#include "cli/json.h"
#include "cli/tabulate/spatial.h"

/* s may be NULL: nothing. top: rows of Gi*; 0: all. */
SYM_MUST enum sym_err sym_spatial_table(FILE *to, const struct sym_spatial *s,
                                        const struct sym_view *v, size_t top);
void sym_spatial_json(struct sym_json *j, const struct sym_spatial *s, const struct sym_view *v);
/* What belongs to one cell, into the properties of a feature on a map. */
void sym_spatial_properties(struct sym_json *j, const struct sym_spatial *s, size_t level,
                            size_t cell);

#endif
