#include "tests/support/crashing.h"

#include "node/supervisor/init.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/userkey.h"
#include "proto/control.h"
#include "tests/support/made_node.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>

static struct made_node node;

static int prepare(void **state)
{
    (void)state;
    made_node_prepare(&node);
    return 0;
}

static int sweep(void **state)
{
    (void)state;
    made_node_remove(&node);
    return 0;
}

static void init_refused(enum sym_err err, const char *reason)
{
    struct sym_fault fault = {.text = ""};
    assert_int_equal(made_node_init(&node, NULL, &fault), err);
    if (strstr(fault.text, reason) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", fault.text, reason);
    }
}

static mode_t mode_of(const char *name)
{
    char path[PATH_MAX];
    struct stat info;
    scratch_join(path, node.dir, name);
    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 07777;
}

static void makes_a_node_that_opens(void **state)
{
    struct sym_keyring k = {.secret = {0}};
    char output[MADE_NODE_OUTPUT_BYTES];
    char words[SYM_FINGERPRINT_BYTES];
    struct sym_node_id id;
    (void)state;
    assert_int_equal(made_node_init(&node, output, NULL), SYM_OK);
    assert_int_equal(made_node_keys(&node, &k, NULL), SYM_OK);
    assert_string_equal(k.card.name, "Bank A");
    assert_int_equal(k.card.role, SYM_ROLE_BANK);
    assert_int_equal(k.card.serial, 1);
    assert_int_equal(k.card.expires_s - k.card.issued_s, 10 * 86400);
    assert_int_equal(k.card.n_endpoint, 1);
    assert_string_equal(k.card.endpoint[0], "127.0.0.1:7701");
    assert_int_equal(k.card.n_tls, 1);
    assert_int_equal(k.card.n_exchange, 1);
    sym_node_id_of(&id, k.card.identity);
    sym_fingerprint_words(words, &id);
    *strchr(words, ' ') = '\0';
    assert_non_null(strstr(output, words));
    assert_non_null(strstr(output, node.dir));
    sym_keyring_clear(&k);
}

static void only_the_card_is_for_others(void **state)
{
    (void)state;
    assert_int_equal(made_node_init(&node, NULL, NULL), SYM_OK);
    assert_int_equal(mode_of("."), 0700);
    assert_int_equal(mode_of("users"), 0700);
    assert_int_equal(mode_of("node.card"), 0644);
    const char *const secret[] = {"node.keys", "master.key", "init", "users/operator.key",
                                  "format"};
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
        assert_int_equal(mode_of(secret[i]), 0600);
    }
    assert_int_equal(scratch_count(node.dir), 6);
}

/* What core reads at its first start. */
static void leaves_what_core_needs(void **state)
{
    struct sym_keyring k = {.secret = {0}};
    struct sym_sign_key user = {.seed = {0}};
    char name[SYM_USERKEY_NAME_BYTES];
    char text[512] = "";
    char expected[512];
    char base64[SYM_BASE64_BYTES(32)];
    uint8_t sealed[128];
    uint8_t key[SYM_SEAL_KEY_BYTES];
    uint8_t master[32];
    (void)state;
    assert_int_equal(made_node_init(&node, NULL, NULL), SYM_OK);
    assert_int_equal(made_node_keys(&node, &k, NULL), SYM_OK);
    ssize_t len = scratch_read(node.dir, "users/operator.key", text, sizeof text);
    assert_int_equal(sym_userkey_read(&user, name, sym_span(text, (size_t)len)), SYM_OK);
    assert_string_equal(name, "operator");
    sym_base64(base64, user.public_key, 32);
    (void)snprintf(expected, sizeof expected, "listen: 127.0.0.1:7701\nuser: operator %u %s\n",
                   SYM_USER_OPERATOR | SYM_USER_ANALYST, base64);
    len = scratch_read(node.dir, "init", text, sizeof text - 1);
    text[len] = '\0';
    assert_string_equal(text, expected);
    assert_non_null(strstr(text, "operator 9 "));

    assert_int_equal(scratch_read(node.dir, "master.key", sealed, sizeof sealed), 72);
    sym_subkey(key, k.keys.storage.data, "master key file", sym_span(NULL, 0));
    assert_int_equal(
        sym_unseal(master, key, sym_span_text("symbolon-master-1"), sym_span(sealed, 72)), SYM_OK);
    sym_sign_key_clear(&user);
    sym_keyring_clear(&k);
}

