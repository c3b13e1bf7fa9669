#include "proto/bus.h"

#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT   1048576u
#define WAIT_MS 30000

static char dir[64];
static char url[100];

static int make_directory(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(dir, sizeof dir, "%s/bus-XXXXXX", tmp == NULL ? "/tmp" : tmp);
    if (mkdtemp(dir) == NULL) {
        return -1;
    }
    (void)snprintf(url, sizeof url, "ipc://%s/pair", dir);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(dir);
}

static bool ready(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, timeout_ms) == 1;
}

static void open_two(struct sym_bus *bound, struct sym_bus *connected, size_t limit)
{
    assert_int_equal(sym_bus_open(bound, SYM_BUS_PAIR, limit), SYM_OK);
    assert_int_equal(sym_bus_open(connected, SYM_BUS_PAIR, limit), SYM_OK);
    assert_int_equal(sym_bus_bind(bound, url), SYM_OK);
    assert_int_equal(sym_bus_connect(connected, url), SYM_OK);
    assert_true(ready(sym_bus_send_fd(connected), WAIT_MS));
    assert_true(ready(sym_bus_send_fd(bound), WAIT_MS));
}

static void send_filled(struct sym_bus *b, size_t len, uint8_t fill)
{
    uint8_t *buffer = sym_bus_buffer(len);
    assert_non_null(buffer);
    memset(buffer, fill, len);
    assert_true(ready(sym_bus_send_fd(b), WAIT_MS));
    assert_int_equal(sym_bus_send(b, buffer), SYM_OK);
}

static void expect_filled(struct sym_bus *b, size_t len, uint8_t fill)
{
    uint8_t *buffer = NULL;
    size_t got = 0;
    assert_true(ready(sym_bus_receive_fd(b), WAIT_MS));
    assert_int_equal(sym_bus_receive(b, &buffer, &got), SYM_OK);
    assert_int_equal(got, len);
    for (size_t i = 0; i < len; i++) {
        if (buffer[i] != fill) {
            fail_msg("byte %zu is %u", i, buffer[i]);
        }
    }
    sym_bus_release(buffer);
}

static void carries_messages_both_ways_up_to_the_limit(void **state)
{
    (void)state;
    struct sym_bus a = SYM_BUS_CLOSED;
    struct sym_bus b = SYM_BUS_CLOSED;
    open_two(&a, &b, LIMIT);
    assert_true(sym_bus_connected(&a));
    assert_true(sym_bus_connected(&b));

    send_filled(&a, 1, 1);
    expect_filled(&b, 1, 1);
    send_filled(&b, LIMIT, 2);
    expect_filled(&a, LIMIT, 2);
    send_filled(&b, 0, 0);
    expect_filled(&a, 0, 0);

    sym_bus_close(&a);
    sym_bus_close(&b);
}

static void says_that_nothing_has_arrived(void **state)
{
    (void)state;
    struct sym_bus a = SYM_BUS_CLOSED;
    struct sym_bus b = SYM_BUS_CLOSED;
    uint8_t *buffer = NULL;
    size_t len = 0;
    open_two(&a, &b, LIMIT);
    assert_int_equal(sym_bus_receive(&a, &buffer, &len), SYM_AGAIN);
    assert_false(ready(sym_bus_receive_fd(&a), 0));
    sym_bus_close(&a);
    sym_bus_close(&b);
}

static void keeps_the_buffer_when_nobody_takes_it(void **state)
{
    (void)state;
    struct sym_bus a = SYM_BUS_CLOSED;
    assert_int_equal(sym_bus_open(&a, SYM_BUS_PAIR, LIMIT), SYM_OK);
    assert_int_equal(sym_bus_bind(&a, url), SYM_OK);
    uint8_t *buffer = sym_bus_buffer(10);
    assert_int_equal(sym_bus_send(&a, buffer), SYM_AGAIN);
    assert_false(ready(sym_bus_send_fd(&a), 0));
    sym_bus_release(buffer);
    sym_bus_close(&a);
}

static void stops_taking_messages_from_a_sender_that_is_not_read(void **state)
{
    (void)state;
    struct sym_bus a = SYM_BUS_CLOSED;
    struct sym_bus b = SYM_BUS_CLOSED;
    unsigned taken = 0;
    open_two(&a, &b, LIMIT);
    while (ready(sym_bus_send_fd(&a), 200)) {
        assert_in_range(++taken, 1, 8);
        send_filled(&a, LIMIT, 7);
    }
    for (unsigned i = 0; i < taken; i++) {
        expect_filled(&b, LIMIT, 7);
    }
    assert_true(ready(sym_bus_send_fd(&a), WAIT_MS));
    sym_bus_close(&a);
    sym_bus_close(&b);
}

