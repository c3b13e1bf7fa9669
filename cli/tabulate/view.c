#include "cli/tabulate/view.h"

#include "cli/pause.h"
#include "proto/tabulate.h"

#include <stdlib.h>
#include <string.h>

#define AGAIN_US 50000u

/* Names --------------------------------------------------------------------------------------- */

/* The middle of a geohash cell (base 32, longitude first). */
static void geohash_middle(struct sym_label *l, struct sym_span code)
{
    double from[2] = {-180, -90};
    double size[2] = {360, 180};
    size_t axis = 0;
    for (size_t i = 0; i < code.len; i++) {
        const char *at = strchr(SYM_GEOHASH_LETTERS, (char)code.data[i]);
        if (at == NULL) {
            return;
        }
        size_t value = (size_t)(at - SYM_GEOHASH_LETTERS);
        for (unsigned bit = 5; bit-- > 0; axis = 1 - axis) {
            size[axis] /= 2;
            from[axis] += (value >> bit & 1u) != 0 ? size[axis] : 0;
        }
    }
    l->has_point = true;
    l->longitude_e6 = (int32_t)((from[0] + size[0] / 2) * 1e6);
    l->latitude_e6 = (int32_t)((from[1] + size[1] / 2) * 1e6);
}

static bool is_geohash(uint32_t d)
{
    return d >= SYM_DIMENSION_GEOHASH1 && d <= SYM_DIMENSION_GEOHASH4;
}

static void name_code(struct sym_label *l, const struct sym_gazetteer *g, uint32_t dimension,
                      struct sym_span code)
{
    struct sym_place place;
    if (is_geohash(dimension) && !sym_span_equal(code, sym_span_text(SYM_CODE_UNKNOWN))) {
        geohash_middle(l, code);
    } else if (sym_span_equal(code, sym_span_text(SYM_CODE_AT_SEA))) {
        l->name = "at sea";
    } else if (sym_gazetteer_find(&place, g, code) == SYM_OK) {
        l->name = place.name;
        l->has_point = place.has_point;
        l->latitude_e6 = place.latitude_e6;
        l->longitude_e6 = place.longitude_e6;
    }
}

static bool is_named(uint32_t dimension)
{
    enum sym_dimension_role role = sym_dimension_role((enum sym_dimension)dimension);
    return role != SYM_ROLE_TIME && role != SYM_ROLE_CATEGORY;
}

static enum sym_err make_labels(struct sym_view *v, struct sym_fault *fault)
{
    size_t n = 0;
    for (size_t i = 0; i < v->query.n_dimensions; i++) {
        n += v->query.dimensions[i].n_codes;
        if (is_named(v->query.dimensions[i].dimension) && v->places == NULL) {
            enum sym_err err = sym_gazetteer_new(&v->places);
            if (err != SYM_OK) {
                return sym_fail(fault, err, "the gazetteer %s", sym_err_text(err));
            }
        }
    }
    v->words = calloc(n, sizeof *v->words);
    for (size_t i = 0, at = 0; i < v->query.n_dimensions; i++) {
        const struct sym_tab_dimension *d = &v->query.dimensions[i];
        v->labels[i] = calloc(d->n_codes, sizeof *v->labels[i]);
        if (v->words == NULL || v->labels[i] == NULL) {
            return sym_fail(fault, SYM_NO_MEMORY, "the names do not fit into memory");
        }
        for (size_t k = 0; k < d->n_codes; k++, at++) {
            memcpy(v->words[at], d->codes[k].data, d->codes[k].len);
            v->labels[i][k].name = v->words[at];
            if (is_named(d->dimension)) {
                name_code(&v->labels[i][k], v->places, d->dimension, d->codes[k]);
            }
        }
    }
    return SYM_OK;
}

/* Fetching ------------------------------------------------------------------------------------ */

static enum sym_err senseless(struct sym_fault *fault)
{
    return sym_fail(fault, SYM_BAD_FORMAT,
                    "the counts that the node answers make no sense; are symbolon and symbolond of "
                    "the same version?");
}

static enum sym_err read_query(struct sym_view *v, struct sym_span exact, struct sym_fault *fault)
{
    struct sym_fault why;
    if (sym_decode(&v->body, &v->query, &sym_msg_tab_query, exact) != SYM_OK ||
        sym_cube_new(&v->cube, &v->query, &why) != SYM_OK) {
        return senseless(fault);
    }
    v->n_cells = sym_cube_cells(v->cube);
    v->cells = calloc(v->n_cells, sizeof *v->cells);
    if (v->cells == NULL) {
        return sym_fail(fault, SYM_NO_MEMORY, "%zu cells do not fit into memory", v->n_cells);
    }
    return make_labels(v, fault);
}

