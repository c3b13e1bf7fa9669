/* tabulate.h - joint tabulation: what all parts of the protocol agree on. Secure aggregation with
 * double masks over the full graph (Bonawitz et al., CCS 2017), after design of this project; the
 * machines are tab_member.h (every participant) and tab_lead.h (the initiator, who relays, adds and
 * releases, and learns no more than the release).
 *
 *     lead                                     member i
 *     PROPOSE    query                  ---->  checks cohort, cube, parameters, own budget
 *                                       <----  CONSENT     signed: two fresh keys, H(b), epoch
 *     CONSENTS   all of them            ---->  at least t, each verified
 *                                       <----  SHARES      signed: a sealed box for each other
 *     BOXES      those for i            ---->  all open, or it aborts unspent
 *     SEND                              ---->  debits its budget durably, then
 *                                       <----  TILE …      x + noise + PRG(b) + sum of PRG(pair)
 *                                       <----  VECTOR      signed: hash of all tiles
 *     SURVIVORS  U and their hashes     ---->  lists i with its hash, |U| >= max(t, minimum)
 *                                       <----  SIGNATURE   over exactly these bytes
 *     SIGNATURES at least t             ---->  writes down that it unmasks, once per query id
 *                                       <----  UNMASK      signed: a share of b or of s of each
 *     RELEASE    head, CELLS …          ---->  hashes fit; keeps it
 *                                       <----  KEPT        signature over its hash
 *     close                             <--->  close
 *
 * A payload is 1 byte of type and what tab_frames.h says. Consents may be fewer than the cohort,
 * but not below t, which follows from the cohort: who is away when it begins does not keep the
 * others from it. Who drops out after the consents and before all boxes are there ends it for all,
 * with nothing spent. Afterwards up to |consents| - t may drop out.
 *
 * DONE with an id instead of CONSENTS: the initiator holds a release of the same question (cohort,
 * query, epochs) already; nothing is computed or spent. A request that names such a release asks
 * for nothing but epochs: who answers it consents to no more, reserves nothing, and goes no
 * further than DONE, so that it needs neither budget nor approval.
 *
 * The query id: qid = SHA-256("symbolon-qid-1" | tabulation (16) | SHA-256(query bytes) |
 * SHA-256(cohort) | cube hash | initiator (32) | n (4) | SHA-256(dataset) | purpose (4) | basis
 * (4)): who is asked for another dataset, or is told another purpose, than the others consents to
 * another query, and nothing comes of it. The question id, the key of the cache:
 * SHA-256("symbolon-question-2" | SHA-256(query bytes) | SHA-256(cohort) | n (4) |
 * SHA-256(dataset)). A release answers it as long as all that were added up have the same epochs as
 * then. Errors of parsers: as the codec. Pure.
 */
#ifndef SYM_PROTO_TABULATE_H
#define SYM_PROTO_TABULATE_H

#include "crypto/identity.h"
#include "proto/cube.h"
#include "proto/tabulation.h"
#include "proto/work.h"

/* What follows from the number of participants, and from nothing else. Who takes part knows its own
 * counts, the initiator too where it is one of them, and m of them may tell each other: whatever n,
 * t - m are left, and that is two at least, as SYM_TAB_MEMBERS_MIN is 3. A sum over fewer would
 * protect nobody. */
struct sym_tab_rules {
    uint32_t n;
    uint32_t quorum;       /* t = ceil(0.8 n) */
    uint32_t colluders;    /* m = max(1, floor(0.2 n)) */
    uint32_t noise_shares; /* h = t - m */
};
/* n from SYM_TAB_MEMBERS_MIN to SYM_TAB_MEMBERS_MAX. */
struct sym_tab_rules sym_tab_rules(uint32_t n);

/* One participant, by its place in the cohort. */
struct sym_tab_party {
    uint8_t id[SYM_HASH_BYTES];          /* node id */
    uint8_t identity[SYM_ED25519_BYTES]; /* verifies what it signs */
    const uint8_t *psk;                  /* 32 bytes shared with it, or NULL */
};

struct sym_tab_question {
    uint8_t tabulation[SYM_EXCHANGE_ID_BYTES];
    uint8_t initiator[SYM_HASH_BYTES];
    const struct sym_tab_party *cohort; /* ascending by id; copied */
    uint32_t n;
    struct sym_span query;   /* exact bytes; empty while a member does not know it */
    struct sym_span dataset; /* its name, the same at every participant; copied */
    uint32_t purpose;
    uint32_t basis;
};

/* The cohort of a request: n ids, strictly ascending, n within bounds; SYM_BAD_VALUE. */
SYM_MUST enum sym_err sym_tab_cohort_check(struct sym_span cohort);
/* Place of an id in it; SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_tab_place(uint32_t *out, struct sym_span cohort,
                                    const uint8_t id[SYM_HASH_BYTES]);
/* Do two sets of participants (as ids, ascending) differ, but in fewer than SYM_TAB_APART_MIN
 * members, counted over both sides? The difference of two releases tells of these, and each of them
 * knows its own part and can take it away: of three, two are left that hide each other. */
#define SYM_TAB_APART_MIN 3u
bool sym_tab_too_close(struct sym_span a, struct sym_span b);

/* What identifies a tabulation, and, without its id and epochs, its question. */
SYM_MUST enum sym_err sym_tab_qid(uint8_t out[SYM_HASH_BYTES], const struct sym_tab_question *q,
                                  const struct sym_cube *cube);
SYM_MUST enum sym_err sym_tab_question_id(uint8_t out[SYM_HASH_BYTES],
                                          const struct sym_tab_question *q);

/* SHA-256 of the Release message: what closes and the log name. */
SYM_MUST enum sym_err sym_release_hash(uint8_t out[SYM_HASH_BYTES], struct sym_span head);
/* Varints of cells, the shortest form of each, in pages of at most SYM_CELLS_PAGE_BYTES. Writes as
 * many of n cells as fit; *done of them. */
void sym_cells_write(uint8_t *out, size_t max, size_t *len, const uint64_t *cells, size_t n,
                     size_t *done);
/* Numbers that all end, none longer than a cell can be, so that n cells are at most 10 n bytes.
 * False of no bytes. */
bool sym_cells_are_whole(struct sym_span packed);
/* The first page of what is left of whole cells. */
struct sym_span sym_cells_page(struct sym_span left);
/* Reads all of `from` into at most max cells. */
SYM_MUST enum sym_err sym_cells_read(uint64_t *cells, size_t max, size_t *n, struct sym_span from);

#endif
