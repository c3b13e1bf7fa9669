#include "cli/ingest/gazetteer_state.h"

#include "cli/ingest/place_name.h"
#include "cli/ingest/places.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_POINT 65535u

struct loading {
    struct sym_gazetteer *g;
    struct sym_reader r;
};

/* Texts --------------------------------------------------------------------------------------- */

static uint32_t keep_text(struct loading *l, const void *bytes, size_t len)
{
    struct sym_gazetteer *g = l->g;
    if (len >= SYM_GAZETTEER_POOL - g->pool_len) {
        l->r.err = SYM_LIMIT;
        return 0;
    }
    uint32_t at = (uint32_t)g->pool_len;
    memcpy(g->pool + at, bytes, len);
    g->pool[at + len] = '\0';
    g->pool_len += len + 1;
    return at;
}

static uint32_t keep_folded(struct loading *l, struct sym_span name)
{
    char folded[SYM_PLACE_NAME_BYTES];
    return keep_text(l, folded, sym_place_name_fold(folded, sizeof folded, name));
}

static struct sym_span read_text(struct loading *l)
{
    return sym_read_span(&l->r, sym_read_u8(&l->r));
}

/* Countries, divisions, towns ----------------------------------------------------------------- */

static void add_name(struct loading *l, struct sym_span name)
{
    struct sym_gazetteer *g = l->g;
    if (g->n_names == SYM_GAZETTEER_NAMES) {
        l->r.err = SYM_LIMIT;
        return;
    }
    uint32_t folded = keep_folded(l, name);
    g->names[g->n_names++] = (struct sym_gazetteer_name){
        .hash = sym_place_name_hash(sym_span_text(g->pool + folded), 0),
        .folded = folded,
        .country = g->n_countries,
    };
}

static void read_town(struct loading *l, char before[SYM_PLACE_NAME_BYTES])
{
    struct sym_gazetteer *g = l->g;
    size_t shared = sym_read_u8(&l->r);
    struct sym_span rest = read_text(l);
    struct sym_gazetteer_town t = {.division = g->n_divisions};
    t.latitude = sym_read_u16(&l->r);
    t.longitude = sym_read_u16(&l->r);
    if (g->n_towns == SYM_GAZETTEER_TOWNS || shared + rest.len >= SYM_PLACE_NAME_BYTES ||
        t.latitude > 18000 || t.longitude > 36000) {
        l->r.err = SYM_LIMIT;
    }
    if (l->r.err != SYM_OK) {
        return;
    }
    if (rest.len > 0) {
        memcpy(before + shared, rest.data, rest.len);
    }
    t.name = keep_text(l, before, shared + rest.len);
    g->towns[g->n_towns++] = t;
}

static void read_division(struct loading *l)
{
    struct sym_gazetteer *g = l->g;
    char before[SYM_PLACE_NAME_BYTES] = "";
    struct sym_gazetteer_division d = {.country = g->n_countries, .first = g->n_towns};
    struct sym_span code = read_text(l);
    struct sym_span name = read_text(l);
    uint16_t point = sym_read_u16(&l->r);
    d.n = sym_read_u16(&l->r);
    if (g->n_divisions == SYM_GAZETTEER_DIVISIONS || code.len > SYM_ADMIN1_BYTES_MAX) {
        l->r.err = SYM_LIMIT;
        return;
    }
    memcpy(d.code, g->countries[g->n_countries].code, 2);
    d.code[2] = '.';
    memcpy(d.code + 3, code.data, code.len);
    d.name = keep_text(l, name.data, name.len);
    d.folded = keep_folded(l, name);
    d.point = point == NO_POINT ? SYM_GAZETTEER_NONE : d.first + point;
    for (uint32_t i = 0; i < d.n && l->r.err == SYM_OK; i++) {
        read_town(l, before);
    }
    g->divisions[g->n_divisions++] = d;
}

