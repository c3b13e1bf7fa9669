/* tally.h - a federation that adds up its cells with crypto/ alone, in one process: what each node
 * computes, step by step, without messages, signatures or drop-outs other than those named. For
 * tests of the arithmetic and for the benchmark; the protocol is proto/'s.
 *
 * Steps run in the order of the functions here, each for all nodes. Different threads may run one
 * step for different nodes. A struct tally owns everything; tally_close frees it. */
#ifndef SYM_TESTS_SUPPORT_TALLY_H
#define SYM_TESTS_SUPPORT_TALLY_H

#include "crypto/laplace.h"
#include "crypto/shamir.h"
#include "crypto/sharebox.h"

/* Of one node: of its seed, then of its private mask key. */
struct tally_shares {
    struct sym_share of_seed;
    struct sym_share of_key;
};

#define TALLY_BOX_BYTES (sizeof(struct tally_shares) + SYM_SHAREBOX_OVERHEAD_BYTES)

struct tally_node {
    struct sym_exchange_key consent;
    struct sym_exchange_key mask;
    struct sym_share seed;
    uint8_t commitment[SYM_HASH_BYTES];
    uint8_t noise_key[SYM_MASK_KEY_BYTES];
    struct tally_shares *dealt; /* n: for each node, from this one */
    struct tally_shares *held;  /* n: from each node, for this one */
    uint8_t (*boxes)[TALLY_BOX_BYTES];
    struct sym_secret shared; /* with each node, between consent keys; made when sealing */
    struct sym_secret keys;   /* of its n masks */
    enum sym_mask_sign *signs;
};

struct tally {
    size_t n;
    size_t t;
    uint8_t qid[SYM_QID_BYTES];
    struct tally_node *nodes;
};

SYM_MUST enum sym_err tally_open(struct tally *y, size_t n, size_t t);
void tally_close(struct tally *y);

/* Step 1: fresh keys and a seed with its commitment. */
SYM_MUST enum sym_err tally_consent(struct tally *y, size_t node);
/* Step 2: shares for all, and a box for each; then opening those of the others. tally_hand_over
 * does without boxes. */
SYM_MUST enum sym_err tally_deal(struct tally *y, size_t node);
SYM_MUST enum sym_err tally_seal(struct tally *y, size_t node);
SYM_MUST enum sym_err tally_unseal(struct tally *y, size_t node);
void tally_hand_over(struct tally *y, size_t node);
/* Step 3: the keys of its masks, then the masks over cells [first, first + n). */
SYM_MUST enum sym_err tally_agree(struct tally *y, size_t node);
SYM_MUST enum sym_err tally_mask(uint64_t *cells, size_t n, uint64_t first, const struct tally *y,
                                 size_t node, struct sym_masker *m);

/* Step 5: what has to come off the sum of the vectors of those that survived. */
struct tally_masks {
    struct sym_secret keys;
    enum sym_mask_sign *signs; /* owned */
};

/* survived has n elements; `answered` are the indices of t nodes. SYM_BAD_TAG when a recovered
 * secret is not what was committed to. m must be empty. */
SYM_MUST enum sym_err tally_recover(struct tally_masks *m, const struct tally *y,
                                    const bool *survived, const uint8_t *answered);
void tally_masks_clear(struct tally_masks *m);

/* The secret of one node from `count` shares, those held by the nodes `from`: its seed or its key.
 * SYM_BAD_TAG when it is not what was committed to. */
SYM_MUST enum sym_err tally_seed(struct sym_share *out, const struct tally *y, size_t node,
                                 const uint8_t *from, size_t count);
SYM_MUST enum sym_err tally_key(struct sym_exchange_key *out, const struct tally *y, size_t node,
                                const uint8_t *from, size_t count);

#endif
