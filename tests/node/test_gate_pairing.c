/* One link per peer: dialling, its failures, and which of several connections stays.
 * runner: clock */
#include "node/loop.h"
#include "tests/support/gate_rig.h"
#include "tests/support/tls_peer.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* The peer's id lies between those of a lower and of a higher gate. */
#define LOW  0x10
#define PEER 0x20
#define HIGH 0x30

/* A gate, and a hand-made peer that both listens and connects. */
struct scene {
    struct gate_rig gate;
    struct tls_peer client;
    struct tls_peer server;
    int listener;
    uint16_t port;
    SSL *in;  /* the peer's connection to the gate */
    SSL *out; /* the gate's connection to the peer */
    struct sym_bus pair;
};

static int listen_at(uint16_t *port, int backlog)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static struct scene *make(uint8_t gate)
{
    static const struct tls_peer_ways honest = {0};
    uint8_t seed[32];
    struct scene *s = calloc(1, sizeof *s);
    memset(seed, PEER, sizeof seed);
    s->pair = (struct sym_bus)SYM_BUS_CLOSED;
    tls_peer_init(&s->client, seed, false, &honest);
    tls_peer_init(&s->server, seed, true, &honest);
    s->listener = listen_at(&s->port, 16);
    gate_rig_start(&s->gate, gate, 0);
    gate_rig_pin(&s->gate, PEER, s->client.pin);
    gate_rig_settle(&s->gate);
    return s;
}

static int set_up_low(void **state)
{
    *state = make(LOW);
    return 0;
}

static int set_up_high(void **state)
{
    *state = make(HIGH);
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    tls_peer_close(s->in);
    tls_peer_close(s->out);
    tls_peer_clear(&s->client);
    tls_peer_clear(&s->server);
    sym_bus_close(&s->pair);
    (void)close(s->listener);
    int code = gate_rig_stop(&s->gate);
    free(s);
    return code;
}

/* The gate dials the peer, which finishes TLS and says nothing yet. */
static void gate_dials(struct scene *s)
{
    gate_rig_dial(&s->gate, PEER, s->port);
    assert_true(rig_ready(s->listener, RIG_WAIT_MS));
    s->out = tls_peer_accept(&s->server, accept(s->listener, NULL, NULL));
    assert_non_null(s->out);
}

static void peer_connects(struct scene *s)
{
    s->in = tls_peer_connect(&s->client, tls_peer_tcp(s->gate.port), NULL);
    assert_non_null(s->in);
}

/* Says hello on in, without waiting for the answer. */
static void say_hello(SSL *ssl)
{
    static const uint8_t hello[8] = {0, 'S', 'P', 0, 0, 0x10, 0, 0};
    assert_int_equal(SSL_write(ssl, hello, sizeof hello), 8);
}

/* Soon: a deadline would take longer. */
static void expect_closed(SSL *ssl)
{
    char bytes[8];
    uint64_t start_ms = sym_now_ms();
    int n = SSL_read(ssl, bytes, sizeof bytes);
    /* The gate's own hello may come first, when it dialled. */
    assert_true(n <= 0 || SSL_read(ssl, bytes, sizeof bytes) <= 0);
    assert_true(sym_now_ms() - start_ms < SYM_HANDSHAKE_MS - 500);
}

static void expect_no_event(struct scene *s, int wait_ms)
{
    struct rig_event event;
    if (gate_rig_next(&s->gate, &event, wait_ms)) {
        fail_msg("unexpected message of type %d", (int)event.type);
    }
}

static uint64_t expect_up(struct scene *s, bool dialled)
{
    struct rig_event event;
    gate_rig_expect(&s->gate, &event, SYM_LOCAL_LINK_UP);
    assert_int_equal(event.as.up.dialled, dialled);
    uint64_t link = event.as.up.link;
    rig_event_clear(&event);
    return link;
}

static void expect_dial_failed(struct gate_rig *gate, enum sym_err result, const char *text)
{
    struct rig_event event;
    char fault[SYM_FAULT_BYTES] = "";
    gate_rig_expect(gate, &event, SYM_LOCAL_DIAL_FAILED);
    memcpy(fault, event.as.failed.fault.data, event.as.failed.fault.len);
    if (event.as.failed.result != (uint32_t)result || strstr(fault, text) == NULL) {
        fail_msg("%s instead of %s: %s", sym_err_name((enum sym_err)event.as.failed.result),
                 sym_err_name(result), fault);
    }
    rig_event_clear(&event);
}

