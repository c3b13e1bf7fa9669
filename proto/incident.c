#include "proto/incident.h"

#include <string.h>

#define VERSION       1u
#define LATITUDE_MAX  90000000
#define LONGITUDE_MAX 180000000

/* Days and what they are called --------------------------------------------------------------- */

struct month_of {
    unsigned year, month, day;
};

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned month_days(unsigned year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* Of the first of January, counted from that of the year 1. */
static int32_t year_start(unsigned year)
{
    unsigned y = year - 1;
    return (int32_t)(365u * y + y / 4 - y / 100 + y / 400);
}

#define EPOCH 719162 /* year_start(1970) */

enum sym_err sym_incident_days(int32_t *out, unsigned year, unsigned month, unsigned day)
{
    if (year < SYM_YEAR_MIN || year > SYM_YEAR_MAX || month < 1 || month > 12 || day < 1 ||
        day > month_days(year, month)) {
        return SYM_BAD_VALUE;
    }
    int32_t days = year_start(year) - EPOCH + (int32_t)day - 1;
    for (unsigned m = 1; m < month; m++) {
        days += (int32_t)month_days(year, m);
    }
    *out = days;
    return SYM_OK;
}

/* False outside of the years that there are. */
static bool month_of(struct month_of *out, int32_t days)
{
    if (days < year_start(SYM_YEAR_MIN) - EPOCH || days >= year_start(SYM_YEAR_MAX + 1) - EPOCH) {
        return false;
    }
    int32_t n = days + EPOCH;
    unsigned year = (unsigned)(n / 366) + 1; /* at most that; the next ones are tried */
    while (year_start(year + 1) <= n) {
        year++;
    }
    unsigned rest = (unsigned)(n - year_start(year));
    unsigned month = 1;
    while (rest >= month_days(year, month)) {
        rest -= month_days(year, month);
        month++;
    }
    *out = (struct month_of){.year = year, .month = month, .day = rest + 1};
    return true;
}

/* Codes --------------------------------------------------------------------------------------- */

static const enum sym_dimension dimension_of[SYM_FIELD_OF_CODES] = {
    [SYM_FIELD_OF_COUNTRY] = SYM_DIMENSION_COUNTRY,
    [SYM_FIELD_OF_ADMIN1] = SYM_DIMENSION_ADMIN1,
    [SYM_FIELD_OF_CITY] = SYM_DIMENSION_CITY,
    [SYM_FIELD_OF_ORIGIN] = SYM_DIMENSION_ORIGIN,
    [SYM_FIELD_OF_TRANSIT] = SYM_DIMENSION_TRANSIT,
    [SYM_FIELD_OF_DESTINATION] = SYM_DIMENSION_DESTINATION,
    [SYM_FIELD_OF_EXPLOITATION] = SYM_DIMENSION_EXPLOITATION,
    [SYM_FIELD_OF_SUBTYPE] = SYM_DIMENSION_SUBTYPE,
    [SYM_FIELD_OF_SEX] = SYM_DIMENSION_SEX,
    [SYM_FIELD_OF_AGE] = SYM_DIMENSION_AGE,
    [SYM_FIELD_OF_RECRUITMENT] = SYM_DIMENSION_RECRUITMENT,
    [SYM_FIELD_OF_CONTROL] = SYM_DIMENSION_CONTROL,
    [SYM_FIELD_OF_TRANSPORT] = SYM_DIMENSION_TRANSPORT,
};

enum sym_err sym_incident_add(struct sym_incident *i, enum sym_incident_field field,
                              struct sym_span code)
{
    size_t at = 0;
    size_t values = 0;
    if (field >= SYM_FIELD_OF_CODES || sym_dimension_check(dimension_of[field], code) != SYM_OK) {
        return SYM_BAD_VALUE;
    }
    for (; at < i->n_codes && i->codes[at].field <= field; at++) {
        if (i->codes[at].field == field) {
            if (sym_span_equal(i->codes[at].text, code)) {
                return SYM_EXISTS;
            }
            values++;
        }
    }
    if (values >= SYM_INCIDENT_VALUES_MAX || i->n_codes >= SYM_INCIDENT_CODES_MAX) {
        return SYM_LIMIT;
    }
    memmove(&i->codes[at + 1], &i->codes[at], (i->n_codes - at) * sizeof i->codes[0]);
    i->codes[at] = (struct sym_incident_code){.field = field, .text = code};
    i->n_codes++;
    return SYM_OK;
}

/* The record ---------------------------------------------------------------------------------- */

static enum sym_err check_head(const struct sym_incident *i)
{
    struct month_of d = {.year = 0};
    if (i->precision > SYM_DATE_DAY || !month_of(&d, i->days)) {
        return SYM_BAD_VALUE;
    }
    if ((i->precision == SYM_DATE_NONE && i->days != 0) ||
        (i->precision == SYM_DATE_YEAR && (d.month != 1 || d.day != 1)) ||
        (i->precision == SYM_DATE_QUARTER && (d.month % 3 != 1 || d.day != 1)) ||
        (i->precision == SYM_DATE_MONTH && d.day != 1)) {
        return SYM_BAD_VALUE;
    }
    if (i->latitude_e6 < -LATITUDE_MAX || i->latitude_e6 > LATITUDE_MAX ||
        i->longitude_e6 < -LONGITUDE_MAX || i->longitude_e6 > LONGITUDE_MAX ||
        (!i->has_point && (i->latitude_e6 != 0 || i->longitude_e6 != 0))) {
        return SYM_BAD_VALUE;
    }
    if (i->count < 1 || i->count > SYM_INCIDENT_COUNT_MAX ||
        i->persons > i->count * SYM_INCIDENT_PERSONS_MAX) {
        return SYM_BAD_VALUE;
    }
    return SYM_OK;
}

/* The codes once more, one by one as a reader does. */
static enum sym_err check_codes(const struct sym_incident *i)
{
    struct sym_incident again = {.n_codes = 0};
    if (i->n_codes > SYM_INCIDENT_CODES_MAX) {
        return SYM_LIMIT;
    }
    for (size_t at = 0; at < i->n_codes; at++) {
        const struct sym_incident_code *code = &i->codes[at];
        if (at > 0 && code->field < i->codes[at - 1].field) {
            return SYM_BAD_FORMAT;
        }
        enum sym_err err = sym_incident_add(&again, code->field, code->text);
        if (err != SYM_OK) {
            return err == SYM_EXISTS ? SYM_BAD_FORMAT : err;
        }
    }
    return SYM_OK;
}

enum sym_err sym_incident_write(uint8_t *out, size_t max, size_t *len, const struct sym_incident *i)
{
    struct sym_span written;
    struct sym_writer w =
        sym_writer(out, max < SYM_INCIDENT_BYTES_MAX ? max : SYM_INCIDENT_BYTES_MAX);
    enum sym_err err = check_head(i);
    if (err == SYM_OK) {
        err = check_codes(i);
    }
    if (err != SYM_OK) {
        return err;
    }
    sym_write_u8(&w, VERSION);
    sym_write_u8(&w, (uint8_t)i->precision);
    sym_write_u32(&w, (uint32_t)i->days);
    sym_write_u8(&w, i->has_point ? 1 : 0);
    sym_write_u32(&w, (uint32_t)i->latitude_e6);
    sym_write_u32(&w, (uint32_t)i->longitude_e6);
    sym_write_u32(&w, i->persons);
    sym_write_u64(&w, i->count);
    sym_write_u8(&w, (uint8_t)i->n_codes);
    for (size_t at = 0; at < i->n_codes; at++) {
        sym_write_u8(&w, (uint8_t)i->codes[at].field);
        sym_write_u8(&w, (uint8_t)i->codes[at].text.len);
        sym_write_span(&w, i->codes[at].text);
    }
    if (sym_write_end(&w, &written) != SYM_OK) {
        return SYM_LIMIT;
    }
    *len = written.len;
    return SYM_OK;
}

enum sym_err sym_incident_read(struct sym_incident *out, struct sym_span from)
{
    struct sym_reader r = sym_reader(from);
    struct sym_incident i = {.n_codes = 0};
    if (from.len > SYM_INCIDENT_BYTES_MAX) {
        return SYM_LIMIT;
    }
    if (sym_read_u8(&r) != VERSION) {
        return r.err != SYM_OK ? r.err : SYM_BAD_VERSION;
    }
    i.precision = (enum sym_date_precision)sym_read_u8(&r);
    i.days = (int32_t)sym_read_u32(&r);
    uint8_t has_point = sym_read_u8(&r);
    i.has_point = has_point == 1;
    i.latitude_e6 = (int32_t)sym_read_u32(&r);
    i.longitude_e6 = (int32_t)sym_read_u32(&r);
    i.persons = sym_read_u32(&r);
    i.count = sym_read_u64(&r);
    size_t n = sym_read_u8(&r);
    if (n > SYM_INCIDENT_CODES_MAX) {
        return SYM_LIMIT;
    }
    for (size_t at = 0; at < n; at++) {
        i.codes[at].field = (enum sym_incident_field)sym_read_u8(&r);
        i.codes[at].text = sym_read_span(&r, sym_read_u8(&r));
    }
    i.n_codes = n;
    enum sym_err err = sym_read_end(&r);
    if (err == SYM_OK) {
        err = has_point > 1 ? SYM_BAD_VALUE : check_head(&i);
    }
    if (err == SYM_OK) {
        err = check_codes(&i);
    }
    if (err == SYM_OK) {
        *out = i;
    }
    return err;
}

/* What is computed ---------------------------------------------------------------------------- */

void sym_geohash(char *out, size_t n, int32_t latitude_e6, int32_t longitude_e6)
{
    /* The place of the point among 2^20 equal parts of each axis, of which bits are taken in turn.
     */
    uint64_t last = (1u << 20) - 1;
    uint64_t y = ((uint64_t)(latitude_e6 + LATITUDE_MAX) << 20) / (2u * LATITUDE_MAX);
    uint64_t x = ((uint64_t)((int64_t)longitude_e6 + LONGITUDE_MAX) << 20) / (2u * LONGITUDE_MAX);
    uint64_t bits = 0;
    x = x < last ? x : last;
    y = y < last ? y : last;
    for (unsigned i = 20; i-- > 0;) {
        bits = bits << 2 | (x >> i & 1u) << 1 | (y >> i & 1u);
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = SYM_GEOHASH_LETTERS[bits >> (35 - 5 * i) & 31u];
    }
    out[n] = '\0';
}

static struct sym_span put_number(char *room, size_t at, unsigned number, unsigned digits)
{
    for (unsigned i = digits; i-- > 0; number /= 10) {
        room[at + i] = (char)('0' + number % 10);
    }
    return sym_span(room, at + digits);
}

static struct sym_span put_date(char *room, const struct sym_incident *i,
                                enum sym_dimension dimension)
{
    struct month_of d;
    enum sym_date_precision wanted = dimension == SYM_DIMENSION_YEAR      ? SYM_DATE_YEAR
                                     : dimension == SYM_DIMENSION_QUARTER ? SYM_DATE_QUARTER
                                                                          : SYM_DATE_MONTH;
    if (i->precision < wanted || !month_of(&d, i->days)) {
        return sym_span_text(SYM_CODE_UNKNOWN);
    }
    struct sym_span year = put_number(room, 0, d.year, 4);
    if (wanted == SYM_DATE_YEAR) {
        return year;
    }
    room[4] = '-';
    if (dimension == SYM_DIMENSION_MONTH) {
        return put_number(room, 5, d.month, 2);
    }
    room[5] = 'Q';
    return put_number(room, 6, (d.month + 2) / 3, 1);
}

struct sym_span sym_incident_derived(char *room, const struct sym_incident *i,
                                     enum sym_dimension dimension)
{
    enum sym_incident_field field = sym_dimension_field(dimension);
    if (field == SYM_FIELD_OF_DATE) {
        return put_date(room, i, dimension);
    }
    if (field == SYM_FIELD_OF_POINT && i->has_point) {
        size_t n = (size_t)dimension - SYM_DIMENSION_GEOHASH1 + 1;
        sym_geohash(room, n, i->latitude_e6, i->longitude_e6);
        return sym_span(room, n);
    }
    return sym_span_text(SYM_CODE_UNKNOWN);
}
