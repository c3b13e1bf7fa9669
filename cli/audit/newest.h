/* newest.h - the newest entries that are wanted, shown with the oldest of them first. As a walk
 * goes forward only, it begins near the end of the log, then further and further back until there
 * are enough; copies of as many as were asked for are kept.
 *
 * Errors: those of pages.h, SYM_NO_MEMORY. The fault is a complete line.
 */
#ifndef SYM_CLI_AUDIT_NEWEST_H
#define SYM_CLI_AUDIT_NEWEST_H

#include "cli/audit/pages.h"

struct sym_audit_newest {
    struct sym_audit_walk walk;
    uint64_t limit;      /* entries, at least 1 */
    bool whole;          /* what is wanted is only known when the log was read from its beginning */
    sym_audit_fn *wants; /* is this entry wanted? May be asked more than once */
    sym_audit_fn *show;  /* what it returns is not looked at */
    void *context;
};
SYM_MUST enum sym_err sym_audit_newest(struct sym_client *client, const struct sym_audit_newest *n,
                                       struct sym_fault *fault);

#endif
