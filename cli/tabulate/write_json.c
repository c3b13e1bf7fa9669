#include "cli/tabulate/write.h"

#include "cli/json.h"
#include "cli/noise_json.h"
#include "cli/tabulate/write_spatial.h"
#include "proto/exchange.h"

static const char *const role_texts[] = {[SYM_ROLE_PLACE] = "place",
                                         [SYM_ROLE_ORIGIN] = "origin",
                                         [SYM_ROLE_DESTINATION] = "destination",
                                         [SYM_ROLE_TIME] = "time",
                                         [SYM_ROLE_CATEGORY] = "category"};

static void put_points(struct sym_json *j, const struct sym_view *v, size_t dimension)
{
    bool any = false;
    for (size_t i = 0; i < v->query.dimensions[dimension].n_codes; i++) {
        any = any || v->labels[dimension][i].has_point;
    }
    sym_json_array(j, "points");
    for (size_t i = 0; any && i < v->query.dimensions[dimension].n_codes; i++) {
        const struct sym_label *l = &v->labels[dimension][i];
        if (!l->has_point) {
            sym_json_null(j, NULL);
            continue;
        }
        sym_json_array(j, NULL);
        sym_json_integer(j, NULL, l->longitude_e6);
        sym_json_integer(j, NULL, l->latitude_e6);
        sym_json_end(j);
    }
    sym_json_end(j);
}

static void put_dimension(struct sym_json *j, const struct sym_view *v, size_t dimension)
{
    const struct sym_tab_dimension *d = &v->query.dimensions[dimension];
    char label[32];
    (void)snprintf(label, sizeof label, "%s", sym_dimension_text(d->dimension));
    label[0] = (char)(label[0] >= 'a' && label[0] <= 'z' ? label[0] - 'a' + 'A' : label[0]);
    sym_json_object(j, NULL);
    sym_json_string(j, "id", sym_dimension_text(d->dimension));
    sym_json_string(j, "label", label);
    sym_json_string(j, "role", role_texts[sym_dimension_role((enum sym_dimension)d->dimension)]);
    sym_json_array(j, "codes");
    for (size_t i = 0; i < d->n_codes; i++) {
        sym_json_text(j, NULL, d->codes[i]);
    }
    sym_json_end(j);
    sym_json_array(j, "labels");
    for (size_t i = 0; i < d->n_codes; i++) {
        sym_json_string(j, NULL, v->labels[dimension][i].name);
    }
    sym_json_end(j);
    put_points(j, v, dimension);
    sym_json_end(j);
}

static void put_level(struct sym_json *j, const struct sym_view *v, size_t level)
{
    size_t first = 0;
    size_t n = 0;
    sym_cube_level(v->cube, level, &first, &n);
    sym_json_object(j, NULL);
    sym_json_array(j, "dimensions");
    for (size_t i = 0; i < v->query.levels[level].dimensions.len; i++) {
        uint32_t d = v->query.dimensions[sym_view_dimension(v, level, i)].dimension;
        sym_json_string(j, NULL, sym_dimension_text(d));
    }
    sym_json_end(j);
    if (!v->is_preview) {
        sym_json_number(j, "half_width", v->release.half_width);
        sym_json_number(j, "threshold", v->release.threshold);
    }
    sym_json_array(j, "cells");
    for (size_t i = 0; i < n; i++) {
        if (v->cells[first + i] == 0 && !v->is_preview) {
            sym_json_null(j, NULL);
        } else {
            sym_json_number(j, NULL, v->cells[first + i]);
        }
    }
    sym_json_end(j);
    sym_json_end(j);
}

static void put_cube(struct sym_json *j, const struct sym_view *v)
{
    sym_json_array(j, "dimensions");
    for (size_t i = 0; i < v->query.n_dimensions; i++) {
        put_dimension(j, v, i);
    }
    sym_json_end(j);
    sym_json_array(j, "levels");
    for (size_t i = 0; i < v->query.n_levels; i++) {
        put_level(j, v, i);
    }
    sym_json_end(j);
}

