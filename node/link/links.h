/* links.h - core's side of the peer links: what gate tells about them, who is dialled, and the
 * frames that go in and out.
 *
 * There is at most one live link per peer. One that gate has ended is no longer live, but its last
 * frames are still handed on before `down`, for a second at most; unless this node hung it up or
 * removed the peer. A link is asked for with sym_links_want; names are
 * resolved by the supervisor, connections made by gate, pauses between dials grow. Frames arrive
 * through the frame handler, which owns the buffer from then on. Sending is pulled: a full link
 * answers SYM_AGAIN, and the room handler is called when it can take more. Nothing is queued here,
 * so a slow peer costs no memory. Errors: SYM_AGAIN, SYM_CLOSED (no live link), SYM_NO_MEMORY,
 * SYM_LIMIT, SYM_IO.
 */
#ifndef SYM_NODE_LINK_LINKS_H
#define SYM_NODE_LINK_LINKS_H

#include "node/loop.h"
#include "node/party/peers.h"
#include "proto/bus.h"
#include "proto/local.h"

struct sym_links;
struct sym_link;

/* What the owner is told. */
struct sym_links_events {
    void *owner;
    /* Gate listens: address, and how it is sandboxed. */
    void (*listening)(void *owner, struct sym_span address, const struct sym_process_row *gate);
    void (*up)(void *owner, struct sym_link *link);
    /* The link is gone; the pointer is dead afterwards. */
    void (*down)(void *owner, struct sym_link *link, struct sym_span reason);
    /* A dial failed; another follows while somebody wants the peer. */
    void (*failed)(void *owner, const struct sym_node_id *peer, struct sym_span reason);
    /* frame is owned by the callee: sym_bus_release. The callee does not unpin. */
    void (*frame)(void *owner, struct sym_link *link, uint8_t *frame, size_t len);
    void (*room)(void *owner, struct sym_link *link);
    /* Does an exchange still wait for this peer? */
    bool (*wanted)(void *owner, const struct sym_node_id *peer);
};

struct sym_links_config {
    struct sym_loop *loop;
    const struct sym_peers *peers;
    int leash;           /* for name look-ups */
    const char *run_dir; /* where this side binds */
    struct sym_node_id self;
    uint32_t idle_ms;
};

/* Binds the control pair to gate; events are called from the loop. What both point to is borrowed,
 * and outlives it. */
SYM_MUST enum sym_err sym_links_new(struct sym_links **out, const struct sym_links_config *config,
                                    const struct sym_links_events *events, struct sym_fault *fault);
void sym_links_free(struct sym_links *links);

/* Tells gate to accept this peer (again, after its card changed), or no longer. Unpinning also
 * closes. */
SYM_MUST enum sym_err sym_links_pin(struct sym_links *links, struct sym_peer *peer);
SYM_MUST enum sym_err sym_links_unpin(struct sym_links *links, const struct sym_node_id *id);
/* From time to time: pins the peers whose cards had expired by a clock that was ahead. */
void sym_links_look(struct sym_links *links);

/* Dials the peer unless it is linked or being dialled. */
void sym_links_want(struct sym_links *links, const struct sym_peer *peer);
/* The supervisor's answer to a look-up (payload of SYM_LEASH_RESOLVED). */
void sym_links_resolved(struct sym_links *links, struct sym_span payload);

/* NULL when there is no live link. */
struct sym_link *sym_links_of(const struct sym_links *links, const struct sym_node_id *id);
enum sym_link_state sym_links_state(const struct sym_links *links, const struct sym_node_id *id);
size_t sym_links_count(const struct sym_links *links);
const struct sym_gate_counters *sym_links_counters(const struct sym_links *links);

/* Sends a frame from sym_bus_buffer; it is consumed on SYM_OK only. SYM_AGAIN: wait for room, or
 * for the end of a link that is no longer live. */
SYM_MUST enum sym_err sym_link_send(struct sym_link *link, uint8_t *frame, size_t len);
/* Asks for the room handler at the link's next turn: for work that was cut short for fairness. */
void sym_link_want_room(struct sym_link *link);
/* Closes a link, for instance after a frame that does not open. */
void sym_link_hang_up(struct sym_link *link);

/* Borrowed from the link. */
const struct sym_node_id *sym_link_peer(const struct sym_link *link);
const uint8_t *sym_link_exporter(const struct sym_link *link);
/* By this side. */
bool sym_link_was_dialled(const struct sym_link *link);

struct sym_link_counts {
    uint64_t since_ms; /* wall clock */
    uint64_t bytes_sent;
    uint64_t bytes_received;
};
struct sym_link_counts sym_link_counts(const struct sym_link *link);

/* Asks gate to finish. */
void sym_links_stop(struct sym_links *links);

#endif
