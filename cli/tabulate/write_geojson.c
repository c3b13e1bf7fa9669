#include "cli/tabulate/write.h"

#include "cli/epsilon.h"
#include "cli/json.h"
#include "cli/tabulate/write_spatial.h"

#include <stdlib.h>
#include <string.h>

/* Where a level lies on a map: at a place, or from an origin to a destination; n where it has no
 * such dimension. */
struct geometry {
    size_t n; /* dimensions of the level */
    size_t place;
    size_t origin;
    size_t destination;
};

static struct geometry geometry_of(const struct sym_view *v, size_t level)
{
    size_t n = v->query.levels[level].dimensions.len;
    struct geometry g = {n, n, n, n};
    for (size_t i = 0; i < n; i++) {
        uint32_t d = v->query.dimensions[sym_view_dimension(v, level, i)].dimension;
        enum sym_dimension_role role = sym_dimension_role((enum sym_dimension)d);
        if (role == SYM_ROLE_ORIGIN) {
            g.origin = i;
        } else if (role == SYM_ROLE_DESTINATION) {
            g.destination = i;
        } else if (role == SYM_ROLE_PLACE && g.place == n) {
            g.place = i;
        }
    }
    if (g.origin < n && g.destination == n) { /* recorded are origin and place, not the way */
        g.destination = g.place;
    }
    if (g.origin == n || g.destination == n) {
        g.place = g.place < n ? g.place : g.origin < n ? g.origin : g.destination;
    }
    return g;
}

static bool is_route(const struct geometry *g)
{
    return g->origin < g->n && g->destination < g->n;
}

static const struct sym_label *label_of(const struct sym_view *v, size_t level, size_t at,
                                        const size_t *places)
{
    return &v->labels[sym_view_dimension(v, level, at)][places[at]];
}

static void put_position(struct sym_json *j, const char *key, const struct sym_label *l)
{
    sym_json_array(j, key);
    sym_json_millionths(j, NULL, l->longitude_e6);
    sym_json_millionths(j, NULL, l->latitude_e6);
    sym_json_end(j);
}

/* A country to itself is a point, not a line without length. */
static void put_geometry(struct sym_json *j, const struct sym_label *from,
                         const struct sym_label *to)
{
    bool is_line = to != NULL &&
                   (from->longitude_e6 != to->longitude_e6 || from->latitude_e6 != to->latitude_e6);
    sym_json_object(j, "geometry");
    sym_json_string(j, "type", is_line ? "LineString" : "Point");
    if (is_line) {
        sym_json_array(j, "coordinates");
        put_position(j, NULL, from);
        put_position(j, NULL, to);
        sym_json_end(j);
    } else {
        put_position(j, "coordinates", from);
    }
    sym_json_end(j);
}

static void put_codes(struct sym_json *j, const struct sym_view *v, size_t level,
                      const size_t *places)
{
    for (size_t i = 0; i < v->query.levels[level].dimensions.len; i++) {
        size_t d = sym_view_dimension(v, level, i);
        const char *name = sym_dimension_text(v->query.dimensions[d].dimension);
        const struct sym_label *l = label_of(v, level, i, places);
        char key[64];
        sym_json_text(j, name, v->query.dimensions[d].codes[places[i]]);
        if (l->has_point) {
            (void)snprintf(key, sizeof key, "%s_name", name);
            sym_json_string(j, key, l->name);
        }
    }
}

/* The name that a map shows: of the place, or "Nigeria to Italy". */
static void put_name(struct sym_json *j, const struct sym_label *from, const struct sym_label *to)
{
    char name[512];
    (void)snprintf(name, sizeof name, "%s%s%s", from->name, to != NULL ? " to " : "",
                   to != NULL ? to->name : "");
    sym_json_string(j, "name", name);
}