static void two_gates_that_dial_at_once_keep_one_link(void **state)
{
    (void)state;
    struct gate_rig low;
    struct gate_rig high;
    gate_rig_start(&low, LOW, 0);
    gate_rig_start(&high, HIGH, 0);
    gate_rig_pin(&low, HIGH, high.pin);
    gate_rig_pin(&high, LOW, low.pin);
    gate_rig_settle(&low);
    gate_rig_settle(&high);
    for (int i = 0; i < 20; i++) {
        struct sym_bus pl = SYM_BUS_CLOSED;
        struct sym_bus ph = SYM_BUS_CLOSED;
        gate_rig_dial(i % 2 == 0 ? &low : &high, i % 2 == 0 ? HIGH : LOW,
                      i % 2 == 0 ? high.port : low.port);
        gate_rig_dial(i % 2 == 0 ? &high : &low, i % 2 == 0 ? LOW : HIGH,
                      i % 2 == 0 ? low.port : high.port);
        uint64_t ll = gate_rig_link(&low, &pl);
        uint64_t lh = gate_rig_link(&high, &ph);
        rig_frame_send(&pl, 9, 1);
        rig_frame_expect(&ph, 9, 1);
        rig_frame_send(&ph, 9, 2);
        rig_frame_expect(&pl, 9, 2);
        gate_rig_hang_up(&low, ll);
        gate_rig_down(&low, ll, SYM_CANCELLED);
        gate_rig_down(&high, lh, SYM_CLOSED);
        sym_bus_close(&pl);
        sym_bus_close(&ph);
    }
    assert_int_equal(gate_rig_stop(&low), 0);
    assert_int_equal(gate_rig_stop(&high), 0);
}

static void the_lower_node_parks_a_connection_while_its_own_dial_decides(void **state)
{
    struct scene *s = *state;
    gate_dials(s);
    peer_connects(s);
    say_hello(s->in);
    expect_no_event(s, 300);
    /* The own dial succeeds: the parked connection goes. */
    assert_true(tls_peer_hello(s->out));
    (void)expect_up(s, true);
    expect_closed(s->in);
}

static void the_lower_node_takes_the_parked_connection_when_its_dial_fails(void **state)
{
    struct scene *s = *state;
    gate_dials(s);
    peer_connects(s);
    say_hello(s->in);
    expect_no_event(s, 100);
    tls_peer_close(s->out);
    s->out = NULL;
    (void)expect_up(s, false);
    expect_no_event(s, 100);
}

static void a_second_connection_takes_the_place_of_a_parked_one(void **state)
{
    struct scene *s = *state;
    gate_dials(s);
    peer_connects(s);
    say_hello(s->in);
    SSL *first = s->in;
    rig_await_read(SSL_get_fd(first));
    gate_rig_settle(&s->gate);
    peer_connects(s);
    say_hello(s->in);
    expect_closed(first);
    tls_peer_close(first);
    tls_peer_close(s->out);
    s->out = NULL;
    (void)expect_up(s, false);
    uint8_t hello[8];
    assert_int_equal(SSL_read(s->in, hello, sizeof hello), 8);
}

static void the_higher_node_gives_up_its_dial_for_a_connection(void **state)
{
    struct scene *s = *state;
    gate_dials(s);
    peer_connects(s);
    assert_true(tls_peer_hello(s->in));
    (void)expect_up(s, false);
    expect_closed(s->out);
    expect_no_event(s, 100);
}

