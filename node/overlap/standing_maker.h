/* standing_maker.h - makes the standing lists that grants offer, in the background, and erases
 * those that are no longer what a grant, a dataset and the time say.
 *
 * One list is made at a time, on the worker pool in works short enough that others get their turn.
 * It belongs to one peer, dataset and type, and to a basis: grant, content and publication of the
 * dataset, and the last restore of this node. With another basis, or when its days are over, it is
 * erased, and one is made anew under a new key. A list that could not be made is tried again at the
 * next look. For the loop's thread.
 * Errors: those of standing.h, SYM_AGAIN (it is being made).
 */
#ifndef SYM_NODE_OVERLAP_STANDING_MAKER_H
#define SYM_NODE_OVERLAP_STANDING_MAKER_H

#include "crypto/ristretto.h"
#include "node/data/datasets.h"
#include "node/data/standing.h"
#include "node/grant/grants.h"
#include "node/party/settings.h"
#include "node/work/workers.h"

struct sym_standing_maker;

struct sym_standing_maker_config {
    struct sym_loop *loop;
    struct sym_workers *workers;
    const struct sym_standings *standings;
    struct sym_datasets *datasets;
    struct sym_grants *grants;
    const struct sym_settings *settings;
    const struct sym_ristretto *ristretto;
    uint64_t (*wall_ms)(void); /* NULL: that of the machine */
};

/* Looks for the first time in the loop's next turn. */
SYM_MUST enum sym_err sym_standing_maker_new(struct sym_standing_maker **out,
                                             const struct sym_standing_maker_config *config);
/* After the workers were freed. NULL is fine. */
void sym_standing_maker_free(struct sym_standing_maker *m);
/* A grant or dataset has changed, or time has passed: in the loop's next turn. NULL is fine, here
 * and in sym_standing_maker_until: there is none. */
void sym_standing_maker_look(struct sym_standing_maker *m);

/* The list of this peer that stands now. SYM_AGAIN: it is to be made, SYM_NOT_FOUND: none is. */
SYM_MUST enum sym_err sym_standing_maker_find(struct sym_standing_maker *m,
                                              struct sym_standing_row *out,
                                              const struct sym_node_id *peer,
                                              struct sym_span dataset, uint32_t type);
/* Until when the lists that this peer is offered of a dataset stand, wall clock, milliseconds; 0:
 * one is still to be made, or none is offered. */
uint64_t sym_standing_maker_until(struct sym_standing_maker *m, const struct sym_node_id *peer,
                                  struct sym_span dataset);
/* How many lists stand, and how many are still to be made. */
void sym_standing_maker_count(struct sym_standing_maker *m, uint32_t *made, uint32_t *due);

#endif
