/* evidence.h - the messages of the evidence log (evidence.proto): leaves, bodies, and what the
 * command line asks of the log.
 *
 * A leaf is what the tree holds; its body can be erased. Encoded bytes are kept and shown as they
 * are, nobody serialises them again. Spans of a decoded message borrow from its arena.
 */
#ifndef SYM_PROTO_EVIDENCE_H
#define SYM_PROTO_EVIDENCE_H

#include "crypto/sha256_many.h"
#include "proto/exchange.h"

#define SYM_LEAF_VERSION 1u

#define SYM_ENTRY_KIND_LIST(X)                                                                     \
    X(REQUESTED, 1, "requested")                                                                   \
    X(DECIDED, 2, "decided")                                                                       \
    X(CLOSED, 3, "closed")                                                                         \
    X(ABORTED, 4, "aborted")                                                                       \
    X(SETTLED, 5, "settled") /* the other side's close or abort came, or never will */             \
    X(IMPORTED, 6, "imported")                                                                     \
    X(PUBLISHED, 7, "published")                                                                   \
    X(FORGOTTEN, 8, "forgotten")                                                                   \
    X(DROPPED, 9, "dropped")                                                                       \
    X(GRANT, 10, "grant")                                                                          \
    X(PEER, 11, "peer")                                                                            \
    X(USER, 12, "user")                                                                            \
    X(SETTING, 13, "setting")                                                                      \
    X(CARD, 14, "card")                                                                            \
    X(BUDGET, 15, "budget")                                                                        \
    X(ERASED, 16, "bodies-erased")                                                                 \
    X(REPORT, 17, "report")                                                                        \
    X(STARTED, 18, "started")                                                                      \
    X(RESTORED, 19, "restored")                                                                    \
    X(REFUSED, 20, "refused")   /* what was asked, by a user or a peer, and not done */            \
    X(WITNESS, 21, "witness")   /* of another node's log: split, shorter, restored */              \
    X(APPROVAL, 22, "approval") /* an approver decided */                                          \
    X(RESULT, 23, "result")     /* a result was forgotten */                                       \
    X(BACKUP, 24, "backup")

enum sym_entry_kind {
#define SYM_ENTRY_KIND_ENUM(name, number, text) SYM_ENTRY_##name = number,
    SYM_ENTRY_KIND_LIST(SYM_ENTRY_KIND_ENUM)
#undef SYM_ENTRY_KIND_ENUM
};
#define SYM_ENTRY_KIND_MAX 63u

#define SYM_WITNESS_STATE_LIST(X)                                                                  \
    X(NEW, "new")           /* nothing is known of its log yet */                                  \
    X(GOOD, "good")         /* each head extends the one before */                                 \
    X(UNPROVEN, "unproven") /* a head whose proof is missing; asked for */                         \
    X(SHORTER, "shorter")   /* shows a smaller log than it has shown */                            \
    X(SPLIT, "split")       /* has signed two logs that contradict each other */

enum sym_witness_state {
#define SYM_WITNESS_STATE_ENUM(name, text) SYM_WITNESS_##name,
    SYM_WITNESS_STATE_LIST(SYM_WITNESS_STATE_ENUM)
#undef SYM_WITNESS_STATE_ENUM
        SYM_WITNESS_STATE_COUNT
};

#define SYM_FINDING_LIST(X)                                                                        \
    X(MISSING_HERE, 1, "there, but not here")                                                      \
    X(MISSING_THERE, 2, "here, but not there")                                                     \
    X(NOT_PROVEN, 3, "shown there, but not in the log there")                                      \
    X(DIFFERENT, 4, "told differently by the two sides")                                           \
    X(TRANSCRIPT, 5, "the transcripts differ")                                                     \
    X(OPEN, 6, "one side has not closed it")                                                       \
    X(PREFIX, 7, "cut off: one side saw the beginning of what the other sent")

enum sym_finding_code {
#define SYM_FINDING_ENUM(name, number, text) SYM_FINDING_##name = number,
    SYM_FINDING_LIST(SYM_FINDING_ENUM)
#undef SYM_FINDING_ENUM
};

/* The event of an entry that counts requests of a peer which are not in the log one by one. */
#define SYM_EVENT_NOT_RECORDED "requests-not-recorded"

