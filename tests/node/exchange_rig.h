/* exchange_rig.h - the exchanges of two cores in one process, with real stores, histories, results,
 * sessions and workers between them: for tests of exchanges. In the place of links, datasets and
 * grants stand what the test says, under their names: so its source is included, not linked, and
 * stays out of the archive that other tests link. What must not fail fails the running test. */
#ifndef SYM_TESTS_NODE_EXCHANGE_RIG_H
#define SYM_TESTS_NODE_EXCHANGE_RIG_H

#include "node/exchange/exchanges.h"
#include "node/exchange/exchanges_state.h"
#include "node/overlap/standing_maker.h"
#include "tests/support/partner.h"
#include "tests/support/room.h"

/* Records of one dataset, "list": record i has the id "rI" and tokens[i]; each stands for a number
 * and a type. */
struct rig_token {
    uint32_t record;
    uint8_t type;
    uint64_t number;
};

struct rig_list {
    struct rig_token *tokens; /* by record */
    size_t n;
    size_t records;
    bool gone; /* dropped: cannot be read any more */
    bool outdated;
    size_t reads;
    size_t gone_after; /* so many segments were read, some twice; 0: never */
    size_t unreadable; /* so many of the next reads fail */
    unsigned held;
};

struct rig_side {
    struct room room;
    struct sym_disk dir;
    struct sym_vault *vault;
    struct sym_log *log;
    struct sym_witness *witness;
    struct sym_opens *opens;
    struct sym_group *group;
    struct sym_history history;
    struct sym_results results;
    struct sym_settings settings;
    struct sym_peers peers;
    struct partner self;
    struct sym_workers *workers;
    struct sym_exchanges *exchanges;
    struct rig_list list;
    /* Grants: what is decided about the next requests, and what was asked. */
    struct sym_policy_verdict verdict;
    struct sym_approval approval;
    uint32_t engines;          /* that the grant covers */
    uint32_t standing_days;    /* of the standing list that it offers; 0: none */
    uint64_t restored_ms;      /* what its offer says */
    uint64_t standing_types;   /* of the types of its bits; 0: of all in one */
    uint32_t elements_per_day; /* likewise */
    uint32_t evaluated;        /* likewise: so far, */
    uint32_t evaluated_put;    /* and as a transaction has put it */
    uint64_t content;          /* a number for what the dataset is */
    struct sym_standings standings;
    struct sym_standing_maker *maker;
    unsigned asked;
    unsigned held_back;  /* those for which an approver was asked for whatever the grant says */
    unsigned taken_back; /* decisions whose write failed */
    struct sym_request last;
    uint8_t case_hash[SYM_HASH_BYTES]; /* the commitment to the case in it */
};

#define RIG_STARTED_MAX 16u

struct exchange_rig {
    struct sym_loop *loop;
    const struct sym_ristretto *with;
    const struct sym_vole_kernel *kernel;
    uint32_t engine; /* that is asked for from now on; 0: any */
    uint32_t rule;   /* likewise */
    struct rig_side sides[2];
    bool linked;
    /* Takes each frame instead of side 1, when set; owns nothing. */
    void (*liar)(struct exchange_rig *rig, uint8_t *frame, size_t len);
    /* Sees each frame that a side hands to its link; may be NULL. */
    void (*tap)(struct exchange_rig *rig, unsigned from, size_t len);
    bool holds[2]; /* frames of this side stay on their way */
    /* Called about every millisecond; true ends exchange_rig_run. */
    bool (*until)(struct exchange_rig *rig);
    unsigned step;      /* for until */
    uint64_t frames[2]; /* delivered, by sender */
    struct sym_timer *turn;
    uint64_t began_ms;
    /* Exchanges that were started, by side: their users look at them unless they are gone. */
    uint8_t started[2][RIG_STARTED_MAX][SYM_EXCHANGE_ID_BYTES];
    size_t n_started[2];
    bool users_are_gone;
};

/* One at a time. with: the group to compute in, NULL: the one that nodes choose. */
struct exchange_rig *exchange_rig_open(const struct sym_ristretto *with);
void exchange_rig_close(struct exchange_rig *rig);
/* n records with one account each, from number first on. */
void exchange_rig_fill(struct exchange_rig *rig, unsigned side, uint64_t first, size_t n);
void exchange_rig_token(struct exchange_rig *rig, unsigned side, uint32_t record, uint8_t type,
                        uint64_t number);
/* Starts an overlap of side with the other, of case 7; timeout 30 s. */
void exchange_rig_start(struct exchange_rig *rig, unsigned side, uint32_t kind, uint32_t type,
                        uint8_t id[SYM_EXCHANGE_ID_BYTES]);
/* The same of another case. */
void exchange_rig_start_case(struct exchange_rig *rig, unsigned side, uint32_t kind, uint32_t type,
                             const char *case_ref, uint8_t id[SYM_EXCHANGE_ID_BYTES]);
/* Runs until `until` says so, NULL: until nothing is in flight at either side. */
void exchange_rig_run(struct exchange_rig *rig, bool (*until)(struct exchange_rig *rig));
/* All that a side has, as its users would; some may have ended already. */
void exchange_rig_cancel(struct exchange_rig *rig, unsigned side);
void exchange_rig_cut(struct exchange_rig *rig, const char *reason);
bool exchange_rig_quiet(const struct exchange_rig *rig);
/* Sends a frame of session.h to side 0, as the liar. */
void exchange_rig_send(struct exchange_rig *rig, const uint8_t *frame, size_t len);
/* What the liar shows of the log of side 1, after an entry of this kind about the exchange was put
 * into it; valid until the next. */
const struct sym_evidence *exchange_rig_evidence(struct exchange_rig *rig, enum sym_entry_kind kind,
                                                 const uint8_t id[SYM_EXCHANGE_ID_BYTES],
                                                 bool initiates);
/* A new link, over which heads have been told already. */
void exchange_rig_relink(struct exchange_rig *rig);
/* Side `to` hears what is open at the other side, and that one its answers, as kind WITNESS has it.
 */
void exchange_rig_tell(struct exchange_rig *rig, unsigned to);
/* One entry of the log of a side, decoded; arena must be empty. */
struct rig_logged {
    uint64_t index;
    struct sym_leaf leaf;
    struct sym_entry_body body;
    struct sym_arena leaf_arena;
    struct sym_arena body_arena;
};
/* The entry number `nth` (0: the first) of this kind about this exchange (NULL: any); false when
 * there is none. rig_logged_clear afterwards, in any case. */
bool exchange_rig_logged(struct exchange_rig *rig, unsigned side, enum sym_entry_kind kind,
                         const uint8_t *id, size_t nth, struct rig_logged *out);
void rig_logged_clear(struct rig_logged *l);
/* How many entries of this kind there are; 0 as kind: of all. */
size_t exchange_rig_count(struct exchange_rig *rig, unsigned side, unsigned kind);
/* As a node does that was killed and started again; the link is gone. */
void exchange_rig_kill(struct exchange_rig *rig, unsigned side);
/* Who the liar is to side 0. */
void exchange_rig_parties(struct exchange_rig *rig, struct sym_session_parties *out);

/* The entry of this id, or the only one; arena must be empty. */
struct sym_exchange_entry exchange_rig_entry(struct exchange_rig *rig, unsigned side,
                                             struct sym_arena *arena, const uint8_t *id);
size_t exchange_rig_entries(struct exchange_rig *rig, unsigned side);

#endif
