/* estimates.h - how many are on none of the lists of an overlap table, as a part of a report: what
 * `symbolon estimate --json` says of the same table. Needs linear algebra (runs.h).
 */
#ifndef SYM_CLI_REPORT_ESTIMATES_H
#define SYM_CLI_REPORT_ESTIMATES_H

#include "cli/report/document.h"

/* A sym_document_estimate_fn. SYM_UNSUPPORTED for a release that is no overlap table; those of
 * estimate/stepwise.h and estimate/combinations.h, SYM_BAD_FORMAT, SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_report_estimate(FILE *to, const struct sym_json_value *release,
                                          struct sym_fault *fault);

#endif
