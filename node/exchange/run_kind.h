/* run_kind.h - what a kind of exchange must bring along to be carried by runs.h, and what goes in
 * and out of it.
 */
#ifndef SYM_NODE_EXCHANGE_RUN_KIND_H
#define SYM_NODE_EXCHANGE_RUN_KIND_H

#include "node/data/standing.h"
#include "node/evidence/opens.h"
#include "node/evidence/witness.h"
#include "node/overlap/overlap_set.h"
#include "proto/session.h"
#include "proto/statement.h"
#include "proto/work.h"

enum sym_step {
    SYM_STEP_WAIT,   /* for the other side, or for works */
    SYM_STEP_DATA,   /* a data frame is ready */
    SYM_STEP_FILLER, /* a filler frame is ready */
    SYM_STEP_CLOSE   /* this side has finished */
};

struct sym_compares;
struct sym_leg;
struct sym_tab_part;

/* What kinds that are about the evidence itself work with; they copy what they keep, and the rooms
 * outlive them. */
struct sym_run_evidence {
    struct sym_log *log;
    struct sym_witness *witness;
    struct sym_opens *opens;
    struct sym_compares *compares;
    struct sym_grants *grants;
    struct sym_node_id self;
    uint8_t own_identity[SYM_ED25519_BYTES];
    struct sym_witnessed peer;
    const uint8_t *id;     /* of this exchange, on the wire */
    const uint8_t *handle; /* what this node's users call it */
};

struct sym_run_plan {
    uint32_t kind;
    enum sym_session_role role;
    struct sym_span parameters;              /* as they travel in the request */
    struct sym_span answer;                  /* as they travel in the receipt */
    struct sym_overlap_set *set;             /* own elements, where the kind has some */
    const struct sym_ristretto *with;        /* likewise */
    const struct sym_vole_kernel *kernel;    /* likewise */
    uint32_t engine;                         /* of an overlap: enum sym_overlap_engine */
    const struct sym_standings *standings;   /* of engine standing, */
    const struct sym_standing_row *standing; /* and its list: made here, or held, or whose it is */
    const struct sym_run_evidence *evidence; /* of the kinds that are about it */
    struct sym_leg *leg;                     /* of an own joint tabulation, or of any table */
    struct sym_tab_part *part;               /* in that of another node; the run's on SYM_OK */
};

struct sym_run_progress {
    uint64_t done;
    uint64_t total;
    uint64_t round_trip_us; /* where the kind measures one, else 0 */
};

/* What the initiator has learned. */
struct sym_run_result {
    uint32_t common;
    bool listed; /* it knows which: the set holds their digests, no more */
    struct sym_overlap_set *set;
};

/* Functions of the shapes of runs.h. A kind that computes nothing aside has no work, worked and
 * works_out, one that leaves nothing behind no result, one whose messages do not depend on what was
 * agreed no bind. */
struct sym_run_kind {
    enum sym_err (*open)(void **machine, const struct sym_run_plan *plan);
    void (*free)(void *machine);
    enum sym_err (*bind)(void *machine, const uint8_t agreed[SYM_HASH_BYTES]);
    enum sym_step (*step)(const void *machine, size_t *len);
    enum sym_err (*write)(void *machine, uint8_t *payload, size_t len, uint64_t now_us);
    enum sym_err (*take)(void *machine, bool filler, struct sym_span payload, uint64_t now_us);
    enum sym_err (*closed)(void *machine);
    bool (*work)(void *machine, struct sym_work *out);
    enum sym_err (*worked)(void *machine, void *context, enum sym_err err);
    size_t (*works_out)(const void *machine);
    struct sym_run_progress (*progress)(const void *machine);
    enum sym_err (*result)(void *machine, struct sym_run_result *out);
    /* Of kinds that make something durable themselves. */
    bool (*is_due)(void *machine);
    enum sym_err (*put)(void *machine, struct sym_transaction *t);
    enum sym_err (*made)(void *machine, enum sym_err err);
    enum sym_err (*put_end)(void *machine, struct sym_transaction *t);
    bool (*has_release)(const void *machine);
    bool (*is_unspent)(const void *machine);
    void (*closing)(const void *machine, struct sym_statement *word);
    const char *(*fault)(const void *machine);
};

extern const struct sym_run_kind sym_run_kind_ping;
extern const struct sym_run_kind sym_run_kind_overlap; /* engine dh */
extern const struct sym_run_kind sym_run_kind_vole;
extern const struct sym_run_kind sym_run_kind_standing;
extern const struct sym_run_kind sym_run_kind_witness;
extern const struct sym_run_kind sym_run_kind_compare;
extern const struct sym_run_kind sym_run_kind_tabulate;
extern const struct sym_run_kind sym_run_kind_table; /* overlap:table, :evaluate and :rows */

#endif
