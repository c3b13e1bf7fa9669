/* One more thing than crashing.h can do: a sync that fails. */
#define fsync counted_fsync
#include "tests/support/crashing.h"
#undef fsync

#include "node/party/own_card.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "tests/support/made_node.h"

#define NOW 1800000000

static bool sync_fails; /* of a directory */

int fsync(int fd);
int fsync(int fd)
{
    struct stat info;
    if (sync_fails && fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        errno = EIO;
        return -1;
    }
    return counted_fsync(fd);
}

/* A node as init made it, with its card loaded. */
static struct made_node node;
static struct sym_keyring keyring;
static struct sym_disk dir;
static struct sym_own_card own;

static int make(void **state)
{
    (void)state;
    made_node_new(&node);
    memset(&keyring, 0, sizeof keyring);
    if (made_node_keys(&node, &keyring, NULL) != SYM_OK ||
        sym_disk_open(&dir, node.dir, NULL) != SYM_OK ||
        sym_own_card_load(&own, &dir, &keyring.keys, NULL) != SYM_OK) {
        return -1;
    }
    return 0;
}

static int sweep(void **state)
{
    (void)state;
    sym_disk_close(&dir);
    sym_keyring_clear(&keyring);
    made_node_remove(&node);
    return 0;
}

static enum sym_err renew(const struct sym_card_renew *asked, struct sym_fault *fault)
{
    return sym_own_card_renew(&own, &dir, &keyring.keys, asked, NULL, NOW, fault);
}

/* The card that others can read. */
static struct sym_own_card in_file(void)
{
    struct sym_own_card read;
    assert_int_equal(sym_own_card_load(&read, &dir, &keyring.keys, NULL), SYM_OK);
    return read;
}

static void check_unchanged(const struct sym_own_card *before)
{
    struct sym_own_card now = in_file();
    assert_int_equal(own.len, before->len);
    assert_memory_equal(own.text, before->text, before->len);
    assert_memory_equal(now.text, before->text, before->len);
    assert_true(sym_card_equal(&own.card, &before->card));
    assert_true(sym_card_equal(&now.card, &before->card));
}

static void loads_what_init_wrote(void **state)
{
    (void)state;
    struct sym_node_id id;
    struct sym_card parsed;
    sym_node_id_of(&id, keyring.keys.identity.public_key);
    assert_true(sym_node_id_equal(&own.id, &id));
    assert_int_equal(own.card.serial, 1);
    assert_string_equal(own.card.name, "Bank A");
    assert_int_equal(sym_card_parse(&parsed, sym_span(own.text, own.len), NULL), SYM_OK);
    assert_true(sym_card_equal(&parsed, &own.card));
}

static void renews_the_card_as_it_was_with_the_next_serial(void **state)
{
    (void)state;
    struct sym_own_card before = own;
    struct sym_card_renew nothing = {.days = 0};
    assert_int_equal(renew(&nothing, NULL), SYM_OK);
    assert_int_equal(own.card.serial, 2);
    assert_int_equal(own.card.issued_s, NOW);
    assert_int_equal(own.card.expires_s - NOW, before.card.expires_s - before.card.issued_s);
    struct sym_card same = own.card;
    same.serial = before.card.serial;
    same.issued_s = before.card.issued_s;
    same.expires_s = before.card.expires_s;
    assert_true(sym_card_equal(&same, &before.card));
    struct sym_own_card file = in_file();
    assert_int_equal(file.len, own.len);
    assert_memory_equal(file.text, own.text, own.len);
    struct sym_node_id partner = {.bytes = {1}};
    assert_int_equal(sym_card_accept(&own.card, &before.card, &partner, NOW, NULL), SYM_OK);
}

