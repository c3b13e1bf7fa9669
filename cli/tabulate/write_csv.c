#include "cli/tabulate/write.h"

#include "cli/ingest/csv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_BYTES 192u
#define FIELDS_MAX  (2u * SYM_TAB_DIMENSIONS_MAX + 14u)

struct row {
    char texts[FIELDS_MAX][FIELD_BYTES];
    struct sym_span fields[FIELDS_MAX];
    size_t n;
};

static void put(struct row *r, struct sym_span text)
{
    char *to = r->texts[r->n];
    r->fields[r->n++] = sym_span(to, sym_csv_disarm(to, FIELD_BYTES, text));
}

static void put_text(struct row *r, const char *text)
{
    put(r, sym_span_text(text));
}

static void put_number(struct row *r, uint64_t value)
{
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%" PRIu64, value);
    put_text(r, digits);
}

static void put_hundredths(struct row *r, uint64_t value)
{
    char digits[32];
    (void)snprintf(digits, sizeof digits, "%" PRIu64 ".%02" PRIu64, value / 100, value % 100);
    put_text(r, digits);
}

/* No formula, also below zero. */
static void put_decimal(struct row *r, double value, int digits)
{
    char *to = r->texts[r->n];
    int len = snprintf(to, FIELD_BYTES, "%.*f", digits, value);
    r->fields[r->n++] = sym_span(to, len > 0 ? (size_t)len : 0);
}

static void put_titles(FILE *to, struct row *r, const struct sym_view *v,
                       const struct sym_write_options *options)
{
    char title[FIELD_BYTES];
    r->n = 0;
    put_text(r, "level");
    for (size_t i = 0; i < v->query.n_dimensions; i++) {
        const char *name = sym_dimension_text(v->query.dimensions[i].dimension);
        put_text(r, name);
        (void)snprintf(title, sizeof title, "%s_name", name);
        put_text(r, title);
    }
    put_text(r, "status");
    put_text(r, "count");
    if (!v->is_preview) {
        put_text(r, "least");
        put_text(r, "most");
    }
    if (options->population != NULL) {
        put_text(r, "population");
        put_text(r, "per_100000");
        put_text(r, "per_100000_least");
        put_text(r, "per_100000_most");
    }
    if (options->spatial != NULL && options->spatial->has_scan) {
        put_text(r, "scan_cluster");
        put_text(r, "scan_p");
    }
    if (options->spatial != NULL && options->spatial->has_gi_star) {
        put_text(r, "gi_star");
        put_text(r, "gi_star_p");
        put_text(r, "gi_star_significant");
    }
    sym_csv_write(to, r->fields, r->n);
}

static void put_codes(struct row *r, const struct sym_view *v, size_t level, size_t cell)
{
    size_t places[SYM_TAB_DIMENSIONS_MAX];
    size_t n = v->query.levels[level].dimensions.len;
    size_t at = 0;
    sym_view_codes(places, v, level, cell);
    for (size_t i = 0; i < v->query.n_dimensions; i++) {
        if (at < n && sym_view_dimension(v, level, at) == i) {
            put(r, v->query.dimensions[i].codes[places[at]]);
            put_text(r, v->labels[i][places[at]].name);
            at++;
        } else {
            put_text(r, "");
            put_text(r, "");
        }
    }
}

static void put_rate(struct row *r, const struct sym_ranked *c, uint64_t half_width)
{
    uint64_t least = 0;
    uint64_t most = 0;
    if (c->count == 0 || c->population == 0) {
        for (size_t i = 0; i < 4; i++) {
            put_text(r, "");
        }
        return;
    }
    sym_interval(&least, &most, c->count, half_width);
    put_number(r, c->population);
    put_hundredths(r, sym_rate_hundredths(c->count, c->population));
    put_hundredths(r, sym_rate_hundredths(least, c->population));
    put_hundredths(r, sym_rate_hundredths(most, c->population));
}

static void put_spatial(struct row *r, const struct sym_spatial *s, size_t level, size_t cell)
{
    size_t place = 0;
    bool found = sym_spatial_find(&place, s, level, cell);
    if (s != NULL && s->has_scan && found && s->cluster_of[place] > 0) {
        put_number(r, s->cluster_of[place]);
        put_decimal(r, sym_spatial_p(s, &s->scan.clusters[s->cluster_of[place] - 1]), 3);
    } else if (s != NULL && s->has_scan) {
        put_text(r, "");
        put_text(r, "");
    }
    if (s != NULL && s->has_gi_star && found) {
        put_decimal(r, s->gi[place], 3);
        put_decimal(r, sym_gi_star_p(s->gi[place]), 6);
        put_text(r, sym_spatial_is_significant(s, place) ? "true" : "false");
    } else if (s != NULL && s->has_gi_star) {
        put_text(r, "");
        put_text(r, "");
        put_text(r, "");
    }
}

static void put_cell(FILE *to, struct row *r, const struct sym_view *v, size_t level,
                     const struct sym_ranked *c, const struct sym_write_options *options)
{
    char title[SYM_LEVEL_BYTES];
    uint64_t least = 0;
    uint64_t most = 0;
    bool shown = c->count > 0;
    r->n = 0;
    sym_level_text(title, &v->query, level);
    put_text(r, title);
    put_codes(r, v, level, c->cell);
    put_text(r, v->is_preview ? "own" : shown ? "released" : "suppressed");
    if (shown || v->is_preview) {
        put_number(r, c->count);
    } else {
        put_text(r, "");
    }
    if (!v->is_preview && shown) {
        sym_interval(&least, &most, c->count, v->release.half_width);
        put_number(r, least);
        put_number(r, most);
    } else if (!v->is_preview) {
        put_text(r, "");
        put_text(r, "");
    }
    if (options->population != NULL) {
        put_rate(r, c, v->is_preview ? 0 : v->release.half_width);
    }
    put_spatial(r, options->spatial, level, c->cell);
    sym_csv_write(to, r->fields, r->n);
}

enum sym_err sym_write_csv(FILE *to, const struct sym_view *v,
                           const struct sym_write_options *options)
{
    struct row row = {.n = 0};
    enum sym_err err = SYM_OK;
    put_titles(to, &row, v, options);
    for (size_t level = 0; err == SYM_OK && level < v->query.n_levels; level++) {
        struct sym_ranked *ranked = NULL;
        size_t first = 0;
        size_t n_cells = 0;
        size_t n = 0;
        err = sym_ranking_make(&ranked, &n, v, level, options->population);
        if (err != SYM_OK) {
            break;
        }
        for (size_t i = 0; i < n; i++) {
            put_cell(to, &row, v, level, &ranked[i], options);
        }
        free(ranked);
        sym_cube_level(v->cube, level, &first, &n_cells);
        for (size_t i = 0; i < n_cells; i++) {
            const struct sym_ranked empty = {.cell = (uint32_t)i};
            if (v->cells[first + i] == 0) {
                put_cell(to, &row, v, level, &empty, options);
            }
        }
    }
    return err;
}
