/* control.h - what the command line asks of its own node: verbs, arguments, answers, and the
 * signature of a user around them (control.proto).
 *
 * A request is signed by a user key over SYM_DOMAIN_CONTROL and the exact body bytes, names the
 * node it is for, carries a nonce (a repeated request is answered from memory, not run again) and
 * an expiry. Roles decide which verbs a user may run: the table below is the only place.
 */
#ifndef SYM_PROTO_CONTROL_H
#define SYM_PROTO_CONTROL_H

#include "crypto/identity.h"
#include "proto/backup.h"
#include "proto/dataset.h"
#include "proto/evidence.h"
#include "proto/grant.h"
#include "proto/history.h"
#include "proto/table_control.h"
#include "proto/tabulation.h"

#define SYM_USER_ROLE_LIST(X)                                                                      \
    X(ANALYST, "analyst") X(APPROVER, "approver") X(AUDITOR, "auditor") X(OPERATOR, "operator")

enum sym_user_role {
#define SYM_USER_ROLE_ENUM(name, text) SYM_USER_##name##_BIT,
    SYM_USER_ROLE_LIST(SYM_USER_ROLE_ENUM)
#undef SYM_USER_ROLE_ENUM
        SYM_USER_ROLE_COUNT
};

#define SYM_USER_ANALYST  (1u << SYM_USER_ANALYST_BIT)
#define SYM_USER_APPROVER (1u << SYM_USER_APPROVER_BIT)
#define SYM_USER_AUDITOR  (1u << SYM_USER_AUDITOR_BIT)
#define SYM_USER_OPERATOR (1u << SYM_USER_OPERATOR_BIT)
#define SYM_USER_ANY      ((1u << SYM_USER_ROLE_COUNT) - 1u)
#define SYM_USER_STAFF    (SYM_USER_ANY & ~SYM_USER_AUDITOR) /* an auditor sees the log alone */

/* Verb, message of its arguments, message of its answer, roles that may run it: as little as each
 * role needs. SECURITY.md has the same table in words, and tests/e2e/test_roles.py compares them.
 */
