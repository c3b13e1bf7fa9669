#include "cli/ingest/rejects.h"

#include "cli/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What stands in front of the row. */
#define HEAD_COLUMNS 3u
static const char *const head_titles[HEAD_COLUMNS] = {"symbolon_line", "symbolon_kept",
                                                      "symbolon_reason"};

bool sym_rejects_has_title(struct sym_span title)
{
    for (size_t i = 0; i < HEAD_COLUMNS; i++) {
        if (sym_span_equal(title, sym_span_text(head_titles[i]))) {
            return true;
        }
    }
    return false;
}

static void put(struct sym_rejects *r, const char *const head[HEAD_COLUMNS],
                const struct sym_span *fields, size_t n)
{
    struct sym_span all[HEAD_COLUMNS + SYM_CSV_COLUMNS_MAX];
    for (size_t i = 0; i < HEAD_COLUMNS; i++) {
        all[i] = sym_span_text(head[i]);
    }
    memcpy(all + HEAD_COLUMNS, fields, n * sizeof *fields);
    sym_csv_write(r->file, all, HEAD_COLUMNS + n);
}

/* Rejected rows hold what people may not read who may not read the file they come from. */
enum sym_err sym_rejects_open(struct sym_rejects *r, const char *path,
                              const struct sym_csv_row *titles, struct sym_fault *fault)
{
    if (path == NULL) {
        return SYM_OK;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
    r->path = path;
    r->file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (r->file == NULL) {
        enum sym_err err = sym_file_new_fault(fault, path);
        if (fd >= 0) {
            (void)close(fd);
            (void)unlink(path);
        }
        return err;
    }
    put(r, head_titles, titles->fields, titles->n);
    return SYM_OK;
}

enum sym_err sym_rejects_add(struct sym_rejects *r, const char *column, const char *reason,
                             struct sym_fault *fault)
{
    if (r->file == NULL) {
        return SYM_OK;
    }
    size_t used = r->reasons != NULL ? strlen(r->reasons) : 0;
    size_t needed = used + strlen(reason) + (column != NULL ? strlen(column) : 0) + 8;
    if (needed > r->max_reasons) {
        char *reasons = realloc(r->reasons, 2 * needed);
        if (reasons == NULL) {
            return sym_fail(fault, SYM_NO_MEMORY, "import: %s", sym_err_text(SYM_NO_MEMORY));
        }
        reasons[used] = '\0';
        r->reasons = reasons;
        r->max_reasons = 2 * needed;
    }
    (void)snprintf(r->reasons + used, r->max_reasons - used, "%s%s%s%s", used > 0 ? "; " : "",
                   column != NULL ? column : "", column != NULL ? ": " : "", reason);
    return SYM_OK;
}

bool sym_rejects_waits(const struct sym_rejects *r)
{
    return r->reasons != NULL && r->reasons[0] != '\0';
}

void sym_rejects_put(struct sym_rejects *r, uint64_t line, bool kept, const struct sym_span *fields,
                     size_t n)
{
    char number[24];
    (void)snprintf(number, sizeof number, "%" PRIu64, line);
    const char *const head[HEAD_COLUMNS] = {number, kept ? "yes" : "no", r->reasons};
    put(r, head, fields, n);
    r->reasons[0] = '\0';
}

enum sym_err sym_rejects_check(const struct sym_rejects *r, struct sym_fault *fault)
{
    return r->file != NULL && ferror(r->file) != 0 ? sym_file_fault(fault, r->path) : SYM_OK;
}

enum sym_err sym_rejects_close(struct sym_rejects *r, enum sym_err err, struct sym_fault *fault)
{
    free(r->reasons);
    r->reasons = NULL;
    if (r->file == NULL) {
        return err;
    }
    bool lost = fclose(r->file) != 0;
    r->file = NULL;
    if (lost && err == SYM_OK) {
        err = sym_file_fault(fault, r->path);
    }
    if (err != SYM_OK) {
        (void)unlink(r->path);
    }
    return err;
}
