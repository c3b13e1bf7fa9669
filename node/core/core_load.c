#include "node/core/first_start.h"
#include "node/core/state.h"
#include "node/tabulation/cohorts.h"
#include "node/tabulation/ledger.h"
#include "node/tabulation/releases.h"

#include <string.h>

static bool is_of_stranger(void *context, const struct sym_standing_row *row)
{
    return sym_peers_by_id(context, &row->peer) == NULL;
}

/* A disk that was full when a peer was removed may have kept them. */
static enum sym_err load_standings(struct sym_core *core, struct sym_fault *fault)
{
    size_t n = 0;
    core->standings = (struct sym_standings){.store = core->store, .vault = core->vault};
    enum sym_err err =
        sym_standings_erase(&core->standings, is_of_stranger, &core->peers, &n, fault);
    return err == SYM_NO_SPACE
               ? sym_fail(fault, err,
                          "standing lists: those of a peer that was removed could not be erased: "
                          "the disk is full; make room and start again")
               : err;
}

/* What can be erased, and what is kept in it. */
static enum sym_err load_vault(struct sym_core *core, struct sym_span master,
                               struct sym_fault *fault)
{
    enum sym_err err =
        sym_vault_open(&core->vault, SYM_VAULT_DATA, core->store, &core->dir, master, fault);
    if (err == SYM_OK) {
        err = sym_results_open(&core->results, core->store, core->vault, &core->history, fault);
    }
    if (err == SYM_OK) {
        err = load_standings(core, fault);
    }
    if (err == SYM_OK) {
        struct sym_datasets_config c = {.store = core->store,
                                        .vault = core->vault,
                                        .results = &core->results,
                                        .standings = &core->standings,
                                        .log = core->log};
        err = sym_datasets_open(&core->datasets, &c, fault);
    }
    if (err == SYM_OK) {
        struct sym_backups_config c = {
            .store = core->store, .vault = core->vault, .log = core->log, .dir = &core->dir};
        err = sym_backups_new(&core->backups, &c, fault);
    }
    return err;
}

static enum sym_err card_of(void *owner, char *out, size_t max, size_t *len,
                            const struct sym_node_id *peer)
{
    const struct sym_core *core = owner;
    return sym_peers_card_text(&core->peers, out, max, len, peer);
}

/* What is known of partners' logs, and what is owed to them. */
static enum sym_err load_evidence(struct sym_core *core, struct sym_fault *fault)
{
    struct sym_witness_config w = {.store = core->store,
                                   .log = core->log,
                                   .self = core->card.id,
                                   .cosign_key = &core->keys.cosign,
                                   .card = card_of,
                                   .owner = core};
    const struct sym_opens_config o = {.store = core->store,
                                       .log = core->log,
                                       .self = core->card.id,
                                       .identity = &core->keys.identity};
    memcpy(w.log_key, core->keys.log.public_key, sizeof w.log_key);
    enum sym_err err = sym_witness_open(&core->witness, &w, fault);
    return err == SYM_OK ? sym_opens_open(&core->opens, &o, fault) : err;
}

static enum sym_err forget_cut_off(struct sym_transaction *t, void *context)
{
    (void)context;
    enum sym_err err = sym_withheld_forget(t, sym_wall_ms());
    if (err == SYM_OK) {
        err = sym_ledger_start(t);
    }
    return err == SYM_OK ? sym_cohort_start(t) : err;
}

/* What was asked, and what the end of this node cut off. */
static enum sym_err load_history(struct sym_core *core, struct sym_fault *fault)
{
    enum sym_err err = sym_history_open(&core->history, core->store, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_store_write(core->store, forget_cut_off, NULL);
    if (err == SYM_NO_SPACE) {
        return sym_fail(fault, err,
                        "%s/store: joint tabulations and tables that were cut off could not be "
                        "ended: the disk is full; make room and start again",
                        core->data_dir);
    }
    return err == SYM_OK ? err
                         : sym_fail(fault, err,
                                    "%s/store: what it knows of joint tabulations and tables "
                                    "that were cut off %s; restore a backup",
                                    core->data_dir, sym_err_text(err));
}

enum sym_err sym_core_load(struct sym_core *core, struct sym_fault *fault)
{
    SYM_SECRET_AUTO master = {0};
    enum sym_err err = sym_directory_reach(&core->dir, core->data_dir, fault);
    if (err == SYM_OK) {
        err = sym_own_card_load(&core->card, &core->dir, &core->keys, fault);
    }
    if (err == SYM_OK) {
        err = sym_first_start_master(&master, &core->dir, &core->keys, fault);
    }
    if (err == SYM_OK) {
        err = sym_store_open(&core->store, core->data_dir, sym_secret_span(&master), fault);
    }
    if (err == SYM_OK) {
        err = sym_users_load(&core->users, core->store, fault);
    }
    if (err == SYM_OK) {
        err = sym_first_start_check(&core->dir, &core->users, fault);
    }
    if (err == SYM_OK) {
        const struct sym_log_config l = {.store = core->store,
                                         .dir = &core->dir,
                                         .master = sym_secret_span(&master),
                                         .self = core->card.id,
                                         .key = &core->keys.log,
                                         .cosign_key = &core->keys.cosign};
        err = sym_log_open(&core->log, &l, fault);
    }
    if (err == SYM_OK) {
        err = sym_restored_take(&core->restored, &core->dir, core->store, core->log, fault);
    }
    if (err == SYM_OK) {
        err = sym_settings_load(&core->settings, core->store, fault);
    }
    if (err == SYM_OK) {
        err = sym_peers_load(&core->peers, core->store, fault);
    }
    if (err == SYM_OK) {
        err = load_history(core, fault);
    }
    if (err == SYM_OK) {
        struct sym_grants_config g = {.store = core->store,
                                      .log = core->log,
                                      .peers = &core->peers,
                                      .restored_ms = &core->restored.restored_ms};
        err = sym_grants_open(&core->grants, &g, fault);
    }
    if (err == SYM_OK) {
        struct sym_proposals_config p = {
            .store = core->store, .log = core->log, .users = &core->users};
        err = sym_proposals_open(&core->proposals, &p, fault);
    }
    if (err == SYM_OK) {
        err = sym_first_start_import(&core->dir, &core->settings, &core->users, core->log, fault);
    }
    if (err == SYM_OK) {
        err = load_evidence(core, fault);
    }
    return err == SYM_OK ? load_vault(core, sym_secret_span(&master), fault) : err;
}
