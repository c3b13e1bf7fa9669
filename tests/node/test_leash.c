/* runner: clock */
#include "node/leash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/loop.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];

static int open_leash(void **state)
{
    (void)state;
    return sym_leash_new(ends) == SYM_OK ? 0 : -1;
}

static int close_leash(void **state)
{
    (void)state;
    (void)close(ends[0]);
    (void)close(ends[1]);
    return 0;
}

struct received {
    enum sym_leash_type type;
    uint8_t bytes[SYM_LEASH_BYTES_MAX];
    size_t len;
};

static enum sym_err receive(struct received *r)
{
    return sym_leash_receive(ends[1], &r->type, r->bytes, sizeof r->bytes, &r->len);
}

static void packets_arrive_whole_and_in_order(void **state)
{
    struct received r;
    uint8_t largest[SYM_LEASH_BYTES_MAX];
    (void)state;
    memset(largest, 'x', sizeof largest);
    assert_int_equal(sym_leash_send(ends[0], SYM_LEASH_LISTEN, sym_span_text("here")), SYM_OK);
    assert_int_equal(sym_leash_send(ends[0], SYM_LEASH_FAULT, sym_span(largest, sizeof largest)),
                     SYM_OK);
    assert_int_equal(sym_leash_send(ends[0], SYM_LEASH_STOP, sym_span(NULL, 0)), SYM_OK);

    assert_int_equal(receive(&r), SYM_OK);
    assert_int_equal(r.type, SYM_LEASH_LISTEN);
    assert_int_equal(r.len, 4);
    assert_memory_equal(r.bytes, "here", 4);
    assert_int_equal(receive(&r), SYM_OK);
    assert_int_equal(r.type, SYM_LEASH_FAULT);
    assert_int_equal(r.len, sizeof largest);
    assert_memory_equal(r.bytes, largest, sizeof largest);
    assert_int_equal(receive(&r), SYM_OK);
    assert_int_equal(r.type, SYM_LEASH_STOP);
    assert_int_equal(r.len, 0);
}

static void both_ends_send(void **state)
{
    struct received r;
    (void)state;
    assert_int_equal(sym_leash_send(ends[1], SYM_LEASH_READY, sym_span_text("a")), SYM_OK);
    assert_int_equal(sym_leash_receive(ends[0], &r.type, r.bytes, sizeof r.bytes, &r.len), SYM_OK);
    assert_int_equal(r.type, SYM_LEASH_READY);
}

static void nothing_to_receive_does_not_wait(void **state)
{
    struct received r;
    (void)state;
    assert_int_equal(receive(&r), SYM_AGAIN);
}

static void a_leash_that_was_let_go_is_closed(void **state)
{
    struct received r;
    (void)state;
    (void)close(ends[0]);
    assert_int_equal(receive(&r), SYM_CLOSED);
    assert_int_equal(sym_leash_send(ends[1], SYM_LEASH_READY, sym_span_text("a")), SYM_CLOSED);
    ends[0] = -1;
}

static void what_was_sent_before_the_end_arrives(void **state)
{
    struct received r;
    (void)state;
    assert_int_equal(sym_leash_send(ends[0], SYM_LEASH_FAULT, sym_span_text("why")), SYM_OK);
    (void)close(ends[0]);
    assert_int_equal(receive(&r), SYM_OK);
    assert_int_equal(r.len, 3);
    assert_int_equal(receive(&r), SYM_CLOSED);
    ends[0] = -1;
}

static void refuses_to_send_more_than_the_limit(void **state)
{
    static uint8_t large[SYM_LEASH_BYTES_MAX + 1];
    struct received r;
    (void)state;
    assert_int_equal(sym_leash_send(ends[0], SYM_LEASH_FAULT, sym_span(large, sizeof large)),
                     SYM_TOO_LONG);
    assert_int_equal(receive(&r), SYM_AGAIN);
}

static void refuses_a_packet_beyond_the_limit(void **state)
{
    static uint8_t large[SYM_LEASH_BYTES_MAX + 2] = {SYM_LEASH_FAULT};
    static uint8_t room[2 * SYM_LEASH_BYTES_MAX];
    enum sym_leash_type type;
    size_t len = 0;
    (void)state;
    assert_int_equal(send(ends[0], large, sizeof large, 0), sizeof large);
    assert_int_equal(sym_leash_receive(ends[1], &type, room, sizeof room, &len), SYM_TOO_LONG);
}

