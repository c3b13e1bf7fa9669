/* The small parts of gate that need no process: addresses, the pin table. */
#include "node/gate/address.h"
#include "node/gate/pins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void expect_same_text(const char *text)
{
    struct sym_address a;
    char back[SYM_ADDRESS_BYTES];
    assert_int_equal(sym_address_parse(&a, sym_span_text(text)), SYM_OK);
    sym_address_text(back, &a);
    assert_string_equal(back, text);
}

static void reads_and_writes_numeric_addresses(void **state)
{
    (void)state;
    expect_same_text("127.0.0.1:7701");
    expect_same_text("0.0.0.0:0");
    expect_same_text("255.255.255.255:65535");
    expect_same_text("[::1]:7701");
    expect_same_text("[::]:0");
    expect_same_text("[2001:db8::42]:443");
    expect_same_text("[::ffff:192.0.2.1]:443");
}

static void refuses_what_is_no_numeric_address(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        ":",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        ":7701",
        "1.2.3:7701",
        "127.0.0.1:-1",
        "127.0.0.1:+1",
        "127.0.0.1: 1",
        "[::1]",
        "::1:7701",
        "[::1:7701",
        "[]:1",
        "[::1]7701",
        "[:1",
        "localhost:1",
        "127.0.0.1:000001",
        "[127.0.0.1]:7701",
        "[::1%lo]:1",
        "1.2.3.4.5:1",
        " 127.0.0.1:1",
        "127.0.0.1:1 ",
        "010.0.0.1:1",
    };
    struct sym_address a;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (sym_address_parse(&a, sym_span_text(texts[i])) != SYM_BAD_FORMAT) {
            fail_msg("%s was taken", texts[i]);
        }
    }
    assert_int_equal(sym_address_parse(&a, sym_span("127.0.0.1\0:1", 12)), SYM_BAD_FORMAT);
    assert_int_equal(sym_address_parse(&a, sym_span("127.0.0.1:1\0x", 13)), SYM_BAD_FORMAT);
    char endless[400];
    memset(endless, '1', sizeof endless);
    endless[sizeof endless - 2] = ':';
    assert_int_equal(sym_address_parse(&a, sym_span(endless, sizeof endless)), SYM_BAD_FORMAT);
}

static void expect_party(const char *x, const char *y, bool same)
{
    struct sym_address a;
    struct sym_address b;
    assert_int_equal(sym_address_parse(&a, sym_span_text(x)), SYM_OK);
    assert_int_equal(sym_address_parse(&b, sym_span_text(y)), SYM_OK);
    assert_int_equal(sym_address_same_party(&a, &b), same);
    assert_int_equal(sym_address_same_party(&b, &a), same);
}

static void counts_an_ipv4_address_and_an_ipv6_network_as_one_party(void **state)
{
    (void)state;
    expect_party("192.0.2.1:1", "192.0.2.1:2", true);
    expect_party("192.0.2.1:1", "192.0.2.2:1", false);
    expect_party("[2001:db8::1]:1", "[2001:db8::ffff:1]:2", true);
    expect_party("[2001:db8::1]:1", "[2001:db8:0:1::1]:1", false);
    expect_party("[::ffff:192.0.2.1]:1", "192.0.2.1:1", true);
    expect_party("[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:1", false);
    expect_party("[::1]:1", "127.0.0.1:1", false);
}

static void listens_where_it_is_told(void **state)
{
    (void)state;
    struct sym_address chosen;
    struct sym_address again;
    struct sym_fault fault;
    char text[SYM_ADDRESS_BYTES];
    int fd = -1;
    int second = -1;
    assert_int_equal(sym_address_listen(&fd, &chosen, sym_span_text("127.0.0.1:0"), &fault),
                     SYM_OK);
    sym_address_text(text, &chosen);
    assert_string_not_equal(text, "127.0.0.1:0");
    assert_int_equal(sym_address_listen(&second, &again, sym_span_text(text), &fault), SYM_IN_USE);
    assert_int_equal(second, -1);
    assert_non_null(strstr(fault.text, text));
    assert_int_equal(sym_address_connect(&second, &chosen), SYM_OK);
    assert_int_equal(close(second), 0);
    assert_int_equal(close(fd), 0);
}

static void fill(uint8_t out[32], unsigned n)
{
    memset(out, 0, 32);
    out[0] = (uint8_t)n;
    out[31] = (uint8_t)(n >> 8);
}

