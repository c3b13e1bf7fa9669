/* import_report.h - what an import tells: refused values line by line while it runs, the figures at
 * its end. */
#ifndef SYM_CLI_IMPORT_REPORT_H
#define SYM_CLI_IMPORT_REPORT_H

#include "cli/incident_report.h"
#include "cli/ingest/spare.h"

#define SYM_REMARKS_SHOWN 20u

/* Lists what was refused, and what was kept but is doubtful, on standard error: the first of
 * each. */
struct sym_remarks {
    const char *file; /* as it is shown, harmless */
    uint64_t n_refused;
    uint64_t n_doubtful;
};

void sym_remarks_add(struct sym_remarks *r, const struct sym_import_remark *remark);
/* How many were not listed. rejects: there is a file that has them all. */
void sym_remarks_end(const struct sym_remarks *r, bool rejects);

struct sym_import_report {
    const char *dataset;
    const char *file; /* harmless */
    const char *profile;
    bool dry_run;
    bool append;
    bool replaced; /* there was one of that name, whose content is gone */
    const struct sym_import_counts *counts;
    enum sym_dataset_kind kind;
    const struct sym_spare *spare;
    /* Of incidents and aggregates. */
    const struct sym_unknowns *unknowns;
    const struct sym_incident_preview *preview;
    uint64_t published_records; /* of the edition that is counted, 0: there is none */
    uint64_t edition;
};

/* On standard output. SYM_NO_MEMORY, SYM_INTERNAL. */
SYM_MUST enum sym_err sym_import_report_print(const struct sym_import_report *r, bool json);

#endif
