#include "node/core/core.h"

#include "node/core/erasing.h"
#include "node/core/state.h"
#include "node/exchange/openings.h"
#include "node/exchange/sightings.h"
#include "node/leash.h"
#include "node/log.h"
#include "proto/version.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long exchanges and links may take to end when the node is stopped. */
#define STOP_MS 1500u
/* How often exchange ids that cannot come back are forgotten, and how soon after one portion the
 * next. */
#define PRUNE_MS      600000u
#define PRUNE_NEXT_MS 100u
/* How often imports that were left alone, delayed erasures and peers that were shut out are seen
 * to. */
#define TIDY_MS 60000u

/* The supervisor hears of whatever keeps core from starting or going on, and tells it. */
static int give_up(const struct sym_core *core, const struct sym_fault *fault)
{
    if (sym_leash_send(core->leash_fd, SYM_LEASH_FAULT, sym_span_text(fault->text)) != SYM_OK) {
        sym_log(SYM_LEVEL_ERROR, "core-stopped", "reason", fault->text, NULL);
    }
    return 1;
}

/* Waits for one packet of the given type; anything else ends the start. SYM_CANCELLED when the
 * supervisor wants none any more. */
static enum sym_err await(const struct sym_core *core, enum sym_leash_type wanted, uint8_t *out,
                          size_t max, size_t *len, struct sym_fault *fault)
{
    enum sym_leash_type type;
    struct pollfd p = {.fd = core->leash_fd, .events = POLLIN};
    while (poll(&p, 1, -1) < 0 && errno == EINTR) {
    }
    enum sym_err err = sym_leash_receive(core->leash_fd, &type, out, max, len);
    if (err == SYM_CLOSED || (err == SYM_OK && type == SYM_LEASH_STOP)) {
        return SYM_CANCELLED;
    }
    if (err == SYM_OK && type != wanted) {
        err = SYM_WRONG_STATE;
    }
    return err == SYM_OK ? SYM_OK
                         : sym_fail(fault, err, "core: the supervisor %s", sym_err_text(err));
}

static enum sym_err take_keys(struct sym_core *core, struct sym_fault *fault)
{
    uint8_t bytes[SYM_LEASH_BYTES_MAX];
    size_t len = 0;
    enum sym_err err = await(core, SYM_LEASH_CORE_KEYS, bytes, sizeof bytes, &len, fault);
    if (err == SYM_OK) {
        err = sym_leash_keys_read(&core->keys, sym_span(bytes, len));
        if (err != SYM_OK) {
            (void)sym_fail(fault, err, "core: the keys it was given: one %s", sym_err_text(err));
        }
    }
    sym_wipe(bytes, sizeof bytes);
    return err;
}

static void on_listening(void *owner, struct sym_span address, const struct sym_process_row *gate)
{
    struct sym_core *core = owner;
    size_t len = address.len < sizeof core->listening ? address.len : sizeof core->listening - 1;
    memcpy(core->listening, address.data, len);
    core->listening[len] = '\0';
    if (gate != NULL) {
        core->gate = *gate;
        core->gate.name = sym_span(NULL, 0);
    }
    enum sym_err err = sym_leash_send(core->leash_fd, SYM_LEASH_READY, address);
    if (err != SYM_OK) {
        sym_loop_stop(core->loop);
    }
}

static void on_up(void *owner, struct sym_link *link)
{
    struct sym_core *core = owner;
    sym_exchanges_link_up(core->exchanges, link);
}

static void on_down(void *owner, struct sym_link *link, struct sym_span reason)
{
    struct sym_core *core = owner;
    sym_exchanges_link_down(core->exchanges, link, reason);
}

static void on_failed(void *owner, const struct sym_node_id *peer, struct sym_span reason)
{
    struct sym_core *core = owner;
    sym_exchanges_dial_failed(core->exchanges, peer, reason);
}

