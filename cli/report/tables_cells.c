#include "cli/report/tables_cells.h"

#include "cli/report/html.h"
#include "proto/limits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *say(const struct sym_tables *t, enum sym_report_word word)
{
    return sym_report_word(t->language, word);
}

const char *sym_tables_name(const struct sym_tables *t, const char *name)
{
    return strcmp(name, "this node") == 0 ? t->node : name;
}

static int largest_first(const void *a, const void *b)
{
    const struct sym_tables_row *x = a;
    const struct sym_tables_row *y = b;
    if (x->has != y->has) {
        return x->has ? -1 : 1;
    }
    if (x->has && x->count != y->count) {
        return x->count > y->count ? -1 : 1;
    }
    return x->at < y->at ? -1 : x->at > y->at;
}

enum sym_err sym_tables_rank(struct sym_tables_row **out, size_t *n_with,
                             const struct sym_json_value *array, const char *key)
{
    size_t n = sym_json_count(array);
    struct sym_tables_row *rows = calloc(n > 0 ? n : 1, sizeof *rows);
    if (rows == NULL) {
        return SYM_NO_MEMORY;
    }
    *n_with = 0;
    for (size_t i = 0; i < n; i++) {
        const struct sym_json_value *v = sym_json_at(array, i);
        rows[i].at = i;
        rows[i].has = sym_json_whole(&rows[i].count, key != NULL ? sym_json_get(v, key) : v);
        *n_with += rows[i].has ? 1 : 0;
    }
    qsort(rows, n, sizeof *rows, largest_first);
    *out = rows;
    return SYM_OK;
}

void sym_tables_count(const struct sym_tables *t, const struct sym_tables_row *row,
                      int64_t threshold)
{
    if (row->has) {
        (void)fprintf(t->to, "<td>%" PRId64 "</td>", row->count);
    } else {
        (void)fprintf(t->to, "<td>&lt; %" PRId64 " %s</td>", threshold, say(t, SYM_WORD_OR_NONE));
    }
}

void sym_tables_rest(const struct sym_tables *t, size_t rows, size_t hidden)
{
    if (rows > 0) {
        (void)fprintf(t->to, "<p>%zu %s.</p>\n", rows, say(t, SYM_WORD_MORE_ROWS));
    }
    if (hidden > 0) {
        (void)fprintf(t->to, "<p>%zu %s.</p>\n", hidden, say(t, SYM_WORD_MORE_HIDDEN));
    }
}

/* One level with its dimensions. */
struct level {
    const struct sym_json_value *raw;
    const struct sym_json_value *dimensions[SYM_TAB_DIMENSIONS_MAX];
    size_t n;
    int64_t threshold, half_width;
};

static const struct sym_json_value *find_dimension(const struct sym_json_value *r, const char *id)
{
    const struct sym_json_value *all = sym_json_get(r, "dimensions");
    for (size_t i = 0; i < sym_json_count(all); i++) {
        const struct sym_json_value *d = sym_json_at(all, i);
        if (strcmp(sym_json_words(sym_json_get(d, "id")), id) == 0) {
            return d;
        }
    }
    return NULL;
}

static enum sym_err read_level(struct level *out, const struct sym_json_value *r, size_t at)
{
    const struct sym_json_value *raw = sym_json_at(sym_json_get(r, "levels"), at);
    const struct sym_json_value *ids = sym_json_get(raw, "dimensions");
    size_t cells = 1;
    *out = (struct level){.raw = raw, .n = sym_json_count(ids)};
    if (out->n > SYM_TAB_DIMENSIONS_MAX ||
        !sym_json_whole(&out->threshold, sym_json_get(raw, "threshold")) ||
        !sym_json_whole(&out->half_width, sym_json_get(raw, "half_width"))) {
        return SYM_BAD_FORMAT;
    }
    for (size_t i = 0; i < out->n; i++) {
        out->dimensions[i] = find_dimension(r, sym_json_words(sym_json_at(ids, i)));
        size_t codes = sym_json_count(sym_json_get(out->dimensions[i], "codes"));
        if (codes == 0 || cells > SIZE_MAX / codes) {
            return SYM_BAD_FORMAT;
        }
        cells *= codes;
    }
    return cells == sym_json_count(sym_json_get(raw, "cells")) ? SYM_OK : SYM_BAD_FORMAT;
}

/* Names of countries are English in a release; with the code, readers of other languages know which
 * one is meant. */
