/* witness.h - what this node knows of its partners' logs, and they of its own: each message carries
 * evidence, which is made and checked here.
 *
 * For each peer the newest head that is proven to extend all before is kept, durably with the next
 * commit, and cosigned only when that has happened. Two heads that contradict each other, or a log
 * that became shorter, are kept as an exhibit (exhibit.h), raise an alarm, and stop exchanges with
 * that peer until its designed restore shows (an origin of a later generation whose first entry
 * names the lost head). A head of this node that a peer holds, and that the own tree does not lead
 * to, freezes the own log.
 *
 * `ours`: what the peer is taken to hold of this node: what it said last, or what was sent to it
 * since over the same link. A proof from a head that is not the newest held is kept as unproven for
 * some seconds: frames of concurrent exchanges may overtake each other.
 * Errors: those of log.h; SYM_BAD_SIGNATURE, SYM_BAD_TAG (a proof that does not hold), SYM_DENIED.
 */
#ifndef SYM_NODE_EVIDENCE_WITNESS_H
#define SYM_NODE_EVIDENCE_WITNESS_H

#include "node/evidence/log.h"

struct sym_witness;

struct sym_witness_config {
    struct sym_store *store;
    struct sym_log *log;
    struct sym_node_id self;
    const struct sym_sign_key *cosign_key;
};

SYM_MUST enum sym_err sym_witness_open(struct sym_witness **out,
                                       const struct sym_witness_config *config,
                                       struct sym_fault *fault);
void sym_witness_close(struct sym_witness *w);

/* A partner, as a card describes it. */
struct sym_witnessed {
    struct sym_node_id id;
    uint8_t log_key[SYM_ED25519_BYTES];
    uint8_t cosign_key[SYM_ED25519_BYTES];
    const char *alias;
};

/* The evidence of one message to a peer, valid until the next call here. leaf: index of the own
 * durable entry that the message rests on, or SYM_NO_LEAF. Marks the own head as sent. */
#define SYM_NO_LEAF UINT64_MAX
SYM_MUST enum sym_err sym_witness_give(struct sym_witness *w, const struct sym_evidence **out,
                                       const struct sym_witnessed *peer, uint64_t leaf);
/* Checks the evidence of a message that was authentic: signed_bytes is the whole Signed message,
 * kept where it proves something. must_rest: it must prove a leaf; *leaf is that one, in the
 * evidence. Errors: the message must not be acted upon; fault says why; the alarm, where there is
 * one, is raised and in the log. */
SYM_MUST enum sym_err sym_witness_take(struct sym_witness *w, const struct sym_witnessed *peer,
                                       const struct sym_evidence *evidence,
                                       struct sym_span signed_bytes, bool must_rest,
                                       struct sym_leaf *leaf, struct sym_fault *fault);
/* The link to this peer is new: what was sent before may have been lost. */
void sym_witness_link_up(struct sym_witness *w, const struct sym_node_id *peer);
/* Heads have been told in both directions over the present link. */
bool sym_witness_is_met(const struct sym_witness *w, const struct sym_node_id *peer);
void sym_witness_set_met(struct sym_witness *w, const struct sym_node_id *peer);

/* SYM_OK when exchanges with this peer may go on; SYM_DENIED and why otherwise: an alarm about it,
 * or the own log is frozen. */
SYM_MUST enum sym_err sym_witness_allows(const struct sym_witness *w,
                                         const struct sym_node_id *peer, struct sym_fault *fault);

SYM_MUST enum sym_err sym_witness_row(struct sym_witness *w, struct sym_witness_row *row,
                                      const struct sym_node_id *peer);
/* The own newest checkpoint with all cosignatures of it, or the newest that has any: text, *len
 * bytes of at most max. */
SYM_MUST enum sym_err sym_witness_checkpoint(struct sym_witness *w, char *out, size_t max,
                                             size_t *len);
/* The exhibit about this peer's log, in secret memory as all values of the store. SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_witness_exhibit(struct sym_witness *w, struct sym_secret *out,
                                          const struct sym_node_id *peer);

#endif
