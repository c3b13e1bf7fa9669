#include "cli/report/tables.h"

#include "cli/report/html.h"
#include "cli/report/tables_cells.h"
#include "cli/report/tables_lists.h"

#include <inttypes.h>
#include <string.h>

#define NANO    1000000000
#define MILLION 1000000
#define MILLI   1000

static const char *say(const struct sym_tables *t, enum sym_report_word word)
{
    return sym_report_word(t->language, word);
}

/* The strip above a result ------------------------------------------------------------------------
 */

static void begin_item(const struct sym_tables *t, enum sym_report_word word)
{
    (void)fputs("<dt>", t->to);
    sym_html_text(t->to, say(t, word));
    (void)fputs("</dt><dd>", t->to);
}

static void end_item(const struct sym_tables *t)
{
    (void)fputs("</dd>\n", t->to);
}

static void text_item(const struct sym_tables *t, enum sym_report_word word, const char *text)
{
    if (*text != '\0') {
        begin_item(t, word);
        sym_html_name(t->to, text);
        end_item(t);
    }
}

/* Billionths, with as many digits as they need. */
static void put_nano(FILE *to, int64_t nano)
{
    char digits[32];
    size_t len =
        (size_t)snprintf(digits, sizeof digits, "%" PRId64 ".%09" PRId64, nano / NANO, nano % NANO);
    while (digits[len - 1] == '0') {
        digits[--len] = '\0';
    }
    (void)fprintf(to, "%s", digits[len - 1] == '.' ? (digits[len - 1] = '\0', digits) : digits);
}

static void put_privacy(const struct sym_tables *t, const struct sym_json_value *r)
{
    const struct sym_json_value *privacy = sym_json_get(r, "privacy");
    int64_t half = 0;
    int64_t nano = 0;
    begin_item(t, SYM_WORD_NOISE);
    if (sym_json_whole(&half, sym_json_get(privacy, "half_width"))) {
        (void)fprintf(t->to, "\u00b1 %" PRId64 " (95 %%)", half);
    } else {
        sym_html_text(t->to, say(t, SYM_WORD_EXACT));
    }
    end_item(t);
    if (sym_json_whole(&nano, sym_json_get(privacy, "epsilon_nano"))) {
        begin_item(t, SYM_WORD_EPSILON);
        (void)fputs("\u03b5 ", t->to);
        put_nano(t->to, nano);
        end_item(t);
    }
}

static void put_suppression(const struct sym_tables *t, const struct sym_json_value *r)
{
    const struct sym_json_value *s = sym_json_get(r, "suppression");
    int64_t threshold = 0;
    int64_t cells = 0;
    int64_t suppressed = 0;
    if (sym_json_whole(&threshold, sym_json_get(s, "threshold")) &&
        sym_json_whole(&cells, sym_json_get(s, "cells")) &&
        sym_json_whole(&suppressed, sym_json_get(s, "suppressed"))) {
        begin_item(t, SYM_WORD_HIDDEN);
        (void)fprintf(t->to, "%" PRId64 " %s %" PRId64 ": %s %" PRId64 " %s", suppressed,
                      say(t, SYM_WORD_OF), cells, say(t, SYM_WORD_BELOW), threshold,
                      say(t, SYM_WORD_OR_NONE));
        end_item(t);
    }
}

/* How many of the cells that are shown are expected to have nothing behind them, if all were empty.
 */
static void put_false_cells(const struct sym_tables *t, const struct sym_json_value *r)
{
    const struct sym_json_value *s = sym_json_get(r, "suppression");
    int64_t per_million = 0;
    int64_t cells = 0;
    if (sym_json_whole(&per_million, sym_json_get(s, "expected_ghosts_per_million")) &&
        sym_json_whole(&cells, sym_json_get(s, "cells")) && per_million > 0 &&
        per_million <= MILLION && cells > 0 && cells <= INT64_MAX / MILLION - 1) {
        int64_t thousandths = (per_million * cells + MILLI - 1) / MILLI;
        begin_item(t, SYM_WORD_FALSE_CELLS);
        (void)fprintf(t->to, "%s %" PRId64 ".%03" PRId64 " %s", say(t, SYM_WORD_AT_MOST),
                      thousandths / MILLI, thousandths % MILLI, say(t, SYM_WORD_EXPECTED));
        end_item(t);
    }
}

