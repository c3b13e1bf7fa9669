/* Imports that do not come to their end at once: taken over after a silence, given up, cut off, on
 * a full disk, killed at any step. */
#include "node/store/erasure.h"
#include "tests/support/crashing.h"
#include "tests/support/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define N 10000u

static void the_same_user_may_begin_again_after_two_silent_seconds(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    shelf_pass(SYM_IMPORT_TAKEOVER_MS - 1);
    assert_int_equal(shelf_give(s, 'a', 0, 0, 50, SHELF_PER_RECORD), SYM_OK);
    shelf_pass(SYM_IMPORT_TAKEOVER_MS - 1);
    assert_int_equal(shelf_begin(s, 'b', "suspects", false, NULL), SYM_EXISTS);
    shelf_pass(1);
    assert_int_equal(shelf_begin(s, 'b', "suspects", false, NULL), SYM_OK);
    assert_int_equal(shelf_give(s, 'a', 1, 0, 50, SHELF_PER_RECORD), SYM_WRONG_STATE);
}

/* As the command line does that waits for its file. */
static void an_import_that_repeats_its_begin_is_not_taken_over(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    assert_int_equal(shelf_give(s, 'a', 0, 0, 50, SHELF_PER_RECORD), SYM_OK);
    for (unsigned i = 0; i < 10; i++) {
        shelf_pass(SYM_IMPORT_TAKEOVER_MS - 1);
        assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
        assert_int_equal(shelf_begin(s, 'b', "suspects", false, &fault), SYM_EXISTS);
    }
    assert_non_null(strstr(fault.text, "or for two seconds without a word"));
    assert_int_equal(shelf_give(s, 'a', 1, 50, 50, SHELF_PER_RECORD), SYM_OK);
    assert_int_equal(shelf_end(s, 'a', true, 2, NULL), SYM_OK);
}

static void another_user_may_after_ten_silent_minutes(void **state)
{
    struct shelf *s = *state;
    struct sym_author alice = s->alice;
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    s->alice = s->bob;
    shelf_pass(SYM_IMPORT_IDLE_MS);
    assert_int_equal(shelf_begin(s, 'b', "suspects", false, NULL), SYM_EXISTS);
    shelf_pass(1);
    assert_int_equal(shelf_begin(s, 'b', "suspects", false, NULL), SYM_OK);
    s->alice = alice;
    assert_int_equal(shelf_give(s, 'a', 0, 0, 50, SHELF_PER_RECORD), SYM_WRONG_STATE);
}

/* Until something is in the store. */
static uint64_t give_much(struct shelf *s, char letter)
{
    uint64_t chunk = 0;
    size_t before = shelf_values(s);
    while (shelf_values(s) == before) {
        assert_true(chunk < 20);
        assert_int_equal(shelf_give(s, letter, chunk, 0, SHELF_LARGE, SHELF_PER_RECORD), SYM_OK);
        chunk++;
    }
    return chunk;
}

static void leaves_nothing_of_an_import_that_is_given_up(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, N), SYM_OK);
    for (int append = 0; append < 2; append++) {
        char letter = (char)('b' + append);
        assert_int_equal(shelf_begin(s, letter, "suspects", append == 1, NULL), SYM_OK);
        (void)give_much(s, letter);
        assert_int_equal(shelf_end(s, letter, false, 0, NULL), SYM_OK);
        assert_int_equal(shelf_values(s), 3);
        assert_true(shelf_reads(s, "suspects", 0, N));
        assert_int_equal(shelf_end(s, letter, false, 0, NULL), SYM_OK);
        assert_int_equal(shelf_end(s, letter, true, 0, &fault), SYM_WRONG_STATE);
        assert_non_null(strstr(fault.text, "was given up"));
    }
    assert_int_equal(shelf_begin(s, 'd', "fresh", false, NULL), SYM_OK);
    assert_int_equal(shelf_end(s, 'd', false, 0, NULL), SYM_OK);
    assert_false(shelf_has(s, "fresh"));
}

