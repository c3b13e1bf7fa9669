/* Imports: chunk by chunk, appended, repeated and out of order; and what they refuse. */
#include "node/data/datasets_state.h"
#include "tests/support/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N 10000u

static void nobody_sees_an_import_before_its_end(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    assert_int_equal(shelf_give(s, 'a', 0, 0, 100, SHELF_PER_RECORD), SYM_OK);
    assert_false(shelf_has(s, "suspects"));
    assert_int_equal(shelf_end(s, 'a', true, 1, NULL), SYM_OK);
    assert_true(shelf_reads(s, "suspects", 0, 100));
}

static void chunks_of_any_size_become_the_same_segments(void **state)
{
    struct shelf *s = *state;
    const unsigned sizes[] = {1, 4095, 4096, 8192, 8191, 17};
    unsigned at = 0;
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(shelf_give(s, 'a', i, at, sizes[i], SHELF_PER_RECORD), SYM_OK);
        at += sizes[i];
    }
    assert_int_equal(shelf_end(s, 'a', true, 6, NULL), SYM_OK);
    assert_true(shelf_reads(s, "suspects", 0, at));
    assert_int_equal(shelf_values(s), (at + 4095) / 4096);
}

static void an_import_of_many_chunks_is_written_on_the_way(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    for (unsigned i = 0; i < 15; i++) {
        assert_int_equal(shelf_give(s, 'a', i, i * SHELF_LARGE, SHELF_LARGE, SHELF_PER_RECORD),
                         SYM_OK);
    }
    assert_true(shelf_values(s) >= 10);
    assert_int_equal(shelf_end(s, 'a', true, 15, NULL), SYM_OK);
    assert_true(shelf_reads(s, "suspects", 0, 15 * SHELF_LARGE));
    shelf_reopen(s);
    assert_true(shelf_reads(s, "suspects", 0, 15 * SHELF_LARGE));
}

static void the_same_file_twice_is_the_same_dataset(void **state)
{
    struct shelf *s = *state;
    for (char letter = 'a'; letter < 'e'; letter++) {
        assert_int_equal(shelf_import(s, letter, "suspects", false, 3, N), SYM_OK);
        assert_true(shelf_reads(s, "suspects", 3, N));
        assert_int_equal(shelf_values(s), 3);
        assert_int_equal(sym_datasets_count(s->datasets), 1);
        shelf_reopen(s);
    }
}

static void appending_adds_to_what_is_there(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_import(s, 'a', "suspects", true, 0, 100), SYM_OK);
    assert_int_equal(shelf_import(s, 'b', "suspects", true, 100, N), SYM_OK);
    for (int again = 0; again < 2; again++) {
        assert_true(shelf_reads(s, "suspects", 0, N + 100));
        assert_int_equal(shelf_row(s, "suspects").records, N + 100);
        shelf_reopen(s);
    }
    assert_int_equal(shelf_import(s, 'c', "suspects", false, 0, 10), SYM_OK);
    assert_int_equal(shelf_values(s), 1);
}

static void a_file_without_records_empties_the_dataset(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, N), SYM_OK);
    assert_int_equal(shelf_import(s, 'b', "suspects", false, 0, 0), SYM_OK);
    assert_int_equal(shelf_row(s, "suspects").tokens, 0);
    assert_int_equal(shelf_values(s), 0);
    shelf_reopen(s);
    assert_true(shelf_reads(s, "suspects", 0, 0));
}

static void an_append_goes_on_over_forgetting_and_publishing(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset_forgotten gone = {0};
    size_t at = 0;
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, N), SYM_OK);
    assert_int_equal(shelf_begin(s, 'b', "suspects", true, NULL), SYM_OK);
    assert_int_equal(shelf_give(s, 'b', 0, N, 500, SHELF_PER_RECORD), SYM_OK);
    assert_int_equal(shelf_forget(s, "suspects", "r0", &gone, NULL), SYM_OK);
    assert_int_equal(
        sym_datasets_publish(s->datasets, &at, sym_span_text("suspects"), &s->alice, NULL), SYM_OK);
    assert_int_equal(shelf_end(s, 'b', true, 1, NULL), SYM_OK);
    assert_true(shelf_reads(s, "suspects", 1, N + 499));
    assert_int_equal(shelf_row(s, "suspects").epoch, 1);
}

