/* incident.h - one record of a dataset of kind `incidents` or `aggregates`: when, where, what kind,
 * of how many persons, and how many incidents it stands for; and its bytes in the store.
 *
 *     version (1) | date precision (1) | days since 1970 (4) | has point (1) | latitude (4) |
 *     longitude (4) | persons (4) | count (8) | codes (1) | each: field (1), length (1), text
 *
 * Big-endian; signed numbers in two's complement. Codes stand in ascending order of their fields,
 * no code twice in one; within a field in the order in which they were recorded. A record says
 * "unknown" by having no code. Errors: SYM_BAD_VERSION, SYM_BAD_FORMAT (order, or a code twice),
 * SYM_BAD_VALUE, SYM_LIMIT, SYM_SHORT, SYM_TRAILING. Pure.
 */
#ifndef SYM_PROTO_INCIDENT_H
#define SYM_PROTO_INCIDENT_H

#include "proto/dimension.h"

/* Values of one field; codes of one record; bytes of one record. */
#define SYM_INCIDENT_VALUES_MAX 8u
#define SYM_INCIDENT_CODES_MAX  48u
#define SYM_INCIDENT_BYTES_MAX  1024u
/* Incidents that one record of aggregates stands for, and persons of one incident. */
#define SYM_INCIDENT_COUNT_MAX   1000000000u
#define SYM_INCIDENT_PERSONS_MAX 1000000u

enum sym_date_precision {
    SYM_DATE_NONE,
    SYM_DATE_YEAR,
    SYM_DATE_QUARTER,
    SYM_DATE_MONTH,
    SYM_DATE_DAY
};

struct sym_incident_code {
    enum sym_incident_field field;
    struct sym_span text; /* borrowed */
};

struct sym_incident {
    enum sym_date_precision precision;
    int32_t days; /* since 1970-01-01; of a year, quarter or month its first day */
    bool has_point;
    int32_t latitude_e6; /* millionths of a degree, north positive */
    int32_t longitude_e6;
    uint32_t persons; /* that the incident concerned; 0: not known, counts as 1. Of aggregates: in
                       * all, at most SYM_INCIDENT_PERSONS_MAX for each of count */
    uint64_t count;   /* incidents: 1, of aggregates up to SYM_INCIDENT_COUNT_MAX */
    struct sym_incident_code codes[SYM_INCIDENT_CODES_MAX];
    size_t n_codes;
};

/* Days since 1970-01-01 of a day of the Gregorian calendar, SYM_YEAR_MIN to SYM_YEAR_MAX;
 * SYM_BAD_VALUE: there is no such day. */
SYM_MUST enum sym_err sym_incident_days(int32_t *out, unsigned year, unsigned month, unsigned day);

/* Adds a code, in its place. SYM_EXISTS: it is there (nothing changes); SYM_LIMIT: no room in
 * the record or the field; SYM_BAD_VALUE: no code of the field. */
SYM_MUST enum sym_err sym_incident_add(struct sym_incident *i, enum sym_incident_field field,
                                       struct sym_span code);
SYM_MUST enum sym_err sym_incident_write(uint8_t *out, size_t max, size_t *len,
                                         const struct sym_incident *i);
/* Borrows from `from`; checks everything. */
SYM_MUST enum sym_err sym_incident_read(struct sym_incident *out, struct sym_span from);

/* The code of a dimension that is computed: year, quarter, month of the date, geohash of the point;
 * "unknown" where the record does not say it so closely. room: SYM_CODE_BYTES_MAX. */
struct sym_span sym_incident_derived(char *room, const struct sym_incident *i,
                                     enum sym_dimension dimension);
/* Base-32 geohash of n characters, 1 to 8, and a terminator. */
void sym_geohash(char *out, size_t n, int32_t latitude_e6, int32_t longitude_e6);

#endif
