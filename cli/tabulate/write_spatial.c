#include "cli/tabulate/write_spatial.h"

#include "cli/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MILLI       1e3
#define MILLIONTHS  1e6
#define CODES_SHOWN 12u
#define CODES_BYTES (CODES_SHOWN * (SYM_CODE_BYTES_MAX + 2u) + 32u)
#define NAME_BYTES  256u

static struct sym_span code_of(const struct sym_spatial *s, const struct sym_view *v, size_t place)
{
    size_t d = sym_view_dimension(v, s->level, 0);
    return v->query.dimensions[d].codes[s->cells[place]];
}

static void name_place(char name[NAME_BYTES], const struct sym_spatial *s, const struct sym_view *v,
                       size_t place)
{
    struct sym_span code = code_of(s, v, place);
    const char *text = v->labels[sym_view_dimension(v, s->level, 0)][s->cells[place]].name;
    bool same = sym_span_equal(code, sym_span_text(text));
    (void)snprintf(name, NAME_BYTES, "%.*s%s%s", (int)code.len, (const char *)code.data,
                   same ? "" : " ", same ? "" : text);
}

/* Tables -------------------------------------------------------------------------------------- */

/* "IT, MT and 3 more" */
static void list_codes(char text[CODES_BYTES], const struct sym_spatial *s,
                       const struct sym_view *v, size_t cluster)
{
    size_t done = 0;
    size_t used = 0;
    size_t n = s->scan.clusters[cluster].n;
    text[0] = '\0';
    for (size_t i = 0; i < s->n && done < CODES_SHOWN; i++) {
        if (s->cluster_of[i] == cluster + 1) {
            struct sym_span code = code_of(s, v, i);
            (void)snprintf(text + used, CODES_BYTES - used, "%s%.*s", done++ > 0 ? ", " : "",
                           (int)code.len, (const char *)code.data);
            used = strlen(text);
        }
    }
    if (n > done) {
        (void)snprintf(text + used, CODES_BYTES - used, " and %zu more", n - done);
    }
}

static void put_cluster(struct sym_table *t, const struct sym_spatial *s, const struct sym_view *v,
                        size_t cluster)
{
    const struct sym_scan_cluster *c = &s->scan.clusters[cluster];
    double half = sym_spatial_half_width(s, c);
    char name[NAME_BYTES];
    char codes[CODES_BYTES];
    name_place(name, s, v, c->centre);
    list_codes(codes, s, v, cluster);
    sym_table_format(t, "%zu", cluster + 1);
    sym_table_text(t, sym_span_text(name));
    sym_table_format(t, "%.0f km", sym_point_km(c->square));
    sym_table_format(t, "%.0f", c->observed);
    sym_table_format(t, "%.0f to %.0f", fmax(c->observed - half, 0), c->observed + half);
    sym_table_format(t, "%.1f", c->expected);
    sym_table_format(t, isinf(c->relative_risk) ? "-" : "%.2f", c->relative_risk);
    sym_table_format(t, "%.3f", c->llr);
    sym_table_format(t, "%.3f", sym_spatial_p(s, c));
    sym_table_text(t, sym_span_text(codes));
}

static void put_left_out(FILE *to, const struct sym_spatial *s, bool by_population)
{
    (void)fprintf(to, "%zu of %zu codes take part; the others have no point%s.\n", s->n,
                  s->n + s->left_out, by_population ? " or no population" : "");
}

static enum sym_err scan_table(FILE *to, const struct sym_spatial *s, const struct sym_view *v)
{
    static const struct sym_column columns[] = {{.title = "#", .right = true},
                                                {.title = "around"},
                                                {.title = "radius", .right = true},
                                                {.title = "count", .right = true},
                                                {.title = "95 % interval"},
                                                {.title = "expected", .right = true},
                                                {.title = "relative risk", .right = true},
                                                {.title = "log ratio", .right = true},
                                                {.title = "p", .right = true},
                                                {.title = "places"}};
    char title[SYM_LEVEL_BYTES];
    enum sym_err err = SYM_OK;
    sym_level_text(title, &v->query, s->level);
    (void)fprintf(to, "\n%s: scan statistic\n", title);
    if (s->scan.n_clusters > 0) {
        struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
        for (size_t i = 0; i < s->scan.n_clusters; i++) {
            put_cluster(t, s, v, i);
        }
        err = sym_table_print(t, to);
    } else {
        (void)fprintf(to, "No circle holds more than its share.\n");
    }
    put_left_out(to, s, true);
    (void)fprintf(to,
                  "p is of %" PRIu32 " repetitions with equal rates, noise and threshold; seed "
                  "%" PRIu64 ". Places not shown\nare taken to hold what their population would, "
                  "at most %.0f.\n",
                  s->rules.repetitions, s->rules.seed, s->rules.threshold - 1);
    return err;
}

