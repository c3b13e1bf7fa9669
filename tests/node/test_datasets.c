/* Datasets: published, forgotten record by record, dropped; what may still read them then. */
#include "node/data/datasets_state.h"
#include "tests/support/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N 10000u

static void keeps_records_and_tokens_in_their_order_over_a_restart(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 5, N), SYM_OK);
    for (int again = 0; again < 2; again++) {
        struct sym_dataset_row row = shelf_row(s, "suspects");
        struct sym_content *c = shelf_hold(s, "suspects");
        assert_int_equal(sym_content_segments(c), 3);
        assert_true(shelf_holds(c, 5, N));
        assert_int_equal(row.records, N);
        assert_int_equal(row.tokens, shelf_tokens(5, N, SHELF_PER_RECORD));
        assert_int_equal(row.n_types, 3);
        assert_int_equal(row.types[0].tokens, N);
        assert_int_equal(row.types[0].type, 1);
        assert_int_equal(sym_content_tokens(c, (enum sym_token_type)3), row.types[2].tokens);
        assert_int_equal(sym_content_tokens(c, (enum sym_token_type)4), 0);
        assert_true(row.bytes > row.tokens * 33 && row.bytes < row.tokens * 50);
        assert_true(sym_span_equal(row.imported_by, sym_span_text("alice")));
        assert_true(sym_span_equal(row.profile, sym_span_text("accounts")));
        assert_true(row.imported_ms > 0);
        assert_int_equal(row.kind, SYM_DATASET_IDENTIFIERS);
        assert_int_equal(row.published_ms, 0);
        sym_content_release(c);
        shelf_reopen(s);
    }
}

static void lists_datasets_by_name(void **state)
{
    struct shelf *s = *state;
    const char *const names[] = {"b", "a", "ab", "B"};
    const char *const sorted[] = {"B", "a", "ab", "b"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(shelf_import(s, (char)('a' + i), names[i], false, 0, 10), SYM_OK);
    }
    for (int again = 0; again < 2; again++) {
        assert_int_equal(sym_datasets_count(s->datasets), 4);
        for (size_t i = 0; i < 4; i++) {
            struct sym_dataset_row row;
            sym_datasets_row(s->datasets, i, &row);
            assert_true(sym_span_equal(row.name, sym_span_text(sorted[i])));
        }
        shelf_reopen(s);
    }
}

static void counts_an_epoch_for_each_time_it_is_published(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    size_t at = 7;
    struct sym_span name = sym_span_text("suspects");
    assert_int_equal(sym_datasets_publish(s->datasets, &at, name, &s->alice, &fault),
                     SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "dataset suspects: does not exist"));
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, 10), SYM_OK);
    for (uint64_t epoch = 1; epoch <= 3; epoch++) {
        assert_int_equal(sym_datasets_publish(s->datasets, &at, name, &s->alice, NULL), SYM_OK);
        assert_int_equal(at, 0);
        shelf_reopen(s);
        assert_int_equal(shelf_row(s, "suspects").epoch, epoch);
        assert_true(shelf_row(s, "suspects").published_ms > 0);
    }
    assert_int_equal(shelf_import(s, 'b', "suspects", false, 0, 20), SYM_OK);
    assert_int_equal(shelf_row(s, "suspects").epoch, 3);
}

static void publishes_nothing_that_cannot_be_written(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    size_t at = 0;
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, 10), SYM_OK);
    room_fill_disk(true);
    enum sym_err err =
        sym_datasets_publish(s->datasets, &at, sym_span_text("suspects"), &s->alice, &fault);
    room_fill_disk(false);
    assert_int_equal(err, SYM_NO_SPACE);
    assert_non_null(strstr(fault.text, "nothing was published"));
    assert_int_equal(shelf_row(s, "suspects").epoch, 0);
}

/* Forgetting. */

