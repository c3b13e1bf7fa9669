/* grants.h - the grants of this node, what was asked under each within a day, and the requests that
 * wait for an approver.
 *
 * proto/policy.h decides; this room remembers. Deciding counts the request, holds it, or uses up an
 * approval, and writes the entry in the evidence log, in one durable transaction: what cannot be
 * recorded is not granted.
 *
 * Counted is each request under a grant, denied ones too, for 24 hours (grants_asked.h), also when
 * the node starts anew or its clock is set back. What a peer can ask without end, because no grant
 * counts it or its rate is used up, makes one entry a minute in the log, which says how many it
 * stands for.
 *
 * A held request is known by the id of its exchange. The peer asks again until it was decided: with
 * the same commitments, dataset, kind, type, engines, purpose and basis, no more elements, which
 * finds the held one and is neither counted nor written down a second time. An approval is good for
 * one exchange within a day: the first such request, and none after a restore of this node, which
 * does not know whether there was one; another case, with other commitments, is another request.
 * The grant is looked at once more then, and so is why an approver had to agree: where one was not
 * told of what makes it wait now, it waits anew. What came to nothing before anything was spent can
 * give the approval back, and counts as a request then. A denial answers such requests for a day.
 * At most SYM_HELD_MAX are kept, and 16 of one peer wait; what was decided is kept for a day, or
 * less when the room is needed. Whoever granted cannot be kept from approving, but the approver
 * must have that role.
 * Errors: those of store.h, SYM_NOT_FOUND, SYM_LIMIT, SYM_BAD_VALUE, SYM_WRONG_STATE (decided
 * already), SYM_EXPIRED, SYM_DENIED, each with a line in fault.
 */
#ifndef SYM_NODE_GRANT_GRANTS_H
#define SYM_NODE_GRANT_GRANTS_H

#include "node/evidence/log.h"
#include "node/grant/patterns.h"
#include "node/party/peers.h"
#include "node/party/users.h"
#include "proto/policy.h"

struct sym_grants;

struct sym_grants_config {
    struct sym_store *store;
    struct sym_log *log;
    const struct sym_peers *peers; /* grants belong to node ids; rows show aliases */
    uint64_t (*wall_ms)(void);     /* the clock; NULL: that of the machine */
    const uint64_t *restored_ms;   /* where core keeps it (restored.h); NULL or 0: never */
};

/* Loads grants, held requests and patterns; what belongs to peers that are gone is dropped. What
 * config points to outlives it. Errors: those of store.h. */
SYM_MUST enum sym_err sym_grants_open(struct sym_grants **out,
                                      const struct sym_grants_config *config,
                                      struct sym_fault *fault);
void sym_grants_close(struct sym_grants *g);

/* Adds a grant, or replaces the one of the same peer, dataset and kind, whose requests stay
 * counted; row.alias names the peer. *out and *before, the one replaced (kind 0: there was none),
 * are valid until the next call. SYM_EXPIRED: its expiry has passed. */
SYM_MUST enum sym_err sym_grants_add(struct sym_grants *g, struct sym_grant *out,
                                     struct sym_grant *before, const struct sym_grant *row,
                                     const struct sym_author *author, struct sym_fault *fault);
/* Requests that wait under it, and approvals that were not used, become denied. */
SYM_MUST enum sym_err sym_grants_revoke(struct sym_grants *g, const struct sym_grant_name *name,
                                        const struct sym_author *author, struct sym_fault *fault);
/* Rows are valid until the next call. */
size_t sym_grants_list(struct sym_grants *g, const struct sym_grant **rows);
/* Forgets what belonged to a peer that is removed: within a write transaction, and once that is
 * committed. Opening does so for those that are not pinned. */
SYM_MUST enum sym_err sym_grants_put_dropped(struct sym_grants *g, struct sym_transaction *t,
                                             const struct sym_node_id *id,
                                             const struct sym_author *author);
void sym_grants_forget_peer(struct sym_grants *g, const struct sym_node_id *id);

/* A grant that offers a standing list and has not expired. Valid until the next change. */
struct sym_standing_offer {
    struct sym_node_id peer;
    struct sym_span dataset;
    uint64_t types; /* bit set, as in struct sym_grant */
    uint32_t days;
    uint32_t elements_per_day;
    uint64_t number;      /* of the grant, */
    uint64_t given_s;     /* and when it was given */
    uint64_t restored_ms; /* a list from before this restore answers no more; 0: there was none */
};
/* At most max of them; returns their number. */
size_t sym_grants_offers(struct sym_grants *g, struct sym_standing_offer *out, size_t max);
/* Counts elements that will be evaluated against the standing list, within 24 hours as requests
 * are: in memory, where they stay counted whatever becomes of the exchange. Nothing may leave
 * before a transaction has put that. SYM_LIMIT: they would be too many, SYM_NOT_FOUND: no such
 * grant. */
