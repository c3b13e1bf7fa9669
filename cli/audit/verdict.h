/* verdict.h - what `symbolon log verify` has checked and found, for people and as JSON. */
#ifndef SYM_CLI_AUDIT_VERDICT_H
#define SYM_CLI_AUDIT_VERDICT_H

#include "cli/audit/head.h"

/* The root of a signed head, and that of as many entries. */
enum sym_audit_root { SYM_ROOT_UNCHECKED, SYM_ROOT_FITS, SYM_ROOT_DIFFERS };

struct sym_audit_verdict {
    bool tree_only;
    uint64_t fits, erased;                /* bodies */
    uint64_t good, bad, unchecked;        /* signed bytes in bodies */
    uint64_t cosigned, unknown_cosigners; /* under the checkpoint that partners have */
    enum sym_audit_root checkpoint_root, cosigned_root;
    uint64_t ahead_s; /* of the clock: the newest entry, by more than an hour; else 0 */
};

SYM_MUST enum sym_err sym_audit_verdict_print(const struct sym_audit_verdict *v,
                                              const struct sym_audit_head *head,
                                              const struct sym_audit_findings *findings);
/* SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_audit_verdict_json(FILE *to, const struct sym_audit_verdict *v,
                                             const struct sym_audit_head *head,
                                             const struct sym_audit_findings *findings);

#endif
