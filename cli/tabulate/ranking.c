#include "cli/tabulate/ranking.h"

#include <stdlib.h>

#define HUNDREDTHS_PER_100000 UINT64_C(10000000)

/* More of a rate first; without population last; then more counts; then as in the cube. */
static int compare(const void *a, const void *b)
{
    const struct sym_ranked *x = a;
    const struct sym_ranked *y = b;
    if ((x->population > 0) != (y->population > 0)) {
        return x->population > 0 ? -1 : 1;
    }
    if (x->population > 0) {
        uint64_t rate_x = sym_rate_hundredths(x->count, x->population);
        uint64_t rate_y = sym_rate_hundredths(y->count, y->population);
        if (rate_x != rate_y) {
            return rate_x > rate_y ? -1 : 1;
        }
    }
    if (x->count != y->count) {
        return x->count > y->count ? -1 : 1;
    }
    return x->cell < y->cell ? -1 : x->cell > y->cell;
}

/* The dimension of the level whose places have populations: where it happened, else whence, else
 * whither. */
static size_t place_of(const struct sym_view *v, size_t level)
{
    static const enum sym_dimension_role roles[] = {SYM_ROLE_PLACE, SYM_ROLE_ORIGIN,
                                                    SYM_ROLE_DESTINATION};
    size_t n = v->query.levels[level].dimensions.len;
    for (size_t r = 0; r < 3; r++) {
        for (size_t i = 0; i < n; i++) {
            uint32_t d = v->query.dimensions[sym_view_dimension(v, level, i)].dimension;
            if (sym_dimension_role((enum sym_dimension)d) == roles[r]) {
                return i;
            }
        }
    }
    return n;
}

enum sym_err sym_ranking_make(struct sym_ranked **out, size_t *n, const struct sym_view *v,
                              size_t level, const struct sym_population *population)
{
    size_t first = 0;
    size_t n_cells = 0;
    size_t n_ranked = 0;
    size_t place = place_of(v, level);
    bool has_place = population != NULL && place < v->query.levels[level].dimensions.len;
    sym_cube_level(v->cube, level, &first, &n_cells);
    struct sym_ranked *ranked = calloc(n_cells > 0 ? n_cells : 1, sizeof *ranked);
    if (ranked == NULL) {
        return SYM_NO_MEMORY;
    }
    for (size_t i = 0; i < n_cells; i++) {
        if (v->cells[first + i] == 0) {
            continue;
        }
        struct sym_ranked *r = &ranked[n_ranked++];
        *r = (struct sym_ranked){.cell = (uint32_t)i, .count = v->cells[first + i]};
        if (has_place) {
            size_t places[SYM_TAB_DIMENSIONS_MAX];
            sym_view_codes(places, v, level, i);
            size_t d = sym_view_dimension(v, level, place);
            r->population =
                sym_population_of(population, v->query.dimensions[d].codes[places[place]]);
        }
    }
    qsort(ranked, n_ranked, sizeof *ranked, compare);
    *out = ranked;
    *n = n_ranked;
    return SYM_OK;
}

uint64_t sym_rate_hundredths(uint64_t count, uint64_t population)
{
    uint64_t whole = count / population;
    uint64_t rest = count % population;
    return whole * HUNDREDTHS_PER_100000 +
           (rest * HUNDREDTHS_PER_100000 + population / 2) / population;
}

void sym_interval(uint64_t *least, uint64_t *most, uint64_t count, uint64_t half_width)
{
    *least = count > half_width ? count - half_width : 0;
    *most = count + half_width;
}
