/* pump.h - moves the frames of one open link between its TLS session and its nanomsg pair.
 *
 * Frames go through unchanged; on TLS each has its SP length in front. In each direction the pump
 * holds at most two frames, nanomsg one more: when the slower side does not take, the faster one
 * is not read. Payloads are read straight into the buffer that travels on. A call moves a bounded
 * amount, so that no link starves another.
 * Errors: those of sp.h, tls.h and bus.h, with a line in fault.
 */
#ifndef SYM_NODE_GATE_PUMP_H
#define SYM_NODE_GATE_PUMP_H

#include "node/gate/tls.h"
#include "proto/bus.h"
#include "proto/sp.h"

struct sym_pump {
    struct sym_bus pair; /* to core */
    uint64_t frames;     /* moved, both directions */
    uint64_t delivered;  /* put into the pair */
    bool core_was_there; /* at the other end of the pair */

    /* From the peer. */
    uint8_t head[SYM_SP_LENGTH_BYTES];
    size_t head_len;
    uint8_t *filling; /* being read, NULL between frames */
    size_t filling_len;
    size_t filled;
    uint8_t *queued; /* complete, until the pair takes it */
    short read_wants;

    /* To the peer. */
    uint8_t *sending; /* NULL: the pair is asked for the next */
    size_t sending_len;
    size_t sent; /* bytes, the length in front included */
    short write_wants;
};

/* Connects the pair to url. */
SYM_MUST enum sym_err sym_pump_open(struct sym_pump *p, const char *url, struct sym_fault *fault);
/* Also when it was never opened, but set to SYM_PUMP_CLOSED. */
void sym_pump_close(struct sym_pump *p);
#define SYM_PUMP_CLOSED                                                                            \
    {                                                                                              \
        .pair = SYM_BUS_CLOSED                                                                     \
    }

/* From TLS to the pair, until either would block or the share of this turn is used up. */
SYM_MUST enum sym_err sym_pump_in(struct sym_pump *p, struct sym_tls_session *tls,
                                  struct sym_fault *fault);
/* From the pair to TLS, likewise. */
SYM_MUST enum sym_err sym_pump_out(struct sym_pump *p, struct sym_tls_session *tls,
                                   struct sym_fault *fault);
/* Gives the pair what is queued for it; reads nothing. */
SYM_MUST enum sym_err sym_pump_deliver(struct sym_pump *p, struct sym_fault *fault);

/* poll(2) events that the socket has to be watched for: reading, and writing. */
short sym_pump_reads(const struct sym_pump *p);
short sym_pump_writes(const struct sym_pump *p);
/* Whether the pair has to be watched: for a frame to send, for room to deliver. */
bool sym_pump_awaits_frame(const struct sym_pump *p);
bool sym_pump_awaits_room(const struct sym_pump *p);

/* Nothing waits for TLS. */
bool sym_pump_out_empty(const struct sym_pump *p);
/* How many whole frames have come for core: delivered, or still waiting for the pair. */
uint64_t sym_pump_in_total(const struct sym_pump *p);
/* Core needs gate's end no more: there was nothing for it, or it has closed its own. */
bool sym_pump_core_is_done(const struct sym_pump *p);

#endif