static void two_nodes_share_nothing(void **state)
{
    static uint8_t first[2][8192];
    const char *const files[] = {"node.keys", "master.key", "users/operator.key"};
    struct made_node other;
    (void)state;
    made_node_new(&other);
    assert_int_equal(made_node_init(&node, NULL, NULL), SYM_OK);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        ssize_t a = scratch_read(node.dir, files[i], first[0], sizeof first[0]);
        ssize_t b = scratch_read(other.dir, files[i], first[1], sizeof first[1]);
        assert_int_equal(a, b);
        assert_memory_not_equal(first[0], first[1], (size_t)a);
    }
    made_node_remove(&other);
}

static void an_empty_directory_will_do(void **state)
{
    struct sym_keyring k = {.secret = {0}};
    (void)state;
    assert_int_equal(mkdir(node.dir, 0700), 0);
    assert_int_equal(made_node_init(&node, NULL, NULL), SYM_OK);
    assert_int_equal(made_node_keys(&node, &k, NULL), SYM_OK);
    sym_keyring_clear(&k);
}

static void endpoints_can_differ_from_the_address(void **state)
{
    struct sym_keyring k = {.secret = {0}};
    (void)state;
    node.init.endpoint[0] = "bank-a.example:7701";
    node.init.endpoint[1] = "[2001:db8::7]:7702";
    node.init.n_endpoint = 2;
    node.init.listen = "0.0.0.0:7701";
    assert_int_equal(made_node_init(&node, NULL, NULL), SYM_OK);
    assert_int_equal(made_node_keys(&node, &k, NULL), SYM_OK);
    assert_int_equal(k.card.n_endpoint, 2);
    assert_string_equal(k.card.endpoint[1], "[2001:db8::7]:7702");
    sym_keyring_clear(&k);
}

static void works_on_a_path_that_no_socket_could_have(void **state)
{
    static char path[PATH_MAX];
    struct sym_keyring k = {.secret = {0}};
    char name[201];
    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    (void)snprintf(path, sizeof path, "%s", node.scratch.path);
    for (int i = 0; i < 15; i++) {
        size_t len = strlen(path);
        (void)snprintf(path + len, sizeof path - len, "/%s", name);
        if (i < 14) {
            assert_int_equal(mkdir(path, 0700), 0);
        }
    }
    node.init.dir = path;
    assert_int_equal(made_node_init(&node, NULL, NULL), SYM_OK);
    (void)snprintf(node.dir, sizeof node.dir, "%s", path);
    assert_int_equal(made_node_keys(&node, &k, NULL), SYM_OK);
    sym_keyring_clear(&k);
}

static void refuses_a_directory_with_anything_in_it(void **state)
{
    (void)state;
    assert_int_equal(mkdir(node.dir, 0700), 0);
    scratch_write(node.dir, ".hidden", 0600, sym_span_text("dear to me"));
    init_refused(SYM_EXISTS, "is not empty: choose a new directory");
    assert_int_equal(scratch_count(node.dir), 1);
}

static void refuses_to_make_a_node_over_a_node(void **state)
{
    struct sym_keyring before = {.secret = {0}};
    struct sym_keyring after = {.secret = {0}};
    (void)state;
    assert_int_equal(made_node_init(&node, NULL, NULL), SYM_OK);
    assert_int_equal(made_node_keys(&node, &before, NULL), SYM_OK);
    init_refused(SYM_EXISTS, "holds a node already");
    assert_int_equal(made_node_keys(&node, &after, NULL), SYM_OK);
    assert_memory_equal(before.card.identity, after.card.identity, 32);
    sym_keyring_clear(&before);
    sym_keyring_clear(&after);
}

static void refuses_places_where_no_directory_can_be(void **state)
{
    static char path[PATH_MAX];
    (void)state;
    node.init.dir = node.key_file;
    init_refused(SYM_NOT_FOUND, "is not a directory");
    scratch_join(path, node.dir, "below");
    node.init.dir = path;
    init_refused(SYM_NOT_FOUND,
                 "the directory above it does not exist: make that with: \"mkdir -p ");
}

