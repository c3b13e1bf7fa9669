/* links_state.h - what the files of links.h share: links.c talks to gate and holds the table of
 * links, link.c is one of them.
 */
#ifndef SYM_NODE_LINK_LINKS_STATE_H
#define SYM_NODE_LINK_LINKS_STATE_H

#include "node/link/dials.h"
#include "node/link/links.h"

struct sym_link {
    struct sym_links *links;
    uint64_t number;
    struct sym_node_id peer;
    uint8_t exporter[SYM_HASH_BYTES];
    struct sym_bus pair;
    struct sym_watch *receive;
    struct sym_watch *room;
    struct sym_link_counts counts;
    uint64_t taken; /* frames */
    bool dialled;   /* by this side */
    bool hung_up;   /* by core */
    /* Gate has said LINK_DOWN, but not all its frames have come yet. */
    bool ending;
    uint64_t due; /* frames in all */
    uint64_t until_ms;
    bool gate_was_there; /* at the other end of the pair */
    char reason[SYM_FAULT_BYTES];
};

struct sym_links {
    struct sym_links_config config;
    struct sym_links_events events;
    struct sym_bus gate;
    struct sym_watch *gate_receive;
    struct sym_watch *gate_room; /* until gate has connected and is configured */
    bool configured;
    struct sym_link *all[SYM_LINKS_MAX]; /* live or ending */
    size_t n;
    struct sym_timer *ending; /* runs while a link is */
    struct sym_dials *dials;
    struct sym_gate_counters counters;
    char link_url[SYM_BUS_URL_BYTES - 20]; /* where core binds; followed by the number */
};

void sym_links_hang_up(struct sym_links *links, uint64_t number);

/* A link with this number whose pair is bound, and the end of it. */
SYM_MUST enum sym_err sym_link_new(struct sym_link **out, struct sym_links *links,
                                   const struct sym_gate_link_up *up);
void sym_link_free(struct sym_link *link);

/* Gate says that it is down. due: how many frames of it are wanted in all. */
void sym_link_end(struct sym_link *link, uint64_t due, struct sym_span reason);
/* True while frames of a link that is ending can still come and are wanted. */
bool sym_link_is_awaited(struct sym_link *link);

#endif
