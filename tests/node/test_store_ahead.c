/* Room that the store writes before commits need it: it is there, it is none of the commits'
 * business when it cannot be had, and long commits do without. */
#include "node/store/store.h"
#include "tests/support/room.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <cmocka.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* The store finds this one before that of the C library; LMDB does not use it. unistd.h declares
 * the first with attributes of its own. */
long syscall(long number, ...);

static int code;     /* of each write ahead; 0: it succeeds */
static size_t limit; /* bytes after which it ends short; 0: none */
static unsigned asked;

ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t at)
{
    struct iovec part = parts[0];
    asked++;
    if (code != 0) {
        errno = code;
        return -1;
    }
    if (limit > 0) {
        part.iov_len = limit < part.iov_len ? limit : part.iov_len;
        parts = &part;
        n = 1;
    }
    return (ssize_t)syscall(SYS_pwritev, fd, parts, n, at, (off_t)0);
}

static int set_up(void **state)
{
    code = 0;
    limit = 0;
    asked = 0;
    return room_set_up(state);
}

static int tear_down(void **state)
{
    code = 0;
    limit = 0;
    return room_tear_down(state);
}

static uint64_t file_bytes(const struct room *s)
{
    struct stat info;
    assert_int_equal(stat(room_path(s, "store/data.mdb"), &info), 0);
    /* Written, not a hole. */
    assert_true((uint64_t)info.st_blocks * 512 >= (uint64_t)info.st_size);
    return (uint64_t)info.st_size;
}

static void put_number(struct room *s, unsigned i, enum sym_err want)
{
    char key[32];
    (void)snprintf(key, sizeof key, "number %u", i);
    assert_int_equal(room_put(s, SYM_TABLE_SETTINGS, key, "a value of some length, or nearly so"),
                     want);
}

static void check_numbers(struct room *s, unsigned n)
{
    room_reopen(s);
    for (unsigned i = 0; i < n; i++) {
        char key[32];
        char text[256];
        (void)snprintf(key, sizeof key, "number %u", i);
        room_get(s, SYM_TABLE_SETTINGS, key, text);
        assert_string_equal(text, "a value of some length, or nearly so");
    }
}

static void commits_find_room_that_is_written(void **state)
{
    struct room *s = *state;
    unsigned grown = 0;
    put_number(s, 0, SYM_OK);
    for (unsigned i = 1; i < 400; i++) {
        uint64_t before = file_bytes(s);
        put_number(s, i, SYM_OK);
        uint64_t after = file_bytes(s);
        assert_true(after > sym_store_bytes(s->store));
        grown += after > before;
    }
    assert_true(grown <= 10);
    assert_true(asked <= 10);
    check_numbers(s, 400);
}

static void commits_go_on_where_no_room_can_be_written(void **state)
{
    static const int codes[] = {ENOSPC, EIO, EDQUOT, EFBIG};
    struct room *s = *state;
    for (unsigned i = 0; i < 100; i++) {
        code = codes[i % 4];
        put_number(s, i, SYM_OK);
        assert_false(sym_store_was_full(s->store));
    }
    assert_true(asked > 0);
    check_numbers(s, 100);
}

static void commits_go_on_where_less_room_can_be_written(void **state)
{
    struct room *s = *state;
    limit = 1000;
    for (unsigned i = 0; i < 400; i++) {
        put_number(s, i, SYM_OK);
    }
    assert_true(asked > 10);
    limit = 0;
    put_number(s, 400, SYM_OK);
    put_number(s, 401, SYM_OK);
    assert_true(file_bytes(s) > sym_store_bytes(s->store));
    check_numbers(s, 402);
}

static void a_commit_that_finds_no_room_says_so_and_the_next_one_goes_on(void **state)
{
    struct room *s = *state;
    put_number(s, 0, SYM_OK);
    code = ENOSPC;
    room_fill_disk(true);
    put_number(s, 1, SYM_NO_SPACE);
    room_fill_disk(false);
    code = 0;
    put_number(s, 1, SYM_OK);
    put_number(s, 2, SYM_OK);
    assert_true(file_bytes(s) > sym_store_bytes(s->store));
    check_numbers(s, 3);
}

struct long_commit {
    unsigned first;
};

static enum sym_err put_long(struct sym_transaction *t, void *context)
{
    static uint8_t value[4000];
    const struct long_commit *c = context;
    for (unsigned i = 0; i < 20; i++) {
        uint8_t key[8];
        sym_put_u64(key, c->first + i);
        enum sym_err err = sym_store_append(t, SYM_TABLE_LOG, sym_span(key, sizeof key), NULL,
                                            sym_span(value, sizeof value));
        if (err != SYM_OK) {
            return err;
        }
    }
    return SYM_OK;
}

static void long_commits_write_nothing_twice(void **state)
{
    struct room *s = *state;
    struct long_commit c = {.first = 0};
    put_number(s, 0, SYM_OK);
    assert_int_equal(sym_store_write(s->store, put_long, &c), SYM_OK);
    asked = 0;
    for (unsigned i = 1; i < 50; i++) {
        c.first = 20 * i;
        assert_int_equal(sym_store_write(s->store, put_long, &c), SYM_OK);
    }
    assert_int_equal(asked, 0);
    put_number(s, 1, SYM_OK);
    put_number(s, 2, SYM_OK);
    assert_true(asked > 0);
    assert_true(file_bytes(s) > sym_store_bytes(s->store));
    check_numbers(s, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(commits_find_room_that_is_written),
        TEST(commits_go_on_where_no_room_can_be_written),
        TEST(commits_go_on_where_less_room_can_be_written),
        TEST(a_commit_that_finds_no_room_says_so_and_the_next_one_goes_on),
        TEST(long_commits_write_nothing_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
