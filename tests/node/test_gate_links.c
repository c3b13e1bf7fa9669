/* One link of a real gate: how it comes up, and what it carries and refuses; the peer is a gate
 * too, or hostile. */
#include "tests/node/gate_scene.h"

#include <unistd.h>

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
