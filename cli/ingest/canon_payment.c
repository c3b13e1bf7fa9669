#include "cli/ingest/canon_run.h"

#include <string.h>

#define UUID_BYTES          36u
#define REFERENCE_BYTES_MAX 35u /* ISO 20022 Max35Text */
#define CREDITOR_BYTES_MAX  25u
#define VERSION_AT          14u
#define VARIANT_AT          19u

static bool is_hex(char c)
{
    return sym_is_digit(c) || (c >= 'A' && c <= 'F');
}

static bool is_uuid(const char *text, size_t len)
{
    for (size_t i = 0; i < len && len == UUID_BYTES; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? text[i] != '-' : !is_hex(text[i])) {
            return false;
        }
    }
    return len == UUID_BYTES;
}

/* RFC 4122 version 4, as SWIFT requires of a UETR. */
static enum sym_err check_uetr(const struct sym_canon_run *run, const char *text)
{
    if (text[VERSION_AT] != '4' || strchr("89AB", text[VARIANT_AT]) == NULL) {
        return sym_canon_refuse(run, SYM_BAD_VALUE,
                                "is a UUID, but not of version 4 as a UETR has to be");
    }
    return SYM_OK;
}

/* Payments without a reference share what stands in its place. */
static enum sym_err check_given(const struct sym_canon_run *run, const char *text, size_t len)
{
    char bare[REFERENCE_BYTES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (sym_is_digit(text[i]) || sym_is_capital(text[i])) {
            bare[n++] = text[i];
        }
    }
    if (sym_canon_is_no_number(sym_span(bare, n))) {
        return sym_canon_refuse(run, SYM_BAD_VALUE, "says that no reference was given");
    }
    if (n > 3 && sym_canon_is_one_character(sym_span(bare, n))) {
        return sym_canon_refuse(run, SYM_BAD_VALUE, "is one character repeated: a placeholder");
    }
    return SYM_OK;
}

/* SWIFT character set X, in capitals. */
static enum sym_err check_reference(const struct sym_canon_run *run, const char *text, size_t len)
{
    if (len > REFERENCE_BYTES_MAX) {
        return sym_canon_refuse(run, SYM_TOO_LONG, "is no UETR, and longer than %u characters",
                                REFERENCE_BYTES_MAX);
    }
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!sym_is_digit(c) && !sym_is_capital(c) && strchr("/-?:().,'+ ", c) == NULL) {
            return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                    "character %zu may not stand in a payment reference", i + 1);
        }
    }
    return check_given(run, text, len);
}

/* ISO 11649: RF, two check digits, at most 21 letters and digits; on paper in groups of four. True
 * when text, without its spaces, is one. */
static bool join_creditor_reference(char *text, size_t *len)
{
    char joined[UUID_BYTES];
    size_t n = 0;
    for (size_t i = 0; i < *len; i++) {
        if (text[i] != ' ') {
            joined[n++] = text[i];
        }
    }
    bool is_one = n > 4 && n <= CREDITOR_BYTES_MAX && memcmp(joined, "RF", 2) == 0 &&
                  sym_are_digits(joined + 2, 2);
    for (size_t i = 4; i < n && is_one; i++) {
        is_one = sym_is_digit(joined[i]) || sym_is_capital(joined[i]);
    }
    if (is_one && sym_mod97(joined, n) == 1) {
        memcpy(text, joined, n);
        *len = n;
        return true;
    }
    return false;
}

enum sym_err sym_canon_payment_ref(struct sym_canon_run *run)
{
    char text[UUID_BYTES] = "";
    size_t len = run->value.len;
    if (len > sizeof text) {
        return sym_canon_refuse(run, SYM_TOO_LONG,
                                "has %zu characters; a UETR has %u, an "
                                "end-to-end id at most %u",
                                len, UUID_BYTES, REFERENCE_BYTES_MAX);
    }
    for (size_t i = 0; i < len; i++) {
        char c = (char)run->value.data[i];
        text[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    sym_canon_step(run, "in capitals", sym_span(text, len));
    if (join_creditor_reference(text, &len)) {
        sym_canon_step(run, "creditor reference without spaces", sym_span(text, len));
    }
    bool uetr = is_uuid(text, len);
    enum sym_err err = uetr ? check_uetr(run, text) : check_reference(run, text, len);
    if (err == SYM_OK) {
        sym_canon_step(run, uetr ? "UETR" : "end-to-end id", sym_span(text, len));
        sym_write_bytes(&run->out, text, len);
    }
    return err;
}
