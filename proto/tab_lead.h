/* tab_lead.h - the initiator of a joint tabulation (tabulate.h): relays between the participants,
 * holds back nothing that they must see, adds the masked vectors, removes the masks of who survived
 * and who did not, releases cells above the threshold.
 *
 * A sans-IO machine with one leg per participant (its place in the cohort), the own node's being a
 * leg like any other. Vectors are asked for one after the other as room allows
 * (SYM_TAB_HELD_BYTES_MAX), each held until its signed hash verifies, then added; so memory does
 * not grow with the number of participants but for some hundred bytes of keys, and their boxes.
 *
 * A leg that breaks a rule is refused: an error of sym_tab_lead_take ends that leg, not the
 * tabulation, unless too few are left. Errors: as in tab_member.h.
 */
#ifndef SYM_PROTO_TAB_LEAD_H
#define SYM_PROTO_TAB_LEAD_H

#include "proto/tab_member.h"

struct sym_tab_lead;

struct sym_tab_lead_config {
    struct sym_tab_question question; /* with the query */
    uint32_t minimum;
    uint32_t phase_ms; /* how long one phase may take before those who are late are left out */
};

/* The question is copied. SYM_BAD_VALUE with a fault: it does not hold together; SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_tab_lead_new(struct sym_tab_lead **out,
                                       const struct sym_tab_lead_config *config,
                                       struct sym_fault *fault);
void sym_tab_lead_free(struct sym_tab_lead *l);

enum sym_tab_phase {
    SYM_TAB_CONSENTS,
    SYM_TAB_SHARES,
    SYM_TAB_VECTORS,
    SYM_TAB_SURVIVORS,
    SYM_TAB_UNMASKING,
    SYM_TAB_RELEASING, /* there is a release */
    SYM_TAB_DONE,      /* all legs that are left have it */
    SYM_TAB_FAILED
};
enum sym_tab_phase sym_tab_lead_phase(const struct sym_tab_lead *l);
/* Why it failed, for a person: how many were missing, and when. Empty before. */
const char *sym_tab_lead_fault(const struct sym_tab_lead *l);
/* It failed, and this participant is one of those that were missing. */
bool sym_tab_lead_misses(const struct sym_tab_lead *l, uint32_t place);
/* It failed, and nobody was asked for a vector: nothing was spent, so that it may be begun again.
 */
bool sym_tab_lead_unspent(const struct sym_tab_lead *l);

/* Legs: what to send on one, take what came on it, it ended (denied, lost, aborted, or its take
 * failed). now_ms: monotonic. After any call other legs may have something to send. */
enum sym_tab_step sym_tab_lead_step(const struct sym_tab_lead *l, uint32_t place, size_t *len);
SYM_MUST enum sym_err sym_tab_lead_write(struct sym_tab_lead *l, uint32_t place, uint8_t *payload,
                                         size_t len);
SYM_MUST enum sym_err sym_tab_lead_take(struct sym_tab_lead *l, uint32_t place,
                                        struct sym_span payload, uint64_t now_ms);
void sym_tab_lead_lost(struct sym_tab_lead *l, uint32_t place, uint64_t now_ms);
/* To be called every second or so, and after legs were lost. */
void sym_tab_lead_tick(struct sym_tab_lead *l, uint64_t now_ms);

enum sym_tab_lead_want {
    SYM_TAB_LEAD_WANTS_NOTHING,
    SYM_TAB_LEAD_WANTS_LOOK, /* is there a release of this question id? sym_tab_lead_looked */
    SYM_TAB_LEAD_WANTS_KEEP  /* keep the release durably: sym_tab_lead_kept */
};
enum sym_tab_lead_want sym_tab_lead_wants(const struct sym_tab_lead *l);
const uint8_t *sym_tab_lead_question_id(const struct sym_tab_lead *l);
/* From then on: places of those who consented, ascending; their number. And the edition of each
 * that it consented with, 0: it did not. */
uint32_t sym_tab_lead_consenting(const struct sym_tab_lead *l, uint8_t places[SYM_TAB_MEMBERS_MAX]);
uint64_t sym_tab_lead_epoch(const struct sym_tab_lead *l, uint32_t place);
/* tabulation: 16 bytes of the release there is, or NULL: there is none. */
SYM_MUST enum sym_err sym_tab_lead_looked(struct sym_tab_lead *l, const uint8_t *tabulation,
                                          uint64_t now_ms);
/* The Release message and its cells, borrowed. wall_ms: its time, when it is made. */
SYM_MUST enum sym_err sym_tab_lead_release(struct sym_tab_lead *l, struct sym_span *head,
                                           struct sym_span *cells, uint64_t wall_ms);
SYM_MUST enum sym_err sym_tab_lead_kept(struct sym_tab_lead *l);
const uint8_t *sym_tab_lead_consents_hash(const struct sym_tab_lead *l);

/* Has this participant given a share of a mask that does not fit those of t others, which do fit?
 * It was left out. It gave a wrong one, or was dealt one, or some of these t lie together. */
bool sym_tab_lead_misfits(const struct sym_tab_lead *l, uint32_t place);

/* Adding vectors and removing masks. */
bool sym_tab_lead_work(struct sym_tab_lead *l, struct sym_work *out);
SYM_MUST enum sym_err sym_tab_lead_worked(struct sym_tab_lead *l, void *context, enum sym_err err,
                                          uint64_t now_ms);
struct sym_tab_progress sym_tab_lead_progress(const struct sym_tab_lead *l);

#endif
