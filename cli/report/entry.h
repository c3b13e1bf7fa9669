/* entry.h - the entry in the node's evidence log about a report: of which exchanges, its size and
 * its hash. Without it there is no report. Errors: those of client.h; the fault is a complete line.
 */
#ifndef SYM_CLI_REPORT_ENTRY_H
#define SYM_CLI_REPORT_ENTRY_H

#include "cli/report/document.h"

/* bytes: what is handed out, of which *hash becomes the SHA-256. */
SYM_MUST enum sym_err sym_report_enter(uint8_t hash[SYM_HASH_BYTES], struct sym_client *client,
                                       const struct sym_document *document, struct sym_span bytes,
                                       struct sym_fault *fault);

#endif
