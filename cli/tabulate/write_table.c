#include "cli/tabulate/write.h"

#include "cli/epsilon.h"
#include "cli/format.h"
#include "cli/table.h"
#include "cli/tabulate/write_spatial.h"
#include "proto/exchange.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BAR_COLUMNS 24u
#define NAME_BYTES  256u
#define UNIT_BYTES  128u

/* "#" where the terminal does not show UTF-8. */
static void put_bar(struct sym_table *t, uint64_t value, uint64_t largest)
{
    static const char *const eighths[] = {"",       "\u258f", "\u258e", "\u258d",
                                          "\u258c", "\u258b", "\u258a", "\u2589"};
    bool utf8 = MB_CUR_MAX > 1;
    char bar[3 * BAR_COLUMNS + 4] = "";
    uint64_t parts =
        largest > 0 ? (uint64_t)((double)value * 8 * BAR_COLUMNS / (double)largest) : 0;
    parts = parts > 8 * BAR_COLUMNS ? 8 * BAR_COLUMNS : parts;
    for (uint64_t i = 0; i < parts / 8; i++) {
        strcat(bar, utf8 ? "\u2588" : "#");
    }
    if (utf8) {
        strcat(bar, eighths[parts % 8]);
    }
    sym_table_format(t, "%s", bar);
}

/* "IT Italy": the name where it says more than the code. */
static void put_code(struct sym_table *t, const struct sym_view *v, size_t dimension, size_t place)
{
    char text[NAME_BYTES];
    struct sym_span code = v->query.dimensions[dimension].codes[place];
    const char *name = v->labels[dimension][place].name;
    if (sym_span_equal(code, sym_span_text(name))) {
        sym_table_text(t, code);
    } else {
        (void)snprintf(text, sizeof text, "%.*s %s", (int)code.len, (const char *)code.data, name);
        sym_table_text(t, sym_span_text(text));
    }
}

static void put_interval(struct sym_table *t, uint64_t count, uint64_t half_width)
{
    uint64_t least = 0;
    uint64_t most = 0;
    sym_interval(&least, &most, count, half_width);
    sym_table_format(t, "%" PRIu64 " to %" PRIu64, least, most);
}

static void put_rate(struct sym_table *t, const struct sym_ranked *r, uint64_t half_width)
{
    uint64_t least = 0;
    uint64_t most = 0;
    if (r->population == 0) {
        sym_table_format(t, "-");
        return;
    }
    sym_interval(&least, &most, r->count, half_width);
    uint64_t rate = sym_rate_hundredths(r->count, r->population);
    least = sym_rate_hundredths(least, r->population);
    most = sym_rate_hundredths(most, r->population);
    sym_table_format(
        t, "%" PRIu64 ".%02" PRIu64 " (%" PRIu64 ".%02" PRIu64 " to %" PRIu64 ".%02" PRIu64 ")",
        rate / 100, rate % 100, least / 100, least % 100, most / 100, most % 100);
}

static uint64_t bar_value(const struct sym_ranked *r, bool by_rate)
{
    return !by_rate            ? r->count
           : r->population > 0 ? sym_rate_hundredths(r->count, r->population)
                               : 0;
}

