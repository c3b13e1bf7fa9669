/* filter.h - which entries of the log are wanted: from the options of a command, partly asked of
 * the node, all of it looked at again here.
 *
 * Case and purpose stand in some entries of an exchange only; the later ones of the same exchange
 * are taken with them. The case is found by its commitment: salt and text must make the value that
 * travelled.
 */
#ifndef SYM_CLI_AUDIT_FILTER_H
#define SYM_CLI_AUDIT_FILTER_H

#include "cli/audit/ids.h"
#include "cli/audit/pages.h"

#define SYM_AUDIT_KINDS                                                                            \
    "requested|decided|closed|aborted|settled|imported|published|forgotten|dropped|grant|peer|"    \
    "user|setting|card|budget|bodies-erased|report|started|restored|refused|witness|approval|"     \
    "result|backup"

/* Rows of a table of options. */
#define SYM_AUDIT_PERIOD_OPTIONS                                                                   \
    {.name = "since", .argument = "DATE", .help = "from this day or time (UTC) on"},               \
    {                                                                                              \
        .name = "until", .argument = "DATE", .help = "to the end of this day, or to this time"     \
    }
#define SYM_AUDIT_FILTER_OPTIONS                                                                   \
    {.name = "peer", .argument = "ALIAS", .help = "with this peer only; a node id will do, too"},  \
        {.name = "purpose", .argument = SYM_TERMS_PURPOSES, .help = "exchanges for this purpose"}, \
        {.name = "case",                                                                           \
         .argument = "REF",                                                                        \
         .help = "exchanges of this case, by the commitment that travelled"},                      \
        {.name = "decision", .argument = "granted|held|denied", .help = "what was decided so"},    \
        {.name = "kind",                                                                           \
         .argument = SYM_AUDIT_KINDS,                                                              \
         .help = "entries of this kind; may be repeated",                                          \
         .many = true},                                                                            \
        SYM_AUDIT_PERIOD_OPTIONS,                                                                  \
        {.name = "exchange", .argument = "ID", .help = "one exchange; its first digits will do"},  \
    {                                                                                              \
        .name = "limit", .argument = "N",                                                          \
        .help = "the newest N; with --since the first N from then"                                 \
    }

struct sym_audit_filter {
    struct sym_log_query query; /* what is wanted; borrows from below */
    struct sym_log_query asked; /* of the node: perhaps more, see above */
    const char *peer, *exchange, *case_ref;
    uint32_t purpose, decision; /* 0: any */
    uint64_t limit;
    uint64_t taken;
    bool failed; /* for lack of memory */
    struct sym_ids wanted;
    uint8_t peer_id[SYM_NODE_ID_BYTES];
    uint8_t exchange_id[SYM_EXCHANGE_ID_BYTES];
};

/* From the options. SYM_BAD_VALUE: they make no sense. Clear it in every case. */
SYM_MUST enum sym_err sym_audit_filter_read(struct sym_audit_filter *out,
                                            const struct sym_args *args, struct sym_fault *fault);
/* Looks up what was named by alias or by first digits. */
SYM_MUST enum sym_err sym_audit_filter_resolve(struct sym_audit_filter *f,
                                               struct sym_client *client, struct sym_fault *fault);
/* Is it wanted? Those that are wrong always are. */
bool sym_audit_filter_takes(struct sym_audit_filter *f, const struct sym_audit_entry *entry);
/* Does what is wanted hang on entries that came before it? */
bool sym_audit_filter_remembers(const struct sym_audit_filter *f);
/* Forgets the entries that came: the next walk begins anew. */
void sym_audit_filter_forget(struct sym_audit_filter *f);
void sym_audit_filter_clear(struct sym_audit_filter *f);
#define SYM_AUDIT_FILTER_AUTO                                                                      \
    __attribute__((cleanup(sym_audit_filter_clear))) struct sym_audit_filter

#endif
