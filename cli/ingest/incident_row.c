#include "cli/ingest/incident_row.h"

#include "cli/ingest/gazetteer.h"
#include "cli/ingest/vocabulary.h"
#include "cli/ingest/when.h"
#include "proto/incident.h"

#include <string.h>

#define PARTS_MAX 16u
/* Country, division and town of the place, three routes, eight transits. */
#define PLACES_MAX 16u

struct working {
    struct sym_batch *b;
    size_t row;
    const struct sym_binding *binding;
    const struct sym_gazetteer *gazetteer;
    const struct sym_bound_field *field; /* that is worked on */
    struct sym_incident incident;
    bool any;        /* some mapped column says something */
    bool named;      /* a country is given, understood or not */
    char country[3]; /* the one country; "": none, or several */
    char admin1[4 + SYM_ADMIN1_BYTES_MAX];
    bool has_latitude, has_longitude;
    unsigned year, month;
    bool persons_given;
    char places[PLACES_MAX][SYM_CODE_BYTES_MAX + 1]; /* codes that the record borrows */
    size_t n_places;
};

static void unknown(struct working *w, struct sym_span value)
{
    sym_batch_unknown(w->b, w->row, w->field->column, w->field->target, value);
}

/* False when the record takes no more. */
static bool add(struct working *w, enum sym_incident_field field, const char *code)
{
    if (strcmp(code, SYM_CODE_UNKNOWN) == 0) {
        return true;
    }
    enum sym_err err = sym_incident_add(&w->incident, field, sym_span_text(code));
    return err == SYM_OK || err == SYM_EXISTS;
}

/* As add, of a code that does not stay where it is. */
static bool add_place(struct working *w, enum sym_incident_field field, const char *code)
{
    if (w->n_places == PLACES_MAX) {
        return false;
    }
    char *kept = w->places[w->n_places++];
    (void)memcpy(kept, code, strlen(code) + 1);
    return add(w, field, kept);
}

/* The parts of a value ----------------------------------------------------------------------------
 */

static size_t split(struct sym_span out[PARTS_MAX], struct sym_span text, char separator)
{
    size_t n = 0;
    size_t start = 0;
    for (size_t i = 0; i <= text.len && n < PARTS_MAX; i++) {
        if (i == text.len || (separator != '\0' && text.data[i] == (uint8_t)separator)) {
            struct sym_span part = sym_batch_trimmed(sym_span(text.data + start, i - start));
            if (part.len > 0) {
                out[n++] = part;
            }
            start = i + 1;
        }
    }
    return n;
}

/* "1022" or "1,022" */
static bool unsigned_number(uint64_t *out, struct sym_span text, uint64_t max)
{
    uint64_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == ',' && i > 0 && (text.len - i) % 4 == 0) {
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
    return text.len > 0;
}