static void put_evidence(const struct sym_tables *t, const struct sym_json_value *r)
{
    const struct sym_json_value *e = sym_json_get(r, "evidence");
    const char *state = sym_json_words(sym_json_get(e, "state"));
    int64_t entry = 0;
    begin_item(t, SYM_WORD_EVIDENCE);
    if (strcmp(state, "in-log") == 0 && sym_json_whole(&entry, sym_json_get(e, "entry"))) {
        bool earlier = sym_json_is_true(sym_json_get(e, "earlier"));
        (void)fprintf(t->to, "%s %" PRId64,
                      say(t, earlier ? SYM_WORD_IN_EARLIER_LOG : SYM_WORD_IN_LOG), entry);
    } else {
        (void)fputs(say(t, strcmp(state, "wrong") == 0 ? SYM_WORD_WRONG : SYM_WORD_NOT_IN_LOG),
                    t->to);
    }
    end_item(t);
}

static void put_strip(const struct sym_tables *t, const struct sym_json_value *r)
{
    const struct sym_json_value *cohort = sym_json_get(r, "cohort");
    const char *basis = sym_json_words(sym_json_get(r, "basis"));
    int64_t asked = 0;
    int64_t included = 0;
    (void)fputs("<dl>\n", t->to);
    text_item(t, SYM_WORD_TYPE, sym_json_words(sym_json_get(r, "type")));
    text_item(t, SYM_WORD_ASKED, sym_tables_name(t, sym_json_words(sym_json_get(r, "asker"))));
    text_item(t, SYM_WORD_TALLIER, sym_tables_name(t, sym_json_words(sym_json_get(r, "tallier"))));
    begin_item(t, SYM_WORD_PURPOSE);
    sym_html_text(t->to, sym_json_words(sym_json_get(r, "purpose")));
    (void)fputs(*basis != '\0' ? ", " : "", t->to);
    sym_html_text(t->to, basis);
    end_item(t);
    text_item(t, SYM_WORD_RELEASED, sym_json_words(sym_json_get(r, "released")));
    if (sym_json_whole(&asked, sym_json_get(cohort, "asked")) &&
        sym_json_whole(&included, sym_json_get(cohort, "included"))) {
        begin_item(t, SYM_WORD_NODES);
        (void)fprintf(t->to, "%" PRId64 " %s %" PRId64, included, say(t, SYM_WORD_OF), asked);
        end_item(t);
    }
    put_privacy(t, r);
    put_suppression(t, r);
    put_false_cells(t, r);
    text_item(t, SYM_WORD_QUERY, sym_json_words(sym_json_get(r, "query_id")));
    text_item(t, SYM_WORD_EXCHANGE, sym_json_words(sym_json_get(r, "exchange")));
    put_evidence(t, r);
    (void)fputs("</dl>\n", t->to);
}

/* A result --------------------------------------------------------------------------------------
 */

/* Written by the nodes, in English, whatever the page speaks. */
static void put_notes(const struct sym_tables *t, const struct sym_json_value *notes)
{
    size_t n = sym_json_count(notes);
    if (n == 0) {
        return;
    }
    (void)fprintf(t->to, "<h3>%s</h3>\n<ul lang=\"en\" dir=\"ltr\">\n", say(t, SYM_WORD_NOTES));
    for (size_t i = 0; i < n; i++) {
        (void)fputs("<li>", t->to);
        sym_html_text(t->to, sym_json_words(sym_json_at(notes, i)));
        (void)fputs("</li>\n", t->to);
    }
    (void)fputs("</ul>\n", t->to);
}

static enum sym_report_word title_of(const char *kind)
{
    static const struct {
        const char *kind;
        enum sym_report_word word;
    } titles[] = {{"hotspots", SYM_WORD_HOTSPOTS}, {"routes", SYM_WORD_ROUTES},
                  {"trends", SYM_WORD_TRENDS},     {"tabulate", SYM_WORD_TABULATE},
                  {"overlap", SYM_WORD_OVERLAP},   {"overlap-table", SYM_WORD_OVERLAP_TABLE}};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        if (strcmp(kind, titles[i].kind) == 0) {
            return titles[i].word;
        }
    }
    return SYM_WORD_OTHER;
}

static void put_dataset(const struct sym_tables *t, const struct sym_json_value *name)
{
    if (*sym_json_words(name) != '\0') {
        (void)fputs(" \u00b7 ", t->to);
        sym_html_name(t->to, sym_json_words(name));
    }
}

