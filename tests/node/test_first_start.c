#include "tests/support/crashing.h"

#include "node/core/first_start.h"
#include "proto/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/made_node.h"

#define KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
/* The same with another last byte. */
#define OTHER_KEY "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHiA="

/* A node as init made it, before its first start. */
static struct made_node node;
static struct sym_keyring keyring;
static struct sym_disk dir;
static struct sym_secret master;
static struct sym_store *store;
static struct sym_settings settings;
static struct sym_users users;
static struct sym_log *evidence;

static enum sym_err open_all(struct sym_fault *fault)
{
    enum sym_err err = sym_first_start_master(&master, &dir, &keyring.keys, fault);
    if (err == SYM_OK) {
        err = sym_store_open(&store, node.dir, sym_secret_span(&master), fault);
    }
    if (err == SYM_OK) {
        err = sym_settings_load(&settings, store, fault);
    }
    if (err == SYM_OK) {
        err = sym_users_load(&users, store, fault);
    }
    const struct sym_log_config l = {.store = store,
                                     .dir = &dir,
                                     .master = sym_secret_span(&master),
                                     .key = &keyring.keys.log,
                                     .cosign_key = &keyring.keys.cosign};
    return err == SYM_OK ? sym_log_open(&evidence, &l, fault) : err;
}

static void close_all(void)
{
    sym_log_close(evidence);
    evidence = NULL;
    sym_store_close(store);
    store = NULL;
    sym_secret_clear(&master);
}

static void restart(void)
{
    struct sym_fault fault = {.text = ""};
    close_all();
    if (open_all(&fault) != SYM_OK) {
        fail_msg("%s", fault.text);
    }
}

static int make(void **state)
{
    (void)state;
    made_node_new(&node);
    memset(&keyring, 0, sizeof keyring);
    return made_node_keys(&node, &keyring, NULL) == SYM_OK &&
                   sym_disk_open(&dir, node.dir, NULL) == SYM_OK
               ? 0
               : -1;
}

static int make_and_open(void **state)
{
    return make(state) == 0 && open_all(NULL) == SYM_OK ? 0 : -1;
}

static int sweep(void **state)
{
    (void)state;
    close_all();
    sym_disk_close(&dir);
    sym_keyring_clear(&keyring);
    made_node_remove(&node);
    return 0;
}

static enum sym_err import(struct sym_fault *fault)
{
    return sym_first_start_import(&dir, &settings, &users, evidence, fault);
}

static void write_init(const char *text)
{
    (void)unlinkat(dir.fd, "init", 0);
    scratch_write(node.dir, "init", 0600, sym_span_text(text));
}

/* Master key. */

static void opens_the_master_key_that_init_sealed(void **state)
{
    (void)state;
    assert_int_equal(sym_first_start_master(&master, &dir, &keyring.keys, NULL), SYM_OK);
    assert_int_equal(master.len, 32);
}

static void refuses_a_master_key_that_is_altered_cut_or_of_another_node(void **state)
{
    (void)state;
    uint8_t good[80];
    ssize_t len = scratch_read(node.dir, "master.key", good, sizeof good);
    assert_int_equal(len, 72);
    for (size_t i = 0; i <= 72; i++) {
        struct sym_fault fault = {.text = ""};
        uint8_t bad[72];
        memcpy(bad, good, sizeof bad);
        bad[i % 72] ^= 1;
        scratch_write(node.dir, "master.key", 0600,
                      sym_span(i < 72 ? bad : good, i < 72 ? 72 : 71));
        enum sym_err err = sym_first_start_master(&master, &dir, &keyring.keys, &fault);
        assert_int_equal(err, i < 72 ? SYM_BAD_TAG : SYM_BAD_FORMAT);
        assert_null(master.data);
        assert_non_null(strstr(fault.text, "/master.key: "));
        assert_non_null(strstr(fault.text, "restore it with node.keys"));
    }
    struct sym_node_keys others = {0};
    assert_int_equal(sym_node_keys_new(&others), SYM_OK);
    scratch_write(node.dir, "master.key", 0600, sym_span(good, 72));
    assert_int_equal(sym_first_start_master(&master, &dir, &others, NULL), SYM_BAD_TAG);
    sym_node_keys_clear(&others);
    assert_int_equal(sym_first_start_master(&master, &dir, &keyring.keys, NULL), SYM_OK);
}

