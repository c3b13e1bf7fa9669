#include "node/supervisor/child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/leash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 20000

/* What a child found out about itself. */
struct report {
    char name[16];
    char descriptors[64]; /* "0 1 2 5", without the one that lists them */
    bool quiet_input;
    bool output_is_error;
    bool ignores_terminal;
    bool signals_open;
    bool environment_gone;
    bool choice_kept;
    int death_signal;
};

static struct sym_child child = SYM_CHILD_NONE;

static int prepare(void **state)
{
    (void)state;
    child = (struct sym_child)SYM_CHILD_NONE;
    return 0;
}

static int sweep(void **state)
{
    (void)state;
    if (child.pid > 0) {
        sym_child_kill(&child);
        (void)waitpid(child.pid, NULL, 0);
    }
    if (child.leash >= 0) {
        (void)close(child.leash);
    }
    return 0;
}

static void list_descriptors(char *out, size_t size)
{
    DIR *list = opendir("/proc/self/fd");
    bool open[64] = {false};
    size_t len = 0;
    for (struct dirent *e = list == NULL ? NULL : readdir(list); e != NULL; e = readdir(list)) {
        int fd = atoi(e->d_name);
        if (e->d_name[0] != '.' && fd >= 0 && fd < 64 && fd != dirfd(list)) {
            open[fd] = true;
        }
    }
    for (int fd = 0; fd < 64; fd++) {
        if (open[fd]) {
            len += (size_t)snprintf(out + len, size - len, "%s%d", len == 0 ? "" : " ", fd);
        }
    }
    (void)closedir(list);
}

static bool ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* The test was started with a PATH, as everything is. */
static bool environment_is_gone(void)
{
    char start[65536];
    int fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, start, sizeof start);
    (void)close(fd);
    return len > 0 && memmem(start, (size_t)len, "PATH=", 5) == NULL && getenv("PATH") == NULL;
}

static int look_around(int leash, const void *context)
{
    struct report r = {.death_signal = 0};
    sigset_t mask;
    char byte;
    struct stat output;
    struct stat error;
    (void)context;
    (void)prctl(PR_GET_NAME, r.name, 0, 0, 0);
    list_descriptors(r.descriptors, sizeof r.descriptors);
    r.quiet_input = read(STDIN_FILENO, &byte, 1) == 0;
    r.output_is_error = fstat(1, &output) == 0 && fstat(2, &error) == 0 &&
                        output.st_dev == error.st_dev && output.st_ino == error.st_ino;
    r.ignores_terminal = ignored(SIGINT) && ignored(SIGTERM) && ignored(SIGQUIT);
    r.signals_open = sigprocmask(SIG_BLOCK, NULL, &mask) == 0 && sigisemptyset(&mask) == 1;
    r.environment_gone = environment_is_gone();
    const char *choice = getenv("SYMBOLON_RISTRETTO");
    r.choice_kept = choice != NULL && strcmp(choice, "portable") == 0;
    (void)prctl(PR_GET_PDEATHSIG, &r.death_signal, 0, 0, 0);
    return sym_leash_send(leash, SYM_LEASH_READY, sym_span(&r, sizeof r)) == SYM_OK ? 0 : 1;
}

static void receive(struct report *r)
{
    struct pollfd input = {.fd = child.leash, .events = POLLIN};
    enum sym_leash_type type;
    size_t len = 0;
    assert_int_equal(poll(&input, 1, PATIENCE_MS), 1);
    assert_int_equal(sym_leash_receive(child.leash, &type, (uint8_t *)r, sizeof *r, &len), SYM_OK);
    assert_int_equal(len, sizeof *r);
}

static void await_end(char how[SYM_CHILD_END_BYTES], bool *cleanly)
{
    struct timespec moment = {.tv_nsec = 10000000};
    for (int i = 0; i < PATIENCE_MS / 10 && !sym_child_reap(&child, how, cleanly); i++) {
        (void)nanosleep(&moment, NULL);
    }
    assert_int_equal(child.pid, 0);
    assert_int_equal(child.leash, -1);
}

static void it_keeps_its_leash_and_what_it_was_given_only(void **state)
{
    struct report r;
    char expected[64];
    char how[SYM_CHILD_END_BYTES];
    bool cleanly = false;
    sigset_t blocked;
    sigset_t before;
    (void)state;
    (void)sigfillset(&blocked);
    (void)sigprocmask(SIG_BLOCK, &blocked, &before);
    int first = open("/dev/zero", O_RDONLY);
    int kept = open("/dev/zero", O_RDONLY);
    int other = open("/dev/zero", O_RDONLY);
    assert_int_equal(setenv("SYMBOLON_RISTRETTO", "portable", 1), 0);
    enum sym_err err = sym_child_start(&child, "core", kept, look_around, NULL, NULL);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(err, SYM_OK);
    receive(&r);
    /* The child's end of the leash was opened before the supervisor's was closed here. */
    (void)snprintf(expected, sizeof expected, "0 1 2 %d %d", kept, child.leash + 1);
    assert_string_equal(r.descriptors, expected);
    assert_string_equal(r.name, "symbolond-core");
    assert_true(r.quiet_input);
    assert_true(r.output_is_error);
    assert_true(r.ignores_terminal);
    assert_true(r.signals_open);
    assert_true(r.environment_gone);
    assert_true(r.choice_kept);
    assert_int_equal(r.death_signal, SIGKILL);
    await_end(how, &cleanly);
    assert_true(cleanly);
    assert_string_equal(how, "exit code 0");
    (void)close(first);
    (void)close(kept);
    (void)close(other);
}