/* Of which dataset or datasets, and of what time, where the result says so. */
static void put_subject(const struct sym_tables *t, const struct sym_json_value *r)
{
    const struct sym_json_value *lists = sym_json_get(r, "lists");
    const struct sym_json_value *dimensions = sym_json_get(r, "dimensions");
    put_dataset(t, sym_json_get(r, "dataset"));
    for (size_t i = 0; i < sym_json_count(lists); i++) {
        const struct sym_json_value *name = sym_json_get(sym_json_at(lists, i), "dataset");
        bool again = strcmp(sym_json_words(name), sym_json_words(sym_json_get(r, "dataset"))) == 0;
        for (size_t other = 0; other < i; other++) {
            const struct sym_json_value *before =
                sym_json_get(sym_json_at(lists, other), "dataset");
            again = again || strcmp(sym_json_words(name), sym_json_words(before)) == 0;
        }
        if (!again) {
            put_dataset(t, name);
        }
    }
    for (size_t i = 0; i < sym_json_count(dimensions); i++) {
        const struct sym_json_value *d = sym_json_at(dimensions, i);
        const struct sym_json_value *codes = sym_json_get(d, "codes");
        size_t n = sym_json_count(codes);
        if (strcmp(sym_json_words(sym_json_get(d, "role")), "time") == 0 && n > 0) {
            (void)fputs(" \u00b7 ", t->to);
            sym_html_text(t->to, sym_json_words(sym_json_at(codes, 0)));
            if (n > 1) {
                (void)fprintf(t->to, " %s ", say(t, SYM_WORD_TO));
                sym_html_text(t->to, sym_json_words(sym_json_at(codes, n - 1)));
            }
        }
    }
}

static enum sym_err put_result(const struct sym_tables *t, const struct sym_json_value *report,
                               const struct sym_json_value *r)
{
    const struct sym_json_value *estimates = sym_json_get(report, "estimates");
    const char *exchange = sym_json_words(sym_json_get(r, "exchange"));
    enum sym_err err = SYM_OK;
    (void)fprintf(t->to, "<section>\n<h2>%s",
                  say(t, title_of(sym_json_words(sym_json_get(r, "kind")))));
    put_subject(t, r);
    (void)fputs("</h2>\n", t->to);
    put_strip(t, r);
    for (size_t i = 0; err == SYM_OK && i < sym_json_count(sym_json_get(r, "levels")); i++) {
        err = sym_tables_level(t, r, i);
    }
    if (err == SYM_OK && sym_json_get(r, "combinations") != NULL) {
        err = sym_tables_combinations(t, r);
    } else if (sym_json_get(r, "common") != NULL) {
        sym_tables_common(t, r);
    }
    for (size_t i = 0; i < sym_json_count(estimates); i++) {
        const struct sym_json_value *e = sym_json_at(estimates, i);
        if (strcmp(sym_json_words(sym_json_get(e, "exchange")), exchange) == 0) {
            sym_tables_estimate(t, e);
        }
    }
    put_notes(t, sym_json_get(r, "notes"));
    (void)fputs("</section>\n", t->to);
    return err;
}

enum sym_err sym_tables_write(FILE *to, const struct sym_json_value *report,
                              enum sym_language language)
{
    const struct sym_tables t = {
        .to = to, .language = language, .node = sym_json_words(sym_json_get(report, "node"))};
    const struct sym_json_value *results = sym_json_get(report, "results");
    const char *title = sym_json_words(sym_json_get(report, "title"));
    enum sym_err err = SYM_OK;
    (void)fprintf(to, "<main lang=\"%s\">\n<h1>", sym_language_text(language));
    sym_html_name(to, *title != '\0' ? title : say(&t, SYM_WORD_REPORT));
    (void)fputs("</h1>\n<p>", to);
    sym_html_name(to, t.node);
    (void)fprintf(to, " \u00b7 %s ", say(&t, SYM_WORD_MADE));
    sym_html_text(to, sym_json_words(sym_json_get(report, "made")));
    (void)fprintf(to, "</p>\n<p>%s</p>\n", say(&t, SYM_WORD_PLAIN));
    for (size_t i = 0; err == SYM_OK && i < sym_json_count(results); i++) {
        err = put_result(&t, report, sym_json_at(results, i));
    }
    put_notes(&t, sym_json_get(report, "notes"));
    (void)fputs("</main>\n", to);
    return err;
}
