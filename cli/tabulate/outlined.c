#include "cli/tabulate/outlined.h"

#include "cli/epsilon.h"
#include "cli/ingest/gazetteer.h"
#include "cli/tabulate/periods.h"
#include "proto/codec.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SPECIAL_CODES 3u /* at-sea, several, unknown */
#define TEXT_BYTES                                                                                 \
    (SYM_TAB_DIMENSIONS_MAX * (SYM_TAB_OUTLINED_CODES * (SYM_CODE_BYTES_MAX + 2u) + 64u))

enum sym_err sym_outlined_read(struct sym_outlined *out, struct sym_span parameters)
{
    enum sym_err err = sym_decode(&out->request, &out->asked, &sym_msg_tabulate, parameters);
    return err == SYM_OK
               ? sym_decode(&out->body, &out->outline, &sym_msg_tab_outline, out->asked.outline)
               : err;
}

void sym_outlined_clear(struct sym_outlined *o)
{
    sym_arena_clear(&o->request);
    sym_arena_clear(&o->body);
    *o = (struct sym_outlined){.outline = {.shape = 0}};
}

/* Codes ---------------------------------------------------------------------------------------- */

static bool is_country(uint32_t dimension)
{
    return dimension == SYM_DIMENSION_COUNTRY || dimension == SYM_DIMENSION_ORIGIN ||
           dimension == SYM_DIMENSION_TRANSIT || dimension == SYM_DIMENSION_DESTINATION;
}

static size_t count_countries(void)
{
    struct sym_gazetteer *g = NULL;
    struct sym_place place;
    size_t n = 0;
    if (sym_gazetteer_new(&g) == SYM_OK) {
        while (sym_gazetteer_country_at(&place, g, n) == SYM_OK) {
            n++;
        }
    }
    sym_gazetteer_free(g);
    return n + SPECIAL_CODES;
}

/* Are these all codes that the dimension has? Of a list of words, of which no other is a code,
 * their number tells; of countries, of which any two letters are one, it does not. */
static bool are_all(const struct sym_tab_outlined *d)
{
    size_t n = 0;
    return sym_dimension_words((enum sym_dimension)d->dimension, &n) != NULL && d->codes == n;
}

/* Periods of which each begins where the one before it ends, as far as they are told. */
static bool is_run(const struct sym_tab_outlined *d)
{
    uint64_t first = 0;
    uint64_t place = 0;
    bool all_shown = d->n_some == d->codes;
    enum sym_dimension dimension = (enum sym_dimension)d->dimension;
    bool runs = d->n_some > 0 && sym_periods_place(&first, dimension, d->some[0]);
    for (size_t i = 1; runs && i < d->n_some; i++) {
        uint64_t want = first + (all_shown ? i : d->codes - 1u);
        runs = sym_periods_place(&place, dimension, d->some[i]) && place == want;
    }
    return runs;
}

static void add(char *out, const char *text)
{
    size_t len = strlen(out);
    (void)snprintf(out + len, TEXT_BYTES - len, "%s", text);
}

static void add_code(char *out, struct sym_span code)
{
    size_t len = strlen(out);
    (void)snprintf(out + len, TEXT_BYTES - len, "%.*s", (int)code.len, (const char *)code.data);
}

/* "country (253, as many as there are: AD to unknown)", "year (2019 to 2023)", "sex (all 3)", "age
 * (0-8, 9-17)", "month (20, with gaps: 2019-01 to 2021-06)" */
static void add_dimension(char *out, const struct sym_tab_outlined *d)
{
    char number[64];
    bool all_shown = d->n_some == d->codes;
    bool is_time = sym_dimension_role((enum sym_dimension)d->dimension) == SYM_ROLE_TIME;
    bool runs = is_time && is_run(d);
    const char *remark = is_time && !runs ? ", with gaps"
                         : is_country(d->dimension) && d->codes == count_countries()
                             ? ", as many as there are"
                             : "";
    add(out, sym_dimension_text(d->dimension));
    if (are_all(d)) {
        (void)snprintf(number, sizeof number, " (all %" PRIu32 ")", d->codes);
        add(out, number);
        return;
    }
    (void)snprintf(number, sizeof number, " (%" PRIu32 "%s: ", d->codes, remark);
    add(out, all_shown ? " (" : number);
    for (size_t i = 0; i < d->n_some; i++) {
        bool inside = i > 0 && i + 1 < d->n_some;
        if (runs && inside) {
            continue;
        }
        add(out, i == 0 ? "" : runs || !all_shown ? " to " : ", ");
        add_code(out, d->some[i]);
    }
    add(out, ")");
}

/* "country, year and sex": those whose lists narrow the question; how many they are. */
static size_t add_narrowing(char *out, const struct sym_tab_outline *o)
{
    size_t n = 0;
    size_t done = 0;
    for (size_t i = 0; i < o->n_dimensions; i++) {
        n += o->dimensions[i].narrows;
    }
    for (size_t i = 0; i < o->n_dimensions; i++) {
        if (o->dimensions[i].narrows != 0) {
            add(out, done == 0 ? "" : done + 1 == n ? " and " : ", ");
            add(out, sym_dimension_text(o->dimensions[i].dimension));
            done++;
        }
    }
    return n;
}

static void add_level(char *out, const struct sym_tab_outline *o, size_t level)
{
    struct sym_span places = o->levels[level].dimensions;
    for (size_t i = 0; i < places.len; i++) {
        bool known = places.data[i] < o->n_dimensions;
        add(out, i > 0 ? " x " : "");
        add(out, known ? sym_dimension_text(o->dimensions[places.data[i]].dimension) : "unknown");
    }
}

