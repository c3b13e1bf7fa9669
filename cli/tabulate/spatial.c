#include "cli/tabulate/spatial.h"

#include <math.h>
#include <stdlib.h>

#define NANO       1e9
#define NORMAL_95  1.959963984540054
#define PLACES_MAX SYM_SCAN_PLACES_MAX

_Static_assert(SYM_SCAN_PLACES_MAX <= SYM_GI_STAR_PLACES_MAX, "both take the same places");

/* The first level that is of places alone; the number of levels where there is none. */
static size_t find_level(const struct sym_tab_query *q)
{
    for (size_t i = 0; i < q->n_levels; i++) {
        struct sym_span of = q->levels[i].dimensions;
        uint32_t d = of.len == 1 ? q->dimensions[of.data[0]].dimension : 0;
        if (of.len == 1 && sym_dimension_role((enum sym_dimension)d) == SYM_ROLE_PLACE) {
            return i;
        }
    }
    return q->n_levels;
}

enum sym_err sym_spatial_check(const struct sym_tab_query *query, const struct sym_target *target,
                               bool is_preview, struct sym_fault *fault)
{
    const char *what = target->scan ? "--scan" : "--gi-star";
    size_t level = find_level(query);
    if (!target->scan && !target->gi_star) {
        return SYM_OK;
    }
    if (is_preview) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%s: is of what was released; a preview has the counts of one node", what);
    }
    if (level == query->n_levels) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%s: no level is of places alone; \"symbolon hotspots\" has one, or say so "
                        "with --levels",
                        what);
    }
    size_t n = query->dimensions[query->levels[level].dimensions.data[0]].n_codes;
    return n <= PLACES_MAX
               ? SYM_OK
               : sym_fail(fault, SYM_BAD_VALUE,
                          "%s: %zu places are more than %u; narrow them with --only, or take a "
                          "coarser dimension",
                          what, n, PLACES_MAX);
}

/* The cells that are places, and what is known of them. */
static void collect(struct sym_spatial *s, const struct sym_view *v,
                    const struct sym_population *population)
{
    size_t dimension = sym_view_dimension(v, s->level, 0);
    const struct sym_tab_dimension *d = &v->query.dimensions[dimension];
    size_t first = 0;
    size_t n = 0;
    sym_cube_level(v->cube, s->level, &first, &n);
    for (size_t i = 0; i < n; i++) {
        const struct sym_label *l = &v->labels[dimension][i];
        uint64_t people = population != NULL ? sym_population_of(population, d->codes[i]) : 1;
        if (!l->has_point || people == 0) {
            s->left_out++;
            continue;
        }
        s->values[s->n] = (struct sym_scan_place){
            .at = sym_point_on_earth(l->latitude_e6, l->longitude_e6),
            .population = (double)people,
            .count = (double)v->cells[first + i],
            .shown = v->cells[first + i] > 0,
        };
        s->cells[s->n] = (uint32_t)i;
        s->places[i] = (uint32_t)++s->n;
    }
}

/* Without population: counts, with the middle of what a place that is not shown may hold. With it:
 * what exceeds the expected count, in standard deviations, those of the noise included. */
static void value_places(double *values, const struct sym_spatial *s)
{
    if (!s->by_excess) {
        for (size_t i = 0; i < s->n; i++) {
            values[i] = s->values[i].shown ? s->values[i].count : (s->rules.threshold - 1) / 2;
        }
        return;
    }
    double noise = sym_chance_noise_variance(&s->rules.noise);
    double rate = sym_scan_rate(values, s->values, s->n, s->rules.threshold);
    for (size_t i = 0; i < s->n; i++) {
        double expected = rate * s->values[i].population;
        double spread = sqrt(expected + noise);
        values[i] = spread > 0 ? (values[i] - expected) / spread : 0;
    }
}