static void leaves_nothing_of_an_import_that_the_node_did_not_see_the_end_of(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, N), SYM_OK);
    for (int append = 0; append < 2; append++) {
        assert_int_equal(shelf_begin(s, 'b', "suspects", append == 1, NULL), SYM_OK);
        (void)give_much(s, 'b');
        shelf_reopen(s);
        assert_int_equal(shelf_values(s), 3);
        assert_true(shelf_reads(s, "suspects", 0, N));
        assert_int_equal(shelf_give(s, 'b', 1, 0, 10, SHELF_PER_RECORD), SYM_NOT_FOUND);
        assert_int_equal(shelf_end(s, 'b', true, 1, &fault), SYM_NOT_FOUND);
        assert_non_null(strstr(fault.text, "run the command again"));
    }
}

static void leaves_nothing_of_an_import_that_was_silent_for_ten_minutes(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    (void)give_much(s, 'a');
    shelf_pass(SYM_IMPORT_IDLE_MS);
    sym_datasets_tidy(s->datasets);
    assert_true(shelf_values(s) > 0);
    shelf_pass(1);
    sym_datasets_tidy(s->datasets);
    assert_int_equal(shelf_values(s), 0);
    assert_int_equal(shelf_end(s, 'a', true, 1, NULL), SYM_WRONG_STATE);
}

static void dropping_a_dataset_gives_up_its_import(void **state)
{
    struct shelf *s = *state;
    for (int append = 0; append < 2; append++) {
        assert_int_equal(shelf_import(s, (char)('a' + append), "suspects", false, 0, N), SYM_OK);
        char letter = (char)('m' + append);
        assert_int_equal(shelf_begin(s, letter, "suspects", append == 1, NULL), SYM_OK);
        uint64_t chunks = give_much(s, letter);
        assert_int_equal(shelf_drop(s, "suspects", NULL), SYM_OK);
        assert_int_equal(shelf_values(s), 0);
        assert_int_equal(shelf_end(s, letter, true, chunks, NULL), SYM_WRONG_STATE);
        assert_false(shelf_has(s, "suspects"));
    }
}

static void imports_nothing_when_the_disk_is_full_and_all_when_it_is_not(void **state)
{
    struct shelf *s = *state;
    struct sym_fault fault = {.text = ""};
    enum sym_err err = SYM_OK;
    unsigned given = 0;
    assert_int_equal(shelf_import(s, 'a', "suspects", false, 0, N), SYM_OK);
    assert_int_equal(shelf_begin(s, 'b', "suspects", false, NULL), SYM_OK);
    room_fill_disk(true);
    for (; err == SYM_OK; given += err == SYM_OK) {
        assert_true(given < 20);
        err = shelf_give(s, 'b', given, given * SHELF_LARGE, SHELF_LARGE, SHELF_PER_RECORD);
    }
    assert_int_equal(err, SYM_NO_SPACE);
    err = shelf_end(s, 'b', true, given, &fault);
    room_fill_disk(false);
    assert_int_equal(err, SYM_NO_SPACE);
    assert_non_null(strstr(fault.text, "make room; nothing was imported"));
    assert_true(shelf_reads(s, "suspects", 0, N));
    assert_int_equal(shelf_give(s, 'b', given, given * SHELF_LARGE, SHELF_LARGE, SHELF_PER_RECORD),
                     SYM_OK);
    room_fill_disk(true);
    err = shelf_end(s, 'b', true, given + 1, &fault);
    room_fill_disk(false);
    assert_int_equal(err, SYM_NO_SPACE);
    assert_true(shelf_reads(s, "suspects", 0, N));
    assert_int_equal(shelf_end(s, 'b', true, given + 1, NULL), SYM_OK);
    assert_true(shelf_reads(s, "suspects", 0, (given + 1) * SHELF_LARGE));
    shelf_reopen(s);
    assert_true(shelf_reads(s, "suspects", 0, (given + 1) * SHELF_LARGE));
}

static void gives_up_on_a_full_disk_and_erases_when_there_is_room(void **state)
{
    struct shelf *s = *state;
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    (void)give_much(s, 'a');
    room_fill_disk(true);
    enum sym_err err = shelf_end(s, 'a', false, 0, NULL);
    room_fill_disk(false);
    assert_int_equal(err, SYM_OK);
    assert_true(shelf_values(s) > 0);
    sym_datasets_tidy(s->datasets);
    assert_int_equal(shelf_values(s), 0);
}

