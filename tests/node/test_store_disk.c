/* What the disk can do to the store: fill up, fail, lose power in the middle of a write.
 *
 * runner: disk */
#include "node/sandbox.h"
#include "tests/support/room.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <cmocka.h>

/* LMDB finds these before those of the C library. unistd.h and sys/mman.h are left out, as they
 * declare them with attributes of their own. */
void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t from);
ssize_t pwrite(int fd, const void *data, size_t len, off_t at);
int fdatasync(int fd);
long syscall(long number, ...);
int close(int fd);
int pipe(int ends[2]);
ssize_t read(int fd, void *out, size_t len);
ssize_t write(int fd, const void *data, size_t len);
int usleep(unsigned us);
pid_t fork(void);
unsigned geteuid(void);
unsigned getegid(void);
void _exit(int code) __attribute__((noreturn));

/* LMDB writes pages first, then syncs, then a few bytes into one of the first two pages. */
enum broken { NOTHING, PAGES, PAGES_SHORT, SYNC, META, META_SHORT, LARGE_MAP };
static enum broken broken;
static int broken_code;
static unsigned syncs;
static unsigned synced_metas;
static unsigned metas;

static bool is_meta(size_t len)
{
    return len < 4096;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    metas += is_meta(len);
    synced_metas += is_meta(len) && (fcntl(fd, F_GETFL) & O_DSYNC) == O_DSYNC;
    bool hit = is_meta(len) ? broken == META || broken == META_SHORT
                            : broken == PAGES || broken == PAGES_SHORT;
    if (hit && (broken == META || broken == PAGES)) {
        errno = broken_code;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, data, hit ? len / 2 : len, at);
}

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    if (broken == PAGES) {
        errno = broken_code;
        return -1;
    }
    return syscall(SYS_writev, fd, parts, broken == PAGES_SHORT ? 1 : n);
}

int fdatasync(int fd)
{
    syncs++;
    if (broken == SYNC) {
        errno = broken_code;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t from)
{
    union {
        long number;
        void *address;
    } got = {.number = -1};
    if (broken == LARGE_MAP && len > (size_t)32 << 20) {
        errno = broken_code;
    } else {
        got.number = syscall(SYS_mmap, at, len, protection, flags, fd, from);
    }
    return got.address;
}

static void break_disk(enum broken what, int code)
{
    broken = what;
    broken_code = code;
}

static int mend_and_tear_down(void **state)
{
    break_disk(NOTHING, 0);
    return room_tear_down(state);
}

/* A value of this many bytes under each of n keys, in one transaction. */
struct load {
    unsigned first;
    unsigned n;
    size_t bytes;
};

static enum sym_err put_load(struct sym_transaction *t, void *context)
{
    const struct load *l = context;
    enum sym_err err = SYM_OK;
    uint8_t *bytes = calloc(1, l->bytes);
    if (bytes == NULL) {
        return SYM_NO_MEMORY;
    }
    for (unsigned i = 0; err == SYM_OK && i < l->n; i++) {
        uint8_t key[8];
        sym_put_u64(key, l->first + i);
        err = sym_store_put(t, SYM_TABLE_EXCHANGES, sym_span(key, sizeof key),
                            sym_span(bytes, l->bytes));
    }
    free(bytes);
    return err;
}

static enum sym_err put_some(struct room *s, unsigned first, unsigned n, size_t bytes)
{
    struct load l = {.first = first, .n = n, .bytes = bytes};
    return sym_store_write(s->store, put_load, &l);
}

static void refuses_cleanly_and_goes_on(struct room *s, enum sym_err wanted)
{
    char text[256];
    enum broken what = broken;
    int code = broken_code;
    break_disk(NOTHING, 0);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "old"), SYM_OK);
    for (int again = 0; again < 3; again++) {
        break_disk(what, code);
        assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "new"), wanted);
        assert_int_equal(put_some(s, 0, 50, 3000), wanted);
        assert_int_equal(sym_store_was_full(s->store), wanted == SYM_NO_SPACE);
        break_disk(NOTHING, 0);
        room_get(s, SYM_TABLE_USERS, "alice", text);
        assert_string_equal(text, "old");
        assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), 0);
    }
    assert_int_equal(put_some(s, 0, 50, 3000), SYM_OK);
    assert_false(sym_store_was_full(s->store));
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "newer"), SYM_OK);
    room_reopen(s);
    room_get(s, SYM_TABLE_USERS, "alice", text);
    assert_string_equal(text, "newer");
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), 50);
}

