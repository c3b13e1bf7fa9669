#include "node/supervisor/supervisor.h"

#include "node/core/core.h"
#include "node/gate/gate.h"
#include "node/leash.h"
#include "node/log.h"
#include "node/supervisor/child.h"
#include "node/supervisor/keyring.h"
#include "node/supervisor/notify.h"
#include "node/supervisor/resolve.h"
#include "node/supervisor/rundir.h"
#include "proto/limits.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* A child that talks without end must not keep the signals waiting. */
#define PACKETS_PER_TURN 32
/* How often it is looked whether commands still reach core. */
#define LOOK_MS 5000u

struct supervisor;

struct side {
    struct supervisor *owner;
    struct sym_child child;
    struct sym_watch *watch;
    bool explained; /* it has said why it ends */
};

struct supervisor {
    struct sym_directory dir;
    struct sym_rundir run;
    const char *listen; /* in place of what core says; or NULL */
    struct sym_loop *loop;
    struct sym_watch *signals;
    int signal_fd;
    struct sym_timer *patience;
    struct sym_timer *look; /* once it serves */
    struct sym_resolver *resolver;
    struct side core;
    struct side gate;
    struct sym_secret tls_seed; /* until gate has it */
    bool unlocked;              /* core has its keys */
    bool gate_started;
    bool serving;
    bool stopping;
    struct sym_fault fault; /* the first reason to end, if any */
};

/* Stopping ------------------------------------------------------------------------------------- */

static void tell(struct side *side, enum sym_leash_type type, struct sym_span payload)
{
    enum sym_err err =
        side->child.leash < 0 ? SYM_CLOSED : sym_leash_send(side->child.leash, type, payload);
    if (err != SYM_OK && err != SYM_CLOSED) {
        sym_log(SYM_LEVEL_WARN, "leash-not-taken", "child", side->child.name, "reason",
                sym_err_text(err), NULL);
    }
}

/* Core first: what it still has to say to peers goes through gate. */
static void tell_next_to_stop(struct supervisor *s)
{
    tell(s->core.child.pid > 0 ? &s->core : &s->gate, SYM_LEASH_STOP, sym_span(NULL, 0));
}

static void out_of_patience(void *owner)
{
    struct supervisor *s = owner;
    sym_log(SYM_LEVEL_ERROR, "killing", "reason", "did not stop in time", NULL);
    sym_child_kill(&s->core.child);
    sym_child_kill(&s->gate.child);
}

static void begin_stop(struct supervisor *s)
{
    if (s->stopping) {
        return;
    }
    s->stopping = true;
    sym_notify("STOPPING=1\nSTATUS=Stopping");
    tell_next_to_stop(s);
    if (sym_loop_timer(s->loop, &s->patience, SYM_STOP_MS, out_of_patience, s) != SYM_OK) {
        out_of_patience(s);
    }
}

static bool has_reason(const struct supervisor *s)
{
    return s->stopping || s->fault.err != SYM_OK;
}

/* Ends the node for a reason; the first one counts, and is told when all has ended. */
static void give_up(struct supervisor *s, enum sym_err err, const char *text)
{
    if (!has_reason(s)) {
        (void)sym_fail(&s->fault, err, "%s", text);
    }
}

/* What the children say ------------------------------------------------------------------------ */

static void break_off(struct side *side)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%s: said something out of turn", side->child.name);
    give_up(side->owner, SYM_BAD_FORMAT, text);
    begin_stop(side->owner);
}

static void on_fault(struct side *side, struct sym_span text)
{
    char line[SYM_FAULT_BYTES];
    size_t len = text.len < sizeof line ? text.len : sizeof line - 1;
    for (size_t i = 0; i < len; i++) {
        /* A captured gate must not write to somebody's terminal. */
        line[i] = text.data[i] < ' ' || text.data[i] == 0x7f ? '?' : (char)text.data[i];
    }
    line[len] = '\0';
    if (has_reason(side->owner)) {
        sym_log(SYM_LEVEL_ERROR, "process-failed", "child", side->child.name, "reason", line, NULL);
    } else {
        side->explained = true;
        give_up(side->owner, SYM_CLOSED, len == 0 ? sym_err_text(SYM_CLOSED) : line);
    }
    begin_stop(side->owner);
}

/* No spaces and nothing but ASCII: it stands in a line of key=value. */
static bool is_address(struct sym_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~') {
            return false;
        }
    }
    return text.len > 0 && text.len < SYM_ADDRESS_BYTES;
}

