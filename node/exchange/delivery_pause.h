/* delivery_pause.h - how soon a release that was promised may be brought once more, where the
 * attempt before broke off: after some seconds, then twice as long each time. A node that brings
 * one waits twice as long itself (deliveries.c).
 *
 * In memory; a restart forgets. Times are monotonic, milliseconds.
 */
#ifndef SYM_NODE_EXCHANGE_DELIVERY_PAUSE_H
#define SYM_NODE_EXCHANGE_DELIVERY_PAUSE_H

#include "proto/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYM_DELIVERY_PAUSES       64u
#define SYM_DELIVERY_PAUSE_MS     5000u
#define SYM_DELIVERY_PAUSE_MS_MAX 300000u

struct sym_delivery_pause {
    uint8_t tabulation[SYM_EXCHANGE_ID_BYTES];
    uint64_t until_ms;
    uint64_t next_ms; /* how long the next pause is */
};

/* Zero-initialised is ready. */
struct sym_delivery_pauses {
    struct sym_delivery_pause rows[SYM_DELIVERY_PAUSES];
    size_t n;
};

/* May the release of this tabulation be brought now? If so its next pause begins. */
bool sym_delivery_pause_over(struct sym_delivery_pauses *p,
                             const uint8_t tabulation[SYM_EXCHANGE_ID_BYTES], uint64_t now_ms);

#endif
