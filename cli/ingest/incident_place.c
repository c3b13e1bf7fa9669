#include "cli/ingest/incident_state.h"

#include "cli/ingest/gazetteer.h"
#include "cli/ingest/incident_row.h"
#include "cli/ingest/vocabulary.h"

#include <string.h>

void sym_incident_unknown(struct sym_incident_working *w, struct sym_span value)
{
    sym_batch_unknown(w->b, w->row, w->field->column, w->field->target, value);
}

/* False when the record takes no more. */
bool sym_incident_code_add(struct sym_incident_working *w, enum sym_incident_field field,
                           const char *code)
{
    if (strcmp(code, SYM_CODE_UNKNOWN) == 0) {
        return true;
    }
    enum sym_err err = sym_incident_add(&w->incident, field, sym_span_text(code));
    return err == SYM_OK || err == SYM_EXISTS;
}

/* As add, of a code that does not stay where it is. */
static bool add_place(struct sym_incident_working *w, enum sym_incident_field field,
                      const char *code)
{
    if (w->n_places == SYM_INCIDENT_PLACES_MAX) {
        return false;
    }
    char *kept = w->places[w->n_places++];
    (void)memcpy(kept, code, strlen(code) + 1);
    return sym_incident_code_add(w, field, kept);
}

/* The parts of a value ------------------------------------------------------------------------ */

size_t sym_incident_split(struct sym_span out[SYM_INCIDENT_PARTS_MAX], struct sym_span text,
                          char separator)
{
    size_t n = 0;
    size_t start = 0;
    for (size_t i = 0; i <= text.len; i++) {
        bool may_cut = separator != '\0' && n + 1 < SYM_INCIDENT_PARTS_MAX;
        if (i == text.len || (may_cut && text.data[i] == (uint8_t)separator)) {
            struct sym_span part = sym_batch_trimmed(sym_span(text.data + start, i - start));
            if (part.len > 0) {
                out[n++] = part;
            }
            start = i + 1;
        }
    }
    return n;
}

/* Places -------------------------------------------------------------------------------------- */

/* The place that a text names; false: none. */
static bool resolve(struct sym_place *out, const struct sym_incident_working *w,
                    struct sym_span text)
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
static bool place_code(struct sym_place *out, const struct sym_incident_working *w,
                       struct sym_span text)
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

enum sym_incident_field sym_incident_field_of(enum sym_profile_target target)
{
    return sym_dimension_field(sym_profile_target_dimension(target));
}

/* Country and division that follow from a place of exploitation. */
static void put_within(struct sym_incident_working *w, const struct sym_place *p)
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
void sym_incident_put_place(struct sym_incident_working *w, struct sym_span value)
{
    struct sym_span parts[SYM_INCIDENT_PARTS_MAX];
    struct sym_place place;
    char code[SYM_CODE_BYTES_MAX + 1] = "";
    bool several = false;
    bool whole = place_code(&place, w, value);
    size_t n = whole ? 1 : sym_incident_split(parts, value, w->binding->profile->fields.separator);
    for (size_t i = 0; i < n; i++) {
        if (!whole && !place_code(&place, w, parts[i])) {
            sym_incident_unknown(w, parts[i]);
            memcpy(place.code, SYM_CODE_UNKNOWN, sizeof SYM_CODE_UNKNOWN);
        }
        several = several || (code[0] != '\0' && strcmp(code, place.code) != 0);
        memcpy(code, place.code, sizeof code);
    }
    enum sym_incident_field field = sym_incident_field_of(w->field->target);
    if (several) {
        (void)sym_incident_code_add(w, field, SYM_CODE_SEVERAL);
    } else if (code[0] != '\0') {
        if (field <= SYM_FIELD_OF_CITY) {
            put_within(w, &place);
        }
        if (!add_place(w, field, code)) {
            sym_incident_unknown(w, value);
        }
    }
}

void sym_incident_put_transits(struct sym_incident_working *w, struct sym_span value)
{
    struct sym_span parts[SYM_INCIDENT_PARTS_MAX];
    struct sym_place place;
    bool whole = place_code(&place, w, value);
    size_t n = whole ? 1 : sym_incident_split(parts, value, w->binding->profile->fields.separator);
    for (size_t i = 0; i < n; i++) {
        if ((!whole && !place_code(&place, w, parts[i])) ||
            !add_place(w, SYM_FIELD_OF_TRANSIT, place.code)) {
            sym_incident_unknown(w, whole ? value : parts[i]);
        }
    }
}

void sym_incident_put_near(struct sym_incident_working *w)
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
        (void)sym_incident_code_add(w, SYM_FIELD_OF_COUNTRY, SYM_CODE_AT_SEA);
        (void)sym_incident_code_add(w, SYM_FIELD_OF_ADMIN1, SYM_CODE_AT_SEA);
        (void)sym_incident_code_add(w, SYM_FIELD_OF_CITY, SYM_CODE_AT_SEA);
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
