/* Reports at the node: an entry that says of what, and what it lets into none. */
#include "node/core/state.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

struct fixture {
    struct room room;
    struct sym_core *core;
    struct sym_fault fault;
    uint8_t answer[SYM_CONTROL_BYTES_MAX];
};

static const uint8_t hash[SYM_HASH_BYTES] = {0xab, 0xcd};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    room_open(&f->room);
    f->core = calloc(1, sizeof *f->core);
    assert_non_null(f->core);
    f->core->log = room_log(&f->room);
    f->core->store = f->room.store;
    assert_int_equal(sym_history_open(&f->core->history, f->room.store, &f->fault), SYM_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    free(f->core);
    room_close(&f->room);
    free(f);
    return 0;
}

static enum sym_err put(struct sym_transaction *t, void *context)
{
    return sym_history_put(t, context);
}

/* One that is as good as it can be; the first byte of its id is its number. */
static struct sym_exchange_entry entry_of(uint8_t *id, uint8_t number, enum sym_kind kind)
{
    static const uint8_t peer[SYM_HASH_BYTES] = {9};
    static const uint8_t joint[SYM_EXCHANGE_ID_BYTES] = {7};
    bool many = kind == SYM_KIND_TABULATE || kind == SYM_KIND_OVERLAP_TABLE;
    memset(id, 0, SYM_EXCHANGE_ID_BYTES);
    id[0] = number;
    return (struct sym_exchange_entry){
        .id = sym_span(id, SYM_EXCHANGE_ID_BYTES),
        .alias = sym_span_text("bank-b"),
        .peer = sym_span(peer, sizeof peer),
        .role = SYM_AS_INITIATOR,
        .kind = (uint32_t)kind,
        .state = SYM_EXCHANGE_DONE,
        .has_result = kind != SYM_KIND_OVERLAP_COUNT,
        .tabulation = sym_span(joint, many ? sizeof joint : 0),
        .started_ms = 1,
        .ended_ms = 2,
    };
}

static void keep(struct fixture *f, struct sym_exchange_entry *e)
{
    assert_int_equal(sym_store_write(f->room.store, put, e), SYM_OK);
}

static enum sym_err report(struct fixture *f, const struct sym_span *ids, size_t n)
{
    const struct sym_report_made made = {
        .exchanges = ids, .n_exchanges = n, .hash = sym_span(hash, sizeof hash), .size = 4711};
    struct sym_answer answer = {.message = &sym_msg_empty, .bytes = f->answer};
    const struct sym_author author = {.log = f->core->log,
                                      .user = "alice",
                                      .roles = SYM_USER_ANALYST,
                                      .command = sym_span_text("the command")};
    f->fault.text[0] = '\0';
    enum sym_err err =
        sym_core_run_verb(f->core, SYM_VERB_REPORT_MADE, &author, &made, &answer, &f->fault);
    assert_int_equal(err == SYM_OK, f->fault.text[0] == '\0');
    return err;
}

static void a_report_is_one_entry_that_names_its_exchanges(void **state)
{
    static const enum sym_kind kinds[] = {SYM_KIND_OVERLAP_COUNT, SYM_KIND_TABULATE,
                                          SYM_KIND_OVERLAP_TABLE};
    struct fixture *f = *state;
    uint8_t ids[3][SYM_EXCHANGE_ID_BYTES];
    struct sym_span spans[3];
    for (uint8_t i = 0; i < 3; i++) {
        struct sym_exchange_entry e = entry_of(ids[i], (uint8_t)(0x10 + i), kinds[i]);
        keep(f, &e);
        spans[i] = e.id;
    }
    assert_int_equal(report(f, spans, 3), SYM_OK);
    struct room_lines lines = room_lines(&f->room, "report-made user=alice");
    assert_int_equal(lines.found, 1);
    assert_non_null(strstr(lines.last, "subject=abcd000000"));
    assert_non_null(strstr(lines.last, " 10000000000000000000000000000000 "
                                       "11000000000000000000000000000000 "
                                       "12000000000000000000000000000000"));
}

static void as_many_exchanges_as_a_report_may_show_fit_into_its_entry(void **state)
{
    struct fixture *f = *state;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_span spans[SYM_REPORT_EXCHANGES_MAX];
    struct sym_exchange_entry e = entry_of(id, 0x10, SYM_KIND_OVERLAP_COUNT);
    keep(f, &e);
    for (size_t i = 0; i < SYM_REPORT_EXCHANGES_MAX; i++) {
        spans[i] = e.id;
    }
    assert_int_equal(report(f, spans, SYM_REPORT_EXCHANGES_MAX), SYM_OK);
    assert_int_equal(room_lines(&f->room, "report-made").found, 1);
    assert_int_equal(report(f, spans, 0), SYM_BAD_VALUE);
}

static void refuses_what_says_something_of_single_records_or_was_not_released(void **state)
{
    struct fixture *f = *state;
    uint8_t ids[8][SYM_EXCHANGE_ID_BYTES];
    struct sym_exchange_entry e[8];
    static const enum sym_err wants[8] = {
        SYM_DENIED,    SYM_UNSUPPORTED, SYM_NOT_FOUND, SYM_NOT_FOUND,
        SYM_NOT_FOUND, SYM_NOT_FOUND,   SYM_NOT_FOUND, SYM_NOT_FOUND,
    };
    for (uint8_t i = 0; i < 8; i++) {
        e[i] = entry_of(ids[i], (uint8_t)(0x20 + i), SYM_KIND_OVERLAP_COUNT);
    }
    e[0] = entry_of(ids[0], 0x20, SYM_KIND_OVERLAP_MATCHES);
    e[1] = entry_of(ids[1], 0x21, SYM_KIND_PING);
    e[2].role = SYM_AS_PARTICIPANT;
    e[3].state = SYM_EXCHANGE_DENIED;
    e[4].withheld = true;
    e[5] = entry_of(ids[5], 0x25, SYM_KIND_TABULATE);
    e[5].has_result = false;
    e[6] = entry_of(ids[6], 0x26, SYM_KIND_OVERLAP_TABLE);
    e[6].has_result = false;
    for (size_t i = 0; i < 8; i++) {
        char hex[2 * SYM_EXCHANGE_ID_BYTES + 1];
        if (i < 7) { /* the last is not there */
            keep(f, &e[i]);
        }
        assert_int_equal(report(f, &e[i].id, 1), wants[i]);
        sym_hex(hex, ids[i], sizeof ids[i]);
        assert_non_null(strstr(f->fault.text, hex));
    }
    assert_int_equal(room_lines(&f->room, "report-made").found, 0);
}

static void makes_no_report_that_cannot_be_logged(void **state)
{
    struct fixture *f = *state;
    uint8_t id[SYM_EXCHANGE_ID_BYTES];
    struct sym_exchange_entry e = entry_of(id, 0x10, SYM_KIND_OVERLAP_COUNT);
    keep(f, &e);
    room_fill_disk(true);
    assert_int_not_equal(report(f, &e.id, 1), SYM_OK);
    room_fill_disk(false);
    assert_non_null(strstr(f->fault.text, "and is not made"));
    assert_int_equal(room_lines(&f->room, "report-made").found, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_report_is_one_entry_that_names_its_exchanges),
        TEST(as_many_exchanges_as_a_report_may_show_fit_into_its_entry),
        TEST(refuses_what_says_something_of_single_records_or_was_not_released),
        TEST(makes_no_report_that_cannot_be_logged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
