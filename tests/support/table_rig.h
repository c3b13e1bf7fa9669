/* table_rig.h - a whole overlap table in memory: an asker, n contributors with planted lists, a
 * tallier, and links on which payloads may be altered, dropped or recorded. A machine that fails is
 * treated as a node would treat it. What must not fail ends the program, so that benchmarks and
 * fuzzers may use it, too. */
#ifndef SYM_TESTS_SUPPORT_TABLE_RIG_H
#define SYM_TESTS_SUPPORT_TABLE_RIG_H

#include "proto/table_evaluator.h"
#include "proto/table_lead.h"
#include "proto/table_list_state.h"
#include "proto/table_owner.h"
#include "proto/table_rows.h"
#include "proto/table_tally.h"
#include "tests/support/crew.h"

#define TABLE_RIG_PHASE_MS   60000u
#define TABLE_RIG_COMPUTE_MS 600000u
#define TABLE_RIG_RELEASED   1000000u
#define TABLE_RIG_EPOCH      7u
#define TABLE_RIG_WORKS_MAX  48u

enum table_link { TABLE_LINK_LEG, TABLE_LINK_EVALUATE, TABLE_LINK_ROWS };

struct table_rig;

/* One payload on its way. Of a leg, from or to is SYM_TABLE_ASKER. bytes: from malloc, may be
 * changed and replaced. */
struct table_sent {
    enum table_link link;
    uint32_t from;
    uint32_t to;
    enum table_type type; /* as it was sent */
    uint8_t *bytes;
    size_t len;
};

/* Sees every payload before it is delivered; false drops it. */
typedef bool table_tap_fn(struct table_rig *r, struct table_sent *sent);

struct table_pair {
    struct sym_table_owner *owner;
    struct sym_table_evaluator *evaluator;
    bool closed[2]; /* the owner has, the evaluator has */
};

struct table_rows_link {
    struct sym_table_rows *rows;
    bool closed[2];
};

struct table_party {
    struct sym_sign_key key;
    struct sym_table_member *member;
    bool over;   /* its session has ended */
    bool closed; /* here */
    bool holds;  /* a test: it answers nothing that it wants */
    uint8_t (*digests)[SYM_HASH_BYTES];
    uint32_t n;        /* of them */
    uint32_t elements; /* announced */
    struct sym_table_list *list;
    bool debited;
};

struct table_work {
    struct sym_work work;
    enum { TABLE_WORK_LIST, TABLE_WORK_EVALUATOR, TABLE_WORK_TALLY } kind;
    uint32_t i; /* whose */
    uint32_t j; /* evaluator: place */
    bool used;
};

struct table_rig {
    uint32_t n;
    uint32_t asker; /* its place as a contributor */
    const struct sym_ristretto *with;
    uint64_t seed;
    uint64_t planted; /* records so far */
    uint64_t now_ms;
    bool stops_at_start; /* nobody computes: a test goes on by itself */
    struct sym_table_question question;
    struct table_party parties[SYM_TABLE_PARTIES_MAX];
    struct table_pair pairs[SYM_TABLE_LISTS_MAX][SYM_TABLE_LISTS_MAX]; /* owner, evaluator */
    struct table_rows_link rows[SYM_TABLE_LISTS_MAX];
    struct sym_table_lead *lead;
    struct sym_table_tally *tally;
    struct table_work works[TABLE_RIG_WORKS_MAX];
    size_t n_works;
    struct crew *crew; /* NULL: pieces are done here, in an order drawn from the seed */
    uint64_t counts[SYM_TABLE_CELLS_MAX]; /* planted, by cell - 1 */
    table_tap_fn *tap;
    void *tap_context;
    uint64_t payloads;
    uint64_t bytes;
};

/* A table of n lists; mode exact, no lists yet. asker: a contributor's place, or SYM_TABLE_NOBODY.
 */
void table_rig_make(struct table_rig *r, uint32_t n, uint32_t asker, uint64_t seed);
void table_rig_noisy(struct table_rig *r, uint64_t epsilon_nano);
/* `count` more records, on exactly these lists (bit i: place i). */
void table_rig_plant(struct table_rig *r, uint32_t lists, uint32_t count);
/* Makes the machines, after planting; announced: at least so many elements for each list. */
void table_rig_open(struct table_rig *r, uint32_t announced);
/* Does one thing, if there is one to do. */
bool table_rig_step(struct table_rig *r);
void table_rig_run(struct table_rig *r);
/* Counts of the lead's release, by cell - 1. */
void table_rig_counts(uint64_t *counts, const struct table_rig *r);
bool table_rig_done(const struct table_rig *r);
void table_rig_close(struct table_rig *r);

uint64_t table_rig_draw(struct table_rig *r);
uint32_t table_rig_below(struct table_rig *r, uint32_t bound);

#endif
