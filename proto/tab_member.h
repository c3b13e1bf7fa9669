/* tab_member.h - one participant of a joint tabulation (tabulate.h): consents, shares its secrets,
 * sends one masked vector, signs who survived, unmasks once, keeps the release.
 *
 * A sans-IO machine inside an open session, like overlap.h: step says what to send, write gives it,
 * take takes what came; masks and noise are handed out as works. What must be durable, or comes
 * from the node's data, it wants: the caller does it and answers with the function named beside.
 * While it wants something it sends nothing. It trusts the initiator with nothing: cohort, cube,
 * parameters, hashes and signatures are checked here.
 *
 * After an error the machine is dead: the caller aborts the session. What the other side did:
 * SYM_BAD_FORMAT, SYM_BAD_VALUE, SYM_BAD_SIGNATURE, SYM_BAD_TAG (a box does not open),
 * SYM_BAD_ELEMENT, SYM_REPLAY, SYM_LIMIT, SYM_WRONG_STATE; SYM_EXPIRED: the reservation has. The
 * fault names the initiator, or the participant that what it brought is said to come from.
 */
#ifndef SYM_PROTO_TAB_MEMBER_H
#define SYM_PROTO_TAB_MEMBER_H

#include "proto/tabulate.h"

struct sym_tab_member;

/* What a participant remembers of a release that it is owed, once its machine is gone: enough to
 * tell that release from any other. */
struct sym_tab_owed {
    uint8_t agreed[SYM_HASH_BYTES];  /* of query id, consents and epochs */
    uint8_t outcome[SYM_HASH_BYTES]; /* of the survivors that it unmasked */
    bool has_outcome;                /* it came as far as that */
};

struct sym_tab_member_config {
    struct sym_tab_question question;    /* as the request says it: without the query */
    uint32_t place;                      /* own */
    const struct sym_sign_key *identity; /* own, borrowed */
    struct sym_span query_hash;          /* as the request says it, as what follows */
    struct sym_span outline;             /* copied, as query_hash */
    uint64_t epsilon_nano;
    uint32_t cells;
    uint32_t minimum;   /* participants that this node insists on */
    bool only_confirms; /* tells its epoch, and goes no further */
    /* Copied: takes no part, but keeps the release of a tabulation in which it did. NULL: takes
     * part. */
    const struct sym_tab_owed *owed;
};

/* SYM_BAD_VALUE: there is no such tabulation; SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_tab_member_new(struct sym_tab_member **out,
                                         const struct sym_tab_member_config *config);
/* Wipes. Not while a piece of a work may still run; NULL is fine. */
void sym_tab_member_free(struct sym_tab_member *m);

enum sym_tab_want {
    SYM_TAB_WANTS_NOTHING,
    SYM_TAB_WANTS_CONSENT, /* reserve the budget: sym_tab_member_consent */
    SYM_TAB_WANTS_DEBIT,   /* debit it durably, and count: sym_tab_member_debited */
    SYM_TAB_WANTS_UNMASK,  /* write down durably that this qid was unmasked: …_unmasked */
    SYM_TAB_WANTS_KEEP     /* keep the release: sym_tab_member_kept */
};
enum sym_tab_want sym_tab_member_wants(const struct sym_tab_member *m);

/* From SYM_TAB_WANTS_CONSENT on; borrowed, to be shared by who keeps it. */
struct sym_cube *sym_tab_member_cube(const struct sym_tab_member *m);
const uint8_t *sym_tab_member_qid(const struct sym_tab_member *m);
/* From the consents on: SHA-256 over them; NULL before. */
const uint8_t *sym_tab_member_consents_hash(const struct sym_tab_member *m);
/* From the consents on, or, where a release is owed, from the query on: the key of the cache
 * (tabulate.h); SYM_WRONG_STATE before. */
SYM_MUST enum sym_err sym_tab_member_question_id(const struct sym_tab_member *m,
                                                 uint8_t out[SYM_HASH_BYTES]);
/* From the consents on. */
SYM_MUST enum sym_err sym_tab_member_owed(const struct sym_tab_member *m, struct sym_tab_owed *out);
/* From the consents on: places of those who consented, ascending; their number, 0 before. */
uint32_t sym_tab_member_consenting(const struct sym_tab_member *m,
                                   uint8_t places[SYM_TAB_MEMBERS_MAX]);
/* From SYM_TAB_WANTS_UNMASK on: places of the survivors. */
struct sym_span sym_tab_member_survivors(const struct sym_tab_member *m);
/* From SYM_TAB_WANTS_KEEP on: the Release message and all its cells as varints; borrowed. */
void sym_tab_member_release(const struct sym_tab_member *m, struct sym_span *head,
                            struct sym_span *cells);

/* The answers to what it wants, in this order; SYM_WRONG_STATE when it wanted another. Consents,
 * for this epoch of the own data and until this time. */
SYM_MUST enum sym_err sym_tab_member_consent(struct sym_tab_member *m, uint64_t epoch,
                                             uint64_t expires_ms);
/* counts: one for each cell of the cube, from calloc or malloc; the machine owns, wipes and frees
 * them. now_ms: wall clock, against the expiry of the reservation. */
SYM_MUST enum sym_err sym_tab_member_debited(struct sym_tab_member *m, uint64_t *counts,
                                             uint64_t now_ms);
SYM_MUST enum sym_err sym_tab_member_unmasked(struct sym_tab_member *m);
SYM_MUST enum sym_err sym_tab_member_kept(struct sym_tab_member *m);

enum sym_tab_step { SYM_TAB_WAIT, SYM_TAB_DATA, SYM_TAB_CLOSE };
enum sym_tab_step sym_tab_member_step(const struct sym_tab_member *m, size_t *len);
SYM_MUST enum sym_err sym_tab_member_write(struct sym_tab_member *m, uint8_t *payload, size_t len);
SYM_MUST enum sym_err sym_tab_member_take(struct sym_tab_member *m, struct sym_span payload,
                                          uint64_t now_ms);

/* Masking, and whatever else takes time: work.h. */
bool sym_tab_member_work(struct sym_tab_member *m, struct sym_work *out);
SYM_MUST enum sym_err sym_tab_member_worked(struct sym_tab_member *m, void *context,
                                            enum sym_err err);
size_t sym_tab_member_works_out(const struct sym_tab_member *m);

/* Steps of the drawing in tabulate.h that are behind it, of how many; tiles count one each. */
struct sym_tab_progress {
    uint64_t done;
    uint64_t total;
};
struct sym_tab_progress sym_tab_member_progress(const struct sym_tab_member *m);
/* Why it died, for a person: who did what. Empty before. */
const char *sym_tab_member_fault(const struct sym_tab_member *m);

#endif
