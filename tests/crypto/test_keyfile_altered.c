/* Refuses a wrapped key file that is forged, altered, cut, of another version or of two parts. */
#include "tests/crypto/keyfile_case.h"

#include <stdio.h>
#include <string.h>

/* None of these may cost an Argon2id run: with m or t as claimed it would be a long one. */
static void refuses_forged_parameters_before_using_them(void **state)
{
    (void)state;
    static const char *const forged[] = {
        "argon2id m=1073741825 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=1074790400 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=4294967296 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=4563402752 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=18446744073977987072 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=8192 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=66060288 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435457 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=0 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m= t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=-268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=0268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=0x10000000 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456 t=0 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456 t=11 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456 t=03 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456 t=4294967299 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456 t=3 salt=",
        "argon2id m=268435456 t=3 salt=AAAA",
        "argon2id m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAAAA",
        "argon2id m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAB==",
        "argon2id m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA",
        "argon2id m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA== ",
        "argon2id m=268435456 t=3 salt=\257AAAAAAAAAAAAAAAAAAAAA==",
        "argon2id t=3 m=268435456 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456  t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2i m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "argon2id m=268435456 t=3 p=1 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "scrypt m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "key salt=AAAA",
        "key m=268435456 t=3 salt=AAAAAAAAAAAAAAAAAAAAAA==",
        "none",
        "",
    };
    struct text from = some_keyfile();
    const char *keys_line = strstr(from.data, "keys: ");
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        struct text t;
        enum sym_wrap wrap;
        (void)snprintf(t.data, sizeof t.data, "symbolon-keys/1\nwrap: %s\n%s", forged[i],
                       keys_line);
        t.len = strlen(t.data);
        if (open_with(&t, PASSPHRASE PASSPHRASE) != SYM_BAD_FORMAT) {
            fail_msg("%s was used", forged[i]);
        }
        assert_int_equal(sym_keyfile_wrap(&wrap, span_of(&t)), SYM_BAD_FORMAT);
    }
}

static void refuses_a_key_file_with_any_bit_flipped(void **state)
{
    (void)state;
    struct text t = some_keyfile();
    for (size_t bit = 0; bit < t.len * 8; bit++) {
        struct text flipped = t;
        flipped.data[bit / 8] = (char)((uint8_t)flipped.data[bit / 8] ^ 1u << (bit % 8));
        enum sym_err err = open_with(&flipped, CREDENTIAL);
        assert_true(err == SYM_BAD_FORMAT || err == SYM_BAD_TAG || err == SYM_BAD_VERSION);
    }
    assert_int_equal(open_with(&t, CREDENTIAL), SYM_OK);
}

static void refuses_a_key_file_that_is_cut_or_goes_on(void **state)
{
    (void)state;
    struct text t = some_keyfile();
    for (size_t len = 0; len < t.len; len++) {
        struct text cut = t;
        cut.len = len;
        assert_int_equal(open_with(&cut, CREDENTIAL), SYM_BAD_FORMAT);
    }
    t.data[t.len++] = '\n';
    assert_int_equal(open_with(&t, CREDENTIAL), SYM_BAD_FORMAT);
    memset(t.data, 'a', sizeof t.data);
    t.len = sizeof t.data;
    assert_int_equal(open_with(&t, CREDENTIAL), SYM_TOO_LONG);
}

static void tells_another_version_from_another_file(void **state)
{
    (void)state;
    struct text t = some_keyfile();
    enum sym_wrap wrap;
    t.data[strlen("symbolon-keys/")] = '2';
    assert_int_equal(open_with(&t, CREDENTIAL), SYM_BAD_VERSION);
    assert_int_equal(sym_keyfile_wrap(&wrap, span_of(&t)), SYM_BAD_VERSION);
    t.data[0] = 'S';
    assert_int_equal(open_with(&t, CREDENTIAL), SYM_BAD_FORMAT);
}

static void refuses_the_head_of_another_file(void **state)
{
    (void)state;
    struct text a = some_keyfile();
    struct text b = some_keyfile();
    struct text mixed;
    int head = (int)(strstr(a.data, "keys: ") - a.data);
    (void)snprintf(mixed.data, sizeof mixed.data, "%.*s%s", head, a.data, strstr(b.data, "keys: "));
    mixed.len = strlen(mixed.data);
    assert_int_equal(open_with(&mixed, CREDENTIAL), SYM_BAD_TAG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_forged_parameters_before_using_them),
        cmocka_unit_test(refuses_a_key_file_with_any_bit_flipped),
        cmocka_unit_test(refuses_a_key_file_that_is_cut_or_goes_on),
        cmocka_unit_test(tells_another_version_from_another_file),
        cmocka_unit_test(refuses_the_head_of_another_file),
    };
    return sym_crypto_init() == SYM_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
