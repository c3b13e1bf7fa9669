/* table_lead.h - the asker of an overlap table (table.h): collects the consents, gives them to all,
 * says when to go, and hears from each party how it ended. It sees neither elements nor rows unless
 * it contributes, which it does through a member of its own (table_member.h), whose leg is one like
 * any other.
 *
 * A sans-IO machine with one leg per party, by its place. Who drops out, breaks a rule or is late
 * ends the table for all: the others are told whose doing it was (FAILED), then their legs end.
 * Times are monotonic milliseconds.
 */
#ifndef SYM_PROTO_TABLE_LEAD_H
#define SYM_PROTO_TABLE_LEAD_H

#include "proto/table.h"

struct sym_table_lead;

struct sym_table_lead_config {
    struct sym_table_question question; /* checked, complete; copied */
    const struct sym_ristretto *with;
    uint32_t phase_ms;   /* for consents, and again for all to be ready */
    uint32_t compute_ms; /* from GO to the end */
    uint32_t own;        /* place of the asker; SYM_TABLE_NOBODY: it contributes no list */
};

/* The phase of consents begins now. SYM_BAD_VALUE: the question does not hold together;
 * SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_table_lead_new(struct sym_table_lead **out,
                                         const struct sym_table_lead_config *config,
                                         uint64_t now_ms);
void sym_table_lead_free(struct sym_table_lead *l);

enum sym_table_phase {
    SYM_TABLE_CONSENTING,
    SYM_TABLE_READYING,
    SYM_TABLE_COMPUTING,
    SYM_TABLE_RELEASING, /* all are done with the same release */
    SYM_TABLE_DONE,      /* kept here */
    SYM_TABLE_FAILED
};
enum sym_table_phase sym_table_lead_phase(const struct sym_table_lead *l);
/* cause SYM_TABLE_CAUSE_NONE unless it failed. */
struct sym_table_failure sym_table_lead_failure(const struct sym_table_lead *l);
/* From the consents on: SHA-256 over them; NULL before. */
const uint8_t *sym_table_lead_consents_hash(const struct sym_table_lead *l);
/* What party `place` announced; 0 before its consent. For texts and progress. */
uint32_t sym_table_lead_elements(const struct sym_table_lead *l, uint32_t place);

/* Legs: what to send on one, take what came on it, it ended too early (denied, lost, aborted; an
 * error of take counts as that, too). After any call other legs may have something to send. */
enum sym_table_step sym_table_lead_step(const struct sym_table_lead *l, uint32_t place,
                                        size_t *len);
SYM_MUST enum sym_err sym_table_lead_write(struct sym_table_lead *l, uint32_t place,
                                           uint8_t *payload, size_t len);
SYM_MUST enum sym_err sym_table_lead_take(struct sym_table_lead *l, uint32_t place,
                                          struct sym_span payload, uint64_t now_ms);
void sym_table_lead_lost(struct sym_table_lead *l, uint32_t place, enum sym_table_cause cause);
/* To be called every second or so. */
void sym_table_lead_tick(struct sym_table_lead *l, uint64_t now_ms);
/* It takes longer than allowed: it fails, and says whose doing that is (table_came.h). */
void sym_table_lead_late(struct sym_table_lead *l, uint64_t now_ms);
/* Frames of all lists that have been evaluated, and lists that are complete at the tallier, as they
 * say. Once all have consented. */
struct sym_table_progress sym_table_lead_evaluated(const struct sym_table_lead *l);
struct sym_table_progress sym_table_lead_tallied(const struct sym_table_lead *l);
/* It failed, and the party at `place` has been told, or cannot be: its session is to be aborted. */
bool sym_table_lead_is_told(const struct sym_table_lead *l, uint32_t place);

/* In phase RELEASING: keep this (signature | TableRelease, borrowed) durably, then say so. */
struct sym_span sym_table_lead_release(const struct sym_table_lead *l);
SYM_MUST enum sym_err sym_table_lead_kept(struct sym_table_lead *l);

#endif
