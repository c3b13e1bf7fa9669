/* repeat.h - requests of a joint tabulation for an answer that was given before, which costs
 * nothing: told by the request itself, as it lies in the entry.
 */
#ifndef SYM_CLI_AUDIT_REPEAT_H
#define SYM_CLI_AUDIT_REPEAT_H

#include "cli/audit/entry.h"

enum sym_audit_repeat {
    SYM_REPEAT_NONE,
    SYM_REPEAT_CONFIRMS, /* asks whether the answer still holds */
    SYM_REPEAT_BRINGS    /* brings it to who has not confirmed that it has it */
};

/* What this entry says of its exchange; SYM_REPEAT_NONE where it holds no request. */
enum sym_audit_repeat sym_audit_repeat(const struct sym_audit_entry *e);
/* Is this decision no denial, as the answer that was brought is there already? */
bool sym_audit_is_there(enum sym_audit_repeat repeat, const struct sym_entry_body *decided);

#endif
