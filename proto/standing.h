/* standing.h - the engine `standing` of overlap:matches: a short query against the long list of the
 * other side, whose tags were computed before. An OPRF (RFC 9497, ristretto255-SHA512) under a key
 * k that lives for one epoch of one grant; r is drawn for one exchange.
 *
 *     initiator, x in X                                 responder: k, tags F(k * H(y)) of its list
 *     QUERY      r * H(x), in random order    ---->
 *                                             <----     EVALUATED  k * (r * H(x)), in that order
 *                                             <----     BLOCK      each part of the list, if asked
 *     close                                             <--->     close
 * for F(1/r * k * r * H(x)): is it in the list?
 *
 * The initiator closes when all has come and was checked, and looks up afterwards, as in overlap.h.
 * The tags come once in an epoch, in the blocks of tag_block.h; the initiator keeps them, and later
 * queries cost only the query. They have 40 + log2 of the list's length + log2 of what the grant
 * lets the initiator have evaluated in the whole epoch bits (each logarithm rounded up), at least
 * 64: then a false match in a whole epoch is as unlikely as in one exchange of the engine `dh`.
 * Digests, group and F are those of overlap.h. That and the framing below is suite 1.
 *
 * A payload is 1 byte of type, 4 bytes, big-endian, and a body: QUERY and EVALUATED, one frame
 * each, the number of elements and the elements; BLOCK the number of the block and the block. The
 * initiator learns which of its own matched, and keeps what it could look up again only with an
 * evaluation that the grant counts. The responder learns the size of the query, and whether the
 * initiator had the list. Padding of the query is digests drawn at random.
 *
 * A sans-IO machine of the shape of overlap.h, with its errors. An initiator that holds the list
 * already is given the blocks that it wants one by one.
 */
#ifndef SYM_PROTO_STANDING_H
#define SYM_PROTO_STANDING_H

#include "crypto/oprf.h"
#include "proto/overlap.h"
#include "proto/tag_block.h"

/* A list, as both sides know it. */
struct sym_standing_list {
    uint32_t n;    /* tags; at most SYM_STANDING_LIST_MAX */
    uint32_t bits; /* of a tag */
};

/* Bits of a tag, for a list of n and an epoch in which `most` elements may be evaluated. */
uint32_t sym_standing_bits(uint32_t n, uint64_t most);
/* Blocks of a list of n tags, and tags of one of them. */
uint32_t sym_standing_blocks(uint32_t n);
uint32_t sym_standing_block_tags(uint32_t n, uint32_t block);

struct sym_standing_run;

struct sym_standing_config {
    enum sym_session_role role;
    const struct sym_ristretto *with;
    struct sym_standing_list list;
    uint32_t query_size; /* as announced: elements and padding */
    bool sends_list;     /* the initiator does not hold it */

    /* Initiator. Borrowed. */
    const uint8_t *digests; /* of own tokens, SYM_HASH_BYTES each; strictly ascending */
    size_t n;
    const uint8_t *firsts; /* the first tag of each block of a list that it holds */

    /* Responder. Borrowed, but for the key. */
    const struct sym_scalar *key;
    const struct sym_span *blocks; /* where sends_list */
};

/* SYM_BAD_VALUE when sizes are impossible. */
SYM_MUST enum sym_err sym_standing_new(struct sym_standing_run **out,
                                       const struct sym_standing_config *config);
/* Possible at any time, except while a piece of a work may still run. */
void sym_standing_free(struct sym_standing_run *run);

/* As in overlap.h. */
enum sym_overlap_step sym_standing_step(const struct sym_standing_run *run, size_t *len);
SYM_MUST enum sym_err sym_standing_write(struct sym_standing_run *run, uint8_t *payload,
                                         size_t len);
SYM_MUST enum sym_err sym_standing_take(struct sym_standing_run *run,
                                        enum sym_session_event_kind kind, struct sym_span payload);
bool sym_standing_work(struct sym_standing_run *run, struct sym_work *out);
SYM_MUST enum sym_err sym_standing_worked(struct sym_standing_run *run, void *context,
                                          enum sym_err err);
size_t sym_standing_works_out(const struct sym_standing_run *run);
struct sym_overlap_progress sym_standing_progress(const struct sym_standing_run *run);

/* Initiator that holds the list: the block that it looks into next; once it has closed. */
bool sym_standing_wants(const struct sym_standing_run *run, uint32_t *block);
/* That block. SYM_BAD_FORMAT for one that is none. */
SYM_MUST enum sym_err sym_standing_give(struct sym_standing_run *run, struct sym_span block);

/* For the initiator, when it has closed, all works are back and no block is wanted; SYM_WRONG_STATE
 * otherwise. Borrows from the run. */
SYM_MUST enum sym_err sym_standing_result(const struct sym_standing_run *run,
                                          struct sym_overlap_result *out);
/* Likewise: the list that came, sym_standing_blocks of them, and the first tag of each (sorted, as
 * many bytes as a tag has). SYM_NOT_FOUND when none was sent. */
SYM_MUST enum sym_err sym_standing_received(const struct sym_standing_run *run,
                                            const struct sym_span **blocks, const uint8_t **firsts);

#endif
