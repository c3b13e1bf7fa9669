#include "cli/estimate/combinations_csv.h"

#include "cli/ingest/csv.h"
#include "cli/options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_MAX   UINT64_C(1000000000)
#define COLUMNS_MAX (SYM_ESTIMATE_LISTS_MAX + 3)

struct reader {
    struct sym_csv *csv;
    const char *path;
    size_t columns;
    size_t count;               /* its column */
    uint32_t bits[COLUMNS_MAX]; /* of each column; 0: not a list */
    bool seen[1u << SYM_ESTIMATE_LISTS_MAX];
    uint32_t below;
};

static bool is(struct sym_span field, const char *text)
{
    return sym_span_equal(field, sym_span_text(text));
}

static bool is_list(struct sym_span title)
{
    return !is(title, "count") && !is(title, "low") && !is(title, "high");
}

static enum sym_err check_titles(uint32_t *lists, struct reader *r, const struct sym_csv_row *row,
                                 struct sym_fault *fault)
{
    *lists = 0;
    r->columns = r->count = row->n;
    for (size_t i = 0; i < row->n; i++) {
        struct sym_span title = row->fields[i];
        if (title.len == 0 || title.len >= SYM_ESTIMATE_NAME_BYTES) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "%.200s:1: the name of column %zu has %zu bytes; 1 to %u are taken",
                            r->path, i + 1, title.len, SYM_ESTIMATE_NAME_BYTES - 1);
        }
        for (size_t j = 0; j < i; j++) {
            if (sym_span_equal(title, row->fields[j])) {
                return sym_fail(fault, SYM_EXISTS, "%.200s:1: columns %zu and %zu have one name",
                                r->path, j + 1, i + 1);
            }
        }
        r->count = is(title, "count") ? i : r->count;
        *lists += is_list(title) ? 1 : 0;
    }
    return r->count < row->n ? SYM_OK
                             : sym_fail(fault, SYM_BAD_FORMAT,
                                        "%.200s:1: lacks the column count; its first line names "
                                        "the lists and count",
                                        r->path);
}

static enum sym_err read_titles(struct sym_combinations *out, struct reader *r,
                                const struct sym_csv_row *row, struct sym_fault *fault)
{
    struct sym_fault why;
    uint32_t lists = 0;
    enum sym_err err = check_titles(&lists, r, row, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_combinations_init(out, lists, &why);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "%.200s:1: %s", r->path, why.text);
    }
    for (size_t i = 0, list = 0; i < row->n; i++) {
        if (is_list(row->fields[i])) {
            memcpy(out->names[list], row->fields[i].data, row->fields[i].len);
            r->bits[i] = 1u << list++;
        }
    }
    return SYM_OK;
}

static enum sym_err read_count(double *out, bool *suppressed, const struct reader *r,
                               const struct sym_csv_row *row, struct sym_fault *fault)
{
    char digits[24] = "";
    uint64_t value = 0;
    struct sym_span field = row->fields[r->count];
    *suppressed = field.len == 0;
    if (!*suppressed && field.len < sizeof digits) {
        memcpy(digits, field.data, field.len);
    }
    if (*suppressed && r->below == 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%.200s:%" PRIu64
                        ": has no count; if it was suppressed, say --suppressed-below N",
                        r->path, row->line);
    }
    if (!*suppressed && sym_number_parse(&value, digits, 0, COUNT_MAX) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%.200s:%" PRIu64 ": count is not a whole number from 0 to %" PRIu64
                        ", without separators",
                        r->path, row->line, COUNT_MAX);
    }
    *out = (double)value;
    return SYM_OK;
}

static enum sym_err add(struct sym_combinations *out, struct reader *r,
                        const struct sym_csv_row *row, struct sym_fault *fault)
{
    uint32_t cell = 0;
    if (row->n != r->columns) {
        return sym_fail(fault, SYM_BAD_FORMAT,
                        "%.200s:%" PRIu64 ": has %zu fields, the first line %zu", r->path,
                        row->line, row->n, r->columns);
    }
    for (size_t i = 0; i < row->n; i++) {
        if (r->bits[i] != 0 && !is(row->fields[i], "0") && !is(row->fields[i], "1")) {
            return sym_fail(fault, SYM_BAD_VALUE,
                            "%.200s:%" PRIu64 ": column %zu is neither 0 nor 1", r->path, row->line,
                            i + 1);
        }
        cell |= is(row->fields[i], "1") ? r->bits[i] : 0;
    }
    if (cell == 0) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%.200s:%" PRIu64
                        ": is on none of the lists; that number is estimated, leave the row out",
                        r->path, row->line);
    }
    if (r->seen[cell]) {
        return sym_fail(fault, SYM_EXISTS,
                        "%.200s:%" PRIu64 ": has the combination of a row before", r->path,
                        row->line);
    }
    r->seen[cell] = true;
    return read_count(&out->counts[cell], &out->suppressed[cell], r, row, fault);
}

static enum sym_err read_rows(struct sym_combinations *out, struct reader *r,
                              struct sym_fault *fault)
{
    struct sym_csv_row row;
    enum sym_err err = sym_csv_next(&row, r->csv, fault);
    if (err == SYM_OK) {
        err = read_titles(out, r, &row, fault);
    }
    while (err == SYM_OK && (err = sym_csv_next(&row, r->csv, fault)) == SYM_OK && row.n > 0) {
        err = add(out, r, &row, fault);
    }
    for (uint32_t cell = 1; err == SYM_OK && cell < out->cells; cell++) {
        out->suppressed[cell] = out->suppressed[cell] || (r->below > 0 && !r->seen[cell]);
    }
    out->below = r->below;
    return err;
}

enum sym_err sym_combinations_read(struct sym_combinations *out, const char *path, uint32_t below,
                                   struct sym_fault *fault)
{
    *out = (struct sym_combinations){.lists = 0};
    struct reader *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "%.200s: does not fit into memory", path);
    }
    r->path = path;
    r->below = below;
    enum sym_err err = sym_csv_open(&r->csv, path, ',', fault);
    if (err == SYM_OK) {
        err = read_rows(out, r, fault);
        sym_csv_close(r->csv);
    }
    free(r);
    if (err != SYM_OK) {
        sym_combinations_clear(out);
    }
    return err;
}
