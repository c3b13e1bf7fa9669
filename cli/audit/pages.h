/* pages.h - the entries of the log, page by page, each one checked (entry.h), and the newest head.
 *
 * Errors: those of client.h, SYM_BAD_FORMAT for pages that make no sense, SYM_CANCELLED (Ctrl-C:
 * see pause.h). The fault is a complete line.
 */
#ifndef SYM_CLI_AUDIT_PAGES_H
#define SYM_CLI_AUDIT_PAGES_H

#include "cli/audit/entry.h"
#include "cli/client.h"

/* False: enough. The entry is valid during the call. */
typedef bool sym_audit_fn(void *context, const struct sym_audit_entry *entry);

/* Calls fn for the entries that the query asks for, in their order. label: of the progress shown at
 * a terminal, NULL: none; total: entries to expect, 0: unknown. */
struct sym_audit_walk {
    struct sym_log_query query;
    const char *label;
    uint64_t total;
};
SYM_MUST enum sym_err sym_audit_walk(struct sym_client *client, const struct sym_audit_walk *walk,
                                     sym_audit_fn *fn, void *context, struct sym_fault *fault);

/* The node id behind an alias, as the list of witnesses has it, or of 64 hex digits. */
SYM_MUST enum sym_err sym_audit_peer(uint8_t out[SYM_NODE_ID_BYTES], struct sym_client *client,
                                     const char *text, struct sym_fault *fault);

/* Of the exchange whose id, or whose handle here, begins with these digits (exchange_id.h). */
SYM_MUST enum sym_err sym_audit_exchange(uint8_t out[SYM_EXCHANGE_ID_BYTES],
                                         struct sym_client *client, const char *text,
                                         struct sym_fault *fault);

/* Is it of this exchange, by its id or its handle here? */
bool sym_audit_is_of(const struct sym_audit_entry *e, struct sym_span exchange_id);

#endif
