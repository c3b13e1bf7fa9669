#include "cli/table.h"

#include "cli/format.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct sym_table {
    const struct sym_column *columns;
    size_t n_columns;
    const char *when_empty; /* NULL: the titles */
    char **cells;           /* row by row */
    size_t n_cells;
    size_t max_cells;
    bool failed;
};

struct sym_table *sym_table_new(const struct sym_column *columns, size_t n)
{
    struct sym_table *t = calloc(1, sizeof *t);
    if (t != NULL) {
        t->columns = columns;
        t->n_columns = n;
    }
    return t;
}

void sym_table_free(struct sym_table *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        free(t->cells[i]);
    }
    free(t->cells);
    free(t);
}

void sym_table_when_empty(struct sym_table *t, const char *line)
{
    if (t != NULL) {
        t->when_empty = line;
    }
}

static bool make_room(struct sym_table *t)
{
    if (t->n_cells < t->max_cells) {
        return true;
    }
    size_t max = t->max_cells > 0 ? 2 * t->max_cells : 64;
    char **cells = reallocarray(t->cells, max, sizeof *cells);
    if (cells == NULL) {
        return false;
    }
    t->cells = cells;
    t->max_cells = max;
    return true;
}

/* Takes the cell over. */
static void put(struct sym_table *t, char *cell)
{
    if (t == NULL || cell == NULL || !make_room(t)) {
        free(cell);
        if (t != NULL) {
            t->failed = true;
        }
        return;
    }
    t->cells[t->n_cells++] = cell;
}

void sym_table_text(struct sym_table *t, struct sym_span text)
{
    size_t size = SYM_FORMAT_TEXT_BYTES(text.len);
    char *cell = malloc(size);
    if (cell != NULL) {
        sym_format_text(cell, size, text);
    }
    put(t, cell);
}

void sym_table_format(struct sym_table *t, const char *format, ...)
{
    char *cell = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&cell, format, args) < 0) {
        cell = NULL;
    }
    va_end(args);
    put(t, cell);
}

void sym_table_time(struct sym_table *t, uint64_t seconds)
{
    char text[SYM_FORMAT_BYTES];
    sym_format_time(text, seconds);
    sym_table_format(t, "%s", text);
}

void sym_table_bool(struct sym_table *t, bool value)
{
    sym_table_format(t, "%s", value ? "yes" : "no");
}

static bool has_titles(const struct sym_table *t)
{
    return t->columns[0].title != NULL;
}

static size_t width_of(const struct sym_table *t, size_t column)
{
    size_t width = has_titles(t) ? sym_format_columns(t->columns[column].title) : 0;
    for (size_t i = column; i < t->n_cells; i += t->n_columns) {
        size_t columns = sym_format_columns(t->cells[i]);
        width = columns > width ? columns : width;
    }
    return width;
}

static void print_cell(const struct sym_column *column, const char *text, size_t width, bool last,
                       FILE *to)
{
    int gap = (int)(width - sym_format_columns(text));
    if (column->right) {
        (void)fprintf(to, "%*s%s", gap, "", text);
    } else {
        (void)fprintf(to, "%s%*s", text, last ? 0 : gap, ""); /* no blanks at the end of a line */
    }
    (void)fputs(last ? "\n" : "  ", to);
}

static void print(const struct sym_table *t, const size_t *widths, FILE *to)
{
    if (t->n_cells == 0 && t->when_empty != NULL) {
        (void)fprintf(to, "%s\n", t->when_empty);
        return;
    }
    for (size_t c = 0; has_titles(t) && c < t->n_columns; c++) {
        print_cell(&t->columns[c], t->columns[c].title, widths[c], c + 1 == t->n_columns, to);
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t c = i % t->n_columns;
        print_cell(&t->columns[c], t->cells[i], widths[c], c + 1 == t->n_columns, to);
    }
}

enum sym_err sym_table_print(struct sym_table *t, FILE *to)
{
    size_t *widths = t != NULL && !t->failed ? calloc(t->n_columns, sizeof *widths) : NULL;
    if (widths != NULL) {
        for (size_t c = 0; c < t->n_columns; c++) {
            widths[c] = width_of(t, c);
        }
        print(t, widths, to);
    }
    enum sym_err err = widths != NULL ? SYM_OK : SYM_NO_MEMORY;
    free(widths);
    sym_table_free(t);
    return err;
}
