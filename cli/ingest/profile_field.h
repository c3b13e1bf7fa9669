/* profile_field.h - the part of a profile that is about incidents: which column is which field, and
 * what its own words mean.
 *
 * A line of [columns] is "Title = field", or "Title = field.code" for a column of 0 and 1 (or of a
 * number: more than none is yes). A section [field] has lines "word = code". Reasons in faults are
 * half sentences, for who knows file and line. Errors: SYM_BAD_VALUE, SYM_BAD_FORMAT, SYM_LIMIT.
 */
#ifndef SYM_CLI_INGEST_PROFILE_FIELD_H
#define SYM_CLI_INGEST_PROFILE_FIELD_H

#include "crypto/result.h"
#include "proto/dimension.h"
#include "proto/limits.h"

#define SYM_PROFILE_MEANINGS_MAX 256u
#define SYM_PROFILE_WORD_BYTES   64u
/* Of cells-per-incident and persons-max. */
#define SYM_PROFILE_BOUND_MAX 1000000u

/* Name, text, the dimension that has its codes (NONE: none). In the order in which they are worked
 * on: a division is looked for within its country. */
#define SYM_PROFILE_TARGET_LIST(X)                                                                 \
    X(COUNTRY, "country", COUNTRY)                                                                 \
    X(ADMIN1, "admin1", ADMIN1)                                                                    \
    X(CITY, "city", CITY)                                                                          \
    X(LATITUDE, "latitude", NONE)                                                                  \
    X(LONGITUDE, "longitude", NONE)                                                                \
    X(COORDINATES, "coordinates", NONE)                                                            \
    X(ORIGIN, "origin", ORIGIN)                                                                    \
    X(TRANSIT, "transit", TRANSIT)                                                                 \
    X(DESTINATION, "destination", DESTINATION)                                                     \
    X(DATE, "date", NONE)                                                                          \
    X(YEAR, "year", NONE)                                                                          \
    X(QUARTER, "quarter", NONE)                                                                    \
    X(MONTH, "month", NONE)                                                                        \
    X(EXPLOITATION, "exploitation", EXPLOITATION)                                                  \
    X(SUBTYPE, "subtype", SUBTYPE)                                                                 \
    X(SEX, "sex", SEX)                                                                             \
    X(AGE, "age", AGE)                                                                             \
    X(RECRUITMENT, "recruitment", RECRUITMENT)                                                     \
    X(CONTROL, "control", CONTROL)                                                                 \
    X(TRANSPORT, "transport", TRANSPORT)                                                           \
    X(PERSONS, "persons", NONE)                                                                    \
    X(COUNT, "count", NONE)

enum sym_profile_target {
    SYM_TARGET_NONE,
#define SYM_PROFILE_TARGET_ENUM(name, text, dimension) SYM_TARGET_##name,
    SYM_PROFILE_TARGET_LIST(SYM_PROFILE_TARGET_ENUM)
#undef SYM_PROFILE_TARGET_ENUM
        SYM_TARGET_NUMBER
};

/* As it is written in profiles. */
const char *sym_profile_target_text(enum sym_profile_target target);
/* SYM_DIMENSION_NONE: it has no codes. */
enum sym_dimension sym_profile_target_dimension(enum sym_profile_target target);

struct sym_profile_field {
    char title[SYM_PROFILE_LINE_BYTES_MAX + 1];
    enum sym_profile_target target;
    char code[SYM_CODE_BYTES_MAX + 1]; /* "": what the column says */
    unsigned line;
};

struct sym_profile_meaning {
    enum sym_profile_target target;
    char word[SYM_PROFILE_WORD_BYTES]; /* as place_name.h folds */
    char code[SYM_CODE_BYTES_MAX + 1];
};

struct sym_profile_fields {
    struct sym_profile_field list[SYM_PROFILE_COLUMNS_MAX];
    size_t n;
    struct sym_profile_meaning meanings[SYM_PROFILE_MEANINGS_MAX];
    size_t n_meanings;
    char separator;              /* between values of one column; '\0': there is one only */
    uint32_t cells_per_incident; /* declared; 0: not yet */
    uint32_t persons_max;
};

/* One line of [columns], one of a section, and whether all of them together can be read; line:
 * where it stands. */
SYM_MUST enum sym_err sym_profile_fields_add(struct sym_profile_fields *f, const char *title,
                                             const char *target, unsigned line,
                                             struct sym_fault *reason);
SYM_MUST enum sym_err sym_profile_fields_mean(struct sym_profile_fields *f, const char *section,
                                              const char *word, const char *code,
                                              struct sym_fault *reason);
SYM_MUST enum sym_err sym_profile_fields_check(const struct sym_profile_fields *f, bool aggregates,
                                               struct sym_fault *reason);
/* The code that the profile gives to a text; NULL: it says nothing about it. */
const char *sym_profile_meaning(const struct sym_profile_fields *f, enum sym_profile_target target,
                                struct sym_span text);
/* 1 to SYM_PROFILE_BOUND_MAX. */
SYM_MUST enum sym_err sym_profile_bound_parse(uint32_t *out, const char *text);

#endif
