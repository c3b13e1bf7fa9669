#include "cli/ingest/csv.h"
#include "cli/overlap_table/view.h"

#include <inttypes.h>

/* One column for each list, 1 or 0, then the count; empty: suppressed. */
enum sym_err sym_table_write_csv(FILE *to, const struct sym_table_view *v,
                                 const struct sym_target *target)
{
    struct sym_span fields[SYM_TABLE_LISTS_MAX + 1u];
    for (uint32_t i = 0; i < v->n; i++) {
        fields[i] = sym_span_text(v->names[i]);
    }
    fields[v->n] = sym_span_text("count");
    sym_csv_write(to, fields, v->n + 1u);
    for (uint32_t cell = 1; cell <= v->n_cells; cell++) {
        uint64_t count = v->cells[cell - 1];
        if (!sym_table_is_listed(v, target, cell)) {
            continue;
        }
        for (uint32_t i = 0; i < v->n; i++) {
            (void)fprintf(to, "%u,", cell >> i & 1u);
        }
        if (sym_table_view_is_exact(v) || count > 0) {
            (void)fprintf(to, "%" PRIu64, count);
        }
        (void)fputc('\n', to);
    }
    return SYM_OK;
}
