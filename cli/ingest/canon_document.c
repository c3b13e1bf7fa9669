#include "cli/ingest/canon_run.h"
#include "cli/ingest/country.h"
#include "cli/ingest/id_check.h"

#include <string.h>

/* ICAO Doc 9303-4: two lines of 44 characters; places in the second count from its start. */
#define MRZ_LINE  44u
#define MRZ_BYTES (2u * MRZ_LINE)

struct bounds {
    size_t min, max;
};

static const struct bounds passport_len = {5, 14};
static const struct bounds national_id_len = {4, 24};
static const struct bounds plate_len = {2, 12};

static enum sym_err write_issuer(struct sym_canon_run *run, struct sym_span code)
{
    char country[SYM_COUNTRY_BYTES];
    if (sym_country_parse(country, code) != SYM_OK) {
        return sym_canon_refuse(run, SYM_BAD_VALUE,
                                "the issuer is no country code; write two or three letters, such "
                                "as DE or DEU");
    }
    sym_canon_step(run, "issuing country", sym_span_text(country));
    sym_write_span(&run->out, sym_span_text(country));
    sym_write_u8(&run->out, ':');
    return SYM_OK;
}

static enum sym_err write_number(struct sym_canon_run *run, const struct sym_compact *number,
                                 const struct bounds *len)
{
    sym_canon_step(run, "number, letters and digits only", sym_compact_span(number));
    if (number->len < len->min || number->len > len->max) {
        return sym_canon_refuse(run, SYM_BAD_FORMAT,
                                "the number has %zu letters and digits; %zu to %zu are possible",
                                number->len, len->min, len->max);
    }
    if (number->len > 3 && sym_canon_is_one_character(sym_compact_span(number))) {
        return sym_canon_refuse(run, SYM_BAD_VALUE,
                                "the number is one character repeated: a placeholder");
    }
    if (sym_canon_is_no_number(sym_compact_span(number))) {
        return sym_canon_refuse(run, SYM_BAD_VALUE,
                                "the number says that it is not known: a placeholder");
    }
    sym_write_span(&run->out, sym_compact_span(number));
    return SYM_OK;
}

/* Spaces removed; only the length and the signs of an MRZ are looked at. */
bool sym_canon_is_mrz(struct sym_span value)
{
    size_t shown = 0;
    bool filler = false;
    for (size_t i = 0; i < value.len; i++) {
        shown += value.data[i] != ' ' ? 1 : 0;
        filler = filler || value.data[i] == '<';
    }
    return shown == MRZ_BYTES && filler && (value.data[0] == 'P' || value.data[0] == 'p');
}

/* Doc 9303-3, 4.9: weights 7 3 1; letters count from 10, fillers are 0. */
static unsigned mrz_sum(const char *text, size_t len, size_t first)
{
    static const unsigned weights[3] = {7, 3, 1};
    unsigned sum = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        unsigned v = sym_is_digit(c) ? (unsigned)(c - '0')
                     : c == '<'      ? 0
                                     : (unsigned)(c - 'A') + 10;
        sum += v * weights[(first + i) % 3];
    }
    return sum % 10;
}

static bool mrz_field_matches(const char *line, size_t at, size_t len)
{
    char check = line[at + len];
    bool unused = check == '<' && strspn(line + at, "<") >= len; /* the optional field may be */
    return unused || (sym_is_digit(check) && mrz_sum(line + at, len, 0) == (unsigned)(check - '0'));
}

static bool mrz_matches(const char *line)
{
    unsigned all = mrz_sum(line, 10, 0) + mrz_sum(line + 13, 7, 10) + mrz_sum(line + 21, 22, 17);
    return mrz_field_matches(line, 0, 9) && mrz_field_matches(line, 13, 6) &&
           mrz_field_matches(line, 21, 6) && mrz_field_matches(line, 28, 14) &&
           sym_is_digit(line[43]) && all % 10 == (unsigned)(line[43] - '0');
}