static void refuses_a_packet_that_does_not_fit_and_goes_on_behind_it(void **state)
{
    struct received r;
    uint8_t small[4];
    (void)state;
    assert_int_equal(sym_leash_send(ends[0], SYM_LEASH_LISTEN, sym_span_text("12345")), SYM_OK);
    assert_int_equal(sym_leash_send(ends[0], SYM_LEASH_LISTEN, sym_span_text("1234")), SYM_OK);
    assert_int_equal(sym_leash_receive(ends[1], &r.type, small, sizeof small, &r.len),
                     SYM_TOO_LONG);
    assert_int_equal(sym_leash_receive(ends[1], &r.type, small, sizeof small, &r.len), SYM_OK);
    assert_int_equal(r.len, 4);
}

static void refuses_types_that_do_not_exist(void **state)
{
    const uint8_t types[] = {0, SYM_LEASH_STOP + 1, 0xff};
    struct received r;
    (void)state;
    for (size_t i = 0; i < sizeof types; i++) {
        assert_int_equal(send(ends[0], &types[i], 1, 0), 1);
        assert_int_equal(receive(&r), SYM_BAD_FORMAT);
    }
}

static void takes_no_descriptor(void **state)
{
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {.room = {0}};
    uint8_t byte = SYM_LEASH_STOP;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr packet = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.room,
                            .msg_controllen = sizeof control.room};
    struct cmsghdr *head = CMSG_FIRSTHDR(&packet);
    struct received r;
    int next = dup(0);
    (void)state;
    (void)close(next);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &ends[0], sizeof(int));
    assert_int_equal(sendmsg(ends[0], &packet, 0), 1);
    assert_int_equal(receive(&r), SYM_OK);
    int now = dup(0);
    assert_int_equal(now, next);
    (void)close(now);
}

static void a_send_that_nobody_takes_ends(void **state)
{
    static uint8_t large[SYM_LEASH_BYTES_MAX];
    uint64_t began_ms = sym_now_ms();
    enum sym_err err = SYM_OK;
    (void)state;
    for (int i = 0; i < 10000 && err == SYM_OK; i++) {
        err = sym_leash_send(ends[0], SYM_LEASH_FAULT, sym_span(large, sizeof large));
    }
    assert_int_equal(err, SYM_TIMEOUT);
    assert_in_range(sym_now_ms() - began_ms, SYM_LEASH_WAIT_MS, 10 * SYM_LEASH_WAIT_MS);
}

/* Keys */

static void make_keys(struct sym_node_keys *keys, bool next)
{
    assert_int_equal(sym_node_keys_new(keys), SYM_OK);
    if (next) {
        assert_int_equal(sym_exchange_key_new(&keys->exchange[1]), SYM_OK);
        assert_int_equal(sym_sign_key_new(&keys->tls[1]), SYM_OK);
    }
}

static void assert_same(const struct sym_secret *a, const struct sym_secret *b)
{
    assert_int_equal(a->len, 32);
    assert_int_equal(b->len, 32);
    assert_memory_equal(a->data, b->data, 32);
}

static void keys_travel(bool next)
{
    struct sym_node_keys keys = {.storage = {0}};
    struct sym_node_keys read = {.storage = {0}};
    uint8_t bytes[SYM_LEASH_KEYS_BYTES];
    make_keys(&keys, next);
    assert_int_equal(sym_leash_keys_write(bytes, &keys), SYM_OK);
    assert_int_equal(sym_leash_keys_read(&read, sym_span(bytes, sizeof bytes)), SYM_OK);
    assert_same(&read.identity.seed, &keys.identity.seed);
    assert_same(&read.log.seed, &keys.log.seed);
    assert_same(&read.cosign.seed, &keys.cosign.seed);
    assert_same(&read.storage, &keys.storage);
    assert_same(&read.exchange[0].private_key, &keys.exchange[0].private_key);
    assert_memory_equal(read.identity.public_key, keys.identity.public_key, 32);
    assert_memory_equal(read.exchange[0].public_key, keys.exchange[0].public_key, 32);
    if (next) {
        assert_same(&read.exchange[1].private_key, &keys.exchange[1].private_key);
    } else {
        assert_int_equal(read.exchange[1].private_key.len, 0);
    }
    assert_int_equal(read.tls[0].seed.len, 0);
    assert_int_equal(read.tls[1].seed.len, 0);
    sym_node_keys_clear(&keys);
    sym_node_keys_clear(&read);
}

static void core_gets_all_keys_but_those_of_tls(void **state)
{
    (void)state;
    keys_travel(false);
    keys_travel(true);
}

