/* entrance.h - the listening socket: takes connections in, and keeps those that have not proved
 * anything few.
 *
 * At most SYM_HALF_OPEN_MAX connections, and SYM_HALF_OPEN_PER_ADDRESS_MAX of one party, may be on
 * their way to authentication. One more replaces one of them, drawn at random, of the same party
 * first: thousands of idle connections then cost a partner who needs some milliseconds almost
 * nothing. Errors: SYM_IO, SYM_NO_MEMORY, SYM_LIMIT.
 */
#ifndef SYM_NODE_GATE_ENTRANCE_H
#define SYM_NODE_GATE_ENTRANCE_H

#include "node/gate/pairing.h"

struct sym_entrance {
    struct sym_pairing *pairing;
    struct sym_watch *watch;
    int listener;
    int reserve; /* given up for a moment when no descriptor is left */
    uint64_t accepted;
};
#define SYM_ENTRANCE_CLOSED                                                                        \
    {                                                                                              \
        .listener = -1, .reserve = -1                                                              \
    }

/* Takes over listener, and accepts from now on. */
SYM_MUST enum sym_err sym_entrance_open(struct sym_entrance *e, struct sym_loop *loop, int listener,
                                        struct sym_pairing *pairing);
void sym_entrance_close(struct sym_entrance *e);

/* Connections that have not become links yet. */
size_t sym_entrance_half_open(const struct sym_entrance *e);

#endif
