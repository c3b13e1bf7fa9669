/* gate_scene.h - a gate with a hand-made peer that is pinned there, and two gates that know each
 * other: for the tests of one link. */
#ifndef SYM_TESTS_NODE_GATE_SCENE_H
#define SYM_TESTS_NODE_GATE_SCENE_H

#include "tests/support/gate_rig.h"
#include "tests/support/tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define A    0x10
#define B    0x20
#define PEER 0x40

/* A gate, and a hand-made peer that is pinned there. */
struct scene {
    struct gate_rig gate;
    struct tls_peer peer;
    SSL *ssl;
    struct sym_bus pair;
    uint64_t link;
};

static inline int set_up_bare(void **state)
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

static inline int set_up(void **state)
{
    gate_rig_wrap(true);
    return set_up_bare(state);
}

static inline int tear_down(void **state)
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

static inline void connect_peer(struct scene *s)
{
    s->ssl = tls_peer_connect(&s->peer, tls_peer_tcp(s->gate.port), NULL);
    assert_non_null(s->ssl);
}

/* The peer's connection becomes a link with a pair. */
static inline void link_up(struct scene *s)
{
    connect_peer(s);
    assert_true(tls_peer_hello(s->ssl));
    s->link = gate_rig_link(&s->gate, &s->pair);
}

static inline void say(struct scene *s, const void *bytes, size_t len)
{
    assert_int_equal(SSL_write(s->ssl, bytes, (int)len), (int)len);
}

/* The length in front of a frame. */
static inline void say_length(struct scene *s, uint64_t len)
{
    uint8_t head[8];
    sym_put_u64(head, len);
    say(s, head, sizeof head);
}

static inline void expect_no_event(struct scene *s, int wait_ms)
{
    struct rig_event event;
    assert_false(gate_rig_next(&s->gate, &event, wait_ms));
}

static inline void expect_closed(struct scene *s)
{
    char byte;
    assert_true(SSL_read(s->ssl, &byte, 1) <= 0);
}

static inline void meet(struct gate_rig *a, struct gate_rig *b)
{
    gate_rig_start(a, A, 0);
    gate_rig_start(b, B, 0);
    gate_rig_pin(a, B, b->pin);
    gate_rig_pin(b, A, a->pin);
    gate_rig_settle(b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
