/* A gate from its start to its end, and core's orders.
 * runner: clock */
#include "node/gate/line_budget.h"
#include "node/leash.h"
#include "node/loop.h"
#include "tests/support/gate_rig.h"
#include "tests/support/tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define A    0x10
#define PEER 0x40

static struct sym_gate_configure configuration(const struct gate_rig *rig)
{
    return (struct sym_gate_configure){
        .self = sym_span(rig->id, 32), .idle_ms = 1000, .link_url = sym_span_text("ipc://link-")};
}

static void expect_no_event(struct gate_rig *rig, int wait_ms)
{
    struct rig_event event;
    if (gate_rig_next(rig, &event, wait_ms)) {
        fail_msg("unexpected message of type %d", (int)event.type);
    }
}

static void send_bytes(struct gate_rig *rig, const void *bytes, size_t len)
{
    uint8_t *buffer = sym_bus_buffer(len);
    memcpy(buffer, bytes, len);
    assert_true(rig_ready(sym_bus_send_fd(&rig->control), RIG_WAIT_MS));
    assert_int_equal(sym_bus_send(&rig->control, buffer), SYM_OK);
}

static void says_what_its_sandbox_holds(void **state)
{
    (void)state;
    struct gate_rig rig;
    gate_rig_start(&rig, A, 0);
    assert_int_equal(rig.sandbox.pid, rig.pid);
    assert_true(rig.sandbox.no_new_privs);
    assert_true(rig.sandbox.not_dumpable);
    assert_true(rig.sandbox.no_core);
    assert_true(rig.sandbox.no_capabilities);
    assert_false(rig.sandbox.own_network);
#ifndef SYM_SANDBOX_OPEN
    assert_true(rig.sandbox.seccomp);
#endif
    assert_int_equal(gate_rig_stop(&rig), 0);
}

static void takes_no_connection_before_it_is_configured(void **state)
{
    (void)state;
    struct gate_rig rig;
    static const struct tls_peer_ways honest = {0};
    static const uint8_t seed[32] = {1};
    struct tls_peer peer;
    tls_peer_init(&peer, seed, false, &honest);
    gate_rig_start_unconfigured(&rig, A);
    /* Everything but CONFIGURE is refused, too: this pin does not exist afterwards. */
    gate_rig_pin(&rig, PEER, peer.pin);
    gate_rig_dial(&rig, PEER, 1);
    gate_rig_hang_up(&rig, 1);
    expect_no_event(&rig, 100);
    gate_rig_configure(&rig, 0);
    SSL *ssl = tls_peer_connect(&peer, tls_peer_tcp(rig.port), NULL);
    assert_false(ssl != NULL && tls_peer_hello(ssl));
    tls_peer_close(ssl);
    tls_peer_clear(&peer);
    assert_int_equal(gate_rig_stop(&rig), 0);
}

static void is_configured_once(void **state)
{
    (void)state;
    struct gate_rig rig;
    gate_rig_start(&rig, A, 0);
    const struct sym_gate_configure again = configuration(&rig);
    gate_rig_send(&rig, SYM_LOCAL_CONFIGURE, &again);
    expect_no_event(&rig, 100);
    gate_rig_settle(&rig);
    assert_int_equal(gate_rig_stop(&rig), 0);
}

static void refuses_a_link_url_that_leaves_no_room_for_a_number(void **state)
{
    (void)state;
    struct gate_rig rig;
    char url[96 + 1];
    gate_rig_start_unconfigured(&rig, A);
    struct sym_gate_configure configure = configuration(&rig);
    (void)snprintf(url, sizeof url, "ipc://%090d", 0);
    configure.link_url = sym_span_text(url);
    gate_rig_send(&rig, SYM_LOCAL_CONFIGURE, &configure);
    expect_no_event(&rig, 100);
    gate_rig_configure(&rig, 0);
    assert_int_equal(gate_rig_stop(&rig), 0);
}

static void refuses_orders_that_do_not_decode_and_goes_on(void **state)
{
    (void)state;
    struct gate_rig rig;
    static const uint8_t garbage[] = {0xff, 1, 2, 3};
    static const uint8_t upwards[] = {SYM_LOCAL_LINK_DOWN, 8, 1};
    static const uint8_t cut[] = {SYM_LOCAL_PIN, 10, 34, 10, 32, 1};
    static const uint8_t trailing[] = {SYM_LOCAL_STOP, 8, 1};
    gate_rig_start(&rig, A, 0);
    send_bytes(&rig, garbage, sizeof garbage);
    send_bytes(&rig, garbage, 0);
    send_bytes(&rig, upwards, sizeof upwards);
    const struct sym_gate_counters counters = {.accepted = 1};
    gate_rig_send(&rig, SYM_LOCAL_COUNTERS, &counters);
    send_bytes(&rig, cut, sizeof cut);
    send_bytes(&rig, trailing, sizeof trailing);
    gate_rig_settle(&rig);
    assert_int_equal(gate_rig_stop(&rig), 0);
}

