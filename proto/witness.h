/* witness.h - what to make of the heads that another node signs: which extend what is held of its
 * log, which are still to be proven, which contradict it. Pure: evidence and time in, a verdict
 * out.
 *
 * Held of one log are the newest heads in a chain in which each is proven to begin with the one
 * before (RFC 6962 consistency), and some that are not linked to it yet: messages of concurrent
 * exchanges may overtake each other. A head that was proven before is no news and no alarm. These
 * contradict what is held, each provably to anybody:
 *     two signed heads of one size with different roots;
 *     a signed head whose own consistency proof begins with another root than a head signed before;
 *     a signed message that shows less than one of an earlier time showed (no proof needs the log).
 * Errors: those of note.h and merkle.h; SYM_BAD_FORMAT (evidence that is not complete),
 * SYM_BAD_TAG (a proof that does not hold: proves nothing, and is refused).
 */
#ifndef SYM_PROTO_WITNESS_H
#define SYM_PROTO_WITNESS_H

#include "proto/told.h"

/* A checkpoint as its log signs it, without cosignatures, terminator included, bytes. */
#define SYM_HEAD_NOTE_BYTES 512u

/* A head that its log has signed. */
struct sym_signed_head {
    uint64_t size;
    uint8_t root[SYM_HASH_BYTES];
    char note[SYM_HEAD_NOTE_BYTES]; /* the whole checkpoint, note_len bytes and a terminator */
    size_t note_len;
};

/* What one message shows of its sender's log: a head, and the proof that the tree of `from` leaves
 * with this root is its beginning (from 0: none). */
struct sym_shown {
    uint32_t generation;
    struct sym_signed_head head;
    uint64_t from;
    uint8_t prefix_root[SYM_HASH_BYTES];
    struct sym_merkle_proof proof;
    uint64_t time_ms;  /* of the message; 0: not known */
    uint64_t since_ms; /* when it came, monotonic */
};

/* What is held of one log. Zero-initialised: nothing yet. */
struct sym_held {
    uint32_t generation;                                   /* 0: nothing */
    struct sym_signed_head recent[SYM_WITNESS_RECENT_MAX]; /* proven, ascending */
    size_t n_recent;
    uint64_t newest_ms; /* the latest time of a message that showed a new head */
    struct sym_shown pending[SYM_WITNESS_PENDING_MAX];
    size_t n_pending;
};

enum sym_verdict {
    SYM_VERDICT_GOOD,     /* the newest head, proven */
    SYM_VERDICT_OLDER,    /* one that was proven before */
    SYM_VERDICT_UNPROVEN, /* kept until it is linked to what is held */
    SYM_VERDICT_RESTORED, /* of a later log of this node, whose beginning is to be shown */
    SYM_VERDICT_SHORTER,
    SYM_VERDICT_SPLIT
};

/* Of a contradiction: what was signed before, and what does not fit it. */
struct sym_judgement {
    enum sym_verdict verdict;
    struct sym_signed_head before;
    struct sym_shown after; /* its from is 0 when both heads have the same size */
};

/* NULL when nothing is held. */
const struct sym_signed_head *sym_held_newest(const struct sym_held *held);

/* Opens the checkpoint of the evidence, with the log key of that node, and the proofs' form. A leaf
 * that comes along must be in the tree, and must_rest says that one has to. */
SYM_MUST enum sym_err sym_shown_read(struct sym_shown *out, const struct sym_evidence *evidence,
                                     const struct sym_node_id *id,
                                     const uint8_t log_key[SYM_ED25519_BYTES], bool must_rest);
/* Which kind of message this is, and its time. SYM_BAD_FORMAT when it is none. */
SYM_MUST enum sym_err sym_signed_time(uint64_t *time_ms, enum sym_told *kind,
                                      struct sym_span signed_bytes);

/* Judges one message, and takes it up: a head that is good becomes the newest, and pending ones may
 * follow; one of these may be what contradicts. */
void sym_held_judge(struct sym_held *held, const struct sym_shown *shown,
                    struct sym_judgement *out);
/* When the first of those that are pending came; UINT64_MAX: none is. */
uint64_t sym_held_pending_since(const struct sym_held *held);
/* A head of this size is pending. */
bool sym_held_is_pending(const struct sym_held *held, uint64_t size);
/* What has to be proven a beginning of the log so that nothing is pending any more: the newest
 * head, which a proof to a later one must begin with, then those that are pending. 0 when none is.
 */
size_t sym_held_wants(const struct sym_held *held, uint64_t sizes[SYM_WITNESS_WANTS_MAX]);
/* A later log of the node is accepted: it begins with this head. */
void sym_held_restart(struct sym_held *held, const struct sym_shown *shown);

/* What another node holds of the own log, against the own tree. */
enum sym_known_verdict {
    SYM_KNOWN_FITS,
    SYM_KNOWN_EARLIER, /* a log that was given up: nothing follows */
    SYM_KNOWN_LOST     /* this node has signed what its tree does not lead to */
};
/* root: of the own tree at known->size, where that is at most size; not read otherwise. */
enum sym_known_verdict sym_known_judge(uint32_t known_generation,
                                       const struct sym_checkpoint *known, uint32_t generation,
                                       uint64_t size, const uint8_t root[SYM_HASH_BYTES]);

/* Does the first entry of a later log name a head of the log before at least as large as `size`?
 * leaf is that entry's, in the tree already; salt and body as shown. SYM_BAD_VALUE: no such entry;
 * SYM_BAD_TAG: another body; SYM_DENIED: names no such head. */
SYM_MUST enum sym_err sym_restore_check(const struct sym_leaf *leaf, uint64_t index,
                                        struct sym_span salt, struct sym_span body,
                                        const struct sym_node_id *id,
                                        const uint8_t log_key[SYM_ED25519_BYTES],
                                        uint32_t generation, uint64_t size);

#endif