/* The page that begins at *at, which moves on. */
static enum sym_err fetch_page(struct sym_view *v, size_t *at, struct sym_client *client,
                               const struct sym_cells_query *asked, struct sym_fault *fault)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_cells_page page;
    enum sym_verb verb = v->is_preview ? SYM_VERB_TABULATE_PREVIEW : SYM_VERB_RELEASE_CELLS;
    size_t n = 0;
    enum sym_err err = sym_client_ask(client, verb, asked, &arena, &page, fault);
    if (err != SYM_OK) {
        return err;
    }
    if (page.first != *at ||
        sym_cells_read(v->cells + *at, v->n_cells - *at, &n, page.cells) != SYM_OK || n == 0 ||
        (page.next != 0 && page.next != *at + n)) {
        return senseless(fault);
    }
    *at += n;
    v->records = page.records;
    v->left_out = page.left_out;
    return page.next == 0 && *at < v->n_cells ? senseless(fault) : SYM_OK;
}

static enum sym_err fetch_cells(struct sym_view *v, struct sym_client *client,
                                struct sym_cells_query *asked, struct sym_fault *fault)
{
    for (size_t at = 0; at < v->n_cells;) {
        asked->first = (uint32_t)at;
        enum sym_err err = fetch_page(v, &at, client, asked, fault);
        bool again = err == SYM_AGAIN && v->is_preview;
        if (err != SYM_OK && !again) {
            return err;
        }
        if (sym_pause(again ? AGAIN_US : 0)) {
            return sym_fail(fault, SYM_CANCELLED, "the counts were not fetched: interrupted");
        }
    }
    return SYM_OK;
}

enum sym_err sym_view_release(struct sym_view *out, struct sym_client *client,
                              struct sym_span exchange, struct sym_fault *fault)
{
    const struct sym_exchange_name name = {.id = exchange};
    struct sym_cells_query asked = {.id = exchange};
    memcpy(out->id, exchange.data, sizeof out->id);
    enum sym_err err =
        sym_client_ask(client, SYM_VERB_RELEASE_SHOW, &name, &out->head, &out->release, fault);
    if (err == SYM_OK) {
        err = read_query(out, out->release.query, fault);
    }
    if (err == SYM_OK && (out->release.cells != out->n_cells || out->query.epsilon_nano == 0)) {
        err = senseless(fault);
    }
    if (err == SYM_OK) {
        err = sym_parties_fetch(&out->parties, client, fault);
    }
    if (err == SYM_OK) {
        err = sym_proof_release(&out->proof, client, exchange, &out->release, fault);
    }
    return err == SYM_OK ? fetch_cells(out, client, &asked, fault) : err;
}

enum sym_err sym_view_preview(struct sym_view *out, struct sym_client *client,
                              const struct sym_tabulate_start *start, struct sym_fault *fault)
{
    struct sym_cells_query asked = {.start = start};
    out->is_preview = true;
    out->dataset = start->dataset;
    enum sym_err err = read_query(out, start->query, fault);
    return err == SYM_OK ? fetch_cells(out, client, &asked, fault) : err;
}

void sym_view_clear(struct sym_view *v)
{
    for (size_t i = 0; i < SYM_TAB_DIMENSIONS_MAX; i++) {
        free(v->labels[i]);
    }
    sym_wipe_free(v->cells, v->n_cells * sizeof *v->cells);
    free(v->words);
    sym_cube_free(v->cube);
    sym_gazetteer_free(v->places);
    sym_parties_clear(&v->parties);
    sym_arena_clear(&v->head);
    sym_arena_clear(&v->body);
    *v = (struct sym_view){0};
}

/* Looking at it ------------------------------------------------------------------------------- */

size_t sym_view_dimension(const struct sym_view *v, size_t level, size_t at)
{
    return v->query.levels[level].dimensions.data[at];
}

void sym_view_codes(size_t places[SYM_TAB_DIMENSIONS_MAX], const struct sym_view *v, size_t level,
                    size_t cell)
{
    for (size_t i = v->query.levels[level].dimensions.len; i-- > 0;) {
        size_t n = v->query.dimensions[sym_view_dimension(v, level, i)].n_codes;
        places[i] = cell % n;
        cell /= n;
    }
}

void sym_level_text(char out[SYM_LEVEL_BYTES], const struct sym_tab_query *query, size_t level)
{
    struct sym_span dimensions = query->levels[level].dimensions;
    out[0] = '\0';
    for (size_t i = 0; i < dimensions.len; i++) {
        size_t used = strlen(out);
        uint32_t d = query->dimensions[dimensions.data[i]].dimension;
        (void)snprintf(out + used, SYM_LEVEL_BYTES - used, "%s%s", i > 0 ? " x " : "",
                       sym_dimension_text(d));
    }
}
