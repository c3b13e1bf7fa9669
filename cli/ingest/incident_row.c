#include "cli/ingest/incident_row.h"

#include "cli/ingest/incident_state.h"
#include "cli/ingest/vocabulary.h"
#include "cli/ingest/when.h"
#include "proto/incident.h"

#include <string.h>

/* Commas in groups of three, as in "1,022": "0,500" and "12345,678" have one for decimals. */
static bool is_grouped(struct sym_span text)
{
    const uint8_t *comma = memchr(text.data, ',', text.len);
    return comma == NULL || (comma - text.data <= 3 && text.data[0] != '0' && text.data[0] != ',' &&
                             (text.data + text.len - comma) % 4 == 0);
}

/* "1022" or "1,022" */
static bool unsigned_number(uint64_t *out, struct sym_span text, uint64_t max)
{
    uint64_t n = 0;
    if (text.len == 0 || !is_grouped(text)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == ',' && (text.len - i) % 4 == 0) {
            continue;
        }
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        n = 10 * n + (uint64_t)(text.data[i] - '0');
        if (n > max) {
            return false;
        }
    }
    *out = n;
    return true;
}

/* Millionths of a decimal number, also with a comma; digits beyond are cut off. */
static bool millionths(int32_t *out, struct sym_span text, int32_t max)
{
    int64_t n = 0;
    int decimals = -1;
    size_t digits = 0;
    bool negative = text.len > 0 && text.data[0] == '-';
    for (size_t i = negative ? 1 : 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if ((c == '.' || c == ',') && decimals < 0) {
            decimals = 0;
        } else if (c < '0' || c > '9' || (decimals < 0 && digits == 3)) {
            return false;
        } else {
            digits++;
            if (decimals < 6) {
                n = 10 * n + (c - '0');
                decimals += decimals >= 0 ? 1 : 0;
            }
        }
    }
    for (decimals = decimals < 0 ? 0 : decimals; decimals < 6; decimals++) {
        n *= 10;
    }
    *out = (int32_t)(negative ? -n : n);
    return digits > 0 && n <= max;
}

/* Point, time, numbers ------------------------------------------------------------------------ */

static void put_coordinate(struct sym_incident_working *w, struct sym_span text)
{
    bool latitude = w->field->target == SYM_TARGET_LATITUDE;
    int32_t *out = latitude ? &w->incident.latitude_e6 : &w->incident.longitude_e6;
    if (!millionths(out, text, latitude ? 90000000 : 180000000)) {
        sym_incident_unknown(w, text);
        *out = 0;
        return;
    }
    *(latitude ? &w->has_latitude : &w->has_longitude) = true;
}

/* "38.61, 26.65" */
static void put_coordinates(struct sym_incident_working *w, struct sym_span text)
{
    const uint8_t *comma = memchr(text.data, ',', text.len);
    size_t len = comma != NULL ? (size_t)(comma - text.data) : text.len;
    struct sym_span y = sym_batch_trimmed(sym_span(text.data, len));
    struct sym_span x = comma != NULL ? sym_batch_trimmed(sym_span(comma + 1, text.len - len - 1))
                                      : sym_span(NULL, 0);
    int32_t latitude = 0;
    int32_t longitude = 0;
    if (!millionths(&latitude, y, 90000000) || !millionths(&longitude, x, 180000000)) {
        sym_incident_unknown(w, text);
        return;
    }
    w->incident.latitude_e6 = latitude;
    w->incident.longitude_e6 = longitude;
    w->has_latitude = w->has_longitude = true;
}

static void put_date(struct sym_incident_working *w, struct sym_span text)
{
    struct sym_when when = {.precision = SYM_DATE_NONE};
    if (sym_when_parse(&when, text, w->binding->profile->rules.dates) != SYM_OK) {
        sym_incident_unknown(w, text);
    } else if (when.precision > w->incident.precision) {
        w->incident.precision = when.precision;
        w->incident.days = when.days;
    }
}

static void put_month(struct sym_incident_working *w, struct sym_span text)
{
    if (text.len > 4 && text.data[4] == '-') {
        put_date(w, text);
    } else if (sym_when_month(&w->month, text) != SYM_OK) {
        sym_incident_unknown(w, text);
    }
}

static void put_persons(struct sym_incident_working *w, struct sym_span text)
{
    uint64_t n = 0;
    bool aggregates = w->binding->profile->kind == SYM_DATASET_AGGREGATES;
    if (!unsigned_number(&n, text, aggregates ? UINT32_MAX : SYM_INCIDENT_PERSONS_MAX)) {
        sym_incident_unknown(w, text);
        return;
    }
    w->incident.persons = (uint32_t)n;
    w->persons_given = true;
}

static void put_count(struct sym_incident_working *w, struct sym_span text)
{
    uint64_t n = 0;
    if (unsigned_number(&n, text, SYM_INCIDENT_COUNT_MAX)) {
        w->incident.count = n;
    }
}