/* A place and its score, to be sorted. */
struct scored {
    double gi;
    size_t place;
};

static int hotter(const void *a, const void *b)
{
    const struct scored *x = a;
    const struct scored *y = b;
    if (x->gi < y->gi || x->gi > y->gi) {
        return x->gi > y->gi ? -1 : 1;
    }
    return x->place < y->place ? -1 : x->place > y->place;
}

static enum sym_err gi_star_rows(FILE *to, const struct sym_spatial *s, const struct sym_view *v,
                                 size_t shown)
{
    static const struct sym_column columns[] = {
        {.title = "#", .right = true},     {.title = "place"},
        {.title = "count", .right = true}, {.title = "Gi*", .right = true},
        {.title = "p", .right = true},     {.title = ""}};
    struct scored *rows = calloc(s->n + 1, sizeof *rows);
    if (rows == NULL) {
        return SYM_NO_MEMORY;
    }
    for (size_t i = 0; i < s->n; i++) {
        rows[i] = (struct scored){s->gi[i], i};
    }
    qsort(rows, s->n, sizeof *rows, hotter);
    struct sym_table *t = sym_table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < shown; i++) {
        const struct sym_scan_place *value = &s->values[rows[i].place];
        char name[NAME_BYTES];
        bool significant = sym_spatial_is_significant(s, rows[i].place);
        name_place(name, s, v, rows[i].place);
        sym_table_format(t, "%zu", i + 1);
        sym_table_text(t, sym_span_text(name));
        sym_table_format(t, value->shown ? "%.0f" : "-", value->count);
        sym_table_format(t, "%.3f", rows[i].gi);
        sym_table_format(t, "%.4f", sym_gi_star_p(rows[i].gi));
        sym_table_format(t, "%s", !significant ? "" : rows[i].gi > 0 ? "hot" : "cold");
    }
    free(rows);
    return sym_table_print(t, to);
}

static enum sym_err gi_star_table(FILE *to, const struct sym_spatial *s, const struct sym_view *v,
                                  size_t top)
{
    char title[SYM_LEVEL_BYTES];
    size_t shown = top > 0 && s->n > top ? top : s->n;
    enum sym_err err = SYM_OK;
    sym_level_text(title, &v->query, s->level);
    (void)fprintf(to, "\n%s: Gi*\n", title);
    if (shown > 0) {
        err = gi_star_rows(to, s, v, shown);
    }
    if (s->n > shown) {
        (void)fprintf(to, "%zu more have a score; --top 0 shows them all\n", s->n - shown);
    }
    put_left_out(to, s, s->by_excess);
    (void)fprintf(to,
                  "Of %s, with the %zu nearest places; hot or cold: of those found, 5 in 100 may "
                  "be false.\n",
                  s->by_excess ? "what exceeds the expected count" : "counts",
                  sym_gi_star_neighbours(s->n));
    return err;
}

enum sym_err sym_spatial_table(FILE *to, const struct sym_spatial *s, const struct sym_view *v,
                               size_t top)
{
    enum sym_err err = SYM_OK;
    if (s != NULL && s->has_scan) {
        err = scan_table(to, s, v);
    }
    return err == SYM_OK && s != NULL && s->has_gi_star ? gi_star_table(to, s, v, top) : err;
}

/* JSON ---------------------------------------------------------------------------------------- */

static void put_whole(struct sym_json *j, const char *key, double value, double unit)
{
    sym_json_integer(j, key, (int64_t)llround(value * unit));
}

