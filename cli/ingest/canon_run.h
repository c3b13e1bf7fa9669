/* canon_run.h - shared by canon.c and the files of the families, and by nobody else.
 *
 * A family gets a run with value and part trimmed, without invisible characters, and writes the
 * canonical form to run->out. The writer is sticky and checked by canon.c.
 */
#ifndef SYM_CLI_INGEST_CANON_RUN_H
#define SYM_CLI_INGEST_CANON_RUN_H

#include "cli/ingest/ascii.h"
#include "cli/ingest/canon.h"
#include "cli/ingest/unicode.h"

/* Of canon.h. */
struct sym_canon {
    struct sym_canon_rules rules;
    struct sym_unicode *unicode;
};

struct sym_canon_run {
    const struct sym_canon_rules *rules;
    struct sym_unicode *unicode;
    enum sym_token_type type;
    struct sym_span value;
    struct sym_span part; /* empty: none was given */
    struct sym_writer out;
    const char *remark;
    struct sym_canon_steps *steps; /* NULL: nobody looks */
    struct sym_fault *fault;
};

/* Families, by the types of canon.c. */
SYM_MUST enum sym_err sym_canon_iban(struct sym_canon_run *run);
SYM_MUST enum sym_err sym_canon_account(struct sym_canon_run *run);
SYM_MUST enum sym_err sym_canon_bic(struct sym_canon_run *run);
SYM_MUST enum sym_err sym_canon_phone(struct sym_canon_run *run);
SYM_MUST enum sym_err sym_canon_email(struct sym_canon_run *run);
SYM_MUST enum sym_err sym_canon_passport(struct sym_canon_run *run);
SYM_MUST enum sym_err sym_canon_national_id(struct sym_canon_run *run);
SYM_MUST enum sym_err sym_canon_plate(struct sym_canon_run *run);
SYM_MUST enum sym_err sym_canon_name_dob(struct sym_canon_run *run);
SYM_MUST enum sym_err sym_canon_handle(struct sym_canon_run *run);
SYM_MUST enum sym_err sym_canon_url(struct sym_canon_run *run);
SYM_MUST enum sym_err sym_canon_wallet(struct sym_canon_run *run);
SYM_MUST enum sym_err sym_canon_payment_ref(struct sym_canon_run *run);

/* Returns err, with "TYPE: …" in the fault. */
enum sym_err sym_canon_refuse(const struct sym_canon_run *run, enum sym_err err, const char *format,
                              ...) SYM_PRINTF(3, 4);
/* Notes a step unless the text is what the step before left. */
void sym_canon_step(struct sym_canon_run *run, const char *what, struct sym_span text);

/* Copies text to out, of SYM_CANONICAL_BYTES_MAX + 1 bytes, without invisible characters and spaces
 * at the ends; each other white space becomes U+0020. Refuses what is too long, not UTF-8, or has
 * control characters. */
SYM_MUST enum sym_err sym_canon_tidy(struct sym_span *tidied, char *out,
                                     const struct sym_canon_run *run, struct sym_span text);

#define SYM_NAME_BYTES_MAX 512u
#define SYM_NAME_WORDS_MAX 32u

/* Words of a name, as they come: letters and digits of ASCII, in lower case. Borrowed. */
struct sym_name_words {
    struct sym_span at[SYM_NAME_WORDS_MAX];
    size_t n;
};

/* run->value in words, which lie in room. Refuses names in letters without a Latin spelling, of too
 * many words, without two letters, and placeholders ("unknown"). */
SYM_MUST enum sym_err sym_canon_words(struct sym_name_words *out, uint8_t room[SYM_NAME_BYTES_MAX],
                                      struct sym_canon_run *run);

struct sym_date;
/* run->part as a date of birth, between 1850 and today. Refuses placeholders; sets run->remark for
 * a first of January. */
SYM_MUST enum sym_err sym_canon_birthday(struct sym_date *out, struct sym_canon_run *run);

/* The two lines at the foot of a passport (ICAO Doc 9303-4), which name issuer and number? */
bool sym_canon_is_mrz(struct sym_span value);

#define SYM_COMPACT_BYTES 128u

/* Capital letters and digits of ASCII. */
struct sym_compact {
    size_t len;
    char text[SYM_COMPACT_BYTES];
};

/* Copies text without white space and without the characters of dropped, in capitals. Refuses what
 * else is no letter or digit, unless it is one of kept, and what does not fit. what names the text
 * in refusals: "number". */
SYM_MUST enum sym_err sym_canon_compact(struct sym_compact *out, const struct sym_canon_run *run,
                                        struct sym_span text, const char *what, const char *dropped,
                                        const char *kept);
struct sym_span sym_compact_span(const struct sym_compact *c);

bool sym_are_digits(const char *text, size_t len);
/* "8.00101E+12", as spreadsheets write long numbers: those of many people become one. */
bool sym_canon_is_rounded(struct sym_span value);
/* "123456.0", as programs write numbers of a column with gaps: read as 1234560, it is another one.
 */
bool sym_canon_has_decimal(struct sym_span value);
/* A word that forms hold where a number is not known, in capitals and without anything between its
 * letters: people who share it share nothing. */
bool sym_canon_is_no_number(struct sym_span compact);
/* One character, repeated or not; false for nothing. */
bool sym_canon_is_one_character(struct sym_span compact);
/* ISO 7064 MOD 97-10 over capitals and digits with the first four moved to the end: 1 where check
 * digits are the third and fourth, and match. */
unsigned sym_mod97(const char *text, size_t len);
/* A BIC of 8 or 11 characters to one of 11, with its terminator. Notes the step. */
SYM_MUST enum sym_err sym_canon_bic_text(char out[12], struct sym_canon_run *run,
                                         struct sym_span text);
/* A host name of at least two labels, in lower case and ASCII, or an IPv6 address in brackets.
 * Underscores stand in web addresses, not in those of mail. */
SYM_MUST enum sym_err sym_canon_domain(struct sym_writer *out, struct sym_canon_run *run,
                                       struct sym_span name, bool underscores);

#endif