static void has_each_commit_on_the_disk_before_it_reports_it(void **state)
{
    struct room *s = *state;
    for (unsigned i = 1; i <= 5; i++) {
        syncs = metas = synced_metas = 0;
        assert_int_equal(put_some(s, i, 1, 1000), SYM_OK);
        assert_int_equal(syncs, 1);
        assert_int_equal(metas, 1);
        assert_int_equal(synced_metas, 1);
    }
}

static void goes_on_after_pages_that_could_not_be_written(void **state)
{
    break_disk(PAGES, ENOSPC);
    refuses_cleanly_and_goes_on(*state, SYM_NO_SPACE);
}

static void tells_a_quota_from_a_disk_that_fails(void **state)
{
    struct room *s = *state;
    break_disk(PAGES, EDQUOT);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "x"), SYM_NO_SPACE);
    break_disk(PAGES, EFBIG);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "x"), SYM_NO_SPACE);
    break_disk(PAGES, EROFS);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "x"), SYM_BAD_PERMISSIONS);
    break_disk(PAGES, EIO);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "x"), SYM_IO);
    break_disk(NOTHING, 0);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "x"), SYM_OK);
}

static void goes_on_after_pages_of_which_a_part_was_written(void **state)
{
    break_disk(PAGES_SHORT, 0);
    refuses_cleanly_and_goes_on(*state, SYM_IO);
}

static void goes_on_after_a_sync_that_failed(void **state)
{
    break_disk(SYNC, EIO);
    refuses_cleanly_and_goes_on(*state, SYM_IO);
}

/* LMDB calls this fatal, and refuses everything afterwards. */
static void goes_on_after_a_last_write_that_failed(void **state)
{
    break_disk(META, EIO);
    refuses_cleanly_and_goes_on(*state, SYM_IO);
}

static void goes_on_after_a_last_write_that_did_not_fit(void **state)
{
    break_disk(META, ENOSPC);
    refuses_cleanly_and_goes_on(*state, SYM_NO_SPACE);
}

static void goes_on_after_a_last_write_that_was_cut_short(void **state)
{
    break_disk(META_SHORT, 0);
    refuses_cleanly_and_goes_on(*state, SYM_IO);
}

static void tries_to_open_again_until_it_succeeds(void **state)
{
    struct room *s = *state;
    char aside[PATH_MAX];
    char text[256];
    (void)snprintf(aside, sizeof aside, "%s", room_path(s, "aside"));
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "old"), SYM_OK);
    break_disk(META, EIO);
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "new"), SYM_IO);
    break_disk(NOTHING, 0);
    assert_int_equal(rename(room_path(s, "store"), aside), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_not_equal(room_has(s, SYM_TABLE_USERS, "alice"), SYM_OK);
        assert_int_not_equal(room_put(s, SYM_TABLE_USERS, "alice", "newest"), SYM_OK);
        assert_int_equal(sym_store_bytes(s->store), 0);
    }
    assert_int_equal(rename(aside, room_path(s, "store")), 0);
    room_get(s, SYM_TABLE_USERS, "alice", text);
    assert_string_equal(text, "old");
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "newest"), SYM_OK);
    assert_true(sym_store_bytes(s->store) > 0);
}

static void goes_on_after_a_map_that_could_not_grow(void **state)
{
    struct room *s = *state;
    assert_int_equal(put_some(s, 0, 1, 1 << 20), SYM_OK);
    break_disk(LARGE_MAP, ENOMEM);
    for (int again = 0; again < 3; again++) {
        assert_int_equal(put_some(s, 1, 100, 1 << 20), SYM_NO_MEMORY);
        assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), 1);
        assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "x"), SYM_OK);
    }
    break_disk(NOTHING, 0);
    assert_int_equal(put_some(s, 1, 100, 1 << 20), SYM_OK);
    room_reopen(s);
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), 101);
}

/* In a child, as a sandbox cannot be left. Exit codes: 0 as it should be, 77 no sandbox here. */
static int recover_in_sandbox(struct room *s)
{
    struct sym_sandbox_state sandbox;
    struct sym_fault fault = {.text = ""};
    if (sym_sandbox_prepare(&sandbox, SYM_SANDBOX_CORE, &fault) != SYM_OK ||
        sym_sandbox_enter(&sandbox, SYM_SANDBOX_CORE, s->dir, s->dir, &fault) != SYM_OK) {
        (void)fprintf(stderr, "%s\n", fault.text);
        return 1;
    }
    if (!sandbox.seccomp) {
        return 77;
    }
    for (int i = 0; i < 2; i++) {
        break_disk(META, EIO);
        if (room_put(s, SYM_TABLE_USERS, "alice", "new") != SYM_IO) {
            return 2;
        }
        break_disk(NOTHING, 0);
        if (room_put(s, SYM_TABLE_USERS, "alice", "newer") != SYM_OK) {
            return 3;
        }
    }
    return put_some(s, 0, 40, 1 << 20) == SYM_OK ? 0 : 4;
}