static void read_keys(struct shelf *s, uint8_t out[2 * SYM_ERASURE_SLOT_BYTES])
{
    assert_int_equal(scratch_read(s->room.dir, SYM_ERASURE_FILE, out, 2 * SYM_ERASURE_SLOT_BYTES),
                     2 * SYM_ERASURE_SLOT_BYTES);
}

/* LMDB may have written some of its pages before the transaction failed. */
static void erases_what_a_failed_transaction_may_have_left_too(void **state)
{
    struct shelf *s = *state;
    uint8_t before[2 * SYM_ERASURE_SLOT_BYTES];
    uint8_t after[2 * SYM_ERASURE_SLOT_BYTES];
    enum sym_err err = SYM_OK;
    assert_int_equal(shelf_begin(s, 'a', "suspects", false, NULL), SYM_OK);
    room_fill_disk(true);
    for (unsigned i = 0; err == SYM_OK; i++) {
        assert_true(i < 20);
        err = shelf_give(s, 'a', i, 0, SHELF_LARGE, SHELF_PER_RECORD);
    }
    room_fill_disk(false);
    assert_int_equal(shelf_values(s), 0);
    read_keys(s, before);
    assert_int_equal(shelf_end(s, 'a', false, 0, NULL), SYM_OK);
    read_keys(s, after);
    assert_memory_not_equal(before, after, 80);
    assert_memory_not_equal(before + SYM_ERASURE_SLOT_BYTES, after + SYM_ERASURE_SLOT_BYTES, 80);
}

static int replace_all(void *context)
{
    struct shelf *s = context;
    shelf_reopen(s);
    if (shelf_begin(s, 'b', "suspects", false, NULL) != SYM_OK) {
        return 1;
    }
    for (unsigned i = 0; i < 7; i++) {
        if (shelf_give(s, 'b', i, i * SHELF_LARGE, SHELF_LARGE, SHELF_PER_RECORD) != SYM_OK) {
            return 2;
        }
    }
    return shelf_end(s, 'b', true, 7, NULL) == SYM_OK ? 0 : 3;
}

static void is_there_as_a_whole_or_not_at_all_when_killed_at_any_step(void **state)
{
    bool more = true;
    unsigned old = 0;
    unsigned fresh = 0;
    (void)state;
    for (long steps = 0; more; steps++) {
        static struct shelf s;
        int code = 0;
        assert_true(steps < 500);
        shelf_open(&s);
        assert_int_equal(shelf_import(&s, 'a', "suspects", false, 0, N), SYM_OK);
        shelf_leave(&s);
        more = crash_at(steps, replace_all, &s, &code);
        assert_true(more || code == 0);
        shelf_reopen(&s);
        bool is_old = shelf_row(&s, "suspects").records == N;
        assert_true(shelf_reads(&s, "suspects", 0, is_old ? N : 7 * SHELF_LARGE));
        assert_int_equal(shelf_values(&s), is_old ? 3 : 14);
        old += is_old;
        fresh += !is_old;
        assert_int_equal(shelf_import(&s, 'c', "suspects", true, is_old ? N : 7 * SHELF_LARGE, 10),
                         SYM_OK);
        shelf_close(&s);
    }
    assert_true(old > 5);
    assert_true(fresh > 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shelf_set_up, shelf_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_user_may_begin_again_after_two_silent_seconds),
        TEST(an_import_that_repeats_its_begin_is_not_taken_over),
        TEST(another_user_may_after_ten_silent_minutes),
        TEST(leaves_nothing_of_an_import_that_is_given_up),
        TEST(leaves_nothing_of_an_import_that_the_node_did_not_see_the_end_of),
        TEST(leaves_nothing_of_an_import_that_was_silent_for_ten_minutes),
        TEST(dropping_a_dataset_gives_up_its_import),
        TEST(imports_nothing_when_the_disk_is_full_and_all_when_it_is_not),
        TEST(gives_up_on_a_full_disk_and_erases_when_there_is_room),
        TEST(erases_what_a_failed_transaction_may_have_left_too),
        cmocka_unit_test(is_there_as_a_whole_or_not_at_all_when_killed_at_any_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