/* Categories ---------------------------------------------------------------------------------- */

static const char *category(const struct sym_incident_working *w, struct sym_span text)
{
    enum sym_dimension dimension = sym_profile_target_dimension(w->field->target);
    const char *code = sym_profile_meaning(&w->binding->profile->fields, w->field->target, text);
    uint64_t years = 0;
    if (code != NULL || sym_vocabulary_is_blank(text)) {
        return code != NULL ? code : SYM_CODE_UNKNOWN;
    }
    if (dimension == SYM_DIMENSION_AGE && unsigned_number(&years, text, 130)) {
        return sym_vocabulary_age((unsigned)years);
    }
    return sym_vocabulary_code(dimension, text);
}

static void put_categories(struct sym_incident_working *w, struct sym_span value)
{
    struct sym_span parts[SYM_INCIDENT_PARTS_MAX];
    size_t n = sym_incident_split(parts, value, w->binding->profile->fields.separator);
    for (size_t i = 0; i < n; i++) {
        const char *code = category(w, parts[i]);
        if (code == NULL ||
            !sym_incident_code_add(w, sym_incident_field_of(w->field->target), code)) {
            sym_incident_unknown(w, parts[i]);
        }
    }
}

/* A column of 0 and 1, or of how many. */
static void put_flag(struct sym_incident_working *w, struct sym_span text)
{
    static const char *const yes[] = {"yes", "true", "x", "y", "Yes", "True", "TRUE", "X", "Y"};
    static const char *const no[] = {"no", "false", "n", "No", "False", "FALSE", "N"};
    uint64_t n = 0;
    bool is = false;
    bool known = unsigned_number(&n, text, UINT32_MAX);
    for (size_t i = 0; i < sizeof yes / sizeof *yes && !known; i++) {
        is = known = sym_span_equal(text, sym_span_text(yes[i]));
    }
    is = is || n > 0;
    known = known || is;
    for (size_t i = 0; i < sizeof no / sizeof *no && !known; i++) {
        known = sym_span_equal(text, sym_span_text(no[i]));
    }
    if (!known || (is && !sym_incident_code_add(w, sym_incident_field_of(w->field->target),
                                                w->field->code))) {
        sym_incident_unknown(w, text);
    }
}

/* The row ------------------------------------------------------------------------------------- */

static void put_value(struct sym_incident_working *w, struct sym_span value)
{
    switch (w->field->target) {
    case SYM_TARGET_COUNTRY:
        w->named = true;
        sym_incident_put_place(w, value);
        break;
    case SYM_TARGET_ADMIN1:
    case SYM_TARGET_CITY:
    case SYM_TARGET_ORIGIN:
    case SYM_TARGET_DESTINATION:
        sym_incident_put_place(w, value);
        break;
    case SYM_TARGET_TRANSIT:
        sym_incident_put_transits(w, value);
        break;
    case SYM_TARGET_LATITUDE:
    case SYM_TARGET_LONGITUDE:
        put_coordinate(w, value);
        break;
    case SYM_TARGET_COORDINATES:
        put_coordinates(w, value);
        break;
    case SYM_TARGET_DATE:
    case SYM_TARGET_QUARTER:
        put_date(w, value);
        break;
    case SYM_TARGET_YEAR:
        if (sym_when_year(&w->year, value) != SYM_OK) {
            sym_incident_unknown(w, value);
        }
        break;
    case SYM_TARGET_MONTH:
        put_month(w, value);
        break;
    case SYM_TARGET_EXPLOITATION:
    case SYM_TARGET_SUBTYPE:
    case SYM_TARGET_SEX:
    case SYM_TARGET_AGE:
    case SYM_TARGET_RECRUITMENT:
    case SYM_TARGET_CONTROL:
    case SYM_TARGET_TRANSPORT:
        put_categories(w, value);
        break;
    case SYM_TARGET_PERSONS:
        put_persons(w, value);
        break;
    case SYM_TARGET_COUNT:
        put_count(w, value);
        break;
    case SYM_TARGET_NONE:
    case SYM_TARGET_NUMBER:
        break;
    }
}

/* Programs that know no empty whole number write 3 as "3.0". */
static struct sym_span without_zero_decimal(struct sym_span text)
{
    const size_t len = text.len > 2 ? text.len - 2 : 0;
    for (size_t i = 0; i < len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return text;
        }
    }
    const bool zero =
        len > 0 && (text.data[len] == '.' || text.data[len] == ',') && text.data[len + 1] == '0';
    return zero ? sym_span(text.data, len) : text;
}

static bool is_whole_number(enum sym_profile_target target)
{
    return target == SYM_TARGET_YEAR || target == SYM_TARGET_MONTH ||
           target == SYM_TARGET_PERSONS || target == SYM_TARGET_COUNT || target == SYM_TARGET_AGE;
}