static void goes_on_inside_the_sandbox_of_core(void **state)
{
    struct room *s = *state;
    char text[256];
    int status = 0;
    sym_store_close(s->store);
    s->store = NULL;
    pid_t child = fork();
    if (child == 0) {
        room_reopen(s);
        int code = recover_in_sandbox(s);
        sym_store_close(s->store);
        _exit(code);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("SKIP: this build leaves the sandbox open\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    room_reopen(s);
    room_get(s, SYM_TABLE_USERS, "alice", text);
    assert_string_equal(text, "newer");
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), 40);
}

/* A limit on the size of files acts like a full disk, without one. */
static void goes_on_after_a_limit_of_the_file_size(void **state)
{
    struct room *s = *state;
    assert_int_equal(room_put(s, SYM_TABLE_USERS, "alice", "old"), SYM_OK);
    room_fill_disk(true);
    enum sym_err first = room_put(s, SYM_TABLE_USERS, "alice", "new");
    enum sym_err second = put_some(s, 0, 30, 1 << 20);
    enum sym_err read = room_has(s, SYM_TABLE_USERS, "alice");
    room_fill_disk(false);
    assert_int_equal(first, SYM_NO_SPACE);
    assert_int_equal(second, SYM_NO_SPACE);
    assert_int_equal(read, SYM_OK);
    assert_int_equal(put_some(s, 0, 30, 1 << 20), SYM_OK);
}

/* A real full disk. */

static bool write_ids(unsigned uid, unsigned gid)
{
    const char *const files[] = {"/proc/self/uid_map", "/proc/self/setgroups",
                                 "/proc/self/gid_map"};
    char lines[3][64];
    (void)snprintf(lines[0], sizeof lines[0], "%u %u 1", uid, uid);
    (void)snprintf(lines[1], sizeof lines[1], "deny");
    (void)snprintf(lines[2], sizeof lines[2], "%u %u 1", gid, gid);
    bool done = true;
    for (size_t i = 0; i < 3; i++) {
        int fd = open(files[i], O_WRONLY);
        done = done && fd >= 0 && write(fd, lines[i], strlen(lines[i])) > 0;
        if (fd >= 0) {
            (void)close(fd);
        }
    }
    return done;
}

/* Makes `dir` a disk of its own, seen by this process only. */
static bool mount_small(const char *dir, const char *size)
{
    static bool apart;
    unsigned uid = geteuid();
    unsigned gid = getegid();
    if (!apart) {
        apart = uid == 0 ? unshare(CLONE_NEWNS) == 0
                         : unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_ids(uid, gid);
        apart = apart && mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;
    }
    return apart && mount("none", dir, "tmpfs", 0, size) == 0;
}

/* Takes what is left, less `spare` bytes. */
static void fill_up(struct room *s, off_t spare)
{
    static const char zeros[4096];
    int fd = open(room_path(s, "ballast"), O_WRONLY | O_CREAT, 0600);
    off_t size = 0;
    assert_true(fd >= 0);
    for (ssize_t n = 1; n > 0; size += n > 0 ? n : 0) {
        n = write(fd, zeros, sizeof zeros);
    }
    assert_true(size >= spare);
    assert_int_equal(syscall(SYS_ftruncate, fd, size - spare), 0);
    (void)close(fd);
}

static void make_room_again(struct room *s)
{
    assert_int_equal(remove(room_path(s, "ballast")), 0);
}

static int disk_set_up(void **state)
{
    static struct room s;
    assert_int_equal(sym_crypto_init(), SYM_OK);
    s.store = NULL;
    scratch_new(&s.scratch);
    s.dir = s.scratch.path;
    *state = &s;
    return 0;
}

static int disk_tear_down(void **state)
{
    struct room *s = *state;
    sym_store_close(s->store);
    (void)umount2(s->dir, MNT_DETACH); /* a test that failed leaves it busy */
    scratch_remove(&s->scratch);
    return 0;
}

static void get_disk(struct room *s)
{
    if (!mount_small(s->dir, "size=4m,mode=0700")) {
        print_message("SKIP: no file system may be mounted here\n");
        skip();
    }
}

static void refuses_what_does_not_fit_and_goes_on_when_there_is_room(void **state)
{
    struct room *s = *state;
    enum sym_err err = SYM_OK;
    unsigned held = 0;
    get_disk(s);
    fill_up(s, 3 << 20);
    room_reopen(s);
    while (err == SYM_OK) {
        assert_true(held < 100);
        err = put_some(s, held, 1, 100000);
        held += err == SYM_OK;
    }
    assert_int_equal(err, SYM_NO_SPACE);
    assert_true(held > 10);
    /* Small ones find room between the large ones for a while. */
    for (err = SYM_OK; err == SYM_OK; held += err == SYM_OK) {
        assert_true(held < 10000);
        err = put_some(s, held, 1, 100);
    }
    assert_int_equal(err, SYM_NO_SPACE);
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), held);
    make_room_again(s);
    assert_int_equal(put_some(s, held, 1, 100), SYM_OK);
    room_reopen(s);
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), held + 1);
}

