#include "node/data/results.h"
#include "proto/exchange.h"
#include "tests/support/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FULL SYM_RESULT_ROWS_MAX

struct fixture {
    struct room room;
    struct sym_disk dir;
    struct sym_vault *vault;
    struct sym_history history;
    struct sym_results results;
    struct sym_fault fault;
};

static void open_all(struct fixture *f)
{
    f->history = (struct sym_history){.store = f->room.store};
    if (sym_vault_open(&f->vault, SYM_VAULT_DATA, f->room.store, &f->dir,
                       sym_span(f->room.master, 32), &f->fault) != SYM_OK ||
        sym_results_open(&f->results, f->room.store, f->vault, &f->history, &f->fault) != SYM_OK) {
        fail_msg("%s", f->fault.text);
    }
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return -1;
    }
    room_open(&f->room);
    assert_int_equal(sym_disk_open(&f->dir, f->room.dir, NULL), SYM_OK);
    open_all(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    room_fill_disk(false);
    sym_vault_close(f->vault);
    sym_disk_close(&f->dir);
    room_close(&f->room);
    free(f);
    return 0;
}

static void restart(struct fixture *f)
{
    sym_vault_close(f->vault);
    room_reopen(&f->room);
    open_all(f);
}

static struct sym_span id_of(uint8_t number)
{
    static uint8_t ids[256][SYM_EXCHANGE_ID_BYTES];
    ids[number][0] = 0xe0;
    ids[number][15] = number;
    return sym_span(ids[number], SYM_EXCHANGE_ID_BYTES);
}

static enum sym_err put_entry(struct sym_transaction *t, void *context)
{
    return sym_history_put(t, context);
}

/* An exchange over this dataset, with these rows; row i names the record "r<i>", or "twin" where i
 * is a multiple of every. */
static void keep(struct fixture *f, uint8_t number, const char *dataset, size_t n, size_t every,
                 bool has_result)
{
    static const uint8_t peer[SYM_NODE_ID_BYTES] = {7};
    struct sym_exchange_entry e = {.id = id_of(number),
                                   .alias = sym_span_text("bank-b"),
                                   .peer = sym_span(peer, sizeof peer),
                                   .role = SYM_AS_INITIATOR,
                                   .kind = SYM_KIND_OVERLAP_MATCHES,
                                   .state = has_result ? SYM_EXCHANGE_DONE : SYM_EXCHANGE_RUNNING,
                                   .mine = sym_span_text(dataset),
                                   .theirs = sym_span_text("theirs"),
                                   .common = (uint32_t)n,
                                   .records = has_result ? n : 0,
                                   .has_result = has_result,
                                   .started_ms = 1790000000000u + number};
    struct sym_result_rows *rows = calloc(1, sizeof *rows);
    struct sym_result_pages pages = {.n = 0};
    assert_non_null(rows);
    for (size_t i = 0; i < n; i++) {
        char name[24];
        bool twin = every > 0 && i % every == 0;
        (void)snprintf(name, sizeof name, "r%zu", i);
        assert_int_equal(sym_result_rows_add(rows, sym_span_text(twin ? "twin" : name), i % 7 + 1),
                         SYM_OK);
        if (rows->n == FULL || i + 1 == n) {
            if (sym_result_pages_add(&pages, rows) == SYM_LIMIT) {
                assert_int_equal(pages.n, SYM_RESULT_PAGES_MAX);
                assert_int_equal(sym_results_put(&f->results, e.id, &pages), SYM_OK);
                assert_int_equal(sym_result_pages_add(&pages, rows), SYM_OK);
            }
            memset(rows, 0, sizeof *rows);
        }
    }
    free(rows);
    assert_int_equal(sym_results_put(&f->results, e.id, &pages), SYM_OK);
    assert_int_equal(pages.n, 0);
    assert_int_equal(sym_store_write(f->room.store, put_entry, &e), SYM_OK);
}

struct forget {
    struct fixture *f;
    const char *dataset;
    const char *record;
    struct sym_results_gone gone;
};

static enum sym_err forget_fn(struct sym_transaction *t, void *context)
{
    struct forget *g = context;
    return sym_results_forget_of(&g->f->results, t, sym_span_text(g->dataset),
                                 sym_span_text(g->record), &g->gone);
}

static void forgets(struct fixture *f, const char *dataset, const char *record, uint64_t results,
                    uint64_t records)
{
    struct forget g = {.f = f, .dataset = dataset, .record = record, .gone = {9, 9}};
    assert_int_equal(sym_store_write(f->room.store, forget_fn, &g), SYM_OK);
    assert_int_equal(g.gone.results, results);
    assert_int_equal(g.gone.records, records);
    assert_int_equal(sym_vault_sweep(f->vault, &f->fault), SYM_OK);
}