static uint64_t begin_again(struct shelf *s, char letter, const char *dataset)
{
    uint8_t id[SYM_IMPORT_ID_BYTES] = {0};
    uint64_t next = 99;
    struct sym_import_begin begin = {.id = sym_span(id, sizeof id),
                                     .dataset = sym_span_text(dataset),
                                     .profile = sym_span_text("accounts"),
                                     .canon_version = SYM_CANON_VERSION};
    shelf_id(id, letter);
    assert_int_equal(sym_datasets_import_begin(s->datasets, &next, &begin, &s->alice, NULL),
                     SYM_OK);
    return next;
}

/* The node died when it had kept the import, and before it could say so. */
static void an_end_is_answered_once_more_after_a_restart(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, 100), SYM_OK);
    assert_int_equal(shelf_begin(s, 'b', "suspects", true, NULL), SYM_OK);
    assert_int_equal(shelf_give(s, 'b', 0, 100, 100, SHELF_PER_RECORD), SYM_OK);
    assert_int_equal(shelf_end(s, 'b', true, 1, NULL), SYM_OK);
    for (int restart = 0; restart < 2; restart++) {
        shelf_reopen(s);
        assert_int_equal(shelf_end(s, 'b', true, 1, NULL), SYM_OK);
        assert_int_equal(shelf_row(s, "suspects").records, 200);
        size_t at = 0;
        assert_int_equal(
            sym_datasets_publish(s->datasets, &at, sym_span_text("suspects"), &s->alice, NULL),
            SYM_OK);
    }
    /* Neither one that was not the last, nor its being given up, nor for another user. */
    assert_int_equal(shelf_end(s, 'a', true, 1, &fault), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "look with \"symbolon dataset show\""));
    assert_int_equal(shelf_end(s, 'b', false, 1, &fault), SYM_NOT_FOUND);
    struct sym_author alice = s->alice;
    s->alice = s->bob;
    assert_int_equal(shelf_end(s, 'b', true, 1, &fault), SYM_DENIED);
    s->alice = alice;
}

static enum sym_err cut_import_fn(struct sym_transaction *t, void *context)
{
    SYM_SECRET_AUTO row = {0};
    (void)context;
    enum sym_err err = sym_store_get(t, SYM_TABLE_DATASETS, sym_span_text("suspects"), &row);
    return err == SYM_OK ? sym_store_put(t, SYM_TABLE_DATASETS, sym_span_text("suspects"),
                                         sym_span(row.data, row.len - SYM_IMPORT_ID_BYTES - 1))
                         : err;
}

static enum sym_err cut_version_fn(struct sym_transaction *t, void *context)
{
    SYM_SECRET_AUTO row = {0};
    (void)context;
    enum sym_err err = sym_store_get(t, SYM_TABLE_DATASETS, sym_span_text("suspects"), &row);
    return err == SYM_OK ? sym_store_put(t, SYM_TABLE_DATASETS, sym_span_text("suspects"),
                                         sym_span(row.data, row.len - 1))
                         : err;
}

static uint32_t canon_version(const struct shelf *s)
{
    struct sym_dataset_row row;
    sym_datasets_row(s->datasets, 0, &row);
    return row.canon_version;
}

static void assert_outdated(const struct shelf *s)
{
    struct sym_content *content = NULL;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(sym_content_hold(&content, s->datasets, sym_span_text("suspects"), &fault),
                     SYM_UNSUPPORTED);
    assert_string_equal(fault.text, "dataset suspects: was imported with older rules of canonical "
                                    "forms, by which identifiers of today would be missed; import "
                                    "its file again");
    assert_int_equal(canon_version(s), 1);
}

/* What was made by other rules would silently meet less: also when today's is added to it. */
static void identifiers_by_older_rules_are_not_compared(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, 100), SYM_OK);
    assert_int_equal(canon_version(s), SYM_CANON_VERSION);
    assert_int_equal(sym_store_write(s->room.store, cut_version_fn, NULL), SYM_OK);
    shelf_reopen(s);
    assert_outdated(s);
    assert_int_equal(shelf_import(s, 'b', "suspects", true, 100, 100), SYM_OK);
    assert_outdated(s);
    shelf_reopen(s);
    assert_outdated(s);
    assert_int_equal(shelf_import(s, 'c', "suspects", false, 0, 100), SYM_OK);
    assert_int_equal(canon_version(s), SYM_CANON_VERSION);
    shelf_reopen(s);
    assert_true(shelf_reads(s, "suspects", 0, 100));
}

