#include "crypto/userkey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* Seed and public key of RFC 8032, section 7.1, test 1. */
#define SEED "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
#define TEXT "symbolon-user-key/1\nname: alice\nseed: " SEED "\n"

static const uint8_t public_key[SYM_ED25519_BYTES] = {
    0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
    0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};

/* Reads the text; on failure nothing may have been written. */
static enum sym_err read_span(struct sym_span text)
{
    struct sym_sign_key key = {0};
    char name[SYM_USERKEY_NAME_BYTES] = "untouched";
    enum sym_err err = sym_userkey_read(&key, name, text);
    if (err != SYM_OK) {
        assert_null(key.seed.data);
        assert_string_equal(name, "untouched");
    }
    sym_sign_key_clear(&key);
    return err;
}

static enum sym_err read_text(const char *text)
{
    return read_span(sym_span_text(text));
}

static void reads_name_and_key(void **state)
{
    (void)state;
    struct sym_sign_key key = {0};
    char name[SYM_USERKEY_NAME_BYTES];
    assert_int_equal(sym_userkey_read(&key, name, sym_span_text(TEXT)), SYM_OK);
    assert_string_equal(name, "alice");
    assert_memory_equal(key.public_key, public_key, sizeof public_key);
    sym_sign_key_clear(&key);
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    struct sym_sign_key key = {0};
    char name[SYM_USERKEY_NAME_BYTES];
    char text[SYM_USERKEY_BYTES_MAX];
    size_t len = 0;
    assert_int_equal(sym_userkey_read(&key, name, sym_span_text(TEXT)), SYM_OK);
    assert_int_equal(sym_userkey_write(text, sizeof text, &len, sym_span_text(name), &key), SYM_OK);
    assert_true(sym_span_equal(sym_span(text, len), sym_span_text(TEXT)));
    sym_sign_key_clear(&key);
}

static void the_longest_name_fits_the_limits(void **state)
{
    (void)state;
    char name[SYM_USERKEY_NAME_BYTES];
    char back[SYM_USERKEY_NAME_BYTES];
    char text[SYM_USERKEY_BYTES_MAX];
    size_t len = 0;
    struct sym_sign_key key = {0};
    struct sym_sign_key read = {0};
    memset(name, 'Z', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(sym_sign_key_new(&key), SYM_OK);
    assert_int_equal(sym_userkey_write(text, sizeof text, &len, sym_span_text(name), &key), SYM_OK);
    assert_int_equal(sym_userkey_read(&read, back, sym_span(text, len)), SYM_OK);
    assert_string_equal(back, name);
    assert_memory_equal(read.public_key, key.public_key, sizeof key.public_key);
    sym_sign_key_clear(&key);
    sym_sign_key_clear(&read);
}

static void refuses_to_write_a_name_that_is_none(void **state)
{
    (void)state;
    static const char *const names[] = {"", ".hidden", "-x", "a b", "a/b", "a\nb", "caf\xc3\xa9"};
    char long_name[SYM_USERKEY_NAME_BYTES + 1] = {0};
    char text[SYM_USERKEY_BYTES_MAX];
    size_t len = 7;
    struct sym_sign_key key = {0};
    memset(long_name, 'a', sizeof long_name - 1);
    assert_int_equal(sym_sign_key_new(&key), SYM_OK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(sym_userkey_write(text, sizeof text, &len, sym_span_text(names[i]), &key),
                         SYM_BAD_VALUE);
    }
    assert_int_equal(sym_userkey_write(text, sizeof text, &len, sym_span_text(long_name), &key),
                     SYM_BAD_VALUE);
    assert_int_equal(len, 7);
    sym_sign_key_clear(&key);
}

static void refuses_to_write_an_absent_key(void **state)
{
    (void)state;
    struct sym_sign_key key = {0};
    char text[SYM_USERKEY_BYTES_MAX];
    size_t len = 0;
    assert_int_equal(sym_userkey_write(text, sizeof text, &len, sym_span_text("alice"), &key),
                     SYM_BAD_VALUE);
}

static void leaves_no_part_of_the_seed_where_the_text_does_not_fit(void **state)
{
    (void)state;
    struct sym_sign_key key = {0};
    char name[SYM_USERKEY_NAME_BYTES];
    char text[sizeof TEXT - 2];
    char zero[sizeof text] = {0};
    size_t len = 0;
    assert_int_equal(sym_userkey_read(&key, name, sym_span_text(TEXT)), SYM_OK);
    assert_int_equal(sym_userkey_write(text, sizeof text, &len, sym_span_text(name), &key),
                     SYM_TOO_LONG);
    assert_memory_equal(text, zero, sizeof text);
    sym_sign_key_clear(&key);
}

static void refuses_every_shorter_text(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(TEXT); len++) {
        assert_int_not_equal(read_span(sym_span(TEXT, len)), SYM_OK);
    }
    assert_int_equal(read_text(""), SYM_SHORT);
}

