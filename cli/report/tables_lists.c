#include "cli/report/tables_lists.h"

#include "cli/report/html.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *say(const struct sym_tables *t, enum sym_report_word word)
{
    return sym_report_word(t->language, word);
}

static void put_title(const struct sym_tables *t, enum sym_report_word word)
{
    (void)fprintf(t->to, "<table>\n<caption>%s</caption>\n<thead><tr>", say(t, word));
}

static void put_column(const struct sym_tables *t, const char *name)
{
    (void)fputs("<th scope=\"col\">", t->to);
    sym_html_name(t->to, sym_tables_name(t, name));
    (void)fputs("</th>", t->to);
}

static void end_head(const struct sym_tables *t)
{
    (void)fputs("</tr></thead>\n<tbody>\n", t->to);
}

static void end_table(const struct sym_tables *t)
{
    (void)fputs("</tbody>\n</table>\n", t->to);
}

static void put_name(const struct sym_tables *t, const char *name)
{
    (void)fputs("<td>", t->to);
    sym_html_name(t->to, sym_tables_name(t, name));
    (void)fputs("</td>", t->to);
}

/* What a node calls its own data is its word, whatever it is. */
static void put_dataset(const struct sym_tables *t, const char *name)
{
    (void)fputs("<td>", t->to);
    sym_html_name(t->to, name);
    (void)fputs("</td>", t->to);
}

/* Nothing, where there is no number. */
static void put_number(const struct sym_tables *t, const struct sym_json_value *v)
{
    int64_t number = 0;
    (void)fputs("<td>", t->to);
    if (sym_json_whole(&number, v)) {
        (void)fprintf(t->to, "%" PRId64, number);
    }
    (void)fputs("</td>", t->to);
}

void sym_tables_common(const struct sym_tables *t, const struct sym_json_value *r)
{
    const struct sym_json_value *lists = sym_json_get(r, "lists");
    int64_t common = 0;
    put_title(t, SYM_WORD_OVERLAP);
    put_column(t, say(t, SYM_WORD_LIST));
    put_column(t, say(t, SYM_WORD_DATASET));
    put_column(t, say(t, SYM_WORD_SIZE));
    end_head(t);
    for (size_t i = 0; i < sym_json_count(lists); i++) {
        const struct sym_json_value *list = sym_json_at(lists, i);
        (void)fputs("<tr>", t->to);
        put_name(t, sym_json_words(sym_json_get(list, "name")));
        put_dataset(t, sym_json_words(sym_json_get(list, "dataset")));
        put_number(t, sym_json_get(list, "size"));
        (void)fputs("</tr>\n", t->to);
    }
    end_table(t);
    if (sym_json_whole(&common, sym_json_get(r, "common"))) {
        (void)fprintf(t->to, "<p>%s: %" PRId64 "</p>\n", say(t, SYM_WORD_COMMON), common);
    }
}

static bool is_in(const struct sym_json_value *names, const char *name)
{
    for (size_t i = 0; i < sym_json_count(names); i++) {
        if (strcmp(sym_json_words(sym_json_at(names, i)), name) == 0) {
            return true;
        }
    }
    return false;
}

static void put_combination(const struct sym_tables *t, const struct sym_json_value *lists,
                            const struct sym_json_value *combination)
{
    const struct sym_json_value *in = sym_json_get(combination, "in");
    for (size_t i = 0; i < sym_json_count(lists); i++) {
        bool on = is_in(in, sym_json_words(sym_json_get(sym_json_at(lists, i), "name")));
        (void)fprintf(t->to, "<td>%s</td>", say(t, on ? SYM_WORD_ON_LIST : SYM_WORD_NOT_ON_LIST));
    }
}

