/* runs.h - one side of one exchange, by kind: what to send next, what to do with what came.
 *
 * The protocols themselves are state machines in proto/; this table gives them one shape, so that
 * exchanges.c carries any kind. Errors: those of the machine; SYM_UNSUPPORTED for a kind without
 * one.
 */
#ifndef SYM_NODE_CORE_RUNS_H
#define SYM_NODE_CORE_RUNS_H

#include "proto/session.h"

struct sym_run;

enum sym_step {
    SYM_STEP_WAIT,   /* for the other side */
    SYM_STEP_DATA,   /* a data frame is ready */
    SYM_STEP_FILLER, /* a filler frame is ready */
    SYM_STEP_CLOSE   /* this side has finished */
};

/* parameters: as they travel in the request. */
SYM_MUST enum sym_err sym_run_new(struct sym_run **out, uint32_t kind, enum sym_session_role role,
                                  struct sym_span parameters);
void sym_run_free(struct sym_run *run);

/* What comes next, and for a frame how many bytes of payload. */
enum sym_step sym_run_step(const struct sym_run *run, size_t *len);
/* Writes the payload that sym_run_step announced (none for a close) and moves on; now_us is the
 * monotonic clock. */
SYM_MUST enum sym_err sym_run_write(struct sym_run *run, uint8_t *payload, size_t len,
                                    uint64_t now_us);
/* Takes a data (or filler) frame of the other side. */
SYM_MUST enum sym_err sym_run_take(struct sym_run *run, bool filler, struct sym_span payload,
                                   uint64_t now_us);

/* The other side has closed; an error when that is too early. */
SYM_MUST enum sym_err sym_run_closed(struct sym_run *run);

struct sym_run_progress {
    uint64_t done;
    uint64_t total;
    uint64_t round_trip_us; /* where the kind measures one, else 0 */
};
struct sym_run_progress sym_run_progress(const struct sym_run *run);

#endif
