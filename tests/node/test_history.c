#include "node/data/history.h"

#include "node/loop.h"
#include "proto/control.h"
#include "proto/exchange.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1790000000000u

struct fixture {
    struct room room;
    struct sym_history history;
    struct sym_fault fault;
};

static enum sym_err open_history(struct fixture *f)
{
    f->fault.text[0] = '\0';
    return sym_history_open(&f->history, f->room.store, &f->fault);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    room_open(&f->room);
    assert_int_equal(open_history(f), SYM_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    room_fill_disk(false);
    room_close(&f->room);
    free(f);
    return 0;
}

static void restart(struct fixture *f)
{
    room_reopen(&f->room);
    assert_int_equal(open_history(f), SYM_OK);
}

/* The id of this number; valid until the call after the next three. */
static struct sym_span id_of(uint64_t number)
{
    static uint8_t bytes[4][SYM_EXCHANGE_ID_BYTES];
    static size_t at;
    uint8_t *id = bytes[at++ % 4];
    memset(id, 0x5a, 8);
    sym_put_u64(id + 8, number);
    return sym_span(id, SYM_EXCHANGE_ID_BYTES);
}

static struct sym_exchange_entry entry(uint64_t number, enum sym_exchange_state state)
{
    static const uint8_t peer[SYM_NODE_ID_BYTES] = {7};
    return (struct sym_exchange_entry){.id = id_of(number),
                                       .alias = sym_span_text("bank-b"),
                                       .peer = sym_span(peer, sizeof peer),
                                       .role = SYM_AS_INITIATOR,
                                       .kind = SYM_KIND_OVERLAP_MATCHES,
                                       .state = (uint32_t)state,
                                       .purpose = SYM_PURPOSE_AML,
                                       .basis = SYM_BASIS_314B,
                                       .case_ref = sym_span_text("CASE-SECRET-17"),
                                       .note = sym_span_text("NOTE-SECRET about X"),
                                       .user = sym_span_text("alice"),
                                       .mine = sym_span_text("suspects"),
                                       .theirs = sym_span_text("clients"),
                                       .own_size = 12,
                                       .peer_size = 34,
                                       .started_ms = NOW + number,
                                       .bytes_sent = 567,
                                       .bytes_received = 890};
}

static enum sym_err put_in(struct sym_transaction *t, void *context)
{
    return sym_history_put(t, context);
}

static enum sym_err put(struct fixture *f, const struct sym_exchange_entry *e)
{
    struct sym_exchange_entry copy = *e;
    return sym_store_write(f->room.store, put_in, &copy);
}

static void put_many(struct fixture *f, uint64_t first, uint64_t n, enum sym_exchange_state state)
{
    for (uint64_t i = first; i < first + n; i++) {
        struct sym_exchange_entry e = entry(i, state);
        assert_int_equal(put(f, &e), SYM_OK);
    }
}

/* Numbers of the entries that a walk met, in order. */
struct met {
    uint64_t numbers[600];
    size_t n;
    size_t most;
};

static enum sym_err meet(void *context, const struct sym_exchange_entry *e)
{
    struct met *m = context;
    if (m->most != 0 && m->n == m->most) {
        return SYM_LIMIT;
    }
    assert_true(m->n < 600);
    m->numbers[m->n++] = sym_get_u64(e->id.data + 8);
    return SYM_OK;
}

static struct met walk(struct fixture *f, const char *alias, uint64_t before_ms)
{
    struct met m = {.n = 0};
    struct sym_exchange_query q = {.alias = sym_span_text(alias), .before_ms = before_ms};
    assert_int_equal(sym_history_each(&f->history, &q, meet, &m), SYM_OK);
    return m;
}

static void gives_back_what_was_put_after_a_restart(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry e = entry(1, SYM_EXCHANGE_DONE);
    struct sym_exchange_entry got;
    e.common = 5;
    e.has_result = true;
    assert_int_equal(put(f, &e), SYM_OK);
    restart(f);
    assert_int_equal(sym_history_get(&f->history, &arena, &got, id_of(1)), SYM_OK);
    assert_true(sym_span_equal(got.case_ref, e.case_ref));
    assert_true(sym_span_equal(got.note, e.note));
    assert_true(sym_span_equal(got.user, e.user));
    assert_true(sym_span_equal(got.id, e.id));
    assert_int_equal(got.common, 5);
    assert_int_equal(got.state, SYM_EXCHANGE_DONE);
    assert_true(got.has_result);
    assert_int_equal(got.started_ms, NOW + 1);
    assert_int_equal(got.ended_ms, 0);
}

static void knows_no_entry_that_was_not_put(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry got;
    put_many(f, 1, 1, SYM_EXCHANGE_DONE);
    assert_int_equal(sym_history_get(&f->history, &arena, &got, id_of(2)), SYM_NOT_FOUND);
    assert_int_equal(sym_history_get(&f->history, &arena, &got, sym_span(id_of(1).data, 15)),
                     SYM_NOT_FOUND);
    assert_int_equal(sym_history_get(&f->history, &arena, &got, sym_span(NULL, 0)), SYM_NOT_FOUND);
}

static void refuses_an_entry_that_its_message_does_not_allow(void **state)
{
    struct fixture *f = *state;
    struct sym_exchange_entry e = entry(1, SYM_EXCHANGE_DONE);
    e.id.len = 15;
    assert_int_equal(put(f, &e), SYM_BAD_VALUE);
    e = entry(1, SYM_EXCHANGE_STATE_COUNT);
    assert_int_not_equal(put(f, &e), SYM_OK);
    e = entry(1, SYM_EXCHANGE_DONE);
    e.role = SYM_AS_NOBODY;
    assert_int_not_equal(put(f, &e), SYM_OK);
    assert_int_equal(walk(f, "", 0).n, 0);
}

static void takes_the_longest_texts(void **state)
{
    struct fixture *f = *state;
    static char text[SYM_NOTE_BYTES_MAX + 1];
    memset(text, 'x', sizeof text - 1);
    struct sym_exchange_entry e = entry(1, SYM_EXCHANGE_DENIED);
    struct sym_span name = sym_span(text, SYM_ALIAS_BYTES - 1);
    e.note = sym_span(text, SYM_NOTE_BYTES_MAX);
    e.case_ref = sym_span(text, SYM_CASE_BYTES_MAX);
    e.fault = sym_span(text, SYM_FAULT_TEXT_MAX);
    e.alias = e.user = e.approver = e.mine = e.theirs = name;
    e.records = e.bytes_sent = e.bytes_received = e.ended_ms = UINT64_MAX;
    assert_int_equal(put(f, &e), SYM_OK);
    restart(f);
    char alias[SYM_ALIAS_BYTES] = "";
    memcpy(alias, text, sizeof alias - 1);
    assert_int_equal(walk(f, alias, 0).n, 1);
}

static void takes_an_entry_without_an_alias(void **state)
{
    struct fixture *f = *state;
    struct sym_exchange_entry e = entry(1, SYM_EXCHANGE_DENIED);
    e.alias.len = 0;
    assert_int_equal(put(f, &e), SYM_OK);
    assert_int_equal(walk(f, "", 0).n, 1);
    assert_int_equal(walk(f, "bank-b", 0).n, 0);
}

static void lists_the_latest_first_whatever_came_first(void **state)
{
    struct fixture *f = *state;
    static const uint64_t order[] = {300, 2, 70000, 256, 1};
    static const uint64_t sorted[] = {70000, 300, 256, 2, 1};
    for (size_t i = 0; i < 5; i++) {
        put_many(f, order[i], 1, SYM_EXCHANGE_DONE);
    }
    struct met m = walk(f, "", 0);
    assert_int_equal(m.n, 5);
    assert_memory_equal(m.numbers, sorted, sizeof sorted);
}

static void lists_those_of_one_alias(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 1; i <= 6; i++) {
        struct sym_exchange_entry e = entry(i, SYM_EXCHANGE_DONE);
        e.alias = sym_span_text(i % 3 == 0 ? "police" : "police-2");
        assert_int_equal(put(f, &e), SYM_OK);
    }
    struct met m = walk(f, "police", 0);
    assert_int_equal(m.n, 2);
    assert_int_equal(m.numbers[0], 6);
    assert_int_equal(m.numbers[1], 3);
    assert_int_equal(walk(f, "nobody", 0).n, 0);
    assert_int_equal(walk(f, "police-2", NOW + 4).n, 2);
}

