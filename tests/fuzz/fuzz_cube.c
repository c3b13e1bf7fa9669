/* Cubes: a query and a record, as they would come from others. What a cube says of itself holds,
 * and no record moves its cells by more than that. First two bytes of length, then the query. */
#include "proto/codec.h"
#include "proto/cube.h"

#include <stdlib.h>
#include <string.h>

#define CELLS_MAX 65536u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Levels follow each other and are all there is. */
static void check_levels(const struct sym_cube *c, size_t levels)
{
    size_t next = 0;
    for (size_t i = 0; i < levels; i++) {
        size_t first = 0;
        size_t n = 0;
        sym_cube_level(c, i, &first, &n);
        insist(first == next && n > 0);
        next += n;
    }
    insist(next == sym_cube_cells(c) && next <= SYM_TAB_CELLS_MAX);
    insist(sym_cube_sensitivity(c) >= 1 && sym_cube_sensitivity(c) <= SYM_TAB_SENSITIVITY_MAX);
}

/* Of one incident at most the sensitivity, in all. */
static void check_count(const struct sym_cube *c, size_t levels, const struct sym_incident *i,
                        uint32_t records)
{
    size_t hit = 0;
    uint64_t sum = 0;
    size_t n = 0;
    uint64_t *cells = calloc(sym_cube_cells(c), sizeof *cells);
    insist(cells != NULL);
    insist(sym_cube_count(cells, &hit, c, i, records) == SYM_OK);
    for (size_t at = 0; at < sym_cube_cells(c); at++) {
        sum += cells[at];
        n += cells[at] > 0;
    }
    insist(n == hit && records * hit <= sym_cube_cells_per_incident(c) * levels);
    insist(records * sum <= i->count * sym_cube_sensitivity(c));
    free(cells);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_tab_query query;
    struct sym_incident incident;
    struct sym_fault fault = {0};
    struct sym_cube *c = NULL;
    struct sym_reader r = sym_reader(sym_span(data, size));
    struct sym_span first = sym_read_span(&r, sym_read_u16(&r));
    struct sym_span rest = sym_read_span(&r, r.left);
    if (r.err != SYM_OK || sym_decode(&arena, &query, &sym_msg_tab_query, first) != SYM_OK) {
        return 0;
    }
    enum sym_err err = sym_cube_new(&c, &query, &fault);
    insist((err == SYM_OK) == (c != NULL) && (err == SYM_OK) == (fault.text[0] == '\0'));
    if (err != SYM_OK) {
        return 0;
    }
    check_levels(c, query.n_levels);
    if (sym_cube_cells(c) <= CELLS_MAX && sym_incident_read(&incident, rest) == SYM_OK &&
        incident.count > 0) {
        check_count(c, query.n_levels, &incident, 1);
        check_count(c, query.n_levels, &incident, sym_cube_cells_per_incident(c));
    }
    sym_cube_free(c);
    return 0;
}
