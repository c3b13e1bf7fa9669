/* vole.h - the engine `vole` of the exchange overlap:matches, suite overlap-vole-1: a vector OLE
 * and an oblivious key-value store, with consistency checks against a cheating side (after
 * Raghuraman and Rindal, CCS 2022). R is the initiator and learns which of its identifiers the
 * responder S holds, too; S learns nothing but a size. crypto/vole/ holds what is computed; this is
 * who says what when. Numbers of sections are those of the suite's specification.
 *
 *     R                                            S
 *                                     <----        M1  nonce, commitment to w_S             (5)
 *     M2  nonce, base-OT element      ---->                                                 (5)
 *                                     <----        M3  128 pairs of elements                (6)
 *     M4  COT matrix, for each batch  ---->        checks it                                (6)
 *                                     <----        M5  trees, for each batch                (7)
 *     M6  x* and A, for each batch    ---->                                              (7, 8)
 *     M7  w_R                         ---->                                                 (8)
 *                                     <----        M8  eq, w_S                           (7, 8)
 *     checks both                     <----        M9  masks, ascending                     (8)
 *     close                           <--->        close
 *
 * A message is cut into frames, each a byte with the message's number and SYM_VOLE_FRAME_BYTES of
 * it, the last one what is left: every message has one framing. M4, M5 and M6 come once for each
 * batch, in order. R sends M2, all M4, all M6, M7; S sends M1, M3, all M5, M8, M9. S sends an M5
 * when all M4 have passed their check, and at most SYM_VOLE_AHEAD more than M6 have come whole; R
 * takes no others.
 *
 * Neither side ever stops reading until it could write. Bytes in memory beside the digests, which
 * are borrowed: 68 per own element at R, 64 at S, 16 per element of S at R (of S's list), 4 per
 * element at most for M4 that wait at S, and some 100 MiB at R and at S that do not grow.
 *
 * A sans-IO machine inside an open session, to be used as proto/overlap.h says: step says what to
 * send, write gives it, take takes what arrived; works take long, and several may be out at once. A
 * thread needs 1 MiB of stack for them.
 *
 * After an error the run is dead, unless it was done: the caller aborts the session, and frees the
 * run once no work is out. What the other side did, or what happened on the way: SYM_BAD_FORMAT (no
 * such frame, masks that do not ascend), SYM_BAD_VALUE (a frame of another length, own elements
 * that cannot be encoded: 1 in 2^40), SYM_BAD_ELEMENT, SYM_BAD_TAG (a check failed), SYM_LIMIT (too
 * far ahead), SYM_WRONG_STATE. The other side is told "protocol failure" and nothing else whichever
 * it was; sym_vole_fault has the words for the own log. What this side did: SYM_INTERNAL (digests
 * that do not ascend), SYM_TOO_LONG (room of another length than announced), SYM_WRONG_STATE
 * (nothing to write), SYM_NO_MEMORY.
 */
#ifndef SYM_PROTO_VOLE_H
#define SYM_PROTO_VOLE_H

#include "crypto/ristretto.h"
#include "crypto/vole/kernel.h"
#include "proto/session.h"
#include "proto/work.h"

#define SYM_VOLE_CONTEXT_BYTES 32u

/* Where large arrays come from, of 1 MiB and more: a caller who has huge pages saves a fifth of the
 * time. Called from any thread. */
struct sym_vole_memory {
    void *(*take)(size_t len); /* aligned to 64 bytes; NULL when there is none */
    void (*give)(void *at, size_t len);
};

struct sym_vole_run;

struct sym_vole_config {
    enum sym_session_role role; /* the initiator is R, the responder S */
    const struct sym_ristretto *with;
    const struct sym_vole_kernel *kernel;
    const struct sym_vole_memory *memory; /* NULL: the C library's */
    const uint8_t *digests; /* of own tokens, SYM_HASH_BYTES each, borrowed; strictly ascending, so
                             * that each is there once: the caller's duty */
    size_t n;
    uint32_t own_size;                       /* as announced: n and padding */
    uint32_t peer_size;                      /* as announced by the other side */
    uint8_t context[SYM_VOLE_CONTEXT_BYTES]; /* SHA-256 of signed request and signed receipt */
};

/* A run for an exchange that was granted. SYM_BAD_VALUE when sizes are impossible (each is 1 to
 * SYM_SET_MAX). */
SYM_MUST enum sym_err sym_vole_new(struct sym_vole_run **out, const struct sym_vole_config *config);
/* Possible at any time, except while a piece of a work may still run. Wipes what is secret. */
void sym_vole_free(struct sym_vole_run *run);

enum sym_vole_step {
    SYM_VOLE_WAIT,  /* for the other side or for works, or nothing any more */
    SYM_VOLE_DATA,  /* a payload of *len bytes is ready */
    SYM_VOLE_CLOSE, /* close the session */
};

/* What to send now; changes nothing. */
enum sym_vole_step sym_vole_step(const struct sym_vole_run *run, size_t *len);
/* Writes the payload that step announced, len bytes (none for a close), and moves on: it must be
 * sent. */
SYM_MUST enum sym_err sym_vole_write(struct sym_vole_run *run, uint8_t *payload, size_t len);
/* Takes what a session reported: data, or the other side's close (payload empty). */
SYM_MUST enum sym_err sym_vole_take(struct sym_vole_run *run, enum sym_session_event_kind kind,
                                    struct sym_span payload);

/* True when there is something to compute, described in *out: ask again after every take, write
 * and worked. At most SYM_WORKS_OUT_MAX are out at once, each some milliseconds for one processor
 * with vector instructions. */
bool sym_vole_work(struct sym_vole_run *run, struct sym_work *out);
/* All pieces of the work with this context have ended; err is the first error of them. The error
 * is returned unless the run was dead already. */
SYM_MUST enum sym_err sym_vole_worked(struct sym_vole_run *run, void *context, enum sym_err err);
size_t sym_vole_works_out(const struct sym_vole_run *run);

/* Steps that an item of either list has passed, and how many there will be. */
struct sym_vole_progress {
    uint64_t done;
    uint64_t total;
};
struct sym_vole_progress sym_vole_progress(const struct sym_vole_run *run);
/* Why the run is dead, for the own log alone; "" while it is not. */
const char *sym_vole_fault(const struct sym_vole_run *run);

struct sym_vole_result {
    uint32_t common;         /* elements of the initiator that matched */
    const uint32_t *matches; /* their indices in digests, ascending */
};

/* For the initiator, when it has closed and all works are back; SYM_WRONG_STATE otherwise. Borrows
 * from the run. */
SYM_MUST enum sym_err sym_vole_result(const struct sym_vole_run *run, struct sym_vole_result *out);

#endif
