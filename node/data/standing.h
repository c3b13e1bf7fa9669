/* standing.h - standing lists (proto/standing.h) as they are kept: those of this node, each made
 * for one peer, dataset and identifier type under a key of its own, and those that peers have sent,
 * each as it was received.
 *
 * A list counts from the transaction on that has all of it; a new one replaces the one of the same
 * peer, dataset and type in that transaction. Keys and blocks lie in the vault, so that they can be
 * erased for good; the store knows what there is, and nothing of it is in memory. There are
 * SYM_STANDING_KEPT_MAX lists of each sort at most, and those received take up to
 * SYM_STANDING_RECEIVED_BYTES_MAX: the oldest go for the newest. Errors: those of store.h and
 * vault.h, SYM_NOT_FOUND, SYM_LIMIT (too many own lists), SYM_BAD_FORMAT (damage).
 */
#ifndef SYM_NODE_DATA_STANDING_H
#define SYM_NODE_DATA_STANDING_H

#include "crypto/digest.h"
#include "node/store/vault.h"
#include "proto/standing.h"

/* Names a list, on the wire and beside the peer's own. */
#define SYM_STANDING_ID_BYTES 16u

struct sym_standings {
    struct sym_store *store;
    struct sym_vault *vault;
    uint64_t received_max; /* bytes of received lists; 0: SYM_STANDING_RECEIVED_BYTES_MAX */
};

struct sym_standing_row {
    uint8_t number[SYM_STANDING_ID_BYTES]; /* drawn here: where it is kept */
    bool own;                              /* made here for the peer; otherwise received from it */
    struct sym_node_id peer;
    char dataset[SYM_ALIAS_BYTES]; /* of who made it */
    uint32_t type;                 /* of identifiers; 0: any */
    uint8_t epoch[SYM_STANDING_ID_BYTES];
    uint8_t basis[SYM_DIGEST_BYTES]; /* own: what it was made from, and for which limits */
    uint64_t made_ms;                /* wall clock: made, or received */
    uint64_t expires_ms;             /* own: no later query is answered from it */
    uint64_t bytes;                  /* of its blocks */
    uint64_t most;                   /* own: elements that may be evaluated while it stands, */
    uint64_t used;                   /* and those that were */
    struct sym_standing_list list;
};

/* Whose list of what. */
struct sym_standing_name {
    bool own;
    const struct sym_node_id *peer;
    struct sym_span dataset;
    uint32_t type;
};

/* SYM_NOT_FOUND when there is none. */
SYM_MUST enum sym_err sym_standings_find(const struct sym_standings *s,
                                         struct sym_standing_row *out,
                                         const struct sym_standing_name *name);
/* Copies all rows, 2 * SYM_STANDING_KEPT_MAX at most; free them. */
SYM_MUST enum sym_err sym_standings_list(const struct sym_standings *s,
                                         struct sym_standing_row **rows, size_t *n);

/* Keeps a list: its blocks, sym_standing_blocks of them, and its head, the key of an own one and
 * the first tags of a received one. row->number, and bytes are set here. What it replaces is
 * erased; of too many received ones that is the oldest, too. */
SYM_MUST enum sym_err sym_standings_put(const struct sym_standings *s, struct sym_standing_row *row,
                                        struct sym_span head, const struct sym_span *blocks,
                                        struct sym_fault *fault);
/* The head of a list, and one block, number from 0; out must be empty. */
SYM_MUST enum sym_err sym_standings_head(const struct sym_standings *s,
                                         const struct sym_standing_row *row,
                                         struct sym_secret *out);
SYM_MUST enum sym_err sym_standings_block(const struct sym_standings *s,
                                          const struct sym_standing_row *row, uint32_t number,
                                          struct sym_secret *out);
/* The same into SYM_TAG_BLOCK_BYTES_MAX bytes of the caller's; what a received list holds is no
 * secret of this node. */
SYM_MUST enum sym_err sym_standings_block_into(const struct sym_standings *s,
                                               const struct sym_standing_row *row, uint32_t number,
                                               uint8_t *out, size_t *len);

/* Within a write transaction: the *n lists that `goes` says yes to can be read no more; beyond
 * recovery after a sweep of the vault. */
typedef bool sym_standing_goes_fn(void *context, const struct sym_standing_row *row);
SYM_MUST enum sym_err sym_standings_drop(const struct sym_standings *s, struct sym_transaction *t,
                                         sym_standing_goes_fn *goes, void *context, size_t *n);
/* Erases them. Fine when there is none. */
SYM_MUST enum sym_err sym_standings_erase(const struct sym_standings *s, sym_standing_goes_fn *goes,
                                          void *context, size_t *n, struct sym_fault *fault);
/* Those made for this peer, and received from it. */
SYM_MUST enum sym_err sym_standings_drop_peer(const struct sym_standings *s,
                                              const struct sym_node_id *peer,
                                              struct sym_fault *fault);
/* Does an own list still stand? SYM_NOT_FOUND when it was erased. */
SYM_MUST enum sym_err sym_standings_check(const struct sym_standings *s,
                                          const struct sym_standing_row *row);
/* Within a write transaction: counts elements that will be evaluated against an own list. SYM_LIMIT
 * when they would be more than it allows, SYM_NOT_FOUND when it was erased. */
SYM_MUST enum sym_err sym_standings_charge(struct sym_transaction *t,
                                           const struct sym_standing_row *row, uint32_t elements);
/* Within a write transaction: own lists of this dataset can be read no more; beyond recovery after
 * a sweep of the vault. */
SYM_MUST enum sym_err sym_standings_forget_of(const struct sym_standings *s,
                                              struct sym_transaction *t, struct sym_span dataset);

#endif
