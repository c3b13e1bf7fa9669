/* table.h - columns that line up, whatever the script, on a terminal and in a pipe.
 *
 * Cells are filled row by row from the left. Widths are those of a terminal; nothing is ever cut.
 * Text from elsewhere goes through sym_format_text, so that no name can move the cursor. A failure
 * to allocate sticks and is reported at the end.
 */
#ifndef SYM_CLI_TABLE_H
#define SYM_CLI_TABLE_H

#include "crypto/bytes.h"

#include <stdio.h>

struct sym_column {
    const char *title; /* NULL in the first column: no line of titles */
    bool right;        /* align right: numbers */
};

struct sym_table;

/* columns is borrowed until the table is freed. NULL when there is no memory; all calls below
 * accept that. */
struct sym_table *sym_table_new(const struct sym_column *columns, size_t n);
void sym_table_free(struct sym_table *t);

/* A line to print instead of the titles when there is no row: what is not there, and what to type
 * to have it. Borrowed until the table is freed. */
void sym_table_when_empty(struct sym_table *t, const char *line);

/* One cell, of a text that others wrote; and one of a format. */
void sym_table_text(struct sym_table *t, struct sym_span text);
void sym_table_format(struct sym_table *t, const char *format, ...) SYM_PRINTF(2, 3);
void sym_table_time(struct sym_table *t, uint64_t seconds);
void sym_table_bool(struct sym_table *t, bool value); /* yes or no */

/* Prints and frees. SYM_NO_MEMORY when a cell was lost: nothing is printed then. */
SYM_MUST enum sym_err sym_table_print(struct sym_table *t, FILE *to);

#endif