/* The layout is a promise of leash.h: checked here by hand. */
static void keys_lie_where_the_header_says(void **state)
{
    struct sym_node_keys keys = {.storage = {0}};
    uint8_t bytes[SYM_LEASH_KEYS_BYTES];
    (void)state;
    make_keys(&keys, true);
    assert_int_equal(sym_leash_keys_write(bytes, &keys), SYM_OK);
    assert_int_equal(bytes[0], 1);
    assert_memory_equal(bytes + 1, keys.identity.seed.data, 32);
    assert_memory_equal(bytes + 33, keys.log.seed.data, 32);
    assert_memory_equal(bytes + 65, keys.cosign.seed.data, 32);
    assert_memory_equal(bytes + 97, keys.storage.data, 32);
    assert_memory_equal(bytes + 129, keys.exchange[0].private_key.data, 32);
    assert_int_equal(bytes[161], 1);
    assert_memory_equal(bytes + 162, keys.exchange[1].private_key.data, 32);
    for (size_t i = 0; i + 32 <= sizeof bytes; i++) {
        assert_memory_not_equal(bytes + i, keys.tls[0].seed.data, 32);
        assert_memory_not_equal(bytes + i, keys.tls[1].seed.data, 32);
    }
    sym_node_keys_clear(&keys);
}

static void refuses_keys_of_another_length_version_or_mark(void **state)
{
    struct sym_node_keys keys = {.storage = {0}};
    struct sym_node_keys read = {.storage = {0}};
    uint8_t bytes[SYM_LEASH_KEYS_BYTES + 1] = {0};
    (void)state;
    make_keys(&keys, true);
    assert_int_equal(sym_leash_keys_write(bytes, &keys), SYM_OK);
    sym_node_keys_clear(&keys);
    assert_int_equal(sym_leash_keys_read(&read, sym_span(bytes, SYM_LEASH_KEYS_BYTES - 1)),
                     SYM_BAD_FORMAT);
    assert_int_equal(sym_leash_keys_read(&read, sym_span(bytes, SYM_LEASH_KEYS_BYTES + 1)),
                     SYM_BAD_FORMAT);
    assert_int_equal(sym_leash_keys_read(&read, sym_span(bytes, 0)), SYM_BAD_FORMAT);
    bytes[0] = 2;
    assert_int_equal(sym_leash_keys_read(&read, sym_span(bytes, SYM_LEASH_KEYS_BYTES)),
                     SYM_BAD_VERSION);
    bytes[0] = 1;
    bytes[161] = 2;
    assert_int_equal(sym_leash_keys_read(&read, sym_span(bytes, SYM_LEASH_KEYS_BYTES)),
                     SYM_BAD_FORMAT);
    assert_int_equal(read.identity.seed.len, 0);
    assert_int_equal(read.storage.len, 0);
}

static void refuses_to_send_keys_that_are_absent(void **state)
{
    struct sym_node_keys keys = {.storage = {0}};
    uint8_t bytes[SYM_LEASH_KEYS_BYTES];
    (void)state;
    make_keys(&keys, false);
    sym_sign_key_clear(&keys.log);
    assert_int_equal(sym_leash_keys_write(bytes, &keys), SYM_BAD_FORMAT);
    sym_node_keys_clear(&keys);
}

int main(void)
{
    const struct CMUnitTest packets[] = {
        cmocka_unit_test_setup_teardown(packets_arrive_whole_and_in_order, open_leash, close_leash),
        cmocka_unit_test_setup_teardown(both_ends_send, open_leash, close_leash),
        cmocka_unit_test_setup_teardown(nothing_to_receive_does_not_wait, open_leash, close_leash),
        cmocka_unit_test_setup_teardown(a_leash_that_was_let_go_is_closed, open_leash, close_leash),
        cmocka_unit_test_setup_teardown(what_was_sent_before_the_end_arrives, open_leash,
                                        close_leash),
        cmocka_unit_test_setup_teardown(refuses_to_send_more_than_the_limit, open_leash,
                                        close_leash),
        cmocka_unit_test_setup_teardown(refuses_a_packet_beyond_the_limit, open_leash, close_leash),
        cmocka_unit_test_setup_teardown(refuses_a_packet_that_does_not_fit_and_goes_on_behind_it,
                                        open_leash, close_leash),
        cmocka_unit_test_setup_teardown(refuses_types_that_do_not_exist, open_leash, close_leash),
        cmocka_unit_test_setup_teardown(takes_no_descriptor, open_leash, close_leash),
        cmocka_unit_test_setup_teardown(a_send_that_nobody_takes_ends, open_leash, close_leash),
        cmocka_unit_test(core_gets_all_keys_but_those_of_tls),
        cmocka_unit_test(keys_lie_where_the_header_says),
        cmocka_unit_test(refuses_keys_of_another_length_version_or_mark),
        cmocka_unit_test(refuses_to_send_keys_that_are_absent),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests_name("leash", packets, NULL, NULL);
}
