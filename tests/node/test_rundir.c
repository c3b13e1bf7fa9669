#include "node/supervisor/rundir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/made_node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct made_node node;
static struct sym_directory directory;
static char base[64]; /* short, as /run/user/1000 is */

static int make(void **state)
{
    (void)state;
    made_node_new(&node);
    (void)snprintf(base, sizeof base, "/tmp/sym-XXXXXX");
    directory = (struct sym_directory)SYM_DIRECTORY_CLOSED;
    (void)unsetenv("RUNTIME_DIRECTORY");
    (void)unsetenv("XDG_RUNTIME_DIR");
    (void)unsetenv("XDG_SESSION_ID");
    return mkdtemp(base) != NULL && sym_directory_open(&directory, node.dir, NULL) == SYM_OK ? 0
                                                                                             : -1;
}

static int sweep(void **state)
{
    (void)state;
    sym_directory_close(&directory);
    made_node_remove(&node);
    return rmdir(base); /* empty: nothing was left */
}

static void made(struct sym_rundir *r)
{
    struct sym_fault fault = {.text = ""};
    r->path[0] = '\0';
    if (sym_rundir_new(r, &directory, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static void put_socket(const char *dir, const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int len = snprintf(at.sun_path, sizeof at.sun_path, "%s/%s", dir, name);
    assert_in_range(len, 1, sizeof at.sun_path - 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    (void)close(fd);
}

static void assert_linked_to(const char *path)
{
    char link[PATH_MAX];
    char target[PATH_MAX] = "";
    scratch_join(link, node.dir, "run");
    assert_true(readlink(link, target, sizeof target - 1) > 0);
    assert_string_equal(target, path);
}

static void is_private_short_and_linked(void **state)
{
    struct sym_rundir r;
    struct stat info;
    (void)state;
    (void)setenv("XDG_RUNTIME_DIR", base, 1);
    made(&r);
    assert_int_equal(strncmp(r.path, base, strlen(base)), 0);
    assert_int_equal(stat(r.path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    assert_linked_to(r.path);
    put_socket(r.path, "link-18446744073709551615");
    sym_rundir_remove(&r, &directory);
    assert_false(scratch_has(node.dir, "run"));
    assert_string_equal(r.path, "");
    sym_rundir_remove(&r, &directory);
}

static void systemd_comes_first(void **state)
{
    struct sym_rundir r;
    char list[160];
    (void)state;
    (void)setenv("XDG_RUNTIME_DIR", "/tmp", 1);
    (void)snprintf(list, sizeof list, "%s:/run/other", base);
    (void)setenv("RUNTIME_DIRECTORY", list, 1);
    made(&r);
    assert_int_equal(strncmp(r.path, base, strlen(base)), 0);
    sym_rundir_remove(&r, &directory);
}

/* A node goes on when the user who started it logs out, and that of the login is removed. */
static void that_of_a_login_is_not_used(void **state)
{
    struct sym_rundir r;
    (void)state;
    (void)setenv("XDG_RUNTIME_DIR", base, 1);
    (void)setenv("XDG_SESSION_ID", "7", 1);
    made(&r);
    (void)unsetenv("XDG_SESSION_ID");
    assert_int_equal(strncmp(r.path, "/tmp/symbolon-", strlen("/tmp/symbolon-")), 0);
    sym_rundir_remove(&r, &directory);
}

static void it_is_there_until_its_socket_or_itself_is_removed(void **state)
{
    struct sym_rundir r;
    char socket_path[PATH_MAX];
    char moved[PATH_MAX];
    (void)state;
    (void)setenv("XDG_RUNTIME_DIR", base, 1);
    made(&r);
    scratch_join(moved, base, "moved");
    scratch_join(socket_path, r.path, "control");
    assert_false(sym_rundir_is_there(&r, "control"));
    put_socket(r.path, "control");
    assert_true(sym_rundir_is_there(&r, "control"));
    assert_int_equal(unlink(socket_path), 0);
    assert_false(sym_rundir_is_there(&r, "control"));
    put_socket(r.path, "control");
    assert_int_equal(rename(r.path, moved), 0);
    assert_false(sym_rundir_is_there(&r, "control"));
    assert_int_equal(mkdir(r.path, 0700), 0); /* by somebody else */
    put_socket(r.path, "control");
    assert_false(sym_rundir_is_there(&r, "control"));
    assert_int_equal(unlink(socket_path), 0);
    assert_int_equal(rmdir(r.path), 0);
    assert_int_equal(rename(moved, r.path), 0);
    assert_true(sym_rundir_is_there(&r, "control"));
    sym_rundir_remove(&r, &directory);
}

static void what_will_not_do_is_passed_over(void **state)
{
    char deep[128];
    (void)state;
    memset(deep, 'd', sizeof deep - 1);
    deep[0] = '/';
    deep[sizeof deep - 1] = '\0';
    const char *const useless[] = {"", ":", "relative", "/nowhere/at/all", deep};
    for (size_t i = 0; i < sizeof useless / sizeof useless[0]; i++) {
        struct sym_rundir r;
        (void)setenv("XDG_RUNTIME_DIR", useless[i], 1);
        made(&r);
        assert_int_equal(strncmp(r.path, "/tmp/symbolon-", strlen("/tmp/symbolon-")), 0);
        sym_rundir_remove(&r, &directory);
    }
}

static void what_a_crash_left_is_removed_at_the_next_start(void **state)
{
    struct sym_rundir crashed;
    struct sym_rundir r;
    struct stat info;
    (void)state;
    (void)setenv("XDG_RUNTIME_DIR", base, 1);
    made(&crashed);
    put_socket(crashed.path, "control");
    put_socket(crashed.path, "gate");
    assert_int_equal(close(crashed.lock), 0); /* as the end of the process does */
    made(&r);
    assert_string_not_equal(r.path, crashed.path);
    assert_int_equal(stat(crashed.path, &info), -1);
    assert_linked_to(r.path);
    sym_rundir_remove(&r, &directory);
}

/* A copy of a node's directory, made by a backup, links to the run directory of the original. */
static void leaves_the_run_directory_of_a_node_that_runs(void **state)
{
    struct sym_rundir running;
    struct sym_rundir r;
    struct stat info;
    char link[PATH_MAX];
    (void)state;
    (void)setenv("XDG_RUNTIME_DIR", base, 1);
    scratch_join(link, node.dir, "run");
    made(&running);
    put_socket(running.path, "control");
    made(&r);
    assert_int_equal(stat(running.path, &info), 0);
    assert_linked_to(r.path);
    sym_rundir_remove(&r, &directory);
    assert_int_equal(symlink(running.path, link), 0);
    sym_rundir_remove(&running, &directory);
    assert_int_equal(stat(running.path, &info), -1);
}

static void a_link_to_what_is_gone_is_no_trouble(void **state)
{
    struct sym_rundir crashed;
    struct sym_rundir r;
    (void)state;
    (void)setenv("XDG_RUNTIME_DIR", base, 1);
    made(&crashed);
    assert_int_equal(rmdir(crashed.path), 0);
    made(&r);
    assert_linked_to(r.path);
    sym_rundir_remove(&r, &directory);
}

/* A link that somebody has bent must not lead a start to other people's files. */
static void never_removes_what_is_no_run_directory(void **state)
{
    char link[PATH_MAX];
    char innocent[PATH_MAX];
    char named[PATH_MAX];
    char shared[PATH_MAX];
    struct sym_rundir r;
    (void)state;
    (void)setenv("XDG_RUNTIME_DIR", base, 1);
    scratch_join(link, node.dir, "run");
    scratch_join(innocent, node.scratch.path, "innocent");
    scratch_join(named, node.scratch.path, "symbolon-abcdef");
    scratch_join(shared, node.scratch.path, "symbolon-shared");
    assert_int_equal(mkdir(innocent, 0700), 0);
    assert_int_equal(mkdir(named, 0700), 0);
    assert_int_equal(mkdir(shared, 0755), 0);
    scratch_write(named, "file", 0600, sym_span_text("dear to me"));

    assert_int_equal(symlink(innocent, link), 0); /* another name */
    made(&r);
    sym_rundir_remove(&r, &directory);
    assert_int_equal(symlink(named, link), 0); /* holds no sockets */
    made(&r);
    sym_rundir_remove(&r, &directory);
    assert_int_equal(symlink(shared, link), 0); /* not private */
    made(&r);
    sym_rundir_remove(&r, &directory);

    assert_true(scratch_has(node.scratch.path, "innocent"));
    assert_true(scratch_has(node.scratch.path, "symbolon-shared"));
    assert_true(scratch_has(named, "file"));
}

static void a_file_of_somebody_keeps_the_directory(void **state)
{
    struct sym_rundir r;
    char path[sizeof r.path];
    (void)state;
    (void)setenv("XDG_RUNTIME_DIR", base, 1);
    made(&r);
    memcpy(path, r.path, sizeof path);
    scratch_write(path, "file", 0600, sym_span_text("dear to me"));
    sym_rundir_remove(&r, &directory);
    assert_true(scratch_has(path, "file"));
    char file[PATH_MAX];
    scratch_join(file, path, "file");
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_private_short_and_linked, make, sweep),
        cmocka_unit_test_setup_teardown(systemd_comes_first, make, sweep),
        cmocka_unit_test_setup_teardown(that_of_a_login_is_not_used, make, sweep),
        cmocka_unit_test_setup_teardown(it_is_there_until_its_socket_or_itself_is_removed, make,
                                        sweep),
        cmocka_unit_test_setup_teardown(what_will_not_do_is_passed_over, make, sweep),
        cmocka_unit_test_setup_teardown(what_a_crash_left_is_removed_at_the_next_start, make,
                                        sweep),
        cmocka_unit_test_setup_teardown(leaves_the_run_directory_of_a_node_that_runs, make, sweep),
        cmocka_unit_test_setup_teardown(a_link_to_what_is_gone_is_no_trouble, make, sweep),
        cmocka_unit_test_setup_teardown(never_removes_what_is_no_run_directory, make, sweep),
        cmocka_unit_test_setup_teardown(a_file_of_somebody_keeps_the_directory, make, sweep),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests_name("rundir", tests, NULL, NULL);
}