static void a_dial_that_reaches_nobody_does_not_hold_up_a_connection(void **state)
{
    struct scene *s = *state;
    uint16_t port = 0;
    int full[4];
    /* A listener whose queue is full: the kernel answers no more. */
    int deaf = listen_at(&port, 0);
    for (size_t i = 0; i < 4; i++) {
        struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons(port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(full[i], (const struct sockaddr *)&to, sizeof to);
    }
    gate_rig_dial(&s->gate, PEER, port);
    gate_rig_settle(&s->gate);
    peer_connects(s);
    assert_true(tls_peer_hello(s->in));
    (void)expect_up(s, false); /* and before it, no word of a dial that failed */
    for (size_t i = 0; i < 4; i++) {
        (void)close(full[i]);
    }
    (void)close(deaf);
}

static void a_newer_connection_of_the_same_dialler_replaces_the_link(void **state)
{
    struct scene *s = *state;
    struct rig_event event;
    peer_connects(s);
    assert_true(tls_peer_hello(s->in));
    uint64_t old = expect_up(s, false);
    SSL *first = s->in;
    peer_connects(s);
    assert_true(tls_peer_hello(s->in));
    gate_rig_down(&s->gate, old, SYM_CANCELLED);
    gate_rig_expect(&s->gate, &event, SYM_LOCAL_LINK_UP);
    assert_int_not_equal(event.as.up.link, old);
    rig_event_clear(&event);
    expect_closed(first);
    tls_peer_close(first);
}

static void a_fresh_link_of_the_lower_dialler_stays_and_an_older_one_is_replaced(void **state)
{
    struct scene *s = *state;
    gate_dials(s);
    assert_true(tls_peer_hello(s->out));
    uint64_t link = gate_rig_link(&s->gate, &s->pair);
    peer_connects(s);
    assert_false(tls_peer_hello(s->in));
    expect_no_event(s, 100);
    tls_peer_close(s->in);
    s->in = NULL;
    (void)usleep(5000000);
    peer_connects(s);
    assert_true(tls_peer_hello(s->in));
    gate_rig_down(&s->gate, link, SYM_CANCELLED);
    (void)expect_up(s, false);
}

static void a_fresh_link_of_the_higher_dialler_is_replaced(void **state)
{
    struct scene *s = *state;
    gate_dials(s);
    assert_true(tls_peer_hello(s->out));
    uint64_t link = gate_rig_link(&s->gate, &s->pair);
    peer_connects(s);
    assert_true(tls_peer_hello(s->in));
    gate_rig_down(&s->gate, link, SYM_CANCELLED);
    (void)expect_up(s, false);
}

static void an_order_to_dial_a_live_peer_is_ignored(void **state)
{
    struct scene *s = *state;
    gate_dials(s);
    assert_true(tls_peer_hello(s->out));
    (void)expect_up(s, true);
    gate_rig_dial(&s->gate, PEER, s->port);
    expect_no_event(s, 100);
    assert_false(rig_ready(s->listener, 100));
}

static void says_that_nobody_listens(void **state)
{
    struct scene *s = *state;
    (void)close(s->listener);
    s->listener = -1;
    gate_rig_dial(&s->gate, PEER, s->port);
    expect_dial_failed(&s->gate, SYM_UNREACHABLE, "refused");
}

static void says_that_a_peer_is_silent(void **state)
{
    struct scene *s = *state;
    uint64_t start_ms = sym_now_ms();
    gate_rig_dial(&s->gate, PEER, s->port);
    expect_dial_failed(&s->gate, SYM_TIMEOUT, "handshake");
    assert_in_range(sym_now_ms() - start_ms, SYM_HANDSHAKE_MS, 4 * SYM_HANDSHAKE_MS);
}

static void says_that_the_peer_has_another_key_than_its_card(void **state)
{
    struct scene *s = *state;
    struct tls_peer other;
    static const struct tls_peer_ways honest = {0};
    static const uint8_t seed[32] = {99};
    tls_peer_init(&other, seed, true, &honest);
    gate_rig_dial(&s->gate, PEER, s->port);
    assert_true(rig_ready(s->listener, RIG_WAIT_MS));
    assert_null(tls_peer_accept(&other, accept(s->listener, NULL, NULL)));
    expect_dial_failed(&s->gate, SYM_DENIED, "another key than its card says");
    tls_peer_clear(&other);
}

static void says_that_another_pinned_peer_answers(void **state)
{
    struct scene *s = *state;
    struct tls_peer other;
    static const struct tls_peer_ways honest = {0};
    static const uint8_t seed[32] = {99};
    tls_peer_init(&other, seed, true, &honest);
    gate_rig_pin(&s->gate, 0x55, other.pin);
    gate_rig_dial(&s->gate, PEER, s->port);
    assert_true(rig_ready(s->listener, RIG_WAIT_MS));
    assert_null(tls_peer_accept(&other, accept(s->listener, NULL, NULL)));
    expect_dial_failed(&s->gate, SYM_DENIED, "another key than its card says");
    tls_peer_clear(&other);
}

static void says_that_the_peer_speaks_another_protocol(void **state)
{
    struct scene *s = *state;
    struct tls_peer other;
    tls_peer_init(&other, s->server.seed, true, &(struct tls_peer_ways){.alpn = ""});
    gate_rig_dial(&s->gate, PEER, s->port);
    assert_true(rig_ready(s->listener, RIG_WAIT_MS));
    tls_peer_close(tls_peer_accept(&other, accept(s->listener, NULL, NULL)));
    expect_dial_failed(&s->gate, SYM_UNSUPPORTED, "symbolon/1");
    tls_peer_clear(&other);
}

static void says_that_the_peer_does_not_know_our_card(void **state)
{
    struct scene *s = *state;
    struct gate_rig other;
    gate_rig_start(&other, HIGH, 0);
    for (int i = 0; i < 10; i++) {
        gate_rig_pin(&s->gate, HIGH, other.pin);
        gate_rig_dial(&s->gate, HIGH, other.port);
        expect_dial_failed(&s->gate, SYM_DENIED, "does not know our card");
    }
    assert_int_equal(gate_rig_stop(&other), 0);
}

static void says_that_a_peer_left_after_seeing_our_certificate(void **state)
{
    struct scene *s = *state;
    gate_dials(s);
    tls_peer_close(s->out);
    s->out = NULL;
    expect_dial_failed(&s->gate, SYM_CLOSED, "perhaps our card is not known there");
}

static void tries_the_addresses_in_order(void **state)
{
    struct scene *s = *state;
    uint8_t id[32];
    char good[64];
    uint16_t closed_port = 0;
    (void)close(listen_at(&closed_port, 1));
    char bad[64];
    memset(id, PEER, sizeof id);
    (void)snprintf(bad, sizeof bad, "127.0.0.1:%u", closed_port);
    (void)snprintf(good, sizeof good, "127.0.0.1:%u", s->port);
    const struct sym_span addresses[] = {sym_span_text(bad), sym_span_text(good)};
    gate_rig_send(
        &s->gate, SYM_LOCAL_DIAL,
        &(struct sym_gate_dial){.id = sym_span(id, 32), .addresses = addresses, .n_addresses = 2});
    assert_true(rig_ready(s->listener, RIG_WAIT_MS));
    s->out = tls_peer_accept(&s->server, accept(s->listener, NULL, NULL));
    assert_non_null(s->out);
    assert_true(tls_peer_hello(s->out));
    (void)expect_up(s, true);
}

static void tells_of_several_failures_the_one_that_says_most(void **state)
{
    struct scene *s = *state;
    struct tls_peer other;
    static const struct tls_peer_ways honest = {0};
    static const uint8_t seed[32] = {99};
    uint8_t id[32];
    char good[64];
    char bad[64];
    uint16_t closed_port = 0;
    (void)close(listen_at(&closed_port, 1));
    memset(id, PEER, sizeof id);
    (void)snprintf(bad, sizeof bad, "127.0.0.1:%u", closed_port);
    (void)snprintf(good, sizeof good, "127.0.0.1:%u", s->port);
    const struct sym_span addresses[] = {sym_span_text(good), sym_span_text(bad)};
    tls_peer_init(&other, seed, true, &honest);
    gate_rig_send(
        &s->gate, SYM_LOCAL_DIAL,
        &(struct sym_gate_dial){.id = sym_span(id, 32), .addresses = addresses, .n_addresses = 2});
    assert_true(rig_ready(s->listener, RIG_WAIT_MS));
    assert_null(tls_peer_accept(&other, accept(s->listener, NULL, NULL)));
    expect_dial_failed(&s->gate, SYM_DENIED, "another key than its card says");
    tls_peer_clear(&other);
}

static void refuses_to_dial_what_is_no_numeric_address(void **state)
{
    struct scene *s = *state;
    static const char *const texts[] = {"localhost:7701", "127.0.0.1", "127.0.0.1:70000", ":"};
    uint8_t id[32];
    memset(id, PEER, sizeof id);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct sym_span addresses[] = {sym_span_text(texts[i])};
        gate_rig_send(&s->gate, SYM_LOCAL_DIAL,
                      &(struct sym_gate_dial){
                          .id = sym_span(id, 32), .addresses = addresses, .n_addresses = 1});
        expect_dial_failed(&s->gate, SYM_BAD_FORMAT, texts[i]);
    }
    gate_rig_send(&s->gate, SYM_LOCAL_DIAL, &(struct sym_gate_dial){.id = sym_span(id, 32)});
    expect_dial_failed(&s->gate, SYM_NOT_FOUND, "no address");
}

