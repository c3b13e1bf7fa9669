/* incident_row.h - one row of a file of incidents or aggregates, made a record (proto/incident.h).
 *
 * What a value means: what the profile says, then the code itself, then the words of other
 * standards (vocabulary.h), for places the gazetteer. A value that nothing is known of becomes
 * "unknown" and is remarked. Several names of one place become "several", several transits or
 * categories stay. A row without a country but with a point gets the country of the nearest town
 * within SYM_SHORE_KM, and its division and the town itself within SYM_TOWN_KM; farther from all
 * towns it is "at-sea".
 */
#ifndef SYM_CLI_INGEST_INCIDENT_ROW_H
#define SYM_CLI_INGEST_INCIDENT_ROW_H

#include "cli/ingest/batch.h"

#define SYM_SHORE_KM 200.0
#define SYM_TOWN_KM  20.0

/* Makes records and remarks of all rows; b->err says how that went. The binding has fields, a
 * profile and a gazetteer. */
void sym_incident_rows_work(struct sym_batch *b);

#endif
