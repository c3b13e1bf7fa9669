/* tab_part.h - the own part of one joint tabulation, of this node's or of another's: the protocol
 * machine (proto/tab_member.h) with what it wants from the node: the snapshot that it counts, the
 * budget that it reserves and debits, the record that it unmasked, the release that it keeps.
 *
 * What is to be durable is put by the caller's transaction: is_due, then put, then made. Counting
 * goes on between turns of the loop, before the debit; wake is called when it has ended.
 * Errors: those of tab_member.h, ledger.h, contribution.h and datasets.h.
 */
#ifndef SYM_NODE_TABULATION_TAB_PART_H
#define SYM_NODE_TABULATION_TAB_PART_H

#include "node/tabulation/cohorts.h"
#include "node/tabulation/contribution.h"
#include "node/tabulation/ledger.h"
#include "node/tabulation/releases.h"
#include "proto/statement.h"
#include "proto/tab_member.h"

struct sym_tab_part;

struct sym_tab_part_config {
    struct sym_loop *loop;
    struct sym_errands *errands;
    struct sym_datasets *datasets;
    struct sym_ledger ledger;
    struct sym_tab_member_config member;
    struct sym_node_id self;
    struct sym_node_id initiator;
    const char *dataset; /* copied, as what follows */
    const uint8_t *id;   /* of the exchange on the wire; of an own query the tabulation */
    const char *alias;   /* of the initiator; empty: this node */
    uint32_t purpose;
    uint32_t basis;
    uint64_t cap_nano;      /* of the dataset and year */
    uint64_t peer_cap_nano; /* 0: none but that */
    bool may_be_close;      /* an approver agreed to participants that are close to earlier ones */
    void (*wake)(void *owner);
    void *owner;
};

SYM_MUST enum sym_err sym_tab_part_new(struct sym_tab_part **out,
                                       const struct sym_tab_part_config *config);
/* Not while a work is out. NULL is fine. */
void sym_tab_part_free(struct sym_tab_part *p);
struct sym_tab_member *sym_tab_part_member(const struct sym_tab_part *p);

/* Is there something to be made durable? Begins to count when that is what the machine waits for.
 */
bool sym_tab_part_is_due(struct sym_tab_part *p);
SYM_MUST enum sym_err sym_tab_part_put(struct sym_tab_part *p, struct sym_transaction *t);
SYM_MUST enum sym_err sym_tab_part_made(struct sym_tab_part *p, enum sym_err err);
/* It ends: gives back what was reserved and not debited, forgets whom it was to be added up with if
 * it was not. */
SYM_MUST enum sym_err sym_tab_part_put_end(const struct sym_tab_part *p, struct sym_transaction *t);

bool sym_tab_part_has_release(const struct sym_tab_part *p);
/* Nothing was debited: nothing that depends on data has left. */
bool sym_tab_part_is_unspent(const struct sym_tab_part *p);
/* Hashes of consents and release, as far as there are. */
void sym_tab_part_closing(const struct sym_tab_part *p, struct sym_statement *word);
/* Why it failed, for a person; empty where the error says it. */
const char *sym_tab_part_fault(const struct sym_tab_part *p);

#endif
