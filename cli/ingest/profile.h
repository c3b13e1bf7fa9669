/* profile.h - mapping profiles: which column of a CSV file is which identifier, or which field of
 * an incident.
 *
 * A profile is a small INI file, read through inih (profile.c is its only user), or one of those
 * that are built in; symbolon-profile(5) describes it. Binding a profile to the first row of a CSV
 * file turns names of columns into places.
 *
 *     [profile]                         [columns]
 *     name = customers                  IBAN     = iban
 *     id = customer_no                  Mobile   = phone
 *     region = GB                       Name     = name_dob
 *                                       Born     = name_dob.dob
 *
 * Nothing here allocates except for the text of a file while it is read.
 * Errors: those of file.h, SYM_BAD_FORMAT, SYM_BAD_VALUE, SYM_TOO_LONG, SYM_LIMIT, SYM_NOT_FOUND.
 * The fault is a complete sentence that starts with file and line.
 */
#ifndef SYM_CLI_INGEST_PROFILE_H
#define SYM_CLI_INGEST_PROFILE_H

#include "cli/ingest/profile_column.h"
#include "cli/ingest/profile_field.h"
#include "proto/dataset.h"

#define SYM_PROFILE_NAME_BYTES 64u

struct sym_profile {
    char source[SYM_FAULT_BYTES]; /* path of the file or name of a built-in one, harmless */
    char name[SYM_PROFILE_NAME_BYTES];
    enum sym_dataset_kind kind;
    char id[SYM_PROFILE_TITLE_BYTES]; /* of incidents: titles with | between them, "@0": the row */
    bool optional; /* columns that the file lacks are passed over, as long as one is there */
    char delimiter;
    struct sym_canon_rules rules;
    char bank[SYM_PROFILE_NAME_BYTES]; /* second parts where no column has them; "": none */
    char issuer[SYM_PROFILE_NAME_BYTES];
    char platform[SYM_PROFILE_NAME_BYTES];
    struct sym_profile_column columns[SYM_PROFILE_COLUMNS_MAX];
    size_t n_columns;
    struct sym_profile_fields fields; /* of incidents and aggregates */
};

/* Name number at of the built-in profiles, NULL after the last; *text becomes its text. */
const char *sym_profile_builtin(const char **text, size_t at);

/* source names the text in faults. */
SYM_MUST enum sym_err sym_profile_parse(struct sym_profile *out, const char *source,
                                        struct sym_span text, struct sym_fault *fault);
/* name: a built-in profile, or the path of a file. */
SYM_MUST enum sym_err sym_profile_load(struct sym_profile *out, const char *name,
                                       struct sym_fault *fault);

#define SYM_BOUND_PARTS_MAX 8u
#define SYM_BOUND_NONE      SIZE_MAX
#define SYM_BOUND_ROW       (SIZE_MAX - 1) /* the id: the number of the row */

/* One identifier: places in a row, from 0. */
struct sym_bound {
    enum sym_token_type type;
    size_t values[SYM_BOUND_PARTS_MAX]; /* several for a name in parts: they are joined */
    size_t n_values;
    size_t second;     /* SYM_BOUND_NONE: no column */
    const char *fixed; /* second part for all rows, where there is no column; borrowed, or NULL */
};

struct sym_bound_field {
    enum sym_profile_target target;
    const char *code; /* of a column of 0 and 1; NULL: the column says it */
    size_t column;
};

struct sym_gazetteer;

struct sym_binding {
    size_t id;
    size_t n_columns; /* of the file */
    struct sym_bound identifiers[SYM_TOKENS_PER_RECORD_MAX];
    size_t n;
    /* Of keys: the column of each part, SYM_BOUND_NONE where there is none. */
    size_t person[SYM_PERSON_PARTS];
    bool has_person;
    /* Of incidents and aggregates, ascending by target; the rest is set by who has it. */
    struct sym_bound_field fields[SYM_PROFILE_COLUMNS_MAX];
    size_t n_fields;
    const struct sym_profile *profile;
    const struct sym_gazetteer *gazetteer;
};

/* titles: the first row of the file csv_name. The binding borrows from the profile. */
SYM_MUST enum sym_err sym_profile_bind(struct sym_binding *out, const struct sym_profile *p,
                                       const struct sym_span *titles, size_t n,
                                       const char *csv_name, struct sym_fault *fault);

#endif
