/* rejects.h - the file of rows that were rejected or lost a value: each as it was, behind its line,
 * whether it was kept, and the reasons. New, mode 0600; gone again when the import fails.
 *
 * Errors: those of file.h, SYM_NO_MEMORY. The fault is a complete sentence.
 */
#ifndef SYM_CLI_INGEST_REJECTS_H
#define SYM_CLI_INGEST_REJECTS_H

#include "cli/ingest/csv.h"

#include <stdio.h>

/* Zero-initialised: none is wanted, and no reason is kept. */
struct sym_rejects {
    FILE *file;
    const char *path; /* borrowed */
    char *reasons;    /* of one row, "" or NULL: none */
    size_t max_reasons;
};

/* path NULL: none is wanted. titles: the first row of the file that is imported. */
SYM_MUST enum sym_err sym_rejects_open(struct sym_rejects *r, const char *path,
                                       const struct sym_csv_row *titles, struct sym_fault *fault);
/* One more reason, "column: reason", of the row that comes; column may be NULL. */
SYM_MUST enum sym_err sym_rejects_add(struct sym_rejects *r, const char *column, const char *reason,
                                      struct sym_fault *fault);
bool sym_rejects_waits(const struct sym_rejects *r);
/* The row of these reasons. */
void sym_rejects_put(struct sym_rejects *r, uint64_t line, bool kept, const struct sym_span *fields,
                     size_t n);
/* Is it one of the columns that such a file has in front? */
bool sym_rejects_has_title(struct sym_span title);
/* Has all been written so far? */
SYM_MUST enum sym_err sym_rejects_check(const struct sym_rejects *r, struct sym_fault *fault);
/* Keeps the file when err is SYM_OK. Returns err, or what went wrong now. */
SYM_MUST enum sym_err sym_rejects_close(struct sym_rejects *r, enum sym_err err,
                                        struct sym_fault *fault);

#endif
