/* ping.h - the exchange of the kind `ping`: measures the round trip or the throughput of a link.
 *
 * Both sides know `bytes` from the request. A count is 8 bytes, big-endian.
 *
 *     bytes = 0   initiator: data, 32 random bytes    responder: data, the same 32 bytes
 *     bytes > 0   initiator: filler of exactly `bytes` bytes in all, then data, their count
 *                                                     responder: data, the count it received
 *     then        initiator: close                    responder: close
 *
 * A sans-IO machine that runs inside an open session and is pulled: whenever the link has room the
 * caller asks sym_ping_next what to send, and what arrives it hands to sym_ping_take. Both sides
 * run the same machine. Nothing is allocated. After an error the run is dead, unless it was done;
 * the caller aborts the session. An abort of the other side is not told to the machine: it just
 * ends the run. Errors: SYM_WRONG_STATE (also for events that a ping never meets), SYM_BAD_VALUE
 * (another nonce or count than expected), SYM_LIMIT (more than was announced), SYM_TOO_LONG (room
 * that is too small).
 */
#ifndef SYM_PROTO_PING_H
#define SYM_PROTO_PING_H

#include "proto/session.h"

#define SYM_PING_NONCE_BYTES 32u
#define SYM_PING_COUNT_BYTES 8u

enum sym_ping_state {
    SYM_PING_SENDS_NONCE,   /* initiator, without bytes */
    SYM_PING_AWAITS_NONCE,  /* initiator */
    SYM_PING_SENDS_FILLER,  /* initiator, with bytes */
    SYM_PING_SENDS_COUNT,   /* initiator: everything is on its way */
    SYM_PING_AWAITS_COUNT,  /* initiator */
    SYM_PING_ECHOES,        /* responder, without bytes: waits for the nonce */
    SYM_PING_DRAINS,        /* responder, with bytes: waits for filler, then for the count */
    SYM_PING_RETURNS_NONCE, /* responder */
    SYM_PING_RETURNS_COUNT, /* responder */
    SYM_PING_AWAITS_CLOSE,  /* responder */
    SYM_PING_CLOSES,        /* either: its close is due */
    SYM_PING_CLOSED,        /* initiator: has closed, waits for the other close */
    SYM_PING_DONE,
    SYM_PING_DEAD,
    SYM_PING_STATE_COUNT
};

/* One run; the caller reads state, bytes and moved, and writes nothing. */
struct sym_ping_run {
    enum sym_session_role role;
    enum sym_ping_state state;
    uint64_t bytes; /* of filler, in all */
    uint64_t moved; /* of them, sent or received so far */
    uint8_t nonce[SYM_PING_NONCE_BYTES];
};

/* What the caller does next. */
enum sym_ping_step {
    SYM_PING_WAIT,        /* for something to arrive, or nothing any more */
    SYM_PING_SEND_DATA,   /* seal the payload as data */
    SYM_PING_SEND_FILLER, /* seal the payload as filler */
    SYM_PING_CLOSE,       /* close the session */
};

/* Begins a run of `bytes` bytes. nonce: 32 random bytes for the initiator; the responder's is not
 * read. SYM_LIMIT above SYM_PING_BYTES_MAX. */
SYM_MUST enum sym_err sym_ping_start(struct sym_ping_run *run, enum sym_session_role role,
                                     uint64_t bytes, const uint8_t nonce[SYM_PING_NONCE_BYTES]);

/* What to send now. A payload is written to payload[0..max), max at least 32, and has *len bytes,
 * at most SYM_DATA_BYTES_MAX; the run has moved on, so it must be sent. Filler is zeros, as many as
 * fit. While there is nothing to do the step is SYM_PING_WAIT, however often it is asked for. */
SYM_MUST enum sym_err sym_ping_next(struct sym_ping_run *run, enum sym_ping_step *step,
                                    uint8_t *payload, size_t max, size_t *len);

/* Takes what a session reported: data, filler, or the other side's close (payload empty). */
SYM_MUST enum sym_err sym_ping_take(struct sym_ping_run *run, enum sym_session_event_kind kind,
                                    struct sym_span payload);

#endif
