/* Requests that are altered, cut off, unknown or too many; and bytes that are no requests. */
#include "tests/node/control_room.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

static void refuses_requests_with_any_byte_altered(void **state)
{
    (void)state;
    struct request good = signed_by(ALICE, SYM_VERB_STATUS, &nothing);
    for (size_t i = 0; i < good.len; i++) {
        good.bytes[i] ^= 0x10;
        struct reply got = ask(sym_span(good.bytes, good.len));
        assert_int_not_equal(got.result, SYM_OK);
        assert_true(got.message.fault.len > 20);
        reply_end(&got);
        good.bytes[i] ^= 0x10;
    }
    assert_int_equal(f.runs, 0);
    expect(good, SYM_OK, NULL);
}

static void refuses_requests_that_are_cut_off_or_longer_than_they_should_be(void **state)
{
    (void)state;
    struct request good = signed_by(ALICE, SYM_VERB_STATUS, &nothing);
    for (size_t len = 0; len < good.len; len++) {
        struct reply got = ask(sym_span(good.bytes, len));
        assert_int_not_equal(got.result, SYM_OK);
        reply_end(&got);
    }
    good.bytes[good.len] = 0;
    struct reply got = ask(sym_span(good.bytes, good.len + 1));
    assert_int_not_equal(got.result, SYM_OK);
    reply_end(&got);
    assert_int_equal(f.runs, 0);
    expect(good, SYM_OK, NULL);
}

static void refuses_a_signature_of_another_user_or_another_domain(void **state)
{
    (void)state;
    uint8_t nonce[SYM_NONCE_BYTES];
    uint8_t bytes[1024];
    uint8_t out[2048];
    uint8_t signature[SYM_SIGNATURE_BYTES];
    size_t len = 0;
    size_t out_len = 0;
    struct sym_control_body body = body_of(nonce, SYM_VERB_STATUS);
    assert_int_equal(sym_encode(bytes, sizeof bytes, &len, &sym_msg_control_body, &body), SYM_OK);
    const char *const domains[] = {SYM_DOMAIN_CONTROL, SYM_DOMAIN_REQUEST};
    const enum who signers[] = {ALICE, OLGA};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sym_sign(signature, &f.keys[signers[i]], domains[i], sym_span(bytes, len)),
                         SYM_OK);
        struct sym_control_request request = {
            .body = sym_span(bytes, len),
            .user = sym_span(f.keys[OLGA].public_key, SYM_ED25519_BYTES),
            .signature = sym_span(signature, sizeof signature)};
        assert_int_equal(sym_encode(out, sizeof out, &out_len, &sym_msg_control_request, &request),
                         SYM_OK);
        struct reply got = ask(sym_span(out, out_len));
        assert_int_equal(got.result, SYM_BAD_SIGNATURE);
        reply_end(&got);
    }
    assert_int_equal(f.runs, 0);
}

/* As a newer command line would. */
static void refuses_a_verb_that_it_does_not_know(void **state)
{
    (void)state;
    const uint64_t verbs[] = {0, SYM_VERB_COUNT, 200, UINT32_MAX};
    for (size_t i = 0; i < 4; i++) {
        uint8_t nonce[SYM_NONCE_BYTES];
        struct wire w;
        sym_random(nonce, sizeof nonce);
        wire_open(&w);
        wire_bytes(&w, 1, sym_span(f.self.bytes, sizeof f.self.bytes));
        wire_bytes(&w, 2, sym_span(nonce, sizeof nonce));
        wire_number(&w, 3, sym_wall_ms() + LIFE_MS);
        if (verbs[i] != 0) {
            wire_number(&w, 4, verbs[i]);
        }
        struct request r = signed_body(&f.keys[OLGA], wire_span(&w));
        struct reply got = ask(sym_span(r.bytes, r.len));
        assert_int_equal(got.result, SYM_BAD_VALUE);
        assert_true(says(&got, "the same version?"));
        reply_end(&got);
        request_end(&r);
        wire_close(&w);
    }
    assert_int_equal(f.runs, 0);
    still_serves();
}

static void refuses_arguments_that_do_not_decode_and_names_the_verb(void **state)
{
    (void)state;
    static const uint8_t junk[] = {0xff, 0xff, 0xff};
    static const uint8_t unknown_field[] = {0x7a, 0x01, 0x00};
    static const uint8_t alias_missing[] = {0};
    const struct sym_span bad[] = {sym_span(junk, sizeof junk),
                                   sym_span(unknown_field, sizeof unknown_field),
                                   sym_span(alias_missing, 0)};
    for (size_t i = 0; i < 3; i++) {
        uint8_t nonce[SYM_NONCE_BYTES];
        struct sym_control_body body = body_of(nonce, SYM_VERB_PEER_REMOVE);
        body.arguments = bad[i];
        struct request r = with_body(OLGA, &body);
        struct reply got = ask(sym_span(r.bytes, r.len));
        assert_int_not_equal(got.result, SYM_OK);
        assert_int_not_equal(got.result, SYM_DENIED);
        assert_true(says(&got, "PEER_REMOVE"));
        reply_end(&got);
        request_end(&r);
    }
    assert_int_equal(f.runs, 0);
    still_serves();
}

