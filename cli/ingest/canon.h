/* canon.h - the value of an identifier, as somebody wrote it, to its canonical form, or a refusal.
 *
 * Some types have a second part without which a value means nothing: the bank of an account, the
 * issuing country of a document, the date of birth beside a name, the platform of a handle. It
 * comes from another column, or stands in the value: "PART:VALUE", for name_dob "NAME:DATE". The
 * canonical form is written like that too, and is its own canonical form.
 *
 * A struct sym_canon belongs to one thread; several work side by side. Values are UTF-8.
 * Errors: SYM_BAD_FORMAT, SYM_BAD_VALUE, SYM_NOT_FOUND (a part is missing), SYM_TOO_LONG,
 * SYM_NO_MEMORY, SYM_UNSUPPORTED. The fault starts with the type and holds no part of the value
 * except a country code, so that it may be shown: "iban: check digits do not match (mod 97 = 12)".
 */
#ifndef SYM_CLI_INGEST_CANON_H
#define SYM_CLI_INGEST_CANON_H

#include "cli/ingest/date.h"
#include "proto/token.h"

struct sym_nicknames;

/* Choices that come with a file; all zero is the strict default. */
struct sym_canon_rules {
    char region[3];          /* of phone numbers without country code: ISO 3166-1 alpha-2, or "" */
    enum sym_dates dates;    /* order of day, month and year in dates of birth */
    bool phones_possible;    /* keep numbers outside the ranges that libphonenumber knows */
    bool email_providers;    /* drop dots and plus tags where the provider ignores them */
    bool url_drop_tracking;  /* drop parameters that tell where a visitor came from */
    uint32_t today_yyyymmdd; /* later dates of birth are refused; 0: they are not noticed */
    const struct sym_nicknames *nicknames; /* of keys of persons; borrowed; NULL: none is known */
};

struct sym_canon_value {
    struct sym_span value;
    struct sym_span part; /* empty: stands in the value, or the type has none */
};

struct sym_canonical {
    size_t len;
    char text[SYM_CANONICAL_BYTES_MAX + 1];
    const char *remark; /* kept, but doubtful: a phrase; NULL otherwise */
};

#define SYM_CANON_STEPS_MAX 12u

/* How a value became canonical, for people. */
struct sym_canon_steps {
    size_t n;
    struct {
        const char *what; /* "spaces removed" */
        char text[SYM_CANONICAL_BYTES_MAX + 1];
    } step[SYM_CANON_STEPS_MAX];
};

/* SYM_BAD_VALUE for a region that is no country with telephone numbers, in two capital letters. */
SYM_MUST enum sym_err sym_canon_set_region(struct sym_canon_rules *rules, const char *region,
                                           struct sym_fault *fault);

struct sym_canon;

/* The rules are copied. SYM_BAD_VALUE for a region as above. */
SYM_MUST enum sym_err sym_canon_new(struct sym_canon **out, const struct sym_canon_rules *rules,
                                    struct sym_fault *fault);
void sym_canon_free(struct sym_canon *c);

/* steps (may be NULL) receives every step, also those before a refusal. */
SYM_MUST enum sym_err sym_canon(struct sym_canonical *out, struct sym_canon_steps *steps,
                                struct sym_canon *c, enum sym_token_type type,
                                struct sym_canon_value value, struct sym_fault *fault);

/* What the second part of a type is called: "bank", "issuer", "dob", "platform"; NULL for types
 * without one. */
const char *sym_canon_part(enum sym_token_type type);

/* Nothing but white space and invisible characters? */
bool sym_canon_is_blank(struct sym_span value);

#endif
