/* CSV: the first byte chooses the delimiter. What is read stays within its limits; written again,
 * it reads the same. */
#include "cli/ingest/csv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Rows of a file, one after the other: number of fields, then length and bytes of each. */
struct rows {
    uint8_t *bytes;
    size_t len, max;
};

static void put(struct rows *r, const void *bytes, size_t len)
{
    if (len > r->max - r->len) {
        r->max = 2 * (r->max + len);
        r->bytes = realloc(r->bytes, r->max);
        insist(r->bytes != NULL);
    }
    if (len > 0) {
        memcpy(r->bytes + r->len, bytes, len);
        r->len += len;
    }
}

static void put_row(struct rows *r, const struct sym_csv_row *row)
{
    size_t bytes = 0;
    insist(row->n <= SYM_CSV_COLUMNS_MAX && row->line > 0);
    put(r, &row->n, sizeof row->n);
    for (size_t i = 0; i < row->n; i++) {
        const struct sym_span *f = &row->fields[i];
        insist(f->len <= SYM_CSV_FIELD_BYTES_MAX);
        bytes += f->len;
        put(r, &f->len, sizeof f->len);
        put(r, f->data, f->len);
    }
    insist(bytes <= SYM_CSV_ROW_BYTES_MAX);
}

/* Reads a file to its end; again (may be NULL) receives every row. */
static enum sym_err read_file(struct rows *r, int fd, char delimiter, FILE *again)
{
    char path[32];
    struct sym_csv *csv = NULL;
    struct sym_csv_row row = {.n = 1};
    struct sym_fault fault = {SYM_OK, ""};
    uint64_t line = 0;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    insist(sym_csv_open(&csv, path, delimiter, &fault) == SYM_OK);
    enum sym_err err = SYM_OK;
    while (err == SYM_OK && row.n > 0) {
        err = sym_csv_next(&row, csv, &fault);
        if (err == SYM_OK && row.n > 0) {
            insist(row.line > line);
            line = row.line;
            put_row(r, &row);
            if (again != NULL) {
                sym_csv_write(again, row.fields, row.n);
            }
        }
    }
    insist(err == fault.err && (err == SYM_OK) == (fault.text[0] == '\0'));
    sym_csv_close(csv);
    return err;
}

static int memory_file(void)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    insist(fd >= 0);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rows first = {.len = 0};
    struct rows second = {.len = 0};
    if (size == 0) {
        return 0;
    }
    int fd = memory_file();
    int again = memory_file();
    FILE *to = fdopen(again, "w");
    insist(to != NULL && write(fd, data + 1, size - 1) == (ssize_t)(size - 1));
    enum sym_err err = read_file(&first, fd, ",;\t"[data[0] % 3], to);
    insist(fflush(to) == 0);
    if (err == SYM_OK) {
        insist(read_file(&second, again, ',', NULL) == SYM_OK);
        insist(
            sym_span_equal(sym_span(first.bytes, first.len), sym_span(second.bytes, second.len)));
    }
    (void)fclose(to);
    (void)close(fd);
    free(first.bytes);
    free(second.bytes);
    return 0;
}
