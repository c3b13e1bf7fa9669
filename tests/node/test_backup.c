/* A backup while the node goes on: all of it is of one moment, and opens as the node was then. */
#include "node/core/backup.h"
#include "node/store/erasure.h"
#include "tests/support/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define N 6000u

struct stage {
    struct shelf *shelf;
    struct sym_backups *backups;
    struct sym_backup_begun begun;
};

static uint64_t clock_ms;

static uint64_t read_clock(void)
{
    return clock_ms;
}

static const uint8_t id_a[SYM_BACKUP_ID_BYTES] = {'a'};
static const uint8_t id_b[SYM_BACKUP_ID_BYTES] = {'b'};

static struct sym_span id(const uint8_t bytes[SYM_BACKUP_ID_BYTES])
{
    return sym_span(bytes, SYM_BACKUP_ID_BYTES);
}

static void open_backups(struct stage *s)
{
    struct sym_backups_config c = {.store = s->shelf->room.store,
                                   .vault = s->shelf->vault,
                                   .log = room_log(&s->shelf->room),
                                   .dir = &s->shelf->dir,
                                   .now_ms = read_clock};
    assert_int_equal(sym_backups_new(&s->backups, &c, NULL), SYM_OK);
}

static int set_up(void **state)
{
    static const char *const small[] = {"format", "node.card", "node.keys", "master.key"};
    static struct stage s;
    void *shelf = NULL;
    if (shelf_set_up(&shelf) != 0) {
        return -1;
    }
    s.shelf = shelf;
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        scratch_write(s.shelf->room.dir, small[i], 0600, sym_span_text(small[i]));
    }
    open_backups(&s);
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *s = *state;
    void *shelf = s->shelf;
    room_fill_disk(false);
    sym_backups_free(s->backups);
    return shelf_tear_down(&shelf);
}

static enum sym_err begin(struct stage *s, const uint8_t *who, struct sym_fault *fault)
{
    struct sym_author author = {.log = room_log(&s->shelf->room), .user = "alice"};
    return sym_backups_begin(s->backups, &s->begun, id(who), &author, fault);
}