static void on_listen(struct supervisor *s, struct sym_span set)
{
    struct sym_span address = s->listen != NULL ? sym_span_text(s->listen) : set;
    uint8_t packet[SYM_SEED_BYTES + SYM_ADDRESS_BYTES];
    struct sym_writer w = sym_writer(packet, sizeof packet);
    struct sym_span whole;

    if (s->tls_seed.len == 0 || !is_address(address)) {
        break_off(&s->core);
        return;
    }
    sym_write_span(&w, sym_secret_span(&s->tls_seed));
    sym_write_span(&w, address);
    if (sym_write_end(&w, &whole) == SYM_OK) {
        tell(&s->gate, SYM_LEASH_GATE_START, whole);
    }
    s->gate_started = true;
    sym_wipe(packet, sizeof packet);
    sym_secret_clear(&s->tls_seed);
}

/* Without its directory of sockets a node would answer no command any more, and take no new link,
 * and look as if it ran. */
static void look(void *owner)
{
    struct supervisor *s = owner;
    char text[SYM_FAULT_BYTES];
    if (s->stopping) {
        return;
    }
    if (sym_rundir_is_there(&s->run, "control")) {
        sym_timer_set(s->look, LOOK_MS);
        return;
    }
    (void)snprintf(text, sizeof text,
                   "%s: the sockets of this node were removed there, as by a program that cleans "
                   "up: the node was stopped: start it again with RUNTIME_DIRECTORY set to a "
                   "directory that stays",
                   s->run.path);
    give_up(s, SYM_CLOSED, text);
    begin_stop(s);
}

static void on_ready(struct supervisor *s, struct sym_span address)
{
    char text[SYM_ADDRESS_BYTES];
    char status[SYM_ADDRESS_BYTES + 32];

    if (!s->gate_started || s->serving || !is_address(address)) {
        break_off(&s->core);
        return;
    }
    memcpy(text, address.data, address.len);
    text[address.len] = '\0';
    s->serving = true;
    if (sym_loop_timer(s->loop, &s->look, LOOK_MS, look, s) != SYM_OK) {
        give_up(s, SYM_NO_MEMORY, "supervisor: no memory");
        begin_stop(s);
        return;
    }
    (void)printf("ready listening=%s dir=%s\n", text, s->dir.path);
    (void)fflush(stdout);
    (void)snprintf(status, sizeof status, "READY=1\nSTATUS=Serving at %s", text);
    sym_notify(status);
    sym_log(SYM_LEVEL_INFO, "ready", "listening", text, "dir", s->dir.path, NULL);
}

static void on_resolve(struct supervisor *s, struct sym_span payload)
{
    struct sym_reader r = sym_reader(payload);
    uint32_t number = sym_read_u32(&r);
    struct sym_span endpoint = sym_read_span(&r, r.left);
    if (sym_read_end(&r) != SYM_OK) {
        break_off(&s->core);
        return;
    }
    sym_resolver_ask(s->resolver, number, endpoint);
}

static void on_resolved(void *owner, uint32_t number, enum sym_err err, struct sym_span addresses)
{
    struct supervisor *s = owner;
    uint8_t packet[SYM_LEASH_BYTES_MAX];
    struct sym_writer w = sym_writer(packet, sizeof packet);
    struct sym_span whole;

    sym_write_u32(&w, number);
    sym_write_u8(&w, (uint8_t)err);
    sym_write_span(&w, addresses);
    if (sym_write_end(&w, &whole) == SYM_OK && !s->stopping) {
        tell(&s->core, SYM_LEASH_RESOLVED, whole);
    }
}

/* Gate, which meets the network, may only say why it ends. */
static void on_packet(struct side *side, enum sym_leash_type type, struct sym_span payload)
{
    struct supervisor *s = side->owner;
    bool from_core = side == &s->core;

    if (type == SYM_LEASH_FAULT) {
        on_fault(side, payload);
    } else if (s->stopping) {
        return;
    } else if (from_core && type == SYM_LEASH_LISTEN) {
        on_listen(s, payload);
    } else if (from_core && type == SYM_LEASH_READY) {
        on_ready(s, payload);
    } else if (from_core && type == SYM_LEASH_RESOLVE) {
        on_resolve(s, payload);
    } else {
        break_off(side);
    }
}

