/* Core's side of the links: this process is also the gate at the other end of the sockets. */
#include "node/leash.h"
#include "node/link/links.h"
#include "proto/codec.h"
#include "tests/support/partner.h"
#include "tests/support/scratch.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 8000
/* Two links of one partner, at most. */
#define PAIRS 2

static struct {
    struct scratch scratch;
    struct sym_loop *loop;
    struct sym_timer *clock;
    struct partner partner;
    struct sym_peer peer;
    struct sym_peer *pinned;
    struct sym_peers peers;
    int leash[2];
    struct sym_links *links;
    struct sym_bus gate;
    struct sym_bus pairs[PAIRS + 1]; /* by the number of the link */
    /* What the owner of the links has heard. */
    struct sym_link *link;
    char heard[64]; /* U: up, D: down, and the first byte of each frame */
    char reason[SYM_FAULT_BYTES];
    struct sym_link *downed;
    bool hangs_up; /* at the next frame */
    bool wanted;   /* the partner, by an exchange */
} f;

/* The clock of the links, by which they wait for frames: it goes on when a test says so. */
static uint64_t clock_ms = 1;

uint64_t __wrap_sym_now_ms(void);

uint64_t __wrap_sym_now_ms(void)
{
    return clock_ms;
}

static void hear(char what)
{
    f.heard[strlen(f.heard)] = what;
}

static void on_listening(void *owner, struct sym_span address, const struct sym_process_row *gate)
{
    (void)owner;
    (void)address;
    (void)gate;
}

static void on_up(void *owner, struct sym_link *link)
{
    (void)owner;
    f.link = link;
    hear('U');
}

static void on_down(void *owner, struct sym_link *link, struct sym_span reason)
{
    (void)owner;
    f.downed = link;
    (void)snprintf(f.reason, sizeof f.reason, "%.*s", (int)reason.len, (const char *)reason.data);
    hear('D');
}

static void on_failed(void *owner, const struct sym_node_id *peer, struct sym_span reason)
{
    (void)owner;
    (void)peer;
    (void)reason;
}

static void on_frame(void *owner, struct sym_link *link, uint8_t *frame, size_t len)
{
    (void)owner;
    assert_true(len > 0);
    hear((char)frame[0]);
    sym_bus_release(frame);
    if (f.hangs_up) {
        sym_link_hang_up(link);
    }
}

static void on_room(void *owner, struct sym_link *link)
{
    (void)owner;
    (void)link;
    hear('R');
}

static bool on_wanted(void *owner, const struct sym_node_id *peer)
{
    (void)owner;
    (void)peer;
    return f.wanted;
}

static void on_clock(void *owner)
{
    (void)owner;
    sym_loop_stop(f.loop);
}

/* Lets core work for a while. */
static void pass(uint64_t ms)
{
    sym_timer_set(f.clock, ms);
    assert_int_equal(sym_loop_run(f.loop), SYM_OK);
}

/* Until core has told its owner this since the last time; and nothing else, for a while. */
static void expect(const char *heard)
{
    for (int i = 0; i < WAIT_MS / 5 && strlen(f.heard) < strlen(heard); i++) {
        pass(5);
    }
    assert_string_equal(f.heard, heard);
    memset(f.heard, 0, sizeof f.heard);
}

static void expect_nothing(uint64_t ms)
{
    pass(ms);
    expect("");
}

/* --- Gate. */

static void connect_to(struct sym_bus *b, const char *name, size_t max)
{
    char url[sizeof f.scratch.path + 32];
    (void)snprintf(url, sizeof url, "ipc://%s/%s", f.scratch.path, name);
    assert_int_equal(sym_bus_open(b, SYM_BUS_PAIR, max), SYM_OK);
    assert_int_equal(sym_bus_connect(b, url), SYM_OK);
}

static void say(enum sym_local_type type, const void *value)
{
    uint8_t bytes[SYM_LOCAL_BYTES_MAX];
    size_t len = 0;
    assert_int_equal(sym_local_encode(bytes, sizeof bytes, &len, type, value), SYM_OK);
    uint8_t *buffer = sym_bus_buffer(len);
    memcpy(buffer, bytes, len);
    assert_int_equal(sym_bus_send(&f.gate, buffer), SYM_OK);
}