/* The event of an entry about a page of results: its subject is the SHA-256 of the file, its detail
 * the ids of the exchanges that are on it. */
#define SYM_EVENT_REPORT_MADE "report-made"

/* Texts of the numbers; "unknown" for one that is none. */
const char *sym_entry_kind_text(uint32_t kind);
const char *sym_witness_state_text(uint32_t state);
const char *sym_finding_text(uint32_t code);

struct sym_leaf {
    uint32_t version;
    uint64_t time_ms;
    uint32_t kind;
    struct sym_span exchange_id; /* 16 bytes or none */
    struct sym_span initiator;   /* 32 bytes or none, as all that follow */
    struct sym_span responder;
    struct sym_span commitment; /* 32 bytes */
};

struct sym_entry_body {
    struct sym_span event;
    struct sym_span user;
    struct sym_span approver;
    struct sym_span subject;
    struct sym_span detail;
    struct sym_span alias;
    uint32_t role;
    uint32_t exchange_kind;
    uint32_t purpose;
    uint32_t basis;
    uint32_t type;
    uint32_t decision;
    uint32_t reason;
    struct sym_span mine;
    struct sym_span theirs;
    struct sym_span case_ref;
    struct sym_span note;
    uint32_t own_size;
    uint32_t peer_size;
    uint64_t bytes_sent;
    uint64_t bytes_received;
    struct sym_span handle; /* 16 bytes or none */
    const struct sym_commitments *commitments;
    struct sym_span salts; /* 128 bytes or none */
    const struct sym_transcript *sent;
    const struct sym_transcript *received;
    struct sym_span request;
    struct sym_span receipt;
    struct sym_span statement;
    struct sym_span peer_statement;
    struct sym_span command;
    struct sym_span command_hash; /* 32 bytes or none */
    struct sym_span approval;
    struct sym_span checkpoint;
    uint64_t count;
    uint32_t rule;
};

struct sym_log_head {
    struct sym_span origin;
    uint32_t generation;
    uint64_t size;
    struct sym_span root;
    struct sym_span checkpoint;
    struct sym_span node;
    struct sym_span log_key;
    struct sym_span cosign_key;
    bool frozen;
    struct sym_span fault;
    struct sym_span cosigned;
};

struct sym_log_query {
    uint32_t generation;
    uint64_t first;
    uint32_t most;
    uint64_t from_ms;
    uint64_t until_ms;
    uint64_t kinds;
    struct sym_span peer;        /* 32 bytes or none */
    struct sym_span exchange_id; /* 16 bytes or none */
    bool bodies;
};

struct sym_log_row {
    uint64_t index;
    struct sym_span leaf; /* none when the store has lost it */
    struct sym_span salt; /* 32 bytes or none */
    struct sym_span body;
    bool erased;
};

struct sym_log_list {
    const struct sym_log_row *rows;
    size_t n_rows;
    uint64_t next;
    bool more;
    uint64_t size;
    uint32_t later; /* the generation after this one; 0: it is the present one */
};

struct sym_tile_query {
    uint32_t generation;
    uint32_t level;
    uint64_t number;
    uint32_t width;
};

struct sym_tile {
    struct sym_span hashes; /* 32 bytes each */
};

struct sym_proof_query {
    uint32_t generation;
    uint64_t index;
    uint64_t size;
    uint64_t from;
};

struct sym_log_proof {
    uint64_t index;
    uint64_t size;
    struct sym_span leaf;
    const struct sym_span *inclusion; /* of 32 bytes */
    size_t n_inclusion;
    const struct sym_span *consistency; /* of 32 bytes */
    size_t n_consistency;
    struct sym_span checkpoint;
};

struct sym_release_evidence {
    uint64_t index;
    uint64_t size;
    struct sym_span leaf;
    const struct sym_span *inclusion; /* of 32 bytes */
    size_t n_inclusion;
    struct sym_span salt; /* 32 bytes */
    struct sym_span body;
    struct sym_span checkpoint;
    uint32_t generation;
};