static void refuses_anything_behind_the_last_line(void **state)
{
    (void)state;
    assert_int_equal(read_text(TEXT "\n"), SYM_TRAILING);
    assert_int_equal(read_text(TEXT " "), SYM_TRAILING);
    assert_int_equal(read_span(sym_span(TEXT, sizeof TEXT)), SYM_TRAILING); /* a zero byte */
}

static void refuses_a_text_beyond_the_limit(void **state)
{
    (void)state;
    char text[SYM_USERKEY_BYTES_MAX + 1];
    memset(text, 'a', sizeof text);
    assert_int_equal(read_span(sym_span(text, sizeof text)), SYM_TOO_LONG);
}

static void refuses_another_version_by_that_name(void **state)
{
    (void)state;
    assert_int_equal(read_text("symbolon-user-key/2\nname: alice\nseed: " SEED "\n"),
                     SYM_BAD_VERSION);
    assert_int_equal(read_text("symbolon-user-key/10\nname: alice\nseed: " SEED "\n"),
                     SYM_BAD_VERSION);
    assert_int_equal(read_text("symbolon-card/1\nname: alice\nseed: " SEED "\n"), SYM_BAD_FORMAT);
}

static void refuses_lines_that_are_not_exactly_these(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "symbolon-user-key/1\r\nname: alice\r\nseed: " SEED "\r\n",
        "symbolon-user-key/1\nName: alice\nseed: " SEED "\n",
        "symbolon-user-key/1\nname: alice\nSeed: " SEED "\n",
        "symbolon-user-key/1\nname: alice\nseed: " SEED " ",
        "symbolon-user-key/1\nname:alice\nseed: " SEED "\n",
        "symbolon-user-key/1\nname: alice\n\nseed: " SEED "\n",
        "symbolon-user-key/1\nseed: " SEED "\nname: alice\n",
        "symbolon-user-key/1\nname: alice\nname: alice\nseed: " SEED "\n",
        "\xef\xbb\xbfsymbolon-user-key/1\nname: alice\nseed: " SEED "\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_not_equal(read_text(texts[i]), SYM_OK);
    }
}

static void refuses_a_name_that_is_none(void **state)
{
    (void)state;
    static const char *const names[] = {"",   ".a", "-a",  "_a",   "a b",
                                        " a", "a ", "a/b", "a\tb", "\xe2\x82\xac"};
    char text[SYM_USERKEY_BYTES_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(text, sizeof text, "symbolon-user-key/1\nname: %s\nseed: " SEED "\n",
                       names[i]);
        assert_int_equal(read_text(text), SYM_BAD_VALUE);
    }
    (void)snprintf(text, sizeof text, "symbolon-user-key/1\nname: %064d\nseed: " SEED "\n", 0);
    assert_int_equal(read_text(text), SYM_BAD_VALUE);
}

static void refuses_a_seed_that_is_not_canonical_base64_of_32_bytes(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2B=", /* stray bits behind the last byte */
        "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyufw==", /* 31 bytes */
        "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2AA", /* 33 bytes */
        "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=", /* the other alphabet */
        "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",  /* no padding */
        "nWGxne/9WmC6hE\x87\xcf\x94\x8awsxERJxWl7MmkZcDusAxyuf2A=", /* not ASCII: found by fuzzing
                                                                     */
        " WGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=",
        "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A =",
    };
    char text[SYM_USERKEY_BYTES_MAX];
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        (void)snprintf(text, sizeof text, "symbolon-user-key/1\nname: alice\nseed: %s\n", seeds[i]);
        assert_int_not_equal(read_text(text), SYM_OK);
    }
}

static int start(void **state)
{
    (void)state;
    return sym_crypto_init() == SYM_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_name_and_key),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(the_longest_name_fits_the_limits),
        cmocka_unit_test(refuses_to_write_a_name_that_is_none),
        cmocka_unit_test(refuses_to_write_an_absent_key),
        cmocka_unit_test(leaves_no_part_of_the_seed_where_the_text_does_not_fit),
        cmocka_unit_test(refuses_every_shorter_text),
        cmocka_unit_test(refuses_anything_behind_the_last_line),
        cmocka_unit_test(refuses_a_text_beyond_the_limit),
        cmocka_unit_test(refuses_another_version_by_that_name),
        cmocka_unit_test(refuses_lines_that_are_not_exactly_these),
        cmocka_unit_test(refuses_a_name_that_is_none),
        cmocka_unit_test(refuses_a_seed_that_is_not_canonical_base64_of_32_bytes),
    };
    return cmocka_run_group_tests_name("userkey", tests, start, NULL);
}
