/* keys.h - whose signatures an auditor can check: users and partners as the log itself introduces
 * them (the signed commands that added them), the node's own card, and cards given as files.
 *
 * A node id is the hash of its identity key, so a card that fits an id needs no further trust in
 * that; names of users are the node's word. A failure to allocate is kept in `failed`.
 */
#ifndef SYM_CLI_AUDIT_KEYS_H
#define SYM_CLI_AUDIT_KEYS_H

#include "cli/audit/entry.h"
#include "cli/cards.h"
#include "cli/options.h"
#include "proto/control.h"

struct sym_audit_user {
    char name[SYM_ALIAS_BYTES];
    uint8_t key[SYM_ED25519_BYTES];
    unsigned roles;
    uint64_t index; /* of the entry that introduced it */
};

struct sym_audit_node {
    struct sym_card card;
    struct sym_node_id id;
};

/* Zero-initialised means that none is known. */
struct sym_audit_keys {
    struct sym_audit_user *users;
    size_t n_users;
    struct sym_audit_node *nodes;
    size_t n_nodes;
    bool failed;
};

void sym_audit_keys_clear(struct sym_audit_keys *k);
#define SYM_AUDIT_KEYS_AUTO __attribute__((cleanup(sym_audit_keys_clear))) struct sym_audit_keys

void sym_audit_keys_card(struct sym_audit_keys *k, const struct sym_card *card);
/* The cards in the files of the options --card. */
SYM_MUST enum sym_err sym_audit_keys_files(struct sym_audit_keys *k, const struct sym_args *args,
                                           struct sym_fault *fault);
#define SYM_AUDIT_CARD_OPTION                                                                      \
    {                                                                                              \
        .name = "card", .argument = "FILE",                                                        \
        .help = "card or roster of partners whose signatures are to be checked; may be repeated",  \
        .many = true                                                                               \
    }
/* What an entry tells of users and partners. */
void sym_audit_keys_learn(struct sym_audit_keys *k, const struct sym_audit_entry *entry);
/* The kinds of entry that tell something; bits of a query. */
#define SYM_AUDIT_KEY_KINDS (UINT64_C(1) << SYM_ENTRY_USER | UINT64_C(1) << SYM_ENTRY_PEER)

/* NULL: unknown. Several cards of one node: the newest. */
const struct sym_card *sym_audit_keys_node(const struct sym_audit_keys *k, struct sym_span id);
/* Of this key; the newest name that it was given. */
const struct sym_audit_user *sym_audit_keys_user(const struct sym_audit_keys *k,
                                                 struct sym_span key);

#endif