static void forgets_all_records_of_an_id_and_no_other(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone = {0};
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, N), SYM_OK);
    assert_int_equal(shelf_import(s, 'b', "suspects", true, 0, N), SYM_OK);
    struct sym_dataset_row before = shelf_row(s, "suspects");
    uint64_t bytes = before.bytes;
    uint64_t of_type_2 = before.types[1].tokens;
    assert_int_equal(shelf_forget(s, "suspects", "r4097", &gone, NULL), SYM_OK);
    assert_int_equal(gone.records, 2);
    assert_int_equal(gone.tokens, 2 * shelf_tokens(4097, 1, SHELF_PER_RECORD));
    for (int again = 0; again < 2; again++) {
        struct sym_dataset_row row = shelf_row(s, "suspects");
        assert_int_equal(row.records, 2 * N - 2);
        assert_int_equal(row.tokens, 2 * shelf_tokens(0, N, SHELF_PER_RECORD) - gone.tokens);
        assert_int_equal(row.types[1].tokens, of_type_2 - 2);
        assert_true(row.bytes < bytes);
        shelf_reopen(s);
    }
    assert_int_equal(shelf_forget(s, "suspects", "r4097", &gone, NULL), SYM_NOT_FOUND);
    assert_int_equal(shelf_forget(s, "suspects", "r409", &gone, NULL), SYM_OK);
    assert_int_equal(gone.records, 2);
}

/* So that some of these transactions run twice, because the map of the store has to grow. */
static void counts_what_it_forgets_once_however_large_the_dataset_is(void **state)
{
    struct shelf *s = *state;
    for (unsigned i = 1; i <= 36; i++) {
        struct sym_dataset_forgotten gone = {0};
        char record[16];
        (void)snprintf(record, sizeof record, "r%u", i);
        assert_int_equal(shelf_import(s, (char)i, "suspects", true, 0, 4096), SYM_OK);
        if (i % 3 == 0) {
            assert_int_equal(shelf_forget(s, "suspects", record, &gone, NULL), SYM_OK);
            assert_int_equal(gone.records, i);
            assert_int_equal(gone.tokens, i * shelf_tokens(i, 1, SHELF_PER_RECORD));
        }
    }
}

static void what_is_left_after_forgetting_is_in_order(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone = {0};
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 1, N), SYM_OK);
    assert_int_equal(shelf_forget(s, "suspects", "r1", &gone, NULL), SYM_OK);
    assert_true(shelf_reads(s, "suspects", 2, N - 1));
    assert_int_equal(shelf_forget(s, "suspects", "r10000", &gone, NULL), SYM_OK);
    assert_true(shelf_reads(s, "suspects", 2, N - 2));
    assert_int_equal(gone.records, 1);
}

static void may_forget_the_last_record(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone = {0};
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 1, 1), SYM_OK);
    assert_int_equal(shelf_forget(s, "suspects", "r1", &gone, NULL), SYM_OK);
    assert_int_equal(shelf_row(s, "suspects").tokens, 0);
    assert_int_equal(shelf_row(s, "suspects").n_types, 0);
    shelf_reopen(s);
    assert_true(shelf_reads(s, "suspects", 0, 0));
    assert_int_equal(shelf_forget(s, "suspects", "r1", &gone, NULL), SYM_NOT_FOUND);
    assert_int_equal(shelf_import(s, 'b', "suspects", true, 4, 5), SYM_OK);
    assert_true(shelf_reads(s, "suspects", 4, 5));
}

static void refuses_to_forget_what_it_does_not_have(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone = {0};
    struct sym_fault fault = {.text = ""};
    assert_int_equal(shelf_forget(s, "suspects", "r1", &gone, &fault), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "symbolon dataset list"));
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 1, 10), SYM_OK);
    struct sym_content *c = shelf_hold(s, "suspects");
    assert_int_equal(shelf_forget(s, "suspects", "r11", &gone, &fault), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "dataset suspects: has no record of this id"));
    assert_null(strstr(fault.text, "r11"));
    assert_int_equal(shelf_forget(s, "suspects", "r", &gone, NULL), SYM_NOT_FOUND);
    assert_true(shelf_holds(c, 1, 10));
    sym_content_release(c);
}