static void refuses_a_message_above_the_limit(void **state)
{
    (void)state;
    struct sym_bus a = SYM_BUS_CLOSED;
    struct sym_bus b = SYM_BUS_CLOSED;
    uint8_t *buffer = NULL;
    size_t len = 0;
    open_two(&a, &b, 100);
    send_filled(&a, 101, 1);
    assert_true(ready(sym_bus_receive_fd(&b), WAIT_MS));
    assert_int_equal(sym_bus_receive(&b, &buffer, &len), SYM_TOO_LONG);
    assert_null(buffer);
    sym_bus_close(&a);
    sym_bus_close(&b);
}

static void drops_a_message_far_above_the_limit(void **state)
{
    (void)state;
    struct sym_bus a = SYM_BUS_CLOSED;
    struct sym_bus b = SYM_BUS_CLOSED;
    open_two(&a, &b, 100);
    send_filled(&a, 5000, 1);
    assert_false(ready(sym_bus_receive_fd(&b), 300));
    sym_bus_close(&a);
    sym_bus_close(&b);
}

/* nanomsg does not survive a fork: the other process runs this program again, as role. */
static pid_t start_other(const char *role)
{
    pid_t child = fork();
    if (child == 0) {
        /* The link itself may stand for a tool that runs the test. */
        char self[PATH_MAX] = "";
        (void)!readlink("/proc/self/exe", self, sizeof self - 1);
        (void)execl(self, "test_bus", role, url, (char *)NULL);
        _exit(127);
    }
    return child;
}