#define SYM_VERB_LIST(X)                                                                           \
    X(STATUS, empty, status, SYM_USER_ANY)                                                         \
    X(CARD, empty, card_text, SYM_USER_ANY)                                                        \
    X(CARD_RENEW, card_renew, card_text, SYM_USER_OPERATOR)                                        \
    X(PEER_ADD, peer_add, peer_list, SYM_USER_OPERATOR)                                            \
    X(PEER_LIST, empty, peer_list, SYM_USER_STAFF)                                                 \
    X(PEER_REMOVE, peer_name, empty, SYM_USER_OPERATOR)                                            \
    X(PEER_SECRET, peer_secret, empty, SYM_USER_OPERATOR)                                          \
    X(PING_START, ping_start, exchange_name, SYM_USER_OPERATOR | SYM_USER_ANALYST)                 \
    X(EXCHANGE_STATE, exchange_name, exchange_state, SYM_USER_OPERATOR | SYM_USER_ANALYST)         \
    X(EXCHANGE_CANCEL, exchange_name, empty, SYM_USER_OPERATOR | SYM_USER_ANALYST)                 \
    X(USER_ADD, user_add, empty, SYM_USER_OPERATOR)                                                \
    X(USER_LIST, empty, user_list, SYM_USER_OPERATOR | SYM_USER_APPROVER)                          \
    X(USER_REMOVE, user_name, empty, SYM_USER_OPERATOR)                                            \
    X(SETTING_SET, setting, empty, SYM_USER_OPERATOR)                                              \
    X(SETTING_LIST, empty, setting_list, SYM_USER_OPERATOR)                                        \
    X(IMPORT_BEGIN, import_begin, import_next, SYM_USER_ANALYST | SYM_USER_OPERATOR)               \
    X(IMPORT_CHUNK, import_chunk, import_next, SYM_USER_ANALYST | SYM_USER_OPERATOR)               \
    X(IMPORT_END, import_end, dataset, SYM_USER_ANALYST | SYM_USER_OPERATOR)                       \
    X(DATASET_LIST, empty, dataset_list, SYM_USER_ANALYST | SYM_USER_OPERATOR)                     \
    X(DATASET_SHOW, dataset_name, dataset, SYM_USER_ANALYST | SYM_USER_OPERATOR)                   \
    X(DATASET_PUBLISH, dataset_name, dataset, SYM_USER_ANALYST | SYM_USER_OPERATOR)                \
    X(DATASET_FORGET, dataset_forget, dataset_forgotten, SYM_USER_ANALYST | SYM_USER_OPERATOR)     \
    X(DATASET_DROP, dataset_name, empty, SYM_USER_ANALYST | SYM_USER_OPERATOR)                     \
    X(STANDING_LIST, empty, standing_copies, SYM_USER_ANALYST | SYM_USER_OPERATOR)                 \
    X(STANDING_DROP, standing_name, empty, SYM_USER_ANALYST | SYM_USER_OPERATOR)                   \
    X(GRANT_ADD, grant, grant_added, SYM_USER_OPERATOR)                                            \
    X(GRANT_LIST, empty, grant_list, SYM_USER_OPERATOR | SYM_USER_APPROVER)                        \
    X(GRANT_REVOKE, grant_name, empty, SYM_USER_OPERATOR)                                          \
    X(REQUEST_LIST, empty, request_list, SYM_USER_STAFF)                                           \
    X(REQUEST_DECIDE, request_decision, held_request, SYM_USER_APPROVER)                           \
    X(OVERLAP_START, overlap_start, exchange_name, SYM_USER_ANALYST)                               \
    X(EXCHANGE_LIST, exchange_query, exchange_list, SYM_USER_STAFF)                                \
    X(EXCHANGE_SHOW, exchange_name, exchange, SYM_USER_STAFF)                                      \
    X(EXCHANGE_RESULT, result_query, result_page, SYM_USER_ANALYST)                                \
    X(EXCHANGE_FORGET, exchange_name, empty, SYM_USER_ANALYST)                                     \
    X(EXCHANGE_SETTLE, exchange_name, empty, SYM_USER_APPROVER)                                    \
    X(LOG_HEAD, empty, log_head, SYM_USER_AUDITOR | SYM_USER_OPERATOR)                             \
    X(LOG_LIST, log_query, log_list, SYM_USER_AUDITOR)                                             \
    X(LOG_TILE, tile_query, tile, SYM_USER_AUDITOR)                                                \
    X(LOG_PROOF, proof_query, log_proof, SYM_USER_AUDITOR)                                         \
    X(LOG_WITNESSES, empty, witness_list, SYM_USER_AUDITOR | SYM_USER_OPERATOR)                    \
    X(LOG_EXHIBIT, witness_query, exhibit, SYM_USER_AUDITOR)                                       \
    X(LOG_SIGN_REPORT, exhibit, exhibit, SYM_USER_AUDITOR)                                         \
    X(LOG_ERASE, log_erase, log_erased, SYM_USER_OPERATOR)                                         \
    X(LOG_RESTORE, empty, log_head, SYM_USER_OPERATOR)                                             \
    X(LOG_ACCEPT, witness_query, empty, SYM_USER_OPERATOR)                                         \
    X(COMPARE_START, compare_start, exchange_name, SYM_USER_AUDITOR)                               \
    X(COMPARE_RESULT, compare_query, compare_page, SYM_USER_AUDITOR)                               \
    X(TABULATE_PLAN, tabulate_start, tabulate_plan, SYM_USER_ANALYST)                              \
    X(TABULATE_PREVIEW, cells_query, cells_page, SYM_USER_ANALYST)                                 \
    X(TABULATE_START, tabulate_start, exchange_name, SYM_USER_ANALYST)                             \
    X(RELEASE_SHOW, exchange_name, release, SYM_USER_ANALYST)                                      \
    X(RELEASE_CELLS, cells_query, cells_page, SYM_USER_ANALYST)                                    \
    X(RELEASE_EVIDENCE, exchange_name, release_evidence, SYM_USER_ANALYST)                         \
    X(BUDGET_LIST, budget_query, budget_list, SYM_USER_STAFF)                                      \
    X(OVERLAP_TABLE_START, overlap_table_start, exchange_name, SYM_USER_ANALYST)                   \
    X(OVERLAP_TABLE_SHOW, exchange_name, overlap_table_shown, SYM_USER_ANALYST)                    \
    X(BACKUP_BEGIN, backup_begin, backup_begun, SYM_USER_OPERATOR)                                 \
    X(BACKUP_CHUNK, backup_query, backup_part, SYM_USER_OPERATOR)                                  \
    X(BACKUP_END, backup_end, empty, SYM_USER_OPERATOR)                                            \
    X(REPORT_MADE, report_made, empty, SYM_USER_ANALYST)