static void it_keeps_nothing_when_nothing_was_given(void **state)
{
    struct report r;
    char expected[64];
    (void)state;
    int other = open("/dev/zero", O_RDONLY);
    assert_int_equal(sym_child_start(&child, "gate", -1, look_around, NULL, NULL), SYM_OK);
    receive(&r);
    (void)snprintf(expected, sizeof expected, "0 1 2 %d", child.leash + 1);
    assert_string_equal(r.descriptors, expected);
    assert_string_equal(r.name, "symbolond-gate");
    (void)close(other);
}

static int leave_with(int leash, const void *context)
{
    (void)leash;
    return *(const int *)context;
}

static int die_of(int leash, const void *context)
{
    (void)leash;
    (void)raise(*(const int *)context);
    return 0;
}

static int wait_for_ever(int leash, const void *context)
{
    (void)leash;
    (void)context;
    while (pause() < 0) {
    }
    return 0;
}

static void its_exit_code_is_told(void **state)
{
    char how[SYM_CHILD_END_BYTES];
    bool cleanly = true;
    const int code = 7;
    (void)state;
    assert_int_equal(sym_child_start(&child, "core", -1, leave_with, &code, NULL), SYM_OK);
    await_end(how, &cleanly);
    assert_false(cleanly);
    assert_string_equal(how, "exit code 7");
    assert_false(sym_child_reap(&child, how, &cleanly));
}

static void the_signal_that_ended_it_is_told(void **state)
{
    char how[SYM_CHILD_END_BYTES];
    bool cleanly = true;
    const int number = SIGUSR2;
    (void)state;
    assert_int_equal(sym_child_start(&child, "core", -1, die_of, &number, NULL), SYM_OK);
    await_end(how, &cleanly);
    assert_false(cleanly);
    assert_string_equal(how, "signal USR2");
}

static void it_can_be_killed_and_not_reaped_before(void **state)
{
    char how[SYM_CHILD_END_BYTES];
    bool cleanly = true;
    sigset_t blocked;
    sigset_t before;
    (void)state;
    /* As the supervisor does: a signal waits until the child ignores it. */
    (void)sigfillset(&blocked);
    (void)sigprocmask(SIG_BLOCK, &blocked, &before);
    assert_int_equal(sym_child_start(&child, "core", -1, wait_for_ever, NULL, NULL), SYM_OK);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    assert_false(sym_child_reap(&child, how, &cleanly));
    assert_int_equal(kill(child.pid, SIGTERM), 0);
    sym_child_kill(&child);
    await_end(how, &cleanly);
    assert_string_equal(how, "signal KILL");
    sym_child_kill(&child);
}

/* A stand-in for the supervisor starts a child and is killed: the child must be gone, too. */
static void it_dies_with_its_supervisor(void **state)
{
    int line[2];
    pid_t orphan = 0;
    (void)state;
    assert_int_equal(pipe(line), 0);
    pid_t supervisor = fork();
    if (supervisor == 0) {
        struct sym_child own = SYM_CHILD_NONE;
        /* The child closes this pipe, so that the orphan's end cannot be seen by it. */
        if (sym_child_start(&own, "core", -1, wait_for_ever, NULL, NULL) != SYM_OK ||
            write(line[1], &own.pid, sizeof own.pid) != sizeof own.pid) {
            _exit(1);
        }
        (void)pause();
        _exit(0);
    }
    assert_int_equal(read(line[0], &orphan, sizeof orphan), sizeof orphan);
    assert_int_equal(kill(orphan, 0), 0);
    assert_int_equal(kill(supervisor, SIGKILL), 0);
    assert_int_equal(waitpid(supervisor, NULL, 0), supervisor);
    bool gone = false;
    for (int i = 0; i < PATIENCE_MS / 10 && !gone; i++) {
        char path[64];
        char text[256] = "";
        struct timespec moment = {.tv_nsec = 10000000};
        (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)orphan);
        int fd = open(path, O_RDONLY);
        if (fd >= 0) {
            ssize_t n = read(fd, text, sizeof text - 1);
            text[n > 0 ? n : 0] = '\0';
            (void)close(fd);
        }
        gone = fd < 0 || strstr(text, ") Z ") != NULL;
        (void)nanosleep(&moment, NULL);
    }
    assert_true(gone);
    (void)close(line[0]);
    (void)close(line[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_keeps_its_leash_and_what_it_was_given_only, prepare,
                                        sweep),
        cmocka_unit_test_setup_teardown(it_keeps_nothing_when_nothing_was_given, prepare, sweep),
        cmocka_unit_test_setup_teardown(its_exit_code_is_told, prepare, sweep),
        cmocka_unit_test_setup_teardown(the_signal_that_ended_it_is_told, prepare, sweep),
        cmocka_unit_test_setup_teardown(it_can_be_killed_and_not_reaped_before, prepare, sweep),
        cmocka_unit_test_setup_teardown(it_dies_with_its_supervisor, prepare, sweep),
    };
    return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