static void pages_meet_every_entry_once(void **state)
{
    struct fixture *f = *state;
    put_many(f, 1, 10, SYM_EXCHANGE_DONE);
    uint64_t before = 0;
    uint64_t next = 10;
    for (int page = 0; page < 4; page++) {
        struct met m = {.most = 3};
        struct sym_exchange_query q = {.before_ms = before};
        assert_int_equal(sym_history_each(&f->history, &q, meet, &m),
                         page < 3 ? SYM_LIMIT : SYM_OK);
        assert_int_equal(m.n, page < 3 ? 3 : 1);
        for (size_t i = 0; i < m.n; i++) {
            assert_int_equal(m.numbers[i], next--);
        }
        before = NOW + next + 1;
    }
    assert_int_equal(walk(f, "", NOW + 1).n, 0);
}

static void has_one_entry_for_an_id_in_its_newest_form(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry got;
    struct sym_exchange_entry e = entry(1, SYM_EXCHANGE_WAITING);
    assert_int_equal(put(f, &e), SYM_OK);
    e.state = SYM_EXCHANGE_RUNNING;
    e.alias = sym_span_text("bank-b2");
    e.started_ms += 500; /* it began when it was granted */
    assert_int_equal(put(f, &e), SYM_OK);
    assert_int_equal(walk(f, "", 0).n, 1);
    assert_int_equal(walk(f, "", NOW + 400).n, 0);
    assert_int_equal(walk(f, "bank-b", 0).n, 0);
    assert_int_equal(walk(f, "bank-b2", 0).n, 1);
    assert_int_equal(sym_history_get(&f->history, &arena, &got, id_of(1)), SYM_OK);
    assert_int_equal(got.state, SYM_EXCHANGE_RUNNING);
}

