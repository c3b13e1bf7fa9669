/* A log on a disk that fails: what was begun is neither forgotten nor taken for done. */
#include "tests/node/evidence_room.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

static unsigned commits;
static unsigned first_failing; /* 0: none */
static bool keys_fail;

/* In the place of the C library's: commits of the store end with the one, writing of keys with the
 * other. */
int fdatasync(int fd);
int fdatasync(int fd)
{
    if (first_failing > 0 && ++commits >= first_failing) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd);
int fsync(int fd)
{
    if (keys_fail) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

/* The commits from this one on fail; 0: none does. */
static void fail_from(unsigned commit)
{
    commits = 0;
    first_failing = commit;
}

static const struct sym_entry_body restored_body = {.event = {(const uint8_t *)"restored", 8}};
static const struct sym_entry restored = {.kind = SYM_ENTRY_RESTORED, .body = &restored_body};

/* What the store holds after such a commit is looked at first: a log that is frozen. */
static void a_log_begins_again_after_a_commit_of_unknown_fate(void **state)
{
    struct room *s = *state;
    add(s, 5);
    assert_int_equal(sym_log_freeze(s->log, "a partner holds another head"), SYM_OK);
    fail_from(1);
    assert_int_not_equal(try_add(s, 1), SYM_OK);
    fail_from(0);
    assert_int_equal(sym_log_begin_again(s->log, &restored, NULL, 0, NULL), SYM_OK);
    for (int restart = 0; restart < 2; restart++) {
        assert_false(sym_log_is_frozen(room_log(s), NULL));
        assert_int_equal(sym_log_head(s->log)->signed_size, 1);
        room_reopen(s);
    }
}

static void a_log_that_could_not_begin_again_stays_frozen(void **state)
{
    struct room *s = *state;
    const char *why = NULL;
    add(s, 5);
    assert_int_equal(sym_log_freeze(s->log, "a partner holds another head"), SYM_OK);
    fail_from(1);
    assert_int_not_equal(sym_log_begin_again(s->log, &restored, NULL, 0, NULL), SYM_OK);
    fail_from(0);
    assert_true(sym_log_is_frozen(s->log, &why));
    assert_string_equal(why, "a partner holds another head");
    assert_int_equal(sym_log_head(s->log)->generation, 1);
    assert_int_equal(sym_log_begin_again(s->log, &restored, NULL, 0, NULL), SYM_OK);
    assert_false(sym_log_is_frozen(s->log, NULL));
}

/* Erasing -------------------------------------------------------------------------------------
 */

static enum sym_err erase(struct room *s, uint64_t before_ms, struct sym_fault *fault)
{
    uint64_t n = 0;
    struct sym_author olga = {.log = room_log(s), .user = "olga"};
    return sym_log_erase_bodies(s->log, &olga, before_ms, &n, fault);
}

static enum sym_err count_body_row(struct sym_transaction *t, void *context)
{
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    uint32_t generation = 0;
    uint64_t last = 0;
    size_t *n = context;
    enum sym_err err = SYM_OK;
    while (err == SYM_OK) {
        err = sym_log_rows_next(t, SYM_LOG_BODIES, key, &len, &generation, &last);
        *n += err == SYM_OK;
    }
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

/* Rows of bodies in the store. */
static size_t body_rows(struct room *s)
{
    size_t n = 0;
    assert_int_equal(sym_store_read(s->store, count_body_row, &n), SYM_OK);
    return n;
}

/* Bodies before the date fill a tile and more, those behind it are few. */
static uint64_t fill(struct room *s)
{
    assert_int_equal(try_many(s, 300, SYM_OK, NULL), SYM_OK);
    pass_a_moment();
    add(s, 5);
    return time_of(s, 300);
}

static void erasing_that_was_announced_is_finished_in_the_log_that_begins_again(void **state)
{
    struct room *s = *state;
    uint64_t before_ms = fill(s);
    struct sym_fault fault = {.text = ""};
    fail_from(2); /* the announcement is durable, no more */
    assert_int_not_equal(erase(s, before_ms, &fault), SYM_OK);
    fail_from(0);
    assert_non_null(strstr(fault.text, "not all bodies could be erased"));
    size_t rows = body_rows(s);
    assert_int_equal(sym_log_freeze(s->log, "a partner holds another head"), SYM_OK);
    assert_int_equal(sym_log_begin_again(s->log, &restored, NULL, 0, NULL), SYM_OK);
    assert_int_equal(body_rows(s), rows + 1);
    room_reopen(s);
    (void)room_log(s);
    assert_true(body_rows(s) < rows);
    assert_false(sym_log_erasing_is_due(s->log));
}

static void bodies_that_could_not_be_erased_are_erased_by_the_next_sweep(void **state)
{
    struct room *s = *state;
    uint64_t before_ms = fill(s);
    size_t rows = body_rows(s);
    fail_from(2);
    assert_int_not_equal(erase(s, before_ms, NULL), SYM_OK);
    assert_true(sym_log_erasing_is_due(s->log));
    assert_int_not_equal(sym_log_sweep(s->log, NULL), SYM_OK);
    assert_true(sym_log_erasing_is_due(s->log));
    fail_from(0);
    assert_int_equal(sym_log_sweep(s->log, NULL), SYM_OK);
    assert_false(sym_log_erasing_is_due(s->log));
    assert_true(body_rows(s) < rows);
}

/* The bodies are gone, and the key they lay under is still on the disk. */
static void erasing_again_renews_the_key_that_could_not_be_renewed(void **state)
{
    struct room *s = *state;
    uint64_t before_ms = fill(s);
    assert_false(sym_log_erasing_is_due(room_log(s)));
    keys_fail = true;
    assert_int_not_equal(erase(s, before_ms, NULL), SYM_OK);
    assert_true(sym_log_erasing_is_due(s->log));
    assert_int_not_equal(erase(s, before_ms, NULL), SYM_OK);
    keys_fail = false;
    assert_true(sym_log_erasing_is_due(s->log));
    uint64_t size = sym_log_head(s->log)->size;
    assert_int_equal(erase(s, before_ms, NULL), SYM_OK);
    assert_false(sym_log_erasing_is_due(s->log));
    assert_int_equal(sym_log_head(s->log)->size, size); /* it was announced before */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_log_begins_again_after_a_commit_of_unknown_fate),
        TEST(a_log_that_could_not_begin_again_stays_frozen),
        TEST(erasing_that_was_announced_is_finished_in_the_log_that_begins_again),
        TEST(bodies_that_could_not_be_erased_are_erased_by_the_next_sweep),
        TEST(erasing_again_renews_the_key_that_could_not_be_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
