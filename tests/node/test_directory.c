#include "node/supervisor/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/made_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct made_node node;

static int make(void **state)
{
    (void)state;
    made_node_new(&node);
    return 0;
}

static int sweep(void **state)
{
    (void)state;
    (void)chmod(node.dir, 0700);
    made_node_remove(&node);
    return 0;
}

static void refused(const char *path, enum sym_err err, const char *reason)
{
    struct sym_directory d = SYM_DIRECTORY_CLOSED;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(sym_directory_open(&d, path, &fault), err);
    assert_int_equal(fault.err, err);
    if (strstr(fault.text, reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", fault.text, reason);
    }
    assert_int_equal(d.disk.fd, -1);
    assert_int_equal(d.lock, -1);
}

static void put(const char *name, const char *text)
{
    scratch_write(node.dir, name, 0600, sym_span_text(text));
}

static void take_away(const char *name)
{
    char path[PATH_MAX];
    scratch_join(path, node.dir, name);
    assert_int_equal(unlink(path), 0);
}

static void opens_what_init_made(void **state)
{
    struct sym_directory d = SYM_DIRECTORY_CLOSED;
    struct sym_fault fault = {.text = ""};
    char pid[16] = "";
    (void)state;
    assert_int_equal(sym_directory_open(&d, node.dir, &fault), SYM_OK);
    assert_string_equal(d.path, node.dir);
    assert_true(scratch_read(node.dir, "lock", pid, sizeof pid - 1) > 0);
    assert_int_equal(atoi(pid), getpid());
    sym_directory_close(&d);
    sym_directory_close(&d);
}

static void the_path_is_made_absolute(void **state)
{
    struct sym_directory d = SYM_DIRECTORY_CLOSED;
    char before[PATH_MAX];
    (void)state;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(node.scratch.path), 0);
    enum sym_err err = sym_directory_open(&d, "./node/", NULL);
    assert_int_equal(chdir(before), 0);
    assert_int_equal(err, SYM_OK);
    assert_string_equal(d.path, node.dir);
    sym_directory_close(&d);
}

static void refuses_a_path_where_nothing_is(void **state)
{
    char path[PATH_MAX];
    (void)state;
    scratch_join(path, node.scratch.path, "nowhere");
    refused(path, SYM_NOT_FOUND,
            "does not exist: correct --dir, or make a node there with: \"symbolon init --dir ");
}

static void refuses_a_file(void **state)
{
    (void)state;
    refused(node.key_file, SYM_NOT_FOUND, "is not a directory");
}

static void refuses_a_directory_that_is_open_to_others(void **state)
{
    const mode_t modes[] = {0701, 0710, 0740, 0755, 0702, 0720};
    (void)state;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(node.dir, modes[i]), 0);
        refused(node.dir, SYM_BAD_PERMISSIONS, "is open to other users");
        refused(node.dir, SYM_BAD_PERMISSIONS, "chmod 700");
    }
}

static void refuses_a_directory_of_another_user(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("SKIP: only root can give a directory away\n");
        skip();
    }
    assert_int_equal(chown(node.dir, 12345, 0), 0);
    refused(node.dir, SYM_BAD_PERMISSIONS, "belongs to user 12345");
    assert_int_equal(chown(node.dir, 0, 0), 0);
}

static void refuses_a_directory_that_is_no_node(void **state)
{
    (void)state;
    refused(node.scratch.path, SYM_NOT_FOUND,
            "is not a node directory: make one with \"symbolon init\"");
}

static void refuses_what_init_has_not_finished(void **state)
{
    (void)state;
    take_away("format");
    put("format.new", "symbolon 1\n");
    refused(node.dir, SYM_NOT_FOUND, "symbolon init was interrupted here: run it again");
}

static void refuses_a_newer_format(void **state)
{
    (void)state;
    put("format", "symbolon 2\n");
    refused(node.dir, SYM_BAD_VERSION, "is of format 2, and this symbolond knows 1");
    put("format", "symbolon 999999999\n");
    refused(node.dir, SYM_BAD_VERSION, "use the newer version");
}

static void refuses_a_format_that_makes_no_sense(void **state)
{
    const char *const texts[] = {"",
                                 "\n",
                                 "symbolon",
                                 "symbolon 1",
                                 "symbolon \n",
                                 "symbolon 0\n",
                                 "symbolon -1\n",
                                 "symbolon 1 \n",
                                 "symbolon 1\n\n",
                                 "Symbolon 1\n",
                                 "symbolon 1x\n",
                                 "symbolon 9999999999\n",
                                 "symbolon 4294967297\n"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put("format", texts[i]);
        refused(node.dir, SYM_BAD_FORMAT, "restore it from a backup");
    }
    put("format", "symbolon 1\nand what else comes to the mind\n");
    refused(node.dir, SYM_TOO_LONG, "format");
}

static void refuses_a_node_that_lacks_a_file(void **state)
{
    const char *const files[] = {"node.keys", "node.card", "master.key"};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        take_away(files[i]);
        refused(node.dir, SYM_NOT_FOUND, files[i]);
        refused(node.dir, SYM_NOT_FOUND, "restore it from a backup");
        put(files[i], "");
    }
}

