/* report.h - the summary of a log over some time: who asked whom how often and for what, what was
 * denied and why, who approved, what was changed, erased and spent, and alarms.
 *
 * It is made of the entries alone and holds no clock, so the same log and period make the same
 * bytes. Entries from before the period are read, too: they tell what later ones belong to.
 */
#ifndef SYM_CLI_AUDIT_REPORT_H
#define SYM_CLI_AUDIT_REPORT_H

#include "cli/audit/erasures.h"
#include "cli/audit/head.h"
#include "cli/audit/ids.h"
#include "cli/audit/pages.h"
#include "cli/audit/repeat.h"
#include "cli/audit/tally.h"
#include "cli/audit/tree.h"

/* An exchange, by number of its id. */
struct sym_report_exchange {
    size_t row; /* in exchanges */
    enum sym_audit_repeat repeat;
};

struct sym_report {
    uint64_t from_ms, until_ms; /* 0: no end */
    struct sym_audit_head head;
    struct sym_node_id self;
    char name[SYM_NAME_BYTES]; /* of the node */
    uint64_t entries;          /* in the period */
    uint64_t erased;           /* of them, without body */
    struct sym_erasures erasures;
    struct sym_tally exchanges, denials, approvals, budgets, changes, refused, alarms;
    struct sym_ids ids;
    struct sym_ids asked, held; /* what was, each with those between whom */
    struct sym_report_exchange *of_id;
    size_t max_ids;
    struct sym_audit_tree tree;
    enum sym_err err;
    struct sym_fault fault;
};

/* Zero-initialised before, but for the period. Errors: those of client.h; SYM_BAD_TAG for a log
 * that is not what its checkpoint says. Clear it in every case. */
SYM_MUST enum sym_err sym_report_collect(struct sym_report *r, struct sym_client *client,
                                         struct sym_fault *fault);
void sym_report_free(struct sym_report *r);

/* SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_report_json(FILE *to, const struct sym_report *r);
/* json_hash: SHA-256 of what the function above writes. */
void sym_report_markdown(FILE *to, const struct sym_report *r,
                         const uint8_t json_hash[SYM_HASH_BYTES]);

#endif
