#include "cli/epsilon.h"
#include "cli/overlap_table/view.h"
#include "cli/table.h"
#include "cli/terms.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BAR_COLUMNS 30u

struct row {
    uint32_t cell;
    uint64_t count;
};

static int by_count(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    if (x->count != y->count) {
        return x->count < y->count ? 1 : -1;
    }
    unsigned m = sym_table_lists(x->cell);
    unsigned n = sym_table_lists(y->cell);
    if (m != n) {
        return m < n ? -1 : 1;
    }
    return x->cell < y->cell ? -1 : x->cell > y->cell;
}

/* "#" where the terminal does not show UTF-8. */
static void put_bar(struct sym_table *t, uint64_t value, uint64_t largest)
{
    bool utf8 = MB_CUR_MAX > 1;
    char bar[3 * BAR_COLUMNS + 4] = "";
    uint64_t parts =
        largest > 0 ? (uint64_t)((double)value * BAR_COLUMNS / (double)largest + 0.5) : 0;
    for (uint64_t i = 0; i < parts && i < BAR_COLUMNS; i++) {
        strcat(bar, utf8 ? "\u2588" : "#");
    }
    sym_table_format(t, "%s", parts > 0 ? bar : utf8 ? "\u258f" : "|");
}

static void put_head(FILE *to, const struct sym_table_view *v)
{
    const struct sym_table_release *r = &v->release;
    char epsilon[SYM_EPSILON_BYTES];
    (void)fprintf(to, "%" PRIu32 " lists, by %s; asked by %s, counted by %s\n", v->n,
                  sym_terms_type_text(r->type), v->asker, v->tallier);
    if (sym_table_view_is_exact(v)) {
        (void)fprintf(to, "%" PRIu64 " records, each counted once, on exactly the lists marked\n\n",
                      sym_table_on_at_least(v, 1));
        return;
    }
    sym_epsilon_text(epsilon, r->epsilon_nano);
    (void)fprintf(to,
                  "with noise: epsilon %s, each count is right to \u00b1 %" PRIu64
                  " in 95 of 100 cases\n",
                  epsilon, r->half_width);
    (void)fprintf(to, "%s\n", sym_table_view_protects(v));
    if (r->suppressed == 0) {
        (void)fprintf(to, "all %" PRIu32 " combinations are shown\n\n", v->n_cells);
        return;
    }
    (void)fprintf(to,
                  "%" PRIu32 " of %" PRIu32 " combinations are not shown: below %" PRIu64
                  ", which does not mean 0\n\n",
                  r->suppressed, v->n_cells, r->threshold);
}

static enum sym_err write_cells(FILE *to, const struct sym_table_view *v,
                                const struct sym_target *target)
{
    struct sym_column columns[SYM_TABLE_LISTS_MAX + 2u];
    bool utf8 = MB_CUR_MAX > 1;
    struct row *rows = calloc(v->n_cells, sizeof *rows);
    size_t n = 0;
    if (rows == NULL) {
        return SYM_NO_MEMORY;
    }
    for (uint32_t i = 0; i < v->n; i++) {
        columns[i] = (struct sym_column){.title = v->names[i]};
    }
    columns[v->n] = (struct sym_column){.title = "COUNT", .right = true};
    columns[v->n + 1] = (struct sym_column){.title = ""};
    for (uint32_t cell = 1; cell <= v->n_cells; cell++) {
        if (v->cells[cell - 1] > 0 && sym_table_lists(cell) >= target->at_least) {
            rows[n++] = (struct row){.cell = cell, .count = v->cells[cell - 1]};
        }
    }
    qsort(rows, n, sizeof *rows, by_count);
    struct sym_table *t = sym_table_new(columns, v->n + 2u);
    for (size_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < v->n; k++) {
            bool on = (rows[i].cell >> k & 1u) != 0;
            sym_table_format(t, "%s", on ? (utf8 ? "\u25cf" : "X") : (utf8 ? "\u00b7" : "."));
        }
        sym_table_format(t, "%" PRIu64, rows[i].count);
        put_bar(t, rows[i].count, rows[0].count);
    }
    free(rows);
    return sym_table_print(t, to);
}

/* Records on two lists, whatever else they are on; in the diagonal on one. */
static enum sym_err write_pairs(FILE *to, const struct sym_table_view *v)
{
    struct sym_column columns[SYM_TABLE_LISTS_MAX + 1u];
    columns[0] = (struct sym_column){.title = "ON BOTH"};
    for (uint32_t i = 0; i < v->n; i++) {
        columns[i + 1] = (struct sym_column){.title = v->names[i], .right = true};
    }
    struct sym_table *t = sym_table_new(columns, v->n + 1u);
    for (uint32_t a = 0; a < v->n; a++) {
        sym_table_format(t, "%s", v->names[a]);
        for (uint32_t b = 0; b < v->n; b++) {
            sym_table_format(t, "%" PRIu64, sym_table_on_all(v, 1u << a | 1u << b));
        }
    }
    (void)fputc('\n', to);
    return sym_table_print(t, to);
}

enum sym_err sym_table_write_table(FILE *to, const struct sym_table_view *v,
                                   const struct sym_target *target)
{
    put_head(to, v);
    enum sym_err err = write_cells(to, v, target);
    if (err != SYM_OK || !sym_table_view_is_exact(v)) {
        return err;
    }
    if (target->at_least > 0) {
        (void)fprintf(to, "\non at least %" PRIu64 " lists: %" PRIu64 " records\n",
                      target->at_least, sym_table_on_at_least(v, (unsigned)target->at_least));
    }
    return write_pairs(to, v);
}
