/* proof.h - what the evidence log of the node says of a result: is there an entry, in a head that
 * the log key of the node's card has signed, with which this node closed the exchange; and does it
 * name this very release, where there is one? Checked here, from the leaf to the signature. What
 * two nodes count is in neither's log, so of an overlap the entry proves that it took place.
 */
#ifndef SYM_CLI_PROOF_H
#define SYM_CLI_PROOF_H

#include "cli/client.h"
#include "cli/json.h"
#include "crypto/note.h"
#include "proto/tabulation.h"

#define SYM_PROOF_STATE_LIST(X)                                                                    \
    X(ABSENT, "not-in-log") /* nothing of the log names it, or nothing that is signed yet */       \
    X(FITS, "in-log")                                                                              \
    X(WRONG, "wrong") /* what the node shows does not prove it */

enum sym_proof_state {
#define SYM_PROOF_STATE_ENUM(name, text) SYM_PROOF_##name,
    SYM_PROOF_STATE_LIST(SYM_PROOF_STATE_ENUM)
#undef SYM_PROOF_STATE_ENUM
        SYM_PROOF_STATE_COUNT
};

struct sym_proof {
    enum sym_proof_state state;
    uint64_t entry; /* as what follows, of a release that is proven */
    uint64_t size;  /* of the signed head */
    bool earlier;   /* of the log from before a restore */
    size_t cosignatures;
    char log[SYM_KEY_NAME_BYTES]; /* its origin */
    uint64_t checked_s;
};

/* Of this exchange, whose release has this hash (NULL: it has none). Errors: those of client.h but
 * SYM_NOT_FOUND. */
SYM_MUST enum sym_err sym_proof_check(struct sym_proof *out, struct sym_client *client,
                                      struct sym_span exchange,
                                      const uint8_t release_hash[SYM_HASH_BYTES],
                                      struct sym_fault *fault);
/* Of the release of a joint tabulation. */
SYM_MUST enum sym_err sym_proof_release(struct sym_proof *out, struct sym_client *client,
                                        struct sym_span exchange, const struct sym_release *release,
                                        struct sym_fault *fault);
/* The member "evidence" of a release. */
void sym_proof_put_json(struct sym_json *j, const struct sym_proof *p);

#endif