static void on_frame(void *owner, struct sym_link *link, uint8_t *frame, size_t len)
{
    struct sym_core *core = owner;
    sym_exchanges_frame(core->exchanges, link, frame, len);
}

static void on_room(void *owner, struct sym_link *link)
{
    struct sym_core *core = owner;
    sym_exchanges_room(core->exchanges, link);
}

static bool is_wanted(void *owner, const struct sym_node_id *peer)
{
    struct sym_core *core = owner;
    return sym_exchanges_wanted(core->exchanges, peer);
}

static void on_stop_time(void *owner)
{
    struct sym_core *core = owner;
    sym_loop_stop(core->loop);
}

/* What could not be erased when it was deleted. */
static void finish_erasing(struct sym_core *core)
{
    struct sym_fault fault = {.text = ""};
    if (sym_erasing_is_due(core->vault, core->log) &&
        sym_erasing_finish(core->vault, core->log, &fault) != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "erasure-delayed", "reason", fault.text, NULL);
    }
}

static void on_tidy_time(void *owner)
{
    struct sym_core *core = owner;
    sym_datasets_tidy(core->datasets);
    finish_erasing(core);
    sym_standing_maker_look(core->maker);
    sym_backups_tidy(core->backups);
    sym_preview_tidy(&core->preview, sym_now_ms());
    sym_links_look(core->links);
    sym_timer_set(core->tidy_timer, TIDY_MS);
}

static void stop(struct sym_core *core)
{
    if (core->stopping) {
        return;
    }
    core->stopping = true;
    sym_exchanges_stop(core->exchanges);
    sym_links_stop(core->links);
    uint64_t wait_ms = sym_links_count(core->links) > 0 ? STOP_MS / 5 : 0;
    if (sym_loop_timer(core->loop, &core->stop_timer, wait_ms, on_stop_time, core) != SYM_OK) {
        sym_loop_stop(core->loop);
    }
}

static void on_leash(void *owner, short ready)
{
    struct sym_core *core = owner;
    uint8_t bytes[SYM_LEASH_BYTES_MAX];
    size_t len = 0;
    enum sym_leash_type type;
    (void)ready;
    enum sym_err err = sym_leash_receive(core->leash_fd, &type, bytes, sizeof bytes, &len);
    if (err == SYM_AGAIN) {
        return;
    }
    if (err != SYM_OK) {
        sym_loop_stop(core->loop);
    } else if (type == SYM_LEASH_RESOLVED) {
        sym_links_resolved(core->links, sym_span(bytes, len));
    } else if (type == SYM_LEASH_STOP) {
        stop(core);
    }
}

static void on_prune_time(void *owner)
{
    struct sym_core *core = owner;
    enum sym_err err = sym_sightings_prune(core->store, &core->prune_place, sym_wall_ms());
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "exchange-ids-not-forgotten", "reason", sym_err_text(err), NULL);
    } else if (core->prune_place.more) {
        sym_timer_set(core->prune_timer, PRUNE_NEXT_MS);
        return;
    }
    err = sym_openings_prune(core->store, sym_wall_ms());
    if (err != SYM_OK) {
        sym_log(SYM_LEVEL_WARN, "openings-not-forgotten", "reason", sym_err_text(err), NULL);
    }
    sym_timer_set(core->prune_timer, PRUNE_MS);
}

static enum sym_err open_maker(struct sym_core *core, struct sym_fault *fault)
{
    const struct sym_standing_maker_config c = {.loop = core->loop,
                                                .workers = core->workers,
                                                .standings = &core->standings,
                                                .datasets = core->datasets,
                                                .grants = core->grants,
                                                .settings = &core->settings,
                                                .ristretto = core->ristretto};
    enum sym_err err = sym_standing_maker_new(&core->maker, &c);
    return err == SYM_OK ? err : sym_fail(fault, err, "core: no memory for standing lists");
}

