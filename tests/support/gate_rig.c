#include "tests/support/gate_rig.h"

#include "node/gate/gate.h"
#include "node/leash.h"
#include "node/loop.h"
#include "tests/support/tls_peer.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define GATE_LEASH 3

static bool wrapped;

void gate_rig_wrap(bool on)
{
    wrapped = on;
}

void gate_rig_become(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "--gate") != 0) {
        (void)signal(SIGPIPE, SIG_IGN);
        return;
    }
    (void)prctl(PR_SET_NAME, "symbolond-gate", 0, 0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    const struct sym_gate_start start = {.leash = GATE_LEASH, .run_dir = argv[2]};
    exit(sym_gate_main(&start));
}

/* This program again, behind the words of wrap, such as valgrind's, if there are any. */
static void become_gate(const char *dir, const char *wrap)
{
    char self[PATH_MAX] = "";
    char command[4 * PATH_MAX];

    (void)!readlink("/proc/self/exe", self, sizeof self - 1);
    if (wrap == NULL) {
        (void)execl(self, "gate", "--gate", dir, (char *)NULL);
    }
    (void)snprintf(command, sizeof command, "exec %s '%s' --gate '%s'", wrap, self, dir);
    (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
}

static pid_t spawn(int leash, const char *dir, const char *wrap)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        /* Its log would bury what the test has to say. */
        const char *log = getenv("GATE_RIG_LOG");
        int out = open(log == NULL ? "/dev/null" : log, O_WRONLY | O_APPEND | O_CREAT, 0600);
        (void)dup2(leash, GATE_LEASH);
        if (getenv("GATE_RIG_STDERR") == NULL) {
            (void)dup2(out, STDERR_FILENO);
        }
        (void)close_range(GATE_LEASH + 1, ~0u, 0);
        become_gate(dir, wrap);
        _exit(127);
    }
    return pid;
}

bool rig_ready(int fd, int wait_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, wait_ms) == 1;
}

static void bind_control(struct gate_rig *rig)
{
    char url[80];
    (void)snprintf(url, sizeof url, "ipc://%s/gate", rig->dir);
    assert_int_equal(sym_bus_open(&rig->control, SYM_BUS_PAIR, SYM_LOCAL_BYTES_MAX), SYM_OK);
    assert_int_equal(sym_bus_bind(&rig->control, url), SYM_OK);
}

