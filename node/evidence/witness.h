/* witness.h - what this node knows of its partners' logs, and they of its own: each message carries
 * evidence, which is made and checked here. What to make of a head is decided in proto/witness.h.
 *
 * For each peer the newest head that is proven to extend all before is kept, durably with the next
 * commit, and cosigned only when that has happened. Two heads that contradict each other, or a log
 * that became shorter, are kept as an exhibit (exhibit.h), raise an alarm, and stop exchanges with
 * that peer until its designed restore shows (an origin of a later generation whose first entry
 * names the lost head) or an operator accepts its new log. A head of this node that a peer holds,
 * and that the own tree does not lead to, freezes the own log. What is kept outlasts the removal of
 * a peer; without an alarm it goes when there is no more room for that of another.
 *
 * What the peer is taken to hold of this node is what it said last, or what was sent to it since
 * over the same link. A head that is not linked to what is held is kept as unproven for some
 * seconds: frames of concurrent exchanges may overtake each other. Then heads are told again (kind
 * WITNESS), with proofs from what is held, and exchanges wait for that. Only a peer that was asked
 * and has proven nothing is refused.
 * Errors: those of log.h; SYM_BAD_SIGNATURE, SYM_BAD_TAG (a proof that does not hold), SYM_DENIED.
 */
#ifndef SYM_NODE_EVIDENCE_WITNESS_H
#define SYM_NODE_EVIDENCE_WITNESS_H

#include "node/evidence/log.h"
#include "proto/witness.h"

struct sym_witness;

struct sym_witness_config {
    struct sym_store *store;
    struct sym_log *log;
    struct sym_node_id self;
    uint8_t log_key[SYM_ED25519_BYTES]; /* own, public: what peers say they hold must be signed */
    const struct sym_sign_key *cosign_key;
    /* The card of a peer, *len bytes of text in its one form (party/peers.h), for exhibits.
     * SYM_NOT_FOUND: it is no peer. */
    enum sym_err (*card)(void *owner, char *out, size_t max, size_t *len,
                         const struct sym_node_id *peer);
    void *owner;
};

/* Loads what is kept of each peer, and watches commits from now on. What config points to outlives
 * it. */
SYM_MUST enum sym_err sym_witness_open(struct sym_witness **out,
                                       const struct sym_witness_config *config,
                                       struct sym_fault *fault);
void sym_witness_close(struct sym_witness *w);

/* A partner, as a card describes it. */
struct sym_witnessed {
    struct sym_node_id id;
    uint8_t identity[SYM_ED25519_BYTES];
    uint8_t log_key[SYM_ED25519_BYTES];
    uint8_t cosign_key[SYM_ED25519_BYTES];
    const char *alias;
};

/* The evidence of one message to a peer, valid until the next call here. leaf: index of the own
 * durable entry that the message rests on, or SYM_NO_LEAF. Marks the own head as sent. Works while
 * the own log is frozen, too: then it shows the tree there is for the head that the peer holds. */
#define SYM_NO_LEAF UINT64_MAX
SYM_MUST enum sym_err sym_witness_give(struct sym_witness *w, const struct sym_evidence **out,
                                       const struct sym_witnessed *peer, uint64_t leaf);
/* The same, with the proof that the own log begins with its first `from` entries: what the peer has
 * asked for. */
SYM_MUST enum sym_err sym_witness_prove(struct sym_witness *w, const struct sym_evidence **out,
                                        const struct sym_witnessed *peer, uint64_t leaf,
                                        uint64_t from);
/* Checks the evidence (NULL: there was none) of a message that was authentic: signed_bytes is the
 * whole Signed message (none for evidence in a data frame), kept where it proves something.
 * must_rest: it must prove a leaf, which is decoded into *leaf (may be NULL); spans in it are valid
 * until the next call here. Without must_rest, as in kind WITNESS and in denials, a head that is
 * still to be proven, or of a log that was restored, is let pass. Not in a transaction. Errors: the
 * message must not be acted upon; fault says why; the alarm, where there is one, is raised and in
 * the log. */
SYM_MUST enum sym_err sym_witness_take(struct sym_witness *w, const struct sym_witnessed *peer,
                                       const struct sym_evidence *evidence,
                                       struct sym_span signed_bytes, bool must_rest,
                                       struct sym_leaf *leaf, struct sym_fault *fault);