static void opens_on_a_full_disk_what_was_there(void **state)
{
    struct room *s = *state;
    get_disk(s);
    room_reopen(s);
    assert_int_equal(put_some(s, 0, 3, 1000), SYM_OK);
    fill_up(s, 0);
    room_reopen(s);
    assert_int_equal(room_count(s, SYM_TABLE_EXCHANGES), 3);
    assert_int_equal(put_some(s, 3, 1, 100000), SYM_NO_SPACE);
}

static void is_not_made_on_a_full_disk_but_later(void **state)
{
    struct room *s = *state;
    bool seen_failing = false;
    for (off_t spare = 0; spare <= 32 * 4096; spare += 4096) {
        struct sym_fault fault = {.text = ""};
        get_disk(s);
        fill_up(s, spare);
        enum sym_err err = sym_store_open(&s->store, s->dir, sym_span(s->master, 32), &fault);
        if (err != SYM_OK) {
            seen_failing = true;
            assert_int_equal(err, SYM_NO_SPACE);
            assert_non_null(strstr(fault.text, "make room"));
        }
        make_room_again(s);
        room_reopen(s);
        assert_int_equal(put_some(s, 0, 1, 1000), SYM_OK);
        sym_store_close(s->store);
        s->store = NULL;
        assert_int_equal(umount(s->dir), 0);
    }
    assert_true(seen_failing);
}

/* A process that dies. */

static void write_until_killed(struct room *s, int tell, unsigned first)
{
    for (unsigned i = first;; i++) {
        if (put_some(s, i, 1, 1 + i * 7919 % 20000) != SYM_OK ||
            write(tell, &i, sizeof i) != (ssize_t)sizeof i) {
            _exit(1);
        }
    }
}

/* Has a child write and kills it; returns how many entries it had reported. */
static unsigned killed_after(struct room *s, unsigned first, unsigned us)
{
    int ends[2];
    unsigned last = first;
    unsigned i = 0;
    int status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        room_reopen(s);
        write_until_killed(s, ends[1], first);
    }
    (void)close(ends[1]);
    assert_int_equal(read(ends[0], &i, sizeof i), sizeof i);
    last = i + 1;
    (void)usleep(us);
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(ends[0], &i, sizeof i) == (ssize_t)sizeof i) {
        last = i + 1;
    }
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return last;
}

static void loses_nothing_committed_when_it_is_killed_while_writing(void **state)
{
    struct room *s = *state;
    unsigned reported = 0;
    for (unsigned round = 0; round < 12; round++) {
        sym_store_close(s->store);
        s->store = NULL;
        reported = killed_after(s, reported, round * 3571 % 40000);
        room_reopen(s);
        size_t held = room_count(s, SYM_TABLE_EXCHANGES);
        /* The last one may have been committed without having been reported. */
        assert_true(held == reported || held == reported + 1);
        reported = (unsigned)held;
    }
    assert_true(reported > 24);
}

#define TEST(name)      cmocka_unit_test_setup_teardown(name, room_set_up, mend_and_tear_down)
#define DISK_TEST(name) cmocka_unit_test_setup_teardown(name, disk_set_up, disk_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(has_each_commit_on_the_disk_before_it_reports_it),
        TEST(goes_on_after_pages_that_could_not_be_written),
        TEST(tells_a_quota_from_a_disk_that_fails),
        TEST(goes_on_after_pages_of_which_a_part_was_written),
        TEST(goes_on_after_a_sync_that_failed),
        TEST(goes_on_after_a_last_write_that_failed),
        TEST(goes_on_after_a_last_write_that_did_not_fit),
        TEST(goes_on_after_a_last_write_that_was_cut_short),
        TEST(tries_to_open_again_until_it_succeeds),
        TEST(goes_on_after_a_map_that_could_not_grow),
        TEST(goes_on_inside_the_sandbox_of_core),
        TEST(goes_on_after_a_limit_of_the_file_size),
        TEST(loses_nothing_committed_when_it_is_killed_while_writing),
        DISK_TEST(refuses_what_does_not_fit_and_goes_on_when_there_is_room),
        DISK_TEST(opens_on_a_full_disk_what_was_there),
        DISK_TEST(is_not_made_on_a_full_disk_but_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
