#include "node/core/journal.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1790000000123u

struct read_back {
    uint64_t wanted;
    char text[SYM_JOURNAL_BYTES + 1];
    size_t n;
};

static enum sym_err take(void *context, struct sym_span key, struct sym_span value)
{
    struct read_back *r = context;
    assert_int_equal(key.len, 8);
    r->n++;
    assert_int_equal(sym_get_u64(key.data), r->n);
    if (r->n == r->wanted) {
        assert_true(value.len < sizeof r->text);
        memcpy(r->text, value.data, value.len);
        r->text[value.len] = '\0';
    }
    return SYM_OK;
}

static enum sym_err walk(struct sym_transaction *t, void *context)
{
    return sym_store_each(t, SYM_TABLE_EVENTS, take, context);
}

/* Entry `number`, counted from 1; the numbers of all are checked to be without gap. */
static struct read_back entry(struct room *s, uint64_t number)
{
    struct read_back r = {.wanted = number};
    assert_int_equal(sym_store_read(s->store, walk, &r), SYM_OK);
    return r;
}

static struct sym_journal open_journal(struct room *s)
{
    struct sym_journal j;
    assert_int_equal(sym_journal_open(&j, s->store, NULL), SYM_OK);
    return j;
}

static void numbers_its_entries_from_1_and_begins_them_with_the_time(void **state)
{
    struct room *s = *state;
    struct sym_journal j = open_journal(s);
    assert_int_equal(sym_journal_add(&j, NOW, "node-started"), SYM_OK);
    assert_int_equal(sym_journal_add(&j, NOW + 1, "user-added user=%s n=%d", "alice", 7), SYM_OK);
    assert_int_equal(entry(s, 2).n, 2);
    assert_string_equal(entry(s, 1).text, "1790000000123 node-started");
    assert_string_equal(entry(s, 2).text, "1790000000124 user-added user=alice n=7");
}

static void goes_on_behind_the_last_entry_after_a_restart(void **state)
{
    struct room *s = *state;
    for (unsigned i = 1; i <= 300; i++) {
        /* Beyond 255, so that the order of the bytes of a number shows. */
        struct sym_journal j;
        if (i % 100 == 1) {
            room_reopen(s);
        }
        j = open_journal(s);
        assert_int_equal(sym_journal_add(&j, NOW, "entry %u", i), SYM_OK);
    }
    assert_int_equal(entry(s, 300).n, 300);
    assert_string_equal(entry(s, 256).text, "1790000000123 entry 256");
}

static void has_no_gap_after_an_entry_that_could_not_be_written(void **state)
{
    struct room *s = *state;
    struct sym_journal j = open_journal(s);
    assert_int_equal(sym_journal_add(&j, NOW, "one"), SYM_OK);
    room_fill_disk(true);
    enum sym_err err = sym_journal_add(&j, NOW, "lost");
    room_fill_disk(false);
    assert_int_equal(err, SYM_NO_SPACE);
    assert_int_equal(entry(s, 1).n, 1);
    assert_int_equal(sym_journal_add(&j, NOW, "two"), SYM_OK);
    assert_string_equal(entry(s, 2).text, "1790000000123 two");
}

struct two_lines {
    struct sym_journal *journal;
    enum sym_err end; /* of the transaction */
};

static enum sym_err put_two(struct sym_transaction *t, void *context)
{
    const struct two_lines *l = context;
    enum sym_err err = sym_journal_put(l->journal, t, NOW, "put %d", 1);
    if (err == SYM_OK) {
        err = sym_journal_put(l->journal, t, NOW, "put %d", 2);
    }
    return err == SYM_OK ? l->end : err;
}

static void has_a_line_of_a_transaction_exactly_when_that_has_happened(void **state)
{
    struct room *s = *state;
    struct sym_journal j = open_journal(s);
    struct two_lines l = {.journal = &j, .end = SYM_DENIED};
    assert_int_equal(sym_journal_add(&j, NOW, "before"), SYM_OK);
    assert_int_equal(sym_store_write(s->store, put_two, &l), SYM_DENIED);
    assert_int_equal(entry(s, 1).n, 1);
    l.end = SYM_OK;
    assert_int_equal(sym_store_write(s->store, put_two, &l), SYM_OK);
    assert_int_equal(sym_journal_add(&j, NOW, "behind"), SYM_OK);
    assert_int_equal(entry(s, 1).n, 4);
    assert_string_equal(entry(s, 3).text, "1790000000123 put 2");
    assert_string_equal(entry(s, 4).text, "1790000000123 behind");
}

static void never_writes_over_an_entry(void **state)
{
    struct room *s = *state;
    struct sym_journal first = open_journal(s);
    struct sym_journal second = open_journal(s);
    assert_int_equal(sym_journal_add(&first, NOW, "first"), SYM_OK);
    assert_int_equal(sym_journal_add(&second, NOW, "second"), SYM_OK);
    assert_string_equal(entry(s, 1).text, "1790000000123 first");
    assert_string_equal(entry(s, 2).text, "1790000000123 second");
}

