/* resolve.h - looks up host names for core, which has no network, on behalf of gate, which has no
 * files.
 *
 * The C library's look-up may block for as long as a name server is silent, so each runs on a
 * thread of its own, at most SYM_LOOKUPS_MAX at once; when patience ends the answer is
 * SYM_TIMEOUT, while the thread keeps its place until it is done. Neither delays the loop or the
 * end of the process.
 * Errors: SYM_NO_MEMORY, SYM_IO.
 */
#ifndef SYM_NODE_SUPERVISOR_RESOLVE_H
#define SYM_NODE_SUPERVISOR_RESOLVE_H

#include "crypto/bytes.h"
#include "node/loop.h"

#define SYM_LOOKUPS_MAX 16u
#define SYM_LOOKUP_MS   10000u

struct sym_resolver;

/* SYM_OK with at most SYM_ADDRESSES_MAX numeric address:port texts, each ended by LF; or nothing
 * and SYM_NOT_FOUND, SYM_UNREACHABLE (no name server answers), SYM_TIMEOUT, SYM_LIMIT (too many at
 * once), SYM_BAD_FORMAT (not host:port), SYM_NO_MEMORY, SYM_IO. Runs on the loop's thread. */
typedef void sym_resolved_fn(void *owner, uint32_t number, enum sym_err err,
                             struct sym_span addresses);

/* patience_ms: about how long one question may take. */
SYM_MUST enum sym_err sym_resolver_new(struct sym_resolver **out, struct sym_loop *loop,
                                       uint64_t patience_ms, sym_resolved_fn *fn, void *owner);
/* Look-ups still on their way end without an answer. NULL is fine. */
void sym_resolver_free(struct sym_resolver *r);

/* Each question is answered once; some at once, from within this call. */
void sym_resolver_ask(struct sym_resolver *r, uint32_t number, struct sym_span endpoint);

#endif