static void reads_a_row_from_before_it_named_its_import(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, 100), SYM_OK);
    assert_int_equal(sym_store_write(s->room.store, cut_import_fn, NULL), SYM_OK);
    shelf_reopen(s);
    assert_outdated(s);
    assert_int_equal(shelf_end(s, 'a', true, 1, NULL), SYM_NOT_FOUND);
    assert_int_equal(shelf_import(s, 'b', "suspects", true, 100, 100), SYM_OK);
    shelf_reopen(s);
    assert_int_equal(shelf_end(s, 'b', true, 1, NULL), SYM_OK);
}

/* What its file was compared with may be another by now. */
static void an_import_that_goes_on_is_not_begun_anew(void **state)
{
    struct shelf *s = *state;
    uint8_t id[SYM_IMPORT_ID_BYTES] = {0};
    uint64_t next = 99;
    struct sym_import_begin begin = {.id = sym_span(id, sizeof id),
                                     .dataset = sym_span_text("suspects"),
                                     .profile = sym_span_text("accounts")};
    shelf_id(id, 'a');
    for (unsigned started = 0; started < 2; started++) {
        begin.goes_on = true;
        assert_int_equal(sym_datasets_import_begin(s->datasets, &next, &begin, &s->alice, NULL),
                         SYM_NOT_FOUND);
        assert_int_equal(begin_again(s, 'a', "suspects"), 0);
        assert_int_equal(sym_datasets_import_begin(s->datasets, &next, &begin, &s->alice, NULL),
                         SYM_OK);
        shelf_reopen(s);
    }
}

static void a_begin_that_is_repeated_goes_on_where_it_was(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(begin_again(s, 'a', "suspects"), 0);
    assert_int_equal(begin_again(s, 'a', "suspects"), 0);
    assert_int_equal(shelf_give(s, 'a', 0, 0, 100, SHELF_PER_RECORD), SYM_OK);
    assert_int_equal(begin_again(s, 'a', "suspects"), 1);
    assert_int_equal(shelf_begin(s, 'a', "others", false, &fault), SYM_WRONG_STATE);
    assert_int_equal(shelf_begin(s, 'a', "suspects", true, &fault), SYM_WRONG_STATE);
    assert_non_null(strstr(fault.text, "import of suspects: was begun in another way"));
}

static void a_chunk_that_is_repeated_counts_once(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned again = 0; again <= i; again++) {
            assert_int_equal(shelf_give(s, 'a', again, again * 50, 50, SHELF_PER_RECORD), SYM_OK);
        }
    }
    assert_int_equal(shelf_end(s, 'a', true, 3, NULL), SYM_OK);
    assert_true(shelf_reads(s, "suspects", 0, 150));
}

static void refuses_a_chunk_that_is_not_due(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    assert_int_equal(shelf_give(s, 'a', 1, 0, 50, SHELF_PER_RECORD), SYM_WRONG_STATE);
    assert_int_equal(shelf_give(s, 'a', 0, 0, 50, SHELF_PER_RECORD), SYM_OK);
    assert_int_equal(shelf_give(s, 'a', 2, 0, 50, SHELF_PER_RECORD), SYM_WRONG_STATE);
    assert_int_equal(shelf_give(s, 'a', UINT64_MAX, 0, 50, SHELF_PER_RECORD), SYM_WRONG_STATE);
    assert_int_equal(shelf_end(s, 'a', true, 1, NULL), SYM_OK);
    assert_true(shelf_reads(s, "suspects", 0, 50));
}

static void refuses_an_end_with_another_number_of_chunks(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    assert_int_equal(shelf_give(s, 'a', 0, 0, 50, SHELF_PER_RECORD), SYM_OK);
    assert_int_equal(shelf_end(s, 'a', true, 0, NULL), SYM_WRONG_STATE);
    assert_int_equal(shelf_end(s, 'a', true, 2, &fault), SYM_WRONG_STATE);
    assert_non_null(strstr(fault.text, "2 chunks were handed over, and 1 are here"));
    assert_false(shelf_has(s, "suspects"));
    assert_int_equal(shelf_end(s, 'a', true, 1, NULL), SYM_OK);
}

