/* table.h - overlap tables: on exactly which of 3 to 16 lists is a record? What all parts of the
 * protocol agree on (design of this project). Parties: contributors, each with one list, by their
 * place in the cohort; a tallier T, whose place is the number of contributors, who has no list and
 * has nothing evaluated; the asker, who may contribute, and never tallies.
 *
 *     asker            contributor i                    contributor j           tallier T
 *     overlap:table, one exchange with each other party (table_lead.h, table_member.h)
 *              <----   CONSENT   signed: Y = k * B, announced elements, epoch
 *     CONSENTS ---->   all of them, verified by each
 *              <----   READY     their hash
 *     GO       ---->   once all are ready
 *     overlap:evaluate, between each two contributors, either way (table_list.h, table_owner.h,
 *     table_evaluator.h)
 *                      ASK       r * H(x)    ---->
 *                                            <----    ANSWER  k * (r * H(x)), proof, signed
 *     overlap:rows, each contributor to T (table_rows.h, table_tally.h)
 *                      debits its budget (dp), then
 *                      ROWS …, END           ---->                              counts
 *                                            <----                              RELEASE signed
 *     overlap:table again
 *              <----   CAME      how much of what is awaited of each has come, at any time after GO
 *              <----   DONE      hash of the release        <---- RELEASE from T
 *     close    <--->   close     or, at any time, FAILED either way: whose doing, and what
 *
 * K is the sum of all k. E(x) = 1/r * sum of all k * (r * H(x)) = K * H(x); no subset of the
 * parties can compute it without an evaluation by each other contributor, of which there are as
 * many as are announced. A row is SHA-512("symbolon-table-1" | qid | digest of the token | E)[:16]:
 * without the digest an evaluator could turn one row into another.
 *
 * One r for a list and table, not one for each pair: it halves the work (n + 2 multiplications for
 * each element, not 3 n - 2), and what one evaluator receives is the same: each element once. Two
 * that compare see that they were asked the same by the same owner in the same table, which they
 * know. Between tables and owners nothing repeats, as each draws its own r.
 *
 * A payload is 1 byte of type and what table_frames.h says. The query id binds what was asked:
 * qid = SHA-256(domain | table (16) | asker (32) | SHA-256(cohort) | tallier (32) |
 * n (4) | type (4) | type version (4) | canon version (4) | mode (4) | epsilon (8) |
 * SHA-256(dataset) | purpose (4) | basis (4)), domain "symbolon-table-qid-1" (exact) or
 * "symbolon-table-qid-2" (dp, whose suite is 2: nobody agrees with a party that makes other noise).
 * The consents hash: SHA-256 of the content of CONSENTS, which holds all of them as they were
 * signed.
 *
 * The release: exact counts, or (dp) counts with discrete Laplace noise of sensitivity 4, and no
 * cell below the threshold. Protected is which records a list holds, not how many: announced sizes
 * are public. So neighbours are lists of one size, one of which holds y where the other holds x,
 * and each of the two moves from one cell to another. (Sensitivity 2 is right where one list holds
 * a record more, but then the announced sizes tell them apart, whatever the noise.) Lists without
 * any record make a table of zeros (exact), or one in which all is suppressed (dp), which is
 * nothing. Pure.
 */
#ifndef SYM_PROTO_TABLE_H
#define SYM_PROTO_TABLE_H

#include "crypto/ristretto.h"
#include "proto/table_message.h"

#define SYM_TABLE_SENSITIVITY 4u
#define SYM_TABLE_TAG_BYTES   16u

struct sym_table_party {
    uint8_t id[SYM_HASH_BYTES];          /* node id */
    uint8_t identity[SYM_ED25519_BYTES]; /* verifies what it signs */
};

/* What is asked, of all the same. No pointers: it is copied. */
struct sym_table_question {
    uint8_t table[SYM_EXCHANGE_ID_BYTES];
    uint8_t asker[SYM_HASH_BYTES];
    uint32_t n;                                            /* contributors */
    struct sym_table_party parties[SYM_TABLE_PARTIES_MAX]; /* by id, ascending; then the tallier */
    uint32_t type;
    uint32_t type_version;
    uint32_t canon_version;
    uint32_t mode; /* enum sym_table_mode */
    uint64_t epsilon_nano;
    char dataset[SYM_DATASET_BYTES_MAX + 1u];
    uint32_t purpose;
    uint32_t basis;
};

/* Places that are no party's. */
#define SYM_TABLE_ASKER  254u
#define SYM_TABLE_NOBODY 255u

/* Can this be asked? Cohort (n, ascending, no tallier in it), tallier (not the asker), type, mode
 * and epsilon (a whole noise table has limits): SYM_BAD_VALUE, SYM_UNSUPPORTED (suite), and the
 * fault says it in words that fit into the remark of a denial. Parameters come decoded. */
SYM_MUST enum sym_err sym_table_check(const struct sym_overlap_table *asked,
                                      const uint8_t asker[SYM_HASH_BYTES], struct sym_fault *fault);
/* Fills everything but identities (of the cohort and the tallier), dataset, purpose and basis.
 * Parameters that were checked. */
void sym_table_question_from(struct sym_table_question *out, const struct sym_overlap_table *asked,
                             const uint8_t asker[SYM_HASH_BYTES]);
/* The parameters of this question; cohort is room for the ids, spans borrow from both. */
void sym_table_parameters(struct sym_overlap_table *out,
                          uint8_t cohort[SYM_TABLE_LISTS_MAX * SYM_HASH_BYTES],
                          const struct sym_table_question *q);
SYM_MUST enum sym_err sym_table_qid(uint8_t out[SYM_HASH_BYTES],
                                    const struct sym_table_question *q);
