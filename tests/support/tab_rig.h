/* tab_rig.h - a whole joint tabulation in memory: one lead, n members with counts drawn from a
 * seed, links on which payloads may be altered, dropped or recorded, members that leave at a stage.
 * What must not fail ends the program, so that benchmarks and fuzzers may use it, too.
 *
 * Programs with this rig are linked with --wrap for sym_laplace_add, so that a test can do without
 * noise (the programs that are installed have no such switch), for sym_verify, so that what one
 * member has found valid costs the others nothing, for sym_exchange_key_agree and sym_agree_many,
 * and for malloc and calloc, so that memory can run out. */
#ifndef SYM_TESTS_SUPPORT_TAB_RIG_H
#define SYM_TESTS_SUPPORT_TAB_RIG_H

#include "proto/tab_lead_state.h"
#include "proto/tab_member_state.h"
#include "tests/support/crew.h"

#define RIG_PHASE_MS   60000u
#define RIG_EPOCH      7u
#define RIG_EXPIRES_MS 1000000000u

struct tab_rig;

/* Sees every payload before it is delivered, and may change it (malloc and free): false drops it.
 * to_lead: from the member at `place`; otherwise to it. */
typedef bool tab_tap_fn(struct tab_rig *r, uint32_t place, bool to_lead, uint8_t **bytes,
                        size_t *len);

struct tab_rig {
    uint32_t n;
    uint32_t minimum;
    uint32_t cells;
    uint64_t epsilon_nano;
    bool noise;
    uint64_t noise_seed; /* the members' noise keys follow from it; 0: they are random */
    bool trusting;       /* every signature is taken for valid, for fuzzers */
    bool thorough;       /* valid signatures are computed again, for benchmarks */
    bool quick;          /* keys are agreed on without X25519, for many members */
    bool silent;         /* who leaves is not noticed before the deadline */
    uint64_t seed;
    struct sym_sign_key keys[SYM_TAB_MEMBERS_MAX]; /* by place */
    struct sym_tab_party parties[SYM_TAB_MEMBERS_MAX];
    uint8_t psk[SYM_PSK_BYTES]; /* of places 0 and 1 */
    struct sym_tab_question question;
    uint8_t query_hash[SYM_HASH_BYTES];
    struct tab_bytes query;
    uint8_t outline[SYM_TAB_OUTLINE_BYTES_MAX];
    size_t outline_len;
    struct sym_tab_lead *lead;
    struct sym_tab_member *members[SYM_TAB_MEMBERS_MAX];
    enum tab_type leaves[SYM_TAB_MEMBERS_MAX]; /* instead of sending this; TAB_NO_TYPE: stays */
    bool away[SYM_TAB_MEMBERS_MAX];
    enum sym_err errs[SYM_TAB_MEMBERS_MAX];      /* the first of each member */
    enum sym_err lead_errs[SYM_TAB_MEMBERS_MAX]; /* what the lead said of it */
    enum sym_err sum_err;                        /* of the lead's last work */
    uint32_t debited[SYM_TAB_MEMBERS_MAX];
    uint32_t unmasked[SYM_TAB_MEMBERS_MAX];
    uint32_t kept[SYM_TAB_MEMBERS_MAX];
    const uint8_t *look; /* what the lead is told when it looks */
    uint64_t now_ms;
    tab_tap_fn *tap;
    void *tap_context;
    struct crew *crew; /* NULL: works are done here */
    uint64_t *extreme; /* counts of all members instead of drawn ones, or NULL */
    uint64_t bytes_to_lead;
};

/* n members, a query of months x countries; begin makes the machines. */
void tab_rig_open(struct tab_rig *r, uint32_t n, uint32_t countries, uint32_t months);
/* With another epsilon than 1; a large one is quick. */
void tab_rig_open_at(struct tab_rig *r, uint32_t n, uint32_t countries, uint32_t months,
                     uint64_t epsilon_nano);
/* Between the two: an incident may count in so many cells; 1 if this is not called. */
void tab_rig_bound(struct tab_rig *r, uint32_t cells_per_incident);
void tab_rig_begin(struct tab_rig *r);
/* From now on there is no memory for so many bytes, or for items of that size; 0: there is. */
void tab_rig_starve(size_t bytes);
void tab_rig_close(struct tab_rig *r);

/* One round: everybody does what it can. False: there was nothing to do. */
bool tab_rig_round(struct tab_rig *r);
/* Until nothing is left to do, and time does not help either. */
void tab_rig_run(struct tab_rig *r);
/* The same while the clock stands still. */
void tab_rig_settle(struct tab_rig *r);

/* Count of a cell at a member. */
uint64_t tab_rig_count(const struct tab_rig *r, uint32_t place, uint32_t cell);
/* The release holds the exact sums over who survived, but for what is below the threshold. */
bool tab_rig_exact(const struct tab_rig *r);
/* All that have not left and did not fail have kept the release. */
uint32_t tab_rig_keepers(const struct tab_rig *r);

#endif