static void refuses_an_empty_directory_that_is_open_to_others(void **state)
{
    (void)state;
    assert_int_equal(mkdir(node.dir, 0755), 0);
    init_refused(SYM_BAD_PERMISSIONS, "chmod 700");
    assert_int_equal(scratch_count(node.dir), 0);
}

static void refuses_a_key_that_is_too_short(void **state)
{
    (void)state;
    scratch_write(node.scratch.path, "key", 0600, sym_span_text("31 bytes are not enough for it"));
    init_refused(SYM_SHORT, "/key: the key in it is too short: take at least 32 random bytes");
    assert_false(scratch_has(node.scratch.path, "node"));
}

static void refuses_a_passphrase_that_is_too_short(void **state)
{
    (void)state;
    scratch_write(node.scratch.path, "key", 0600, sym_span_text("elevenchars\n"));
    node.init.from = (struct sym_secret_source){.passphrase_file = node.key_file, .cancel = -1};
    init_refused(SYM_SHORT, "at least 12 characters");
    assert_false(scratch_has(node.scratch.path, "node"));
}

/* Crashes and full disks */

static int init_child(void *context)
{
    (void)context;
    struct sym_fault fault = {.text = ""};
    enum sym_err err = made_node_init(&node, NULL, &fault);
    return err == SYM_OK ? 0 : 1;
}

/* Either nothing that a daemon would take, and init can begin again, or a whole node. */
static void a_crash_leaves_nothing_half_made(bool empty_before)
{
    int code = 0;
    long steps = 0;
    for (;; steps++) {
        scratch_remove_tree(node.dir);
        if (empty_before) {
            assert_int_equal(mkdir(node.dir, 0700), 0);
        }
        bool crashed = crash_at(steps, init_child, NULL, &code);
        struct sym_keyring k = {.secret = {0}};
        enum sym_err err = made_node_keys(&node, &k, NULL);
        if (err != SYM_OK) {
            assert_int_equal(err, SYM_NOT_FOUND);
            assert_int_equal(made_node_init(&node, NULL, NULL), SYM_OK);
            assert_int_equal(made_node_keys(&node, &k, NULL), SYM_OK);
            assert_int_equal(scratch_count(node.dir), 7); /* with the lock */
        }
        sym_keyring_clear(&k);
        if (!crashed) {
            break;
        }
    }
    assert_int_equal(code, 0);
    assert_in_range(steps, 15, 60);
}

static void a_crash_at_any_step_leaves_nothing_half_made(void **state)
{
    (void)state;
    a_crash_leaves_nothing_half_made(false);
    a_crash_leaves_nothing_half_made(true);
}

static void a_crash_while_an_interrupted_init_is_cleared_is_no_worse(void **state)
{
    int code = 0;
    (void)state;
    for (long steps = 0;; steps++) {
        scratch_remove_tree(node.dir);
        assert_true(crash_at(14, init_child, NULL, &code)); /* most files are there */
        bool crashed = crash_at(steps, init_child, NULL, &code);
        struct sym_keyring k = {.secret = {0}};
        if (made_node_keys(&node, &k, NULL) != SYM_OK) {
            assert_int_equal(made_node_init(&node, NULL, NULL), SYM_OK);
            assert_int_equal(made_node_keys(&node, &k, NULL), SYM_OK);
        }
        sym_keyring_clear(&k);
        if (!crashed) {
            break;
        }
    }
    assert_int_equal(code, 0);
}

static int init_with_small_files(void *context)
{
    const rlim_t *bytes = context;
    const struct rlimit limit = {.rlim_cur = *bytes, .rlim_max = *bytes};
    struct sym_fault fault = {.text = ""};
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &limit);
    enum sym_err err = made_node_init(&node, NULL, &fault);
    return err == SYM_OK                                                    ? 0
           : err == SYM_NO_SPACE && strstr(fault.text, "make room") != NULL ? 1
                                                                            : 2;
}

static void a_write_that_fails_leaves_nothing(void **state)
{
    const rlim_t limits[] = {0, 1, 10, 12, 80, 300, 470, 490};
    int code = 0;
    int failed = 0;
    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        rlim_t limit = limits[i];
        scratch_remove_tree(node.dir);
        assert_false(crash_at(-1, init_with_small_files, &limit, &code));
        assert_in_range(code, 0, 1);
        failed += code;
        assert_int_equal(scratch_has(node.scratch.path, "node"), code == 0);
    }
    assert_in_range(failed, 5, 8);
}