/* The place of a node, of the tallier too; SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_table_place(uint32_t *out, const struct sym_table_question *q,
                                      const uint8_t id[SYM_HASH_BYTES]);
/* 2^n - 1. */
uint32_t sym_table_cells(uint32_t n);

/* What all have agreed on, by place; made by a member once it has verified all consents. */
struct sym_table_consented {
    struct sym_element key; /* Y */
    uint32_t elements;
    uint64_t epoch;
};

struct sym_table_agreed {
    const struct sym_table_question *question;
    uint32_t place; /* own */
    uint8_t qid[SYM_HASH_BYTES];
    uint8_t consents_hash[SYM_HASH_BYTES];
    struct sym_table_consented consented[SYM_TABLE_PARTIES_MAX];
    struct sym_span consents;            /* as they were signed: what the hash is of */
    struct sym_secret secret;            /* k; of the tallier none */
    const struct sym_sign_key *identity; /* own, borrowed */
};

/* Who did what: what FAILED says, and every machine here when it ends too early. */
#define SYM_TABLE_CAUSE_LIST(X)                                                                    \
    X(NONE, 0, "nothing failed")                                                                   \
    X(CONSENT, 1, "sent a consent that does not fit")                                              \
    X(CONSENTS, 2, "sent a list of consents that does not fit")                                    \
    X(TERMS, 3, "announced a list of a size that no grant allows")                                 \
    X(ELEMENT, 4, "sent what is no group element")                                                 \
    X(REPEATED, 5, "sent something twice")                                                         \
    X(COUNT, 6, "sent another number of elements or rows than it announced")                       \
    X(SIGNATURE, 7, "sent what it has not signed")                                                 \
    X(PROOF, 8, "answered with another secret than it consented with")                             \
    X(ROWS, 9, "sent rows that are not in order")                                                  \
    X(RELEASE, 10, "released a table that does not fit")                                           \
    X(RELEASES, 11, "released one table to some and another to others")                            \
    X(LATE, 12, "did not answer in time")                                                          \
    X(GONE, 13, "broke off, or was lost")                                                          \
    X(PROTOCOL, 14, "sent what was not its turn, or is no message")                                \
    X(BUDGET, 15, "could not debit its privacy budget")                                            \
    X(OTHER, 16, "could not go on, for a reason of its own")                                       \
    X(DENIED, 17, "denied it, or wants an approver to decide first")                               \
    X(NO_ROWS, 18, "did not give all rows in time")

enum sym_table_cause {
#define SYM_TABLE_CAUSE_ENUM(name, number, text) SYM_TABLE_CAUSE_##name = number,
    SYM_TABLE_CAUSE_LIST(SYM_TABLE_CAUSE_ENUM)
#undef SYM_TABLE_CAUSE_ENUM
        SYM_TABLE_CAUSE_END
};

/* "did not answer in time"; "unknown" for a number that is no cause. */
const char *sym_table_cause_text(uint32_t cause);

struct sym_table_failure {
    uint32_t place; /* of the culprit, or SYM_TABLE_ASKER, SYM_TABLE_NOBODY */
    enum sym_table_cause cause;
    uint32_t said_by; /* place of who says so; SYM_TABLE_NOBODY: seen by this node itself */
    uint32_t awaited; /* too late, and nobody can be named: bit set of places, or 0 */
};

/* A release, from the payload or file in which it lies: signature (64) | TableRelease. Checks the
 * signature of the tallier and that it fits what was agreed. SYM_BAD_SIGNATURE, SYM_BAD_VALUE,
 * those of codec.h. arena must be empty. */
SYM_MUST enum sym_err sym_table_release_open(struct sym_arena *arena, struct sym_table_release *out,
                                             struct sym_span bytes,
                                             const struct sym_table_agreed *agreed);
/* SHA-256 of the message without its signature: what closes and the log name. */
SYM_MUST enum sym_err sym_table_release_hash(uint8_t out[SYM_HASH_BYTES], struct sym_span bytes);
/* Counts of all cells, cell 1 first: sym_table_cells(n) of them. */
SYM_MUST enum sym_err sym_table_counts(uint64_t *counts, size_t n_counts,
                                       const struct sym_table_release *r);

/* Does this TableExhibit prove that the node with this identity key answered with another secret
 * than it had consented with? SYM_OK: it does. SYM_DENIED: what it signed is right. Others: it is
 * nothing that it signed. */
SYM_MUST enum sym_err sym_table_exhibit_check(struct sym_span exhibit,
                                              const uint8_t identity[SYM_ED25519_BYTES],
                                              const struct sym_ristretto *with);

struct sym_table_progress {
    uint64_t done;
    uint64_t total;
};

/* Where a table stands, for who watches it. */
#define SYM_TABLE_STAGE_LIST(X)                                                                    \
    X(NONE, "")                                                                                    \
    X(AGREEING, "asking all parties to agree")                                                     \
    X(EVALUATING, "having all lists evaluated, frames")                                            \
    X(COUNTING, "waiting for all rows and the tallier's count, lists")                             \
    X(ENDING, "telling all parties of the end")

enum sym_table_stage {
#define SYM_TABLE_STAGE_ENUM(name, text) SYM_TABLE_STAGE_##name,
    SYM_TABLE_STAGE_LIST(SYM_TABLE_STAGE_ENUM)
#undef SYM_TABLE_STAGE_ENUM
        SYM_TABLE_STAGE_COUNT
};

/* "" for a number that is none. */
const char *sym_table_stage_text(uint32_t stage);

enum sym_table_step { SYM_TABLE_WAIT, SYM_TABLE_DATA, SYM_TABLE_CLOSE };

#endif