static void expect_success_of(pid_t child)
{
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* The role that takes one message and dies. */
static int take_one(void)
{
    struct sym_bus b = SYM_BUS_CLOSED;
    uint8_t *buffer = NULL;
    size_t len = 0;
    bool done = sym_bus_open(&b, SYM_BUS_PAIR, LIMIT) == SYM_OK &&
                sym_bus_connect(&b, url) == SYM_OK && ready(sym_bus_receive_fd(&b), WAIT_MS) &&
                sym_bus_receive(&b, &buffer, &len) == SYM_OK && len == 1;
    _exit(done ? 0 : 1);
}

static void notices_that_the_other_process_died_and_serves_its_successor(void **state)
{
    (void)state;
    struct sym_bus a = SYM_BUS_CLOSED;
    assert_int_equal(sym_bus_open(&a, SYM_BUS_PAIR, LIMIT), SYM_OK);
    assert_int_equal(sym_bus_bind(&a, url), SYM_OK);
    for (int turn = 0; turn < 2; turn++) {
        pid_t child = start_other("take-one");
        send_filled(&a, 1, 1);
        expect_success_of(child);
        for (int i = 0; i < WAIT_MS && sym_bus_connected(&a); i++) {
            (void)usleep(1000);
        }
        assert_false(sym_bus_connected(&a));
    }
    sym_bus_close(&a);
}

static void replaces_a_stale_socket_file_and_removes_its_own(void **state)
{
    (void)state;
    struct sym_bus a = SYM_BUS_CLOSED;
    struct stat info;
    const char *path = url + strlen("ipc://");
    FILE *stale = fopen(path, "w");
    assert_non_null(stale);
    assert_int_equal(fclose(stale), 0);

    assert_int_equal(sym_bus_open(&a, SYM_BUS_PAIR, LIMIT), SYM_OK);
    assert_int_equal(sym_bus_bind(&a, url), SYM_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISSOCK(info.st_mode));
    sym_bus_close(&a);
    assert_int_equal(stat(path, &info), -1);
}

static void refuses_an_address_that_is_no_short_ipc_url(void **state)
{
    (void)state;
    struct sym_bus a = SYM_BUS_CLOSED;
    char longest[SYM_BUS_URL_BYTES + 1];
    assert_int_equal(sym_bus_open(&a, SYM_BUS_PAIR, LIMIT), SYM_OK);
    (void)snprintf(longest, sizeof longest, "ipc:///%0*d", (int)SYM_BUS_URL_BYTES - 7, 0);
    assert_int_equal(strlen(longest), SYM_BUS_URL_BYTES);
    assert_int_equal(sym_bus_bind(&a, longest), SYM_BAD_VALUE);
    assert_int_equal(sym_bus_connect(&a, longest), SYM_BAD_VALUE);
    assert_int_equal(sym_bus_bind(&a, "tcp://127.0.0.1:1"), SYM_BAD_VALUE);
    assert_int_equal(sym_bus_connect(&a, "tcp://127.0.0.1:1"), SYM_BAD_VALUE);
    assert_int_equal(sym_bus_bind(&a, "ipc://"), SYM_BAD_VALUE);
    assert_int_equal(sym_bus_bind(&a, "ipc:///nonexistent/place/pair"), SYM_IO);
    sym_bus_close(&a);
}

static void refuses_a_limit_that_nanomsg_cannot_hold(void **state)
{
    (void)state;
    struct sym_bus a = SYM_BUS_CLOSED;
    assert_int_equal(sym_bus_open(&a, SYM_BUS_PAIR, INT32_MAX), SYM_BAD_VALUE);
    assert_int_equal(a.socket, -1);
}

static void says_when_no_socket_is_left(void **state)
{
    (void)state;
    static struct sym_bus many[600];
    size_t n = 0;
    enum sym_err err = SYM_OK;
    while (n < 600 && (err = sym_bus_open(&many[n], SYM_BUS_PAIR, LIMIT)) == SYM_OK) {
        n++;
    }
    assert_int_equal(err, SYM_LIMIT);
    assert_true(n >= 400);
    while (n > 0) {
        sym_bus_close(&many[--n]);
    }
}

static void refuses_to_use_a_closed_socket(void **state)
{
    (void)state;
    struct sym_bus a = SYM_BUS_CLOSED;
    uint8_t *buffer = NULL;
    size_t len = 0;
    assert_int_equal(sym_bus_receive(&a, &buffer, &len), SYM_CLOSED);
    assert_int_equal(sym_bus_receive_fd(&a), -1);
    assert_false(sym_bus_connected(&a));
    sym_bus_close(&a);
}

#define ASKED 4

static enum sym_err answer_one(struct sym_bus *b)
{
    uint8_t *buffer = NULL;
    size_t len = 0;
    struct sym_bus_route route;
    enum sym_err err = ready(sym_bus_receive_fd(b), WAIT_MS) ? SYM_OK : SYM_TIMEOUT;
    if (err == SYM_OK) {
        err = sym_bus_receive_from(b, &buffer, &len, &route);
    }
    if (err != SYM_OK) {
        return err;
    }
    for (size_t i = 0; i < len / 2; i++) {
        uint8_t swap = buffer[i];
        buffer[i] = buffer[len - 1 - i];
        buffer[len - 1 - i] = swap;
    }
    return sym_bus_send_to(b, buffer, &route);
}

/* The role that answers requests with their bytes reversed. */
static int serve(void)
{
    struct sym_bus b = SYM_BUS_CLOSED;
    enum sym_err err = sym_bus_open(&b, SYM_BUS_REPLY, LIMIT);
    if (err == SYM_OK) {
        err = sym_bus_bind(&b, url);
    }
    for (unsigned i = 0; i < ASKED && err == SYM_OK; i++) {
        err = answer_one(&b);
    }
    /* Who asked hangs up after the last answer has arrived. */
    for (int i = 0; i < 500 && sym_bus_connected(&b); i++) {
        (void)usleep(10000);
    }
    sym_bus_close(&b);
    return err == SYM_OK ? 0 : 1;
}

/* The role that takes one request and ends. */
static int leave(void)
{
    struct sym_bus b = SYM_BUS_CLOSED;
    enum sym_err err = sym_bus_open(&b, SYM_BUS_REPLY, LIMIT);
    if (err == SYM_OK) {
        err = sym_bus_bind(&b, url);
    }
    bool asked = err == SYM_OK && ready(sym_bus_receive_fd(&b), WAIT_MS);
    sym_bus_close(&b);
    return asked ? 0 : 1;
}

static void asks_and_gets_the_reply_of_its_own_request(void **state)
{
    (void)state;
    struct sym_bus asks[2] = {SYM_BUS_CLOSED, SYM_BUS_CLOSED};
    pid_t child = start_other("serve");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(sym_bus_open(&asks[i], SYM_BUS_ASK, LIMIT), SYM_OK);
        assert_int_equal(sym_bus_connect(&asks[i], url), SYM_OK);
    }
    static const char *const words[] = {"abcd", "0123"};
    static const char *const answers[] = {"dcba", "3210"};
    for (size_t i = 0; i < ASKED; i++) {
        uint8_t *reply = NULL;
        size_t len = 0;
        assert_int_equal(
            sym_bus_ask(&asks[i % 2], sym_span_text(words[i % 2]), &reply, &len, WAIT_MS), SYM_OK);
        assert_int_equal(len, 4);
        assert_memory_equal(reply, answers[i % 2], 4);
        sym_bus_release(reply);
    }
    sym_bus_close(&asks[0]);
    sym_bus_close(&asks[1]);
    expect_success_of(child);
}

