/* A store that was restored: the mark is taken once, and known from then on. */
#include "node/core/restored.h"
#include "node/loop.h"
#include "node/supervisor/directory.h"
#include "proto/codec.h"
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
};

/* An entry of the log that will be lost. */
static void add(struct room *room)
{
    const struct sym_entry_body body = {.event = sym_span_text("before")};
    const struct sym_entry entry = {.kind = SYM_ENTRY_SETTING, .body = &body};
    assert_int_equal(sym_log_add(room_log(room), &entry), SYM_OK);
}

static int set_up(void **state)
{
    static struct stage s;
    room_open(&s.room);
    assert_int_equal(sym_disk_open(&s.dir, s.room.dir, NULL), SYM_OK);
    add(&s.room);
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
    return sym_restored_take(out, &s->dir, s->room.store, room_log(&s->room), fault);
}

/* Logs that were begun so far. */
static uint32_t logs(struct stage *s)
{
    uint32_t n = 0;
    uint32_t g = 0;
    while (sym_log_generation_after(room_log(&s->room), &g, g) == SYM_OK) {
        n++;
    }
    return n;
}

static void a_store_that_was_never_restored_says_so(void **state)
{
    struct stage *s = *state;
    struct sym_restored r = {.restored_ms = 1};
    assert_int_equal(take(s, &r, NULL), SYM_OK);
    assert_int_equal(r.restored_ms, 0);
    assert_int_equal(logs(s), 1);
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
        assert_int_equal(logs(s), 2);
        room_reopen(&s->room);
    }
}

static void the_new_log_begins_with_the_head_that_is_lost(void **state)
{
    struct stage *s = *state;
    struct sym_restored r;
    SYM_SECRET_AUTO text = {0};
    SYM_ARENA_AUTO arena = {0};
    struct sym_entry_body body;
    uint8_t salt[SYM_HASH_BYTES];
    add(&s->room);
    struct sym_head lost = *sym_log_head(room_log(&s->room));
    mark(s, "symbolon-restored/1\nid: " ID "\nbackup: 1790000000123\nrestored: 1790000099999\n");
    assert_int_equal(take(s, &r, NULL), SYM_OK);
    struct sym_log *log = room_log(&s->room);
    assert_int_equal(sym_log_head(log)->size, 1);
    assert_int_equal(sym_log_head(log)->signed_size, 1);
    assert_string_not_equal(sym_log_head(log)->origin, lost.origin);
    assert_int_equal(sym_log_body(log, salt, &text, 0), SYM_OK);
    assert_int_equal(sym_decode(&arena, &body, &sym_msg_entry_body, sym_secret_span(&text)),
                     SYM_OK);
    assert_true(sym_span_equal(body.checkpoint, sym_span(lost.checkpoint, lost.checkpoint_len)));
    assert_true(sym_span_equal(body.subject, sym_span_text(ID)));
    assert_true(
        sym_span_equal(body.detail, sym_span_text("from a backup of 2026-09-21T14:13:20Z")));
    assert_int_equal(body.count, 2);
    assert_int_equal(body.user.len, 0);
}

static enum sym_err forget_fn(struct sym_transaction *t, void *context)
{
    (void)context;
    return sym_store_delete(t, SYM_TABLE_RESTORED, sym_span_text("last"));
}

/* Killed between its two commits. */
static void goes_on_with_one_that_was_cut_off(void **state)
{
    struct stage *s = *state;
    struct sym_restored r;
    for (int again = 0; again < 3; again++) {
        mark(s, "symbolon-restored/1\nid: " ID "\nbackup: 1\nrestored: 2\n");
        r = (struct sym_restored){.restored_ms = 0};
        assert_int_equal(take(s, &r, NULL), SYM_OK);
        assert_int_equal(r.restored_ms, 2);
        assert_int_equal(logs(s), 2);
        assert_int_equal(sym_store_write(s->room.store, forget_fn, NULL), SYM_OK);
        room_reopen(&s->room);
    }
}