static enum sym_err write_mrz(struct sym_canon_run *run)
{
    struct sym_compact mrz;
    struct sym_compact number = {.len = 0};
    enum sym_err err = sym_canon_compact(&mrz, run, run->value, "machine-readable zone", "", "<");
    if (err != SYM_OK) {
        return err;
    }
    const char *line = mrz.text + MRZ_LINE;
    if (mrz.len != MRZ_BYTES || !mrz_matches(line)) {
        return sym_canon_refuse(run, SYM_BAD_VALUE,
                                "check digits of the machine-readable zone do not match");
    }
    size_t issuer_len = 0;
    while (issuer_len < 3 && mrz.text[2 + issuer_len] != '<') {
        issuer_len++;
    }
    for (size_t i = 0; i < 9; i++) {
        if (line[i] != '<') {
            number.text[number.len++] = line[i];
        }
    }
    err = write_issuer(run, sym_span(mrz.text + 2, issuer_len));
    return err == SYM_OK ? write_number(run, &number, &passport_len) : err;
}

enum sym_err sym_canon_passport(struct sym_canon_run *run)
{
    struct sym_compact number;
    if (sym_canon_is_mrz(run->value)) {
        return write_mrz(run);
    }
    enum sym_err err = write_issuer(run, run->part);
    if (err == SYM_OK) {
        err = sym_canon_compact(&number, run, run->value, "number", "-./<", "");
    }
    return err == SYM_OK ? write_number(run, &number, &passport_len) : err;
}

/* SE: a number of ten digits gets its century, so that it is the one of twelve, and people a
 * hundred years apart are two: a plus is written from the year on in which somebody becomes a
 * hundred. Those of organisations, whose third digit is 2 or more, have none. */
static void put_century(struct sym_compact *number, struct sym_canon_run *run)
{
    const unsigned year = run->rules->today_yyyymmdd / 10000;
    if (number->len != 10 || !sym_are_digits(number->text, number->len) || year == 0 ||
        number->text[2] > '1') {
        return;
    }
    const unsigned born =
        (unsigned)(number->text[0] - '0') * 10 + (unsigned)(number->text[1] - '0');
    unsigned century = born > year % 100 ? year / 100 - 1 : year / 100;
    century -= memchr(run->value.data, '+', run->value.len) != NULL ? 1 : 0;
    memmove(number->text + 2, number->text, number->len);
    number->text[0] = (char)('0' + century / 10);
    number->text[1] = (char)('0' + century % 10);
    number->len += 2;
    sym_canon_step(run, "with its century", sym_compact_span(number));
}

/* FR: the key behind the 13 places of a social security number follows from them. Corsica's
 * departments 2A and 2B count as 19 and 18. */
static void put_key(struct sym_compact *number, struct sym_canon_run *run)
{
    char *n = number->text;
    const bool corsica = number->len == 13 && n[5] == '2' && (n[6] == 'A' || n[6] == 'B');
    if (number->len != 13 || memchr("123478", n[0], 6) == NULL || !sym_are_digits(n, 6) ||
        !(corsica || sym_is_digit(n[6])) || !sym_are_digits(n + 7, 6)) {
        return;
    }
    unsigned rest = 0;
    for (size_t i = 0; i < number->len; i++) {
        const char c = !corsica || i < 5 || i > 6 ? n[i] : i == 5 ? '1' : n[i] == 'A' ? '9' : '8';
        rest = (10 * rest + (unsigned)(c - '0')) % 97;
    }
    n[13] = (char)('0' + (97 - rest) / 10);
    n[14] = (char)('0' + (97 - rest) % 10);
    number->len = 15;
    sym_canon_step(run, "with its key", sym_compact_span(number));
}

