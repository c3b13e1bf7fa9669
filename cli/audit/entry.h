/* entry.h - one entry of the log as the auditor's commands see it: decoded, and compared with what
 * the log has committed to. Nothing is believed that the node says beside it.
 *
 * Spans borrow from the entry's arenas and from the row it was read from.
 */
#ifndef SYM_CLI_AUDIT_ENTRY_H
#define SYM_CLI_AUDIT_ENTRY_H

#include "proto/evidence.h"

enum sym_body_state {
    SYM_BODY_ABSENT, /* not asked for */
    SYM_BODY_FITS,
    SYM_BODY_ERASED,
    SYM_BODY_WRONG
};

struct sym_audit_entry {
    uint64_t index;
    struct sym_span leaf_bytes, salt, body_bytes;
    struct sym_leaf leaf;       /* zeros when it cannot be read */
    struct sym_entry_body body; /* zeros unless it fits */
    enum sym_body_state state;
    const char *fault; /* what is wrong with it, a phrase behind "entry N"; NULL: nothing */
    struct sym_arena leaf_arena, body_arena;
};

/* Never fails: what cannot be read is a fault of the entry. asked: bodies were asked for. */
void sym_audit_entry_read(struct sym_audit_entry *out, const struct sym_log_row *row, bool asked);
void sym_audit_entry_clear(struct sym_audit_entry *e);
#define SYM_AUDIT_ENTRY_AUTO __attribute__((cleanup(sym_audit_entry_clear))) struct sym_audit_entry

/* "fits", "erased", "wrong" or "". */
const char *sym_body_state_text(enum sym_body_state state);

/* Does text open the commitment, with the salt at this place of body.salts? */
enum sym_opened { SYM_OPENED_CASE, SYM_OPENED_NOTE, SYM_OPENED_USER, SYM_OPENED_APPROVER };
bool sym_audit_opens(const struct sym_entry_body *body, enum sym_opened what, struct sym_span text);

#endif