static struct sym_exchange_entry entry_of(struct fixture *f, uint8_t number)
{
    SYM_ARENA_AUTO arena = {0};
    struct sym_exchange_entry e;
    assert_int_equal(sym_history_get(&f->history, &arena, &e, id_of(number)), SYM_OK);
    return e; /* its numbers only */
}

/* Walks the pages: how many rows there are, and how many of them name this record. Every row but
 * "twin" must have the types it was given. */
static size_t walk(struct fixture *f, uint8_t number, const char *record, size_t *named)
{
    uint64_t first = 0;
    bool more = true;
    *named = 0;
    while (more) {
        SYM_SECRET_AUTO value = {0};
        struct sym_result_page page = {.first = 0};
        if (sym_results_get(&f->results, &value, &page, id_of(number), first) != SYM_OK) {
            break;
        }
        const uint8_t *at = page.ids.data;
        for (size_t i = 0; i < page.id_lengths.len; i++) {
            char name[16] = "";
            memcpy(name, at, page.id_lengths.data[i]);
            at += page.id_lengths.data[i];
            *named += strcmp(name, record) == 0;
            if (name[0] == 'r') {
                assert_int_equal(sym_get_u64(page.types.data + 8 * i),
                                 strtoul(name + 1, NULL, 10) % 7 + 1);
            }
        }
        assert_int_equal(at - page.ids.data, page.ids.len);
        more = page.more;
        assert_true(!more || page.id_lengths.len % FULL == 0); /* only the last is not full */
        first += page.id_lengths.len;
    }
    return (size_t)first;
}

static void has(struct fixture *f, uint8_t number, size_t rows, const char *absent)
{
    size_t named = 0;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(walk(f, number, absent, &named), rows);
        assert_int_equal(named, 0);
        assert_int_equal(entry_of(f, number).records, rows);
        assert_true(entry_of(f, number).has_result);
        restart(f);
    }
}

static void a_record_goes_out_of_every_result_of_its_dataset(void **state)
{
    struct fixture *f = *state;
    keep(f, 1, "mine", 10, 0, true);
    keep(f, 2, "mine", 3, 0, true);
    keep(f, 3, "other", 10, 0, true);
    forgets(f, "mine", "r2", 2, 2);
    has(f, 1, 9, "r2");
    has(f, 2, 2, "r2");
    has(f, 3, 10, "r99");
    assert_int_equal(entry_of(f, 1).common, 10); /* a number names nobody */
    forgets(f, "mine", "r2", 0, 0);
}

static void it_goes_out_of_whichever_page_it_is_on(void **state)
{
    struct fixture *f = *state;
    static const char *const records[] = {"r0", "r3071", "r3072", "r7000", "r7499"};
    size_t rows = 7500;
    keep(f, 1, "mine", rows, 0, true);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        forgets(f, "mine", records[i], 1, 1);
        has(f, 1, --rows, records[i]);
    }
}

static void pages_that_become_empty_go(void **state)
{
    struct fixture *f = *state;
    keep(f, 1, "mine", FULL + 1, 0, true);
    forgets(f, "mine", "r5", 1, 1);
    has(f, 1, FULL, "r5");
    keep(f, 2, "mine", 1, 0, true);
    forgets(f, "mine", "r0", 2, 2);
    has(f, 2, 0, "r0");
    has(f, 1, FULL - 1, "r0");
}

static void a_record_that_is_named_often_goes_everywhere(void **state)
{
    struct fixture *f = *state;
    keep(f, 1, "mine", 9000, 3, true);
    forgets(f, "mine", "twin", 1, 3000);
    has(f, 1, 6000, "twin");
    keep(f, 2, "mine", 4000, 1, true);
    forgets(f, "mine", "twin", 1, 4000);
    has(f, 2, 0, "twin");
}

static void only_the_whole_id_is_meant(void **state)
{
    struct fixture *f = *state;
    keep(f, 1, "mine", 30, 0, true);
    forgets(f, "mine", "r", 0, 0);
    forgets(f, "mine", "R1", 0, 0);
    forgets(f, "min", "r1", 0, 0);
    forgets(f, "mine", "r1", 1, 1);
    has(f, 1, 29, "r1");
}

static void an_exchange_in_flight_loses_it_too(void **state)
{
    struct fixture *f = *state;
    size_t named = 0;
    keep(f, 1, "mine", 10, 0, false);
    forgets(f, "mine", "r2", 1, 1);
    assert_int_equal(walk(f, 1, "r2", &named), 9);
    assert_int_equal(named, 0);
    assert_int_equal(entry_of(f, 1).records, 0);
    assert_false(entry_of(f, 1).has_result);
}