static void an_end_that_is_repeated_answers_the_same(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, 50), SYM_OK);
    assert_int_equal(shelf_end(s, 'a', true, 1, NULL), SYM_OK);
    assert_int_equal(shelf_end(s, 'a', false, 1, &fault), SYM_WRONG_STATE);
    assert_non_null(strstr(fault.text, "import of suspects: has ended"));
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_WRONG_STATE);
    assert_int_equal(shelf_give(s, 'a', 1, 0, 50, SHELF_PER_RECORD), SYM_WRONG_STATE);
    assert_true(shelf_reads(s, "suspects", 0, 50));
    assert_int_equal(shelf_drop(s, "suspects", NULL), SYM_OK);
    assert_int_equal(shelf_end(s, 'a', true, 1, &fault), SYM_NOT_FOUND);
}

static enum sym_err give_broken(struct shelf *s, unsigned what)
{
    uint8_t id[SYM_IMPORT_ID_BYTES] = {0};
    uint8_t bytes[200];
    uint64_t next = 0;
    shelf_id(id, 'a');
    struct sym_import_chunk c = shelf_chunk(id, 0, 0, 100, SHELF_PER_RECORD);
    struct sym_span *const columns[] = {&c.id_lengths, &c.ids, &c.token_counts, &c.types,
                                        &c.digests};
    if (what < 5) {
        columns[what]->len--;
    } else {
        /* An id without bytes, one that is too long; no token, too many; no type, an unknown one.
         */
        const uint8_t values[] = {0, 129, 0, 17, 0, SYM_TOKEN_TYPE_COUNT};
        struct sym_span *column = columns[what < 7 ? 0 : what < 9 ? 2 : 3];
        memcpy(bytes, column->data, column->len);
        bytes[99] = values[what - 5];
        column->data = bytes;
    }
    return sym_datasets_import_chunk(s->datasets, &next, &c, &s->alice, NULL);
}

static void refuses_columns_that_do_not_fit_and_takes_the_next_that_do(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    for (unsigned what = 0; what < 11; what++) {
        assert_int_equal(give_broken(s, what), SYM_BAD_VALUE);
    }
    assert_int_equal(shelf_give(s, 'a', 0, 0, 100, SHELF_PER_RECORD), SYM_OK);
    assert_int_equal(shelf_end(s, 'a', true, 1, NULL), SYM_OK);
    assert_true(shelf_reads(s, "suspects", 0, 100));
}

static void refuses_names_that_are_none(void **state)
{
    struct shelf *s = *state;
    const char *const names[] = {"", ".hidden", "two words", "a/b", "\xc3\xa9"};
    for (size_t i = 0; i < 5; i++) {
        struct sym_fault fault = {.text = ""};
        assert_int_equal(shelf_begin(s, 'a', names[i], false, &fault), SYM_BAD_VALUE);
        assert_non_null(strstr(fault.text, "dataset name: 1 to 63 letters"));
    }
}

static void refuses_a_second_import_of_a_dataset(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    assert_int_equal(shelf_begin(s, 'b', "suspects", false, &fault), SYM_EXISTS);
    assert_non_null(strstr(fault.text, "dataset suspects: is being imported by alice"));
    assert_int_equal(shelf_begin(s, 'b', "suspects", true, NULL), SYM_EXISTS);
    assert_int_equal(shelf_begin(s, 'c', "others", false, NULL), SYM_OK);
    assert_int_equal(shelf_end(s, 'a', false, 0, NULL), SYM_OK);
    assert_int_equal(shelf_begin(s, 'b', "suspects", false, NULL), SYM_OK);
}

static void refuses_another_user_in_the_middle(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    struct sym_author alice = s->alice;
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    s->alice = s->bob;
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_DENIED);
    assert_int_equal(shelf_give(s, 'a', 0, 0, 50, SHELF_PER_RECORD), SYM_DENIED);
    assert_int_equal(shelf_end(s, 'a', true, 0, &fault), SYM_DENIED);
    assert_non_null(strstr(fault.text, "import of suspects: was begun by alice"));
    assert_int_equal(shelf_end(s, 'a', false, 0, NULL), SYM_DENIED);
    s->alice = alice;
    assert_int_equal(shelf_end(s, 'a', true, 0, NULL), SYM_OK);
    s->alice = s->bob;
    assert_int_equal(shelf_end(s, 'a', true, 0, NULL), SYM_DENIED);
}

