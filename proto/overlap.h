/* overlap.h - the exchanges of the kinds overlap:matches and overlap:count: which, or how many, of
 * the initiator's identifiers does the responder hold, too? An OPRF (RFC 9497, ristretto255-SHA512)
 * that the responder evaluates for the initiator; r and k are drawn for one exchange.
 *
 *     initiator, x in X                                 responder, y in Y
 *     BLINDED    r * H(x), in random order    ---->
 *                                             <----     EVALUATED  k * (r * H(x))
 *                                             <----     TAGS       F(k * H(y)), ascending
 *     close                                   <--->     close
 *     F(1/r * k * r * H(x)): is it a tag?
 *
 * The initiator closes when all has come and was checked, and looks up afterwards: when it says
 * what does not depend on what matches, as neither does what it says.
 *
 * A token is its digest. The initiator learns which of its own matched (`matches`: answers come in
 * the order of the questions, and F hashes the digest too), or how many did (`count`: answers come
 * in ascending order, so that positions tell nothing, and F hashes an empty input). Each learns the
 * other's padded set size, and nothing else; padding is digests drawn at random, which take the
 * same time. Tags have 40 + log2 |X| + log2 |Y| bits (of the padded sizes; each logarithm and the
 * whole are rounded up), at least 64. That, with BLAKE2b-256 digests of tokens (personalisation
 * "symbolon-token-1") and the framing below, is suite 1.
 *
 * A payload is 1 byte of type, 4 bytes with the number of items, big-endian, then that many items,
 * of 32 bytes or one tag. Every frame of a stream holds SYM_OVERLAP_ITEMS_MAX items except its
 * last, so no frame is empty and an announced size has one framing. In `matches` EVALUATED and TAGS
 * may come any time after the first BLINDED, in `count` after the last; the two streams mix freely.
 *
 * Neither side ever stops reading until it could write, so exchanges in both directions on one link
 * cannot lock each other up, and nothing is acknowledged. Memory is bounded because what may arrive
 * is: in `matches` SYM_OVERLAP_WINDOW unanswered frames at the responder (more is refused) and
 * their answers at the initiator, in `count` the announced elements, and the announced tags. The
 * caller's policy has judged both sizes before there is a run. Bytes beside the digests, which are
 * borrowed, with t = 8 … 12 for the length of a tag; a window is 1 MiB:
 *
 *     matches   initiator   25 + t per own element, t per tag, a window
 *               responder   t per own element, 20 per element that comes, a window
 *     count     initiator   36 per own element, t per tag
 *               responder   t per own element, 32 per element that comes
 *
 * All of it but 4 for each match is freed when a side has nothing left to compute or to send.
 *
 * A sans-IO machine inside an open session: step says what to send, write gives it, take takes what
 * arrived. What takes long it hands out as works (work, worked), several at once, to be done in any
 * order; what leaves is in order all the same. A thread needs 1 MiB of stack for them.
 *
 * After an error the run is dead, unless it was done: the caller aborts the session, and frees the
 * run once no work is out. What the other side did: SYM_BAD_FORMAT (no such payload), SYM_BAD_VALUE
 * (another number of items than due, items that descend), SYM_BAD_ELEMENT (identity, or not
 * canonical), SYM_REPLAY (an element for the second time), SYM_LIMIT (more unanswered frames than
 * allowed), SYM_WRONG_STATE (too early, too late, or nothing an overlap knows). What this side did:
 * SYM_INTERNAL (digests that do not ascend), SYM_TOO_LONG (room of another length than announced),
 * SYM_WRONG_STATE (nothing to write), SYM_NO_MEMORY.
 */
#ifndef SYM_PROTO_OVERLAP_H
#define SYM_PROTO_OVERLAP_H

#include "crypto/oprf.h"
#include "proto/session.h"
#include "proto/work.h"

/* Bytes of one tag. */
size_t sym_overlap_tag_bytes(uint32_t initiator_size, uint32_t responder_size);

struct sym_overlap_run;

struct sym_overlap_config {
    enum sym_kind kind; /* SYM_KIND_OVERLAP_MATCHES or SYM_KIND_OVERLAP_COUNT */
    enum sym_session_role role;
    const struct sym_ristretto *with;
    const uint8_t *digests; /* of own tokens, SYM_HASH_BYTES each, borrowed; strictly ascending, so
                             * that each is there once: the caller's duty */
    size_t n;
    uint32_t own_size;  /* as announced: n and padding */
    uint32_t peer_size; /* as announced by the other side */
};

/* A run for an exchange that was granted. SYM_BAD_VALUE when kind or sizes are impossible. */
SYM_MUST enum sym_err sym_overlap_new(struct sym_overlap_run **out,
                                      const struct sym_overlap_config *config);
/* Possible at any time, except while a piece of a work may still run. */
void sym_overlap_free(struct sym_overlap_run *run);

enum sym_overlap_step {
    SYM_OVERLAP_WAIT,  /* for the other side or for works, or nothing any more */
    SYM_OVERLAP_DATA,  /* a payload of *len bytes is ready */
    SYM_OVERLAP_CLOSE, /* close the session */
};

/* What to send now; changes nothing. */
enum sym_overlap_step sym_overlap_step(const struct sym_overlap_run *run, size_t *len);
/* Writes the payload that step announced, len bytes (none for a close), and moves on: it must be
 * sent. */
SYM_MUST enum sym_err sym_overlap_write(struct sym_overlap_run *run, uint8_t *payload, size_t len);
/* Takes what a session reported: data, or the other side's close (payload empty). */
SYM_MUST enum sym_err sym_overlap_take(struct sym_overlap_run *run,
                                       enum sym_session_event_kind kind, struct sym_span payload);

/* True when there is something to compute, described in *out: ask again after every take, write
 * and worked. At most SYM_WORKS_OUT_MAX are out at once, each at most some thousand items. */
bool sym_overlap_work(struct sym_overlap_run *run, struct sym_work *out);
/* All pieces of the work with this context have ended; err is the first error of them. The error
 * is returned unless the run was dead already. */
SYM_MUST enum sym_err sym_overlap_worked(struct sym_overlap_run *run, void *context,
                                         enum sym_err err);
size_t sym_overlap_works_out(const struct sym_overlap_run *run);

/* Items that have passed one of the steps above, and how many will. */
struct sym_overlap_progress {
    uint64_t done;
    uint64_t total;
};
struct sym_overlap_progress sym_overlap_progress(const struct sym_overlap_run *run);

struct sym_overlap_result {
    uint32_t common;         /* elements of the initiator that matched */
    const uint32_t *matches; /* their indices in digests, ascending; NULL in a count */
};

/* For the initiator, when it has closed and all works are back; SYM_WRONG_STATE otherwise. Borrows
 * from the run. */
SYM_MUST enum sym_err sym_overlap_result(const struct sym_overlap_run *run,
                                         struct sym_overlap_result *out);

#endif
