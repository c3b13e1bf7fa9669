#include "tests/support/crashing.h"

#include "node/supervisor/rotate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/made_node.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct made_node node;
static const struct sym_node_id partner; /* who looks at our cards */

static int make(void **state)
{
    (void)state;
    made_node_new(&node);
    return 0;
}

static int sweep(void **state)
{
    (void)state;
    made_node_remove(&node);
    return 0;
}

struct rotate_call {
    enum sym_rotate what;
    struct sym_fault fault;
    enum sym_err err;
};

static void run_rotate(void *context)
{
    struct rotate_call *call = context;
    call->err = sym_rotate_run(node.dir, call->what, &node.init.from, &call->fault);
}

static enum sym_err rotate(enum sym_rotate what, struct sym_fault *fault)
{
    struct rotate_call call = {.what = what};
    made_node_quietly(&node, NULL, run_rotate, &call);
    if (fault != NULL) {
        *fault = call.fault;
    }
    return call.err;
}

static void rotated(enum sym_rotate what)
{
    struct sym_fault fault;
    if (rotate(what, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static void rotation_refused(enum sym_rotate what, enum sym_err err, const char *reason)
{
    struct sym_fault fault;
    assert_int_equal(rotate(what, &fault), err);
    if (strstr(fault.text, reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", fault.text, reason);
    }
}

/* The node's keys and card; the caller clears k. */
static void opened(struct sym_keyring *k)
{
    struct sym_fault fault = {.text = ""};
    memset(k, 0, sizeof *k);
    if (made_node_keys(&node, k, &fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static bool same(const struct sym_secret *a, const struct sym_secret *b)
{
    return a->len == b->len && (a->len == 0 || sym_equal(a->data, b->data, a->len));
}

enum { SAME_IDENTITY = 1, SAME_TLS = 2, SAME_EXCHANGE = 4, SAME_LOG = 8, SAME_COSIGN = 16 };

static unsigned what_stayed(const struct sym_node_keys *a, const struct sym_node_keys *b)
{
    assert_true(same(&a->storage, &b->storage)); /* or the store would be lost */
    return (same(&a->identity.seed, &b->identity.seed) ? SAME_IDENTITY : 0u) |
           (same(&a->tls[0].seed, &b->tls[0].seed) ? SAME_TLS : 0u) |
           (same(&a->exchange[0].private_key, &b->exchange[0].private_key) ? SAME_EXCHANGE : 0u) |
           (same(&a->log.seed, &b->log.seed) ? SAME_LOG : 0u) |
           (same(&a->cosign.seed, &b->cosign.seed) ? SAME_COSIGN : 0u);
}

#define ALL (SAME_IDENTITY | SAME_TLS | SAME_EXCHANGE | SAME_LOG | SAME_COSIGN)

static void check_rotation(enum sym_rotate what, unsigned stays)
{
    struct sym_keyring before;
    struct sym_keyring after;
    opened(&before);
    rotated(what);
    opened(&after);
    assert_int_equal(what_stayed(&before.keys, &after.keys), stays);
    assert_int_equal(after.card.serial, before.card.serial + 1);
    assert_int_equal(after.card.expires_s - after.card.issued_s,
                     before.card.expires_s - before.card.issued_s);
    assert_string_equal(after.card.name, before.card.name);
    assert_string_equal(after.card.endpoint[0], before.card.endpoint[0]);
    /* What partners have pinned gives way to it. */
    assert_int_equal(
        sym_card_accept(&after.card, &before.card, &partner, after.card.issued_s, NULL), SYM_OK);
    sym_keyring_clear(&before);
    sym_keyring_clear(&after);
}

static void log_and_cosigning_keys_change_at_once(void **state)
{
    (void)state;
    check_rotation(SYM_ROTATE_LOG, ALL & ~(unsigned)SAME_LOG);
    check_rotation(SYM_ROTATE_COSIGN, ALL & ~(unsigned)SAME_COSIGN);
}

static void the_next_tls_key_is_announced_and_then_used(void **state)
{
    struct sym_keyring announced;
    struct sym_keyring finished;
    (void)state;
    check_rotation(SYM_ROTATE_TLS, ALL);
    opened(&announced);
    assert_int_equal(announced.card.n_tls, 2);
    assert_memory_equal(announced.card.tls[1], announced.keys.tls[1].public_key, 32);
    check_rotation(SYM_ROTATE_FINISH, ALL & ~(unsigned)SAME_TLS);
    opened(&finished);
    assert_true(same(&finished.keys.tls[0].seed, &announced.keys.tls[1].seed));
    assert_int_equal(finished.keys.tls[1].seed.len, 0);
    assert_int_equal(finished.card.n_tls, 1);
    sym_keyring_clear(&announced);
    sym_keyring_clear(&finished);
}

static void both_announced_keys_are_finished_together(void **state)
{
    struct sym_keyring announced;
    struct sym_keyring finished;
    (void)state;
    check_rotation(SYM_ROTATE_EXCHANGE, ALL);
    check_rotation(SYM_ROTATE_TLS, ALL);
    opened(&announced);
    assert_int_equal(announced.card.n_exchange, 2);
    check_rotation(SYM_ROTATE_FINISH, ALL & ~(unsigned)(SAME_TLS | SAME_EXCHANGE));
    opened(&finished);
    assert_true(
        same(&finished.keys.exchange[0].private_key, &announced.keys.exchange[1].private_key));
    assert_int_equal(finished.card.n_exchange, 1);
    assert_int_equal(finished.card.n_tls, 1);
    sym_keyring_clear(&announced);
    sym_keyring_clear(&finished);
}

static void a_new_identity_is_vouched_for_by_the_old_one(void **state)
{
    struct sym_keyring before;
    struct sym_keyring after;
    struct sym_card stranger;
    (void)state;
    opened(&before);
    check_rotation(SYM_ROTATE_IDENTITY, ALL & ~(unsigned)SAME_IDENTITY);
    opened(&after);
    assert_true(after.card.has_previous);
    assert_memory_equal(after.card.previous, before.card.identity, 32);
    stranger = after.card;
    stranger.has_previous = false;
    assert_int_equal(sym_card_accept(&stranger, &before.card, &partner, after.card.issued_s, NULL),
                     SYM_DENIED);
    sym_keyring_clear(&before);
    sym_keyring_clear(&after);
}

static void what_follows_a_new_identity_is_signed_by_it_alone(void **state)
{
    struct sym_keyring k;
    (void)state;
    rotated(SYM_ROTATE_IDENTITY);
    check_rotation(SYM_ROTATE_LOG, ALL & ~(unsigned)SAME_LOG);
    opened(&k);
    assert_false(k.card.has_previous);
    assert_int_equal(k.card.serial, 3);
    sym_keyring_clear(&k);
}

static void refuses_to_announce_two_keys(void **state)
{
    (void)state;
    rotated(SYM_ROTATE_TLS);
    rotation_refused(SYM_ROTATE_TLS, SYM_EXISTS, "announces the next tls key already");
    rotated(SYM_ROTATE_EXCHANGE);
    rotation_refused(SYM_ROTATE_EXCHANGE, SYM_EXISTS, "announces the next exchange key already");
}

static void refuses_to_finish_what_was_not_begun(void **state)
{
    struct sym_keyring k;
    (void)state;
    rotation_refused(SYM_ROTATE_FINISH, SYM_NOT_FOUND, "no key is announced");
    opened(&k);
    assert_int_equal(k.card.serial, 1);
    sym_keyring_clear(&k);
}

static void refuses_while_the_node_runs(void **state)
{
    struct sym_directory d = SYM_DIRECTORY_CLOSED;
    (void)state;
    assert_int_equal(sym_directory_open(&d, node.dir, NULL), SYM_OK);
    rotation_refused(SYM_ROTATE_TLS, SYM_IN_USE, "is in use by process");
    sym_directory_close(&d);
}

static void refuses_another_key(void **state)
{
    (void)state;
    scratch_write(node.scratch.path, "key", 0600,
                  sym_span_text("not the key that wraps these"
                                " keys, but as long"));
    rotation_refused(SYM_ROTATE_TLS, SYM_BAD_TAG, "node.keys: does not open with this key");
}

static void refuses_a_key_file_that_was_altered(void **state)
{
    char text[SYM_KEYFILE_BYTES_MAX];
    (void)state;
    ssize_t len = scratch_read(node.dir, "node.keys", text, sizeof text);
    text[len - 10] = text[len - 10] == 'A' ? 'B' : 'A';
    scratch_write(node.dir, "node.keys", 0600, sym_span(text, (size_t)len));
    rotation_refused(SYM_ROTATE_TLS, SYM_BAD_TAG, "restore it from a backup");
    scratch_write(node.dir, "node.keys", 0600, sym_span(text, (size_t)len / 2));
    rotation_refused(SYM_ROTATE_TLS, SYM_BAD_FORMAT, "restore it from a backup");
    scratch_write(node.dir, "node.keys", 0600, sym_span(NULL, 0));
    rotation_refused(SYM_ROTATE_TLS, SYM_BAD_FORMAT, "node.keys");
}

static void refuses_a_card_of_other_keys(void **state)
{
    struct made_node other;
    char text[SYM_CARD_BYTES_MAX];
    (void)state;
    made_node_new(&other);
    ssize_t len = scratch_read(other.dir, "node.card", text, sizeof text);
    scratch_write(node.dir, "node.card", 0644, sym_span(text, (size_t)len));
    rotation_refused(SYM_ROTATE_TLS, SYM_BAD_VALUE, "does not name the keys of node.keys");
    scratch_write(node.dir, "node.card", 0644, sym_span(text, (size_t)len - 20));
    rotation_refused(SYM_ROTATE_TLS, SYM_BAD_FORMAT, "node.card: card:");
    made_node_remove(&other);
}

static void refuses_words_that_are_no_rotation(void **state)
{
    enum sym_rotate what;
    const char *const words[] = {"", "tl", "TLS", "tlsx", "storage"};
    (void)state;
    assert_int_equal(sym_rotate_parse(&what, "finish"), SYM_OK);
    assert_int_equal(what, SYM_ROTATE_FINISH);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_int_equal(sym_rotate_parse(&what, words[i]), SYM_BAD_VALUE);
    }
}

/* Crashes and full disks */

static int rotate_child(void *context)
{
    const enum sym_rotate *what = context;
    return rotate(*what, NULL) == SYM_OK ? 0 : 1;
}

static void a_crash_leaves_the_old_or_the_new(enum sym_rotate what)
{
    int code = 0;
    bool crashed = true;
    long done = 0;
    long steps = 0;
    for (; crashed; steps++) {
        struct sym_keyring before;
        struct sym_keyring after;
        opened(&before);
        crashed = crash_at(steps, rotate_child, &what, &code);
        opened(&after); /* checks that card and keys belong together */
        bool same_card = after.card.serial == before.card.serial;
        assert_int_equal(after.card.serial, before.card.serial + (same_card ? 0 : 1));
        assert_int_equal(what_stayed(&before.keys, &after.keys) == ALL, same_card);
        assert_int_equal(scratch_count(node.dir), 7); /* init's and the lock: no leftovers */
        done += !same_card;
        assert_true(done == 0 || !same_card);
        sym_keyring_clear(&before);
        sym_keyring_clear(&after);
    }
    assert_int_equal(code, 0);
    assert_in_range(steps, 8, 20);
    assert_in_range(done, 3, steps);
}

static void a_crash_at_any_step_leaves_the_old_or_the_new(void **state)
{
    (void)state;
    a_crash_leaves_the_old_or_the_new(SYM_ROTATE_IDENTITY);
    a_crash_leaves_the_old_or_the_new(SYM_ROTATE_LOG);
}

static int open_child(void *context)
{
    struct sym_keyring k = {.secret = {0}};
    enum sym_err err = made_node_keys(&node, &k, NULL);
    (void)context;
    sym_keyring_clear(&k);
    return err == SYM_OK ? 0 : 1;
}

static void a_crash_during_the_repair_is_repaired(void **state)
{
    enum sym_rotate what = SYM_ROTATE_LOG;
    int code = 0;
    (void)state;
    for (long first = 0; crash_at(first, rotate_child, &what, &code); first++) {
        for (long second = 0; crash_at(second, open_child, NULL, &code); second++) {
            struct sym_keyring k;
            opened(&k);
            sym_keyring_clear(&k);
            assert_true(crash_at(first, rotate_child, &what, &code));
        }
        assert_int_equal(code, 0);
    }
}

static int rotate_with_small_files(void *context)
{
    const rlim_t *bytes = context;
    const struct rlimit limit = {.rlim_cur = *bytes, .rlim_max = *bytes};
    struct sym_fault fault;
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &limit);
    enum sym_err err = rotate(SYM_ROTATE_TLS, &fault);
    if (err == SYM_OK) {
        return 0;
    }
    return err == SYM_NO_SPACE && strstr(fault.text, "make room") != NULL ? 1 : 2;
}

static void a_write_that_fails_changes_nothing(void **state)
{
    char keys[SYM_KEYFILE_BYTES_MAX];
    int code = 1;
    int failed = 0;
    (void)state;
    ssize_t keys_len = scratch_read(node.dir, "node.keys", keys, sizeof keys);
    /* The keys are written first, and are the shorter text: so both writes fail in turn. */
    for (rlim_t limit = (rlim_t)keys_len; code != 0; limit += 8, failed++) {
        struct sym_keyring k;
        opened(&k);
        assert_int_equal(k.card.serial, 1);
        assert_int_equal(k.keys.tls[1].seed.len, 0);
        sym_keyring_clear(&k);
        assert_false(crash_at(-1, rotate_with_small_files, &limit, &code));
        assert_in_range(code, 0, 1);
        assert_int_equal(scratch_count(node.dir), 7);
    }
    assert_in_range(failed, 4, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(log_and_cosigning_keys_change_at_once, make, sweep),
        cmocka_unit_test_setup_teardown(the_next_tls_key_is_announced_and_then_used, make, sweep),
        cmocka_unit_test_setup_teardown(both_announced_keys_are_finished_together, make, sweep),
        cmocka_unit_test_setup_teardown(a_new_identity_is_vouched_for_by_the_old_one, make, sweep),
        cmocka_unit_test_setup_teardown(what_follows_a_new_identity_is_signed_by_it_alone, make,
                                        sweep),
        cmocka_unit_test_setup_teardown(refuses_to_announce_two_keys, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_to_finish_what_was_not_begun, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_while_the_node_runs, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_another_key, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_key_file_that_was_altered, make, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_card_of_other_keys, make, sweep),
        cmocka_unit_test(refuses_words_that_are_no_rotation),
        cmocka_unit_test_setup_teardown(a_crash_at_any_step_leaves_the_old_or_the_new, make, sweep),
        cmocka_unit_test_setup_teardown(a_crash_during_the_repair_is_repaired, make, sweep),
        cmocka_unit_test_setup_teardown(a_write_that_fails_changes_nothing, make, sweep),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests_name("rotate", tests, NULL, NULL);
}
