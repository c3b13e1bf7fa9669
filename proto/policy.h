/* policy.h - who may ask what: a pure decision over one grant, one request and what was asked
 * before. Default deny.
 *
 * A list counts with as many identifiers as its owner could test by cheating, which depends on the
 * engine (sym_overlap_testable).
 *
 * A count is judged exactly as matches are, in size, rate and approval: an initiator that cheats in
 * a count can find out which of its elements matched.
 *
 * What is looked at, in this order, the first that fails being the answer: that there is a grant,
 * its expiry, the requests of the day, purpose, basis, engine, type, size, and last whether an
 * approver has to agree. Beyond the day's requests a peer thus learns no other limit. A dataset
 * that does not exist gives the same answer, in the same words, as one without a grant. For
 * tabulation, in which the peer brings no list, engine, type and size do not count. For a table the
 * mode does, behind the engine; the size of a list that is told later is judged then. The least
 * result is not judged here: it is known when both have computed it, and travels in the receipt of
 * what is granted.
 */
#ifndef SYM_PROTO_POLICY_H
#define SYM_PROTO_POLICY_H

#include "proto/exchange.h"
#include "proto/grant.h"

/* What a peer asks, as its signed request says it. */
struct sym_policy_ask {
    uint32_t kind;
    uint32_t purpose;
    uint32_t basis;
    uint32_t engines;  /* bit set of enum sym_overlap_engine: that the peer would compute with */
    uint32_t type;     /* of identifiers; 0: any */
    uint32_t elements; /* announced, padding included */
    uint32_t mode;     /* of a table: enum sym_table_mode */
    bool no_list;      /* of a table: the peer brings none, or tells its size later */
    uint64_t now_s;
    uint32_t asked;     /* requests under this grant within the last 24 hours, denied ones included,
                         * this one not */
    uint32_t evaluated; /* elements against a standing list within the last 24 hours */
    bool approved;      /* an approver has approved this very request */
    const char
        *must_hold; /* why an approver has to agree whatever the grant says; NULL: need not */
    bool is_known;  /* whatever the grant says, nobody has to: what is asked was told before */
};

struct sym_policy_verdict {
    enum sym_decision decision;
    enum sym_reason reason;                 /* of a denial */
    uint32_t min_result;                    /* of what is granted: for the receipt */
    uint32_t engines;                       /* likewise: of those asked for, that are covered */
    uint32_t epsilon_micro;                 /* likewise: the peer's budget of a year; 0: none own */
    char remark[SYM_REASON_BYTES_MAX + 1u]; /* travels, and is read behind the reason: plain words
                                             * that tell no more of the grant than the peer needs
                                             * to do better */
    const char *cause;                      /* stays here: which limit, for the log; static text */
};

/* grant: NULL when there is none for this peer, dataset and kind, or no such dataset. Of the grant
 * only its limits are read. */
void sym_policy_decide(struct sym_policy_verdict *out, const struct sym_grant *grant,
                       const struct sym_policy_ask *ask);

/* Can this grant be kept? SYM_BAD_VALUE for a kind that cannot be granted and for limits that
 * exclude everything, SYM_EXPIRED for an expiry that has passed, each with a line in fault. */
SYM_MUST enum sym_err sym_policy_check(const struct sym_grant *grant, uint64_t now_s,
                                       struct sym_fault *fault);

#endif
