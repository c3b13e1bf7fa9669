#include "cli/tabulate/population.h"

#include "cli/ingest/csv.h"
#include "cli/options.h"
#include "proto/dimension.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PEOPLE_MAX UINT64_C(10000000000)

struct row {
    char code[SYM_CODE_BYTES_MAX + 1];
    uint64_t people;
};

struct sym_population {
    struct row *rows; /* by code */
    size_t n;
    size_t room;
};

struct columns {
    size_t code;
    size_t people;
};

static enum sym_err read_columns(struct columns *out, const struct sym_csv_row *row,
                                 const char *path, struct sym_fault *fault)
{
    *out = (struct columns){row->n, row->n};
    for (size_t i = 0; i < row->n; i++) {
        if (sym_span_equal(row->fields[i], sym_span_text("code"))) {
            out->code = i;
        } else if (sym_span_equal(row->fields[i], sym_span_text("population"))) {
            out->people = i;
        }
    }
    return out->code < row->n && out->people < row->n
               ? SYM_OK
               : sym_fail(fault, SYM_BAD_FORMAT,
                          "%.200s:1: lacks a column code or population, such as: code,population",
                          path);
}

static enum sym_err add(struct sym_population *p, const struct sym_csv_row *row,
                        const struct columns *c, const char *path, struct sym_fault *fault)
{
    char digits[24] = "";
    struct row r = {.people = 0};
    size_t needed = c->code > c->people ? c->code : c->people;
    if (row->n <= needed || row->fields[c->code].len == 0 ||
        row->fields[c->code].len > SYM_CODE_BYTES_MAX) {
        return sym_fail(fault, SYM_BAD_VALUE, "%.200s:%" PRIu64 ": has no code", path, row->line);
    }
    struct sym_span people = row->fields[c->people];
    memcpy(r.code, row->fields[c->code].data, row->fields[c->code].len);
    memcpy(digits, people.data, people.len < sizeof digits ? people.len : 0);
    if (sym_number_parse(&r.people, digits, 1, PEOPLE_MAX) != SYM_OK) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "%.200s:%" PRIu64 ": population is not a whole number from 1 to %" PRIu64
                        ", without separators",
                        path, row->line, PEOPLE_MAX);
    }
    if (p->n == p->room) {
        size_t room = p->room > 0 ? 2 * p->room : 256;
        struct row *grown =
            p->n < SYM_TAB_CODES_MAX ? realloc(p->rows, room * sizeof *grown) : NULL;
        if (grown == NULL) {
            return sym_fail(fault, SYM_LIMIT, "%.200s: has more than %u rows", path,
                            SYM_TAB_CODES_MAX);
        }
        p->rows = grown;
        p->room = room;
    }
    p->rows[p->n++] = r;
    return SYM_OK;
}

static int compare(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    return strcmp(x->code, y->code);
}

static enum sym_err read_rows(struct sym_population *p, struct sym_csv *csv, const char *path,
                              struct sym_fault *fault)
{
    struct sym_csv_row row;
    struct columns columns;
    enum sym_err err = sym_csv_next(&row, csv, fault);
    if (err == SYM_OK) {
        err = read_columns(&columns, &row, path, fault);
    }
    while (err == SYM_OK && (err = sym_csv_next(&row, csv, fault)) == SYM_OK && row.n > 0) {
        err = add(p, &row, &columns, path, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    if (p->n > 0) {
        qsort(p->rows, p->n, sizeof *p->rows, compare);
    }
    for (size_t i = 1; i < p->n; i++) {
        if (compare(&p->rows[i - 1], &p->rows[i]) == 0) {
            return sym_fail(fault, SYM_EXISTS, "%.200s: has the code %s twice", path,
                            p->rows[i].code);
        }
    }
    return SYM_OK;
}

enum sym_err sym_population_read(struct sym_population **out, const char *path,
                                 struct sym_fault *fault)
{
    struct sym_csv *csv = NULL;
    struct sym_population *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "%.200s: does not fit into memory", path);
    }
    enum sym_err err = sym_csv_open(&csv, path, ',', fault);
    if (err == SYM_OK) {
        err = read_rows(p, csv, path, fault);
        sym_csv_close(csv);
    }
    if (err != SYM_OK) {
        sym_population_free(p);
        return err;
    }
    *out = p;
    return SYM_OK;
}

void sym_population_free(struct sym_population *p)
{
    if (p != NULL) {
        free(p->rows);
        free(p);
    }
}

uint64_t sym_population_of(const struct sym_population *p, struct sym_span code)
{
    struct row key = {.people = 0};
    if (code.len > SYM_CODE_BYTES_MAX || p->n == 0) {
        return 0;
    }
    memcpy(key.code, code.data, code.len);
    const struct row *found = bsearch(&key, p->rows, p->n, sizeof key, compare);
    return found != NULL ? found->people : 0;
}