void gate_rig_spawn(struct gate_rig *rig, uint8_t name)
{
    int ends[2];

    memset(rig, 0, sizeof *rig);
    rig->control = (struct sym_bus)SYM_BUS_CLOSED;
    memset(rig->id, name, sizeof rig->id);
    memset(rig->seed, name, sizeof rig->seed);
    tls_peer_pin(rig->pin, rig->seed);
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(rig->dir, sizeof rig->dir, "%s/gate-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    assert_non_null(mkdtemp(rig->dir));
    assert_int_equal(sym_leash_new(ends), SYM_OK);
    rig->leash = ends[0];
    rig->pid = spawn(ends[1], rig->dir, wrapped ? getenv("SYMBOLON_WRAP") : NULL);
    assert_int_equal(close(ends[1]), 0);
}

void gate_rig_start_unconfigured(struct gate_rig *rig, uint8_t name)
{
    uint8_t packet[64];
    static const char address[] = "127.0.0.1:0";

    gate_rig_spawn(rig, name);
    memcpy(packet, rig->seed, 32);
    memcpy(packet + 32, address, sizeof address - 1);
    assert_int_equal(
        sym_leash_send(rig->leash, SYM_LEASH_GATE_START, sym_span(packet, 32 + sizeof address - 1)),
        SYM_OK);
    bind_control(rig);
    assert_true(rig_ready(sym_bus_send_fd(&rig->control), RIG_WAIT_MS));
}

void gate_rig_configure(struct gate_rig *rig, uint32_t idle_ms)
{
    struct rig_event event;
    const struct sym_gate_configure configure = {.self = sym_span(rig->id, 32),
                                                 .idle_ms = idle_ms == 0 ? SYM_IDLE_MS : idle_ms,
                                                 .link_url = sym_span_text("ipc://link-")};
    gate_rig_send(rig, SYM_LOCAL_CONFIGURE, &configure);
    gate_rig_expect(rig, &event, SYM_LOCAL_LISTENING);
    char text[SYM_ADDRESS_BYTES] = "";
    unsigned port = 0;
    memcpy(text, event.as.listening.address.data, event.as.listening.address.len);
    assert_int_equal(sscanf(text, "127.0.0.1:%5u", &port), 1);
    rig->port = (uint16_t)port;
    if (event.as.listening.process != NULL) {
        rig->sandbox = *event.as.listening.process;
    }
    rig_event_clear(&event);
}

void gate_rig_start(struct gate_rig *rig, uint8_t name, uint32_t idle_ms)
{
    gate_rig_start_unconfigured(rig, name);
    gate_rig_configure(rig, idle_ms);
}

int gate_rig_wait(struct gate_rig *rig)
{
    int status = 0;
    pid_t ended = 0;
    for (int i = 0; i < RIG_WAIT_MS / 10 && ended == 0; i++) {
        ended = waitpid(rig->pid, &status, WNOHANG);
        if (ended == 0) {
            (void)usleep(10000);
        }
    }
    if (ended == 0) {
        (void)kill(rig->pid, SIGKILL);
        (void)waitpid(rig->pid, &status, 0);
    }
    if (rig->leash >= 0) {
        (void)close(rig->leash);
    }
    sym_bus_close(&rig->control);
    (void)rmdir(rig->dir);
    return ended != 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int gate_rig_stop(struct gate_rig *rig)
{
    (void)!sym_leash_send(rig->leash, SYM_LEASH_STOP, sym_span(NULL, 0));
    return gate_rig_wait(rig);
}

void gate_rig_send(struct gate_rig *rig, enum sym_local_type type, const void *order)
{
    uint8_t bytes[SYM_LOCAL_BYTES_MAX];
    size_t len = 0;
    assert_int_equal(sym_local_encode(bytes, sizeof bytes, &len, type, order), SYM_OK);
    uint8_t *buffer = sym_bus_buffer(len);
    memcpy(buffer, bytes, len);
    assert_true(rig_ready(sym_bus_send_fd(&rig->control), RIG_WAIT_MS));
    assert_int_equal(sym_bus_send(&rig->control, buffer), SYM_OK);
}

void gate_rig_pin(struct gate_rig *rig, uint8_t name, const uint8_t pin[32])
{
    uint8_t id[32];
    memset(id, name, sizeof id);
    const struct sym_span pins[] = {sym_span(pin, 32)};
    const struct sym_pinned_peer peer = {.id = sym_span(id, 32), .pins = pins, .n_pins = 1};
    gate_rig_send(rig, SYM_LOCAL_PIN, &(struct sym_gate_pin){.peer = &peer});
}

void gate_rig_unpin(struct gate_rig *rig, uint8_t name)
{
    uint8_t id[32];
    memset(id, name, sizeof id);
    gate_rig_send(rig, SYM_LOCAL_UNPIN, &(struct sym_gate_unpin){.id = sym_span(id, 32)});
}

void gate_rig_dial(struct gate_rig *rig, uint8_t name, uint16_t port)
{
    uint8_t id[32];
    char address[SYM_ADDRESS_BYTES];
    memset(id, name, sizeof id);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", port);
    const struct sym_span addresses[] = {sym_span_text(address)};
    gate_rig_send(
        rig, SYM_LOCAL_DIAL,
        &(struct sym_gate_dial){.id = sym_span(id, 32), .addresses = addresses, .n_addresses = 1});
}

void gate_rig_settle(struct gate_rig *rig)
{
    struct rig_event event;
    gate_rig_dial(rig, 0xff, 1);
    gate_rig_expect(rig, &event, SYM_LOCAL_DIAL_FAILED);
    assert_int_equal(event.as.failed.result, SYM_NOT_FOUND);
    rig_event_clear(&event);
}

void gate_rig_hang_up(struct gate_rig *rig, uint64_t link)
{
    gate_rig_send(rig, SYM_LOCAL_HANG_UP, &(struct sym_gate_hang_up){.link = link});
}

static void decode(struct rig_event *out, struct sym_span message)
{
    struct sym_span rest;
    memset(out, 0, sizeof *out);
    assert_int_equal(sym_local_type(&out->type, &rest, message), SYM_OK);
    assert_true(out->type == SYM_LOCAL_LISTENING || out->type == SYM_LOCAL_LINK_UP ||
                out->type == SYM_LOCAL_LINK_DOWN || out->type == SYM_LOCAL_DIAL_FAILED ||
                out->type == SYM_LOCAL_COUNTERS);
    assert_int_equal(sym_decode(&out->arena, &out->as, sym_local_message(out->type), rest), SYM_OK);
}

bool gate_rig_next(struct gate_rig *rig, struct rig_event *out, int wait_ms)
{
    uint64_t until_ms = sym_now_ms() + (uint64_t)wait_ms;
    for (uint64_t now_ms = sym_now_ms(); now_ms <= until_ms; now_ms = sym_now_ms()) {
        uint8_t *message = NULL;
        size_t len = 0;
        if (!rig_ready(sym_bus_receive_fd(&rig->control), (int)(until_ms - now_ms)) ||
            sym_bus_receive(&rig->control, &message, &len) != SYM_OK) {
            continue;
        }
        decode(out, sym_span(message, len));
        sym_bus_release(message);
        if (out->type != SYM_LOCAL_COUNTERS) {
            return true;
        }
        rig->counters = out->as.counters;
        rig_event_clear(out);
    }
    return false;
}

void rig_event_clear(struct rig_event *event)
{
    sym_arena_clear(&event->arena);
}

void gate_rig_expect(struct gate_rig *rig, struct rig_event *out, enum sym_local_type type)
{
    if (!gate_rig_next(rig, out, RIG_WAIT_MS)) {
        fail_msg("no message of type %d came", (int)type);
    }
    if (out->type != type) {
        struct sym_span text = out->type == SYM_LOCAL_LINK_DOWN     ? out->as.down.fault
                               : out->type == SYM_LOCAL_DIAL_FAILED ? out->as.failed.fault
                                                                    : sym_span_text("");
        fail_msg("message %d instead of %d: %.*s", (int)out->type, (int)type, (int)text.len,
                 (const char *)text.data);
    }
}

uint64_t gate_rig_link(struct gate_rig *rig, struct sym_bus *pair)
{
    struct rig_event event;
    char url[100];
    gate_rig_expect(rig, &event, SYM_LOCAL_LINK_UP);
    uint64_t link = event.as.up.link;
    rig_event_clear(&event);
    (void)snprintf(url, sizeof url, "ipc://%s/link-%llu", rig->dir, (unsigned long long)link);
    assert_int_equal(sym_bus_open(pair, SYM_BUS_PAIR, SYM_FRAME_BYTES_MAX), SYM_OK);
    assert_int_equal(sym_bus_bind(pair, url), SYM_OK);
    gate_rig_send(rig, SYM_LOCAL_ACCEPT, &(struct sym_gate_accept){.link = link});
    return link;
}

uint64_t gate_rig_down(struct gate_rig *rig, uint64_t link, enum sym_err result)
{
    struct rig_event event;
    gate_rig_expect(rig, &event, SYM_LOCAL_LINK_DOWN);
    assert_int_equal(event.as.down.link, link);
    if (event.as.down.result != (uint32_t)result) {
        fail_msg("%s instead of %s: %.*s", sym_err_name((enum sym_err)event.as.down.result),
                 sym_err_name(result), (int)event.as.down.fault.len,
                 (const char *)event.as.down.fault.data);
    }
    uint64_t frames = event.as.down.frames;
    rig_event_clear(&event);
    return frames;
}

size_t rig_long_frame(void)
{
    return getenv("SYMBOLON_WRAP") == NULL ? SYM_FRAME_BYTES_MAX : SYM_FRAME_BYTES_MAX / 64;
}

void rig_frame_send(struct sym_bus *pair, size_t len, uint8_t fill)
{
    uint8_t *buffer = sym_bus_buffer(len);
    assert_non_null(buffer);
    memset(buffer, fill, len);
    assert_true(rig_ready(sym_bus_send_fd(pair), RIG_WAIT_MS));
    assert_int_equal(sym_bus_send(pair, buffer), SYM_OK);
}

void rig_frame_expect(struct sym_bus *pair, size_t len, uint8_t fill)
{
    uint8_t *buffer = NULL;
    size_t got = 0;
    assert_true(rig_ready(sym_bus_receive_fd(pair), RIG_WAIT_MS));
    assert_int_equal(sym_bus_receive(pair, &buffer, &got), SYM_OK);
    assert_int_equal(got, len);
    for (size_t i = 0; i < len; i++) {
        if (buffer[i] != fill) {
            fail_msg("byte %zu is %u instead of %u", i, buffer[i], fill);
        }
    }
    sym_bus_release(buffer);
}

long rig_memory_kib(pid_t pid)
{
    char path[64];
    char line[256];
    long kib = -1;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *status = fopen(path, "r");
    assert_non_null(status);
    while (kib < 0 && fgets(line, sizeof line, status) != NULL) {
        (void)sscanf(line, "VmRSS: %ld kB", &kib);
    }
    (void)fclose(status);
    return kib;
}

unsigned long rig_cpu_ticks(pid_t pid)
{
    char path[64];
    char line[1024];
    unsigned long user = 0;
    unsigned long system = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *stat = fopen(path, "r");
    assert_non_null(stat);
    assert_non_null(fgets(line, sizeof line, stat));
    (void)fclose(stat);
    const char *rest = strrchr(line, ')');
    assert_non_null(rest);
    assert_int_equal(
        sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system), 2);
    return user + system;
}

/* How much of what this end has sent the other one, on this machine as well, has not read. */
static unsigned long unread_bytes(int fd)
{
    struct sockaddr_in self;
    socklen_t len = sizeof self;
    char line[256];
    unsigned long unread = ULONG_MAX;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&self, &len), 0);
    FILE *table = fopen("/proc/net/tcp", "r");
    assert_non_null(table);
    while (fgets(line, sizeof line, table) != NULL) {
        unsigned port = 0;
        unsigned long bytes = 0;
        if (sscanf(line, " %*d: %*x:%*x %*x:%x %*x %*x:%lx", &port, &bytes) == 2 &&
            port == ntohs(self.sin_port)) {
            unread = bytes;
        }
    }
    (void)fclose(table);
    return unread;
}

void rig_await_read(int fd)
{
    for (int i = 0; i < RIG_WAIT_MS / 10 && unread_bytes(fd) > 0; i++) {
        (void)usleep(10000);
    }
    assert_int_equal(unread_bytes(fd), 0);
}