SYM_MUST enum sym_err sym_grants_charge(struct sym_grants *g, const struct sym_node_id *peer,
                                        struct sym_span dataset, uint32_t elements);
SYM_MUST enum sym_err sym_grants_put_charge(struct sym_grants *g, struct sym_transaction *t,
                                            const struct sym_node_id *peer,
                                            struct sym_span dataset);

/* A peer who asks today as it does not on other days. */
struct sym_unusual {
    const struct sym_peer *peer;
    struct sym_pattern_finding finding;
};
/* At most max of them; returns their number. */
size_t sym_grants_unusual(const struct sym_grants *g, struct sym_unusual *out, size_t max);

/* A request of a peer, as it came. */
struct sym_ask {
    const struct sym_peer *peer;
    const struct sym_request *request;
    uint32_t engines; /* bit set */
    uint32_t type;
    uint32_t elements;
    struct sym_span bound; /* what else an approval is for: other bytes, another request */
    uint32_t mode;         /* of a table */
    bool no_list;          /* likewise: the peer brings none, or tells its size later */
    const char
        *must_hold;     /* why an approver has to agree whatever the grant says; NULL: need not */
    bool is_known;      /* whatever it says, nobody has to */
    bool dataset_known; /* the dataset exists here; a peer cannot tell that from no grant */
    uint64_t wall_ms;
};

/* Who stands behind a granted exchange, beside the verdict. */
struct sym_approval {
    char approver[SYM_ALIAS_BYTES];         /* empty: none was asked for */
    uint8_t held_id[SYM_EXCHANGE_ID_BYTES]; /* the request that is, or was, held; zeros: none */
};

/* What would be decided: nothing is counted, held or remembered. */
void sym_grants_look(struct sym_grants *g, struct sym_policy_verdict *out,
                     const struct sym_ask *ask);

/* Decides and remembers, in memory: the caller puts the step into the transaction that records the
 * decision (which may run more than once) and ends it with the result of that, which frees it and,
 * after an error, takes the decision back. On an error nothing was decided: deny with
 * SYM_REASON_FAULT. SYM_REPLAY: a held request had this id. */
struct sym_grants_step;
SYM_MUST enum sym_err sym_grants_begin(struct sym_grants *g, struct sym_grants_step **out,
                                       struct sym_policy_verdict *verdict,
                                       struct sym_approval *approval, const struct sym_ask *ask);
SYM_MUST enum sym_err sym_grants_put(const struct sym_grants_step *s, struct sym_transaction *t);
/* NULL is fine. */
void sym_grants_end(struct sym_grants_step *s, enum sym_err err);
/* The step used up an approval, and this node denies all the same: it stays good, and the request
 * is counted. Anything else stays as it is; NULL is fine. */
void sym_grants_keep_approval(struct sym_grants_step *s, uint64_t wall_ms);
/* The exchange for which the approval of this request was used up came to nothing before anything
 * was spent: a step, to be put and ended as above, by which it is good again for as long as it was,
 * while the requests of the day last. *out: NULL where nothing is given back, as the grant was
 * revoked since, or the node started anew. */
SYM_MUST enum sym_err sym_grants_give_back(struct sym_grants *g, struct sym_grants_step **out,
                                           const uint8_t held_id[SYM_EXCHANGE_ID_BYTES]);
/* All of it in a transaction of its own. */
SYM_MUST enum sym_err sym_grants_decide(struct sym_grants *g, struct sym_policy_verdict *out,
                                        struct sym_approval *approval, const struct sym_ask *ask);

/* Requests that wait or were decided within a day, the oldest first; valid until the next call. */
size_t sym_grants_requests(struct sym_grants *g, const struct sym_held_request **rows);
/* One of them, by the id that it was first asked under; false: there is none. The spans are valid
 * until the next change. */
bool sym_grants_request(struct sym_grants *g, struct sym_held_request *out, struct sym_span id);
/* The peer takes back the one that it asked for under this id: what waited, or was approved and not
 * used, becomes cancelled, with an entry in the log. What was decided otherwise stays so. Errors:
 * SYM_NOT_FOUND, those of store.h. */
SYM_MUST enum sym_err sym_grants_withdraw(struct sym_grants *g, const struct sym_node_id *peer,
                                          const uint8_t id[SYM_EXCHANGE_ID_BYTES]);
/* Approves or denies one that waits; a denial needs a reason, which travels. *out is valid until
 * the next call. SYM_DENIED: the user is no approver. */
SYM_MUST enum sym_err sym_grants_resolve(struct sym_grants *g, struct sym_held_request *out,
                                         const struct sym_request_decision *decision,
                                         const struct sym_author *author, struct sym_fault *fault);

#endif
