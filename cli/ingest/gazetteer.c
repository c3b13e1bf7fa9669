#include "cli/ingest/gazetteer_state.h"

#include "cli/ingest/place_name.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define EARTH_KM    6371.009
#define KM_A_DEGREE (EARTH_KM * M_PI / 180)

/* What is shown ------------------------------------------------------------------------------- */

static void put_point(struct sym_place *out, const struct sym_gazetteer *g, uint32_t town)
{
    out->has_point = town != SYM_GAZETTEER_NONE;
    if (out->has_point) {
        out->latitude_e6 = (int32_t)g->towns[town].latitude * 10000 - 90000000;
        out->longitude_e6 = (int32_t)g->towns[town].longitude * 10000 - 180000000;
    }
}

static void show_country(struct sym_place *out, const struct sym_gazetteer *g, uint32_t at)
{
    const struct sym_gazetteer_country *c = &g->countries[at];
    *out = (struct sym_place){.name = g->pool + c->name};
    memcpy(out->code, c->code, sizeof c->code);
    memcpy(out->country, c->code, sizeof c->code);
    put_point(out, g, c->point);
}

static void show_division(struct sym_place *out, const struct sym_gazetteer *g, uint32_t at)
{
    const struct sym_gazetteer_division *d = &g->divisions[at];
    *out = (struct sym_place){.name = g->pool + d->name};
    memcpy(out->code, d->code, sizeof d->code);
    memcpy(out->admin1, d->code, sizeof d->code);
    memcpy(out->country, g->countries[d->country].code, 3);
    put_point(out, g, d->point);
}

static void show_town(struct sym_place *out, const struct sym_gazetteer *g, uint32_t at)
{
    const struct sym_gazetteer_town *t = &g->towns[at];
    show_division(out, g, t->division);
    if (out->name[0] == '\0') {
        out->admin1[0] = '\0';
    }
    out->name = g->pool + t->name;
    (void)snprintf(out->code, sizeof out->code, "%s.%s", g->divisions[t->division].code, out->name);
    put_point(out, g, at);
}

/* By code ------------------------------------------------------------------------------------- */

static uint32_t country_of_code(const struct sym_gazetteer *g, struct sym_span code)
{
    uint32_t low = 0;
    uint32_t high = code.len == 2 ? g->n_countries : 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = memcmp(code.data, g->countries[middle].code, 2);
        if (order == 0) {
            return middle;
        }
        low = order > 0 ? middle + 1 : low;
        high = order < 0 ? middle : high;
    }
    return SYM_GAZETTEER_NONE;
}

/* code: "IT.09" */
static uint32_t division_of_code(const struct sym_gazetteer *g, struct sym_span code)
{
    uint32_t at = code.len > 3 ? country_of_code(g, sym_span(code.data, 2)) : SYM_GAZETTEER_NONE;
    if (at == SYM_GAZETTEER_NONE) {
        return at;
    }
    const struct sym_gazetteer_country *c = &g->countries[at];
    for (uint32_t d = c->first; d < c->first + c->n; d++) {
        if (sym_span_equal(code, sym_span_text(g->divisions[d].code))) {
            return d;
        }
    }
    return SYM_GAZETTEER_NONE;
}

static int compare(struct sym_span name, const char *other)
{
    size_t len = strlen(other);
    int order = memcmp(name.data, other, name.len < len ? name.len : len);
    return order != 0 ? order : (name.len > len) - (name.len < len);
}

static uint32_t town_of_name(const struct sym_gazetteer *g, uint32_t division, struct sym_span name)
{
    uint32_t low = g->divisions[division].first;
    uint32_t high = low + g->divisions[division].n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare(name, g->pool + g->towns[middle].name);
        if (order == 0) {
            return middle;
        }
        low = order > 0 ? middle + 1 : low;
        high = order < 0 ? middle : high;
    }
    return SYM_GAZETTEER_NONE;
}

