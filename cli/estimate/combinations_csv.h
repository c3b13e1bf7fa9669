/* combinations_csv.h - counts by combination of lists from a CSV file, such as one that
 * `overlap-table --format csv` wrote or an agency published.
 *
 * One column for each list, 0 or 1 in each row; the column `count`, a whole number, empty where it
 * was suppressed; columns `low` and `high` are passed over. A combination without a row counts as
 * 0, or as suppressed where counts are suppressed. Errors: those of ingest/csv.h and
 * combinations.h; the fault names file and line.
 */
#ifndef SYM_CLI_ESTIMATE_COMBINATIONS_CSV_H
#define SYM_CLI_ESTIMATE_COMBINATIONS_CSV_H

#include "cli/estimate/combinations.h"

/* below: suppressed counts are smaller; 0: none may be. */
SYM_MUST enum sym_err sym_combinations_read(struct sym_combinations *out, const char *path,
                                            uint32_t below, struct sym_fault *fault);

#endif