enum sym_verb {
    SYM_VERB_NONE,
#define SYM_VERB_ENUM(name, arguments, answer, roles) SYM_VERB_##name,
    SYM_VERB_LIST(SYM_VERB_ENUM)
#undef SYM_VERB_ENUM
        SYM_VERB_COUNT
};

enum sym_link_state { SYM_LINK_NONE, SYM_LINK_DIALLING, SYM_LINK_LIVE, SYM_LINK_STATE_COUNT };

struct sym_control_request {
    struct sym_span body;
    struct sym_span user;      /* 32 bytes */
    struct sym_span signature; /* 64 bytes */
};

struct sym_control_body {
    struct sym_span node;  /* 32 bytes */
    struct sym_span nonce; /* 16 bytes */
    uint64_t expires_ms;
    uint32_t verb;
    struct sym_span arguments;
};

struct sym_control_reply {
    struct sym_span nonce;
    uint32_t result;
    struct sym_span fault;
    struct sym_span answer;
};

struct sym_empty {
    char unused;
};

struct sym_peer_add {
    struct sym_span cards;
    struct sym_span alias;
    struct sym_span psk; /* 32 bytes or none */
    bool replace_identity;
};

struct sym_peer_name {
    struct sym_span alias;
};

struct sym_peer_secret {
    struct sym_span alias;
    struct sym_span psk; /* 32 bytes; none removes it */
};

struct sym_peer_row {
    struct sym_span alias;
    struct sym_span name;
    uint32_t role;
    struct sym_span id;
    uint64_t serial;
    uint64_t expires_s;
    uint32_t link; /* enum sym_link_state */
    bool has_psk;
    uint64_t link_since_ms; /* wall clock */
    uint64_t bytes_sent;
    uint64_t bytes_received;
    const struct sym_span *endpoints;
    size_t n_endpoints;
    bool expired;
};

struct sym_peer_list {
    const struct sym_peer_row *peers;
    size_t n_peers;
};

struct sym_ping_start {
    struct sym_span alias;
    uint64_t bytes; /* 0: only the round trip */
    uint32_t timeout_ms;
};

struct sym_exchange_name {
    struct sym_span id; /* 16 bytes */
};

struct sym_exchange_row {
    struct sym_span id;
    struct sym_span alias;
    uint32_t kind;
    uint32_t state;  /* enum sym_exchange_state */
    uint32_t result; /* enum sym_err */
    struct sym_span fault;
    uint64_t done;
    uint64_t total;
    uint64_t elapsed_us;
    uint64_t round_trip_us;
    uint64_t bytes_sent;
    uint64_t bytes_received;
    uint32_t stage;
};

struct sym_user_add {
    struct sym_span name;
    uint32_t roles;
    struct sym_span key; /* 32 bytes */
};

struct sym_user_name {
    struct sym_span name;
};

struct sym_user_row {
    struct sym_span name;
    uint32_t roles;
    struct sym_span key;
    uint64_t added_s;
};

struct sym_user_list {
    const struct sym_user_row *users;
    size_t n_users;
};

struct sym_card_renew {
    const struct sym_span *endpoints;
    size_t n_endpoints;
    struct sym_span name;
    uint32_t days;
};

struct sym_card_text {
    struct sym_span text;
};

struct sym_setting {
    struct sym_span name;
    struct sym_span value;
};

struct sym_setting_list {
    const struct sym_setting *settings;
    size_t n_settings;
};

