/* link.h - one connection to a peer, from the first packet to the last.
 *
 *     CONNECTING  TCP is being opened (by this side)
 *     HANDSHAKE   TLS
 *     HELLO       the SP header is awaited; the peer's certificate is accepted
 *     PARKED      accepted, but this side's own dial to the same peer is about to decide
 *     WAITING     one of the node's links; core has been told and is to bind the pair
 *     OPEN        frames move
 *     DRAINING    hung up by this side: what core gave already still goes out
 *     LINGERING   no link any more; the socket waits for the other side to read to the end, the
 *                 pair for core to do so, which is still given what came in
 *
 * CONNECTING to PARKED must end within SYM_HANDSHAKE_MS together, WAITING within the same again;
 * OPEN ends when no whole frame has moved for the idle time. The link decides nothing about the
 * node: its owner admits it or not and hears what becomes of it. A link frees itself, right after
 * `gone`. Times are milliseconds of the monotonic clock.
 */
#ifndef SYM_NODE_GATE_LINK_H
#define SYM_NODE_GATE_LINK_H

#include "node/gate/address.h"
#include "node/gate/pins.h"
#include "node/gate/pump.h"
#include "node/loop.h"

/* How long LINGERING lasts at most. */
#define SYM_GATE_LINGER_MS 1000u

enum sym_gate_link_phase {
    SYM_PHASE_CONNECTING,
    SYM_PHASE_HANDSHAKE,
    SYM_PHASE_HELLO,
    SYM_PHASE_PARKED,
    SYM_PHASE_WAITING,
    SYM_PHASE_OPEN,
    SYM_PHASE_DRAINING,
    SYM_PHASE_LINGERING,
    SYM_PHASE_COUNT
};

struct sym_gate_link;

/* What the owner hears. None of these may end the link it is called for; others it may. */
struct sym_gate_link_events {
    /* Authenticated: SYM_OK keeps it, SYM_AGAIN parks it, anything else refuses it, for the reason
     * in fault. */
    enum sym_err (*admit)(struct sym_gate_link *l, struct sym_fault *fault);
    /* It became one of the node's links: WAITING. */
    void (*up)(struct sym_gate_link *l);
    /* It is none any more (was_up), or never became one. */
    void (*ended)(struct sym_gate_link *l, bool was_up, const struct sym_fault *why);
    void (*gone)(struct sym_gate_link *l);
};

/* Shared by all links of a gate; outlives them. */
struct sym_gate_link_context {
    struct sym_loop *loop;
    struct sym_tls *tls;
    const struct sym_pins *pins;
    const struct sym_gate_link_events *events;
    void *owner;
    uint32_t idle_ms;
    char link_url[SYM_BUS_URL_BYTES]; /* the pair of link N is here, N appended */
};

struct sym_gate_link {
    const struct sym_gate_link_context *context;
    struct sym_gate_link *next; /* kept by the owner */
    struct sym_gate_link *previous;
    enum sym_gate_link_phase phase;
    bool dialled;
    bool admitted;
    bool ended;                 /* the owner has been told */
    struct sym_pinned *peer;    /* NULL until it is known */
    uint8_t pin[SYM_PIN_BYTES]; /* from HELLO on, as is exporter */
    uint8_t exporter[SYM_EXPORTER_BYTES];
    uint64_t number; /* given by the owner when it comes up; 0 before */
    uint64_t up_ms;
    struct sym_address address;
    int fd;
    struct sym_tls_session *tls;
    struct sym_watch *socket;
    struct sym_timer *timer;
    uint8_t hello[SYM_SP_HELLO_BYTES];
    size_t hello_got;
    size_t hello_sent;
    struct sym_pump pump;
    struct sym_watch *frames; /* from core */
    struct sym_watch *room;   /* towards core */
    uint64_t frames_seen;
    uint64_t active_ms;   /* when a frame last moved */
    uint64_t until_ms;    /* DRAINING and LINGERING end */
    bool peer_left;       /* nothing can be sent any more, nor received */
    struct sym_fault why; /* it drains */
};

/* Takes over fd, a connection that was accepted. fd is closed on failure, too. */
SYM_MUST enum sym_err sym_gate_link_accept(struct sym_gate_link **out,
                                           const struct sym_gate_link_context *context, int fd,
                                           const struct sym_address *from);
/* Dials peer at this address. */
SYM_MUST enum sym_err sym_gate_link_dial(struct sym_gate_link **out,
                                         const struct sym_gate_link_context *context,
                                         struct sym_pinned *peer, const struct sym_address *to);

/* PARKED: asks the owner again. */
void sym_gate_link_unpark(struct sym_gate_link *l);
/* WAITING: core has bound the pair. Ignored in other states. */
void sym_gate_link_open(struct sym_gate_link *l);
/* Hangs up, giving what is under way a second: see DRAINING. Before OPEN this is end. */
void sym_gate_link_hang_up(struct sym_gate_link *l, enum sym_err err, const char *why);
/* Ends it at once. l is freed. */
void sym_gate_link_end(struct sym_gate_link *l, enum sym_err err, const char *why);

/* Accepted and not one of the node's links yet. */
bool sym_gate_link_is_half_open(const struct sym_gate_link *l);
const char *sym_gate_link_phase_name(enum sym_gate_link_phase phase);

#endif
