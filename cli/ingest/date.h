/* date.h - dates of birth as they stand in files.
 *
 * ISO 8601 (1980-02-03, 19800203) is always understood. Where a profile says so, day, month and
 * year, or month, day and year, with one of  / . -  or a space between them, are too.
 * Errors: SYM_BAD_FORMAT, SYM_BAD_VALUE (no such day).
 */
#ifndef SYM_CLI_INGEST_DATE_H
#define SYM_CLI_INGEST_DATE_H

#include "crypto/bytes.h"

enum sym_dates { SYM_DATES_ISO, SYM_DATES_DMY, SYM_DATES_MDY };

struct sym_date {
    unsigned year, month, day;
};

/* order: of day and month where they are numbers. SYM_BAD_FORMAT; SYM_BAD_VALUE: there is no such
 * day. */
SYM_MUST enum sym_err sym_date_parse(struct sym_date *out, struct sym_span text,
                                     enum sym_dates order);
/* Without the midnight that databases and spreadsheets put behind a date: " 00:00:00". */
struct sym_span sym_date_without_midnight(struct sym_span text);
/* As one number that sorts: 19800203. */
uint32_t sym_date_number(const struct sym_date *d);
/* The date of today, where on Earth it is latest, by the clock of this machine. */
uint32_t sym_date_today(void);

#endif
