/* grants.h - the grants of this node, what was asked under each within a day, and the requests that
 * wait for an approver.
 *
 * proto/policy.h decides; this room remembers. Deciding counts the request, holds it, or uses up an
 * approval, and writes the line in the journal, in one durable transaction: what cannot be recorded
 * is not granted. A held request is known by the id of its exchange; the peer asks again until it
 * was decided (same dataset, kind, type, purpose, basis and commitments, no more elements), which
 * finds the held one and is neither counted nor held a second time. An approval is good for one
 * exchange within a day. Whoever granted cannot be kept from approving, but the approver must have
 * that role, and nobody approves what he himself asked.
 * Errors: those of store.h, SYM_NOT_FOUND, SYM_LIMIT, SYM_BAD_VALUE, SYM_WRONG_STATE (decided
 * already), SYM_EXPIRED, each with a line in fault.
 */
#ifndef SYM_NODE_CORE_GRANTS_H
#define SYM_NODE_CORE_GRANTS_H

#include "node/core/journal.h"
#include "node/core/peers.h"
#include "node/core/users.h"
#include "proto/policy.h"

struct sym_grants;

struct sym_grants_config {
    struct sym_store *store;
    struct sym_journal *journal;
    const struct sym_peers *peers; /* grants belong to node ids; rows show aliases */
};

SYM_MUST enum sym_err sym_grants_open(struct sym_grants **out,
                                      const struct sym_grants_config *config,
                                      struct sym_fault *fault);
void sym_grants_close(struct sym_grants *g);

/* Adds a grant, or replaces the one of the same peer, dataset and kind; row.alias names the peer.
 */
SYM_MUST enum sym_err sym_grants_add(struct sym_grants *g, struct sym_grant *out,
                                     const struct sym_grant *row, const struct sym_user *user,
                                     struct sym_fault *fault);
SYM_MUST enum sym_err sym_grants_revoke(struct sym_grants *g, const struct sym_grant_name *name,
                                        const struct sym_user *user, struct sym_fault *fault);
/* Rows are valid until the next call. */
size_t sym_grants_list(struct sym_grants *g, const struct sym_grant **rows);
/* Forgets what belonged to a peer that was removed. */
SYM_MUST enum sym_err sym_grants_drop_peer(struct sym_grants *g, const struct sym_node_id *id,
                                           struct sym_fault *fault);

/* A request of a peer, as it came. */
struct sym_ask {
    const struct sym_peer *peer;
    const struct sym_request *request;
    uint32_t type;
    uint32_t elements;
    bool dataset_known; /* the dataset exists here; a peer cannot tell that from no grant */
    uint64_t wall_ms;
};

/* Who stands behind a granted exchange, beside the verdict. */
struct sym_approval {
    char approver[SYM_ALIAS_BYTES]; /* empty: none was asked for */
    uint8_t held_id[SYM_EXCHANGE_ID_BYTES];
};

/* Decides and remembers. On an error nothing was decided: deny with SYM_REASON_FAULT. */
SYM_MUST enum sym_err sym_grants_decide(struct sym_grants *g, struct sym_policy_verdict *out,
                                        struct sym_approval *approval, const struct sym_ask *ask);

/* Requests that wait or were decided within a day, the oldest first; valid until the next call. */
size_t sym_grants_requests(struct sym_grants *g, const struct sym_held_request **rows);
SYM_MUST enum sym_err sym_grants_resolve(struct sym_grants *g, struct sym_held_request *out,
                                         const struct sym_request_decision *decision,
                                         const struct sym_user *user, struct sym_fault *fault);

#endif
