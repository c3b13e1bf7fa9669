/* link_phase.h - what the files of link.h share: link.c holds beginning and end and the table of
 * phases, link_meet.c the phases up to WAITING, link_open.c those with frames and after.
 */
#ifndef SYM_NODE_GATE_LINK_PHASE_H
#define SYM_NODE_GATE_LINK_PHASE_H

#include "node/gate/link.h"

/* What a link does in a phase when its socket is ready (poll(2) events), or when its time is up.
 * SYM_OK and SYM_AGAIN go on; anything else is the end, for the reason in fault. */
typedef enum sym_err sym_gate_link_step_fn(struct sym_gate_link *l, short ready,
                                           struct sym_fault *fault);

sym_gate_link_step_fn sym_gate_link_connecting;
sym_gate_link_step_fn sym_gate_link_handshake;
sym_gate_link_step_fn sym_gate_link_hello;
sym_gate_link_step_fn sym_gate_link_rest; /* nothing to do */
sym_gate_link_step_fn sym_gate_link_moving;
sym_gate_link_step_fn sym_gate_link_lingering;

sym_gate_link_step_fn sym_gate_link_early_time;
sym_gate_link_step_fn sym_gate_link_waiting_time;
sym_gate_link_step_fn sym_gate_link_open_time;
sym_gate_link_step_fn sym_gate_link_draining_time;
sym_gate_link_step_fn sym_gate_link_lingering_time;

/* To HANDSHAKE. */
SYM_MUST enum sym_err sym_gate_link_begin_tls(struct sym_gate_link *l, struct sym_fault *fault);
/* From OPEN or DRAINING to LINGERING; the owner is told. */
void sym_gate_link_linger(struct sym_gate_link *l, const struct sym_fault *why);

/* Tells the owner, once. */
void sym_gate_link_tell_ended(struct sym_gate_link *l, const struct sym_fault *why);
void sym_gate_link_close_pair(struct sym_gate_link *l);
/* After every step, outermost: l may be freed here. */
void sym_gate_link_conclude(struct sym_gate_link *l, enum sym_err err,
                            const struct sym_fault *fault);

#endif