static void refuses_a_user_who_asks_too_often_but_not_the_operators(void **state)
{
    (void)state;
    uint64_t began_ms = sym_now_ms();
    for (unsigned i = 0; i < SYM_CONTROL_NONCES_PER_USER_MAX; i++) {
        expect(signed_by(ALICE, SYM_VERB_STATUS, &nothing), SYM_OK, NULL);
    }
    if (sym_now_ms() - began_ms > LIFE_MS / 2) {
        print_message("SKIP: too slow here to ask 1,024 times within a minute\n");
        skip();
    }
    expect(signed_by(ALICE, SYM_VERB_STATUS, &nothing), SYM_LIMIT, "try again later");
    expect(signed_by(OTTO, SYM_VERB_STATUS, &nothing), SYM_OK, NULL);
    for (unsigned i = 0; i < SYM_CONTROL_NONCES_PER_USER_MAX + 1; i++) {
        expect(signed_by(OLGA, SYM_VERB_STATUS, &nothing), SYM_OK, NULL);
    }
}

/* What no command line sends. */

static int connect_raw(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_true(snprintf(address.sun_path, sizeof address.sun_path, "%s/control", f.room.dir) <
                (int)sizeof address.sun_path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_raw(struct sym_span bytes)
{
    int fd = connect_raw();
    (void)send(fd, bytes.data, bytes.len, MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
    uint8_t sink[256];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (poll(&p, 1, 20) > 0 && read(fd, sink, sizeof sink) > 0) {
    }
    (void)close(fd);
}

/* One thing it does not survive: nanomsg ends the process at a message whose first byte is not 1.
 * Who can open the socket is the node's own user, or gate. */
static void survives_bytes_that_are_not_of_its_protocol(void **state)
{
    (void)state;
    static const uint8_t greeting[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0}; /* REQ */
    uint8_t bytes[300];
    for (size_t i = 0; i < 30; i++) {
        sym_random(bytes, sizeof bytes);
        send_raw(sym_span(bytes, i));
        memcpy(bytes, greeting, sizeof greeting);
        bytes[8] = 1;
        send_raw(sym_span(bytes, 8 + i * 9));
    }
    still_serves();
    assert_int_equal(f.runs, 1);
}

static void survives_messages_without_or_with_odd_headers(void **state)
{
    (void)state;
    static const uint8_t greeting[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
    for (uint64_t len = 0; len < 80; len++) {
        uint8_t bytes[8 + 9 + 80];
        memcpy(bytes, greeting, sizeof greeting);
        bytes[8] = 1; /* nanomsg's mark of a message */
        sym_put_u64(bytes + 9, len);
        memset(bytes + 17, len % 2 == 0 ? 0 : 0x80, 80);
        send_raw(sym_span(bytes, 17 + len));
    }
    still_serves();
}

static void survives_claims_of_enormous_lengths(void **state)
{
    (void)state;
    static const uint8_t greeting[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
    const uint64_t lens[] = {SYM_CONTROL_BYTES_MAX + 100000, 1ull << 32, 1ull << 62, UINT64_MAX};
    for (size_t i = 0; i < 4; i++) {
        uint8_t bytes[17 + 64] = {0};
        memcpy(bytes, greeting, sizeof greeting);
        bytes[8] = 1;
        sym_put_u64(bytes + 9, lens[i]);
        send_raw(sym_span(bytes, sizeof bytes));
    }
    still_serves();
}

static void does_not_answer_a_request_that_is_too_large_and_goes_on(void **state)
{
    (void)state;
    uint8_t *large = calloc(1, SYM_CONTROL_BYTES_MAX + 4096);
    uint8_t *bytes = NULL;
    size_t len = 0;
    assert_non_null(large);
    assert_int_not_equal(
        sym_bus_ask(&f.client, sym_span(large, SYM_CONTROL_BYTES_MAX + 4096), &bytes, &len, 300),
        SYM_OK);
    sym_bus_close(&f.client);
    connect_client();
    still_serves();
    struct reply got = ask(sym_span(large, SYM_CONTROL_BYTES_MAX));
    assert_int_not_equal(got.result, SYM_OK);
    reply_end(&got);
    free(large);
    assert_int_equal(f.runs, 1);
}

static void refuses_a_run_directory_whose_path_is_too_long(void **state)
{
    (void)state;
    struct sym_control *control = NULL;
    struct sym_fault fault = {.text = ""};
    char path[200];
    memset(path, 'r', sizeof path);
    path[sizeof path - 1] = '\0';
    struct sym_control_config config = {.loop = f.loop, .run_dir = path};
    assert_int_equal(sym_control_new(&control, &config, &fault), SYM_TOO_LONG);
    config.run_dir = room_path(&f.room, "absent");
    assert_int_not_equal(sym_control_new(&control, &config, &fault), SYM_OK);
    assert_non_null(strstr(fault.text, "absent"));
    assert_null(control);
    sym_control_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_requests_with_any_byte_altered),
        TEST(refuses_requests_that_are_cut_off_or_longer_than_they_should_be),
        TEST(refuses_a_signature_of_another_user_or_another_domain),
        TEST(refuses_a_verb_that_it_does_not_know),
        TEST(refuses_arguments_that_do_not_decode_and_names_the_verb),
        TEST(refuses_a_user_who_asks_too_often_but_not_the_operators),
        TEST(survives_bytes_that_are_not_of_its_protocol),
        TEST(survives_messages_without_or_with_odd_headers),
        TEST(survives_claims_of_enormous_lengths),
        TEST(does_not_answer_a_request_that_is_too_large_and_goes_on),
        TEST(refuses_a_run_directory_whose_path_is_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