/* The next order of core; false when it is of another type. */
static bool hears(enum sym_local_type wanted)
{
    uint8_t *message = NULL;
    size_t len = 0;
    enum sym_local_type type = SYM_LOCAL_NONE;
    struct sym_span rest;
    struct pollfd order = {.fd = sym_bus_receive_fd(&f.gate), .events = POLLIN};
    for (int i = 0; i < WAIT_MS / 5 && poll(&order, 1, 0) != 1; i++) {
        pass(5);
    }
    assert_int_equal(sym_bus_receive(&f.gate, &message, &len), SYM_OK);
    assert_int_equal(sym_local_type(&type, &rest, sym_span(message, len)), SYM_OK);
    sym_bus_release(message);
    return type == wanted;
}

static void link_up(uint64_t number)
{
    static const uint8_t exporter[32] = {1};
    char name[32];
    const struct sym_gate_link_up up = {.link = number,
                                        .id = sym_span(f.partner.id.bytes, SYM_NODE_ID_BYTES),
                                        .exporter = sym_span(exporter, sizeof exporter),
                                        .address = sym_span_text("192.0.2.1:7701")};
    say(SYM_LOCAL_LINK_UP, &up);
    assert_true(hears(SYM_LOCAL_ACCEPT));
    (void)snprintf(name, sizeof name, "link-%u", (unsigned)number);
    connect_to(&f.pairs[number], name, SYM_FRAME_BYTES_MAX);
}

static void link_down(uint64_t number, enum sym_err result, uint64_t frames)
{
    const struct sym_gate_link_down down = {.link = number,
                                            .id = sym_span(f.partner.id.bytes, SYM_NODE_ID_BYTES),
                                            .result = (uint32_t)result,
                                            .fault = sym_span_text("closed the connection"),
                                            .frames = frames};
    say(SYM_LOCAL_LINK_DOWN, &down);
}

static void give(uint64_t number, char what)
{
    struct pollfd room = {.fd = sym_bus_send_fd(&f.pairs[number]), .events = POLLIN};
    uint8_t *frame = sym_bus_buffer(1000);
    memset(frame, what, 1000);
    assert_int_equal(poll(&room, 1, WAIT_MS), 1);
    assert_int_equal(sym_bus_send(&f.pairs[number], frame), SYM_OK);
}

static bool core_leaves(uint64_t number)
{
    for (int i = 0; i < WAIT_MS / 10 && sym_bus_connected(&f.pairs[number]); i++) {
        (void)usleep(10000);
    }
    return !sym_bus_connected(&f.pairs[number]);
}

static int set_up(void **state)
{
    (void)state;
    const struct sym_links_events events = {.listening = on_listening,
                                            .up = on_up,
                                            .down = on_down,
                                            .failed = on_failed,
                                            .frame = on_frame,
                                            .room = on_room,
                                            .wanted = on_wanted};
    struct sym_fault fault = {.text = ""};
    memset(&f, 0, sizeof f);
    f.gate = f.pairs[1] = f.pairs[2] = (struct sym_bus)SYM_BUS_CLOSED;
    scratch_new(&f.scratch);
    partner_open(&f.partner, "Bank B", NULL);
    f.peer.id = f.partner.id;
    f.peer.card = f.partner.card;
    f.peer.card.expires_s = INT64_MAX;
    f.pinned = &f.peer;
    f.peers = (struct sym_peers){.items = &f.pinned, .n = 1};
    assert_int_equal(sym_leash_new(f.leash), SYM_OK);
    assert_int_equal(sym_loop_new(&f.loop), SYM_OK);
    assert_int_equal(sym_loop_timer(f.loop, &f.clock, 1, on_clock, NULL), SYM_OK);
    const struct sym_links_config config = {.loop = f.loop,
                                            .peers = &f.peers,
                                            .leash = f.leash[0],
                                            .run_dir = f.scratch.path,
                                            .idle_ms = 1000};
    assert_int_equal(sym_links_new(&f.links, &config, &events, &fault), SYM_OK);
    connect_to(&f.gate, "gate", SYM_LOCAL_BYTES_MAX);
    assert_true(hears(SYM_LOCAL_CONFIGURE));
    assert_true(hears(SYM_LOCAL_PIN));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sym_links_free(f.links);
    sym_bus_close(&f.gate);
    sym_bus_close(&f.pairs[1]);
    sym_bus_close(&f.pairs[2]);
    sym_timer_remove(&f.clock);
    sym_loop_free(f.loop);
    (void)close(f.leash[0]);
    (void)close(f.leash[1]);
    partner_close(&f.partner);
    scratch_remove(&f.scratch);
    return 0;
}