static struct sym_pinned *set(struct sym_pins *t, unsigned id_n, unsigned pin_a, unsigned pin_b)
{
    uint8_t id[32];
    uint8_t a[32];
    uint8_t b[32];
    struct sym_pinned *peer = NULL;
    fill(id, id_n);
    fill(a, pin_a);
    fill(b, pin_b);
    const struct sym_span pins[] = {sym_span(a, 32), sym_span(b, 32)};
    assert_int_equal(sym_pins_set(t, &peer, id, pins, pin_b == 0 ? 1 : 2), SYM_OK);
    return peer;
}

static struct sym_pinned *find(const struct sym_pins *t, unsigned pin_n)
{
    uint8_t pin[32];
    fill(pin, pin_n);
    return sym_pins_by_pin(t, pin);
}

static void finds_a_peer_by_either_pin_and_by_id(void **state)
{
    (void)state;
    static struct sym_pins t;
    uint8_t id[32];
    struct sym_pinned *one = set(&t, 1, 101, 102);
    struct sym_pinned *two = set(&t, 2, 201, 0);
    assert_ptr_equal(find(&t, 101), one);
    assert_ptr_equal(find(&t, 102), one);
    assert_ptr_equal(find(&t, 201), two);
    fill(id, 2);
    assert_ptr_equal(sym_pins_by_id(&t, id), two);
    sym_pins_clear(&t);
}

static void does_not_find_what_is_not_pinned(void **state)
{
    (void)state;
    static struct sym_pins t;
    uint8_t id[32];
    assert_null(find(&t, 1));
    (void)set(&t, 1, 101, 0);
    /* The slot that is not used holds zeros, which are no pin. */
    assert_null(find(&t, 0));
    assert_null(find(&t, 102));
    fill(id, 9);
    assert_null(sym_pins_by_id(&t, id));
    sym_pins_clear(&t);
}

static void replaces_and_forgets_pins(void **state)
{
    (void)state;
    static struct sym_pins t;
    struct sym_pinned *one = set(&t, 1, 101, 102);
    assert_ptr_equal(set(&t, 1, 103, 0), one);
    assert_null(find(&t, 101));
    assert_null(find(&t, 102));
    assert_ptr_equal(find(&t, 103), one);
    (void)set(&t, 2, 201, 0);
    sym_pins_remove(&t, one);
    assert_null(find(&t, 103));
    assert_non_null(find(&t, 201));
    assert_int_equal(t.n, 1);
    sym_pins_clear(&t);
    assert_int_equal(t.n, 0);
}

static void refuses_a_pin_that_another_peer_holds(void **state)
{
    (void)state;
    static struct sym_pins t;
    uint8_t id[32];
    uint8_t pin[32];
    struct sym_pinned *peer = NULL;
    struct sym_pinned *one = set(&t, 1, 101, 0);
    fill(id, 2);
    fill(pin, 101);
    const struct sym_span pins[] = {sym_span(pin, 32)};
    assert_int_equal(sym_pins_set(&t, &peer, id, pins, 1), SYM_EXISTS);
    assert_null(sym_pins_by_id(&t, id));
    assert_ptr_equal(find(&t, 101), one);
    sym_pins_clear(&t);
}

static void refuses_more_peers_than_the_limit(void **state)
{
    (void)state;
    static struct sym_pins t;
    uint8_t id[32];
    uint8_t pin[32];
    struct sym_pinned *peer = NULL;
    for (unsigned i = 1; i <= SYM_PEERS_MAX; i++) {
        (void)set(&t, i, 10000 + i, 0);
    }
    fill(id, SYM_PEERS_MAX + 1);
    fill(pin, 9);
    const struct sym_span pins[] = {sym_span(pin, 32)};
    assert_int_equal(sym_pins_set(&t, &peer, id, pins, 1), SYM_LIMIT);
    /* One that is known may still change. */
    assert_non_null(set(&t, 1, 9, 0));
    sym_pins_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_numeric_addresses),
        cmocka_unit_test(refuses_what_is_no_numeric_address),
        cmocka_unit_test(counts_an_ipv4_address_and_an_ipv6_network_as_one_party),
        cmocka_unit_test(listens_where_it_is_told),
        cmocka_unit_test(finds_a_peer_by_either_pin_and_by_id),
        cmocka_unit_test(does_not_find_what_is_not_pinned),
        cmocka_unit_test(replaces_and_forgets_pins),
        cmocka_unit_test(refuses_a_pin_that_another_peer_holds),
        cmocka_unit_test(refuses_more_peers_than_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
