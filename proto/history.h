/* history.h - the messages about exchanges that were begun, are in flight or have ended, and about
 * their results (history.proto).
 */
#ifndef SYM_PROTO_HISTORY_H
#define SYM_PROTO_HISTORY_H

#include "proto/limits.h"
#include "proto/message.h"

enum sym_exchange_state {
    SYM_EXCHANGE_WAITING, /* for a link, or for the other side's decision */
    SYM_EXCHANGE_RUNNING,
    SYM_EXCHANGE_HELD, /* waits for an approver */
    SYM_EXCHANGE_DONE,
    SYM_EXCHANGE_DENIED,
    SYM_EXCHANGE_ABORTED,
    SYM_EXCHANGE_STATE_COUNT
};

enum sym_exchange_role { SYM_AS_NOBODY, SYM_AS_INITIATOR, SYM_AS_PARTICIPANT, SYM_AS_COUNT };

/* "initiator" or "participant". */
const char *sym_exchange_role_text(uint32_t role);

struct sym_overlap_start {
    struct sym_span alias;
    struct sym_span mine;
    struct sym_span theirs;
    uint32_t kind;
    uint32_t type;
    uint32_t engine;
    uint32_t purpose;
    uint32_t basis;
    struct sym_span case_ref;
    struct sym_span note;
    uint32_t timeout_ms;
    uint32_t rule; /* enum sym_overlap_rule */
};

struct sym_exchange_entry {
    struct sym_span id;
    struct sym_span alias;
    struct sym_span peer;
    uint32_t role;
    uint32_t kind;
    uint32_t state;
    uint32_t result;
    struct sym_span fault;
    uint32_t reason;
    uint32_t purpose;
    uint32_t basis;
    struct sym_span case_ref;
    struct sym_span note;
    struct sym_span user;
    struct sym_span approver;
    struct sym_span mine;
    struct sym_span theirs;
    uint32_t type;
    uint32_t own_size;
    uint32_t peer_size;
    uint32_t common;
    uint64_t records;
    bool has_result;
    uint64_t started_ms;
    uint64_t ended_ms;
    uint64_t bytes_sent;
    uint64_t bytes_received;
    uint32_t min_result;
    bool withheld;
    struct sym_span tabulation; /* 16 bytes or none */
    uint32_t participants;
    uint32_t cells;
    uint64_t epsilon_nano;
    uint32_t shape;
    uint32_t engine;
    uint32_t why;
    uint32_t rule;
    struct sym_span shared; /* sym_shared_keys_read */
    struct sym_span parties;
    bool answered_before;
};

struct sym_exchange_query {
    struct sym_span alias;
    uint64_t before_ms;
    uint32_t most;
};

struct sym_exchange_list {
    const struct sym_exchange_entry *exchanges;
    size_t n_exchanges;
    bool more;
};

struct sym_result_query {
    struct sym_span id;
    uint64_t first;
};

struct sym_result_page {
    const struct sym_exchange_entry *exchange;
    uint64_t first;
    struct sym_span id_lengths;
    struct sym_span ids;
    struct sym_span types; /* 8 bytes for each row */
    bool more;
};

extern const struct sym_message sym_msg_overlap_start;
extern const struct sym_message sym_msg_exchange;
extern const struct sym_message sym_msg_exchange_query;
extern const struct sym_message sym_msg_exchange_list;
extern const struct sym_message sym_msg_result_query;
extern const struct sym_message sym_msg_result_page;

#endif
