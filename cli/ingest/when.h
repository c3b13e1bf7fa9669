/* when.h - dates of incidents as they stand in files, as closely as they say it.
 *
 * Taken: 2020-01-05 (also with a time behind it, which does not matter), 20200105, 2020-01,
 * 2020-Q1, 2020, "January 05, 2020", "5 January 2020", "Jan 2020", and what date.h takes in the
 * order of the profile. Years are those of proto/dimension.h. Pure. Errors: SYM_BAD_FORMAT,
 * SYM_BAD_VALUE (no such day).
 */
#ifndef SYM_CLI_INGEST_WHEN_H
#define SYM_CLI_INGEST_WHEN_H

#include "cli/ingest/date.h"
#include "proto/incident.h"

struct sym_when {
    enum sym_date_precision precision;
    int32_t days; /* as in a record */
};

/* A day, a month, a quarter or a year; order as in date.h. SYM_BAD_FORMAT; SYM_BAD_VALUE: there is
 * no such day. */
SYM_MUST enum sym_err sym_when_parse(struct sym_when *out, struct sym_span text,
                                     enum sym_dates order);
/* Of a year alone, and of a month of it: 1 to 12 or its English name, whole or three letters. */
SYM_MUST enum sym_err sym_when_year(unsigned *out, struct sym_span text);
SYM_MUST enum sym_err sym_when_month(unsigned *out, struct sym_span text);
/* month 0: none. */
SYM_MUST enum sym_err sym_when_of(struct sym_when *out, unsigned year, unsigned month);

#endif