static void changes_what_it_is_asked_to(void **state)
{
    (void)state;
    const struct sym_span endpoints[] = {sym_span_text("one.example:1"),
                                         sym_span_text("[2001:db8::1]:65535")};
    struct sym_card_renew asked = {.endpoints = endpoints,
                                   .n_endpoints = 2,
                                   .name = sym_span_text("Banque \xc3\x89t\xc3\xa9"),
                                   .days = 7};
    assert_int_equal(renew(&asked, NULL), SYM_OK);
    struct sym_own_card file = in_file();
    assert_string_equal(file.card.name, "Banque \xc3\x89t\xc3\xa9");
    assert_int_equal(file.card.n_endpoint, 2);
    assert_string_equal(file.card.endpoint[0], "one.example:1");
    assert_string_equal(file.card.endpoint[1], "[2001:db8::1]:65535");
    assert_int_equal(file.card.expires_s, NOW + 7 * 86400);
    /* And one endpoint again. */
    asked = (struct sym_card_renew){.endpoints = endpoints, .n_endpoints = 1};
    assert_int_equal(renew(&asked, NULL), SYM_OK);
    file = in_file();
    assert_int_equal(file.card.serial, 3);
    assert_int_equal(file.card.n_endpoint, 1);
    assert_string_equal(file.card.name, "Banque \xc3\x89t\xc3\xa9");
    assert_int_equal(file.card.expires_s, NOW + 7 * 86400);
}

static void leaves_a_file_that_everybody_may_read_and_nothing_else(void **state)
{
    (void)state;
    struct sym_card_renew nothing = {.days = 0};
    struct stat info;
    int before = scratch_count(node.dir);
    scratch_write(node.dir, "node.card.new", 0600, sym_span_text("of a crash"));
    assert_int_equal(renew(&nothing, NULL), SYM_OK);
    assert_int_equal(fstatat(dir.fd, "node.card", &info, 0), 0);
    assert_int_equal(info.st_mode & 07777, 0644);
    assert_int_equal(scratch_count(node.dir), before);
}

