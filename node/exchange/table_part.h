/* table_part.h - the own part of one overlap table, of this node's or of another's: as a
 * contributor it reads its list, has it evaluated by all others, evaluates for them and gives its
 * rows to the tallier; as the tallier it counts. The machines are those of proto/table.h; what they
 * want from the node is done here: the list, the grants of those that evaluate, the budget that is
 * reserved and debited, the exchanges overlap:evaluate and overlap:rows, the release that is kept.
 *
 * A part is found by the id of its table for as long as any exchange of it goes on, and ends itself
 * then. Whatever fails ends all of it, and says whose doing it was. Beside each leg that has ended
 * it is looked at ten times a second. Errors: SYM_LIMIT (this asker, or all others together, have
 * as many parts here as they may), SYM_NO_MEMORY, those of table_member.h, datasets.h and ledger.h.
 */
#ifndef SYM_NODE_EXCHANGE_TABLE_PART_H
#define SYM_NODE_EXCHANGE_TABLE_PART_H

#include "node/exchange/exchanges_state.h"
#include "proto/table_member.h"

struct sym_table_part;

struct sym_table_part_config {
    struct sym_table_question question; /* complete, as what follows is copied */
    uint32_t place;                     /* own; that of the tallier is question.n */
    const char *alias;                  /* of the asker; empty: this node */
    const uint8_t *id;                  /* of the exchange with it; of an own table that */
    uint64_t peer_cap_nano;             /* of the asker's grant; 0: none but the dataset's */
    const char *user;                   /* of an own table, as what follows; else empty */
    const char *case_ref;
    const char *note;
    uint64_t until_ms; /* monotonic: no exchange of it goes on for longer */
    /* Of an own table: something may be due between the member and who asks. NULL: an exchange
     * carries its leg. */
    void (*wake)(void *owner);
    void *owner;
};

/* Begins to read the own list. */
SYM_MUST enum sym_err sym_table_part_new(struct sym_table_part **out, struct sym_exchanges *x,
                                         const struct sym_table_part_config *config,
                                         struct sym_fault *fault);
/* Of the exchange that carries it. */
struct sym_leg *sym_table_part_leg(struct sym_table_part *p);
/* Of an own table, whose leg is no exchange. */
struct sym_table_member *sym_table_part_member(const struct sym_table_part *p);
/* Of an own table: nothing is said to it any more; it ends as soon as it can, and is not to be used
 * from now on. */
void sym_table_part_leave(struct sym_table_part *p);
/* It goes on at the next turn of the loop. */
void sym_table_part_turn_soon(struct sym_table_part *p);
/* Why it failed, for a person; empty: it has not. */
const char *sym_table_part_fault(const struct sym_table_part *p);

/* Of this table; NULL: this node has no part in it. */
struct sym_table_part *sym_table_part_find(const struct sym_exchanges *x, struct sym_span table);
const struct sym_table_question *sym_table_part_question(const struct sym_table_part *p);
/* Another contributor asks for evaluations, or gives its rows: the leg for its exchange.
 * SYM_WRONG_STATE: it is not the time for that; SYM_EXISTS: it has begun before; SYM_BAD_VALUE: it
 * is no contributor, or has agreed to something else. */
SYM_MUST enum sym_err sym_table_part_evaluates(struct sym_leg **out, struct sym_table_part *p,
                                               const struct sym_node_id *owner,
                                               struct sym_span consents_hash, uint32_t elements);
SYM_MUST enum sym_err sym_table_part_tallies(struct sym_leg **out, struct sym_table_part *p,
                                             const struct sym_node_id *owner,
                                             struct sym_span consents_hash);
/* That leg was denied after all: the table ends, for this reason. */
void sym_table_part_refused(struct sym_table_part *p, struct sym_leg *leg, const char *why);

#endif