static void says_that_nobody_is_there_to_ask(void **state)
{
    (void)state;
    struct sym_bus b = SYM_BUS_CLOSED;
    uint8_t *reply = NULL;
    size_t len = 0;
    assert_int_equal(sym_bus_open(&b, SYM_BUS_ASK, LIMIT), SYM_OK);
    assert_int_equal(sym_bus_connect(&b, url), SYM_OK);
    assert_int_equal(sym_bus_ask(&b, sym_span_text("x"), &reply, &len, 100), SYM_UNREACHABLE);
    sym_bus_close(&b);
}

static void says_that_who_was_asked_has_gone(void **state)
{
    (void)state;
    struct sym_bus b = SYM_BUS_CLOSED;
    uint8_t *reply = NULL;
    size_t len = 0;
    pid_t child = start_other("leave");
    assert_int_equal(sym_bus_open(&b, SYM_BUS_ASK, LIMIT), SYM_OK);
    assert_int_equal(sym_bus_connect(&b, url), SYM_OK);
    assert_int_equal(sym_bus_ask(&b, sym_span_text("x"), &reply, &len, 2000), SYM_UNREACHABLE);
    sym_bus_close(&b);
    expect_success_of(child);
}

static void gives_up_on_an_answer_that_does_not_come(void **state)
{
    (void)state;
    struct sym_bus b = SYM_BUS_CLOSED;
    struct sym_bus mute = SYM_BUS_CLOSED;
    uint8_t *reply = NULL;
    size_t len = 0;
    assert_int_equal(sym_bus_open(&mute, SYM_BUS_REPLY, LIMIT), SYM_OK);
    assert_int_equal(sym_bus_bind(&mute, url), SYM_OK);
    assert_int_equal(sym_bus_open(&b, SYM_BUS_ASK, LIMIT), SYM_OK);
    assert_int_equal(sym_bus_connect(&b, url), SYM_OK);
    assert_int_equal(sym_bus_ask(&b, sym_span_text("x"), &reply, &len, 200), SYM_TIMEOUT);
    sym_bus_close(&b);
    sym_bus_close(&mute);
}

static void refuses_to_ask_too_much(void **state)
{
    (void)state;
    struct sym_bus b = SYM_BUS_CLOSED;
    uint8_t *reply = NULL;
    size_t len = 0;
    assert_int_equal(sym_bus_open(&b, SYM_BUS_ASK, 3), SYM_OK);
    assert_int_equal(sym_bus_ask(&b, sym_span_text("four"), &reply, &len, 100), SYM_TOO_LONG);
    assert_int_equal(sym_bus_ask(&b, sym_span_text("x"), &reply, &len, UINT32_MAX), SYM_BAD_VALUE);
    sym_bus_close(&b);
}

static void refuses_a_route_that_is_too_long(void **state)
{
    (void)state;
    struct sym_bus b = SYM_BUS_CLOSED;
    struct sym_bus_route route = {.len = sizeof route.bytes + 1};
    assert_int_equal(sym_bus_open(&b, SYM_BUS_REPLY, LIMIT), SYM_OK);
    uint8_t *buffer = sym_bus_buffer(1);
    assert_int_equal(sym_bus_send_to(&b, buffer, &route), SYM_BAD_VALUE);
    sym_bus_release(buffer);
    sym_bus_close(&b);
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        (void)snprintf(url, sizeof url, "%s", argv[2]);
        return strcmp(argv[1], "serve") == 0   ? serve()
               : strcmp(argv[1], "leave") == 0 ? leave()
                                               : take_one();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notices_that_the_other_process_died_and_serves_its_successor),
        cmocka_unit_test(asks_and_gets_the_reply_of_its_own_request),
        cmocka_unit_test(carries_messages_both_ways_up_to_the_limit),
        cmocka_unit_test(says_that_nothing_has_arrived),
        cmocka_unit_test(keeps_the_buffer_when_nobody_takes_it),
        cmocka_unit_test(stops_taking_messages_from_a_sender_that_is_not_read),
        cmocka_unit_test(refuses_a_message_above_the_limit),
        cmocka_unit_test(drops_a_message_far_above_the_limit),
        cmocka_unit_test(replaces_a_stale_socket_file_and_removes_its_own),
        cmocka_unit_test(refuses_an_address_that_is_no_short_ipc_url),
        cmocka_unit_test(refuses_a_limit_that_nanomsg_cannot_hold),
        cmocka_unit_test(says_when_no_socket_is_left),
        cmocka_unit_test(refuses_to_use_a_closed_socket),
        cmocka_unit_test(says_that_nobody_is_there_to_ask),
        cmocka_unit_test(says_that_who_was_asked_has_gone),
        cmocka_unit_test(gives_up_on_an_answer_that_does_not_come),
        cmocka_unit_test(refuses_to_ask_too_much),
        cmocka_unit_test(refuses_a_route_that_is_too_long),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