/* Millionths of a decimal number; digits beyond are cut off. */
static bool millionths(int32_t *out, struct sym_span text, int32_t max)
{
    int64_t n = 0;
    int decimals = -1;
    size_t digits = 0;
    bool negative = text.len > 0 && text.data[0] == '-';
    for (size_t i = negative ? 1 : 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '.' && decimals < 0) {
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

/* Places ------------------------------------------------------------------------------------------
 */

/* The place that a text names; false: none. */
static bool resolve(struct sym_place *out, const struct working *w, struct sym_span text)
{
    if (w->field->target == SYM_TARGET_ADMIN1) {
        return sym_gazetteer_admin1(out, w->gazetteer, w->country, text) == SYM_OK;
    }
    if (w->field->target == SYM_TARGET_CITY) {
        return (sym_gazetteer_find(out, w->gazetteer, text) == SYM_OK && out->country[0] != '\0' &&
                strcmp(out->code, out->admin1) != 0 && strcmp(out->code, out->country) != 0) ||
               sym_gazetteer_city(out, w->gazetteer, w->country, w->admin1, text) == SYM_OK;
    }
    return sym_gazetteer_country(out, w->gazetteer, text) == SYM_OK;
}

/* A code in *out, terminated; false: nothing is known of the text. */
static bool place_code(struct sym_place *out, const struct working *w, struct sym_span text)
{
    const char *meant = sym_profile_meaning(&w->binding->profile->fields, w->field->target, text);
    *out = (struct sym_place){.has_point = false};
    if (meant == NULL && sym_vocabulary_is_blank(text)) {
        meant = SYM_CODE_UNKNOWN;
    } else if (meant == NULL && sym_vocabulary_is_several(text)) {
        meant = SYM_CODE_SEVERAL;
    } else if (meant == NULL && sym_span_equal(text, sym_span_text(SYM_CODE_AT_SEA))) {
        meant = SYM_CODE_AT_SEA;
    }
    if (meant != NULL) {
        (void)memcpy(out->code, meant, strlen(meant) + 1);
        return true;
    }
    return resolve(out, w, text);
}

static enum sym_incident_field field_of(enum sym_profile_target target)
{
    return sym_dimension_field(sym_profile_target_dimension(target));
}

/* Country and division that follow from a place of exploitation. */
static void put_within(struct working *w, const struct sym_place *p)
{
    if (p->country[0] == '\0') {
        return;
    }
    if (w->country[0] == '\0') {
        memcpy(w->country, p->country, sizeof w->country);
        (void)add_place(w, SYM_FIELD_OF_COUNTRY, p->country);
    }
    if (w->admin1[0] == '\0' && p->admin1[0] != '\0') {
        memcpy(w->admin1, p->admin1, sizeof w->admin1);
        (void)add_place(w, SYM_FIELD_OF_ADMIN1, p->admin1);
    }
}

/* One name, or "several"; which of them is not known. */
static void put_single(struct working *w, struct sym_span value)
{
    struct sym_span parts[PARTS_MAX];
    struct sym_place place;
    char code[SYM_CODE_BYTES_MAX + 1] = "";
    bool several = false;
    bool whole = place_code(&place, w, value);
    size_t n = whole ? 1 : split(parts, value, w->binding->profile->fields.separator);
    for (size_t i = 0; i < n; i++) {
        if (!whole && !place_code(&place, w, parts[i])) {
            unknown(w, parts[i]);
            memcpy(place.code, SYM_CODE_UNKNOWN, sizeof SYM_CODE_UNKNOWN);
        }
        several = several || (code[0] != '\0' && strcmp(code, place.code) != 0);
        memcpy(code, place.code, sizeof code);
    }
    enum sym_incident_field field = field_of(w->field->target);
    if (several) {
        (void)add(w, field, SYM_CODE_SEVERAL);
    } else if (code[0] != '\0') {
        if (field <= SYM_FIELD_OF_CITY) {
            put_within(w, &place);
        }
        (void)add_place(w, field, code);
    }
}

static void put_transits(struct working *w, struct sym_span value)
{
    struct sym_span parts[PARTS_MAX];
    struct sym_place place;
    bool whole = place_code(&place, w, value);
    size_t n = whole ? 1 : split(parts, value, w->binding->profile->fields.separator);
    for (size_t i = 0; i < n; i++) {
        if ((!whole && !place_code(&place, w, parts[i])) ||
            !add_place(w, SYM_FIELD_OF_TRANSIT, place.code)) {
            unknown(w, whole ? value : parts[i]);
        }
    }
}

static void put_near(struct working *w)
{
    struct sym_place p;
    double km = 0;
    const struct sym_incident *i = &w->incident;
    bool found = sym_gazetteer_nearest(&p, &km, w->gazetteer, i->latitude_e6, i->longitude_e6,
                                       SYM_SHORE_KM) == SYM_OK;
    if (w->country[0] != '\0' &&
        (!found || km > SYM_TOWN_KM || strcmp(p.country, w->country) != 0)) {
        return;
    }
    if (!found && sym_gazetteer_land(&p, w->gazetteer, i->latitude_e6, i->longitude_e6) == SYM_OK) {
        put_within(w, &p);
        return;
    }
    if (!found) {
        (void)add(w, SYM_FIELD_OF_COUNTRY, SYM_CODE_AT_SEA);
        (void)add(w, SYM_FIELD_OF_ADMIN1, SYM_CODE_AT_SEA);
        (void)add(w, SYM_FIELD_OF_CITY, SYM_CODE_AT_SEA);
        return;
    }
    if (km > SYM_TOWN_KM) {
        p.admin1[0] = '\0';
    }
    bool elsewhere = w->admin1[0] != '\0' && strcmp(w->admin1, p.admin1) != 0;
    bool has_city = false;
    for (size_t c = 0; c < i->n_codes; c++) {
        has_city = has_city || i->codes[c].field == SYM_FIELD_OF_CITY;
    }
    put_within(w, &p);
    if (km <= SYM_TOWN_KM && !elsewhere && !has_city) {
        (void)add_place(w, SYM_FIELD_OF_CITY, p.code);
    }
}

/* Point, time, numbers
 * ----------------------------------------------------------------------------- */

static void put_coordinate(struct working *w, struct sym_span text)
{
    bool latitude = w->field->target == SYM_TARGET_LATITUDE;
    int32_t *out = latitude ? &w->incident.latitude_e6 : &w->incident.longitude_e6;
    if (!millionths(out, text, latitude ? 90000000 : 180000000)) {
        unknown(w, text);
        *out = 0;
        return;
    }
    *(latitude ? &w->has_latitude : &w->has_longitude) = true;
}

/* "38.61, 26.65" */
static void put_coordinates(struct working *w, struct sym_span text)
{
    const uint8_t *comma = memchr(text.data, ',', text.len);
    size_t len = comma != NULL ? (size_t)(comma - text.data) : text.len;
    struct sym_span y = sym_batch_trimmed(sym_span(text.data, len));
    struct sym_span x = comma != NULL ? sym_batch_trimmed(sym_span(comma + 1, text.len - len - 1))
                                      : sym_span(NULL, 0);
    int32_t latitude = 0;
    int32_t longitude = 0;
    if (!millionths(&latitude, y, 90000000) || !millionths(&longitude, x, 180000000)) {
        unknown(w, text);
        return;
    }
    w->incident.latitude_e6 = latitude;
    w->incident.longitude_e6 = longitude;
    w->has_latitude = w->has_longitude = true;
}

static void put_date(struct working *w, struct sym_span text)
{
    struct sym_when when = {.precision = SYM_DATE_NONE};
    if (sym_when_parse(&when, text, w->binding->profile->rules.dates) != SYM_OK) {
        unknown(w, text);
    } else if (when.precision > w->incident.precision) {
        w->incident.precision = when.precision;
        w->incident.days = when.days;
    }
}

static void put_month(struct working *w, struct sym_span text)
{
    if (text.len > 4 && text.data[4] == '-') {
        put_date(w, text);
    } else if (sym_when_month(&w->month, text) != SYM_OK) {
        unknown(w, text);
    }
}

static void put_persons(struct working *w, struct sym_span text)
{
    uint64_t n = 0;
    bool aggregates = w->binding->profile->kind == SYM_DATASET_AGGREGATES;
    if (!unsigned_number(&n, text, aggregates ? UINT32_MAX : SYM_INCIDENT_PERSONS_MAX)) {
        unknown(w, text);
        return;
    }
    w->incident.persons = (uint32_t)n;
    w->persons_given = true;
}

static void put_count(struct working *w, struct sym_span text)
{
    uint64_t n = 0;
    if (unsigned_number(&n, text, SYM_INCIDENT_COUNT_MAX)) {
        w->incident.count = n;
    }
}

/* Categories --------------------------------------------------------------------------------------
 */

static const char *category(const struct working *w, struct sym_span text)
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

static void put_categories(struct working *w, struct sym_span value)
{
    struct sym_span parts[PARTS_MAX];
    size_t n = split(parts, value, w->binding->profile->fields.separator);
    for (size_t i = 0; i < n; i++) {
        const char *code = category(w, parts[i]);
        if (code == NULL || !add(w, field_of(w->field->target), code)) {
            unknown(w, parts[i]);
        }
    }
}

/* A column of 0 and 1, or of how many. */
static void put_flag(struct working *w, struct sym_span text)
{
    static const char *const yes[] = {"yes", "true", "x", "y", "Yes", "True", "TRUE", "X", "Y"};
    static const char *const no[] = {"no", "false", "n", "No", "False", "FALSE", "N", "0.0"};
    uint64_t n = 0;
    bool is = false;
    bool known = unsigned_number(&n, text, UINT32_MAX);
    for (size_t i = 0; i < sizeof yes / sizeof *yes && !known; i++) {
        is = known = sym_span_equal(text, sym_span_text(yes[i]));
    }
    is = is || n > 0 || (!known && sym_span_equal(text, sym_span_text("1.0")));
    known = known || is;
    for (size_t i = 0; i < sizeof no / sizeof *no && !known; i++) {
        known = sym_span_equal(text, sym_span_text(no[i]));
    }
    if (!known || (is && !add(w, field_of(w->field->target), w->field->code))) {
        unknown(w, text);
    }
}

/* The row
 * ------------------------------------------------------------------------------------------ */

static void put_value(struct working *w, struct sym_span value)
{
    switch (w->field->target) {
    case SYM_TARGET_COUNTRY:
        w->named = true;
        put_single(w, value);
        break;
    case SYM_TARGET_ADMIN1:
    case SYM_TARGET_CITY:
    case SYM_TARGET_ORIGIN:
    case SYM_TARGET_DESTINATION:
        put_single(w, value);
        break;
    case SYM_TARGET_TRANSIT:
        put_transits(w, value);
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
            unknown(w, value);
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

static void read_fields(struct working *w)
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
        if (w->field->code != NULL) {
            put_flag(w, value);
        } else {
            put_value(w, value);
        }
    }
}

static void finish(struct working *w)
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
        put_near(w);
    }
}

/* NULL: the counts of a row of aggregates are right. */
static const char *wrong_counts(struct working *w)
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

void sym_incident_row_work(struct sym_batch *b, size_t row)
{
    uint8_t record[SYM_INCIDENT_BYTES_MAX];
    size_t len = 0;
    bool aggregates = b->binding->profile->kind == SYM_DATASET_AGGREGATES;
    struct working w = {
        .b = b, .row = row, .binding = b->binding, .gazetteer = b->binding->gazetteer};
    w.incident.count = aggregates ? 0 : 1;
    if (!sym_batch_take_id(b, row)) {
        return;
    }
    read_fields(&w);
    finish(&w);
    const char *wrong = w.any ? NULL : "none of the mapped columns has a value";
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
