/* leg.h - one pairwise exchange of a joint tabulation of this node's, or of an overlap table,
 * whoever asked for that: between what all its exchanges share, which owns it, and the run that
 * carries it.
 */
#ifndef SYM_NODE_EXCHANGE_LEG_H
#define SYM_NODE_EXCHANGE_LEG_H

#include "proto/history.h"
#include "proto/statement.h"
#include "proto/tab_member.h"

struct sym_exchange;
struct sym_tabulation;
struct sym_leg;

/* What is said and heard on a leg, as the functions of like names in tab_lead.h; closing adds to
 * the own close. The last three may be NULL: the other side has closed; why the leg failed, for a
 * person, empty where the error says it; nothing was spent, or given that depends on records. */
struct sym_leg_calls {
    enum sym_tab_step (*step)(const struct sym_leg *leg, size_t *len);
    enum sym_err (*write)(struct sym_leg *leg, uint8_t *payload, size_t len);
    enum sym_err (*take)(struct sym_leg *leg, struct sym_span payload);
    void (*closing)(const struct sym_leg *leg, struct sym_statement *word);
    enum sym_err (*closed)(struct sym_leg *leg);
    const char *(*fault)(const struct sym_leg *leg);
    bool (*is_unspent)(const struct sym_leg *leg);
};

struct sym_leg {
    const struct sym_leg_calls *calls;
    struct sym_tabulation *of;     /* or NULL: its owner knows */
    uint32_t place;                /* of the peer in the cohort */
    struct sym_exchange *exchange; /* NULL: not begun, or ended */
    bool over;
    enum sym_exchange_state state; /* how it ended */
    enum sym_reason reason;        /* of a denial */
    char fault[SYM_FAULT_BYTES];
    uint64_t bytes_sent; /* when it had ended */
    uint64_t bytes_received;
    bool is_held;              /* it waits for an approver of the peer, */
    struct sym_statement held; /* as the session said when that was told */
};

#endif
