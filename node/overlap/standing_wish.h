/* standing_wish.h - which standing lists there should be: one for each peer, dataset and identifier
 * type of each grant that offers some.
 *
 * A wish has a basis, a digest of all that a list is made from: the grant and its limits, the
 * content of the dataset and its publication, the last restore of this node. A list is kept for as
 * long as there is a wish with its basis, and its days are not over. Nothing here changes anything,
 * or fails.
 */
#ifndef SYM_NODE_OVERLAP_STANDING_WISH_H
#define SYM_NODE_OVERLAP_STANDING_WISH_H

#include "node/data/datasets.h"
#include "node/data/standing.h"
#include "node/grant/grants.h"

struct sym_standing_wish {
    struct sym_node_id peer;
    char dataset[SYM_ALIAS_BYTES];
    uint32_t type;
    uint32_t days;
    uint64_t most; /* elements in the whole epoch */
    uint8_t basis[SYM_DIGEST_BYTES];
};

/* Calls fn with every wish, SYM_STANDING_KEPT_MAX at most, until it is answered with true. */
typedef bool sym_standing_wish_fn(void *context, const struct sym_standing_wish *wish);
void sym_standing_wishes(struct sym_grants *grants, const struct sym_datasets *datasets,
                         sym_standing_wish_fn *fn, void *context);

/* Is this own list the one that is wished for, at this wall clock? */
bool sym_standing_fits(const struct sym_standing_row *row, const struct sym_standing_wish *wish,
                       uint64_t now_ms);

#endif