static bool is_country(const struct sym_json_value *dimension, const char *code)
{
    static const char *const countries[] = {"country", "origin", "transit", "destination"};
    const char *id = sym_json_words(sym_json_get(dimension, "id"));
    bool is = false;
    for (size_t i = 0; i < sizeof countries / sizeof *countries; i++) {
        is = is || strcmp(id, countries[i]) == 0;
    }
    return is && strlen(code) == 2 && strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2;
}

/* The names of the codes of a cell; the last dimension runs fastest. */
static void put_codes(const struct sym_tables *t, const struct level *l, size_t cell)
{
    size_t places[SYM_TAB_DIMENSIONS_MAX];
    for (size_t i = l->n; i-- > 0;) {
        size_t codes = sym_json_count(sym_json_get(l->dimensions[i], "codes"));
        places[i] = cell % codes;
        cell /= codes;
    }
    for (size_t i = 0; i < l->n; i++) {
        const struct sym_json_value *d = l->dimensions[i];
        const char *code = sym_json_words(sym_json_at(sym_json_get(d, "codes"), places[i]));
        const char *name = sym_json_words(sym_json_at(sym_json_get(d, "labels"), places[i]));
        (void)fputs("<td>", t->to);
        sym_html_name(t->to, *name != '\0' ? name : code);
        if (t->language != SYM_LANGUAGE_EN && is_country(d, code)) {
            (void)fprintf(t->to, " (%s)", code);
        }
        (void)fputs("</td>", t->to);
    }
}

static void put_interval(const struct sym_tables *t, const struct level *l,
                         const struct sym_tables_row *row)
{
    if (!row->has) {
        (void)fputs("<td></td>", t->to);
        return;
    }
    int64_t least = row->count > l->half_width ? row->count - l->half_width : 0;
    (void)fprintf(t->to, "<td>%" PRId64 " %s %" PRId64, least, say(t, SYM_WORD_TO),
                  row->count + l->half_width);
    if (row->count - l->half_width < l->threshold && l->half_width > 0) {
        (void)fprintf(t->to, "; %s", say(t, SYM_WORD_UNSURE));
    }
    (void)fputs("</td>", t->to);
}

static enum sym_report_word unit_of(const struct sym_json_value *r)
{
    const char *unit = sym_json_words(sym_json_get(sym_json_get(r, "measure"), "unit"));
    return strcmp(unit, "persons") == 0     ? SYM_WORD_PERSONS
           : strcmp(unit, "incidents") == 0 ? SYM_WORD_INCIDENTS
                                            : SYM_WORD_COUNT;
}

static void put_head(const struct sym_tables *t, const struct level *l, enum sym_report_word unit)
{
    (void)fputs("<table>\n<caption>", t->to);
    for (size_t i = 0; i < l->n; i++) {
        (void)fputs(i > 0 ? " \u00d7 " : "", t->to);
        sym_html_text(t->to, sym_json_words(sym_json_get(l->dimensions[i], "label")));
    }
    (void)fputs("</caption>\n<thead><tr>", t->to);
    for (size_t i = 0; i < l->n; i++) {
        (void)fputs("<th scope=\"col\">", t->to);
        sym_html_text(t->to, sym_json_words(sym_json_get(l->dimensions[i], "label")));
        (void)fputs("</th>", t->to);
    }
    (void)fprintf(t->to,
                  "<th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead>\n<tbody>\n",
                  say(t, unit), say(t, SYM_WORD_BETWEEN));
}

enum sym_err sym_tables_level(const struct sym_tables *t, const struct sym_json_value *r,
                              size_t level)
{
    struct level l;
    struct sym_tables_row *rows = NULL;
    size_t with = 0;
    enum sym_err err = read_level(&l, r, level);
    const struct sym_json_value *cells = sym_json_get(l.raw, "cells");
    size_t n = sym_json_count(cells);
    if (err == SYM_OK) {
        err = sym_tables_rank(&rows, &with, cells, NULL);
    }
    if (err != SYM_OK) {
        return err;
    }
    size_t shown = n <= SYM_TABLES_ALL_CELLS ? n : with;
    shown = shown < SYM_TABLES_ROWS_MAX ? shown : SYM_TABLES_ROWS_MAX;
    put_head(t, &l, unit_of(r));
    for (size_t i = 0; i < shown; i++) {
        (void)fputs("<tr>", t->to);
        put_codes(t, &l, rows[i].at);
        sym_tables_count(t, &rows[i], l.threshold);
        put_interval(t, &l, &rows[i]);
        (void)fputs("</tr>\n", t->to);
    }
    (void)fputs("</tbody>\n</table>\n", t->to);
    sym_tables_rest(t, shown < with ? with - shown : 0, shown > with ? 0 : n - with);
    free(rows);
    return SYM_OK;
}