static void read_country(struct loading *l)
{
    struct sym_gazetteer *g = l->g;
    struct sym_gazetteer_country *c = &g->countries[g->n_countries];
    sym_read_bytes(&l->r, (uint8_t *)c->code, 2);
    sym_read_bytes(&l->r, (uint8_t *)c->alpha3, 3);
    struct sym_span name = read_text(l);
    c->name = keep_text(l, name.data, name.len);
    add_name(l, name);
    for (unsigned n = sym_read_u8(&l->r); n > 0 && l->r.err == SYM_OK; n--) {
        add_name(l, read_text(l));
    }
    uint16_t division = sym_read_u16(&l->r);
    uint16_t town = sym_read_u16(&l->r);
    c->first = g->n_divisions;
    c->n = sym_read_u16(&l->r);
    for (uint32_t i = 0; i < c->n && l->r.err == SYM_OK; i++) {
        read_division(l);
    }
    c->point = SYM_GAZETTEER_NONE;
    if (l->r.err == SYM_OK && division < c->n) {
        c->point = g->divisions[c->first + division].first + town;
    }
    g->n_countries++;
}

static void read_map(struct loading *l)
{
    size_t at = 0;
    while (at < SYM_GAZETTEER_CELLS && l->r.err == SYM_OK) {
        uint16_t country = sym_read_u16(&l->r);
        size_t n = sym_read_u16(&l->r);
        if (n == 0 || n > SYM_GAZETTEER_COLUMNS - at % SYM_GAZETTEER_COLUMNS ||
            (country != NO_POINT && country >= l->g->n_countries)) {
            l->r.err = SYM_BAD_FORMAT;
            return;
        }
        for (; n > 0; n--) {
            l->g->land[at++] = country;
        }
    }
}

static bool points_exist(const struct sym_gazetteer *g)
{
    for (uint32_t i = 0; i < g->n_countries; i++) {
        if (g->countries[i].point != SYM_GAZETTEER_NONE && g->countries[i].point >= g->n_towns) {
            return false;
        }
    }
    for (uint32_t i = 0; i < g->n_divisions; i++) {
        if (g->divisions[i].point != SYM_GAZETTEER_NONE && g->divisions[i].point >= g->n_towns) {
            return false;
        }
    }
    return true;
}

static enum sym_err read_all(struct sym_gazetteer *g, struct sym_span from)
{
    struct loading l = {.g = g, .r = sym_reader(from)};
    uint8_t version = sym_read_u8(&l.r);
    uint16_t countries = sym_read_u16(&l.r);
    if (version != 1 || countries > SYM_GAZETTEER_COUNTRIES) {
        return SYM_BAD_FORMAT;
    }
    for (unsigned i = 0; i < countries && l.r.err == SYM_OK; i++) {
        read_country(&l);
    }
    read_map(&l);
    return sym_read_end(&l.r) == SYM_OK && points_exist(g) ? SYM_OK : SYM_BAD_FORMAT;
}

/* Tables -------------------------------------------------------------------------------------- */

uint32_t sym_gazetteer_slot(struct sym_span folded, uint32_t country)
{
    return sym_place_name_hash(folded, country * 0x9e3779b1u) & (SYM_GAZETTEER_PLACES - 1);
}

static void index_names(struct sym_gazetteer *g)
{
    char folded[SYM_PLACE_NAME_BYTES];
    memset(g->by_name, 0xff, SYM_GAZETTEER_PLACES * sizeof *g->by_name);
    for (uint32_t i = 0; i < g->n_towns; i++) {
        const struct sym_gazetteer_town *t = &g->towns[i];
        size_t n = sym_place_name_fold(folded, sizeof folded, sym_span_text(g->pool + t->name));
        uint32_t at = sym_gazetteer_slot(sym_span(folded, n), g->divisions[t->division].country);
        while (g->by_name[at] != SYM_GAZETTEER_NONE) {
            at = (at + 1) & (SYM_GAZETTEER_PLACES - 1);
        }
        g->by_name[at] = i;
    }
}

static uint32_t cell_of(const struct sym_gazetteer_town *t)
{
    uint32_t row = t->latitude / 50u;
    uint32_t column = t->longitude / 50u;
    row = row < SYM_GAZETTEER_ROWS ? row : SYM_GAZETTEER_ROWS - 1;
    return row * SYM_GAZETTEER_COLUMNS + column % SYM_GAZETTEER_COLUMNS;
}