static void forgets_nothing_when_the_disk_is_full(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone = {0};
    struct sym_fault fault = {.text = ""};
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, N), SYM_OK);
    room_fill_disk(true);
    enum sym_err err = shelf_forget(s, "suspects", "r7", &gone, &fault);
    room_fill_disk(false);
    assert_int_equal(err, SYM_NO_SPACE);
    assert_non_null(strstr(fault.text, "nothing was forgotten"));
    assert_true(shelf_reads(s, "suspects", 0, N));
    assert_int_equal(shelf_forget(s, "suspects", "r7", &gone, NULL), SYM_OK);
}

/* Holding. */

static void a_forgotten_record_can_be_read_by_nobody_who_holds_the_content(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone = {0};
    struct sym_segment segment = {.n_records = 0};
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, N), SYM_OK);
    struct sym_content *older = shelf_hold(s, "suspects");
    assert_int_equal(shelf_import(s, 'b', "suspects", false, 0, N), SYM_OK);
    struct sym_content *newer = shelf_hold(s, "suspects");
    assert_int_equal(shelf_forget(s, "suspects", "r7", &gone, NULL), SYM_OK);
    assert_int_equal(sym_content_segment(older, 0, &segment), SYM_CANCELLED);
    assert_int_equal(sym_content_segment(newer, 0, &segment), SYM_CANCELLED);
    assert_int_equal(shelf_values(s), 3);
    sym_content_release(older);
    sym_content_release(newer);
    assert_int_equal(shelf_values(s), 3);
    struct sym_content *after = shelf_hold(s, "suspects");
    assert_int_equal(sym_content_segment(after, 0, &segment), SYM_OK);
    sym_segment_clear(&segment);
    sym_content_release(after);
}

static void a_dropped_dataset_can_be_read_by_nobody_who_holds_it(void **state)
{
    struct shelf *s = *state;
    struct sym_segment segment = {.n_records = 0};
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, N), SYM_OK);
    assert_int_equal(shelf_import(s, 'b', "others", false, 0, N), SYM_OK);
    struct sym_content *c = shelf_hold(s, "suspects");
    struct sym_content *other = shelf_hold(s, "others");
    assert_int_equal(shelf_drop(s, "suspects", NULL), SYM_OK);
    assert_int_equal(sym_content_segment(c, 0, &segment), SYM_CANCELLED);
    assert_null(segment.value.data);
    assert_true(shelf_holds(other, 0, N));
    assert_int_equal(shelf_values(s), 3);
    sym_content_release(c);
    sym_content_release(other);
    assert_false(shelf_has(s, "suspects"));
    assert_int_equal(shelf_drop(s, "suspects", NULL), SYM_NOT_FOUND);
    shelf_reopen(s);
    assert_false(shelf_has(s, "suspects"));
    assert_true(shelf_reads(s, "others", 0, N));
}

static void replaced_content_is_readable_until_the_last_who_holds_it_lets_go(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, N), SYM_OK);
    struct sym_content *first = shelf_hold(s, "suspects");
    struct sym_content *second = shelf_hold(s, "suspects");
    assert_int_equal(shelf_import(s, 'b', "suspects", false, 50, 20), SYM_OK);
    assert_true(shelf_reads(s, "suspects", 50, 20));
    assert_int_equal(shelf_values(s), 4);
    sym_content_release(first);
    assert_true(shelf_holds(second, 0, N));
    sym_content_release(second);
    assert_int_equal(shelf_values(s), 1);
    assert_true(shelf_reads(s, "suspects", 50, 20));
}

