/* standing_making.h - makes one standing list: reads own elements, evaluates them under a key that
 * it draws, sorts the tags and encodes them, in works short enough that others get their turn.
 *
 * For the loop's thread. Errors: those of overlap_set.h (SYM_CANCELLED: the dataset has changed),
 * SYM_LIMIT (no elements, or too many).
 */
#ifndef SYM_NODE_OVERLAP_STANDING_MAKING_H
#define SYM_NODE_OVERLAP_STANDING_MAKING_H

#include "crypto/ristretto.h"
#include "node/overlap/overlap_set.h"
#include "proto/standing.h"

struct sym_standing_making;

struct sym_standing_making_config {
    struct sym_loop *loop;
    struct sym_errands *errands; /* outlives the making */
    const struct sym_ristretto *ristretto;
    struct sym_content *content; /* taken on success */
    enum sym_token_type type;
    enum sym_padding padding;
    uint64_t most; /* elements that may be evaluated while the list stands */
};

/* Called once, later, unless it was given up before. */
typedef void sym_standing_made_fn(void *owner, enum sym_err err);

SYM_MUST enum sym_err sym_standing_making_new(struct sym_standing_making **out,
                                              const struct sym_standing_making_config *config,
                                              sym_standing_made_fn *done, void *owner);
/* Gives it up, or ends with it; what a worker still reads goes when that is done. NULL is fine. */
void sym_standing_making_free(struct sym_standing_making *g);

/* Once it is made; borrowed. */
struct sym_standing_made {
    struct sym_standing_list list;
    struct sym_span key;
    const struct sym_span *blocks; /* sym_standing_blocks of them */
};
void sym_standing_making_result(const struct sym_standing_making *g, struct sym_standing_made *out);

#endif
