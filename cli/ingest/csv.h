/* csv.h - CSV files (RFC 4180) row by row, in memory that does not grow with the file; csv.c reads
 * them and is the only user of libcsv, csv_write.c writes them.
 *
 * Taken are UTF-8 with or without byte order mark, line ends LF or CR LF, quoted line ends and
 * doubled quotation marks. Lines without anything are skipped; spaces belong to their field.
 * Refused, with file and line: bytes that are no UTF-8, NUL, quotation marks inside unquoted fields
 * or text behind a closing one, a file that ends inside quotes, CR alone as a line end, and fields,
 * rows and columns beyond the limits of proto/limits.h; and a file that is written to while it is
 * read.
 * Errors: SYM_NOT_FOUND, SYM_BAD_PERMISSIONS, SYM_IO, SYM_BAD_FORMAT, SYM_TOO_LONG, SYM_LIMIT,
 * SYM_NO_MEMORY. The fault is a complete sentence: "FILE:LINE: …".
 */
#ifndef SYM_CLI_INGEST_CSV_H
#define SYM_CLI_INGEST_CSV_H

#include "crypto/bytes.h"
#include "proto/limits.h"

#include <stdio.h>

struct sym_csv;

struct sym_csv_row {
    const struct sym_span *fields; /* borrowed until the next call */
    size_t n;                      /* 0: there are no more rows */
    uint64_t line;                 /* where it starts, from 1 */
    bool unended;                  /* the file ends with it, without a line end */
};

/* Opens a file; "-" is standard input. delimiter: ',', ';' or a tab. path is copied. */
SYM_MUST enum sym_err sym_csv_open(struct sym_csv **out, const char *path, char delimiter,
                                   struct sym_fault *fault);
void sym_csv_close(struct sym_csv *csv);

/* SYM_BAD_FORMAT for a file without a single row. After an error there is no way on. */
SYM_MUST enum sym_err sym_csv_next(struct sym_csv_row *row, struct sym_csv *csv,
                                   struct sym_fault *fault);

/* Bytes read so far, and the length of the file; 0 when it has none, as a pipe. */
void sym_csv_position(uint64_t *done, uint64_t *total, const struct sym_csv *csv);

/* Copies text for a field that a spreadsheet runs nothing of: an apostrophe comes before what it
 * would take for a formula, at the begin and behind a semicolon (which separates where the comma is
 * for decimals, whatever quotes say), a tab or a line end. As much as fits; returns the length.
 * Room for half as much again and one byte holds everything. */
size_t sym_csv_disarm(char *out, size_t room, struct sym_span text);
/* Writes one row, each field in quotes. The stream keeps what went wrong. */
void sym_csv_write(FILE *to, const struct sym_span *fields, size_t n);

#endif