static void orders_about_links_that_do_not_exist_are_harmless(void **state)
{
    (void)state;
    struct gate_rig rig;
    gate_rig_start(&rig, A, 0);
    gate_rig_hang_up(&rig, 77);
    gate_rig_send(&rig, SYM_LOCAL_ACCEPT, &(struct sym_gate_accept){.link = 77});
    gate_rig_unpin(&rig, 77);
    gate_rig_settle(&rig);
    assert_int_equal(gate_rig_stop(&rig), 0);
}

static void ends_when_core_says_so(void **state)
{
    (void)state;
    struct gate_rig rig;
    gate_rig_start(&rig, A, 0);
    gate_rig_send(&rig, SYM_LOCAL_STOP, &(struct sym_gate_stop){0});
    assert_int_equal(gate_rig_wait(&rig), 0);
}

static void ends_when_core_is_gone(void **state)
{
    (void)state;
    struct gate_rig rig;
    gate_rig_start(&rig, A, 0);
    (void)usleep(1200000);
    sym_bus_close(&rig.control);
    assert_int_equal(gate_rig_wait(&rig), 0);
}

static void ends_when_its_leash_ends(void **state)
{
    (void)state;
    struct gate_rig rig;
    gate_rig_start(&rig, A, 0);
    (void)close(rig.leash);
    rig.leash = -1;
    assert_int_equal(gate_rig_wait(&rig), 0);
}

static void what_core_gave_before_the_stop_still_arrives(void **state)
{
    (void)state;
    struct gate_rig a;
    struct gate_rig b;
    struct sym_bus pa = SYM_BUS_CLOSED;
    struct sym_bus pb = SYM_BUS_CLOSED;
    gate_rig_start(&a, A, 0);
    gate_rig_start(&b, PEER, 0);
    gate_rig_pin(&a, PEER, b.pin);
    gate_rig_pin(&b, A, a.pin);
    gate_rig_settle(&b);
    gate_rig_dial(&a, PEER, b.port);
    (void)gate_rig_link(&a, &pa);
    uint64_t link = gate_rig_link(&b, &pb);
    rig_frame_send(&pa, rig_long_frame(), 1);
    rig_frame_send(&pa, rig_long_frame(), 2);
    gate_rig_send(&a, SYM_LOCAL_STOP, &(struct sym_gate_stop){0});
    rig_frame_expect(&pb, rig_long_frame(), 1);
    rig_frame_expect(&pb, rig_long_frame(), 2);
    gate_rig_down(&b, link, SYM_CLOSED);
    assert_int_equal(gate_rig_wait(&a), 0);
    assert_int_equal(gate_rig_stop(&b), 0);
    sym_bus_close(&pa);
    sym_bus_close(&pb);
}

/* Starts a gate with this start packet, which must fail: the line that the supervisor hears. */
static void expect_start_to_fail(const void *packet, size_t len, const char *text)
{
    struct gate_rig rig;
    uint8_t said[SYM_LEASH_BYTES_MAX] = {0};
    size_t said_len = 0;
    enum sym_leash_type type;
    gate_rig_spawn(&rig, A);
    assert_int_equal(sym_leash_send(rig.leash, SYM_LEASH_GATE_START, sym_span(packet, len)),
                     SYM_OK);
    assert_true(rig_ready(rig.leash, RIG_WAIT_MS));
    assert_int_equal(sym_leash_receive(rig.leash, &type, said, sizeof said - 1, &said_len), SYM_OK);
    assert_int_equal(type, SYM_LEASH_FAULT);
    if (strstr((const char *)said, text) == NULL) {
        fail_msg("said: %s", (const char *)said);
    }
    assert_int_equal(gate_rig_wait(&rig), 1);
}

static void expect_listen_to_fail(const char *address, const char *text)
{
    uint8_t packet[128] = {0};
    memcpy(packet + 32, address, strlen(address));
    expect_start_to_fail(packet, 32 + strlen(address), text);
}

static void says_why_it_cannot_listen(void **state)
{
    (void)state;
    struct gate_rig other;
    char address[64];
    gate_rig_start(&other, PEER, 0);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", other.port);
    expect_listen_to_fail(address, "in use by another program");
    expect_listen_to_fail(address, "stop that one, or start this node elsewhere: \"symbolond "
                                   "--listen ADDRESS:PORT\"; then \"symbolon settings set listen "
                                   "ADDRESS:PORT\" keeps it");
    expect_listen_to_fail("192.0.2.1:7701", "no address 192.0.2.1");
    expect_listen_to_fail("127.0.0.1:80", "above 1023");
    expect_listen_to_fail("localhost:7701", "no numeric address");
    assert_int_equal(gate_rig_stop(&other), 0);
}

