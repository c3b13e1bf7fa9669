/* The vault: what it keeps, and that what it erased is beyond recovery, whenever it was killed.
 *
 * runner: disk */
#include "node/sandbox.h"
#include "node/store/erasure.h"
#include "node/store/vault.h"
#include "tests/support/crashing.h"
#include "tests/support/room.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DATA_BYTES_MAX ((size_t)8 << 20)
#define SECRET         "the value that has to go, and long enough to be looked for"

struct vault_room {
    struct room room;
    struct sym_disk dir;
    struct sym_vault *vault;
};

static enum sym_err try_open(struct vault_room *s, struct sym_fault *fault)
{
    return sym_vault_open(&s->vault, SYM_VAULT_DATA, s->room.store, &s->dir,
                          sym_span(s->room.master, 32), fault);
}

static void open_vault(struct vault_room *s)
{
    struct sym_fault fault = {.text = ""};
    if (try_open(s, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static void close_all(struct vault_room *s)
{
    sym_vault_close(s->vault);
    s->vault = NULL;
    sym_store_close(s->room.store);
    s->room.store = NULL;
}

static void reopen(struct vault_room *s)
{
    sym_vault_close(s->vault);
    s->vault = NULL;
    room_reopen(&s->room);
    open_vault(s);
}

static void begin(struct vault_room *s)
{
    room_open(&s->room);
    s->vault = NULL;
    assert_int_equal(sym_disk_open(&s->dir, s->room.dir, NULL), SYM_OK);
    open_vault(s);
}

static void end(struct vault_room *s)
{
    room_fill_disk(false);
    close_all(s);
    sym_disk_close(&s->dir);
    room_close(&s->room);
}

static int set_up(void **state)
{
    static struct vault_room s;
    begin(&s);
    *state = &s;
    return 0;
}

static int tear_down(void **state)
{
    steps_watch = NULL;
    end(*state);
    return 0;
}

/* One thing in a transaction of its own. */
struct act {
    struct sym_vault *vault;
    const char *key;
    const char *value; /* NULL: delete */
    enum sym_err result;
    char text[256];
};

static enum sym_err change_fn(struct sym_transaction *t, void *context)
{
    const struct act *a = context;
    struct sym_span key = sym_span_text(a->key);
    enum sym_err err = a->value == NULL ? sym_vault_delete(a->vault, t, key)
                                        : sym_vault_put(a->vault, t, key, sym_span_text(a->value));
    return err == SYM_OK ? a->result : err;
}

static enum sym_err put(struct vault_room *s, const char *key, const char *value)
{
    struct act a = {.vault = s->vault, .key = key, .value = value};
    return sym_store_write(s->room.store, change_fn, &a);
}

static enum sym_err drop(struct vault_room *s, const char *prefix)
{
    return put(s, prefix, NULL);
}

static enum sym_err get_fn(struct sym_transaction *t, void *context)
{
    SYM_SECRET_AUTO value = {0};
    struct act *a = context;
    enum sym_err err = sym_vault_get(a->vault, t, sym_span_text(a->key), &value);
    if (err == SYM_OK) {
        assert_true(value.len < sizeof a->text);
        memcpy(a->text, value.data, value.len);
        a->text[value.len] = '\0';
    }
    return err;
}

static enum sym_err get(struct vault_room *s, const char *key, char out[256])
{
    struct act a = {.vault = s->vault, .key = key};
    enum sym_err err = sym_store_read(s->room.store, get_fn, &a);
    memcpy(out, a.text, sizeof a.text);
    return err;
}

static void assert_holds(struct vault_room *s, const char *key, const char *value)
{
    char text[256];
    assert_int_equal(get(s, key, text), SYM_OK);
    assert_string_equal(text, value);
}

static void assert_gone(struct vault_room *s, const char *key)
{
    char text[256];
    assert_int_equal(get(s, key, text), SYM_NOT_FOUND);
}

static void sweep(struct vault_room *s)
{
    struct sym_fault fault = {.text = ""};
    if (sym_vault_sweep(s->vault, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

/* Somebody who has both files as they are now, and every key of the node's: whatever is in use or
 * was left in old pages. */
struct thief {
    uint8_t *data;
    size_t len;
    uint8_t masters[SYM_ERASURE_SLOTS][32];
    size_t n_masters;
};

static void steal(struct thief *t, const struct vault_room *s)
{
    uint8_t file[SYM_ERASURE_SLOTS * SYM_ERASURE_SLOT_BYTES];
    uint8_t own[32];
    t->data = malloc(DATA_BYTES_MAX);
    assert_non_null(t->data);
    ssize_t len = scratch_read(s->room.dir, "store/data.mdb", t->data, DATA_BYTES_MAX);
    assert_true(len > 0);
    t->len = (size_t)len;
    t->n_masters = 0;
    assert_int_equal(scratch_read(s->room.dir, SYM_ERASURE_FILE, file, sizeof file), sizeof file);
    sym_subkey(own, s->room.master, "erasure keys", sym_span_text(SYM_ERASURE_FILE));
    for (uint8_t i = 0; i < SYM_ERASURE_SLOTS; i++) {
        uint8_t plain[40];
        uint8_t ad[] = "symbolon-erasure-1";
        ad[sizeof ad - 1] = i;
        struct sym_span sealed = sym_span(file + i * SYM_ERASURE_SLOT_BYTES, 80);
        if (sym_unseal(plain, own, sym_span(ad, sizeof ad), sealed) == SYM_OK) {
            memcpy(t->masters[t->n_masters++], plain + 8, 32);
        }
    }
}

static struct sym_span place_of(uint8_t out[128], const char *table, const char *key)
{
    struct sym_span all;
    struct sym_writer w = sym_writer(out, 128);
    sym_write_span(&w, sym_span_text(table));
    sym_write_u8(&w, 0);
    sym_write_u32(&w, SYM_STORE_FORMAT);
    sym_write_span(&w, sym_span_text(key));
    assert_int_equal(sym_write_end(&w, &all), SYM_OK);
    return all;
}

/* Somewhere in the file lies something of this place and length that opens under key. */
static bool search(const struct thief *t, uint8_t *out, size_t plain_len, const uint8_t key[32],
                   struct sym_span place, size_t *at)
{
    size_t sealed_len = plain_len + SYM_SEAL_OVERHEAD_BYTES;
    for (; *at + sealed_len <= t->len; *at += 1) {
        if (sym_unseal(out, key, place, sym_span(t->data + *at, sealed_len)) == SYM_OK) {
            *at += 1;
            return true;
        }
    }
    return false;
}

static bool finds(const struct thief *t, const char *key, const char *value)
{
    uint8_t wrapped_place[128];
    uint8_t value_place[128];
    uint8_t own[32];
    uint8_t text[256];
    size_t len = strlen(value);
    struct sym_span wrapped = place_of(wrapped_place, "vault-keys", key);
    struct sym_span sealed = place_of(value_place, "vault", key);
    for (size_t m = 0; m < t->n_masters; m++) {
        for (size_t at = 0; search(t, own, sizeof own, t->masters[m], wrapped, &at);) {
            size_t from = 0;
            if (search(t, text, len, own, sealed, &from) && memcmp(text, value, len) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool can_be_recovered(const struct vault_room *s, const char *key, const char *value)
{
    struct thief t;
    steal(&t, s);
    bool found = finds(&t, key, value);
    free(t.data);
    return found;
}

/* Keeping. */

static void keeps_values_over_restarts_and_sweeps(void **state)
{
    struct vault_room *s = *state;
    assert_int_equal(put(s, "a", "one"), SYM_OK);
    assert_int_equal(put(s, "b", "two"), SYM_OK);
    assert_int_equal(put(s, "a", "three"), SYM_OK);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(drop(s, "nothing"), SYM_OK);
        sweep(s);
        assert_holds(s, "a", "three");
        reopen(s);
        assert_holds(s, "a", "three");
        assert_holds(s, "b", "two");
    }
}

static void has_nothing_of_a_transaction_that_failed(void **state)
{
    struct vault_room *s = *state;
    struct act a = {.vault = s->vault, .key = "a", .value = "new", .result = SYM_DENIED};
    assert_int_equal(put(s, "a", "old"), SYM_OK);
    assert_int_equal(sym_store_write(s->room.store, change_fn, &a), SYM_DENIED);
    assert_holds(s, "a", "old");
    a.value = NULL;
    assert_int_equal(sym_store_write(s->room.store, change_fn, &a), SYM_DENIED);
    sweep(s);
    assert_holds(s, "a", "old");
}

static void deletes_what_begins_with_a_prefix_and_nothing_else(void **state)
{
    struct vault_room *s = *state;
    const char *const keys[] = {"a", "b", "b/1", "b/2", "b0", "c"};
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(put(s, keys[i], keys[i]), SYM_OK);
    }
    assert_int_equal(drop(s, "b/"), SYM_OK);
    assert_gone(s, "b/1");
    assert_gone(s, "b/2");
    assert_holds(s, "b", "b");
    assert_int_equal(drop(s, "b"), SYM_OK);
    assert_gone(s, "b");
    assert_gone(s, "b0");
    assert_holds(s, "a", "a");
    assert_holds(s, "c", "c");
    assert_int_equal(drop(s, ""), SYM_TOO_LONG);
}

struct keys {
    struct sym_vault *vault;
    char text[64];
};

static enum sym_err list_fn(struct sym_transaction *t, void *context)
{
    struct keys *k = context;
    uint8_t key[SYM_STORE_KEY_BYTES];
    size_t len = 0;
    enum sym_err err = SYM_OK;
    k->text[0] = '\0';
    while ((err = sym_vault_next(k->vault, t, sym_span(key, len), key, &len)) == SYM_OK) {
        strncat(k->text, (const char *)key, len);
        strcat(k->text, " ");
    }
    return err == SYM_NOT_FOUND ? SYM_OK : err;
}

static void lists_its_keys_in_order(void **state)
{
    struct vault_room *s = *state;
    struct keys k = {.vault = s->vault};
    assert_int_equal(put(s, "b", "x"), SYM_OK);
    assert_int_equal(put(s, "a", "x"), SYM_OK);
    assert_int_equal(put(s, "ab", "x"), SYM_OK);
    assert_int_equal(sym_store_read(s->room.store, list_fn, &k), SYM_OK);
    assert_string_equal(k.text, "a ab b ");
}

static enum sym_err get_as_the_store_does(struct sym_transaction *t, void *context)
{
    SYM_SECRET_AUTO value = {0};
    const struct act *a = context;
    return sym_store_get(t, SYM_TABLE_VAULT, sym_span_text(a->key), &value);
}

static void does_not_open_under_the_key_of_the_store_alone(void **state)
{
    struct vault_room *s = *state;
    struct act a = {.key = "a"};
    assert_int_equal(put(s, "a", "one"), SYM_OK);
    assert_int_equal(sym_store_read(s->room.store, get_as_the_store_does, &a), SYM_BAD_TAG);
}

/* Erasing. */

static void a_deleted_value_is_found_in_the_files_until_the_sweep_and_then_no_more(void **state)
{
    struct vault_room *s = *state;
    assert_int_equal(put(s, "a", "one"), SYM_OK);
    assert_int_equal(put(s, "gone", SECRET), SYM_OK);
    assert_true(can_be_recovered(s, "gone", SECRET));
    assert_int_equal(drop(s, "gone"), SYM_OK);
    assert_gone(s, "gone");
    assert_true(can_be_recovered(s, "gone", SECRET));
    sweep(s);
    assert_false(can_be_recovered(s, "gone", SECRET));
    assert_true(can_be_recovered(s, "a", "one"));
}

static void a_replaced_value_is_erased_by_the_next_sweep(void **state)
{
    struct vault_room *s = *state;
    assert_int_equal(put(s, "a", SECRET), SYM_OK);
    assert_int_equal(put(s, "a", "new"), SYM_OK);
    assert_true(can_be_recovered(s, "a", SECRET));
    sweep(s);
    assert_false(can_be_recovered(s, "a", SECRET));
    assert_holds(s, "a", "new");
}

static void a_sweep_that_was_left_out_is_made_up_for_at_the_next_start(void **state)
{
    struct vault_room *s = *state;
    assert_int_equal(put(s, "gone", SECRET), SYM_OK);
    assert_int_equal(drop(s, "gone"), SYM_OK);
    assert_true(can_be_recovered(s, "gone", SECRET));
    reopen(s);
    assert_false(can_be_recovered(s, "gone", SECRET));
}

static void the_old_master_key_is_gone_from_the_file(void **state)
{
    struct vault_room *s = *state;
    struct thief before;
    struct thief after;
    assert_int_equal(put(s, "gone", SECRET), SYM_OK);
    steal(&before, s);
    assert_int_equal(drop(s, "gone"), SYM_OK);
    sweep(s);
    steal(&after, s);
    assert_int_equal(before.n_masters, 1);
    assert_int_equal(after.n_masters, 1);
    assert_memory_not_equal(before.masters[0], after.masters[0], 32);
    free(before.data);
    free(after.data);
}

static struct {
    char steps[64]; /* k: key file written, s: made durable; K, S: LMDB's file */
    size_t n;
} seen;

static void watch(char what, int fd)
{
    char link[64];
    char path[PATH_MAX] = "";
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    (void)!readlink(link, path, sizeof path - 1);
    bool is_key = strstr(path, SYM_ERASURE_FILE) != NULL;
    char step_seen = what == 'w' ? (is_key ? 'k' : 'K') : (is_key ? 's' : 'S');
    if (seen.n < sizeof seen.steps - 1) {
        seen.steps[seen.n++] = step_seen;
        seen.steps[seen.n] = '\0';
    }
}

static void a_new_key_is_durable_before_it_is_used_and_the_old_one_goes_after_that(void **state)
{
    struct vault_room *s = *state;
    assert_int_equal(put(s, "a", "one"), SYM_OK);
    assert_int_equal(drop(s, "gone"), SYM_OK);
    seen.n = 0;
    steps_watch = watch;
    sweep(s);
    steps_watch = NULL;
    /* LMDB: pages, sync, and the page that makes them count. */
    assert_true(seen.n >= 7);
    assert_memory_equal(seen.steps, "ks", 2);
    assert_string_equal(seen.steps + seen.n - 2, "ks");
    assert_non_null(strstr(seen.steps, "KSKks"));
    seen.n = 0;
    steps_watch = watch;
    sweep(s);
    assert_int_equal(seen.n, 0);
}

/* Killed. */

static int delete_and_sweep(void *context)
{
    struct vault_room *s = context;
    struct sym_fault fault = {.text = ""};
    room_reopen(&s->room);
    if (try_open(s, &fault) != SYM_OK || drop(s, "gone") != SYM_OK ||
        sym_vault_sweep(s->vault, &fault) != SYM_OK) {
        (void)fprintf(stderr, "%s\n", fault.text);
        return 1;
    }
    return 0;
}

static void nothing_or_everything_is_erased_when_a_sweep_is_killed_at_any_step(void **state)
{
    bool more = true;
    unsigned kept = 0;
    unsigned erased = 0;
    (void)state;
    for (long steps = 0; more; steps++) {
        static struct vault_room s;
        char text[256];
        int code = 0;
        assert_true(steps < 200);
        begin(&s);
        assert_int_equal(put(&s, "a", "one"), SYM_OK);
        assert_int_equal(put(&s, "gone", SECRET), SYM_OK);
        close_all(&s);
        more = crash_at(steps, delete_and_sweep, &s, &code);
        assert_true(more || code == 0);
        reopen(&s);
        assert_holds(&s, "a", "one");
        bool held = get(&s, "gone", text) == SYM_OK;
        assert_true(held || !can_be_recovered(&s, "gone", SECRET));
        kept += held;
        erased += !held;
        assert_int_equal(drop(&s, "gone"), SYM_OK);
        sweep(&s);
        assert_false(can_be_recovered(&s, "gone", SECRET));
        assert_holds(&s, "a", "one");
        reopen(&s);
        assert_holds(&s, "a", "one");
        end(&s);
    }
    assert_true(kept > 3);
    assert_true(erased > 6);
}

static int make_vault(void *context)
{
    struct vault_room *s = context;
    room_reopen(&s->room);
    return try_open(s, NULL) == SYM_OK && put(s, "a", "one") == SYM_OK ? 0 : 1;
}

static void is_made_again_when_making_it_was_killed_at_any_step(void **state)
{
    bool more = true;
    (void)state;
    for (long steps = 0; more; steps++) {
        static struct vault_room s;
        int code = 0;
        assert_true(steps < 200);
        room_open(&s.room);
        assert_int_equal(sym_disk_open(&s.dir, s.room.dir, NULL), SYM_OK);
        s.vault = NULL;
        close_all(&s);
        more = crash_at(steps, make_vault, &s, &code);
        assert_true(more || code == 0);
        reopen(&s);
        assert_int_equal(put(&s, "a", "two"), SYM_OK);
        reopen(&s);
        assert_holds(&s, "a", "two");
        end(&s);
    }
}

/* Refusals. */

static void refuses_to_open_without_its_file(void **state)
{
    struct vault_room *s = *state;
    struct sym_fault fault = {.text = ""};
    sym_vault_close(s->vault);
    s->vault = NULL;
    assert_int_equal(remove(room_path(&s->room, SYM_ERASURE_FILE)), 0);
    assert_int_equal(try_open(s, &fault), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, SYM_ERASURE_FILE));
    assert_non_null(strstr(fault.text, "restore it from a backup"));
}

static void put_file(struct vault_room *s, struct sym_span bytes)
{
    assert_int_equal(remove(room_path(&s->room, SYM_ERASURE_FILE)), 0);
    scratch_write(s->room.dir, SYM_ERASURE_FILE, 0600, bytes);
}

static void refuses_a_file_that_was_altered_or_cut(void **state)
{
    struct vault_room *s = *state;
    uint8_t file[SYM_ERASURE_SLOTS * SYM_ERASURE_SLOT_BYTES];
    size_t lengths[] = {sizeof file, 79, 1};
    assert_int_equal(scratch_read(s->room.dir, SYM_ERASURE_FILE, file, sizeof file), sizeof file);
    file[79] ^= 1;
    for (size_t i = 0; i < 3; i++) {
        struct sym_fault fault = {.text = ""};
        sym_vault_close(s->vault);
        s->vault = NULL;
        put_file(s, sym_span(file, lengths[i]));
        assert_int_equal(try_open(s, &fault), SYM_BAD_TAG);
        assert_non_null(strstr(fault.text, "restore both from the same backup"));
    }
    file[79] ^= 1;
    put_file(s, sym_span(file, sizeof file));
    open_vault(s);
}

static void refuses_the_file_of_before_a_sweep(void **state)
{
    struct vault_room *s = *state;
    uint8_t file[SYM_ERASURE_SLOTS * SYM_ERASURE_SLOT_BYTES];
    struct sym_fault fault = {.text = ""};
    assert_int_equal(scratch_read(s->room.dir, SYM_ERASURE_FILE, file, sizeof file), sizeof file);
    assert_int_equal(drop(s, "gone"), SYM_OK);
    sweep(s);
    sym_vault_close(s->vault);
    s->vault = NULL;
    put_file(s, sym_span(file, sizeof file));
    assert_int_equal(try_open(s, &fault), SYM_BAD_TAG);
}

static void says_so_when_the_disk_is_full_and_sweeps_when_it_is_not(void **state)
{
    struct vault_room *s = *state;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(put(s, "a", "one"), SYM_OK);
    assert_int_equal(put(s, "gone", SECRET), SYM_OK);
    assert_int_equal(drop(s, "gone"), SYM_OK);
    for (int again = 0; again < 3; again++) {
        room_fill_disk(true);
        enum sym_err err = sym_vault_sweep(s->vault, &fault);
        room_fill_disk(false);
        assert_int_equal(err, SYM_NO_SPACE);
        assert_holds(s, "a", "one");
    }
    assert_true(can_be_recovered(s, "gone", SECRET));
    sweep(s);
    assert_false(can_be_recovered(s, "gone", SECRET));
    reopen(s);
    assert_holds(s, "a", "one");
}

/* In a child, as a sandbox cannot be left. 77: no sandbox here. */
static int sweep_in_sandbox(struct vault_room *s)
{
    struct sym_sandbox_state sandbox;
    struct sym_fault fault = {.text = ""};
    room_reopen(&s->room);
    if (try_open(s, &fault) != SYM_OK ||
        sym_sandbox_prepare(&sandbox, SYM_SANDBOX_CORE, &fault) != SYM_OK ||
        sym_sandbox_enter(&sandbox, SYM_SANDBOX_CORE, s->room.dir, s->room.dir, &fault) != SYM_OK) {
        (void)fprintf(stderr, "%s\n", fault.text);
        return 1;
    }
    if (!sandbox.seccomp) {
        return 77;
    }
    return put(s, "gone", SECRET) == SYM_OK && drop(s, "gone") == SYM_OK &&
                   sym_vault_sweep(s->vault, &fault) == SYM_OK
               ? 0
               : 2;
}

static void sweeps_inside_the_sandbox_of_core(void **state)
{
    struct vault_room *s = *state;
    int status = 0;
    close_all(s);
    pid_t child = fork();
    if (child == 0) {
        _exit(sweep_in_sandbox(s));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("SKIP: this build leaves the sandbox open\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    reopen(s);
    assert_false(can_be_recovered(s, "gone", SECRET));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_values_over_restarts_and_sweeps),
        TEST(has_nothing_of_a_transaction_that_failed),
        TEST(deletes_what_begins_with_a_prefix_and_nothing_else),
        TEST(lists_its_keys_in_order),
        TEST(does_not_open_under_the_key_of_the_store_alone),
        TEST(a_deleted_value_is_found_in_the_files_until_the_sweep_and_then_no_more),
        TEST(a_replaced_value_is_erased_by_the_next_sweep),
        TEST(a_sweep_that_was_left_out_is_made_up_for_at_the_next_start),
        TEST(the_old_master_key_is_gone_from_the_file),
        TEST(a_new_key_is_durable_before_it_is_used_and_the_old_one_goes_after_that),
        cmocka_unit_test(nothing_or_everything_is_erased_when_a_sweep_is_killed_at_any_step),
        cmocka_unit_test(is_made_again_when_making_it_was_killed_at_any_step),
        TEST(refuses_to_open_without_its_file),
        TEST(refuses_a_file_that_was_altered_or_cut),
        TEST(refuses_the_file_of_before_a_sweep),
        TEST(says_so_when_the_disk_is_full_and_sweeps_when_it_is_not),
        TEST(sweeps_inside_the_sandbox_of_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
