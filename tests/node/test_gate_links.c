/* One link of a real gate, from the hello to the end; the peer is a gate too, or hostile.
 * runner: timeout=150 */
#include "node/loop.h"
#include "tests/support/gate_rig.h"
#include "tests/support/tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define A    0x10
#define B    0x20
#define PEER 0x40

static const size_t mib = 1048576;

/* A gate, and a hand-made peer that is pinned there. */
struct scene {
    struct gate_rig gate;
    struct tls_peer peer;
    SSL *ssl;
    struct sym_bus pair;
    uint64_t link;
};

static int set_up_bare(void **state)
{
    static const struct tls_peer_ways honest = {0};
    uint8_t seed[32];
    struct scene *s = calloc(1, sizeof *s);
    memset(seed, PEER, sizeof seed);
    s->pair = (struct sym_bus)SYM_BUS_CLOSED;
    tls_peer_init(&s->peer, seed, false, &honest);
    gate_rig_start(&s->gate, A, 0);
    gate_rig_pin(&s->gate, PEER, s->peer.pin);
    gate_rig_settle(&s->gate);
    *state = s;
    return 0;
}

static int set_up(void **state)
{
    gate_rig_wrap(true);
    return set_up_bare(state);
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    tls_peer_close(s->ssl);
    tls_peer_clear(&s->peer);
    sym_bus_close(&s->pair);
    int code = gate_rig_stop(&s->gate);
    gate_rig_wrap(false);
    free(s);
    return code;
}

static void connect_peer(struct scene *s)
{
    s->ssl = tls_peer_connect(&s->peer, tls_peer_tcp(s->gate.port), NULL);
    assert_non_null(s->ssl);
}

/* The peer's connection becomes a link with a pair. */
static void link_up(struct scene *s)
{
    connect_peer(s);
    assert_true(tls_peer_hello(s->ssl));
    s->link = gate_rig_link(&s->gate, &s->pair);
}

static void say(struct scene *s, const void *bytes, size_t len)
{
    assert_int_equal(SSL_write(s->ssl, bytes, (int)len), (int)len);
}

/* The length in front of a frame. */
static void say_length(struct scene *s, uint64_t len)
{
    uint8_t head[8];
    sym_put_u64(head, len);
    say(s, head, sizeof head);
}

static void expect_no_event(struct scene *s, int wait_ms)
{
    struct rig_event event;
    assert_false(gate_rig_next(&s->gate, &event, wait_ms));
}

static void expect_closed(struct scene *s)
{
    char byte;
    assert_true(SSL_read(s->ssl, &byte, 1) <= 0);
}

static void meet(struct gate_rig *a, struct gate_rig *b)
{
    gate_rig_start(a, A, 0);
    gate_rig_start(b, B, 0);
    gate_rig_pin(a, B, b->pin);
    gate_rig_pin(b, A, a->pin);
    gate_rig_settle(b);
}

static void a_dialled_link_comes_up_on_both_sides_and_carries_frames(void **state)
{
    (void)state;
    struct gate_rig a;
    struct gate_rig b;
    struct sym_bus pa = SYM_BUS_CLOSED;
    struct sym_bus pb = SYM_BUS_CLOSED;
    meet(&a, &b);
    gate_rig_dial(&a, B, b.port);
    (void)gate_rig_link(&a, &pa);
    (void)gate_rig_link(&b, &pb);
    static const size_t sizes[] = {1, 2, 7, 16375, 16376, 16377, 16384, 100000, 1048575, 1048576};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        rig_frame_send(&pa, sizes[i], (uint8_t)i);
        rig_frame_expect(&pb, sizes[i], (uint8_t)i);
        rig_frame_send(&pb, sizes[i], (uint8_t)(i + 100));
        rig_frame_expect(&pa, sizes[i], (uint8_t)(i + 100));
    }
    assert_int_equal(gate_rig_stop(&a), 0);
    assert_int_equal(gate_rig_stop(&b), 0);
    sym_bus_close(&pa);
    sym_bus_close(&pb);
}

