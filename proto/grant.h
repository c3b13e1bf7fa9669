/* grant.h - the messages about grants and about requests that wait for an approver (grant.proto).
 */
#ifndef SYM_PROTO_GRANT_H
#define SYM_PROTO_GRANT_H

#include "proto/limits.h"
#include "proto/message.h"

#define SYM_HELD_STATE_LIST(X)                                                                     \
    X(WAITING, "waiting")                                                                          \
    X(APPROVED, "approved")                                                                        \
    X(DENIED, "denied")                                                                            \
    X(USED, "used")                                                                                \
    X(EXPIRED, "expired")                                                                          \
    X(CANCELLED, "cancelled")

enum sym_held_state {
#define SYM_HELD_STATE_ENUM(name, text) SYM_HELD_##name,
    SYM_HELD_STATE_LIST(SYM_HELD_STATE_ENUM)
#undef SYM_HELD_STATE_ENUM
        SYM_HELD_STATE_COUNT
};

/* "waiting"; "unknown" for a number that is no state. */
const char *sym_held_state_text(uint32_t state);

struct sym_grant {
    struct sym_span alias;
    struct sym_span dataset;
    uint32_t kind;
    uint32_t min_elements;
    uint32_t max_elements;
    uint32_t per_day;
    uint32_t purposes; /* bit p: purpose p */
    uint64_t types;    /* bit t: type t; bit 0: any */
    uint64_t expires_s;
    bool approval;
    uint64_t added_s;
    struct sym_span added_by;
    uint32_t asked;
    uint32_t min_result;
    uint32_t engines;          /* bit e: enum sym_overlap_engine e */
    uint32_t epsilon_micro;    /* of privacy budget within 365 days, millionths */
    uint32_t modes;            /* bit m: enum sym_table_mode m (table_mode.h) */
    uint32_t standing_days;    /* how long a standing list stands; 0: none is offered */
    uint32_t elements_per_day; /* evaluated against it within 24 hours */
    uint32_t evaluated;        /* likewise: so far */
    uint64_t standing_until_s; /* 0: it is being prepared, or none is offered */
};

struct sym_grant_added {
    const struct sym_grant *grant;
    const struct sym_grant *replaced; /* NULL: there was none */
};

struct sym_grant_name {
    struct sym_span alias;
    struct sym_span dataset;
    uint32_t kind;
};

struct sym_grant_list {
    const struct sym_grant *grants;
    size_t n_grants;
};

struct sym_held_request {
    struct sym_span id;
    struct sym_span alias;
    struct sym_span dataset;
    uint32_t kind;
    uint32_t type;
    uint32_t purpose;
    uint32_t basis;
    uint32_t elements;
    uint64_t received_ms;
    uint64_t expires_ms;
    uint32_t state;
    struct sym_span decided_by;
    uint64_t decided_ms;
    struct sym_span why;
    struct sym_span case_hash; /* 32 bytes or none: the peer's commitment to its case */
    uint32_t verb;             /* of an own command; 0: a request of a peer */
    struct sym_span user;      /* whose command */
    struct sym_span what;      /* it, in words */
    struct sym_span exchange;  /* 16 bytes or none: that the command began */
    struct sym_span because;   /* why it is held */
    struct sym_span parameters;
};

struct sym_request_list {
    const struct sym_held_request *requests;
    size_t n_requests;
};

struct sym_request_decision {
    struct sym_span id;
    bool approve;
    struct sym_span why;
};

extern const struct sym_message sym_msg_grant;
extern const struct sym_message sym_msg_grant_added;
extern const struct sym_message sym_msg_grant_name;
extern const struct sym_message sym_msg_grant_list;
extern const struct sym_message sym_msg_held_request;
extern const struct sym_message sym_msg_request_list;
extern const struct sym_message sym_msg_request_decision;

#endif