static void on_leash(void *owner, short ready)
{
    struct side *side = owner;
    uint8_t packet[SYM_LEASH_BYTES_MAX];
    enum sym_leash_type type;
    size_t len = 0;
    enum sym_err err = SYM_OK;

    (void)ready;
    for (size_t i = 0; i < PACKETS_PER_TURN && err == SYM_OK && side->child.leash >= 0; i++) {
        err = sym_leash_receive(side->child.leash, &type, packet, sizeof packet, &len);
        if (err == SYM_OK) {
            on_packet(side, type, sym_span(packet, len));
        }
    }
    if (err == SYM_CLOSED) {
        /* It is ending. One that is not must not run without a leash. */
        sym_watch_remove(&side->watch);
        sym_child_kill(&side->child);
    } else if (err != SYM_AGAIN && err != SYM_OK) {
        break_off(side);
    }
}

/* Signals -------------------------------------------------------------------------------------- */

static const char *remedy_of(const char *how)
{
    return strcmp(how, "signal KILL") == 0
               ? "most often the machine had run out of memory: dmesg tells"
               : "if it does so again, report it with the log before this line";
}

/* The store is the only file that core maps: SIGBUS means that a page of it is not there. */
static void explain(char text[SYM_FAULT_BYTES], const struct side *side, const char *how)
{
    if (side == &side->owner->core && strcmp(how, "signal BUS") == 0) {
        (void)snprintf(text, SYM_FAULT_BYTES,
                       "%.200s/store: is damaged, or its disk fails (core: %s): restore a backup",
                       side->owner->dir.disk.shown, how);
    } else {
        (void)snprintf(text, SYM_FAULT_BYTES,
                       "%s: ended unexpectedly (%s): the node was stopped: start it again; %s",
                       side->child.name, how, remedy_of(how));
    }
}

/* Not of those that never began: that the keys do not open is all there is to tell then. */
static void log_end(const struct side *side, const char *how, bool cleanly)
{
    bool expected = (side->owner->stopping && cleanly) || side->explained;
    if (!expected || side->owner->unlocked) {
        sym_log(expected ? SYM_LEVEL_INFO : SYM_LEVEL_ERROR, "process-ended", "child",
                side->child.name, "how", how, NULL);
    }
}

static void on_end(struct side *side, const char *how, bool cleanly)
{
    struct supervisor *s = side->owner;
    char text[SYM_FAULT_BYTES];

    sym_watch_remove(&side->watch);
    log_end(side, how, cleanly);
    explain(text, side, how);
    give_up(s, SYM_CLOSED, text);
    if (s->core.child.pid == 0 && s->gate.child.pid == 0) {
        sym_loop_stop(s->loop);
    } else if (s->stopping) {
        tell_next_to_stop(s);
    } else {
        begin_stop(s);
    }
}

static void reap(struct supervisor *s)
{
    struct side *sides[] = {&s->core, &s->gate};
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        char how[SYM_CHILD_END_BYTES];
        bool cleanly = false;
        /* Its last words are still in the leash. */
        on_leash(sides[i], POLLIN);
        if (sym_child_reap(&sides[i]->child, how, &cleanly)) {
            on_end(sides[i], how, cleanly);
        }
    }
}

static void on_signal(void *owner, short ready)
{
    struct supervisor *s = owner;
    struct signalfd_siginfo info;

    (void)ready;
    if (read(s->signal_fd, &info, sizeof info) != (ssize_t)sizeof info) {
        return;
    }
    if (info.ssi_signo == SIGCHLD) {
        reap(s);
    } else if (!s->stopping) {
        sym_log(SYM_LEVEL_INFO, "stopping", "signal", sigabbrev_np((int)info.ssi_signo), NULL);
        begin_stop(s);
    }
}

/* Starting ------------------------------------------------------------------------------------- */

static int run_core(int leash, const void *context)
{
    const struct supervisor *s = context;
    struct sym_core_start start = {.leash = leash, .dir = s->dir.path, .run_dir = s->run.path};
    return sym_core_main(&start);
}

static int run_gate(int leash, const void *context)
{
    const struct supervisor *s = context;
    struct sym_gate_start start = {.leash = leash, .run_dir = s->run.path};
    return sym_gate_main(&start);
}

/* Only core inherits the lock: gate keeps nothing of the directory. */
static enum sym_err start_children(struct supervisor *s, struct sym_fault *fault)
{
    enum sym_err err = sym_child_start(&s->core.child, "core", s->dir.lock, run_core, s, fault);
    if (err == SYM_OK) {
        err = sym_child_start(&s->gate.child, "gate", -1, run_gate, s, fault);
    }
    return err;
}

