/* signed.h - the signed bytes that an entry's body holds: commands of users, and the messages of an
 * exchange; each checked against its signer, the leaf and each other.
 */
#ifndef SYM_CLI_AUDIT_SIGNED_H
#define SYM_CLI_AUDIT_SIGNED_H

#include "cli/audit/keys.h"
#include "proto/told.h"

enum sym_signed_state {
    SYM_SIGNED_GOOD,
    SYM_SIGNED_BAD,
    SYM_SIGNED_UNCHECKED /* the signer's key is not known here */
};

#define SYM_SIGNED_MAX        6u /* in one entry */
#define SYM_SIGNED_TEXT_BYTES 256u

struct sym_audit_signed {
    const char *what; /* "command", "approval", "request", "receipt", "close", "abort" */
    struct sym_span bytes;
    enum sym_told kind;   /* of a message that is good, */
    struct sym_span card; /* and of its signer; none otherwise */
    enum sym_signed_state state;
    char text[SYM_SIGNED_TEXT_BYTES]; /* by whom, or what is wrong */
};

/* "good", "bad", "unchecked". */
const char *sym_signed_state_text(enum sym_signed_state state);

/* Fills out with those that there are; returns their number. node: whose log it is. */
size_t sym_audit_signed(struct sym_audit_signed out[SYM_SIGNED_MAX],
                        const struct sym_audit_entry *entry, const struct sym_audit_keys *keys,
                        const struct sym_node_id *node);

#endif