static void neither_case_nor_note_lies_on_the_disk_in_the_clear(void **state)
{
    struct fixture *f = *state;
    put_many(f, 1, 20, SYM_EXCHANGE_DONE);
    FILE *file = fopen(room_path(&f->room, "store/data.mdb"), "rb");
    assert_non_null(file);
    static char bytes[4 << 20];
    size_t len = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    assert_true(len > 4096 && len < sizeof bytes);
    assert_null(memmem(bytes, len, "SECRET", 6));
    assert_null(memmem(bytes, len, "bank-b", 6));
    assert_null(memmem(bytes, len, "suspects", 8));
    assert_non_null(memmem(bytes, len, "history-times", 13)); /* the search finds what is there */
}

static void a_start_aborts_what_was_in_flight_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum sym_exchange_state state;
        enum sym_exchange_role role;
        bool ends;
        const char *words;
    } rows[] = {
        {SYM_EXCHANGE_WAITING, SYM_AS_INITIATOR, true, "the node was restarted"},
        {SYM_EXCHANGE_RUNNING, SYM_AS_INITIATOR, true,
         "the node was restarted; the other side may count it as done: ask again"},
        {SYM_EXCHANGE_HELD, SYM_AS_INITIATOR, true, "the node was restarted"},
        {SYM_EXCHANGE_DONE, SYM_AS_INITIATOR, false, ""},
        {SYM_EXCHANGE_DENIED, SYM_AS_INITIATOR, false, ""},
        {SYM_EXCHANGE_ABORTED, SYM_AS_INITIATOR, false, ""},
        {SYM_EXCHANGE_WAITING, SYM_AS_PARTICIPANT, true, "the node was restarted"},
        {SYM_EXCHANGE_RUNNING, SYM_AS_PARTICIPANT, true, "the node was restarted"},
        {SYM_EXCHANGE_HELD, SYM_AS_PARTICIPANT, false, ""},
        {SYM_EXCHANGE_DONE, SYM_AS_PARTICIPANT, false, ""},
    };
    size_t n = sizeof rows / sizeof *rows;
    for (size_t i = 0; i < n; i++) {
        struct sym_exchange_entry e = entry(i, rows[i].state);
        e.role = (uint32_t)rows[i].role;
        assert_int_equal(put(f, &e), SYM_OK);
    }
    uint64_t before_ms = sym_wall_ms();
    for (int again = 0; again < 2; again++) {
        restart(f);
        for (size_t i = 0; i < n; i++) {
            SYM_ARENA_AUTO arena = {0};
            struct sym_exchange_entry got;
            assert_int_equal(sym_history_get(&f->history, &arena, &got, id_of(i)), SYM_OK);
            assert_int_equal(got.state, rows[i].ends ? SYM_EXCHANGE_ABORTED : rows[i].state);
            assert_int_equal(got.result, rows[i].ends ? SYM_CLOSED : SYM_OK);
            assert_int_equal(got.ended_ms >= before_ms, rows[i].ends);
            assert_true(sym_span_equal(got.fault, sym_span_text(rows[i].words)));
            assert_true(sym_span_equal(got.case_ref, sym_span_text("CASE-SECRET-17")));
        }
    }
    assert_int_equal(walk(f, "", 0).n, n);
}