static void refuses_a_start_that_is_cut_short(void **state)
{
    (void)state;
    static const uint8_t packet[31] = {0};
    expect_start_to_fail(packet, sizeof packet, "ends too early");
    expect_start_to_fail(packet, 0, "ends too early");
}

static void ends_quietly_when_it_is_told_to_before_it_starts(void **state)
{
    (void)state;
    struct gate_rig rig;
    gate_rig_spawn(&rig, A);
    assert_int_equal(gate_rig_stop(&rig), 0);
    gate_rig_spawn(&rig, A);
    (void)close(rig.leash);
    rig.leash = -1;
    assert_int_equal(gate_rig_wait(&rig), 0);
}

static size_t count_closed(const int *crowd, size_t n)
{
    size_t closed = 0;
    for (size_t i = 0; i < n; i++) {
        closed += rig_ready(crowd[i], 0) ? 1 : 0;
    }
    return closed;
}

static void survives_without_a_free_descriptor(void **state)
{
    (void)state;
    struct gate_rig rig;
    struct rlimit before;
    static const struct tls_peer_ways honest = {0};
    static const uint8_t seed[32] = {1};
    struct tls_peer peer;
    int crowd[60];
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit few = {.rlim_cur = 40, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    gate_rig_start(&rig, A, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    tls_peer_init(&peer, seed, false, &honest);
    gate_rig_pin(&rig, PEER, peer.pin);
    uint64_t start_ms = sym_now_ms();
    for (size_t i = 0; i < 60; i++) {
        crowd[i] = tls_peer_tcp(rig.port);
    }
    gate_rig_settle(&rig);
    /* Those it had no descriptor for were closed, not left waiting. */
    size_t closed = count_closed(crowd, 60);
    for (int i = 0; i < RIG_WAIT_MS / 20 && closed < 20; i++) {
        (void)usleep(20000);
        closed = count_closed(crowd, 60);
    }
    assert_true(closed >= 20);
    /* The others stay, as long as a handshake may take. */
    assert_true(closed < 60 || sym_now_ms() - start_ms >= SYM_HANDSHAKE_MS);
    for (size_t i = 0; i < 60; i++) {
        (void)close(crowd[i]);
    }
    /* Until it has noticed it has no descriptor for another. */
    SSL *ssl = NULL;
    for (int i = 0; i < RIG_WAIT_MS / 20 && ssl == NULL; i++) {
        (void)usleep(20000);
        ssl = tls_peer_connect(&peer, tls_peer_tcp(rig.port), NULL);
    }
    assert_non_null(ssl);
    assert_true(tls_peer_hello(ssl));
    tls_peer_close(ssl);
    tls_peer_clear(&peer);
    assert_int_equal(gate_rig_stop(&rig), 0);
}

/* Until the gate has told that so many came and so many were refused, which it does once a second.
 */
static void await_counters(struct gate_rig *rig, uint64_t accepted, uint64_t refused)
{
    const struct sym_gate_counters *c = &rig->counters;
    struct rig_event event;
    const uint64_t until_ms = sym_now_ms() + RIG_WAIT_MS;
    while ((c->accepted < accepted || c->refused < refused) && sym_now_ms() < until_ms) {
        assert_false(gate_rig_next(rig, &event, 20));
    }
    assert_int_equal(c->accepted, accepted);
    assert_true(c->refused >= refused);
}

static void counts_what_came_and_what_was_refused(void **state)
{
    (void)state;
    struct gate_rig rig;
    const uint64_t start_ms = sym_now_ms();
    gate_rig_start(&rig, A, 0);
    for (int i = 0; i < 3; i++) {
        (void)close(tls_peer_tcp(rig.port));
    }
    int waiting = tls_peer_tcp(rig.port);
    await_counters(&rig, 4, 3);
    assert_int_equal(rig.counters.refused + rig.counters.half_open, 4);
    assert_true(rig.counters.half_open == 1 || sym_now_ms() - start_ms >= SYM_HANDSHAKE_MS);
    assert_int_equal(rig.counters.links, 0);
    (void)close(waiting);
    assert_int_equal(gate_rig_stop(&rig), 0);
}

#define MORE " event=refused-more count="

static char log_path[80];

static void start_with_log(struct gate_rig *rig)
{
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(log_path, sizeof log_path, "%s/log-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    (void)close(mkstemp(log_path));
    assert_int_equal(setenv("GATE_RIG_LOG", log_path, 1), 0);
    gate_rig_start(rig, A, 0);
    assert_int_equal(unsetenv("GATE_RIG_LOG"), 0);
}

/* How many lines of the log hold this text. */
static int logged(const char *text)
{
    char line[2048];
    int n = 0;
    FILE *log = fopen(log_path, "r");
    assert_non_null(log);
    while (fgets(line, sizeof line, log) != NULL) {
        n += strstr(line, text) != NULL ? 1 : 0;
    }
    (void)fclose(log);
    return n;
}

static void a_flood_of_refusals_leaves_few_lines_in_the_log(void **state)
{
    (void)state;
    struct gate_rig rig;
    char line[2048];
    uint64_t refused = 0;
    uint64_t summed_up = 0;
    start_with_log(&rig);
    const uint64_t start_ms = sym_now_ms();
    for (int i = 0; i < 200; i++) {
        (void)close(tls_peer_tcp(rig.port));
    }
    await_counters(&rig, 200, 200);
    const uint64_t seconds = 1 + (sym_now_ms() - start_ms) / 1000;
    assert_int_equal(gate_rig_stop(&rig), 0);
    FILE *log = fopen(log_path, "r");
    assert_non_null(log);
    while (fgets(line, sizeof line, log) != NULL) {
        const char *more = strstr(line, MORE);
        refused += strstr(line, " event=refused ") != NULL ? 1 : 0;
        summed_up += more == NULL ? 0 : strtoull(more + strlen(MORE), NULL, 10);
    }
    (void)fclose(log);
    (void)unlink(log_path);
    assert_in_range(refused, 10, 10 * (1 + seconds));
    assert_int_equal(refused + summed_up, 200);
}

static void a_partner_that_connects_again_and_again_leaves_few_lines_in_the_log(void **state)
{
    (void)state;
    static const struct tls_peer_ways honest = {0};
    static const uint8_t seed[32] = {PEER};
    struct gate_rig rig;
    struct tls_peer peer;
    struct rig_event event;
    start_with_log(&rig);
    tls_peer_init(&peer, seed, false, &honest);
    gate_rig_pin(&rig, PEER, peer.pin);
    gate_rig_settle(&rig);
    for (unsigned i = 0; i < SYM_LINES_BURST; i++) {
        SSL *ssl = tls_peer_connect(&peer, tls_peer_tcp(rig.port), NULL);
        assert_non_null(ssl);
        assert_true(tls_peer_hello(ssl));
        gate_rig_expect(&rig, &event, SYM_LOCAL_LINK_UP);
        gate_rig_hang_up(&rig, event.as.up.link); /* as a core whose peer breaks off */
        rig_event_clear(&event);
        gate_rig_expect(&rig, &event, SYM_LOCAL_LINK_DOWN);
        rig_event_clear(&event);
        tls_peer_close(ssl);
    }
    tls_peer_clear(&peer);
    assert_int_equal(gate_rig_stop(&rig), 0);
    assert_in_range(logged(" event=link-"), SYM_LINES_BURST, SYM_LINES_BURST + 10);
    (void)unlink(log_path);
}

static int wrap(void **state)
{
    (void)state;
    gate_rig_wrap(true);
    return 0;
}

static int unwrap(void **state)
{
    (void)state;
    gate_rig_wrap(false);
    return 0;
}

#define WRAPPED(name) cmocka_unit_test_setup_teardown(name, wrap, unwrap)

int main(int argc, char **argv)
{
    gate_rig_become(argc, argv);
    const struct CMUnitTest tests[] = {
        WRAPPED(says_what_its_sandbox_holds),
        WRAPPED(takes_no_connection_before_it_is_configured),
        WRAPPED(is_configured_once),
        WRAPPED(refuses_a_link_url_that_leaves_no_room_for_a_number),
        WRAPPED(refuses_orders_that_do_not_decode_and_goes_on),
        WRAPPED(orders_about_links_that_do_not_exist_are_harmless),
        WRAPPED(ends_when_core_says_so),
        WRAPPED(ends_when_core_is_gone),
        WRAPPED(ends_when_its_leash_ends),
        cmocka_unit_test(what_core_gave_before_the_stop_still_arrives),
        WRAPPED(says_why_it_cannot_listen),
        WRAPPED(refuses_a_start_that_is_cut_short),
        WRAPPED(ends_quietly_when_it_is_told_to_before_it_starts),
        cmocka_unit_test(survives_without_a_free_descriptor),
        WRAPPED(counts_what_came_and_what_was_refused),
        WRAPPED(a_flood_of_refusals_leaves_few_lines_in_the_log),
        WRAPPED(a_partner_that_connects_again_and_again_leaves_few_lines_in_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
