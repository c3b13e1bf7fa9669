/* proposals.h - commands of own users that somebody else has to approve: kept as they were signed,
 * until a different user with the approver role lets them be done, or refuses.
 *
 * A command is known by its user, verb and arguments: given again while it waits, it is the same
 * one. It waits for a day; what was decided is remembered for a day. Whoever lets it be done and
 * when is durable, with its entry in the log, before anything is done: a crash in between has spent
 * the approval, and the command has to be given again. At most SYM_PROPOSALS_MAX are kept, and
 * SYM_PROPOSALS_PER_USER_MAX of one user wait. Commands that carry secrets do not belong here.
 * Errors: those of store.h and log.h, SYM_NOT_FOUND, SYM_LIMIT, SYM_TOO_LONG, SYM_DENIED (the same
 * user, without the role, or whose command it was is no user any more), SYM_EXPIRED,
 * SYM_WRONG_STATE (decided already), SYM_BAD_VALUE, each with a line in fault.
 */
#ifndef SYM_NODE_GRANT_PROPOSALS_H
#define SYM_NODE_GRANT_PROPOSALS_H

#include "node/evidence/log.h"
#include "node/party/users.h"
#include "proto/grant.h"

struct sym_proposals;

struct sym_proposals_config {
    struct sym_store *store;
    struct sym_log *log;
    const struct sym_users *users;
    uint64_t (*wall_ms)(void); /* the clock; NULL: that of the machine */
};

/* Loads what waits. What config points to outlives it. Errors: those of store.h. */
SYM_MUST enum sym_err sym_proposals_open(struct sym_proposals **out,
                                         const struct sym_proposals_config *config,
                                         struct sym_fault *fault);
/* NULL is fine. */
void sym_proposals_close(struct sym_proposals *p);

/* Keeps the author's command, which waits then; what: it, in words. Always an error: SYM_HELD when
 * that was done, or it waits already, with its id in fault. */
SYM_MUST enum sym_err sym_proposals_hold(struct sym_proposals *p, const struct sym_author *author,
                                         struct sym_span what, struct sym_fault *fault);
/* The exchange that this very command of the author began, unless it was collected.
 * SYM_NOT_FOUND: none. */
SYM_MUST enum sym_err sym_proposals_began(struct sym_proposals *p,
                                          uint8_t exchange[SYM_EXCHANGE_ID_BYTES],
                                          const struct sym_author *author);
/* The exchange that this very command of the author began once it was approved: told once, durably.
 * SYM_NOT_FOUND: none. */
SYM_MUST enum sym_err sym_proposals_collect(struct sym_proposals *p,
                                            uint8_t exchange[SYM_EXCHANGE_ID_BYTES],
                                            const struct sym_author *author);

/* Is there one of this id? */
bool sym_proposals_has(struct sym_proposals *p, struct sym_span id);
/* All, or those of one user (NULL: all), the oldest first; at most max rows, valid until the next
 * call that changes anything. Returns their number. */
size_t sym_proposals_list(struct sym_proposals *p, struct sym_held_request *rows, size_t max,
                          const char *user);

/* A command that may be done now. */
struct sym_approved {
    struct sym_user user;    /* who gave it, as that user is now */
    struct sym_span command; /* the exact ControlRequest; valid until the next change */
};
/* Approves (*approved is filled then, and the caller does it) or denies one that waits. *out is
 * valid until the next change. */
SYM_MUST enum sym_err sym_proposals_decide(struct sym_proposals *p, struct sym_held_request *out,
                                           struct sym_approved *approved,
                                           const struct sym_request_decision *decision,
                                           const struct sym_author *author,
                                           struct sym_fault *fault);
/* Who gave one that waits takes it back: nobody can approve it any more. SYM_DENIED: another user
 * gave it. */
SYM_MUST enum sym_err sym_proposals_withdraw(struct sym_proposals *p, struct sym_span id,
                                             const struct sym_author *author,
                                             struct sym_fault *fault);
/* What became of it: an exchange, or why it failed ("": it did not). What cannot be kept is lost
 * for lists only. */
void sym_proposals_done(struct sym_proposals *p, struct sym_held_request *out, struct sym_span id,
                        struct sym_span exchange, const char *why);

#endif