/* A backup that is restored once more knows nothing of the log that was begun the first time. */
static void the_new_log_is_named_by_the_time_of_the_restore(void **state)
{
    struct stage *s = *state;
    struct sym_restored r;
    uint64_t before_s = sym_wall_ms() / 1000;
    mark(s, "symbolon-restored/1\nid: " ID "\nbackup: 1\nrestored: 2\n");
    assert_int_equal(take(s, &r, NULL), SYM_OK);
    assert_true(sym_log_head(room_log(&s->room))->generation >= before_s);
}

/* Killed after the commits, before the file was gone. */
static void a_mark_that_was_taken_before_begins_nothing_anew(void **state)
{
    struct stage *s = *state;
    struct sym_restored r;
    for (int again = 0; again < 2; again++) {
        mark(s, "symbolon-restored/1\nid: " ID "\nbackup: 1\nrestored: 2\n");
        assert_int_equal(take(s, &r, NULL), SYM_OK);
        assert_int_equal(logs(s), 2);
    }
    mark(s, "symbolon-restored/1\nid: " OTHER "\nbackup: 1\nrestored: 3\n");
    assert_int_equal(take(s, &r, NULL), SYM_OK);
    assert_int_equal(logs(s), 3);
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
    assert_non_null(strstr(fault.text, "could not be begun"));
    assert_int_equal(logs(s), 1);
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
    assert_int_equal(logs(s), 1);
}

static void an_older_copy_that_is_found_out_counts_as_restored(void **state)
{
    struct stage *s = *state;
    struct sym_restored r = {.restored_ms = 0};
    struct sym_restored again;
    assert_int_equal(sym_restored_note(&r, s->room.store, NOW, NULL), SYM_OK);
    assert_int_equal(r.restored_ms, NOW);
    assert_int_equal(r.backup_ms, 0);
    room_reopen(&s->room);
    assert_int_equal(take(s, &again, NULL), SYM_OK);
    assert_int_equal(again.restored_ms, NOW);
    assert_int_equal(again.backup_ms, 0);
    assert_int_equal(sym_restored_note(&r, s->room.store, NOW - 5, NULL), SYM_OK);
    assert_int_equal(r.restored_ms, NOW + 1);
}

static void a_mark_that_was_taken_stays_so_when_an_older_copy_is_found_out(void **state)
{
    struct stage *s = *state;
    struct sym_restored r;
    const char *text = "symbolon-restored/1\nid: " ID "\nbackup: 1\nrestored: 2\n";
    mark(s, text);
    assert_int_equal(take(s, &r, NULL), SYM_OK);
    assert_int_equal(sym_restored_note(&r, s->room.store, NOW, NULL), SYM_OK);
    mark(s, text);
    assert_int_equal(take(s, &r, NULL), SYM_OK);
    assert_int_equal(r.restored_ms, NOW);
    assert_int_equal(logs(s), 2);
}

static void an_older_copy_that_cannot_be_recorded_counts_as_before(void **state)
{
    struct stage *s = *state;
    struct sym_restored r = {.restored_ms = 7};
    struct sym_fault fault = {.text = ""};
    room_fill_disk(true);
    enum sym_err err = sym_restored_note(&r, s->room.store, NOW, &fault);
    room_fill_disk(false);
    assert_int_equal(err, SYM_NO_SPACE);
    assert_non_null(strstr(fault.text, "cannot be recorded"));
    assert_int_equal(r.restored_ms, 7);
}

#define WITH_STAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STAGE(a_store_that_was_never_restored_says_so),
        WITH_STAGE(takes_the_mark_once_and_knows_it_from_then_on),
        WITH_STAGE(the_new_log_begins_with_the_head_that_is_lost),
        WITH_STAGE(goes_on_with_one_that_was_cut_off),
        WITH_STAGE(the_new_log_is_named_by_the_time_of_the_restore),
        WITH_STAGE(a_mark_that_was_taken_before_begins_nothing_anew),
        WITH_STAGE(a_mark_that_cannot_be_recorded_stays),
        WITH_STAGE(an_older_copy_that_is_found_out_counts_as_restored),
        WITH_STAGE(a_mark_that_was_taken_stays_so_when_an_older_copy_is_found_out),
        WITH_STAGE(an_older_copy_that_cannot_be_recorded_counts_as_before),
        WITH_STAGE(refuses_a_mark_that_restore_did_not_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
