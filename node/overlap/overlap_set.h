/* overlap_set.h - the own elements of one overlap: the digests of a dataset's tokens of one type
 * (or of all), each once, ascending, and the size that is announced for them; later, which tokens
 * matched.
 *
 * The content is read one segment per turn of the loop, and put in order by the worker pool; all
 * memory is one array of digests, wiped at the end, one of those that several records have, where
 * they are wanted, and one of the places of tokens in the content, which is kept for these alone.
 * Errors: those of datasets.h and workers.h, SYM_LIMIT (more than SYM_SET_MAX), SYM_NO_MEMORY.
 */
#ifndef SYM_NODE_OVERLAP_OVERLAP_SET_H
#define SYM_NODE_OVERLAP_OVERLAP_SET_H

#include "node/data/datasets.h"
#include "node/work/errands.h"

enum sym_padding { SYM_PADDING_NONE, SYM_PADDING_POWER_OF_TWO };

/* The size that is announced for n elements; n is at most SYM_SET_MAX. */
uint32_t sym_padded_size(uint32_t n, enum sym_padding padding);

struct sym_overlap_set;

struct sym_overlap_set_config {
    struct sym_loop *loop;
    struct sym_errands *errands;
    struct sym_content *content; /* the set's, once it was made */
    enum sym_token_type type;    /* SYM_TOKEN_NONE: all */
    enum sym_padding padding;
    bool keeps_content; /* until it is freed; otherwise until it was read */
    bool counts_shared; /* notes which digests several records have */
    bool one_each;      /* no record has two of the type: SYM_UNSUPPORTED otherwise */
};

/* Digests that come several times, ascending, and how often each does. */
struct sym_shared_digests {
    size_t n;
    const uint8_t *digests; /* SYM_DIGEST_BYTES each */
    const uint32_t *times;
};

/* The set is ready, or will never be. */
typedef void sym_overlap_set_fn(void *owner, struct sym_overlap_set *set, enum sym_err err);

/* Begins to read; done is called later, once, unless the set was freed before. */
SYM_MUST enum sym_err sym_overlap_set_new(struct sym_overlap_set **out,
                                          const struct sym_overlap_set_config *config,
                                          sym_overlap_set_fn *done, void *owner);
/* One more who has it, and frees it when he has done; for a set that is ready. */
void sym_overlap_set_hold(struct sym_overlap_set *set);
/* At any time; what there is of it goes with the last who has it. NULL is fine. */
void sym_overlap_set_free(struct sym_overlap_set *set);

/* Of a set that is ready. */
const uint8_t *sym_overlap_set_digests(const struct sym_overlap_set *set, size_t *n);
uint32_t sym_overlap_set_size(const struct sym_overlap_set *set);
/* NULL unless it is kept. */
struct sym_content *sym_overlap_set_content(const struct sym_overlap_set *set);
/* None unless they were to be counted. Borrowed. */
struct sym_shared_digests sym_overlap_set_shared(const struct sym_overlap_set *set);
/* Notes that the digests at these n indices, which ascend, matched, and gives up all digests. Once,
 * for a set that keeps its content. */
void sym_overlap_set_match(struct sym_overlap_set *set, const uint32_t *indices, size_t n);

struct sym_matched {
    size_t n;               /* digests */
    const uint64_t *tokens; /* that have one, by their place in the content: 64 bits a word, from
                             * the lowest; NULL in a set that was empty */
};
struct sym_matched sym_overlap_set_matched(const struct sym_overlap_set *set);

#endif
