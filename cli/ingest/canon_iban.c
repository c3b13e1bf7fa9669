#include "cli/ingest/canon_run.h"

#include <stdlib.h>
#include <string.h>

/* ISO 13616: what follows country and check digits, as the SWIFT IBAN registry lays it down, in
 * runs of n digits, a letters, c either. */
struct country_row {
    char country[3];
    char runs[13];
};

static const struct country_row countries[] = {
    /* clang-format off */
    {"AD", "8n12c"}, {"AE", "19n"}, {"AL", "8n16c"}, {"AT", "16n"}, {"AZ", "4a20c"}, {"BA", "16n"},
    {"BE", "12n"}, {"BG", "4a6n8c"}, {"BH", "4a14c"}, {"BI", "23n"}, {"BR", "23n1a1c"},
    {"BY", "4c4n16c"}, {"CH", "5n12c"}, {"CR", "18n"}, {"CY", "8n16c"}, {"CZ", "20n"},
    {"DE", "18n"}, {"DJ", "23n"}, {"DK", "14n"}, {"DO", "4c20n"}, {"EE", "16n"}, {"EG", "25n"},
    {"ES", "20n"}, {"FI", "14n"}, {"FK", "2a12n"}, {"FO", "14n"}, {"FR", "10n11c2n"},
    {"GB", "4a14n"}, {"GE", "2a16n"}, {"GI", "4a15c"}, {"GL", "14n"}, {"GR", "7n16c"},
    {"GT", "24c"}, {"HN", "4a20n"}, {"HR", "17n"}, {"HU", "24n"}, {"IE", "4a14n"}, {"IL", "19n"},
    {"IQ", "4a15n"}, {"IS", "22n"}, {"IT", "1a10n12c"}, {"JO", "4a4n18c"}, {"KW", "4a22c"},
    {"KZ", "3n13c"}, {"LB", "4n20c"}, {"LC", "4a24c"}, {"LI", "5n12c"}, {"LT", "16n"},
    {"LU", "3n13c"}, {"LV", "4a13c"}, {"LY", "21n"}, {"MC", "10n11c2n"}, {"MD", "20c"},
    {"ME", "18n"}, {"MK", "3n10c2n"}, {"MN", "16n"}, {"MR", "23n"}, {"MT", "4a5n18c"},
    {"MU", "4a19n3a"}, {"NI", "4a20n"}, {"NL", "4a10n"}, {"NO", "11n"}, {"OM", "3n16c"},
    {"PK", "4a16c"}, {"PL", "24n"}, {"PS", "4a21c"}, {"PT", "21n"}, {"QA", "4a21c"},
    {"RO", "4a16c"}, {"RS", "18n"}, {"RU", "14n15c"}, {"SA", "2n18c"}, {"SC", "4a20n3a"},
    {"SD", "14n"}, {"SE", "20n"}, {"SI", "15n"}, {"SK", "20n"}, {"SM", "1a10n12c"}, {"SO", "19n"},
    {"ST", "21n"}, {"SV", "4a20n"}, {"TL", "19n"}, {"TN", "20n"}, {"TR", "6n16c"}, {"UA", "6n19c"},
    {"VA", "18n"}, {"VG", "4a16n"}, {"XK", "16n"}, {"YE", "4a4n18c"},
    /* clang-format on */
};

static const struct country_row *find_country(const char *iban)
{
    size_t low = 0;
    size_t high = sizeof countries / sizeof *countries;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strncmp(iban, countries[middle].country, 2);
        if (order == 0) {
            return &countries[middle];
        }
        low = order > 0 ? middle + 1 : low;
        high = order < 0 ? middle : high;
    }
    return NULL;
}

/* Cuts "12n" off *runs: the number, with the class in *class. */
static size_t next_run(char *class, const char **runs)
{
    char *end = NULL;
    size_t n = strtoul(*runs, &end, 10);
    *class = *end;
    *runs = end + 1;
    return n;
}

static size_t length_of(const struct country_row *row)
{
    size_t len = 4;
    char class = 0;
    for (const char *runs = row->runs; *runs != '\0';) {
        len += next_run(&class, &runs);
    }
    return len;
}

static bool fits(char c, char class)
{
    return (class != 'a' && sym_is_digit(c)) || (class != 'n' && sym_is_capital(c));
}

static enum sym_err check_structure(const struct sym_canon_run *run, const struct country_row *row,
                                    const struct sym_compact *iban)
{
    size_t at = 4;
    char class = 0;
    for (const char *runs = row->runs; *runs != '\0';) {
        for (size_t n = next_run(&class, &runs); n > 0; n--, at++) {
            if (!fits(iban->text[at], class)) {
                return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                        "character %zu has to be a %s in numbers of %s", at + 1,
                                        class == 'n' ? "digit" : "letter", row->country);
            }
        }
    }
    return SYM_OK;
}

static enum sym_err check(const struct sym_canon_run *run, const struct sym_compact *iban)
{
    if (iban->len < 5 || !sym_is_capital(iban->text[0]) || !sym_is_capital(iban->text[1]) ||
        !sym_are_digits(iban->text + 2, 2)) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                "does not start with two letters and two check digits");
    }
    const struct country_row *row = find_country(iban->text);
    if (row == NULL) {
        return sym_canon_refuse(run, SYM_BAD_VALUE, "the country %.2s has no such numbers",
                                iban->text);
    }
    if (iban->len != length_of(row)) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT, "has %zu characters; numbers of %s have %zu",
                                iban->len, row->country, length_of(row));
    }
    enum sym_err err = check_structure(run, row, iban);
    if (err != SYM_OK) {
        return err;
    }
    unsigned rest = sym_mod97(iban->text, iban->len);
    if (rest != 1) {
        return sym_canon_refuse(run, SYM_BAD_VALUE, "check digits do not match (mod 97 = %u)",
                                rest);
    }
    /* 00, 01 and 99 leave the same remainder as 97, 98 and 02, and are never issued. */
    unsigned digits = (unsigned)(iban->text[2] - '0') * 10 + (unsigned)(iban->text[3] - '0');
    if (digits < 2 || digits > 98) {
        return sym_canon_refuse(run, SYM_BAD_VALUE, "check digits lie outside 02 to 98");
    }
    return SYM_OK;
}

enum sym_err sym_canon_iban(struct sym_canon_run *run)
{
    struct sym_compact iban;
    enum sym_err err = sym_canon_compact(&iban, run, run->value, "number", "-.:", "");
    if (err != SYM_OK) {
        return err;
    }
    sym_canon_step(run, "separators removed, in capitals", sym_compact_span(&iban));
    if (iban.len > 6 && strncmp(iban.text, "IBAN", 4) == 0) {
        iban.len -= 4;
        memmove(iban.text, iban.text + 4, iban.len);
        sym_canon_step(run, "without the word IBAN", sym_compact_span(&iban));
    }
    err = check(run, &iban);
    if (err == SYM_OK) {
        sym_write_span(&run->out, sym_compact_span(&iban));
    }
    return err;
}
