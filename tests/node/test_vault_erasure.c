/* The vault: what it erased is beyond recovery, for somebody who has its files and every key there
 * is, and whenever it was killed.
 *
 * runner: disk */
#include "node/sandbox.h"
#include "tests/node/vault_room.h"

#include <limits.h>
#include <stdlib.h>

#define DATA_BYTES_MAX ((size_t)8 << 20)
#define SECRET         "the value that has to go, and long enough to be looked for"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_deleted_value_is_found_in_the_files_until_the_sweep_and_then_no_more),
        TEST(a_replaced_value_is_erased_by_the_next_sweep),
        TEST(a_sweep_that_was_left_out_is_made_up_for_at_the_next_start),
        TEST(the_old_master_key_is_gone_from_the_file),
        TEST(a_new_key_is_durable_before_it_is_used_and_the_old_one_goes_after_that),
        cmocka_unit_test(nothing_or_everything_is_erased_when_a_sweep_is_killed_at_any_step),
        TEST(says_so_when_the_disk_is_full_and_sweeps_when_it_is_not),
        TEST(sweeps_inside_the_sandbox_of_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