static bool put_line(const char *path, const char *line)
{
    ssize_t len = (ssize_t)strlen(line);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool whole = fd >= 0 && write(fd, line, (size_t)len) == len;
    if (fd >= 0) {
        (void)close(fd);
    }
    return whole;
}

/* Mounts are private from here on; root needs no user namespace for that. */
static bool leave_mounts(void)
{
    char uids[64];
    char gids[64];
    if (geteuid() == 0) {
        return unshare(CLONE_NEWNS) == 0;
    }
    (void)snprintf(uids, sizeof uids, "%u %u 1", geteuid(), geteuid());
    (void)snprintf(gids, sizeof gids, "%u %u 1", getegid(), getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && put_line("/proc/self/uid_map", uids) &&
           put_line("/proc/self/setgroups", "deny") && put_line("/proc/self/gid_map", gids);
}

/* Inode limits make the creation of files fail, sizes what is written to them. */
static int init_on_a_full_disk(void *context)
{
    struct sym_fault fault = {.text = ""};
    char inside[PATH_MAX];
    if (!leave_mounts() || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", node.dir, "tmpfs", 0, context) != 0) {
        return 77;
    }
    scratch_join(inside, node.dir, "node");
    node.init.dir = inside;
    enum sym_err err = made_node_init(&node, NULL, &fault);
    if (err == SYM_OK) {
        return 0;
    }
    return err == SYM_NO_SPACE && scratch_count(node.dir) == 0 ? 1 : 2;
}

static void a_full_disk_leaves_nothing(void **state)
{
    char options[64];
    int code = 0;
    bool made = false;
    int failed = 0;
    (void)state;
    assert_int_equal(mkdir(node.dir, 0700), 0);
    for (int inodes = 2; inodes < 16 && !made; inodes++) {
        (void)snprintf(options, sizeof options, "size=1m,nr_inodes=%d,mode=700", inodes);
        assert_false(crash_at(-1, init_on_a_full_disk, options, &code));
        if (code == 77) {
            print_message("SKIP: no file system can be mounted here\n");
            skip();
        }
        assert_in_range(code, 0, 1);
        made = code == 0;
        failed += code;
    }
    assert_true(made);
    assert_in_range(failed, 6, 12);
    made = false;
    failed = 0;
    for (int pages = 1; pages < 12 && !made; pages++) {
        (void)snprintf(options, sizeof options, "size=%dk,mode=700", 4 * pages);
        assert_false(crash_at(-1, init_on_a_full_disk, options, &code));
        assert_in_range(code, 0, 1);
        made = code == 0;
        failed += code;
    }
    assert_true(made);
    assert_in_range(failed, 4, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(makes_a_node_that_opens, prepare, sweep),
        cmocka_unit_test_setup_teardown(only_the_card_is_for_others, prepare, sweep),
        cmocka_unit_test_setup_teardown(leaves_what_core_needs, prepare, sweep),
        cmocka_unit_test_setup_teardown(two_nodes_share_nothing, prepare, sweep),
        cmocka_unit_test_setup_teardown(an_empty_directory_will_do, prepare, sweep),
        cmocka_unit_test_setup_teardown(endpoints_can_differ_from_the_address, prepare, sweep),
        cmocka_unit_test_setup_teardown(works_on_a_path_that_no_socket_could_have, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_directory_with_anything_in_it, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_to_make_a_node_over_a_node, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_places_where_no_directory_can_be, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_an_empty_directory_that_is_open_to_others, prepare,
                                        sweep),
        cmocka_unit_test_setup_teardown(refuses_a_key_that_is_too_short, prepare, sweep),
        cmocka_unit_test_setup_teardown(refuses_a_passphrase_that_is_too_short, prepare, sweep),
        cmocka_unit_test_setup_teardown(a_crash_at_any_step_leaves_nothing_half_made, prepare,
                                        sweep),
        cmocka_unit_test_setup_teardown(a_crash_while_an_interrupted_init_is_cleared_is_no_worse,
                                        prepare, sweep),
        cmocka_unit_test_setup_teardown(a_write_that_fails_leaves_nothing, prepare, sweep),
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_nothing, prepare, sweep),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 1;
    }
    return cmocka_run_group_tests_name("init", tests, NULL, NULL);
}
