/* dials.h - which peers are being dialled: look up the names of their card, ask for a connection,
 * and pause, longer each time, while somebody still wants the peer.
 *
 * A card that names several endpoints has them tried one after the other. Errors: SYM_NO_MEMORY.
 * All else is told through the functions in the configuration.
 */
#ifndef SYM_NODE_LINK_DIALS_H
#define SYM_NODE_LINK_DIALS_H

#include "node/loop.h"
#include "node/party/peers.h"

struct sym_dials;

struct sym_dials_config {
    struct sym_loop *loop;
    int leash; /* to the supervisor, which resolves names */
    void *owner;
    /* Connect to one of these numeric addresses. After SYM_OK one sym_dials_failed, _linked or
     * _forget follows; without one for a minute the dial counts as failed, too. */
    enum sym_err (*dial)(void *owner, const struct sym_node_id *id,
                         const struct sym_span *addresses, size_t n);
    void (*failed)(void *owner, const struct sym_node_id *id, struct sym_span reason);
    bool (*wanted)(void *owner, const struct sym_node_id *id);
};

/* SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_dials_new(struct sym_dials **out, const struct sym_dials_config *config);
void sym_dials_free(struct sym_dials *d);

/* Starts dialling; if it has begun, the next attempt comes soon. */
void sym_dials_start(struct sym_dials *d, const struct sym_peer *peer);
bool sym_dials_has(const struct sym_dials *d, const struct sym_node_id *id);
/* There is a link, whoever has dialled; there is none any more. After one that was shorter than the
 * pause after a failed attempt would be, that pause comes first. */
void sym_dials_linked(struct sym_dials *d, const struct sym_node_id *id);
void sym_dials_unlinked(struct sym_dials *d, const struct sym_node_id *id);
/* Starts dialling if the peer is wanted, and leaves a pause alone. */
void sym_dials_go_on(struct sym_dials *d, const struct sym_peer *peer);
/* It is no longer a peer. */
void sym_dials_forget(struct sym_dials *d, const struct sym_node_id *id);
/* The connection did not come about: pause, then again while wanted. */
void sym_dials_failed(struct sym_dials *d, const struct sym_node_id *id);
/* Payload of SYM_LEASH_RESOLVED. */
void sym_dials_resolved(struct sym_dials *d, struct sym_span payload);

#endif