static void refuses_keys_that_are_open_to_others(void **state)
{
    static const char *const files[] = {"node.keys", "master.key"};
    static const mode_t modes[] = {0640, 0604, 0620, 0601};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[PATH_MAX];
        scratch_join(path, node.dir, files[i]);
        for (size_t j = 0; j < sizeof modes / sizeof modes[0]; j++) {
            assert_int_equal(chmod(path, modes[j]), 0);
            refused(node.dir, SYM_BAD_PERMISSIONS, files[i]);
            refused(node.dir, SYM_BAD_PERMISSIONS, ": \"chmod 600 ");
        }
        assert_int_equal(chmod(path, 0400), 0);
    }
    opens_what_init_made(state);
}

static void refuses_a_directory_in_use_and_names_the_process(void **state)
{
    struct sym_directory d = SYM_DIRECTORY_CLOSED;
    char expected[80];
    (void)state;
    assert_int_equal(sym_directory_open(&d, node.dir, NULL), SYM_OK);
    (void)snprintf(expected, sizeof expected,
                   "is in use by process %d: stop that first: \"kill %d\"", (int)getpid(),
                   (int)getpid());
    refused(node.dir, SYM_IN_USE, expected);
    sym_directory_close(&d);
    assert_int_equal(sym_directory_open(&d, node.dir, NULL), SYM_OK);
    sym_directory_close(&d);
}

static void the_lock_holds_while_a_child_has_it(void **state)
{
    struct sym_directory d = SYM_DIRECTORY_CLOSED;
    int gate[2];
    char byte = 0;
    (void)state;
    assert_int_equal(pipe(gate), 0);
    assert_int_equal(sym_directory_open(&d, node.dir, NULL), SYM_OK);
    pid_t child = fork();
    if (child == 0) {
        (void)close(gate[1]);
        (void)!read(gate[0], &byte, 1);
        _exit(0);
    }
    sym_directory_close(&d);
    refused(node.dir, SYM_IN_USE, "is in use by process");
    (void)close(gate[0]);
    (void)close(gate[1]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(sym_directory_open(&d, node.dir, NULL), SYM_OK);
    sym_directory_close(&d);
}

/* What keeps the core below alive; it is let go by the second pause of who waits for it. */
static int core_lives = -1;
static int pauses;

int __real_nanosleep(const struct timespec *wanted, struct timespec *left);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);

int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    if (core_lives >= 0 && ++pauses == 2) {
        (void)close(core_lives);
        core_lives = -1;
        (void)wait(NULL);
    }
    return __real_nanosleep(wanted, left);
}

/* A supervisor that ends and leaves a core, which holds the lock until gate is closed. */
static void leave_core(const int gate[2])
{
    struct sym_directory d = SYM_DIRECTORY_CLOSED;
    char byte;
    bool locked = sym_directory_open(&d, node.dir, NULL) == SYM_OK;
    (void)close(gate[1]);
    if (locked && fork() == 0) {
        (void)!read(gate[0], &byte, 1);
        _exit(0);
    }
    _exit(locked ? 0 : 1);
}

/* As a core that is ending while its killed supervisor is gone already. */
static void waits_a_moment_for_what_a_dead_process_has_left(void **state)
{
    struct sym_directory d = SYM_DIRECTORY_CLOSED;
    int gate[2];
    (void)state;
    assert_int_equal(pipe(gate), 0);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t supervisor = fork();
    if (supervisor == 0) {
        leave_core(gate);
    }
    assert_int_equal(waitpid(supervisor, NULL, 0), supervisor);
    struct sym_fault fault = {.text = ""};
    core_lives = gate[1];
    if (sym_directory_open(&d, node.dir, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
    assert_int_equal(pauses, 2);
    (void)close(gate[0]);
    sym_directory_close(&d);
}

static void a_long_path_still_shows_the_reason(void **state)
{
    char path[PATH_MAX];
    char name[201];
    struct sym_fault fault = {.text = ""};
    struct sym_directory d = SYM_DIRECTORY_CLOSED;
    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    (void)snprintf(path, sizeof path, "%s/%s", node.scratch.path, name);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(mkdir(path, 0755), 0);
        (void)snprintf(path + strlen(path), sizeof path - strlen(path), "/%s", name);
    }
    assert_int_equal(mkdir(path, 0755), 0);
    refused(path, SYM_BAD_PERMISSIONS, "chmod 700");
    assert_int_equal(sym_directory_open(&d, path, &fault), SYM_BAD_PERMISSIONS);
    assert_true(strlen(fault.text) < SYM_FAULT_BYTES - 20);
    assert_int_equal(strncmp(fault.text, "…nnn", strlen("…nnn")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opens_what_init_made, make, sweep),
        cmocka_unit_test_setup_teardown(the_path_is_made_absolute, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_path_where_nothing_is, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_file, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_directory_that_is_open_to_others, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_directory_of_another_user, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_directory_that_is_no_node, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_what_init_has_not_finished, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_newer_format, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_format_that_makes_no_sense, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_node_that_lacks_a_file, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_keys_that_are_open_to_others, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_directory_in_use_and_names_the_process, make,
                                        sweep),
        cmocka_unit_test_setup_teardown(the_lock_holds_while_a_child_has_it, make, sweep),
        cmocka_unit_test_setup_teardown(waits_a_moment_for_what_a_dead_process_has_left, make,
                                        sweep),
        cmocka_unit_test_setup_teardown(a_long_path_still_shows_the_reason, make, sweep),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests_name("directory", tests, NULL, NULL);
}
