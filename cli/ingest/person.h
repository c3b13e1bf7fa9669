/* person.h - keys of a person: what two lists that spell a person differently may still share.
 *
 * Names are mistyped, shortened and swapped, dates of birth written in another order, addresses
 * out of date. So up to nine keys are made of what is known of a person, each of two or three
 * facts that are wrong independently of each other, each a token of its own type. Who shares any
 * of them is likely to be the same person, who shares two almost surely. Several people do share
 * one key, and the keys have so little entropy that they can be guessed: see SECURITY.md.
 *
 *     name_dob               all words of the name, sorted; date of birth, as it stands
 *     names_dob              Soundex of given name and surname, sorted; date of birth
 *     surname_dob            Metaphone of the surname; date of birth
 *     given_dob              Metaphone of the given name; date of birth
 *     dob_postcode           date of birth; postcode
 *     dob_town               date of birth; Metaphone of the town
 *     names_postcode         Soundex of given name and surname, sorted; postcode
 *     names_town             Soundex of given name and surname, sorted; Metaphone of the town
 *     surname_postcode_year  Metaphone of the surname; postcode; year of birth
 *
 * Beside name_dob, day and month of a date are put in ascending order, so that 3 February and
 * 2 March of one year are one date; the given name is its first word, as a nickname table
 * (nicknames.h) and without titles; a surname or town is its words joined. Soundex, the coarser
 * one, is used where two names narrow each other down, Metaphone where one stands alone. All
 * text is transliterated to Latin letters first, as for name_dob (canon.h). A key that lacks one of
 * its facts is not made.
 */
#ifndef SYM_CLI_INGEST_PERSON_H
#define SYM_CLI_INGEST_PERSON_H

#include "cli/ingest/canon.h"

#define SYM_PERSON_PART_LIST(X)                                                                    \
    X(NAME, "name")                                                                                \
    X(GIVEN, "given") X(SURNAME, "surname") X(DOB, "dob") X(POSTCODE, "postcode") X(TOWN, "town")

/* What is known of a person; a name as a whole is cut into given name and surname, where neither
 * is given: at a comma, "Surname, Given", or before its last word. */
enum sym_person_part {
    SYM_PERSON_NONE,
#define SYM_PERSON_PART_ENUM(name, text) SYM_PERSON_##name,
    SYM_PERSON_PART_LIST(SYM_PERSON_PART_ENUM)
#undef SYM_PERSON_PART_ENUM
        SYM_PERSON_PARTS
};

#define SYM_PERSON_KEYS_MAX 9u

/* "given"; "none" for a number that is no part. */
const char *sym_person_part_text(enum sym_person_part part);
/* Exactly one of the names; SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_person_part_parse(enum sym_person_part *out, struct sym_span name);

/* As written, by part; empty: not known. */
struct sym_person {
    struct sym_span part[SYM_PERSON_PARTS];
};

/* One text, terminated; part and type say what it is. */
struct sym_person_text {
    enum sym_person_part part;
    enum sym_token_type type;
    char text[SYM_CANONICAL_BYTES_MAX + 1];
};

struct sym_person_keys {
    size_t n;
    struct sym_person_text key[SYM_PERSON_KEYS_MAX];
    size_t n_made; /* what became of the parts, for people */
    struct sym_person_text made[SYM_PERSON_PARTS];
    size_t n_refused; /* parts that were left out, with a fault: type is the one it starts with */
    struct sym_person_text refused[SYM_PERSON_PARTS];
    const char *remark; /* about the date of birth: kept, but doubtful; NULL otherwise */
};

/* Refused parts are left out. No key at all, when too little is known, is no error. Errors:
 * SYM_NO_MEMORY, SYM_INTERNAL. */
SYM_MUST enum sym_err sym_person_keys(struct sym_person_keys *out, struct sym_canon *c,
                                      const struct sym_person *person);

#endif
