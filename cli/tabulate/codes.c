#include "cli/tabulate/codes.h"

#include "cli/format.h"
#include "cli/nearest.h"
#include "proto/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES 64u

/* Text that was typed, as it is shown. */
static void show(char out[SYM_FORMAT_TEXT_BYTES(SHOWN_BYTES)], struct sym_span text)
{
    text.len = text.len < SHOWN_BYTES ? text.len : SHOWN_BYTES;
    sym_format_text(out, SYM_FORMAT_TEXT_BYTES(SHOWN_BYTES), text);
}

static void copy(char out[SYM_CODE_BYTES_MAX + 1], struct sym_span text)
{
    size_t len = text.len < SYM_CODE_BYTES_MAX ? text.len : SYM_CODE_BYTES_MAX;
    memcpy(out, text.data, len);
    out[len] = '\0';
}

/* Dimensions --------------------------------------------------------------------------------- */

enum sym_err sym_dimension_read(enum sym_dimension *out, struct sym_span name, const char *option,
                                struct sym_fault *fault)
{
    if (sym_dimension_parse(out, name) == SYM_OK) {
        return SYM_OK;
    }
    char typed[SYM_CODE_BYTES_MAX + 1];
    char shown[SYM_FORMAT_TEXT_BYTES(SHOWN_BYTES)];
    char all[SYM_FAULT_BYTES] = "";
    copy(typed, name);
    show(shown, name);
    struct sym_nearest nearest = sym_nearest(typed);
    for (uint32_t d = SYM_DIMENSION_NONE + 1; d < SYM_DIMENSION_COUNT; d++) {
        size_t used = strlen(all);
        sym_nearest_try(&nearest, sym_dimension_text(d), sym_dimension_text(d));
        (void)snprintf(all + used, sizeof all - used, "%s%s", used > 0 ? ", " : "",
                       sym_dimension_text(d));
    }
    return nearest.best != NULL
               ? sym_fail(fault, SYM_BAD_VALUE,
                          "--%s: \"%s\" is no dimension; did you mean %s? There are %s", option,
                          shown, nearest.best, all)
               : sym_fail(fault, SYM_BAD_VALUE, "--%s: \"%s\" is no dimension; there are %s",
                          option, shown, all);
}

enum sym_err sym_only_read(struct sym_only *out, const char *text, struct sym_fault *fault)
{
    size_t len = strcspn(text, "=");
    if (text[len] != '=' || text[len + 1] == '\0') {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--only: \"%.64s\" is not DIMENSION=CODE,…, such as country=IT,LY", text);
    }
    *out = (struct sym_only){.codes = text + len + 1};
    return sym_dimension_read(&out->dimension, sym_span(text, len), "only", fault);
}

/* Lists -------------------------------------------------------------------------------------- */

static enum sym_err add(struct sym_codes *c, enum sym_dimension dimension, const char *code,
                        struct sym_fault *fault)
{
    if (c->n == SYM_TAB_CODES_MAX) {
        return sym_fail(fault, SYM_LIMIT,
                        "%s: has more than %u codes; narrow it with --only %s=…, or --only "
                        "country=… for divisions, admin1=… for towns",
                        sym_dimension_text(dimension), SYM_TAB_CODES_MAX,
                        sym_dimension_text(dimension));
    }
    if (c->n == c->room) {
        size_t room = c->room > 0 ? 2 * c->room : 64;
        void *grown = realloc(c->texts, room * sizeof *c->texts);
        if (grown == NULL) {
            return sym_fail(fault, SYM_NO_MEMORY, "the codes do not fit into memory");
        }
        c->texts = grown;
        c->room = room;
    }
    (void)snprintf(c->texts[c->n++], sizeof *c->texts, "%s", code);
    return SYM_OK;
}

static struct sym_only *find_only(struct sym_code_source *s, enum sym_dimension dimension)
{
    for (size_t i = 0; i < s->n_only; i++) {
        if (s->only[i].dimension == dimension) {
            s->only[i].used = true;
            return &s->only[i];
        }
    }
    return NULL;
}

static enum sym_err add_special(struct sym_codes *c, enum sym_dimension d, struct sym_fault *fault)
{
    static const char *const words[] = {SYM_CODE_AT_SEA, SYM_CODE_SEVERAL, SYM_CODE_UNKNOWN};
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < 3; i++) {
        err = add(c, d, words[i], fault);
    }
    return err;
}

static enum sym_err add_countries(struct sym_codes *c, enum sym_dimension d,
                                  const struct sym_gazetteer *g, struct sym_fault *fault)
{
    struct sym_place place;
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && sym_gazetteer_country_at(&place, g, i) == SYM_OK; i++) {
        err = add(c, d, place.code, fault);
    }
    return err == SYM_OK ? add_special(c, d, fault) : err;
}

