/* cube.h - the cells of a query: a public list that depends on nothing but the query, and where the
 * records of a node fall in it.
 *
 * Cells are numbered level by level as the query lists them, within a level row-major: the code of
 * its last dimension changes first. A record without a value counts under "unknown" where the code
 * list has that, and nowhere otherwise. A record with several values counts in a level under each
 * combination, in the order in which they are recorded, but in at most cells_per_incident cells. A
 * dimension that narrows the question (to some years, to some places) does so in every level, in
 * those without it as well.
 * Aggregates count as they are. Errors: SYM_BAD_VALUE, SYM_LIMIT (too large; the fault says the
 * size and what to narrow), SYM_NO_MEMORY, each with a line in fault. Pure.
 */
#ifndef SYM_PROTO_CUBE_H
#define SYM_PROTO_CUBE_H

#include "proto/incident.h"
#include "proto/tabulation.h"

struct sym_cube;

/* Checks the query and builds its code tables; copies what it keeps. */
SYM_MUST enum sym_err sym_cube_new(struct sym_cube **out, const struct sym_tab_query *query,
                                   struct sym_fault *fault);
/* For one more owner, of the same thread; each frees it. */
struct sym_cube *sym_cube_share(struct sym_cube *c);
/* NULL is fine. */
void sym_cube_free(struct sym_cube *c);

size_t sym_cube_cells(const struct sym_cube *c); /* over all levels */
/* First cell and number of cells of one level of its query. */
void sym_cube_level(const struct sym_cube *c, size_t level, size_t *first, size_t *n);
/* k p levels: how far one incident can move all cells together. */
uint32_t sym_cube_sensitivity(const struct sym_cube *c);
uint64_t sym_cube_epsilon(const struct sym_cube *c); /* thousand millionths */
uint32_t sym_cube_unit(const struct sym_cube *c);    /* enum sym_tab_unit */
uint32_t sym_cube_cells_per_incident(const struct sym_cube *c);
uint32_t sym_cube_persons_max(const struct sym_cube *c);
/* SHA-256 over dimensions, what they narrow, codes, levels and bounds, in the order of the query:
 * 32 bytes. */
const uint8_t *sym_cube_hash(const struct sym_cube *c);

/* Adds the record to the cells (sym_cube_cells). records: in how many of the dataset one incident
 * is at most: 1, or as aggregates declare; together they count in k cells of a level, so each
 * counts in as many as go round. *cells_hit: in how many it counts. May run on several threads at
 * once with own cells each. SYM_LIMIT: a cell would go beyond 2^53. */
SYM_MUST enum sym_err sym_cube_count(uint64_t *cells, size_t *cells_hit, const struct sym_cube *c,
                                     const struct sym_incident *incident, uint32_t records);

#endif
