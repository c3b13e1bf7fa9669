/* incident_state.h - a row of incidents while it is worked on; for incident_row.c and
 * incident_place.c, which finds places. */
#ifndef SYM_CLI_INGEST_INCIDENT_STATE_H
#define SYM_CLI_INGEST_INCIDENT_STATE_H

#include "cli/ingest/batch.h"
#include "proto/incident.h"

/* Values of one column. */
#define SYM_INCIDENT_PARTS_MAX 16u
/* Country, division and town of the place, three routes, eight transits. */
#define SYM_INCIDENT_PLACES_MAX 16u

struct sym_incident_working {
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
    char places[SYM_INCIDENT_PLACES_MAX]
               [SYM_CODE_BYTES_MAX + 1]; /* codes that the record borrows */
    size_t n_places;
};

/* Remarks a value of the present field that nothing is known of. */
void sym_incident_unknown(struct sym_incident_working *w, struct sym_span value);
/* False when the record takes no more; "unknown" is no code. */
bool sym_incident_code_add(struct sym_incident_working *w, enum sym_incident_field field,
                           const char *code);
/* The parts of a value, trimmed, without empty ones; how many. The last one takes what is left. */
size_t sym_incident_split(struct sym_span out[SYM_INCIDENT_PARTS_MAX], struct sym_span text,
                          char separator);
enum sym_incident_field sym_incident_field_of(enum sym_profile_target target);

/* The one place that a value of the present field names, or "several"; all transits. */
void sym_incident_put_place(struct sym_incident_working *w, struct sym_span value);
void sym_incident_put_transits(struct sym_incident_working *w, struct sym_span value);
/* What follows from the point of the record. */
void sym_incident_put_near(struct sym_incident_working *w);

#endif
