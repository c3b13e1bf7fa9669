/* pins.h - which TLS keys are let in, and whose they are.
 *
 * A peer is known by its node id and has one or two pins (SHA-256 of a SubjectPublicKeyInfo; two
 * while it rotates its key). At most SYM_PEERS_MAX peers. The table owns its entries; a pointer
 * is valid until that peer is removed. Looking up a pin takes the same time whether and where it
 * is found.
 * Errors: SYM_LIMIT, SYM_NO_MEMORY, SYM_EXISTS (the pin belongs to another peer).
 */
#ifndef SYM_NODE_GATE_PINS_H
#define SYM_NODE_GATE_PINS_H

#include "crypto/identity.h"
#include "node/gate/line_budget.h"
#include "proto/limits.h"

#define SYM_PINS_PER_PEER 2u

struct sym_gate_link;
struct sym_dial;

struct sym_pinned {
    struct sym_node_id id;
    uint8_t pins[SYM_PINS_PER_PEER][SYM_PIN_BYTES];
    size_t n_pins;
    /* Kept by pairing.c: the link that core knows, the dial under way, and an accepted
     * connection that waits for the outcome of that dial. */
    struct sym_gate_link *live;
    struct sym_dial *dial;
    struct sym_gate_link *parked;
    struct sym_line_budget lines; /* about its links */
};

struct sym_pins {
    struct sym_pinned *peers[SYM_PEERS_MAX];
    size_t n;
};

void sym_pins_clear(struct sym_pins *t);

/* Adds the peer, or replaces the pins of a known one; pins: n of 1 or 2, SYM_PIN_BYTES each. */
SYM_MUST enum sym_err sym_pins_set(struct sym_pins *t, struct sym_pinned **out,
                                   const uint8_t id[SYM_NODE_ID_BYTES], const struct sym_span *pins,
                                   size_t n);
void sym_pins_remove(struct sym_pins *t, struct sym_pinned *peer);

/* NULL when there is none. */
struct sym_pinned *sym_pins_by_id(const struct sym_pins *t, const uint8_t id[SYM_NODE_ID_BYTES]);
struct sym_pinned *sym_pins_by_pin(const struct sym_pins *t, const uint8_t pin[SYM_PIN_BYTES]);
bool sym_pinned_has(const struct sym_pinned *peer, const uint8_t pin[SYM_PIN_BYTES]);

#endif
