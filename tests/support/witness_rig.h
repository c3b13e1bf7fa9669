/* witness_rig.h - a node's witness over a real store and log, and one partner whose log is made up,
 * honest or not: for tests of node/evidence/witness. What must not fail fails the running test. */
#ifndef SYM_TESTS_SUPPORT_WITNESS_RIG_H
#define SYM_TESTS_SUPPORT_WITNESS_RIG_H

#include "node/evidence/witness.h"
#include "tests/support/partner.h"
#include "tests/support/room.h"
#include "tests/support/toy_log.h"

#define RIG_COMMON 8u  /* entries of both logs of the partner */
#define RIG_SIZE   40u /* of each */
#define RIG_NONE   UINT64_MAX

struct witness_rig {
    struct room room;
    struct sym_witness *witness;
    struct partner partner;
    struct sym_witnessed peer;
    struct toy_log log;  /* the partner's */
    struct toy_log copy; /* the same, continued from an older copy */
    struct toy_evidence made;
    uint8_t message[8192]; /* the last that was made */
    size_t message_len;
    bool has_card;
    struct sym_fault fault; /* of the last call */
};

/* For cmocka_unit_test_setup_teardown: *state is a struct witness_rig, whose own log has one entry.
 */
int witness_rig_set_up(void **state);
int witness_rig_tear_down(void **state);
/* As a node does that is stopped and started again. */
void witness_rig_reopen(struct witness_rig *r);
enum sym_err witness_rig_try_open(struct witness_rig *r);

/* Something is written, and the witness with it. */
void witness_rig_commit(struct witness_rig *r);
/* Entries of the own log, until it has so many. */
void witness_rig_grow(struct witness_rig *r, uint64_t size);

/* The partner shows this head in a data frame, with the proof from `from` (0: none). */
enum sym_err witness_rig_show(struct witness_rig *r, const struct toy_log *log, size_t size,
                              size_t from);
/* It shows it in a signed request of this time that rests on its entry before the last. */
enum sym_err witness_rig_tell(struct witness_rig *r, const struct toy_log *log, size_t size,
                              size_t from, uint64_t time_ms);
/* It shows what it holds of the own log: a checkpoint, and a line under it (NULL: none). */
enum sym_err witness_rig_known(struct witness_rig *r, const char *checkpoint, const char *line);

struct sym_witness_row witness_rig_row(struct witness_rig *r);
enum sym_err witness_rig_allows(struct witness_rig *r);
enum sym_err witness_rig_trusts(struct witness_rig *r);
/* What the node would send, read as the partner would. */
enum sym_err witness_rig_give(struct witness_rig *r, const struct sym_evidence **e, uint64_t leaf,
                              struct sym_shown *shown);

/* A head of the own log, which its tree need not lead to, signed with this key. */
void witness_rig_own_head(char out[SYM_HEAD_NOTE_BYTES], struct witness_rig *r, uint32_t generation,
                          uint64_t size, uint8_t root, const struct sym_sign_key *key);
/* The line of a witness under that text. */
void witness_rig_cosign(char out[SYM_SIGNATURE_LINE_BYTES], struct witness_rig *r,
                        const char *checkpoint, const struct sym_sign_key *key);

#endif
