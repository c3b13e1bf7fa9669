#include "node/supervisor/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct scratch scratch;
static int manager = -1;

static int prepare(void **state)
{
    (void)state;
    scratch_new(&scratch);
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return manager >= 0 ? 0 : -1;
}

static int sweep(void **state)
{
    (void)state;
    (void)close(manager);
    (void)unsetenv("NOTIFY_SOCKET");
    scratch_remove(&scratch);
    return 0;
}

/* As systemd names it: "@" stands for the zero byte of an abstract name. */
static void listen_at(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    assert_in_range(len, 1, sizeof at.sun_path - 1);
    memcpy(at.sun_path, name, len);
    if (name[0] == '@') {
        at.sun_path[0] = '\0';
    }
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    assert_int_equal(bind(manager, (struct sockaddr *)&at, size), 0);
    (void)setenv("NOTIFY_SOCKET", name, 1);
}

static void heard(const char *expected)
{
    char text[256] = "";
    ssize_t n = recv(manager, text, sizeof text - 1, 0);
    if (expected == NULL) {
        assert_int_equal(n, -1);
    } else {
        assert_string_equal(text, expected);
    }
}

static void a_path_hears_it(void **state)
{
    char path[108];
    (void)state;
    int len = snprintf(path, sizeof path, "%.90s/notify", scratch.path);
    assert_in_range(len, 1, sizeof path - 1);
    listen_at(path);
    sym_notify("READY=1\nSTATUS=Serving");
    heard("READY=1\nSTATUS=Serving");
    heard(NULL);
}

static void an_abstract_name_hears_it(void **state)
{
    char name[64];
    (void)state;
    (void)snprintf(name, sizeof name, "@symbolon-test-notify-%d", (int)getpid());
    listen_at(name);
    sym_notify("STOPPING=1");
    heard("STOPPING=1");
}

static void without_a_manager_nothing_happens(void **state)
{
    char name[64];
    (void)state;
    (void)snprintf(name, sizeof name, "@symbolon-test-notify-%d", (int)getpid());
    listen_at(name);
    (void)unsetenv("NOTIFY_SOCKET");
    sym_notify("READY=1");
    heard(NULL);
}

static void names_that_are_none_are_passed_over(void **state)
{
    char longest[200];
    int before = dup(manager);
    (void)state;
    (void)close(before);
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    const char *const names[] = {"", "vsock:2:1", "relative", "/nowhere/at/all", longest};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)setenv("NOTIFY_SOCKET", names[i], 1);
        sym_notify("READY=1");
    }
    int after = dup(manager);
    assert_int_equal(after, before); /* no descriptor stayed open */
    (void)close(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_path_hears_it, prepare, sweep),
        cmocka_unit_test_setup_teardown(an_abstract_name_hears_it, prepare, sweep),
        cmocka_unit_test_setup_teardown(without_a_manager_nothing_happens, prepare, sweep),
        cmocka_unit_test_setup_teardown(names_that_are_none_are_passed_over, prepare, sweep),
    };
    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