static void refuses_to_dial_a_peer_that_is_not_pinned(void **state)
{
    struct scene *s = *state;
    gate_rig_dial(&s->gate, 0x77, s->port);
    expect_dial_failed(&s->gate, SYM_NOT_FOUND, "not pinned");
    gate_rig_unpin(&s->gate, PEER);
    gate_rig_dial(&s->gate, PEER, s->port);
    expect_dial_failed(&s->gate, SYM_NOT_FOUND, "not pinned");
    assert_false(rig_ready(s->listener, 50));
}

static void unpinning_a_peer_ends_a_dial_to_it(void **state)
{
    struct scene *s = *state;
    gate_dials(s);
    gate_rig_unpin(&s->gate, PEER);
    expect_closed(s->out);
    expect_no_event(s, 100);
}

static void refuses_a_pin_that_belongs_to_another_peer(void **state)
{
    struct scene *s = *state;
    gate_rig_pin(&s->gate, 0x55, s->client.pin);
    gate_rig_settle(&s->gate);
    peer_connects(s);
    assert_true(tls_peer_hello(s->in));
    struct rig_event event;
    uint8_t id[32];
    memset(id, PEER, sizeof id);
    gate_rig_expect(&s->gate, &event, SYM_LOCAL_LINK_UP);
    assert_memory_equal(event.as.up.id.data, id, 32);
    rig_event_clear(&event);
}

