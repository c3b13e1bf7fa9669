/* overlap_terms.h - what the engines of overlaps have in common as runs: sizes from what was
 * agreed, and the result.
 */
#ifndef SYM_NODE_EXCHANGE_OVERLAP_TERMS_H
#define SYM_NODE_EXCHANGE_OVERLAP_TERMS_H

#include "node/exchange/run_kind.h"
#include "proto/overlap_agree.h"

struct sym_overlap_agreed {
    uint32_t own_size; /* as announced, that of plan->set */
    uint32_t peer_size;
};

/* From the parameters of request and receipt. Errors: those of sym_decode, SYM_BAD_VALUE (agreed
 * was on another engine than this, or on none), SYM_INTERNAL (no set, or one of another size). */
SYM_MUST enum sym_err sym_overlap_terms_read(struct sym_overlap_agreed *out,
                                             const struct sym_run_plan *plan,
                                             enum sym_overlap_engine engine);

/* The result of a machine that knows it, and reads the digests no more: those that matched move to
 * the front of the set, so that looking for them costs no memory. What the machine has freed lies
 * below its result in the heap, and would add to what the looking needs. matches is NULL in a
 * count; *reduced: was it done already? */
void sym_overlap_terms_result(struct sym_run_result *out, struct sym_overlap_set *set,
                              uint32_t common, const uint32_t *matches, bool *reduced);

#endif