static void put_measure(struct sym_json *j, const struct sym_view *v)
{
    sym_json_object(j, "measure");
    sym_json_string(j, "unit", v->query.unit == SYM_TAB_PERSONS ? "persons" : "incidents");
    sym_json_number(j, "cells_per_incident", v->query.cells_per_incident);
    sym_json_end(j);
}

static void put_privacy(struct sym_json *j, const struct sym_view *v)
{
    const struct sym_release *r = &v->release;
    sym_noise_put_json(j, &(struct sym_noise_told){.distribution = "discrete-laplace-shares",
                                                   .epsilon_nano = v->query.epsilon_nano,
                                                   .sensitivity = r->sensitivity,
                                                   .half_width = r->half_width,
                                                   .threshold = r->threshold,
                                                   .cells = r->cells,
                                                   .suppressed = r->suppressed,
                                                   .ghosts_per_million = r->ghosts_per_million});
}

static void put_members(struct sym_json *j, const struct sym_view *v)
{
    sym_json_array(j, "members");
    for (size_t i = 0; i < sym_release_asked(v); i++) {
        bool included = false;
        struct sym_span member = sym_release_member(&included, v, i);
        sym_json_object(j, NULL);
        sym_json_hex(j, "id", member);
        sym_json_text(j, "alias", sym_party_alias(&v->parties, member));
        sym_json_bool(j, "self", sym_party_is_self(&v->parties, member));
        sym_json_bool(j, "included", included);
        sym_json_end(j);
    }
    sym_json_end(j);
}

static void put_release(struct sym_json *j, const struct sym_view *v,
                        const struct sym_spatial *spatial)
{
    const struct sym_release *r = &v->release;
    char remark[SYM_REMARK_BYTES];
    char asker[SYM_PARTY_BYTES];
    sym_party_name(asker, &v->parties, r->initiator);
    sym_json_string(j, "format", "symbolon-release/1");
    sym_json_string(j, "kind", sym_tab_shape_text(v->query.shape));
    sym_json_hex(j, "exchange", sym_span(v->id, sizeof v->id));
    sym_json_hex(j, "query_id", r->qid);
    sym_json_time(j, "released", r->released_ms / 1000);
    sym_json_string(j, "purpose", sym_purpose_text(r->purpose));
    sym_json_string(j, "basis", sym_basis_text(r->basis));
    sym_json_string(j, "asker", asker);
    sym_json_text(j, "dataset", r->dataset);
    put_measure(j, v);
    sym_json_object(j, "cohort");
    sym_json_number(j, "asked", sym_release_asked(v));
    sym_json_number(j, "included", sym_release_included(v));
    sym_json_number(j, "threshold", r->quorum);
    put_members(j, v);
    sym_json_end(j);
    put_privacy(j, v);
    put_cube(j, v);
    sym_spatial_json(j, spatial, v);
    sym_proof_put_json(j, &v->proof);
    sym_json_array(j, "notes");
    for (size_t i = 0; sym_release_remark(remark, v, i); i++) {
        sym_json_string(j, NULL, remark);
    }
    sym_json_end(j);
}

static void put_preview(struct sym_json *j, const struct sym_view *v)
{
    sym_json_string(j, "format", "symbolon-preview/1");
    sym_json_string(j, "kind", sym_tab_shape_text(v->query.shape));
    sym_json_text(j, "dataset", v->dataset);
    sym_json_number(j, "records", v->records);
    sym_json_number(j, "left_out", v->left_out);
    put_measure(j, v);
    put_cube(j, v);
}

enum sym_err sym_write_json(FILE *to, const struct sym_view *v,
                            const struct sym_write_options *options)
{
    struct sym_json *j = sym_json_new(to);
    sym_json_object(j, NULL);
    if (v->is_preview) {
        put_preview(j, v);
    } else {
        put_release(j, v, options->spatial);
    }
    sym_json_end(j);
    return sym_json_finish(j);
}
