/* allowance.h - how much a peer may have written down here without having been granted anything:
 * requests that are denied or held, and pings. A burst, and then a little each minute; what is
 * beyond is counted and told in one line when there is room again.
 *
 * In memory; a restart begins with a full burst. Times are monotonic, milliseconds.
 */
#ifndef SYM_NODE_EXCHANGE_ALLOWANCE_H
#define SYM_NODE_EXCHANGE_ALLOWANCE_H

#include "crypto/identity.h"
#include "proto/limits.h"

#define SYM_ALLOWANCE_BURST   256u
#define SYM_ALLOWANCE_EACH_MS 15000u

struct sym_allowance_row {
    struct sym_node_id peer;
    uint64_t full_ms;  /* when nothing will have been used any more */
    uint64_t left_out; /* since something was allowed last */
};

struct sym_allowance {
    struct sym_allowance_row rows[SYM_PEERS_MAX];
    size_t n;
};

/* May one more be written? Then *left_out is how many were not, before. */
bool sym_allowance_take(struct sym_allowance *a, const struct sym_node_id *peer, uint64_t now_ms,
                        uint64_t *left_out);

#endif