static void refuses_what_no_card_can_say(void **state)
{
    (void)state;
    struct sym_own_card before = own;
    char long_name[66];
    memset(long_name, 'n', sizeof long_name);
    struct sym_span endpoints[5];
    for (size_t i = 0; i < 5; i++) {
        endpoints[i] = sym_span_text("a.example:1");
    }
    char long_endpoint[400];
    memset(long_endpoint, 'a', sizeof long_endpoint);
    memcpy(long_endpoint + sizeof long_endpoint - 2, ":1", 2);
    const struct sym_span bad_endpoints[] = {sym_span_text("a.example"),
                                             sym_span_text("a.example:0"),
                                             sym_span(long_endpoint, sizeof long_endpoint)};
    const struct {
        struct sym_card_renew asked;
        const char *begins;
    } bad[] = {
        {{.endpoints = endpoints, .n_endpoints = 5}, "endpoint: a card names at most 4"},
        {{.endpoints = &bad_endpoints[0], .n_endpoints = 1}, "endpoint: host:port"},
        {{.endpoints = &bad_endpoints[1], .n_endpoints = 1}, "endpoint: host:port"},
        {{.endpoints = &bad_endpoints[2], .n_endpoints = 1}, "endpoint: host:port"},
        {{.name = sym_span(long_name, 65)}, "name: at most 64 bytes"},
        {{.name = sym_span_text("two\nlines")}, "card"},
        {{.name = sym_span_text(" space")}, "card"},
        {{.days = 1097}, "card"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sym_fault fault = {.text = ""};
        assert_int_not_equal(renew(&bad[i].asked, &fault), SYM_OK);
        assert_ptr_equal(strstr(fault.text, bad[i].begins), fault.text);
        check_unchanged(&before);
    }
    struct sym_card_renew longest = {.name = sym_span(long_name, 64), .days = 1096};
    assert_int_equal(renew(&longest, NULL), SYM_OK);
}

static void keeps_the_old_card_when_the_disk_is_full(void **state)
{
    (void)state;
    struct sym_own_card before = own;
    struct sym_card_renew nothing = {.days = 0};
    struct sym_fault fault = {.text = ""};
    struct rlimit limit;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    struct rlimit full = {.rlim_cur = 100, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    enum sym_err err = renew(&nothing, &fault);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(err, SYM_NO_SPACE);
    assert_non_null(strstr(fault.text, "make room"));
    check_unchanged(&before);
    assert_false(scratch_has(node.dir, "node.card.new"));
}

/* Otherwise its serial would be given to another card. */
static void has_the_card_of_the_file_also_when_only_its_sync_failed(void **state)
{
    (void)state;
    struct sym_card_renew nothing = {.days = 0};
    struct sym_fault fault = {.text = ""};
    sync_fails = true;
    enum sym_err err = renew(&nothing, &fault);
    sync_fails = false;
    assert_int_equal(err, SYM_IO);
    assert_non_null(strstr(fault.text, "/node: "));
    struct sym_own_card file = in_file();
    assert_int_equal(file.card.serial, 2);
    assert_true(sym_card_equal(&file.card, &own.card));
}

static int renew_child(void *context)
{
    return renew(context, NULL) == SYM_OK ? 0 : 1;
}

static void a_crash_at_any_step_leaves_the_old_card_or_the_new(void **state)
{
    (void)state;
    struct sym_card_renew nothing = {.days = 0};
    int code = 0;
    bool old_seen = false;
    for (long steps = 0; crash_at(steps, renew_child, &nothing, &code); steps++) {
        struct sym_own_card file = in_file();
        old_seen = old_seen || file.card.serial == own.card.serial;
        assert_true(file.card.serial == own.card.serial || file.card.serial == own.card.serial + 1);
        own = file;
        assert_true(steps < 100);
    }
    assert_int_equal(code, 0);
    assert_true(old_seen);
}

static void refuses_a_card_file_that_is_none(void **state)
{
    (void)state;
    struct sym_own_card loaded;
    struct sym_fault fault = {.text = ""};
    char text[SYM_CARD_BYTES_MAX + 2];
    memset(text, 'x', sizeof text);
    const struct sym_span bad[] = {sym_span(own.text, own.len - 1), sym_span(own.text, 100),
                                   sym_span(text, sizeof text), sym_span(NULL, 0)};
    for (size_t i = 0; i < 4; i++) {
        scratch_write(node.dir, "node.card", 0644, bad[i]);
        assert_int_not_equal(sym_own_card_load(&loaded, &dir, &keyring.keys, &fault), SYM_OK);
        assert_non_null(strstr(fault.text, "node.card"));
        assert_non_null(strstr(fault.text, "backup"));
    }
    assert_int_equal(unlinkat(dir.fd, "node.card", 0), 0);
    assert_int_equal(sym_own_card_load(&loaded, &dir, &keyring.keys, &fault), SYM_NOT_FOUND);
}

static void refuses_a_card_of_other_keys(void **state)
{
    (void)state;
    struct sym_own_card loaded;
    struct sym_fault fault = {.text = ""};
    struct sym_node_keys others = {0};
    assert_int_equal(sym_node_keys_new(&others), SYM_OK);
    assert_int_equal(sym_own_card_load(&loaded, &dir, &others, &fault), SYM_BAD_VALUE);
    assert_non_null(strstr(fault.text, "other keys than node.keys"));
    sym_node_keys_clear(&others);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, sweep)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(loads_what_init_wrote),
        TEST(renews_the_card_as_it_was_with_the_next_serial),
        TEST(changes_what_it_is_asked_to),
        TEST(leaves_a_file_that_everybody_may_read_and_nothing_else),
        TEST(refuses_what_no_card_can_say),
        TEST(keeps_the_old_card_when_the_disk_is_full),
        TEST(has_the_card_of_the_file_also_when_only_its_sync_failed),
        TEST(a_crash_at_any_step_leaves_the_old_card_or_the_new),
        TEST(refuses_a_card_file_that_is_none),
        TEST(refuses_a_card_of_other_keys),
    };
    if (sym_crypto_init() != SYM_OK) {
        return 70;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