/* The towns of a division; names that are no code are left out. */
static enum sym_err add_towns(struct sym_codes *c, const char *admin1,
                              const struct sym_gazetteer *g, struct sym_fault *fault)
{
    struct sym_place place;
    enum sym_err err = SYM_OK;
    /* In the order of their codes: two of one name stand together. */
    for (size_t i = 0; err == SYM_OK && sym_gazetteer_city_at(&place, g, admin1, i) == SYM_OK;
         i++) {
        bool again = c->n > 0 && strcmp(c->texts[c->n - 1], place.code) == 0;
        if (!again &&
            sym_dimension_check(SYM_DIMENSION_CITY, sym_span_text(place.code)) == SYM_OK) {
            err = add(c, SYM_DIMENSION_CITY, place.code, fault);
        }
    }
    return err;
}

static enum sym_err add_inside(struct sym_codes *c, enum sym_dimension d, const char *country,
                               const struct sym_gazetteer *g, struct sym_fault *fault)
{
    struct sym_place place;
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && sym_gazetteer_admin1_at(&place, g, country, i) == SYM_OK;
         i++) {
        err = d == SYM_DIMENSION_ADMIN1 ? add(c, d, place.code, fault)
                                        : add_towns(c, place.code, g, fault);
    }
    return err;
}

/* All geohashes that begin so. */
static enum sym_err add_geohashes(struct sym_codes *c, enum sym_dimension d, const char *prefix,
                                  struct sym_fault *fault)
{
    size_t n = (size_t)(d - SYM_DIMENSION_GEOHASH1) + 1;
    char code[SYM_CODE_BYTES_MAX + 1];
    size_t len = strlen(prefix);
    (void)snprintf(code, sizeof code, "%s", prefix);
    if (len == n) {
        return add(c, d, code, fault);
    }
    enum sym_err err = SYM_OK;
    for (const char *letter = SYM_GEOHASH_LETTERS; err == SYM_OK && *letter != '\0'; letter++) {
        code[len] = *letter;
        code[len + 1] = '\0';
        err = add_geohashes(c, d, code, fault);
    }
    return err;
}

static enum sym_err add_words(struct sym_codes *c, enum sym_dimension d, struct sym_fault *fault)
{
    size_t n = 0;
    const char *const *words = sym_dimension_words(d, &n);
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < n; i++) {
        err = add(c, d, words[i], fault);
    }
    return err;
}

static enum sym_err add_periods(struct sym_codes *c, enum sym_dimension d,
                                const struct sym_periods *p, struct sym_fault *fault)
{
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && i < sym_periods_count(p, d); i++) {
        char code[SYM_CODE_BYTES_MAX + 1];
        sym_periods_code(code, p, d, i);
        err = add(c, d, code, fault);
    }
    return err;
}

/* What --only says ---------------------------------------------------------------------------- */

static bool is_country(enum sym_dimension d)
{
    return d == SYM_DIMENSION_COUNTRY || d == SYM_DIMENSION_ORIGIN || d == SYM_DIMENSION_TRANSIT ||
           d == SYM_DIMENSION_DESTINATION;
}

static bool is_geohash(enum sym_dimension d)
{
    return d >= SYM_DIMENSION_GEOHASH1 && d <= SYM_DIMENSION_GEOHASH4;
}

static bool is_special(struct sym_span text)
{
    return sym_span_equal(text, sym_span_text(SYM_CODE_UNKNOWN)) ||
           sym_span_equal(text, sym_span_text(SYM_CODE_SEVERAL)) ||
           sym_span_equal(text, sym_span_text(SYM_CODE_AT_SEA));
}

static enum sym_err no_word(enum sym_dimension d, struct sym_span text, struct sym_fault *fault)
{
    size_t n = 0;
    const char *const *words = sym_dimension_words(d, &n);
    char typed[SYM_CODE_BYTES_MAX + 1];
    char shown[SYM_FORMAT_TEXT_BYTES(SHOWN_BYTES)];
    char all[SYM_FAULT_BYTES] = "";
    copy(typed, text);
    show(shown, text);
    struct sym_nearest nearest = sym_nearest(typed);
    for (size_t i = 0; i < n; i++) {
        size_t used = strlen(all);
        sym_nearest_try(&nearest, words[i], words[i]);
        (void)snprintf(all + used, sizeof all - used, "%s%s", used > 0 ? ", " : "", words[i]);
    }
    const char *name = sym_dimension_text(d);
    return nearest.best != NULL
               ? sym_fail(fault, SYM_BAD_VALUE,
                          "--only: \"%s\" is no code of %s; did you mean %s? There are %s", shown,
                          name, nearest.best, all)
               : sym_fail(fault, SYM_BAD_VALUE, "--only: \"%s\" is no code of %s; there are %s",
                          shown, name, all);
}