struct sym_witness_row {
    struct sym_span alias;
    struct sym_span peer; /* 32 bytes */
    struct sym_span checkpoint;
    uint64_t size;
    uint64_t cosigned;
    uint64_t ours;
    uint32_t state;
    struct sym_span fault;
    uint64_t since_ms;
    uint32_t open;
    struct sym_span card; /* text */
};

struct sym_witness_list {
    const struct sym_witness_row *witnesses;
    size_t n_witnesses;
};

struct sym_witness_query {
    struct sym_span alias;
};

struct sym_exhibit {
    struct sym_span text;
};

struct sym_report_made {
    const struct sym_span *exchanges; /* of 16 bytes */
    size_t n_exchanges;
    struct sym_span hash; /* 32 bytes */
    uint64_t size;
};

/* In the place of a date: all until now, also what carries a time that is still to come. */
#define SYM_LOG_ERASE_ALL ((uint64_t)INT64_MAX)

struct sym_log_erase {
    uint64_t before_ms;
};

struct sym_log_erased {
    uint64_t bodies;
};

struct sym_compare_start {
    struct sym_span alias;
    uint32_t timeout_ms;
};

struct sym_compare_query {
    struct sym_span id; /* 16 bytes */
    uint64_t first;
};

struct sym_finding {
    uint32_t code;
    struct sym_span exchange_id;
    uint64_t index_here;
    uint64_t index_there;
    struct sym_span text;
    uint32_t generation_here; /* of the own log; 0: the present one */
};

struct sym_compare_page {
    bool done;
    uint64_t exchanges;
    uint64_t entries;
    const struct sym_finding *findings;
    size_t n_findings;
    bool more;
    uint64_t untold;
    uint64_t lost_here;
    uint64_t lost_there;
    uint64_t unrecorded;
    uint64_t denied;
    struct sym_span waiting;   /* why it has not begun */
    uint32_t generation_there; /* of the log that the other side has shown */
};

struct sym_telling {
    const struct sym_evidence *evidence;
    struct sym_span salt; /* 32 bytes or none */
    struct sym_span body;
    struct sym_span statement;
    struct sym_span wants; /* 8 bytes each */
    bool last;
};

struct sym_compare_ask {
    uint64_t first;
};

struct sym_compare_entry {
    uint64_t index;
    struct sym_span leaf;
    const struct sym_span *inclusion; /* of 32 bytes */
    size_t n_inclusion;
    struct sym_span statement;
};

struct sym_compare_show {
    const struct sym_evidence *evidence;
    const struct sym_compare_entry *entries;
    size_t n_entries;
    uint64_t next;
    bool last;
};

extern const struct sym_message sym_msg_telling;
extern const struct sym_message sym_msg_compare_ask;
extern const struct sym_message sym_msg_compare_show;
extern const struct sym_message sym_msg_leaf;
extern const struct sym_message sym_msg_entry_body;
extern const struct sym_message sym_msg_log_head;
extern const struct sym_message sym_msg_log_query;
extern const struct sym_message sym_msg_log_list;
extern const struct sym_message sym_msg_tile_query;
extern const struct sym_message sym_msg_tile;
extern const struct sym_message sym_msg_proof_query;
extern const struct sym_message sym_msg_log_proof;
extern const struct sym_message sym_msg_release_evidence;
extern const struct sym_message sym_msg_witness_list;
extern const struct sym_message sym_msg_witness_query;
extern const struct sym_message sym_msg_exhibit;
extern const struct sym_message sym_msg_report_made;
extern const struct sym_message sym_msg_log_erase;
extern const struct sym_message sym_msg_log_erased;
extern const struct sym_message sym_msg_compare_start;
extern const struct sym_message sym_msg_compare_query;
extern const struct sym_message sym_msg_compare_page;

/* SHA-256 over "symbolon-body-1", salt and body: the commitment of a leaf. */
SYM_MUST enum sym_err sym_body_commit(uint8_t out[SYM_HASH_BYTES],
                                      const uint8_t salt[SYM_HASH_BYTES], struct sym_span body);
/* The same for n of them: salted[i] is a salt and the body behind it. */
SYM_MUST enum sym_err sym_body_commit_many(uint8_t (*out)[SYM_HASH_BYTES],
                                           const struct sym_sha256_many *m,
                                           const struct sym_span *salted, size_t n);

#endif
