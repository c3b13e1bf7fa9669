#include "cli/ingest/unicode.h"

#include "cli/ingest/ascii.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

/* One character of NFKC may become 18; a text that grows by more than four is no name. */
#define UNITS (4u * SYM_UNICODE_BYTES_MAX)

/* Accents that stand alone go first, as NFKC makes spaces of them: the acute one is an apostrophe,
 * "Mu¨ller" is what copying from a page leaves. Accents on letters and modifier letters (as
 * transliterated soft signs are) go last: Latin-ASCII would turn some of the latter into
 * apostrophes, and others not. A set at the begin would filter all that follows, so Null does. */
#define TO_LATIN                                                                                   \
    "Null; [[:Sk:]-[:ASCII:]] Remove; Any-NFKC; Any-Latin; [:Lm:] Remove; Latin-ASCII; Any-NFD; "  \
    "[[:M:][:Lm:]] Remove"

struct sym_unicode {
    const UNormalizer2 *casefold; /* owned by ICU */
    UTransliterator *latin;       /* NULL before the first name: to make one takes 10 ms */
    UIDNA *idna;
    UChar a[UNITS];
    UChar b[UNITS];
    char utf8[4 * UNITS];
};

static enum sym_err error_of(UErrorCode status)
{
    if (U_SUCCESS(status) && status != U_STRING_NOT_TERMINATED_WARNING) {
        return SYM_OK;
    }
    switch ((int)status) {
    case U_BUFFER_OVERFLOW_ERROR:
    case U_STRING_NOT_TERMINATED_WARNING:
        return SYM_TOO_LONG;
    case U_INVALID_CHAR_FOUND:
    case U_TRUNCATED_CHAR_FOUND:
        return SYM_BAD_FORMAT;
    case U_MEMORY_ALLOCATION_ERROR:
        return SYM_NO_MEMORY;
    default:
        return SYM_UNSUPPORTED;
    }
}

enum sym_err sym_unicode_new(struct sym_unicode **out)
{
    UErrorCode status = U_ZERO_ERROR;
    struct sym_unicode *u = calloc(1, sizeof *u);
    if (u == NULL) {
        return SYM_NO_MEMORY;
    }
    u->casefold = unorm2_getNFKCCasefoldInstance(&status);
    u->idna = uidna_openUTS46(
        UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII, &status);
    if (U_FAILURE(status)) {
        sym_unicode_free(u);
        return error_of(status);
    }
    *out = u;
    return SYM_OK;
}

void sym_unicode_free(struct sym_unicode *u)
{
    if (u != NULL) {
        utrans_close(u->latin);
        uidna_close(u->idna);
        free(u);
    }
}

/* Text to UTF-16 in u->a. */
static enum sym_err decode(int32_t *units, struct sym_unicode *u, struct sym_span text)
{
    UErrorCode status = U_ZERO_ERROR;
    if (text.len > SYM_UNICODE_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    const char *from = text.len > 0 ? (const char *)text.data : "";
    (void)u_strFromUTF8(u->a, UNITS, units, from, (int32_t)text.len, &status);
    return error_of(status);
}

static enum sym_err encode(struct sym_writer *out, struct sym_unicode *u, const UChar *text,
                           int32_t units)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t len = 0;
    (void)u_strToUTF8(u->utf8, sizeof u->utf8, &len, text, units, &status);
    if (error_of(status) == SYM_OK) {
        sym_write_bytes(out, u->utf8, (size_t)len);
    }
    return error_of(status);
}

/* Folds what is in u->a. */
static enum sym_err fold(struct sym_writer *out, struct sym_unicode *u, int32_t units)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t folded = unorm2_normalize(u->casefold, u->a, units, u->b, UNITS, &status);
    enum sym_err err = error_of(status);
    return err == SYM_OK ? encode(out, u, u->b, folded) : err;
}

enum sym_err sym_unicode_fold(struct sym_writer *out, struct sym_unicode *u, struct sym_span text)
{
    int32_t units = 0;
    enum sym_err err = decode(&units, u, text);
    return err == SYM_OK ? fold(out, u, units) : err;
}

static enum sym_err open_latin(struct sym_unicode *u)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar id[sizeof TO_LATIN];
    if (u->latin == NULL) {
        u_uastrcpy(id, TO_LATIN);
        u->latin = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
    }
    enum sym_err err = error_of(status);
    return err == SYM_OK || err == SYM_NO_MEMORY ? err : SYM_INTERNAL;
}

enum sym_err sym_unicode_latin(struct sym_writer *out, struct sym_unicode *u, struct sym_span text)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t units = 0;
    enum sym_err err = open_latin(u);
    if (err == SYM_OK) {
        err = decode(&units, u, text);
    }
    if (err != SYM_OK) {
        return err;
    }
    int32_t limit = units;
    utrans_transUChars(u->latin, u->a, &units, UNITS, 0, &limit, &status);
    err = error_of(status);
    return err == SYM_OK ? fold(out, u, units) : err;
}

enum sym_err sym_unicode_domain(struct sym_writer *out, struct sym_unicode *u, struct sym_span name)
{
    UErrorCode status = U_ZERO_ERROR;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    if (name.len > SYM_UNICODE_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    const char *from = name.len > 0 ? (const char *)name.data : "";
    int32_t len = uidna_nameToASCII_UTF8(u->idna, from, (int32_t)name.len, u->utf8, sizeof u->utf8,
                                         &info, &status);
    enum sym_err err = error_of(status);
    if (err != SYM_OK) {
        return err;
    }
    if ((info.errors & ~(uint32_t)UIDNA_ERROR_HYPHEN_3_4) != 0) {
        return SYM_BAD_VALUE;
    }
    sym_write_bytes(out, u->utf8, (size_t)len);
    return SYM_OK;
}

enum sym_err sym_unicode_compose(struct sym_writer *out, struct sym_span text)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar from[SYM_UNICODE_ID_BYTES_MAX + 1];
    UChar to[3 * SYM_UNICODE_ID_BYTES_MAX + 1]; /* as much as NFC grows */
    char utf8[3 * sizeof to / sizeof *to];
    int32_t units = 0;
    int32_t len = 0;
    if (sym_is_ascii(text)) {
        sym_write_span(out, text);
        return SYM_OK;
    }
    if (text.len > SYM_UNICODE_ID_BYTES_MAX) {
        return SYM_TOO_LONG;
    }
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
    (void)u_strFromUTF8(from, sizeof from / sizeof *from, &units, (const char *)text.data,
                        (int32_t)text.len, &status);
    units = unorm2_normalize(nfc, from, units, to, sizeof to / sizeof *to, &status);
    (void)u_strToUTF8(utf8, sizeof utf8, &len, to, units, &status);
    enum sym_err err = error_of(status);
    if (err == SYM_OK) {
        sym_write_bytes(out, utf8, (size_t)len);
    }
    return err;
}

bool sym_unicode_is_letter(uint32_t character)
{
    return u_isalpha((UChar32)character) != 0;
}
