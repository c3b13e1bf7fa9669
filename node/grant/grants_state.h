/* grants_state.h - what the files of the grants share: what is kept of a grant and of a held
 * request, and how a change of them becomes durable. For grants*.c; nobody else sees it.
 *
 * Nothing here changes in memory before the store has it. Errors: those of store.h.
 */
#ifndef SYM_NODE_GRANT_GRANTS_STATE_H
#define SYM_NODE_GRANT_GRANTS_STATE_H

#include "crypto/digest.h"
#include "node/grant/grants.h"
#include "node/grant/grants_asked.h"

/* Held requests of one peer that wait, or are approved and not used. */
#define SYM_HELD_PER_PEER_MAX 16u
/* How long a request waits, an approval holds and what was decided is remembered, milliseconds. */
#define SYM_HELD_MS 86400000u

struct sym_grant_item {
    struct sym_node_id peer;
    uint64_t number; /* no two grants have the same; with peer the key in the store */
    char dataset[SYM_ALIAS_BYTES];
    char added_by[SYM_ALIAS_BYTES];
    struct sym_grant limits; /* without the spans and asked */
    struct sym_asked asked;
    struct sym_asked evaluated; /* elements, against the standing list */
};

struct sym_held_item {
    struct sym_node_id peer;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint8_t asked_id[SYM_EXCHANGE_ID_BYTES]; /* of the newest request for it since the start; zeros:
                                              * none */
    uint8_t what_for[SYM_DIGEST_BYTES];      /* digest of its commitments, and of ask.bound */
    uint8_t case_hash[SYM_HASH_BYTES];       /* the commitment to the case */
    bool has_case;
    bool in_use; /* its approval is used up by an exchange since the start, and not void yet */
    char dataset[SYM_ALIAS_BYTES];
    char decided_by[SYM_ALIAS_BYTES];
    char why[SYM_REASON_BYTES_MAX + 1u];
    char because[SYM_REASON_BYTES_MAX + 1u];
    uint8_t *parameters; /* of a tabulation; owned by the item that stands in grants.held */
    size_t parameters_len;
    uint32_t reason;               /* of a denial: enum sym_reason */
    struct sym_held_request terms; /* without the spans */
};

struct sym_pattern_item {
    struct sym_node_id peer;
    struct sym_pattern pattern;
    bool dirty; /* counted, and not in the store yet */
};

struct sym_grants {
    struct sym_grants_config config;
    struct sym_grant_item items[SYM_GRANTS_MAX]; /* by number */
    size_t n;
    struct sym_grant_item replaced;          /* by the newest */
    struct sym_held_item held[SYM_HELD_MAX]; /* the oldest first */
    size_t n_held;
    struct sym_pattern_item *patterns; /* at most SYM_PEERS_MAX */
    size_t n_patterns;
    struct sym_grant rows[SYM_GRANTS_MAX];
    struct sym_held_request held_rows[SYM_HELD_MAX];
};

uint64_t sym_grants_now(const struct sym_grants *g);
/* NULL when there is none. */
struct sym_grant_item *sym_grants_find(struct sym_grants *g, const struct sym_node_id *peer,
                                       struct sym_span dataset, uint32_t kind);

/* The spans point into item; *row is valid as long as that stays in its place. */
void sym_grant_item_row(struct sym_grants *g, struct sym_grant *row,
                        const struct sym_grant_item *item);
void sym_held_item_row(struct sym_grants *g, struct sym_held_request *row,
                       const struct sym_held_item *item);

/* name is one that was checked: shorter than out. */
void sym_grant_name_copy(char out[SYM_ALIAS_BYTES], struct sym_span name);

/* The grants, loaded and put into the order of their numbers. */
SYM_MUST enum sym_err sym_grants_load(struct sym_grants *g, struct sym_transaction *t);
/* Within a transaction. Deleting a grant takes what was counted under it along. */
SYM_MUST enum sym_err sym_grant_item_put(struct sym_grants *g, struct sym_transaction *t,
                                         const struct sym_grant_item *item);
SYM_MUST enum sym_err sym_grant_item_delete(struct sym_transaction *t,
                                            const struct sym_grant_item *item);
SYM_MUST enum sym_err sym_asked_item_put(struct sym_transaction *t,
                                         const struct sym_grant_item *item);
SYM_MUST enum sym_err sym_evaluated_item_put(struct sym_transaction *t,
                                             const struct sym_grant_item *item);
SYM_MUST enum sym_err sym_held_item_put(struct sym_grants *g, struct sym_transaction *t,
                                        const struct sym_held_item *item);
SYM_MUST enum sym_err sym_held_item_delete(struct sym_transaction *t,
                                           const struct sym_held_item *item);

/* How a peer asks: NULL when there is no memory for it; it stays in its place until another is
 * added or forgotten. */
struct sym_pattern_item *sym_pattern_item_of(struct sym_grants *g, const struct sym_node_id *peer);
SYM_MUST enum sym_err sym_pattern_item_put(struct sym_transaction *t,
                                           const struct sym_pattern_item *item);
SYM_MUST enum sym_err sym_patterns_load(struct sym_grants *g, struct sym_transaction *t);
/* Saves what is not saved yet. */
void sym_patterns_clear(struct sym_grants *g);
/* From the store, within a transaction; and from memory. */
SYM_MUST enum sym_err sym_pattern_drop(const struct sym_grants *g, struct sym_transaction *t,
                                       const struct sym_node_id *peer);
void sym_pattern_forget(struct sym_grants *g, const struct sym_node_id *peer);

/* The held requests: loaded, and put into the order of their times. */
SYM_MUST enum sym_err sym_held_load(struct sym_grants *g, struct sym_transaction *t);
/* All of them, then those of one peer: from memory only. */
void sym_held_clear(struct sym_grants *g);
void sym_held_remove_peer(struct sym_grants *g, const struct sym_node_id *id);
/* Waits for its decision, or is approved and not used. */
bool sym_held_is_open(const struct sym_held_item *item);
/* Forgets what was decided a day ago, and ends what has waited for a day. */
SYM_MUST enum sym_err sym_held_tidy(struct sym_grants *g, uint64_t now_ms);
/* Of this id; NULL when there is none. */
struct sym_held_item *sym_held_find(struct sym_grants *g, struct sym_span id);
/* The one that this request repeats, open or denied: of the same commitments and terms. NULL when
 * there is none. */
struct sym_held_item *sym_held_match(struct sym_grants *g, const struct sym_ask *ask);
/* A new one that waits, and why; clear it. SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_held_item_new(struct sym_held_item *out, const struct sym_ask *ask,
                                        const char *because);
void sym_held_item_clear(struct sym_held_item *item);
/* Makes room for one more request of this peer; SYM_LIMIT when too many are open. */
SYM_MUST enum sym_err sym_held_make_room(struct sym_grants *g, const struct sym_node_id *peer);

#endif