static void a_start_finds_each_of_many_in_flight(void **state)
{
    struct fixture *f = *state;
    put_many(f, 0, 300, SYM_EXCHANGE_RUNNING);
    restart(f);
    assert_int_equal(room_count(&f->room, SYM_TABLE_HISTORY_OPEN), 0);
    assert_int_equal(walk(f, "", 0).n, 300);
}

static void what_ended_is_not_in_flight_any_more(void **state)
{
    struct fixture *f = *state;
    put_many(f, 1, 3, SYM_EXCHANGE_RUNNING);
    assert_int_equal(room_count(&f->room, SYM_TABLE_HISTORY_OPEN), 3);
    put_many(f, 1, 3, SYM_EXCHANGE_DONE);
    assert_int_equal(room_count(&f->room, SYM_TABLE_HISTORY_OPEN), 0);
    restart(f);
}

static void a_full_disk_leaves_the_entry_as_it_was(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry got;
    put_many(f, 1, 1, SYM_EXCHANGE_RUNNING);
    struct sym_exchange_entry e = entry(1, SYM_EXCHANGE_DONE);
    struct sym_exchange_entry other = entry(2, SYM_EXCHANGE_DONE);
    room_fill_disk(true);
    enum sym_err err = put(f, &e);
    enum sym_err second = put(f, &other);
    room_fill_disk(false);
    assert_int_equal(err, SYM_NO_SPACE);
    assert_int_equal(second, SYM_NO_SPACE);
    assert_int_equal(sym_history_get(&f->history, &arena, &got, id_of(1)), SYM_OK);
    assert_int_equal(got.state, SYM_EXCHANGE_RUNNING);
    assert_int_equal(walk(f, "", 0).n, 1);
    assert_int_equal(put(f, &e), SYM_OK);
}

static void a_start_on_a_full_disk_says_so_and_a_later_one_succeeds(void **state)
{
    struct fixture *f = *state;
    put_many(f, 1, 2, SYM_EXCHANGE_RUNNING);
    room_fill_disk(true);
    enum sym_err err = open_history(f);
    room_fill_disk(false);
    assert_int_equal(err, SYM_NO_SPACE);
    assert_non_null(strstr(f->fault.text, "make room"));
    assert_int_equal(room_count(&f->room, SYM_TABLE_HISTORY_OPEN), 2);
    assert_int_equal(open_history(f), SYM_OK);
    assert_int_equal(room_count(&f->room, SYM_TABLE_HISTORY_OPEN), 0);
}

static void refuses_a_table_that_is_damaged(void **state)
{
    struct fixture *f = *state;
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry got;
    assert_int_equal(room_put(&f->room, SYM_TABLE_HISTORY, "0123456789abcdef", "short"), SYM_OK);
    assert_int_equal(sym_history_get(&f->history, &arena, &got, sym_span_text("0123456789abcdef")),
                     SYM_BAD_FORMAT);
    assert_int_equal(room_put(&f->room, SYM_TABLE_HISTORY, "0123456789abcdef", "9 another version"),
                     SYM_OK);
    assert_int_equal(sym_history_get(&f->history, &arena, &got, sym_span_text("0123456789abcdef")),
                     SYM_BAD_VERSION);
    assert_int_equal(room_put(&f->room, SYM_TABLE_HISTORY_OPEN, "0123456789abcdef", "1"), SYM_OK);
    assert_int_equal(open_history(f), SYM_BAD_VERSION);
    assert_non_null(strstr(f->fault.text, "restore a backup"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gives_back_what_was_put_after_a_restart),
        TEST(knows_no_entry_that_was_not_put),
        TEST(refuses_an_entry_that_its_message_does_not_allow),
        TEST(takes_the_longest_texts),
        TEST(takes_an_entry_without_an_alias),
        TEST(lists_the_latest_first_whatever_came_first),
        TEST(lists_those_of_one_alias),
        TEST(pages_meet_every_entry_once),
        TEST(has_one_entry_for_an_id_in_its_newest_form),
        TEST(neither_case_nor_note_lies_on_the_disk_in_the_clear),
        TEST(a_start_aborts_what_was_in_flight_and_nothing_else),
        TEST(a_start_finds_each_of_many_in_flight),
        TEST(what_ended_is_not_in_flight_any_more),
        TEST(a_full_disk_leaves_the_entry_as_it_was),
        TEST(a_start_on_a_full_disk_says_so_and_a_later_one_succeeds),
        TEST(refuses_a_table_that_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
