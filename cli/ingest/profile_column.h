/* profile_column.h - the part of a profile that is about identifiers: which column is which one, or
 * which fact of a person.
 *
 * A line of [columns] is "Title = type", "Title = type.part" or "Title = person.part", the type
 * with /N where there are several of it. Reasons in faults are half sentences, for who knows file
 * and line. Errors: SYM_BAD_VALUE, SYM_BAD_FORMAT, SYM_LIMIT.
 */
#ifndef SYM_CLI_INGEST_PROFILE_COLUMN_H
#define SYM_CLI_INGEST_PROFILE_COLUMN_H

#include "cli/ingest/person.h"

#define SYM_PROFILE_TITLE_BYTES (SYM_PROFILE_LINE_BYTES_MAX + 1u)
#define SYM_PROFILE_GROUPS_MAX  9u

/* One line of [columns]: "Born = name_dob/2.dob", or "Born = person.dob". */
struct sym_profile_column {
    char title[SYM_PROFILE_TITLE_BYTES]; /* of the CSV column, or "@3" */
    enum sym_token_type type;
    bool second;                 /* it is the second part: bank, issuer, date of birth, platform */
    unsigned group;              /* from 1: parts of one group belong together */
    enum sym_person_part person; /* of keys; NONE: of an identifier of this type */
    unsigned line;
};

/* One line more, of at most SYM_PROFILE_COLUMNS_MAX, which must not say what another has said. */
SYM_MUST enum sym_err sym_profile_columns_add(struct sym_profile_column *columns, size_t *n,
                                              const char *title, const char *target, unsigned line,
                                              struct sym_fault *reason);
/* Do all of them together make identifiers? has_issuer: the profile names that of all documents.
 * *line: of the column at fault. */
SYM_MUST enum sym_err sym_profile_columns_check(const struct sym_profile_column *columns, size_t n,
                                                bool has_issuer, unsigned *line,
                                                struct sym_fault *reason);

#endif
