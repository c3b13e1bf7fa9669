/* document.h - the JSON document of a report (symbolon-report/1): results of exchanges, each as
 * `exchange result --format json` writes it, byte for byte.
 *
 * Only released numbers get in: counts of overlaps, overlap tables and joint tabulations. Which
 * records matched stays out, whoever asks: a report is a file made to be passed on, and whether it
 * is passed on rightly can nobody see on a list of record ids. Case, note and user names are not in
 * any result that gets in.
 *
 * Errors: those of client.h and exchange_id.h; SYM_DENIED for matches and for what was denied,
 * SYM_AGAIN and SYM_HELD for what has not ended, SYM_NOT_FOUND for what has no result, SYM_EXISTS
 * for one that is named twice, SYM_LIMIT. The fault is a complete line.
 */
#ifndef SYM_CLI_REPORT_DOCUMENT_H
#define SYM_CLI_REPORT_DOCUMENT_H

#include "cli/client.h"
#include "cli/json.h"
#include "cli/report/words.h"

/* What a release lets be estimated, written to *to as an object that begins with "exchange".
 * SYM_OK, or what hindered it, with a line in fault. SYM_UNSUPPORTED: it is no overlap table. */
typedef enum sym_err sym_document_estimate_fn(FILE *to, const struct sym_json_value *release,
                                              struct sym_fault *fault);

struct sym_document_wish {
    const char *const *exchanges; /* ids, or their first digits */
    size_t n_exchanges;           /* at most SYM_REPORT_EXCHANGES_MAX */
    enum sym_language language;
    const char *title;                  /* NULL: none */
    sym_document_estimate_fn *estimate; /* NULL: nothing is estimated */
};

struct sym_document {
    char *text; /* ends with NUL */
    size_t len;
    uint8_t ids[SYM_REPORT_EXCHANGES_MAX][SYM_EXCHANGE_ID_BYTES]; /* in the order of the results */
    size_t n;
};

/* Fetches the results; clear *out in every case, which is zero-initialised before. */
SYM_MUST enum sym_err sym_document_make(struct sym_document *out, struct sym_client *client,
                                        const struct sym_document_wish *wish,
                                        struct sym_fault *fault);
void sym_document_clear(struct sym_document *d);

#endif