static void refuses_a_master_key_file_that_is_too_long_empty_or_gone(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    uint8_t bytes[73] = {0};
    scratch_write(node.dir, "master.key", 0600, sym_span(bytes, sizeof bytes));
    assert_int_equal(sym_first_start_master(&master, &dir, &keyring.keys, &fault), SYM_TOO_LONG);
    scratch_write(node.dir, "master.key", 0600, sym_span(bytes, 0));
    assert_int_equal(sym_first_start_master(&master, &dir, &keyring.keys, &fault), SYM_BAD_FORMAT);
    assert_int_equal(unlinkat(dir.fd, "master.key", 0), 0);
    assert_int_equal(sym_first_start_master(&master, &dir, &keyring.keys, &fault), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "master.key"));
}

/* Import. */

static void imports_what_init_left_once(void **state)
{
    (void)state;
    for (int start = 0; start < 3; start++) {
        assert_int_equal(import(NULL), SYM_OK);
        assert_false(scratch_has(node.dir, "init"));
        assert_string_equal(settings.value[SYM_SETTING_LISTEN], "127.0.0.1:7701");
        assert_int_equal(users.n, 1);
        assert_string_equal(users.items[0].name, "operator");
        assert_int_equal(users.items[0].roles, SYM_USER_OPERATOR | SYM_USER_ANALYST);
        assert_true(users.items[0].added_s > 1700000000);
        restart();
    }
}

static void the_log_introduces_whom_it_imports_once(void **state)
{
    (void)state;
    SYM_SECRET_AUTO text = {0};
    SYM_ARENA_AUTO arena = {0};
    uint8_t salt[SYM_HASH_BYTES];
    uint8_t key[SYM_ED25519_BYTES];
    struct sym_entry_body body;
    unsigned roles = 0;
    write_init("user: olga 9 " KEY "\n");
    assert_int_equal(import(NULL), SYM_OK);
    write_init("user: olga 9 " KEY "\n");
    restart();
    assert_int_equal(import(NULL), SYM_OK);
    assert_int_equal(sym_log_head(evidence)->size, 1);
    assert_int_equal(sym_log_body(evidence, salt, &text, 0), SYM_OK);
    assert_int_equal(sym_decode(&arena, &body, &sym_msg_entry_body, sym_secret_span(&text)),
                     SYM_OK);
    assert_true(sym_span_equal(body.subject, sym_span_text("olga")));
    assert_int_equal(sym_introduction_read(&roles, key, body.detail), SYM_OK);
    assert_int_equal(roles, 9);
    assert_memory_equal(key, users.items[0].key, sizeof key);
    /* Nothing else is taken for one. */
    for (size_t i = 0; i < body.detail.len; i++) {
        struct sym_span cut = sym_span(body.detail.data, i);
        assert_int_equal(sym_introduction_read(&roles, key, cut), SYM_BAD_FORMAT);
    }
}

static void imports_several_users(void **state)
{
    (void)state;
    write_init("user: olga 8 " KEY "\nlisten: [::]:7700\nuser: anna 15 " OTHER_KEY "\n");
    assert_int_equal(import(NULL), SYM_OK);
    restart();
    assert_string_equal(settings.value[SYM_SETTING_LISTEN], "[::]:7700");
    assert_int_equal(users.n, 2);
    assert_int_equal(sym_users_by_name(&users, sym_span_text("olga"))->roles, SYM_USER_OPERATOR);
    assert_int_equal(sym_users_by_name(&users, sym_span_text("anna"))->roles, SYM_USER_ANY);
    assert_int_equal(users.items[0].key[31] + users.items[1].key[31], 31 + 32);
}

static void does_no_harm_when_it_reads_the_same_again(void **state)
{
    (void)state;
    write_init("listen: 127.0.0.1:1\nuser: olga 8 " KEY "\n");
    assert_int_equal(import(NULL), SYM_OK);
    assert_int_equal(sym_settings_set(&settings, sym_span_text("link-idle-seconds"),
                                      sym_span_text("9"), NULL, NULL),
                     SYM_OK);
    write_init("listen: 127.0.0.1:1\nuser: olga 8 " KEY "\n");
    restart();
    assert_int_equal(import(NULL), SYM_OK);
    assert_int_equal(users.n, 1);
    assert_int_equal(sym_settings_number(&settings, SYM_SETTING_IDLE), 9);
    assert_false(scratch_has(node.dir, "init"));
}