static enum sym_err open_links(struct sym_core *core, struct sym_fault *fault)
{
    struct sym_exchanges_config x = {.loop = core->loop,
                                     .store = core->store,
                                     .group = core->group,
                                     .log = core->log,
                                     .witness = core->witness,
                                     .compares = &core->compares,
                                     .opens = core->opens,
                                     .peers = &core->peers,
                                     .keys = &core->keys,
                                     .self = core->card.id,
                                     .workers = core->workers,
                                     .datasets = core->datasets,
                                     .grants = core->grants,
                                     .history = &core->history,
                                     .results = &core->results,
                                     .standings = &core->standings,
                                     .maker = core->maker,
                                     .settings = &core->settings,
                                     .ristretto = core->ristretto,
                                     .kernel = core->kernel,
                                     .restored_ms = &core->restored.restored_ms};
    struct sym_links_config l = {
        .loop = core->loop,
        .peers = &core->peers,
        .leash = core->leash_fd,
        .run_dir = core->run_dir,
        .self = core->card.id,
        .idle_ms = (uint32_t)(1000 * sym_settings_number(&core->settings, SYM_SETTING_IDLE)),
    };
    struct sym_links_events events = {.owner = core,
                                      .listening = on_listening,
                                      .up = on_up,
                                      .down = on_down,
                                      .failed = on_failed,
                                      .frame = on_frame,
                                      .room = on_room,
                                      .wanted = is_wanted};
    sym_preview_init(&core->preview, core->loop, core->workers, core->datasets);
    enum sym_err err = sym_exchanges_new(&core->exchanges, &x);
    if (err != SYM_OK) {
        return sym_fail(fault, err, "core: no memory for exchanges");
    }
    err = sym_links_new(&core->links, &l, &events, fault);
    if (err == SYM_OK) {
        sym_exchanges_set_links(core->exchanges, core->links);
    }
    return err;
}

/* Everything that runs behind the sandbox. */
static enum sym_err open_rooms(struct sym_core *core, struct sym_fault *fault)
{
    enum sym_err err = sym_loop_new(&core->loop);
    if (err == SYM_OK) {
        err = sym_group_new(&core->group, core->loop, core->store);
    }
    if (err == SYM_OK) {
        err = sym_workers_new(&core->workers, core->loop, 0);
    }
    if (err == SYM_OK) {
        err = sym_loop_watch(core->loop, &core->leash, core->leash_fd, POLLIN, on_leash, core);
    }
    if (err == SYM_OK) {
        err = sym_loop_timer(core->loop, &core->prune_timer, 0, on_prune_time, core);
    }
    if (err == SYM_OK) {
        err = sym_loop_timer(core->loop, &core->tidy_timer, TIDY_MS, on_tidy_time, core);
    }
    if (err != SYM_OK) {
        return sym_fail(fault, err, "core: its loop %s", sym_err_text(err));
    }
    err = open_maker(core, fault);
    if (err == SYM_OK) {
        err = open_links(core, fault);
    }
    if (err != SYM_OK) {
        return err;
    }
    struct sym_control_config c = {.loop = core->loop,
                                   .run_dir = core->run_dir,
                                   .self = core->card.id,
                                   .users = &core->users,
                                   .log = core->log,
                                   .owner = core,
                                   .run = sym_core_run_verb};
    return sym_control_new(&core->control, &c, fault);
}

