/* The vault: what it keeps, how it is made, and which files it does not open with.
 *
 * runner: disk */
#include "tests/node/vault_room.h"

#include <stdio.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_values_over_restarts_and_sweeps),
        TEST(has_nothing_of_a_transaction_that_failed),
        TEST(deletes_what_begins_with_a_prefix_and_nothing_else),
        TEST(lists_its_keys_in_order),
        TEST(does_not_open_under_the_key_of_the_store_alone),
        cmocka_unit_test(is_made_again_when_making_it_was_killed_at_any_step),
        TEST(refuses_to_open_without_its_file),
        TEST(refuses_a_file_that_was_altered_or_cut),
        TEST(refuses_the_file_of_before_a_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
