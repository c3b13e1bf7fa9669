/* newest.h - the newest entries that are wanted, shown with the oldest of them first. As a walk
 * goes forward only, it begins near the end of the log, then further and further back until there
 * are enough; they are counted first and shown in a last walk, so that none has to be kept. What
 * the log is given meanwhile does not count.
 *
 * Errors: those of pages.h. The fault is a complete line.
 */
#ifndef SYM_CLI_AUDIT_NEWEST_H
#define SYM_CLI_AUDIT_NEWEST_H

#include "cli/audit/pages.h"

struct sym_audit_newest {
    struct sym_audit_walk walk;
    uint64_t limit; /* entries, at least 1 */
    bool whole;     /* what is wanted is only known when the log was read from its beginning */
    void (*again)(void *context); /* all that wants has learnt of entries is to be forgotten */
    sym_audit_fn *wants;          /* is this entry wanted? */
    sym_audit_fn *show;
    void *context;
};
SYM_MUST enum sym_err sym_audit_newest(struct sym_client *client, const struct sym_audit_newest *n,
                                       struct sym_fault *fault);

#endif