enum sym_err sym_canon_national_id(struct sym_canon_run *run)
{
    struct sym_compact number;
    char country[SYM_COUNTRY_BYTES] = "";
    const char *kind = NULL;
    enum sym_err err = write_issuer(run, run->part);
    if (err == SYM_OK) {
        err = sym_country_parse(country, run->part);
    }
    if (err == SYM_OK) {
        err = sym_canon_compact(&number, run, run->value, "number", "-./+", "");
    }
    if (err == SYM_OK && strcmp(country, "SE") == 0) {
        put_century(&number, run);
    } else if (err == SYM_OK && strcmp(country, "FR") == 0) {
        put_key(&number, run);
    }
    if (err == SYM_OK) {
        err = write_number(run, &number, &national_id_len);
    }
    if (err != SYM_OK) {
        return err;
    }
    enum sym_id_check check = sym_id_check(&kind, country, sym_compact_span(&number));
    if (check == SYM_ID_DIFFERS) {
        return sym_canon_refuse(run, SYM_BAD_VALUE, "check digits do not match (%s, %s)", country,
                                kind);
    }
    if (check == SYM_ID_UNCHECKED && sym_id_lacks_zeros(country, sym_compact_span(&number))) {
        run->remark =
            "may lack zeros in front, which spreadsheets drop: with them its check digits match";
    }
    if (check == SYM_ID_MATCHES) {
        sym_canon_step(run, "check digits match", sym_span_text(kind));
    }
    return SYM_OK;
}

/* Vienna Convention on Road Traffic, annex 2: plates abroad show Latin capitals, and countries of
 * other scripts use on plates only the letters that look like one. So letters are read by look, not
 * by sound: small Cyrillic and Greek ones here, because case is folded before. */
static const char *const look_alikes[] = {
    "аA", "вB", "еE", "кK", "мM", "нH", "оO", "рP", "сC", "тT", "уY", "хX", "αA",
    "βB", "εE", "ζZ", "ηH", "ιI", "κK", "μM", "νN", "οO", "ρP", "τT", "υY", "χX",
};

/* Cuts one character or byte off text and writes it by its look. */
static void write_by_look(struct sym_writer *out, struct sym_span *text)
{
    for (size_t i = 0; i < sizeof look_alikes / sizeof *look_alikes; i++) {
        if (text->len >= 2 && memcmp(text->data, look_alikes[i], 2) == 0) {
            sym_write_u8(out, (uint8_t)look_alikes[i][2]);
            *text = sym_span(text->data + 2, text->len - 2);
            return;
        }
    }
    sym_write_u8(out, text->data[0]);
    *text = sym_span(text->data + 1, text->len - 1);
}

static enum sym_err read_plate(struct sym_compact *out, struct sym_canon_run *run)
{
    uint8_t a[SYM_UNICODE_BYTES_MAX];
    uint8_t b[SYM_UNICODE_BYTES_MAX];
    struct sym_writer folded = sym_writer(a, sizeof a);
    struct sym_writer seen = sym_writer(b, sizeof b);
    enum sym_err err = sym_unicode_fold(&folded, run->unicode, run->value);
    if (err == SYM_OK) {
        for (struct sym_span rest = sym_span(a, folded.len); rest.len > 0;) {
            write_by_look(&seen, &rest);
        }
        struct sym_writer latin = sym_writer(a, sizeof a);
        err = folded.err == SYM_OK ? sym_unicode_latin(&latin, run->unicode, sym_span(b, seen.len))
                                   : folded.err;
        err = err == SYM_OK ? latin.err : err;
        folded = latin;
    }
    if (err != SYM_OK) {
        return sym_canon_refuse(run, err, "the plate %s", sym_err_text(err));
    }
    return sym_canon_compact(out, run, sym_span(a, folded.len), "plate", "-./", "");
}

enum sym_err sym_canon_plate(struct sym_canon_run *run)
{
    struct sym_compact number;
    enum sym_err err = write_issuer(run, run->part);
    if (err == SYM_OK) {
        err = read_plate(&number, run);
    }
    return err == SYM_OK ? write_number(run, &number, &plate_len) : err;
}