static bool put_feature(struct sym_json *j, const struct sym_view *v, size_t level,
                        const struct geometry *g, const struct sym_ranked *r,
                        const struct sym_spatial *spatial)
{
    size_t places[SYM_TAB_DIMENSIONS_MAX];
    char title[SYM_LEVEL_BYTES];
    uint64_t least = 0;
    uint64_t most = 0;
    sym_view_codes(places, v, level, r->cell);
    bool route = is_route(g);
    const struct sym_label *from = label_of(v, level, route ? g->origin : g->place, places);
    const struct sym_label *to = route ? label_of(v, level, g->destination, places) : NULL;
    if (!from->has_point || (to != NULL && !to->has_point)) {
        return false;
    }
    sym_level_text(title, &v->query, level);
    sym_json_object(j, NULL);
    sym_json_string(j, "type", "Feature");
    put_geometry(j, from, to);
    sym_json_object(j, "properties");
    put_name(j, from, to);
    sym_json_string(j, "level", title);
    put_codes(j, v, level, places);
    sym_json_number(j, "count", r->count);
    if (!v->is_preview) {
        sym_interval(&least, &most, r->count, v->release.half_width);
        sym_json_number(j, "least", least);
        sym_json_number(j, "most", most);
    }
    if (r->population > 0) {
        sym_json_number(j, "population", r->population);
        sym_json_millionths(j, "per_100000",
                            (int64_t)sym_rate_hundredths(r->count, r->population) * 10000);
    }
    sym_spatial_properties(j, spatial, level, r->cell);
    sym_json_end(j);
    sym_json_end(j);
    return true;
}

struct tally {
    size_t suppressed;
    size_t without_point;
    size_t levels_without_place;
};

static enum sym_err put_features(struct sym_json *j, struct tally *t, const struct sym_view *v,
                                 size_t level, const struct sym_write_options *options)
{
    struct geometry g = geometry_of(v, level);
    struct sym_ranked *ranked = NULL;
    size_t n = 0;
    if (g.place == g.n && !is_route(&g)) {
        t->levels_without_place++;
        return SYM_OK;
    }
    enum sym_err err = sym_ranking_make(&ranked, &n, v, level, options->population);
    for (size_t i = 0; err == SYM_OK && i < n; i++) {
        t->without_point += !put_feature(j, v, level, &g, &ranked[i], options->spatial);
    }
    t->suppressed += sym_level_suppressed(v, level);
    free(ranked);
    return err;
}

/* What a map must say of its numbers: members beside the features, as RFC 7946 allows. */
static void put_provenance(struct sym_json *j, const struct sym_view *v)
{
    const struct sym_release *r = &v->release;
    char epsilon[SYM_EPSILON_BYTES];
    char remark[SYM_REMARK_BYTES];
    sym_epsilon_text(epsilon, v->query.epsilon_nano);
    sym_json_string(j, "kind", sym_tab_shape_text(v->query.shape));
    sym_json_hex(j, "exchange", sym_span(v->id, sizeof v->id));
    sym_json_hex(j, "query_id", r->qid);
    sym_json_time(j, "released", r->released_ms / 1000);
    sym_json_string(j, "unit", v->query.unit == SYM_TAB_PERSONS ? "persons" : "incidents");
    sym_json_number(j, "participants", sym_release_included(v));
    sym_json_number(j, "participants_asked", sym_release_asked(v));
    sym_json_string(j, "epsilon", epsilon);
    sym_json_number(j, "half_width", r->half_width);
    sym_json_number(j, "threshold", r->threshold);
    sym_json_array(j, "notes");
    for (size_t i = 0; sym_release_remark(remark, v, i); i++) {
        sym_json_string(j, NULL, remark);
    }
    sym_json_end(j);
}

enum sym_err sym_write_geojson(FILE *to, const struct sym_view *v,
                               const struct sym_write_options *options)
{
    struct sym_json *j = sym_json_new(to);
    struct tally t = {0};
    enum sym_err err = SYM_OK;
    sym_json_object(j, NULL);
    sym_json_string(j, "type", "FeatureCollection");
    sym_json_array(j, "features");
    for (size_t i = 0; err == SYM_OK && i < v->query.n_levels; i++) {
        err = put_features(j, &t, v, i, options);
    }
    sym_json_end(j);
    sym_json_number(j, v->is_preview ? "empty" : "suppressed", t.suppressed);
    sym_json_number(j, "without_point", t.without_point);
    sym_json_number(j, "levels_without_place", t.levels_without_place);
    if (!v->is_preview) {
        sym_spatial_json(j, options->spatial, v);
        put_provenance(j, v);
    }
    sym_json_end(j);
    enum sym_err written = sym_json_finish(j);
    return err == SYM_OK ? written : err;
}