static enum sym_err watch(struct supervisor *s, struct sym_fault *fault)
{
    enum sym_err err = sym_loop_new(&s->loop);
    if (err == SYM_OK) {
        err = sym_loop_watch(s->loop, &s->signals, s->signal_fd, POLLIN, on_signal, s);
    }
    if (err == SYM_OK) {
        err = sym_loop_watch(s->loop, &s->core.watch, s->core.child.leash, POLLIN, on_leash,
                             &s->core);
    }
    if (err == SYM_OK) {
        err = sym_loop_watch(s->loop, &s->gate.watch, s->gate.child.leash, POLLIN, on_leash,
                             &s->gate);
    }
    if (err == SYM_OK) {
        err = sym_resolver_new(&s->resolver, s->loop, SYM_LOOKUP_MS, on_resolved, s);
    }
    return err == SYM_OK ? err : sym_fail(fault, err, "supervisor: its loop %s", sym_err_text(err));
}

static enum sym_err give_core_keys(struct supervisor *s, const struct sym_node_keys *keys)
{
    uint8_t packet[SYM_LEASH_KEYS_BYTES];
    enum sym_err err = sym_leash_keys_write(packet, keys);
    if (err == SYM_OK) {
        tell(&s->core, SYM_LEASH_CORE_KEYS, sym_span(packet, sizeof packet));
    }
    sym_wipe(packet, sizeof packet);
    return err;
}

/* Only the TLS seed stays, and not for long. */
static enum sym_err hand_out_keys(struct supervisor *s, const struct sym_secret_source *from,
                                  struct sym_fault *fault)
{
    struct sym_keyring k = {.secret = {0}};
    enum sym_err err = sym_keyring_open(&k, &s->dir, from, fault);
    if (err != SYM_OK) {
        return err;
    }
    err = sym_secret_copy(&s->tls_seed, sym_secret_span(&k.keys.tls[0].seed));
    if (err == SYM_OK) {
        err = give_core_keys(s, &k.keys);
    }
    if (err != SYM_OK) {
        (void)sym_fail(fault, err, "%s/" SYM_FILE_KEYS ": one key %s", s->dir.disk.shown,
                       sym_err_text(err));
    }
    sym_keyring_clear(&k);
    return err;
}

/* Until both children have ended. */
static void serve(struct supervisor *s, const struct sym_secret_source *from)
{
    struct sym_fault why = {.text = ""};
    sym_notify("STATUS=Opening the keys");
    enum sym_err err = hand_out_keys(s, from, &why);
    s->unlocked = err == SYM_OK;
    if (err != SYM_OK) {
        reap(s); /* a child that ended meanwhile has the better reason */
        give_up(s, err, why.text);
        begin_stop(s);
    }
    err = sym_loop_run(s->loop);
    if (err != SYM_OK) {
        give_up(s, err, "supervisor: its loop failed");
        sym_child_kill(&s->core.child);
        sym_child_kill(&s->gate.child);
    }
}

static enum sym_err start(struct supervisor *s, const char *dir, struct sym_fault *fault)
{
    enum sym_err err = sym_directory_open(&s->dir, dir, fault);
    if (err == SYM_OK) {
        err = sym_rundir_new(&s->run, &s->dir, fault);
    }
    if (err == SYM_OK) {
        err = start_children(s, fault);
    }
    if (err == SYM_OK) {
        err = watch(s, fault);
    }
    return err;
}

static void clear(struct supervisor *s)
{
    sym_child_kill(&s->core.child);
    sym_child_kill(&s->gate.child);
    sym_secret_clear(&s->tls_seed);
    sym_resolver_free(s->resolver);
    sym_watch_remove(&s->core.watch);
    sym_watch_remove(&s->gate.watch);
    sym_watch_remove(&s->signals);
    sym_timer_remove(&s->patience);
    sym_timer_remove(&s->look);
    sym_loop_free(s->loop);
    sym_rundir_remove(&s->run, &s->dir);
    sym_directory_close(&s->dir);
}

enum sym_err sym_supervisor_run(const char *dir, const char *listen,
                                const struct sym_secret_source *from, struct sym_fault *fault)
{
    struct supervisor s = {.dir = SYM_DIRECTORY_CLOSED,
                           .listen = listen,
                           .signal_fd = from->cancel,
                           .core = {.owner = &s, .child = SYM_CHILD_NONE},
                           .gate = {.owner = &s, .child = SYM_CHILD_NONE}};
    enum sym_err err = start(&s, dir, fault);
    if (err == SYM_OK) {
        /* Not before the children are made: they need their /proc entries to map their user. */
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        serve(&s, from);
        err = s.fault.err;
        if (fault != NULL) {
            *fault = s.fault;
        }
    }
    clear(&s);
    return err;
}
