/* exchange.h - the messages every exchange between two cores is made of: signed request, signed
 * receipt, close, abort (exchange.proto), and the code lists that travel in them.
 *
 * What is signed is a domain string and the exact bytes of Signed.body; nothing serialises a body
 * twice. Spans of a decoded message borrow from its arena.
 */
#ifndef SYM_PROTO_EXCHANGE_H
#define SYM_PROTO_EXCHANGE_H

#include "crypto/identity.h"
#include "proto/codec.h"
#include "proto/limits.h"

#define SYM_EXCHANGE_VERSION 1u

#define SYM_KIND_LIST(X)                                                                           \
    X(PING, 1, "ping")                                                                             \
    X(OVERLAP_MATCHES, 2, "overlap:matches")                                                       \
    X(OVERLAP_COUNT, 3, "overlap:count")                                                           \
    X(OVERLAP_TABLE, 4, "overlap:table")                                                           \
    X(TABULATE, 5, "tabulate")                                                                     \
    X(WITNESS, 6, "witness")                                                                       \
    X(COMPARE, 7, "compare")                                                                       \
    X(OVERLAP_EVALUATE, 8, "overlap:evaluate")                                                     \
    X(OVERLAP_ROWS, 9, "overlap:rows")

#define SYM_PURPOSE_LIST(X)                                                                        \
    X(NONE, 0, "none")                                                                             \
    X(AML, 1, "aml")                                                                               \
    X(CFT, 2, "cft")                                                                               \
    X(TRAFFICKING, 3, "trafficking")                                                               \
    X(SAFEGUARDING, 4, "safeguarding")                                                             \
    X(MISSING_PERSON, 5, "missing-person")                                                         \
    X(STATISTICS, 6, "statistics")                                                                 \
    X(TEST, 7, "test")

#define SYM_BASIS_LIST(X)                                                                          \
    X(NONE, 0, "none")                                                                             \
    X(CONSENT, 1, "consent")                                                                       \
    X(LEGAL_OBLIGATION, 2, "legal-obligation")                                                     \
    X(PUBLIC_TASK, 3, "public-task")                                                               \
    X(VITAL_INTEREST, 4, "vital-interest")                                                         \
    X(LEGITIMATE_INTEREST, 5, "legitimate-interest")                                               \
    X(314B, 6, "314b")                                                                             \
    X(AGREEMENT, 7, "agreement")

#define SYM_DECISION_LIST(X)                                                                       \
    X(GRANTED, 1, "granted")                                                                       \
    X(HELD, 2, "held")                                                                             \
    X(DENIED, 3, "denied")

#define SYM_REASON_LIST(X)                                                                         \
    X(NONE, 0, "none")                                                                             \
    X(POLICY, 1, "no grant allows it as asked")                                                    \
    X(LIMIT, 2, "a limit of the grant is reached")                                                 \
    X(APPROVER, 3, "an approver denied it")                                                        \
    X(UNSUPPORTED, 4, "the other side cannot do this kind of exchange")                            \
    X(BUSY, 5, "too many exchanges at once")                                                       \
    X(PROTOCOL, 6, "protocol failure")                                                             \
    X(CANCELLED, 7, "cancelled by its user")                                                       \
    X(TIMEOUT, 8, "took longer than allowed")                                                      \
    X(LINK_LOST, 9, "the link was lost")                                                           \
    X(FAULT, 10, "a fault at the other side")                                                      \
    X(EVIDENCE, 11, "the evidence does not fit")                                                   \
    X(UNREADY, 12, "it cannot take part now")                                                      \
    X(BUDGET, 13, "its privacy budget does not suffice")                                           \
    X(TERMS, 14, "it does not take part on these terms")                                           \
    X(SHARES, 15, "shares for it do not open; preshared keys of participants may differ")

#define SYM_CODE_ENUM(prefix, name, number, text) prefix##name = number,
enum sym_kind {
#define SYM_ROW(name, number, text) SYM_CODE_ENUM(SYM_KIND_, name, number, text)
    SYM_KIND_LIST(SYM_ROW)
#undef SYM_ROW
};
enum sym_purpose {
#define SYM_ROW(name, number, text) SYM_CODE_ENUM(SYM_PURPOSE_, name, number, text)
    SYM_PURPOSE_LIST(SYM_ROW)
#undef SYM_ROW
};
enum sym_basis {
#define SYM_ROW(name, number, text) SYM_CODE_ENUM(SYM_BASIS_, name, number, text)
    SYM_BASIS_LIST(SYM_ROW)
#undef SYM_ROW
};
enum sym_decision {
#define SYM_ROW(name, number, text) SYM_CODE_ENUM(SYM_DECISION_, name, number, text)
    SYM_DECISION_LIST(SYM_ROW)
#undef SYM_ROW
};
enum sym_reason {
#define SYM_ROW(name, number, text) SYM_CODE_ENUM(SYM_REASON_, name, number, text)
    SYM_REASON_LIST(SYM_ROW)
#undef SYM_ROW
};

