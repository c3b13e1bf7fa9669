/* peers.h - the peers this node has pinned: in memory for every look-up, in the store for good.
 *
 * The table owns its peers; a pointer is valid until that peer is removed or replaced. All changes
 * are durable before they return; one that fails has not happened. Each is recorded
 * with its author in the same commit. Errors: those of store.h and card.h, SYM_EXISTS (the alias,
 * or a key of the card, belongs to another peer; the card to one pinned under another alias),
 * SYM_BAD_VALUE (alias, preshared key), SYM_LIMIT, each with a line in fault.
 */
#ifndef SYM_NODE_PARTY_PEERS_H
#define SYM_NODE_PARTY_PEERS_H

#include "crypto/card.h"
#include "node/evidence/witness.h"
#include "proto/limits.h"

struct sym_peer {
    struct sym_node_id id;
    char alias[SYM_ALIAS_BYTES];
    struct sym_card card;
    struct sym_secret psk; /* 32 bytes, or empty */
    uint64_t added_s;
    bool shut_out; /* gate was told to take no link of it, as its card had expired */
};

struct sym_peers {
    struct sym_store *store;
    struct sym_peer **items; /* n, in no particular order */
    size_t n;
};

/* All that are pinned. Errors: those of store.h. */
SYM_MUST enum sym_err sym_peers_load(struct sym_peers *peers, struct sym_store *store,
                                     struct sym_fault *fault);
void sym_peers_clear(struct sym_peers *peers);

/* NULL when there is none. */
struct sym_peer *sym_peers_by_alias(const struct sym_peers *peers, struct sym_span alias);
struct sym_peer *sym_peers_by_id(const struct sym_peers *peers, const struct sym_node_id *id);

/* As its log is checked; the alias is borrowed. */
void sym_peer_witnessed(struct sym_witnessed *out, const struct sym_peer *peer);
/* The text of its card in its one form, *len bytes: one that came by mail may have a CR in front of
 * each LF. max: room for the card as it came. */
SYM_MUST enum sym_err sym_peers_card_text(const struct sym_peers *peers, char *out, size_t max,
                                          size_t *len, const struct sym_node_id *id);

/* An expired card holds no longer: no link, no exchange. */
bool sym_peer_is_expired(const struct sym_peer *peer, int64_t now_s);

/* What goes in the same commit with a node that is no peer any more. */
typedef enum sym_err sym_peer_gone_fn(struct sym_transaction *t, void *context,
                                      const struct sym_node_id *id);

struct sym_peer_addition {
    struct sym_span card;  /* text of one card */
    struct sym_span alias; /* may be empty when the peer is pinned already */
    struct sym_span psk;   /* 32 bytes, or none: keeps what was there */
    bool replace_identity; /* allows a card whose identity succeeds that of the alias */
    const struct sym_node_id *self;
    const struct sym_author *author;
    int64_t now_s;
    sym_peer_gone_fn *gone; /* of the identity that is replaced; or NULL */
    void *context;          /* of that */
};

/* Pins a new peer, or replaces the card of a pinned one, which keeps its alias, and its preshared
 * key unless another is given. *replaced is the id that no longer holds, when the identity changed
 * (else equal to the new id). */
SYM_MUST enum sym_err sym_peers_add(struct sym_peers *peers, struct sym_peer **out,
                                    struct sym_node_id *replaced,
                                    const struct sym_peer_addition *addition,
                                    struct sym_fault *fault);
/* gone: or NULL. */
SYM_MUST enum sym_err sym_peers_remove(struct sym_peers *peers, struct sym_peer *peer,
                                       sym_peer_gone_fn *gone, void *context,
                                       const struct sym_author *author, struct sym_fault *fault);
/* psk: 32 bytes, or none to remove it. */
SYM_MUST enum sym_err sym_peers_set_psk(struct sym_peers *peers, struct sym_peer *peer,
                                        struct sym_span psk, const struct sym_author *author,
                                        struct sym_fault *fault);

#endif
