/* write.h - counts per cell (view.h) as a ranked table with bars, as CSV, as JSON and as GeoJSON.
 *
 * In CSV each cell is a row, the levels one after the other; a suppressed cell has the status
 * "suppressed" and no count. JSON is the release format "symbolon-release/1"; GeoJSON is RFC 7946:
 * a point for each released cell of a place, a line from origin to destination for each of a route.
 * Clusters of places, where asked for, are tables of their own, members of JSON, and columns or
 * properties of the cells of places.
 * Errors: SYM_NO_MEMORY, SYM_INTERNAL.
 */
#ifndef SYM_CLI_TABULATE_WRITE_H
#define SYM_CLI_TABULATE_WRITE_H

#include "cli/tabulate/ranking.h"
#include "cli/tabulate/spatial.h"

#include <stdio.h>

struct sym_write_options {
    const struct sym_population *population; /* or NULL */
    const struct sym_spatial *spatial;       /* or NULL */
    size_t top;                              /* rows of a table for each level; 0: all */
};

SYM_MUST enum sym_err sym_write_table(FILE *to, const struct sym_view *v,
                                      const struct sym_write_options *options);
SYM_MUST enum sym_err sym_write_csv(FILE *to, const struct sym_view *v,
                                    const struct sym_write_options *options);
SYM_MUST enum sym_err sym_write_json(FILE *to, const struct sym_view *v,
                                     const struct sym_write_options *options);
SYM_MUST enum sym_err sym_write_geojson(FILE *to, const struct sym_view *v,
                                        const struct sym_write_options *options);

/* Lines that tell in plain words what must be known of a release; number `at` from 0, false after
 * the last. */
#define SYM_REMARK_BYTES (SYM_PARTIES_BYTES + 128u)
bool sym_release_remark(char out[SYM_REMARK_BYTES], const struct sym_view *v, size_t at);
/* Of a release: participants that were asked, and whose counts are in it. */
size_t sym_release_asked(const struct sym_view *v);
size_t sym_release_included(const struct sym_view *v);
/* The id of the participant at this place, and whether its counts are in it. */
struct sym_span sym_release_member(bool *included, const struct sym_view *v, size_t place);
/* Who was asked and is not in it, in one line; how many. */
size_t sym_release_missing(char line[SYM_PARTIES_BYTES], const struct sym_view *v);
/* The cells of a level that have no count. */
size_t sym_level_suppressed(const struct sym_view *v, size_t level);

#endif
