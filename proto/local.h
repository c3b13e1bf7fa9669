/* local.h - what gate and core of one node say on their control pair: one type byte, then the
 * message of that type (local.proto). Frames of a link travel on a pair of their own, unchanged.
 * Encode with sym_local_encode, decode with sym_local_type and sym_decode on the rest.
 */
#ifndef SYM_PROTO_LOCAL_H
#define SYM_PROTO_LOCAL_H

#include "proto/control.h"
#include "proto/message.h"

/* Type byte, struct, direction. */
#define SYM_LOCAL_LIST(X)                                                                          \
    X(CONFIGURE, gate_configure)                                                                   \
    X(PIN, gate_pin)                                                                               \
    X(UNPIN, gate_unpin)                                                                           \
    X(DIAL, gate_dial)                                                                             \
    X(HANG_UP, gate_hang_up)                                                                       \
    X(STOP, gate_stop)                                                                             \
    X(LISTENING, gate_listening)                                                                   \
    X(LINK_UP, gate_link_up)                                                                       \
    X(ACCEPT, gate_accept)                                                                         \
    X(LINK_DOWN, gate_link_down)                                                                   \
    X(DIAL_FAILED, gate_dial_failed)                                                               \
    X(COUNTERS, gate_counters)

enum sym_local_type {
    SYM_LOCAL_NONE,
#define SYM_LOCAL_ENUM(name, message) SYM_LOCAL_##name,
    SYM_LOCAL_LIST(SYM_LOCAL_ENUM)
#undef SYM_LOCAL_ENUM
        SYM_LOCAL_COUNT
};

/* Room for any control-pair message with its type byte, bytes. */
#define SYM_LOCAL_BYTES_MAX 8192u

struct sym_gate_configure {
    struct sym_span self; /* 32 bytes */
    uint32_t idle_ms;
    struct sym_span link_url; /* as gate sees it: link N is at this followed by N in decimal */
};

struct sym_pinned_peer {
    struct sym_span id;          /* 32 bytes */
    const struct sym_span *pins; /* 1 or 2 of 32 bytes */
    size_t n_pins;
};

struct sym_gate_pin {
    const struct sym_pinned_peer *peer;
};

struct sym_gate_unpin {
    struct sym_span id;
};

struct sym_gate_dial {
    struct sym_span id;
    const struct sym_span *addresses;
    size_t n_addresses;
};

struct sym_gate_hang_up {
    uint64_t link;
};

struct sym_gate_stop {
    char unused;
};

struct sym_gate_listening {
    struct sym_span address;
    const struct sym_process_row *process; /* gate's sandbox; may be absent */
};

struct sym_gate_link_up {
    uint64_t link;
    struct sym_span id;
    struct sym_span exporter; /* 32 bytes */
    bool dialled;
    struct sym_span address;
};

struct sym_gate_accept {
    uint64_t link;
};

struct sym_gate_link_down {
    uint64_t link;
    struct sym_span id;
    uint32_t result;
    struct sym_span fault;
    uint64_t frames; /* given to core */
};

struct sym_gate_dial_failed {
    struct sym_span id;
    uint32_t result;
    struct sym_span fault;
};

struct sym_gate_counters {
    uint64_t accepted;
    uint64_t refused;
    uint32_t half_open;
    uint32_t links;
};

#define SYM_LOCAL_EXTERN(name, message) extern const struct sym_message sym_msg_##message;
SYM_LOCAL_LIST(SYM_LOCAL_EXTERN)
#undef SYM_LOCAL_EXTERN

/* The table of a type; NULL for a type that does not exist. */
const struct sym_message *sym_local_message(enum sym_local_type type);

/* Writes type byte and message. */
SYM_MUST enum sym_err sym_local_encode(uint8_t *out, size_t max, size_t *len,
                                       enum sym_local_type type, const void *value);
/* Splits a received message into its type and the bytes to decode. */
SYM_MUST enum sym_err sym_local_type(enum sym_local_type *type, struct sym_span *rest,
                                     struct sym_span bytes);

#endif