/* The nearest country, by name or code. */
static enum sym_err no_country(enum sym_dimension d, const struct sym_gazetteer *g,
                               struct sym_span text, struct sym_fault *fault)
{
    struct sym_place place;
    char typed[SYM_CODE_BYTES_MAX + 1];
    char shown[SYM_FORMAT_TEXT_BYTES(SHOWN_BYTES)];
    copy(typed, text);
    show(shown, text);
    struct sym_nearest nearest = sym_nearest(typed);
    static const char *const words[] = {SYM_CODE_AT_SEA, SYM_CODE_SEVERAL, SYM_CODE_UNKNOWN};
    for (size_t i = 0; i < 3; i++) {
        sym_nearest_try(&nearest, words[i], words[i]);
    }
    for (size_t i = 0; sym_gazetteer_country_at(&place, g, i) == SYM_OK; i++) {
        sym_nearest_try(&nearest, place.name, place.name);
    }
    return sym_fail(fault, SYM_BAD_VALUE,
                    "--only: \"%s\" is no code of %s%s%s%s There are the codes of ISO 3166-1, "
                    "such as IT, and at-sea, several, unknown",
                    shown, sym_dimension_text(d), nearest.best != NULL ? "; did you mean \"" : "",
                    nearest.best != NULL ? nearest.best : "", nearest.best != NULL ? "\"?" : ".");
}

static enum sym_err no_place(enum sym_dimension d, struct sym_span text, struct sym_fault *fault)
{
    char shown[SYM_FORMAT_TEXT_BYTES(SHOWN_BYTES)];
    show(shown, text);
    return d == SYM_DIMENSION_ADMIN1
               ? sym_fail(fault, SYM_BAD_VALUE,
                          "--only: \"%s\" is no code of admin1; there are those of GeoNames, such "
                          "as IT.09, and at-sea, several, unknown; --only country=IT takes all of "
                          "a country",
                          shown)
               : sym_fail(fault, SYM_BAD_VALUE,
                          "--only: \"%s\" is no code of city; write IT.09.Milan, or take all of a "
                          "division with --only admin1=IT.09",
                          shown);
}

/* A country, division or town of the gazetteer. */
static enum sym_err add_place(struct sym_codes *c, enum sym_dimension d,
                              const struct sym_gazetteer *g, struct sym_span text,
                              struct sym_fault *fault)
{
    struct sym_place place = {.code = ""};
    if (is_special(text)) {
        copy(place.code, text);
        return add(c, d, place.code, fault);
    }
    if (is_country(d)) {
        return sym_gazetteer_country(&place, g, text) == SYM_OK ? add(c, d, place.code, fault)
                                                                : no_country(d, g, text, fault);
    }
    bool found = d == SYM_DIMENSION_ADMIN1
                     ? sym_gazetteer_admin1(&place, g, "", text) == SYM_OK
                     : sym_gazetteer_find(&place, g, text) == SYM_OK &&
                           sym_dimension_check(d, sym_span_text(place.code)) == SYM_OK;
    return found ? add(c, d, place.code, fault) : no_place(d, text, fault);
}

static enum sym_err add_geohash(struct sym_codes *c, enum sym_dimension d, struct sym_span text,
                                struct sym_fault *fault)
{
    size_t n = (size_t)(d - SYM_DIMENSION_GEOHASH1) + 1;
    char code[SYM_CODE_BYTES_MAX + 1];
    copy(code, text);
    if (strcmp(code, SYM_CODE_UNKNOWN) == 0) {
        return add(c, d, code, fault);
    }
    if (text.len == 0 || text.len > n || strspn(code, SYM_GEOHASH_LETTERS) != text.len) {
        char shown[SYM_FORMAT_TEXT_BYTES(SHOWN_BYTES)];
        show(shown, text);
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--only: \"%s\" is no geohash of at most %zu characters of %s", shown, n,
                        SYM_GEOHASH_LETTERS);
    }
    return add_geohashes(c, d, code, fault);
}

static enum sym_err add_said(struct sym_codes *c, enum sym_dimension d,
                             const struct sym_gazetteer *g, struct sym_span text,
                             struct sym_fault *fault)
{
    char code[SYM_CODE_BYTES_MAX + 1];
    if (is_geohash(d)) {
        return add_geohash(c, d, text, fault);
    }
    if (is_country(d) || d == SYM_DIMENSION_ADMIN1 || d == SYM_DIMENSION_CITY) {
        return add_place(c, d, g, text, fault);
    }
    copy(code, text);
    if (sym_dimension_check(d, text) == SYM_OK) {
        return add(c, d, code, fault);
    }
    if (sym_dimension_role(d) == SYM_ROLE_TIME) {
        return sym_fail(fault, SYM_BAD_VALUE,
                        "--only: \"%.16s\" is no code of %s; use --from and --to, such as 2019-06",
                        code, sym_dimension_text(d));
    }
    return no_word(d, text, fault);
}