static enum sym_err run_gi_star(struct sym_spatial *s)
{
    double *values = calloc(s->n + 1, sizeof *values);
    struct sym_point *at = calloc(s->n + 1, sizeof *at);
    enum sym_err err = values != NULL && at != NULL ? SYM_OK : SYM_NO_MEMORY;
    if (err == SYM_OK) {
        value_places(values, s);
        for (size_t i = 0; i < s->n; i++) {
            at[i] = s->values[i].at;
        }
        err = sym_gi_star(s->gi, at, values, s->n);
    }
    if (err == SYM_OK) {
        for (size_t i = 0; i < s->n; i++) {
            values[i] = sym_gi_star_p(s->gi[i]);
        }
        s->gi_limit = sym_gi_star_limit(values, s->n);
    }
    free(values);
    free(at);
    return err;
}

static enum sym_err make(struct sym_spatial *s, const struct sym_view *v,
                         const struct sym_population *population)
{
    size_t first = 0;
    size_t n = 0;
    s->level = find_level(&v->query);
    sym_cube_level(v->cube, s->level, &first, &n);
    s->cells = calloc(n, sizeof *s->cells);
    s->places = calloc(n, sizeof *s->places);
    s->values = calloc(n, sizeof *s->values);
    s->cluster_of = calloc(n, sizeof *s->cluster_of);
    s->gi = calloc(n, sizeof *s->gi);
    if (s->cells == NULL || s->places == NULL || s->values == NULL || s->cluster_of == NULL ||
        s->gi == NULL) {
        return SYM_NO_MEMORY;
    }
    const struct sym_release *r = &v->release;
    s->rules = (struct sym_scan_rules){
        .noise = {.a = (double)v->query.epsilon_nano / NANO / r->sensitivity,
                  .shares = fmax((double)r->survivors.len / r->noise_shares, 1)},
        .threshold = (double)r->threshold,
        .repetitions = SYM_SPATIAL_REPETITIONS,
        .seed = SYM_SPATIAL_SEED,
    };
    collect(s, v, population);
    enum sym_err err = SYM_OK;
    if (s->has_scan) {
        err = sym_scan_run(&s->scan, s->cluster_of, s->values, s->n, &s->rules);
    }
    return err == SYM_OK && s->has_gi_star ? run_gi_star(s) : err;
}

enum sym_err sym_spatial_new(struct sym_spatial **out, const struct sym_view *v,
                             const struct sym_target *target,
                             const struct sym_population *population, struct sym_fault *fault)
{
    *out = NULL;
    enum sym_err err = sym_spatial_check(&v->query, target, v->is_preview, fault);
    if (err != SYM_OK || (!target->scan && !target->gi_star)) {
        return err;
    }
    struct sym_spatial *s = calloc(1, sizeof *s);
    err = s != NULL ? SYM_OK : SYM_NO_MEMORY;
    if (err == SYM_OK) {
        s->has_scan = target->scan;
        s->has_gi_star = target->gi_star;
        s->by_excess = population != NULL;
        err = make(s, v, population);
    }
    if (err != SYM_OK) {
        sym_spatial_free(s);
        return sym_fail(fault, err, "the clusters %s", sym_err_text(err));
    }
    *out = s;
    return SYM_OK;
}

void sym_spatial_free(struct sym_spatial *s)
{
    if (s != NULL) {
        free(s->cells);
        free(s->places);
        free(s->values);
        free(s->cluster_of);
        free(s->gi);
        free(s);
    }
}

bool sym_spatial_find(size_t *place, const struct sym_spatial *s, size_t level, size_t cell)
{
    if (s == NULL || level != s->level || s->places[cell] == 0) {
        return false;
    }
    *place = s->places[cell] - 1;
    return true;
}

double sym_spatial_p(const struct sym_spatial *s, const struct sym_scan_cluster *c)
{
    return (c->at_least + 1.0) / (s->rules.repetitions + 1.0);
}

double sym_spatial_half_width(const struct sym_spatial *s, const struct sym_scan_cluster *c)
{
    return NORMAL_95 * sqrt((double)c->shown * sym_chance_noise_variance(&s->rules.noise));
}

bool sym_spatial_is_significant(const struct sym_spatial *s, size_t place)
{
    return sym_gi_star_p(s->gi[place]) <= s->gi_limit;
}
