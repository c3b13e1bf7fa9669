/* head.h - the newest head of the log as the node shows it, and what is wrong with it, judged by
 * the node's own card alone: origin, keys, the log's signature under the checkpoint.
 *
 * Errors: those of client.h; the fault is a complete line.
 */
#ifndef SYM_CLI_AUDIT_HEAD_H
#define SYM_CLI_AUDIT_HEAD_H

#include "cli/audit/findings.h"
#include "cli/client.h"
#include "crypto/note.h"

struct sym_audit_head {
    struct sym_log_head head; /* borrows from arena, as note and checkpoint */
    struct sym_note note;
    struct sym_checkpoint checkpoint;
    bool is_signed; /* there is a checkpoint, and it carries the log's signature */
    /* The newest one that a partner has cosigned, of this origin; its signatures are not checked:
     * the log may have had another key then. */
    struct sym_note cosigned_note;
    struct sym_checkpoint cosigned;
    bool has_cosigned;
    struct sym_arena arena;
};

/* out is zero-initialised. */
SYM_MUST enum sym_err sym_audit_head_fetch(struct sym_audit_head *out, struct sym_client *client,
                                           struct sym_audit_findings *findings,
                                           struct sym_fault *fault);
/* The same, but whatever is found is an error. */
SYM_MUST enum sym_err sym_audit_head_good(struct sym_audit_head *out, struct sym_client *client,
                                          struct sym_fault *fault);
void sym_audit_head_clear(struct sym_audit_head *h);
#define SYM_AUDIT_HEAD_AUTO __attribute__((cleanup(sym_audit_head_clear))) struct sym_audit_head

#endif
