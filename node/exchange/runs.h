/* runs.h - one side of one exchange, by kind: what to send next, what to do with what came, what
 * there is to compute.
 *
 * The protocols themselves are state machines in proto/; a table of kinds (run_kind.h) gives them
 * one shape, so that exchanges.h carries any kind. Errors: those of the machine; SYM_UNSUPPORTED
 * for a kind without one.
 */
#ifndef SYM_NODE_EXCHANGE_RUNS_H
#define SYM_NODE_EXCHANGE_RUNS_H

#include "node/exchange/run_kind.h"

struct sym_run;

/* On SYM_OK the run owns plan->set. */
SYM_MUST enum sym_err sym_run_new(struct sym_run **out, const struct sym_run_plan *plan);
/* At any time; what works that are out still read is freed with the last of them. NULL is fine. */
void sym_run_free(struct sym_run *run);

/* What both sides have signed, request and receipt: before anything is sent or taken. */
SYM_MUST enum sym_err sym_run_bind(struct sym_run *run, struct sym_span request,
                                   struct sym_span receipt);

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

/* True when there is something to compute: ask again after every new, take, write and worked. */
bool sym_run_work(struct sym_run *run, struct sym_work *out);
/* All pieces of the work with this context have ended, err is the first error of them.
 * SYM_CANCELLED when the run was freed before: it may be gone now. */
SYM_MUST enum sym_err sym_run_worked(struct sym_run *run, void *context, enum sym_err err);

/* Works are out. */
bool sym_run_is_busy(const struct sym_run *run);

/* How far it is, in the unit of its kind. */
struct sym_run_progress sym_run_progress(const struct sym_run *run);

/* Is there something to be made durable before it goes on? Then it is put, within a transaction
 * that may run more than once, and what became of that made known. */
bool sym_run_is_due(struct sym_run *run);
SYM_MUST enum sym_err sym_run_put(struct sym_run *run, struct sym_transaction *t);
SYM_MUST enum sym_err sym_run_made(struct sym_run *run, enum sym_err err);
/* The exchange ends: what was reserved and not spent is given back, in the same transaction. */
SYM_MUST enum sym_err sym_run_put_end(struct sym_run *run, struct sym_transaction *t);
/* A release is kept. */
bool sym_run_has_release(const struct sym_run *run);
/* Of a kind that spends something: it has not. */
bool sym_run_is_unspent(const struct sym_run *run);
/* What the own close says beside transcripts. */
void sym_run_closing(const struct sym_run *run, struct sym_statement *word);
/* Why it failed, for a person; empty where the error says it. */
const char *sym_run_fault(const struct sym_run *run);

/* At the initiator, while the step is SYM_STEP_CLOSE; SYM_UNSUPPORTED for a kind without a result.
 * Borrows from the run. */
SYM_MUST enum sym_err sym_run_result(struct sym_run *run, struct sym_run_result *out);

#endif