static void replaced_content_that_was_held_at_the_end_is_gone_after_a_restart(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, N), SYM_OK);
    struct sym_content *c = shelf_hold(s, "suspects");
    assert_int_equal(shelf_import(s, 'b', "suspects", false, 50, 20), SYM_OK);
    room_fill_disk(true);
    sym_content_release(c);
    room_fill_disk(false);
    assert_int_equal(shelf_values(s), 4);
    shelf_reopen(s);
    assert_int_equal(shelf_values(s), 1);
}

static void what_could_not_be_erased_on_a_full_disk_is_erased_by_tidying(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, N), SYM_OK);
    struct sym_content *c = shelf_hold(s, "suspects");
    assert_int_equal(shelf_import(s, 'b', "suspects", false, 50, 20), SYM_OK);
    room_fill_disk(true);
    sym_content_release(c);
    sym_datasets_tidy(s->datasets);
    room_fill_disk(false);
    assert_int_equal(shelf_values(s), 4);
    sym_datasets_tidy(s->datasets);
    assert_int_equal(shelf_values(s), 1);
}

static void who_holds_content_does_not_see_what_is_added(void **state)
{
    struct shelf *s = *state;
    struct sym_segment segment = {.n_records = 0};
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, N), SYM_OK);
    struct sym_content *c = shelf_hold(s, "suspects");
    assert_int_equal(shelf_import(s, 'b', "suspects", true, N, N), SYM_OK);
    assert_true(shelf_holds(c, 0, N));
    assert_int_equal(sym_content_segment(c, sym_content_segments(c), &segment), SYM_NOT_FOUND);
    sym_content_release(c);
    assert_true(shelf_reads(s, "suspects", 0, 2 * N));
}

static void refuses_to_hold_what_does_not_exist(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    struct sym_content *c = NULL;
    assert_int_equal(sym_content_hold(&c, s->datasets, sym_span_text("nobody"), &fault),
                     SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "dataset nobody: does not exist"));
    assert_null(c);
}

/* The journal. */

static bool is_journalled(struct shelf *s, const char *wanted)
{
    return room_lines(&s->room, wanted).found > 0;
}

static void every_change_has_its_line_without_the_id_of_a_record(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone = {0};
    size_t at = 0;
    struct sym_span name = sym_span_text("suspects");
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, 12), SYM_OK);
    assert_true(is_journalled(s, "dataset-imported user=alice subject=suspects profile=accounts "
                                 "append=0 records=12 tokens=24"));
    assert_int_equal(sym_datasets_publish(s->datasets, &at, name, &s->bob, NULL), SYM_OK);
    assert_true(is_journalled(s, "dataset-published user=bob subject=suspects epoch=1"));
    assert_int_equal(shelf_forget(s, "suspects", "r11", &gone, NULL), SYM_OK);
    assert_true(
        is_journalled(s, "record-forgotten user=alice subject=suspects records=1 tokens=3"));
    assert_int_equal(shelf_drop(s, "suspects", NULL), SYM_OK);
    assert_true(
        is_journalled(s, "dataset-dropped user=alice subject=suspects records=11 tokens=21"));
    assert_false(is_journalled(s, "r11"));
}

/* Refusals at the start. */

static void refuses_a_record_that_is_none(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    struct sym_datasets *d = NULL;
    struct sym_datasets_config c = {
        .store = s->room.store, .vault = s->vault, .log = room_log(&s->room)};
    assert_int_equal(room_put(&s->room, SYM_TABLE_DATASETS, "x", "\x03 of another version"),
                     SYM_OK);
    assert_int_equal(sym_datasets_open(&d, &c, &fault), SYM_BAD_VERSION);
    assert_non_null(strstr(fault.text, "restore a backup"));
    assert_int_equal(room_put(&s->room, SYM_TABLE_DATASETS, "x", "\x02 too short"), SYM_OK);
    assert_int_equal(sym_datasets_open(&d, &c, NULL), SYM_BAD_FORMAT);
    assert_null(d);
}

