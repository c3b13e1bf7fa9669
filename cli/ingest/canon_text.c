#include "cli/ingest/canon_run.h"
#include "crypto/text.h"

#include <string.h>

bool sym_are_digits(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!sym_is_digit(text[i])) {
            return false;
        }
    }
    return true;
}

static size_t cut_digits(struct sym_span *text)
{
    size_t n = 0;
    while (n < text->len && sym_is_digit(text->data[n])) {
        n++;
    }
    *text = sym_span(text->data + n, text->len - n);
    return n;
}

bool sym_canon_is_rounded(struct sym_span value)
{
    if (cut_digits(&value) == 0) {
        return false;
    }
    if (value.len > 0 && (value.data[0] == '.' || value.data[0] == ',')) {
        value = sym_span(value.data + 1, value.len - 1);
        (void)cut_digits(&value);
    }
    if (value.len < 3 || sym_to_lower(value.data[0]) != 'e' || value.data[1] != '+') {
        return false;
    }
    value = sym_span(value.data + 2, value.len - 2);
    return cut_digits(&value) > 0 && value.len == 0;
}

bool sym_canon_has_decimal(struct sym_span value)
{
    return cut_digits(&value) > 0 && value.len == 2 && value.data[0] == '.' && value.data[1] == '0';
}

/* In the languages of partners so far. NONREF is what SWIFT's MT messages say. */
static const char *const no_numbers[] = {
    "UNKNOWN", "NOTKNOWN",    "NOTPROVIDED", "NOTAVAILABLE", "NOTAPPLICABLE", "NOTGIVEN",
    "NONREF",  "NOTRECORDED", "NONE",        "NULL",         "MISSING",       "PENDING",
    "NA",      "UNBEKANNT",   "INCONNU",     "DESCONOCIDO",  "SCONOSCIUTO",   "ONBEKEND",
};

bool sym_canon_is_no_number(struct sym_span compact)
{
    for (size_t i = 0; i < sizeof no_numbers / sizeof *no_numbers; i++) {
        if (sym_span_equal(compact, sym_span_text(no_numbers[i]))) {
            return true;
        }
    }
    return false;
}

bool sym_canon_is_one_character(struct sym_span compact)
{
    size_t n = 1;
    while (n < compact.len && compact.data[n] == compact.data[0]) {
        n++;
    }
    return n == compact.len;
}

unsigned sym_mod97(const char *text, size_t len)
{
    unsigned rest = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[(i + 4) % len];
        rest = sym_is_digit(c) ? rest * 10 + (unsigned)(c - '0')
                               : rest * 100 + (unsigned)(c - 'A') + 10;
        rest %= 97;
    }
    return rest;
}

struct sym_span sym_compact_span(const struct sym_compact *c)
{
    return sym_span(c->text, c->len);
}

/* Hyphens and dashes as word processors put them between digits. */
static bool is_dash(uint32_t c)
{
    return (c >= 0x2010 && c <= 0x2015) || c == 0x2212;
}

/* The capital, digit or kept character that c stands for; '\0' to leave it out, -1 to refuse it. */
static int compacted(uint32_t c, const char *dropped, const char *kept)
{
    if (c >= 'a' && c <= 'z') {
        return (int)(c - 'a' + 'A');
    }
    if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
        return (int)c;
    }
    uint32_t plain = is_dash(c) ? '-' : c;
    if (plain < 0x80 && strchr(kept, (int)plain) != NULL) {
        return (int)plain;
    }
    return plain == ' ' || (plain < 0x80 && strchr(dropped, (int)plain) != NULL) ? 0 : -1;
}

enum sym_err sym_canon_compact(struct sym_compact *out, const struct sym_canon_run *run,
                               struct sym_span text, const char *what, const char *dropped,
                               const char *kept)
{
    out->len = 0;
    for (size_t position = 1; text.len > 0; position++) {
        uint32_t c = 0;
        if (!sym_text_next(&c, &text)) {
            return sym_canon_refuse(run, SYM_BAD_FORMAT, "is not UTF-8");
        }
        int kind = compacted(c, dropped, kept);
        if (kind < 0) {
            return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                    "character %zu of the %s is neither a letter A-Z nor a digit",
                                    position, what);
        }
        if (kind > 0 && out->len == sizeof out->text) {
            return sym_canon_refuse(run, SYM_TOO_LONG, "the %s has more than %u characters", what,
                                    SYM_COMPACT_BYTES);
        }
        if (kind > 0) {
            out->text[out->len++] = (char)kind;
        }
    }
    return SYM_OK;
}