static void put_taking_part(struct sym_json *j, const struct sym_spatial *s,
                            const struct sym_view *v)
{
    char title[SYM_LEVEL_BYTES];
    sym_level_text(title, &v->query, s->level);
    sym_json_string(j, "level", title);
    sym_json_number(j, "places", s->n);
    sym_json_number(j, "left_out", s->left_out);
}

static void cluster_json(struct sym_json *j, const struct sym_spatial *s, const struct sym_view *v,
                         size_t cluster)
{
    const struct sym_scan_cluster *c = &s->scan.clusters[cluster];
    sym_json_object(j, NULL);
    sym_json_text(j, "centre", code_of(s, v, c->centre));
    sym_json_array(j, "codes");
    for (size_t i = 0; i < s->n; i++) {
        if (s->cluster_of[i] == cluster + 1) {
            sym_json_text(j, NULL, code_of(s, v, i));
        }
    }
    sym_json_end(j);
    sym_json_number(j, "shown", c->shown);
    put_whole(j, "radius_m", sym_point_km(c->square), MILLI);
    put_whole(j, "population", c->population, 1);
    put_whole(j, "observed_milli", c->observed, MILLI);
    put_whole(j, "half_width_milli", sym_spatial_half_width(s, c), MILLI);
    put_whole(j, "expected_milli", c->expected, MILLI);
    if (isinf(c->relative_risk)) {
        sym_json_null(j, "relative_risk_milli");
    } else {
        put_whole(j, "relative_risk_milli", c->relative_risk, MILLI);
    }
    put_whole(j, "log_ratio_millionths", c->llr, MILLIONTHS);
    put_whole(j, "p_millionths", sym_spatial_p(s, c), MILLIONTHS);
    sym_json_end(j);
}

static void gi_star_json(struct sym_json *j, const struct sym_spatial *s, const struct sym_view *v)
{
    sym_json_object(j, "gi_star");
    put_taking_part(j, s, v);
    sym_json_string(j, "values", s->by_excess ? "excess" : "counts");
    sym_json_number(j, "neighbours", sym_gi_star_neighbours(s->n));
    sym_json_array(j, "scores");
    for (size_t i = 0; i < s->n; i++) {
        sym_json_object(j, NULL);
        sym_json_text(j, "code", code_of(s, v, i));
        put_whole(j, "gi_star_milli", s->gi[i], MILLI);
        put_whole(j, "p_millionths", sym_gi_star_p(s->gi[i]), MILLIONTHS);
        sym_json_bool(j, "significant", sym_spatial_is_significant(s, i));
        sym_json_end(j);
    }
    sym_json_end(j);
    sym_json_end(j);
}

void sym_spatial_json(struct sym_json *j, const struct sym_spatial *s, const struct sym_view *v)
{
    if (s != NULL && s->has_scan) {
        sym_json_object(j, "scan");
        put_taking_part(j, s, v);
        sym_json_number(j, "repetitions", s->rules.repetitions);
        sym_json_number(j, "seed", s->rules.seed);
        sym_json_array(j, "clusters");
        for (size_t i = 0; i < s->scan.n_clusters; i++) {
            cluster_json(j, s, v, i);
        }
        sym_json_end(j);
        sym_json_end(j);
    }
    if (s != NULL && s->has_gi_star) {
        gi_star_json(j, s, v);
    }
}

static void put_millionths(struct sym_json *j, const char *key, double value)
{
    sym_json_millionths(j, key, (int64_t)llround(value * MILLIONTHS));
}

void sym_spatial_properties(struct sym_json *j, const struct sym_spatial *s, size_t level,
                            size_t cell)
{
    size_t place = 0;
    if (!sym_spatial_find(&place, s, level, cell)) {
        return;
    }
    if (s->has_scan && s->cluster_of[place] > 0) {
        sym_json_number(j, "scan_cluster", s->cluster_of[place]);
        put_millionths(j, "scan_p", sym_spatial_p(s, &s->scan.clusters[s->cluster_of[place] - 1]));
    }
    if (s->has_gi_star) {
        put_millionths(j, "gi_star", s->gi[place]);
        put_millionths(j, "gi_star_p", sym_gi_star_p(s->gi[place]));
        sym_json_bool(j, "gi_star_significant", sym_spatial_is_significant(s, place));
    }
}
