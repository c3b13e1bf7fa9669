/* control.h - the socket that the command line talks to: checks each request and hands it to a
 * verb.
 *
 * A request must be signed by a known user, name this node, be neither expired nor too far ahead,
 * and its user must have a role that the verb asks for. A nonce that was seen is not run again: its
 * answer is repeated to the same user while it is remembered. Nonces are not stored: what was
 * signed before the socket was opened is refused, too. What is denied goes into the evidence log.
 * Errors: those of bus.h, SYM_NO_MEMORY.
 */
#ifndef SYM_NODE_CORE_CONTROL_H
#define SYM_NODE_CORE_CONTROL_H

#include "node/evidence/log.h"
#include "node/loop.h"
#include "node/party/users.h"
#include "proto/bus.h"

struct sym_control;

/* Where a verb puts its answer: the message that its row names. */
struct sym_answer {
    const struct sym_message *message;
    uint8_t *bytes; /* SYM_CONTROL_BYTES_MAX - SYM_CONTROL_OVERHEAD_BYTES */
    size_t len;
};

/* Encodes the answer. Errors: those of codec.h. */
SYM_MUST enum sym_err sym_answer_write(struct sym_answer *answer, const void *value);

/* Runs a verb whose arguments are decoded; fills fault unless SYM_OK. */
typedef enum sym_err sym_control_run_fn(void *owner, enum sym_verb verb,
                                        const struct sym_author *author, const void *arguments,
                                        struct sym_answer *answer, struct sym_fault *fault);

struct sym_control_config {
    struct sym_loop *loop;
    const char *run_dir;
    struct sym_node_id self;
    const struct sym_users *users;
    struct sym_log *log;
    void *owner;
    sym_control_run_fn *run;
};

/* Binds the socket in the run directory. SYM_TOO_LONG: that has too long a name. */
SYM_MUST enum sym_err sym_control_new(struct sym_control **out,
                                      const struct sym_control_config *config,
                                      struct sym_fault *fault);
void sym_control_free(struct sym_control *c);

#endif
