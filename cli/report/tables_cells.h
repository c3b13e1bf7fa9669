/* tables_cells.h - the levels of a joint tabulation as plain tables; a part of tables.h. */
#ifndef SYM_CLI_REPORT_TABLES_CELLS_H
#define SYM_CLI_REPORT_TABLES_CELLS_H

#include "cli/json.h"
#include "cli/report/words.h"

/* Levels with more cells than that show only the cells that have a count, */
#define SYM_TABLES_ALL_CELLS 200u
/* and of these at most so many, the largest first. */
#define SYM_TABLES_ROWS_MAX 500u

struct sym_tables {
    FILE *to;
    enum sym_language language;
    const char *node; /* whose report it is: "this node" says nothing where it is read */
};

/* The name of a node in a release, as it reads elsewhere. */
const char *sym_tables_name(const struct sym_tables *t, const char *name);

/* A table of rows that are sorted by their count; the row itself is its number in the document. */
struct sym_tables_row {
    size_t at;
    bool has; /* a count */
    int64_t count;
};

/* All counts of an array, whose elements are counts or, with a key, objects with one; the largest
 * first, those without one last. *out is freed by the caller. SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_tables_rank(struct sym_tables_row **out, size_t *n_with,
                                      const struct sym_json_value *array, const char *key);
/* A count, or where there is none "< 36 or none". */
void sym_tables_count(const struct sym_tables *t, const struct sym_tables_row *row,
                      int64_t threshold);
/* What a table that begins with the largest has left out. */
void sym_tables_rest(const struct sym_tables *t, size_t rows, size_t hidden);

SYM_MUST enum sym_err sym_tables_level(const struct sym_tables *t, const struct sym_json_value *r,
                                       size_t level);

#endif