/* What this peer has to prove a beginning of its log (sym_held_wants). */
size_t sym_witness_wants(const struct sym_witness *w, const struct sym_node_id *peer,
                         uint64_t sizes[SYM_WITNESS_WANTS_MAX]);
/* The peer has answered what was asked for: what is still pending of that it did not prove. */
void sym_witness_answered(struct sym_witness *w, const struct sym_node_id *peer,
                          const uint64_t *sizes, size_t n);
/* The peer has to see the first entry of the own log: it holds an earlier one. */
bool sym_witness_owes_restore(const struct sym_witness *w, const struct sym_node_id *peer);
/* The first entry of a later log of the peer: evidence with that leaf, its salt and body. Accepts
 * that log when it names a head as large as the one that is held, and does not come too often. */
SYM_MUST enum sym_err sym_witness_take_restore(struct sym_witness *w,
                                               const struct sym_witnessed *peer,
                                               const struct sym_evidence *evidence,
                                               struct sym_span salt, struct sym_span body,
                                               struct sym_fault *fault);
/* Something that this peer tells is not accepted: may that be said once more? A line a second of
 * each peer, however much it tells. */
bool sym_witness_may_complain(struct sym_witness *w, const struct sym_node_id *peer);
/* An operator accepts the later log that the peer has shown. SYM_NOT_FOUND: it has not. */
SYM_MUST enum sym_err sym_witness_accept(struct sym_witness *w, const struct sym_witnessed *peer,
                                         const struct sym_author *author, struct sym_fault *fault);

/* The link to this peer is new: what was sent before may have been lost. */
void sym_witness_link_up(struct sym_witness *w, const struct sym_node_id *peer);
/* Heads are about to be told again, over the same link. */
void sym_witness_begin_meeting(struct sym_witness *w, const struct sym_node_id *peer);
/* Heads have been told in both directions over the present link, and none waits for its proof for
 * too long. */
bool sym_witness_is_met(const struct sym_witness *w, const struct sym_node_id *peer);
void sym_witness_set_met(struct sym_witness *w, const struct sym_node_id *peer);

/* It is time to tell heads (again). waits: an exchange with this peer waits for that. */
bool sym_witness_must_meet(const struct sym_witness *w, const struct sym_node_id *peer, bool waits);

/* may_meet: heads may be told, unless the own log is frozen. allows: SYM_OK when exchanges with
 * this peer may begin, if only after heads were told; SYM_DENIED and why otherwise: an alarm about
 * it, or the own log is frozen. trusts: what it shows now may be acted upon, too; SYM_DENIED where
 * it has signed a head and not proven that it fits. */
SYM_MUST enum sym_err sym_witness_may_meet(const struct sym_witness *w, struct sym_fault *fault);
SYM_MUST enum sym_err sym_witness_allows(const struct sym_witness *w,
                                         const struct sym_node_id *peer, struct sym_fault *fault);
SYM_MUST enum sym_err sym_witness_trusts(const struct sym_witness *w,
                                         const struct sym_node_id *peer, struct sym_fault *fault);

/* Spans are valid until the next call here; `open` is left to the caller. Of a peer that was never
 * met all is 0. */
void sym_witness_row(const struct sym_witness *w, struct sym_witness_row *row,
                     const struct sym_node_id *peer);
/* The own newest checkpoint with all cosignatures of it: text, *len bytes of at most max. cosigned:
 * the newest that has any, which is often an older one, as partners learn of a head with the next
 * message; empty where there is none. */
SYM_MUST enum sym_err sym_witness_checkpoint(struct sym_witness *w, char *out, size_t max,
                                             size_t *len);
SYM_MUST enum sym_err sym_witness_cosigned(struct sym_witness *w, char *out, size_t max,
                                           size_t *len);
/* The exhibit about this peer's log, in secret memory as all values of the store. SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_witness_exhibit(struct sym_witness *w, struct sym_secret *out,
                                          const struct sym_node_id *peer);

/* Begins a new own log (sym_log_begin_again): its first entry names the newest head of the one
 * before and those that peers hold of it; the second, in the same commit, who asked. */
SYM_MUST enum sym_err sym_witness_begin_again(struct sym_witness *w,
                                              const struct sym_author *author,
                                              struct sym_fault *fault);

#endif
