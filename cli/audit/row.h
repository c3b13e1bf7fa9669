/* row.h - one entry of the log as a row of a table, a row of CSV, or a JSON object.
 *
 * CSV is for spreadsheets: every field is quoted, and one that a spreadsheet would take for a
 * formula gets apostrophes (sym_csv_disarm).
 */
#ifndef SYM_CLI_AUDIT_ROW_H
#define SYM_CLI_AUDIT_ROW_H

#include "cli/audit/entry.h"
#include "cli/json.h"
#include "cli/table.h"

#define SYM_AUDIT_COLUMNS 10u
extern const struct sym_column sym_audit_columns[SYM_AUDIT_COLUMNS];
void sym_audit_put_row(struct sym_table *t, const struct sym_audit_entry *e);

/* The names of the columns, then one entry each. */
void sym_audit_put_csv_head(FILE *to);
void sym_audit_put_csv(FILE *to, const struct sym_audit_entry *e);

/* An object of all that is known; the members of one, for an object that is open. */
void sym_audit_put_json(struct sym_json *j, const struct sym_audit_entry *e);
void sym_audit_put_members(struct sym_json *j, const struct sym_audit_entry *e);

#endif
