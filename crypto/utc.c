#include "crypto/utc.h"

#include <stdio.h>

#define YEAR_MIN      2000
#define YEAR_MAX      9999
#define DAY_S         86400
#define YEAR_MIN_DAYS 10957 /* from 1970-01-01 to 2000-01-01 */

struct day {
    int year, month, day;
};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_year(int year)
{
    return is_leap(year) ? 366 : 365;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

static int leap_years_before(int year)
{
    return (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;
}

static int days_before_year(int year)
{
    return YEAR_MIN_DAYS + (year - YEAR_MIN) * 365 + leap_years_before(year) -
           leap_years_before(YEAR_MIN);
}

static int days_before(struct day d)
{
    int days = days_before_year(d.year) + d.day - 1;
    for (int month = 1; month < d.month; month++) {
        days += days_of_month(d.year, month);
    }
    return days;
}

static struct day day_at(int days)
{
    struct day d = {.year = YEAR_MIN + (days - YEAR_MIN_DAYS) / 366, .month = 1, .day = 1};
    while (days - days_before_year(d.year) >= days_of_year(d.year)) {
        d.year++;
    }
    int left = days - days_before_year(d.year);
    while (left >= days_of_month(d.year, d.month)) {
        left -= days_of_month(d.year, d.month++);
    }
    d.day += left;
    return d;
}

/* pattern holds 0 for a digit. */
static bool has_shape(struct sym_span text, const char *pattern)
{
    if (text.len != SYM_UTC_BYTES - 1) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (pattern[i] == '0' ? c < '0' || c > '9' : c != (uint8_t)pattern[i]) {
            return false;
        }
    }
    return true;
}

static int number(const uint8_t *digits, size_t n)
{
    int v = 0;
    for (size_t i = 0; i < n; i++) {
        v = 10 * v + (digits[i] - '0');
    }
    return v;
}

enum sym_err sym_utc_parse(int64_t *out_s, struct sym_span text)
{
    if (!has_shape(text, "0000-00-00T00:00:00Z")) {
        return SYM_BAD_FORMAT;
    }
    const uint8_t *at = text.data;
    struct day d = {number(at, 4), number(at + 5, 2), number(at + 8, 2)};
    int hour = number(at + 11, 2);
    int minute = number(at + 14, 2);
    int second = number(at + 17, 2);
    if (d.year < YEAR_MIN || d.month < 1 || d.month > 12 || d.day < 1 ||
        d.day > days_of_month(d.year, d.month) || hour > 23 || minute > 59 || second > 59) {
        return SYM_BAD_VALUE;
    }
    *out_s = (int64_t)days_before(d) * DAY_S + hour * 3600 + minute * 60 + second;
    return SYM_OK;
}

enum sym_err sym_utc_format(char out[SYM_UTC_BYTES], int64_t time_s)
{
    if (time_s < (int64_t)days_before_year(YEAR_MIN) * DAY_S ||
        time_s >= (int64_t)days_before_year(YEAR_MAX + 1) * DAY_S) {
        return SYM_BAD_VALUE;
    }
    struct day d = day_at((int)(time_s / DAY_S));
    unsigned second = (unsigned)(time_s % DAY_S);
    (void)snprintf(out, SYM_UTC_BYTES, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)d.year % 10000u,
                   (unsigned)d.month % 100u, (unsigned)d.day % 100u, second / 3600 % 24u,
                   second / 60 % 60, second % 60);
    return SYM_OK;
}
