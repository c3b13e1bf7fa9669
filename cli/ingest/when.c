#include "cli/ingest/when.h"

#include "cli/ingest/ascii.h"

#include <string.h>
#include <strings.h>

/* 1 to max digits and nothing else. */
static bool number(unsigned *out, struct sym_span text, size_t max)
{
    unsigned n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!sym_is_digit(text.data[i]) || i == max) {
            return false;
        }
        n = 10 * n + (unsigned)(text.data[i] - '0');
    }
    *out = n;
    return text.len > 0;
}

enum sym_err sym_when_year(unsigned *out, struct sym_span text)
{
    unsigned year = 0;
    if (text.len != 4 || !number(&year, text, 4)) {
        return SYM_BAD_FORMAT;
    }
    if (year < SYM_YEAR_MIN || year > SYM_YEAR_MAX) {
        return SYM_BAD_VALUE;
    }
    *out = year;
    return SYM_OK;
}

enum sym_err sym_when_month(unsigned *out, struct sym_span text)
{
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    unsigned month = 0;
    if (number(&month, text, 2)) {
        *out = month;
        return month >= 1 && month <= 12 ? SYM_OK : SYM_BAD_VALUE;
    }
    for (unsigned i = 0; i < 12; i++) {
        if ((text.len == 3 || text.len == strlen(names[i])) &&
            strncasecmp((const char *)text.data, names[i], text.len) == 0) {
            *out = i + 1;
            return SYM_OK;
        }
    }
    return SYM_BAD_FORMAT;
}

enum sym_err sym_when_of(struct sym_when *out, unsigned year, unsigned month)
{
    struct sym_when w = {.precision = month > 0 ? SYM_DATE_MONTH : SYM_DATE_YEAR};
    enum sym_err err = sym_incident_days(&w.days, year, month > 0 ? month : 1, 1);
    if (err == SYM_OK) {
        *out = w;
    }
    return err;
}

static enum sym_err day(struct sym_when *out, unsigned year, unsigned month, unsigned at)
{
    struct sym_when w = {.precision = SYM_DATE_DAY};
    enum sym_err err = sym_incident_days(&w.days, year, month, at);
    if (err == SYM_OK) {
        *out = w;
    }
    return err;
}

/* "2020-01", "2020-Q1" */
static enum sym_err period(struct sym_when *out, struct sym_span text)
{
    unsigned year = 0;
    unsigned part = 0;
    bool quarter = text.len == 7 && (text.data[5] == 'Q' || text.data[5] == 'q');
    enum sym_err err = sym_when_year(&year, sym_span(text.data, 4));
    if (err != SYM_OK) {
        return err;
    }
    if (!number(&part, sym_span(text.data + (quarter ? 6 : 5), quarter ? 1 : 2), 2)) {
        return SYM_BAD_FORMAT;
    }
    if (part < 1 || part > (quarter ? 4u : 12u)) {
        return SYM_BAD_VALUE;
    }
    err = sym_when_of(out, year, quarter ? 3 * part - 2 : part);
    if (err == SYM_OK && quarter) {
        out->precision = SYM_DATE_QUARTER;
    }
    return err;
}

/* Words and numbers between blanks, commas and dots. */
static size_t split(struct sym_span out[4], struct sym_span text)
{
    size_t n = 0;
    size_t start = 0;
    for (size_t i = 0; i <= text.len; i++) {
        bool inside =
            i < text.len && text.data[i] != ' ' && text.data[i] != ',' && text.data[i] != '.';
        if (inside) {
            continue;
        }
        if (i > start) {
            if (n == 4) {
                return 0;
            }
            out[n++] = sym_span(text.data + start, i - start);
        }
        start = i + 1;
    }
    return n;
}

/* "January 05, 2020", "5 January 2020", "Jan 2020" */
static enum sym_err in_words(struct sym_when *out, struct sym_span text)
{
    struct sym_span parts[4];
    unsigned unused = 0;
    unsigned year = 0;
    unsigned month = 0;
    unsigned at = 0;
    size_t n = split(parts, text);
    if (n < 2 || n > 3) {
        return SYM_BAD_FORMAT;
    }
    bool month_first = !number(&unused, parts[0], 2);
    enum sym_err err = sym_when_month(&month, parts[month_first ? 0 : 1]);
    if (err == SYM_OK) {
        err = sym_when_year(&year, parts[n - 1]);
    }
    if (err != SYM_OK || number(&unused, parts[month_first ? 0 : 1], 2)) {
        return err == SYM_OK ? SYM_BAD_FORMAT : err;
    }
    if (n == 2) {
        return month_first ? sym_when_of(out, year, month) : SYM_BAD_FORMAT;
    }
    return number(&at, parts[month_first ? 1 : 0], 2) ? day(out, year, month, at) : SYM_BAD_FORMAT;
}

/* "23:59:00Z", "10:00:00.000 +02:00"; another date, or a word, is none. */
static bool is_time(struct sym_span text)
{
    size_t hyphens = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (memchr("0123456789:.+-ZUTC ", text.data[i], 19) == NULL) {
            return false;
        }
        hyphens += text.data[i] == '-' ? 1 : 0;
    }
    return text.len >= 5 && text.data[2] == ':' && hyphens < 2;
}

enum sym_err sym_when_parse(struct sym_when *out, struct sym_span text, enum sym_dates order)
{
    struct sym_date d;
    unsigned year = 0;
    text = sym_date_without_midnight(text);
    if (text.len > 10 && text.data[4] == '-' && (text.data[10] == 'T' || text.data[10] == ' ') &&
        is_time(sym_span(text.data + 11, text.len - 11))) {
        text.len = 10;
    }
    if (text.len == 4) {
        enum sym_err err = sym_when_year(&year, text);
        return err == SYM_OK ? sym_when_of(out, year, 0) : err;
    }
    if (text.len == 7 && text.data[4] == '-') {
        return period(out, text);
    }
    enum sym_err err = sym_date_parse(&d, text, order);
    if (err == SYM_BAD_FORMAT) {
        return in_words(out, text);
    }
    return err == SYM_OK ? day(out, d.year, d.month, d.day) : err;
}
