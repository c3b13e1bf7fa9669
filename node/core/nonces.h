/* nonces.h - control requests that were seen, and the latest answers, so that a request that is
 * sent again (nanomsg REQ does so) is answered again but not run again, wherever the wall clock is
 * set: how long a nonce has to stay is told by the other clock, and no request is taken that
 * expires earlier than, or together with, one whose nonce was forgotten.
 *
 * Bounded: SYM_CONTROL_NONCES_MAX nonces, and some answers of limited length.
 * Errors: SYM_NOT_FOUND (no answer kept), SYM_REPLAY (seen, but its answer is gone), SYM_LIMIT.
 */
#ifndef SYM_NODE_CORE_NONCES_H
#define SYM_NODE_CORE_NONCES_H

#include "crypto/bytes.h"
#include "proto/limits.h"

struct sym_nonces;

/* SYM_NO_MEMORY. */
SYM_MUST enum sym_err sym_nonces_new(struct sym_nonces **out);
void sym_nonces_free(struct sym_nonces *n);

/* The answer that this user, a public key, was given before; the span is valid until the next
 * call. */
SYM_MUST enum sym_err sym_nonces_answer(const struct sym_nonces *n, struct sym_span user,
                                        struct sym_span nonce, struct sym_span *answer);
/* Who asks: a public key, and whether that user is an operator. */
struct sym_nonce_holder {
    struct sym_span user;
    bool is_operator;
};

/* Remembers a nonce for SYM_CONTROL_LIFE_MS at least, which is as long as its request is taken
 * while nobody sets the wall clock. expires_ms, not 0: as the request has it, by that clock;
 * now_ms: by the one that nobody sets. SYM_LIMIT when there is no room, or the user's share is used
 * up. */
SYM_MUST enum sym_err sym_nonces_add(struct sym_nonces *n, const struct sym_nonce_holder *holder,
                                     struct sym_span nonce, uint64_t expires_ms, uint64_t now_ms,
                                     struct sym_fault *fault);
/* Keeps an answer that is short enough; a longer one is not repeated. */
void sym_nonces_keep(struct sym_nonces *n, struct sym_span user, struct sym_span nonce,
                     struct sym_span answer);

#endif
