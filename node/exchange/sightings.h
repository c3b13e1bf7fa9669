/* sightings.h - the exchange ids that were seen, durably, so that no request is answered twice.
 *
 * An id is forgotten once its request has been stale for long: no request lives longer than
 * SYM_REQUEST_LIFE_MS_MAX, and the clocks of two nodes differ by SYM_CLOCK_SKEW_MS at most, each
 * way. Times are wall clock. Errors: those of store.h.
 */
#ifndef SYM_NODE_EXCHANGE_SIGHTINGS_H
#define SYM_NODE_EXCHANGE_SIGHTINGS_H

#include "node/store/store.h"
#include "proto/limits.h"

/* SYM_REPLAY when the id was seen before. */
SYM_MUST enum sym_err sym_sightings_check(struct sym_store *store,
                                          const uint8_t id[SYM_EXCHANGE_ID_BYTES]);
/* Remembers the id of an exchange, within a transaction; SYM_REPLAY when it was seen before. */
SYM_MUST enum sym_err sym_sightings_put(struct sym_transaction *t,
                                        const uint8_t id[SYM_EXCHANGE_ID_BYTES], uint64_t now_ms);
/* How many ids one call looks at: some milliseconds. */
#define SYM_SIGHTINGS_PORTION 4096u

/* Where the next call goes on. Zero-initialised: with the first id of all. */
struct sym_sightings_place {
    uint8_t from[SYM_EXCHANGE_ID_BYTES];
    bool more; /* out: there are ids behind; else the next call begins again */
};
/* Forgets what no request can repeat any more, of one portion. */
SYM_MUST enum sym_err sym_sightings_prune(struct sym_store *store,
                                          struct sym_sightings_place *place, uint64_t now_ms);

#endif