static enum sym_err put_rows(FILE *to, const struct sym_view *v, size_t level,
                             const struct sym_ranked *ranked, size_t n, bool by_rate)
{
    struct sym_column columns[SYM_TAB_DIMENSIONS_MAX + 5];
    size_t n_dimensions = v->query.levels[level].dimensions.len;
    size_t n_columns = 0;
    uint64_t largest = 0;
    columns[n_columns++] = (struct sym_column){.title = "#", .right = true};
    for (size_t i = 0; i < n_dimensions; i++) {
        uint32_t d = v->query.dimensions[sym_view_dimension(v, level, i)].dimension;
        columns[n_columns++] = (struct sym_column){.title = sym_dimension_text(d)};
    }
    columns[n_columns++] = (struct sym_column){.title = "count", .right = true};
    if (!v->is_preview) {
        columns[n_columns++] = (struct sym_column){.title = "95 % interval"};
    }
    if (by_rate) {
        columns[n_columns++] = (struct sym_column){.title = "per 100,000 (95 %)"};
    }
    columns[n_columns++] = (struct sym_column){.title = ""};
    for (size_t i = 0; i < n; i++) {
        largest =
            bar_value(&ranked[i], by_rate) > largest ? bar_value(&ranked[i], by_rate) : largest;
    }
    struct sym_table *t = sym_table_new(columns, n_columns);
    for (size_t i = 0; i < n; i++) {
        size_t places[SYM_TAB_DIMENSIONS_MAX];
        sym_view_codes(places, v, level, ranked[i].cell);
        sym_table_format(t, "%zu", i + 1);
        for (size_t k = 0; k < n_dimensions; k++) {
            put_code(t, v, sym_view_dimension(v, level, k), places[k]);
        }
        sym_table_format(t, "%" PRIu64, ranked[i].count);
        if (!v->is_preview) {
            put_interval(t, ranked[i].count, v->release.half_width);
        }
        if (by_rate) {
            put_rate(t, &ranked[i], v->is_preview ? 0 : v->release.half_width);
        }
        put_bar(t, bar_value(&ranked[i], by_rate), largest);
    }
    return sym_table_print(t, to);
}

static enum sym_err put_level(FILE *to, const struct sym_view *v, size_t level,
                              const struct sym_write_options *options)
{
    struct sym_ranked *ranked = NULL;
    char title[SYM_LEVEL_BYTES];
    size_t n = 0;
    enum sym_err err = sym_ranking_make(&ranked, &n, v, level, options->population);
    if (err != SYM_OK) {
        return err;
    }
    size_t shown = options->top > 0 && n > options->top ? options->top : n;
    size_t suppressed = sym_level_suppressed(v, level);
    sym_level_text(title, &v->query, level);
    (void)fprintf(to, "\n%s\n", title);
    if (shown > 0) {
        err = put_rows(to, v, level, ranked, shown, options->population != NULL);
    }
    if (n > shown) {
        (void)fprintf(to, "%zu more %s a count; --top 0 shows %s\n", n - shown,
                      n - shown == 1 ? "cell has" : "cells have",
                      n - shown == 1 ? "it" : "them all");
    }
    if (v->is_preview) {
        (void)fprintf(to, "%zu of %zu cells are empty\n", suppressed, n + suppressed);
    } else {
        (void)fprintf(to, "%zu of %zu cells are below %" PRIu64 " or empty and not shown\n",
                      suppressed, n + suppressed, v->release.threshold);
    }
    free(ranked);
    return err;
}

static void put_line(struct sym_table *t, const char *name, const char *value)
{
    sym_table_format(t, "%s", name);
    sym_table_format(t, "%s", value);
}

static void put_proof(struct sym_table *t, const struct sym_proof *p)
{
    sym_table_format(t, "evidence");
    switch (p->state) {
    case SYM_PROOF_FITS:
        sym_table_format(t, "entry %" PRIu64 " of %s, in its signed head of %" PRIu64, p->entry,
                         p->earlier ? "the log that this node had before a restore"
                                    : "the log of this node",
                         p->size);
        return;
    case SYM_PROOF_WRONG:
        sym_table_format(
            t, "WRONG: the log of this node does not prove it; see \"symbolon log verify\"");
        return;
    case SYM_PROOF_ABSENT:
    case SYM_PROOF_STATE_COUNT:
        break;
    }
    sym_table_format(t, "no entry in a signed head of this node's log names it");
}

/* What one of a count is: the title of the column does not say it. */
static void unit_text(char out[UNIT_BYTES], const struct sym_tab_query *q)
{
    char persons[UNIT_BYTES] = "incidents";
    if (q->unit == SYM_TAB_PERSONS) {
        (void)snprintf(persons, sizeof persons, "persons, at most %" PRIu32 " of one incident",
                       q->persons_max);
    }
    (void)snprintf(out, UNIT_BYTES, "%s", persons);
    if (q->cells_per_incident > 1) {
        (void)snprintf(out, UNIT_BYTES, "%s; an incident in at most %" PRIu32 " cells of a level",
                       persons, q->cells_per_incident);
    }
}

