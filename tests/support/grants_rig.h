/* grants_rig.h - a node with grants, a clock that the test sets, and peers who ask. What must not
 * fail fails the running test. */
#ifndef SYM_TESTS_SUPPORT_GRANTS_RIG_H
#define SYM_TESTS_SUPPORT_GRANTS_RIG_H

#include "node/grant/grants.h"
#include "tests/support/room.h"

#define RIG_NOW    (UINT64_C(1790000000000) / 900000 * 900000) /* begins a quarter of an hour */
#define RIG_SECOND UINT64_C(1000)
#define RIG_MINUTE (60 * RIG_SECOND)
#define RIG_HOUR   (60 * RIG_MINUTE)
#define RIG_DAY    (24 * RIG_HOUR)
#define RIG_PEERS  40u

struct grants_rig {
    struct room room;
    struct sym_peer peer[RIG_PEERS]; /* peer-0, peer-1 … */
    struct sym_peer *items[RIG_PEERS];
    struct sym_peers peers;
    struct sym_grants *grants;
    struct sym_author operator_; /* olga */
    struct sym_author approver;  /* anna */
    struct sym_fault fault;
    uint64_t restored_ms;
    uint64_t number; /* of the newest exchange */
    struct sym_policy_verdict verdict;
    struct sym_approval approval;
};

/* For cmocka_unit_test_setup_teardown: *state is a struct grants_rig. */
int grants_rig_set_up(void **state);
int grants_rig_tear_down(void **state);
/* As a node does that is stopped and started again. */
void grants_rig_restart(struct grants_rig *r);
SYM_MUST enum sym_err grants_rig_open(struct grants_rig *r);
/* What the clock of the node shows from now on, milliseconds. */
void grants_rig_set_clock(uint64_t wall_ms);
uint64_t grants_rig_clock(void);

/* A grant of matches of "suspects" for peer-0: lists of 10 to 1000, 5 a day, for AML, of IBANs. */
struct sym_grant grants_rig_row(void);
void grants_rig_add(struct grants_rig *r, const struct sym_grant *row);
/* What that grant allows, asked by this peer under a new id, now. commitments may be NULL. */
struct rig_ask {
    struct sym_ask ask;
    struct sym_request request;
    struct sym_commitments commitments;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    uint8_t case_ref[32];
};
void grants_rig_ask(struct grants_rig *r, struct rig_ask *out, size_t peer);
/* What points into *ask itself, and the time. */
void grants_rig_fill(struct rig_ask *ask);
/* Decides it; the verdict and the approval are in the rig. */
SYM_MUST enum sym_err grants_rig_decide(struct grants_rig *r, struct rig_ask *ask);
/* Decides a new one of this peer, which must be possible. */
enum sym_decision grants_rig_decision(struct grants_rig *r, size_t peer);
/* An approver's decision; a denial says "why". */
SYM_MUST enum sym_err grants_rig_resolve(struct grants_rig *r, struct sym_held_request *out,
                                         const uint8_t id[SYM_EXCHANGE_ID_BYTES], bool approve);
/* Drops what belongs to this peer, as removing it does. */
enum sym_err grants_rig_drop(struct grants_rig *r, size_t peer);
/* How many lines of the journal have this text. */
size_t grants_rig_lines(struct grants_rig *r, const char *text);
/* How often the first grant was asked within a day. */
uint32_t grants_rig_asked(struct grants_rig *r);

#endif