static void all_results_of_a_dataset_go_with_it(void **state)
{
    struct fixture *f = *state;
    size_t named = 0;
    keep(f, 1, "mine", 4000, 0, true);
    keep(f, 2, "other", 5, 0, true);
    keep(f, 3, "mine", 5, 0, false);
    forgets(f, "mine", "", 2, 4000);
    assert_int_equal(walk(f, 1, "", &named), 0);
    assert_int_equal(walk(f, 3, "", &named), 0);
    assert_false(entry_of(f, 1).has_result);
    assert_int_equal(entry_of(f, 1).records, 0);
    has(f, 2, 5, "");
    forgets(f, "mine", "", 0, 0);
}

static void a_full_disk_changes_nothing(void **state)
{
    struct fixture *f = *state;
    size_t named = 0;
    struct forget g = {.f = f, .dataset = "mine", .record = "r1"};
    keep(f, 1, "mine", 9000, 0, true);
    room_fill_disk(true);
    assert_int_not_equal(sym_store_write(f->room.store, forget_fn, &g), SYM_OK);
    room_fill_disk(false);
    assert_int_equal(walk(f, 1, "r1", &named), 9000);
    assert_int_equal(named, 1);
    forgets(f, "mine", "r1", 1, 1);
    has(f, 1, 8999, "r1");
}

static size_t rows_of_answer(struct fixture *f, uint8_t number, uint64_t first, bool *more)
{
    SYM_SECRET_AUTO value = {0};
    struct sym_result_page page = {.first = 0};
    assert_int_equal(sym_results_get(&f->results, &value, &page, id_of(number), first), SYM_OK);
    assert_int_equal(page.first, first);
    *more = page.more;
    return page.id_lengths.len;
}

static void an_answer_takes_as_many_pages_as_there_may_be(void **state)
{
    struct fixture *f = *state;
    const size_t most = SYM_RESULT_ANSWER_PAGES_MAX * FULL;
    bool more = false;
    size_t named = 0;
    keep(f, 1, "mine", most + 5, 0, true);
    assert_int_equal(rows_of_answer(f, 1, 0, &more), most);
    assert_true(more);
    assert_int_equal(rows_of_answer(f, 1, most, &more), 5);
    assert_false(more);
    assert_int_equal(rows_of_answer(f, 1, 7, &more), most - 7);
    assert_int_equal(walk(f, 1, "r4", &named), most + 5);
    assert_int_equal(named, 1);
}

static void an_answer_fits_a_reply_whatever_the_ids(void **state)
{
    struct fixture *f = *state;
    static struct sym_result_rows rows;
    static const uint8_t name[SYM_RECORD_ID_BYTES_MAX] = {'x'};
    struct sym_result_pages pages = {.n = 0};
    bool more = false;
    for (size_t i = 0; i < FULL; i++) {
        assert_int_equal(sym_result_rows_add(&rows, sym_span(name, sizeof name), 1), SYM_OK);
    }
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(sym_result_pages_add(&pages, &rows), SYM_OK);
    }
    assert_int_equal(sym_results_put(&f->results, id_of(1), &pages), SYM_OK);
    const size_t first = rows_of_answer(f, 1, 0, &more);
    assert_true(more);
    assert_in_range(first, (size_t)2 * FULL, SYM_CONTROL_BYTES_MAX / (sizeof name + 9));
    assert_int_equal(rows_of_answer(f, 1, first, &more), (size_t)6 * FULL - first);
    assert_false(more);
}

static enum sym_err opened_again(struct fixture *f)
{
    f->fault = (struct sym_fault){.text = ""};
    return sym_results_open(&f->results, f->room.store, f->vault, &f->history, &f->fault);
}

static void what_a_crash_left_behind_waits_for_room_on_the_disk(void **state)
{
    struct fixture *f = *state;
    size_t named = 0;
    keep(f, 1, "mine", 10, 0, false);
    room_fill_disk(true);
    assert_int_equal(opened_again(f), SYM_NO_SPACE);
    assert_non_null(strstr(f->fault.text, "make room and start again"));
    room_fill_disk(false);
    assert_int_equal(opened_again(f), SYM_OK);
    assert_int_equal(walk(f, 1, "", &named), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_record_goes_out_of_every_result_of_its_dataset),
        TEST(it_goes_out_of_whichever_page_it_is_on),
        TEST(pages_that_become_empty_go),
        TEST(a_record_that_is_named_often_goes_everywhere),
        TEST(only_the_whole_id_is_meant),
        TEST(an_exchange_in_flight_loses_it_too),
        TEST(all_results_of_a_dataset_go_with_it),
        TEST(a_full_disk_changes_nothing),
        TEST(what_a_crash_left_behind_waits_for_room_on_the_disk),
        TEST(an_answer_takes_as_many_pages_as_there_may_be),
        TEST(an_answer_fits_a_reply_whatever_the_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