/* Lines ---------------------------------------------------------------------------------------- */

static void put_text(struct sym_table *t, const char *name, const char *text)
{
    sym_table_format(t, "%s", name);
    sym_table_text(t, sym_span_text(text));
}

static void put_narrowing(struct sym_table *t, const struct sym_tab_outline *o)
{
    char names[TEXT_BYTES] = "";
    size_t n = add_narrowing(names, o);
    if (n > 0) {
        sym_table_format(t, "  only");
        sym_table_format(t, "records within the list%s of %s; others count in no level",
                         n > 1 ? "s" : "", names);
    }
}

static void put_question(struct sym_table *t, const struct sym_tab_outline *o)
{
    char text[TEXT_BYTES] = "";
    for (size_t i = 0; i < o->n_dimensions; i++) {
        add(text, i > 0 ? ", " : "");
        add_dimension(text, &o->dimensions[i]);
    }
    put_text(t, "  by", text);
    put_narrowing(t, o);
    text[0] = '\0';
    for (size_t i = 0; i < o->n_levels; i++) {
        add(text, i > 0 ? "; " : "");
        add_level(text, o, i);
    }
    put_text(t, "  levels", text);
    sym_table_format(t, "  counted");
    if (o->unit == SYM_TAB_PERSONS) {
        sym_table_format(t, "persons, at most %" PRIu32 " of one incident, in %" PRIu32 " %s",
                         o->persons_max, o->cells_per_incident,
                         o->cells_per_incident == 1 ? "cell of each level" : "cells of each level");
    } else {
        sym_table_format(t, "incidents, each in %" PRIu32 " %s", o->cells_per_incident,
                         o->cells_per_incident == 1 ? "cell of each level" : "cells of each level");
    }
}

void sym_outlined_put_lines(struct sym_table *t, const struct sym_outlined *o,
                            const struct sym_parties *parties)
{
    char epsilon[SYM_EPSILON_BYTES];
    char names[SYM_PARTIES_BYTES] = "";
    size_t n = o->asked.cohort.len / SYM_HASH_BYTES;
    put_question(t, &o->outline);
    sym_table_format(t, "  cells");
    sym_table_format(t, "%" PRIu32, o->asked.cells);
    sym_epsilon_text(epsilon, o->asked.epsilon_nano);
    sym_table_format(t, "  epsilon");
    sym_table_format(t, "%s of the dataset's privacy budget", epsilon);
    for (size_t i = 0; i < n; i++) {
        char name[SYM_PARTY_BYTES];
        sym_party_name(name, parties,
                       sym_span(o->asked.cohort.data + i * SYM_HASH_BYTES, SYM_HASH_BYTES));
        sym_parties_add(names, i, name);
    }
    sym_parties_end(names, n);
    sym_table_format(t, "  participants");
    sym_table_format(t, "%zu: %s", n, names);
}

/* JSON ----------------------------------------------------------------------------------------- */

static void put_dimensions(struct sym_json *j, const struct sym_tab_outline *o)
{
    sym_json_array(j, "dimensions");
    for (size_t i = 0; i < o->n_dimensions; i++) {
        const struct sym_tab_outlined *d = &o->dimensions[i];
        sym_json_object(j, NULL);
        sym_json_string(j, "id", sym_dimension_text(d->dimension));
        sym_json_number(j, "codes", d->codes);
        sym_json_bool(j, "all", are_all(d));
        sym_json_bool(j, "narrows", d->narrows != 0);
        sym_json_array(j, d->n_some == d->codes ? "list" : "first_and_last");
        for (size_t k = 0; k < d->n_some; k++) {
            sym_json_text(j, NULL, d->some[k]);
        }
        sym_json_end(j);
        sym_json_end(j);
    }
    sym_json_end(j);
    sym_json_array(j, "levels");
    for (size_t i = 0; i < o->n_levels; i++) {
        struct sym_span places = o->levels[i].dimensions;
        sym_json_array(j, NULL);
        for (size_t k = 0; k < places.len; k++) {
            bool known = places.data[k] < o->n_dimensions;
            sym_json_string(
                j, NULL, sym_dimension_text(known ? o->dimensions[places.data[k]].dimension : 0));
        }
        sym_json_end(j);
    }
    sym_json_end(j);
}

void sym_outlined_put_json(struct sym_json *j, const char *key, const struct sym_outlined *o,
                           const struct sym_parties *parties)
{
    sym_json_object(j, key);
    sym_json_string(j, "shape", sym_tab_shape_text(o->outline.shape));
    sym_json_number(j, "epsilon_nano", o->asked.epsilon_nano);
    sym_json_number(j, "cells", o->asked.cells);
    sym_json_string(j, "unit", o->outline.unit == SYM_TAB_PERSONS ? "persons" : "incidents");
    sym_json_number(j, "persons_max", o->outline.persons_max);
    sym_json_number(j, "cells_per_incident", o->outline.cells_per_incident);
    put_dimensions(j, &o->outline);
    sym_json_hex(j, "query_hash", o->asked.query_hash);
    sym_json_array(j, "participants");
    for (size_t i = 0; i < o->asked.cohort.len / SYM_HASH_BYTES; i++) {
        struct sym_span id = sym_span(o->asked.cohort.data + i * SYM_HASH_BYTES, SYM_HASH_BYTES);
        sym_json_object(j, NULL);
        sym_json_hex(j, "id", id);
        sym_json_text(j, "alias", sym_party_alias(parties, id));
        sym_json_bool(j, "self", sym_party_is_self(parties, id));
        sym_json_end(j);
    }
    sym_json_end(j);
    sym_json_end(j);
}
