/* preview.h - what this node would add to a joint tabulation, counted for its own user: the latest
 * one that was asked for, kept until another is asked for, the dataset changes or a minute has
 * passed.
 *
 * Counting goes on between turns of the loop; who asks too early hears SYM_AGAIN and asks again, as
 * does who asks for another while somebody comes for the one that is there.
 * Errors: those of contribution.h, datasets.h and cube.h, each with a line in fault.
 */
#ifndef SYM_NODE_CORE_PREVIEW_H
#define SYM_NODE_CORE_PREVIEW_H

#include "node/tabulation/contribution.h"

struct sym_preview {
    struct sym_loop *loop;
    struct sym_errands errands;
    struct sym_datasets *datasets;
    uint8_t hash[SYM_HASH_BYTES]; /* of dataset and query */
    char dataset[SYM_ALIAS_BYTES];
    uint8_t basis[SYM_DIGEST_BYTES]; /* of the dataset, when it was begun */
    struct sym_cube *cube;
    struct sym_contribution *counting;
    uint64_t *cells;
    uint64_t counted;
    uint64_t left_out;
    enum sym_err err; /* SYM_AGAIN: it is being counted; SYM_NOT_FOUND: nothing was asked for */
    bool unread;      /* its last page was not asked for yet */
    uint64_t asked_ms;
};

void sym_preview_init(struct sym_preview *p, struct sym_loop *loop, struct sym_workers *workers,
                      struct sym_datasets *datasets);
/* After the workers were freed. */
void sym_preview_clear(struct sym_preview *p);
/* Wipes one whose dataset is no longer what it was: after every change of a dataset. */
void sym_preview_look(struct sym_preview *p);
/* Forgets one that nobody has asked for within a minute. */
void sym_preview_tidy(struct sym_preview *p, uint64_t now_ms);

/* A page of cells of this question from `first` on; spans of *out borrow from room, of
 * SYM_CELLS_PAGE_BYTES. SYM_AGAIN: it is being counted; SYM_CANCELLED: the dataset has changed
 * since the first page. */
SYM_MUST enum sym_err sym_preview_page(struct sym_preview *p, struct sym_cells_page *out,
                                       uint8_t *room, const struct sym_tabulate_start *start,
                                       uint32_t first, struct sym_fault *fault);

#endif
