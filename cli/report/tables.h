/* tables.h - a report as plain HTML tables, for readers without scripts and for a program that was
 * built without the page that draws. Made of the JSON document alone, so that no number can differ
 * from it. Nothing is added up; what is not shown is "< 36 or none" and never 0.
 */
#ifndef SYM_CLI_REPORT_TABLES_H
#define SYM_CLI_REPORT_TABLES_H

#include "cli/json.h"
#include "cli/report/words.h"

/* report: a document of the format symbolon-report/1. SYM_NO_MEMORY; SYM_BAD_FORMAT for a level
 * whose cells do not fit its dimensions. */
SYM_MUST enum sym_err sym_tables_write(FILE *to, const struct sym_json_value *report,
                                       enum sym_language language);

#endif
