/* state.h - everything core holds, for core*.c and the verbs; no other module sees it.
 */
#ifndef SYM_NODE_CORE_STATE_H
#define SYM_NODE_CORE_STATE_H

#include "crypto/ristretto.h"
#include "crypto/vole/kernel.h"
#include "node/core/backup.h"
#include "node/core/control.h"
#include "node/core/preview.h"
#include "node/core/restored.h"
#include "node/data/datasets.h"
#include "node/data/history.h"
#include "node/exchange/compares.h"
#include "node/exchange/exchanges.h"
#include "node/exchange/sightings.h"
#include "node/grant/grants.h"
#include "node/grant/proposals.h"
#include "node/overlap/standing_maker.h"
#include "node/party/own_card.h"
#include "node/party/settings.h"
#include "node/sandbox.h"
#include "node/work/workers.h"

struct sym_core {
    int leash_fd; /* to the supervisor */
    const char *data_dir;
    const char *run_dir;
    struct sym_disk dir;
    struct sym_loop *loop;
    struct sym_watch *leash;
    struct sym_timer *stop_timer;
    struct sym_timer *prune_timer;
    struct sym_sightings_place prune_place;
    struct sym_timer *tidy_timer;
    bool stopping;
    struct sym_sandbox_state sandbox;
    struct sym_node_keys keys;
    struct sym_own_card card;
    struct sym_store *store;
    struct sym_log *log;
    struct sym_group *group;
    struct sym_witness *witness;
    struct sym_opens *opens;
    struct sym_compares compares;
    struct sym_restored restored;
    struct sym_settings settings;
    struct sym_users users;
    struct sym_peers peers;
    struct sym_vault *vault;
    struct sym_datasets *datasets;
    struct sym_backups *backups;
    struct sym_grants *grants;
    struct sym_proposals *proposals;
    struct sym_history history;
    struct sym_results results;
    struct sym_standings standings;
    struct sym_standing_maker *maker;
    struct sym_links *links;
    struct sym_exchanges *exchanges;
    struct sym_control *control;
    struct sym_workers *workers;
    struct sym_preview preview;
    const struct sym_ristretto *ristretto;
    const struct sym_vole_kernel *kernel;
    char listening[SYM_ADDRESS_BYTES];
    struct sym_process_row gate; /* name is not kept */
    uint64_t started_ms;
};

/* Opens the store and all that is kept in it, in the order in which one needs the other. core has
 * its directory's name and its keys; what was opened before a failure is in core, for its end. The
 * fault names the file and the remedy. */
SYM_MUST enum sym_err sym_core_load(struct sym_core *core, struct sym_fault *fault);

/* Runs a verb: sym_control_run_fn with the core as owner. */
enum sym_err sym_core_run_verb(void *core, enum sym_verb verb, const struct sym_author *author,
                               const void *arguments, struct sym_answer *answer,
                               struct sym_fault *fault);

#endif
