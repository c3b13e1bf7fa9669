/* page.h - a report as one HTML file: the page that draws (cli/pictures/page.h) with plain tables
 * and the JSON document in their places; where the program was built without that page, a plain
 * one with the same tables and document.
 */
#ifndef SYM_CLI_REPORT_PAGE_H
#define SYM_CLI_REPORT_PAGE_H

#include "cli/pictures/page.h"
#include "cli/report/words.h"

#include <stdio.h>

/* Does this page draw? */
bool sym_report_draws(const struct sym_page *page);

/* document: of the format symbolon-report/1, ends with NUL. SYM_BAD_FORMAT: it is none, or does not
 * agree with itself; SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_report_page(FILE *to, const char *document, const struct sym_page *page);

#endif