void sym_gazetteer_vector(float out[3], double latitude, double longitude)
{
    double y = latitude * (M_PI / 180);
    double x = longitude * (M_PI / 180);
    out[0] = (float)(cos(y) * cos(x));
    out[1] = (float)(cos(y) * sin(x));
    out[2] = (float)sin(y);
}

#define ANGLES 36001u /* hundredths of a degree from -180 on */

static void put_vectors(struct sym_gazetteer *g, double (*waves)[2])
{
    for (uint32_t i = 0; i < ANGLES; i++) {
        double angle = (i / 100.0 - 180) * (M_PI / 180);
        waves[i][0] = cos(angle);
        waves[i][1] = sin(angle);
    }
    for (uint32_t at = 0; at < g->n_towns; at++) {
        const struct sym_gazetteer_town *t = &g->towns[g->by_cell[at]];
        const double *y = waves[t->latitude + 9000u];
        const double *x = waves[t->longitude];
        g->vectors[at][0] = (float)(y[0] * x[0]);
        g->vectors[at][1] = (float)(y[0] * x[1]);
        g->vectors[at][2] = (float)y[1];
    }
}

static enum sym_err index_points(struct sym_gazetteer *g)
{
    double(*waves)[2] = calloc(ANGLES, sizeof *waves);
    if (waves == NULL) {
        return SYM_NO_MEMORY;
    }
    for (uint32_t i = 0; i < g->n_towns; i++) {
        g->cells[cell_of(&g->towns[i]) + 1]++;
    }
    for (uint32_t c = 0; c < SYM_GAZETTEER_CELLS; c++) {
        g->cells[c + 1] += g->cells[c];
    }
    /* Each cell's start moves while it is filled, to where the next one starts. */
    for (uint32_t i = 0; i < g->n_towns; i++) {
        g->by_cell[g->cells[cell_of(&g->towns[i])]++] = i;
    }
    memmove(g->cells + 1, g->cells, SYM_GAZETTEER_CELLS * sizeof *g->cells);
    g->cells[0] = 0;
    put_vectors(g, waves);
    free(waves);
    return SYM_OK;
}

static bool allocate(struct sym_gazetteer *g)
{
    g->countries = calloc(SYM_GAZETTEER_COUNTRIES, sizeof *g->countries);
    g->divisions = calloc(SYM_GAZETTEER_DIVISIONS, sizeof *g->divisions);
    g->towns = calloc(SYM_GAZETTEER_TOWNS, sizeof *g->towns);
    g->names = calloc(SYM_GAZETTEER_NAMES, sizeof *g->names);
    g->pool = malloc(SYM_GAZETTEER_POOL);
    g->by_name = calloc(SYM_GAZETTEER_PLACES, sizeof *g->by_name);
    g->cells = calloc(SYM_GAZETTEER_CELLS + 1, sizeof *g->cells);
    g->land = calloc(SYM_GAZETTEER_CELLS, sizeof *g->land);
    g->by_cell = calloc(SYM_GAZETTEER_TOWNS, sizeof *g->by_cell);
    g->vectors = calloc(SYM_GAZETTEER_TOWNS, sizeof *g->vectors);
    return g->countries != NULL && g->divisions != NULL && g->towns != NULL && g->names != NULL &&
           g->pool != NULL && g->by_name != NULL && g->cells != NULL && g->land != NULL &&
           g->by_cell != NULL && g->vectors != NULL;
}

enum sym_err sym_gazetteer_new(struct sym_gazetteer **out)
{
    struct sym_gazetteer *g = calloc(1, sizeof *g);
    enum sym_err err = g != NULL && allocate(g) ? SYM_OK : SYM_NO_MEMORY;
    if (err == SYM_OK) {
        err = read_all(g, sym_places());
    }
    if (err == SYM_OK) {
        index_names(g);
        err = index_points(g);
    }
    if (err != SYM_OK) {
        sym_gazetteer_free(g);
        return err;
    }
    *out = g;
    return SYM_OK;
}

void sym_gazetteer_free(struct sym_gazetteer *g)
{
    if (g == NULL) {
        return;
    }
    free(g->countries);
    free(g->divisions);
    free(g->towns);
    free(g->names);
    free(g->pool);
    free(g->by_name);
    free(g->cells);
    free(g->land);
    free(g->by_cell);
    free(g->vectors);
    free(g);
}
