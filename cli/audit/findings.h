/* findings.h - what is wrong with a log: the first hundred findings in words, and how many there
 * are.
 *
 * Zero-initialised means none. A failure to allocate is kept in `failed`.
 */
#ifndef SYM_CLI_AUDIT_FINDINGS_H
#define SYM_CLI_AUDIT_FINDINGS_H

#include "cli/json.h"

#define SYM_FINDINGS_SHOWN 100u
#define SYM_NO_ENTRY       UINT64_MAX

struct sym_audit_finding {
    uint64_t index; /* of the entry; SYM_NO_ENTRY: of the log as a whole */
    char *text;
};

struct sym_audit_findings {
    struct sym_audit_finding shown[SYM_FINDINGS_SHOWN];
    uint64_t n;
    uint64_t first; /* entry that is wrong, the least; SYM_NO_ENTRY */
    bool failed;
};

void sym_audit_find(struct sym_audit_findings *f, uint64_t index, const char *format, ...)
    SYM_PRINTF(3, 4);
void sym_audit_findings_clear(struct sym_audit_findings *f);
#define SYM_AUDIT_FINDINGS_AUTO                                                                    \
    __attribute__((cleanup(sym_audit_findings_clear))) struct sym_audit_findings

/* One line each: "entry 7: …". */
void sym_audit_findings_print(FILE *to, const struct sym_audit_findings *f);
/* "findings_count" and the array "findings": "entry" (where there is one) and "text". */
void sym_audit_findings_json(struct sym_json *j, const struct sym_audit_findings *f);

#endif
