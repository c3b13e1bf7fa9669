/* table_member.h - the leg of an overlap table (table.h) at a contributor or the tallier: consents,
 * checks the consents of all, says how it ends. What happens in between is done by table_list.h,
 * table_owner.h, table_evaluator.h and table_rows.h, or by table_tally.h; they borrow the member,
 * which outlives them.
 *
 * A sans-IO machine inside an open session, as tab_member.h: step says what to send, write gives
 * it, take takes what came. What must be durable, or comes from the node's data, it wants: the
 * caller does it and answers with the function named beside. While it wants something it sends
 * nothing but how far it is. It trusts the asker with nothing.
 *
 * After an error the machine is dead, and the caller aborts the session;
 * sym_table_member_failure says whose doing it was, where that can be known.
 */
#ifndef SYM_PROTO_TABLE_MEMBER_H
#define SYM_PROTO_TABLE_MEMBER_H

#include "proto/table.h"

struct sym_table_member;

struct sym_table_member_config {
    struct sym_table_question question;  /* checked, complete; copied */
    uint32_t place;                      /* own; the tallier's is question.n */
    const struct sym_sign_key *identity; /* own, borrowed */
    const struct sym_ristretto *with;
};

SYM_MUST enum sym_err sym_table_member_new(struct sym_table_member **out,
                                           const struct sym_table_member_config *config);
/* After all that borrow it; NULL is fine. */
void sym_table_member_free(struct sym_table_member *m);

enum sym_table_want {
    SYM_TABLE_WANTS_NOTHING,
    SYM_TABLE_WANTS_CONSENT, /* reserve the budget (dp): sym_table_member_consent */
    SYM_TABLE_WANTS_AGREE,   /* do the own grants allow what the others announced? …_agree */
    SYM_TABLE_WANTS_START, /* GO has come: …_started. A contributor makes its list and begins the
                            * exchanges overlap:evaluate with all others, the tallier its tally */
    SYM_TABLE_WANTS_DEBIT, /* dp: debit the budget durably: …_debited */
    SYM_TABLE_WANTS_ROWS,  /* begin the exchange overlap:rows: …_sending */
    SYM_TABLE_WANTS_KEEP   /* keep the release durably: …_kept */
};
enum sym_table_want sym_table_member_wants(const struct sym_table_member *m);

/* elements: of the own list, padding included, at most SYM_TABLE_SET_MAX; the tallier's are 0,
 * as is its epoch. */
SYM_MUST enum sym_err sym_table_member_consent(struct sym_table_member *m, uint32_t elements,
                                               uint64_t epoch);
/* From SYM_TABLE_WANTS_AGREE on: what all have announced; NULL before. A contributor that has
 * agreed evaluates for the others from then on (an exchange may come before the own GO). */
const struct sym_table_agreed *sym_table_member_agreed(const struct sym_table_member *m);
SYM_MUST enum sym_err sym_table_member_agree(struct sym_table_member *m);
/* From the answer to SYM_TABLE_WANTS_AGREE until it failed or has said how it ended:
 * overlap:evaluate and overlap:rows of others may begin. */
bool sym_table_member_is_open(const struct sym_table_member *m);
SYM_MUST enum sym_err sym_table_member_started(struct sym_table_member *m);
/* So much of what is awaited of the contributor at `place` has come (table_came.h): frames that it
 * has evaluated; of the tallier 1, its rows are complete, which table_tally.h says. The asker hears
 * it. */
void sym_table_member_came(struct sym_table_member *m, uint32_t place, uint32_t count);
/* Has it been answered? A tally releases nothing before. */
bool sym_table_member_has_started(const struct sym_table_member *m);
/* Contributor: all proofs have verified and all rows are there (sym_table_list_is_complete). Then
 * it wants the debit (dp), and the rows. */
SYM_MUST enum sym_err sym_table_member_evaluated(struct sym_table_member *m);
SYM_MUST enum sym_err sym_table_member_debited(struct sym_table_member *m);
SYM_MUST enum sym_err sym_table_member_sending(struct sym_table_member *m);
/* May rows leave? Asked by table_rows.h. */
bool sym_table_member_sends_rows(const struct sym_table_member *m);
/* The release has come (or, at the tallier, is made): checked here, and copied. rows: how many the
 * own list has, which an exact table must show. Called by table_rows.h and table_tally.h. */
SYM_MUST enum sym_err sym_table_member_released(struct sym_table_member *m, struct sym_span bytes,
                                                uint64_t rows);
/* signature | TableRelease; empty before. Borrowed. */
struct sym_span sym_table_member_release(const struct sym_table_member *m);
SYM_MUST enum sym_err sym_table_member_kept(struct sym_table_member *m);

/* How long the asker's word is waited for, milliseconds: see below. */
#define SYM_TABLE_WORD_MS 5000u
/* An exchange with another party than the asker has ended early. That party tells the asker why,
 * who tells all: which comes over other links, and may come later. Nothing is wanted any more, no
 * row leaves, and the asker hears `failure` once its word has not come for SYM_TABLE_WORD_MS. The
 * first one counts. */
void sym_table_member_lost(struct sym_table_member *m, struct sym_table_failure failure,
                           uint64_t now_ms);
/* From time to time; now_ms as above. */
void sym_table_member_tick(struct sym_table_member *m, uint64_t now_ms);
/* Something of this node's in this table has failed (another machine, its own budget): the
 * asker is told, then the machine is dead. */
void sym_table_member_fail(struct sym_table_member *m, struct sym_table_failure failure);
/* cause SYM_TABLE_CAUSE_NONE while nothing has failed. Set before the asker is told: the caller
 * aborts when step says WAIT. */
struct sym_table_failure sym_table_member_failure(const struct sym_table_member *m);

/* What is to be sent next, *len bytes of it. */
enum sym_table_step sym_table_member_step(const struct sym_table_member *m, size_t *len);
SYM_MUST enum sym_err sym_table_member_write(struct sym_table_member *m, uint8_t *payload,
                                             size_t len);
SYM_MUST enum sym_err sym_table_member_take(struct sym_table_member *m, struct sym_span payload);

#endif
