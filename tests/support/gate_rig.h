/* gate_rig.h - a real gate process under test, with this process in the roles of supervisor and
 * core. The test program must call gate_rig_become first thing in main: the rig runs it again to
 * become the gate, because nanomsg does not survive a fork. Every failure fails the running test.
 */
#ifndef SYM_TESTS_SUPPORT_GATE_RIG_H
#define SYM_TESTS_SUPPORT_GATE_RIG_H

#include "proto/bus.h"
#include "proto/codec.h"
#include "proto/local.h"

#include <stddef.h>
#include <sys/types.h>

/* Sanitizers and valgrind, the builds with an open sandbox, take time and memory of their own. */
#ifdef SYM_SANDBOX_OPEN
#define RIG_MEASURES false
#else
#define RIG_MEASURES true
#endif
#define RIG_WAIT_MS (RIG_MEASURES ? 8000 : 60000)

struct gate_rig {
    pid_t pid;
    int leash;
    char dir[64];
    struct sym_bus control;
    uint8_t seed[32];
    uint8_t pin[32]; /* of the gate's key */
    uint8_t id[32];
    uint16_t port;
    struct sym_process_row sandbox;    /* texts do not outlive the message */
    struct sym_gate_counters counters; /* the last ones heard */
};

/* One message from the gate; free with rig_event_clear. */
struct rig_event {
    enum sym_local_type type;
    struct sym_arena arena;
    union {
        struct sym_gate_listening listening;
        struct sym_gate_link_up up;
        struct sym_gate_link_down down;
        struct sym_gate_dial_failed failed;
        struct sym_gate_counters counters;
    } as;
};

/* Returns only in the test itself; otherwise this process is a gate, and exits as one. */
void gate_rig_become(int argc, char **argv);

/* From now on gates run behind the words of SYMBOLON_WRAP, where it is set. Two gates behind
 * valgrind may not finish a handshake in the time there is. */
void gate_rig_wrap(bool on);
/* Starts and configures a gate whose key, and whose node id, are filled with this byte.
 * idle_ms 0: the default. */
void gate_rig_start(struct gate_rig *rig, uint8_t name, uint32_t idle_ms);
/* The same in steps: the process only; its start on a free port; its configuration. */
void gate_rig_spawn(struct gate_rig *rig, uint8_t name);
void gate_rig_start_unconfigured(struct gate_rig *rig, uint8_t name);
void gate_rig_configure(struct gate_rig *rig, uint32_t idle_ms);
/* Tells it to stop, and returns its exit code. */
int gate_rig_stop(struct gate_rig *rig);
/* Waits for its end, and returns its exit code; -1 when it does not come. */
int gate_rig_wait(struct gate_rig *rig);

void gate_rig_send(struct gate_rig *rig, enum sym_local_type type, const void *order);
/* The peer whose id is filled with name has this pin. */
void gate_rig_pin(struct gate_rig *rig, uint8_t name, const uint8_t pin[32]);
void gate_rig_unpin(struct gate_rig *rig, uint8_t name);
void gate_rig_dial(struct gate_rig *rig, uint8_t name, uint16_t port);
/* Returns when the gate has carried out all orders so far: it has answered one that must fail. */
void gate_rig_settle(struct gate_rig *rig);
void gate_rig_hang_up(struct gate_rig *rig, uint64_t link);

/* The next message; counters are noted and skipped. false when none comes in time. */
bool gate_rig_next(struct gate_rig *rig, struct rig_event *out, int wait_ms);
void rig_event_clear(struct rig_event *event);
/* The next message must be of this type. */
void gate_rig_expect(struct gate_rig *rig, struct rig_event *out, enum sym_local_type type);
/* Expects LINK_UP, binds its pair and accepts it; the number of the link. */
uint64_t gate_rig_link(struct gate_rig *rig, struct sym_bus *pair);
/* Expects LINK_DOWN of this link, with this result; how many frames gate has given core. */
uint64_t gate_rig_down(struct gate_rig *rig, uint64_t link, enum sym_err result);

/* A frame that is long, but takes no longer than a second where everything is slow. */
size_t rig_long_frame(void);
/* One frame on a pair, filled with a byte. */
void rig_frame_send(struct sym_bus *pair, size_t len, uint8_t fill);
void rig_frame_expect(struct sym_bus *pair, size_t len, uint8_t fill);
/* The resident memory of a process, KiB. */
long rig_memory_kib(pid_t pid);
/* The processor time it has used, in clock ticks. */
unsigned long rig_cpu_ticks(pid_t pid);
bool rig_ready(int fd, int wait_ms);
/* Until the other end, on this machine as well, has read what was sent. */
void rig_await_read(int fd);

#endif
