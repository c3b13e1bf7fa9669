/* How one link of a real gate ends, and what still arrives then: unpinned, hung up, idle, refused
 * by core, or left by its peer.
 *
 * runner: clock, timeout=150 */
#include "node/loop.h"
#include "tests/node/gate_scene.h"

#include <sys/socket.h>
#include <unistd.h>

static const size_t mib = 1048576;
static const uint32_t idle_ms = 3000;

#define ROUNDS 5

static void nothing_before(struct scene *s)
{
    (void)s;
}

static void until_the_peer_takes_no_more(struct scene *s)
{
    while (rig_ready(sym_bus_send_fd(&s->pair), 300)) {
        rig_frame_send(&s->pair, mib, 1);
    }
}

/* What the gate does at once, and not when its second for an orderly end is over: so once in some
 * rounds at least, however slow the machine is. */
static void expect_unpinning_to_cut(struct scene *s, void (*before)(struct scene *))
{
    for (int i = 0; i < ROUNDS; i++) {
        link_up(s);
        before(s);
        const uint64_t start_ms = sym_now_ms();
        gate_rig_unpin(&s->gate, PEER);
        gate_rig_down(&s->gate, s->link, SYM_CANCELLED);
        if (sym_now_ms() - start_ms < 1000) {
            return;
        }
        tls_peer_close(s->ssl);
        sym_bus_close(&s->pair);
        gate_rig_pin(&s->gate, PEER, s->peer.pin);
        gate_rig_settle(&s->gate);
    }
    fail();
}

static void unpinning_cuts_the_link_within_a_second(void **state)
{
    struct scene *s = *state;
    expect_unpinning_to_cut(s, nothing_before);
    expect_closed(s);
    /* And it does not come back. */
    tls_peer_close(s->ssl);
    connect_peer(s);
    assert_false(tls_peer_hello(s->ssl));
}

static void unpinning_cuts_even_a_peer_that_does_not_read(void **state)
{
    expect_unpinning_to_cut(*state, until_the_peer_takes_no_more);
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
    gate_rig_settle(&s->gate);
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
        rig_await_read(SSL_get_fd(s->ssl)); /* what has not been read is lost */
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

static bool gate_lets_go(struct scene *s, int wait_ms)
{
    for (int i = 0; i < wait_ms / 10 && sym_bus_connected(&s->pair); i++) {
        (void)usleep(10000);
    }
    return !sym_bus_connected(&s->pair);
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
    assert_true(gate_lets_go(s, RIG_WAIT_MS));
}

static void unpinning_lets_go_of_core_at_once(void **state)
{
    struct scene *s = *state;
    bool at_once = false;
    for (int i = 0; i < ROUNDS && !at_once; i++) {
        tls_peer_close(s->ssl);
        sym_bus_close(&s->pair);
        gate_rig_pin(&s->gate, PEER, s->peer.pin);
        gate_rig_settle(&s->gate);
        link_up(s);
        say_length(s, 5);
        say(s, "12345", 5);
        assert_true(rig_ready(sym_bus_receive_fd(&s->pair), RIG_WAIT_MS));
        gate_rig_unpin(&s->gate, PEER);
        assert_int_equal(gate_rig_down(&s->gate, s->link, SYM_CANCELLED), 1);
        at_once = gate_lets_go(s, 500);
    }
    assert_true(at_once);
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
    gate_rig_down(&s->gate, s->link, SYM_CANCELLED);
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
    gate_rig_start(&a, A, idle_ms);
    gate_rig_start(&b, B, 0);
    gate_rig_pin(&a, B, b.pin);
    gate_rig_pin(&b, A, a.pin);
    gate_rig_settle(&b);
    gate_rig_dial(&a, B, b.port);
    uint64_t la = gate_rig_link(&a, &pa);
    uint64_t lb = gate_rig_link(&b, &pb);
    uint64_t start_ms = sym_now_ms();
    uint64_t last_ms = start_ms;
    for (int i = 0; last_ms - start_ms < idle_ms + idle_ms / 2; i++) {
        (void)usleep(100000);
        last_ms = sym_now_ms();
        rig_frame_send(i % 2 == 0 ? &pa : &pb, 1, 1);
        rig_frame_expect(i % 2 == 0 ? &pb : &pa, 1, 1);
    }
    gate_rig_down(&a, la, SYM_OK);
    gate_rig_down(&b, lb, SYM_CLOSED);
    assert_in_range(sym_now_ms() - last_ms, idle_ms, 5 * idle_ms);
    assert_int_equal(gate_rig_stop(&a), 0);
    assert_int_equal(gate_rig_stop(&b), 0);
    sym_bus_close(&pa);
    sym_bus_close(&pb);
}

int main(int argc, char **argv)
{
    gate_rig_become(argc, argv);
    const struct CMUnitTest tests[] = {
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
