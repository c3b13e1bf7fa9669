/* What was deleted while the disk failed is put beyond recovery when it works again. */
#include "node/core/backup.h"
#include "node/core/erasing.h"
#include "node/loop.h"
#include "tests/support/shelf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, shelf_set_up, shelf_tear_down)

static unsigned passing; /* the next so many, before those */
static unsigned failing; /* that fail */

/* In the place of the C library's: writing of keys ends with it. */
int fsync(int fd);
int fsync(int fd)
{
    if (passing > 0) {
        passing--;
    } else if (failing > 0) {
        failing--;
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

static bool is_due(struct shelf *s)
{
    return sym_erasing_is_due(s->vault, room_log(&s->room));
}

/* Erases all bodies that there are. The disk fails. */
static void erase_bodies(struct shelf *s)
{
    uint64_t n = 0;
    const struct sym_entry_body body = {.event = sym_span_text("tested")};
    const struct sym_entry entry = {.kind = SYM_ENTRY_SETTING, .body = &body};
    assert_int_equal(sym_log_add(room_log(&s->room), &entry), SYM_OK);
    uint64_t now_ms = sym_wall_ms();
    while (sym_wall_ms() <= now_ms) {
    }
    failing = 1;
    assert_int_not_equal(sym_log_erase_bodies(s->room.log, NULL, sym_wall_ms(), &n, NULL), SYM_OK);
    assert_true(n > 0);
    assert_int_equal(failing, 0);
}

/* Forgets a record. The disk fails. */
static void forget(struct shelf *s)
{
    struct sym_dataset_forgotten gone;
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, 100), SYM_OK);
    failing = 1;
    assert_int_not_equal(shelf_forget(s, "suspects", "r17", &gone, NULL), SYM_OK);
    assert_int_equal(failing, 0);
}

static void nothing_is_due_where_all_was_erased(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone;
    assert_false(is_due(s));
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, 100), SYM_OK);
    assert_int_equal(shelf_forget(s, "suspects", "r17", &gone, NULL), SYM_OK);
    assert_false(is_due(s));
    assert_int_equal(sym_erasing_finish(s->vault, s->room.log, NULL), SYM_OK);
}

static void data_that_could_not_be_erased_is_due_until_it_is(void **state)
{
    struct shelf *s = *state;
    forget(s);
    assert_true(is_due(s));
    assert_int_equal(sym_erasing_finish(s->vault, s->room.log, NULL), SYM_OK);
    assert_false(is_due(s));
}

static void bodies_that_could_not_be_erased_are_due_until_they_are(void **state)
{
    struct shelf *s = *state;
    erase_bodies(s);
    assert_true(is_due(s));
    assert_int_equal(sym_erasing_finish(s->vault, s->room.log, NULL), SYM_OK);
    assert_false(is_due(s));
}

static void one_that_fails_does_not_keep_the_other(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    erase_bodies(s);
    forget(s);
    failing = 1;
    assert_int_not_equal(sym_erasing_finish(s->vault, s->room.log, &fault), SYM_OK);
    assert_non_null(strstr(fault.text, SYM_ERASURE_FILE));
    assert_false(sym_log_erasing_is_due(s->room.log));
    assert_true(is_due(s));
}

/* The old key was to be overwritten last: the store says that nothing is due any more. */
static void a_key_that_could_not_be_overwritten_is_due(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone;
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, 100), SYM_OK);
    passing = 1; /* the new key is written */
    failing = 1;
    assert_int_not_equal(shelf_forget(s, "suspects", "r17", &gone, NULL), SYM_OK);
    assert_int_equal(failing, 0);
    assert_true(is_due(s));
    assert_int_equal(sym_erasing_finish(s->vault, room_log(&s->room), NULL), SYM_OK);
    assert_false(is_due(s));
}

static void no_backup_takes_a_key_along_that_bodies_lay_under(void **state)
{
    struct shelf *s = *state;
    static const uint8_t id[SYM_BACKUP_ID_BYTES] = {'a'};
    static const char *const small[] = {"format", "node.card", "node.keys", "master.key"};
    struct sym_fault fault = {.text = ""};
    struct sym_backup_begun begun;
    struct sym_backups *backups = NULL;
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        scratch_write(s->room.dir, small[i], 0600, sym_span_text(small[i]));
    }
    erase_bodies(s);
    const struct sym_backups_config c = {.store = s->room.store,
                                         .vault = s->vault,
                                         .log = s->room.log,
                                         .dir = &s->dir,
                                         .now_ms = sym_now_ms};
    assert_int_equal(sym_backups_new(&backups, &c, NULL), SYM_OK);
    failing = 1;
    assert_int_not_equal(sym_backups_begin(backups, &begun, sym_span(id, sizeof id), NULL, &fault),
                         SYM_OK);
    assert_non_null(strstr(fault.text, "could still be read"));
    assert_non_null(strstr(fault.text, SYM_EVIDENCE_FILE));
    assert_true(is_due(s));
    assert_int_equal(sym_backups_begin(backups, &begun, sym_span(id, sizeof id), NULL, NULL),
                     SYM_OK);
    assert_false(is_due(s));
    sym_backups_free(backups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_due_where_all_was_erased),
        TEST(data_that_could_not_be_erased_is_due_until_it_is),
        TEST(bodies_that_could_not_be_erased_are_due_until_they_are),
        TEST(one_that_fails_does_not_keep_the_other),
        TEST(a_key_that_could_not_be_overwritten_is_due),
        TEST(no_backup_takes_a_key_along_that_bodies_lay_under),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