static void hands_on_what_was_sent_before_the_link_went_down(void **state)
{
    (void)state;
    link_up(1);
    give(1, 'a');
    give(1, 'b');
    /* Core has read neither: the message of the other socket is first. */
    link_down(1, SYM_CLOSED, 2);
    expect("UabD");
    assert_string_equal(f.reason, "closed the connection");
    assert_ptr_equal(f.downed, f.link);
    assert_true(core_leaves(1));
}

static void awaits_frames_that_come_after_the_news(void **state)
{
    (void)state;
    link_up(1);
    give(1, 'a');
    expect("Ua");
    link_down(1, SYM_CLOSED, 8);
    expect_nothing(200);
    for (char c = 'b'; c <= 'h'; c++) {
        give(1, c);
    }
    expect("bcdefghD");
}

static void lets_go_at_once_when_all_has_come(void **state)
{
    (void)state;
    link_up(1);
    give(1, 'a');
    expect("Ua");
    link_down(1, SYM_CLOSED, 1);
    expect("D");
}

static void a_link_that_is_ending_is_no_longer_live(void **state)
{
    (void)state;
    uint8_t *frame = sym_bus_buffer(1);
    link_up(1);
    expect("U");
    assert_ptr_equal(sym_links_of(f.links, &f.partner.id), f.link);
    link_down(1, SYM_CLOSED, 1);
    expect_nothing(50);
    assert_null(sym_links_of(f.links, &f.partner.id));
    assert_int_equal(sym_links_count(f.links), 0);
    assert_int_equal(sym_links_state(f.links, &f.partner.id), SYM_LINK_NONE);
    assert_int_equal(sym_link_send(f.link, frame, 1), SYM_AGAIN);
    sym_bus_release(frame);
    sym_link_want_room(f.link);
    expect_nothing(50);
    give(1, 'a');
    expect("aD");
}

static void waits_no_longer_than_a_second_for_frames_that_do_not_come(void **state)
{
    (void)state;
    link_up(1);
    expect("U");
    link_down(1, SYM_CLOSED, UINT64_MAX);
    give(1, 'a');
    expect("a");
    clock_ms += 999;
    expect_nothing(100);
    clock_ms++;
    expect("D");
}

static void waits_no_longer_than_gate_keeps_its_end(void **state)
{
    (void)state;
    link_up(1);
    give(1, 'a');
    expect("Ua");
    link_down(1, SYM_CLOSED, 2);
    expect_nothing(100);
    sym_bus_close(&f.pairs[1]);
    expect("D");
}

static void what_this_node_has_ended_is_over_at_once(void **state)
{
    (void)state;
    link_up(1);
    expect("U");
    link_down(1, SYM_CANCELLED, 5);
    expect("D");
}

static void a_link_that_core_hangs_up_is_over_with_the_news(void **state)
{
    (void)state;
    link_up(1);
    expect("U");
    sym_link_hang_up(f.link);
    assert_true(hears(SYM_LOCAL_HANG_UP));
    link_down(1, SYM_CLOSED, 5);
    expect("D");
}

static void a_frame_that_makes_core_hang_up_ends_what_is_left(void **state)
{
    (void)state;
    link_up(1);
    expect("U");
    link_down(1, SYM_CLOSED, 5);
    expect_nothing(50);
    f.hangs_up = true;
    give(1, 'a');
    expect("aD");
}

static void removing_the_peer_ends_what_is_left_of_its_link(void **state)
{
    (void)state;
    link_up(1);
    expect("U");
    link_down(1, SYM_CLOSED, 5);
    expect_nothing(50);
    assert_int_equal(sym_links_unpin(f.links, &f.partner.id), SYM_OK);
    expect("D");
    assert_true(core_leaves(1));
}

static void news_of_a_link_whose_peer_was_removed_meanwhile_end_it(void **state)
{
    (void)state;
    link_up(1);
    expect("U");
    f.peers.n = 0;
    assert_int_equal(sym_links_unpin(f.links, &f.partner.id), SYM_OK);
    link_down(1, SYM_CLOSED, 5);
    expect("D");
}

