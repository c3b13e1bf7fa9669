/* A store that was restored: the mark is taken once, and known from then on. */
#include "node/core/restored.h"
#include "node/supervisor/directory.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ID     "000102030405060708090a0b0c0d0e0f"
#define OTHER  "ff0102030405060708090a0b0c0d0e0f"
#define BACKUP 1790000000123u
#define NOW    1790000099999u

struct stage {
    struct room room;
    struct sym_disk dir;
    struct sym_journal journal;
};

static int set_up(void **state)
{
    static struct stage s;
    room_open(&s.room);
    assert_int_equal(sym_disk_open(&s.dir, s.room.dir, NULL), SYM_OK);
    assert_int_equal(sym_journal_open(&s.journal, s.room.store, NULL), SYM_OK);
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *s = *state;
    room_fill_disk(false);
    sym_disk_close(&s->dir);
    room_close(&s->room);
    return 0;
}

static void mark(const struct stage *s, const char *text)
{
    scratch_write(s->room.dir, SYM_FILE_RESTORED, 0600, sym_span_text(text));
}

static enum sym_err take(struct stage *s, struct sym_restored *out, struct sym_fault *fault)
{
    return sym_restored_take(out, &s->dir, s->room.store, &s->journal, fault);
}

static size_t lines(struct stage *s)
{
    return room_count(&s->room, SYM_TABLE_EVENTS);
}

static void a_store_that_was_never_restored_says_so(void **state)
{
    struct stage *s = *state;
    struct sym_restored r = {.restored_ms = 1};
    assert_int_equal(take(s, &r, NULL), SYM_OK);
    assert_int_equal(r.restored_ms, 0);
    assert_int_equal(lines(s), 0);
}

static void takes_the_mark_once_and_knows_it_from_then_on(void **state)
{
    struct stage *s = *state;
    struct sym_restored r;
    mark(s, "symbolon-restored/1\nid: " ID "\nbackup: 1790000000123\nrestored: 1790000099999\n");
    for (int again = 0; again < 3; again++) {
        r = (struct sym_restored){.restored_ms = 0};
        assert_int_equal(take(s, &r, NULL), SYM_OK);
        assert_int_equal(r.backup_ms, BACKUP);
        assert_int_equal(r.restored_ms, NOW);
        assert_false(scratch_has(s->room.dir, SYM_FILE_RESTORED));
        assert_int_equal(lines(s), 1);
        room_reopen(&s->room);
        assert_int_equal(sym_journal_open(&s->journal, s->room.store, NULL), SYM_OK);
    }
}

/* Killed after the commit, before the file was gone. */
static void a_mark_that_was_taken_before_begins_nothing_anew(void **state)
{
    struct stage *s = *state;
    struct sym_restored r;
    for (int again = 0; again < 2; again++) {
        mark(s, "symbolon-restored/1\nid: " ID "\nbackup: 1\nrestored: 2\n");
        assert_int_equal(take(s, &r, NULL), SYM_OK);
        assert_int_equal(lines(s), 1);
    }
    mark(s, "symbolon-restored/1\nid: " OTHER "\nbackup: 1\nrestored: 3\n");
    assert_int_equal(take(s, &r, NULL), SYM_OK);
    assert_int_equal(lines(s), 2);
    assert_int_equal(r.restored_ms, 3);
}

static void a_mark_that_cannot_be_recorded_stays(void **state)
{
    struct stage *s = *state;
    struct sym_restored r;
    struct sym_fault fault = {.text = ""};
    mark(s, "symbolon-restored/1\nid: " ID "\nbackup: 1\nrestored: 2\n");
    room_fill_disk(true);
    enum sym_err err = take(s, &r, &fault);
    room_fill_disk(false);
    assert_int_equal(err, SYM_NO_SPACE);
    assert_non_null(strstr(fault.text, "cannot be recorded"));
    assert_true(scratch_has(s->room.dir, SYM_FILE_RESTORED));
    assert_int_equal(take(s, &r, NULL), SYM_OK);
}

static void refuses_a_mark_that_restore_did_not_write(void **state)
{
    struct stage *s = *state;
    static const char *const bad[] = {
        "x",
        "symbolon-restored/2\nid: " ID "\nbackup: 1\nrestored: 2\n",
        "symbolon-restored/1\n",
        "symbolon-restored/1\nid: " ID "\nbackup: 1\nrestored: 2",
        "symbolon-restored/1\nid: " ID "\nbackup: 1\nrestored: 2\nmore\n",
        "symbolon-restored/1\nid: 00\nbackup: 1\nrestored: 2\n",
        "symbolon-restored/1\nid: " ID "\nbackup: -1\nrestored: 2\n",
        "symbolon-restored/1\nid: " ID "\nbackup: \nrestored: 2\n",
        "symbolon-restored/1\nid: " ID "\nbackup: 99999999999999999999\nrestored: 2\n",
        "symbolon-restored/1\nbackup: 1\nid: " ID "\nrestored: 2\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sym_restored r;
        struct sym_fault fault = {.text = ""};
        mark(s, bad[i]);
        assert_int_equal(take(s, &r, &fault), SYM_BAD_FORMAT);
        assert_non_null(strstr(fault.text, "is not as symbolon restore wrote it"));
        assert_true(scratch_has(s->room.dir, SYM_FILE_RESTORED));
    }
    assert_int_equal(lines(s), 0);
}

#define WITH_STAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STAGE(a_store_that_was_never_restored_says_so),
        WITH_STAGE(takes_the_mark_once_and_knows_it_from_then_on),
        WITH_STAGE(a_mark_that_was_taken_before_begins_nothing_anew),
        WITH_STAGE(a_mark_that_cannot_be_recorded_stays),
        WITH_STAGE(refuses_a_mark_that_restore_did_not_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