static void refuses_lines_that_init_would_not_write_and_keeps_the_file(void **state)
{
    (void)state;
    const char *const bad[] = {
        "",
        "\n",
        "listen: 127.0.0.1:1\n", /* nobody */
        "user: olga 8 " KEY,     /* no end */
        "user: olga 8 " KEY "\nuser: otto 8 " OTHER_KEY,
        "user: olga 8 " KEY "\n\n",
        "user: olga 8 " KEY " \n",
        "user: olga 8 " KEY " more\n",
        "user:  olga 8 " KEY "\n",
        "user: olga  8 " KEY "\n",
        "user: olga 8\n",
        "user: olga\n",
        "user: \n",
        "user olga 8 " KEY "\n",
        "olga 8 " KEY "\n",
        "user: olga 8 AAAA\n",
        "user: olga 8 " KEY KEY "\n",
        "user: olga 0 " KEY "\n",
        "user: olga 16 " KEY "\n",
        "user: olga 256 " KEY "\n",
        "user: olga 4294967304 " KEY "\n",
        "user: olga operator " KEY "\n",
        "user: olga 8x " KEY "\n",
        "user: olga 008 " KEY "\n",
        "user: olga 0081 " KEY "\n",
        "user: olga -8 " KEY "\n",
        "user: ol/ga 8 " KEY "\n",
        "listen: nowhere\nuser: olga 8 " KEY "\n",
        "listen: \nuser: olga 8 " KEY "\n",
        "shout: 127.0.0.1:1\nuser: olga 8 " KEY "\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sym_fault fault = {.text = ""};
        write_init(bad[i]);
        enum sym_err err = import(&fault);
        if (err != SYM_BAD_FORMAT && err != SYM_BAD_VALUE) {
            fail_msg("taken: %s", bad[i]);
        }
        assert_true(strlen(fault.text) > 10);
        assert_true(scratch_has(node.dir, "init"));
        users.n = 0; /* a first line may have been good */
    }
}

static void refuses_a_name_that_another_key_has(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    write_init("user: olga 8 " KEY "\nuser: olga 8 " OTHER_KEY "\n");
    assert_int_equal(import(&fault), SYM_EXISTS);
    assert_true(scratch_has(node.dir, "init"));
}

static void refuses_a_file_that_is_too_long(void **state)
{
    (void)state;
    static char text[4200];
    memset(text, 'x', sizeof text - 1);
    write_init(text);
    assert_int_equal(import(NULL), SYM_TOO_LONG);
}

/* As when everything but the store came back from a backup. */
static void refuses_a_store_without_users_when_there_is_nothing_to_import(void **state)
{
    (void)state;
    struct sym_fault fault = {.text = ""};
    assert_int_equal(unlinkat(dir.fd, "init", 0), 0);
    assert_int_equal(sym_first_start_check(&dir, &users, &fault), SYM_NOT_FOUND);
    assert_non_null(strstr(fault.text, "/store: holds no user"));
    assert_non_null(strstr(fault.text, "backup"));
}

static int import_child(void *context)
{
    (void)context;
    return open_all(NULL) == SYM_OK && import(NULL) == SYM_OK ? 0 : 1;
}

static void a_crash_at_any_step_loses_nothing(void **state)
{
    (void)state;
    int code = 0;
    uint8_t init[512];
    ssize_t len = scratch_read(node.dir, "init", init, sizeof init);
    for (long steps = 0; crash_at(steps, import_child, NULL, &code); steps++) {
        assert_int_equal(open_all(NULL), SYM_OK);
        assert_true(users.n == 1 || scratch_has(node.dir, "init"));
        assert_int_equal(import(NULL), SYM_OK);
        assert_int_equal(users.n, 1);
        close_all();
        scratch_write(node.dir, "init", 0600, sym_span(init, (size_t)len));
        assert_true(steps < 100);
    }
    assert_int_equal(code, 0);
}

#define MASTER_TEST(name) cmocka_unit_test_setup_teardown(name, make, sweep)
#define TEST(name)        cmocka_unit_test_setup_teardown(name, make_and_open, sweep)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MASTER_TEST(opens_the_master_key_that_init_sealed),
        MASTER_TEST(refuses_a_master_key_that_is_altered_cut_or_of_another_node),
        MASTER_TEST(refuses_a_master_key_file_that_is_too_long_empty_or_gone),
        TEST(imports_what_init_left_once),
        TEST(the_log_introduces_whom_it_imports_once),
        TEST(imports_several_users),
        TEST(does_no_harm_when_it_reads_the_same_again),
        TEST(refuses_lines_that_init_would_not_write_and_keeps_the_file),
        TEST(refuses_a_name_that_another_key_has),
        TEST(refuses_a_file_that_is_too_long),
        TEST(refuses_a_store_without_users_when_there_is_nothing_to_import),
        MASTER_TEST(a_crash_at_any_step_loses_nothing),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
