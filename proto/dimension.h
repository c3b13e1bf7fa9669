/* dimension.h - what incidents are counted by: the dimensions of a cube, the fields of a record
 * that they read, and how a code of each is written.
 *
 * A code is short text: "IT", "IT.09", "2019-Q1", "forced-labour". Lists of the codes that are
 * words stand here; country, admin1 and city codes come from the gazetteer of the command line
 * (ISO 3166-1 alpha-2; GeoNames "IT.09"; "IT.09.Milan"), and only their form is checked here. Names
 * follow IOM's Human Trafficking Case Data Standard 2.0 and the codebook of the Counter-Trafficking
 * Data Collaborative, plainly rewritten. Pure.
 */
#ifndef SYM_PROTO_DIMENSION_H
#define SYM_PROTO_DIMENSION_H

#include "crypto/bytes.h"

/* A code, bytes of text: the longest is a city. */
#define SYM_CODE_BYTES_MAX 80u
/* What follows the country in a code of admin1. */
#define SYM_ADMIN1_BYTES_MAX 8u
/* Years that a record or a code can name. */
#define SYM_YEAR_MIN 1900u
#define SYM_YEAR_MAX 2199u
/* The alphabet of geohashes. */
#define SYM_GEOHASH_LETTERS "0123456789bcdefghjkmnpqrstuvwxyz"

/* Of every dimension: nothing is recorded; in some: more than one where the record can say only
 * one; for places: not on land. */
#define SYM_CODE_UNKNOWN "unknown"
#define SYM_CODE_SEVERAL "several"
#define SYM_CODE_AT_SEA  "at-sea"

/* Number, name on the command line and in files, role in pictures (7-pictures), field of a record.
 * Numbers travel and are stored: never change one. */
#define SYM_DIMENSION_LIST(X)                                                                      \
    X(COUNTRY, 1, "country", PLACE, COUNTRY)                                                       \
    X(ADMIN1, 2, "admin1", PLACE, ADMIN1)                                                          \
    X(CITY, 3, "city", PLACE, CITY)                                                                \
    X(GEOHASH1, 4, "geohash-1", PLACE, POINT)                                                      \
    X(GEOHASH2, 5, "geohash-2", PLACE, POINT)                                                      \
    X(GEOHASH3, 6, "geohash-3", PLACE, POINT)                                                      \
    X(GEOHASH4, 7, "geohash-4", PLACE, POINT)                                                      \
    X(ORIGIN, 8, "origin", ORIGIN, ORIGIN)                                                         \
    X(TRANSIT, 9, "transit", PLACE, TRANSIT)                                                       \
    X(DESTINATION, 10, "destination", DESTINATION, DESTINATION)                                    \
    X(YEAR, 11, "year", TIME, DATE)                                                                \
    X(QUARTER, 12, "quarter", TIME, DATE)                                                          \
    X(MONTH, 13, "month", TIME, DATE)                                                              \
    X(EXPLOITATION, 14, "exploitation", CATEGORY, EXPLOITATION)                                    \
    X(SUBTYPE, 15, "subtype", CATEGORY, SUBTYPE)                                                   \
    X(SEX, 16, "sex", CATEGORY, SEX)                                                               \
    X(AGE, 17, "age", CATEGORY, AGE)                                                               \
    X(RECRUITMENT, 18, "recruitment", CATEGORY, RECRUITMENT)                                       \
    X(CONTROL, 19, "control", CATEGORY, CONTROL)                                                   \
    X(TRANSPORT, 20, "transport", CATEGORY, TRANSPORT)

enum sym_dimension {
    SYM_DIMENSION_NONE,
#define SYM_DIMENSION_ENUM(name, number, text, role, field) SYM_DIMENSION_##name = number,
    SYM_DIMENSION_LIST(SYM_DIMENSION_ENUM)
#undef SYM_DIMENSION_ENUM
        SYM_DIMENSION_COUNT
};

enum sym_dimension_role {
    SYM_ROLE_PLACE,
    SYM_ROLE_ORIGIN,
    SYM_ROLE_DESTINATION,
    SYM_ROLE_TIME,
    SYM_ROLE_CATEGORY
};

/* The fields of a record that hold codes, and those that dimensions are computed from. */
enum sym_incident_field {
    SYM_FIELD_OF_COUNTRY, /* of exploitation, or of the incident */
    SYM_FIELD_OF_ADMIN1,
    SYM_FIELD_OF_CITY,
    SYM_FIELD_OF_ORIGIN,
    SYM_FIELD_OF_TRANSIT,
    SYM_FIELD_OF_DESTINATION,
    SYM_FIELD_OF_EXPLOITATION,
    SYM_FIELD_OF_SUBTYPE,
    SYM_FIELD_OF_SEX,
    SYM_FIELD_OF_AGE,
    SYM_FIELD_OF_RECRUITMENT,
    SYM_FIELD_OF_CONTROL,
    SYM_FIELD_OF_TRANSPORT,
    SYM_FIELD_OF_CODES, /* how many there are of those */
    SYM_FIELD_OF_DATE = SYM_FIELD_OF_CODES,
    SYM_FIELD_OF_POINT
};

/* "country"; "unknown" for a number that is none. */
const char *sym_dimension_text(uint32_t dimension);
/* SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_dimension_parse(enum sym_dimension *out, struct sym_span text);
/* Of a dimension that exists. */
enum sym_dimension_role sym_dimension_role(enum sym_dimension dimension);
enum sym_incident_field sym_dimension_field(enum sym_dimension dimension);

/* The words of a dimension (or of the field it reads) that has a fixed list, in their order, with
 * "unknown" last; NULL for places and times. */
const char *const *sym_dimension_words(enum sym_dimension dimension, size_t *n);
/* Is this a code of the dimension, by its form or its list? SYM_BAD_VALUE otherwise. */
SYM_MUST enum sym_err sym_dimension_check(enum sym_dimension dimension, struct sym_span code);

#endif
