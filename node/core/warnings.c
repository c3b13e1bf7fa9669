#include "node/core/warnings.h"

#include "crypto/utc.h"
#include "node/core/erasing.h"
#include "node/core/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DAY_S                86400
#define CARD_WARNING_DAYS    30
#define RESTORE_WARNING_DAYS 30
#define CLOCK_WARNING_S      3600
/* Below this the node soon cannot record, and so not do, anything. */
#define DISK_WARNING_BYTES ((uint64_t)64 << 20)

static void warn(struct sym_warnings *w, const char *format, ...) SYM_PRINTF(2, 3);

static void warn(struct sym_warnings *w, const char *format, ...)
{
    if (w->n >= SYM_WARNINGS_MAX) {
        return;
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(w->text[w->n], sizeof w->text[w->n], format, args);
    va_end(args);
    w->spans[w->n] = sym_span_text(w->text[w->n]);
    w->n++;
}

static void look_at_disk(struct sym_warnings *w, const struct sym_core *core)
{
    uint64_t free_bytes = 0;
    if (sym_store_was_full(core->store)) {
        warn(w, "the disk is full: the last change could not be written; make room");
    } else if (sym_store_room(core->store, &free_bytes) == SYM_OK &&
               free_bytes < DISK_WARNING_BYTES) {
        warn(w, "the disk is almost full: %llu MiB are left; make room",
             (unsigned long long)(free_bytes >> 20));
    }
}

static void look_at_erasing(struct sym_warnings *w, const struct sym_core *core)
{
    if (sym_erasing_is_due(core->vault, core->log)) {
        warn(w, "what was deleted is not erased for good yet, as the disk did not let go of its "
                "keys; look at the disk: it is tried again every minute");
    }
}

/* Times in the log never go back. */
static void look_at_clock(struct sym_warnings *w, const struct sym_core *core, int64_t now_s)
{
    char newest[SYM_UTC_BYTES] = "a day far ahead";
    int64_t log_s = (int64_t)(sym_log_time_ms(core->log) / 1000);
    enum sym_err err = SYM_OK;
    if (log_s - now_s <= CLOCK_WARNING_S) {
        return;
    }
    err = sym_utc_format(newest, log_s);
    (void)err; /* beyond the years that have a name */
    warn(
        w,
        "the evidence log is ahead of the clock: its newest entry is of %s, and so are all to come "
        "until then. Is the clock right? If it was ahead once, dates do not tell these entries "
        "apart: \"symbolon log erase-bodies --all\" erases what they say",
        newest);
}

/* Behind the last colon of "host:port" or "[v6]:port". */
static struct sym_span port_of(const char *text)
{
    struct sym_span address = sym_span_text(text);
    size_t at = address.len;
    while (at > 0 && address.data[at - 1] != ':') {
        at--;
    }
    return sym_span(address.data + at, address.len - at);
}

static bool names_port_of(const struct sym_card *card, const char *address)
{
    struct sym_span port = port_of(address);
    for (size_t i = 0; i < card->n_endpoint; i++) {
        if (sym_span_equal(port_of(card->endpoint[i]), port)) {
            return true;
        }
    }
    return false;
}

static void look_at_card(struct sym_warnings *w, const struct sym_core *core, int64_t now_s)
{
    const struct sym_card *card = &core->card.card;
    int64_t days = (card->expires_s - now_s) / DAY_S;
    if (days < 0) {
        warn(w, "the card of this node has expired; renew it: \"symbolon card --renew\"");
    } else if (days < CARD_WARNING_DAYS) {
        warn(w, "the card of this node expires in %lld day%s; renew it: \"symbolon card --renew\"",
             (long long)days, days == 1 ? "" : "s");
    }
    if (card->n_endpoint > 0 && core->listening[0] != '\0' &&
        !names_port_of(card, core->listening)) {
        warn(w,
             "the node listens at %.60s, and its card names no endpoint with that port (%.100s); "
             "unless it is forwarded: \"symbolon card --renew --endpoint HOST:PORT\"",
             core->listening, card->endpoint[0]);
    }
}

static void look_at_sandbox(struct sym_warnings *w, const struct sym_core *core)
{
    if (!core->sandbox.seccomp || (core->gate.pid != 0 && !core->gate.seccomp)) {
        warn(w, "a process runs without its system call filter; this is not a release build");
    }
    if (!core->sandbox.own_network) {
        warn(w, "core has no network namespace of its own here; its system call filter still "
                "refuses every network socket");
    }
}

static void look_at_requests(struct sym_warnings *w, const struct sym_core *core)
{
    const struct sym_held_request *rows;
    size_t n = sym_grants_requests(core->grants, &rows);
    size_t waiting = 0;
    for (size_t i = 0; i < n; i++) {
        waiting += rows[i].state == SYM_HELD_WAITING;
    }
    if (waiting > 0) {
        warn(w, "%zu request%s of peers %s for an approver; see: \"symbolon requests\"", waiting,
             waiting == 1 ? "" : "s", waiting == 1 ? "waits" : "wait");
    }
    struct sym_held_request own[SYM_PROPOSALS_MAX];
    n = sym_proposals_list(core->proposals, own, SYM_PROPOSALS_MAX, NULL);
    waiting = 0;
    for (size_t i = 0; i < n; i++) {
        waiting += own[i].state == SYM_HELD_WAITING;
    }
    if (waiting > 0) {
        warn(w, "%zu command%s of own users %s for an approver; see: \"symbolon requests\"",
             waiting, waiting == 1 ? "" : "s", waiting == 1 ? "waits" : "wait");
    }
}

static void look_at_patterns(struct sym_warnings *w, const struct sym_core *core)
{
    struct sym_unusual rows[SYM_WARNINGS_MAX];
    size_t n = sym_grants_unusual(core->grants, rows, SYM_WARNINGS_MAX);
    for (size_t i = 0; i < n; i++) {
        const struct sym_pattern_finding *f = &rows[i].finding;
        const char *alias = rows[i].peer->alias;
        if (f->asked > 0) {
            warn(w,
                 "%s asks more than it used to: %u requests%s%s today, on other days %u; see: "
                 "\"symbolon exchange list --peer %s\"",
                 alias, f->asked, f->kind != 0 ? " of kind " : "",
                 f->kind != 0 ? sym_kind_text(f->kind) : "", f->asked_usual, alias);
        }
        if (f->probes > 0) {
            warn(w,
                 "%s tries what it has no grant for: %u requests today, on other days %u; see: "
                 "\"symbolon exchange list --peer %s\"",
                 alias, f->probes, f->probes_usual, alias);
        }
    }
}

/* Partners have to hear of it from a person. */
static void look_at_restore(struct sym_warnings *w, const struct sym_core *core, int64_t now_s)
{
    char when[SYM_UTC_BYTES];
    char from[SYM_UTC_BYTES];
    int64_t restored_s = (int64_t)(core->restored.restored_ms / 1000);
    if (restored_s == 0 || now_s - restored_s > RESTORE_WARNING_DAYS * DAY_S ||
        sym_utc_format(when, restored_s) != SYM_OK) {
        return;
    }
    if (core->restored.backup_ms == 0) {
        warn(w,
             "this node was found at %s to be an older copy of itself: tell your partners, who see "
             "a new log; its privacy budgets count as spent for a year",
             when);
    } else if (sym_utc_format(from, (int64_t)(core->restored.backup_ms / 1000)) == SYM_OK) {
        warn(w,
             "this node was restored at %s from a backup of %s: tell your partners, who see a new "
             "log; its privacy budgets count as spent for a year",
             when, from);
    }
}

/* Logs that contradict what was known of them, the own one first. */
static void look_at_logs(struct sym_warnings *w, const struct sym_core *core, int64_t now_s)
{
    const char *why = NULL;
    if (sym_log_is_frozen(core->log, &why)) {
        warn(w, "ALARM: the evidence log of this node is frozen, and no exchange is made: %s", why);
    }
    for (size_t i = 0; i < core->peers.n; i++) {
        const struct sym_peer *peer = core->peers.items[i];
        struct sym_witness_row row;
        sym_witness_row(core->witness, &row, &peer->id);
        int64_t days = (now_s - (int64_t)(row.since_ms / 1000)) / DAY_S;
        bool alarm = row.state != SYM_WITNESS_NEW && row.state != SYM_WITNESS_GOOD;
        if (row.fault.len > 0 && (row.state != SYM_WITNESS_GOOD || days < RESTORE_WARNING_DAYS)) {
            warn(w, "%s%s %.*s", alarm ? "ALARM: " : "", peer->alias, (int)row.fault.len,
                 (const char *)row.fault.data);
        }
        if (sym_witness_owes_restore(core->witness, &peer->id)) {
            warn(w,
                 "%s holds the evidence log of this node from before its restore; if it denies "
                 "exchanges, its operator has to run there: \"symbolon log accept ALIAS\"",
                 peer->alias);
        }
    }
}

void sym_warnings_collect(struct sym_warnings *w, const struct sym_core *core)
{
    int64_t now_s = (int64_t)(sym_wall_ms() / 1000);
    w->n = 0;
    look_at_logs(w, core, now_s);
    look_at_disk(w, core);
    look_at_erasing(w, core);
    look_at_clock(w, core, now_s);
    look_at_card(w, core, now_s);
    look_at_sandbox(w, core);
    look_at_restore(w, core, now_s);
    look_at_requests(w, core);
    look_at_patterns(w, core);
    for (size_t i = 0; i < core->peers.n; i++) {
        if (sym_peer_is_expired(core->peers.items[i], now_s)) {
            warn(w, "the card of %s has expired; ask for a new one", core->peers.items[i]->alias);
        }
    }
}