enum sym_err sym_gazetteer_find(struct sym_place *out, const struct sym_gazetteer *g,
                                struct sym_span code)
{
    const uint8_t *dot = code.len > 3 ? memchr(code.data + 3, '.', code.len - 3) : NULL;
    uint32_t at = SYM_GAZETTEER_NONE;
    if (code.len <= 3) {
        at = country_of_code(g, code);
        if (at != SYM_GAZETTEER_NONE) {
            show_country(out, g, at);
        }
    } else if (dot == NULL) {
        at = division_of_code(g, code);
        if (at != SYM_GAZETTEER_NONE && g->pool[g->divisions[at].name] == '\0') {
            at = SYM_GAZETTEER_NONE;
        }
        if (at != SYM_GAZETTEER_NONE) {
            show_division(out, g, at);
        }
    } else {
        size_t len = (size_t)(dot - code.data);
        uint32_t division = division_of_code(g, sym_span(code.data, len));
        if (division != SYM_GAZETTEER_NONE) {
            at = town_of_name(g, division, sym_span(dot + 1, code.len - len - 1));
        }
        if (at != SYM_GAZETTEER_NONE) {
            show_town(out, g, at);
        }
    }
    return at != SYM_GAZETTEER_NONE ? SYM_OK : SYM_NOT_FOUND;
}

/* By name ------------------------------------------------------------------------------------- */

static bool is_same(struct sym_span folded, const char *other)
{
    return sym_span_equal(folded, sym_span_text(other));
}

/* Whatever the case of the letters. */
static bool is_letters(struct sym_span text, const char *capitals)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if ((c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c) != capitals[i]) {
            return false;
        }
    }
    return text.len == strlen(capitals);
}

enum sym_err sym_gazetteer_country(struct sym_place *out, const struct sym_gazetteer *g,
                                   struct sym_span text)
{
    char room[SYM_PLACE_NAME_BYTES];
    struct sym_span folded = sym_span(room, sym_place_name_fold(room, sizeof room, text));
    for (uint32_t i = 0; text.len >= 2 && text.len <= 3 && i < g->n_countries; i++) {
        const struct sym_gazetteer_country *c = &g->countries[i];
        if (is_letters(text, c->code) || is_letters(text, c->alpha3)) {
            show_country(out, g, i);
            return SYM_OK;
        }
    }
    uint32_t hash = sym_place_name_hash(folded, 0);
    for (uint32_t i = 0; folded.len > 0 && i < g->n_names; i++) {
        const struct sym_gazetteer_name *n = &g->names[i];
        if (n->hash == hash && is_same(folded, g->pool + n->folded)) {
            show_country(out, g, n->country);
            return SYM_OK;
        }
    }
    return SYM_NOT_FOUND;
}

/* Is one of them the other with a word such as "province" behind it? */
static bool is_nearly_same(struct sym_span folded, const char *other)
{
    static const char *const words[] = {"province", "region", "governorate",
                                        "county",   "state",  "department",
                                        "district", "oblast", "prefecture"};
    size_t len = strlen(other);
    const uint8_t *longer = folded.len > len ? folded.data : (const uint8_t *)other;
    size_t long_len = folded.len > len ? folded.len : len;
    size_t short_len = folded.len > len ? len : folded.len;
    if (short_len == 0 || memcmp(folded.data, other, short_len) != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (is_same(sym_span(longer + short_len, long_len - short_len), words[i])) {
            return true;
        }
    }
    return false;
}

static enum sym_err division_of_name(uint32_t *out, const struct sym_gazetteer *g,
                                     const struct sym_gazetteer_country *c, struct sym_span text)
{
    char room[SYM_PLACE_NAME_BYTES];
    struct sym_span folded = sym_span(room, sym_place_name_fold(room, sizeof room, text));
    unsigned same = 0;
    unsigned nearly = 0;
    uint32_t near = 0;
    for (uint32_t d = c->first; folded.len > 0 && d < c->first + c->n; d++) {
        const char *other = g->pool + g->divisions[d].folded;
        if (is_same(folded, other)) {
            same++;
            *out = d;
        } else if (is_nearly_same(folded, other)) {
            nearly++;
            near = d;
        }
    }
    if (same == 0 && nearly == 1) {
        same = 1;
        *out = near;
    }
    return same == 1 ? SYM_OK : same + nearly == 0 ? SYM_NOT_FOUND : SYM_EXISTS;
}