static void both_cores_hear_who_the_other_is_and_the_same_exporter(void **state)
{
    (void)state;
    struct gate_rig a;
    struct gate_rig b;
    struct rig_event at_a;
    struct rig_event at_b;
    uint8_t id[32];
    meet(&a, &b);
    gate_rig_dial(&a, B, b.port);
    gate_rig_expect(&a, &at_a, SYM_LOCAL_LINK_UP);
    gate_rig_expect(&b, &at_b, SYM_LOCAL_LINK_UP);
    memset(id, B, sizeof id);
    assert_memory_equal(at_a.as.up.id.data, id, 32);
    memset(id, A, sizeof id);
    assert_memory_equal(at_b.as.up.id.data, id, 32);
    assert_true(at_a.as.up.dialled);
    assert_false(at_b.as.up.dialled);
    assert_memory_equal(at_a.as.up.exporter.data, at_b.as.up.exporter.data, 32);
    rig_event_clear(&at_a);
    rig_event_clear(&at_b);
    assert_int_equal(gate_rig_stop(&a), 0);
    assert_int_equal(gate_rig_stop(&b), 0);
}

static void the_exporter_is_that_of_rfc_9266(void **state)
{
    struct scene *s = *state;
    struct rig_event event;
    uint8_t exporter[32];
    connect_peer(s);
    assert_true(tls_peer_hello(s->ssl));
    gate_rig_expect(&s->gate, &event, SYM_LOCAL_LINK_UP);
    assert_int_equal(SSL_export_keying_material(s->ssl, exporter, sizeof exporter,
                                                "EXPORTER-Channel-Binding", 24,
                                                (const unsigned char *)"", 0, 1),
                     1);
    assert_memory_equal(event.as.up.exporter.data, exporter, 32);
    rig_event_clear(&event);
}

/* What TLS itself refuses; each way is tested in depth in test_gate_tls. */
static void refuses_peers_that_deviate_in_tls(void **state)
{
    struct scene *s = *state;
    static const struct tls_peer_ways ways[] = {
        {.max_version = TLS1_2_VERSION},
        {.no_certificate = true},
        {.from_s = -86400, .to_s = -1},
        {.from_s = 60, .to_s = 86400},
        {.alpn = "\x08http/1.1"},
        {.alpn = ""},
        {.altered = true},
        {.chain = true},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct tls_peer peer;
        tls_peer_init(&peer, s->peer.seed, false, &ways[i]);
        SSL *ssl = tls_peer_connect(&peer, tls_peer_tcp(s->gate.port), NULL);
        assert_false(ssl != NULL && tls_peer_hello(ssl));
        tls_peer_close(ssl);
        tls_peer_clear(&peer);
    }
    expect_no_event(s, 200);
}

static void refuses_a_peer_that_is_not_pinned(void **state)
{
    struct scene *s = *state;
    struct tls_peer stranger;
    static const struct tls_peer_ways honest = {0};
    static const uint8_t seed[32] = {77};
    tls_peer_init(&stranger, seed, false, &honest);
    SSL *ssl = tls_peer_connect(&stranger, tls_peer_tcp(s->gate.port), NULL);
    assert_non_null(ssl);
    assert_false(tls_peer_hello(ssl));
    assert_int_equal(tls_peer_reason(), SSL_R_TLSV1_ALERT_UNKNOWN_CA);
    tls_peer_close(ssl);
    tls_peer_clear(&stranger);
    expect_no_event(s, 100);
}