static void read_fields(struct sym_incident_working *w)
{
    for (size_t i = 0; i < w->binding->n_fields && w->b->err == SYM_OK; i++) {
        w->field = &w->binding->fields[i];
        struct sym_span value = sym_batch_trimmed(sym_batch_field(w->b, w->row, w->field->column));
        bool meant = value.len > 0 && sym_profile_meaning(&w->binding->profile->fields,
                                                          w->field->target, value) != NULL;
        w->any = w->any || value.len > 0;
        if (!meant && sym_vocabulary_is_blank(value)) {
            continue;
        }
        if (!meant && (w->field->code != NULL || is_whole_number(w->field->target))) {
            value = without_zero_decimal(value);
        }
        if (w->field->code != NULL) {
            put_flag(w, value);
        } else {
            put_value(w, value);
        }
    }
}

/* Do the columns of year and month say something else than the date does? Its day and month may
 * have been taken for each other. */
static bool has_two_dates(const struct sym_incident_working *w)
{
    char room[SYM_CODE_BYTES_MAX];
    uint64_t year = 0;
    uint64_t month = 0;
    struct sym_span text = sym_incident_derived(room, &w->incident, SYM_DIMENSION_MONTH);
    if (w->incident.precision >= SYM_DATE_MONTH && text.len == sizeof "2020-01" - 1) {
        (void)unsigned_number(&year, sym_span(text.data, 4), UINT16_MAX);
        (void)unsigned_number(&month, sym_span(text.data + 5, 2), 12);
    }
    return (year > 0 && w->year > 0 && year != w->year) ||
           (month > 0 && w->month > 0 && month != w->month);
}

static void finish(struct sym_incident_working *w)
{
    struct sym_when when;
    if (w->year > 0 && w->incident.precision < (w->month > 0 ? SYM_DATE_MONTH : SYM_DATE_YEAR) &&
        sym_when_of(&when, w->year, w->month) == SYM_OK) {
        w->incident.precision = when.precision;
        w->incident.days = when.days;
    }
    w->incident.has_point = w->has_latitude && w->has_longitude;
    if (!w->incident.has_point) {
        w->incident.latitude_e6 = w->incident.longitude_e6 = 0;
    } else if (!w->named || w->country[0] != '\0') {
        sym_incident_put_near(w);
    }
}

/* NULL: the counts of a row of aggregates are right. */
static const char *wrong_counts(struct sym_incident_working *w)
{
    struct sym_incident *i = &w->incident;
    uint64_t persons_max = w->binding->profile->fields.persons_max;
    if (i->count == 0) {
        return "count: is not a number from 1 to 1000000000; a row of no incidents adds nothing";
    }
    if (!w->persons_given) {
        i->persons = (uint32_t)i->count;
    }
    if (persons_max > 0 && i->persons > i->count * persons_max) {
        return "persons: more than --persons-max for each incident";
    }
    return i->persons > i->count * SYM_INCIDENT_PERSONS_MAX ? "persons: too many" : NULL;
}

static uint32_t known_fields(const struct sym_incident *i)
{
    uint32_t fields = (i->precision > SYM_DATE_NONE ? 1u << SYM_FIELD_OF_DATE : 0u) |
                      (i->has_point ? 1u << SYM_FIELD_OF_POINT : 0u);
    for (size_t c = 0; c < i->n_codes; c++) {
        fields |= 1u << i->codes[c].field;
    }
    return fields;
}

static void work_row(struct sym_batch *b, size_t row)
{
    uint8_t record[SYM_INCIDENT_BYTES_MAX];
    size_t len = 0;
    bool aggregates = b->binding->profile->kind == SYM_DATASET_AGGREGATES;
    struct sym_incident_working w = {
        .b = b, .row = row, .binding = b->binding, .gazetteer = b->binding->gazetteer};
    w.incident.count = aggregates ? 0 : 1;
    if (!sym_batch_take_id(b, row)) {
        return;
    }
    read_fields(&w);
    finish(&w);
    const char *wrong = w.any ? NULL : "none of the mapped columns has a value";
    if (wrong == NULL && has_two_dates(&w)) {
        wrong = "date: lies in another year or month than their columns say; is the order of day "
                "and month right (dates in the profile)?";
    }
    if (wrong == NULL && aggregates) {
        wrong = wrong_counts(&w);
    }
    if (wrong == NULL && sym_incident_write(record, sizeof record, &len, &w.incident) != SYM_OK) {
        wrong = "the row says more than a record holds";
    }
    if (wrong != NULL) {
        sym_batch_reject(b, row, SYM_BOUND_NONE, wrong);
        b->rows[row].id_len = 0;
        return;
    }
    b->rows[row].fields = known_fields(&w.incident);
    sym_batch_keep(b, row, sym_span(record, len));
}

void sym_incident_rows_work(struct sym_batch *b)
{
    for (size_t row = 0; row < b->n_rows && b->err == SYM_OK; row++) {
        work_row(b, row);
    }
}