enum sym_err sym_gazetteer_admin1(struct sym_place *out, const struct sym_gazetteer *g,
                                  const char *country, struct sym_span text)
{
    char code[4 + SYM_ADMIN1_BYTES_MAX];
    uint32_t at = division_of_code(g, text);
    uint32_t c = country_of_code(g, sym_span_text(country));
    if (at != SYM_GAZETTEER_NONE && c != SYM_GAZETTEER_NONE && g->divisions[at].country != c) {
        at = SYM_GAZETTEER_NONE;
    }
    if (at == SYM_GAZETTEER_NONE && c != SYM_GAZETTEER_NONE && text.len <= SYM_ADMIN1_BYTES_MAX) {
        (void)snprintf(code, sizeof code, "%s.%.*s", country, (int)text.len,
                       text.len > 0 ? (const char *)text.data : "");
        at = division_of_code(g, sym_span_text(code));
    }
    if (at != SYM_GAZETTEER_NONE && g->pool[g->divisions[at].name] == '\0') {
        return SYM_NOT_FOUND;
    }
    if (at == SYM_GAZETTEER_NONE) {
        enum sym_err err = c == SYM_GAZETTEER_NONE
                               ? SYM_NOT_FOUND
                               : division_of_name(&at, g, &g->countries[c], text);
        if (err != SYM_OK) {
            return err;
        }
    }
    show_division(out, g, at);
    return SYM_OK;
}

enum sym_err sym_gazetteer_city(struct sym_place *out, const struct sym_gazetteer *g,
                                const char *country, const char *admin1, struct sym_span text)
{
    char room[SYM_PLACE_NAME_BYTES];
    char other[SYM_PLACE_NAME_BYTES];
    struct sym_span folded = sym_span(room, sym_place_name_fold(room, sizeof room, text));
    uint32_t c = country_of_code(g, sym_span_text(country));
    uint32_t found = SYM_GAZETTEER_NONE;
    uint32_t exact = SYM_GAZETTEER_NONE;
    unsigned n = 0;
    unsigned n_exact = 0;
    if (c == SYM_GAZETTEER_NONE || folded.len == 0) {
        return SYM_NOT_FOUND;
    }
    for (uint32_t at = sym_gazetteer_slot(folded, c); g->by_name[at] != SYM_GAZETTEER_NONE;
         at = (at + 1) & (SYM_GAZETTEER_PLACES - 1)) {
        const struct sym_gazetteer_town *t = &g->towns[g->by_name[at]];
        struct sym_span name = sym_span_text(g->pool + t->name);
        const struct sym_gazetteer_division *d = &g->divisions[t->division];
        if (d->country != c || (admin1[0] != '\0' && strcmp(admin1, d->code) != 0) ||
            !sym_span_equal(folded,
                            sym_span(other, sym_place_name_fold(other, sizeof other, name)))) {
            continue;
        }
        n++;
        found = g->by_name[at];
        if (sym_span_equal(name, text)) {
            n_exact++;
            exact = found;
        }
    }
    if (n_exact == 1 || n == 1) {
        show_town(out, g, n_exact == 1 ? exact : found);
        return SYM_OK;
    }
    return n == 0 ? SYM_NOT_FOUND : SYM_EXISTS;
}

/* By point ------------------------------------------------------------------------------------ */

/* Of a chord of the sphere of radius 1. */
static double chord_km(double squared)
{
    double half = sqrt(squared) / 2;
    return 2 * EARTH_KM * asin(half < 1 ? half : 1);
}

double sym_gazetteer_km(int32_t latitude_e6, int32_t longitude_e6, int32_t to_latitude_e6,
                        int32_t to_longitude_e6)
{
    double y0 = latitude_e6 * (M_PI / 180e6);
    double y1 = to_latitude_e6 * (M_PI / 180e6);
    double x = ((double)longitude_e6 - to_longitude_e6) * (M_PI / 180e6);
    double a = sin((y0 - y1) / 2);
    double b = sin(x / 2);
    return chord_km(4 * (a * a + cos(y0) * cos(y1) * b * b));
}

struct nearest {
    float from[3];
    float squared; /* of the chord to the best; more than 4: none yet */
    uint32_t town;
};

static void scan_cell(struct nearest *best, const struct sym_gazetteer *g, uint32_t cell)
{
    for (uint32_t i = g->cells[cell]; i < g->cells[cell + 1]; i++) {
        float x = g->vectors[i][0] - best->from[0];
        float y = g->vectors[i][1] - best->from[1];
        float z = g->vectors[i][2] - best->from[2];
        float squared = x * x + y * y + z * z;
        if (squared < best->squared) {
            best->squared = squared;
            best->town = g->by_cell[i];
        }
    }
}