static void refuses_an_sp_header_that_is_not_pair(void **state)
{
    struct scene *s = *state;
    static const uint8_t wrong[][8] = {
        {0, 'S', 'P', 0, 0, 0x30, 0, 0}, {0, 'S', 'P', 1, 0, 0x10, 0, 0},
        {0, 'S', 'P', 0, 0, 0x10, 0, 1}, {'G', 'E', 'T', ' ', '/', ' ', 'H', 'T'},
        {0, 0, 0, 0, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        connect_peer(s);
        say(s, wrong[i], sizeof wrong[i]);
        expect_closed(s);
        tls_peer_close(s->ssl);
        s->ssl = NULL;
    }
    expect_no_event(s, 100);
}

static void ends_a_link_that_announces_a_frame_that_is_too_long(void **state)
{
    struct scene *s = *state;
    static const uint64_t lengths[] = {1048577, 1ull << 32, 1ull << 62, 1ull << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        link_up(s);
        long before_kib = rig_memory_kib(s->gate.pid);
        say_length(s, lengths[i]);
        gate_rig_down(&s->gate, s->link, SYM_TOO_LONG);
        assert_true(rig_memory_kib(s->gate.pid) - before_kib < 8192);
        expect_closed(s);
        tls_peer_close(s->ssl);
        s->ssl = NULL;
        sym_bus_close(&s->pair);
    }
}

static void ends_a_link_that_announces_an_empty_frame(void **state)
{
    struct scene *s = *state;
    link_up(s);
    say_length(s, 0);
    gate_rig_down(&s->gate, s->link, SYM_BAD_FORMAT);
}

static void ends_a_link_with_garbage_behind_a_frame(void **state)
{
    struct scene *s = *state;
    link_up(s);
    say_length(s, 3);
    say(s, "abc", 3);
    say(s, "garbage!", 8);
    gate_rig_down(&s->gate, s->link, SYM_TOO_LONG);
}

static void takes_a_frame_that_comes_byte_by_byte(void **state)
{
    struct scene *s = *state;
    uint8_t bytes[8 + 5] = {0, 0, 0, 0, 0, 0, 0, 5, 9, 9, 9, 9, 9};
    link_up(s);
    for (size_t i = 0; i < sizeof bytes; i++) {
        say(s, bytes + i, 1);
        (void)usleep(2000);
    }
    rig_frame_expect(&s->pair, 5, 9);
}

static void takes_frames_that_come_in_one_record_with_the_hello(void **state)
{
    struct scene *s = *state;
    static const uint8_t record[] = {0, 'S', 'P', 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0,
                                     0, 2,   7,   7, 0, 0,    0, 0, 0, 0, 0, 1, 8};
    uint8_t hello[8];
    connect_peer(s);
    say(s, record, sizeof record);
    s->link = gate_rig_link(&s->gate, &s->pair);
    assert_int_equal(SSL_read(s->ssl, hello, sizeof hello), 8);
    rig_frame_expect(&s->pair, 2, 7);
    rig_frame_expect(&s->pair, 1, 8);
}

static void takes_a_frame_behind_the_share_of_a_turn_in_the_same_record(void **state)
{
    struct scene *s = *state;
    /* With its length, a second frame and that one's length: sixteen whole records. */
    static const size_t first = 16 * 16384 - 8 - 5 - 8;
    size_t len = 8 + first + 8 + 5;
    uint8_t *bytes = calloc(1, len);
    memset(bytes, 1, len);
    sym_put_u64(bytes, first);
    sym_put_u64(bytes + 8 + first, 5);
    link_up(s);
    say(s, bytes, len);
    rig_frame_expect(&s->pair, first, 1);
    rig_frame_expect(&s->pair, 5, 1);
    free(bytes);
}

static void sends_length_and_payload_as_sp_has_them(void **state)
{
    struct scene *s = *state;
    uint8_t got[8 + 3];
    size_t have = 0;
    link_up(s);
    rig_frame_send(&s->pair, 3, 5);
    while (have < sizeof got) {
        int n = SSL_read(s->ssl, got + have, (int)(sizeof got - have));
        assert_true(n > 0);
        have += (size_t)n;
    }
    static const uint8_t wanted[] = {0, 0, 0, 0, 0, 0, 0, 3, 5, 5, 5};
    assert_memory_equal(got, wanted, sizeof wanted);
}

static void drops_an_empty_frame_of_core(void **state)
{
    struct scene *s = *state;
    uint8_t got[9];
    link_up(s);
    rig_frame_send(&s->pair, 0, 0);
    rig_frame_send(&s->pair, 1, 5);
    assert_int_equal(SSL_read(s->ssl, got, sizeof got), 9);
    assert_int_equal(got[7], 1);
}

static void unpinning_cuts_the_link_within_a_second(void **state)
{
    struct scene *s = *state;
    link_up(s);
    uint64_t start_ms = sym_now_ms();
    gate_rig_unpin(&s->gate, PEER);
    gate_rig_down(&s->gate, s->link, SYM_CANCELLED);
    expect_closed(s);
    assert_true(sym_now_ms() - start_ms < 1000);
    /* And it does not come back. */
    tls_peer_close(s->ssl);
    connect_peer(s);
    assert_false(tls_peer_hello(s->ssl));
}

static void unpinning_cuts_even_a_peer_that_does_not_read(void **state)
{
    struct scene *s = *state;
    link_up(s);
    while (rig_ready(sym_bus_send_fd(&s->pair), 300)) {
        rig_frame_send(&s->pair, mib, 1);
    }
    uint64_t start_ms = sym_now_ms();
    gate_rig_unpin(&s->gate, PEER);
    gate_rig_down(&s->gate, s->link, SYM_CANCELLED);
    assert_true(sym_now_ms() - start_ms < 1000);
}

static void a_changed_pin_cuts_the_link_but_a_second_one_does_not(void **state)
{
    struct scene *s = *state;
    uint8_t id[32];
    uint8_t other[32];
    memset(id, PEER, sizeof id);
    memset(other, 0xee, sizeof other);
    link_up(s);
    const struct sym_span both[] = {sym_span(other, 32), sym_span(s->peer.pin, 32)};
    const struct sym_pinned_peer peer = {.id = sym_span(id, 32), .pins = both, .n_pins = 2};
    gate_rig_send(&s->gate, SYM_LOCAL_PIN, &(struct sym_gate_pin){.peer = &peer});
    expect_no_event(s, 200);
    rig_frame_send(&s->pair, 3, 5);

    gate_rig_pin(&s->gate, PEER, other);
    gate_rig_down(&s->gate, s->link, SYM_CANCELLED);
}

static void a_peer_that_is_unpinned_before_its_hello_gets_no_link(void **state)
{
    struct scene *s = *state;
    connect_peer(s);
    (void)usleep(100000);
    gate_rig_unpin(&s->gate, PEER);
    gate_rig_settle(&s->gate);
    assert_false(tls_peer_hello(s->ssl));
    expect_no_event(s, 100);
}

static void what_core_gave_before_it_hung_up_still_arrives(void **state)
{
    (void)state;
    struct gate_rig a;
    struct gate_rig b;
    struct sym_bus pa = SYM_BUS_CLOSED;
    struct sym_bus pb = SYM_BUS_CLOSED;
    meet(&a, &b);
    gate_rig_dial(&a, B, b.port);
    uint64_t la = gate_rig_link(&a, &pa);
    uint64_t lb = gate_rig_link(&b, &pb);
    rig_frame_send(&pa, rig_long_frame(), 1);
    rig_frame_send(&pa, rig_long_frame(), 2);
    rig_frame_send(&pa, 10, 3);
    gate_rig_hang_up(&a, la);
    rig_frame_expect(&pb, rig_long_frame(), 1);
    rig_frame_expect(&pb, rig_long_frame(), 2);
    rig_frame_expect(&pb, 10, 3);
    gate_rig_down(&a, la, SYM_CANCELLED);
    gate_rig_down(&b, lb, SYM_CLOSED);
    assert_int_equal(gate_rig_stop(&a), 0);
    assert_int_equal(gate_rig_stop(&b), 0);
    sym_bus_close(&pa);
    sym_bus_close(&pb);
}

/* Two frames of the peer, which core has not read yet; and the peer's connection is gone. */
static void send_two_and_leave(struct scene *s, size_t len, bool rudely)
{
    static const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    uint8_t *frame = calloc(1, len);
    memset(frame, 6, len);
    link_up(s);
    for (int i = 0; i < 2; i++) {
        say_length(s, len);
        say(s, frame, len);
    }
    free(frame);
    if (rudely) {
        /* What has not arrived would be taken back. */
        (void)usleep(100000);
        assert_int_equal(
            setsockopt(SSL_get_fd(s->ssl), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    } else {
        (void)SSL_shutdown(s->ssl);
    }
    tls_peer_close(s->ssl);
    s->ssl = NULL;
}

static void expect_two_and_the_end(struct scene *s, size_t len)
{
    (void)usleep(300000);
    rig_frame_expect(&s->pair, len, 6);
    rig_frame_expect(&s->pair, len, 6);
    assert_false(rig_ready(sym_bus_receive_fd(&s->pair), 0));
}

static void expect_gate_to_let_go(struct scene *s, int wait_ms)
{
    for (int i = 0; i < wait_ms / 10 && sym_bus_connected(&s->pair); i++) {
        (void)usleep(10000);
    }
    assert_false(sym_bus_connected(&s->pair));
}

static void what_a_peer_sent_before_it_left_still_reaches_core(void **state)
{
    struct scene *s = *state;
    send_two_and_leave(s, rig_long_frame(), false);
    expect_two_and_the_end(s, rig_long_frame());
    assert_int_equal(gate_rig_down(&s->gate, s->link, SYM_CLOSED), 2);
}

/* They fit into the kernel's buffer at once, where they would be lost with gate's end. */
static void short_frames_of_a_peer_that_left_still_reach_core(void **state)
{
    struct scene *s = *state;
    send_two_and_leave(s, 16384, false);
    assert_int_equal(gate_rig_down(&s->gate, s->link, SYM_CLOSED), 2);
    expect_two_and_the_end(s, 16384);
    sym_bus_close(&s->pair);
}

static void frames_of_a_peer_whose_connection_broke_still_reach_core(void **state)
{
    struct scene *s = *state;
    struct rig_event event;
    send_two_and_leave(s, 16384, true);
    gate_rig_expect(&s->gate, &event, SYM_LOCAL_LINK_DOWN);
    assert_int_equal(event.as.down.frames, 2);
    rig_event_clear(&event);
    expect_two_and_the_end(s, 16384);
}

static void frames_before_one_that_breaks_the_rules_still_reach_core(void **state)
{
    struct scene *s = *state;
    link_up(s);
    say_length(s, 5);
    say(s, "\6\6\6\6\6", 5);
    say_length(s, 1ull << 62);
    assert_int_equal(gate_rig_down(&s->gate, s->link, SYM_TOO_LONG), 1);
    (void)usleep(300000);
    rig_frame_expect(&s->pair, 5, 6);
}

static void the_end_of_a_link_says_how_many_frames_core_was_given(void **state)
{
    struct scene *s = *state;
    connect_peer(s);
    assert_true(tls_peer_hello(s->ssl));
    s->link = gate_rig_link(&s->gate, &s->pair);
    gate_rig_hang_up(&s->gate, s->link);
    assert_int_equal(gate_rig_down(&s->gate, s->link, SYM_CANCELLED), 0);
    sym_bus_close(&s->pair);
    tls_peer_close(s->ssl);
    link_up(s);
    rig_frame_send(&s->pair, 5, 1);
    for (uint8_t i = 0; i < 3; i++) {
        say_length(s, 1);
        say(s, &i, 1);
        rig_frame_expect(&s->pair, 1, i);
    }
    /* A frame that is not whole does not count. */
    say_length(s, 2);
    say(s, "a", 1);
    (void)SSL_shutdown(s->ssl);
    assert_int_equal(gate_rig_down(&s->gate, s->link, SYM_CLOSED), 3);
}

static void a_core_that_keeps_its_end_cannot_hold_gates_for_long(void **state)
{
    struct scene *s = *state;
    send_two_and_leave(s, 16384, false);
    gate_rig_down(&s->gate, s->link, SYM_CLOSED);
    expect_gate_to_let_go(s, 2000);
}

static void unpinning_lets_go_of_core_at_once(void **state)
{
    struct scene *s = *state;
    link_up(s);
    say_length(s, 5);
    say(s, "12345", 5);
    assert_true(rig_ready(sym_bus_receive_fd(&s->pair), RIG_WAIT_MS));
    gate_rig_unpin(&s->gate, PEER);
    assert_int_equal(gate_rig_down(&s->gate, s->link, SYM_CANCELLED), 1);
    expect_gate_to_let_go(s, 500);
}

static void a_core_that_does_not_read_cannot_hold_a_dead_link_for_long(void **state)
{
    struct scene *s = *state;
    uint8_t *frame = calloc(1, mib);
    link_up(s);
    for (int i = 0; i < 5; i++) {
        say_length(s, mib);
        say(s, frame, mib);
    }
    tls_peer_close(s->ssl);
    s->ssl = NULL;
    /* Frames are queued for core, which takes none: gate has read what it may hold, and learns of
     * the end when there is room again. */
    expect_no_event(s, 500);
    gate_rig_hang_up(&s->gate, s->link);
    uint64_t start_ms = sym_now_ms();
    gate_rig_down(&s->gate, s->link, SYM_CANCELLED);
    assert_true(sym_now_ms() - start_ms < 2000);
    free(frame);
}

static void hanging_up_before_accepting_refuses_the_link(void **state)
{
    struct scene *s = *state;
    struct rig_event event;
    connect_peer(s);
    assert_true(tls_peer_hello(s->ssl));
    gate_rig_expect(&s->gate, &event, SYM_LOCAL_LINK_UP);
    uint64_t link = event.as.up.link;
    rig_event_clear(&event);
    gate_rig_hang_up(&s->gate, link);
    gate_rig_down(&s->gate, link, SYM_CANCELLED);
    expect_closed(s);
}

static void ends_a_link_that_core_does_not_accept(void **state)
{
    struct scene *s = *state;
    struct rig_event event;
    connect_peer(s);
    assert_true(tls_peer_hello(s->ssl));
    gate_rig_expect(&s->gate, &event, SYM_LOCAL_LINK_UP);
    uint64_t link = event.as.up.link;
    rig_event_clear(&event);
    gate_rig_down(&s->gate, link, SYM_TIMEOUT);
}

static void an_idle_link_is_closed_and_a_busy_one_is_not(void **state)
{
    (void)state;
    struct gate_rig a;
    struct gate_rig b;
    struct sym_bus pa = SYM_BUS_CLOSED;
    struct sym_bus pb = SYM_BUS_CLOSED;
    gate_rig_start(&a, A, 400);
    gate_rig_start(&b, B, 0);
    gate_rig_pin(&a, B, b.pin);
    gate_rig_pin(&b, A, a.pin);
    gate_rig_settle(&b);
    gate_rig_dial(&a, B, b.port);
    uint64_t la = gate_rig_link(&a, &pa);
    uint64_t lb = gate_rig_link(&b, &pb);
    for (int i = 0; i < 8; i++) {
        rig_frame_send(i % 2 == 0 ? &pa : &pb, 1, 1);
        rig_frame_expect(i % 2 == 0 ? &pb : &pa, 1, 1);
        (void)usleep(200000);
    }
    uint64_t start_ms = sym_now_ms();
    gate_rig_down(&a, la, SYM_OK);
    gate_rig_down(&b, lb, SYM_CLOSED);
    assert_in_range(sym_now_ms() - start_ms, 100, 1500);
    assert_int_equal(gate_rig_stop(&a), 0);
    assert_int_equal(gate_rig_stop(&b), 0);
    sym_bus_close(&pa);
    sym_bus_close(&pb);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
    gate_rig_become(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dialled_link_comes_up_on_both_sides_and_carries_frames),
        cmocka_unit_test(both_cores_hear_who_the_other_is_and_the_same_exporter),
        TEST(the_exporter_is_that_of_rfc_9266),
        TEST(refuses_peers_that_deviate_in_tls),
        TEST(refuses_a_peer_that_is_not_pinned),
        TEST(refuses_an_sp_header_that_is_not_pair),
        TEST(ends_a_link_that_announces_a_frame_that_is_too_long),
        TEST(ends_a_link_that_announces_an_empty_frame),
        TEST(ends_a_link_with_garbage_behind_a_frame),
        TEST(takes_a_frame_that_comes_byte_by_byte),
        TEST(takes_frames_that_come_in_one_record_with_the_hello),
        TEST(takes_a_frame_behind_the_share_of_a_turn_in_the_same_record),
        TEST(sends_length_and_payload_as_sp_has_them),
        TEST(drops_an_empty_frame_of_core),
        TEST(unpinning_cuts_the_link_within_a_second),
        TEST(unpinning_cuts_even_a_peer_that_does_not_read),
        TEST(a_changed_pin_cuts_the_link_but_a_second_one_does_not),
        TEST(a_peer_that_is_unpinned_before_its_hello_gets_no_link),
        cmocka_unit_test(what_core_gave_before_it_hung_up_still_arrives),
        cmocka_unit_test_setup_teardown(what_a_peer_sent_before_it_left_still_reaches_core,
                                        set_up_bare, tear_down),
        TEST(short_frames_of_a_peer_that_left_still_reach_core),
        TEST(frames_of_a_peer_whose_connection_broke_still_reach_core),
        TEST(frames_before_one_that_breaks_the_rules_still_reach_core),
        TEST(the_end_of_a_link_says_how_many_frames_core_was_given),
        TEST(a_core_that_keeps_its_end_cannot_hold_gates_for_long),
        TEST(unpinning_lets_go_of_core_at_once),
        TEST(a_core_that_does_not_read_cannot_hold_a_dead_link_for_long),
        TEST(hanging_up_before_accepting_refuses_the_link),
        TEST(ends_a_link_that_core_does_not_accept),
        cmocka_unit_test(an_idle_link_is_closed_and_a_busy_one_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