#define LOWER(name)  cmocka_unit_test_setup_teardown(name, set_up_low, tear_down)
#define HIGHER(name) cmocka_unit_test_setup_teardown(name, set_up_high, tear_down)

int main(int argc, char **argv)
{
    gate_rig_become(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_gates_that_dial_at_once_keep_one_link),
        LOWER(the_lower_node_parks_a_connection_while_its_own_dial_decides),
        LOWER(the_lower_node_takes_the_parked_connection_when_its_dial_fails),
        LOWER(a_second_connection_takes_the_place_of_a_parked_one),
        HIGHER(the_higher_node_gives_up_its_dial_for_a_connection),
        LOWER(a_dial_that_reaches_nobody_does_not_hold_up_a_connection),
        LOWER(a_newer_connection_of_the_same_dialler_replaces_the_link),
        LOWER(a_fresh_link_of_the_lower_dialler_stays_and_an_older_one_is_replaced),
        HIGHER(a_fresh_link_of_the_higher_dialler_is_replaced),
        LOWER(an_order_to_dial_a_live_peer_is_ignored),
        LOWER(says_that_nobody_listens),
        LOWER(says_that_a_peer_is_silent),
        LOWER(says_that_the_peer_has_another_key_than_its_card),
        LOWER(says_that_another_pinned_peer_answers),
        LOWER(says_that_the_peer_speaks_another_protocol),
        LOWER(says_that_the_peer_does_not_know_our_card),
        LOWER(says_that_a_peer_left_after_seeing_our_certificate),
        LOWER(tries_the_addresses_in_order),
        LOWER(tells_of_several_failures_the_one_that_says_most),
        LOWER(refuses_to_dial_what_is_no_numeric_address),
        LOWER(refuses_to_dial_a_peer_that_is_not_pinned),
        LOWER(unpinning_a_peer_ends_a_dial_to_it),
        LOWER(refuses_a_pin_that_belongs_to_another_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
