/* users.h - the users of this node: name, roles and public key; their private keys are theirs.
 * As peers.h: in memory and in the store. Errors: those of store.h, SYM_EXISTS, SYM_NOT_FOUND,
 * SYM_LIMIT, SYM_DENIED (the last operator cannot go), each with a line in fault.
 */
#ifndef SYM_NODE_PARTY_USERS_H
#define SYM_NODE_PARTY_USERS_H

#include "node/evidence/log.h"
#include "proto/control.h"

struct sym_user {
    char name[SYM_ALIAS_BYTES];
    unsigned roles;
    uint8_t key[SYM_ED25519_BYTES];
    uint64_t added_s;
};

struct sym_users {
    struct sym_store *store;
    struct sym_user items[SYM_USERS_MAX];
    size_t n;
};

/* All users of the node. Errors: those of store.h. */
SYM_MUST enum sym_err sym_users_load(struct sym_users *users, struct sym_store *store,
                                     struct sym_fault *fault);
/* NULL when there is none. */
const struct sym_user *sym_users_by_key(const struct sym_users *users, struct sym_span key);
const struct sym_user *sym_users_by_name(const struct sym_users *users, struct sym_span name);
/* by: who asks; NULL, as is the author: nobody has to. The first approver may be
 * added by an operator; later ones only by somebody who is an approver, or whose command an
 * approver has let be done. */
SYM_MUST enum sym_err sym_users_add(struct sym_users *users, const struct sym_user_add *addition,
                                    const struct sym_user *by, const struct sym_author *author,
                                    uint64_t now_s, struct sym_fault *fault);
/* The same for a user whom `symbolon init` has left: no command names its key, so the entry does.
 */
SYM_MUST enum sym_err sym_users_introduce(struct sym_users *users,
                                          const struct sym_user_add *addition, struct sym_log *log,
                                          uint64_t now_s, struct sym_fault *fault);
/* An approver is removed by an approver, the last operator by nobody. */
SYM_MUST enum sym_err sym_users_remove(struct sym_users *users, struct sym_span name,
                                       const struct sym_user *by, const struct sym_author *author,
                                       struct sym_fault *fault);

#endif