/* Texts of the codes; "unknown" for a number that is none. */
const char *sym_kind_text(uint32_t kind);
const char *sym_purpose_text(uint32_t purpose);
const char *sym_basis_text(uint32_t basis);
const char *sym_decision_text(uint32_t decision);
const char *sym_reason_text(uint32_t reason);

struct sym_signed {
    struct sym_span body;
    struct sym_span signature; /* 64 bytes */
};

struct sym_evidence {
    struct sym_span checkpoint;
    uint64_t consistent_from;
    const struct sym_span *consistency; /* of 32 bytes */
    size_t n_consistency;
    struct sym_span leaf;
    uint64_t leaf_index;
    const struct sym_span *inclusion; /* of 32 bytes */
    size_t n_inclusion;
    struct sym_span known;
    struct sym_span cosignature;
    struct sym_span prefix_root; /* 32 bytes or none */
};

/* 32 bytes each, or none. */
struct sym_commitments {
    struct sym_span case_ref;
    struct sym_span note;
    struct sym_span user;
    struct sym_span approver;
};

struct sym_transcript {
    uint64_t frames;
    struct sym_span hash; /* 32 bytes */
};

struct sym_request {
    uint32_t version;
    struct sym_span exchange_id;
    struct sym_span initiator;
    struct sym_span responder;
    uint64_t issued_ms;
    uint64_t expires_ms;
    struct sym_span ephemeral;
    struct sym_span exporter;
    uint32_t kind;
    uint32_t purpose;
    uint32_t basis;
    struct sym_span dataset;
    struct sym_span parameters;
    const struct sym_commitments *commitments;
    const struct sym_evidence *evidence;
};

struct sym_receipt {
    uint32_t version;
    struct sym_span exchange_id;
    struct sym_span initiator;
    struct sym_span responder;
    struct sym_span request_hash;
    uint64_t issued_ms;
    uint64_t expires_ms;
    struct sym_span ephemeral;
    struct sym_span exporter;
    uint32_t decision;
    uint32_t reason;
    struct sym_span remark;
    struct sym_span parameters;
    const struct sym_commitments *commitments;
    const struct sym_evidence *evidence;
};

struct sym_close {
    uint32_t version;
    struct sym_span exchange_id;
    struct sym_span initiator;
    struct sym_span responder;
    struct sym_span closer;
    uint64_t closed_ms;
    struct sym_span request_hash;
    struct sym_span receipt_hash;
    const struct sym_transcript *sent;
    const struct sym_transcript *received;
    struct sym_span consents_hash; /* 32 bytes or none */
    struct sym_span release_hash;  /* 32 bytes or none */
    const struct sym_evidence *evidence;
};

struct sym_abort {
    uint32_t version;
    struct sym_span exchange_id;
    struct sym_span initiator;
    struct sym_span responder;
    struct sym_span aborter;
    uint64_t aborted_ms;
    struct sym_span request_hash;
    struct sym_span receipt_hash; /* 32 bytes or none */
    const struct sym_transcript *sent;
    const struct sym_transcript *received;
    uint32_t reason;
    struct sym_span remark;
    const struct sym_evidence *evidence;
};

struct sym_ping {
    uint64_t bytes;
};

struct sym_overlap {
    uint32_t engine;
    uint32_t suite;
    uint32_t type_version;
    uint32_t canon_version;
    uint32_t type;
    uint32_t set_size;
    uint32_t engines;
    struct sym_span epoch; /* 16 bytes or none: of the standing list that the initiator holds */
};

struct sym_overlap_answer {
    uint32_t set_size;
    uint32_t min_result;
    uint32_t engine;
    uint32_t why;
    struct sym_span epoch; /* 16 bytes or none: of the standing list, as what follows */
    uint32_t bits;
    bool sends_list;
};

extern const struct sym_message sym_msg_signed;
extern const struct sym_message sym_msg_evidence;
extern const struct sym_message sym_msg_commitments;
extern const struct sym_message sym_msg_transcript;
extern const struct sym_message sym_msg_request;
extern const struct sym_message sym_msg_receipt;
extern const struct sym_message sym_msg_close;
extern const struct sym_message sym_msg_abort;
extern const struct sym_message sym_msg_ping;
extern const struct sym_message sym_msg_overlap;
extern const struct sym_message sym_msg_overlap_answer;

/* Encodes value as a body, signs it under domain and encodes the Signed message around it, which
 * has at most SYM_SIGNED_BYTES_MAX bytes. */
SYM_MUST enum sym_err sym_signed_write(uint8_t *out, size_t max, size_t *len,
                                       const struct sym_message *message, const void *value,
                                       const struct sym_sign_key *key, const char *domain);

/* Decodes a Signed message of at most SYM_SIGNED_BYTES_MAX bytes, verifies it, then decodes the
 * body into value (arena must be empty). Errors: those of codec.h, SYM_BAD_SIGNATURE. */
SYM_MUST enum sym_err sym_signed_read(struct sym_arena *arena, void *value,
                                      const struct sym_message *message, struct sym_span bytes,
                                      const uint8_t key[SYM_ED25519_BYTES], const char *domain);

#endif
