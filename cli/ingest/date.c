#include "cli/ingest/date.h"

#include "cli/ingest/ascii.h"

#include <string.h>
#include <time.h>

#define YEAR_MIN 1000u /* dates are written with four digits for the year */

struct cut {
    unsigned value[3];
    size_t digits[3];
};

static bool is_separator(uint8_t c)
{
    return c == '/' || c == '.' || c == '-' || c == ' ';
}

/* Three numbers with the same separator between them. */
static bool cut(struct cut *out, struct sym_span text)
{
    size_t at = 0;
    uint8_t separator = 0;
    *out = (struct cut){.digits = {0}};
    for (size_t i = 0; i < 3; i++) {
        for (; at < text.len && sym_is_digit(text.data[at]) && out->digits[i] < 5; at++) {
            out->value[i] = 10 * out->value[i] + (unsigned)(text.data[at] - '0');
            out->digits[i]++;
        }
        if (out->digits[i] == 0) {
            return false;
        }
        if (i == 2) {
            break;
        }
        if (at == text.len || !is_separator(text.data[at]) ||
            (separator != 0 && text.data[at] != separator)) {
            return false;
        }
        separator = text.data[at++];
    }
    return at == text.len;
}

static bool parse_iso(struct sym_date *out, struct sym_span text)
{
    bool extended = text.len == 10 && text.data[4] == '-' && text.data[7] == '-';
    if (!extended && text.len != 8) {
        return false;
    }
    unsigned v = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (extended && (i == 4 || i == 7)) {
            continue;
        }
        if (!sym_is_digit(text.data[i])) {
            return false;
        }
        v = 10 * v + (unsigned)(text.data[i] - '0');
    }
    *out = (struct sym_date){.year = v / 10000, .month = v / 100 % 100, .day = v % 100};
    return true;
}

static bool parse_ordered(struct sym_date *out, struct sym_span text, enum sym_dates order)
{
    struct cut c;
    if (order == SYM_DATES_ISO || !cut(&c, text) || c.digits[0] > 2 || c.digits[1] > 2 ||
        c.digits[2] != 4) {
        return false;
    }
    bool day_first = order == SYM_DATES_DMY;
    *out = (struct sym_date){
        .year = c.value[2], .month = c.value[day_first ? 1 : 0], .day = c.value[day_first ? 0 : 1]};
    return true;
}

static unsigned days_of_month(const struct sym_date *d)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (d->year % 4 == 0 && d->year % 100 != 0) || d->year % 400 == 0;
    return d->month == 2 && leap ? 29 : days[d->month - 1];
}

enum sym_err sym_date_parse(struct sym_date *out, struct sym_span text, enum sym_dates order)
{
    struct sym_date d;
    if (!parse_iso(&d, text) && !parse_ordered(&d, text, order)) {
        return SYM_BAD_FORMAT;
    }
    if (d.year < YEAR_MIN || d.month < 1 || d.month > 12 || d.day < 1 ||
        d.day > days_of_month(&d)) {
        return SYM_BAD_VALUE;
    }
    *out = d;
    return SYM_OK;
}

struct sym_span sym_date_without_midnight(struct sym_span text)
{
    static const char *const midnights[] = {"T00:00:00.000Z", "T00:00:00Z", "T00:00:00", "T00:00",
                                            " 00:00:00.000",  " 00:00:00",  " 00:00",    " 0:00:00",
                                            " 12:00:00 AM",   " 0:00"};
    for (size_t i = 0; i < sizeof midnights / sizeof *midnights; i++) {
        const size_t len = strlen(midnights[i]);
        if (text.len > len && memcmp(text.data + text.len - len, midnights[i], len) == 0) {
            return sym_span(text.data, text.len - len);
        }
    }
    return text;
}

uint32_t sym_date_number(const struct sym_date *d)
{
    return d->year * 10000u + d->month * 100u + d->day;
}

uint32_t sym_date_today(void)
{
    const time_t ahead_s = 14 * 3600; /* UTC+14, the Line Islands */
    struct tm tm;
    time_t now = time(NULL) + ahead_s;
    if (gmtime_r(&now, &tm) == NULL) {
        return 0;
    }
    const struct sym_date d = {.year = (unsigned)tm.tm_year + 1900,
                               .month = (unsigned)tm.tm_mon + 1,
                               .day = (unsigned)tm.tm_mday};
    return sym_date_number(&d);
}