static void refuses_one_import_too_many(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    char name[] = "x0";
    for (unsigned i = 0; i < SYM_IMPORTS_MAX; i++) {
        name[1] = (char)('0' + i);
        assert_int_equal(shelf_begin(s, (char)('a' + i), name, false, NULL), SYM_OK);
    }
    assert_int_equal(shelf_begin(s, 'z', "another", false, &fault), SYM_LIMIT);
    assert_non_null(strstr(fault.text, "import: 8 run, the most there can be"));
    assert_int_equal(shelf_end(s, 'c', true, 0, NULL), SYM_OK);
    assert_int_equal(shelf_begin(s, 'z', "another", false, NULL), SYM_OK);
}

static void refuses_one_dataset_too_many(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    for (unsigned i = 0; i < SYM_DATASETS_MAX; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "x%u", i);
        assert_int_equal(shelf_begin(s, (char)i, name, false, NULL), SYM_OK);
        if (i == SYM_DATASETS_MAX - 1) {
            /* The last is not there yet, and counts. */
            assert_int_equal(shelf_begin(s, '\xff', "another", false, &fault), SYM_LIMIT);
        }
        assert_int_equal(shelf_end(s, (char)i, true, 0, NULL), SYM_OK);
    }
    assert_int_equal(shelf_begin(s, '\xff', "another", false, &fault), SYM_LIMIT);
    assert_non_null(strstr(fault.text, "dataset another: there are 128"));
    assert_int_equal(shelf_begin(s, '\xfe', "x5", false, NULL), SYM_OK);
    shelf_reopen(s);
    assert_int_equal(sym_datasets_count(s->datasets), SYM_DATASETS_MAX);
}

static enum sym_err put_row(struct sym_transaction *t, void *context)
{
    return sym_dataset_put(t, context);
}

static void refuses_more_tokens_than_a_dataset_can_hold(void **state)
{
    struct shelf *s = *state;
    struct sym_dataset large = {.name = "suspects", .kind = SYM_DATASET_IDENTIFIERS, .n_types = 1};
    large.types[0] = (struct sym_type_count){.type = 1, .tokens = SYM_SET_MAX - 100};
    assert_int_equal(sym_store_write(s->room.store, put_row, &large), SYM_OK);
    shelf_reopen(s);
    assert_int_equal(shelf_begin(s, 'a', "suspects", true, NULL), SYM_OK);
    assert_int_equal(shelf_give(s, 'a', 0, 0, 101, 1), SYM_LIMIT);
    assert_int_equal(shelf_give(s, 'a', 0, 0, 60, 1), SYM_OK);
    assert_int_equal(shelf_give(s, 'a', 1, 0, 41, 1), SYM_LIMIT);
    assert_int_equal(shelf_give(s, 'a', 1, 0, 40, 1), SYM_OK);
    assert_int_equal(shelf_end(s, 'a', true, 2, NULL), SYM_OK);
    assert_int_equal(shelf_row(s, "suspects").tokens, SYM_SET_MAX);
    assert_int_equal(shelf_begin(s, 'b', "suspects", false, NULL), SYM_OK);
    assert_int_equal(shelf_give(s, 'b', 0, 0, 101, 1), SYM_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shelf_set_up, shelf_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_sees_an_import_before_its_end),
        TEST(chunks_of_any_size_become_the_same_segments),
        TEST(an_import_of_many_chunks_is_written_on_the_way),
        TEST(the_same_file_twice_is_the_same_dataset),
        TEST(appending_adds_to_what_is_there),
        TEST(a_file_without_records_empties_the_dataset),
        TEST(an_append_goes_on_over_forgetting_and_publishing),
        TEST(an_end_is_answered_once_more_after_a_restart),
        TEST(identifiers_by_older_rules_are_not_compared),
        TEST(reads_a_row_from_before_it_named_its_import),
        TEST(a_begin_that_is_repeated_goes_on_where_it_was),
        TEST(an_import_that_goes_on_is_not_begun_anew),
        TEST(a_chunk_that_is_repeated_counts_once),
        TEST(refuses_a_chunk_that_is_not_due),
        TEST(refuses_an_end_with_another_number_of_chunks),
        TEST(an_end_that_is_repeated_answers_the_same),
        TEST(refuses_columns_that_do_not_fit_and_takes_the_next_that_do),
        TEST(refuses_names_that_are_none),
        TEST(refuses_a_second_import_of_a_dataset),
        TEST(refuses_another_user_in_the_middle),
        TEST(refuses_one_import_too_many),
        TEST(refuses_one_dataset_too_many),
        TEST(refuses_more_tokens_than_a_dataset_can_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
