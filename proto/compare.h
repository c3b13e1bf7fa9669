/* compare.h - does another node's log tell the same of the exchanges with it as the own one?
 *
 * The node that asks puts in its own entries about the other, with their bodies, and the entries
 * that the other shows, each with a proof in a head of its log. Matched by exchange id they must
 * fit: both sides have what a signed message of either rests on, the same two nodes, ends that were
 * told by both, transcripts that are mirror images (of an exchange that was cut off, one may be the
 * beginning of the other). What the own bodies hold as proof of an entry there (its index and leaf,
 * in the evidence of a signed message) must still be there, as it was.
 *
 * Left out are exchanges that were going on when the comparison began, and a request that nothing
 * shows to have arrived. Counted, and not compared, are exchanges that a log lost when it was begun
 * again (a restore): of the own one those between the end of one generation and the beginning of
 * the next, of the other side's all from before its present one; and requests of the other side
 * that ended with its decision and are not here: those that are denied beyond an allowance are
 * counted by this log, not recorded one by one. What is going on is told by own entries, as the
 * other side's times are what it says: one that is later than the clock of this side allows counts
 * for nothing. Memory: some 300 bytes for each own entry and none for those of the other side,
 * which may show what it likes. Sans-IO; the clock is an argument. Errors: SYM_NO_MEMORY, SYM_LIMIT
 * (more than SYM_COMPARED_MAX own entries, exchanges, statements or proofs), those of codec.h,
 * SYM_WRONG_STATE.
 */
#ifndef SYM_PROTO_COMPARE_H
#define SYM_PROTO_COMPARE_H

#include "proto/statement.h"
#include "proto/witness.h"

struct sym_compare;

/* What the own log lost: from the last entry that is there of one generation to the first of the
 * next, wall clock. */
#define SYM_COMPARE_GAPS 8u
struct sym_compare_gap {
    uint64_t from_ms;
    uint64_t until_ms;
};

struct sym_compare_plan {
    struct sym_node_id self;
    struct sym_node_id peer;
    uint8_t peer_identity[SYM_ED25519_BYTES];
    uint8_t own_identity[SYM_ED25519_BYTES];
    const uint8_t *exchange_id; /* of the comparison itself, which is left out; NULL: none */
    uint64_t began_ms;          /* wall clock */
    uint64_t own_size;          /* entries of the own log when it began */
    uint64_t since_ms;          /* time of the first own entry, of whatever generation */
    struct sym_compare_gap gaps[SYM_COMPARE_GAPS];
    size_t n_gaps;
};

/* The plan is copied. SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_compare_new(struct sym_compare **out,
                                      const struct sym_compare_plan *plan);
void sym_compare_free(struct sym_compare *c);

/* The own entries that follow are of this earlier generation; 0, as at first: of the present one.
 */
void sym_compare_own_log(struct sym_compare *c, uint32_t generation);
/* An own entry; body is none when it was erased. In ascending order. */
SYM_MUST enum sym_err sym_compare_own(struct sym_compare *c, uint64_t index, struct sym_span leaf,
                                      struct sym_span body);
/* There are no more own ones: once, as soon as that is known. What the other side shows before is
 * kept; SYM_LIMIT when that is far more than there are own ones. */
SYM_MUST enum sym_err sym_compare_own_end(struct sym_compare *c);
/* The head that the other side's entries are proven in, and the time of the first entry of that
 * log; once, before them. */
SYM_MUST enum sym_err sym_compare_head(struct sym_compare *c, const struct sym_shown *head,
                                       uint64_t since_ms);
/* One that the other side shows. What is wrong with it becomes a finding; SYM_BAD_VALUE when they
 * do not ascend, or it is no leaf at all. */
SYM_MUST enum sym_err sym_compare_theirs(struct sym_compare *c,
                                         const struct sym_compare_entry *entry);

/* All are in: matches them. At most SYM_COMPARE_FINDINGS_MAX findings are listed. */
struct sym_compared_finding {
    enum sym_finding_code code;
    uint8_t exchange_id[SYM_EXCHANGE_ID_BYTES];
    uint64_t index_here; /* + 1; 0: none */
    uint64_t index_there;
    uint32_t generation_here; /* of the own log; 0: the present one */
    const char *text;         /* literal */
};
SYM_MUST enum sym_err sym_compare_finish(struct sym_compare *c);
const struct sym_compared_finding *sym_compare_findings(const struct sym_compare *c, size_t *n);

struct sym_compare_counts {
    uint64_t exchanges; /* that were compared */
    uint64_t untold;  /* of them, ended by both, without a word to compare (erased, or not shown) */
    uint64_t entries; /* of the other side, proven */
    uint32_t generation_there; /* of the log that the other side has shown */
    uint64_t lost_here;        /* not compared: lost when the own log was begun again */
    uint64_t lost_there;
    uint64_t unrecorded; /* not compared: asked by the other side, decided, and not here */
    uint64_t denied;     /* requests of it that this log counts as not recorded one by one */
};
struct sym_compare_counts sym_compare_counts(const struct sym_compare *c);

#endif