static bool hears_nothing(void)
{
    struct pollfd order = {.fd = sym_bus_receive_fd(&f.gate), .events = POLLIN};
    pass(50);
    return poll(&order, 1, 0) == 0;
}

static void who_waits_for_a_link_that_went_is_linked_again(void **state)
{
    uint8_t packet[SYM_LEASH_BYTES_MAX];
    enum sym_leash_type type;
    size_t len = 0;
    (void)state;
    link_up(1);
    expect("U");
    link_down(1, SYM_CLOSED, 0);
    expect("D");
    assert_int_equal(sym_leash_receive(f.leash[1], &type, packet, sizeof packet, &len), SYM_AGAIN);
    link_up(2);
    expect("U");
    f.peer.card.n_endpoint = 1;
    (void)snprintf(f.peer.card.endpoint[0], SYM_ENDPOINT_BYTES, "b.example:7701");
    f.wanted = true;
    link_down(2, SYM_CLOSED, 0);
    expect("D");
    assert_int_equal(sym_leash_receive(f.leash[1], &type, packet, sizeof packet, &len), SYM_OK);
    assert_int_equal(type, SYM_LEASH_RESOLVE);
}

/* A node that was started while its clock was ahead took every card for one that has expired. */
static void a_peer_whose_card_holds_after_all_is_pinned_again(void **state)
{
    (void)state;
    f.peer.card.expires_s = 1;
    assert_int_equal(sym_links_pin(f.links, &f.peer), SYM_OK);
    assert_true(hears(SYM_LOCAL_UNPIN));
    sym_links_look(f.links);
    assert_true(hears_nothing());
    f.peer.card.expires_s = INT64_MAX;
    sym_links_look(f.links);
    assert_true(hears(SYM_LOCAL_PIN));
    sym_links_look(f.links);
    assert_true(hears_nothing());
}

static void a_link_that_is_replaced_is_over_at_once(void **state)
{
    (void)state;
    link_up(1);
    expect("U");
    struct sym_link *first = f.link;
    link_up(2);
    expect("DU");
    assert_ptr_equal(f.downed, first);
    assert_string_equal(f.reason, "replaced by a newer link");
    assert_true(core_leaves(1));
}

static void the_last_frames_come_although_the_peer_is_linked_again(void **state)
{
    (void)state;
    link_up(1);
    expect("U");
    struct sym_link *first = f.link;
    link_down(1, SYM_CLOSED, 1);
    link_up(2);
    expect("U");
    assert_ptr_equal(sym_links_of(f.links, &f.partner.id), f.link);
    assert_int_equal(sym_links_count(f.links), 1);
    give(2, 'b');
    expect("b");
    give(1, 'a');
    expect("aD");
    assert_ptr_equal(f.downed, first);
    assert_ptr_equal(sym_links_of(f.links, &f.partner.id), f.link);
}

static void news_of_no_link_are_harmless(void **state)
{
    (void)state;
    link_down(1, SYM_CLOSED, 0);
    link_up(1);
    expect("U");
    link_down(2, SYM_CLOSED, 0);
    link_down(1, SYM_CLOSED, 1);
    link_down(1, SYM_CANCELLED, 0);
    give(1, 'a');
    expect("aD");
    link_down(1, SYM_CLOSED, 1);
    expect_nothing(50);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hands_on_what_was_sent_before_the_link_went_down),
        TEST(awaits_frames_that_come_after_the_news),
        TEST(lets_go_at_once_when_all_has_come),
        TEST(a_link_that_is_ending_is_no_longer_live),
        TEST(waits_no_longer_than_a_second_for_frames_that_do_not_come),
        TEST(waits_no_longer_than_gate_keeps_its_end),
        TEST(what_this_node_has_ended_is_over_at_once),
        TEST(a_link_that_core_hangs_up_is_over_with_the_news),
        TEST(a_frame_that_makes_core_hang_up_ends_what_is_left),
        TEST(removing_the_peer_ends_what_is_left_of_its_link),
        TEST(news_of_a_link_whose_peer_was_removed_meanwhile_end_it),
        TEST(who_waits_for_a_link_that_went_is_linked_again),
        TEST(a_peer_whose_card_holds_after_all_is_pinned_again),
        TEST(a_link_that_is_replaced_is_over_at_once),
        TEST(the_last_frames_come_although_the_peer_is_linked_again),
        TEST(news_of_no_link_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