struct sym_process_row {
    struct sym_span name;
    uint32_t pid;
    bool seccomp;
    bool no_new_privs;
    bool not_dumpable;
    bool no_core;
    bool no_capabilities;
    bool own_network;
    bool landlock;
    bool own_root;
};

struct sym_status {
    struct sym_span version;
    struct sym_span name;
    uint32_t role;
    struct sym_span id;
    uint64_t serial;
    uint64_t expires_s;
    struct sym_span listening;
    uint64_t started_ms;
    uint32_t peers;
    uint32_t links;
    uint32_t exchanges;
    uint32_t users;
    const struct sym_process_row *processes;
    size_t n_processes;
    uint64_t refused_connections;
    uint64_t half_open;
    struct sym_span ristretto;
    uint32_t workers;
    const struct sym_span *warnings;
    size_t n_warnings;
    uint64_t store_bytes;
    uint32_t standing_made;     /* own standing lists, */
    uint32_t standing_due;      /* those that are to be made, */
    uint32_t standing_received; /* and those of peers */
    uint64_t standing_bytes;    /* of all */
    uint32_t asker_roles;       /* SYM_USER_… bits of the user who asks */
};

extern const struct sym_message sym_msg_control_request;
extern const struct sym_message sym_msg_control_body;
extern const struct sym_message sym_msg_control_reply;
extern const struct sym_message sym_msg_empty;
extern const struct sym_message sym_msg_peer_add;
extern const struct sym_message sym_msg_peer_name;
extern const struct sym_message sym_msg_peer_secret;
extern const struct sym_message sym_msg_peer_list;
extern const struct sym_message sym_msg_ping_start;
extern const struct sym_message sym_msg_exchange_name;
extern const struct sym_message sym_msg_exchange_state;
extern const struct sym_message sym_msg_user_add;
extern const struct sym_message sym_msg_user_name;
extern const struct sym_message sym_msg_user_list;
extern const struct sym_message sym_msg_card_renew;
extern const struct sym_message sym_msg_card_text;
extern const struct sym_message sym_msg_setting;
extern const struct sym_message sym_msg_setting_list;
extern const struct sym_message sym_msg_process;
extern const struct sym_message sym_msg_status;

struct sym_verb_row {
    const char *name; /* as in logs: "PEER_ADD" */
    const struct sym_message *arguments;
    const struct sym_message *answer;
    unsigned roles; /* bit set of SYM_USER_… that may run it */
};

/* NULL for a verb that does not exist. */
const struct sym_verb_row *sym_verb_row(uint32_t verb);

const char *sym_user_role_text(enum sym_user_role role);
/* "analyst" or "operator,analyst"; SYM_BAD_VALUE for an unknown or empty list. */
SYM_MUST enum sym_err sym_user_roles_parse(unsigned *out, struct sym_span text);
/* Comma-separated; size bytes of room, 64 suffice. */
void sym_user_roles_text(char *out, size_t size, unsigned roles);

/* 1 to 63 characters a-z A-Z 0-9 . _ -, starting with a letter or digit. */
SYM_MUST enum sym_err sym_alias_check(struct sym_span alias);

/* Signs a request of this verb; out receives the ControlRequest. */
SYM_MUST enum sym_err sym_control_sign(uint8_t *out, size_t max, size_t *len,
                                       const struct sym_sign_key *user,
                                       const struct sym_node_id *node,
                                       const uint8_t nonce[SYM_NONCE_BYTES], uint64_t expires_ms,
                                       enum sym_verb verb, const void *arguments);

/* A user whom no command has added: what `symbolon init` left is in the log as an entry of kind
 * USER, with the name as its subject and this as its detail: "ROLES; key HEX". */
#define SYM_INTRODUCTION_BYTES 160u
void sym_introduction_write(char out[SYM_INTRODUCTION_BYTES], unsigned roles,
                            const uint8_t key[SYM_ED25519_BYTES]);
/* SYM_BAD_FORMAT: it is none. */
SYM_MUST enum sym_err sym_introduction_read(unsigned *roles, uint8_t key[SYM_ED25519_BYTES],
                                            struct sym_span detail);

#endif