typedef enum sym_err add_fn(struct sym_codes *c, enum sym_dimension d,
                            const struct sym_gazetteer *g, struct sym_span text,
                            struct sym_fault *fault);

static enum sym_err each_word(struct sym_codes *c, enum sym_dimension d,
                              const struct sym_gazetteer *g, const char *words, add_fn *fn,
                              struct sym_fault *fault)
{
    for (const char *at = words;; at++) {
        size_t len = strcspn(at, ",");
        enum sym_err err = fn(c, d, g, sym_span(at, len), fault);
        at += len;
        if (err != SYM_OK || *at == '\0') {
            return err;
        }
    }
}

/* The divisions or towns of a country, or the towns of a division. */
static enum sym_err add_of_country(struct sym_codes *c, enum sym_dimension d,
                                   const struct sym_gazetteer *g, struct sym_span text,
                                   struct sym_fault *fault)
{
    struct sym_place place;
    if (is_special(text)) {
        return SYM_OK;
    }
    return sym_gazetteer_country(&place, g, text) == SYM_OK
               ? add_inside(c, d, place.country, g, fault)
               : no_country(SYM_DIMENSION_COUNTRY, g, text, fault);
}

static enum sym_err add_of_division(struct sym_codes *c, enum sym_dimension d,
                                    const struct sym_gazetteer *g, struct sym_span text,
                                    struct sym_fault *fault)
{
    struct sym_place place;
    (void)d;
    if (is_special(text)) {
        return SYM_OK;
    }
    return sym_gazetteer_admin1(&place, g, "", text) == SYM_OK
               ? add_towns(c, place.code, g, fault)
               : no_place(SYM_DIMENSION_ADMIN1, text, fault);
}

static enum sym_err add_regions(struct sym_codes *c, enum sym_dimension d,
                                struct sym_code_source *s, struct sym_fault *fault)
{
    struct sym_place place;
    struct sym_only *division = d == SYM_DIMENSION_CITY ? find_only(s, SYM_DIMENSION_ADMIN1) : NULL;
    struct sym_only *country = find_only(s, SYM_DIMENSION_COUNTRY);
    if (division != NULL) {
        return each_word(c, d, s->places, division->codes, add_of_division, fault);
    }
    if (country != NULL) {
        return each_word(c, d, s->places, country->codes, add_of_country, fault);
    }
    enum sym_err err = SYM_OK;
    for (size_t i = 0; err == SYM_OK && sym_gazetteer_country_at(&place, s->places, i) == SYM_OK;
         i++) {
        err = add_inside(c, d, place.country, s->places, fault);
    }
    return err == SYM_OK ? add_special(c, d, fault) : err;
}

static enum sym_err add_all(struct sym_codes *c, enum sym_dimension d, struct sym_code_source *s,
                            struct sym_fault *fault)
{
    if (is_country(d)) {
        return add_countries(c, d, s->places, fault);
    }
    if (d == SYM_DIMENSION_ADMIN1 || d == SYM_DIMENSION_CITY) {
        return add_regions(c, d, s, fault);
    }
    if (is_geohash(d)) {
        enum sym_err err = add_geohashes(c, d, "", fault);
        return err == SYM_OK ? add(c, d, SYM_CODE_UNKNOWN, fault) : err;
    }
    return sym_dimension_role(d) == SYM_ROLE_TIME ? add_periods(c, d, &s->periods, fault)
                                                  : add_words(c, d, fault);
}

enum sym_err sym_codes_make(struct sym_codes *out, enum sym_dimension dimension,
                            struct sym_code_source *source, struct sym_fault *fault)
{
    struct sym_only *only = find_only(source, dimension);
    enum sym_err err = only != NULL
                           ? each_word(out, dimension, source->places, only->codes, add_said, fault)
                           : add_all(out, dimension, source, fault);
    if (err == SYM_OK) {
        out->spans = calloc(out->n > 0 ? out->n : 1, sizeof *out->spans);
        err = out->spans != NULL
                  ? SYM_OK
                  : sym_fail(fault, SYM_NO_MEMORY, "the codes do not fit into memory");
    }
    for (size_t i = 0; err == SYM_OK && i < out->n; i++) {
        out->spans[i] = sym_span_text(out->texts[i]);
    }
    return err;
}

void sym_codes_clear(struct sym_codes *c)
{
    free(c->texts);
    free(c->spans);
    *c = (struct sym_codes){0};
}
