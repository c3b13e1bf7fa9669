/* proposals_state.h - what the files of the proposals share: one of them, and how it lies in the
 * store. For proposals*.c; nobody else sees it. Errors: those of store.h and of the codec.
 */
#ifndef SYM_NODE_GRANT_PROPOSALS_STATE_H
#define SYM_NODE_GRANT_PROPOSALS_STATE_H

#include "node/grant/proposals.h"

struct sym_proposal {
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_held_request terms; /* without the spans */
    char user[SYM_ALIAS_BYTES];
    uint8_t key[SYM_ED25519_BYTES]; /* that signed it */
    char what[SYM_DETAIL_BYTES_MAX + 1u];
    char decided_by[SYM_ALIAS_BYTES];
    char why[SYM_REASON_BYTES_MAX + 1u];
    uint8_t exchange[SYM_EXCHANGE_ID_BYTES];
    bool began;                   /* exchange is one */
    bool collected;               /* and was told */
    uint8_t same[SYM_HASH_BYTES]; /* of verb, user and arguments */
    size_t command_len;
    uint8_t command[SYM_PROPOSAL_BYTES_MAX];
};

/* Cuts what does not fit, and ends it with a zero byte. */
void sym_proposal_text(char *to, size_t size, struct sym_span text);
/* As it is listed; spans point into it. */
void sym_proposal_row(struct sym_held_request *row, const struct sym_proposal *item);
/* Fills key, verb and same from its command: what makes two commands the same, whenever they were
 * signed. */
SYM_MUST enum sym_err sym_proposal_identify(struct sym_proposal *item);
SYM_MUST enum sym_err sym_proposal_put(struct sym_transaction *t, const struct sym_proposal *item);
/* What was put under this id; item is zeros before. */
SYM_MUST enum sym_err sym_proposal_read(struct sym_proposal *item, struct sym_span id,
                                        struct sym_span value);

#endif
