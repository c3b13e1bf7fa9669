/* incident_report.h - what an import of incidents or aggregates tells beside its figures: which
 * fields are known, which values were not understood, and in a dry run the first records.
 */
#ifndef SYM_CLI_INCIDENT_REPORT_H
#define SYM_CLI_INCIDENT_REPORT_H

#include "cli/ingest/import.h"
#include "cli/json.h"

#define SYM_PREVIEW_RECORDS 10u
/* Values that are listed for people; JSON has all. */
#define SYM_UNKNOWNS_SHOWN 20u

/* The first records of an import, as they were kept. */
struct sym_incident_preview {
    size_t n;
    char ids[SYM_PREVIEW_RECORDS][SYM_RECORD_ID_BYTES_MAX + 1];
    uint8_t records[SYM_PREVIEW_RECORDS][SYM_INCIDENT_BYTES_MAX];
    size_t lengths[SYM_PREVIEW_RECORDS];
};

/* Takes what it has room for. */
void sym_incident_preview_add(struct sym_incident_preview *p, const struct sym_import_batch *batch);

/* On standard output. */
SYM_MUST enum sym_err sym_incident_report_print(const struct sym_import_counts *counts,
                                                const struct sym_unknowns *unknowns,
                                                const struct sym_incident_preview *preview);
/* "not_understood", "fields", "unknown_values" and, in a dry run, "first_records" of an object that
 * is open. */
void sym_incident_report_json(struct sym_json *j, const struct sym_import_counts *counts,
                              const struct sym_unknowns *unknowns,
                              const struct sym_incident_preview *preview);

#endif