static enum sym_err lose_segments(struct sym_transaction *t, void *context)
{
    struct shelf *s = context;
    return sym_vault_delete(s->vault, t, sym_span_text(SYM_SEGMENT_DOMAIN));
}

static void says_that_content_is_damaged_rather_than_not_there(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone = {0};
    struct sym_segment segment = {.n_records = 0};
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, 10), SYM_OK);
    assert_int_equal(sym_store_write(s->room.store, lose_segments, s), SYM_OK);
    struct sym_content *c = shelf_hold(s, "suspects");
    assert_int_equal(sym_content_segment(c, 0, &segment), SYM_BAD_FORMAT);
    sym_content_release(c);
    assert_int_equal(shelf_forget(s, "suspects", "r1", &gone, NULL), SYM_BAD_FORMAT);
}

static void refuses_a_segment_whose_columns_do_not_fit(void **state)
{
    struct sym_columns columns;
    (void)state;
    uint8_t id[SYM_IMPORT_ID_BYTES] = {0};
    struct sym_import_chunk chunk = shelf_chunk(id, 0, 0, 100, SHELF_PER_RECORD);
    struct sym_segment segment = {.n_records = 0};
    assert_int_equal(sym_columns_new(&columns), SYM_OK);
    sym_columns_take(&columns, &chunk);
    size_t len = sym_columns_bytes(&columns);
    assert_int_equal(sym_secret_new(&segment.value, len), SYM_OK);
    segment.len = len;
    sym_columns_write(&columns, segment.value.data);
    assert_int_equal(sym_segment_read(&segment), SYM_OK);
    /* Version; the four lengths; the length of an id; how many tokens; the first type. */
    const size_t places[] = {
        0, 4, 8, 12, 13, len - 33 * segment.n_tokens - 1, len - 33 * segment.n_tokens};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        uint8_t kept = segment.value.data[places[i]];
        segment.value.data[places[i]] = (uint8_t)(kept + (i == 6 ? 100 : 1));
        assert_int_equal(sym_segment_read(&segment), i == 0 ? SYM_BAD_VERSION : SYM_BAD_FORMAT);
        segment.value.data[places[i]] = kept;
    }
    assert_int_equal(sym_segment_read(&segment), SYM_OK);
    segment.len--;
    assert_int_equal(sym_segment_read(&segment), SYM_BAD_FORMAT);
    segment.len++;
    sym_segment_clear(&segment);
    sym_columns_clear(&columns);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shelf_set_up, shelf_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_records_and_tokens_in_their_order_over_a_restart),
        TEST(lists_datasets_by_name),
        TEST(counts_an_epoch_for_each_time_it_is_published),
        TEST(publishes_nothing_that_cannot_be_written),
        TEST(forgets_all_records_of_an_id_and_no_other),
        TEST(counts_what_it_forgets_once_however_large_the_dataset_is),
        TEST(what_is_left_after_forgetting_is_in_order),
        TEST(may_forget_the_last_record),
        TEST(refuses_to_forget_what_it_does_not_have),
        TEST(forgets_nothing_when_the_disk_is_full),
        TEST(a_forgotten_record_can_be_read_by_nobody_who_holds_the_content),
        TEST(a_dropped_dataset_can_be_read_by_nobody_who_holds_it),
        TEST(replaced_content_is_readable_until_the_last_who_holds_it_lets_go),
        TEST(replaced_content_that_was_held_at_the_end_is_gone_after_a_restart),
        TEST(what_could_not_be_erased_on_a_full_disk_is_erased_by_tidying),
        TEST(who_holds_content_does_not_see_what_is_added),
        TEST(refuses_to_hold_what_does_not_exist),
        TEST(every_change_has_its_line_without_the_id_of_a_record),
        TEST(refuses_a_record_that_is_none),
        TEST(says_that_content_is_damaged_rather_than_not_there),
        TEST(refuses_a_segment_whose_columns_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