/* Each list alone, and each two: what the node says of exact counts. */
static void put_sums(const struct sym_tables *t, const struct sym_json_value *r)
{
    const struct sym_json_value *totals = sym_json_get(r, "totals");
    const struct sym_json_value *pairs = sym_json_get(r, "pairs");
    if (sym_json_count(totals) == 0) {
        return;
    }
    put_title(t, SYM_WORD_TOTALS);
    put_column(t, say(t, SYM_WORD_LIST));
    put_column(t, say(t, SYM_WORD_COUNT));
    end_head(t);
    for (size_t i = 0; i < sym_json_count(totals); i++) {
        const struct sym_json_value *total = sym_json_at(totals, i);
        (void)fputs("<tr>", t->to);
        put_name(t, sym_json_words(sym_json_get(total, "list")));
        put_number(t, sym_json_get(total, "count"));
        (void)fputs("</tr>\n", t->to);
    }
    end_table(t);
    put_title(t, SYM_WORD_PAIRS);
    put_column(t, say(t, SYM_WORD_LIST));
    put_column(t, say(t, SYM_WORD_LIST));
    put_column(t, say(t, SYM_WORD_COUNT));
    end_head(t);
    for (size_t i = 0; i < sym_json_count(pairs); i++) {
        const struct sym_json_value *pair = sym_json_at(pairs, i);
        const struct sym_json_value *names = sym_json_get(pair, "lists");
        (void)fputs("<tr>", t->to);
        put_name(t, sym_json_words(sym_json_at(names, 0)));
        put_name(t, sym_json_words(sym_json_at(names, 1)));
        put_number(t, sym_json_get(pair, "count"));
        (void)fputs("</tr>\n", t->to);
    }
    end_table(t);
}

enum sym_err sym_tables_combinations(const struct sym_tables *t, const struct sym_json_value *r)
{
    const struct sym_json_value *lists = sym_json_get(r, "lists");
    const struct sym_json_value *combinations = sym_json_get(r, "combinations");
    struct sym_tables_row *rows = NULL;
    int64_t threshold = 0;
    size_t with = 0;
    size_t n = sym_json_count(combinations);
    enum sym_err err = sym_tables_rank(&rows, &with, combinations, "count");
    if (err != SYM_OK) {
        return err;
    }
    if (!sym_json_whole(&threshold, sym_json_get(sym_json_get(r, "suppression"), "threshold")) &&
        with < n) {
        free(rows);
        return SYM_BAD_FORMAT; /* nothing says what is not shown */
    }
    put_title(t, SYM_WORD_OVERLAP_TABLE);
    for (size_t i = 0; i < sym_json_count(lists); i++) {
        put_column(t, sym_json_words(sym_json_get(sym_json_at(lists, i), "name")));
    }
    put_column(t, say(t, SYM_WORD_COUNT));
    end_head(t);
    size_t shown = n < SYM_TABLES_ROWS_MAX ? n : SYM_TABLES_ROWS_MAX;
    for (size_t i = 0; i < shown; i++) {
        (void)fputs("<tr>", t->to);
        put_combination(t, lists, sym_json_at(combinations, rows[i].at));
        sym_tables_count(t, &rows[i], threshold);
        (void)fputs("</tr>\n", t->to);
    }
    end_table(t);
    sym_tables_rest(t, n - shown, 0);
    put_sums(t, r);
    free(rows);
    return SYM_OK;
}

void sym_tables_estimate(const struct sym_tables *t, const struct sym_json_value *estimate)
{
    static const struct {
        enum sym_report_word word;
        const char *key;
    } rows[] = {
        {SYM_WORD_LISTED, "listed"}, {SYM_WORD_UNLISTED, "hidden"}, {SYM_WORD_TOGETHER, "total"}};
    const struct sym_json_value *assumptions = sym_json_get(estimate, "assumptions");
    int64_t low = 0;
    int64_t high = 0;
    (void)fprintf(t->to, "<table>\n<caption>%s</caption>\n<tbody>\n", say(t, SYM_WORD_ESTIMATE));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)fprintf(t->to, "<tr><th scope=\"row\">%s</th>", say(t, rows[i].word));
        put_number(t, sym_json_get(estimate, rows[i].key));
        (void)fputs("</tr>\n", t->to);
    }
    if (sym_json_whole(&low, sym_json_get(estimate, "low")) &&
        sym_json_whole(&high, sym_json_get(estimate, "high"))) {
        (void)fprintf(t->to,
                      "<tr><th scope=\"row\">%s</th><td>%" PRId64 " %s %" PRId64 "</td></tr>\n",
                      say(t, SYM_WORD_INTERVAL), low, say(t, SYM_WORD_TO), high);
    }
    end_table(t);
    (void)fprintf(t->to, "<p>%s:</p>\n<ul>\n", say(t, SYM_WORD_HOLDS_IF));
    for (size_t i = 0; i < sym_json_count(assumptions); i++) {
        (void)fputs("<li>", t->to);
        sym_html_text(t->to, sym_json_words(sym_json_at(assumptions, i)));
        (void)fputs("</li>\n", t->to);
    }
    (void)fputs("</ul>\n", t->to);
}