static enum sym_err start(struct sym_core *core, struct sym_fault *fault)
{
    enum sym_err err = sym_sandbox_prepare(&core->sandbox, SYM_SANDBOX_CORE, fault);
    if (err == SYM_OK) {
        err = take_keys(core, fault);
    }
    if (err == SYM_OK) {
        err = sym_core_load(core, fault);
    }
    if (err == SYM_OK) {
        err = sym_ristretto_choose(&core->ristretto, getenv("SYMBOLON_RISTRETTO"));
        if (err != SYM_OK) {
            (void)sym_fail(fault, err, "SYMBOLON_RISTRETTO: names a backend that %s",
                           sym_err_text(err));
        }
    }
    if (err == SYM_OK) {
        err = sym_vole_kernel_choose(&core->kernel, getenv("SYMBOLON_VOLE"));
        if (err != SYM_OK) {
            (void)sym_fail(fault, err, "SYMBOLON_VOLE: names a kernel that %s", sym_err_text(err));
        }
    }
    if (err == SYM_OK) {
        err = sym_sandbox_enter(&core->sandbox, SYM_SANDBOX_CORE, core->data_dir, core->run_dir,
                                fault);
    }
    if (err == SYM_OK) {
        err = open_rooms(core, fault);
    }
    if (err == SYM_OK) {
        err = sym_leash_send(core->leash_fd, SYM_LEASH_LISTEN,
                             sym_span_text(core->settings.value[SYM_SETTING_LISTEN]));
        if (err != SYM_OK) {
            (void)sym_fail(fault, err, "core: the supervisor %s", sym_err_text(err));
        }
    }
    return err;
}

static enum sym_err record_start(const struct sym_core *core, struct sym_fault *fault)
{
    const struct sym_entry_body body = {.event = sym_span_text("node-started"),
                                        .detail = sym_span_text(SYM_VERSION)};
    const struct sym_entry entry = {.kind = SYM_ENTRY_STARTED, .body = &body};
    enum sym_err err = sym_log_add(core->log, &entry);
    if (err == SYM_NO_SPACE) {
        return sym_fail(fault, err, "%s/store: cannot be written: the disk is full",
                        core->data_dir);
    }
    return err == SYM_OK ? err
                         : sym_fail(fault, err,
                                    "%s/store: cannot be written: it %s; look at the disk, and "
                                    "restore a backup if the file is damaged",
                                    core->data_dir, sym_err_text(err));
}

static void core_clear(struct sym_core *core)
{
    sym_control_free(core->control);
    sym_links_free(core->links);
    sym_workers_free(core->workers); /* first: pieces may still read what exchanges own */
    sym_exchanges_free(core->exchanges);
    sym_standing_maker_free(core->maker);
    sym_preview_clear(&core->preview);
    sym_group_free(core->group);
    sym_watch_remove(&core->leash);
    sym_timer_remove(&core->stop_timer);
    sym_timer_remove(&core->prune_timer);
    sym_timer_remove(&core->tidy_timer);
    sym_loop_free(core->loop);
    sym_grants_close(core->grants);
    sym_proposals_close(core->proposals);
    sym_peers_clear(&core->peers);
    sym_backups_free(core->backups);
    sym_datasets_close(core->datasets);
    sym_vault_close(core->vault);
    sym_compares_clear(&core->compares);
    sym_opens_close(core->opens);
    sym_witness_close(core->witness);
    sym_log_close(core->log);
    sym_store_close(core->store);
    sym_node_keys_clear(&core->keys);
    if (core->dir.fd >= 0) {
        close(core->dir.fd);
    }
}

int sym_core_main(const struct sym_core_start *given)
{
    struct sym_fault fault = {0};
    struct sym_core *core = calloc(1, sizeof *core);
    if (core == NULL) {
        return 1;
    }
    core->leash_fd = given->leash;
    core->data_dir = given->dir;
    core->run_dir = given->run_dir;
    core->dir.fd = -1;
    core->started_ms = sym_wall_ms();
    enum sym_err err = start(core, &fault);
    if (err == SYM_OK) {
        err = record_start(core, &fault);
    }
    if (err == SYM_OK) {
        err = sym_loop_run(core->loop);
        if (err != SYM_OK) {
            (void)sym_fail(&fault, err, "core: the event loop failed: it %s", sym_err_text(err));
        }
    }
    int code = err == SYM_OK || err == SYM_CANCELLED ? 0 : give_up(core, &fault);
    core_clear(core);
    free(core);
    return code;
}