/* All cells that a circle of km around the point can touch. */
static void scan_circle(struct nearest *best, const struct sym_gazetteer *g, double latitude,
                        double longitude, double km)
{
    double reach = km / KM_A_DEGREE;
    double width = 180;
    if (fabs(latitude) + reach < 89) {
        width = asin(sin(reach * (M_PI / 180)) / cos(latitude * (M_PI / 180))) * (180 / M_PI);
    }
    int low = (int)floor((latitude - reach + 90) * 2);
    int high = (int)floor((latitude + reach + 90) * 2);
    int west = (int)floor((longitude - width + 180) * 2);
    int columns = (int)floor((longitude + width + 180) * 2) - west + 1;
    low = low > 0 ? low : 0;
    high = high < (int)SYM_GAZETTEER_ROWS ? high : (int)SYM_GAZETTEER_ROWS - 1;
    columns = columns < (int)SYM_GAZETTEER_COLUMNS ? columns : (int)SYM_GAZETTEER_COLUMNS;
    for (int row = low; row <= high; row++) {
        for (int i = 0; i < columns; i++) {
            int column = (west + i + (int)SYM_GAZETTEER_COLUMNS) % (int)SYM_GAZETTEER_COLUMNS;
            scan_cell(best, g, (uint32_t)row * SYM_GAZETTEER_COLUMNS + (uint32_t)column);
        }
    }
}

enum sym_err sym_gazetteer_nearest(struct sym_place *out, double *km, const struct sym_gazetteer *g,
                                   int32_t latitude_e6, int32_t longitude_e6, double limit_km)
{
    struct nearest best = {.squared = 5};
    double latitude = latitude_e6 / 1e6;
    double longitude = longitude_e6 / 1e6;
    sym_gazetteer_vector(best.from, latitude, longitude);
    for (double reach = 12; best.squared > 4 || chord_km((double)best.squared) > reach;
         reach *= 4) {
        if (reach >= limit_km) {
            scan_circle(&best, g, latitude, longitude, limit_km);
            break;
        }
        scan_circle(&best, g, latitude, longitude, reach);
    }
    double distance = chord_km((double)best.squared);
    if (best.squared > 4 || distance > limit_km) {
        return SYM_NOT_FOUND;
    }
    show_town(out, g, best.town);
    if (km != NULL) {
        *km = distance;
    }
    return SYM_OK;
}

enum sym_err sym_gazetteer_land(struct sym_place *out, const struct sym_gazetteer *g,
                                int32_t latitude_e6, int32_t longitude_e6)
{
    uint32_t row = (uint32_t)((latitude_e6 + 90000000) / 500000);
    uint32_t column = (uint32_t)(((int64_t)longitude_e6 + 180000000) / 500000);
    row = row < SYM_GAZETTEER_ROWS ? row : SYM_GAZETTEER_ROWS - 1;
    uint16_t country = g->land[row * SYM_GAZETTEER_COLUMNS + column % SYM_GAZETTEER_COLUMNS];
    if (country >= g->n_countries) {
        return SYM_NOT_FOUND;
    }
    show_country(out, g, country);
    return SYM_OK;
}

/* One after the other ------------------------------------------------------------------------- */

enum sym_err sym_gazetteer_country_at(struct sym_place *out, const struct sym_gazetteer *g,
                                      size_t at)
{
    if (at >= g->n_countries) {
        return SYM_NOT_FOUND;
    }
    show_country(out, g, (uint32_t)at);
    return SYM_OK;
}

enum sym_err sym_gazetteer_admin1_at(struct sym_place *out, const struct sym_gazetteer *g,
                                     const char *country, size_t at)
{
    uint32_t c = country_of_code(g, sym_span_text(country));
    if (c == SYM_GAZETTEER_NONE) {
        return SYM_NOT_FOUND;
    }
    uint32_t end = g->countries[c].first + g->countries[c].n;
    for (uint32_t d = g->countries[c].first; d < end; d++) {
        if (g->pool[g->divisions[d].name] != '\0' && at-- == 0) {
            show_division(out, g, d);
            return SYM_OK;
        }
    }
    return SYM_NOT_FOUND;
}

enum sym_err sym_gazetteer_city_at(struct sym_place *out, const struct sym_gazetteer *g,
                                   const char *admin1, size_t at)
{
    uint32_t d = division_of_code(g, sym_span_text(admin1));
    if (d == SYM_GAZETTEER_NONE || at >= g->divisions[d].n) {
        return SYM_NOT_FOUND;
    }
    show_town(out, g, g->divisions[d].first + (uint32_t)at);
    return SYM_OK;
}