static void keeps_what_a_user_wrote_on_one_line(void **state)
{
    struct room *s = *state;
    struct sym_journal j = open_journal(s);
    assert_int_equal(
        sym_journal_add(&j, NOW, "setting-changed subject=%s", "a\n1 user-added\r\t\x1b[0m\x7f é"),
        SYM_OK);
    assert_string_equal(entry(s, 1).text,
                        "1790000000123 setting-changed subject=a?1 user-added???[0m? é");
}

static void cuts_a_line_that_is_too_long(void **state)
{
    struct room *s = *state;
    struct sym_journal j = open_journal(s);
    char text[3000];
    memset(text, 'x', sizeof text);
    for (size_t len = 480; len <= 520; len++) {
        assert_int_equal(sym_journal_add(&j, NOW, "%.*s", (int)len, text), SYM_OK);
        size_t whole = strlen("1790000000123 ") + len;
        assert_int_equal(strlen(entry(s, len - 479).text),
                         whole < SYM_JOURNAL_BYTES ? whole : SYM_JOURNAL_BYTES - 1);
    }
    assert_int_equal(sym_journal_add(&j, NOW, "%.*s", (int)sizeof text, text), SYM_OK);
    assert_int_equal(strlen(entry(s, 42).text), SYM_JOURNAL_BYTES - 1);
}

static void refuses_a_table_with_a_key_that_is_no_number(void **state)
{
    struct room *s = *state;
    struct sym_journal j;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(room_put(s, SYM_TABLE_EVENTS, "zz", "x"), SYM_OK);
    assert_int_equal(sym_journal_open(&j, s->store, &fault), SYM_BAD_FORMAT);
    assert_non_null(strstr(fault.text, "restore a backup"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_set_up, room_tear_down)

static enum sym_err put_setting(struct sym_transaction *t, void *context)
{
    const char *value = context;
    return sym_store_put(t, SYM_TABLE_SETTINGS, sym_span_text("listen"), sym_span_text(value));
}

static enum sym_err put_and_fail(struct sym_transaction *t, void *context)
{
    enum sym_err err = put_setting(t, context);
    return err == SYM_OK ? SYM_DENIED : err;
}

static enum sym_err change(struct room *s, struct sym_journal *j, sym_store_fn *fn, char *value)
{
    struct sym_author olga = {.journal = j, .user = "olga"};
    return sym_journal_change(&olga, s->store, "setting-changed", sym_span_text("listen"), fn,
                              value);
}

static void records_a_change_together_with_it(void **state)
{
    struct room *s = *state;
    struct sym_journal j = open_journal(s);
    char value[256] = "a";
    assert_int_equal(change(s, &j, put_setting, value), SYM_OK);
    assert_int_equal(sym_journal_add(&j, NOW, "next"), SYM_OK);
    assert_int_equal(entry(s, 2).n, 2);
    assert_non_null(strstr(entry(s, 1).text, " setting-changed user=olga subject=listen"));
    room_get(s, SYM_TABLE_SETTINGS, "listen", value);
    assert_string_equal(value, "a");
}

static void a_change_that_fails_leaves_no_line(void **state)
{
    struct room *s = *state;
    struct sym_journal j = open_journal(s);
    char value[] = "a";
    assert_int_equal(change(s, &j, put_and_fail, value), SYM_DENIED);
    room_fill_disk(true);
    enum sym_err full = change(s, &j, put_setting, value);
    room_fill_disk(false);
    assert_int_equal(full, SYM_NO_SPACE);
    assert_int_equal(entry(s, 1).n, 0);
    assert_int_equal(room_has(s, SYM_TABLE_SETTINGS, "listen"), SYM_NOT_FOUND);
    assert_int_equal(change(s, &j, put_setting, value), SYM_OK);
    assert_int_equal(entry(s, 1).n, 1);
}

static void a_change_that_cannot_be_recorded_does_not_happen(void **state)
{
    struct room *s = *state;
    struct sym_journal j = open_journal(s);
    char value[] = "a";
    assert_int_equal(room_put(s, SYM_TABLE_EVENTS, "not a number", "x"), SYM_OK);
    assert_int_equal(change(s, &j, put_setting, value), SYM_BAD_FORMAT);
    assert_int_equal(room_has(s, SYM_TABLE_SETTINGS, "listen"), SYM_NOT_FOUND);
}

static void a_change_without_author_has_no_line(void **state)
{
    struct room *s = *state;
    char value[] = "a";
    assert_int_equal(sym_journal_change(NULL, s->store, "setting-changed", sym_span_text("listen"),
                                        put_setting, value),
                     SYM_OK);
    assert_int_equal(entry(s, 1).n, 0);
    assert_int_equal(room_has(s, SYM_TABLE_SETTINGS, "listen"), SYM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_its_entries_from_1_and_begins_them_with_the_time),
        TEST(goes_on_behind_the_last_entry_after_a_restart),
        TEST(has_no_gap_after_an_entry_that_could_not_be_written),
        TEST(has_a_line_of_a_transaction_exactly_when_that_has_happened),
        TEST(never_writes_over_an_entry),
        TEST(keeps_what_a_user_wrote_on_one_line),
        TEST(cuts_a_line_that_is_too_long),
        TEST(records_a_change_together_with_it),
        TEST(a_change_that_fails_leaves_no_line),
        TEST(a_change_that_cannot_be_recorded_does_not_happen),
        TEST(a_change_without_author_has_no_line),
        TEST(refuses_a_table_with_a_key_that_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
