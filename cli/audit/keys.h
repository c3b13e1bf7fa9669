/* keys.h - whose signatures an auditor can check: users and partners as the log itself introduces
 * them (the signed commands that added them; for those of `init` the node's own entry), the node's
 * own card, those of its partners, and cards given as files.
 *
 * A node id is the hash of its identity key, so a card that fits an id needs no further trust in
 * that; names of users are the node's word. A failure to allocate is kept in `failed`.
 */
#ifndef SYM_CLI_AUDIT_KEYS_H
#define SYM_CLI_AUDIT_KEYS_H

#include "cli/audit/pages.h"
#include "cli/cards.h"

struct sym_audit_user {
    char name[SYM_ALIAS_BYTES];
    uint8_t key[SYM_ED25519_BYTES];
    unsigned roles;
    uint64_t index; /* of the entry that introduced it */
    bool earlier;   /* in the log before the last restore, or one before that */
};

struct sym_audit_node {
    struct sym_card card;
    struct sym_node_id id;
    char text[SYM_CARD_BYTES_MAX]; /* of the card, as exhibits have it: no CR, one LF at the end */
    size_t len;
};

/* Zero-initialised means that none is known. */
struct sym_audit_keys {
    struct sym_audit_user *users;
    size_t n_users;
    struct sym_audit_node *nodes;
    size_t n_nodes;
    bool earlier; /* what is learnt now is of an earlier log */
    bool failed;
};

void sym_audit_keys_clear(struct sym_audit_keys *k);
#define SYM_AUDIT_KEYS_AUTO __attribute__((cleanup(sym_audit_keys_clear))) struct sym_audit_keys

/* The card of the node itself, those in the files of the options --card, and those of partners as
 * the node has pinned them. */
SYM_MUST enum sym_err sym_audit_keys_begin(struct sym_audit_keys *k, struct sym_client *client,
                                           const struct sym_args *args, struct sym_fault *fault);
/* What logs before this generation tell: a restore begins a new one with the users and partners
 * there are. */
SYM_MUST enum sym_err sym_audit_keys_earlier(struct sym_audit_keys *k, struct sym_client *client,
                                             uint32_t generation, struct sym_fault *fault);
/* All of these, and what the whole log tells of users and partners. */
SYM_MUST enum sym_err sym_audit_keys_gather(struct sym_audit_keys *k, struct sym_client *client,
                                            const struct sym_args *args, struct sym_fault *fault);
#define SYM_AUDIT_CARD_OPTION                                                                      \
    {                                                                                              \
        .name = "card", .argument = "FILE",                                                        \
        .help = "card or roster of partners whose signatures are to be checked; may be repeated",  \
        .many = true                                                                               \
    }
/* What an entry tells of users and partners. */
void sym_audit_keys_learn(struct sym_audit_keys *k, const struct sym_audit_entry *entry);

/* NULL: unknown. Several cards of one node: the newest. */
const struct sym_audit_node *sym_audit_keys_node(const struct sym_audit_keys *k,
                                                 struct sym_span id);
/* Of this key; the newest name that it was given. */
const struct sym_audit_user *sym_audit_keys_user(const struct sym_audit_keys *k,
                                                 struct sym_span key);

#endif
