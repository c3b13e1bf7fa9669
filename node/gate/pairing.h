/* pairing.h - one link per peer: which connections become links, and what core hears of it.
 *
 * When both sides dial at once, both keep the connection that the node with the lower id dialled:
 * the other one gives up its own dial for it, the lower one parks the other's until its own
 * is decided. A newly authenticated connection replaces a link that is older than
 * SYM_PAIRING_FRESH_MS (its dialler would not dial if it still had it); against a younger link
 * the rule of the lower id decides. Core hears LINK_DOWN of the old before LINK_UP of the new.
 * An order to dial is answered by LINK_UP or DIAL_FAILED, unless a link is up already.
 *
 * LINK_DOWN carries SYM_OK when the link was idle, SYM_CLOSED when the peer left, SYM_CANCELLED
 * when this node ended it (hung up, replaced, unpinned, stopping), SYM_TIMEOUT when the peer or
 * core did not answer, and what is wrong when the peer broke the rules. It travels on another pair
 * than the link's last frames and may overtake them, so it says how many frames there are for core
 * in all. Unless the link ended at once (replaced, unpinned), gate keeps its end of the link's pair
 * until core has closed its own, for SYM_GATE_LINGER_MS at most: what core has not read would go
 * with it.
 */
#ifndef SYM_NODE_GATE_PAIRING_H
#define SYM_NODE_GATE_PAIRING_H

#include "node/gate/link.h"
#include "node/gate/outbox.h"
#include "node/gate/refusals.h"

#define SYM_PAIRING_FRESH_MS 5000u

struct sym_pairing {
    struct sym_gate_link_context context;
    struct sym_pins pins;
    struct sym_outbox *outbox;
    struct sym_refusals refusals;
    struct sym_node_id self;
    struct sym_gate_link *links; /* all of them, in any state */
    size_t n_up;
    size_t n_dials;
    uint64_t last_number;
};

/* The arguments outlive it. */
void sym_pairing_init(struct sym_pairing *p, struct sym_loop *loop, struct sym_tls *tls,
                      struct sym_outbox *outbox);
/* Ends all links without telling anybody. */
void sym_pairing_clear(struct sym_pairing *p);

/* Core's orders. SYM_BAD_VALUE: the link url is too long. */
SYM_MUST enum sym_err sym_pairing_configure(struct sym_pairing *p,
                                            const struct sym_gate_configure *order);
SYM_MUST enum sym_err sym_pairing_pin(struct sym_pairing *p, const struct sym_pinned_peer *order);
void sym_pairing_unpin(struct sym_pairing *p, const uint8_t id[SYM_NODE_ID_BYTES]);
void sym_pairing_dial(struct sym_pairing *p, const struct sym_gate_dial *order);
void sym_pairing_accept(struct sym_pairing *p, uint64_t number);
void sym_pairing_hang_up(struct sym_pairing *p, uint64_t number);
void sym_pairing_hang_up_all(struct sym_pairing *p);

/* Takes over a connection that was accepted. */
void sym_pairing_adopt(struct sym_pairing *p, int fd, const struct sym_address *from);

#endif