static enum sym_err put_head(FILE *to, const struct sym_view *v)
{
    static const struct sym_column columns[] = {{.title = NULL}, {.title = NULL}};
    const struct sym_release *r = &v->release;
    char hex[2 * SYM_EXCHANGE_ID_BYTES + 1];
    char qid[2 * SYM_HASH_BYTES + 1];
    char asker[SYM_PARTY_BYTES];
    char missing[SYM_PARTIES_BYTES];
    char unit[UNIT_BYTES];
    struct sym_table *t = sym_table_new(columns, 2);
    sym_hex(hex, v->id, sizeof v->id);
    sym_hex(qid, r->qid.data, r->qid.len);
    put_line(t, "exchange", hex);
    put_line(t, "kind", sym_tab_shape_text(v->query.shape));
    sym_party_name(asker, &v->parties, r->initiator);
    put_line(t, "asked by", asker);
    sym_table_format(t, "dataset");
    sym_table_text(t, r->dataset);
    unit_text(unit, &v->query);
    put_line(t, "counted", unit);
    sym_table_format(t, "purpose");
    sym_table_format(t, "%s, basis %s", sym_purpose_text(r->purpose), sym_basis_text(r->basis));
    sym_table_format(t, "released");
    sym_table_time(t, r->released_ms / 1000);
    sym_table_format(t, "participants");
    sym_table_format(t, "%zu of %zu; %" PRIu32 " were needed", sym_release_included(v),
                     sym_release_asked(v), r->quorum);
    if (sym_release_missing(missing, v) > 0) {
        put_line(t, "missing", missing);
    }
    sym_table_format(t, "noise");
    sym_table_format(t, "95 %% of counts within %" PRIu64 " of the true sum; sensitivity %" PRIu32,
                     r->half_width, r->sensitivity);
    sym_table_format(t, "not shown");
    sym_table_format(t, "%" PRIu32 " of %" PRIu32 " cells: below %" PRIu64 " or empty",
                     r->suppressed, r->cells, r->threshold);
    char epsilon[SYM_EPSILON_BYTES];
    char held[SYM_EPSILON_BYTES];
    sym_epsilon_text(epsilon, v->query.epsilon_nano);
    sym_epsilon_text(held, 3 * v->query.epsilon_nano);
    sym_table_format(t, "epsilon");
    sym_table_format(t, "%s spent%s; %s for an incident that 3 organisations hold", epsilon,
                     v->again ? " when it was first answered, and nothing for this exchange" : "",
                     held);
    put_line(t, "query id", qid);
    put_proof(t, &v->proof);
    return sym_table_print(t, to);
}

static void put_preview_head(FILE *to, const struct sym_view *v)
{
    char unit[UNIT_BYTES];
    char name[SYM_FORMAT_TEXT_BYTES(SYM_ALIAS_BYTES)];
    sym_format_text(name, sizeof name, v->dataset);
    (void)fprintf(to, "%s: %" PRIu64 " of %" PRIu64 " records count%s.\n", name, v->records,
                  v->records + v->left_out,
                  v->left_out > 0
                      ? "; the others lie outside the time or the codes that were asked for"
                      : "");
    unit_text(unit, &v->query);
    (void)fprintf(to, "Counted are %s.\n", unit);
    (void)fprintf(to, "This is what the node would add, before noise. Nothing has left it.\n");
}

enum sym_err sym_write_table(FILE *to, const struct sym_view *v,
                             const struct sym_write_options *options)
{
    enum sym_err err = SYM_OK;
    if (v->is_preview) {
        put_preview_head(to, v);
    } else {
        err = put_head(to, v);
    }
    for (size_t i = 0; err == SYM_OK && i < v->query.n_levels; i++) {
        err = put_level(to, v, i, options);
    }
    return err == SYM_OK ? sym_spatial_table(to, options->spatial, v, options->top) : err;
}