static void must_begin(struct stage *s)
{
    struct sym_fault fault = {.text = ""};
    if (begin(s, id_a, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static enum sym_err end(struct stage *s, bool whole)
{
    struct sym_author author = {.log = room_log(&s->shelf->room), .user = "alice"};
    return sym_backups_end(s->backups, id(id_a), whole, &author, NULL);
}

/* All of one member, in memory that the caller frees. */
static uint8_t *fetch(struct stage *s, uint32_t member, size_t *len)
{
    uint64_t bytes = s->begun.members[member].bytes;
    uint8_t *out = malloc((size_t)bytes);
    assert_non_null(out);
    for (uint64_t at = 0; at < bytes;) {
        struct sym_span part;
        struct sym_fault fault = {.text = ""};
        struct sym_backup_query query = {.id = id(id_a), .member = member, .at = at};
        if (sym_backups_read(s->backups, &part, &query, &fault) != SYM_OK) {
            fail_msg("%s", fault.text);
        }
        memcpy(out + at, part.data, part.len);
        at += part.len;
    }
    *len = (size_t)bytes;
    return out;
}

static void name_of(const struct stage *s, uint32_t member, char out[64])
{
    struct sym_span name = s->begun.members[member].name;
    (void)snprintf(out, 64, "%.*s", (int)name.len, (const char *)name.data);
}

/* What a restore would make of it. The path of the new directory is in copy. */
static void restore(struct stage *s, struct scratch *copy)
{
    char store[PATH_MAX];
    scratch_new(copy);
    scratch_join(store, copy->path, "store");
    assert_int_equal(mkdir(store, 0700), 0);
    for (uint32_t i = 0; i < s->begun.n_members; i++) {
        char name[64];
        size_t len = 0;
        uint8_t *bytes = fetch(s, i, &len);
        name_of(s, i, name);
        scratch_write(copy->path, name, 0600, sym_span(bytes, len));
        free(bytes);
    }
}

/* Another node's view of such a directory, under the same master key. */
static void open_copy(struct shelf *other, const struct scratch *copy, const struct stage *s)
{
    struct sym_fault fault = {.text = ""};
    *other = (struct shelf){.alice = s->shelf->alice};
    memcpy(other->room.master, s->shelf->room.master, 32);
    other->room.scratch = *copy;
    other->room.dir = other->room.scratch.path;
    struct sym_span master = sym_span(other->room.master, 32);
    enum sym_err err = sym_disk_open(&other->dir, other->room.dir, &fault);
    if (err == SYM_OK) {
        err = sym_store_open(&other->room.store, other->room.dir, master, &fault);
    }
    if (err == SYM_OK) {
        err = sym_vault_open(&other->vault, SYM_VAULT_DATA, other->room.store, &other->dir, master,
                             &fault);
    }
    /* The log of the copy opens under the keys of the other. */
    other->room.self = s->shelf->room.self;
    other->room.log_key = s->shelf->room.log_key;
    other->room.cosign_key = s->shelf->room.cosign_key;
    other->room.disk = other->dir;
    if (err == SYM_OK) {
        err = room_try_log(&other->room, &fault);
    }
    other->alice.log = other->room.log;
    struct sym_datasets_config c = {
        .store = other->room.store, .vault = other->vault, .log = other->room.log};
    if (err == SYM_OK) {
        err = sym_datasets_open(&other->datasets, &c, &fault);
    }
    if (err != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static void close_copy(struct shelf *other, const struct scratch *copy)
{
    shelf_leave(other);
    sym_disk_close(&other->dir);
    scratch_remove(copy);
}

static void holds_what_it_held_when_it_began_while_all_changes(void **state)
{
    struct stage *s = *state;
    struct scratch copy;
    struct shelf other;
    struct sym_dataset_forgotten gone;
    assert_int_equal(shelf_import(s->shelf, 'a', "suspects", false, 5, N), SYM_OK);
    assert_int_equal(shelf_import(s->shelf, 'b', "others", false, 0, N), SYM_OK);
    must_begin(s);
    /* Everything at once: keys are wrapped anew, the map grows, pages would be used again. */
    assert_int_equal(shelf_forget(s->shelf, "suspects", "r17", &gone, NULL), SYM_OK);
    assert_int_equal(shelf_drop(s->shelf, "others", NULL), SYM_OK);
    for (unsigned round = 0; round < 4; round++) {
        assert_int_equal(
            shelf_import(s->shelf, (char)('c' + round), "more", round > 0, N * round, 100 * N),
            SYM_OK);
    }
    restore(s, &copy);
    assert_int_equal(end(s, true), SYM_OK);
    open_copy(&other, &copy, s);
    assert_true(shelf_reads(&other, "suspects", 5, N));
    assert_true(shelf_reads(&other, "others", 0, N));
    assert_false(shelf_has(&other, "more"));
    assert_int_equal(shelf_import(&other, 'z', "new", false, 0, N), SYM_OK);
    assert_true(shelf_reads(&other, "new", 0, N));
    assert_false(shelf_has(s->shelf, "others"));
    assert_int_equal(shelf_row(s->shelf, "suspects").records, N - 1);
    close_copy(&other, &copy);
}

static void each_part_may_be_fetched_at_another_moment(void **state)
{
    struct stage *s = *state;
    assert_int_equal(shelf_import(s->shelf, 'a', "suspects", false, 0, 20 * N), SYM_OK);
    must_begin(s);
    uint32_t store = (uint32_t)s->begun.n_members - 1;
    size_t len = 0;
    size_t again_len = 0;
    assert_true(s->begun.members[store].bytes > 2 * SYM_BACKUP_PART_BYTES);
    uint8_t *before = fetch(s, store, &len);
    assert_int_equal(shelf_drop(s->shelf, "suspects", NULL), SYM_OK);
    assert_int_equal(shelf_import(s->shelf, 'b', "suspects", false, 0, 20 * N), SYM_OK);
    assert_int_equal(begin(s, id_a, NULL), SYM_OK);
    uint8_t *after = fetch(s, store, &again_len);
    assert_int_equal(len, again_len);
    /* Pages that were free at that moment may have changed: what counts is that it opens; the
     * first pages say which moment it is. */
    assert_memory_equal(before, after, 8192);
    free(before);
    free(after);
}

static void what_was_forgotten_before_is_not_in_it(void **state)
{
    struct stage *s = *state;
    struct scratch copy;
    struct shelf other;
    struct sym_dataset_forgotten gone;
    assert_int_equal(shelf_import(s->shelf, 'a', "suspects", false, 0, N), SYM_OK);
    assert_int_equal(shelf_forget(s->shelf, "suspects", "r17", &gone, NULL), SYM_OK);
    must_begin(s);
    restore(s, &copy);
    assert_int_equal(end(s, true), SYM_OK);
    open_copy(&other, &copy, s);
    assert_int_equal(shelf_row(&other, "suspects").records, N - 1);
    assert_int_equal(shelf_forget(&other, "suspects", "r17", &gone, NULL), SYM_NOT_FOUND);
    close_copy(&other, &copy);
}

static enum sym_err delete_all(struct sym_transaction *t, void *context)
{
    const struct shelf *s = context;
    return sym_vault_delete(s->vault, t, sym_span_text("s"));
}

/* A key that the disk would not let go of must not go along. */
static void sweeps_before_it_begins_and_refuses_when_that_fails(void **state)
{
    struct stage *s = *state;
    struct sym_fault fault = {.text = ""};
    struct sym_erasure keys = {.fd = -1};
    struct sym_span master = sym_span(s->shelf->room.master, 32);
    assert_int_equal(shelf_import(s->shelf, 'a', "suspects", false, 0, 10), SYM_OK);
    assert_int_equal(sym_store_write(s->shelf->room.store, delete_all, s->shelf), SYM_OK);
    assert_int_equal(sym_erasure_open(&keys, &s->shelf->dir, SYM_ERASURE_FILE, master, NULL),
                     SYM_OK);
    uint64_t before = keys.slots[0].generation + keys.slots[1].generation;
    sym_erasure_close(&keys);
    room_fill_disk(true);
    enum sym_err err = begin(s, id_a, &fault);
    room_fill_disk(false);
    assert_int_not_equal(err, SYM_OK);
    assert_non_null(strstr(fault.text, "could still be read"));
    must_begin(s);
    keys = (struct sym_erasure){.fd = -1};
    assert_int_equal(sym_erasure_open(&keys, &s->shelf->dir, SYM_ERASURE_FILE, master, NULL),
                     SYM_OK);
    assert_int_not_equal(keys.slots[0].generation + keys.slots[1].generation, before);
    sym_erasure_close(&keys);
}

static void begins_nothing_that_cannot_be_recorded(void **state)
{
    struct stage *s = *state;
    struct sym_fault fault = {.text = ""};
    room_fill_disk(true);
    enum sym_err err = begin(s, id_a, &fault);
    room_fill_disk(false);
    assert_int_equal(err, SYM_NO_SPACE);
    assert_non_null(strstr(fault.text, "recorded"));
    assert_int_equal(end(s, true), SYM_NOT_FOUND);
}

static void a_full_disk_does_not_matter_once_it_has_begun(void **state)
{
    struct stage *s = *state;
    size_t len = 0;
    assert_int_equal(shelf_import(s->shelf, 'a', "suspects", false, 0, N), SYM_OK);
    must_begin(s);
    room_fill_disk(true);
    uint8_t *bytes = fetch(s, (uint32_t)s->begun.n_members - 1, &len);
    room_fill_disk(false);
    free(bytes);
    assert_int_equal(len, s->begun.members[s->begun.n_members - 1].bytes);
}

static void records_who_takes_one(void **state)
{
    struct stage *s = *state;
    size_t lines = room_lines(&s->shelf->room, NULL).n;
    must_begin(s);
    assert_string_equal(room_lines(&s->shelf->room, NULL).last, "begun user=alice");
    assert_int_equal(end(s, true), SYM_OK);
    struct room_lines after = room_lines(&s->shelf->room, NULL);
    assert_int_equal(after.n, lines + 2);
    assert_string_equal(after.last, "taken user=alice");
    must_begin(s);
    assert_int_equal(end(s, false), SYM_OK);
    assert_int_equal(room_lines(&s->shelf->room, NULL).n, lines + 3);
}

static void takes_one_at_a_time_until_it_is_left_alone(void **state)
{
    struct stage *s = *state;
    struct sym_fault fault = {.text = ""};
    must_begin(s);
    clock_ms += SYM_BACKUP_IDLE_MS;
    sym_backups_tidy(s->backups);
    assert_int_equal(begin(s, id_b, &fault), SYM_IN_USE);
    assert_non_null(strstr(fault.text, "another one"));
    assert_int_equal(begin(s, id_a, NULL), SYM_OK);
    clock_ms += SYM_BACKUP_IDLE_MS + 1;
    assert_int_equal(begin(s, id_b, NULL), SYM_OK);
    struct sym_span part;
    struct sym_backup_query query = {.id = id(id_a)};
    assert_int_equal(sym_backups_read(s->backups, &part, &query, &fault), SYM_NOT_FOUND);
    query.id = id(id_b);
    assert_int_equal(sym_backups_read(s->backups, &part, &query, &fault), SYM_OK);
    clock_ms += SYM_BACKUP_IDLE_MS + 1;
    sym_backups_tidy(s->backups);
    assert_int_equal(sym_backups_read(s->backups, &part, &query, &fault), SYM_NOT_FOUND);
}

static void refuses_parts_that_there_are_not(void **state)
{
    struct stage *s = *state;
    struct sym_span part;
    struct sym_fault fault = {.text = ""};
    struct sym_backup_query query = {.id = id(id_a)};
    assert_int_equal(sym_backups_read(s->backups, &part, &query, &fault), SYM_NOT_FOUND);
    must_begin(s);
    query.at = s->begun.members[0].bytes;
    assert_int_equal(sym_backups_read(s->backups, &part, &query, &fault), SYM_LIMIT);
    query.at = UINT64_MAX;
    assert_int_equal(sym_backups_read(s->backups, &part, &query, &fault), SYM_LIMIT);
    query = (struct sym_backup_query){.id = id(id_a), .member = (uint32_t)s->begun.n_members};
    assert_int_equal(sym_backups_read(s->backups, &part, &query, &fault), SYM_LIMIT);
    assert_int_equal(end(s, false), SYM_OK);
    query.member = 0;
    assert_int_equal(sym_backups_read(s->backups, &part, &query, &fault), SYM_NOT_FOUND);
    assert_int_equal(end(s, false), SYM_OK);
}

static void lists_no_lock_no_run_directory_and_no_key_of_a_user(void **state)
{
    struct stage *s = *state;
    static const char *const expected[] = {"format",        "node.card",    "node.keys",
                                           "master.key",    "erasure.keys", "evidence.keys",
                                           "store/data.mdb"};
    scratch_write(s->shelf->room.dir, "lock", 0600, sym_span_text("1"));
    must_begin(s);
    assert_int_equal(s->begun.n_members, sizeof expected / sizeof *expected);
    for (uint32_t i = 0; i < s->begun.n_members; i++) {
        char name[64];
        name_of(s, i, name);
        assert_string_equal(name, expected[i]);
    }
}

/* The store itself. */

static void a_snapshot_is_one_at_a_time_and_has_an_end(void **state)
{
    struct stage *s = *state;
    struct sym_store *store = s->shelf->room.store;
    uint64_t bytes = 0;
    uint64_t again = 0;
    uint8_t byte;
    assert_int_equal(sym_store_snapshot_read(store, &byte, 1, 0), SYM_CLOSED);
    assert_int_equal(sym_store_snapshot(store, &bytes), SYM_OK);
    assert_int_equal(sym_store_snapshot(store, &again), SYM_WRONG_STATE);
    assert_int_equal(sym_store_snapshot_read(store, &byte, 1, bytes - 1), SYM_OK);
    assert_int_equal(sym_store_snapshot_read(store, &byte, 1, bytes), SYM_TOO_LONG);
    assert_int_equal(sym_store_snapshot_read(store, &byte, 0, UINT64_MAX), SYM_TOO_LONG);
    assert_int_equal(sym_store_snapshot_read(store, &byte, SIZE_MAX, 1), SYM_TOO_LONG);
    sym_store_snapshot_end(store);
    sym_store_snapshot_end(store);
    assert_int_equal(sym_store_snapshot_read(store, &byte, 1, 0), SYM_CLOSED);
}

#define WITH_STAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STAGE(holds_what_it_held_when_it_began_while_all_changes),
        WITH_STAGE(each_part_may_be_fetched_at_another_moment),
        WITH_STAGE(what_was_forgotten_before_is_not_in_it),
        WITH_STAGE(sweeps_before_it_begins_and_refuses_when_that_fails),
        WITH_STAGE(begins_nothing_that_cannot_be_recorded),
        WITH_STAGE(a_full_disk_does_not_matter_once_it_has_begun),
        WITH_STAGE(records_who_takes_one),
        WITH_STAGE(takes_one_at_a_time_until_it_is_left_alone),
        WITH_STAGE(refuses_parts_that_there_are_not),
        WITH_STAGE(lists_no_lock_no_run_directory_and_no_key_of_a_user),
        WITH_STAGE(a_snapshot_is_one_at_a_time_and_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
